"""The feature ablation lab without a browser: its gains against the library's own numbers, and the view."""

import asyncio

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.evaluation import auc_score, precision_at_k
from recsys_lessons.teaching.widgets import FeatureAblation, FeatureAblationView
from recsys_lessons.teaching.widgets.feature_ablation import LOSSES, MOST_ROWS

N_USERS, N_ITEMS = 40, 50
LABELS = ["kind:a", "kind:b", "kind:c", "brand:x", "brand:y", "price:<low>"]


@pytest.fixture(scope="module")
def shop():
    """Purchases that follow the kind of a product, in train and test; brand is by lot, price the same for all."""
    rng = np.random.default_rng(3)
    kind, brand = rng.integers(3, size=N_ITEMS), rng.integers(2, size=N_ITEMS)
    facts = np.hstack([np.eye(3)[kind], np.eye(2)[brand], np.ones((N_ITEMS, 1))]).astype(np.float32)
    wanted = rng.integers(3, size=N_USERS)
    bought = rng.random((N_USERS, N_ITEMS)) < np.where(kind == wanted[:, None], 0.5, 0.05)
    later = rng.random((N_USERS, N_ITEMS)) < 0.4
    train, test = bought & ~later, bought & later
    return sp.csr_matrix(train, dtype=np.float32), sp.csr_matrix(test, dtype=np.float32), sp.csr_matrix(facts)


@pytest.fixture
def lab(shop):
    return FeatureAblation(*shop, LABELS, no_components=4, epochs=2, k=5)


def train(lab, sets, **arguments):
    training = lab.begin(sets, **arguments)
    while lab.advance(training):
        pass
    return lab.rows


def choose(view, *names):
    for name, control in view.attributes.items():
        control.value = name in names


class TestGains:
    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize("dealt", [False, True])
    def test_they_are_the_lessons_own_lines(self, lab, shop, loss, dealt):
        bought, later, facts = shop
        (row,) = train(lab, [["brand", "kind"]], loss=loss, dealt=dealt, seeds=3)
        assert row.attributes == ("kind", "brand")
        n_tested = int((later.getnnz(axis=1) > 0).sum())
        drawn = np.random.default_rng(0).integers(n_tested, size=(1000, n_tested))
        for measure, metric in enumerate((auc_score, lambda *a, **n: precision_at_k(*a, k=5, **n))):
            gaps = []
            for seed in range(3):
                order = np.random.default_rng(seed).permutation(N_ITEMS) if dealt else np.arange(N_ITEMS)
                matrix = sp.hstack([sp.identity(N_ITEMS), facts[order][:, :5]], format="csr")
                alone, model = (LightFM(loss=loss, no_components=4, random_state=seed) for _ in range(2))
                alone.fit(bought, epochs=2)
                model.fit(bought, item_features=matrix, epochs=2)
                gaps.append(metric(model, later, bought, item_features=matrix) - metric(alone, later, bought))
            gain = lab.gain(row, "dealt" if dealt else "true", measure)
            ends = np.percentile(np.mean(gaps, axis=0)[drawn].mean(axis=1), [2.5, 97.5])
            assert (gain.mean, gain.low, gain.high) == (np.mean(gaps), *ends)
            assert (gain.ahead, gain.n_seeds) == ((np.mean(gaps, axis=1) > 0).sum(), 3)

    def test_what_columns_say_is_true_less_dealt(self, lab):
        (row,) = train(lab, [["kind"]], seeds=4)
        assert lab.gain(row, "said") is None and lab.gain(row, "dealt") is None
        train(lab, [["kind"]], dealt=True, seeds=2)
        said = lab.gain(row, "said")
        assert said.n_seeds == 2
        differences = [(row.true[seed] - row.dealt[seed])[0].mean() for seed in range(2)]
        assert said.mean == pytest.approx(np.mean(differences))

    def test_kind_says_something_and_a_constant_nothing(self, lab):
        train(lab, [["kind"], ["price"]], seeds=5)
        kind, price = train(lab, [["kind"], ["price"]], dealt=True, seeds=5)
        assert lab.gain(kind, "said").low > 0 and lab.gain(kind, "said").told
        assert lab.gain(price, "said").mean == 0.0 and not lab.gain(price, "said").told

    def test_one_matrix_is_that_of_as_lightfm(self):
        from recsys_lessons.datasets import load_groceries

        groceries = load_groceries(described_only=True, min_households=200)
        data = groceries.as_lightfm(product_features=["brand", "category"])
        lab = FeatureAblation(data["train"], data["test"], groceries.item_features, groceries.item_feature_labels)
        assert lab.attributes == ["department", "category", "type", "brand", "price"]
        assert (lab.matrix(["category", "brand"]) != data["item_features"]).nnz == 0


class TestRows:
    def test_a_row_that_is_trained_on_is_the_latest(self, lab):
        train(lab, [["kind"], ["brand"]], seeds=1)
        train(lab, [["kind"]], seeds=2)
        assert [row.attributes for row in lab.rows] == [("brand",), ("kind",)]

    def test_more_seeds_go_on_where_the_row_ended(self, lab, monkeypatch):
        (row,) = train(lab, [["kind"]], seeds=2)
        before = dict(row.true)
        trained = []
        fit_partial = LightFM.fit_partial
        monkeypatch.setattr(LightFM, "fit_partial", lambda *a, **n: trained.append(1) or fit_partial(*a, **n))
        assert train(lab, [["kind"]], seeds=3) == [row]
        assert len(trained) == 4  # two epochs alone, two with the attribute
        assert sorted(row.true) == [0, 1, 2] and all(row.true[seed] is before[seed] for seed in before)

    def test_they_are_bounded_and_the_oldest_goes(self, lab):
        sets = [["kind"], ["brand"], ["price"], ["kind", "brand"], ["kind", "price"], ["brand", "price"]]
        train(lab, sets, seeds=1)
        rows = train(lab, sets[:3], loss="bpr", seeds=1)
        assert len(rows) == MOST_ROWS and rows[0].attributes == ("brand",) and rows[-1].loss == "bpr"
        lab.take_back()
        assert len(lab.rows) == MOST_ROWS - 1
        lab.reset()
        assert lab.rows == []

    def test_an_exception_ends_the_training(self, lab, monkeypatch):
        monkeypatch.setattr(LightFM, "fit_partial", lambda *a, **n: 1 / 0)
        training = lab.begin([["kind"]])
        with pytest.raises(ZeroDivisionError):
            lab.advance(training)
        assert training.over


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test": sp.csr_matrix((3, 3))}, "test has shape"),
        ({"test": sp.csr_matrix((N_USERS, N_ITEMS))}, "test has no interactions"),
        ({"item_features": sp.csr_matrix((3, 6))}, "item_features has 3 rows; expected 50"),
        ({"feature_labels": ["a:b"]}, "feature_labels has 1 entries; expected 6"),
        ({"no_components": 0}, "no_components"),
        ({"epochs": 0}, "epochs"),
        ({"k": 0}, "k"),
    ],
)
def test_wrong_input_is_named(shop, change, message):
    bought, later, facts = shop
    arguments = {"train": bought, "test": later, "item_features": facts, "feature_labels": LABELS} | change
    with pytest.raises(ValueError, match=message):
        FeatureAblation(**arguments)


def test_wrong_settings_are_named(lab):
    for sets, named, message in (
        ([["kid"]], {}, "Did you mean 'kind'"),
        ([[]], {}, "attributes is empty"),
        ([["kind"]], {"loss": "wrap"}, "Did you mean 'warp'"),
        ([["kind"]], {"seeds": 0}, "seeds"),
    ):
        with pytest.raises(ValueError, match=message):
            lab.begin(sets, **named)
        assert lab.rows == []
    (row,) = train(lab, [["kind"]], seeds=1)
    with pytest.raises(ValueError, match="which"):
        lab.gain(row, "false")


class TestView:
    def test_true_and_dealt_by_buttons(self, lab):
        view = FeatureAblationView(lab)
        empty = view.picture.png
        assert "Nothing trained yet" in view._body.value
        assert [name for name, button in view.buttons.items() if button.disabled] == ["stop", "back", "reset"]
        choose(view)
        assert view.buttons["train"].disabled and view.buttons["each"].disabled
        choose(view, "kind", "brand")
        view.buttons["train"].click()
        assert view.picture.png != empty and "kind + brand, WARP" in view._body.value
        assert view.buttons["stop"].disabled and not view.buttons["back"].disabled
        view.dealt.value = True
        view.buttons["train"].click()
        (row,) = lab.rows
        assert len(row.true) == len(row.dealt) == 3 and "<td>3/3</td>" in view._body.value
        view.buttons["each"].click()
        assert [row.attributes for row in lab.rows] == [("kind", "brand"), ("kind",), ("brand",)]
        view.buttons["back"].click()
        assert len(lab.rows) == 2
        view.buttons["reset"].click()
        assert not lab.rows and "Nothing trained yet" in view._body.value and view.error is None
        assert view.chosen() == lab.attributes and not view.dealt.value

    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize("end", ["low", "high"])
    def test_both_ends_of_every_control(self, lab, loss, end):
        view = FeatureAblationView(lab)
        view.loss.value, view.dealt.value = loss, end == "high"
        view.seeds.value = view.seeds.min if end == "low" else view.seeds.max
        choose(view, *(["price"] if end == "low" else view.attributes))
        view.buttons["train"].click()
        assert view.error is None
        (row,) = lab.rows
        assert row.loss == loss and len(row.true) + len(row.dealt) == view.seeds.value

    def test_stop_and_a_new_training_leave_rows_right(self, lab, shop):
        view = FeatureAblationView(lab)
        choose(view, "kind")
        view.seeds.value = 10

        async def operate():
            view.buttons["train"].click()
            first = view.task
            await asyncio.sleep(0.02)
            view.buttons["stop"].click()
            assert view.buttons["stop"].disabled
            view.seeds.value = 2
            view.buttons["train"].click()
            await asyncio.gather(first, view.task)

        asyncio.run(operate())
        (row,) = lab.rows
        assert view.error is None and {0, 1} <= row.true.keys() and len(row.true) < 10
        (expected,) = train(FeatureAblation(*shop, LABELS, no_components=4, epochs=2, k=5), [["kind"]], seeds=2)
        for seed in (0, 1):
            assert np.array_equal(row.true[seed], expected.true[seed])

    def test_an_error_is_shown(self, lab, monkeypatch):
        view = FeatureAblationView(lab)
        monkeypatch.setattr(lab, "begin", lambda *a, **n: 1 / 0)
        view.buttons["train"].click()
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_names_are_escaped(self, shop):
        labels = ["<b>:a", "<b>:b", "<b>:c", *LABELS[3:]]
        view = FeatureAblationView(FeatureAblation(*shop, labels, no_components=2, epochs=1))
        controls = [*view.attributes.values(), view.loss, view.seeds, view.dealt, *view.buttons.values()]
        assert all(control.description for control in controls)
        choose(view, "<b>")
        view.buttons["train"].click()
        assert "<b>" not in view._body.value and "&lt;b&gt;" in view._body.value
