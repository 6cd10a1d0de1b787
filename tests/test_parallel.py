"""Sweeps and lists for everybody: the same bits here and on a cluster, whatever dies, and nothing left after a stop."""

import functools
import logging
import os
import pickle
import signal
import sys
import threading
import time
from contextlib import contextmanager

import dask
import numpy as np
import pytest
import scipy.sparse as sp
from distributed import Client, LocalCluster

from recsys_lessons import FunkSVD, LightFM, evaluation, jobs
from recsys_lessons.jobs import Jobs
from recsys_lessons.losses import pairwise_loss
from recsys_lessons.parallel import Recommendations, Sweep, SweepResult, digest, recommend_all, sweep

N_USERS, N_ITEMS = 60, 90
SETTINGS = [
    {"loss": loss, "no_components": components, "random_state": seed}
    for loss in ("warp", "bpr")
    for components in (3, 8)
    for seed in (0, 1)
]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(4)
    liked = rng.random((N_USERS, N_ITEMS)) < np.linspace(0.5, 0.05, N_ITEMS)
    is_held = rng.random(liked.shape) < 0.2
    genres = sp.csr_matrix(rng.integers(0, 2, (N_ITEMS, 4)).astype(np.float32))
    return {
        "train": sp.coo_matrix((liked & ~is_held).astype(np.float32)),
        "validation": sp.coo_matrix((liked & is_held).astype(np.float32)),
        "item_features": sp.hstack([sp.identity(N_ITEMS, format="csr"), genres], format="csr"),
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two worker processes on this machine."""
    with (
        # A LocalCluster gives a worker up that is away so long after it was first lost, also if it was back meanwhile.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "600s"}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=str(tmp_path_factory.mktemp("workers")),
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def client(cluster):
    """Connected to both workers, also where the test before has killed some."""
    with Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


def process_ids(client):
    return list(client.run(os.getpid).values())


def kill(client, n_workers):
    for pid in process_ids(client)[:n_workers]:
        os.kill(pid, signal.SIGKILL)


def slow_precision(seconds):
    """A metric that takes its time; not known to any module, so it travels as code."""

    def precision(model, validation, **arguments):
        time.sleep(seconds)
        return evaluation.precision_at_k(model, validation, **arguments)

    return precision


def in_order(results):
    return sorted(results, key=lambda result: result.number)


@contextmanager
def stopped_after(seconds, run):
    """`run.stop()` is called by another thread in so many seconds."""
    timer = threading.Timer(seconds, run.stop)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def without_waiting_for_ever(run):
    """All that `run` gives, if it ends."""
    got = []
    thread = threading.Thread(target=lambda: got.extend(run), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    return got


def n_running(client, run):
    return sum(client.run(jobs._n_running, run._jobs._place._run).values())


class TestSweepHere:
    def test_a_result_is_what_the_model_and_the_metrics_give(self, data):
        results = sweep(SETTINGS, **data, epochs=4, metrics=["precision_at_k", "auc_score"])
        assert [result.number for result in results] == list(range(len(SETTINGS)))
        for result, setting in zip(results, SETTINGS, strict=True):
            model = LightFM(**setting).fit(data["train"], item_features=data["item_features"], epochs=4)
            about = {"train_interactions": data["train"], "item_features": data["item_features"]}
            assert result == SweepResult(
                result.number,
                setting,
                {
                    name: float(getattr(evaluation, name)(model, data["validation"], **about).mean())
                    for name in ("precision_at_k", "auc_score")
                },
                tuple(record["loss"] for record in model.training_history),
                digest(model),
            )

    def test_results_stream_and_are_kept(self, data):
        run = Sweep(SETTINGS[:3], **data, epochs=1)
        first = next(run)
        assert run.results == [first] and not run.is_done
        assert [first, *run] == run.results
        assert run.is_done and not run.is_stopped
        assert list(run) == []

    def test_weights_and_both_features_reach_the_fits(self, data):
        rng = np.random.default_rng(1)
        weights = data["train"].copy()
        weights.data = rng.uniform(0.1, 2, weights.nnz).astype(np.float32)
        groups = sp.csr_matrix(rng.integers(0, 2, (N_USERS, 3)).astype(np.float32))
        about = {"item_features": data["item_features"], "user_features": groups}
        (result,) = sweep(SETTINGS[:1], **data, user_features=groups, sample_weight=weights, epochs=2)
        model = LightFM(**SETTINGS[0]).fit(data["train"], sample_weight=weights, epochs=2, **about)
        assert result.digest == digest(model)

    @pytest.mark.parametrize("metrics", ["auc_score", ("auc_score",), evaluation.auc_score, {"auc_score": "auc_score"}])
    def test_metrics_are_names_and_functions(self, data, metrics):
        (result,) = sweep(SETTINGS[:1], **data, epochs=1, metrics=metrics)
        assert list(result.metrics) == ["auc_score"] and 0 < result.metrics["auc_score"] < 1

    def test_a_dictionary_names_what_has_no_name(self, data):
        metrics = {"p@3": functools.partial(evaluation.precision_at_k, k=3), "one": lambda model, held, **about: 1}
        (result,) = sweep(SETTINGS[:1], **data, epochs=1, metrics=metrics)
        assert set(result.metrics) == {"p@3", "one"} and result.metrics["one"] == 1.0

    def test_a_fit_that_diverges_is_a_result_and_the_sweep_goes_on(self, data):
        settings = [{"learning_rate": 1e30, "random_state": 1}, SETTINGS[0]]
        failed, fine = sweep(settings, **data, epochs=3)
        assert "may have diverged" in failed.diverged and failed.metrics == {} and failed.digest == ""
        assert fine.diverged == "" and fine.digest

    def test_another_exception_is_raised_with_the_setting(self, data):
        def broken(model, validation, **arguments):
            raise KeyError("no such thing")

        with pytest.raises(KeyError, match="no such thing") as raised:
            sweep(SETTINGS[:2], **data, epochs=1, metrics=broken)
        assert raised.value.__notes__ == [f"This happened with settings[0], {SETTINGS[0]}."]

    @pytest.mark.parametrize("returned", ["abc", None, [], [[1.0, 2.0]], [1.0, "a"], [[1.0], [1.0, 2.0]], 1j])
    def test_a_metric_that_returns_no_numbers_is_named(self, data, returned):
        def odd(model, validation, **arguments):
            return returned

        with pytest.raises(ValueError, match="metrics: odd returned .*; expected a number, or one for each user"):
            sweep(SETTINGS[:1], **data, epochs=1, metrics=odd)

    def test_stop_ends_the_fit_that_runs_with_its_epoch(self, data):
        run = Sweep([{"random_state": 1}], **data, epochs=2_000_000)
        started = time.perf_counter()
        with stopped_after(0.3, run):
            assert list(run) == []
        assert time.perf_counter() - started < 5
        assert run.is_stopped and run.is_done

    def test_a_metric_may_stop_the_sweep(self, data):
        def good_enough(model, validation, **arguments):
            run.stop()
            return 1.0

        run = Sweep(SETTINGS, **data, epochs=1, metrics=good_enough)
        assert without_waiting_for_ever(run) == [] and run.is_stopped and run.is_done

    def test_nothing_runs_after_a_stop_or_a_with_block(self, data):
        with Sweep(SETTINGS, **data, epochs=1) as run:
            next(run)
        assert list(run) == [] and len(run.results) == 1
        run.stop()
        assert run.is_done

    def test_stopping_before_the_start_runs_nothing(self, data):
        run = Sweep(SETTINGS, **data, epochs=1)
        run.stop()
        assert list(run) == []


class TestSweepOnACluster:
    def test_results_are_the_local_ones_to_the_bit(self, data, client):
        metrics = ["precision_at_k", "ndcg_at_k"]
        here = sweep(SETTINGS, **data, epochs=3, metrics=metrics)
        assert sweep(SETTINGS, **data, epochs=3, metrics=metrics, client=client) == here

    def test_an_address_will_do_and_leaves_no_client(self, data, client, cluster):
        before = set(cluster.scheduler.clients)
        assert sweep(SETTINGS[:2], **data, client=cluster.scheduler_address) == sweep(SETTINGS[:2], **data)
        assert set(cluster.scheduler.clients) == before

    @pytest.mark.slow  # each process compiles the loss
    def test_a_loss_of_ones_own_travels(self, data, client):
        @pairwise_loss(margin=1.0)
        def hinge(difference, draws):
            return 1.0, 1.0 - difference

        settings = [{"loss": hinge, "random_state": seed} for seed in (0, 1)]
        here = sweep(settings, **data, epochs=2)
        assert sweep(settings, **data, epochs=2, client=client) == here
        assert here[0].setting["loss"] is hinge

    def test_the_data_goes_out_once_and_a_task_is_small(self, data, client, cluster, monkeypatch):
        scattered = []
        scatter = Client.scatter

        def counted(self, given, **arguments):
            scattered.append(arguments)
            return scatter(self, given, **arguments)

        def n_transfers():
            return client.run(lambda dask_worker: len(dask_worker.transfer_incoming_log))

        monkeypatch.setattr(Client, "scatter", counted)
        run = Sweep(SETTINGS, **data, epochs=1, metrics=slow_precision(0.05), client=client)
        next(run)
        (about,) = scattered
        assert about["broadcast"]
        before = n_transfers()
        tasks = [task for task in cluster.scheduler.tasks.values() if task.run_spec is not None]
        assert 4 <= len(tasks) <= len(SETTINGS)
        assert len(pickle.dumps(data["train"])) > 10_000
        assert max(len(pickle.dumps(task.run_spec)) for task in tasks) < 1_000
        assert len(list(run)) == len(SETTINGS) - 1
        assert len(scattered) == 1 and n_transfers() == before

    def test_nothing_stays_behind(self, data, client, cluster):
        sweep(SETTINGS, **data, epochs=1, client=client)
        assert_left_clean(client, cluster)

    @pytest.mark.parametrize("n_killed", [1, 2], ids=["one", "all who held the data"])
    def test_workers_that_die_change_nothing(self, data, client, n_killed):
        here = sweep(SETTINGS, **data, epochs=2, metrics=slow_precision(0))
        before = process_ids(client)
        run = Sweep(SETTINGS, **data, epochs=2, metrics=slow_precision(0.15), client=client)
        first = next(run)
        kill(client, n_killed)
        results = in_order([first, *run])
        assert [(r.digest, r.metrics, r.losses) for r in results] == [(r.digest, r.metrics, r.losses) for r in here]
        client.wait_for_workers(2, timeout=60)
        assert len(set(before) - set(process_ids(client))) == n_killed

    def test_a_stop_from_another_thread_leaves_nothing_running(self, data, client, cluster):
        run = Sweep(SETTINGS, **data, epochs=2_000_000, client=client)
        started = time.perf_counter()
        with stopped_after(0.5, run):
            assert list(run) == []
        assert time.perf_counter() - started < 10
        assert n_running(client, run) == 0
        assert_left_clean(client, cluster)

    def test_a_stop_between_two_results_leaves_nothing_running(self, data, client, cluster):
        with Sweep(SETTINGS, **data, epochs=3, metrics=slow_precision(0.1), client=client) as run:
            next(run)
        assert n_running(client, run) == 0
        assert_left_clean(client, cluster)
        assert list(run) == [] and len(run.results) == 1

    def test_an_iterator_that_nobody_has_any_more_is_stopped(self, data, client, cluster):
        before = set(cluster.scheduler.clients)
        run = Sweep(SETTINGS, **data, epochs=1, metrics=slow_precision(0.3), client=cluster.scheduler_address)
        next(run)
        assert len(set(cluster.scheduler.clients) - before) == 1
        del run
        deadline = time.monotonic() + 10
        while set(cluster.scheduler.clients) - before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert set(cluster.scheduler.clients) == before
        assert_left_clean(client, cluster)

    def test_a_stop_that_does_not_wait_ends_it_as_well(self, data, client, cluster):
        run = Sweep(SETTINGS, **data, epochs=2_000_000, client=client)
        timer = threading.Timer(0.5, run.stop, [False])
        timer.start()
        assert list(run) == []
        timer.join()
        assert n_running(client, run) == 0
        assert_left_clean(client, cluster)

    def test_a_fit_that_diverges_is_a_result_there_too(self, data, client):
        settings = [{"learning_rate": 1e30, "random_state": 1}, SETTINGS[0]]
        assert sweep(settings, **data, epochs=3, client=client) == sweep(settings, **data, epochs=3)

    def test_another_exception_is_raised_with_the_setting(self, data, client, cluster):
        def broken(model, validation, **arguments):
            raise KeyError("no such thing")

        with pytest.raises(KeyError, match="no such thing") as raised:
            sweep(SETTINGS[:1], **data, epochs=1, metrics=broken, client=client)
        assert f"This happened with settings[0], {SETTINGS[0]}." in raised.value.__notes__
        del raised  # it knows the frames that know the futures
        assert_left_clean(client, cluster)

    def test_data_that_is_lost_again_and_again_is_told(self, data, client, monkeypatch):
        scatter = Client.scatter

        def lossy(self, given, **arguments):
            futures = scatter(self, given, **arguments)
            self.cancel(futures)
            return futures

        monkeypatch.setattr(Client, "scatter", lossy)
        with pytest.raises(RuntimeError, match="was lost with its worker 3 times"):
            sweep(SETTINGS[:1], **data, client=client, retries=2)

    def test_sending_is_tried_again(self, data, client, monkeypatch):
        scatter, n_calls = Client.scatter, []

        def failing(self, given, **arguments):
            n_calls.append(1)
            if len(n_calls) < 3:
                raise OSError("the worker is gone")
            return scatter(self, given, **arguments)

        monkeypatch.setattr(Client, "scatter", failing)
        assert len(sweep(SETTINGS[:1], **data, client=client, retries=2)) == 1
        for retries in (1, 0):
            n_calls.clear()
            with pytest.raises(RuntimeError, match=f"could not be sent to the workers in {retries + 1} attempts"):
                sweep(SETTINGS[:1], **data, client=client, retries=retries)

    def test_work_that_kills_its_workers_is_given_up(self, data, client, cluster, monkeypatch):
        def deadly(model, validation, **arguments):
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
        with pytest.raises(RuntimeError, match="Piece of work 0 was given up.*all those workers died"):
            sweep(SETTINGS[:1], **data, epochs=1, metrics=deadly, client=client)

    def test_a_cluster_without_workers_is_told(self, data, monkeypatch, tmp_path):
        monkeypatch.setattr(jobs, "SECONDS_FOR_A_WORKER", 0.2)
        arguments = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "local_directory": str(tmp_path)}
        with (
            LocalCluster(n_workers=0, **arguments) as empty,
            pytest.raises(RuntimeError, match="has no worker, and none came in 0.2 seconds"),
        ):
            sweep(SETTINGS[:1], **data, client=empty.scheduler_address)

    @pytest.mark.parametrize("n_results", [0, 1], ids=["before it begins", "while it runs"])
    def test_a_client_that_is_closed_meanwhile_is_told(self, data, cluster, n_results):
        with Client(cluster, set_as_default=False) as closed:
            run = Sweep(SETTINGS, **data, epochs=1, metrics=slow_precision(0.3), client=closed)
            for _ in range(n_results):
                next(run)
        with pytest.raises(RuntimeError, match="The client was closed before all work was done"):
            list(run)
        assert run.is_done

    def test_a_scheduler_that_does_not_answer_is_told(self, data):
        with (
            dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
            pytest.raises(RuntimeError, match="client: no scheduler answers at tcp://127.0.0.1:1"),
        ):
            sweep(SETTINGS[:1], **data, client="tcp://127.0.0.1:1")

    def test_a_scheduler_that_goes_away_is_told(self, data, tmp_path):
        arguments = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "local_directory": str(tmp_path)}
        with (
            dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
            LocalCluster(n_workers=1, threads_per_worker=1, silence_logs=logging.CRITICAL, **arguments) as short_lived,
            Client(short_lived, set_as_default=False) as client,
        ):
            run = Sweep(SETTINGS, **data, epochs=1, metrics=slow_precision(0.2), client=client)
            next(run)
            short_lived.close()
            with pytest.raises(RuntimeError, match="before all work was done"):
                list(run)


def assert_left_clean(client, cluster):
    """No task of ours waits, is known to the scheduler, or runs on a worker."""
    deadline = time.monotonic() + 5  # messages to the scheduler take a moment
    while cluster.scheduler.tasks and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(cluster.scheduler.tasks) == []
    assert not any(client.processing().values())
    assert client.run(lambda: sum(jobs._running.values())) == dict.fromkeys(client.scheduler_info()["workers"], 0)


class TestWrongInput:
    @pytest.mark.parametrize(
        "settings, message",
        [
            ({"loss": "warp"}, "settings must be a list of dictionaries, one for each fit, got"),
            ([], "settings must hold at least one dictionary"),
            ([SETTINGS[0], {"losss": "warp"}], r"settings\[1\] has 'losss', which is no argument of LightFM"),
            ([{"loss": "warp"}], r"settings\[0\] must have a whole number as random_state.*got None"),
            ([{"random_state": np.random.RandomState(1)}], r"settings\[0\] must have a whole number as random_state"),
            ([{"random_state": True}], r"settings\[0\] must have a whole number as random_state"),
            ([SETTINGS[0], {"loss": "wrap", "random_state": 1}], r"settings\[1\]: loss .*'wrap'"),
        ],
    )
    def test_settings(self, data, settings, message):
        with pytest.raises(ValueError, match=message):
            Sweep(settings, **data)

    @pytest.mark.parametrize(
        "given, message",
        [
            ({"epochs": -1}, "epochs"),
            ({"retries": -1}, "retries must be a whole number of at least 0, got -1"),
            ({"metrics": []}, "metrics must hold at least one metric"),
            ({"metrics": ["rmse"]}, "metrics must be one of"),
            ({"metrics": 3}, "metrics must be a list"),
            ({"metrics": {1: "auc_score"}}, "metrics must have strings as names, got 1"),
            ({"metrics": [functools.partial(evaluation.auc_score)]}, "which has no name"),
            ({"metrics": [evaluation.auc_score, "auc_score"]}, "metrics must have different names"),
            ({"client": "127.0.0.1:8786"}, "client must be an address like 'tcp://127.0.0.1:8786'"),
            ({"client": "http://127.0.0.1:8786"}, "client must be an address like .*: unknown address scheme 'http'"),
            ({"client": "tcp://elsewhere"}, "client must be an address like .*: missing port"),
            ({"client": 3}, "client must be a distributed.Client, the address of a scheduler or None, got 3"),
            ({"item_features": sp.identity(3, format="csr")}, "Number of item feature rows"),
            ({"sample_weight": sp.coo_matrix((2, 2))}, "Sample_weight and interactions"),
            ({"validation": sp.coo_matrix((N_USERS, N_ITEMS))}, "validation must hold interactions"),
            (
                {"validation": sp.coo_matrix((2, 2))},
                r"validation must have the shape of train, \(60, 90\), got \(2, 2\)",
            ),
            ({"validation": np.ones((N_USERS, N_ITEMS))}, "validation must be a scipy.sparse matrix"),
            ({"train": np.ones((N_USERS, N_ITEMS))}, "train must be a scipy.sparse matrix"),
            ({"train": sp.coo_matrix(np.full((N_USERS, N_ITEMS), np.nan))}, "train holds 5400 such values"),
        ],
    )
    def test_the_rest(self, data, given, message):
        with pytest.raises(ValueError, match=message):
            Sweep(SETTINGS, **{**data, **given})

    def test_train_and_validation_share_nothing(self, data):
        with pytest.raises(ValueError, match="share .* interactions"):
            Sweep(SETTINGS, **{**data, "validation": data["train"]})

    def test_a_metric_that_cannot_travel_is_named_before_anything_is_sent(self, data, client, monkeypatch):
        lock = threading.Lock()

        def locked(model, validation, **arguments):
            with lock:
                return 1.0

        assert sweep(SETTINGS[:1], **data, epochs=1, metrics=locked)[0].metrics == {"locked": 1.0}
        monkeypatch.setattr(Client, "scatter", None)
        with pytest.raises(ValueError, match="metrics: locked .* cannot be sent to another process"):
            sweep(SETTINGS[:1], **data, epochs=1, metrics=locked, client=client)

    def test_a_client_that_is_closed_is_refused(self, data, cluster):
        with Client(cluster, set_as_default=False) as closed:
            pass
        with pytest.raises(ValueError, match="client must be open, got one that is closed"):
            Sweep(SETTINGS, **data, client=closed)

    def test_without_distributed_a_client_says_what_to_install(self, data, model, monkeypatch):
        monkeypatch.setattr(jobs.importlib.util, "find_spec", lambda name: None)
        for name in ("distributed", "cloudpickle"):
            monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ImportError, match="pip install distributed"):
            Sweep(SETTINGS, **data, client="tcp://127.0.0.1:8786")
        with pytest.raises(ImportError, match="pip install distributed"):
            Recommendations(model, item_features=data["item_features"], client="tcp://127.0.0.1:8786")


@pytest.fixture(scope="module")
def model(data):
    return LightFM(7, loss="warp", random_state=2).fit(data["train"], item_features=data["item_features"], epochs=5)


class TestRecommendAll:
    def expected(self, model, data, user_ids, **arguments):
        return model.recommend(user_ids, item_features=data["item_features"], **arguments)

    @pytest.mark.parametrize("block", [1, 7, N_USERS, 1000])
    @pytest.mark.parametrize("excluding", [False, True])
    def test_blocks_give_what_the_model_gives(self, model, data, block, excluding):
        exclude = data["train"] if excluding else None
        got = recommend_all(model, k=5, item_features=data["item_features"], exclude=exclude, block=block)
        expected = self.expected(model, data, np.arange(N_USERS), n=5, exclude=exclude)
        assert [array.tobytes() for array in got] == [array.tobytes() for array in expected]
        assert [(a.dtype, a.shape) for a in got] == [(a.dtype, a.shape) for a in expected]

    def test_some_users_in_any_order(self, model, data):
        asked = np.array([5, 3, 3, 59, 0])
        got = recommend_all(model, asked, item_features=data["item_features"], exclude=data["train"], block=2)
        expected = self.expected(model, data, asked, exclude=data["train"])
        assert [array.tobytes() for array in got] == [array.tobytes() for array in expected]

    def test_user_features(self, data):
        groups = sp.csr_matrix(np.random.default_rng(1).integers(0, 2, (N_USERS, 3)).astype(np.float32))
        model = LightFM(random_state=1).fit(data["train"], user_features=groups, epochs=2)
        ids, scores = recommend_all(model, user_features=groups, block=9)
        expected = model.recommend(np.arange(N_USERS), user_features=groups)
        assert ids.tobytes() == expected[0].tobytes() and scores.tobytes() == expected[1].tobytes()

    def test_where_too_few_items_are_left(self, model, data):
        got = recommend_all(model, k=N_ITEMS, item_features=data["item_features"], exclude=data["train"], block=9)
        expected = self.expected(model, data, np.arange(N_USERS), n=N_ITEMS, exclude=data["train"])
        assert (got[0] == -1).any()
        assert [array.tobytes() for array in got] == [array.tobytes() for array in expected]

    def test_no_users(self, model, data):
        ids, scores = recommend_all(model, [], k=4, item_features=data["item_features"], exclude=data["train"])
        assert ids.shape == scores.shape == (0, 4)

    def test_a_cluster_gives_the_same_bytes(self, model, data, client, cluster):
        about = {"item_features": data["item_features"], "exclude": data["train"]}
        here = recommend_all(model, **about)
        for where in (client, cluster.scheduler_address):
            there = recommend_all(model, **about, block=8, client=where)
            assert [array.tobytes() for array in there] == [array.tobytes() for array in here]
        assert_left_clean(client, cluster)

    def test_kernels_are_not_compiled_again_on_a_worker(self, model, data, client):
        def compiled():
            from recsys_lessons.kernels import ranking

            return len(ranking.recommend_rows.signatures)

        recommend_all(model, item_features=data["item_features"], exclude=data["train"], block=8, client=client)
        assert max(client.run(compiled).values()) == 1

    def test_a_worker_that_dies_changes_nothing(self, model, data, client):
        about = {"item_features": data["item_features"], "exclude": data["train"]}
        run = Recommendations(model, **about, block=1, client=client)
        blocks = [next(run)]
        kill(client, 2)
        blocks = sorted([*blocks, *run], key=lambda block: block.start)
        ids, scores = recommend_all(model, **about)
        assert np.concatenate([block.user_ids for block in blocks]).tolist() == list(range(N_USERS))
        assert np.concatenate([block.ids for block in blocks]).tobytes() == ids.tobytes()
        assert np.concatenate([block.scores for block in blocks]).tobytes() == scores.tobytes()

    def test_the_model_may_be_trained_on_meanwhile(self, data):
        model = LightFM(random_state=2).fit(data["train"], epochs=2)
        before = model.recommend(np.arange(N_USERS))
        asked = np.arange(N_USERS, dtype=np.int32)
        run = Recommendations(model, asked, block=20)
        blocks = [next(run)]
        model.fit_partial(data["train"], epochs=5)
        asked[:] = 0
        blocks += list(run)
        assert np.concatenate([block.ids for block in blocks]).tobytes() == before[0].tobytes()
        assert np.concatenate([block.scores for block in blocks]).tobytes() == before[1].tobytes()

    def test_blocks_stream_and_stop(self, model, data):
        with Recommendations(model, item_features=data["item_features"], block=25) as run:
            first = next(run)
        assert (first.start, first.ids.shape) == (0, (25, 10))
        assert list(run) == [] and run.is_stopped

    @pytest.mark.parametrize(
        "given, message",
        [
            ({"model": FunkSVD()}, "model must be a LightFM"),
            ({"model": LightFM()}, "You must fit the model"),
            ({"user_ids": [N_USERS]}, "user_ids"),
            ({"k": 0}, "k must be"),
            ({"block": 0}, "block must be"),
            ({"item_features": None}, "item_features is missing"),
            ({"exclude": sp.coo_matrix((2, N_ITEMS))}, "exclude must have a row for each user and 90 columns"),
            ({"exclude": sp.coo_matrix((N_USERS, 2))}, "exclude must have a row for each user and 90 columns"),
            ({"client": 3}, "client must be"),
        ],
    )
    def test_wrong_input(self, model, data, given, message):
        arguments = {"model": model, "item_features": data["item_features"], **given}
        with pytest.raises(ValueError, match=message):
            recommend_all(**arguments)

    def test_nan_is_refused(self, model, data):
        broken = LightFM(random_state=1).fit(data["train"], epochs=1)
        broken.item_biases[3] = np.nan
        with pytest.raises(ValueError, match="hold NaN"):
            recommend_all(broken)


class TestDigest:
    @pytest.mark.parametrize("given, message", [(LightFM(), "You must fit"), (None, "model must be a LightFM")])
    def test_only_a_fitted_model_has_one(self, given, message):
        with pytest.raises(ValueError, match=message):
            digest(given)


class TestJobs:
    def test_an_exception_ends_the_jobs(self):
        def work(shared, number, is_stopped):
            raise KeyError(number)

        run = Jobs(work, None, 3)
        with pytest.raises(KeyError):
            next(run)
        assert run.is_done and list(run) == []

    def test_none_is_an_outcome_unless_the_work_was_stopped(self):
        def work(shared, number, is_stopped):
            return number if number % 2 else None

        assert list(Jobs(work, None, 4)) == [(0, None), (1, 1), (2, None), (3, 3)]

    def test_work_may_stop_the_jobs_and_begins_nothing_more(self):
        begun = []

        def work(shared, number, is_stopped):
            begun.append(number)
            if number == 1:
                run.stop()
            return number

        run = Jobs(work, None, 4)
        assert without_waiting_for_ever(run) == [(0, 0)] and begun == [0, 1] and run.is_done

    @pytest.mark.parametrize("n_jobs", [-1, "3", 2.0, True])
    def test_a_wrong_number_of_jobs_is_named(self, n_jobs):
        with pytest.raises(ValueError, match="n_jobs must be a whole number of at least 0"):
            Jobs(print, None, n_jobs)

    def test_what_went_wrong_is_raised_also_where_the_rest_cannot_be_stopped(self, monkeypatch):
        def work(shared, number, is_stopped):
            raise KeyError(number)

        def end():
            raise OSError("the line is dead")

        run = Jobs(work, None, 3)
        monkeypatch.setattr(run._place, "end", end)
        with pytest.raises(KeyError) as raised:
            next(run)
        assert raised.value.__notes__ == ["After this, the rest could not be stopped: OSError('the line is dead')"]

    def test_a_worker_forgets_runs_that_are_over(self, data, client):
        sweep(SETTINGS[:3], **data, epochs=1, client=client)
        assert set(client.run(lambda: len(jobs._running)).values()) == {0}
