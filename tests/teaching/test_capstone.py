"""The capstone's files, traps and page: what is read, what is refused and why, what is counted."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.data import Dataset
from recsys_lessons.teaching.capstone import (
    decision_page,
    example_files,
    find_traps,
    read_features,
    read_interactions,
)

ROWS = "who,what,stars,when\nann,Heat,4,2026-01-05\nann,Alien,2.5,2026-01-06 20:15:00\nbob,Heat,5,1767830400\n"
READ = {"user": "who", "item": "what", "value": "stars", "time": "when"}
FACTS = "film,genre,minutes\nHeat,Crime|Drama,170\nAlien,Horror | Drama,117\nUp,,89.5\n"


@pytest.fixture
def file(tmp_path: Path):
    """A function that writes a text or bytes to a file."""

    def write(content: str | bytes, name: str = "mine.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# --- reading -----------------------------------------------------------------------------------------------


def test_rows_are_read_in_their_order(file):
    read = read_interactions(file(ROWS), **READ)
    assert read.users == ["ann", "ann", "bob"]
    assert read.items == ["Heat", "Alien", "Heat"]
    assert read.values.tolist() == [4, 2.5, 5]
    assert np.diff(read.times).tolist() == [86400 + 20 * 3600 + 15 * 60, 1767830400 - (1767571200 + 159300)]
    assert repr(read) == "Interactions(3 rows, 2 users, 2 items, 2026-01-05 to 2026-01-08)"


def test_value_and_time_may_be_left_out(file):
    read = read_interactions(file(ROWS), user="who", item="what")
    assert read.values.tolist() == [1, 1, 1]
    assert read.times is None
    assert repr(read) == "Interactions(3 rows, 2 users, 2 items)"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + ROWS,
        ROWS.replace("\n", "\r\n"),
        ROWS.replace(",", ";"),
        ROWS + "\n\n",
        ROWS.replace("ann,Heat", '"ann","Heat"'),
        ROWS.replace("who,what", " who , what"),
    ],
)
def test_what_spreadsheets_write_makes_no_difference(file, text):
    read = read_interactions(file(text), **READ, delimiter=";" if ";" in text else ",")
    assert read.users == ["ann", "ann", "bob"]
    assert read.values.tolist() == [4, 2.5, 5]


@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8),
            st.floats(-1e6, 1e6),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_csv_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "mine.csv"
    with open(path, "w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("u", "i", "v"), *rows])
    read = read_interactions(path, user="u", item="i", value="v")
    assert list(zip(read.users, read.items, read.values.tolist(), strict=True)) == [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mine.csv is empty; expected a header"),
        ("who,what,stars,when\n", "mine.csv has a header and no rows"),
        (ROWS.replace("stars", "rating"), "no column 'stars', only who, what, rating, when"),
        (ROWS.replace("who", "Who"), "no column 'who', only Who.*Did you mean 'Who'"),
        (ROWS.replace("what", "who"), "2 columns 'who'; expected one"),
        (ROWS.replace(",", ";"), "has one column, 'who;what;stars;when'; is the delimiter ';'"),
        (ROWS.replace("ann,Alien,2.5", "ann,Alien"), "line 3 of mine.csv has 3 columns; the header has 4"),
        (ROWS.replace("bob", " "), "line 4 of mine.csv has no user id in the column 'who'"),
        (ROWS.replace("Alien", ""), "line 3 of mine.csv has no item id in the column 'what'"),
        (ROWS.replace("2.5", "good"), "line 3 of mine.csv, column 'stars': 'good' is no number"),
        (ROWS.replace("2.5", '"2,5"'), "'2,5' is no number. Is it a decimal comma"),
        (ROWS.replace("2.5", '"1.250,00"'), "'1.250,00' is no number. Is it a decimal comma"),
        (
            ROWS.replace("1767830400", "20260108"),
            "20260108 would be a second before 1973. Is it a date without hyphens",
        ),
        (ROWS.replace("2.5", "nan"), "'nan' is no finite number"),
        (ROWS.replace("2.5", ""), "'' is no number"),
        (ROWS.replace("2026-01-05", "05.01.2026"), "line 2 of mine.csv, column 'when': '05.01.2026' is no time"),
        (ROWS.replace("1767830400", "1767830400000"), "Is it in milliseconds"),
        (ROWS.replace("Heat", '"Heat', 1), "cannot be read"),
        (ROWS.encode().replace(b"Alien", b"Alien\xff"), "is not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(file, text, message):
    with pytest.raises(ValueError, match=message):
        read_interactions(file(text), **READ)


def test_a_missing_file_is_named_with_those_that_are_there(file, tmp_path):
    file(ROWS, "likes.csv")
    with pytest.raises(ValueError, match=r"no file like.csv .*There are: likes.csv"):
        read_interactions(tmp_path / "like.csv", **READ)
    with pytest.raises(ValueError, match="no file x.csv in the folder nowhere"):
        read_interactions(tmp_path / "nowhere" / "x.csv", **READ)


def test_rows_with_a_smaller_value_are_left_out(file):
    read = read_interactions(file(ROWS), **READ)
    assert read.at_least(4).tolist() == [True, False, True]
    assert read.at_least(None).tolist() == [True, True, True]


@pytest.mark.parametrize(
    ("smallest", "message"),
    [
        (6, "liked_from is 6 and leaves no row; values go from 2.5 to 5. Expected at most 5, or None"),
        (float("nan"), "liked_from is nan and leaves no row"),
        ("?", r"liked_from is '\?'; expected a number, or None"),
        (True, "liked_from is True; expected a number, or None"),
    ],
)
def test_a_limit_that_leaves_no_row_is_refused(file, smallest, message):
    with pytest.raises(ValueError, match=message):
        read_interactions(file(ROWS), **READ).at_least(smallest)


def test_a_delimiter_is_one_character(file):
    with pytest.raises(ValueError, match="delimiter is ', '; expected one character"):
        read_interactions(file(ROWS), **READ, delimiter=", ")


def test_features_are_named_after_their_columns(file):
    read = read_features(file(FACTS), id="film", columns=["genre", "minutes"], bins={"minutes": [90, 150]})
    assert read == {
        "Heat": ["genre:Crime", "genre:Drama", "minutes:150 and more"],
        "Alien": ["genre:Horror", "genre:Drama", "minutes:90 to 150"],
        "Up": ["genre:unknown", "minutes:under 90"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": "genre"}, "columns is 'genre'; expected a list"),
        ({"columns": []}, r"columns is \[\]; expected a list"),
        ({"columns": ["genres"]}, "no column 'genres'.*Did you mean 'genre'"),
        ({"bins": {"length": [1]}}, "bins names the column 'length', which is not among columns"),
        ({"bins": {"minutes": [150, 90]}}, "expected ascending numbers"),
        ({"bins": {"minutes": []}}, "expected ascending numbers"),
        ({"bins": {"genre": [1]}}, "line 2 of mine.csv, column 'genre': 'Crime|Drama' is no number"),
    ],
)
def test_features_that_cannot_be_read_say_why(file, arguments, message):
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        read_features(file(FACTS), **{"id": "film", "columns": ["genre", "minutes"]} | arguments)


def test_an_item_is_described_once(file):
    with pytest.raises(ValueError, match="line 5 of mine.csv has the id 'Heat' again"):
        read_features(file(FACTS + "Heat,Crime,1\n"), id="film", columns=["genre"])
    with pytest.raises(ValueError, match="line 5 of mine.csv has no id in the column 'film'"):
        read_features(file(FACTS + ",Crime,1\n"), id="film", columns=["genre"])


# --- traps -------------------------------------------------------------------------------------------------


def matrices(train: list[list[int]], test: list[list[int]]) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    return sp.csr_matrix(train), sp.csr_matrix(test)


def looked_at(file, text: str, train, test, features=None) -> dict[str, str]:
    dated = re.sub(r",(\d)$", r",2026-01-0\1", text, flags=re.MULTILINE)
    read = read_interactions(file(dated), user="u", item="i", time="t")
    return find_traps(read, *matrices(train, test), features)


def test_each_trap_is_found_where_it_is_and_only_there(file, capsys):
    text = "u,i,t\na,x,1\na,y,2\nb,x,1\nb,y,2\n"
    found = looked_at(file, text, [[1, 0], [1, 0]], [[0, 1], [0, 1]])
    assert "pairs in train and test" not in found
    assert "rows that repeat a pair" not in found
    assert found["test on items without train"].startswith("100% of 2")
    assert found["users to average over"] == "2"
    lines = capsys.readouterr().out.splitlines()
    assert "ok    pairs in train and test: 0" in lines
    assert {line.split()[0] for line in lines} == {"ok", "look"}
    assert {line[6:].split(":")[0] for line in lines if line.startswith("look")} == set(found)


def test_a_leak_and_repeats_are_counted(file):
    found = looked_at(file, "u,i,t\na,x,1\na,x,2\nb,y,3\nb,x,4\n", [[1, 0], [0, 1]], [[1, 0], [1, 0]])
    assert found["pairs in train and test"] == "1"
    assert found["rows that repeat a pair"].startswith("25%")


def test_new_users_and_everything_on_one_day_are_counted(file):
    found = looked_at(file, "u,i,t\na,x,1\na,y,1\nb,y,3\nb,x,3\n", [[1, 0], [0, 0]], [[0, 1], [1, 0]])
    assert found["users of test without train"] == "50% of 2"
    assert found["users with everything on one day"].startswith("100%")


def test_a_day_is_a_day_whether_it_is_written_in_seconds_or_not(file):
    text = "u,i,t\na,x,2026-01-01 00:00:01\na,y,2026-01-01 23:59:59\nb,x,2026-01-01 23:59:59\nb,y,2026-01-02\n"
    found = find_traps(read_interactions(file(text), user="u", item="i", time="t"), *matrices([[1, 0]], [[0, 1]]))
    assert found["users with everything on one day"].startswith("50%")


def test_without_times_there_is_no_split_by_time(file):
    read = read_interactions(file("u,i\na,x\na,y\n"), user="u", item="i")
    found = find_traps(read, *matrices([[1, 0]], [[0, 1]]))
    assert found["times"].startswith("none")


def test_a_lost_identity_and_missing_features_are_seen(file):
    text = "u,i,t\na,x,1\na,y,2\n"
    both = sp.csr_matrix([[1, 0, 1], [0, 1, 1]])
    assert not {"items without a shared feature", "items without a column of their own"} & set(
        looked_at(file, text, [[1, 0]], [[0, 1]], both)
    )
    lost = looked_at(file, text, [[1, 0]], [[0, 1]], sp.csr_matrix([[1, 1], [1, 1]]))
    assert lost["items without a column of their own"].startswith("100%")
    empty = looked_at(file, text, [[1, 0]], [[0, 1]], sp.csr_matrix([[1, 0], [0, 0]]))
    assert empty["items without a shared feature"] == "2 of 2"


def test_an_identity_is_no_feature(file):
    features = sp.csr_matrix([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]])
    found = looked_at(file, "u,i,t\na,x,1\na,y,2\na,z,3\n", [[1, 0, 0]], [[0, 1, 1]], features)
    assert found["items without a shared feature"] == "1 of 3"
    assert "items without a column of their own" not in found


def test_a_split_that_is_none_is_refused(file):
    read = read_interactions(file("u,i\na,x\n"), user="u", item="i")
    with pytest.raises(ValueError, match=r"train has the shape \(1, 2\) and test \(1, 1\)"):
        find_traps(read, *matrices([[1, 0]], [[1]]))
    with pytest.raises(ValueError, match="test holds no interaction"):
        find_traps(read, *matrices([[1]], [[0]]))


# --- the page and the examples -----------------------------------------------------------------------------


def test_a_page_holds_the_numbers_and_marks_what_is_missing():
    page = decision_page("Films", {"split | date": "a|b", "users": 3}, {"Who?": " the shop ", "Why?": "?", "And?": ""})
    assert page.startswith("# Decision: Films\n")
    assert "| users | 3 |" in page
    assert "a/b" in page
    assert "**Who?** the shop\n" in page
    assert page.count("✎") == 2
    assert "*1 of 3 answers written.*" in page


@pytest.mark.parametrize(
    ("name", "columns", "bins"),
    [
        ("movies", ["genre", "year"], {"year": [1970, 1990, 2000]}),
        ("groceries", ["category", "brand", "price"], {"price": [1, 2, 3, 5, 10]}),
        ("news", ["topic", "author", "length"], {}),
    ],
)
def test_the_given_data_sets_go_all_the_way_to_matrices(tmp_path, name, columns, bins):
    interactions, items = example_files(name, tmp_path / "given")
    read = read_interactions(interactions, user="user", item="item", value="value", time="time")
    facts = read_features(items, id="item", columns=columns, bins=bins)
    assert set(read.items) <= set(facts)
    names = dict.fromkeys(feature for of in facts.values() for feature in of)
    dataset = Dataset().fit(read.users, facts, item_features=names)
    matrix, _ = dataset.build_interactions(zip(read.users, read.items, strict=True))
    features = dataset.build_item_features(facts.items(), normalize=False)
    assert matrix.nnz == len(read.users) > 50_000
    assert features.shape == (len(facts), len(facts) + len(names))
    assert sorted(path.name for path in (tmp_path / "given").iterdir()) == ["interactions.csv", "items.csv"]


def test_an_unknown_example_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(ValueError, match=r"name is 'movie'; expected one of movies, groceries, news.*'movies'"):
        example_files("movie", tmp_path)
