"""The cards of lesson 14: what they claim stands in the lessons, and other programs can read them."""

import csv
import re

import nbformat
import pytest

from recsys_lessons import cli
from recsys_lessons.teaching import cards
from tests.test_build import build

CARDS = cards.load_cards()
LESSONS = {path.name[:2]: path for path in build.LESSONS.notebooks.glob("*.ipynb")}
ONE = """
[[card]]
name = "one"
topic = "a topic"
question = "What *is* $x$?"
answer = '''
First, $x < 1$.

Second, `"quoted"`.
'''
follow_up = "And?"
reply = "So."
[[card.evidence]]
lesson = "03"
section = "Somewhere"
printed = "0.005 to 0.005"
"""


def printed_under(lesson: str, section: str) -> str:
    """What a lesson prints under a heading of the second or third level."""
    headings, found, text = {}, False, ""
    for cell in nbformat.read(LESSONS[lesson], as_version=4).cells:
        if cell.cell_type == "markdown":
            for hashes, heading in re.findall(r"^(##|###) (.+)$", cell.source, flags=re.MULTILINE):
                headings = {**(headings if hashes == "###" else {}), hashes: heading.replace("*", "")}
        found |= section in headings.values()
        if cell.cell_type == "code" and section in headings.values():
            text += "".join(output.text for output in cell.outputs if output.output_type == "stream")
    assert found, f"lesson {lesson} has no heading {section!r}"
    return text


@pytest.mark.parametrize("one", CARDS, ids=lambda one: one.name)
def test_what_proves_an_answer_stands_in_the_lesson(one):
    for proof in one.evidence:
        assert proof.printed in printed_under(proof.lesson, proof.section)


def test_the_lesson_asks_every_card_once():
    text = LESSONS[cards.LESSON].read_text(encoding="utf-8")
    assert sorted(re.findall(r'card\(\\"([a-z-]+)\\", \\"\?\\", marks=\\"\?\\"\)', text)) == sorted(
        one.name for one in CARDS
    )


def test_a_question_is_short_and_an_answer_can_be_said_in_a_minute_or_a_case_in_two():
    for one in CARDS:
        assert len(one.question.split()) < 40, one.name
        assert len(one.answer.split()) <= (300 if one.topic == "cases" else 130), one.name


def test_the_answer_is_kept_and_the_model_answer_shown_beside_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cards.card("hybrid", "?")
    question, prompt = capsys.readouterr().out.splitlines()
    assert question == cards._plain(CARDS[0].question)
    assert prompt.startswith('put your guess in place of "?"')
    assert not list(tmp_path.iterdir())
    cards.card("hybrid", "sums of feature vectors")
    assert "kept: sums of feature vectors" in capsys.readouterr().out
    assert "sums of feature vectors" in (tmp_path / "my-guesses.json").read_text(encoding="utf-8")


def test_in_a_notebook_the_model_answer_is_folded_until_there_is_an_answer(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data["text/markdown"]))
    for is_open in (False, True):
        cards._show(CARDS[0], is_open)
    folded, opened = shown
    assert "<details><summary>A model answer" in folded
    assert "<details open><summary>A model answer" in opened
    for text in shown:
        assert text.count("<details") == text.count("</details>") == 2
        assert CARDS[0].evidence[0].printed in text


@pytest.mark.parametrize("wrong", ["hybird", "", 3])
def test_an_unknown_card_is_refused_with_the_names_there_are(wrong):
    with pytest.raises(ValueError, match=r"name is .*expected one of hybrid, cold-start"):
        cards.card(wrong, "?")


def test_an_answer_is_a_text_and_marks_are_0_to_2(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"answer is 3; expected a text in quotes"):
        cards.card("hybrid", 3)
    for wrong in (3, "two", 1.5):
        with pytest.raises(ValueError, match=r"expected 0, 1 or 2"):
            cards.card("hybrid", "sums", marks=wrong)


def test_marks_are_added_up_by_topic_and_the_weakest_cards_are_asked_first(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    first, second, *others = [one.name for one in CARDS if one.topic == "four questions"]
    for name, marks in {first: 2, second: 0}.items():
        cards.card(name, "an answer", marks=marks)
    capsys.readouterr()
    cards.score_card()
    assert capsys.readouterr().out.startswith("four questions: 2 of 4 marks, 2 of 4 cards marked\nfeatures: 0 of 0")
    for seed in range(5):
        cards.interview(4, seed=seed, topics=["four questions"])
        asked = re.findall(r"\(card: (.+)\)", capsys.readouterr().out)
        assert set(asked[:2]) == set(others)
        assert asked[2:] == [second, first]


def test_parts_noted_at_the_end_of_answers_are_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for one, answer in zip(
        CARDS, ("sums (nl)", "it fails (l). ", "WARP (on movies)", "stars (l), not likes"), strict=False
    ):
        cards.card(one.name, answer, marks=1)
    capsys.readouterr()
    cards.score_card()
    assert capsys.readouterr().out.endswith("noted as missing: mechanism 0, number 1, limit 2 times\n")


def test_an_interview_draws_other_cards_with_another_seed_and_the_same_with_the_same(capsys):
    drawn = []
    for seed in (0, 0, 1):
        cards.interview(5, seed=seed)
        drawn.append(re.findall(r"\(card: (.+)\)", capsys.readouterr().out))
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 5
    cards.interview(4, topics=["four questions"])
    assert set(re.findall(r"\(card: (.+)\)", capsys.readouterr().out)) == {
        one.name for one in CARDS if one.topic == "four questions"
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n is 0; expected a whole number from 1 to"),
        ({"n": 1000}, "n is 1000; expected"),
        ({"n": True}, "n is True; expected"),
        ({"n": 5, "topics": ["four questions"]}, "n is 5; expected a whole number from 1 to 4"),
        ({"topics": "losses"}, "topics is 'losses'; expected a list of some of"),
        ({"topics": ["loses"]}, "topics is .*; expected a list of some of .*losses"),
    ],
)
def test_an_interview_that_cannot_be_drawn_says_why(arguments, message):
    with pytest.raises(ValueError, match=message):
        cards.interview(**arguments)


def test_anki_finds_a_row_a_card_with_formulas_it_can_read(tmp_path):
    file = tmp_path / "one.toml"
    file.write_text(ONE, encoding="utf-8")
    text = cards.as_anki(cards.load_cards(file))
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head[:2] == ["#separator:Tab", "#html:true"]
    ((guid, front, back, tag),) = csv.reader(text.splitlines()[len(head) :], delimiter="\t")
    assert guid == "recsys-lessons-one"
    assert tag == "a-topic"
    assert "<em>is</em>" in front
    assert r"\(x\)" in front
    assert r"\(x &lt; 1\)" in back
    assert "<code>&quot;quoted&quot;</code>" in back
    assert back.count("<p>") == 4
    assert "lesson 03" in back


def test_all_cards_reach_anki_in_one_line_each():
    text = cards.as_anki(CARDS)
    rows = list(csv.reader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t"))
    assert [row[0] for row in rows] == [f"recsys-lessons-{one.name}" for one in CARDS]
    assert all(len(row) == 4 and all(row) for row in rows)
    assert "$" not in "".join(field for row in rows for field in row[1:3])


def test_an_obsidian_card_has_its_question_mark_and_no_empty_line_inside():
    tag, *blocks = cards.as_obsidian(CARDS).strip().split("\n\n")
    assert tag.startswith("#flashcards")
    assert len(blocks) == len(CARDS)
    for one, block in zip(CARDS, blocks, strict=True):
        question, mark, *items = block.split("\n")
        assert question == one.question
        assert mark == "?"
        assert all(item.startswith("- ") for item in items)
        assert len(items) >= 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[[card]]", "[[card"), "cannot be read as TOML"),
        (("[[card]]", 'title = "x"\n[[card]]'), "expected tables"),
        (('topic = "a topic"\n', ""), "card 1 of .* has name, question, .*; expected name, topic, question"),
        (('topic = "a topic"', "topic = 3"), "topic = 3; expected a text"),
        (('reply = "So."', 'reply = " "'), "reply = ' '; expected a text"),
        (('name = "one"', 'name = "One 1"'), "the name 'One 1'; expected small letters"),
        (('lesson = "03"', 'lesson = "3"'), "the lesson '3'; expected two digits"),
        (('printed = "0.005 to 0.005"', 'prints = "x"'), "the evidence of card 1 .* expected lesson, section, printed"),
        ((ONE, ONE.partition("[[card.evidence]]")[0]), "has no"),
        ((ONE, ONE + ONE), "more than one card with the name one"),
    ],
)
def test_a_file_that_is_not_right_says_which_card_and_what(tmp_path, change, message):
    file = tmp_path / "cards.toml"
    file.write_text(ONE.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        cards.load_cards(file)


@pytest.mark.parametrize(("style", "name"), [("anki", "interview.txt"), ("obsidian", "interview.md")])
def test_the_command_writes_a_new_file_and_never_over_another(tmp_path, monkeypatch, capsys, style, name):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["cards", style]) == 0
    assert name in capsys.readouterr().out
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert CARDS[0].question.split("*")[0] in written
    assert cli.main(["cards", style]) == 2
    assert f"{name} is there already" in capsys.readouterr().err
    assert (tmp_path / name).read_text(encoding="utf-8") == written
    assert cli.main(["cards", style, "--out", "no/such/folder.txt"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(ValueError, match="style must be one of 'anki', 'obsidian'"):
        cards.export("x", "anky")
