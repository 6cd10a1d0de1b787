#!/bin/sh
# A JupyterHub for a class, on one Linux machine:   sudo sh deploy/jupyterhub/start.sh
#
# Run it in a clone that every account can read, such as /opt/recsys-lessons. It installs what is missing, compiles the
# kernels once for all, starts the proxy, which stays, and then the hub, which Ctrl-C ends. Learners work on without the
# hub; start it again and it finds them. stop.sh ends everything. jupyterhub_config.py says who may log in and what a
# learner may use.
#
# HUB_IP=0.0.0.0 opens the door to the network. Passwords of system accounts travel through it: name a certificate and
# its key as well, HUB_CERTIFICATE and HUB_KEY, or put a web server that has them in front.
set -eu
cd "$(dirname "$0")/../.."

export HUB_STATE="${HUB_STATE:-/var/lib/recsys-hub}"  # the hub's memory: who runs, its secrets, compiled kernels
export HUB_IP="${HUB_IP:-127.0.0.1}" HUB_PORT="${HUB_PORT:-8000}"
export HUB_API_PORT="${HUB_API_PORT:-8081}" HUB_PROXY_API_PORT="${HUB_PROXY_API_PORT:-8001}"
export HUB_LEARNERS="${HUB_LEARNERS:-learners}" HUB_TEACHERS="${HUB_TEACHERS:-teachers}"
python="${HUB_PYTHON:-$PWD/.venv/bin/python}"

complain() { echo "start.sh: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || complain "a hub that starts servers as other accounts needs root: sudo sh $0"
command -v npm >/dev/null || complain "the proxy needs Node.js 20 or newer with npm: apt install nodejs npm"

umask 022
[ -n "${HUB_PYTHON:-}" ] || make --no-print-directory .venv/ready
"$python" -c "import jupyterhub, jupyterhub_idle_culler, systemdspawner" 2>/dev/null ||
    "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[lab,hub]"
runuser -u nobody -- "$python" -c "import jupyterhub, recsys_lessons" 2>/dev/null ||
    complain "other accounts cannot run $python: move this clone, or its Python, out of a home folder, as to /opt"

mkdir -p "$HUB_STATE/kernels" "$HUB_STATE/proxy" "$HUB_STATE/run"
mkdir -p -m 700 "$HUB_STATE/private"
proxy="$HUB_STATE/proxy/node_modules/.bin/configurable-http-proxy"
[ -x "$proxy" ] || npm install --silent --no-audit --no-fund --prefix "$HUB_STATE/proxy" configurable-http-proxy@5

for group in "$HUB_LEARNERS" "$HUB_TEACHERS"; do
    getent group "$group" >/dev/null || groupadd "$group"
done

echo "Compiling the kernels, once for all learners"
NUMBA_CACHE_DIR="$HUB_STATE/kernels" "$python" -c "from recsys_lessons.models.warm_up import warm_up; warm_up()"

# Hub and proxy know each other by a secret; the proxy does not end with the hub.
secret="$HUB_STATE/private/proxy-secret"
[ -s "$secret" ] || (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$secret")
CONFIGPROXY_AUTH_TOKEN="$(cat "$secret")"
export CONFIGPROXY_AUTH_TOKEN
if ! kill -0 "$(cat "$HUB_STATE/private/proxy.pid" 2>/dev/null)" 2>/dev/null; then
    setsid "$proxy" --ip "$HUB_IP" --port "$HUB_PORT" --api-ip 127.0.0.1 --api-port "$HUB_PROXY_API_PORT" \
        --default-target "http://127.0.0.1:$HUB_API_PORT" --error-target "http://127.0.0.1:$HUB_API_PORT/hub/error" \
        ${HUB_CERTIFICATE:+--ssl-cert "$HUB_CERTIFICATE" --ssl-key "$HUB_KEY"} \
        >>"$HUB_STATE/private/proxy.log" 2>&1 </dev/null &
    echo $! >"$HUB_STATE/private/proxy.pid"
fi

echo "The class: http${HUB_CERTIFICATE:+s}://$HUB_IP:$HUB_PORT (members of the group $HUB_LEARNERS). Ctrl-C ends the hub alone."
exec "$python" -m jupyterhub --config deploy/jupyterhub/jupyterhub_config.py
