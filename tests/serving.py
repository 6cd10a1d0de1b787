"""Start a command that serves JupyterLab or Voilà, and talk to it as a browser would."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

# Without these Chromium does not start as root, or looks for its maker's servers.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LAB = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/\S*\?token=\w+")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(
    command: Sequence[str],
    log: Path,
    cwd: Path,
    seconds: float = 120,
    address: re.Pattern = LAB,
    variables: Mapping[str, str] = os.environ,
) -> Iterator[str]:
    """Run `command` until the block ends, and give the address that it printed, JupyterLab's by default.

    JupyterLab's settings of the person who runs the tests are neither read nor changed.
    """
    private = log.parent / "jupyter-settings"
    places = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
    )
    environment = {**variables, **{name: str(private / name.lower()) for name in places}}
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield _printed(address, server, log, time.monotonic() + seconds)
    finally:
        # The whole group: a server started through make, and the kernels it started.
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(timeout=20)


def _printed(address: re.Pattern, server: subprocess.Popen, log: Path, deadline: float) -> str:
    while time.monotonic() < deadline:
        if found := address.search(log.read_text(errors="replace")):
            return found.group()
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise AssertionError(f"nothing was served:\n{log.read_text(errors='replace')[-3000:]}")


def read(address: str) -> str:
    """The text behind an address."""
    with urlopen(address, timeout=30) as answer:
        return answer.read().decode()


def api(address: str, path: str) -> str:
    """The address of the server's API that belongs to the address of its page, token included."""
    root, token = re.match(r"(http://[^/]+)/.*(\?token=\w+)", address).groups()
    return f"{root}/api/{path}{token}"
