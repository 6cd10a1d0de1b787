"""The glossary: sorted, complete rows, and each entry stands in the lesson that it names."""

import re

import pytest

from tests.test_build import build

SHELF = build.LESSONS
TEXT = (SHELF.sources / "glossary.md").read_text(encoding="utf-8")
LESSONS = {script.name[:2]: script.read_text(encoding="utf-8") for script in SHELF.scripts()}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("heading", ["Notation", "Terms"])
def test_every_row_is_complete(heading):
    found = rows(heading)
    assert len(found) > 10
    for row in found:
        assert len(row) == 3, f"a | in a cell splits it: {row}"
        assert all(row), row
        assert re.fullmatch(r"0\d|1[0-5]", row[2]), row
    names = [row[0] for row in found]
    assert len(set(names)) == len(names)


def test_terms_are_sorted():
    names = [row[0].casefold() for row in rows("Terms")]
    assert names == sorted(names)


@pytest.mark.parametrize("number", sorted(LESSONS))
def test_a_term_stands_in_the_lesson_that_is_named(number):
    text = re.sub(r"\s+", " ", LESSONS[number].replace("\n#", "\n").replace("_", " ")).casefold()
    terms = [term for term, _, lesson in rows("Terms") if lesson == number]
    # By the stem and without "@k", since a lesson inflects: "folds in", "precision@10".
    missing = [term for term in terms if re.sub(r"(y|s|ing)$|@k$", "", term.casefold()) not in text]
    assert not missing, f"lesson {number} never says: {', '.join(missing)}"


def test_dollars_pair_up():
    for line in TEXT.replace("$$", "").splitlines():
        assert line.count("$") % 2 == 0, line
