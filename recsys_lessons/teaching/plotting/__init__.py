"""The figures of the lessons: one call, one figure, and the same style everywhere.

A figure function returns ``None`` and leaves four things in the notebook: the picture on its own light card
(readable in the light and in the dark theme), a title that states what was found, a text alternative for
screen readers, and two to four *figure facts* in print. The facts matter: a test of a notebook never compares
pictures, so the numbers a reader should take away are compared as text.

This module knows arrays, lists and histories. It must not know models, data sets or widgets.

A new figure is one function here, around `drawing`::

    def plot_something(values):
        highest = max(values)
        with drawing(f"The highest value is {highest}", x_label="position", y_label="value (units)",
                     alt=f"Line chart of {len(values)} values.", facts=[f"highest value: {highest}"]) as axes:
            axes.plot(values, color=BLUE)

Figures of one subject share a file. A new one is also named in the list below.
"""

from recsys_lessons.teaching.plotting.cold_start import plot_by_clicks, plot_newcomer_list, plot_two_races
from recsys_lessons.teaching.plotting.embeddings import plot_embedding_map, plot_identities, plot_moves
from recsys_lessons.teaching.plotting.factorization import (
    plot_against,
    plot_by_number_known,
    plot_error_by_epoch,
    plot_sgd_steps,
    plot_what_is_left,
)
from recsys_lessons.teaching.plotting.features import (
    plot_bias_by_count,
    plot_feature_matrix,
    plot_new_film,
    plot_with_and_without,
)
from recsys_lessons.teaching.plotting.feedback import (
    plot_mean_by_count,
    plot_ranges_by_epoch,
    plot_small_splits,
    plot_threshold_and_split,
)
from recsys_lessons.teaching.plotting.kernels import plot_built_loss, plot_loss_shapes
from recsys_lessons.teaching.plotting.lists import plot_genre_profile
from recsys_lessons.teaching.plotting.losses import plot_search_by_epoch, plot_two_measures, plot_warp_search
from recsys_lessons.teaching.plotting.metrics import (
    plot_found_by_depth,
    plot_lead_by_candidates,
    plot_paired_intervals,
    plot_ranked_lists,
)
from recsys_lessons.teaching.plotting.news import plot_feed, plot_shares
from recsys_lessons.teaching.plotting.ratings import plot_residuals
from recsys_lessons.teaching.plotting.serving import plot_recall_by_work
from recsys_lessons.teaching.plotting.store import (
    plot_by_share,
    plot_differences,
    plot_repeats,
)
from recsys_lessons.teaching.plotting.style import (
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    PALETTE,
    PURPLE,
    SKY,
    VERMILION,
    drawing,
    drawing_panels,
)
from recsys_lessons.teaching.plotting.training import plot_by_seed, plot_training
from recsys_lessons.teaching.plotting.tuning import plot_knobs, plot_live_curves, plot_tries

__all__ = [
    "BLUE",
    "GRAY",
    "GREEN",
    "ORANGE",
    "PALETTE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "drawing",
    "drawing_panels",
    "plot_against",
    "plot_bias_by_count",
    "plot_built_loss",
    "plot_by_clicks",
    "plot_by_number_known",
    "plot_by_seed",
    "plot_by_share",
    "plot_differences",
    "plot_embedding_map",
    "plot_error_by_epoch",
    "plot_feature_matrix",
    "plot_feed",
    "plot_found_by_depth",
    "plot_genre_profile",
    "plot_identities",
    "plot_knobs",
    "plot_lead_by_candidates",
    "plot_live_curves",
    "plot_loss_shapes",
    "plot_mean_by_count",
    "plot_moves",
    "plot_new_film",
    "plot_newcomer_list",
    "plot_paired_intervals",
    "plot_ranges_by_epoch",
    "plot_ranked_lists",
    "plot_recall_by_work",
    "plot_repeats",
    "plot_residuals",
    "plot_search_by_epoch",
    "plot_sgd_steps",
    "plot_shares",
    "plot_small_splits",
    "plot_threshold_and_split",
    "plot_training",
    "plot_tries",
    "plot_two_measures",
    "plot_warp_search",
    "plot_two_races",
    "plot_what_is_left",
    "plot_with_and_without",
]
