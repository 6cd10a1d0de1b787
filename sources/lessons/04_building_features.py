# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Building features: how does raw metadata become a feature matrix?
#
# What a shop or a film archive knows about its items is words, lists, prices and gaps. What a model takes is a matrix of numbers. This lesson goes from one to the other, and then meets a matrix that is built without a fault and ruins two models out of three.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **build** a feature matrix from raw metadata with `Dataset`, and read its rows and its shape aloud;
# - **derive** what the weight of a feature does to its learning, and say why a raw price or year is a bad weight;
# - **find** out why features harm a model, by experiments that change one thing at a time;
# - **choose** where the negatives come from when items share features.
#
# *45 minutes. You need lessons 00 and 03; it helps to have seen in 01 that missing is not disliked.*

# %% [markdown]
# ## A shelf, a pencil
#
# Four products, as a database holds them: a category, some tags, a brand, a price. One brand is missing.

# %%
products = [
    ("espresso", "drinks", ["organic", "fair trade"], "Roma", 8.50),
    ("oat milk", "drinks", ["organic", "vegan"], "Hafer", 2.20),
    ("olive oil", "pantry", ["vegan"], "Roma", 9.90),
    ("green tea", "drinks", [], None, 3.40),
]

# %% [markdown]
# A column of a feature matrix answers a question with a number: *how much of this does the item have?* So each fact has to become such questions.
#
# - **Category**: one value out of several, a column for each value, a single 1 in the row. This is *one-hot*.
# - **Tags**: any number of values, a 1 for each. This is *multi-hot*, and a category is the case of exactly one.
# - **Brand**: a category, too. If it is missing, that is a value as well: `brand:unknown`.
# - **Price**: cut into **bins**, which turn a number into a category. Why not the number itself? We come to that.
#
# Put the kind of fact into the name. A brand called *Organic* and the tag *organic* would otherwise share a column.

# %%
described = []
for name, category, tags, brand, price in products:
    price_bin = "under $3" if price < 3 else "$3 to 6" if price < 6 else "$6 and more"
    names = [f"category:{category}", *[f"tag:{tag}" for tag in tags]]
    names += [f"brand:{brand or 'unknown'}", f"price:{price_bin}"]
    described.append((name, names))
for name, names in described:
    print(f"{name:10}", *names, sep="  ")

# %% [markdown]
# `Dataset` gives every id and every feature name a number, and each product its identity (lesson 03) besides. It then fills the matrix.
#
# **Predict** its shape, and how many of its cells are not zero. Then the heart of the matter: by default `Dataset` divides each row by its sum, the **row normalization**. What is then left of the 1 in the identity column of *espresso*?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("04 shape", "?", expected="three numbers, [rows, columns, cells that are not zero]")
guess("04 identity of espresso", "?", expected="a number from 0 to 1")

# %%
from recsys_lessons.data import Dataset

all_names = dict.fromkeys(name for _, names in described for name in names)  # each once, in order
dataset = Dataset()
_ = dataset.fit(users=["Ann", "Bob"], items=[product[0] for product in products], item_features=all_names)
plain = dataset.build_item_features(described, normalize=False)
print(plain.toarray().astype(int))
your_guess("04 shape", measured=[*plain.shape, plain.nnz])

# %% [markdown]
# Read a row aloud, with the names of its columns. It should be the sentence you began with:

# %%
columns = list(dataset.mapping()[3])  # users, user features, items, item features: the last one
for i, (product, _) in enumerate(described):
    print(f"{product:10}", "  ".join(columns[f] for f in plain[i].indices))

# %% [markdown]
# Columns 0 to 3 are the identities, and 11 names follow: 4 × 15. Only 21 of 60 cells are filled, so the matrix is stored *sparse*: the filled cells and where they are. That is what makes a matrix with thousands of columns affordable.
#
# Now with the default:

# %%
normalized_shelf = dataset.build_item_features(described)
print(normalized_shelf.toarray().round(2))
your_guess("04 identity of espresso", measured=f"{normalized_shelf[0, 0]:.3f}")

# %% [markdown]
# With $n$ named features, $1 / (1 + n)$. *Espresso* has five and keeps a sixth of its identity; *green tea*, of which we know least, keeps a quarter. Nobody asked for this, and a reader of [#413](https://github.com/lyst/lightfm/issues/413) saw the score halve because of it.
#
# How much does a weight matter? That can be derived.

# %% [markdown] slideshow={"slide_type": "notes"}
# Let the class do the pencil work on one row before the cell runs. Expected wrong answers: 11 columns (identities forgotten), 1/5 (identity not counted in the sum), and 1 ("identity is always 1"). Ask what the *shortest* described product keeps, and whether that is fair.

# %% [markdown]
# ## A weight counts twice
#
# Ann likes item $i$. With $x_{if}$ for the weight of feature $f$ in its row, the score is
#
# $$\hat r_{ui} = p_u \cdot \sum_f x_{if}\, e_f + \sum_f x_{if}\, b_f + b_u$$
#
# Take the simplest loss, the **logistic** one. It reads the score as a bet on "like": $\sigma(\hat r) = 1 / (1 + e^{-\hat r})$ is the probability the model gives to what happened, and the loss of a like is
#
# $$L = -\log \sigma(\hat r_{ui}), \qquad \frac{\partial L}{\partial \hat r_{ui}} = -\bigl(1 - \sigma(\hat r_{ui})\bigr)$$
#
# (since $\sigma' = \sigma (1 - \sigma)$, one $\sigma$ cancels). Now the chain rule, down to one feature. The score depends on $e_f$ through $x_{if}\, p_u \cdot e_f$ and on $b_f$ through $x_{if}\, b_f$, so
#
# $$\frac{\partial L}{\partial e_f} = -(1 - \sigma)\, x_{if}\; p_u, \qquad \frac{\partial L}{\partial b_f} = -(1 - \sigma)\, x_{if}$$
#
# and one step of gradient descent adds $\eta\, (1 - \sigma)\, x_{if}\, p_u$ to the embedding, $\eta\, (1 - \sigma)\, x_{if}$ to the bias. That is the weight for the first time. When the next score is computed, both are multiplied by $x_{if}$ again. So that one step moves the feature's share of the score by
#
# $$x_{if} \bigl(\Delta e_f \cdot p_u + \Delta b_f\bigr) = \eta\, (1 - \sigma)\; x_{if}^{\,2}\, \bigl(\lVert p_u \rVert^2 + 1\bigr)$$
#
# **The weight counts squared**: once when the feature learns, once when it speaks.
#
# By hand. Let the espresso have two features, its identity with weight 1 and its price as a raw number, 8. Ann is (0.6, 0.8), of length 1; all embeddings and biases are 0; $\eta = 0.1$. The score is 0, so $\sigma = 0.5$ and the step 0.05.
#
# | | learns $e$ | learns $b$ | then says |
# |:--|:--|:--|:--|
# | identity, $x = 1$ | (0.03, 0.04) | 0.05 | 1 × (0.05 + 0.05) = 0.1 |
# | price, $x = 8$ | (0.24, 0.32) | 0.4 | 8 × (0.4 + 0.4) = 6.4 |
#
# With Ann's own bias, which also learns 0.05, the score is 6.55. Does the library agree?

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM

row = np.array([[1.0, 8.0]])  # identity, price
like = sp.coo_matrix([[1.0]])
tiny = LightFM(no_components=2, loss="logistic", learning_rate=0.1)
_ = tiny.fit(like, item_features=row, epochs=0)  # no training, only room for the numbers
tiny.item_embeddings, tiny.user_embeddings = np.zeros((2, 2)), np.array([[0.6, 0.8]])
_ = tiny.fit_partial(like, item_features=row, epochs=1)
for name, embedding, bias in zip(["identity", "price"], tiny.item_embeddings, tiny.item_biases, strict=True):
    print(f"{name:8} e = ({embedding[0]:.2f}, {embedding[1]:.2f})   b = {bias:.2f}")
print(f"score {tiny.predict(0, np.array([0]), item_features=row)[0]:.2f}")

# %% [markdown]
# Digit for digit. Here is where it happens; `scale` and `slope` carry $-(1 - \sigma)$, `weight` is our $x_{if}$:

# %%
from recsys_lessons.kernels import schedules
from recsys_lessons.teaching.source import show_source

show_source(schedules.step_row, part=("feature, weight =", "step_bias(parameters, feature,"))

# %% [markdown]
# One like, and the model gives $\sigma(6.55) = 0.999$ to this pair. Price has learned nearly all of it, the identity next to nothing, and from now on the slope $1 - \sigma$ is so small that neither learns more.
#
# And what has price learned? That dear is good. *Olive oil* at 9.90, which nobody bought, now scores 9.9 × 0.8 = 7.92, above the espresso. A number as weight is a straight line: each dollar adds the same. Somebody who buys cheap bread and dear coffee, nothing between, cannot be described. Bins can: each has an embedding of its own.
#
# The maintainer's advice in [#261](https://github.com/lyst/lightfm/issues/261) is to keep such values small, and that cutting them up may work better. Let us see on films.

# %% [markdown]
# ## Nine thousand films
#
# The films, users and likes of lesson 00: 4 stars or more is a like. We number the films anew, the most liked first. It changes no result, and we shall be glad of it later.

# %%
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import precision_at_k

movies = load_movies()
data = movies.as_lightfm(min_rating=4.0)
order = np.argsort(-data["train"].getnnz(axis=0), kind="stable")
train, test = data["train"].tocsr()[:, order], data["test"].tocsr()[:, order]
genres = movies.item_features[order]
titles, years = movies.item_labels[order], movies.years[order]

n_users, n_films = train.shape
n_liked = (train.getnnz(axis=0) > 0).sum()
identity = sp.identity(n_films, format="csr", dtype=np.float32)
both = sp.hstack([identity, genres], format="csr")
print("identity and genres:", both.shape, "with", both.nnz, "cells filled,", f"{both.nnz / n_films:.1f} in a row")
print(f"films liked by somebody in train: {n_liked:,}, by nobody: {n_films - n_liked:,}")

# %% [markdown]
# Aloud: 9,066 films; 9,086 columns, an identity each and 20 genres; a film has its identity and 2.2 genres. A third of the identities belong to films without a single like, so there is nothing to learn them from.
#
# Every experiment from here on is this function, with one argument changed. It trains with five seeds; each model makes every user a list of ten films, train films left out.

# %%
def five_runs(loss, features, likes=train, **changes):
    """Three rows of five: precision@10, the same with all films competing, share of listed films nobody likes."""
    runs = []
    for run in range(5):
        model = LightFM(loss=loss, no_components=30, random_state=42 + run, **changes)
        seen = likes[run] if isinstance(likes, list) else likes  # a list: other interactions for each run
        _ = model.fit(seen, item_features=features, epochs=10)
        fair = precision_at_k(model, test, train, item_features=features).mean()
        all_compete = precision_at_k(model, test, item_features=features).mean()
        lists, _ = model.recommend(np.arange(n_users), n=10, exclude=train, item_features=features)
        runs.append([fair, all_compete, (lists >= n_liked).mean()])  # the last films are those nobody likes
    return np.array(runs).T


def span(values):
    return f"{values.min():.3f}–{values.max():.3f}"


# %% [markdown]
# A film's year is a number like a price. Give it to WARP raw, as a share of 2016, and as decades:

# %%
year = np.where(years > 0, years, 1995.0)[:, None]  # three films have none; 1995 is the median
decade = year // 10 == np.arange(190, 202)  # 12 columns, 1900s to 2010s
year_as = {"no year": [], "raw": [year], "divided by 2016": [year / 2016], "decades": [decade]}
for name, block in year_as.items():
    print(f"{name:16}", span(five_runs("warp", sp.hstack([identity, *block], format="csr"))[0]))

# %% [markdown]
# A correct fact, correctly entered, and precision@10 is gone: 1995 squared is four million. Divided by 2016 it does no harm. Neither helps here, nor do decades: knowing when a film was made adds nothing to knowing which film it is.
#
# ### Values that are rare
#
# A column must occur often enough to be learned. Real catalogs are not like that:

# %%
import zlib

from recsys_lessons.datasets import load_groceries

kinds, number = np.unique(load_groceries().products["type"], return_counts=True)
rare = number < 10
print(f"{len(kinds):,} types of product, {rare.sum()} of them with fewer than 10 products")
print(f"these cover {number[rare].sum():,} of {number.sum():,} products")
bundled = set(np.where(rare, "type:other", kinds))
hashed = {zlib.crc32(kind.encode()) % 256 for kind in kinds}
print(f"columns if rare ones are bundled: {len(bundled):,}, if all are hashed into 256: {len(hashed)}")

# %% [markdown]
# **Bundling** puts what is rare into one column, *other*: little is lost when it covers a twentieth. **Hashing** computes the column from the name, so nothing has to be counted and a new name has a place at once; the price is that names which have nothing in common share a column, nine types in each here. (Python's own `hash` gives other numbers in every session. Use one that stays.)
#
# A value that was not there when you called `fit` is an error, and a good one:

# %%
try:
    dataset.build_item_features([("espresso", ["brand:Rome"])])
except ValueError as error:
    print(error)

# %% [markdown]
# For values to come, either keep an `other` column ready, or `fit_partial` the name and train again. A column without training is random numbers, tiny but not nothing.

# %% [markdown]
# ## The race
#
# The matrix is right. Genres are facts about films, and in lesson 00 WARP gained from them. Two more losses:
#
# - **logistic** we have just derived. It looks at one like at a time.
# - **BPR** compares each like with one film drawn at random that the user has not liked, the *negative*, and wants the like to score higher.
#
# All three have an identity for each film; then they get the genres on top. **Who is better off with genres?**

# %%
guess("04 better off", "?", one_of=("all three", "WARP and BPR", "WARP and logistic", "WARP alone", "none"))

# %%
runs = {}
for loss in ["logistic", "bpr", "warp"]:
    runs[loss] = five_runs(loss, identity), five_runs(loss, both)

# %%
from recsys_lessons.teaching.plotting import plot_with_and_without

plot_with_and_without(
    {loss: (without[0], with_genres[0]) for loss, (without, with_genres) in runs.items()},
    measure="precision@10 on test, train films left out",
    title="Genres leave logistic nothing and BPR less than half",
)
for loss, (without, with_genres) in runs.items():
    print(f"all films competing, {loss}: identity {span(without[1])}, with genres {span(with_genres[1])}")
ahead = {loss: (with_genres[0] > without[0]).sum() for loss, (without, with_genres) in runs.items()}
your_guess("04 better off", measured=", ".join(f"{loss} in {n} of 5 seeds" for loss, n in ahead.items()))

# %% [markdown]
# The logistic model finds **nothing**, in any run. Choosing films blindfold would do better. And every number in the matrix is true.
#
# So what is wrong?

# %% [markdown]
# ## Three suspects
#
# People have asked ([#297](https://github.com/lyst/lightfm/issues/297), [#486](https://github.com/lyst/lightfm/issues/486), [#551](https://github.com/lyst/lightfm/issues/551)), and the usual suspects are these.
#
# 1. **The genres are too loud**: normalize the rows, or give genres a weight of 0.1.
# 2. **The learning rate** does not suit: a genre takes part in thousands of updates, an identity in a few.
# 3. **The genres say the wrong thing**: deal them out at random, to each film those of another.
#
# Which one is it? If the suspect is guilty, the change should bring the model back to what it reached with identities alone.

# %%
guess("04 guilty", "?", one_of=("loudness", "learning rate", "what genres say", "none of the three"))

# %%
shuffled = genres[np.random.default_rng(0).permutation(n_films)]
suspects = {
    "rows normalized": {"features": both.multiply(1 / both.sum(axis=1)).tocsr()},
    "genres weigh 0.1": {"features": sp.hstack([identity, 0.1 * genres], format="csr")},
    "learning rate 0.005": {"features": both, "learning_rate": 0.005},
    "learning rate 0.1": {"features": both, "learning_rate": 0.1},
    "genres shuffled": {"features": sp.hstack([identity, shuffled], format="csr")},
}
print(f"logistic: identity {span(runs['logistic'][0][0])}, with genres {span(runs['logistic'][1][0])}")
for name, change in suspects.items():
    print(f"    {name:20}", span(five_runs("logistic", **change)[0]))

# %%
print(f"BPR: identity {span(runs['bpr'][0][0])}, with genres {span(runs['bpr'][1][0])}")
for name, change in suspects.items():
    print(f"    {name:20}", span(five_runs("bpr", **change)[0]))
your_guess("04 guilty", measured="nothing brings logistic back, two changes bring BPR half-way and further")

# %% [markdown]
# For logistic, no change matters. It is ruined by genres at a tenth of their weight, at every learning rate, and by wrong genres as surely as by right ones.
#
# BPR is stranger. Normalizing makes it *worse*. Two changes help, and both make the genres say less: a whisper of 0.1, and genres that mean nothing. So BPR suffers from what true genres teach it.
#
# More settings could be tried, and we did: Adadelta, penalties, fewer and more epochs and components change the size of the loss, not the verdict. Tuning is groping in the dark. Better look at what the model recommends.

# %% [markdown] slideshow={"slide_type": "notes"}
# Let people defend their suspect before the cells run. Most name the learning rate or normalization, as the threads do. Stop at "BPR gets better with *false* genres" and ask what that could mean; do not resolve it yet. The point to make: a change that makes things better is not yet a cause, since silencing any witness ends the quarrel.

# %% [markdown]
# ## Look at the lists
#
# The first ten of the ruined logistic model, over all users, with the number of lists they are on:

# %%
ruined = LightFM(loss="logistic", no_components=30, random_state=42).fit(train, item_features=both, epochs=10)
lists, _ = ruined.recommend(np.arange(n_users), n=10, exclude=train, item_features=both)
films, on_lists = np.unique(lists, return_counts=True)
n_genres, n_likes = genres.getnnz(axis=1), train.getnnz(axis=0)
for film, count in sorted(zip(films, on_lists, strict=True), key=lambda pair: -pair[1])[:10]:
    print(f"{count} lists  {n_likes[film]} likes  {n_genres[film]} genres  {titles[film][:40]}")

# %% [markdown]
# Everybody gets the same films. Nearly nobody has liked them. But look at the third column: an average film has 2.2 genres.

# %%
from recsys_lessons.teaching.plotting import plot_bias_by_count

film_biases, _ = ruined.get_item_representations(both)
plot_bias_by_count(n_genres, film_biases, n_likes)
print(f"\nbiases of the genres: {ruined.item_biases[n_films:].min():.2f} to {ruined.item_biases[n_films:].max():.2f}")
silent = ruined.item_biases[n_liked:n_films]
print(f"biases of the {len(silent):,} identities of films nobody likes: {silent.min():.2f} to {silent.max():.2f}")

# %% [markdown]
# All twenty genres have a positive bias, and your derivation says why: each like adds $\eta (1 - \sigma)$ to the identity *and to every genre* of the film. The data hold likes and nothing else. **Nothing ever pushes down.** A film's score is then mostly a count of its genres, true or shuffled, loud or quiet.
#
# And look at the last line: exactly 0. In the model with identities alone, a film nobody likes has only that. It stays where it began, below everything that was ever liked. Its silence was what kept it off the lists. The genres give it a voice.
#
# This is a hypothesis with a prediction: *the genres do no harm if somebody says no*. A −1 in the interactions is a no to the logistic loss (the loss is then $-\log(1 - \sigma)$, and the same derivation pushes every feature of the film down).

# %% [markdown]
# ## Somebody says no
#
# We have real ones. When people gave a film fewer than 4 stars, we dropped it. Put these in as −1. **Will that cure the logistic model?**

# %%
guess("04 dislikes", "?", one_of=("cured", "half-way", "hardly"))

# %%
liked = (train > 0).astype(np.float32)
rated = movies.as_lightfm()["train"].tocsr()[:, order] > 0  # the same split, all ratings
dislikes = liked - (rated > liked)  # 1 for a like, -1 for a rating without a like
print(f"likes: {(dislikes > 0).sum():,}, dislikes: {(dislikes < 0).sum():,}")
no_from_ratings = five_runs("logistic", identity, dislikes), five_runs("logistic", both, dislikes)
print("identity           ", span(no_from_ratings[0][0]))
print("identity and genres", span(no_from_ratings[1][0]))
your_guess("04 dislikes", measured=f"from {span(runs['logistic'][1][0])} to {span(no_from_ratings[1][0])}")

# %% [markdown]
# Forty-five thousand honest noes, and it hardly gets up. What does it recommend now?

# %%
critic = LightFM(loss="logistic", no_components=30, random_state=42).fit(dislikes, item_features=both, epochs=10)
lists, _ = critic.recommend(np.arange(n_users), n=10, exclude=train, item_features=both)
films, on_lists = np.unique(lists, return_counts=True)
n_dislikes = (dislikes < 0).sum(axis=0).A1
for film, count in sorted(zip(films, on_lists, strict=True), key=lambda pair: -pair[1])[:3]:
    names = [movies.item_feature_labels[g].removeprefix("genre:") for g in genres[film].indices]
    print(f"{count} lists  {n_likes[film]} likes  {n_dislikes[film]} dislikes  {titles[film][:28]}", *names[:5])
obscure = n_likes <= 2
share = n_dislikes[obscure].sum() / n_dislikes.sum()
print(f"films with two likes at most: {obscure.mean():.0%} of all, {share:.0%} of the dislikes")

# %% [markdown]
# An animated documentary about a war: those who chose it liked it. That is the question this model has learned to answer, *do the people who watch a film like it?* It was never told about those who would not choose it. Even a bad rating goes to a film that somebody wanted to see; the obscure two thirds of the catalog get a quarter of the noes.
#
# So say no to films people have **not** watched. For each like draw three films, all films equally likely, and call them −1 for that user. As a control, draw three from the films of other people's likes, so that a film liked often is drawn often. We call a film **refused** when training pushes it down for somebody. The two sets differ in whom they refuse, and in nothing else.

# %%
likers = np.repeat(liked.nonzero()[0], 3)
noes = {"popular films": [], "all films": []}
for seed in range(42, 47):
    rng = np.random.default_rng(seed)
    drawn = rng.choice(liked.indices, len(likers)), rng.integers(0, n_films, len(likers))
    for name, refused in zip(noes, drawn, strict=True):
        said_no = sp.csr_matrix((np.ones(len(likers)), (likers, refused)), shape=train.shape) > 0
        noes[name].append(liked - (said_no > liked))  # a like stays a like

# %%
for name, likes in noes.items():
    runs[name] = five_runs("logistic", identity, likes), five_runs("logistic", both, likes)
    without, with_genres = runs[name]
    share = (likes[0][:, obscure] < 0).sum() / (likes[0] < 0).sum()
    print(f"noes to {name}, {share:.0%} of them to obscure ones")
    print(f"    identity {span(without[0])}   with genres {span(with_genres[0])}")

# %% [markdown]
# There it is. Refuse films from the whole catalog, and genres *help* the logistic model. Refuse as many popular ones, and they harm it. Same features, same likes, same number of noes.
#
# So it is not loudness, not the learning rate, and not only that somebody has to say no. It is **who is refused**.

# %% [markdown] slideshow={"slide_type": "notes"}
# The dislikes are the turning point; take time for it. Ask: "name a film you would never watch. Have you rated it?" Then let the class design the control before showing it. The prediction to get from them: whom does BPR refuse?

# %% [markdown]
# ## Whom does BPR refuse?
#
# Its negative is the film of a random *entry* of the interactions:

# %%
from recsys_lessons.kernels import candidates

show_source(candidates.next_candidate, part=("if settings.loss == BPR", "following = below"))

# %% [markdown]
# The first line is BPR's: the popular draw. A film without likes is never refused, by anybody, and one with two likes almost never. What BPR learns about genres, it learns on well-known films, then applies it to films where nobody checks.
#
# Change that and nothing else. Add 20 made-up users, *nobodies*, who have a −1 for every film. BPR learns nothing from a −1, but its entries can be drawn: now four of five draws come from the whole catalog.

# %%
nobodies = sp.csr_matrix(-np.ones((20, n_films), dtype=np.float32))
with_nobodies = sp.vstack([train, nobodies], format="csr")
runs["nobodies"] = five_runs("bpr", identity, with_nobodies), five_runs("bpr", both, with_nobodies)
for name in ["bpr", "nobodies"]:
    without, with_genres = runs[name]
    print(f"{name:9} identity {span(without[0])}   with genres {span(with_genres[0])}", end="   ")
    print(f"films nobody likes, on the lists with genres: {with_genres[2].mean():.0%}")

# %% [markdown]
# Half of the damage is gone, and with it the films nobody likes, which were a fifth of the lists. Not all of it; we come back to that.
#
# ## And WARP?
#
# Read the source above once more: the `else` is WARP. It draws from all columns of the interactions. If we are right, that is what protects it, and it can be taken away.
#
# Give WARP the likes of the 200 most liked films only. Once in a matrix with 200 columns, so that it can refuse no other film, and once in a matrix with all 9,066, most of them empty. **The same likes, the same features, the same candidates at the end.** What will genres do to WARP in the narrow matrix?

# %%
guess("04 narrow WARP", "?", one_of=("help", "no difference", "harm"))

# %%
narrow = train[:, :200]  # the films are in order of their likes
wide = narrow.copy()
wide.resize(train.shape)
for name, likes in {"narrow": narrow, "wide": wide}.items():
    runs[name] = five_runs("warp", identity, likes), five_runs("warp", both, likes)
    without, with_genres = runs[name]
    print(f"{name:6}  identity {span(without[0])}   with genres {span(with_genres[0])}", end="   ")
    print(f"films nobody likes, on the lists with genres: {with_genres[2].mean():.0%}")
your_guess("04 narrow WARP", measured=f"from {span(runs['narrow'][0][0])} to {span(runs['narrow'][1][0])}")

# %% [markdown]
# The number of columns decides whether genres ruin WARP or do it no harm. Here are all experiments, ordered by who is refused:

# %%
refusing = {
    "nobody: logistic": "logistic",
    "popular: logistic": "popular films",
    "popular: BPR": "bpr",
    "popular: WARP, narrow": "narrow",
    "mostly all: BPR, nobodies": "nobodies",
    "all: logistic": "all films",
    "all: WARP, wide": "wide",
    "all: WARP": "warp",
}
plot_with_and_without(
    {title: (runs[name][0][0], runs[name][1][0]) for title, name in refusing.items()},
    measure="precision@10 on test, train films left out",
    title="Genres ruin models that refuse nobody, or popular films only",
)

# %% [markdown]
# In one sentence: **a film that is never refused keeps its place at zero as long as it has only an identity; shared features give it a score nobody has ever checked, and only negatives from the whole catalog check it.**
#
# So before you add features, ask whom your training refuses. If the items at the top of your lists are ones that nobody has touched, you know where to look. The fixes, in this order: WARP, which refuses from everywhere; noes drawn from all items, for logistic; and for BPR the genres at a small weight, which gives up most of what they could do.
#
# **What remains.** With nobodies, BPR with genres is still behind BPR without. One suspect is that a film drawn blindly is rarely the one that genres lifted too high, while WARP searches for it, up to ten draws. Take the search away:

# %%
one_draw = five_runs("warp", identity, max_sampled=1)[0], five_runs("warp", both, max_sampled=1)[0]
print("WARP with one draw: identity", span(one_draw[0]), "  with genres", span(one_draw[1]))
print("genres are ahead in", (one_draw[1] > one_draw[0]).sum(), "of 5 seeds")

# %% [markdown]
# The gain is gone, the ruin does not return. So the search seems to account for the gain, and whom one refuses for the ruin; that the search would also close BPR's gap is likely, and not shown.
#
# And did you see the blue dots? *Without* genres, refusing popular films is better: logistic finds more with noes to popular films than to all, and WARP in the narrow matrix is the best model of the page. The negatives that teach identities most are the ones that leave features unchecked. How to have both is a question about losses.
#
# All this is one data set and one split, and 20 genres: other features may be more harmless. The experiment takes a minute; do it on yours.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask for the one-sentence cause before showing it; good answers mention that *likes alone never lower a shared feature*. A frequent wrong summary: "logistic and BPR cannot use features". The figure refutes it, third pair of rows. Then point at the blue dots and let the class name the trade-off: that is where 05 begins.

# %% [markdown]
# ## Lab: a film that comes out tomorrow
#
# Its row has genres and no identity. Edit `tomorrow`: which genres, at which weights? The figure shows the row, and the place that four models give the film among all others, for the median user.
#
# 1. Start with one genre and add one after the other, *Drama, Comedy, Thriller, Action, Romance*. Two of the logistic models move in opposite directions. Why?
# 2. Leave it at *Drama* and raise its weight: 2, 3, 10. What would a shop do that is paid for placing products, and which model would notice?

# %%
from recsys_lessons.teaching.plotting import plot_new_film

trained_on = {"logistic": train, "logistic, noes to all": noes["all films"][0], "bpr": train, "warp": train}
film_models = {}
for name, likes in trained_on.items():
    m = LightFM(loss=name.split(",")[0], no_components=30, random_state=42).fit(likes, item_features=both, epochs=10)
    biases, vectors = m.get_item_representations(both)
    film_models[name] = m.user_embeddings, vectors, biases, m.item_embeddings[n_films:], m.item_biases[n_films:]

# %%
tomorrow = {"Drama": 1, "Comedy": 1, "Thriller": 1}
plot_new_film(tomorrow, movies.item_feature_labels, film_models)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. From one genre to five, <i>logistic</i> takes the film from place 6,970 to 15. With noes to all films it goes the other way, from 2,023 to 7,865. Most films are never liked, so most genres lose more than they gain, and their biases are negative: now each further genre costs. <i>BPR</i> and <i>WARP</i> move it up, slowly.
# 2. At a weight of 10 the film is at place 1 for <i>logistic</i>, and at the last for <i>logistic, noes to all</i>. WARP moves it from 2,810 to 645. A weight nobody checks is a lever: whoever fills in the metadata sits at it.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Raw numbers as weights** ([#598](https://github.com/lyst/lightfm/issues/598), [#46](https://github.com/lyst/lightfm/issues/46), [#261](https://github.com/lyst/lightfm/issues/261)). Float weights are supported, and count squared. Bins, or values of size 1 at most.
#
# **A column for each number** ([#433](https://github.com/lyst/lightfm/issues/433)). Longitudes passed as *names* gave 13,000 columns, each for one city: identities in disguise. Bins again.
#
# **Normalizing without noticing** ([#697](https://github.com/lyst/lightfm/issues/697), [#413](https://github.com/lyst/lightfm/issues/413)). Results went up in one, down in the other. It is the default; try both.
#
# **Features that nothing teaches** ([#233](https://github.com/lyst/lightfm/issues/233)). A column whose items have no interactions stays at its random start, and ranks at random.
#
# **Blaming the features** ([#551](https://github.com/lyst/lightfm/issues/551), [#201](https://github.com/lyst/lightfm/issues/201)). Look for the identity first (lesson 03), then for the negatives.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. A product has a category, three tags and a price bin. `Dataset` normalizes. By which factor is a step of its identity worth less in the score than without normalization?**
#
# <details><summary>a. 6</summary>That is how much smaller the weight is. It acts when the identity learns, and again when it speaks.</details>
# <details><summary>b. 36</summary>Yes. The weight is 1/6, and it counts squared.</details>
# <details><summary>c. 1, the identity is exempt</summary>It is in the sum like any other: the row [1, 1, 1, 1, 1, 1] becomes six sixths.</details>

# %% [markdown] tags=["quiz"]
# **2. After adding brands, your BPR model recommends products nobody has ever bought. What do you try first?**
#
# <details><summary>a. Lower the learning rate</summary>It changes how fast the brands learn, not what they are never told. Here every rate left BPR behind.</details>
# <details><summary>b. Normalize the rows</summary>In this lesson that made BPR worse: the identity loses, too.</details>
# <details><summary>c. Draw negatives from the whole catalog</summary>Yes: such products are never refused when negatives are drawn from what others bought. Change that first, then measure again.</details>

# %% [markdown] tags=["quiz"]
# **3. Why did real dislikes not cure the logistic model?**
#
# <details><summary>a. They fall on films people chose to watch, never on the ones that rose</summary>Yes. A film without any rating gets no dislike either.</details>
# <details><summary>b. There were too few of them</summary>There were about as many as likes. As many noes to all films, tripled, cured it; tripled noes to popular ones did not.</details>
# <details><summary>c. The logistic loss cannot use a −1</summary>It can, and the other losses drop it: for them it only marks the film as known.</details>

# %% [markdown] tags=["quiz"]
# **4. A weight of 0.1 on the genres nearly restored BPR. Does that show the genres were too loud?**
#
# <details><summary>a. Yes, the cure names the disease</summary>Shuffling them helped as much, at full volume. Whatever silences a witness ends the quarrel.</details>
# <details><summary>b. No: it shows that less of the genres is less harm, whatever the harm is</summary>Yes. What named the cause was a change that kept the genres at full weight and made them useful.</details>
# <details><summary>c. No, the difference was within the noise of the seeds</summary>The ranges of 0.1 and 1 are far apart.</details>

# %% [markdown]
# ## What you can do now

# %% [markdown] tags=["recap"]
# - **Build and read:** one-hot, multi-hot and bins, with `unknown` and `other` as values; four products make 4 × 15 with 21 cells filled. Read a row aloud: it should be the sentence you began with.
# - **Derive:** $\eta (1 - \sigma)\, x_{if}^2\, (\lVert p_u \rVert^2 + 1)$. A price of 8 learns 64 times what an identity does; a raw year takes WARP from 0.07 to below 0.001; normalization leaves the identity $1/(1+n)$.
# - **Find causes:** three suspects, none of whom brought logistic above 0.002. What did, to 0.064 and more, was noes drawn from all films, and the same number drawn from popular ones did not.
# - **Choose negatives:** with shared features, from the whole catalog. WARP does so by itself; take it away, and genres bring WARP down to 0.05, too.

# %% [markdown]
# **Next:** 05. The best model of this page refused only popular films, and was the first to fall when genres came. Each loss has its own way to choose whom to refuse and how hard: what does each of them punish?
