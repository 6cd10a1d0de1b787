# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 05: Losses
#
# You write the pieces that lesson 05 showed, compute something it only sampled, and choose a loss for a page.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *65 minutes in all. You need lesson 05.*

# %%
from math import exp, log

import numpy as np

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="warp_weight"
# There are four items. WARP trains on one of them, and the second item it draws violates. With what weight does it step? Write the rule.

# %% [markdown] problem="find_violation"
# The search that comes before that weight. The draws are given, so there is no chance in it. Four things can go wrong in a loop of three lines; one of them costs nothing but the count.

# %% [markdown] problem="bpr_gradient"
# With a pencil first: with $z = p_u \cdot q_i - p_u \cdot q_j$ and the loss $\log(1 + e^{-z})$, find the derivative with respect to each of the three vectors. Then write them down in NumPy. The check compares with finite differences of the loss.

# %% [markdown] problem="mean_estimate"
# In the lab of lesson 05 the estimate of the rank came out too high by a factor of four, on average over searches that were drawn. You need no draw for that number: the length of a search has a distribution that you can write down.

# %% [markdown] problem="five_films"
# A page shows five films. 435 people, 656 films, and five likes of each person that you never see. The check ranks nothing for you: it takes your lists, looks whether a film is in them that the person has already, and measures precision@5 on the likes held out. The most liked films reach 0.072; the bar is at 0.105. Say in one sentence, before you run it, which loss you take and why.
