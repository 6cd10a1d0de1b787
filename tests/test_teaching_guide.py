"""TEACHING.md and the README's table of lessons fit the lessons that are there."""

import re

import nbformat
import pytest

from tests.test_build import build

ROOT = build.ROOT
GUIDE = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
LESSONS = {path.name[:2]: path for path in sorted(build.LESSONS.notebooks.glob("*.ipynb"))}
SECTIONS = dict(re.findall(r"^### (\d\d) [^\n]+\n(.*?)(?=^##|\Z)", GUIDE, flags=re.MULTILINE | re.DOTALL))


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the second level."""
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_lesson_has_a_section_and_every_section_a_lesson():
    assert list(SECTIONS) == list(LESSONS)


@pytest.mark.parametrize("number", LESSONS)
def test_a_section_says_what_a_teacher_needs(number):
    section = SECTIONS[number]
    cells = nbformat.read(LESSONS[number], as_version=4).cells
    (objectives,) = [cell.source for cell in cells if "objectives" in cell.metadata.get("tags", [])]
    (minutes,) = re.findall(r"^\*(\d+) minutes\.", objectives, flags=re.MULTILINE)
    assert re.findall(r"^\*(\d+) minutes\.\*", section, flags=re.MULTILINE) == [minutes]
    assert "*In 50 minutes:*" in section
    table = [line for line in section.splitlines() if line.startswith("|")]
    assert table[0] == "| ask | you hear | say |"
    assert len(table) >= 2 + 4, "at least four questions to ask"
    title = re.match(r"# ([^:]+):", cells[0].source).group(1)
    assert f"### {number} {title}\n" in GUIDE


@pytest.mark.parametrize("number", LESSONS)
def test_what_may_be_left_out_is_a_section_of_the_lesson(number):
    (skipped,) = re.findall(r"^\*In 50 minutes:\* (.+)$", SECTIONS[number], flags=re.MULTILINE)
    text = "\n".join(cell.source for cell in nbformat.read(LESSONS[number], as_version=4).cells)
    for name in re.findall(r'"([^"]+)"', skipped):
        assert re.search(rf"^##+ {re.escape(name)}|\*\*{re.escape(name)}", text, flags=re.MULTILINE), name


@pytest.mark.parametrize(
    "heading",
    ["What is said of LightFM, and where it is treated", "Mistakes people have made, and where they are treated"],
)
def test_a_table_links_the_lessons_that_are_there_and_no_others(heading):
    found = rows(heading)
    assert len(found) > 15
    for row in found:
        assert len(row) == 3, row
        for number, path in re.findall(r"\[(\d\d)\]\(([^)]+)\)", row[2]):
            assert path == f"notebooks/{LESSONS[number].name}"
        unlinked = re.findall(r"\b\d\d\b", re.sub(r"\[\d\d\]\([^)]+\)", "", row[2]))
        assert not set(unlinked) & set(LESSONS), f"link the lesson that is there now: {row}"
        assert re.search(r"\d\d", row[2]), f"where is it treated? {row}"


def test_an_issue_stands_in_a_lesson_it_is_said_to_be_treated_in():
    texts = {number: path.read_text(encoding="utf-8") for number, path in LESSONS.items()}
    for misconception, issues, where in rows("Mistakes people have made, and where they are treated"):
        for number in re.findall(r"\[(\d\d)\]", re.sub(r"\([^)]*: \[\d\d\][^)]*\)\)", "", where)):
            named = [issue for issue in re.findall(r"#(\d+)", issues) if f"lightfm/issues/{issue}" in texts[number]]
            told = f"[{number}](notebooks/{LESSONS[number].name}) (" in where
            assert named or told, f"lesson {number} links none of {issues}: {misconception}"


def test_every_issue_a_lesson_links_is_in_the_table():
    listed = {
        i
        for row in rows("Mistakes people have made, and where they are treated")
        for i in re.findall(r"#(\d+)", row[1])
    }
    for number, path in LESSONS.items():
        linked = set(re.findall(r"lyst/lightfm/issues/(\d+)", path.read_text(encoding="utf-8")))
        assert linked <= listed, f"lesson {number} links {sorted(linked - listed)}, which TEACHING.md does not list"


def test_the_readme_links_the_lessons_that_are_there_and_no_others():
    links = re.findall(r"^\| (\d\d) \| \[[^]]+\]\((notebooks/[^)]+)\)", README, flags=re.MULTILINE)
    assert links == [(number, f"notebooks/{path.name}") for number, path in LESSONS.items()]


def test_the_first_lesson_links_the_others_that_are_there():
    first = "\n".join(cell.source for cell in nbformat.read(LESSONS["00"], as_version=4).cells)
    links = re.findall(r"^\| (?:\*\*)?(\d\d)(?:\*\*)? \| (?:\*\*)?\[[^]]+\]\(([^)]+)\)", first, flags=re.MULTILINE)
    assert links == [(number, path.name) for number, path in LESSONS.items() if number != "00"]


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_nothing_is_left_to_fill_in():
    assert "<!--" not in GUIDE
