# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 11: Scenario C, the next purchase
#
# You count what is bought again, build a shelf from a history, compute one AUC in two races, ask whose luck a lead is, and fill ten places for the next four weeks.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *64 minutes in all. You need lesson 11.*

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="first_and_again"
# Before any model: how much of Nora's test can be won by remembering? A row of the data is a product in a basket, and a household buys milk in test three times. Is that one thing to predict, or three? Here the docstring decides. In your own work nobody will.

# %% [markdown] problem="last_visits_first"
# The lesson's best list without any training was *most often*. Here is its simplest rival, for one household. It is three lines long, and most of the work is in what they do with ties, with a product bought twice, and with somebody who has bought nothing.

# %% [markdown] problem="auc_of_two_races"
# The same scores, two numbers, and the order of two models may turn round between them. Who takes part, and who wins: write that down for each race before you write code. With a pencil: the household knows *milk*, and buys *milk* and *salmon*. On which side is *milk* in the second race?

# %% [markdown] problem="lead_over_households"
# WARP against BPR, purchase by purchase: for each of them, by how much its AUC is higher with WARP. Nora sees 300 purchases and a narrow interval. You see that 200 of them came from two households that buy for a restaurant. An interval that draws purchases takes these for 200 opinions. Which units were drawn by lot, and which came along with them?

# %% [markdown] problem="ten_to_buy_again"
# 801 households, 48 weeks, 2,105 products, and ten places for each household, repeats welcome. *Most popular* has a precision@10 of 0.184, WARP alone about 0.19, *most often* 0.430; the bar is at 0.437, and households that buy nothing in the four weeks are left out. No model is needed, none is forbidden. You never see the four weeks; hold back the last 28 days of what you have, and choose there. When it passes, back to losses: on which of Nora's two shelves does the choice of one matter?
