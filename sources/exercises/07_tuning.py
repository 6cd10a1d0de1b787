# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 07: Tuning
#
# You take a step, stop in time, draw settings by lot and weigh a gain against two kinds of luck. Then you tune a model whose knobs need each other.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *66 minutes in all. You need lesson 07.*

# %%
from itertools import product

import numpy as np

from recsys_lessons import LightFM
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="adagrad_step"
# The lesson took three steps with a bias, and looked at the penalty apart from them. Now both come together, and for several parameters at once. Two have the same gradient here, and one of them has been moved often. How long is the step of each?

# %% [markdown] problem="kept_epoch"
# A callback sees one score after another, and must decide without knowing the next. You get all of them, so take care not to look ahead. Which epoch is kept is one question, and how many were paid for is another. Now and then a training falls apart and gives NaN. What does Python say to `0.3 < float("nan")`, and what to `0.3 >= float("nan")`?

# %% [markdown] problem="drawn_settings"
# A random search is no better than its draws. If most learning rates lie near the high end, or the largest model can never come up, no number of trainings will tell you. Here the random numbers are given, and you say what they mean. Try with a pencil where 0, a half and 0.999 should lead.

# %% [markdown] problem="gain_and_doubts"
# A colleague has trained two settings with the same five seeds, and has kept precision@10 of every user. The mean gain is 0.004. Would five other seeds say so? Would other users? The same table answers both, read in two directions. The lesson gave twice the standard error, and divided by *n*; for 572 users that is the same. For five seeds it is not.

# %% [markdown] problem="tuned"
# 435 people, 656 films. You get the likes to learn from and five others of each person, to choose by. The check trains with your settings on five seeds, and measures precision@10 on five more likes that you never see.
#
# With WARP, the library's defaults for the rest and ten epochs it is 0.083. Turning one knob at a time and putting the best values together gives 0.08 or 0.09, depending on the seeds that choose; the best we found without a penalty is 0.101. The bar is at 0.103. A training takes a tenth of a second, and one of many epochs up to three, so your function may try some settings, on more than one seed, before it returns one. Or look for them in a cell of your own, and write what you found into the function:
#
# ```python
# from recsys_lessons.teaching.checks.small_data import small_likes
#
# learn, validation = small_likes().train, small_likes().validation
# ```
#
# (`small_likes().test` are the likes of the check. Look at them, and the bar tells you nothing.)
#
# Before you run anything: which two knobs of the lesson were worth nothing alone, and which third one might they let you turn further?
