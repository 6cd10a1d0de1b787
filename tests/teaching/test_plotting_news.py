"""Figures of the news site: what is told, what is drawn, what is refused."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import plot_feed, plot_shares

SHARES = {
    "pushed": {"truth": [0.4, 0.5], "log": [0.8, 1.2]},
    "model": {"truth": [0.7, 0.8], "log": [0.6, 0.8]},
}
FEEDS = {"lots": [("world", 0.1), ("sport", 0.2)], "oracle": [("sport", 0.5)]}


def test_each_measure_has_a_mark_at_the_mean_and_a_line_over_the_range(drawn, capsys):
    plot_shares(SHARES, measure="share of the oracle", title="The log pays for showing", reference=("lots", 0.45))
    (axes,) = drawn[0][0].axes
    reference, *lines = axes.lines
    assert list(reference.get_xdata()) == [0.45, 0.45]
    spans = [sorted(line.get_xdata()) for line in lines if len(line.get_xdata()) == 2]
    means = [line.get_xdata()[0] for line in lines if len(line.get_xdata()) == 1]
    assert spans == [[0.4, 0.5], [0.7, 0.8], [0.8, 1.2], [0.6, 0.8]]
    assert means == pytest.approx([0.45, 0.75, 1.0, 0.7])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["pushed", "model"]
    heights = [line.get_ydata()[0] for line in lines]
    assert len(set(heights)) == 4, "no mark hides another"
    assert "pushed: truth 0.45 (0.40 to 0.50), log 1.00 (0.80 to 1.20)" in drawn[1][0]
    assert "lots: 0.45" in drawn[1][0]
    assert capsys.readouterr().out == "truth: pushed 0.45 · model 0.75\nlog: pushed 1.00 · model 0.70\n"


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "results is empty"),
        ({"a": {}}, "results has 0 measures; expected 1 to 4"),
        ({"a": dict.fromkeys("vwxyz", [1.0])}, "results has 5 measures"),
        ({"a": {"x": [1.0]}, "b": {"y": [1.0]}}, "measures y for 'b'; expected x"),
        ({"a": {"x": []}}, "no finite numbers for 'x' of 'a'"),
        ({"a": {"x": [np.nan]}}, "no finite numbers for 'x' of 'a'"),
    ],
)
def test_shares_that_cannot_be_drawn_say_why(results, message):
    with pytest.raises(ValueError, match=message):
        plot_shares(results, measure="share", title="t")


def test_a_feed_is_drawn_from_the_top_down(drawn, capsys):
    plot_feed(FEEDS, reader="sport")
    left, right = drawn[0][0].axes
    assert [bar.get_width() for bar in left.patches] == [0.1, 0.2]
    assert [text.get_text() for text in left.texts] == ["world", "sport"]
    top, below = (bar.get_y() for bar in left.patches)
    assert (top < below) == left.yaxis_inverted()
    assert left.get_ylim() == right.get_ylim()
    assert drawn[0][0].get_suptitle() == "Expected clicks: lots 0.30, oracle 0.50"
    assert "a reader: sport" in drawn[1][0]
    assert capsys.readouterr().out.splitlines()[:2] == ["reader: sport", "lots: 0.30 expected clicks: world, sport"]


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({}, "feeds has 0 recommenders; expected 1 to 3"),
        (dict.fromkeys("abcd", [("x", 0.5)]), "feeds has 4 recommenders"),
        ({"a": []}, "feeds has no article for 'a'"),
        ({"a": [("x", 1.5)]}, "a chance for 'a' that is not between 0 and 1"),
    ],
)
def test_feeds_that_cannot_be_drawn_say_why(feeds, message):
    with pytest.raises(ValueError, match=message):
        plot_feed(feeds, reader="somebody")
