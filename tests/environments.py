"""An environment of its own for a package that extends JupyterLab, and is for those who ask for it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def beside(folder: Path, *packages: str, base: Path | None = None) -> tuple[Path, dict[str, str]]:
    """Make an environment with `packages` that sees those of this one: its Python, and variables to run it with.

    It is made with this Python, or with `base`, one of the same version. Where the packages cannot be installed, the
    test is skipped.
    """
    if base is None:
        venv.create(folder)
    else:
        subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    (libraries,) = folder.glob("lib/python*/site-packages")
    parents = [place for place in sys.path if place.endswith("site-packages")]
    (libraries / "parent.pth").write_text("\n".join([*parents, str(ROOT)]) + "\n")
    python = folder / "bin/python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    constrained = [*install, "-c", ROOT / "constraints.txt", *packages]
    installed = subprocess.run(constrained, capture_output=True, text=True)
    if installed.returncode != 0:
        pytest.skip(f"{', '.join(packages)} cannot be installed: {installed.stderr.strip()[-300:]}")
    variables = os.environ | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        # Its own first: Voilà's templates go by the names of nbconvert's.
        "JUPYTER_PATH": os.pathsep.join(str(prefix / "share/jupyter") for prefix in (folder, Path(sys.prefix))),
    }
    return python, variables
