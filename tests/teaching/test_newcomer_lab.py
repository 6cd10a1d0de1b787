"""The newcomer lab without a browser: folding in against the library, the split of scores, undo and reset, the view."""

import asyncio

import ipywidgets
import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.widgets import NewcomerLab, NewcomerView

N_USERS, N_ITEMS = 60, 90
LABELS = ["region:north", "region:south", "chosen:sport", "chosen:culture", "chosen:<b>art</b>"]
TOPICS = [["sport", "culture", "<b>art</b>"][item % 3] for item in range(N_ITEMS)]


@pytest.fixture(scope="module")
def site():
    rng = np.random.default_rng(4)
    attributes = np.zeros((N_USERS, 5), np.float32)
    attributes[np.arange(N_USERS), rng.integers(2, size=N_USERS)] = 1
    attributes[:, 2:] = rng.random((N_USERS, 3)) < 0.6
    likes = attributes[:, 2:] @ np.array([np.array(TOPICS) == t for t in ("sport", "culture", "<b>art</b>")])
    clicks = sp.csr_matrix((rng.random((N_USERS, N_ITEMS)) < 0.05 + 0.4 * likes).astype(np.float32))
    attributes = sp.csr_matrix(attributes)
    features = sp.hstack([sp.identity(N_USERS), attributes], format="csr")
    model = LightFM(loss="warp", no_components=6, random_state=3).fit(clicks, user_features=features, epochs=5)
    return model, attributes, clicks


def new_lab(site, **arguments):
    model, attributes, clicks = site
    arguments = {"told": ["region:south", "chosen:sport"], "topic": "culture", "n": 10, "most": 12} | arguments
    return NewcomerLab(model, attributes, LABELS, TOPICS, clicks, **arguments)


@pytest.fixture
def lab(site):
    return new_lab(site)


def folded_by_hand(site, told, clicks, epochs):
    row = sp.csr_matrix(np.concatenate([np.zeros(N_USERS), [label in told for label in LABELS]])[None])
    own = sp.csr_matrix((np.ones(len(clicks)), (np.zeros(len(clicks), int), clicks)), shape=(1, N_ITEMS))
    return site[0].fold_in(own, user_features=row, epochs=epochs), row


class TestLists:
    @pytest.mark.parametrize("told", [[], ["region:north"], ["region:south", "chosen:sport", "chosen:culture"]])
    @pytest.mark.parametrize("epochs", [2, 20])
    def test_each_is_the_librarys_to_the_bit(self, site, lab, told, epochs):
        lab.tell(told)
        lab.fold_for(epochs)
        lab.click(5)
        lab.choose("sport")
        lab.click(2)
        lab.finish()
        history = lab.history()
        assert [one.n_clicks for one in history] == list(range(8))
        for one in history:
            folded, _ = folded_by_hand(site, told, lab.clicks[: one.n_clicks], epochs)
            vector, bias = lab.run.by_clicks[one.n_clicks]
            assert vector.tobytes() == folded.user_embeddings[0].tobytes() and bias == folded.user_biases[0]
            items, _ = folded.recommend(0, n=10, items=lab.candidates)
            assert one.items == tuple(items.tolist())
            assert one.topics == {t: sum(TOPICS[item] == t for item in items) for t in one.topics}

    def test_the_three_parts_add_up_to_the_models_scores(self, site, lab):
        lab.click(4)
        now = lab.finish()
        folded, row = folded_by_hand(site, lab.told, lab.clicks, 20)
        scores = folded.predict(0, np.arange(N_ITEMS))
        lead = scores[list(now.items)].mean() - scores[lab.candidates].mean()
        assert now.from_told + now.from_clicks + now.from_popularity == pytest.approx(lead, abs=1e-5)
        biases, vectors = site[0].get_item_representations()
        told = vectors @ site[0].get_user_representations(row)[1][0]
        assert now.from_told == pytest.approx(told[list(now.items)].mean() - told[lab.candidates].mean(), abs=1e-5)
        for one in lab.by_topic():
            own = [item for item in lab.candidates if TOPICS[item] == one.topic]
            lead = scores[own].mean() - scores[lab.candidates].mean()
            assert one.from_told + one.from_clicks + one.from_popularity == pytest.approx(lead, abs=1e-5)
            assert one.n_clicked == sum(TOPICS[item] == one.topic for item in lab.clicks)
            assert one.n_listed == now.topics.get(one.topic, 0)

    def test_without_clicks_or_without_attributes_they_give_nothing(self, lab):
        assert lab.finish().from_clicks == 0 and lab.finish().from_told != 0
        lab.tell([])
        lab.click()
        assert lab.finish().from_told == 0 and lab.finish().from_clicks != 0

    def test_what_can_be_clicked_is_every_other_item_and_never_listed(self, site, lab):
        likes = site[2].getnnz(axis=0)
        culture = [item for item in np.argsort(-likes, kind="stable") if TOPICS[item] == "culture"]
        lab.click(12)
        assert lab.clicks == tuple(culture[::2][:12]) and lab.n_to_click == 0
        assert set(lab.candidates) == set(range(N_ITEMS)) - set(culture[::2][:12])
        assert all(set(one.items) <= set(lab.candidates) for one in lab.history())

    def test_leading_topics_may_share_the_lead(self, lab):
        for _ in range(12):
            lab.click()
            now = lab.finish()
            assert set(now.leading) == {t for t, n in now.topics.items() if n == max(now.topics.values())}


class TestActions:
    def test_clicks_end_where_nothing_is_left(self, lab):
        lab.click(100)
        assert len(lab.clicks) == 12 and lab.n_to_click == 0
        lab.choose("sport")
        lab.click()  # in all no more than `most`
        assert len(lab.clicks) == 12

    def test_undo_takes_back_a_press(self, lab):
        lab.click()
        lab.click(5)
        before = lab.clicks
        lab.choose("sport")
        lab.click(2)
        lab.finish()
        lab.undo()
        assert lab.clicks == before
        lab.undo()
        assert len(lab.clicks) == 1
        lab.undo()
        lab.undo()
        assert lab.clicks == () and lab.finish().from_clicks == 0

    def test_only_what_is_new_is_folded_in(self, lab):
        lab.click(5)
        lab.finish()
        lab.click()
        assert lab.run.missing == [6]
        lab.undo()
        assert lab.run.missing == []
        lab.undo()
        lab.choose("sport")
        lab.click(2)
        assert lab.run.missing == [2, 1]
        lab.fold_for(5)
        assert lab.run.missing == [2, 1, 0]

    def test_reset_is_the_start(self, lab):
        first = lab.finish()
        lab.click(3)
        lab.tell(["chosen:culture"])
        lab.choose("sport")
        lab.fold_for(2)
        lab.reset()
        assert (lab.clicks, lab.told, lab.topic, lab.epochs) == ((), ("region:south", "chosen:sport"), "culture", 20)
        assert lab.finish() == first

    def test_kinds_of_which_one_can_be_told_are_found(self, lab):
        assert lab.kinds == {"region": (tuple(LABELS[:2]), True), "chosen": (tuple(LABELS[2:]), False)}

    def test_the_model_stays_as_it_was(self, site, lab):
        before = site[0].user_embeddings.copy(), site[0].item_embeddings.copy()
        lab.click(5)
        lab.finish()
        assert np.array_equal(site[0].user_embeddings, before[0])
        assert np.array_equal(site[0].item_embeddings, before[1])

    def test_wrong_input_is_named(self, site, lab):
        model, attributes, clicks = site
        for call, message in (
            (lambda: lab.tell(["region:nort"]), "Did you mean 'region:north'"),
            (lambda: lab.tell(LABELS[:2]), "expected one region at most"),
            (lambda: lab.choose("sprot"), "topic .*Did you mean 'sport'"),
            (lambda: lab.click(0), "times"),
            (lambda: lab.fold_for(0), "epochs"),
            (lambda: new_lab(site, n=70), "n is 70; expected at most 54"),
            (lambda: new_lab(site, labels=["a"]), "labels has 1 entries; expected 90"),
            (lambda: new_lab(site, epochs=-1), "epochs"),
            (lambda: NewcomerLab(model, attributes, LABELS[:2], TOPICS, clicks), "attribute_labels has 2 entries"),
            (lambda: NewcomerLab(model, attributes, LABELS, TOPICS[:9], clicks), "interactions has 90 items"),
            (lambda: NewcomerLab(model, sp.eye(99), LABELS * 20, TOPICS, clicks), "attribute_labels has 100"),
            (lambda: NewcomerLab(LightFM(), attributes, LABELS, TOPICS, clicks), "model is LightFM.* not fitted"),
            (lambda: NewcomerLab(None, attributes, LABELS, TOPICS, clicks), "model is None; expected a LightFM"),
            (lambda: NewcomerLab(model, sp.eye(100), LABELS * 20, TOPICS, clicks), "model has 65 user features"),
        ):
            with pytest.raises(ValueError, match=message):
                call()


class TestView:
    def test_it_is_played_by_buttons(self, lab):
        view = NewcomerView(lab)
        first, body = view.picture.png, view._body.value
        assert view.buttons["undo"].disabled and "region:south, chosen:sport" in view._body.value
        view.buttons["one"].click()
        view.buttons["five"].click()
        assert len(lab.clicks) == 6 and view.picture.png != first and view.error is None
        now = lab.finish()
        assert f"{now.from_told:.2f} from what was told, {now.from_clicks:.2f} from clicks" in view._body.value
        view.buttons["undo"].click()
        assert len(lab.clicks) == 1
        view.told["region"].value = "region:north"
        view.told["chosen:culture"].value = True
        view.told["chosen:sport"].value = False
        assert lab.told == ("region:north", "chosen:culture")
        view.epochs.value = 2
        view.topic.value = "sport"
        assert (lab.epochs, lab.topic) == (2, "sport") and view.error is None
        view.buttons["reset"].click()
        assert view._body.value == body and view.error is None
        assert (view.told["region"].value, view.told["chosen:sport"].value) == ("region:south", True)
        assert (view.topic.value, view.epochs.value, view.told["chosen:culture"].value) == ("culture", 20, False)

    @pytest.mark.parametrize("end", [0, -1])
    def test_both_ends_of_every_control(self, lab, end):
        view = NewcomerView(lab)
        for control in view.told.values():
            if isinstance(control, ipywidgets.Checkbox):
                control.value = end == -1
            else:
                control.index = 0 if end == 0 else len(control.options) - 1
        view.topic.index = 0 if end == 0 else len(view.topic.options) - 1
        view.epochs.index = 0 if end == 0 else len(view.epochs.options) - 1
        for button in ("five", "five", "five", "undo", "one", "one", "one", "five"):
            view.buttons[button].click()
        assert view.error is None and len(lab.clicks) == 12
        assert view.buttons["one"].disabled and view.buttons["five"].disabled
        assert lab.told == (() if end == 0 else ("region:south", *LABELS[2:]))

    def test_in_a_loop_the_latest_wish_is_shown(self, site, lab):
        view = NewcomerView(lab)

        async def play():
            view.buttons["five"].click()
            view.epochs.value = 100
            view.told["chosen:culture"].value = True
            view.buttons["one"].click()
            await view.task

        asyncio.run(play())
        assert view.error is None and lab.run.missing == []
        alone = new_lab(site, told=lab.told, epochs=100)
        alone.click(6)
        alone.finish()
        assert alone.history() == lab.history()
        assert "<strong>Clicks:</strong> 6." in view._body.value and "Folding in" not in view._body.value

    def test_an_error_is_shown(self, lab):
        view = NewcomerView(lab)
        lab.advance = lambda run: 1 / 0
        view.buttons["one"].disabled = False

        async def play():
            view.buttons["one"].click()
            await view.task

        asyncio.run(play())
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_titles_are_escaped(self, site):
        view = NewcomerView(new_lab(site, told=LABELS[2:], labels=["<script>"] * N_ITEMS))
        view.buttons["one"].click()
        controls = [*view.told.values(), view.topic, view.epochs, *view.buttons.values()]
        assert all(control.description for control in controls)
        assert "<script>" not in view._body.value and "&lt;script&gt;" in view._body.value
        assert "<b>art" not in view._body.value and "&lt;b&gt;art" in view._body.value
        assert "three lines" in view.picture.alt.value
