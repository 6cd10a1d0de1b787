"""The search lab without a browser: what it measures against the library and usearch, what it keeps, the view."""

import asyncio
import sys

import numpy as np
import pytest

from recsys_lessons import serving
from recsys_lessons.teaching.widgets import SearchLab, SearchView, search_lab, show_search_lab
from recsys_lessons.teaching.widgets.search_lab import CONNECTIVITIES, EXPANSIONS, LENGTHS

usearch = pytest.importorskip("usearch.index")

N_QUERIES = 40
LABELS = [f"<b>film</b> {item}" for item in range(600)]


@pytest.fixture(scope="module")
def vectors():
    """Two catalogs with biases that matter, and queries."""
    rng = np.random.default_rng(7)
    many, few = (
        np.column_stack([rng.standard_normal((n, 8)), 2 * rng.standard_normal(n)]).astype(np.float32)
        for n in (5_000, 600)
    )
    queries = np.column_stack([rng.standard_normal((N_QUERIES, 8)), np.ones(N_QUERIES)]).astype(np.float32)
    return {"few": few, "many": many}, queries


def new_lab(vectors, **named):
    return SearchLab(*vectors, **{"labels": {"few": LABELS}, "expansion": 8, **named})


@pytest.fixture
def lab(vectors):
    return new_lab(vectors)


def searched_by_hand(vectors, queries, settings, k, expansion):
    """The same with usearch, all items at once."""
    if not settings.biases:
        vectors, queries = vectors[:, :-1].copy(), queries[:, :-1].copy()
    if settings.metric:
        vectors, queries = serving.equal_lengths(vectors), serving.with_zero(queries)
    metric = "l2sq" if settings.metric else "ip"
    index = usearch.Index(
        ndim=vectors.shape[1], metric=metric, dtype="f32", connectivity=settings.connectivity, expansion_add=64
    )
    index.expansion_search = expansion
    index.add(np.arange(len(vectors)), vectors, threads=1)
    return index.search(queries, k, threads=1)


class TestSearches:
    @pytest.mark.parametrize("biases", [True, False])
    @pytest.mark.parametrize("metric", [True, False])
    @pytest.mark.parametrize("connectivity", CONNECTIVITIES)
    def test_each_is_that_of_usearch(self, vectors, lab, biases, metric, connectivity):
        lab.change(catalog="many", biases=biases, metric=metric, connectivity=connectivity)
        for k, expansion in ((1, 8), (10, 64), (100, 512)):
            lab.ask(k=k, expansion=expansion)
            now = lab.finish()
            expected = searched_by_hand(vectors[0]["many"], vectors[1], lab.settings, k, expansion)
            assert np.array_equal(now.found, expected.keys)
            assert now.work == expected.computed_distances / N_QUERIES
            assert now.share == now.work / 5_000
            exact, _ = serving.search_exact(vectors[0]["many"], vectors[1], k)
            assert np.array_equal(now.recall, serving.search_recall(expected.keys.astype(int), exact))

    def test_all_expansions_are_measured_and_more_work_finds_more(self, lab):
        lab.change(catalog="many")
        lab.finish()
        curve = lab.run.curve(10)
        assert [one.expansion for one in curve] == list(EXPANSIONS)
        work = [one.work for one in curve]
        recall = [one.recall.mean() for one in curve]
        # With k = 10 a search keeps 10 candidates at least.
        assert work == sorted(work) and work[-1] < 5_000
        assert recall == sorted(recall) and recall[0] < 0.9 < 0.99 < recall[-1]

    def test_without_biases_work_does_not_help(self, lab):
        lab.change(biases=False)
        lab.ask(expansion=512)
        without = lab.finish().recall.mean()
        lab.change(biases=True)
        assert without < 0.6 < 0.99 < lab.finish().recall.mean()

    def test_two_threads_may_work_at_once(self, vectors, lab):
        lab.change(catalog="many")
        run = lab.run

        async def both():
            def finish(k, expansion):
                while lab.advance(run, k, expansion):
                    pass

            await asyncio.gather(*(asyncio.to_thread(finish, 10, expansion) for expansion in (8, 512, 64)))

        asyncio.run(both())
        alone = new_lab(vectors, catalog="many")
        alone.finish()
        assert run.n_added == 5_000
        for one, other in zip(run.curve(10), alone.run.curve(10), strict=True):
            assert np.array_equal(one.found, other.found) and one.work == other.work

    @pytest.mark.parametrize("metric", [True, False])
    def test_one_query_is_enough(self, vectors, metric):
        catalogs, queries = vectors
        alone = SearchLab(catalogs, queries[:1], expansion=8)
        beside = SearchLab(catalogs, queries[:2], expansion=8)
        for lab in (alone, beside):
            lab.change(metric=metric)
            lab.finish()
        for one, two in zip(alone.run.curve(10), beside.run.curve(10), strict=True):
            assert np.array_equal(one.found, two.found[:1]) and one.recall == two.recall[:1]
        assert alone.n_queries == 1 and alone.compare() == beside.compare()
        view = SearchView(alone)
        view.next.click()
        assert view.error is None and "of 1 user" in view._body.value and "1 users" not in view._body.value

    def test_one_query_may_find_too_few(self, vectors):
        catalogs, queries = vectors
        lab = SearchLab(catalogs, queries[:1])
        lab.finish()
        few = usearch.Index(ndim=10, metric="l2sq", dtype="f32")
        few.add(np.arange(3), serving.equal_lengths(catalogs["few"])[:3])
        lab.run.points.clear()
        lab.run.index = few
        found = lab.finish().found
        assert sorted(found[0, :3]) == [0, 1, 2] and (found[0, 3:] == -1).all()

    def test_where_the_index_finds_too_few_there_is_no_item(self, lab):
        class Short:
            expansion_search = 0

            def search(self, queries, k, threads):
                keys = np.zeros((len(queries), k), np.uint64)
                keys[:, 0] = 5
                found = type("Matches", (), {"keys": keys, "counts": np.ones(len(queries), int)})
                found.computed_distances = 0
                return found

        lab.finish()
        lab.run.points.clear()
        lab.run.index = Short()
        now = lab.finish()
        assert (now.found[:, 0] == 5).all() and (now.found[:, 1:] == -1).all()
        assert lab.compare().found == (5,)


class TestState:
    def test_indexes_are_kept(self, lab):
        lab.finish()
        first = lab.run
        assert lab.others() == []
        lab.change(metric=False)
        assert lab.now is None and lab.compare() is None and not lab.next_with_a_miss()
        lab.finish()
        assert lab.others() == [first]
        lab.ask(k=100)
        assert lab.others() == []  # not measured with this k
        lab.change(metric=True)
        assert lab.run is first and first.points
        lab.change(catalog="many")
        assert lab.others() == []

    def test_one_that_is_there_need_not_be_built(self, vectors):
        alone = new_lab(vectors, catalog="many")
        alone.finish()
        lab = new_lab(vectors, built={"many": alone.run.index})
        lab.finish()
        lab.change(catalog="many")
        assert lab.run.index is alone.run.index and lab.run.n_added == 5_000
        assert np.array_equal(lab.finish().found, alone.now.found)
        lab.change(connectivity=8)
        assert lab.run.n_added == 0
        index = alone.run.index
        items = serving.equal_lengths(vectors[0]["few"])

        def built(first=0, **other):
            index = usearch.Index(**{"ndim": 10, "metric": "l2sq", "dtype": "f32", "connectivity": 16} | other)
            index.add(np.arange(first, first + 600), items)
            return {"built": {"few": index}}

        new_lab(vectors, **built())
        for named, message in (
            ({"built": {"few": index}}, r"'few' with \(items, .* \(5000, 10, 16.*expected \(600, 10, 16"),
            ({"built": {"many": index}, "connectivity": 8}, r"\(5000, 10, 16, .*; expected \(5000, 10, 8, "),
            ({"built": {"many ": index}}, "built .*Did you mean 'many'"),
            ({"built": {"few": 3}}, "built has 3 for 'few'; expected a usearch.index.Index"),
            (built(metric="ip"), "built .*'few'.*MetricKind.IP.*expected .*MetricKind.L2sq"),
            (built(dtype="f16"), "built .*'few'.*ScalarKind.F16.*expected .*ScalarKind.F32"),
            (built(first=1000), "built .*'few' without the item 0; expected .* from 0 to 599"),
        ):
            with pytest.raises(ValueError, match=message):
                new_lab(vectors, **named)

    def test_not_all_of_them(self, lab, monkeypatch):
        monkeypatch.setattr(search_lab, "_KEPT", 1_300)
        lab.finish()
        first = lab.run
        for connectivity in (8, 32):
            lab.change(connectivity=connectivity)
            lab.finish()
        assert [run.settings.connectivity for run in lab.others()] == [8]
        lab.change(connectivity=16)
        assert lab.run is not first and lab.now is None
        lab.change(catalog="many")  # larger than what is kept
        assert lab.finish().recall.mean() > 0.3

    def test_the_two_lists_of_a_user(self, vectors, lab):
        now = lab.finish()
        assert lab.next_with_a_miss()
        user = int(np.flatnonzero(now.recall < 1)[0])
        assert lab.user == (user or int(np.flatnonzero(now.recall < 1)[1]))
        compared = lab.compare()
        exact, _ = serving.search_exact(vectors[0]["few"], vectors[1], 10)
        assert compared.exact == tuple(exact[lab.user])
        assert compared.missed == set(compared.exact) - set(compared.found) and compared.missed
        seen = [lab.user]
        while lab.next_with_a_miss() and lab.user not in seen:
            seen.append(lab.user)
        assert sorted(seen) == np.flatnonzero(now.recall < 1).tolist()
        lab.ask(expansion=512)
        assert lab.finish().recall.min() == 1 and not lab.next_with_a_miss()
        assert lab.compare().missed == frozenset() and lab.user == seen[0]

    def test_a_catalog_may_have_titles(self, lab):
        assert lab.label(599) == "<b>film</b> 599"
        lab.change(catalog="many")
        assert lab.label(4_321) == "item 4,321"

    def test_wrong_input_is_named(self, vectors, lab):
        catalogs, queries = vectors
        for call, message in (
            (lambda: lab.change(catalog="few "), "catalog must be .*Did you mean 'few'"),
            (lambda: lab.change(metrics=True), "no setting 'metrics'.*Did you mean 'metric'"),
            (lambda: lab.change(connectivity=4), "connectivity is 4; expected one of 8, 16, 32"),
            (lambda: lab.change(biases="no"), "biases is 'no'"),
            (lambda: lab.ask(k=5), "k is 5; expected one of 1, 10, 100"),
            (lambda: lab.ask(expansion=1024), "expansion is 1024"),
            (lambda: lab.choose(40), "user is 40; expected a whole number from 0 to 39"),
            (lambda: SearchLab({}, queries), "catalogs is empty"),
            (lambda: SearchLab(catalogs, queries[:, :-1]), "queries .* a 1 as the last column"),
            (lambda: SearchLab(catalogs, queries[:0]), r"queries has shape \(0, 9\); .*a row for each user"),
            (lambda: SearchLab(catalogs, np.empty((5, 0))), r"queries has shape \(5, 0\); .*two columns or more"),
            (lambda: SearchLab({"a": np.ones((200, 1))}, np.ones((5, 1))), r"queries has shape \(5, 1\).*two columns"),
            (lambda: SearchLab(catalogs, queries[0]), r"queries has shape \(9,\); expected a row"),
            (lambda: SearchLab(catalogs, [["a"]]), "queries must be an array of numbers"),
            (lambda: SearchLab({"a": [[1.0], [1.0, 2.0]]}, queries), "catalog 'a' must be an array of numbers"),
            (lambda: SearchLab({"a": np.full((200, 9), 1e300)}, queries), "catalog 'a' has 1800 values .* not finite"),
            (lambda: SearchLab({7: np.ones((200, 9))}, queries), "catalogs has the name 7; expected strings"),
            (lambda: SearchLab({"a": np.ones(200)}, queries), r"'a' has shape \(200,\); expected a row"),
            (lambda: SearchLab({"a": np.ones((200, 8))}, queries), r"'a' has shape \(200, 8\); expected 9 columns"),
            (lambda: SearchLab({"a": np.ones((99, 9))}, queries), "'a' has 99 items; expected at least 100"),
            (lambda: new_lab(vectors, labels={"few": LABELS[:9]}), "labels of 'few' has 9 entries; expected 600"),
            (lambda: new_lab(vectors, labels={"few ": LABELS}), "labels .*Did you mean 'few'"),
            (lambda: new_lab(vectors, catalog="all"), "catalog must be"),
            (lambda: new_lab(vectors, catalog=""), "catalog must be"),
            (lambda: new_lab(vectors, expansion_add=0), "expansion_add"),
        ):
            with pytest.raises(ValueError, match=message):
                call()

    def test_settings_are_of_one_type(self, vectors):
        lab = new_lab(vectors, connectivity=16.0)
        assert lab.finish().recall.mean() > 0.3
        first = lab.run
        lab.change(biases=1, metric=np.True_, connectivity=np.int64(16))
        assert lab.run is first and [type(value) for value in vars(lab.settings).values()] == [str, bool, bool, int]

    def test_without_usearch_it_says_what_to_install(self, vectors, monkeypatch):
        monkeypatch.setitem(sys.modules, "usearch.index", None)
        with pytest.raises(ImportError, match="pip install usearch"):
            new_lab(vectors)


class TestView:
    def controls(self, view):
        names = ("catalog", "connectivity", "biases", "metric", "k", "expansion", "user", "next", "progress")
        return [getattr(view, name) for name in names]

    def test_it_is_played_by_controls(self, lab):
        view = SearchView(lab)
        first = view.picture.png
        assert view.progress.value == view.progress.max == 600
        assert f"</strong> {lab.now.recall.mean():.3f}, from {lab.now.work:,.0f} distances" in view._body.value
        view.biases.value = False
        assert lab.settings.biases is False and view.error is None and view.picture.png != first
        view.metric.value, view.connectivity.value, view.k.value, view.expansion.value = False, 32, 100, 256
        assert (lab.settings.metric, lab.settings.connectivity, lab.k, lab.expansion) == (False, 32, 100, 256)
        assert f"<strong>Recall of the exact 100:</strong> {lab.now.recall.mean():.3f}" in view._body.value
        view.catalog.value = "many"
        assert view.progress.max == 5_000 and "instead of 5,000" in view._body.value and view.error is None

    def test_a_miss_is_marked_on_both_sides(self, lab):
        view = SearchView(lab)
        view.next.click()
        assert view.user.value == lab.user and view.error is None
        compared = lab.compare()
        body = view._body.value
        assert body.count("missed: ") == body.count("instead: ") == len(compared.missed) > 0
        assert f"User {lab.user}: {10 - len(compared.missed)} of 10 found" in body
        view.user.value = 39
        assert lab.user == 39 and "User 39: " in view._body.value

    def test_of_a_long_list_the_part_with_a_miss_is_shown(self, lab):
        view = SearchView(lab)
        view.k.value, view.expansion.value, view.metric.value = 100, 8, False
        for _ in range(lab.n_queries):
            view.next.click()
            compared = lab.compare()
            if not compared.missed & set(compared.exact[:10]):
                break
        first = min(compared.exact.index(item) for item in compared.missed)
        assert first >= 10  # there is such a user
        assert "missed: " in view._body.value and f"places {min(first, 90) + 1} to " in view._body.value

    def test_the_worst_is_named_where_a_list_lacks_something(self, lab):
        view = SearchView(lab)
        assert (lab.now.recall < 1).any() and "the worst, user" in view._body.value
        lab.now.recall[:] = 1
        view.draw()
        assert f"</strong> {lab.n_queries} of {lab.n_queries} users.</p>" in view._body.value

    @pytest.mark.parametrize("end", [0, -1])
    def test_both_ends_of_every_control(self, lab, end):
        view = SearchView(lab)
        for control in (view.catalog, view.connectivity, view.k, view.expansion):
            control.index = 0 if end == 0 else len(control.options) - 1
            assert view.error is None
        view.biases.value = view.metric.value = end == -1
        view.user.value = view.user.min if end == 0 else view.user.max
        view.next.click()
        assert view.error is None and lab.now is not None
        assert (lab.k, lab.expansion) == (LENGTHS[end], EXPANSIONS[end])

    def test_in_a_loop_the_latest_wish_is_shown(self, vectors, lab):
        view = SearchView(lab)

        async def play():
            view.catalog.value = "many"
            assert "Building the index: 0 of 5,000" in view._body.value and lab.now is None
            view.next.click()
            view.metric.value = False
            view.k.value = 100
            view.expansion.value = 128
            await view.task

        asyncio.run(play())
        assert view.error is None and "Building" not in view._body.value
        alone = new_lab(vectors, catalog="many", k=100, expansion=128)
        alone.change(metric=False)
        assert np.array_equal(alone.finish().found, lab.now.found)
        assert [one.share for one in lab.run.curve(100)] == [one.share for one in alone.run.curve(100)]

    def test_what_is_measured_is_shown_at_once(self, lab):
        view = SearchView(lab)

        async def play():
            view.expansion.value = 512
            return view.task

        assert asyncio.run(play()) is None and f"</strong> {lab.now.recall.mean():.3f}" in view._body.value

    def test_an_error_is_shown(self, lab):
        view = SearchView(lab)
        lab.advance = lambda *asked: 1 / 0

        async def play():
            view.connectivity.value = 8
            await view.task

        asyncio.run(play())
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_titles_are_escaped(self, lab):
        view = SearchView(lab)
        assert all(control.description for control in self.controls(view))
        assert "Recall of the approximate search against its work" in view.picture.alt.value
        assert "<b>film" not in view._body.value and "&lt;b&gt;film" in view._body.value

    def test_outside_of_a_notebook_a_line_is_printed(self, vectors, capsys):
        show_search_lab(*vectors)
        assert "[lab] search lab" in capsys.readouterr().out
