"""A class's JupyterHub, started as a teacher starts it, and learners who talk to it as their browsers would.

All on this computer's loopback. Learners are system accounts that exist while the hub does, so this needs root.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
import websocket

from tests.environments import ROOT, beside
from tests.serving import free_port

HUB_PACKAGES = ("jupyterhub", "jupyterhub-idle-culler", "jupyterhub-systemdspawner")
START, STOP = ROOT / "deploy/jupyterhub/start.sh", ROOT / "deploy/jupyterhub/stop.sh"
TEACHERS, LEARNERS, PROXY = (f"rl-{name}-{os.getpid()}" for name in ("teachers", "learners", "proxy"))
#: Options of useradd: who may log in, and as what. By its primary group an account is a member without being listed.
MEMBER, TEACHER, PRIMARY_MEMBER, STRANGER = ("--groups", LEARNERS), ("--groups", TEACHERS), ("--gid", LEARNERS), ()


class MissingError(Exception):
    """Why no hub can be started here."""


def python_for_all() -> Path:
    """The Python of this environment, or one of the same version, that every account may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.base_prefix) / "bin" / version, Path("/usr/bin") / version):
        if candidate.exists() and _as_nobody(candidate, "import venv"):
            return candidate
    raise MissingError(f"no {version} that other accounts may run: the one here is in a private folder")


def _as_nobody(python: Path, code: str) -> bool:
    command = ["runuser", "-u", "nobody", "--", python, "-c", code]
    return subprocess.run(command, capture_output=True, cwd="/").returncode == 0


class Hub:
    """A hub that runs, with its own accounts.

    Attributes
    ----------
    address : str
        Where a browser goes.
    folder : pathlib.Path
        What the hub and its environment keep; every account may read it.
    passwords : dict of str to str
        Of the accounts.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.passwords = {name: secrets.token_urlsafe(12) for name in names}
        ports = {name: str(free_port()) for name in ("HUB_PORT", "HUB_API_PORT", "HUB_PROXY_API_PORT")}
        self.address = f"http://127.0.0.1:{ports['HUB_PORT']}"
        try:
            python, variables = beside(folder / "environment", *HUB_PACKAGES, base=python_for_all())
        except pytest.skip.Exception as skipped:
            raise MissingError(str(skipped)) from skipped
        if not _as_nobody(python, "import jupyterhub, recsys_lessons"):
            raise MissingError("other accounts may not read this copy of the course")
        self._variables = {
            **variables,
            **ports,
            "HUB_IP": "127.0.0.1",
            "HUB_STATE": str(folder / "state"),
            "HUB_PYTHON": str(python),
            "HUB_LEARNERS": LEARNERS,
            "HUB_TEACHERS": TEACHERS,
            "HUB_PROXY_ACCOUNT": PROXY,
            "JUPYTERLAB_DIR": str(Path(sys.prefix) / "share/jupyter/lab"),
            "JUPYTER_CONFIG_PATH": str(Path(sys.prefix) / "etc/jupyter"),
        }
        self._hub: subprocess.Popen | None = None
        proxy = folder / "state/proxy"
        proxy.mkdir(parents=True)
        (version,) = re.findall(r"^proxy_version=(\S+)$", START.read_text(), re.MULTILINE)
        package = f"configurable-http-proxy@{version}"
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", proxy, package]
        try:
            subprocess.run(install, capture_output=True, text=True, cwd=proxy, timeout=120, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise MissingError(f"configurable-http-proxy cannot be installed: {error}\n{error.stderr}") from error
        # What a power cut leaves: numbers that are other processes by now (here, of the tests themselves).
        private = folder / "state/private"
        private.mkdir()
        for name in ("hub", "proxy"):
            (private / f"{name}.pid").write_text(f"{os.getpid()}\n")

    def start(self, seconds: float = 120) -> None:
        """As a teacher does; returns when the hub answers."""
        with (self.folder / "hub.log").open("ab") as log:
            self._hub = subprocess.Popen(
                ["sh", START],
                env=self._variables,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
            )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._hub.poll() is None:
            try:
                if requests.get(f"{self.address}/hub/api/", timeout=5).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"the hub does not answer:\n{self.log()[-3000:]}")

    def end_hub(self) -> None:
        """As Ctrl-C does: the hub ends, and nothing else."""
        self._hub.send_signal(signal.SIGINT)
        self._hub.wait(timeout=60)

    def stop(self) -> None:
        """As a teacher ends the class."""
        subprocess.run(["sh", STOP], env=self._variables, check=True, capture_output=True, cwd="/")
        if self._hub is not None:
            self._hub.wait(timeout=60)

    def python(self, code: str) -> str:
        """What the hub's Python prints when it runs `code`, with the hub's variables."""
        command = [self._variables["HUB_PYTHON"], "-c", code]
        return subprocess.run(command, env=self._variables, capture_output=True, text=True, check=True).stdout

    def log(self) -> str:
        """What the hub has said."""
        return (self.folder / "hub.log").read_text(errors="replace")


@contextmanager
def hub(accounts: Mapping[str, Sequence[str]]) -> Iterator[Hub]:
    """A hub and accounts, until the block ends; then no account and no process is left.

    Parameters
    ----------
    accounts : mapping of str to sequence of str
        Names, each with its groups as useradd wants them: `MEMBER`, `TEACHER`, `PRIMARY_MEMBER` or `STRANGER`.

    Raises
    ------
    MissingError
        If it cannot be had here.
    """
    if os.name != "posix" or os.geteuid() != 0:
        raise MissingError("accounts are made, and servers started as them, by root alone")
    for command in ("node", "npm", "useradd", "userdel", "chpasswd", "runuser", "setpriv", "pkill", "setsid"):
        if shutil.which(command) is None:
            raise MissingError(f"there is no {command}")
    existing = subprocess.run(["getent", "passwd", *accounts], capture_output=True, text=True).stdout
    if existing:
        raise MissingError(f"there are accounts already: {existing}")
    # Undone from the last to the first, each step whatever became of the others.
    with ExitStack() as undoing:
        folder = Path(tempfile.mkdtemp(prefix="recsys-hub-"))
        undoing.callback(shutil.rmtree, folder)
        folder.chmod(0o755)
        running = Hub(folder, list(accounts))
        for group in (LEARNERS, TEACHERS):
            subprocess.run(["groupadd", group], check=True)
            undoing.callback(_run, "groupdel", group)
        for name, groups in accounts.items():
            home = folder / "home" / name
            home.parent.mkdir(exist_ok=True)
            account = ["useradd", "--create-home", "--home-dir", home, "--shell", "/bin/bash", *groups, name]
            subprocess.run(account, check=True)
            undoing.callback(_remove_account, name)
            subprocess.run(["chpasswd"], input=f"{name}:{running.passwords[name]}\n", text=True, check=True)
            # The most careless setting a system may have: the course must be private all the same.
            home.chmod(0o755)
        undoing.callback(_remove_account, PROXY)  # start.sh makes it
        undoing.callback(running.stop)
        running.start()
        yield running


def _remove_account(name: str) -> None:
    """Remove an account once nothing runs as it; one that was not made is no error."""
    if _run("getent", "passwd", name).returncode != 0:
        return
    wait_until_nothing_runs_as(name, then="KILL")
    _run("userdel", name).check_returncode()


def wait_until_nothing_runs_as(name: str, seconds: float = 20, then: str = "") -> None:
    """Wait for an account's processes to end; after that time send them the signal `then`, or give up."""
    deadline = time.monotonic() + seconds
    while (left := _run("pgrep", "-a", "-u", name)).returncode == 0:
        if time.monotonic() > deadline:
            if not then:
                raise AssertionError(f"after {seconds:.0f} s these processes of {name} run:\n{left.stdout}")
            _run("pkill", f"-{then}", "-u", name)
            deadline, then = time.monotonic() + seconds, ""
        time.sleep(0.1)


def _run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True)


class Learner:
    """One account in front of one browser.

    Attributes
    ----------
    token : str
        What the learner's own scripts may use, after `log_in`.
    """

    def __init__(self, address: str, name: str) -> None:
        self.address, self.name = address, name
        self.browser = requests.Session()
        self.token = ""

    def log_in(self, password: str) -> bool:
        """Fill in the form; whether the hub let the learner in."""
        page = self.browser.get(f"{self.address}/hub/login", timeout=60)
        page.raise_for_status()
        form = {"_xsrf": self._xsrf("/hub/"), "username": self.name, "password": password}
        answer = self.browser.post(
            f"{self.address}/hub/login?next=/hub/home", data=form, timeout=60, headers={"Referer": page.url}
        )
        if answer.status_code == 403:
            return False
        answer.raise_for_status()
        made = self.browser.post(
            f"{self.address}/hub/api/users/{self.name}/tokens",
            headers={"X-XSRFToken": self._xsrf("/hub/"), "Referer": f"{self.address}/hub/token"},
            timeout=60,
        )
        made.raise_for_status()
        self.token = made.json()["token"]
        return True

    def _xsrf(self, path: str) -> str:
        (value,) = [cookie.value for cookie in self.browser.cookies if cookie.name == "_xsrf" and cookie.path == path]
        return value

    def ask(self, path: str, method: str = "GET", **arguments) -> requests.Response:
        """A request to any address of the hub, in the learner's name."""
        headers = {"Authorization": f"token {self.token}"}
        return requests.request(
            method, f"{self.address}{path}", headers=headers, timeout=60, allow_redirects=False, **arguments
        )

    def start_server(self, seconds: float = 180) -> None:
        """Press Start and wait until the server is there."""
        self.ask(f"/hub/api/users/{self.name}/server", "POST").raise_for_status()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            server = self.ask(f"/hub/api/users/{self.name}").json()["servers"].get("", {})
            if server.get("ready"):
                return
            if not server:
                raise AssertionError(f"the server of {self.name} did not start")
            time.sleep(0.5)
        raise AssertionError(f"the server of {self.name} is not there after {seconds:.0f} s")

    def api(self, path: str, method: str = "GET", **arguments) -> requests.Response:
        """A request to the learner's own server."""
        return self.ask(f"/user/{self.name}/api/{path}", method, **arguments)

    @contextmanager
    def kernel(self, notebook: str) -> Iterator[Kernel]:
        """Open a notebook; its kernel goes on when the page is closed, as JupyterLab's do."""
        session = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
        made = self.api("sessions", "POST", json=session)
        made.raise_for_status()
        with self.connected(made.json()["kernel"]["id"]) as kernel:
            yield kernel

    @contextmanager
    def connected(self, kernel_id: str) -> Iterator[Kernel]:
        """The page of a kernel that runs."""
        address = self.address.replace("http", "ws", 1)
        channels = websocket.create_connection(
            f"{address}/user/{self.name}/api/kernels/{kernel_id}/channels",
            header={"Authorization": f"token {self.token}"},
            timeout=120,
        )
        try:
            yield Kernel(kernel_id, channels)
        finally:
            channels.close()


class Kernel:
    """What a notebook's page says to a kernel, and hears."""

    def __init__(self, kernel_id: str, channels: websocket.WebSocket) -> None:
        self.id = kernel_id
        self._channels = channels
        #: The state of each widget that the kernel has shown, by its id.
        self.widgets: dict[str, dict] = {}

    def send(self, kind: str, content: dict) -> str:
        """Send a message on the shell channel and give its id."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": kind, "username": "", "session": self.id, "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._channels.send(json.dumps({**message, "buffers": []}))
        return number

    def receive(self, seconds: float = 120) -> dict:
        """The next message, pictures left out; widgets are followed."""
        self._channels.settimeout(seconds)
        raw = self._channels.recv()
        if isinstance(raw, bytes):
            # The number of parts, where each begins, and the parts: the message, and its buffers.
            (n_parts,) = struct.unpack_from("!i", raw)
            begins = [*struct.unpack_from(f"!{n_parts}i", raw, 4), len(raw)]
            raw = raw[begins[0] : begins[1]]
        message = json.loads(raw)
        content = message["content"]
        if message["header"]["msg_type"] == "comm_open":
            self.widgets[content["comm_id"]] = dict(content["data"].get("state", {}))
        elif message["header"]["msg_type"] == "comm_msg" and content["data"].get("method") == "update":
            self.widgets.setdefault(content["comm_id"], {}).update(content["data"].get("state", {}))
        return message

    def run(self, code: str, seconds: float = 300) -> list[dict]:
        """Run a cell and give the contents of its outputs; an exception in it is an error here."""
        number = self.send(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False},
        )
        outputs = []
        idle = replied = False
        deadline = time.monotonic() + seconds
        while not (idle and replied):
            message = self.receive(deadline - time.monotonic())
            kind, content = message["header"]["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != number:
                continue
            if kind in ("stream", "display_data", "execute_result"):
                outputs.append(content)
            elif kind == "error":
                raise AssertionError("\n".join(content["traceback"][-3:]))
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            replied = replied or kind == "execute_reply"
        return outputs

    def printed(self, code: str) -> str:
        """What a cell prints."""
        return "".join(output.get("text", "") for output in self.run(code))

    def widget(self, **looks) -> str:
        """The id of the one widget whose state has these values."""
        (found,) = [
            number for number, state in self.widgets.items() if all(state.get(key) == looks[key] for key in looks)
        ]
        return found

    def set(self, widget: str, **state: object) -> None:
        """Change a control, as a hand on the page does; a list has an `index`, all others a `value`."""
        changed = {"method": "update", "state": state, "buffer_paths": []}
        self.send("comm_msg", {"comm_id": widget, "data": changed})
        self.widgets[widget].update(state)

    def press(self, button: str) -> None:
        """Press a button."""
        pressed = {"method": "custom", "content": {"event": "click"}}
        self.send("comm_msg", {"comm_id": button, "data": pressed})

    def wait_for(self, widget: str, is_so: Callable[[dict], bool], seconds: float = 120) -> float:
        """Read messages until a widget's state is as asked; give the seconds that took."""
        began = time.monotonic()
        while not is_so(self.widgets[widget]):
            self.receive(began + seconds - time.monotonic())
        return time.monotonic() - began

    def listen(self, seconds: float) -> None:
        """Read what comes for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.receive(left)
            except websocket.WebSocketTimeoutException:
                return
