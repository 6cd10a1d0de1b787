# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 10: Scenario B, star ratings
#
# You measure an error in stars in three ways, carry the scores of a ranking loss onto stars, read nine answers twice, keep a mean from seeing what it predicts, and put a number under films that nobody has rated.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *70 minutes in all. You need lesson 10.*

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="errors_in_stars"
# Lesson 10 averaged over ratings. So whoever rated a thousand films counted fifty times as much as whoever rated twenty. The third number asks instead how far the site is off *for a person*. Ines should say which one she means before she compares two models: they may disagree on the order.

# %% [markdown] problem="line_within_users"
# In the lesson a line through WARP's scores needed a second column, the user's bias, taken from another model. Here is another way to give it a level. A ranking loss compares films for one user, so believe its scores only there: *above or below what this user usually gets*. With a pencil first: user 0 has scores 1 and 3 and gave 4 and 5 stars; user 1 has scores 10 and 12 and gave 1 and 2. Which single line fits the four points best, and what does it say about two films of user 0?

# %% [markdown] problem="stars_from_chances"
# Nine models answered nine questions, and nobody told them of each other. So *at least 4* may come out likelier than *at least 3.5*. And then: the lesson made one number of nine chances, the mean, and the mean is what makes squared errors small. For MAE it is another number. Somebody loves a film or hates it, three to one: which single prediction has the smaller mean error, 3.6 or 4.5?

# %% [markdown] problem="means_out_of_fold"
# You want a film's mean rating as a feature for another model. Computed from all ratings, it holds the very answer that it shall help to find: a film with one rating tells it outright. The cure is to deal the ratings into folds, and to learn the mean for each fold from the others. Two things leak in most first tries. One of them is not the film's mean.

# %% [markdown] problem="stars_for_new_films"
# Next month 260 films arrive. Their genres are known, and 671 people who have rated others. The check hands you ratings, genres and 13,643 questions, and measures RMSE on stars that you never see. Each person's plain mean gets 0.926, and *BiasOnly* 0.937: on films without history two columns of biases are worse than one of means. (Why could that be? What does a bias of a user leave out?) The bar is at 0.915. To know where you stand without the check, hold back some films of your own.
