"""Start one learner's JupyterLab. The hub runs this as the learner, in place of `jupyterhub-singleuser`.

What `recsys-lessons lab` does for one person is done here for one of many: the learner's copy of the course in the home
folder, the course's settings of JupyterLab, the first lesson. Beside that, compiled kernels are taken from those that
start.sh has made, so that twenty learners do not compile them twenty times.
"""

import os
import shutil
import sys
from pathlib import Path

import platformdirs

from recsys_lessons import cli, learner_copy


def take_kernels(shared: Path) -> None:
    """Copy the compiled kernels that this account does not have yet; each learner has files of their own.

    Kernels of other versions of the course go. Without room for a copy the learner's server starts all the same, and
    compiles the kernels it needs.
    """
    own = Path(platformdirs.user_cache_dir("recsys-lessons", appauthor=False))
    names = [folder.name for folder in shared.glob("kernels-*")]
    for old in [*own.glob("kernels-*"), *own.glob(".kernels-*")]:  # the latter: a copy that was interrupted
        if names and old.name not in names:
            shutil.rmtree(old, ignore_errors=True)
    for name in names:
        if (own / name).exists():
            continue
        unfinished = own / f".{name}.{os.getpid()}"
        try:
            own.mkdir(parents=True, exist_ok=True)
            shutil.copytree(shared / name, unfinished)
            unfinished.rename(own / name)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            print(f"compiled kernels were not copied to {own / name}: {error}", file=sys.stderr)


def main() -> None:
    """Prepare the account, and become its server."""
    os.umask(0o077)  # what a learner makes is the learner's
    take_kernels(Path(os.environ["HUB_KERNELS"]))
    copy = Path.home() / learner_copy.COPY_NAME
    learner_copy.update(learner_copy.course_folder(), copy)
    copy.chmod(0o700)  # whatever the home folder allows
    os.chdir(copy)
    os.environ.update(cli.lab_environment(os.environ))
    os.environ["RECSYS_LESSONS_COPY"] = str(copy)  # for the command recsys-lessons in a terminal
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    server = [sys.executable, shutil.which("jupyterhub-singleuser")]
    os.execv(sys.executable, [*server, *cli.lab_arguments(copy, browser=False, port=None), *sys.argv[1:]])


if __name__ == "__main__":
    main()
