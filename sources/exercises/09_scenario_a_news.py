# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 09: Scenario A, the front page
#
# You choose who competes tonight, correct a log for where things stood, give popularity a clock, measure a list by the best one possible, and repair a feed that shows everybody the same.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *68 minutes in all. You need lesson 09.*

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks import check, hint, solution

# %% [markdown] problem="may_stand"
# In the lesson a rule was worth more than any model: who may stand in the feed. You test it on a log of last month, and that log knows things nobody knew on the evening in question. Each of the three conditions of the rule has a way to look into the future.

# %% [markdown] problem="clicks_per_look"
# *Storm* and *Budget* each stood at one place, so it did not matter when you divided. Most articles wander: up after lunch, down in the evening. Here every click is weighed where it happened. What do you say of an article that stood only where nobody looks? Not that it is bad.

# %% [markdown] problem="worth_now"
# *Most clicked* fell below lots because nothing in the clicks says when. Give it a clock, then. An article has had its showings at different ages, and each of them had its own chance. With a pencil: *Old* is two half-lives old and was shown once, at that age, and clicked. *New* has just come out, was shown once, and clicked. Whose appeal is higher, and who has the better chance now?

# %% [markdown] problem="share_of_oracle"
# 0.4 clicks on a list: is that little? It depends on who was there to choose from. Divide by the best that the same candidates allow, reader by reader. A reader for whom nothing was left has no share of it, and an article with the number -1 is one that Python will happily give you.

# %% [markdown] problem="feeds"
# The first message after the new feed went live: *everybody gets the same*. It is one of the oldest questions to LightFM ([#320](https://github.com/lyst/lightfm/issues/320), [#589](https://github.com/lyst/lightfm/issues/589), [#664](https://github.com/lyst/lightfm/issues/664)). Here is the model in question; `articles`, `readers` and `asked` hold identities and metadata of both sides, and articles that are new have a blank row:
#
# ```python
# clicks = seen.multiply(seen > 0)
# model = LightFM(loss="logistic", no_components=16, random_state=0)
# model.fit(clicks, item_features=articles, user_features=readers, epochs=5)
# model.recommend(np.arange(n_readers), n=5, exclude=known, items=fresh, **asked)
# ```
#
# Its feeds name 17 of the 65 fresh articles, and one article stands in almost every feed. Somebody set the biases to zero, which had helped in [#395](https://github.com/lyst/lightfm/issues/395). Then they named 19.
#
# So name your own suspect, change only that, and look. Two bars: the feeds earn at least 0.718 of the oracle's expected clicks, and at least 60 articles stand in somebody's feed. One bar alone is easy: lots name all 65, and earn 0.45. The oracle names 58. Why might the editors want more than that?
