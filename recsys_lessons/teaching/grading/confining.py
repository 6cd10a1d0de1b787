"""Where a learner's code runs while it is graded: what it may see, and how much it may use.

`bubblewrap <https://github.com/containers/bubblewrap>`_ shuts it in where a probe shows that it works: a read-only
system with nothing of the home folders or the submissions in it, no network, its own process space, scratch space in
memory. Elsewhere there are resource limits alone; then its files are those of the user it runs as. Where grading is
started by root, learners' code runs as a user of no other use, since limits do not bind root.

This module must not know about problems or notebooks.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import recsys_lessons

__all__ = ["BUBBLEWRAP", "LIMITS", "Confinement", "ConfinementError", "Ended", "choose"]

BUBBLEWRAP = "bubblewrap"
LIMITS = "resource limits alone"

MEMORY = 4 << 30  # bytes of address space of each process
FILE_BYTES = 64 << 20  # of one file
SCRATCH_BYTES = 512 << 20  # of all files of one submission
ANSWER_BYTES = 64 << 20  # that one run may hand back
PROCESSES = 64
START_SECONDS = 120.0  # to import the library

_FIRST_USER = 61_200  # below the range of systemd's dynamic users, above those that people get
_MARK = "RECSYS_LESSONS_GRADING"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/etc/alternatives")
_INSIDE = Path("/scratch")

_PROBE = """
import json, os, socket, sys
found = []
found += [path + " can be seen" for path in json.loads(sys.argv[1]) if os.path.lexists(path)][:3]
for folder in ("/", "/usr", os.path.dirname(json.__file__)):
    try:
        path = os.path.join(folder, "written-by-a-probe"); open(path, "w").close(); os.unlink(path)
        found.append(folder + " can be written to")
    except OSError: pass
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1); found.append("the network is there")
except TimeoutError: found.append("packets leave")
except OSError: pass
if os.getppid() > 3: found.append("other processes can be seen")
if os.getuid() == 0: found.append("it is root")
open("written", "w").close()
print("found:", found)
"""


class ConfinementError(Exception):
    """Nothing can be graded here; the message says what to do."""


@dataclass(frozen=True)
class Ended:
    """How a confined run ended: "done", "time limit", "ended", "too much handed back", "too many files"."""

    why: str
    during: str = ""


@dataclass
class Confinement:
    """A way to run a process so that it can harm nothing but itself.

    Attributes
    ----------
    kind : str
        `BUBBLEWRAP` or `LIMITS`.
    why : str
        Why it is not bubblewrap; empty otherwise.
    hidden : list of Path
        Folders that nobody inside may see: the submissions.
    """

    kind: str
    why: str = ""
    hidden: list[Path] = field(default_factory=list)

    def user(self, slot: int) -> int | None:
        """The user that run number `slot` of those at the same time runs as; None for the present one."""
        return _FIRST_USER + slot if os.geteuid() == 0 else None

    # --- one run -----------------------------------------------------------------------------------------------------

    def run(
        self,
        job: dict[str, Any],
        on_line: Callable[[dict[str, Any]], None],
        *,
        slot: int = 0,
        seconds: float,
        cache: Path | None,
    ) -> Ended:
        """Run `answering` on a job, and hand on each line that it writes.

        Parameters
        ----------
        job : dict
            ``lesson``, ``cells``, ``problems``.
        on_line : callable
            Gets each line as it comes; whatever a learner's code may have written, it is a dict.
        slot : int
            Number of this run among those at the same time.
        seconds : float
            Time limit between two lines.
        cache : path, optional
            Folder of compiled kernels; the process works on a copy.

        Returns
        -------
        Ended

        Raises
        ------
        ConfinementError
            If the process ended before it came to the learner's code.
        """
        with self._scratch(slot) as scratch:
            inside = _INSIDE if self.kind == BUBBLEWRAP else scratch
            if cache is not None and self.kind == LIMITS:  # where a user of no other use could not read it
                _copy_for(self.user(slot), cache, scratch / "kernels")
            whole = job | {
                "memory": MEMORY,
                "file_bytes": FILE_BYTES,
                "processes": PROCESSES + _processes_of(self.user(slot)),
                "cache": "/kernels" if cache is not None and self.kind == BUBBLEWRAP else "",
                "scratch": str(inside),
                # Whether nothing that this user started runs beside it, so that it may kill all it can.
                "alone": self.kind == BUBBLEWRAP or self.user(slot) is not None,
            }
            mark = secrets.token_hex(8)
            arguments = ["-m", "recsys_lessons.teaching.grading.answering"]
            command, environment = self._command(arguments, scratch, cache, slot, mark)
            process = subprocess.Popen(
                command,
                env=environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            try:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(json.dumps(whole).encode())
                    process.stdin.close()
                watch = None if self.kind == BUBBLEWRAP else scratch
                ended = _watch(process, on_line, seconds, watch)
            finally:
                said = self._kill(process, mark, slot)
            if ended.during == "start" and ended.why != "done":  # before any line of a learner's code
                raise ConfinementError(f"the process that answers did not start ({ended.why}): {said[-500:]}")
            return ended

    @contextlib.contextmanager
    def _scratch(self, slot: int) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="recsys-grade-"))
        user = self.user(slot)
        try:
            if user is not None:
                os.chown(folder, user, user)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _command(
        self, arguments: list[str], scratch: Path, cache: Path | None, slot: int, mark: str
    ) -> tuple[list[str], dict[str, str]]:
        inside = _INSIDE if self.kind == BUBBLEWRAP else scratch
        package = Path(recsys_lessons.__file__).resolve().parent
        environment = {
            "PATH": os.defpath,
            "HOME": str(inside / "home"),
            "TMPDIR": str(inside / "temporary"),
            "IPYTHONDIR": str(inside / "home/ipython"),
            "MPLCONFIGDIR": str(inside / "home/matplotlib"),
            "NUMBA_CACHE_DIR": str(inside / "kernels"),
            "PYTHONPATH": os.pathsep.join([str(package.parent), *map(str, _libraries())]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "MPLBACKEND": "Agg",
            "LC_ALL": "C.UTF-8",
            # One thread each: the limit on processes counts threads, and graders run side by side.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "NUMBA_NUM_THREADS": "1",
            _MARK: mark,
        }
        user = self.user(slot)
        as_user = [] if user is None else _as_user(user)
        if self.kind == LIMITS:
            return [*as_user, sys.executable, *arguments], environment
        readable = _readable(package)
        # Folders on the way to what is bound: bubblewrap would make them for their owner alone.
        ways = dict.fromkeys(way for path in readable for way in reversed(path.parents[:-1]))
        binds = [part for way in ways for part in ("--perms", "0755", "--dir", str(way))]
        binds += [part for path in readable for part in ("--ro-bind", str(path), str(path))]
        if cache is not None:
            binds += ["--ro-bind", str(cache), "/kernels"]
        # Root needs no user namespace, and its two capabilities are given up by setpriv before anything else runs.
        spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        spaces += ["--unshare-user"] if user is None else ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        spaces += [] if user is None else ["--cap-add", "CAP_SETPCAP"]
        box = [
            *_bubblewrap(),
            *spaces,
            "--die-with-parent",
            "--new-session",
            *binds,
            "--proc",
            "/proc",
            "--dev",
            "/dev",
        ]
        box += ["--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs", str(_INSIDE), "--chdir", str(_INSIDE)]
        box += ["--remount-ro", "/", "--"]
        return [*box, *as_user, sys.executable, *arguments], environment

    def _kill(self, process: subprocess.Popen, mark: str, slot: int) -> str:
        """End the process and whatever it has started. Returns what it said on stderr before it began its job."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        if self.kind == LIMITS:  # a box ends with its first process
            self._kill_what_is_left(mark, slot)
        with process.stdout, process.stderr:
            return process.stderr.read(4096).decode(errors="replace").strip()

    def _kill_what_is_left(self, mark: str, slot: int) -> None:
        for _ in range(50):
            left = [pid for pid in _process_ids() if _is_marked(pid, mark) or _user_of(pid) == self.user(slot)]
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


def _watch(
    process: subprocess.Popen, on_line: Callable[[dict[str, Any]], None], seconds: float, folder: Path | None
) -> Ended:
    """Read lines until the run is done, ends, or breaks a limit."""
    pipe = process.stdout.fileno()
    during, waiting, n_bytes = "start", b"", 0
    deadline = time.monotonic() + START_SECONDS
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return Ended("time limit", during)
        if folder is not None and _size(folder) > SCRATCH_BYTES:
            return Ended("too many files", during)
        ready, _, _ = select.select([pipe], [], [], min(left, 0.5))
        if not ready:
            continue
        read = os.read(pipe, 1 << 20)
        if not read:
            return Ended("ended", during)
        n_bytes += len(read)
        waiting += read
        if n_bytes > ANSWER_BYTES:
            return Ended("too much handed back", during)
        *lines, waiting = waiting.split(b"\n")
        for text in lines:
            line = _parsed(text)
            if line.get("end") is True:
                return Ended("done", during)
            if isinstance(line.get("begun"), str):
                during = line["begun"]
            deadline = time.monotonic() + (START_SECONDS if during == "start" else seconds)
            on_line(line)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_blocks * 512
    return total


def _process_ids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()] if os.path.isdir("/proc") else []


def _user_of(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


def _is_marked(pid: int, mark: str) -> bool:
    try:
        return f"{_MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def _processes_of(user: int | None) -> int:
    """How many threads a user runs now: the limit on processes counts them."""
    user = os.geteuid() if user is None else user
    n_threads = 0
    for pid in _process_ids():
        if _user_of(pid) == user:
            with contextlib.suppress(OSError):
                n_threads += len(os.listdir(f"/proc/{pid}/task"))
    return n_threads


def _copy_for(user: int | None, folder: Path, target: Path) -> None:
    shutil.copytree(folder, target)
    if user is not None:
        for path in [target, *target.rglob("*")]:
            os.chown(path, user, user)


def _as_user(user: int) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ConfinementError("setpriv (of util-linux) is not installed; grade as an ordinary user instead")
    return [
        *(setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups"),
        *("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"),
    ]


def _bubblewrap() -> list[str]:
    path = shutil.which("bwrap")
    return [path] if path else []


def _libraries() -> list[Path]:
    """Where the packages lie that this Python has found so far."""
    return [Path(place) for place in sys.path if place.endswith(("site-packages", "dist-packages"))]


def _readable(package: Path) -> list[Path]:
    """What Python needs to run this package, and nothing else of the disk."""
    places = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent, package]
    found: list[Path] = []
    for path in [*map(Path, _SYSTEM), *places, *_libraries()]:
        if os.path.exists(path) and not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


# --- which one works here --------------------------------------------------------------------------------------------


def choose(hidden: list[Path]) -> Confinement:
    """The best confinement that works here.

    Parameters
    ----------
    hidden : list of Path
        Folders that must not be seen inside.

    Raises
    ------
    ConfinementError
        If not even a process with limits can be started.
    """
    hidden = [Path(path).resolve() for path in hidden]
    why = "" if _bubblewrap() else "bubblewrap is not installed"
    if not why:
        box = Confinement(BUBBLEWRAP, hidden=hidden)
        why = box_fault(box)
        if not why:
            return box
    plain = Confinement(LIMITS, why, hidden)
    if fault := _start_fault(plain, "print('found: []')"):
        remedy = "Install bubblewrap, or grade as an ordinary user with a Python that user can read."
        raise ConfinementError(f"no process can be started to grade in: {fault} ({why}). {remedy}")
    return plain


def box_fault(box: Confinement) -> str:
    """Why a box is not closed; empty if it is."""
    shown = _readable(Path(recsys_lessons.__file__).resolve().parent)
    private = [
        str(entry)
        for folder in [*box.hidden, Path.home(), Path(tempfile.gettempdir())]
        for entry in _entries(folder)
        if not any(path.is_relative_to(entry) or entry.is_relative_to(path) for path in shown)
    ]
    return _start_fault(box, _PROBE, json.dumps(private))


def _entries(folder: Path, at_most: int = 200) -> list[Path]:
    """What lies in a folder; some of it, since the probe gets the names on its command line."""
    try:
        return sorted(folder.iterdir())[:at_most]
    except OSError:
        return []


def _start_fault(confinement: Confinement, program: str, *arguments: str) -> str:
    with confinement._scratch(0) as scratch:
        command, environment = confinement._command(["-c", program, *arguments], scratch, None, 0, "probe")
        try:
            ran = subprocess.run(
                command, env=environment, cwd="/", capture_output=True, text=True, timeout=60, errors="replace"
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{type(error).__name__}: {error}"
    if ran.returncode != 0:
        return ran.stderr.strip()[-300:] or f"it ended with {ran.returncode}"
    told = ran.stdout.strip()
    return "" if told == "found: []" else told
