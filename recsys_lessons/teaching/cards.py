"""Interview questions as cards: one text file, three ways out of it.

``interview.toml``, beside this module, holds them all. In a lesson, `card` asks one question, keeps the learner's own
answer, and shows the model answer beside it. `as_anki` and `as_obsidian` write the same cards for a spaced-repetition
program. What proves an answer is a line that a lesson prints, quoted to the letter: a test looks it up in the notebook.

This module knows one file format and the guesses of `guesses`. It must not know what is asked.
"""

from __future__ import annotations

import csv
import io
import os
import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from recsys_lessons.teaching import guesses
from recsys_lessons.validation import choice

__all__ = ["Card", "Evidence", "as_anki", "as_obsidian", "card", "export", "interview", "load_cards", "score_card"]

FILE = Path(__file__).with_name("interview.toml")
LESSON = "14"  # the lesson under whose number answers are kept
MARKS = "marks"
PARTS = ("mechanism", "number", "limit")  # of an answer; noted by their first letters
DECK = "Hybrid recommenders"


@dataclass(frozen=True)
class Evidence:
    """What proves an answer.

    Attributes
    ----------
    lesson : str
        The number of the lesson, two digits.
    section : str
        The heading under which the lesson shows it.
    printed : str
        A line that the lesson prints there, to the letter, or the part of it that matters.
    """

    lesson: str
    section: str
    printed: str


@dataclass(frozen=True)
class Card:
    """One question of an interview.

    Attributes
    ----------
    name : str
        One word that names the card for ever: answers are kept and decks are updated under it.
    topic : str
        What it is about; the tag in a deck.
    question, answer : str
        Markdown; formulas between dollar signs.
    evidence : tuple of Evidence
        At least one.
    follow_up, reply : str
        What an interviewer asks next, and a short answer.
    """

    name: str
    topic: str
    question: str
    answer: str
    evidence: tuple[Evidence, ...]
    follow_up: str
    reply: str


def load_cards(path: str | os.PathLike | None = None) -> tuple[Card, ...]:
    """Return the cards of a file, in its order.

    Parameters
    ----------
    path : path, optional
        A file like ``interview.toml``, which is read by default.

    Raises
    ------
    ValueError
        If the file is not TOML, or a card lacks something, has something unknown, or has the name of another.

    Examples
    --------
    >>> cards = load_cards()
    >>> cards[0].name
    'hybrid'
    """
    file = FILE if path is None else Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} cannot be read as TOML: {error}") from error
    tables = content.get("card")
    if not isinstance(tables, list) or not tables or set(content) != {"card"}:
        raise ValueError(f"{file.name} holds {', '.join(content) or 'nothing'}; expected tables [[card]] and no other")
    cards = tuple(_read_card(table, f"card {number} of {file.name}") for number, table in enumerate(tables, start=1))
    names = [one.name for one in cards]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{file.name} has more than one card with the name {', '.join(twice)}")
    return cards


def card(name: str, answer: str, marks: int | str = "?") -> None:
    """Ask one question; keep the learner's answer and marks, and show the model answer beside it.

    While `answer` is ``"?"``, the question stands there with the model answer folded away.

    Parameters
    ----------
    name : str
        The name of a card of ``interview.toml``.
    answer : str
        The learner's own answer, or ``"?"``. It is kept as a guess is, under ``"14"`` and the name. It may end with
        the parts it lacks, ``"(m)"``, ``"(n)"``, ``"(l)"`` or several of the letters; `score_card` counts them.
    marks : {0, 1, 2, "?"}
        What the learner gives that answer, once it has been compared.

    Raises
    ------
    ValueError
        If there is no such card, the answer is no text, or the marks are others.

    Examples
    --------
    >>> card("hybrid", "?")  # doctest: +ELLIPSIS
    What is LightFM...
    put your guess in place of "?": your answer, in one to three sentences
    """
    known = {one.name: one for one in load_cards()}
    if name not in known:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(known)}")
    if not isinstance(answer, str):
        raise ValueError(f"answer is {answer!r}; expected a text in quotes")
    is_answered = answer.strip() not in ("?", "")
    _show(known[name], is_answered)
    guesses.guess(f"{LESSON} {name}", answer, expected="your answer, in one to three sentences")
    if is_answered or marks != "?":
        guesses.guess(f"{LESSON} {name} {MARKS}", marks, one_of=(0, 1, 2))


def score_card() -> None:
    """Print, topic by topic, the marks the learner has given, and how often each part was noted as missing.

    Examples
    --------
    >>> score_card()  # doctest: +ELLIPSIS
    four questions: 0 of 0 marks, 0 of 4 cards marked
    ...
    noted as missing: mechanism 0, number 0, limit 0 times
    """
    cards = load_cards()
    for topic in dict.fromkeys(one.topic for one in cards):
        given = [_marks(one) for one in cards if one.topic == topic]
        marked = [marks for marks in given if marks is not None]
        print(f"{topic}: {sum(marked)} of {2 * len(marked)} marks, {len(marked)} of {len(given)} cards marked")
    noted = "".join(_noted_as_missing(one) for one in cards)
    print(f"noted as missing: {', '.join(f'{part} {noted.count(part[0])}' for part in PARTS)} times")


def interview(n: int = 5, *, seed: int = 0, topics: Sequence[str] | None = None) -> None:
    """Print some questions, each with its follow-up and without answers, the learner's weakest first.

    Cards without marks come first, then those with the lowest; lots decide among equals.

    Parameters
    ----------
    n : int
        How many; at most as many as there are.
    seed : int
        Another seed draws other lots.
    topics : sequence of str, optional
        Only cards with these topics.

    Raises
    ------
    ValueError
        If a topic is unknown, or `n` is not from 1 to the number of cards.

    Examples
    --------
    >>> interview(1, seed=1, topics=["four questions"])  # doctest: +ELLIPSIS
    1. ...
       then: ...
       (card: ...)
    """
    cards = list(load_cards())
    if topics is not None:
        known = sorted({one.topic for one in cards})
        if isinstance(topics, str) or not set(topics) <= set(known):
            raise ValueError(f"topics is {topics!r}; expected a list of some of {', '.join(known)}")
        cards = [one for one in cards if one.topic in topics]
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= len(cards):
        raise ValueError(f"n is {n!r}; expected a whole number from 1 to {len(cards)}")
    random.Random(seed).shuffle(cards)
    cards.sort(key=lambda one: -1 if (marks := _marks(one)) is None else marks)
    for number, drawn in enumerate(cards[:n], start=1):
        print(f"{number}. {_plain(drawn.question)}\n   then: {_plain(drawn.follow_up)}\n   (card: {drawn.name})")


def as_anki(cards: Sequence[Card]) -> str:
    """Return the cards as a text that Anki imports (*File, Import*).

    The first column is each card's own identifier, so a later import updates a card instead of adding it again.
    Formulas are in the form that Anki's MathJax reads.

    >>> print(as_anki(load_cards()).splitlines()[3])
    #deck:Hybrid recommenders
    """
    table = io.StringIO()
    table.write("#separator:Tab\n#html:true\n#notetype:Basic\n")
    table.write(f"#deck:{DECK}\n#guid column:1\n#tags column:4\n")
    writer = csv.writer(table, delimiter="\t", lineterminator="\n")
    to_html = _html_renderer()
    for one in cards:
        back = to_html(f"{one.answer}\n\n{_proof(one)}\n\n*Then:* {one.follow_up} {one.reply}")
        writer.writerow([f"recsys-lessons-{one.name}", to_html(one.question), back, one.topic.replace(" ", "-")])
    return table.getvalue()


def as_obsidian(cards: Sequence[Card]) -> str:
    """Return the cards as a note for Obsidian's *Spaced Repetition* plugin.

    A card ends at the first empty line, so paragraphs of an answer become the items of a list.

    >>> print(*as_obsidian(load_cards()).splitlines()[:2], sep="|")
    #flashcards/recsys|
    """
    blocks = ["#flashcards/recsys"]
    for one in cards:
        items = [*_paragraphs(one.answer), *_paragraphs(_proof(one)), f"*Then:* {one.follow_up} {one.reply}"]
        blocks.append("\n".join([" ".join(one.question.split()), "?", *(f"- {item}" for item in items)]))
    return "\n\n".join(blocks) + "\n"


def export(path: str | os.PathLike, style: str) -> Path:
    """Write all cards to a new file.

    Parameters
    ----------
    path : path
        The file. What is there already is never overwritten.
    style : {"anki", "obsidian"}

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    ValueError
        If the style is unknown.
    FileExistsError
        If something is there already.
    """
    styles = {"anki": as_anki, "obsidian": as_obsidian}
    write = styles[choice("style", style, tuple(styles))]
    file = Path(path)
    text = write(load_cards())
    with open(file, "x", encoding="utf-8", newline="\n") as opened:
        opened.write(text)
    return file


def _read_card(table: dict[str, Any], where: str) -> Card:
    proofs = table.get("evidence")
    if not isinstance(proofs, list) or not proofs:
        raise ValueError(f"{where} has no [[card.evidence]]")
    evidence = tuple(Evidence(**_texts(Evidence, proof, f"the evidence of {where}")) for proof in proofs)
    for proof in evidence:
        if not re.fullmatch(r"\d\d", proof.lesson):
            raise ValueError(f"the evidence of {where} names the lesson {proof.lesson!r}; expected two digits")
    rest = {key: value for key, value in table.items() if key != "evidence"}
    read = Card(**_texts(Card, rest, where, without=("evidence",)), evidence=evidence)
    if not re.fullmatch(r"[a-z][a-z-]*", read.name):
        raise ValueError(f"{where} has the name {read.name!r}; expected small letters and hyphens")
    return read


def _texts(record: type, table: Any, where: str, without: tuple[str, ...] = ()) -> dict[str, str]:
    """The texts of a table, which must be those that `record` has, and no others."""
    wanted = [field.name for field in fields(record) if field.name not in without]
    if not isinstance(table, dict) or set(table) != set(wanted):
        found = ", ".join(table) if isinstance(table, dict) else repr(table)
        raise ValueError(f"{where} has {found or 'nothing'}; expected {', '.join(wanted)}")
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{where} has {key} = {value!r}; expected a text")
    return {key: value.strip() for key, value in table.items()}


def _marks(one: Card) -> int | None:
    """The marks that the learner gave a card, from 0 to 2."""
    given = guesses.guessed(f"{LESSON} {one.name} {MARKS}")
    return given if given in (0, 1, 2) else None


def _noted_as_missing(one: Card) -> str:
    """The letters in brackets at the end of the learner's answer."""
    letters = "".join(part[0] for part in PARTS)
    at_end = re.search(rf"\(([{letters}]+)\)[\s.]*$", str(guesses.guessed(f"{LESSON} {one.name}")))
    return at_end[1] if at_end else ""


def _proof(one: Card) -> str:
    lines = [f"lesson {proof.lesson}, *{proof.section}*: `{proof.printed}`" for proof in one.evidence]
    return "*Proof:* " + "; ".join(lines)


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip())]


def _plain(markdown: str) -> str:
    """A question as it is printed: without the marks of emphasis."""
    return re.sub(r"[*`]", "", " ".join(markdown.split()))


def _html_renderer() -> Any:
    """A function from Markdown to HTML on one line, with formulas as ``\\( ... \\)``."""
    import mistune

    convert = mistune.create_markdown(plugins=["math"])
    return lambda markdown: " ".join(convert(markdown).split())


def _show(one: Card, is_open: bool) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(_plain(one.question))
        return
    state = " open" if is_open else ""
    hidden = f"{one.answer}\n\n{_proof(one)}\n\n*Then:* {one.follow_up}"
    reply = f"<details><summary>A short reply</summary>\n\n{one.reply}\n\n</details>"
    answer = f"<details{state}><summary>A model answer</summary>\n\n{hidden}\n\n{reply}\n\n</details>"
    display({"text/markdown": f"**{one.question}**\n\n{answer}", "text/plain": _plain(one.question)}, raw=True)
