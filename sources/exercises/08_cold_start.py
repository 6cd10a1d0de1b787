# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 08: Cold start
#
# You score films without a name, say beforehand which films will be pushed down, build a list that is never empty, ask when clicks overtake attributes, and fill a page with known films and new ones.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *65 minutes in all. You need lesson 08.*

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="blank_scores"
# *Comet* again, and this time a whole shelf of such films, for all users at once. New films were in the catalog while the model was trained, so each has an identity, and the model has an opinion on it. Whose opinion is that?

# %% [markdown] problem="can_be_refused"
# A newcomer that is refused by everybody is buried before its first evening. Whether that happens is no matter of luck. The matrix and the loss decide it, and you can tell before the first epoch. Put your finger on a user and a film, and ask: does this user get a turn? Is the film spared for them? Can it be drawn at all?

# %% [markdown] problem="serve"
# What goes out tonight has no gaps: nobody gets an empty page, whether they signed up an hour ago or have clicked for years. A model that knows warm items only has no score for the rest. Before you sort, find out what NumPy does with NaN.

# %% [markdown] problem="overtakes"
# The lesson's curve compared clicks with attributes at 0 to 40 clicks, for readers who all had at least fifty. Your site has few of these. At one click the mean is over everybody, at forty over those who never sleep, and a curve that rises may only show who is left. Compare so that it cannot.

# %% [markdown] problem="two_rows"
# A page with two rows: five films you may have missed, and five that are new. 435 people, 525 known films with likes, 131 new ones with genres and nothing else. Both rows have a bar, precision@5 on likes that you never see: 0.19 for the known films, 0.225 for the new ones. The most liked films reach 0.140 in the first row; in the second, lots reach about 0.10, and identities without genres little more.
#
# A hybrid as in lesson 08, each film asked for with its whole row, has about 0.24 in the first row and 0.20 in the second. Say what you would change, before you try it. And when both bars are passed: would you know that the second row works if you had only looked at one list of ten?
