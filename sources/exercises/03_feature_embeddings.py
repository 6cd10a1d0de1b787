# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 03: Feature embeddings
#
# You build the vectors of items, follow a dislike down to the features, read a matrix before anything is trained, and put sixty columns where 656 stood.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *62 minutes in all. You need lesson 03.*

# %%
from math import exp

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="represent"
# *Moonrise* was half space and half comedy. Write the sum for any number of items at once. Some matrices come dense and some in CSR form, and one item has no features at all.

# %% [markdown] problem="feature_gradient"
# Lesson 03 followed a like. Now somebody says no, and the user has a bias. Do it with a pencil first: how does the loss change with the score, the score with an embedding, the score with a feature's bias? Then write it in NumPy. The gradient is asked for, not the step. The check compares with finite differences of the loss.

# %% [markdown] problem="move_with"
# Before you add a column to a matrix, you can ask who will be dragged along. A pencil and two rows are enough for that. This time some weights are negative, and some are larger than 1. Can an item move farther than the one that is trained?

# %% [markdown] problem="audit"
# A colleague sends you a matrix and says it makes their model a hybrid. The names of its columns prove nothing, and neither does its shape. Three counts do: who has a column of their own, who shares one, and who cannot be told apart. Which counts would plain factorization have? Which would genres alone?

# %% [markdown] problem="sixty_columns"
# 656 films, and room for 60 columns. Genres alone reach a precision@5 of about 0.02, the most popular films 0.072, one identity for each film about 0.115. The bar is at 0.109. The check trains WARP with your matrix, on two seeds, and measures on likes that you never see.
#
# Lesson 03 told two things apart that identities write down. Say in one sentence, before you run it, which of your columns say which.
