#!/bin/sh
# The end of the class: every learner's server, the hub and its proxy.   sudo sh deploy/jupyterhub/stop.sh
# Files stay, in learners' home folders and in HUB_STATE. Whatever was not saved is lost.
set -eu
private="${HUB_STATE:-/var/lib/recsys-hub}/private"

for name in hub proxy; do
    pid="$(cat "$private/$name.pid" 2>/dev/null)" && kill "$pid" 2>/dev/null && echo "ended: the $name"
done
for group in "${HUB_LEARNERS:-learners}" "${HUB_TEACHERS:-teachers}"; do
    for account in $(getent group "$group" | cut -d: -f4 | tr ',' ' '); do
        # A server ends its kernels when it is asked to end.
        if pkill -TERM -u "$account" -f jupyterhub-singleuser; then echo "ended: the server of $account"; fi
    done
done
rm -f "$private/proxy.pid"
