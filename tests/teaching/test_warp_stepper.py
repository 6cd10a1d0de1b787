"""The WARP stepper without a browser: its searches, its steps against the library's own, and the view."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.plotting import plot_warp_search
from recsys_lessons.teaching.widgets import WarpStepper, WarpStepperView

N_ITEMS = 60


@pytest.fixture(scope="module")
def likes():
    rng = np.random.default_rng(5)
    liked = rng.random((20, N_ITEMS)) < np.linspace(0.3, 0.05, N_ITEMS)
    liked[3, [0, 4, 30]] = True
    return sp.coo_matrix(liked.astype(np.float32))


@pytest.fixture
def stepper(likes):
    model = LightFM(loss="warp", no_components=6, random_state=2).fit(likes, epochs=3)
    return WarpStepper(model, likes, 3, labels=[f"film {item}" for item in range(N_ITEMS)])


class TestSearch:
    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("max_sampled", [1, 10, 100])
    def test_it_is_the_search_of_the_figure(self, stepper, seed, max_sampled, capsys):
        stepper.change(max_sampled=max_sampled, seed=seed, margin=1.0)
        stepper.search()
        plot_warp_search(stepper.scores, stepper.liked, stepper.known, max_sampled=max_sampled, seed=seed)
        told = capsys.readouterr().out
        if stepper.found is None:
            assert f"nothing in {len(stepper.drawn)} draws, no step" in told
        else:
            weight = stepper.strengths()["warp"]
            assert f"draw {len(stepper.drawn)} breaks the rule, rank {stepper.rank}, weight {weight:.2f}" in told

    @pytest.mark.parametrize("max_sampled", [1, 10, 100])
    @pytest.mark.parametrize("margin", [0.0, 1.0, 3.0])
    def test_many_searches_end_as_in_the_figure_whatever_the_present_one_draws(
        self, stepper, max_sampled, margin, capsys
    ):
        stepper.change(max_sampled=max_sampled, margin=margin, seed=4)
        odds = stepper.odds()
        arguments = {"max_sampled": max_sampled, "margin": margin, "seed": 0}
        plot_warp_search(stepper.scores, stepper.liked, stepper.known, **arguments)
        told = capsys.readouterr().out
        assert f"break the rule: {odds.n_breaking} of {N_ITEMS} items" in told
        assert f"2,000 searches: {odds.found:.0%} find one" in told
        if odds.found:
            assert f"mean {odds.mean_rank:,.0f}; mean weight {odds.mean_strength:.2f}" in told

    def test_one_by_one_or_to_the_end_is_the_same(self, stepper):
        stepper.search()
        at_once = list(stepper.drawn)
        stepper.change(seed=0)
        for one in at_once:
            assert stepper.draw() == one
        assert stepper.over and stepper.draw() is None and stepper.drawn == at_once

    def test_known_items_end_no_search(self, stepper):
        stepper.change(margin=50.0, max_sampled=100)  # everything breaks the rule, but for known items
        verdicts = set()
        for seed in range(30):
            stepper.change(seed=seed)
            stepper.search()
            assert stepper.found not in stepper.known
            verdicts |= {(one.verdict, one.item in stepper.known) for one in stepper.drawn}
        assert verdicts == {("known", True), ("breaks", False)}

    def test_bpr_draws_items_as_often_as_they_are_liked(self, stepper, likes):
        stepper.change(loss="bpr")
        taken = np.zeros(N_ITEMS)
        for seed in range(3000):
            stepper.change(seed=seed)
            stepper.search()
            taken[stepper.found] += 1
        expected = np.bincount(likes.col, minlength=N_ITEMS).astype(float)
        expected[stepper.known] = 0
        expected *= 3000 / expected.sum()
        assert taken[stepper.known].sum() == 0
        assert np.abs(taken - expected).max() < 5 * np.sqrt(expected.max())


class TestStep:
    @pytest.mark.parametrize("loss", ["bpr", "logistic"])
    def test_it_is_the_librarys_first_update(self, loss):
        # One like, one other item, which somebody else likes: BPR can only draw that one.
        entries = sp.coo_matrix((np.ones(2, np.float32), ([0, 1], [0, 1])), (2, 2))
        model = LightFM(loss=loss, no_components=4, random_state=1).fit(entries, epochs=0)
        rng = np.random.default_rng(0)
        model.user_embeddings[0] = rng.normal(size=4)
        model.user_embeddings[1] = 0
        model.item_embeddings[:] = rng.normal(size=(2, 4))
        model.item_biases[:] = 0.3, 0.2
        stepper = WarpStepper(model, entries, 0)
        stepper.change(loss=loss)
        stepper.search()
        alone = sp.coo_matrix((np.ones(1, np.float32), ([0], [0])), (2, 2))
        if loss == "bpr":  # the second entry is of user 1, whose vector is 0 and whose update comes on top: weigh it 0
            weights = sp.coo_matrix((np.array([1, 0], np.float32), ([0, 1], [0, 1])), (2, 2))
            model.fit_partial(entries, sample_weight=weights, epochs=1)
        else:
            model.fit_partial(alone, epochs=1)
        before_items = stepper.item_vectors.copy()
        assert stepper.step().strength > 0.01
        stepper.take()
        assert model.user_embeddings[0] == pytest.approx(stepper.user_vector, abs=1e-6)
        assert model.item_embeddings == pytest.approx(stepper.item_vectors, abs=1e-6)
        assert model.item_biases == pytest.approx(stepper.item_biases, abs=1e-6)
        assert not np.allclose(before_items, stepper.item_vectors)

    def test_warps_first_update_with_whatever_the_library_drew(self, likes):
        model = LightFM(loss="warp", no_components=6, random_state=2).fit(likes, epochs=0)
        rng = np.random.default_rng(1)
        model.item_embeddings[:] = rng.normal(size=model.item_embeddings.shape)
        model.user_embeddings[:] = rng.normal(size=model.user_embeddings.shape)
        alone = sp.coo_matrix((np.ones(1, np.float32), ([3], [4])), likes.shape)
        stepper = WarpStepper(model, alone, 3)
        before = model.item_embeddings.copy()
        model.fit_partial(alone, epochs=1)
        moved = np.flatnonzero((model.item_embeddings != before).any(axis=1))
        (negative,) = moved[moved != 4]
        # Our draws are others. Search until the same negative is found after as many draws as the step's size tells.
        gained = model.item_biases[4]
        for seed in range(5000):
            stepper.change(seed=seed)
            stepper.search()
            if stepper.found == negative and np.isclose(0.05 * stepper.strengths()["warp"], gained, rtol=1e-4):
                break
        else:
            pytest.fail("no search ends with the library's negative and strength")
        stepper.take()
        assert model.user_embeddings[3] == pytest.approx(stepper.user_vector, abs=1e-5)
        assert model.item_embeddings == pytest.approx(stepper.item_vectors, abs=1e-5)

    @pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
    def test_it_helps_and_reset_takes_it_back(self, stepper, loss):
        before = stepper.scores.copy()
        stepper.change(loss=loss, margin=3.0)
        stepper.search()
        rival = stepper.found
        stepper.take()
        gained = stepper.scores - before
        assert gained[stepper.liked] > (0 if rival is None else gained[rival])
        assert stepper.n_steps == 1 and stepper.seed == 1 and not stepper.drawn
        stepper.reset()
        assert np.array_equal(stepper.scores, before) and stepper.n_steps == 0

    def test_without_a_negative_there_is_no_step(self, stepper):
        stepper.change(margin=0.0, place=0)
        stepper.scores[stepper.liked] = 100.0
        stepper._breaks[:] = False
        stepper.search()
        assert len(stepper.drawn) == 10 and stepper.step() is None
        user = stepper.user_vector.copy()
        stepper.take()
        assert np.array_equal(stepper.user_vector, user) and stepper.n_steps == 0

    @pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
    def test_the_plane_holds_the_whole_step(self, stepper, loss):
        stepper.change(loss=loss, margin=3.0)
        stepper.search()
        plane, step = stepper.plane(), stepper.step()
        assert plane @ plane.T == pytest.approx(np.eye(2))
        for added in (step.user, step.liked, step.negative):
            if added is not None:
                assert added @ plane.T @ plane == pytest.approx(added)
        assert stepper.item_vectors[stepper.liked] @ plane[1] >= 0


def test_the_model_stays_as_it_was(stepper, likes):
    before = stepper._model.item_embeddings.copy(), stepper._model.user_embeddings.copy()
    for _ in range(5):
        stepper.search()
        stepper.take()
    assert np.array_equal(stepper._model.item_embeddings, before[0])
    assert np.array_equal(stepper._model.user_embeddings, before[1])


def test_wrong_input_is_named(stepper, likes):
    model = stepper._model
    with pytest.raises(ValueError, match="user is 20; expected a number from 0 to 19"):
        WarpStepper(model, likes, 20)
    with pytest.raises(ValueError, match="labels has 2 entries; expected 60"):
        WarpStepper(model, likes, 0, labels=["a", "b"])
    with pytest.raises(ValueError, match=r"expected \(20, 59\)"):
        WarpStepper(model, likes.tocsr()[:, :59], 0)
    with pytest.raises(ValueError, match="user 0 likes nothing"):
        WarpStepper(model, sp.coo_matrix(([1.0], ([1], [1])), likes.shape), 0)
    for wrong, message in (
        ({"loss": "wrap"}, "Did you mean 'warp'"),
        ({"place": 99}, "place is 99; expected a whole number from 0 to"),
        ({"max_sampled": 0}, "max_sampled"),
        ({"margin": -1.0}, "margin"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"seed": -1}, "seed is -1"),
        ({"epochs": 3}, "epochs is no setting"),
    ):
        with pytest.raises(ValueError, match=message):
            stepper.change(seed=7, **wrong) if "seed" not in wrong else stepper.change(**wrong)
        assert stepper.seed == 0


class TestView:
    def test_a_search_and_a_step_by_buttons(self, stepper):
        view = WarpStepperView(stepper)
        assert "Nothing drawn yet" in view._body.value and view.buttons["take"].disabled
        first = view.picture.png
        stepper.change(margin=3.0)
        view.buttons["draw"].click()
        assert view.picture.png != first and "Draw 1: " in view._body.value
        view.buttons["search"].click()
        assert view.buttons["draw"].disabled and not view.buttons["take"].disabled
        assert "breaks the rule: the search ends" in view._body.value
        view.buttons["take"].click()
        assert "Steps taken: 1" in view._body.value
        view.buttons["next"].click()
        view.buttons["reset"].click()
        assert "Steps taken: 0" in view._body.value and view.error is None

    @pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
    @pytest.mark.parametrize("end", ["low", "high"])
    def test_both_ends_of_every_control(self, stepper, loss, end):
        view = WarpStepperView(stepper)
        view.controls["loss"].value = loss
        for name in ("place", "max_sampled", "margin"):
            control = view.controls[name]
            control.value = control.min if end == "low" else control.max
        rates = [value for _, value in view.controls["learning_rate"].options]
        view.controls["learning_rate"].value = rates[0 if end == "low" else -1]
        for button in ("draw", "search", "take", "next", "draw", "reset"):
            view.buttons[button].click()
        assert view.error is None
        assert (stepper.loss, stepper.place) == (loss, 0 if end == "low" else len(stepper.likes) - 1)

    def test_the_strengths_on_the_page_are_those_of_the_state(self, stepper):
        stepper.change(margin=3.0)
        view = WarpStepperView(stepper)
        view.buttons["search"].click()
        for value in stepper.strengths().values():
            assert f"<td>{value:.3f}</td>" in view._body.value

    def test_an_error_is_shown(self, stepper):
        stepper.draw = lambda: 1 / 0
        view = WarpStepperView(stepper)
        view.buttons["draw"].click()
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_titles_are_escaped(self, stepper):
        stepper.labels = ["<script>"] * N_ITEMS
        view = WarpStepperView(stepper)
        view.buttons["draw"].click()
        assert all(control.description for control in [*view.controls.values(), *view.buttons.values()])
        assert "<script>" not in view._body.value and "&lt;script&gt;" in view._body.value
