"""The form of a lesson: what every one has, so that learners and teachers find it where they expect it.

`problems` needs no outputs, so `build.py` asks before it executes anything.

    # Title: the question?                      the first cell
    - **verb** ...;                             tags=["objectives"], the second cell, ends with
    *NN minutes. You need ...*
    ## Lab: ...                                 code, two numbered questions, answers in <details>
    ## Mistakes people have made                links to public issues of lyst/lightfm
    ## Quiz                                     tags=["quiz"], one cell for each question:
    **1. Question?**
    <details><summary>a. option</summary>Feedback, which begins with Yes for the right one.</details>
    - **Verb ...:** ...                         tags=["recap"], the objectives, answered with numbers
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise

from nbformat import NotebookNode

MISTAKES = "Mistakes people have made"
QUESTIONS = 3
OPTIONS = 3
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip", "notes", "-")


def problems(notebook: NotebookNode) -> list[str]:
    """Say where a lesson departs from the form; an empty list means nowhere."""
    sections = _sections(notebook)
    return [
        *_title(notebook),
        *_objectives_and_recap(notebook),
        *_lab(sections),
        *_mistakes(sections),
        *_quiz(notebook, sections),
        *_html(notebook),
        *_links(notebook),
        *_guesses(notebook),
        *_slide_types(notebook),
    ]


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    """The Markdown cells that carry `tag`."""
    return [c for c in notebook.cells if c.cell_type == "markdown" and tag in c.metadata.get("tags", [])]


def _markdown(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def _where(cell: NotebookNode) -> str:
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"in {first[:60]!r}"


# --- head and end ------------------------------------------------------------------------------------------


def _title(notebook: NotebookNode) -> list[str]:
    headings = [text for cell in _markdown(notebook) for level, text in _headings(cell.source) if level == 1]
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not re.match(r"# [^\n:]+: [^\n]+\?(?:\n|$)", first.source):
        return ["the first cell does not begin with '# Title: the question?'"]
    return [f"there are {len(headings)} headings of the first level; expected 1"] if len(headings) != 1 else []


def _objectives_and_recap(notebook: NotebookNode) -> list[str]:
    found = []
    cells = {tag: tagged(notebook, tag) for tag in ("objectives", "recap")}
    found += [f"{len(c)} Markdown cells are tagged {tag}; expected 1" for tag, c in cells.items() if len(c) != 1]
    if found:
        return found
    objectives, recap = cells["objectives"][0], cells["recap"][0]
    if notebook.cells[1] is not objectives:
        found.append("the cell tagged objectives is not the second one")
    wanted, answers = _bullets(objectives.source), _bullets(recap.source)
    if len(wanted) < 2:
        found.append("the cell tagged objectives lists fewer than 2 objectives")
    for bullet in wanted:
        if not re.match(r"\*\*[^\W\d][\w-]*\*\* .*[;.]$", bullet, flags=re.DOTALL):
            found.append(f"the objective {bullet[:40]!r} is not of the form '- **verb** ...;'")
    last = objectives.source.rstrip().rsplit("\n", 1)[-1]
    if not re.fullmatch(r"\*\d+ minutes\. You need .+\*", last):
        found.append("the cell tagged objectives does not end with a line '*NN minutes. You need ...*'")
    if len(answers) != len(wanted):
        found.append(f"the recap has {len(answers)} bullets for {len(wanted)} objectives")
    for objective, answer in zip(wanted, answers, strict=False):
        verb, said = _bold_word(objective), _bold_word(answer)
        if verb and verb != said:
            found.append(
                f"the recap answers {verb!r} with {answer[:40]!r}, which does not begin with that word in bold"
            )
    if answers and not any(re.search(r"\d", answer) for answer in answers):
        found.append("the recap answers the objectives without a number")
    return found


def _bullets(text: str) -> list[str]:
    """The items of the bulleted lists in `text`, with their continuation lines."""
    items: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("- "):
            items.append(line[2:].strip())
            inside = True
        elif inside and line.strip() and not re.match(r"[#*|<]|\d+\. ", line):
            items[-1] += "\n" + line.strip()
        else:
            inside = False
    return items


def _bold_word(bullet: str) -> str:
    """The first word of `bullet`, in lower case, if the bullet begins in bold."""
    match = re.match(r"\*\*([\w-]+)", bullet)
    return match.group(1).lower() if match else ""


# --- sections ----------------------------------------------------------------------------------------------


@dataclass
class _Section:
    """What stands between one heading of the second level and the next."""

    heading: str
    text: str = ""
    n_code_cells: int = 0


def _headings(source: str) -> list[tuple[int, str]]:
    """(level, text) of the headings in a Markdown cell."""
    return [(len(hashes), text) for hashes, text in (_heading(line) for line in _unfenced(source)) if hashes]


def _heading(line: str) -> tuple[str, str]:
    match = re.match(r"(#{1,6}) +(.*?)\s*#*$", line)
    return (match.group(1), match.group(2)) if match else ("", "")


def _unfenced(source: str) -> list[str]:
    """The lines of a Markdown cell with those inside code fences emptied."""
    lines, fenced = [], False
    for line in source.splitlines():
        fence = line.lstrip().startswith(("```", "~~~"))
        lines.append("" if fence or fenced else line)
        fenced ^= fence
    return lines


def _sections(notebook: NotebookNode) -> list[_Section]:
    sections = [_Section("")]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            sections[-1].n_code_cells += 1
        elif cell.cell_type == "markdown":
            for line in _unfenced(cell.source):
                hashes, heading = _heading(line)
                if hashes == "##":
                    sections.append(_Section(heading))
                sections[-1].text += line + "\n"
            sections[-1].text += "\n"
    return sections


def _lab(sections: list[_Section]) -> list[str]:
    labs = [section for section in sections if section.heading.startswith("Lab: ")]
    if not labs:
        return ["there is no section '## Lab: ...'"]
    found = []
    for lab in labs:
        if not lab.n_code_cells:
            found.append("the lab has no code cell")
        asked = re.sub(r"<details>.*?</details>", "", lab.text, flags=re.DOTALL)
        if len(re.findall(r"^\d+\. \S", asked, flags=re.MULTILINE)) < 2:
            found.append("the lab asks fewer than 2 numbered questions")
        if "<details>" not in lab.text:
            found.append("the lab has no answers in <details>")
    return found


def _mistakes(sections: list[_Section]) -> list[str]:
    text = "".join(section.text for section in sections if section.heading == MISTAKES)
    if not text:
        return [f"there is no section '## {MISTAKES}'"]
    if not re.search(r"\]\(https://github\.com/lyst/lightfm/issues/\d+\)", text):
        return [f"'## {MISTAKES}' links to no issue of lyst/lightfm"]
    return []


def _links(notebook: NotebookNode) -> list[str]:
    """Links whose text is the number of one issue and whose address is another's."""
    text = "\n".join(cell.source for cell in _markdown(notebook))
    pattern = r"\[#(\d+)\]\(https://github\.com/[^)\s]*/(?:issues|pull)/(\d+)[^)]*\)"
    pairs = re.findall(pattern, text)
    pairs += [
        (n, m) for m, n in re.findall(r'href="https://github\.com/[^"]*/(?:issues|pull)/(\d+)[^"]*">#(\d+)<', text)
    ]
    return [f"the link #{named} leads to #{led}" for named, led in pairs if named != led]


# --- quiz --------------------------------------------------------------------------------------------------

_OPTION = re.compile(r"<details><summary>(\w)\. (.+?)</summary>(.*)</details>")


def _quiz(notebook: NotebookNode, sections: list[_Section]) -> list[str]:
    found = []
    if not any(section.heading == "Quiz" for section in sections):
        found.append("there is no section '## Quiz'")
    cells = tagged(notebook, "quiz")
    if len(cells) < QUESTIONS:
        found.append(f"{len(cells)} Markdown cells are tagged quiz; expected at least {QUESTIONS}")
    for cell in _markdown(notebook):
        if cell not in cells and re.search(r"<summary>\s*a\.", cell.source):
            found.append(f"a question is not tagged quiz, {_where(cell)}")
    right = []
    for number, cell in enumerate(cells, start=1):
        told, letters = _question(cell, number)
        found += [f"quiz, question {number}: {problem}" for problem in told]
        right += letters
    if len(right) >= QUESTIONS and len(set(right)) == 1:
        found.append(f"quiz: every right option is {right[0]}; let the letter vary")
    return found


def _question(cell: NotebookNode, number: int) -> tuple[list[str], list[str]]:
    """What is wrong with a question, and the letters of its right options."""
    found = []
    lines = [line.strip() for line in cell.source.splitlines()]
    if sum(bool(re.fullmatch(rf"\*\*{number}\. .+\?\*\*", line)) for line in lines) != 1:
        found.append(f"expected one line '**{number}. Question?**'")
    options = []
    for line in (line for line in lines if line.startswith("<details")):
        if match := _OPTION.fullmatch(line):
            options.append(match.groups())
        else:
            found.append(f"{line[:60]!r} is not '<details><summary>a. option</summary>feedback</details>' on one line")
    if len(options) < OPTIONS:
        found.append(f"{len(options)} options; expected at least {OPTIONS}")
    letters = [letter for letter, _, _ in options]
    if letters != list("abcdefghij"[: len(letters)]):
        found.append(f"the options are lettered {', '.join(letters)}; expected a, b, c, ...")
    feedback = {letter: re.sub(r"<[^>]*>", "", text).strip() for letter, _, text in options}
    found += [f"option {letter} has no feedback" for letter, text in feedback.items() if not text]
    right = [letter for letter, text in feedback.items() if re.match(r"Yes\b", text)]
    if len(right) != 1:
        found.append(f"the feedback of {len(right)} options begins with 'Yes'; expected 1")
    if any(not one.startswith("<details") and other.startswith("<details") and one for one, other in pairwise(lines)):
        found.append("an empty line is missing before the options")
    return found, right


# Inside a line of HTML these would be shown as they are. Mathematics between dollars is not.
_SHOWN_RAW = re.compile(r"\*\*\w[^*]*\*\*|\*\w[^*]*\*|`|\]\(|(?<![\w$])_\w[^_]*_(?!\w)")
_MEANT = re.compile(r"\$[^$]+\$|<[^>]*>")


def _html(notebook: NotebookNode) -> list[str]:
    """What is wrong with <details>, in the quiz or anywhere else."""
    found = []
    for cell in _markdown(notebook):
        lines = _unfenced(cell.source)
        text = "\n".join(lines)
        counts = {tag: len(re.findall(rf"{tag}\b", text)) for tag in ("<details", "</details", "<summary", "</summary")}
        if len(set(counts.values())) > 1:
            found.append(f"<details> and <summary> do not pair up, {_where(cell)}")
        inside = False  # Markdown resumes after an empty line
        for line in lines:
            inside = bool(line.strip()) and (inside or line.lstrip().startswith(("<details", "<summary", "</details")))
            if inside and (match := _SHOWN_RAW.search(_MEANT.sub(" ", line))):
                found.append(f"{match.group()!r} would be shown raw, use HTML: {line.strip()[:80]!r}")
    return found


# --- guesses and slides ------------------------------------------------------------------------------------


def _guesses(notebook: NotebookNode) -> list[str]:
    """A guess is stored as "?", named after its lesson, and shown again beside what was measured."""
    source = notebook.metadata.get("recsys_lessons", {}).get("source", "")
    number = match.group(1) if (match := re.search(r"(\d\d)_\w+\.py$", source)) else ""
    calls: dict[str, list[str]] = {"guess": [], "your_guess": []}
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError:  # magic, or a mistake that the execution names better
            continue
        for node in nodes:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls):
                continue
            values = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
            if not values or not isinstance(values[0], str):
                continue
            calls[node.func.id].append(values[0])
            if node.func.id == "guess" and values[1:] != ["?"]:
                found.append(f"guess({values[0]!r}, ...) is not stored with the answer '?'")
            if node.func.id == "guess" and not values[0].startswith(f"{number} "):
                found.append(f"the name of the guess {values[0]!r} does not begin with the lesson's number, {number}")
    asked, shown = calls["guess"], calls["your_guess"]
    found += [f"the guess {name!r} is not shown again with your_guess" for name in asked if name not in shown]
    found += [f"your_guess({name!r}) shows what was not asked" for name in shown if name not in asked]
    found += [f"the guess {name!r} is asked twice" for name in sorted(set(asked)) if asked.count(name) > 1]
    return found


def _slide_types(notebook: NotebookNode) -> list[str]:
    found = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind not in SLIDE_TYPES:
            found.append(f"the slide type {kind!r} is unknown, {_where(cell)}")
        if kind == "notes" and cell.cell_type != "markdown":
            found.append(f"speaker notes are a Markdown cell, {_where(cell)}")
    return found
