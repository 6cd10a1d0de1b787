"""Figures: what is shown, what is printed, what is refused, and that nothing global is touched."""

import base64
import io
import sys

import matplotlib
import numpy as np
import pytest
import scipy.sparse as sp
from PIL import Image

from recsys_lessons.teaching import plotting
from recsys_lessons.teaching.plotting import (
    drawing,
    drawing_panels,
    plot_by_seed,
    plot_genre_profile,
    plot_training,
    style,
    training,
)

HISTORY = [
    {"loss": 0.9, "updates": 10, "draws": 20},
    {"loss": 0.95, "updates": 10, "draws": 35},
    {"loss": 0.4},
]
GENRES = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]])
NAMES = ["Drama", "Crime", "Comedy"]


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would receive: a list of (mime bundle, metadata)."""
    received = []

    def display(data, *, metadata, raw):
        assert raw
        received.append((data, metadata))

    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", display)
    return received


def picture_of(bundle):
    return Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))


def test_a_notebook_gets_a_picture_with_text_alternative_and_facts(shown, capsys):
    assert plot_training(HISTORY) is None
    ((bundle, metadata),) = shown
    alt = "Line chart, loss by epoch. The loss falls from 0.9 in epoch 1 to 0.4 in epoch 3."
    assert f'alt="{alt}"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]
    assert bundle["text/plain"] == f"[figure] {alt}"
    assert metadata["image/png"]["alt"] == alt
    # The last epoch has no counts, so draws are not a fact.
    assert capsys.readouterr().out == (
        "loss in epoch 1: 0.9 · in epoch 3: 0.4\nepochs in which the loss rose: 1 of 2\n"
    )
    picture = picture_of(bundle)
    assert picture.width == 2 * metadata["image/png"]["width"]
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_two_drawings_have_the_same_bytes_whatever_the_persons_style(shown):
    plot_training(HISTORY)
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 20, "figure.dpi": 30}):
        plot_training(HISTORY)
    assert shown[0] == shown[1]


def test_nothing_global_is_left_behind(shown):
    before = dict(matplotlib.rcParams)
    plot_training(HISTORY)
    assert dict(matplotlib.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_the_palette_stays_apart_from_a_light_card():
    def luminance(color):
        channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return np.dot(linear, (0.2126, 0.7152, 0.0722))

    assert len(set(plotting.PALETTE)) == 6
    contrast = [1.05 / (luminance(color) + 0.05) for color in plotting.PALETTE]
    assert min(contrast) > 2  # surfaces; text is always in the dark ink
    assert 1.05 / (luminance(plotting.GRAY) + 0.05) > 4.5


def test_text_is_escaped(shown):
    with drawing("A < B", alt='says "A < B"', facts=["one"]) as axes:
        axes.plot([1, 2])
    assert 'alt="says &quot;A &lt; B&quot;"' in shown[0][0]["text/html"]


def test_nothing_is_shown_when_drawing_fails(shown, capsys):
    with pytest.raises(RuntimeError), drawing("title", alt="alt", facts=["fact"]):
        raise RuntimeError
    assert shown == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"title": " ", "alt": "a", "facts": ["f"]}, "title is empty"),
        ({"title": "t", "alt": "", "facts": ["f"]}, "alt is empty"),
        ({"title": "t", "alt": "a", "facts": []}, "facts is empty"),
    ],
)
def test_a_figure_without_words_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message), drawing(**arguments):
        pass


def test_panels_share_one_picture_and_one_title(shown, monkeypatch):
    drawn = []
    original = style._png
    monkeypatch.setattr(style, "_png", lambda figure: drawn.append(figure) or original(figure))
    with drawing_panels("Both fall", ["train", "test"], alt="Two lines.", facts=["one"], share_y=True) as (left, right):
        left.plot([2, 1])
        right.plot([3, 1])
    assert len(shown) == 1
    assert drawn[0].get_suptitle() == "Both fall"
    assert [axes.get_title(loc="left") for axes in drawn[0].axes] == ["train", "test"]
    assert left.get_ylim() == right.get_ylim()


def test_a_figure_without_panels_is_refused():
    with pytest.raises(ValueError, match="panel_titles is empty"), drawing_panels("t", [], alt="a", facts=["f"]):
        pass


@pytest.mark.parametrize(
    ("history", "title"),
    [
        ([{"loss": 0.5}], "The loss of the only epoch is 0.5"),
        ([{"loss": 0.5}, {"loss": 0.7}], "The loss rises from 0.5 to 0.7 in 2 epochs"),
        ([{"loss": 0.5}, {"loss": 0.5}], "The loss stays at 0.5 in 2 epochs"),
    ],
)
def test_the_title_states_the_finding(monkeypatch, history, title):
    titles = []
    original = training.drawing
    monkeypatch.setattr(training, "drawing", lambda t, **k: (titles.append(t), original(t, **k))[1])
    plot_training(history)
    assert titles == [title]


def test_draws_for_each_update_are_a_fact(capsys):
    plot_training(HISTORY[:2])
    assert "negatives drawn for each update: 2 in epoch 1 · 3.5 in epoch 2\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("history", "message"), [([], "history has no epochs"), ([{"loss": np.nan}], "the loss nan in epoch 1")]
)
def test_a_history_without_numbers_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        plot_training(history)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array, sp.csr_matrix, sp.csc_array])
def test_genres_in_any_matrix_give_the_same_facts(make, capsys):
    matrix = make(GENRES)
    if matrix.__class__.__name__ == "csc_array":
        matrix = matrix.tocsr()
    names = np.array([f"genre:{name}" for name in NAMES])
    plot_genre_profile([0, 1], np.array([2, 3, -1], dtype=np.int32), matrix, names)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "leading genre of 2 liked films: Drama (100%)",
        "leading genre of 2 recommended films: Comedy (100%)",
        "largest difference: Comedy, 0% of liked, 100% of recommended",
    ]


def test_only_the_largest_genres_are_shown(shown):
    plot_genre_profile([0, 1], [2, 3], GENRES, NAMES, most=1)
    assert shown[0][1]["image/png"]["alt"] == (
        "Paired bars, share of films for the 1 most frequent of 3 genres, liked beside recommended. "
        "Drama: 100% and 50%."
    )


def test_nothing_is_said_of_a_selection_where_all_genres_are_shown(shown):
    plot_genre_profile([0, 1], [2, 3], GENRES, NAMES)
    assert "share of films by genre" in shown[0][1]["image/png"]["alt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [1], GENRES, NAMES), "liked has no films"),
        (([1], [-1, -1], GENRES, NAMES), "recommended has no films"),
        (([1], [4], GENRES, NAMES), r"recommended contains the id 4; expected ids from 0 to 3"),
        (([-2], [1], GENRES, NAMES), "liked contains the id -2"),
        (([0.5], [1], GENRES, NAMES), "liked has dtype float64"),
        (([1], [1], GENRES, NAMES[:2]), "names has 2 entries; expected 3"),
        (([1], [1], 0 * GENRES, NAMES), "genres is all zero"),
    ],
)
def test_wrong_profiles_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_genre_profile(*arguments)


def test_inputs_stay_as_they_were():
    liked, genres = np.array([1, 0]), sp.csr_array(GENRES)
    plot_genre_profile(liked, [2], genres, NAMES)
    np.testing.assert_array_equal(liked, [1, 0])
    np.testing.assert_array_equal(genres.toarray(), GENRES)


SEEDS = {"plain": [0.10, 0.12], "<tuned>": np.array([0.14, 0.13])}


def test_settings_are_told_with_their_ranges_and_what_they_are_compared_with(shown, capsys):
    plot_by_seed(SEEDS, measure="precision@10", title="Tuning helps", reference=("popular", 0.0525))
    ((bundle, metadata),) = shown
    assert metadata["image/png"]["alt"] == (
        "Dots, precision@10 by setting, one dot a seed. plain: 0.100 to 0.120. <tuned>: 0.130 to 0.140. "
        "Dashed line, popular: 0.052."
    )
    assert "&lt;tuned&gt;" in bundle["text/html"]
    assert capsys.readouterr().out == (
        "plain: 0.100 to 0.120 in 2 seeds\n<tuned>: 0.130 to 0.140 in 2 seeds\npopular: 0.052\n"
    )


def test_dots_of_equal_value_stay_countable(monkeypatch):
    drawn = []
    monkeypatch.setattr(style, "_png", lambda figure: drawn.append(figure) or b"")
    monkeypatch.setattr(style, "_show", lambda picture, alt: None)
    plot_by_seed({"a": [0.1, 0.1, 0.1], "b": [0.2, 0.1, 0.2]}, measure="recall@10", title="No difference")
    heights = [line.get_ydata() - place for place, line in enumerate(drawn[0].axes[0].lines)]
    assert len(set(heights[0])) == 3
    np.testing.assert_allclose(heights[0], heights[1], atol=1e-12)


def test_the_axis_can_begin_near_the_values_and_says_so(monkeypatch):
    drawn, texts = [], []
    monkeypatch.setattr(style, "_png", lambda figure: drawn.append(figure) or b"")
    monkeypatch.setattr(style, "_show", lambda picture, alt: texts.append(alt))
    plot_by_seed({"a": [0.9, 0.95]}, measure="RMSE", title="Close", start=0.85)
    np.testing.assert_allclose(drawn[0].axes[0].get_xlim(), [0.85, 0.85 + 1.08 * 0.1])
    assert texts[0].endswith("The axis begins at 0.85.")
    with pytest.raises(ValueError, match="start is 0.92, but 'a' has 0.9"):
        plot_by_seed({"a": [0.9, 0.95]}, measure="RMSE", title="Cut off", start=0.92)


def test_one_setting_whose_values_are_all_zero_can_be_drawn(shown):
    plot_by_seed({"none": [0.0]}, measure="recall@10", title="Nothing is found")
    assert len(shown) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "values is empty"),
        ({"a": []}, "different numbers of seeds"),
        ({"a": [1.0], "b": [1.0, 2.0]}, r"a: 1, b: 2.*the same seeds"),
        ({"a": [1.0, np.nan]}, "nan for 'a'; expected finite"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(shown, values, message):
    with pytest.raises(ValueError, match=message):
        plot_by_seed(values, measure="precision@10", title="Tuning helps")
    assert shown == []
