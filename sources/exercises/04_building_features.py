# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 04: Building features
#
# You make columns out of brands, prices and names, put them side by side for items old and new, and say no to a few films, where it helps most.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *69 minutes in all. You need lesson 04.*

# %%
from zlib import crc32

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="one_hot"
# The shop sells hundreds of brands, and most of them once. You have chosen those that get a column. Tomorrow a product comes in with a brand that nobody has heard of, and another one with none. Both need a row.

# %% [markdown] problem="price_bins"
# The model was trained yesterday, with columns for cheap, middling and dear. Today's products have to go into the same bins, or the columns mean something else than what the model has learned. Mind the price that lies on an edge, and ask NumPy what it does with a price that is missing.

# %% [markdown] problem="item_matrix"
# Now the whole matrix, as it is passed to `predict` when new items have come in. Read each row aloud, as in the lesson. What would you say of a new item?

# %% [markdown] problem="normalize_names"
# Normalizing a whole row turned the identity down along with the genres, so it tested two things at once. Here is the change that tests one. In a sparse matrix an empty row is easily forgotten, and division by zero gives no error.

# %% [markdown] problem="hashed"
# Half of tomorrow's tags have no column yet. Hashing needs no list: the name itself says which column. The price is that strangers meet there. With signs, what they do to each other is as often less as more.
#
# Python's own `hash` will not do. It gives another number for a text each time Python starts, and a model that was saved would be read with the wrong columns.

# %% [markdown] problem="few_noes"
# Genres at full weight took the logistic model to nothing. Three noes for each like, drawn evenly, brought it back. Now there is less to spend: one no for *four* likes. Drawn evenly, these reach a precision@10 of about 0.026; the bar is at 0.034. The check trains with your noes on three seeds, and measures on likes that you never see.
#
# Before you run anything, look at the list of films in lesson 04 again. Which three facts stood beside each film?
