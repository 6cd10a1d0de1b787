# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 06: Metrics
#
# You compute three metrics from their definitions, put an interval around a difference, and invent two models about which three judges quarrel.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *62 minutes in all. You need lesson 06.*

# %%
import numpy as np
from scipy.stats import hypergeom

from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="mean_precision"
# Scores for all users and all items, in one table. Two questions come before the number: what competes, and whom does one average over? Both are answered in the docstring. A silent change of either moves precision more than most models do.

# %% [markdown] problem="graded_ndcg"
# In lesson 06 a like was a like. Here one film is worth three, another one half. Nothing in the definition changes but the gain. With a pencil first: three films stand in a list with gains of 0, 3 and 1, from the top. What could the best list reach, and what does this one?

# %% [markdown] problem="mean_auc"
# The library counts a tie against the model. Other programs count half a pair, as the ROC curve does. Write that one, and you can say which of the two you have been given: feed it equal scores.

# %% [markdown] problem="paired_interval"
# Ask two questions of the lesson at once: who is averaged, and is it luck? Each like counts the same, so a user with 200 likes weighs 200 times as much. But what is drawn are people, and somebody who is drawn brings all their likes along. The draws are given, so there is no chance in your answer.

# %% [markdown] problem="three_judges"
# A page shows ten items. Three reports on two models lie on your desk: NDCG@10 over all items, hit rate@10 against sampled negatives, AUC. The first and the last say A, the middle one says B, and nobody has made a mistake. Can there be two such models?
#
# Build them. Every user has one like, so a model is a row of ranks. If $a$ other items stand above the like, then of the $n$ items drawn from the $N - 1$ others a random number does, and the like is a hit if that number is below ten:
#
# $$P(\text{hit}) = P(X \le 9), \qquad X \sim \text{hypergeometric}$$
#
# which is `hypergeom.cdf(9, n_items - 1, a, n_negatives)`. AUC of one like is $1 - a / (N - 1)$. Decide with a pencil which places each of the three can see, before you try numbers. The check asks for catalogs and samples of several sizes, so the places must follow from the arguments.
