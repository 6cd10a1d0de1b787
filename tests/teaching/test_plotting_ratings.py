"""Figures of predicted ratings: what is told, what is drawn, what is refused."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import plot_residuals

OFF = {"biases": [1.0, 2.0, -1.0], "Funk SVD": [0.5, 0.5, 0.0]}


def test_mean_and_size_are_those_of_each_group_and_an_empty_group_is_left_out(drawn, capsys):
    plot_residuals(OFF, [0, 0, 2], ["1 star", "3 stars", "5 stars"], by="stars given")
    left, right = drawn[0][0].axes
    _, *means = left.lines
    assert [list(line.get_ydata()) for line in means] == [[1.5, -1.0], [0.5, 0.0]]
    assert np.array([line.get_ydata() for line in right.lines]) == pytest.approx(
        np.array([[np.sqrt(2.5), 1.0], [0.5, 0.0]])
    )
    assert [text.get_text() for text in left.get_xticklabels()] == ["1 star", "5 stars"]
    assert drawn[0][0].get_suptitle() == "biases: +1.50 for 1 star, -1.00 for 5 stars"
    assert "Funk SVD +0.50, +0.00" in drawn[1][0]
    assert capsys.readouterr().out.splitlines() == [
        "stars given: 1 star · 5 stars",
        "ratings: 2 · 1",
        "biases, mean: +1.50 · -1.00",
        "biases, RMSE: 1.58 · 1.00",
        "Funk SVD, mean: +0.50 · +0.00",
        "Funk SVD, RMSE: 0.50 · 0.00",
    ]


@pytest.mark.parametrize(
    ("residuals", "groups", "message"),
    [
        ({}, [0], "residuals is empty"),
        ({"a": [1.0]}, [], "groups must hold numbers from 0 to 1"),
        ({"a": [1.0]}, [2], "groups must hold numbers from 0 to 1"),
        ({"a": [1.0]}, [-1], "groups must hold numbers from 0 to 1"),
        ({"a": [1.0, 2.0]}, [0], "residuals of 'a' must be 1 finite numbers"),
        ({"a": [np.nan]}, [0], "residuals of 'a' must be 1 finite numbers"),
    ],
)
def test_residuals_that_cannot_be_drawn_say_why(residuals, groups, message):
    with pytest.raises(ValueError, match=message):
        plot_residuals(residuals, groups, ["low", "high"], by="stars")
