"""The lessons print the same on other processors, and where nothing can be written and nobody can be reached."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_packaging import clone
from tests.test_reproducibility import ENVIRONMENTS, STEERING

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
NBVAL = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]


def inherited() -> dict[str, str]:
    """This process's environment without what chooses a processor or tells pytest how to run."""
    left_out = (*STEERING, "PYTEST_", "RECSYS_")
    return {key: value for key, value in os.environ.items() if not key.startswith(left_out)}


def nbval(course: Path, lesson: str) -> list[str]:
    """The arguments with which Python runs a lesson and compares all it prints with what is stored."""
    sanitize = course / "tests/nbval_sanitize.cfg"
    return [*NBVAL, "--nbval-sanitize-with", str(sanitize), str(course / "notebooks" / lesson)]


def passes(command: list[str], **options) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, timeout=1200, **options)
    assert finished.returncode == 0, (finished.stdout + finished.stderr)[-6000:]
    assert " passed" in finished.stdout
    assert "skipped" not in finished.stdout


# Kernels are talked to over the loopback device, which a new network namespace has, but down.
RAISE_LOOPBACK = """\
import fcntl, socket, struct
with socket.socket() as probe:
    fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
"""
# Namespaces need no privileges, and hold for root, whom permissions do not bind.
BOX = ["unshare", "--map-root-user", "--net", "--mount", "sh", "-ec"]
CLOSE = """\
for folder in "$COURSE" "$HOME"; do
    mount --bind "$folder" "$folder"
    mount -o remount,bind,ro "$folder"
done
"$PYTHON" -c "$RAISE_LOOPBACK"
exec "$PYTHON" "$@"
"""
WITNESS = """\
import os, socket
for folder in (os.environ["COURSE"], os.environ["HOME"]):
    try:
        open(os.path.join(folder, "written"), "w")
    except OSError:
        continue
    raise SystemExit(f"{folder} can be written to")
try:
    socket.create_connection(("192.0.2.1", 80), timeout=3)
except TimeoutError:
    raise SystemExit("packets leave")
except OSError as error:
    print("closed:", error)
"""


def boxed(*arguments: str) -> list[str]:
    """The command that runs this Python with `arguments` in the box."""
    return [*BOX, CLOSE, "box", *arguments]


@pytest.fixture(scope="module")
def box(tmp_path_factory) -> dict[str, str]:
    """The environment of a process in the box."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    folder = tmp_path_factory.mktemp("a place où on lit")
    home, scratch = folder / "home", folder / "scratch"
    course = clone(folder / "the course, à lire")
    environment = inherited() | {"PYTHON": sys.executable, "RAISE_LOOPBACK": RAISE_LOOPBACK}
    environment |= {"HOME": str(home), "COURSE": str(course), "PYTHONPATH": str(course)}
    environment |= {"TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    # What Jupyter and matplotlib cannot do without; the compiled kernels can.
    for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        environment[name] = str(scratch / name.lower())
        Path(environment[name]).mkdir(parents=True)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        environment.pop(name, None)
    home.mkdir()
    tried = subprocess.run(boxed("-c", ""), env=environment, cwd=course, capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces here: {tried.stderr.strip()[-200:]}")
    return environment


def test_the_box_is_closed(box):
    finished = subprocess.run(boxed("-c", WITNESS), env=box, cwd=box["COURSE"], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("closed:")


def test_offline_read_only_and_with_nowhere_to_keep_compiled_kernels(box):
    passes(boxed(*nbval(Path(box["COURSE"]), LESSONS[0])), env=box, cwd=box["COURSE"])


@pytest.mark.parametrize("lesson", LESSONS)
def test_offline_read_only_and_on_the_plainest_processor(lesson, box):
    plainest = {**ENVIRONMENTS["generic"], "NUMBA_CPU_FEATURES": "", **ENVIRONMENTS["masked C library"]}
    plainest["NUMBA_CACHE_DIR"] = f"{box['TMPDIR']}/kernels"
    passes(boxed(*nbval(Path(box["COURSE"]), lesson)), env=box | plainest, cwd=box["COURSE"])
