# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Feedback: what does the data say, and what does it not say?
#
# Lesson 00 left a debt: a film rated with half a star was counted as one not seen. What did that cost, and does the obvious repair work? And what is it worth if one test like of each user leaks into train?

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **tell** what a stored rating, a missing one, a −1 and a weight say to a model, and keep films rated low out of the lists;
# - **choose** a split by the question it asks, and read its numbers beside popularity's;
# - **expose** a leak (answers of the test that reached train), and measure what it is worth.
#
# *60 minutes. You need lesson 00.*

# %% [markdown]
# ## Seven ratings and a pencil
#
# **Explicit feedback** is an opinion somebody gave: stars, a thumb. **Implicit feedback** is the trace of a deed: a click, a purchase. It says *that*, not *how much*, and it never says no.
#
# A **threshold** turns stars into implicit feedback: 4 or more is a like. Here are the three of lesson 00, with new ratings:

# %%
import numpy as np

users, films = ["Ann", "Bob", "Cid"], ["Galaxy", "Moonrise", "Picnic", "Harbor"]
stars = np.array([[5, 2, 0, 0], [0, 4, 4.5, 0], [4, 0, 1, 5]])  # 0: no rating
print((stars >= 4).astype(int))

# %% [markdown]
# Five likes. The other seven cells look alike, but two were opinions (Ann's 2, Cid's 1) and five are silence.
#
# What does silence count as? Rank the films on paper, twice: by the mean of the ratings there are, then by the mean of the whole column, silence counting as 0 stars.

# %%
n_ratings = (stars > 0).sum(axis=0)
print("film         ", *[f"{film:>9}" for film in films])
print("mean rating  ", *[f"{mean:9.2f}" for mean in stars.sum(axis=0) / n_ratings])
print("column mean  ", *[f"{mean:9.2f}" for mean in stars.sum(axis=0) / 3])

# %% [markdown]
# *Harbor* is first in one order and last in the other, because
#
# $$\text{column mean} = \text{mean rating} \times \frac{\text{number of ratings}}{\text{number of users}}.$$
#
# *Picnic*: 2.75 × 2/3 = 1.83. Zeros in the gaps multiply a film's rating by the share of users who rated it.
#
# The library never does that. It takes *sparse* matrices, which list entries: row, column, value. What is on the list is a **stored entry**, a −1 too. A gap is not on it.
#
# `Popularity` is lesson 00's rival without personal taste: one score for each film, the same for everybody. By default the score is the number of likes: *popularity*, in this lesson. With `by="ratings"` it is the mean of the stored ratings:

# %%
import scipy.sparse as sp

from recsys_lessons import Popularity

Popularity(by="ratings").fit(sp.csr_matrix(stars)).item_popularity

# %% [markdown] slideshow={"slide_type": "notes"}
# <details><summary>For the teacher</summary>Ask which film they would show to Ann. Most say <i>Harbor</i>, mean 5. Ask how many people said so, and leave it open.</details>

# %% [markdown]
# ## Silence is not random
#
# Now 671 users and 9,066 films. If people rated films drawn by lot, films with many ratings and films with few would have the same mean.

# %%
from recsys_lessons.datasets import load_movies
from recsys_lessons.teaching.plotting import plot_mean_by_count

movies = load_movies()
n_ratings = np.bincount(movies.items)
plot_mean_by_count(n_ratings, np.bincount(movies.items, movies.values) / n_ratings)

# %% [markdown]
# They differ, probably because people choose what they watch, good films more often. So a missing rating is no random gap. (The many films with hardly a rating, on the left, are the **long tail**.)
#
# Which of the two orders is better, then? Two measures:
#
# - **RMSE**, the root of the mean squared error, in stars, on ratings kept back;
# - how many of the **first ten places** go to likes kept back, when all films compete but those the user rated in train. (Ten times precision@10.)
#
# As in lesson 00, ten ratings of each user are kept back: five such splits, one for each seed.

# %%
rated, rated_test, liked, liked_test = [], [], [], []
for seed in range(5):
    all_ratings = movies.as_lightfm(seed=seed)
    rated.append(all_ratings["train"].tocsr())
    rated_test.append(all_ratings["test"].tocsr())
    likes_only = movies.as_lightfm(seed=seed, min_rating=4.0)  # the same split
    liked.append(likes_only["train"].tocsr())
    liked_test.append(likes_only["test"].tocsr())

# %% [markdown]
# Two helpers, to count places and to print the range of five seeds:

# %%
from recsys_lessons.evaluation import precision_at_k


def places(models, wanted, left_out):
    """How many of the first ten places go to wanted films: for each seed, the mean over users."""
    runs = zip(models, wanted, left_out, strict=True)
    return np.array([10 * precision_at_k(m, w, out).mean() for m, w, out in runs])


def span(values, digits=2):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


# %% [markdown]
# **Before you run it:** which order finds more of the likes kept back?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("01 order", "?", one_of=("mean rating", "column mean"))

# %%
import copy

from recsys_lessons.evaluation import rmse

by_mean = [Popularity(by="ratings").fit(train) for train in rated]
by_column = copy.deepcopy(by_mean)
for s in range(5):
    by_column[s].item_popularity = np.asarray(rated[s].mean(axis=0))[0]  # other scores: silence counts as 0

found = {}
for name, ranked in {"mean rating": by_mean, "column mean": by_column}.items():
    error = [rmse(model, test) for model, test in zip(ranked, rated_test, strict=True)]
    found[name] = places(ranked, liked_test, rated)
    print(f"{name}: RMSE {span(error)} stars, {span(found[name])} of ten places")
your_guess("01 order", measured=max(found, key=lambda name: found[name].mean()))

top = by_mean[0].item_popularity == 5
once = rated[0].getnnz(axis=0)[top] == 1
print(f"seed 0: {top.sum()} films have a mean of 5 stars, {once.sum()} of them from one rating")
often = copy.deepcopy(by_mean)
for s in range(5):
    often[s].item_popularity[rated[s].getnnz(axis=0) < 20] = 0  # last
print(f"mean rating, films with 20 ratings or more first: {span(places(often, liked_test, rated))} of ten places")

# %% [markdown]
# The sensible order finds *nothing*: films with a single rating, of five stars, fill its top. Without such films it still finds little. The absurd one is wrong by more than three stars, and finds likes.
#
# There are two questions. *How would they like it, if they saw it?* Then silence means unknown, and explicit feedback answers. *What will they pick and like?* Then it counts that a film is picked at all, and implicit feedback answers.
#
# From here on we ask the second.

# %% [markdown]
# ## What did the low ratings cost?
#
# Lesson 00's model learned from likes alone, and its lists left out likes alone. So does this one (without genres, to be quick). A film you had rated *below 4* (*low*, from here on) could come back. **How many of ten places go to films that the user has already rated below 4?**

# %%
guess("01 low", "?", expected="a number from 0 to 10")

# %%
from recsys_lessons import LightFM

warp_settings = {"loss": "warp", "no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}


def fit_all(trains, settings=warp_settings, epochs=10):
    """One model for each of the five trains."""
    return [LightFM(**settings, random_state=s).fit(trains[s], epochs=epochs) for s in range(5)]


models = fit_all(liked)
low = [rated[s] - liked[s] for s in range(5)]  # both hold stars, so ratings below 4 are left
to_low = places(models, low, liked)
print(f"low films: {span(to_low)} of ten places ({low[0].nnz / movies.n_users:.0f} low films a user)")
print(f"of the low ratings, {np.mean([(ratings.data >= 3).mean() for ratings in low]):.0%} are 3 or 3.5 stars")
your_guess("01 low", measured=f"{to_low.mean():.2f}")

# %% [markdown]
# 1.68 of ten places go to films the user has seen, and not liked (63% of these ratings are a lukewarm 3 or 3.5). Nobody told the model.
#
# ### So tell it
#
# What `fit` gets is an **interaction matrix**, users by films. Only the sign of an entry is read: 4, 4.5 and 5 all say *like*, and a stored −1 may stand for a dislike. Train on likes, and on a −1 for every low film. **Will low films take fewer places, as many, or more?**

# %%
guess("01 minus one", "?", one_of=("fewer", "as many", "more"))

# %%
told = fit_all([(liked[s] - low[s]).sign() for s in range(5)])  # +1 and -1
told_low = places(told, low, liked)
print(f"without -1: {span(to_low)} of ten places go to low films")
print(f"with -1:    {span(told_low)}")
fewer, more = (told_low < to_low).sum(), (told_low > to_low).sum()
your_guess("01 minus one", measured=f"fewer in {fewer}, more in {more} of 5 seeds")

# %% [markdown]
# We said no, and the model heard yes?
#
# It should have heard nothing: WARP learns from positive entries and skips the others. See how it looks for a negative that breaks the rule:

# %%
from recsys_lessons.kernels import warp
from recsys_lessons.teaching.source import show_source

show_source(warp.find_violation)

# %% [markdown]
# `is_known` is true of *every* stored entry, and a −1 is stored. Without it, Ann's negatives are *Moonrise*, *Picnic* and *Harbor*: whichever is drawn and breaks the rule is pushed down. With a −1 on *Moonrise*, two are left. Her −1 is a shield.
#
# If that is the cause, it has nothing to do with dislike. So put each user's −1s on *other* films, drawn by lot, that the user has not rated. A shield would lift those, and leave the low films, now without it, about where they were.

# %%
elsewhere = []
for s in range(5):
    dealt = low[s][:, np.random.default_rng(s).permutation(movies.n_items)]
    elsewhere.append(dealt - dealt.multiply(rated[s] > 0))  # none the user rated in train

shielding = fit_all([(liked[s] - elsewhere[s]).sign() for s in range(5)])
before, after = places(models, elsewhere, liked), places(shielding, elsewhere, liked)
shielding_low = places(shielding, low, liked)
print(f"films drawn by lot, without -1: {before.mean():.3f} of ten places")
print(f"films drawn by lot, with -1:    {after.mean():.3f}, more in {(after > before).sum()} of 5 seeds")
print(f"low films, without -1:          {to_low.mean():.2f}")
print(f"low films, with -1 elsewhere:   {shielding_low.mean():.2f}")
print(f"low films, with -1:             {told_low.mean():.2f}")

# %% [markdown]
# A shield it is. (Low films moved by 0.03, by 0.28 when the −1s were theirs.) The **logistic** loss does learn from a −1. It draws nothing: it takes each stored entry, and pushes its score up for +1 and down for −1. Compare each loss with itself:

# %%
from recsys_lessons.teaching.plotting import plot_by_seed

logistic_settings = {**warp_settings, "loss": "logistic"}
logistic_likes = fit_all(liked, logistic_settings)
logistic = fit_all([(liked[s] - low[s]).sign() for s in range(5)], logistic_settings)
plot_by_seed(
    {
        "WARP, likes": to_low,
        "WARP, likes and −1": told_low,
        "logistic, likes": places(logistic_likes, low, liked),
        "logistic, likes and −1": places(logistic, low, liked),
    },
    measure="places of ten for low films, likes left out",
    title="A −1 shields a film from WARP, and sinks it under logistic",
)

# %% [markdown]
# So take logistic? There is another repair, without any training: leave out *everything rated* instead of the likes.

# %%
popular = [Popularity().fit(train) for train in liked]
likes_out = places(models, liked_test, liked)
rated_out = places(models, liked_test, rated)
print(f"WARP, likes left out:            {span(likes_out)} of ten places")
print(f"WARP, all rated left out:        {span(rated_out)}")
print(f"popularity, all rated left out:  {span(places(popular, liked_test, rated))}")
print(f"logistic -1, all rated left out: {span(places(logistic, liked_test, rated))}")

# %% [markdown]
# One argument repays the debt: the same model finds about an eighth more likes. From here on, everything rated is left out.
#
# Logistic keeps low films away, and finds fewer likes than popularity. Put it the other question, then: of the user's ten films in test, *which did they like?* **AUC** is the share of pairs, one liked and one low, that stand in the right order. A coin gets 0.5. (Who liked none is not counted; who liked all ten counts as 0.5.) Only the ten compete; all other films are left out.

# %%
from recsys_lessons.evaluation import auc_score

others = []
for test in rated_test:
    in_test = test.toarray() > 0
    others.append(sp.csr_matrix(~in_test))
judged = {"mean rating": by_mean, "WARP": models, "logistic, likes": logistic_likes, "logistic -1": logistic}
judged["WARP, 30 epochs"] = fit_all(liked, epochs=30)
judged["logistic -1, 30"] = fit_all([(liked[s] - low[s]).sign() for s in range(5)], logistic_settings, 30)
auc = {}
for name, ranked in judged.items():
    auc[name] = np.array([auc_score(ranked[s], liked_test[s], others[s]).mean() for s in range(5)])
    ahead = (auc[name] > auc["mean rating"]).sum()
    print(f"{name:15}  AUC among the ten: {span(auc[name], 3)}, above the mean rating in {ahead} of 5")
for a, b in [("WARP", "logistic, likes"), ("logistic -1", "WARP"), ("logistic -1, 30", "WARP, 30 epochs")]:
    print(f"{a} above {b} in {(auc[a] > auc[b]).sum()} of 5")

# %% [markdown]
# At ten epochs logistic with −1s leads WARP, and the mean rating is nearly as good. The −1s lift logistic there: on likes alone it is last. At thirty both leads are gone. As a first rule, choose the loss by the feedback *and the question*: for likes, clicks or purchases and *what will they pick and like?*, WARP (or BPR, lesson 05); for likes and dislikes and *would they like it?*, logistic with −1s, beside the mean rating.

# %% [markdown]
# ## Where to cut?
#
# Why at 4, and not at 3 or 5?
#
# *Train* on all ratings, half a star included, as if each were a like. The *test* stays at 4 stars or more. For comparison, a half of all ratings, drawn by lot. Ten epochs each. **With all ratings, are fewer likes found than with 4 or more, about as many, or more?**

# %%
guess("01 all ratings", "?", one_of=("fewer", "about as many", "more"))

# %%
from recsys_lessons.cross_validation import random_train_test_split

half = [random_train_test_split(rated[s], 0.5, s)[0] for s in range(5)]
fitted = {"4 or more": models, "all ratings": fit_all(rated), "half of all, by lot": fit_all(half)}

# %%
found = {name: places(fitted[name], liked_test, rated) for name in fitted}
plain, every = found["4 or more"], found["all ratings"]
gain, half_gain = (found[name].mean() / plain.mean() - 1 for name in ["all ratings", "half of all, by lot"])
plot_by_seed(
    found,
    measure="likes found in ten places, rated films left out",
    title=f"Against 4 or more: all ratings {gain:+.0%}, a blind half {half_gain:+.0%}",
)
print(f"seed 0: {liked[0].nnz:,} likes in train, {rated[0].nnz:,} ratings, {half[0].nnz:,} in the half")
fewer, more = (every < plain).sum(), (every > plain).sum()
your_guess("01 all ratings", measured=f"fewer in {fewer}, more in {more} of 5 seeds ({gain:+.0%} on average)")

# %% [markdown]
# Half a star as a like, and no harm done. Do the stars say nothing, then?
#
# The bottom row has about as many ratings as *4 or more*, chosen blindly, and finds far fewer likes. So a like is worth more than a rating. How do all ratings keep up? They bring at least two things. Twice as many entries make twice as many updates. And a low film that is stored is no longer drawn and pushed down: the shield. Add each alone to *4 or more*, and take the updates from *all ratings*. And cut at 3 and at 5.

# %%
at = {n: [movies.as_lightfm(seed=s, min_rating=n)["train"] for s in range(5)] for n in (3, 5)}
raced = {
    "all ratings": fitted["all ratings"],
    "all, 5 epochs": fit_all(rated, epochs=5),
    "all, 20 epochs": fit_all(rated, epochs=20),
    "4 or more": models,
    "4 or more, 20 epochs": fit_all(liked, epochs=20),
    "4 or more, with -1": told,
    "3 or more": fit_all(at[3]),
    "5 stars": fit_all(at[5]),
}
print("                        updates    likes    ahead of all ratings    of 4 or more")
for name, trained in raced.items():
    updates = sum(epoch["updates"] for epoch in trained[0].training_history)  # seed 0
    n_found = places(trained, liked_test, rated)
    print(f"{name:20}  {updates:9,}    {n_found.mean():.3f}    {(n_found > every).sum()} of 5", end="")
    print(f"                  {(n_found > plain).sum()} of 5")

# %% [markdown]
# Each alone puts *4 or more* ahead, with fewer updates; with half the epochs, all ratings fall behind. (Both gain from ten more; which ends higher is open.) At ten, *3 or more*, with updates in between, is ahead of both, 5 far behind.
#
# In training, then, the threshold is a setting to try. In test it says what you call success.

# %% [markdown]
# ## A rating is not a weight
#
# One use of the stars is left: `sample_weight`, a factor on the loss of each like. Weight every like by its stars, and WARP will try harder for the fives. Will it?
#
# Take the pencil. The fewer draws WARP needs to find a film that breaks the rule, the larger its step: the factor is ln(9065 / draws), with 9,065 other films. That is 9.1 after one draw, 6.8 after ten, the most it draws. With four stars, 36 or 27. But the library, like LightFM, cuts this factor at 10, for four stars as for five. If that is all, stars dealt out *by lot* among the likes give the same model, to the bit.

# %%
same = 0
for s in range(5):
    by_lot = liked[s].copy()
    by_lot.data = np.random.default_rng(s).permutation(by_lot.data)
    with_stars = LightFM(**warp_settings, random_state=s).fit(liked[s], sample_weight=liked[s], epochs=10)
    with_lot = LightFM(**warp_settings, random_state=s).fit(liked[s], sample_weight=by_lot, epochs=10)
    same += np.array_equal(with_stars.item_embeddings, with_lot.item_embeddings)
print("stars and stars by lot give the same bytes in", same, "of 5 seeds")

# %% [markdown]
# A weight says how hard to push, not what to aim at. With WARP keep it at 1 or below, or some of it is cut off ([#306](https://github.com/lyst/lightfm/issues/306)).
#
# The test, so far, was ten random ratings. Would another tell the same story?

# %% [markdown]
# ## Four splits, four questions
#
# The five likes of the beginning again. Ann gave hers on day 1, Bob his on days 2 and 5, Cid on days 4 and 7 (left to right). With a pencil: if the future begins on day 5, which likes are in test?

# %%
from recsys_lessons.cross_validation import cold_items, cold_users, leave_one_out, split_by_time
from recsys_lessons.teaching.plotting import plot_small_splits

five = sp.coo_matrix(stars >= 4)  # row by row: Ann, Bob, Bob, Cid, Cid
small = {
    "random": random_train_test_split(five, 0.4, random_state=3),
    "time": split_by_time(five, [1, 2, 5, 4, 7], cutoff=5),
    "cold items": cold_items(five, 0.25, random_state=3),
    "cold users": cold_users(five, 0.3, random_state=3),
}
plot_small_splits(small, users, films, title="The same five likes, four ways to put some aside")

# %% [markdown]
# - **Random:** which likes are missing from the table?
# - **Time:** what comes next, be it from new people or of new films?
# - **Cold items:** who will like a film that nobody has liked yet?
# - **Cold users:** what does somebody like who has just come in?
#
# Put a tenth of the likes aside (cold: of the films, of the users), and race the same model against popularity (likes in train left out).
#
# The future should be harder to know than gaps in a table. **Will WARP find fewer likes by time than at random, as many, or more?**

# %%
guess("01 time", "?", one_of=("fewer", "as many", "more"))

# %%
likes = movies.matrix(min_value=4.0)
times = movies.timestamps[movies.values >= 4.0]  # in the order of likes
splits = {
    "random": [random_train_test_split(likes, 0.1, s) for s in range(5)],
    "time": [split_by_time(likes, times, 0.1)] * 5,  # there is only one
    "cold items": [cold_items(likes, 0.1, s) for s in range(5)],
    "cold users": [cold_users(likes, 0.1, s) for s in range(5)],
}
trains, tests, warps, populars = {}, {}, {}, {}
for name, pairs in splits.items():
    trains[name] = [train for train, test in pairs]
    tests[name] = [test for train, test in pairs]
    warps[name] = fit_all(trains[name])
    populars[name] = [Popularity().fit(train) for train in trains[name]]

# %% [markdown]
# Now count, one row for each split:

# %%
print("            users      likes       of ten places:")
print("split     in test    of each       popularity      WARP            WARP ahead")
by_split = {}
for name in splits:
    by_split[name] = places(warps[name], tests[name], trains[name])
    popular_found = places(populars[name], tests[name], trains[name])
    n_users = np.mean([len(np.unique(test.row)) for test in tests[name]])
    each = np.mean([test.nnz for test in tests[name]]) / n_users
    print(f"{name:10}  {n_users:5.0f}  {each:9.1f}       {span(popular_found)}    {span(by_split[name])}", end="    ")
    print((by_split[name] > popular_found).sum(), "of 5")
ratio = by_split["time"].mean() / by_split["random"].mean()
your_guess("01 time", measured=f"{ratio:.1f} times as many")

# %% [markdown]
# (Cold items: no like in train, so both put them last, a tie. Lesson 08 does better.)
#
# Three times as many by time? But there each test user has 64 right answers waiting, instead of 8.5. More right answers, more hits, whatever the list.
#
# Test that cause: keep *one* test like, drawn by lot, of each user who has two or more, and leave the others out of the race. Now a film is found or not, and we can count users.

# %%
hits = {}
for name in ["random", "time"]:
    one, left_out = [], []
    for s in range(5):
        rest, single = leave_one_out(tests[name][s], random_state=s)
        one.append(single)
        left_out.append(trains[name][s] + rest)
    hits[name] = 100 * places(warps[name], one, left_out)  # one film each
    by_popular = 100 * places(populars[name], one, left_out)
    of_100 = f"WARP finds it for {span(hits[name], 1)} of 100, popularity for {span(by_popular, 1)}"
    print(f"{name:6} ({single.nnz:3} users): {of_100}")
print("WARP lower by time in", (hits["time"] < hits["random"]).sum(), "of 5 seeds")

# %% [markdown]
# The factor of three is gone: the number of answers made it. (*Lower* is not settled: 5.1 to 10.1 of 100 are 4 to 8 of 79 people, on one split.) And these are other people than at random. **Numbers of two splits cannot be compared.** Models can, within one split.
#
# By time, popularity was ahead of WARP with all five seeds. With whom? Has train any like of the test users?

# %%
train, test = trains["time"][0], tests["time"][0]
in_test = test.getnnz(axis=1) > 0
in_train = train.getnnz(axis=1) > 0
for name, chosen in {"known": in_test & in_train, "new": in_test & ~in_train}.items():
    found = []
    for model in [populars["time"][0], *warps["time"]]:
        of_each = 10 * precision_at_k(model, test, train, preserve_rows=True)  # a number for each row: each user
        found.append(of_each[chosen].mean())
    print(f"{chosen.sum()} {name} users: popularity {found[0]:.2f}, WARP {span(found[1:])} of ten")

# %% [markdown]
# Cut on this one day, "the future" means mostly strangers. For them WARP has little but its films' biases (lesson 08): one order for all, like popularity's. Why it is the worse one here, and level among cold users, is not tested. Among the twenty known WARP leads.

# %% [markdown] slideshow={"slide_type": "notes"}
# <details><summary>For the teacher</summary>After the one-answer race, ask which number they would show to their manager. None alone: model and popularity, on the split that resembles the product.</details>

# %% [markdown]
# ## One leaked like
#
# A **leak** is something in train that would not be known when the model is used, such as an answer of the test. It happens to careful people: *after* the split, a join with another table brings test rows back into train. Here one like of each user who has two or more in test.
#
# For both models all films compete but those rated in the *honest* train: so the leaked film counts when found.

# %%
leaks = [leave_one_out(liked_test[s], random_state=s)[1].tocsr() for s in range(5)]  # one like a user
leaky_train = [liked[s] + leaks[s] for s in range(5)]
print(f"likes in train: {span([100 * leaks[s].nnz / liked[s].nnz for s in range(5)])}% more")
for name, train in {"honest": liked[0], "leaky": leaky_train[0]}.items():
    print(f"{name:6} train and test share {train.multiply(liked_test[0]).nnz} pairs (seed 0)")

epochs = [10, 30, 60]
honest = {n: fit_all(liked, epochs=n) for n in epochs}
print(f"honest, 60 epochs: the film is found for {span(100 * places(honest[60], leaks, rated), 0)} of 100 users")

# %% [markdown]
# **For how many does the leaky one find it**, after 60 epochs?

# %%
guess("01 leak", "?", expected="a number from 0 to 100")

# %%
leaky = {n: fit_all(leaky_train, epochs=n) for n in epochs}
your_guess("01 leak", measured=f"{span(100 * places(leaky[60], leaks, rated), 0)} of 100 users")

# %%
from recsys_lessons.teaching.plotting import plot_ranges_by_epoch

found = {
    "leaky": np.transpose([places(leaky[n], liked_test, rated) for n in epochs]),
    "honest": np.transpose([places(honest[n], liked_test, rated) for n in epochs]),
}
gains = found["leaky"].mean(axis=0) / found["honest"].mean(axis=0) - 1
plot_ranges_by_epoch(
    found,
    epochs,
    measure="likes found in ten places",
    title=f"The leak is worth {gains[0]:.0%} after 10 epochs, {gains[-1]:.0%} after 60",
)
for n, gain in zip(epochs, gains, strict=True):
    print(f"the leak is worth {gain:.0%} after {n} epochs")
print("leaky ahead in", *(found["leaky"] > found["honest"]).sum(axis=0), "of 5 seeds")

# %% [markdown]
# The honest model hardly gains any more, and the leaky one goes on learning by heart. That is the harm: a leak does not lift all numbers alike. It pays whatever *memorizes*, and here would have you train on and on.
#
# But the leaky model has also seen more likes of good films. So deal the leaked films out to the wrong users, by shuffling the rows (WARP: 60 epochs).

# %%
wrong = []
for s in range(5):
    dealt = leaks[s][np.random.default_rng(s).permutation(movies.n_users)]
    wrong.append(dealt - dealt.multiply(rated[s] + rated_test[s] > 0))  # no film they rated

misled = fit_all([liked[s] + wrong[s] for s in range(5)], epochs=60)
popular_leaky = [Popularity().fit(train) for train in leaky_train]
rivals = {"WARP, honest": honest[60], "WARP, wrong users": misled}
rivals |= {"popularity, honest": popular, "popularity, leaky": popular_leaky}
for name, ranked in rivals.items():
    all_found, one_found = places(ranked, liked_test, rated), 100 * places(ranked, leaks, rated)
    print(f"{name:18}  {span(all_found)} likes in ten places, the film for {span(one_found, 0)} of 100")
lost = sum(places(misled, liked_test, rated) < places(honest[60], liked_test, rated))
print(f"wrong users: fewer likes than honest in {lost} of 5 seeds; {wrong[0].nnz} of {leaks[0].nnz} dealt (seed 0)")

# %% [markdown]
# Dealt to the wrong users, the likes gain nothing, and cost a little. The gain takes the pair of user and film, which is why popularity, keeping no pairs, is immune.
#
# This leak is easily caught: count the shared pairs, or hand both matrices to `precision_at_k`, which refuses. Subtler ones are not. A random split shows the model ratings given *after* those it is tested on. Only a split by time prevents that; what it is worth we cannot measure with twenty people on both sides of the date.

# %% [markdown]
# ## Lab: threshold and split
#
# In the picture: likes from 4 stars on, a tenth of them put aside at random. In the lab below it you move the threshold, the split and the share, and see where in the table the test lies, how long users' lists are left, and what each split asks about.
#
# 1. Does a random split ask about known users and known films alone? Raise the threshold to 5, then lower it to 0.5.
# 2. Choose *time*. Whose likes are in test, and which other split does that resemble? Are test films new as well? Try 2% and 50%.

# %%
from recsys_lessons.teaching.plotting import plot_threshold_and_split

plot_threshold_and_split(
    movies.users,
    movies.items,
    movies.values,
    movies.timestamps,
    threshold=4.0,
    split="random",
    test_share=0.1,
)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import explore_splits

explore_splits(movies.users, movies.items, movies.values, movies.timestamps)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. No. Even at 4 stars, 5.1% of the test likes are of films that train does not know, and at 5 stars 11.0%: the thinner the data, the more newcomers. And there 27 of 671 users have no like at all. With every rating a like it is still 3.6%.
# 2. The latest newcomers' (a band at the foot of the table): 86% are new users', so it resembles cold users. New films are few, 13.5% of the test likes. An earlier date (50%) brings in more, 36%; a later one (2%) more likes of known users, 34%.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Expecting WARP to learn from −1** ([#437](https://github.com/lyst/lightfm/issues/437)). It shields the film. Leave out of the list what was rated low.
#
# **Giving ratings as weights and waiting for ratings to come back** ([#253](https://github.com/lyst/lightfm/issues/253), [#441](https://github.com/lyst/lightfm/issues/441), [#518](https://github.com/lyst/lightfm/issues/518)). A weight is no target. Nor is the size of an entry read: 4 and 5 are both a like.
#
# **Repeated purchases on both sides of a split** ([#311](https://github.com/lyst/lightfm/issues/311)). The splits here keep all entries of a pair together; a join can undo it.
#
# **Taking an unchanged shape for a failed split** ([#408](https://github.com/lyst/lightfm/issues/408)). Train and test keep all rows and columns. Compare `train.nnz` and `test.nnz`.
#
# **Having only a random split** ([#657](https://github.com/lyst/lightfm/issues/657)). Use `split_by_time`, and see who is on both sides of the date.

# %% [markdown] tags=["quiz"]
# ## Quiz
#
# **1. A shop stores −1 for every returned product and trains WARP. What happens to the products somebody returned, in that customer's list?**
#
# <details><summary>a. They sink, since WARP draws its negatives from the −1s</summary>It draws them from everything the customer has <i>no</i> entry for.</details>
# <details><summary>b. Nothing, since WARP ignores a −1</summary>It learns nothing from it. But the entry also keeps the product from being drawn, and so from being pushed down.</details>
# <details><summary>c. They rise, compared with storing nothing</summary>Yes: they are drawn as negatives no more. With films they took more places in all five runs.</details>

# %% [markdown] tags=["quiz"]
# **2. Team A reports precision@10 of 0.31 on a split by time, team B 0.12 on a random split of the same data. Whose model is better?**
#
# <details><summary>a. That cannot be said: put both on one split, beside popularity</summary>Yes. Here one and the same model found three times as many by time, and was behind popularity there.</details>
# <details><summary>b. A's: more than twice the precision, and on the harder question</summary>Harder for whom? The test users are not the same, and by time there can be many more likes to be hit.</details>
# <details><summary>c. B's: a split by time leaks the future</summary>It is the random split that shows the model later ratings of the same users.</details>

# %% [markdown] tags=["quiz"]
# **3. After a change in the data pipeline your large model gains 12%, and popularity stays where it was. What do you do first?**
#
# <details><summary>a. Celebrate: popularity is unchanged, so the test is sound</summary>Popularity keeps no pairs, so a leak of pairs does not show in it.</details>
# <details><summary>b. Count the pairs that train and test have in common</summary>Yes. A leak pays whatever memorizes, and looks just like this.</details>
# <details><summary>c. Train for more epochs, since there is more to gain</summary>If it is a leak, there is: more epochs will gain more, and it will be worth nothing.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Tell them apart:** a rating is an opinion, a gap silence, and a −1 a shield under WARP, a "no" under logistic. Low films took 1.68 of ten places; leaving out everything rated takes that to 0 and finds about an eighth more likes. A weight is how hard to push (1 or below): stars as weights, dealt out by lot, gave WARP the same bytes.
# - **Choose a split:** random asks for gaps, time for what comes next, cold for newcomers. By time, WARP found three times as many likes as at random, because 64 right answers waited instead of 8.5, and was behind popularity with all five seeds. Compare within a split only.
# - **Expose a leak:** count shared pairs, and look for gains that grow with training while popularity stands still. One like per user was worth 18% after 60 epochs, and less than nothing with the wrong users.

# %% [markdown]
# **Practice:** [the exercises of this lesson](../exercises/01_feedback.ipynb).
#
# **Next:** 02. Asked whether somebody *would like* a film, the mean rating, the same for everybody, was nearly as good as the best trained model. But people differ. Can a model predict your stars, and not the average person's?
