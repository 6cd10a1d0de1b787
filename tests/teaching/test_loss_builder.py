"""The loss builder without a browser: losses, their code, agreement with the library to the bit, and the view."""

import asyncio
import dataclasses
import fractions
import itertools
import time

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.evaluation import auc_score, precision_at_k
from recsys_lessons.kernels.training import learn_entries
from recsys_lessons.teaching.widgets import AS_BUILT_IN, LossBuilder, LossBuilderView, LossSettings, show_loss_builder
from recsys_lessons.teaching.widgets.loss_builder import SEARCHES, SHAPES
from recsys_lessons.teaching.widgets.loss_builder_view import MARGINS

ARRAYS = ("item_embeddings", "item_biases", "user_embeddings", "user_biases")
N_USERS, N_ITEMS = 60, 40


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    order = np.argsort(-(rng.random((N_USERS, 4)) @ rng.random((4, N_ITEMS))), axis=1)
    train, validation = (
        sp.coo_matrix((np.ones(n * N_USERS, np.float32), (np.repeat(np.arange(N_USERS), n), order[:, part].ravel())))
        for part, n in ((slice(0, 12, 2), 6), (slice(1, 12, 2), 6))
    )
    low = sp.coo_matrix((-np.ones(N_USERS, np.float32), (np.arange(N_USERS), order[:, -1])))
    shape = (N_USERS, N_ITEMS)
    both = [sp.coo_matrix((part.data, (part.row, part.col)), shape=shape) for part in (train, low)]
    return (both[0] + both[1]).tocoo(), sp.coo_matrix((validation.data, (validation.row, validation.col)), shape=shape)


def builder(data, **arguments):
    return LossBuilder(*data, **{"k": 5, "no_components": 4, "n_popular": 3} | arguments)


@pytest.fixture(scope="module")
def kept(data):
    """One lab for all tests that only train."""
    return builder(data)


def trained(lab, settings):
    run = lab.begin(settings)
    while not run.done:
        lab.advance(run)
    return run


def arrays(model):
    return [getattr(model, name).tobytes() for name in ARRAYS]


class TestLab:
    @pytest.mark.parametrize(("name", "max_sampled"), [("bpr", 10), ("warp", 10), ("warp", 1)])
    def test_set_as_a_loss_of_the_library_it_trains_as_that_to_the_bit(self, data, name, max_sampled):
        run = trained(builder(data, max_sampled=max_sampled, seed=7), dataclasses.replace(AS_BUILT_IN[name], epochs=4))
        model = LightFM(4, loss=name, max_sampled=max_sampled, random_state=7).fit(data[0], epochs=4)
        assert arrays(run.model) == arrays(model)
        assert [epoch["draws"] for epoch in model.training_history] == [
            epoch["draws"] for epoch in run.model.training_history
        ]

    @pytest.mark.parametrize(
        "choices",
        [
            ("logistic", 0.0, "none", "catalog"),
            ("logistic", 2.0, "margin", "entries"),
            ("hinge", 0.5, "rank", "entries"),
            ("squared hinge", 0.0, "none", "entries"),
            ("constant", 1.0, "rank", "catalog"),
        ],
        ids=str,
    )
    def test_the_code_of_a_run_repeats_it_to_the_bit(self, kept, data, choices):
        run = trained(kept, LossSettings(*choices, epochs=3))
        space = {"train": data[0]}
        exec(kept.code(run), space)
        assert arrays(space["model"]) == arrays(run.model)
        assert space["own_loss"].margin == (None if choices[2] == "none" else choices[1])

    def test_the_code_runs_whatever_type_its_numbers_have(self, data):
        rate, most, margin = np.float64(0.1), np.int64(4), np.float32(0.5)
        lab = builder(data, learning_rate=rate, max_sampled=most, no_components=np.int32(3), seed=np.uint8(5))
        run = trained(lab, LossSettings("hinge", margin, "rank", np.str_("entries"), epochs=np.int64(2)))
        space = {"train": data[0]}
        exec(lab.code(run), space)
        assert arrays(space["model"]) == arrays(run.model)
        lab = builder(data, learning_rate=fractions.Fraction(1, 20))
        run = trained(lab, LossSettings(epochs=1))
        exec(lab.code(run), space)
        assert arrays(space["model"]) == arrays(run.model)

    def test_strength_is_how_fast_the_loss_falls(self, kept):
        differences = np.linspace(-3, 4, 29) + 0.01  # beside the corners
        for shape, margin, search in itertools.product(SHAPES, MARGINS, SEARCHES):
            for draws in (1, 3, 10):
                settings = LossSettings(shape, margin, search)
                strength, _ = kept.curve(settings, differences, draws)
                ahead, behind = (kept.curve(settings, differences + step, draws)[1] for step in (1e-5, -1e-5))
                assert strength == pytest.approx((behind - ahead) / 2e-5, abs=1e-4)
                assert (strength >= 0).all() and (np.diff(strength) <= 1e-12).all()

    def test_curves_worked_out_by_hand(self, kept):
        for shape, expected in (
            ("hinge", [[1, 1, 0], [1.5, 0.5, 0]]),
            ("squared hinge", [[1.5, 0.5, 0], [1.125, 0.125, 0]]),
            ("constant", [[1, 1, 1], [1.5, 0.5, -1]]),
        ):
            assert kept.curve(LossSettings(shape, 1.0), [-0.5, 0.5, 2.0]) == pytest.approx(np.array(expected))
        strength, loss = kept.curve(LossSettings("logistic", 2.0), [2.0])
        assert (strength[0], loss[0]) == pytest.approx((0.5, np.log(2)))
        strength, _ = kept.curve(LossSettings("hinge", 1.0, "rank"), [0.0], 10)
        assert strength[0] == pytest.approx(np.log(3))  # 39 // 10

    def test_points_are_what_the_metrics_say(self, data):
        train, validation = data
        lab = builder(data, measured_users=1000)
        run = trained(lab, LossSettings("hinge", 0.5, epochs=3))
        last = run.points[-1]
        assert last.precision == pytest.approx(precision_at_k(run.model, validation, train, k=5).mean())
        assert last.auc == pytest.approx(auc_score(run.model, validation, train).mean())
        lists, _ = run.model.recommend(np.arange(N_USERS), n=5, exclude=train)
        likes = np.bincount(train.col[train.data > 0], minlength=N_ITEMS)
        assert sorted(likes[lab.popular]) == sorted(likes)[-3:]
        assert last.top_share == pytest.approx(sum(item in set(lab.popular) for item in lists.ravel()) / lists.size)
        users, liked, others = lab.pairs
        differences = run.model.predict(users, liked) - run.model.predict(users, others)
        assert np.array_equal(differences, run.differences)
        assert last.at_rest == pytest.approx((differences > 0.5).mean())

    def test_beyond_the_margin_a_search_takes_no_pair_and_a_constant_step_takes_all(self, kept):
        searched, all_of_them = (
            trained(kept, LossSettings("constant", 0.5, search, epochs=2)) for search in ("margin", "none")
        )
        assert searched.points[-1].at_rest == pytest.approx((searched.differences >= 0.5).mean())
        assert all_of_them.points[-1].at_rest == 0

    def test_pairs_are_a_like_and_an_item_without_an_entry(self, kept, data):
        users, liked, others = kept.pairs
        values = data[0].toarray()
        assert len(users) > 1000
        assert (values[users, liked] == 1).all() and (values[users, others] == 0).all()

    def test_a_loss_is_compiled_once(self, data):
        lab = builder(data)
        settings = LossSettings(epochs=2), LossSettings(epochs=3), LossSettings(epochs=1, negatives="entries")
        first, longer, other = (trained(lab, one).model.loss for one in settings)
        assert first is longer and first is not other
        assert (first.negatives, other.negatives) == ("catalog", "entries")

    def test_stop_pin_and_reset(self, kept, data):
        kept.reset()
        run = kept.begin(LossSettings(epochs=9))
        kept.advance(run)
        kept.stop()
        assert run.done and kept.advance(run) is None and kept.pin()
        assert "epochs=1)" in kept.code(run)
        other = kept.begin(LossSettings("constant", epochs=9))
        last = kept.begin(LossSettings("constant", epochs=1))
        assert other.stopped and kept.run is last and kept.pinned == [run]
        kept.reset()
        assert kept.run is None and kept.pinned == []

    def test_wrong_input_is_named(self, data, kept):
        for wrong, name in (
            ({"shape": "ramp"}, "shape"),
            ({"margin": -1.0}, "margin"),
            ({"search": "warp"}, "search"),
            ({"negatives": "popular"}, "negatives"),
            ({"epochs": 0}, "epochs"),
        ):
            with pytest.raises(ValueError, match=name):
                kept.begin(LossSettings(**wrong))
        for draws in (0, 11, 1.5, "1"):
            with pytest.raises(ValueError, match="draws"):
                kept.curve(LossSettings("hinge", 1.0, "rank"), [0.0], draws)
        for differences in (0.0, [[0.0]], ["a"], [[0.0], 0.0]):
            with pytest.raises(ValueError, match="differences"):
                kept.curve(LossSettings(), differences)
        for code in (LossSettings("ramp").function_code, lambda: kept.function(LossSettings("ramp"))):
            with pytest.raises(ValueError, match="shape must be one of"):
                code()
        for arguments, name in (
            ({"no_components": 0}, "no_components"),
            ({"n_popular": 0}, "n_popular"),
            ({"seed": None}, "seed is None; expected a whole number"),
            ({"seed": -1}, "seed is -1"),
        ):
            with pytest.raises(ValueError, match=name):
                builder(data, **arguments)
        with pytest.raises(ValueError, match="train has no likes"):
            builder((-abs(data[0]), data[1]))
        with pytest.raises(TypeError, match="item_features"):  # a loss is compared on identities
            builder(data, item_features=sp.identity(N_ITEMS))

    def test_without_a_pair_there_is_nothing_to_learn_from(self):
        """Three users like all of the catalog; the fourth has no entry, and is measured."""
        likes = np.ones((4, 6), np.float32)
        likes[3] = 0
        held_out = sp.coo_matrix(([1.0], ([3], [2])), shape=likes.shape)
        with pytest.raises(ValueError, match="train has an entry for each .* expected users without an entry"):
            LossBuilder(sp.coo_matrix(likes), held_out, k=2)
        likes[0, 5] = 0
        lab = LossBuilder(sp.coo_matrix(likes), held_out, k=2, no_components=2)
        point = trained(lab, LossSettings(epochs=1)).points[0]
        assert 0 <= point.at_rest <= 1 and 0 <= point.top_share <= 1

    def test_losses_share_one_kernel(self, data):
        """Numba gives no machine code back, so a kernel for each loss would stay in memory."""
        lab = builder(data)
        trained(lab, LossSettings(epochs=1))
        kernels = len(learn_entries.signatures)
        for margin in (0.25, 0.5, 0.75):
            trained(lab, LossSettings(margin=margin, epochs=1))
        assert len(learn_entries.signatures) == kernels


def run_in_a_loop(work, view):
    async def everything():
        await work()
        if view.task is not None:
            await view.task

    asyncio.run(everything())


class TestView:
    @pytest.fixture
    def view(self, kept):
        kept.reset()
        view = LossBuilderView(kept)
        view.controls["epochs"].value = 2
        return view

    def test_the_buttons_of_built_in_losses_set_the_controls(self, view):
        for name, settings in AS_BUILT_IN.items():
            before = view.curves.png
            view.buttons[name].click()
            assert view.settings() == dataclasses.replace(settings, epochs=2) and view.curves.png != before
            view.buttons["train"].click()
            assert f"as {name.upper()}" in view._body.value and view.error is None
            assert len(view.lab.run.points) == 2 and view.progress.value == view.progress.max == 2
            assert "done: 2 epochs" in view.left.value

    @pytest.mark.parametrize("end", [0, -1])
    def test_both_ends_of_every_control_work(self, view, end):
        for control in view.controls.values():
            if hasattr(control, "options"):
                options = control.options.values() if isinstance(control.options, dict) else control.options
                control.value = [one[1] if isinstance(one, tuple) else one for one in options][end]
            else:
                control.value = control.min if end == 0 else control.max
        view.buttons["train"].click()
        assert view.error is None and len(view.lab.run.points) == view.controls["epochs"].value

    def test_every_choice_is_drawn_and_written(self, view):
        pictures = set()
        for shape, search in itertools.product(SHAPES, SEARCHES):
            view.controls["shape"].value, view.controls["search"].value = shape, search
            assert view.error is None
            assert ("rank_weights[draws]" in view._body.value) == (search == "rank")
            assert ("@pairwise_loss(margin=1.0)" in view._body.value) == (search != "none")
            pictures.add(view.curves.png)
        assert len(pictures) == len(SHAPES) * len(SEARCHES)

    def test_in_a_loop_it_trains_in_the_background_and_stop_stops(self, data):
        view = LossBuilderView(builder(data))
        view.controls["epochs"].value = 60
        lab = view.lab
        epoch = lab._epoch
        lab._epoch = lambda run: time.sleep(0.02) or epoch(run)

        async def work():
            view.buttons["train"].click()
            assert view.left.value == "starting" and lab.run.points == []
            while len(lab.run.points) < 3:
                assert view.left.value == "starting" or "s left" in view.left.value
                view.controls["shape"].value = "hinge" if view.controls["shape"].value != "hinge" else "constant"
                await asyncio.sleep(0.01)
            before = len(lab.run.points)
            view.buttons["stop"].click()
            await view.task
            assert len(lab.run.points) <= before + 1  # the epoch that was running

        run_in_a_loop(work, view)
        assert 3 <= len(lab.run.points) < 60 and view.error is None
        assert view.buttons["stop"].disabled and "stopped after" in view.left.value

    def test_reset_during_training_leaves_nothing_behind(self, data):
        view = LossBuilderView(builder(data))

        async def work():
            view.buttons["warp"].click()
            view.buttons["train"].click()
            await asyncio.sleep(0.05)
            view.buttons["reset"].click()

        run_in_a_loop(work, view)
        assert view.lab.run is None and view.progress.value == 0 and view.error is None
        assert view.settings() == LossSettings() and "No run yet" in view._body.value

    def test_pinned_runs_and_code_are_on_the_page(self, view):
        view.buttons["train"].click()
        view.buttons["pin"].click()
        view.controls["margin"].value = 2.0
        view.buttons["train"].click()
        assert "pinned" in view._body.value and "hinge 1<" in view._body.value and "hinge 2<" in view._body.value
        assert view.code.layout.display == "none"
        view.buttons["code"].click()
        assert view.code.layout.display == "" and view.code.value == view.lab.code(view.lab.run)

    def test_an_exception_in_training_is_shown(self, data):
        view = LossBuilderView(builder(data))

        def broken(run):
            raise FloatingPointError("diverged")

        view.lab._epoch = broken

        async def work():
            view.buttons["train"].click()

        run_in_a_loop(work, view)
        assert isinstance(view.error, FloatingPointError) and "diverged" in view._foot.value
        assert view.lab.run.done and view.buttons["stop"].disabled

    def test_every_control_has_a_name(self, view):
        assert all(control.description for control in [*view.controls.values(), *view.buttons.values()])
        assert "Two charts" in view.curves.alt.value and "Three line charts" in view.picture.alt.value

    def test_it_is_shown(self, data, capsys):
        show_loss_builder(*data, k=5)
        assert "[lab] loss builder" in capsys.readouterr().out
