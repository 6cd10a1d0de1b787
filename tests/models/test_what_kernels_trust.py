"""Kernels trust the shapes and types of learned arrays: whatever could break them is refused before.

Without these checks, the cases below read or wrote beyond the end of an array, which may crash Python or go unnoticed.
"""

import json

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import FunkSVD, LightFM
from tests.models.likes import LEARNED, some_likes

LIKES = some_likes()
N_USERS, N_ITEMS = LIKES.shape


def some_model(kind):
    return kind(no_components=5, random_state=1)


def keep_one_row(model):
    for name in LEARNED:
        if hasattr(model, name):
            setattr(model, name, getattr(model, name)[:1])


def fit_to_less(model):
    model.fit(sp.coo_matrix(np.ones((2, 2))))


def change_components(model):
    model.no_components = 4


both = pytest.mark.parametrize("kind", [LightFM, FunkSVD])


@both
@pytest.mark.parametrize(
    ("meddle", "message"),
    [
        (keep_one_row, "callback must leave the .* arrays with one row for each feature, 1[27] rows, got 1"),
        (fit_to_less, "callback must leave the .* arrays with one row for each feature, 1[27] rows, got 2"),
        (change_components, "callback must leave the model fitted"),
    ],
)
def test_a_callback_cannot_change_the_shape_of_what_is_being_learned(kind, meddle, message):
    with pytest.raises(ValueError, match=message):
        some_model(kind).fit(LIKES, epochs=2, callback=lambda model, epoch: meddle(model))


@both
def test_a_callback_may_assign_other_numbers(kind):
    def reset(model, epoch):
        model.item_embeddings = np.zeros((N_ITEMS, 5))

    assert len(some_model(kind).fit(LIKES, epochs=2, callback=reset).training_history) == 2


@both
@pytest.mark.parametrize("components", [4, 6, 500])
def test_another_number_of_components_makes_a_model_unfitted(kind, components):
    model = some_model(kind).fit(LIKES)
    model.no_components = 5
    assert model.__sklearn_is_fitted__()
    model.no_components = components
    assert model.item_embeddings is None
    with pytest.raises(ValueError, match="fit the model"):
        model.predict(0, [0])


def test_folding_in_looks_at_assigned_arrays_first():
    model = some_model(FunkSVD).fit(LIKES)
    model.item_embeddings = model.item_embeddings[:1]
    with pytest.raises(ValueError, match="item_embeddings and item_biases must have one row for each item"):
        model.fold_in(LIKES)


@both
def test_a_view_in_another_order_is_assigned(kind):
    model = some_model(kind).fit(LIKES)
    embeddings, biases = model.item_embeddings.copy(), model.item_biases.copy()
    model.item_embeddings, model.item_biases = model.item_embeddings[::-1], model.item_biases[::-1]
    np.testing.assert_array_equal(model.item_embeddings, embeddings[::-1])
    np.testing.assert_array_equal(model.item_biases, biases[::-1])


@both
@pytest.mark.parametrize("name", ["item_biases", "user_biases", "item_embeddings", "user_embeddings"])
def test_nan_is_no_good_rank(kind, name):
    model = some_model(kind).fit(LIKES)
    getattr(model, name)[3] = np.nan
    side = name.split("_")[0]
    with pytest.raises(ValueError, match=f"embeddings or biases of the model's {side}s hold NaN"):
        model.predict_rank(LIKES)
    with pytest.raises(ValueError, match=f"embeddings or biases of the model's {side}s hold NaN"):
        model.recommend(3, n=2)


def rewrite(path, about, arrays):
    with np.load(path) as file:
        saved = {name: file[name] for name in file.files}
    description = json.loads(str(saved["about"]))
    about(description)
    np.savez(path, **{**saved, "about": np.array(json.dumps(description)), **arrays})


def nothing(description):
    pass


@both
@pytest.mark.parametrize(
    ("about", "arrays", "message"),
    [
        (lambda a: a["params"].update(no_components=300), {}, r"item_embeddings must be float32 of shape \(17, 300\)"),
        (lambda a: a["params"].update(no_components=-1), {}, "no_components must be a positive integer"),
        (lambda a: a.update(format="one"), {}, "invalid literal"),
        (
            nothing,
            {"stream": np.zeros(1, np.int64)},
            r"stream must be int64 of shape \(4,\), got int64 of shape \(1,\)",
        ),
        (nothing, {"stream": np.zeros(4)}, r"stream must be int64 of shape \(4,\), got float64"),
        (nothing, {"item_biases": np.zeros(N_ITEMS)}, "item_biases must be float32"),
        (nothing, {"item_biases": np.zeros((N_ITEMS, 2), np.float32)}, "item_biases must be float32 of shape"),
        (nothing, {"item_embeddings": np.zeros(N_ITEMS, np.float32)}, "item_embeddings must be float32 of shape"),
        (
            nothing,
            {"user_embeddings": np.zeros((3, 5), np.float32)},
            r"user_embeddings must be float32 of shape \(12, 5",
        ),
    ],
)
def test_a_file_whose_arrays_do_not_fit_together_is_refused(kind, about, arrays, message, tmp_path):
    path = some_model(kind).fit(LIKES).save(tmp_path / "model.npz")
    rewrite(path, about, arrays)
    with pytest.raises(ValueError, match=f"does not hold a model written by {kind.__name__}.save: .*{message}"):
        kind.load(path)


@pytest.mark.parametrize(
    "about", [lambda a: a.update(described=3), lambda a: a.update(described={}), lambda a: a.update(history=1)]
)
def test_a_file_with_a_broken_description_is_refused(about, tmp_path):
    path = some_model(LightFM).fit(LIKES).save(tmp_path / "model.npz")
    rewrite(path, about, {})
    with pytest.raises(ValueError, match="does not hold a model written by LightFM.save"):
        LightFM.load(path)


@pytest.mark.parametrize("side", ["user", "item"])
def test_an_unknown_id_is_named_without_talking_of_features(side):
    model = some_model(LightFM).fit(LIKES)
    ids = {"user": [0], "item": [0], side: [99]}
    with pytest.raises(ValueError, match=f"{side}_ids holds the id 99, but the ids known here go from 0 to "):
        model.predict(ids["user"], ids["item"])


def test_a_wrong_number_of_draws_is_named_before_anything_changes():
    model = some_model(LightFM)
    model.max_sampled = -2
    with pytest.raises(ValueError, match="max_sampled must be a positive integer, got -2"):
        model.fit(LIKES)
    assert not model.__sklearn_is_fitted__()


@both
def test_a_small_type_of_integer_will_do(kind):
    model = kind(no_components=np.int8(20), random_state=1).fit(LIKES)
    np.testing.assert_array_equal(
        model.item_embeddings, kind(no_components=20, random_state=1).fit(LIKES).item_embeddings
    )
