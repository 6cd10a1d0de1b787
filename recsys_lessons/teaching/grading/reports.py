"""What a teacher gets: a table of points, a page for each learner, a page for the class.

Nothing here depends on the clock, so that grading again writes the same bytes. Texts of learners are escaped.
"""

from __future__ import annotations

import csv
import html
import io
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from recsys_lessons.teaching.checks import judging
from recsys_lessons.teaching.checks.problem import problems_of
from recsys_lessons.teaching.grading.confining import BUBBLEWRAP, Confinement
from recsys_lessons.teaching.grading.grading import Grade, Graded

__all__ = ["CLASS_PAGE", "write_reports"]

CLASS_PAGE = "class.html"

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem; border-bottom: 1px solid #8886; }
pre { margin: .3rem 0; white-space: pre-wrap; font-size: .9em; }
.number { text-align: right; }
"""


def write_reports(out: Path, graded: Sequence[Graded], confinement: Confinement) -> list[Path]:
    """Write the table to `out`, and the pages to a folder beside it.

    Parameters
    ----------
    out : pathlib.Path
        The table, ``grades.csv``; the pages go to ``grades-feedback/``. Files that are there are replaced, each in one
        step.
    graded : sequence of Graded
    confinement : Confinement
        What the pages say learners' code was confined by.

    Returns
    -------
    list of pathlib.Path
        The table, the class page, the learners' pages.
    """
    folder = out.with_name(f"{out.stem}-feedback")
    folder.mkdir(parents=True, exist_ok=True)
    _replace(out, table(graded))
    class_page = folder / CLASS_PAGE
    _replace(class_page, _class_html(graded, confinement))
    written = [out, class_page]
    names = _page_names(sorted({one.submission.learner for one in graded}))
    for learner, name in names.items():
        own = [one for one in graded if one.submission.learner == learner]
        _replace(folder / name, _learner_html(learner, own))
        written.append(folder / name)
    return written


def table(graded: Sequence[Graded]) -> str:
    """The points as CSV: a row for each notebook, a column for each problem that somebody was asked."""
    lessons = sorted({one.lesson for one in graded if one.lesson})
    problems = [problem.name for lesson in lessons for problem in problems_of(lesson)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["learner", "notebook", "points", "possible", *problems, "notes"])
    for one in graded:
        points = {grade.problem: grade.points for grade in one.grades}
        row = [one.submission.learner, one.submission.name, one.points, len(one.grades)]
        row += [points.get(name, "") for name in problems]
        writer.writerow([_harmless(cell) for cell in [*row, "; ".join(one.notes)]])
    return text.getvalue()


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula, as text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _page_names(learners: Iterable[str]) -> dict[str, str]:
    """A file name for each learner, different even where only forbidden letters differ."""
    names: dict[str, str] = {}
    for learner in learners:
        plain = re.sub(r"[^\w.-]+", "_", learner).strip("._") or "learner"
        name, number = f"{plain}.html", 2
        while name.lower() in {taken.lower() for taken in [*names.values(), CLASS_PAGE]}:
            name, number = f"{plain}-{number}.html", number + 1
        names[learner] = name
    return names


def _page(title: str, body: Iterable[str]) -> str:
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_escaped(title)}</title>'
    return "\n".join(
        [f"{head}<style>{_STYLE}</style></head><body>", f"<h1>{_escaped(title)}</h1>", *body, "</body></html>\n"]
    )


def _escaped(text: object) -> str:
    return html.escape(str(text))


def _learner_html(learner: str, graded: Sequence[Graded]) -> str:
    body = []
    for one in graded:
        body.append(f"<h2>{_escaped(one.submission.name)}: {one.points} of {len(one.grades)}</h2>")
        body.append("<table><tr><th>problem</th><th>outcome</th><th>why</th></tr>")
        for grade in one.grades:
            outcome = _escaped(grade.verdict.outcome)
            body.append(f"<tr><td>{_escaped(grade.problem)}</td><td>{outcome}</td><td>{_why(grade)}</td></tr>")
        body.append("</table>")
        body += [f"<p>{_escaped(note[:1].upper() + note[1:])}.</p>" for note in one.notes]
    return _page(learner, body)


def _why(grade: Grade) -> str:
    verdict = grade.verdict
    facts = "\n".join(f"{label}: {text}" for label, text in verdict.facts)
    told = f"<p>{_escaped(verdict.diagnosis)}</p>" if verdict.diagnosis else ""
    hint = f'<p>Next: hint("{_escaped(grade.problem)}")</p>' if verdict.outcome != judging.RIGHT else ""
    return told + (f"<pre>{_escaped(facts)}</pre>" if facts else "") + hint


def _class_html(graded: Sequence[Graded], confinement: Confinement) -> str:
    n_learners = len({one.submission.learner for one in graded})
    how = f"Answers ran under {confinement.kind}"
    if confinement.kind != BUBBLEWRAP:
        how += f" ({confinement.why}): they could read and write whatever the user they ran as can"
    body = [f"<p>{len(graded)} notebooks of {n_learners} learners. {_escaped(how)}.</p>"]
    for lesson in sorted({one.lesson for one in graded if one.lesson}):
        own = [one for one in graded if one.lesson == lesson]
        body.append(f"<h2>Exercises {lesson}</h2>")
        body.append('<table><tr><th>problem</th><th class="number">right</th><th>most common otherwise</th></tr>')
        for problem in problems_of(lesson):
            grades = [grade for one in own for grade in one.grades if grade.problem == problem.name]
            n_right = sum(grade.points for grade in grades)
            common = _common(grade for grade in grades if not grade.points)
            body.append(
                f'<tr><td>{_escaped(problem.name)}</td><td class="number">{n_right} of {len(grades)}</td>'
                f"<td>{common}</td></tr>"
            )
        body.append("</table>")
    body.append("<h2>Learners</h2><table><tr><th>learner</th><th>notebook</th><th>points</th><th>notes</th></tr>")
    names = _page_names(sorted({one.submission.learner for one in graded}))
    for one in graded:
        link = f'<a href="{_escaped(names[one.submission.learner])}">{_escaped(one.submission.learner)}</a>'
        notes = "<br>".join(_escaped(note) for note in one.notes)
        points = f"{one.points} of {len(one.grades)}"
        body.append(
            f"<tr><td>{link}</td><td>{_escaped(one.submission.name)}</td><td>{points}</td><td>{notes}</td></tr>"
        )
    return _page("Class", [*body, "</table>"])


def _common(grades: Iterable[Grade], n: int = 3) -> str:
    """The most common reasons why answers are not right, with their numbers."""
    counts = Counter(_reason(grade) for grade in grades)
    first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]
    return "<br>".join(f"{count} × {_escaped(reason)}" for reason, count in first)


def _reason(grade: Grade) -> str:
    raised = dict(grade.verdict.facts).get("raised", "").split(":")[0]
    return grade.verdict.diagnosis or (f"{grade.verdict.outcome}: {raised}" if raised else grade.verdict.outcome)
