"""A LightFM on disk."""

import os
import zipfile

import numpy as np
import pytest

from recsys_lessons import LightFM
from tests.models.likes import LOSSES, SCHEDULES, assert_same_bits, some_features, some_likes

LIKES = some_likes()


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loaded_model_predicts_and_goes_on_to_the_same_bytes(loss, schedule, tmp_path):
    described = {"user_features": some_features(12), "item_features": some_features(17)}
    model = LightFM(loss=loss, learning_schedule=schedule, no_components=5, item_alpha=0.01, random_state=3)
    model.fit(LIKES, epochs=2, **described)
    path = model.save(tmp_path / "model")
    assert path == tmp_path / "model.npz"
    loaded = LightFM.load(path)
    assert loaded.get_params() == model.get_params()
    assert loaded.training_history == model.training_history
    assert_same_bits(model, loaded)
    np.testing.assert_array_equal(model.predict(3, range(17), **described), loaded.predict(3, range(17), **described))
    model.fit_partial(LIKES, epochs=2, **described)
    loaded.fit_partial(LIKES, epochs=2, **described)
    assert_same_bits(model, loaded)
    assert loaded.training_history == model.training_history


def test_a_file_without_pickles(tmp_path):
    model = LightFM(random_state=np.random.RandomState(3)).fit(LIKES)
    path = model.save(str(tmp_path / "model.npz"))
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)
    assert LightFM.load(path).random_state is None


@pytest.mark.parametrize(
    "params", [{"no_components": np.int64(4)}, {"learning_rate": np.float32(0.1)}, {"random_state": np.int32(4)}]
)
def test_numpy_numbers_can_be_saved(params, tmp_path):
    model = LightFM(**params).fit(LIKES)
    assert_same_bits(model, LightFM.load(model.save(tmp_path / "model")))


def test_zero_draws_survive(tmp_path):
    model = LightFM(loss="warp")
    model.max_sampled = 0
    assert LightFM.load(model.fit(LIKES).save(tmp_path / "model")).max_sampled == 0


def test_names(tmp_path):
    model = LightFM().fit(LIKES)
    assert model.save(tmp_path / "v1.2").name == "v1.2.npz"
    with pytest.raises(FileNotFoundError):
        LightFM.load(tmp_path / "nowhere.npz")
    with pytest.raises(OSError, match="nowhere"):
        model.save(tmp_path / "nowhere" / "model")


def test_an_interrupted_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    old = LightFM(random_state=1).fit(LIKES)
    path = old.save(tmp_path / "model")
    before = path.read_bytes()

    def savez(file, **arrays):
        file.write(b"half a file")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(KeyboardInterrupt):
        LightFM(random_state=2).fit(LIKES).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]


def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "other").write_text("x")
    path = LightFM().fit(LIKES).save(tmp_path / "model")
    assert path.stat().st_mode & 0o777 == (tmp_path / "other").stat().st_mode & 0o777


def truncated(path):
    path.write_bytes(path.read_bytes()[:1000])


def not_a_zip(path):
    path.write_bytes(b"\x80\x04pickle")


def empty(path):
    path.write_bytes(b"")


def other_arrays(path):
    np.savez(path, numbers=np.zeros(3))


def array_missing(path):
    with np.load(path) as file:
        np.savez(path, **{name: file[name] for name in file.files if name != "item_biases"})


def one_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def corrupt(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("spoil", [truncated, not_a_zip, empty, other_arrays, array_missing, one_array, corrupt])
def test_what_is_not_a_model(spoil, tmp_path):
    path = LightFM(no_components=50).fit(LIKES).save(tmp_path / "model")
    spoil(path)
    with pytest.raises(ValueError, match="does not hold a model written by LightFM.save"):
        LightFM.load(path)


def test_a_newer_format(tmp_path):
    path = LightFM().fit(LIKES).save(tmp_path / "model")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["about"] = np.array(str(arrays["about"]).replace('"format": 1', '"format": 99'))
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="newer version"):
        LightFM.load(path)
    assert zipfile.is_zipfile(path)
