"""The article of the newcomer lab: swapped roles against the library, shares by hand, and choosing the newcomer."""

import asyncio

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.widgets import ArticleLab, ArticleView, NewcomerLab, NewcomerView, swap_roles

N_READERS, N_ARTICLES = 80, 60
TOPICS = [["sport", "culture", "<b>art</b>"][article % 3] for article in range(N_ARTICLES)]
SAID = ["topic:sport", "topic:culture", "topic:<b>art</b>", "length:short", "length:long"]
NAMES = ["region:north", "region:south", "chosen:sport", "chosen:culture", "chosen:<b>art</b>"]


@pytest.fixture(scope="module")
def site():
    rng = np.random.default_rng(4)
    of = np.array([np.array(TOPICS) == name for name in ("sport", "culture", "<b>art</b>")])
    features = np.zeros((N_ARTICLES, 5), np.float32)
    features[:, :3] = of.T
    features[np.arange(N_ARTICLES), 3 + rng.integers(2, size=N_ARTICLES)] = 1
    attributes = np.zeros((N_READERS, 5), np.float32)
    attributes[np.arange(N_READERS), rng.integers(2, size=N_READERS)] = 1
    attributes[:, 2:] = rng.random((N_READERS, 3)) < 0.5
    chances = np.clip(0.1 + 0.6 * attributes[:, 2:] @ of + 0.1 * rng.random((N_READERS, N_ARTICLES)), 0, 1)
    clicks = sp.csr_matrix((rng.random(chances.shape) < chances).astype(np.float32))
    features, attributes = sp.csr_matrix(features), sp.csr_matrix(attributes)
    of_readers = sp.hstack([sp.identity(N_READERS), attributes], format="csr")
    of_articles = sp.hstack([sp.identity(N_ARTICLES), features], format="csr")
    model = LightFM(loss="warp", no_components=6, random_state=3)
    model.fit(clicks, user_features=of_readers, item_features=of_articles, epochs=10)
    return model, features, attributes, chances, of_readers, clicks


def new_lab(site, **arguments):
    model, features, attributes, chances, *_ = site
    arguments = {"told": ["topic:sport"], "topic": "culture", "n": 10, "most": 18} | arguments
    return ArticleLab(model, features, SAID, attributes, NAMES, chances, TOPICS, **arguments)


@pytest.fixture
def lab(site):
    return new_lab(site)


def row_of(told):
    return sp.csr_matrix(np.concatenate([np.zeros(N_ARTICLES), [label in told for label in SAID]])[None])


class TestSwappedRoles:
    def test_every_score_is_the_models_to_the_bit(self, site):
        model, features, *_, of_readers, _ = site
        swapped = swap_roles(model, of_readers)
        of_articles = sp.hstack([sp.identity(N_ARTICLES), features], format="csr")
        readers, articles = (ids.ravel() for ids in np.indices((N_READERS, N_ARTICLES)))
        scores = model.predict(readers, articles, item_features=of_articles, user_features=of_readers)
        assert scores.std() > 0
        assert swapped.predict(articles, readers, user_features=of_articles).tobytes() == scores.tobytes()

    def test_folding_in_is_the_step_of_the_lesson_with_the_roles_swapped(self):
        """Features that sum to (1, 0), a reader with (0, 2) who clicks: (1, 0) + ½ · (0, 2); from zero (0, 1)."""
        model = LightFM(no_components=2, loss="logistic", learning_rate=1.0)
        model.fit(sp.coo_matrix([[1.0]]), item_features=sp.csr_matrix([[1, 1]]), epochs=0)
        model.item_embeddings, model.user_embeddings = [[5, 5], [1, 0]], [[0, 2]]
        swapped = swap_roles(model, sp.identity(1))
        for row, expected in ((sp.csr_matrix([[0, 1]]), [1, 1]), (None, [0, 1])):
            folded = swapped.fold_in(sp.coo_matrix([[1.0]]), user_features=row, epochs=1)
            assert folded.user_embeddings[0] == pytest.approx(expected)
            assert folded.item_embeddings[0].tolist() == [0, 2]

    def test_who_clicked_scores_higher_and_who_did_not_lower(self, site):
        swapped = swap_roles(site[0], site[4])
        clicked = [4, 10, 30]
        own = sp.csr_matrix((np.ones(3), (np.zeros(3, int), clicked)), shape=(1, N_READERS))
        folded = swapped.fold_in(own, epochs=50)
        scores = folded.predict(0, np.arange(N_READERS))
        assert scores[clicked].min() > np.delete(scores, clicked).mean()

    def test_it_is_deterministic_and_leaves_the_model_alone(self, site):
        model, *_, of_readers, clicks = site
        before = model.item_embeddings.copy(), model.user_embeddings.copy()
        model = LightFM(**{**model.get_params(), "random_state": np.random.default_rng(1)})
        model.fit(clicks, user_features=of_readers, epochs=1)
        state = model.random_state.bit_generator.state
        own = sp.csr_matrix(np.ones((1, 1)) * (np.arange(N_READERS) < 5))
        one, two = (swap_roles(model, of_readers).fold_in(own).user_embeddings for _ in range(2))
        assert one.tobytes() == two.tobytes() and model.random_state.bit_generator.state == state
        assert np.array_equal(site[0].item_embeddings, before[0]) and np.array_equal(site[0].user_embeddings, before[1])


class TestAudiences:
    @pytest.mark.parametrize("told", [[], ["topic:culture"], ["topic:sport", "length:long"]])
    @pytest.mark.parametrize("epochs", [2, 20])
    def test_each_is_the_librarys_to_the_bit_and_its_share_right(self, site, lab, told, epochs):
        lab.tell(told)
        lab.fold_for(epochs)
        lab.click(4)
        lab.choose("sport")
        lab.click(8)
        lab.finish()
        history = lab.history()
        assert [one.n_clicks for one in history] == [*range(11), 12]
        swapped = swap_roles(site[0], site[4])
        truth = site[3][:, [topic == "sport" for topic in TOPICS]].mean(axis=1)
        candidates = np.arange(1, N_READERS, 2)
        best = np.sort(truth[candidates])[-10:].mean()

        def share(folded):
            if not folded.user_embeddings.any():
                return (), truth[candidates].mean() / best
            readers, _ = folded.recommend(0, n=10, items=candidates)
            return tuple(readers.tolist()), truth[readers].mean() / best

        for one in history:
            clicks = lab.clicks[: one.n_clicks]
            own = sp.csr_matrix((np.ones(len(clicks)), (np.zeros(len(clicks), int), clicks)), shape=(1, N_READERS))
            both = swapped.fold_in(own, user_features=row_of(told), epochs=epochs)
            zero = swapped.fold_in(own, epochs=epochs)
            vectors = lab.run.by_clicks[one.n_clicks]
            assert vectors[0].tobytes() == both.user_embeddings[0].tobytes()
            assert vectors[1].tobytes() == zero.user_embeddings[0].tobytes()
            readers, of_both = share(both)
            assert one.readers == readers and one.share == pytest.approx(of_both)
            assert one.share_clicks == pytest.approx(share(zero)[1])
            nobody = sp.csr_matrix((1, N_READERS))
            told_alone = swapped.fold_in(nobody, user_features=row_of(told), epochs=epochs)
            assert one.share_told == pytest.approx(share(told_alone)[1])

    def test_the_parts_add_up_to_the_models_scores(self, site, lab):
        lab.click(7)
        now = lab.finish()
        readers, told = site[0].get_user_representations(site[4])[1], row_of(lab.told)
        of_told = site[0].predict(np.arange(N_READERS), np.zeros(N_READERS, int), told, site[4])
        scores = readers @ lab.run.by_clicks[7][0]

        def lead(values, some):
            return values[some].mean() - values[lab.candidates].mean()

        assert now.from_told == pytest.approx(lead(of_told, list(now.readers)), abs=1e-5)
        assert now.from_told + now.from_clicks == pytest.approx(lead(scores, list(now.readers)), abs=1e-5)
        groups = lab.by_group()
        assert [one.group for one in groups] == ["sport", "culture", "<b>art</b>"]
        truth = site[3][:, [topic == "culture" for topic in TOPICS]].mean(axis=1)
        for column, one in enumerate(groups, start=2):
            members = np.flatnonzero(site[2][:, column].toarray())
            own = members[members % 2 == 1]
            assert one.from_told + one.from_clicks == pytest.approx(lead(scores, own), abs=1e-5)
            assert one.chance == pytest.approx(truth[own].mean())
            assert one.n_clicked == len(set(lab.clicks) & set(members))
            assert one.n_shown == len(set(now.readers) & set(members))

    def test_where_nothing_is_known_readers_tie(self, lab):
        lab.tell([])
        now = lab.finish()
        assert now.readers == () and now.from_told == now.from_clicks == 0
        assert now.share == now.share_told == now.share_clicks == lab.share_by_lot < 1
        lab.click()
        assert len(lab.finish().readers) == 10 and lab.finish().from_told == 0 != lab.finish().from_clicks

    def test_a_true_word_finds_readers_a_false_one_does_not(self, lab):
        lab.tell(["topic:culture"])
        assert lab.finish().share_told > 0.9
        lab.tell(["topic:sport"])
        assert lab.finish().share_told < 0.8


class TestClicks:
    def test_they_are_drawn_from_the_true_chances(self, site):
        model, features, attributes, *_ = site
        chances = np.full((N_READERS, N_ARTICLES), 0.0)
        chances[np.arange(N_READERS) % 3 == 0] = 1.0
        certain = ArticleLab(model, features, SAID, attributes, NAMES, chances, TOPICS, n=10, most=80)
        certain.click(80)
        assert sorted(certain.clicks) == [reader for reader in range(0, N_READERS, 2) if reader % 3 == 0]
        rates = []
        for seed in range(300):
            lab = ArticleLab(
                model, features, SAID, attributes, NAMES, chances * 0.3, TOPICS, n=10, most=80, random_state=seed
            )
            rates.append(lab.n_to_click / len(certain.clicks))
        assert np.mean(rates) == pytest.approx(0.3, abs=0.02)

    def test_only_those_who_look_click_and_none_of_them_is_a_candidate(self, lab):
        lab.click(18)
        assert all(reader % 2 == 0 for reader in lab.clicks) and len(set(lab.clicks)) == len(lab.clicks)
        assert all(reader % 2 == 1 for one in lab.history() for reader in one.readers)
        assert lab.n_to_click == 0

    def test_the_same_seed_the_same_clicks(self, site, lab):
        other, third = new_lab(site), new_lab(site, random_state=1)
        for one in (lab, other, third):
            one.click(10)
        assert lab.clicks == other.clicks != third.clicks
        lab.finish(), other.finish()
        assert lab.history() == other.history()

    def test_the_history_does_not_depend_on_the_way_there(self, site, lab):
        for times in (1, 11, 3, 2):
            lab.click(times)
            lab.finish()
        lab.undo()
        lab.finish()
        at_once = new_lab(site)
        at_once.click(15)
        at_once.finish()
        assert [one.n_clicks for one in lab.history()] == [*range(11), 15] and lab.history() == at_once.history()

    def test_reset_is_the_start(self, lab):
        first = lab.finish()
        lab.click(3)
        lab.tell(["length:short"])
        lab.choose("sport")
        lab.fold_for(2)
        lab.reset()
        assert (lab.clicks, lab.told, lab.topic, lab.epochs) == ((), ("topic:sport",), "culture", 20)
        assert lab.finish() == first

    def test_wrong_input_is_named(self, site, lab):
        model, features, attributes, chances, of_readers, clicks = site
        bpr = LightFM(loss="bpr", no_components=2).fit(
            clicks,
            user_features=of_readers,
            item_features=sp.identity(N_ARTICLES + 5, format="csr")[:N_ARTICLES],
            epochs=0,
        )
        right = [model, features, SAID, attributes, NAMES, chances, TOPICS]

        def put(place, value):
            return lambda: ArticleLab(*right[:place], value, *right[place + 1 :], n=10)

        for call, message in (
            (lambda: lab.tell(["topic:sprot"]), "names of features.*Did you mean 'topic:sport'"),
            (lambda: lab.tell(SAID[:2]), "expected one topic at most"),
            (lambda: new_lab(site, n=41), "n is 41; expected at most 40"),
            (lambda: new_lab(site, groups="chose"), "groups.*Did you mean 'chosen'"),
            (put(0, bpr), "model has the loss 'bpr'; expected 'warp'"),
            (put(0, LightFM(loss="warp")), "model is LightFM.* not fitted"),
            (put(0, None), "model is None; expected a LightFM"),
            (put(1, sp.eye(70)), "feature_labels has 5 entries; expected 70"),
            (put(2, SAID[:2]), "feature_labels has 2 entries; expected 5"),
            (put(3, attributes[:-1]), "model has 85 user features; expected 84"),
            (put(4, NAMES[:2]), "attribute_labels has 2 entries; expected 5"),
            (put(5, chances.T), r"chances has shape \(60, 80\); expected \(80, 60\)"),
            (put(5, chances * 45), "chances has .*expected numbers from 0 to 1"),
            (put(5, chances - 0.3), "chances has -.*expected numbers from 0 to 1"),
            (put(5, np.full(chances.shape, np.nan)), "chances has nan; expected numbers from 0 to 1"),
            (put(5, chances.astype(str)[:, :1] + "?"), "chances must be an array of numbers"),
            (put(5, chances * 0), "chances are 0 for all candidates .* topic '<b>art</b>'; expected some above 0"),
            (put(5, chances * (np.arange(N_READERS) % 2 == 0)[:, None]), "chances are 0 for all candidates"),
            (put(5, chances * (np.array(TOPICS) != "sport")), "chances are 0 .* topic 'sport'"),
            (put(6, []), "topics is empty; expected what each article is about"),
            (put(6, TOPICS[:2]), r"chances has shape \(80, 60\); expected \(80, 2\)"),
        ):
            with pytest.raises(ValueError, match=message):
                call()


class TestView:
    def test_it_is_played_by_buttons(self, lab):
        view = ArticleView(lab)
        first, body = view.picture.png, view._body.value
        assert view.buttons["undo"].disabled and "topic:sport" in body and "Really about:</strong> culture" in body
        view.buttons["one"].click()
        view.buttons["ten"].click()
        assert len(lab.clicks) == 11 and view.picture.png != first and view.error is None
        now = lab.finish()
        assert f"{now.from_told:.2f} from features, {now.from_clicks:.2f} from clicks" in view._body.value
        assert f"give {now.share:.2f}; by features alone {now.share_told:.2f}" in view._body.value
        view.buttons["undo"].click()
        assert len(lab.clicks) == 1
        view.told["topic"].value = "topic:culture"
        view.told["length"].value = "length:long"
        view.topic.value = "sport"
        view.epochs.value = 2
        assert (lab.told, lab.topic, lab.epochs) == (("topic:culture", "length:long"), "sport", 2)
        view.buttons["reset"].click()
        assert view._body.value == body and view.error is None
        assert (view.told["topic"].value, view.told["length"].value) == ("topic:sport", "")

    @pytest.mark.parametrize("end", [0, -1])
    def test_both_ends_of_every_control(self, site, end):
        lab = new_lab(site, most=12)
        view = ArticleView(lab)
        for control in [*view.told.values(), view.topic, view.epochs]:
            control.index = 0 if end == 0 else len(control.options) - 1
        for button in ("ten", "ten", "ten", "undo", "one", "one", "one", "ten"):
            view.buttons[button].click()
        assert view.error is None and len(lab.clicks) == 12
        assert view.buttons["one"].disabled and view.buttons["ten"].disabled
        assert lab.told == (() if end == 0 else ("topic:<b>art</b>", "length:long"))

    def test_in_a_loop_the_latest_wish_is_shown(self, site, lab):
        view = ArticleView(lab)

        async def play():
            view.buttons["ten"].click()
            view.epochs.value = 100
            view.told["topic"].value = "topic:culture"
            view.buttons["one"].click()
            await view.task

        asyncio.run(play())
        assert view.error is None and lab.run.missing == []
        alone = new_lab(site, told=lab.told, epochs=100)
        alone.click(11)
        alone.finish()
        assert alone.history() == lab.history()
        assert "<strong>Clicks:</strong> 11." in view._body.value and "Folding in" not in view._body.value

    def test_every_control_has_a_name_and_words_are_escaped(self, site):
        view = ArticleView(new_lab(site, told=["topic:<b>art</b>"], topic="<b>art</b>"))
        view.buttons["one"].click()
        assert all(c.description for c in [*view.told.values(), view.topic, view.epochs, *view.buttons.values()])
        assert "<b>art" not in view._body.value and view._body.value.count("&lt;b&gt;art") == 3
        assert "two lines" in view.picture.alt.value

    def test_there_is_room_for_every_group_of_readers(self, lab):
        *_, frame, _ = ArticleView(lab).widget.children
        lab.finish()
        assert frame.layout.height == f"{27 * len(lab.by_group()) + 175}px" != "175px"


class TestChoice:
    @pytest.fixture
    def reader(self, site):
        _, _, attributes, _, of_readers, clicks = site
        model = LightFM(loss="warp", no_components=4, random_state=3).fit(clicks, user_features=of_readers, epochs=2)
        return NewcomerLab(model, attributes, NAMES, TOPICS, clicks, told=["chosen:sport"], n=10, most=8)

    def test_it_starts_with_a_reader_and_goes_to_and_fro(self, reader, lab):
        view = NewcomerView(reader, lab)
        alone = NewcomerView(reader)
        assert view._body.value == alone._body.value and view.picture.png == alone.picture.png
        assert view.newcomer.description == "Newcomer" and view.article is None
        top, of_reader = view.widget.children
        assert top is view.newcomer and of_reader.children[0].value == alone.widget.children[0].value
        view.newcomer.value = "an article"
        article = view.article
        assert view.widget.children == (view.newcomer, article.widget) and view.error is None
        article.buttons["ten"].click()
        assert len(lab.clicks) == 10 and reader.clicks == ()
        view.newcomer.value = "a reader"
        assert view.widget.children == (top, of_reader)
        view.buttons["five"].click()
        view.newcomer.value = "an article"
        assert view.article is article and len(lab.clicks) == 10 and len(reader.clicks) == 5

    def test_without_an_article_there_is_nothing_to_choose(self, reader):
        view = NewcomerView(reader)
        assert view.newcomer not in view.widget.children

    def test_the_work_of_both_ends(self, reader, lab):
        view = NewcomerView(reader, lab)
        view.newcomer.value = "an article"
        before = view.article._body.value

        async def play():
            view.article.buttons["ten"].click()
            view.end_work()
            await view.article.task

        asyncio.run(play())
        assert view.article._body.value == before and lab.run.missing != []
