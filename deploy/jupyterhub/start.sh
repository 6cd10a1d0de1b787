#!/bin/sh
# A JupyterHub for a class, on one Linux machine:   sudo sh deploy/jupyterhub/start.sh
#
# Run it in a clone that every account can read, such as /opt/recsys-lessons. It installs what is missing, compiles the
# kernels once for all, starts the proxy, which stays, and then the hub, which Ctrl-C ends. Learners work on without the
# hub; start it again and it finds them. stop.sh ends everything. jupyterhub_config.py says who may log in and what a
# learner may use.
#
# HUB_IP=0.0.0.0 opens the door to the network. Passwords of system accounts travel through it: name a certificate and
# its key as well, HUB_CERTIFICATE and HUB_KEY, or put a web server that has them in front. HUB_MEMORY and
# HUB_PROCESSORS change what one learner may use.
set -eu
cd "$(dirname "$0")/../.."

export HUB_STATE="${HUB_STATE:-/var/lib/recsys-hub}"  # the hub's memory: who runs, its secrets, compiled kernels
export HUB_IP="${HUB_IP:-127.0.0.1}" HUB_PORT="${HUB_PORT:-8000}"
export HUB_API_PORT="${HUB_API_PORT:-8081}" HUB_PROXY_API_PORT="${HUB_PROXY_API_PORT:-8001}"
export HUB_LEARNERS="${HUB_LEARNERS:-learners}" HUB_TEACHERS="${HUB_TEACHERS:-teachers}"
proxy_account="${HUB_PROXY_ACCOUNT:-recsys-proxy}"
python="${HUB_PYTHON:-$PWD/.venv/bin/python}"

complain() { echo "start.sh: $1" >&2; exit 1; }
if [ -n "${HUB_CERTIFICATE:-}${HUB_KEY:-}" ]; then
    [ -r "${HUB_CERTIFICATE:-}" ] || complain "HUB_KEY goes with HUB_CERTIFICATE, the path of a file; got '${HUB_CERTIFICATE:-}'"
    [ -r "${HUB_KEY:-}" ] || complain "HUB_CERTIFICATE goes with HUB_KEY, the path of a file; got '${HUB_KEY:-}'"
fi
[ "$(id -u)" = 0 ] || complain "a hub that starts servers as other accounts needs root: sudo sh $0"
command -v npm >/dev/null || complain "the proxy needs Node.js 20 or newer with npm: apt install nodejs npm"
command -v pgrep >/dev/null || complain "there is no pgrep, which tells whether the proxy runs: apt install procps"

umask 022
[ -n "${HUB_PYTHON:-}" ] || make --no-print-directory .venv/ready
"$python" -c "import jupyterhub, jupyterhub_idle_culler, systemdspawner" 2>/dev/null ||
    "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[lab,hub]"
runuser -u nobody -- "$python" -c "import jupyterhub, recsys_lessons" 2>/dev/null ||
    complain "other accounts cannot run $python: move this clone, or its Python, out of a home folder, as to /opt"

mkdir -p "$HUB_STATE/kernels" "$HUB_STATE/proxy" "$HUB_STATE/run"
mkdir -p -m 700 "$HUB_STATE/private"
chmod 700 "$HUB_STATE/private"  # also if it was there

for group in "$HUB_LEARNERS" "$HUB_TEACHERS"; do
    getent group "$group" >/dev/null || groupadd "$group"
done
id "$proxy_account" >/dev/null 2>&1 ||
    useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin "$proxy_account"

# The proxy faces the network, so it runs as an account that owns nothing. Of root's rights it keeps the one to open a
# port below 1024, if it has to.
as_proxy() {
    [ "$HUB_PORT" -gt 1023 ] || set -- --inh-caps=+net_bind_service --ambient-caps=+net_bind_service "$@"
    exec setpriv --reuid "$proxy_account" --regid "$(id -g "$proxy_account")" --clear-groups --no-new-privs "$@"
}
proxy="$HUB_STATE/proxy/node_modules/.bin/configurable-http-proxy"
proxy_version=5.3.0
has_proxy() { [ "$(as_proxy "$proxy" --version 2>/dev/null)" = "$proxy_version" ]; }
if ! has_proxy; then
    timeout --foreground 300 npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$HUB_STATE/proxy" \
        "configurable-http-proxy@$proxy_version" || complain "npm could not install the proxy, or not within five minutes"
    has_proxy || complain "the account $proxy_account cannot run $proxy: is node in a home folder, or $HUB_STATE?"
fi

echo "Compiling the kernels, once for all learners"
current="$(NUMBA_CACHE_DIR="$HUB_STATE/kernels" "$python" -c "
from recsys_lessons.kernels.compiling import cache_folder
from recsys_lessons.models.warm_up import warm_up
warm_up()
print(cache_folder().name)")"
find "$HUB_STATE/kernels" -mindepth 1 -maxdepth 1 -name 'kernels-*' ! -name "$current" -exec rm -r {} +

# Hub and proxy know each other by a secret; the proxy does not end with the hub.
secret="$HUB_STATE/private/proxy-secret"
[ -s "$secret" ] || (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$secret")
CONFIGPROXY_AUTH_TOKEN="$(cat "$secret")"
export CONFIGPROXY_AUTH_TOKEN
# The number in the file may be another process, since the machine was started again.
if ! pgrep -F "$HUB_STATE/private/proxy.pid" -f configurable-http-proxy >/dev/null 2>&1; then
    set --
    if [ -n "${HUB_CERTIFICATE:-}" ]; then  # keys are root's alone to read, so the proxy has copies
        install -d -m 700 -o "$proxy_account" "$HUB_STATE/proxy/certificate"
        install -m 400 -o "$proxy_account" "$HUB_CERTIFICATE" "$HUB_STATE/proxy/certificate/certificate.pem"
        install -m 400 -o "$proxy_account" "$HUB_KEY" "$HUB_STATE/proxy/certificate/key.pem"
        set -- --ssl-cert "$HUB_STATE/proxy/certificate/certificate.pem" --ssl-key "$HUB_STATE/proxy/certificate/key.pem"
    fi
    as_proxy setsid "$proxy" --ip "$HUB_IP" --port "$HUB_PORT" --api-ip 127.0.0.1 --api-port "$HUB_PROXY_API_PORT" \
        --default-target "http://127.0.0.1:$HUB_API_PORT" --error-target "http://127.0.0.1:$HUB_API_PORT/hub/error" \
        "$@" >>"$HUB_STATE/private/proxy.log" 2>&1 </dev/null &
    echo $! >"$HUB_STATE/private/proxy.pid"
fi

echo "The class: http${HUB_CERTIFICATE:+s}://$HUB_IP:$HUB_PORT (members of the group $HUB_LEARNERS). Ctrl-C ends the hub alone."
exec "$python" -m jupyterhub --config deploy/jupyterhub/jupyterhub_config.py
