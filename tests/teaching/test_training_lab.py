"""The training lab without a browser: runs, stops, pins, code that repeats a run, and epochs in the background."""

import asyncio
import threading
import time

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.evaluation import auc_score, precision_at_k
from recsys_lessons.teaching.widgets import Settings, TrainingLab, TrainingView, base


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    taste = rng.random((60, 4)) @ rng.random((4, 40))
    order = np.argsort(-taste, axis=1)
    train, validation = (
        sp.coo_matrix((np.ones(n * 60, np.float32), (np.repeat(np.arange(60), n), order[:, part].ravel())), (60, 40))
        for part, n in ((slice(0, 12, 2), 6), (slice(1, 12, 2), 6))
    )
    features = sp.hstack([sp.identity(40), sp.csr_matrix(rng.integers(0, 2, (40, 3)))], format="csr")
    return train, validation, features.astype(np.float32)


@pytest.fixture
def lab(data):
    train, validation, features = data
    return TrainingLab(train, validation, item_features=features, labels=[f"item {i}" for i in range(40)], k=5)


def trained(lab, **settings):
    run = lab.begin(Settings(**{"no_components": 4, "epochs": 3} | settings))
    while not run.done:
        lab.advance(run)
    return run


class TestLab:
    @pytest.mark.parametrize("loss", ["logistic", "bpr", "warp", "warp-kos"])
    @pytest.mark.parametrize("features", [False, True])
    def test_the_code_of_a_run_repeats_it_to_the_bit(self, lab, data, loss, features):
        train, _, item_features = data
        run = trained(lab, loss=loss, features=features, penalty=0.01, learning_rate=0.1)
        space = {"train": train, "item_features": item_features}
        exec(lab.code(run), space)
        for name in ("item_embeddings", "item_biases", "user_embeddings", "user_biases"):
            assert getattr(space["model"], name).tobytes() == getattr(run.model, name).tobytes()

    def test_the_code_runs_whatever_type_its_numbers_have(self, data):
        lab = TrainingLab(*data[:2], k=5, seed=np.int64(3))
        run = trained(lab, learning_rate=np.float64(0.1), penalty=np.float32(0.01), max_sampled=np.int64(4))
        space = {"train": data[0]}
        exec(lab.code(run), space)
        assert space["model"].item_embeddings.tobytes() == run.model.item_embeddings.tobytes()

    def test_points_are_what_the_metrics_say(self, data):
        train, validation, _ = data
        lab = TrainingLab(train, validation, k=5, measured_users=1000)
        run = trained(lab, epochs=4)
        model = LightFM(**run.settings.arguments(), random_state=lab.seed).fit(train, epochs=4)
        last = run.points[-1]
        assert last.precision[0] == pytest.approx(precision_at_k(model, train, k=5).mean())
        assert last.precision[1] == pytest.approx(precision_at_k(model, validation, train, k=5).mean())
        assert last.auc[1] == pytest.approx(auc_score(model, validation, train).mean())
        lists, _ = model.recommend(np.arange(60), n=5, exclude=train)
        assert last.n_listed == len(np.unique(lists))
        assert [point.loss for point in run.points] == [epoch["loss"] for epoch in model.training_history]

    def test_the_code_of_a_stopped_run_says_how_many_epochs_counted(self, lab, data):
        run = lab.begin(Settings(no_components=4, epochs=9))
        for _ in range(2):
            lab.advance(run)
        lab.stop()
        assert run.done and lab.advance(run) is None
        space = {"train": data[0]}
        exec(lab.code(run), space)
        assert "epochs=2" in lab.code(run)
        assert space["model"].item_embeddings.tobytes() == run.model.item_embeddings.tobytes()

    def test_a_new_run_stops_the_one_before(self, lab):
        first = lab.begin(Settings(epochs=5))
        second = lab.begin(Settings(epochs=5))
        assert first.stopped and not second.done and lab.run is second

    def test_pins_are_kept_until_reset(self, lab):
        assert not lab.pin()
        run = trained(lab)
        assert lab.pin() and not lab.pin()
        other = trained(lab, loss="bpr")
        assert lab.pinned == [run] and lab.run is other
        lab.reset()
        assert lab.run is None and lab.pinned == []
        assert trained(lab).number == 1

    def test_recommendations_leave_train_out_and_change_with_training(self, lab, data):
        assert lab.recommendations(0) == []
        run = lab.begin(Settings(no_components=4, epochs=20))
        lists = []
        while not run.done:
            lab.advance(run)
            lists.append(tuple(lab.recommendations(0)))
        assert len(set(lists)) > 1
        known = {f"item {i}" for i in data[0].tocsr()[0].indices}
        assert all(len(titles) == 5 and not known & set(titles) for titles in lists)

    def test_wrong_input_is_named(self, data, lab):
        train, validation, features = data
        for arguments, name in (
            ({"validation": validation.tocsr()[:5]}, "validation"),
            ({"validation": sp.coo_matrix(train.shape)}, "validation"),
            ({"item_features": features[:3]}, "item_features"),
            ({"labels": ["a"]}, "labels"),
            ({"k": 0}, "k"),
            ({"seed": None}, "seed is None; expected a whole number"),
            ({"seed": 2**32}, "seed is 4294967296"),
        ):
            with pytest.raises(ValueError, match=name):
                TrainingLab(**{"train": train, "validation": validation} | arguments)
        with pytest.raises(ValueError, match="user is 60"):
            lab.recommendations(60)
        with pytest.raises(ValueError, match="item_features"):
            TrainingLab(train, validation).begin(Settings(features=True))
        with pytest.raises(ValueError, match="loss"):
            lab.begin(Settings(loss="hinge"))

    def test_settings_in_words(self):
        assert Settings().differences(Settings()) == ""
        told = Settings(loss="bpr", no_components=8, penalty=0.01).differences(Settings())
        assert told == "loss bpr, components 8, penalty 0.01"


def run_in_a_loop(work, view):
    """Run the coroutine function `work` as a kernel would: with a loop, so that training is in the background."""

    async def everything():
        await work()
        if view.task is not None:
            await view.task

    asyncio.run(everything())


class TestView:
    def test_without_a_loop_a_run_is_trained_at_once(self, lab):
        view = TrainingView(lab)
        view.controls["epochs"].value = 3
        before = view.picture.png
        view.buttons["train"].click()
        assert len(lab.run.points) == 3 and view.error is None
        assert view.picture.png != before
        assert view.progress.value == view.progress.max == 3
        assert "done: 3 epochs" in view.left.value

    @pytest.mark.parametrize("end", [0, -1])
    def test_both_ends_of_every_control_work(self, lab, end):
        view = TrainingView(lab)
        for control in view.controls.values():
            if hasattr(control, "options"):
                control.value = [value for _, value in dict_items(control.options)][end]
            elif hasattr(control, "base"):
                control.value = control.base ** (control.min if end == 0 else control.max)
            elif hasattr(control, "min"):
                control.value = control.min if end == 0 else control.max
            else:
                control.value = end == -1
        view.controls["epochs"].value = 2
        view.user.value = view.user.min if end == 0 else view.user.max
        view.buttons["train"].click()
        assert view.error is None and len(lab.run.points) == 2

    def test_in_a_loop_controls_stay_alive_and_stop_stops(self, lab):
        view = TrainingView(lab)
        view.controls["epochs"].value = 60
        threads = set()
        advance = lab.advance

        def slow(run):
            threads.add(threading.current_thread())
            time.sleep(0.02)
            return advance(run)

        lab.advance = slow

        async def work():
            view.buttons["train"].click()
            assert lab.run.points == []  # it has only been started
            while len(lab.run.points) < 3:
                await asyncio.sleep(0.01)
            view.user.value = 7  # while it trains
            assert "For user 7" in view._body.value
            before = len(lab.run.points)
            view.buttons["stop"].click()
            await view.task
            assert len(lab.run.points) <= before + 1  # the epoch that was running

        run_in_a_loop(work, view)
        assert 3 <= len(lab.run.points) < 60
        assert threading.main_thread() not in threads
        assert view.buttons["stop"].disabled and "stopped after" in view.left.value

    def test_reset_during_training_leaves_nothing_behind(self, lab):
        view = TrainingView(lab)
        view.controls["epochs"].value = 60

        async def work():
            view.buttons["train"].click()
            await asyncio.sleep(0.05)
            view.buttons["reset"].click()

        run_in_a_loop(work, view)
        assert lab.run is None and view.progress.value == 0 and view.error is None
        assert "No run yet" in view._body.value

    def test_an_exception_in_the_background_is_shown_and_ends_the_run(self, lab):
        view = TrainingView(lab)

        def broken(run):
            raise FloatingPointError("diverged")

        lab._epoch = broken

        async def work():
            view.buttons["train"].click()

        run_in_a_loop(work, view)
        assert isinstance(view.error, FloatingPointError) and "diverged" in view._foot.value
        assert lab.run.done and view.buttons["stop"].disabled

    def test_two_labs_at_once_do_not_disturb_each_other(self, data):
        train, validation, _ = data
        labs = [TrainingLab(train, validation, k=5) for _ in range(2)]
        views = [TrainingView(lab) for lab in labs]

        async def work():
            for view, loss in zip(views, ("warp", "bpr"), strict=True):
                view.controls["epochs"].value = 5
                view.controls["loss"].value = loss
                view.buttons["train"].click()
            await asyncio.gather(*(view.task for view in views))

        asyncio.run(work())
        for lab in labs:
            alone = trained(TrainingLab(train, validation, k=5), no_components=30, epochs=5, loss=lab.run.settings.loss)
            assert lab.run.model.item_embeddings.tobytes() == alone.model.item_embeddings.tobytes()

    def test_a_cell_that_runs_again_stops_what_it_had_started_and_no_other(self, data, monkeypatch):
        train, validation, _ = data
        monkeypatch.setattr(base, "_shown", {})
        views = {name: TrainingView(TrainingLab(train, validation)) for name in ("old", "other", "new")}
        for name, cell in (("old", "a"), ("other", "b")):
            base._replace(cell, views[name])
            views[name].lab.begin(Settings(epochs=9))
        base._replace("a", views["new"])
        assert views["old"].lab.run.stopped and not views["other"].lab.run.stopped

    def test_pinned_runs_and_code_are_on_the_page(self, lab):
        view = TrainingView(lab)
        view.controls["epochs"].value = 2
        view.buttons["train"].click()
        view.buttons["pin"].click()
        view.controls["loss"].value = "bpr"
        view.buttons["train"].click()
        assert "pinned" in view._body.value and "loss bpr" in view._body.value
        assert view.code.layout.display == "none"
        view.buttons["code"].click()
        assert view.code.layout.display == "" and "loss='bpr'" in view.code.value

    def test_every_control_has_a_name(self, lab):
        view = TrainingView(lab)
        assert all(control.description for control in [*view.controls.values(), *view.buttons.values(), view.user])
        assert "Three line charts" in view.picture.alt.value

    def test_titles_are_escaped(self, data):
        train, validation, _ = data
        view = TrainingView(TrainingLab(train, validation, labels=["<script>"] * 40, k=5))
        view.controls["epochs"].value = 1
        view.buttons["train"].click()
        assert "<script>" not in view._body.value and "&lt;script&gt;" in view._body.value


def dict_items(options):
    return options.items() if isinstance(options, dict) else options
