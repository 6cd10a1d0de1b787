# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 13: Serving and scale
#
# You weigh a model on paper, measure what a fast search misses, make distances of scores, merge the answers of several machines, and build an index of your own.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *70 minutes in all. You need lesson 13.*

# %%
import numpy as np
from scipy.cluster.vq import kmeans2

from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="item_bytes"
# Before you rent a machine: ten items with three components. How many bytes, to serve them and to train them? Write the rule, then let it say what ten million items with 64 components take.

# %% [markdown] problem="found_share"
# In the lesson, recall compared ids. That is unfair where scores are equal: two films share the tenth place, the exact search names one, yours the other, and nobody would notice. Compare scores, then. And a search that finds too little fills up with -1, a number that NumPy takes for an item.

# %% [markdown] problem="for_distances"
# Your index has no inner products, only distances. You give it vectors whose nearest neighbor is the item with the highest score. With a pencil: an item (3, 0) with a bias of 4 is the longest, with a length of 5. What stands in the last column of an item (0, 0) with a bias of 3?

# %% [markdown] problem="merged"
# A catalog lies on several machines, each answers with its own best, and a page shows one list. It must be the list that one machine would have given, to the last tie. Find the order of the steps first: what must be done before you cut the list to `k`?

# %% [markdown] problem="cells_and_centers"
# An index can be two arrays: the cell of each item, and a vector for each cell. A query looks at the vectors first, opens the cells that promise most, and looks at nothing else. You cut the cells; the check does the searching, with users you have not seen. It counts every product, those with the centers too.
#
# There are 6,170 films, so a budget of 5% is 308 products. Films in the order of their ids find 0.26 of the ten best, cells by lot 0.08. The bar is at 0.84. More than one idea gets there, and two of them together get beyond 0.95.
