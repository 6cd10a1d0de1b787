# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 02: Matrix factorization
#
# You predict many pairs at once, take a step for a rating that counts more, compute biases that believe few ratings less, fold in a user without a single update, and put all of it into eight columns.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *65 minutes in all. You need lesson 02.*

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import BiasOnly, FunkSVD
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="stars_for_pairs"
# Ann with *Orchard*, Ann with *Galaxy*, Bob with *Orchard*: three pairs, three numbers, and no table of nine. Do the first with a pencil, from the numbers of the lesson. Some users came after training; their number is −1, and NumPy will not complain about it. Should it?

# %% [markdown] problem="weighted_step"
# Tastes change, so a rating from last week shall count more than one from 2009. That is a weight on its squared error, and on nothing else. Go through the derivation of the lesson once more, with the weight in it: which of the equations change, and where? Then write the step. The check compares with finite differences of the loss.

# %% [markdown] problem="damped_biases"
# A film with a single rating of five stars, and one with fifty whose mean is 4.6: which is the better film? The lesson put `BiasOnly(3, 5)` to work, and here you write it, one round of it. Mind the order: the users are judged by what the films have not explained.

# %% [markdown] problem="fold_in_at_once"
# The lesson folded users in by many small updates, and the number of epochs mattered a good deal. It need not. With the films held still, the loss is a bowl in the user's few numbers, and a bowl has one bottom. Set its slopes to zero and look at what you have: linear equations. How often is the penalty paid in the loss of the lesson?

# %% [markdown] problem="two_thin_matrices"
# How can two thin matrices stand for a big sparse one? This time quite literally. You return two matrices of eight columns, and the check multiplies: no mean is added, and no bias. Where do they go?
#
# 236 users and 294 films, the densest part of the table, a fifth of its ratings held out. Biases alone reach an RMSE of 0.825, and `FunkSVD` with its defaults 0.824; the bar is at 0.81. The settings that were chosen in the lesson had a hundred columns to work with, and here they end up about at the bar. You never see the ratings held out, so hold back some of your own. (There is another way, without `FunkSVD`: you know how to find the users when the films stand still. And the other way round?)
