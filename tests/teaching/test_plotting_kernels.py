"""Figures of losses that are written by hand."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import BLUE, plot_built_loss, plot_loss_shapes
from recsys_lessons.teaching.plotting import kernels as figures


def hinge(difference, draws):
    return (1.0, 1.0 - difference) if difference < 1 else (0.0, 0.0)


def constant(difference, draws):
    return 1.0, 3.0 - difference


def title_of(figure):
    return figure.get_suptitle()


# --- shapes ------------------------------------------------------------------------------------------------


def test_shapes_say_who_rests(drawn, capsys):
    plot_loss_shapes({"hinge": hinge, "plain": constant})
    assert capsys.readouterr().out == (
        "strength at a difference of -1, 0 and 2: hinge 1.00, 1.00, 0.00; plain 1.00, 1.00, 1.00\n"
        "never at rest, up to a difference of 3: plain\n"
    )
    assert title_of(drawn[0][0]) == "Plain is never at rest; hinge is content with a lead"
    assert drawn[1] == [
        "Two line charts against the difference of the scores, from -3 to 3. Loss and strength. hinge: loss 4.00 to "
        "0.00, strength 1.00 to 0.00. plain: loss 6.00 to 0.00, strength 1.00 to 1.00."
    ]


def test_shapes_of_one_kind_have_a_title_of_one_half(drawn, capsys):
    plot_loss_shapes({"one": hinge, "two": hinge})
    plot_loss_shapes({"one": constant})
    assert [title_of(figure) for figure in drawn[0]] == ["One and two are content with a lead", "One is never at rest"]
    assert capsys.readouterr().out.count("never at rest, up to a difference of 3: none\n") == 1


def test_loss_stands_left_and_strength_right_at_the_first_draw(drawn):
    plot_loss_shapes({"hinge": lambda difference, draws: (float(draws), 7.0)})
    left, right = drawn[0][0].axes
    assert set(left.lines[0].get_ydata()) == {7.0} and set(right.lines[0].get_ydata()) == {1.0}
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "strength")
    assert left.lines[0].get_color() == right.lines[0].get_color() == BLUE


@pytest.mark.parametrize(
    ("losses", "problem"),
    [
        ({}, "losses is empty"),
        ({"odd": lambda difference, draws: (np.nan, 0.0)}, "odd gives a value that is not finite"),
        ({"odd": lambda difference, draws: (0.0, np.inf)}, "odd gives a value that is not finite"),
    ],
)
def test_shapes_that_cannot_be_drawn_are_an_error(drawn, losses, problem):
    with pytest.raises(ValueError, match=problem):
        plot_loss_shapes(losses)


# --- what was built ------------------------------------------------------------------------------------------


def test_a_built_loss_says_what_became_of_the_lists(drawn, capsys):
    plot_built_loss(hinge, name="hinge", precision=[0.05, 0.06], popular=[0.7, 0.5])
    assert capsys.readouterr().out == (
        "precision@10: 0.050 after epoch 1, 0.060 after epoch 2\n"
        "share of the ten most liked: 70% after epoch 1, 50% after epoch 2\n"
    )
    title = "After 2 epochs with hinge: precision@10 0.060, ten most liked 50%"
    assert title_of(drawn[0][0]) == title
    assert drawn[1][0].startswith("Three panels. Loss and strength of hinge against the difference. By epoch, 1 to 2: ")
    panels = drawn[0][0].axes
    assert [axes.get_title(loc="left") for axes in panels] == ["hinge", "precision@10", "share of the ten most liked"]
    assert [line.get_ydata().tolist() for axes in panels[1:] for line in axes.lines] == [
        [0.05, 0.06],
        [0.7, 0.5],
    ]


def test_axes_of_measures_begin_at_zero_even_when_nothing_was_found(drawn):
    plot_built_loss(hinge, name="hinge", precision=[0.0], popular=[0.0])
    assert all(axes.get_ylim()[0] == 0 < axes.get_ylim()[1] for axes in drawn[0][0].axes[1:])


@pytest.mark.parametrize(
    ("curves", "problem"),
    [
        (([], []), r"\[0, 0\] epochs"),
        (([1], [1, 2]), r"\[1, 2\] epochs"),
        (([1], [np.nan]), "share of the ten most liked has nan"),
    ],
)
def test_curves_that_do_not_fit_are_an_error(drawn, curves, problem):
    precision, popular = curves
    with pytest.raises(ValueError, match=problem):
        plot_built_loss(hinge, name="hinge", precision=precision, popular=popular)


def test_each_color_is_one_of_the_palette():
    assert set(figures.COLORS.values()) <= set(figures.PALETTE)
