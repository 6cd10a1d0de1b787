"""From a file of one's own to a decision of one page: what the capstone lesson needs and the library has not.

Reading is strict: what is wrong with a file is said with its line, and nothing is guessed. Traps are looked for by
counting; whether one matters is for a person to say. This module knows CSV files, matrices and Markdown. It trains
nothing and measures nothing.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.validation import suggestion

__all__ = ["Interactions", "decision_page", "example_files", "find_traps", "read_features", "read_interactions"]

# Beyond this year, a number of seconds is most likely a number of milliseconds.
LATEST_SECOND = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
# Before this one, most likely 20260131, 2026, or the days that spreadsheets count.
EARLIEST_SECOND = 1e8


@dataclass(frozen=True, eq=False)
class Interactions:
    """What stands in a file of interactions: one entry a row of the file, in its order.

    Attributes
    ----------
    users, items : list of str
        Ids as they are written.
    values : float64 array of shape (n_rows,)
        What the value column says; 1 where there is none.
    times : float64 array of shape (n_rows,) or None
        Seconds since the beginning of 1970, if there is a column of times.
    """

    users: list[str]
    items: list[str]
    values: np.ndarray
    times: np.ndarray | None

    def at_least(self, smallest: float | None) -> np.ndarray:
        """Say for each row whether its value is `smallest` or more; None keeps all.

        Raises
        ------
        ValueError
            If `smallest` is no number, or no row is left.
        """
        if smallest is None:
            return np.ones(self.values.size, dtype=bool)
        if isinstance(smallest, bool) or not isinstance(smallest, int | float | np.number):
            raise ValueError(f"liked_from is {smallest!r}; expected a number, or None to keep all rows")
        kept = self.values >= smallest
        if not kept.any():
            raise ValueError(
                f"liked_from is {smallest:g} and leaves no row; values go from {self.values.min():g} to "
                f"{self.values.max():g}. Expected at most {self.values.max():g}, or None to keep all rows"
            )
        return kept

    def __repr__(self) -> str:
        told = f"{len(self.users):,} rows, {len(set(self.users)):,} users, {len(set(self.items)):,} items"
        if self.times is not None:
            ends = (datetime.fromtimestamp(time, UTC).date() for time in (self.times.min(), self.times.max()))
            told += ", {} to {}".format(*ends)
        return f"Interactions({told})"


def read_interactions(
    path: str | os.PathLike,
    *,
    user: str,
    item: str,
    value: str | None = None,
    time: str | None = None,
    delimiter: str = ",",
) -> Interactions:
    """Read who interacted with what from a CSV file with a header.

    Parameters
    ----------
    path : path
        A text file in UTF-8.
    user, item : str
        The names of the columns with the ids.
    value : str, optional
        The column with a number: a rating, a count.
    time : str, optional
        The column with the time: seconds since 1970, or dates as in ``2026-01-31`` or ``2026-01-31 20:15:00``;
        without a time zone, UTC is meant.
    delimiter : str
        What separates columns.

    Returns
    -------
    Interactions

    Raises
    ------
    ValueError
        If the file is not there or not UTF-8, a column is missing, or a row has another number of columns, an empty id,
        or something that is no number or time; the message names the line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "likes.csv"
    ...     _ = file.write_text("who,what,when\\nann,Heat,2026-01-05\\nbob,Heat,2026-01-06\\n")
    ...     read_interactions(file, user="who", item="what", time="when")
    Interactions(2 rows, 2 users, 1 items, 2026-01-05 to 2026-01-06)
    """
    wanted = {"user": user, "item": item, "value": value, "time": time}
    users, items, values, times = [], [], [], []
    for where, row in _rows(path, {name: column for name, column in wanted.items() if column is not None}, delimiter):
        for ids, name in ((users, "user"), (items, "item")):
            if not row[name].strip():
                raise ValueError(f"{where} has no {name} id in the column {wanted[name]!r}")
            ids.append(row[name].strip())
        values.append(1.0 if value is None else _number(row["value"], f"{where}, column {value!r}"))
        if time is not None:
            times.append(_seconds(row["time"], f"{where}, column {time!r}"))
    if not users:
        raise ValueError(f"{Path(path).name} has a header and no rows")
    return Interactions(users, items, np.array(values), None if time is None else np.array(times))


def read_features(
    path: str | os.PathLike,
    *,
    id: str,
    columns: Sequence[str],
    bins: Mapping[str, Sequence[float]] | None = None,
    several: str = "|",
    delimiter: str = ",",
) -> dict[str, list[str]]:
    """Read what is known of items (or users) from a CSV file with a header: names of features for each id.

    Parameters
    ----------
    path : path
        A text file in UTF-8.
    id : str
        The name of the column with the ids.
    columns : sequence of str
        The columns that become features, each named after its column: ``"genre:Comedy"``. An empty cell is
        ``"genre:unknown"``.
    bins : mapping of str to sequence of float, optional
        For a column of numbers, where to cut: ``{"price": [3, 6]}`` makes ``"price:under 3"``, ``"price:3 to 6"`` and
        ``"price:6 and more"``.
    several : str
        What separates several values in one cell.
    delimiter : str
        What separates columns.

    Returns
    -------
    dict of str to list of str
        In the order of the file; each name once a row.

    Raises
    ------
    ValueError
        As `read_interactions`; also if an id stands in two rows, or bins do not ascend or name another column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "films.csv"
    ...     _ = file.write_text("film,genre,minutes\\nHeat,Crime|Drama,170\\nAlien,,117\\n")
    ...     read_features(file, id="film", columns=["genre", "minutes"], bins={"minutes": [90, 150]})
    {'Heat': ['genre:Crime', 'genre:Drama', 'minutes:150 and more'], 'Alien': ['genre:unknown', 'minutes:90 to 150']}
    """
    if isinstance(columns, str) or not columns:
        raise ValueError(f"columns is {columns!r}; expected a list of one or more names of columns")
    cuts = {column: _checked_bins(column, edges, columns) for column, edges in (bins or {}).items()}
    features: dict[str, list[str]] = {}
    for where, row in _rows(path, {"": id, **{column: column for column in columns}}, delimiter):
        key = row[""].strip()
        if not key:
            raise ValueError(f"{where} has no id in the column {id!r}")
        if key in features:
            raise ValueError(f"{where} has the id {key!r} again; expected one row for each")
        names: dict[str, None] = {}
        for column in columns:
            cell = row[column].strip()
            if column in cuts and cell:
                cells = [_bin(_number(cell, f"{where}, column {column!r}"), cuts[column])]
            else:
                cells = [part.strip() for part in cell.split(several) if part.strip()] or ["unknown"]
            names |= dict.fromkeys(f"{column}:{part}" for part in cells)
        features[key] = list(names)
    if not features:
        raise ValueError(f"{Path(path).name} has a header and no rows")
    return features


def find_traps(
    interactions: Interactions,
    train: sp.spmatrix,
    test: sp.spmatrix,
    item_features: sp.spmatrix | None = None,
) -> dict[str, str]:
    """Count what has spoiled other people's evaluations, and print it as a list: ``ok`` or ``look``.

    Parameters
    ----------
    interactions : Interactions
        The rows of the file.
    train, test : sparse matrices of shape (n_users, n_items)
        The split.
    item_features : sparse matrix of shape (n_items, n_features), optional

    Returns
    -------
    dict of str to str
        What is to be looked at: the trap, and what was counted.

    Raises
    ------
    ValueError
        If train and test have different shapes, or one of them holds nothing.
    """
    learned, asked = train.tocsr(), test.tocsr()
    if learned.shape != asked.shape:
        raise ValueError(f"train has the shape {learned.shape} and test {asked.shape}; expected the same")
    for name, matrix in (("train", learned), ("test", asked)):
        if not matrix.nnz:
            raise ValueError(f"{name} holds no interaction")
    counted = list(_traps(interactions, learned, asked, item_features))
    for trap, is_well, found in counted:
        print(f"{'ok' if is_well else 'look':5} {trap}: {found}")
    return {trap: found for trap, is_well, found in counted if not is_well}


def _traps(
    interactions: Interactions, train: sp.csr_matrix, test: sp.csr_matrix, features: sp.spmatrix | None
) -> Iterator[tuple[str, bool, str]]:
    """Each trap with whether all is well, and what was counted."""
    shared = (train != 0).multiply(test != 0).nnz
    yield "pairs in train and test", shared == 0, f"{shared:,}"

    n_rows, n_pairs = len(interactions.users), len(set(zip(interactions.users, interactions.items, strict=True)))
    repeats = 1 - n_pairs / n_rows
    yield "rows that repeat a pair", repeats == 0, f"{repeats:.0%} (who remembers wins: measure repeats apart)"

    users = np.flatnonzero(test.getnnz(axis=1))
    new_users = np.mean(train.getnnz(axis=1)[users] == 0)
    yield "users of test without train", new_users < 0.05, f"{new_users:.0%} of {users.size:,}"
    new_items = np.mean(train.getnnz(axis=0)[test.indices] == 0)
    yield "test on items without train", new_items < 0.05, f"{new_items:.0%} of {test.nnz:,} (who refuses them?)"

    per_user = np.median(test.getnnz(axis=1)[users])
    yield (
        "right answers a user",
        per_user >= 2,
        f"median {per_user:g}; the best precision@10 is about {_ceiling(test):.2f}",
    )
    yield "users to average over", users.size >= 200, f"{users.size:,}"

    largest = train.getnnz(axis=1).max() / train.nnz
    yield "the busiest user's share of train", largest < 0.05, f"{largest:.1%} of the pairs"
    top = np.sort(train.getnnz(axis=0))[::-1]
    share = top[: max(1, math.ceil(top.size / 100))].sum() / train.nnz
    yield "the most popular hundredth's share", share < 0.5, f"{share:.0%} (popularity will be hard to beat)"

    if interactions.times is None:
        yield "times", False, "none, so a split by time cannot be made"
    else:
        on_one_day = _all_on_one_day(interactions)
        yield "users with everything on one day", on_one_day < 0.2, f"{on_one_day:.0%} (does their order say anything?)"
    if features is not None:
        matrix = features.tocsr()
        n_rows_of_column = matrix.getnnz(axis=0)
        has_shared, own = (
            matrix[:, np.flatnonzero(columns)].getnnz(axis=1) > 0
            for columns in (n_rows_of_column > 1, n_rows_of_column == 1)
        )
        yield "items without a shared feature", has_shared.all(), f"{np.sum(~has_shared):,} of {matrix.shape[0]:,}"
        yield "items without a column of their own", own.all(), f"{np.mean(~own):.0%} (is the identity lost?)"


def _ceiling(test: sp.csr_matrix) -> float:
    n_answers = test.getnnz(axis=1)
    return float(np.mean(np.minimum(n_answers[n_answers > 0], 10) / 10))


def _all_on_one_day(interactions: Interactions) -> float:
    """The share of users with two rows or more whose rows all have the same day."""
    _, user = np.unique(interactions.users, return_inverse=True)
    first, last = np.full(user.max() + 1, np.inf), np.full(user.max() + 1, -np.inf)
    days = np.floor(interactions.times / 86400)
    np.minimum.at(first, user, days)
    np.maximum.at(last, user, days)
    several = np.bincount(user) > 1
    return float(np.mean((first == last)[several])) if several.any() else 0.0


def decision_page(title: str, filled: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return a decision of one page, as Markdown: numbers that were measured, and words that only a person has.

    Parameters
    ----------
    title : str
    filled : mapping of str to object
        What was measured: a line each.
    words : mapping of str to str
        What has to be said: a question and the answer. ``"?"`` means that there is none yet; such a question is marked.

    Returns
    -------
    str

    Examples
    --------
    >>> print(decision_page("Films", {"users": 671}, {"Who acts on it?": "the front page", "What next?": "?"}))
    # Decision: Films
    <BLANKLINE>
    | | |
    |:--|:--|
    | users | 671 |
    <BLANKLINE>
    **Who acts on it?** the front page
    <BLANKLINE>
    **What next?** ✎ *to be written*
    <BLANKLINE>
    *1 of 2 answers written.*
    <BLANKLINE>
    """
    is_written = {question: answer.strip() not in ("?", "") for question, answer in words.items()}
    lines = [f"# Decision: {title}", "", "| | |", "|:--|:--|"]
    lines += [f"| {name} | {str(value).replace('|', '/')} |" for name, value in filled.items()]
    for question, answer in words.items():
        lines += ["", f"**{question}** {answer.strip() if is_written[question] else '✎ *to be written*'}"]
    lines += ["", f"*{sum(is_written.values())} of {len(words)} answers written.*", ""]
    return "\n".join(lines)


def example_files(name: str, folder: str | os.PathLike) -> tuple[Path, Path]:
    """Write one of the bundled data sets as two CSV files, as somebody might hand them to you.

    Parameters
    ----------
    name : {"movies", "groceries", "news"}
        Ratings of films, with genres and year; purchases of households, with category, brand and price; clicks on a
        made-up news site, with topic, author and length.
    folder : path
        Where to write; it is made if it is not there. Files of the same names are replaced.

    Returns
    -------
    interactions, items : pathlib.Path
        ``interactions.csv`` with the columns ``user``, ``item``, ``value`` and ``time``; ``items.csv`` with ``item``,
        ``title`` and what is known.

    Raises
    ------
    ValueError
        If the name is another.
    """
    examples = {"movies": _movies, "groceries": _groceries, "news": _news}
    if name not in examples:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(examples)}.{suggestion(name, examples)}")
    record, ids, described = examples[name]()
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    columns = record.user_labels[record.users], ids[record.items], record.values, record.timestamps
    rows = ([user, item, f"{value:g}", int(time)] for user, item, value, time in zip(*columns, strict=True))
    facts = zip(ids, record.item_labels, *described.values(), strict=True)
    return (
        _write(target / "interactions.csv", ["user", "item", "value", "time"], rows),
        _write(target / "items.csv", ["item", "title", *described], facts),
    )


# --- the bundled data sets as tables -----------------------------------------------------------------------

_Example = tuple[Any, np.ndarray, dict[str, Sequence[Any]]]


def _movies() -> _Example:
    from recsys_lessons.datasets import load_movies

    record = load_movies()
    names = np.array([label.removeprefix("genre:") for label in record.item_feature_labels])
    features = record.item_features.tocsr()
    genres = ["|".join(names[features[film].indices]) for film in range(record.n_items)]
    return record, record.movie_ids, {"genre": genres, "year": [year if year > 0 else "" for year in record.years]}


def _groceries() -> _Example:
    from recsys_lessons.datasets import load_groceries

    record = load_groceries(described_only=True, min_households=40)
    prices = [f"{price:.2f}" if np.isfinite(price) else "" for price in record.products["price"]]
    known = {name: record.products[name] for name in ("category", "brand")}
    return record, record.products["product_id"], {**known, "price": prices}


def _news() -> _Example:
    from recsys_lessons.datasets import make_newsroom

    record = make_newsroom(n_readers=800)
    return record, np.arange(record.n_items), {name: record.articles[name] for name in ("topic", "author", "length")}


# --- files -------------------------------------------------------------------------------------------------


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a CSV file in one step: a reader finds the old one or the whole new one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="") as unfinished:
        try:
            writer = csv.writer(unfinished)
            writer.writerow(header)
            writer.writerows(rows)
            unfinished.close()
            os.replace(unfinished.name, path)
        except BaseException:
            Path(unfinished.name).unlink(missing_ok=True)
            raise
    return path


def _rows(path: str | os.PathLike, wanted: Mapping[str, str], delimiter: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of a CSV file: where it stands, and the wanted columns by the names they are wanted under."""
    file = Path(path)
    if not file.is_file():
        there = sorted(other.name for other in file.parent.glob("*.csv")) if file.parent.is_dir() else []
        beside = f" There are: {', '.join(there)}." if there else ""
        raise ValueError(f"there is no file {file.name} in the folder {file.parent.name or '.'}.{beside}")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ValueError(f"delimiter is {delimiter!r}; expected one character")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file.name} is not UTF-8 (byte {error.start}); save it as UTF-8, and read it again"
        ) from error
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        places = {name: _place(file.name, header, column, delimiter) for name, column in wanted.items()}
        for cells in lines:
            where = f"line {lines.line_num} of {file.name}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise ValueError(f"{where} has {len(cells)} columns; the header has {len(header)}")
            yield where, {name: cells[place] for name, place in places.items()}
    except csv.Error as error:
        raise ValueError(f"line {lines.line_num} of {file.name} cannot be read: {error}") from error


def _place(name: str, header: list[str], column: str, delimiter: str) -> int:
    if not header or header == [""]:
        raise ValueError(f"{name} is empty; expected a header with the names of the columns")
    if header.count(column) == 1:
        return header.index(column)
    if column in header:
        raise ValueError(f"{name} has {header.count(column)} columns {column!r}; expected one")
    if len(header) == 1:
        others = [other for other in ",;\t|" if other != delimiter and other in header[0]]
        if others:
            raise ValueError(f"{name} has one column, {header[0]!r}; is the delimiter {others[0]!r}?")
    raise ValueError(f"{name} has no column {column!r}, only {', '.join(header)}.{suggestion(column, header)}")


def _number(cell: str, where: str) -> float:
    text = cell.strip()
    try:
        number = float(text)
    except ValueError:
        hint = " Is it a decimal comma?" if re.fullmatch(r"-?\d+(\.\d{3})*,\d+", text) else ""
        raise ValueError(f"{where}: {text!r} is no number.{hint}") from None
    if not math.isfinite(number):
        raise ValueError(f"{where}: {text!r} is no finite number")
    return number


def _seconds(cell: str, where: str) -> float:
    text = cell.strip()
    if re.fullmatch(r"-?\d+(\.\d*)?([eE][+-]?\d+)?", text):
        seconds = float(text)
        if seconds > LATEST_SECOND:
            raise ValueError(f"{where}: {text} is no time in seconds since 1970. Is it in milliseconds?")
        if seconds < EARLIEST_SECOND:
            raise ValueError(
                f"{where}: {text} would be a second before 1973. Is it a date without hyphens, or a day's number?"
            )
        return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{where}: {text!r} is no time; expected a date as in 2026-01-31, or seconds") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _checked_bins(column: str, edges: Sequence[float], columns: Sequence[str]) -> list[float]:
    if column not in columns:
        raise ValueError(f"bins names the column {column!r}, which is not among columns: {', '.join(columns)}")
    cuts = [float(edge) for edge in edges]
    if not cuts or any(not math.isfinite(cut) for cut in cuts) or cuts != sorted(set(cuts)):
        raise ValueError(f"bins of {column!r} is {list(edges)!r}; expected ascending numbers")
    return cuts


def _bin(number: float, cuts: list[float]) -> str:
    place = int(np.searchsorted(cuts, number, side="right"))
    if place == 0:
        return f"under {cuts[0]:g}"
    return f"{cuts[-1]:g} and more" if place == len(cuts) else f"{cuts[place - 1]:g} to {cuts[place]:g}"
