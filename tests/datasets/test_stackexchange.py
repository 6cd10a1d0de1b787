"""CrossValidated: a small archive made here, the real one where it is at hand."""

import hashlib
import io
import re
import zipfile
from collections import defaultdict

import numpy as np
import pooch
import pytest
import scipy.sparse as sp

from recsys_lessons.datasets import _archives, fetch_stackexchange, stackexchange

# Users 0 to 3 answer questions 0 to 4; one answer a second. User 3 answers once, at the end.
ROWS, COLUMNS, TIMES = [0, 1, 0, 2, 1, 0, 2, 0, 1, 3], [0, 0, 1, 1, 2, 3, 3, 4, 4, 0], range(100, 110)
TAGS = np.array(["bayesian", "anova"])


def small_arrays():
    return {
        "interactions_row": np.array(ROWS, dtype=np.int32),
        "interactions_col": np.array(COLUMNS, dtype=np.int32),
        "interactions_data": np.array(TIMES, dtype=np.float32),
        "interactions_shape": np.array([[4, 5]], dtype=np.int32),
        "features_row": np.array([0, 0, 3], dtype=np.int32),
        "features_col": np.array([0, 1, 1], dtype=np.int32),
        "features_data": np.ones(3, dtype=np.float32),
        "features_shape": np.array([[5, 2]], dtype=np.int32),
        "labels": TAGS,
    }


@pytest.fixture
def npz():
    content = io.BytesIO()
    np.savez_compressed(content, **small_arrays())
    return content.getvalue()


@pytest.fixture
def cache(tmp_path, monkeypatch, npz):
    monkeypatch.delenv(_archives.DATA_FOLDER, raising=False)
    with zipfile.ZipFile(io.BytesIO(npz)) as archive:
        checksums = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert set(checksums) == set(stackexchange.CHECKSUMS)
    monkeypatch.setattr(stackexchange, "CHECKSUMS", checksums)

    def download(url, output_file, pooch):
        assert url.startswith("https://github.com/maciejkula/lightfm_datasets/releases/download/v0.1.0/")
        with open(output_file, "wb") as file:
            file.write(npz)

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: download)
    return tmp_path / "cache"


def test_split_by_time(cache):
    data = fetch_stackexchange("crossvalidated", test_set_fraction=0.3, min_training_interactions=0, data_home=cache)
    assert list(data) == ["train", "test", "item_features", "item_feature_labels"]
    assert data["train"].toarray().tolist() == [[1, 1, 0, 1, 0], [1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0] * 5]
    assert data["test"].toarray().tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5, [1, 0, 0, 0, 0]]
    assert data["train"].dtype == np.float32 and isinstance(data["train"], sp.coo_matrix)
    assert data["item_feature_labels"].tolist() == [f"question_id:{i}" for i in range(5)]
    assert np.array_equal(data["item_features"].toarray(), np.eye(5))


@pytest.mark.parametrize(("least", "users"), [(0, 4), (1, 3), (2, 1), (3, 0)])
def test_users_have_more_training_answers_than_the_minimum(cache, least, users):
    data = fetch_stackexchange("crossvalidated", 0.3, least, cache)
    assert data["train"].shape == data["test"].shape == (users, 5)
    assert all(data["train"].getnnz(axis=1) > least) or least == 0


def test_tags(cache):
    tags = fetch_stackexchange("crossvalidated", data_home=cache, indicator_features=False, tag_features=True)
    assert tags["item_feature_labels"].tolist() == ["bayesian", "anova"]
    assert tags["item_features"].toarray().tolist() == [[1, 1], [0, 0], [0, 0], [0, 1], [0, 0]]
    both = fetch_stackexchange("crossvalidated", data_home=cache, tag_features=True)
    assert both["item_features"].shape == (5, 7) and both["item_features"].dtype == np.float32
    assert isinstance(both["item_features"], sp.csr_matrix)
    assert both["item_feature_labels"].tolist()[4:] == ["question_id:4", "bayesian", "anova"]


def test_kept_after_the_download_as_it_was_sent(cache, npz, monkeypatch):
    fetch_stackexchange("crossvalidated", data_home=cache)
    assert [path.name for path in cache.iterdir()] == ["stackexchange_crossvalidated.npz"]
    assert next(cache.iterdir()).read_bytes() == npz
    monkeypatch.delattr(pooch, "HTTPDownloader")
    assert fetch_stackexchange("crossvalidated", data_home=cache)["train"].shape[1] == 5


@pytest.mark.parametrize("name", ["stackexchange_crossvalidated.npz", "stackexchange-crossvalidated.zip"])
def test_named_folder_with_either_archive(cache, npz, tmp_path, monkeypatch, name):
    content = npz
    if name.endswith(".zip"):
        wrapped = io.BytesIO()
        with zipfile.ZipFile(wrapped, "w") as archive:
            archive.writestr("stackexchange/crossvalidated/data.npz", npz)
        content = wrapped.getvalue()
    (tmp_path / name).write_bytes(content)
    monkeypatch.setenv(_archives.DATA_FOLDER, str(tmp_path))
    data = fetch_stackexchange("crossvalidated", data_home=cache, download_if_missing=False)
    assert data["train"].shape[1] == 5 and not cache.exists()


def test_other_content_is_refused(cache, tmp_path, monkeypatch):
    arrays = small_arrays()
    arrays["interactions_data"][0] += 1
    np.savez_compressed(tmp_path / "stackexchange_crossvalidated.npz", **arrays)
    monkeypatch.setenv(_archives.DATA_FOLDER, str(tmp_path))
    with pytest.raises(ValueError, match=r"interactions_data\.npy has the sha256"):
        fetch_stackexchange("crossvalidated", data_home=cache)


def test_pickles_are_not_opened(cache, tmp_path, monkeypatch):
    arrays = small_arrays() | {"labels": np.array(["a", "b"], dtype=object)}
    np.savez_compressed(tmp_path / "stackexchange_crossvalidated.npz", allow_pickle=True, **arrays)
    with zipfile.ZipFile(tmp_path / "stackexchange_crossvalidated.npz") as archive:
        trusted = {name: None for name in archive.namelist()}
    monkeypatch.setattr(stackexchange, "CHECKSUMS", trusted)
    monkeypatch.setenv(_archives.DATA_FOLDER, str(tmp_path))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        fetch_stackexchange("crossvalidated", data_home=cache)


def test_missing_and_not_allowed_to_download(cache):
    with pytest.raises(OSError, match=r"Dataset missing\. CrossValidated") as raised:
        fetch_stackexchange("crossvalidated", data_home=cache, download_if_missing=False)
    assert "stackexchange_crossvalidated.npz" in str(raised.value) and "v0.1.0" in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dataset": "stackoverflow"}, "dataset 'stackoverflow' is not offered"),
        ({"dataset": "superuser"}, "Unknown dataset: expected 'crossvalidated', got 'superuser'"),
        ({"test_set_fraction": 0.0}, "Test set fraction must be between 0 and 1"),
        ({"test_set_fraction": 1.0}, "Test set fraction must be between 0 and 1"),
        ({"test_set_fraction": float("nan")}, "Test set fraction must be between 0 and 1"),
        ({"indicator_features": False}, "At least one of indicator_features or tag_features must be True"),
    ],
)
def test_wrong_arguments_are_named(cache, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fetch_stackexchange(**{"dataset": "crossvalidated", "data_home": cache} | arguments)
    assert not cache.exists()


# ------------------------------------------------------------------------------------- the real archive


@pytest.fixture(scope="module")
def real(archives):
    if not any((archives / name).is_file() for name in stackexchange.SOURCE.file_names):
        pytest.skip(f"no archive of CrossValidated in {archives}")
    return lambda *arguments, **named: fetch_stackexchange(
        "crossvalidated", *arguments, download_if_missing=False, **named
    )


def test_real_shapes(real):
    data = real(0.2, 0)
    assert data["train"].shape == data["test"].shape == (9431, 72_360)
    assert data["train"].nnz + data["test"].nnz == 69_905
    assert data["test"].nnz / 69_905 == pytest.approx(0.2, abs=0.001)
    both = real(tag_features=True)
    assert both["item_features"].shape == (72_360, 72_360 + 1246)
    assert both["train"].getnnz(axis=1).min() == 2


def test_real_split_is_by_time(real, archives):
    if not (archives / "stackexchange-crossvalidated.zip").is_file():
        pytest.skip(f"stackexchange-crossvalidated.zip is not in {archives}")
    with zipfile.ZipFile(archives / "stackexchange-crossvalidated.zip") as archive:
        arrays = np.load(io.BytesIO(archive.read(stackexchange.WRAPPED)))
    when = defaultdict(list)
    rows, columns, times = (arrays[f"interactions_{part}"].tolist() for part in ("row", "col", "data"))
    for row, column, time in zip(rows, columns, times, strict=True):
        when[row, column].append(time)
    data = real(0.3, 0)
    train, test = (
        [when[cell] for cell in zip(data[part].row.tolist(), data[part].col.tolist(), strict=True)]
        for part in ("train", "test")
    )
    assert len(train) + len(test) == len(when)
    assert {len(times) for times in train} == {1}, "LightFM puts whoever answers again into the test set"
    assert max(train)[0] < min(times[0] for times in test if len(times) == 1)
    assert sum(len(times) > 1 for times in test) == 344
