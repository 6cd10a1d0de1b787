# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 12: Inside the kernels
#
# You add in a fixed order, write a loss to the library's contract, watch updates get lost, find wrong derivatives, and build a loss for lists that are good and broad.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *70 minutes in all. You need lesson 12.*

# %%
import math

import numpy as np

from recsys_lessons.losses import pairwise_loss
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="lane_sum"
# Eight float32 numbers: $2^{24}$, three ones, $-2^{24}$, three ones. Their sum is 6. In float32, $2^{24} + 1$ is $2^{24}$. With a pencil: what comes out with one lane, with two, with four? Then write the sum, for any number of lanes. The check compares to the last bit.

# %% [markdown] problem="smoothed_hinge"
# A hinge stops suddenly: just below its margin a pair makes a whole step, just above it none. Here is a softer one, told by its *strength*. Draw it, find the loss that belongs to it (the strength is how fast it falls), and return both as `pairwise_loss` expects. Return 0.0 rather than 0, and Numba can compile it, too.

# %% [markdown] problem="replay"
# Two threads add to one counter. Each reads it, adds 1, and writes. Between the read and the write the other may have been there. You get the whole story, event by event: what do the counters say in the end? Watch for a write that comes very late.

# %% [markdown] problem="wrong_gradients"
# In the lesson, a check by finite differences found what was wrong with two published updates. Write that check. You get a loss and a gradient as functions, and points as float32, as the library keeps its numbers. Three things make a careless check cry wolf, and one makes it miss what is wrong.

# %% [markdown] problem="broad_lists"
# Of the lists that WARP makes for these 435 people, 31% of all places go to the 20 most liked of 656 films. BPR gives them 13%, and finds a quarter fewer likes. Write a loss that has WARP's likes, nearly, and leaves more room for others: precision@10 of at least 0.080, and at most 26% for the 20 most liked. `learn` trains with it; components, epochs and seed are fixed, so the loss decides. Before you run it, say in one sentence what its steps depend on.
#
# The check trains with your loss, which takes some seconds. For comparison, in five trainings each: WARP has 0.092 to 0.098, BPR 0.068 to 0.073.
