"""The residual explorer without a browser: its groups and errors against the figure and the library, and the view."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import BiasOnly, GlobalMean
from recsys_lessons.cross_validation import random_train_test_split
from recsys_lessons.evaluation import mae, rmse
from recsys_lessons.teaching.plotting import plot_residuals
from recsys_lessons.teaching.residuals import by_group
from recsys_lessons.teaching.widgets import ResidualExplorer, ResidualExplorerView
from recsys_lessons.teaching.widgets.residual_explorer import AS_THEY_ARE, GROUPINGS, Adjustment

STARS = np.arange(0.5, 5.5, 0.5)


@pytest.fixture(scope="module")
def splits():
    rng = np.random.default_rng(2)
    generous, good = rng.normal(0, 0.5, size=60), rng.normal(0, 0.5, size=80)
    rows, columns = np.nonzero(rng.random((60, 80)) < np.linspace(0.5, 0.02, 80))
    stars = 3.5 + generous[rows] + good[columns] + rng.normal(0, 0.8, size=len(rows))
    ratings = sp.coo_matrix((np.clip(np.round(2 * stars) / 2, 0.5, 5), (rows, columns)), shape=(60, 80))
    return [random_train_test_split(ratings, random_state=seed) for seed in range(3)]


@pytest.fixture(scope="module")
def models(splits):
    return {
        "mean": [GlobalMean().fit(train) for train, _ in splits],
        "biases": [BiasOnly(1, 1).fit(train) for train, _ in splits],
    }


@pytest.fixture(scope="module")
def lab(splits, models):
    predicted = {
        name: [model.predict(test.row, test.col) for model, (_, test) in zip(of, splits, strict=True)]
        for name, of in models.items()
    }
    return ResidualExplorer(predicted, splits)


class TestState:
    def test_errors_are_the_librarys(self, lab, splits, models):
        for name, of in models.items():
            for number, (model, (_, test)) in enumerate(zip(of, splits, strict=True)):
                errors = lab.errors(name, number)
                assert errors.rmse == pytest.approx(rmse(model, test), rel=1e-6)
                assert errors.mae == pytest.approx(mae(model, test), rel=1e-6)

    @pytest.mark.parametrize("by", GROUPINGS)
    @pytest.mark.parametrize("how", [AS_THEY_ARE, Adjustment(0.2, 1.5)])
    def test_groups_add_up_to_all(self, lab, splits, by, how):
        test = splits[1][1]
        counts, means, sizes = lab.by_group("biases", by, 1, how)
        there, errors = counts > 0, lab.errors("biases", 1, how)
        assert counts.sum() == test.nnz and len(counts) == len(lab.groups(by))
        assert (counts * means)[there].sum() / test.nnz == pytest.approx(errors.mean)
        assert np.sqrt((counts * sizes**2)[there].sum() / test.nnz) == pytest.approx(errors.rmse)

    def test_groups_are_those_of_the_lesson(self, lab, splits, drawn, capsys):
        train, test = splits[0]
        off = {"biases": np.clip(lab._predictions["biases"][0], 0.5, 5) - test.data}
        bounds = [0, 1, 5, 20, 50, 100, 200, 1000]
        groupings = {"stars given": (np.searchsorted(STARS, test.data), [f"{s:g}" for s in STARS])}
        for by, side, length in (("ratings of the film", "col", 80), ("ratings of the user", "row", 60)):
            known = np.bincount(getattr(train, side), minlength=length)[getattr(test, side)]
            groupings[by] = np.searchsorted(bounds, known, side="right") - 1, [f"{bound}" for bound in bounds]
        for by, (group, names) in groupings.items():
            plot_residuals(off, group, names, by=by)
            own = lab.by_group("biases", by, 0)
            assert lab.groups(by) == names
            means = " · ".join(f"{value:+.2f}" for value in own.means[own.counts > 0])
            sizes = " · ".join(f"{value:.2f}" for value in own.sizes[own.counts > 0])
            assert f"biases, mean: {means}\nbiases, RMSE: {sizes}\n" in capsys.readouterr().out

    def test_by_stars_predicted_each_rating_stands_where_its_prediction_is_nearest(self, lab, splits):
        how = Adjustment(0.1, 1.3)
        predicted, given = lab.adjusted("biases", 2, how), splits[2][1].data
        nearest = np.abs(predicted[:, None] - STARS).argmin(axis=1)
        counts, means, _ = lab.by_group("biases", "stars predicted", 2, how)
        assert counts.tolist() == np.bincount(nearest, minlength=10).tolist()
        here = nearest == 7
        assert means[7] == pytest.approx((predicted - given)[here].mean())

    def test_shift_and_stretch_do_what_they_say(self, lab, splits):
        middle = splits[0][0].data.mean()
        as_it_is = lab.adjusted("biases", 0)
        assert lab.adjusted("biases", 0, Adjustment(0.1)) == pytest.approx(np.clip(as_it_is + 0.1, 0.5, 5))
        stretched = np.clip(middle + 2 * (as_it_is - middle), 0.5, 5)
        assert lab.adjusted("biases", 0, Adjustment(stretch=2)) == pytest.approx(stretched)
        assert lab.adjusted("mean", 0, Adjustment(stretch=2)) == pytest.approx(lab.adjusted("mean", 0), abs=1e-5)

    def test_better_on_counts_splits(self, lab):
        how = Adjustment(shift=0.05)
        pairs = [(lab.errors("biases", split, how), lab.errors("biases", split)) for split in range(3)]
        assert lab.better_on("biases", how) == (
            sum(own.rmse < was.rmse for own, was in pairs),
            sum(own.mae < was.mae for own, was in pairs),
            sum(own.within > was.within for own, was in pairs),
            sum(abs(own.mean) < abs(was.mean) for own, was in pairs),
        )
        assert lab.better_on("biases", AS_THEY_ARE) == (0, 0, 0, 0)
        assert lab.better_on("biases", Adjustment(shift=0.5))[0] == 0

    def test_an_empty_group_has_no_mean(self):
        counts, means, sizes = by_group(np.array([1.0, 3.0]), np.array([1, 1]), 3)
        assert counts.tolist() == [0, 2, 0] and means[1] == 2 and sizes[1] == pytest.approx(np.sqrt(5))
        assert np.isnan(means[[0, 2]]).all() and np.isnan(sizes[[0, 2]]).all()


def test_wrong_input_is_named(lab, splits):
    n = splits[0][1].nnz
    for predictions, message in (
        ({}, "predictions or splits is empty"),
        ({"a": [np.ones(n)]}, "has 1 splits; expected 3"),
        ({"a": [np.ones(n - 1)] * 3}, rf"\['a'\]\[0\] has shape \({n - 1},\); expected {n} finite"),
        ({"a": [np.full(n, np.nan)] * 3}, "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            ResidualExplorer(predictions, splits)
    with pytest.raises(ValueError, match="predictions or splits is empty"):
        ResidualExplorer({"a": []}, [])
    for ask, message in (
        (lambda: lab.adjusted("bias", 0), "Did you mean 'biases'"),
        (lambda: lab.adjusted("biases", 3), "split is 3; expected a number from 0 to 2"),
        (lambda: lab.groups("stars gven"), "Did you mean 'stars given'"),
        (lambda: ResidualExplorerView(lab, name="bias"), "Did you mean 'biases'"),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


class TestView:
    def test_sliders_change_the_chosen_row_and_reset_goes_back(self, lab):
        view = ResidualExplorerView(lab, name="biases")
        first = view._body.value, view.picture.png
        assert "biases, as it is" in view._body.value
        view.controls["stretch"].value, view.controls["shift"].value = 1.5, 0.1
        how = Adjustment(0.1, 1.5)
        assert view.adjustment() == how
        assert f"{lab.errors('biases', 0, how).rmse:.4f}" in view._body.value
        assert f"<td>{lab.better_on('biases', how)[0]} of 3</td>" in view._body.value
        assert f"{lab.errors('biases', 0).rmse:.4f}" in view._body.value  # as it was, too
        view.reset.click()
        assert (view._body.value, view.picture.png) == first and view.error is None

    @pytest.mark.parametrize("end", ["low", "high"])
    @pytest.mark.parametrize("by", GROUPINGS)
    def test_both_ends_of_every_control(self, lab, by, end):
        view = ResidualExplorerView(lab)
        view.controls["by"].value = by
        view.controls["name"].value = lab.names[0 if end == "low" else -1]
        for name in ("split", "shift", "stretch"):
            control = view.controls[name]
            control.value = control.min if end == "low" else control.max
        assert view.error is None
        assert view.adjustment() == (Adjustment(-0.5, 0.5) if end == "low" else Adjustment(0.5, 2.0))

    def test_one_split_is_enough(self, splits):
        n = splits[0][1].nnz
        view = ResidualExplorerView(ResidualExplorer({"3.5": [np.full(n, 3.5)]}, splits[:1]))
        assert view.controls["split"].disabled and view.error is None

    def test_every_control_changes_the_picture(self, lab):
        view = ResidualExplorerView(lab, name="biases")
        for name, value in (
            ("by", "stars predicted"),
            ("split", 1),
            ("shift", 0.2),
            ("stretch", 1.2),
            ("name", "mean"),
        ):
            before = view.picture.png
            view.controls[name].value = value
            assert view.picture.png != before

    def test_an_error_is_shown(self, lab, monkeypatch):
        view = ResidualExplorerView(lab)
        monkeypatch.setattr(lab, "by_group", lambda *a: 1 / 0)
        view.controls["shift"].value = 0.1
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_names_are_escaped(self, splits):
        n = splits[0][1].nnz
        view = ResidualExplorerView(ResidualExplorer({"<b>": [np.ones(n)]}, splits[:1]))
        assert all(control.description for control in [*view.controls.values(), view.reset])
        assert "<b>" not in view._body.value and "&lt;b&gt;" in view._body.value
