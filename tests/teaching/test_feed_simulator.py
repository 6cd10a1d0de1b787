"""The feed simulator without a browser: its feeds and accounts against the library's own, and the view."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM, Popularity
from recsys_lessons.datasets import make_newsroom
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.widgets import FeedSimulator, FeedSimulatorView
from recsys_lessons.teaching.widgets.feed_simulator import ACCOUNTS, DAYS

DAY = 24 * 60 * 60


@pytest.fixture(scope="module")
def site():
    return make_newsroom(3, n_readers=150, n_articles=400)


@pytest.fixture(scope="module")
def lists(site):
    clicks = site.as_lightfm()["train"]
    identities = [sp.identity(n, format="csr") for n in (site.n_users, site.n_items)]
    facts = site.user_features, site.item_features
    users, items = (sp.hstack(two, format="csr") for two in zip(identities, facts, strict=True))
    hybrid = LightFM(loss="bpr", no_components=8, random_state=1)
    hybrid.fit(clicks, user_features=users, item_features=items, epochs=5)
    return {
        "lots": (LightFM(random_state=0).fit(clicks, epochs=0), {}),
        "shown most": (Popularity().fit(site.shown(before=site.split_time)), {}),
        "hybrid": (hybrid, {"user_features": users, "item_features": items}),
    }


@pytest.fixture(scope="module")
def lab(site, lists):
    return FeedSimulator(site, lists, site.split_time + DAY)


class TestAccounts:
    @pytest.mark.parametrize("days", DAYS)
    @pytest.mark.parametrize("name", ["lots", "shown most", "hybrid"])
    def test_truth_is_the_sites_own(self, lab, site, lists, name, days):
        moment = site.split_time + DAY
        pool = np.setdiff1d(site.published(moment), site.published(moment - int(days * DAY)))
        model, features = lists[name]
        readers = np.flatnonzero(site.readers["joined"] < site.split_time)
        known = site.shown(before=moment)
        ids, _ = model.recommend(readers, n=5, exclude=known, items=pool, **features)
        best, _ = site.oracle(moment).recommend(readers, n=5, exclude=known, items=site.published(moment))
        values = []
        for own in (ids, best):
            chances = site.click_probability(readers[:, None], np.maximum(own, 0), moment, positions=range(5))
            values.append(np.where(own < 0, 0, chances).sum(axis=1))
        assert np.array_equal(lab.listed(name, days), ids)
        assert np.array_equal(lab.clicks(name, days), values[0])
        assert lab.share(name, days) == pytest.approx(values[0].sum() / values[1].sum())
        row = 4
        assert lab.share(name, days, reader=readers[row]) == pytest.approx(values[0][row] / values[1][row])

    @pytest.mark.parametrize("name", ["lots", "hybrid"])  # of the third, many are shown equally often: ties are lost
    def test_the_log_is_precision(self, lab, site, lists, name):
        moment = site.split_time + DAY
        shown = site.impressions
        is_old = site.readers["joined"] < site.split_time
        later = (shown["timestamp"] >= moment) & shown["clicked"] & is_old[shown["reader"]]
        pairs = shown["reader"][later], shown["article"][later]
        clicks = sp.csr_matrix((np.ones(later.sum()), pairs), shape=(site.n_users, site.n_items))
        model, features = lists[name]
        precision = precision_at_k(
            model, clicks, site.shown(before=moment), k=5, items=lab.candidates(3), preserve_rows=True, **features
        )
        assert lab.clicks(name, 3, "log") == pytest.approx(5 * precision[lab.readers])

    def test_looks_and_showings_by_hand(self, lab, site):
        shown, moment = site.impressions, site.split_time + DAY
        later = shown["timestamp"] >= moment
        expected = dict.fromkeys(("look", "showing"), 0.0)
        ids = lab.listed("hybrid", 5)
        for reader, own in zip(lab.readers, ids, strict=True):
            for article in own[own >= 0]:
                here = later & (shown["article"] == article)
                mine = here & (shown["reader"] == reader) & shown["clicked"]
                for place in shown["position"][mine]:
                    look = 1 / float(site.examination([place])[0])
                    expected["look"] += look
                    expected["showing"] += look / (here.sum() / site.n_users)
        for account, value in expected.items():
            assert lab.clicks("hybrid", 5, account).sum() == pytest.approx(value)

    def test_the_oracle_is_the_measure_and_nobody_beats_it_in_truth(self, lab):
        for account in ACCOUNTS:
            assert lab.share("oracle", 1, account) == 1.0
        for name in lab.names:
            for days in lab.days:
                truth = lab.clicks(name, days)
                assert (truth <= lab.clicks("oracle", days) + 1e-9).all()

    def test_fates_agree_with_the_shares(self, lab):
        fates = [one.fate for reader in lab.readers for one in lab.feed("shown most", 2, reader)]
        assert np.mean([fate != "unshown" for fate in fates]) == pytest.approx(lab.shown_share("shown most", 2))
        assert lab.clicks("shown most", 2, "log").sum() == fates.count("clicked")
        assert {"clicked", "skipped", "unshown"} == set(fates)

    def test_a_feed_adds_up_and_chosen_topics_are_those_told(self, lab):
        reader = int(lab.readers[7])
        feed = lab.feed("hybrid", 7, reader)
        assert sum(one.chance for one in feed) == pytest.approx(lab.of_reader("hybrid", 7, "truth", reader))
        assert all(0 <= one.age <= 7 for one in feed)
        on_topic = []
        for one in lab.readers.tolist():
            told = lab.told(one)
            on_topic += [f"chosen:{placed.topic}" in told for placed in lab.feed("hybrid", 7, one)]
        assert np.mean(on_topic) == pytest.approx(lab.chosen_share("hybrid", 7))

    def test_a_window_without_articles_is_worth_nothing(self, site, lists):
        lab = FeedSimulator(site, lists, site.split_time + DAY, days=(1e-6, 1))
        assert lab.candidates(1e-6).size == 0 and lab.feed("lots", 1e-6, lab.readers[0]) == []
        assert lab.share("lots", 1e-6) == 0 and np.isnan(lab.shown_share("lots", 1e-6))
        view = FeedSimulatorView(lab, days=1e-6)
        assert view.error is None and "–" in view._body.value


def test_wrong_input_is_named(site, lists, lab):
    moment = site.split_time
    for models, named, message in (
        ({}, {}, r"models has \[\]"),
        ({"oracle": lists["lots"]}, {}, "none called 'oracle'"),
        (lists, {"days": (2, 1)}, "days is"),
        (lists, {"days": (0, 1)}, "days is"),
        (lists, {"n": 0}, "n"),
    ):
        with pytest.raises(ValueError, match=message):
            FeedSimulator(site, models, moment, **named)
    with pytest.raises(ValueError, match="moment is 0"):
        FeedSimulator(site, lists, 0)
    new = int(site.new_readers[0])
    for ask, message in (
        (lambda: lab.listed("lot", 1), "Did you mean 'lots'"),
        (lambda: lab.listed("lots", 4), "days is 4; expected one of"),
        (lambda: lab.share("lots", 1, "logs"), "Did you mean 'log'"),
        (lambda: lab.feed("lots", 1, new), f"reader is {new}; expected one of"),
        (lambda: FeedSimulatorView(lab, reader=new), f"reader is {new}"),
        (lambda: FeedSimulatorView(lab, days=4), "days is 4"),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


class TestView:
    def test_it_starts_where_it_is_told_to(self, lab):
        reader = int(lab.readers[2])
        view = FeedSimulatorView(lab, name="hybrid", days=3, reader=reader)
        assert f"Reader {reader}" in view._body.value and view._chosen() == ("hybrid", 3, reader, "truth")
        assert f"{lab.share('hybrid', 3):.2f}" in view._body.value

    @pytest.mark.parametrize("end", [0, -1])
    @pytest.mark.parametrize("account", ACCOUNTS)
    def test_both_ends_of_every_control(self, lab, account, end):
        view = FeedSimulatorView(lab)
        view.controls["account"].value = account
        view.controls["name"].value = lab.names[end]
        for name in ("days", "reader"):
            control = view.controls[name]
            control.value = control.options[end][1]
        assert view.error is None
        assert view._chosen() == (lab.names[end], lab.days[end], lab.readers[end], account)

    def test_every_control_changes_the_picture(self, lab):
        view = FeedSimulatorView(lab)
        for name, value in (("account", "log"), ("days", 7), ("name", "hybrid"), ("reader", int(lab.readers[5]))):
            before = view.picture.png
            view.controls[name].value = value
            assert view.picture.png != before

    def test_the_best_is_named_and_reset_goes_back(self, lab):
        view = FeedSimulatorView(lab, name="hybrid", days=2, reader=int(lab.readers[3]))
        first = view._body.value, view.picture.png
        view.controls["account"].value = "showing"
        name, days = lab.best("showing")
        shares = [lab.share(one, window, "showing") for one in lab.names for window in lab.days]
        assert lab.share(name, days, "showing") == max(shares)
        assert f"Best by look and showing:</strong> {name}" in view._body.value
        assert f"{max(shares):.2f}, in truth {lab.share(name, days):.2f}" in view._body.value
        view.controls["days"].value, view.controls["name"].value = 7, "lots"
        view.reset.click()
        assert (view._body.value, view.picture.png) == first and view.error is None

    def test_an_error_is_shown(self, lab, monkeypatch):
        view = FeedSimulatorView(lab)
        monkeypatch.setattr(lab, "feed", lambda *a: 1 / 0)
        view.controls["days"].value = 7
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_names_are_escaped(self, site, lists):
        view = FeedSimulatorView(FeedSimulator(site, {"<b>": lists["lots"]}, site.split_time + DAY))
        assert all(control.description for control in view.controls.values())
        assert "<b>" not in view._body.value and "&lt;b&gt;" in view._body.value
