"""The live table of a sweep without a browser: rows as they come, the best marked, start and stop, here and there."""

import asyncio
import logging
import time

import numpy as np
import pytest
import scipy.sparse as sp
from distributed import Client, LocalCluster

from recsys_lessons.losses import pairwise_loss
from recsys_lessons.parallel import sweep
from recsys_lessons.teaching.widgets import SweepTable, SweepTableView, show_sweep_table
from recsys_lessons.teaching.widgets.sweep_table import AS_LISTED

SETTINGS = [
    {"loss": loss, "no_components": components, "random_state": 1} for loss in ("warp", "bpr") for components in (3, 8)
]
METRICS = ["precision_at_k", "reciprocal_rank"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(4)
    liked = rng.random((40, 50)) < np.linspace(0.5, 0.05, 50)
    is_held = rng.random(liked.shape) < 0.2
    return [sp.coo_matrix((liked & chosen).astype(np.float32)) for chosen in (~is_held, is_held)]


@pytest.fixture
def table(data):
    return SweepTable(SETTINGS, *data, epochs=2, metrics=METRICS)


def finished(table):
    run = table.begin()
    while table.advance(run):
        pass
    return table


def until(condition, seconds=10):
    """Wait until something is so that another thread brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestTable:
    def test_rows_hold_what_a_sweep_gives(self, table, data):
        assert [row.result for row in finished(table).rows()] == sweep(SETTINGS, *data, epochs=2, metrics=METRICS)
        assert not table.is_running

    def test_arguments_that_differ_are_told_and_the_others_named_once(self, table):
        assert table.arguments == ("loss", "no_components")
        assert table.common == {"random_state": 1}
        assert [row.told for row in table.rows()] == [("warp", "3"), ("warp", "8"), ("bpr", "3"), ("bpr", "8")]

    def test_what_some_settings_leave_out_differs(self, data):
        @pairwise_loss
        def flat(difference, draws):
            return 1.0, 0.0

        table = SweepTable([{"random_state": 1}, {"random_state": 1, "loss": flat}], *data)
        assert table.arguments == ("loss",) and [row.told for row in table.rows()] == [("–",), ("flat",)]

    def test_different_values_have_different_texts(self, data):
        def flat(difference, draws):
            return 1.0, 0.0

        def other(difference, draws):
            return 2.0, 0.0

        other.__name__ = "flat"

        def told(name, *values):
            table = SweepTable([{"random_state": 1, name: value} for value in values], *data)
            return [" ".join(row.told) for row in table.rows()]

        one, two = (pairwise_loss(flat, margin=margin) for margin in (0.5, 2.0))
        assert told("loss", one, two, "warp") == ["flat, catalog, margin 0.5", "flat, catalog, margin 2", "warp"]
        drawn = pairwise_loss(other, negatives="entries", margin=0.5)
        assert told("loss", one, drawn) == ["flat, catalog, margin 0.5", "flat, entries, margin 0.5"]
        assert told("loss", pairwise_loss(flat), pairwise_loss(other)) == ["flat, catalog (1)", "flat, catalog (2)"]
        assert told("loss", one, "warp") == ["flat", "warp"]
        assert told("loss", one, pairwise_loss(flat, margin=0.5)) == ["", ""]  # compiled twice, but no other loss
        assert told("learning_rate", 0.05, 0.05000001, 0.1) == ["0.05", "0.05000001", "0.1"]
        assert told("learning_rate", 0.05, np.float64(0.05)) == ["", ""]

    def test_one_setting_is_a_table_too(self, data):
        table = SweepTable(SETTINGS[:1], *data, epochs=1)
        assert table.arguments == () and [row.told for row in finished(table).rows()] == [()]

    def test_the_best_of_each_metric_is_marked(self, table):
        for row in finished(table).rows():
            for name in METRICS:
                is_best = row.result.metrics[name] == max(r.metrics[name] for r in table.results().values())
                assert (name in row.best) == is_best

    def test_sorting_puts_the_best_first_and_what_is_missing_last(self, data):
        settings = [{"learning_rate": 1e30, "random_state": 1}, *SETTINGS]
        table = SweepTable(settings, *data, epochs=2, metrics=METRICS)
        run = table.begin()
        for _ in range(4):
            table.advance(run)
        table.sort("reciprocal_rank")
        rows = table.rows()
        values = [row.result.metrics["reciprocal_rank"] for row in rows[:3]]
        assert values == sorted(values, reverse=True)
        assert [row.number for row in rows[3:]] == [0, 4]
        table.sort(AS_LISTED)
        assert [row.number for row in table.rows()] == list(range(5))

    def test_what_is_no_number_or_missing_is_last_however_low_the_others(self, data):
        def measured(*values, n=None):
            given = iter(values)
            table = SweepTable(SETTINGS, *data, epochs=1, metrics={"score": lambda model, held, **about: next(given)})
            run = table.begin()
            for _ in range(len(values) if n is None else n):
                table.advance(run)
            table.sort("score")
            return [row.number for row in table.rows()], [row.number for row in table.rows() if row.best]

        nan = float("nan")
        assert measured(-3.0, -1.0) == ([1, 0, 2, 3], [1])
        assert measured(nan, 0.3, 0.9, 0.5) == ([2, 3, 1, 0], [2])
        assert measured(-5.0, nan, -float("inf")) == ([0, 2, 1, 3], [0])
        assert measured(nan, nan) == ([0, 1, 2, 3], [])
        assert measured(1.0, 1.0, 0.5) == ([0, 1, 2, 3], [0, 1])

    def test_beginning_again_forgets_and_stops_the_run_before(self, table):
        first = table.begin()
        table.advance(first)
        second = table.begin()
        assert table.results() == {} and table.run is second
        until(lambda: first.is_done)
        assert not table.advance(first) and len(finished(table).results()) == 4

    def test_stop(self, table):
        table.stop()  # nothing to stop yet
        run = table.begin()
        table.advance(run)
        assert table.is_running
        table.stop()
        assert not table.is_running and not table.advance(run) and len(table.results()) == 1
        until(lambda: run.is_done)

    def test_wrong_input_is_named(self, data, table):
        with pytest.raises(ValueError, match="settings must hold at least one"):
            SweepTable([], *data)
        with pytest.raises(ValueError, match="order must be one of"):
            table.sort("auc_score")
        for name in (1, AS_LISTED):
            with pytest.raises(ValueError, match="metrics .*name"):
                SweepTable(SETTINGS, *data, metrics={name: "auc_score"})


class TestView:
    def test_start_fits_all_and_shows_them(self, table, data):
        view = SweepTableView(table)
        assert view.left.value == "nothing started yet" and view.stop.disabled
        assert "✓" not in view._body_html and "waiting" not in view._body_html
        assert view._body_html.count("<tr>") == 5 and view._body_html.count(">–<") == 4 * len(METRICS)
        view.start.click()
        assert view.left.value == "done: 4 of 4" and view.progress.value == 4
        assert not view.start.disabled and view.stop.disabled
        for result in sweep(SETTINGS, *data, epochs=2, metrics=METRICS):
            for value in result.metrics.values():
                assert f"{value:.4f}" in view._body_html
        assert view._body_html.count("✓") >= 2 and view.error is None

    def test_a_second_start_gives_the_same(self, table):
        view = SweepTableView(table)
        view.start.click()
        before = view._body_html
        view.start.click()
        assert view._body_html == before

    def test_every_order_can_be_chosen(self, table):
        view = SweepTableView(table)
        for order in view.order.options:
            view.order.value = order
            assert table.order == order
        view.start.click()
        for order in view.order.options:
            view.order.value = order
            assert [row.number for row in table.rows()] == [
                int(part.split("<")[0]) for part in view._body_html.split('class="rank">')[2:]
            ]
        assert view.error is None

    def test_every_control_has_a_description(self, table):
        view = SweepTableView(table)
        assert all(control.description for control in (view.start, view.stop, view.order, view.progress))

    def test_what_diverged_says_why_and_names_are_escaped(self, data):
        settings = [{"learning_rate": 1e30, "random_state": 1}, {"random_state": 1}]
        view = SweepTableView(SweepTable(settings, *data, epochs=2, metrics={"<b>": "auc_score"}))
        view.start.click()
        assert "diverged</td>" in view._body_html and "may have diverged" in view._body_html
        assert "<b>" not in view._body_html and "&lt;b&gt;" in view._body_html

    @pytest.mark.parametrize("in_a_loop", [True, False])
    def test_what_a_metric_raises_is_shown_and_ends_the_sweep(self, data, in_a_loop):
        values = iter([0.5])

        def broken(model, validation, **arguments):
            for value in values:
                return value
            raise KeyError("no such thing")

        view = SweepTableView(SweepTable(SETTINGS, *data, metrics=broken))

        async def press():
            view.start.click()
            await view.task

        asyncio.run(press()) if in_a_loop else view.start.click()
        assert "no such thing" in view._foot.value and not view.start.disabled and view.stop.disabled
        assert view.left.value == "ended by an error after 1 of 4" and "0.5000 ✓" in view._body_html
        view.order.value = "broken"
        assert view._foot.value == "" and view.left.value == "ended by an error after 1 of 4"
        values = iter([0.1, 0.2, 0.3, 0.4])
        asyncio.run(press()) if in_a_loop else view.start.click()
        assert view.left.value == "done: 4 of 4" and view.error is None

    def test_stop_ends_a_long_fit_and_the_page_stays_alive(self, data):
        view = SweepTableView(SweepTable(SETTINGS, *data, epochs=2_000_000))

        async def press():
            view.start.click()
            assert view.start.disabled and not view.stop.disabled
            await asyncio.sleep(0.2)
            assert view._body_html.count("waiting") >= 4
            view.stop.click()
            assert view.left.value == "stopped after 0 of 4"
            await asyncio.wait_for(view.task, 10)

        asyncio.run(press())
        until(lambda: view.table.run.is_done)
        assert not view.start.disabled and view.stop.disabled and view.error is None

    def test_a_cell_that_is_run_again_stops_the_fits(self, data):
        view = SweepTableView(SweepTable(SETTINGS, *data, epochs=2_000_000))

        async def leave():
            view.start.click()
            await asyncio.sleep(0.2)
            view.end_work()
            await asyncio.wait_for(view.task, 10)

        asyncio.run(leave())
        until(lambda: view.table.run.is_done)

    def test_a_cluster_fills_the_same_table(self, table, data, tmp_path):
        here = SweepTableView(table)
        here.start.click()
        with (
            LocalCluster(
                n_workers=2,
                processes=True,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                local_directory=str(tmp_path),
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            there = SweepTableView(SweepTable(SETTINGS, *data, epochs=2, metrics=METRICS, client=client))
            states = []

            async def press():
                there.start.click()
                while not there.task.done():
                    states.append(there.left.value)
                    await asyncio.sleep(0.01)

            asyncio.run(press())
            assert there._body_html == here._body_html
            assert "0 of 4, running on the cluster" in states and there.left.value == "done: 4 of 4"

            endless = SweepTableView(SweepTable(SETTINGS, *data, epochs=2_000_000, client=client))

            async def press_and_stop():
                endless.start.click()
                await asyncio.sleep(0.5)
                endless.stop.click()
                await asyncio.wait_for(endless.task, 10)

            asyncio.run(press_and_stop())
            until(lambda: endless.table.run.is_done)
            until(lambda: not cluster.scheduler.tasks)
            assert endless.left.value == "stopped after 0 of 4"

    def test_showing_outside_of_a_notebook_says_what_it_is(self, data, capsys):
        show_sweep_table(SETTINGS, *data)
        assert capsys.readouterr().out == "[lab] a sweep of 4 settings, live\n"
