"""The SGD stepper without a browser: its updates against the library's and the figure's, and the view."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import FunkSVD
from recsys_lessons.teaching.plotting import plot_sgd_steps
from recsys_lessons.teaching.rating_steps import BOUND, learn_step_by_step
from recsys_lessons.teaching.widgets import SgdStepper, SgdStepperView
from recsys_lessons.teaching.widgets.sgd_stepper import MOST_STEPS
from recsys_lessons.teaching.widgets.sgd_stepper_view import LAST_SEED, VALUES

TABLE = np.array([[5, 4, 2, np.nan], [1, 2, 4, 5], [4, 3, 1, 2]])
NAMES = {"users": ["Ann", "Bob", "Cid"], "items": ["Galaxy", "Moonrise", "Picnic", "Orchard"]}


@pytest.fixture
def stepper():
    return SgdStepper(TABLE, **NAMES)


def entries(rows):
    """The known ratings of some users."""
    known = [(u, i) for u, i in np.argwhere(~np.isnan(TABLE)) if u in rows]
    users, items = np.transpose(known)
    return sp.coo_matrix((TABLE[users, items], (users, items)), shape=TABLE.shape)


class TestPath:
    @pytest.mark.parametrize(("learning_rate", "penalty", "start"), [(0.1, 0.2, 0.3), (0.05, 0.0, 1.0)])
    def test_it_is_what_the_library_learns_user_after_user(self, learning_rate, penalty, start):
        path = learn_step_by_step(TABLE, 33, learning_rate, penalty, start, seed=3)
        model = FunkSVD(2, learning_rate=learning_rate, regularization=penalty, clip=False)
        model.fit(entries({0, 1, 2}), epochs=0)
        model.user_embeddings, model.item_embeddings = path.users[0], path.items[0]
        step = 0
        for _ in range(3):
            for user in range(3):
                model.fit_partial(entries({user}), epochs=1)
                step += 3 if user == 0 else 4
                assert model.user_embeddings == pytest.approx(path.users[step], abs=1e-5)
                assert model.item_embeddings == pytest.approx(path.items[step], abs=1e-5)
                assert model.user_biases == pytest.approx(path.user_biases[step], abs=1e-5)
                assert model.item_biases == pytest.approx(path.item_biases[step], abs=1e-5)
                assert model.predict(0, np.arange(4)) == pytest.approx(path.predicted[step, 0], abs=1e-5)

    def test_an_update_is_its_gradient_times_the_learning_rate(self):
        path = learn_step_by_step(TABLE, 40, 0.1, 0.2, 0.3, seed=1)
        for step in range(1, 41):
            update = path.update(step)
            assert TABLE[update.user, update.item] == update.rating
            assert update.error == pytest.approx(update.rating - path.predicted[step - 1, update.user, update.item])
            for name, before in update.before.items():
                assert update.after[name] == pytest.approx(before - 0.1 * update.gradient[name])

    def test_only_the_numbers_of_one_user_and_one_item_change(self):
        path = learn_step_by_step(TABLE, 40, 0.1, 0.2, 0.3, seed=1)
        for step in range(1, 41):
            update = path.update(step)
            for arrays, row in ((path.users, update.user), (path.items, update.item)):
                moved = (arrays[step] != arrays[step - 1]).any(axis=1)
                assert np.flatnonzero(moved).tolist() == [row]

    def test_the_numbers_of_the_lesson(self):
        """Ann's 5 for Galaxy with a pencil: p_u from (1, 0.5) to (1.13, 0.39)."""
        p, q, b_u, b_i = np.array([1.0, 0.5]), np.array([1.5, -1.0]), 0.5, -0.5
        path = learn_step_by_step(TABLE, 1, 0.1, 0.2, 0.3, seed=0)
        path.users[0, 0], path.items[0, 0], path.user_biases[0, 0], path.item_biases[0, 0] = p, q, b_u, b_i
        update = path.update(1)
        assert update.error == pytest.approx(1.0)
        assert p - 0.1 * update.gradient["user vector"] == pytest.approx([1.13, 0.39])

    def test_where_the_numbers_get_out_of_hand(self):
        path = learn_step_by_step(TABLE, MOST_STEPS, 0.5, 0.02, 0.3, seed=0)
        assert 0 < path.n_bounded < MOST_STEPS
        assert np.abs(path.predicted[: path.n_bounded + 1]).max() <= BOUND
        assert not np.abs(path.predicted[path.n_bounded + 1]).max() <= BOUND


class TestStepper:
    @pytest.mark.parametrize("settings", [{}, {"start": 0.01}, {"seed": 3, "penalty": 0.1}, {"learning_rate": 0.01}])
    @pytest.mark.parametrize("n_steps", [0, 7, 330])
    def test_it_is_what_the_figure_tells(self, stepper, settings, n_steps, capsys):
        stepper.change(n_steps=n_steps, **settings)
        plot_sgd_steps(TABLE, steps=n_steps, **settings, **NAMES)
        told = capsys.readouterr().out
        assert f"before, {stepper.rmse:.3f} after" in told
        (blank,) = stepper.blanks()
        assert f"Ann, Orchard: {blank.predicted:.2f}" in told
        parts = stepper.path.mean + blank.user_bias + blank.item_bias + blank.taste
        assert parts == pytest.approx(blank.predicted)

    def test_one_by_one_or_at_once_is_the_same(self, stepper):
        for _ in range(stepper.n_known):
            stepper.step()
        one_by_one = stepper.predicted
        stepper.reset()
        stepper.step(stepper.n_known)
        assert np.array_equal(stepper.predicted, one_by_one) and stepper.n_steps == 11

    def test_the_latest_update_is_the_one_that_was_next(self, stepper):
        assert stepper.latest is None
        for _ in range(25):
            upcoming = stepper.upcoming
            stepper.step()
            latest = stepper.latest
            assert (latest.user, latest.item, latest.error) == (upcoming.user, upcoming.item, upcoming.error)

    def test_a_change_makes_as_many_updates_anew(self, stepper):
        stepper.step(50)
        stepper.change(seed=4)
        anew = SgdStepper(TABLE, seed=4)
        anew.step(50)
        assert stepper.n_steps == 50 and np.array_equal(stepper.predicted, anew.predicted)

    def test_it_stops_at_the_end_and_where_numbers_get_out_of_hand(self, stepper):
        stepper.step(10_000)
        assert stepper.n_steps == MOST_STEPS and stepper.upcoming is None and not stepper.out_of_hand
        stepper.change(learning_rate=0.5)
        assert stepper.n_steps == stepper.path.n_bounded < MOST_STEPS and stepper.out_of_hand
        assert stepper.upcoming is None and np.isfinite(stepper.rmse) and np.isfinite(stepper.reach)
        stepper.change(learning_rate=0.1)
        assert stepper.n_steps == MOST_STEPS

    def test_reset_brings_the_beginning_back(self):
        stepper = SgdStepper(TABLE, penalty=0.2)
        stepper.change(learning_rate=0.3, penalty=0.0, start=1.0, seed=5, n_steps=99)
        stepper.reset()
        settings = (stepper.learning_rate, stepper.penalty, stepper.start, stepper.seed, stepper.n_steps)
        assert settings == (0.1, 0.2, 0.3, 0, 0)

    def test_vectors_that_begin_at_zero_stay_there(self, stepper):
        stepper.change(start=0.0, n_steps=MOST_STEPS)
        assert not stepper.path.users.any() and not stepper.path.items.any() and stepper.reach == 0


def test_wrong_input_is_named(stepper):
    for wrong, message in (
        ({"ratings": [1, 2]}, r"ratings has shape \(2,\)"),
        ({"ratings": [[np.nan]]}, "at least one known rating"),
        ({"ratings": [[np.inf, 1]]}, "finite numbers or NaN"),
        ({"ratings": TABLE, "users": ["Ann"]}, "there are 1 users and 4 items"),
        ({"ratings": TABLE, "seed": -1}, "seed is -1"),
    ):
        with pytest.raises(ValueError, match=message):
            SgdStepper(**wrong)
    for wrong, message in (
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"penalty": -1.0}, "penalty"),
        ({"start": np.nan}, "start"),
        ({"n_steps": MOST_STEPS + 1}, f"n_steps is {MOST_STEPS + 1}; expected a whole number from 0 to {MOST_STEPS}"),
        ({"epochs": 3}, "epochs is no setting"),
    ):
        with pytest.raises(ValueError, match=message):
            stepper.change(seed=7, **wrong)
        assert stepper.seed == 0


class TestView:
    def test_buttons_step_and_reset(self, stepper):
        view = SgdStepperView(stepper)
        assert "Next, update 1: Ann gave <em>Galaxy</em> 5" in view._body.value and "<td>?</td>" in view._body.value
        first = view.picture.png
        for button, n_steps in (("one", 1), ("ten", 11), ("epoch", 22), ("epochs", 132)):
            view.buttons[button].click()
            assert stepper.n_steps == n_steps == view.controls["n_steps"].value
        assert view.picture.png != first and "Update 132 (blue frame): Cid gave" in view._body.value
        view.controls["n_steps"].value = 3
        assert "Update 3 (blue frame): Ann gave <em>Picnic</em> 2" in view._body.value
        assert "Next: Bob gave <em>Galaxy</em> 1." in view._body.value
        view.controls["penalty"].value = 0.5
        view.buttons["reset"].click()
        assert (stepper.n_steps, stepper.penalty, view.controls["penalty"].value) == (0, 0.02, 0.02)
        assert "Next, update 1: " in view._body.value and view.error is None

    @pytest.mark.parametrize("n_steps", [0, 1, MOST_STEPS])
    @pytest.mark.parametrize("end", [0, -1])
    def test_both_ends_of_every_control(self, stepper, end, n_steps):
        view = SgdStepperView(stepper)
        view.controls["n_steps"].value = n_steps
        for name, values in VALUES.items():
            view.controls[name].value = values[end]
            assert getattr(stepper, name) == values[end]
        view.controls["seed"].value = LAST_SEED if end else 0
        for button in ("one", "ten", "epoch", "epochs"):
            view.buttons[button].click()
        assert view.error is None
        assert view.buttons["one"].disabled == (stepper.upcoming is None)

    def test_numbers_out_of_hand_are_told_and_end_the_stepping(self, stepper):
        view = SgdStepperView(stepper)
        view.controls["learning_rate"].value = 0.5
        view.controls["n_steps"].value = MOST_STEPS
        assert "beyond all bounds" in view._body.value and view.buttons["one"].disabled and view.error is None
        assert view.controls["n_steps"].value == stepper.path.n_bounded

    def test_pencil_numbers_are_those_of_the_update(self, stepper):
        view = SgdStepperView(stepper)
        view.controls["n_steps"].value = 12
        latest, body = stepper.latest, view._body.value.replace("−", "-")
        assert f"<strong>e = {latest.error:.3f}</strong>" in body
        for numbers in (latest.before, latest.gradient, latest.after):
            assert f"<td>{numbers['user bias']:.3f}</td>" in body
            assert f"<td>({', '.join(f'{one:.3f}' for one in numbers['item vector'])})</td>" in body

    def test_an_error_is_shown(self, stepper):
        view = SgdStepperView(stepper)
        stepper.change = lambda **settings: 1 / 0
        view.controls["seed"].value = 1
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_names_are_escaped(self):
        view = SgdStepperView(SgdStepper([[1, np.nan], [2, 3]], ["<script>", "b"], ["<i>", "d"]))
        view.buttons["one"].click()
        assert all(control.description for control in [*view.controls.values(), *view.buttons.values()])
        assert "<script>" not in view._body.value and "&lt;script&gt;" in view._body.value
        assert "<i>" not in view._body.value and view.error is None
