# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercises 01: Feedback
#
# You tell likes, lows and silence apart, build popularity's lists, draw a date that nothing crosses, find three kinds of leak, and say of a list what it will be worth next month.
#
# Fill in a function, run its cell, then the check below it. A check names the first case that went wrong; `hint("name")` helps in three steps, and `solution("name")` shows the worked answer. Each problem can be solved without the ones before it.
#
# *65 minutes in all. You need lesson 01.*

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.checks import check, hint, solution
from recsys_lessons.teaching.checks.small_data import small_shop

# %% [markdown] problem="likes_and_lows"
# Seven ratings, five likes, two lows, five places of silence: the table of the lesson, now as a sparse matrix. The library stores what was said and nothing else, so most of the work is done. One site in the cases lets people give 0 of 10. They have said something, too.

# %% [markdown] problem="most_liked_left"
# Any model you will ever train has to beat this one. It reads the matrix that you have just built, and a list that brings back what somebody rated low was the debt of lesson 00. With a pencil first: four items, likes 2, 1, 1, 1. A user has rated item 0 high and item 1 low. What are the first two of the list?

# %% [markdown] problem="split_in_time"
# A log of clicks: somebody may click the same thing three times, and a batch of rows may carry the same time. The library's `split_by_time` decides both for you, and it keeps strangers. Here you decide otherwise, for a question of your own: *what will people we know do that they have not done before?* Note what becomes of a row that answers another question. There are three places to put it, and one of them is a leak.

# %% [markdown] problem="find_leaks"
# A colleague hands you two tables and says the split is clean. The first kind of leak you can count on shared pairs, as in the lesson. The other two share no pair at all, and every random split is full of them. Here nothing is repaired: you say which rows you would ask about.

# %% [markdown]
# ## A report
#
# The last problem begins with somebody else's code. A shop shows each household ten products, those it has bought most often. The report says what precision@10 that has:

# %%
shop = small_shop()


def as_reported(households, products, days):
    shape = households.max() + 1, products.max() + 1
    test = np.random.default_rng(0).random(len(days)) < 0.1
    counts = sp.coo_matrix((np.ones(len(days), dtype=np.int16), (households, products)), shape=shape).toarray()
    bought = sp.coo_matrix((np.ones(test.sum()), (households[test], products[test])), shape=shape).toarray()
    lists = np.argsort(-counts, axis=1, kind="stable")[:, :10]
    hits = np.take_along_axis(bought > 0, lists, axis=1).mean(axis=1)
    return hits.mean()


print(f"reported: {as_reported(shop.households, shop.products, shop.days):.2f}")

# %% [markdown] problem="next_four_weeks"
# Six of ten, says the report. Four weeks later it was 0.43. The list is a good one, and nobody touched it: the number was wrong. Four things in that code differ from what the shop will do. Two of them are leaks. Find all four before you write a line.
#
# Then write a function that is told the log and says what the next four weeks will bring. The check hands it four logs, of this shop and of another, and compares with what came true: 0.03 off is allowed. The first log is the one above. Most of the code you can take with you.
