#!/bin/sh
# The end of the class: every learner's server, the hub and its proxy.   sudo sh deploy/jupyterhub/stop.sh
# Files stay, in learners' home folders and in HUB_STATE. Whatever was not saved is lost.
set -eu
state="${HUB_STATE:-/var/lib/recsys-hub}"

# A file with a number outlives the machine's restart, and the number may be another process by now: what is ended must
# have the number and the command.
end() { if pkill -TERM -F "$state/private/$1.pid" -f "$2" 2>/dev/null; then echo "ended: the $1"; fi; }
end hub jupyterhub_config.py
end proxy configurable-http-proxy
rm -f "$state/private/hub.pid" "$state/private/proxy.pid"

# Whoever has had a server has a folder there, named by the account's number, in whatever way the account was let in.
# A server ends its kernels when it is asked to end; one that is about to start is learner.py still.
for folder in "$state"/run/*; do
    number="${folder##*/}"
    if [ -d "$folder" ] && pkill -TERM -u "$number" -f 'jupyterhub-singleuser|jupyterhub/learner\.py'; then
        echo "ended: the server of $(id -nu "$number" 2>/dev/null || echo "account $number")"
    fi
done
