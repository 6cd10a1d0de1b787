"""The command `recsys-lessons`: open the course, check and grade exercises, reset a file, write cards.

Each command is one function that takes the parsed arguments and returns an exit code: 0 for success, 1 if an answer
is not right yet or the doctor found something to repair, 2 if the command could not do what was asked. Heavy imports
happen inside the commands.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from recsys_lessons import __version__, learner_copy
from recsys_lessons.learner_copy import FIRST_LESSON, LearnerCopyError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after `recsys-lessons`; those of this process by default.

    Returns
    -------
    int
        The exit code.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        return options.run(options)
    except LearnerCopyError as error:
        print(f"recsys-lessons {options.command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recsys-lessons", description="A course on hybrid recommenders that you run.")
    parser.add_argument("--version", action="version", version=f"recsys-lessons {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    lab = commands.add_parser("lab", help="open JupyterLab on your copy of the course")
    _add_folder(lab)
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.add_argument("--port", type=_port, help="port to serve on (default: 8888, or the next free one)")
    lab.add_argument("jupyter", nargs="*", metavar="-- OPTION", help="everything after -- is handed to JupyterLab")
    lab.set_defaults(run=_lab)

    check = commands.add_parser("check", help="run exercise notebooks and say how far each problem is")
    check.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="such as my-course/exercises/05_losses.ipynb")
    check.add_argument("--all", action="store_true", help="all exercises of your copy of the course")
    check.add_argument(
        "--seconds",
        type=_seconds,
        metavar="S",
        help="time limit for each cell (default: 30); an endless loop ends then",
    )
    _add_folder(check)
    check.set_defaults(run=_check)

    grade = commands.add_parser("grade", help="for teachers: grade a folder of submitted exercises")
    grade.add_argument("submissions", type=Path, metavar="FOLDER", help="a folder for each learner, or notebooks")
    grade.add_argument("--out", type=Path, default=Path("grades.csv"), metavar="FILE", help="default: grades.csv")
    grade.add_argument("--seconds", type=_seconds, metavar="S", help="time limit for each answer (default: 20)")
    grade.add_argument("--jobs", type=_jobs, metavar="N", help="how many at a time (default: one a processor)")
    grade.set_defaults(run=_grade)

    reset = commands.add_parser(
        "reset",
        help="put one published lesson or exercise back, keeping yours beside it as a numbered backup",
    )
    reset.add_argument(
        "files", nargs="+", metavar="FILE", help=f"such as {FIRST_LESSON}, or its beginning: notebooks/00"
    )
    _add_folder(reset)
    reset.set_defaults(run=_reset)

    cards = commands.add_parser("cards", help="write the interview questions as cards for Anki or Obsidian")
    cards.add_argument("style", choices=("anki", "obsidian"), help="for which program")
    cards.add_argument("--out", type=Path, metavar="FILE", help="a new file (default: interview.txt or interview.md)")
    cards.set_defaults(run=_cards)

    doctor = commands.add_parser("doctor", help="check the installation, warm the kernel cache, say what to repair")
    doctor.set_defaults(run=_doctor)
    return parser


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, help=f"your copy of the course (default: {learner_copy.COPY_NAME})")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 65535, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, at most 3600, got {text!r}")
    return seconds


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 256, got {text!r}")
    return int(text)


def _copy_folder(options: argparse.Namespace) -> Path:
    return options.folder.expanduser().absolute() if options.folder else learner_copy.default_copy_folder()


def _lab(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise LearnerCopyError('JupyterLab is not installed. Install it with: pip install "recsys-lessons[lab]"')
    copy = _copy_folder(options)
    added = learner_copy.update(learner_copy.course_folder(), copy)
    print(f"Your copy of the course: {copy} ({len(added)} new files)" if added else f"Your copy of the course: {copy}")
    command = lab_arguments(copy, browser=not options.no_browser, port=options.port, extra=options.jupyter)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # JupyterLab refuses to run as root unless told; in a container, root is who a learner is.
        command.append("--allow-root")
    print(f"Starting JupyterLab on {FIRST_LESSON}. Stop it with Ctrl-C.", flush=True)
    os.environ.update(lab_environment(os.environ))
    return _serve(command)


def lab_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment variables JupyterLab is started with.

    Parameters
    ----------
    inherited : mapping of str to str
        What was set before.

    Returns
    -------
    dict of str to str
        What to set.
    """
    settings = str(Path(__file__).parent / "jupyter")
    return {
        # Defaults of the course for JupyterLab's settings; what a learner has chosen comes before them.
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [inherited.get("JUPYTER_CONFIG_PATH"), settings])),
        # A kernel python3 in the home folder may belong to another Python: this environment's comes first.
        "JUPYTER_PREFER_ENV_PATH": inherited.get("JUPYTER_PREFER_ENV_PATH", "1"),
    }


def lab_arguments(copy: Path, *, browser: bool, port: int | None, extra: Sequence[str] = ()) -> list[str]:
    """The options JupyterLab is started with.

    Parameters
    ----------
    copy : pathlib.Path
        The learner's copy, the only folder that JupyterLab shows.
    browser : bool
        Whether to open a browser.
    port : int or None
        The port to serve on, or None for JupyterLab's own choice.
    extra : sequence of str
        Handed on as they are.

    Returns
    -------
    list of str
    """
    arguments = [
        f"--ServerApp.root_dir={copy}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
        # The course works offline: no news feed and no look-up of newer versions. That nobody is asked about
        # them is a matter of settings: jupyter/labconfig/.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # For the slides, which another application of the same server shows.
        f"--LabServerApp.extra_labextensions_path={Path(__file__).parent / 'jupyter' / 'labextensions'}",
    ]
    if not browser:
        arguments.append("--no-browser")
    if port is not None:
        arguments.append(f"--port={port}")
    return [*arguments, *extra]


def _serve(arguments: list[str]) -> int:
    from jupyterlab.labapp import LabApp

    # JupyterLab runs in this process, so that Ctrl-C reaches it as it does when it is started by hand.
    sys.argv = ["jupyter-lab", *arguments]
    LabApp.launch_instance()
    return 0


def _reset(options: argparse.Namespace) -> int:
    course, copy = learner_copy.course_folder(), _copy_folder(options)
    names = [learner_copy.find(course, copy, asked) for asked in options.files]
    for name in names:
        done = learner_copy.reset(course, copy, name)
        if not done.changed:
            print(f"{name} is as published already; nothing was changed.")
        elif done.kept_as is None:
            print(f"{name} was missing and is there again.")
        else:
            print(f"{name} is as published again. Yours is kept as {done.kept_as}")
    return 0


def _check(options: argparse.Namespace) -> int:
    missing = [name for name in ("nbval", "nbformat") if importlib.util.find_spec(name) is None]
    if missing:
        raise LearnerCopyError(f'{missing[0]} is not installed. Install it with: pip install "recsys-lessons[lab]"')
    from recsys_lessons.teaching.checks import notebooks

    if options.all == bool(options.notebooks):
        raise LearnerCopyError("name the notebooks to check, or say --all, and not both")
    paths = [Path(name).expanduser() for name in options.notebooks]
    if options.all:
        exercises = _copy_folder(options) / "exercises"
        paths = sorted(path for path in exercises.glob("[0-9][0-9]_*.ipynb") if ".backup-" not in path.name)
        if not paths:
            raise LearnerCopyError(f"there are no exercises in {exercises}. Open the course once: recsys-lessons lab")
    worst, n_right, n_problems = 0, 0, 0
    for path in paths:
        try:
            outcomes = notebooks.check_notebook(path, options.seconds or notebooks.SECONDS)
        except notebooks.NotebookError as error:
            print(f"recsys-lessons check: {error}", file=sys.stderr)
            worst = 2
            continue
        print(notebooks.table(path, outcomes), flush=True)
        n_right += sum(outcome.right for outcome in outcomes)
        n_problems += len(outcomes)
        worst = max(worst, 0 if all(outcome.right for outcome in outcomes) else 1)
    if len(paths) > 1 and n_problems:
        print(f"{n_right} of {n_problems} problems right in {len(paths)} notebooks")
    return worst


def _grade(options: argparse.Namespace) -> int:
    missing = [name for name in ("IPython", "nbformat") if importlib.util.find_spec(name) is None]
    if missing:
        raise LearnerCopyError(f'{missing[0]} is not installed. Install it with: pip install "recsys-lessons[lab]"')
    if not sys.platform.startswith("linux"):
        raise LearnerCopyError("grading confines learners' code with means of Linux; run it there, or in a container")
    from recsys_lessons.models.warm_up import warm_up
    from recsys_lessons.teaching.grading import confining, grading, reports

    folder = options.submissions.expanduser()
    if not folder.is_dir():
        raise LearnerCopyError(f"there is no folder {folder}")
    names = learner_copy.course_files(learner_copy.course_folder())
    exercises = [Path(name).stem for name in names if name.startswith("exercises/")]
    submissions = grading.find_submissions(folder, exercises)
    if not submissions:
        raise LearnerCopyError(f"there is no notebook in {folder}")
    try:
        confinement = confining.choose([folder])
        print(f"{len(submissions)} notebooks; answers run under {confinement.kind}.", flush=True)
        if confinement.why:
            print(
                f"  No bubblewrap ({confinement.why}): see TEACHING.md for what is not covered then.", file=sys.stderr
            )
        warm_up()
        graded = grading.grade_all(
            submissions,
            confinement,
            seconds=options.seconds or grading.SECONDS,
            jobs=options.jobs,
            on_graded=lambda one: print(f"  {one.submission.name}: {one.points} of {len(one.grades)}", flush=True),
        )
        written = reports.write_reports(options.out.expanduser(), graded, confinement)
    except confining.ConfinementError as error:
        raise LearnerCopyError(str(error)) from error
    except OSError as error:
        raise LearnerCopyError(f"{options.out} cannot be written: {error.strerror or error}") from error
    print(f"Written: {written[0]}, {written[1]} and {len(written) - 2} pages for learners beside it")
    return 0


def _cards(options: argparse.Namespace) -> int:
    from recsys_lessons.teaching.cards import export

    file = options.out or Path("interview.txt" if options.style == "anki" else "interview.md")
    try:
        export(file, options.style)
    except FileExistsError:
        print(f"recsys-lessons cards: {file} is there already; name a new file with --out", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"recsys-lessons cards: {file} cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    print(f"Written: {file}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from recsys_lessons import doctor

    repairs = 0
    section = None
    for finding in doctor.examine():
        if finding.section != section:
            section = finding.section
            print(f"\n{section}" if repairs or section != doctor.SECTIONS[0] else section)
        print(f"  {'repair' if finding.remedy else 'ok':<6}  {finding.text}", flush=True)
        if finding.remedy:
            repairs += 1
            print(f"          -> {finding.remedy}", flush=True)
    print(f"\n{'Nothing to repair.' if not repairs else f'{repairs} to repair: follow the arrows above.'}")
    return 1 if repairs else 0


if __name__ == "__main__":
    sys.exit(main())
