"""MovieLens 100K and the archives it comes in: fake archives here, the real one where it is at hand."""

import hashlib
import io
import os
import re
import stat
import subprocess
import sys
import zipfile

import numpy as np
import pooch
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.datasets import _archives, fetch_movielens, movielens

# Three users, four films: written by hand in the layout of the real files.
SMALL = {
    "ml-100k/ua.base": "1\t2\t5\t880000000\n1\t1\t3\t880000001\n3\t4\t1\t880000002\n",
    "ml-100k/ua.test": "2\t3\t4\t880000003\n",
    "ml-100k/u.item": (
        "1|Misérables, Les (1995)|01-Jan-1995||http://a|0|1|0\n"
        "2|Toy Story (1995)|01-Jan-1995||http://b|0|1|1\n"
        "3|unknown|||http://c|1|0|0\n"
        "4|Contact (1997)|11-Jul-1997||http://d|0|0|1\n"
    ),
    "ml-100k/u.genre": "unknown|0\nDrama|1\nSci-Fi|2\n\n",
    "ml-100k/u.user": "1|24|M|writer|85711\n2|17|F|student|94043\n3|56|F|writer|E2N3A\n",
    "ml-100k/u.occupation": "student\nwriter\n",
}


def zipped(members, **options):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, text in members.items():
            archive.writestr(name, text.encode("latin-1") if isinstance(text, str) else text)
    return content.getvalue()


def checksums(members):
    return {name: hashlib.sha256(text.encode("latin-1")).hexdigest() for name, text in members.items()}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of its own, the small archive's checksums, and a web that refuses every connection."""
    monkeypatch.delenv(_archives.DATA_FOLDER, raising=False)
    monkeypatch.setattr(movielens, "CHECKSUMS", checksums(SMALL))
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: refuse)
    return tmp_path / "cache"


def refuse(url, output_file, pooch):
    raise OSError("name or service not known")


@pytest.fixture
def web(monkeypatch):
    """Let the web send what the returned function is given; it counts the downloads."""
    sent = []

    def serve(content):
        def download(url, output_file, pooch):
            sent.append(url)
            with open(output_file, "wb") as file:
                file.write(content)

        monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: download)
        return sent

    return serve


# ------------------------------------------------------------------------------- what comes out of it


def test_result_is_lightfms(cache, web):
    sent = web(zipped(SMALL))
    data = fetch_movielens(cache)
    assert sent == ["https://files.grouplens.org/datasets/movielens/ml-100k.zip"]
    assert list(data) == ["train", "test", "item_features", "item_feature_labels", "item_labels"]
    train, test = data["train"], data["test"]
    assert isinstance(train, sp.coo_matrix) and train.dtype == test.dtype == np.int32
    assert train.toarray().tolist() == [[3, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert test.toarray().tolist() == [[0, 0, 0, 0], [0, 0, 4, 0], [0, 0, 0, 0]]
    assert data["item_labels"].tolist() == [
        *("Misérables, Les (1995)", "Toy Story (1995)", "unknown", "Contact (1997)")
    ]
    assert data["item_feature_labels"] is data["item_labels"]
    assert np.array_equal(data["item_features"].toarray(), np.eye(4))


def test_genres_and_ratings(cache, web):
    web(zipped(SMALL))
    data = fetch_movielens(cache, indicator_features=False, genre_features=True, min_rating=4)
    assert data["item_feature_labels"].tolist() == ["genre:unknown", "genre:Drama", "genre:Sci-Fi"]
    assert data["item_features"].toarray().tolist() == [[0, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1]]
    assert data["train"].nnz == 1 and data["train"].shape == (3, 4)
    both = fetch_movielens(cache, genre_features=True)
    assert both["item_features"].shape == (4, 7) and both["item_features"].dtype == np.float32
    assert both["item_feature_labels"].tolist()[4:] == data["item_feature_labels"].tolist()


def test_user_features(cache, web):
    web(zipped(SMALL))
    data = fetch_movielens(cache, user_features=True)
    assert data["user_features"].dtype == np.float32 and isinstance(data["user_features"], sp.csr_matrix)
    described = [data["user_feature_labels"][data["user_features"][user].indices].tolist() for user in range(3)]
    assert described == [
        ["age:18-24", "gender:M", "occupation:writer"],
        ["age:under 18", "gender:F", "occupation:student"],
        ["age:56+", "gender:F", "occupation:writer"],
    ]
    assert "user_features" not in fetch_movielens(cache)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"indicator_features": False}, "At least one of indicator_features or genre_features must be True"),
        ({"min_rating": float("nan")}, "min_rating must be a number, got nan"),
        ({"min_rating": "4"}, "min_rating must be a number, got '4'"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_downloaded(cache, web, arguments, message):
    sent = web(zipped(SMALL))
    with pytest.raises(ValueError, match=re.escape(message)):
        fetch_movielens(cache, **arguments)
    assert sent == []


# ---------------------------------------------------------------------------------- where it comes from


def test_downloaded_once(cache, web):
    sent = web(zipped(SMALL))
    fetch_movielens(cache)
    fetch_movielens(cache)
    assert len(sent) == 1
    assert [path.name for path in cache.iterdir()] == ["ml-100k.zip"], "nothing unfinished is left"
    assert (cache / "ml-100k.zip").read_bytes() == zipped(SMALL)


def test_named_folder_comes_before_cache_and_web(cache, tmp_path, monkeypatch):
    classroom = tmp_path / "classroom"
    classroom.mkdir()
    (classroom / "ml-100k.zip").write_bytes(zipped(SMALL))
    monkeypatch.setenv(_archives.DATA_FOLDER, str(classroom))
    assert fetch_movielens(cache, download_if_missing=False)["train"].nnz == 3
    assert not cache.exists()


def test_empty_named_folder_is_no_hindrance(cache, tmp_path, monkeypatch, web):
    web(zipped(SMALL))
    monkeypatch.setenv(_archives.DATA_FOLDER, str(tmp_path / "nowhere"))
    assert fetch_movielens(cache)["train"].nnz == 3


def test_default_cache_is_the_users(cache, tmp_path, monkeypatch, web):
    web(zipped(SMALL))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "caches" / name)
    fetch_movielens()
    assert (tmp_path / "caches" / "recsys-lessons" / "ml-100k.zip").is_file()


def test_repacked_archive_is_as_good(cache, web):
    reordered = dict(reversed(SMALL.items())) | {"ml-100k/README": "more"}
    web(zipped(reordered, compresslevel=1))
    assert fetch_movielens(cache)["train"].nnz == 3


# -------------------------------------------------------------------------------- what can go wrong


def test_missing_and_not_allowed_to_download(cache, web):
    sent = web(zipped(SMALL))
    with pytest.raises(OSError, match=r"Dataset missing\.") as raised:
        fetch_movielens(cache, download_if_missing=False)
    assert sent == [] and not cache.exists()
    says_what_to_do(raised.value, cache)


def test_offline_says_what_to_do(cache):
    with pytest.raises(OSError, match="Could not download MovieLens 100K: name or service not known") as raised:
        fetch_movielens(cache)
    says_what_to_do(raised.value, cache)
    assert list(cache.iterdir()) == []


def says_what_to_do(error, cache):
    for hint in (
        "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
        "https://grouplens.org/datasets/movielens/100k/",
        str(cache),
        "RECSYS_LESSONS_DATA",
    ):
        assert hint in str(error)


def test_cache_that_cannot_be_made(cache):
    cache.write_text("a file, not a folder")
    with pytest.raises(OSError, match="Could not download MovieLens 100K"):
        fetch_movielens(cache)


BROKEN = {
    "truncated": (zipped(SMALL)[:-40], "damaged or no zip archive"),
    "a page of a hotel's network": (b"<html>Please log in</html>", "damaged or no zip archive"),
    "empty": (b"", "damaged or no zip archive"),
    "a member changed": (
        zipped(SMALL | {"ml-100k/ua.test": "2\t3\t5\t880000003\n"}),
        "its member ml-100k/ua.test has the sha256",
    ),
    "a member missing": (
        zipped({name: text for name, text in SMALL.items() if name != "ml-100k/u.user"}),
        "its member ml-100k/u.user is missing",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_download_is_not_kept(cache, web, kind):
    content, message = BROKEN[kind]
    web(content)
    with pytest.raises(ValueError, match="Nothing was kept") as raised:
        fetch_movielens(cache)
    assert message in str(raised.value)
    says_what_to_do(raised.value, cache)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_cache_is_downloaded_again(cache, web, kind):
    cache.mkdir()
    (cache / "ml-100k.zip").write_bytes(BROKEN[kind][0])
    sent = web(zipped(SMALL))
    assert fetch_movielens(cache)["train"].nnz == 3
    assert len(sent) == 1 and (cache / "ml-100k.zip").read_bytes() == zipped(SMALL)


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_cache_is_named_where_nothing_may_be_downloaded(cache, kind):
    cache.mkdir()
    content, message = BROKEN[kind]
    (cache / "ml-100k.zip").write_bytes(content)
    with pytest.raises(ValueError, match="download_if_missing=True") as raised:
        fetch_movielens(cache, download_if_missing=False)
    assert message in str(raised.value) and str(cache / "ml-100k.zip") in str(raised.value)


def test_good_cache_survives_a_broken_download(cache, web):
    cache.mkdir()
    (cache / "ml-100k.zip").write_bytes(b"broken")
    web(b"broken too")
    with pytest.raises(ValueError, match="Nothing was kept"):
        fetch_movielens(cache)
    assert (cache / "ml-100k.zip").read_bytes() == b"broken"


def test_broken_file_in_the_named_folder_is_left_alone(cache, tmp_path, monkeypatch, web):
    sent = web(zipped(SMALL))
    (tmp_path / "ml-100k.zip").write_bytes(b"broken")
    monkeypatch.setenv(_archives.DATA_FOLDER, str(tmp_path))
    with pytest.raises(ValueError, match="Replace this file") as raised:
        fetch_movielens(cache)
    assert str(tmp_path / "ml-100k.zip") in str(raised.value) and sent == []
    assert (tmp_path / "ml-100k.zip").read_bytes() == b"broken"


def test_download_that_breaks_off_leaves_nothing(cache, monkeypatch):
    def break_off(url, output_file, pooch):
        with open(output_file, "wb") as file:
            file.write(zipped(SMALL)[:100])
        raise ConnectionResetError("connection reset by peer")

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: break_off)
    with pytest.raises(OSError, match="connection reset by peer"):
        fetch_movielens(cache)
    assert list(cache.iterdir()) == []


# ------------------------------------------------------------------------------------- unsafe archives


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "ml-100k/../../evil",
        "/etc/evil",
        "C:\\evil",
        "C:/evil",
        "..\\evil",
        "a\\..\\..\\evil",
        "\\evil",
    ],
)
def test_members_that_point_outside_are_refused(cache, web, tmp_path, name):
    web(zipped(SMALL | {name: "evil"}))
    with pytest.raises(ValueError, match="points outside the archive's folder"):
        fetch_movielens(cache)
    assert list(cache.iterdir()) == []


def test_dots_within_a_name_are_harmless(cache, web):
    web(zipped(SMALL | {"ml-100k/a..b": "x", "ml-100k/.hidden": "x", "...": "x"}))
    assert fetch_movielens(cache)["train"].nnz == 3


def test_links_are_refused(cache, web):
    link = zipfile.ZipInfo("ml-100k/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    content = io.BytesIO(zipped(SMALL))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    web(content.getvalue())
    with pytest.raises(ValueError, match="'ml-100k/link' is a link"):
        fetch_movielens(cache)


def test_bombs_are_refused_unopened():
    bomb = zipped({"bomb": b"\0" * 100_000})
    assert len(bomb) < 1000
    with pytest.raises(_archives.ArchiveError, match="'bomb' holds more than 99,999 bytes"):
        _archives.read_members(bomb, {"bomb": None}, largest_member=99_999)
    assert len(_archives.read_members(bomb, {"bomb": None}, largest_member=100_000)["bomb"]) == 100_000
    many = zipped({f"part{i}": b"\0" * 1000 for i in range(11)})
    with pytest.raises(_archives.ArchiveError, match="more than 1000 members or 10,000 bytes"):
        _archives.read_members(many, {"part1": None}, largest_archive=10_000)
    crowd = zipped({f"part{i}": b"" for i in range(1001)})
    with pytest.raises(_archives.ArchiveError, match="more than 1000 members"):
        _archives.read_members(crowd, {"part1": None})


def test_a_bomb_that_lies_about_its_size_yields_no_more_than_it_said():
    bomb = zipped({"bomb": b"\0" * 100_000})
    lying = bomb.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(_archives.ArchiveError, match="damaged"):
        _archives.read_members(lying, {"bomb": None}, largest_member=1000)


def test_twins_encryption_and_odd_compression_are_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a", "one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", "two")
    with pytest.raises(_archives.ArchiveError, match="two members of the name 'a'"):
        _archives.read_members(content.getvalue(), {"a": None})

    plain = zipped({"a": "text"})
    directory = plain.index(b"PK\x01\x02")
    encrypted = plain[: directory + 8] + b"\x01" + plain[directory + 9 :]
    with pytest.raises(_archives.ArchiveError, match="'a' is encrypted"):
        _archives.read_members(encrypted, {"a": None})

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", "text")
    with pytest.raises(_archives.ArchiveError, match="unusual way"):
        _archives.read_members(content.getvalue(), {"a": None})


GOOD = zipped({"a": "some text, some text, some text", "b": "more"})


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=3), st.integers(0, 10))
def test_damage_gives_an_archive_error_or_does_not_matter(changes, cut):
    damaged = bytearray(GOOD)
    for place, value in changes:
        damaged[place] = value
    expected = hashlib.sha256(b"some text, some text, some text").hexdigest()
    try:
        members = _archives.read_members(bytes(damaged[: len(damaged) - cut]), {"a": expected})
    except _archives.ArchiveError:
        return
    assert members == {"a": b"some text, some text, some text"}


def test_import_touches_neither_web_nor_disk():
    """Loaders are found by name, and what they need is imported when they are called."""
    program = (
        "import sys, recsys_lessons.datasets as d\n"
        "assert not any(m.startswith('recsys_lessons.datasets.') for m in sys.modules)\n"
        "d.fetch_movielens, d.fetch_stackexchange, d.load_movies, d.load_groceries\n"
        "assert {'fetch_movielens', 'load_movies', 'make_newsroom'} <= set(dir(d))\n"
        "print({'pooch', 'requests', 'pandas', 'numba'} & set(sys.modules))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_unknown_names_are_attribute_errors():
    import recsys_lessons.datasets

    with pytest.raises(AttributeError, match="fetch_netflix"):
        _ = recsys_lessons.datasets.fetch_netflix


# ------------------------------------------------------------------------------------- the real archive


@pytest.fixture(scope="module")
def archive(archives):
    path = archives / "ml-100k.zip"
    if not path.is_file():
        pytest.skip(f"{path} is not there: MovieLens 100K may not be redistributed with the project")
    return path


def real(archive, tmp_path_factory, **arguments):
    nowhere = tmp_path_factory.mktemp("cache") / "unused"
    data = fetch_movielens(nowhere, download_if_missing=False, **arguments)
    assert not nowhere.exists()
    return data


def test_real_archive(archive, tmp_path_factory):
    data = real(archive, tmp_path_factory)
    assert data["train"].shape == data["test"].shape == (943, 1682)
    assert (data["train"].nnz, data["test"].nnz) == (90_570, 9_430)
    assert set(data["test"].getnnz(axis=1)) == {10}
    assert data["train"].multiply(data["test"]).nnz == 0
    assert data["item_labels"][[0, 257]].tolist() == ["Toy Story (1995)", "Contact (1997)"]
    assert "Misérables, Les (1995)" in data["item_labels"]


def test_real_ratings_are_those_of_the_other_table(archive, tmp_path_factory):
    """u.data lists all 100,000 ratings once more, unsplit: train and test together must be it."""
    with zipfile.ZipFile(archive) as opened:
        rows = [list(map(int, line.split())) for line in opened.read("ml-100k/u.data").decode().splitlines()]
    expected = sorted((user - 1, item - 1, rating) for user, item, rating, _ in rows)
    data = real(archive, tmp_path_factory)
    found = [
        cell
        for part in (data["train"], data["test"])
        for cell in zip(part.row.tolist(), part.col.tolist(), part.data.tolist(), strict=True)
    ]
    assert sorted(found) == expected


def test_real_genres_and_users(archive, tmp_path_factory):
    data = real(archive, tmp_path_factory, genre_features=True, user_features=True, min_rating=4.0)
    assert data["item_features"].shape == (1682, 1701)
    assert data["train"].data.min() == 4 and data["train"].nnz + data["test"].nnz == 34_174 + 21_201
    toy_story = data["item_feature_labels"][data["item_features"][0].indices].tolist()
    assert toy_story == ["Toy Story (1995)", "genre:Animation", "genre:Children's", "genre:Comedy"]
    assert data["user_features"].shape == (943, 30)
    totals = dict(zip(data["user_feature_labels"].tolist(), data["user_features"].sum(axis=0).A1.tolist(), strict=True))
    assert (totals["gender:F"], totals["gender:M"], totals["occupation:student"]) == (273, 670, 196)
    assert set(data["user_features"].getnnz(axis=1)) == {3}
