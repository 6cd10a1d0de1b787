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
# What a shop knows about its products is words, lists, prices and gaps. A model takes a matrix of numbers. You will build one from the other, and then see what a matrix without a single wrong entry does to three models.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **build** a feature matrix from raw metadata, and read its rows and its shape aloud;
# - **derive** what the weight of a feature does, and say why a raw price or year is a bad weight;
# - **find** the cause when features harm a model, by experiments that change one thing at a time;
# - **choose** how to train when items share features.
#
# *60 minutes. You need lessons 00 and 03; 01 helps.*

# %% [markdown]
# ## A shelf and a pencil
#
# Four products, as a database holds them: category, tags, brand, price. One brand is missing.

# %%
products = [
    ("espresso", "drinks", ["organic", "fair trade"], "Roma", 8.00),
    ("oat milk", "drinks", ["organic", "vegan"], "Hafer", 2.20),
    ("olive oil", "pantry", ["vegan"], "Roma", 9.90),
    ("green tea", "drinks", [], None, 3.40),
]

# %% [markdown]
# Each column of the matrix asks one question, *how much of this does the item have?*
#
# - **Category**: a column for each value, a single 1 in the row. This is *one-hot*.
# - **Tags**: any number of ones. This is *multi-hot*.
# - **Brand**: a category again. If it is missing, that is a value, too: `brand:unknown`.
# - **Price**: cut into **bins**, which makes it a category. Why not the number itself? We come to that.
#
# The kind of fact belongs in the name. A brand called *organic* and the tag *organic* would otherwise share a column.

# %%
described = []
for name, category, tags, brand, price in products:
    price_bin = "under $3" if price < 3 else "$3 to 6" if price < 6 else "$6 and more"
    names = [f"category:{category}", *[f"tag:{tag}" for tag in tags]]
    names += [f"brand:{brand or 'unknown'}", f"price:{price_bin}"]
    described.append((name, names))
    print(f"{name:10}", *names, sep="  ")

# %% [markdown]
# `Dataset` numbers all ids and names, gives each product its identity besides, and fills the matrix. **Predict** the matrix: rows, columns, and how many cells are not zero.
#
# Then a second one. By default, `Dataset` divides each row by its sum; that is **row normalization**. What is left of the 1 in *espresso*'s identity?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("04 shape", "?", expected="three numbers, [rows, columns, cells that are not zero]")
guess("04 identity of espresso", "?", expected="a number from 0 to 1")

# %%
from recsys_lessons.data import Dataset
from recsys_lessons.teaching.plotting import plot_feature_matrix

ids = [product[0] for product in products]
all_names = [name for _, names in described for name in names]  # each counts once
dataset = Dataset()
_ = dataset.fit(users=["Ann", "Bob"], items=ids, item_features=all_names)
shelf = dataset.build_item_features(described, normalize=False)
*_, column_of = dataset.mapping()  # the column of each item feature, from left to right
plot_feature_matrix(shelf.toarray(), ids, list(column_of))
your_guess("04 shape", measured=[*shelf.shape, shelf.nnz])

# %% [markdown]
# Four identities and eleven names make fifteen columns. Only 21 of 60 cells are filled, so the matrix is stored *sparse*, as the filled cells and their places.
#
# Read each row aloud, with the names of its columns: it should be the sentence you began with. And the identities, normalized:

# %%
normalized = dataset.build_item_features(described)
for product, share in zip(ids, normalized.diagonal(), strict=True):
    print(f"{product:9} normalized, its identity: {share:.3f}")
your_guess("04 identity of espresso", measured=f"{normalized[0, 0]:.3f}")

# %% [markdown]
# With $n$ named features, $1/(1+n)$ is left, whether you asked for it or not. How much does a weight matter?

# %% [markdown] slideshow={"slide_type": "notes"}
# Let the class do one row with a pencil before the cell runs. Wrong answers to expect: 11 columns (identities forgotten), 1/5 (the identity not counted in the sum), 1 ("an identity is always 1").

# %% [markdown]
# ## A weight counts twice
#
# Ann likes item $i$. Lesson 03 derived the step of gradient descent: with $s = 1 - \sigma(\hat r)$, the strength of the **logistic** loss,
#
# $$e_f \leftarrow e_f + \eta\, s\, x_{if}\, p_u \qquad\qquad b_f \leftarrow b_f + \eta\, s\, x_{if}$$
#
# There is the weight, once. Now score the item again. Feature $f$ contributes $x_{if}\,(e_f \cdot p_u + b_f)$, so its contribution has grown by
#
# $$x_{if} \left( \eta\, s\, x_{if}\; p_u \cdot p_u + \eta\, s\, x_{if} \right) = \eta\, s\; x_{if}^{\,2}\, \left( p_u \cdot p_u + 1 \right)$$
#
# **The weight counts squared**: once when the feature learns, once when it speaks. (In a first step. Later ones are divided by the size of the earlier ones, lesson 03.)
#
# Take the pencil. *Espresso* has two features, its identity with weight 1 and, as a raw number, its price, 8. Ann is (0.6, 0.8), so $p_u \cdot p_u = 1$. Everything else is 0, and $\eta = 0.1$. The score is 0, so $s = ½$ and $\eta s = 0.05$.
#
# | | learns $e_f$ | learns $b_f$ | then contributes |
# |:--|:--|:--|:--|
# | identity, $x = 1$ | (0.03, 0.04) | 0.05 | 1 × (0.05 + 0.05) = 0.1 |
# | price, $x = 8$ | (0.24, 0.32) | 0.4 | 8 × (0.4 + 0.4) = 6.4 |
#
# Ann's bias learns 0.05 as well, so the new score is 6.55. (Her vector moves by $\eta\, s\, q_i$, as in lesson 03. Here $q_i$ is 0.) The library:

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM

espresso = np.array([[1.0, 8.0]])  # identity, price
like = sp.coo_matrix([[1.0]])
tiny = LightFM(no_components=2, loss="logistic", learning_rate=0.1)
_ = tiny.fit(like, item_features=espresso, epochs=0)  # only room for the numbers
tiny.item_embeddings, tiny.user_embeddings = np.zeros((2, 2)), np.array([[0.6, 0.8]])
_ = tiny.fit_partial(like, item_features=espresso, epochs=1)
for f, name in enumerate(["identity", "price"]):
    e_1, e_2 = tiny.item_embeddings[f]
    print(f"{name:8}  e = ({e_1:.2f}, {e_2:.2f})  b = {tiny.item_biases[f]:.2f}")
score = tiny.predict(0, np.array([0]), item_features=espresso)[0]
print(f"score {score:.2f}, sigma of it {1 / (1 + np.exp(-score)):.3f}")

# %% [markdown]
# Digit for digit. One like, and with $\sigma(6.55) = 0.999$ the model is sure. Nearly all of that is the price, and next to no strength $1 - \sigma$ is left for the identity to learn with.
#
# And what has price learned? That dear is good. *Olive oil* at 9.90, which nobody bought, gets 9.9 × 0.8 = 7.92 from its price, *espresso* 6.5 from both its features. So olive oil leads. With a number as weight, each dollar adds the same. A taste for the cheap and the dear, but nothing between, needs bins.

# %% [markdown]
# ## Nine thousand films
#
# The users, films and likes of lesson 00, the films in the order of their likes, most liked first.

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
data = movies.as_lightfm(min_rating=4.0)
order = np.argsort(-data["train"].getnnz(axis=0), kind="stable")
train, test = data["train"].tocsr()[:, order], data["test"].tocsr()[:, order]
train.sort_indices()  # where a like is stored decides when it is learned: with the seed, a part of the experiment
genres, titles = movies.item_features[order], movies.item_labels[order]

n_users, n_films = train.shape
identity = sp.identity(n_films, format="csr")
both = sp.hstack([identity, genres], format="csr")
print("identity and genres:", both.shape, f"with {both.nnz / n_films:.1f} cells filled in a row")
print(f"films without a like in train: {(train.getnnz(axis=0) == 0).sum():,}")

# %% [markdown]
# Aloud: a column for each of 9,066 films, then 20 genres; in each row the identity and 2.2 genres on average. A third of the identities have no like to learn from.
#
# From here on, most experiments are the next function with an argument changed. It trains five models, seeds 42 to 46, and measures precision@10, train films left out.

# %%
from recsys_lessons import Popularity
from recsys_lessons.evaluation import precision_at_k


def five_runs(loss, features, feedback=train, collect=None, **changes):
    precision = []
    for run in range(5):
        seen = feedback[run] if isinstance(feedback, list) else feedback  # a list has one for each run
        model = LightFM(loss=loss, no_components=30, random_state=42 + run, **changes)
        _ = model.fit(seen, item_features=features, epochs=10)
        precision.append(precision_at_k(model, test, train, item_features=features).mean())
        if collect is not None:  # everybody's lists of ten
            top, _ = model.recommend(np.arange(n_users), exclude=train, item_features=features)
            collect.append(top)
    return np.array(precision)


def span(values):
    return f"{values.min():.3f}–{values.max():.3f}"


popular = precision_at_k(Popularity().fit(train), test, train).mean()
print(f"popularity: {popular:.3f}")
warp_identity = five_runs("warp", identity)
print("WARP, identities alone:", span(warp_identity))

# %% [markdown]
# A film's year is a number, like a price. **What does WARP reach with the raw year beside the identity?** Then we divide it by 2016, the latest there is, and put ones in its place.

# %%
guess("04 raw year", "?", expected="precision@10, a number from 0 to 1")

# %%
year = movies.years[order]
year = np.where(year > 0, year, 1995)  # unknown for three films: the median
raw = five_runs("warp", sp.hstack([identity, year[:, None]], format="csr"))
your_guess("04 raw year", measured=span(raw))
for name, column in {"divided by 2016": year / 2016, "ones": np.ones(n_films)}.items():
    precision = five_runs("warp", sp.hstack([identity, column[:, None]], format="csr"))
    print(f"{name}: {span(precision)}, ahead of identities alone in {(precision > warp_identity).sum()} of 5")

# %% [markdown]
# A correct fact, correctly entered, and nothing is found any more. In a first step the year speaks four million times as loud as an identity. Divided by 2016 it does no harm. It hardly tells films apart: 1950 becomes 0.967 and 2016 becomes 1. Ones, which say nothing, reach about the same.

# %% [markdown]
# ## The race
#
# Now the genres. In lesson 00 they helped WARP a little. Beside it run **logistic**, which takes one like at a time, and **BPR**, which draws one *negative* for each like, a film that the user has not liked, and wants the like to score higher.
#
# **Who is better off with genres on top of identities**, in at least four of five seeds?

# %%
answers = ("all three", "WARP and BPR", "WARP and logistic", "WARP alone", "none")
guess("04 better off", "?", one_of=answers)

# %%
runs, lists = {}, {}
for loss in ("logistic", "bpr"):
    runs[loss] = five_runs(loss, identity), five_runs(loss, both)

# %%
from recsys_lessons.teaching.plotting import plot_with_and_without

runs["warp"] = warp_identity, five_runs("warp", both)
race = {"logistic": runs["logistic"], "BPR": runs["bpr"], "WARP": runs["warp"]}
list_of_all = ("popularity", popular)
plot_with_and_without(race, measure="precision@10 on test, train films left out", reference=list_of_all)
ahead = [f"{name} {(with_ > without).sum()}" for name, (without, with_) in race.items()]
your_guess("04 better off", measured=f"in how many of 5 seeds: {', '.join(ahead)}")

# %% [markdown]
# With genres the logistic model finds **nothing**, in any run (without them, what the popularity list does), and BPR loses more than half. And every entry of the matrix is true. WARP is ahead in three seeds of five, which decides nothing. (In lesson 00 it gained a little, with a penalty and other random numbers.)
#
# ## Three suspects
#
# People have met such losses ([#551](https://github.com/lyst/lightfm/issues/551), [#486](https://github.com/lyst/lightfm/issues/486), [#297](https://github.com/lyst/lightfm/issues/297); all three trained WARP), and the usual advice is to normalize and to search for better settings. So the suspects are:
#
# 1. **Loudness.** Normalize the rows, or turn genres down to a weight of 0.1.
# 2. **The learning rate.** A genre is part of thousands of updates, an identity of a few. We double it, and take a fifth.
# 3. **What genres say.** Deal them out at random (once), to each film those of another.
#
# The guilty one, taken away, brings back what identities alone reached, *while the genres still have a say*. **Who is it?**

# %%
answers = ("loudness", "learning rate", "what genres say", "none of the three")
guess("04 guilty", "?", one_of=answers)

# %%
shuffled = genres[np.random.default_rng(0).permutation(n_films)]
suspects = {
    "rows normalized": {"features": both.multiply(1 / both.sum(axis=1)).tocsr()},
    "genres weigh 0.1": {"features": sp.hstack([identity, 0.1 * genres], format="csr")},
    "learning rate 0.1": {"features": both, "learning_rate": 0.1},
    "learning rate 0.01": {"features": both, "learning_rate": 0.01},
    "genres shuffled": {"features": sp.hstack([identity, shuffled], format="csr")},
}
tried = {name: five_runs("logistic", **change) for name, change in suspects.items()}
print(f"logistic: {span(runs['logistic'][0])}, with genres {span(runs['logistic'][1])}")
for name, precision in tried.items():
    print(f"    {name:20}", span(precision))
best = max(tried, key=lambda name: tried[name].mean())
your_guess("04 guilty", measured=f"the best is {best}, with {span(tried[best])}")

# %%
suspects["genres weigh 0.01"] = {"features": sp.hstack([identity, 0.01 * genres], format="csr")}
print("logistic, genres weigh 0.01:", span(five_runs("logistic", **suspects["genres weigh 0.01"])))
print(f"BPR: {span(runs['bpr'][0])}, with genres {span(runs['bpr'][1])}")
for name, change in suspects.items():
    print(f"    {name:20}", span(five_runs("bpr", **change)))
slow, fast = (five_runs("warp", **suspects["rows normalized"], learning_rate=rate) for rate in (0.05, 0.2))
print(f"WARP: {span(warp_identity)}, with genres, rows normalized {span(slow)}, learning rate 0.2 as well {span(fast)}")

# %% [markdown]
# With logistic, neither another learning rate nor false genres bring anything back. And loudness? Normalizing is no test of it, for it turns the identity down as well. At a weight of 0.01 the precision *is* back. But a hundredth, squared, is close to having no genres, and their harm goes with them. It names no cause. **A test has to leave the genres at full weight.**
#
# BPR is stranger. Normalizing makes it *worse*. Doubling the learning rate brings back about half of the loss. But in its three best rows (weights 0.01 and 0.1, shuffled) genres say less: they whisper, or talk nonsense. BPR must learn something from true genres that it should not.
#
# Normalized rows make WARP fall, too, until its steps are larger. Perhaps that is #551, where rows were normalized (not tested).
#
# Stop trying settings, and look at what the model recommends.

# %% [markdown] slideshow={"slide_type": "notes"}
# Let people defend their suspect before the cells run. Stop at "BPR likes false genres better than true ones" and ask what that could mean.

# %% [markdown]
# ## Look at the lists

# %%
ruined = LightFM(loss="logistic", no_components=30, random_state=42)
_ = ruined.fit(train, item_features=both, epochs=10)
top, _ = ruined.recommend(np.arange(n_users), exclude=train, item_features=both)
n_likes, n_genres = train.getnnz(axis=0), genres.getnnz(axis=1)
on_lists = np.bincount(top.ravel())
for film in np.argsort(-on_lists)[:10]:
    counts = f"{on_lists[film]} lists  {n_likes[film]} likes  {n_genres[film]:2} genres"
    print(counts, titles[film], sep="  ")

# %% [markdown]
# Nearly the same ten films for all 671 users, and hardly anybody has liked them. But look at the third number. An average film has 2.2 genres.

# %%
from recsys_lessons.teaching.plotting import plot_bias_by_count

film_biases, _ = ruined.get_item_representations(both)
plot_bias_by_count(n_genres, film_biases, n_likes)
own_bias, genre_bias = ruined.item_biases[:n_films], ruined.item_biases[n_films:]
print(f"biases of the genres: {genre_bias.min():.2f} to {genre_bias.max():.2f}")
print("identities without a like whose bias is not 0:", (own_bias[n_likes == 0] != 0).sum())

# %% [markdown]
# Your derivation says why. Each like adds $\eta\, s$ to the film's identity *and to each of its genres*. There are only likes, so **no bias is ever pushed down**, and a film's bias comes close to counting its genres, true or false.
#
# And the last line? A film without likes is silent: the bias of its identity has stayed at 0. In a model of identities alone it has nothing else, so its bias is 0, and likes push those of all other films up. That silence kept it off the lists. The genres give it a voice.
#
# If so, **genres do no harm once somebody says no**. To the logistic loss a −1 is a no (lesson 01): it pushes the identity and every genre of the film down.

# %% [markdown]
# ## Somebody says no
#
# We have real ones, the ratings below 4. Put them in as −1. Identities alone reached 0.053. **Do genres get there again** (cured), **at least half the way** (half-way), **or not even that** (hardly)?

# %%
guess("04 dislikes", "?", one_of=("cured", "half-way", "hardly"))

# %%
liked = (train > 0).astype(np.float32)
rated = movies.as_lightfm()["train"].tocsr()[:, order] > 0  # the same split, all ratings
opinions = liked - (rated > liked)  # a like is 1, a rating without a like -1
lists["dislikes"] = []
without = five_runs("logistic", identity, opinions)
with_genres = five_runs("logistic", both, opinions, collect=lists["dislikes"])
print(f"{(opinions > 0).sum():,} likes, {(opinions < 0).sum():,} noes")
print(f"identity {span(without)}, with genres {span(with_genres)}")
your_guess("04 dislikes", measured=f"{span(runs['logistic'][1])} became {span(with_genres)}")

# %% [markdown]
# Forty-five thousand honest noes, and not half the way. What does it recommend now?

# %%
top = np.array(lists["dislikes"])
obscure = n_likes <= 2
ratings = opinions.getnnz(axis=0)
print(f"likes among all ratings: {n_likes.sum() / ratings.sum():.0%}")
print(f"among those of the films on its lists: {n_likes[top].sum() / ratings[top].sum():.0%}")
print(f"films with two likes at most: {obscure.mean():.0%} of all, on {obscure[top].mean():.0%} of the places")

# %% [markdown]
# It lists films that those who rated them liked, be it one person. It has learned to answer *do those who watch it like it?* About those who would never pick it, nobody told it anything. Even a bad rating goes to a film somebody wanted to see.
#
# So say no to films people have **not** watched. For each like draw three or four films at random, a −1 of that user for each. We do it in two ways:
#
# - *by popularity*: the film of a random like, so that a film with twice the likes is drawn twice as often;
# - *evenly*: each film as likely as any other.
#
# We say that a film is **refused** when training pushes down the film itself for somebody, as a negative or as a −1. The two ways differ in *whom* they refuse. **With which of them do genres help the logistic model?**

# %%
guess("04 refused", "?", one_of=("by popularity", "evenly", "both", "neither"))


# %%
def draw_noes(likes, films, each, seed):
    users = np.repeat(likes.nonzero()[0], each)  # that of each like, several times
    drawn = users, np.random.default_rng(seed).choice(films, len(users))
    refused = sp.csr_matrix((np.ones(len(users)), drawn), shape=likes.shape) > 0
    return likes - (refused > likes)  # a like stays a like


noes = {  # a film drawn twice for a user counts once; so four for each like where that is frequent
    "by popularity": [draw_noes(liked, liked.indices, 4, seed) for seed in range(5)],
    "evenly": [draw_noes(liked, n_films, 3, seed) for seed in range(5)],
}
for name, (first, *_) in noes.items():
    share = (first[:, obscure] < 0).sum() / (first < 0).sum()
    print(f"{name}: {(first < 0).sum():,} noes, {share:.0%} to films with two likes at most")

# %%
helped = []
for name, feedback in noes.items():
    without, with_genres = runs[name] = [five_runs("logistic", f, feedback) for f in (identity, both)]
    helped.append(f"{name} {(with_genres > without).sum()}")
    print(f"noes {name}: identity {span(without)}, with genres {span(with_genres)}")
your_guess("04 refused", measured=f"better off in how many of 5 seeds: {', '.join(helped)}")

# %% [markdown]
# Noes drawn evenly make genres *help* the logistic model; drawn by popularity, they leave them harmful. The likes are the same, the genres at full weight, and the noes about as many.
#
# So it matters **who is refused**. The obscure films, perhaps: by popularity they get few of the noes. Draw evenly again, but only from films with three likes or more. **With genres, is that better than by popularity, or worse?**

# %%
guess("04 none for the obscure", "?", one_of=("better", "worse"))

# %%
often = np.flatnonzero(n_likes >= 3)
feedback = noes["evenly, 3 likes"] = [draw_noes(liked, often, 3, seed) for seed in range(5)]
without, with_genres = runs["evenly, 3 likes"] = [five_runs("logistic", f, feedback) for f in (identity, both)]
print(f"identity {span(without)}, with genres {span(with_genres)}")
your_guess("04 none for the obscure", measured=f"by popularity {span(runs['by popularity'][1])}")

# %% [markdown]
# Nearly harmless, though two thirds of the films are never refused. A no to a film reaches others through the features they share, as a like does. So this suspect is innocent of most of it. (Genres no longer help.)
#
# A second one is how the noes are *spread*. Noes in proportion to likes cancel what likes put into a score, popularity. One of the 200 most liked is then hardly ahead of an obscure film, and the embedding of a genre you like lifts both alike. If so, **give popularity back** and leave the genres as they are: add the logarithm of its likes to the bias of each film's identity.


# %%
def give_popularity_back(name, loss, feedback):
    ahead, given_back = np.zeros((2, 5)), np.zeros((2, 5))  # identities alone, with genres
    for kind, run in np.ndindex(2, 5):
        features, seen = (identity, both)[kind], feedback[run] if isinstance(feedback, list) else feedback
        model = LightFM(loss=loss, no_components=30, random_state=42 + run)
        _ = model.fit(seen, item_features=features, epochs=10)
        film_biases, films = model.get_item_representations(features)
        score = film_biases + films @ model.user_embeddings[:n_users].mean(axis=0)  # for the average user
        ahead[kind, run] = score[:200].mean() - score[obscure].mean()
        model.item_biases[:n_films] += np.log1p(n_likes)
        given_back[kind, run] = precision_at_k(model, test, train, item_features=features).mean()
    without, with_genres = given_back
    better = (with_genres > without).sum()
    print(f"{name}the 200 most liked ahead by {ahead[0].mean():.2f}, with genres {ahead[1].mean():.2f}")
    print(f"    popularity given back: {span(without)}, with genres {span(with_genres)}, better in {better} of 5")


for name in ("evenly, 3 likes", "by popularity"):
    give_popularity_back(f"noes {name}: ", "logistic", noes[name])

# %% [markdown]
# Nearly all of the harm is gone, with the genres at full weight. True, popularity pushes obscure films down, whatever has lifted them. But it lifts identities alone as well, and only after noes by popularity: there it was missing.

# %% [markdown]
# ## Whom does BPR refuse?
#
# Its negative is the film of a random *entry*: others' likes, so in proportion to likes, as in noes by popularity.
#
# Spread them evenly. Add 20 *extras*, invented users with a −1 for every film. BPR learns nothing from a −1, but draws from all entries, so four of five draws now come from the whole catalog. A control refuses the obscure no more than before: 63 extras, about as many entries, with a −1 for films with three likes or more. Each time, give popularity back.

# %%
extras = sp.csr_matrix(-np.ones((20, n_films), dtype=np.float32))
control = sp.csr_matrix(np.tile(-1.0 * (n_likes >= 3), (63, 1)))
drawn_from = {"bpr": train, "extras": sp.vstack([train, extras]), "extras, 3 likes": sp.vstack([train, control])}
for name, feedback in drawn_from.items():
    lists[name] = []
    runs[name] = five_runs("bpr", identity, feedback), five_runs("bpr", both, feedback, collect=lists[name])
    share = obscure[np.array(lists[name])].mean()
    print(f"{name}: identity {span(runs[name][0])}, with genres {span(runs[name][1])}")
    print(f"    on the lists with genres, films with two likes at most: {share:.0%}")
    give_popularity_back("    ", "bpr", feedback)

# %% [markdown]
# With either kind of extras genres cost a third of what they did. So for BPR, too, it is the spread, and hardly the obscure films. With popularity given back genres *help* BPR, even without extras. (Why genres gain by it, here and after even noes, we have not tested.)
#
# ## And WARP?
#
# WARP draws from all columns of the interactions. These are ours to choose.
#
# Take the likes of the 200 most liked films and drop the rest. Give WARP these in a matrix with 200 columns, so that it can refuse no other film, or in one with all 9,066, most of them empty. **The likes, the features and, at the end, the candidates are the same.** (With fewer columns WARP's steps are smaller, lesson 05. So narrow runs again with larger ones.) What will genres do in the narrow matrix?

# %%
guess("04 narrow", "?", one_of=("help", "no difference", "harm"))

# %%
narrow = train[:, :200]
wide = narrow.copy()
wide.resize(train.shape)
for name, feedback in {"narrow": narrow, "wide": wide}.items():
    lists[name] = []
    runs[name] = five_runs("warp", identity, feedback), five_runs("warp", both, feedback, collect=lists[name])
    print(f"{name:6}  identity {span(runs[name][0])}, with genres {span(runs[name][1])}")
    print(f"        on the lists with genres, films outside the 200: {(np.array(lists[name]) >= 200).mean():.0%}")
rate = 0.05 * np.log(n_films) / np.log(200)  # the default, times the ratio of the steps
larger = [five_runs("warp", f, narrow, learning_rate=rate) for f in (identity, both)]
print(f"narrow, larger steps: identity {span(larger[0])}, with genres {span(larger[1])}")
your_guess("04 narrow", measured=f"worse in {(runs['narrow'][1] < runs['narrow'][0]).sum()} of 5 seeds")

# %% [markdown]
# Now WARP falls, and more than half of its lists are films outside the 200. What protects it is whom it can refuse. (Why refusing 200 films does not protect the rest, and refusing a third of all films nearly does, we have not tested.)
#
# Most experiments, ordered by where refusals go:

# %%
refusing = {
    "nowhere · logistic": "logistic",
    "by popularity · logistic": "by popularity",
    "by popularity · BPR": "bpr",
    "to 200 favorites · WARP, narrow": "narrow",
    "evenly, 3 likes or more · logistic": "evenly, 3 likes",
    "mostly evenly, 3 likes or more · BPR, extras": "extras, 3 likes",
    "mostly evenly · BPR, extras": "extras",
    "evenly · logistic": "evenly",
    "evenly · WARP, wide": "wide",
    "evenly · WARP": "warp",
}
plot_with_and_without(
    {row: runs[name] for row, name in refusing.items()},
    measure="precision@10 on test, train films left out",
    reference=list_of_all,
    where="where refusals go {}",
)

# %% [markdown]
# In one sentence: **a film that is rarely or never refused stays near zero as long as its score is its own; features shared with liked films lift it, and refusals spread evenly, well beyond the popular films, undo most of that; popularity given back makes a gain of it.**
#
# So, with new features:
#
# 1. **Compare**, over several seeds, with identities alone and with popularity. Is the identity still there, and no weight a raw number?
# 2. **Look at the lists.** Films hardly anybody has touched at the top are the sign.
# 3. **Change whom training refuses.** Take WARP; for logistic, draw noes evenly, well beyond the popular (a third of the films was enough here). BPR has no switch for its negatives: give popularity back, or change the loss.
# 4. **Compare again, with the best model *without* features.** Cured is not best: narrow WARP, without genres, leads this page.
#
# All this is one split. Three others, one seed each; in each column identities alone, then with genres:

# %%
others = {}
for split in (1, 2, 3):
    other = movies.as_lightfm(min_rating=4.0, seed=split)
    by_likes = np.argsort(-other["train"].getnnz(axis=0), kind="stable")
    likes, hidden = (other[part].tocsr()[:, by_likes] for part in ("train", "test"))
    likes.sort_indices()
    genres_too = sp.hstack([identity, movies.item_features[by_likes]], format="csr")
    ways = {
        "logistic": likes,
        "logistic, noes by popularity": draw_noes(likes, likes.indices, 4, split),
        "logistic, noes evenly": draw_noes(likes, n_films, 3, split),
        "logistic, evenly, 3 likes": draw_noes(likes, np.flatnonzero(likes.getnnz(axis=0) >= 3), 3, split),
        "bpr": likes,
        "bpr, extras": sp.vstack([likes, extras], format="csr"),
        "warp": likes,
        "warp, narrow": likes[:, :200],
    }
    for way, feedback in ways.items():
        for features in (identity, genres_too):
            model = LightFM(loss=way.split(",")[0], no_components=30, random_state=42)
            _ = model.fit(feedback, item_features=features, epochs=10)
            precision = precision_at_k(model, hidden, likes, item_features=features).mean()
            others.setdefault(way, []).append(f"{precision:.3f}")
            if way in ("logistic, noes by popularity", "bpr"):
                model.item_biases[:n_films] += np.log1p(likes.getnnz(axis=0))
                precision = precision_at_k(model, hidden, likes, item_features=features).mean()
                others.setdefault(f"{way}, given back", []).append(f"{precision:.3f}")
for way, (a, b, c, d, e, f) in others.items():
    print(f"{way:40}  {a} {b}   {c} {d}   {e} {f}")

# %% [markdown]
# Ruin and cures repeat in every split, and WARP neither gains nor loses. It is still one data set and 20 genres.

# %% [markdown]
# ## Lab: a film that comes out tomorrow
#
# It has genres and no identity yet. The figure shows the place that four models give it among all films, for the *median user*: half of the users see it there or further up. In the lab below it you edit its row (an identity is as drawn, in no training). The table shows what each column adds to the score.
#
# 1. Begin with *Drama* alone and add *Comedy, Thriller, Action, Romance*, one at a time. Where do the two logistic models move it, and why? And if you normalize (these models learned from rows that were not)?
# 2. Leave *Drama* alone and raise its weight: 2, 3, 10. Suppose suppliers fill in the metadata. What will they write? Normalize: what is left to them, without an identity and with one?

# %%
trained_on = {"logistic": train, "logistic + noes": noes["evenly"][0]}
trained_on |= {"bpr": train, "warp": train}
arrays = {}
for name, feedback in trained_on.items():
    model = LightFM(loss=name.split()[0], no_components=30, random_state=42)
    _ = model.fit(feedback, item_features=both, epochs=10)
    users = model.user_embeddings
    film_biases, films = model.get_item_representations(both)
    genre_vectors, genre_biases = model.item_embeddings[n_films:], model.item_biases[n_films:]
    arrays[name] = (users, films, film_biases, genre_vectors, genre_biases)

# %%
from recsys_lessons.teaching.plotting import plot_new_film

row = {"Drama": 1, "Comedy": 1, "Thriller": 1}
plot_new_film(row, movies.item_feature_labels, arrays)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_feature_builder

show_feature_builder(arrays, movies.item_feature_labels, row=row)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. <i>logistic</i> only ever adds: each genre lifts the film, from place 6,995 to 15. After even noes these genres score below zero, and each costs: 2,049 to 7,903. Normalized, the row is an average, and in the end both turn round: to 8,222 and 1,253.
# 2. Weight 10 brings the film to the very first place with <i>logistic</i>, to the very last with noes, some way up with WARP. BPR hardly moves it. (Nothing is learned any more, so the weight counts once.) A weight is a lever, and whoever writes the metadata holds it. Normalized, <i>Drama</i> alone is 1, whatever its weight. With an identity the lever is back, but short: ½ at weight 1, 0.91 at 10 (8,928 to 8,092 with <i>logistic</i>). The identity adds nearly nothing, and takes its share. (These models learned from rows that were not normalized.)
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Raw numbers as weights** ([#598](https://github.com/lyst/lightfm/issues/598), [#46](https://github.com/lyst/lightfm/issues/46), [#261](https://github.com/lyst/lightfm/issues/261)). They are supported, and count squared in a first step. Cut them into bins.
#
# **Raw numbers as names** ([#433](https://github.com/lyst/lightfm/issues/433)). Latitudes and longitudes gave 13,000 columns, one for each value: identities in disguise. **Bundle** what is rare in one column, *other*, or compute the column from the name (**hashing**; unrelated names may share one).
#
# **Normalizing unawares** ([#697](https://github.com/lyst/lightfm/issues/697), [#413](https://github.com/lyst/lightfm/issues/413)). The score rose for one, fell for the other. Try both.
#
# **Features without interactions** ([#233](https://github.com/lyst/lightfm/issues/233)). What no update touches stays as it was drawn, and ranks at random.
#
# **Adding features and blaming them** ([#551](https://github.com/lyst/lightfm/issues/551), [#201](https://github.com/lyst/lightfm/issues/201)). Is the identity still there (lesson 03), and not too quiet? Then ask who is refused.

# %% [markdown] tags=["quiz"]
# ## Quiz
#
# **1. A product has a category, three tags and a price bin. With normalization, a first step on its identity moves the score by how much less?**
#
# <details><summary>a. By a factor of 6</summary>So much smaller is the weight. It acts twice.</details>
# <details><summary>b. By a factor of 36</summary>Yes. The weight is 1/6, and it counts squared.</details>
# <details><summary>c. Not at all, the identity is exempt</summary>It is in the sum like any other: six ones become six sixths.</details>

# %% [markdown] tags=["quiz"]
# **2. You add brands, and your BPR model recommends products nobody has ever bought. What do you change first?**
#
# <details><summary>a. The learning rate</summary>Doubling it helped BPR here, and left it well behind identities alone.</details>
# <details><summary>b. The rows: normalize them</summary>Here that made BPR worse. The identity gets quieter along with the brands.</details>
# <details><summary>c. The loss: take one that draws negatives evenly</summary>Yes. BPR draws in proportion to purchases, which cancels popularity. WARP draws evenly from the whole catalog.</details>

# %% [markdown] tags=["quiz"]
# **3. Genres at a weight of 0.1 brought BPR nearly back. Does that show they were too loud?**
#
# <details><summary>a. Yes, the cure names the disease</summary>Then false genres, just as loud, should have done as much harm as true ones.</details>
# <details><summary>b. No, it shows that with less of them there is less harm, of whatever kind</summary>Yes. What pointed to the cause was a change that left the genres at full weight.</details>
# <details><summary>c. No, the difference is within the noise</summary>0.028–0.033 with genres at full weight, 0.061–0.065 at 0.1: the ranges of five seeds are far apart.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Build and read:** one-hot, multi-hot and bins, *unknown* and *other* as values. Four products gave 4 × 15 with 21 cells filled.
# - **Derive:** with the user's vector held still, a step moves a feature's contribution by $\eta\, s\, x_{if}^2\, (p_u \cdot p_u + 1)$. In a first step a price of 8 counts 64-fold; a raw year finds 0.000, and normalization leaves an identity $1/(1+n)$.
# - **Find causes:** neither other learning rates nor false genres brought logistic back. Genres at 0.01 did, which names nothing. Noes drawn evenly, with genres at full weight, took it above its identities, in 5 of 5 runs. Noes by popularity did not: they cancel popularity, and once that was given back most of the harm had gone.
# - **Choose how to train:** negatives spread evenly, well beyond the popular, make shared features safe: noes for logistic, WARP instead of BPR (or popularity given back). In a matrix of 200 columns even WARP falls, to about 0.05. Then compare with the best model without features.

# %% [markdown]
# **Practice:** [the exercises of this lesson](../exercises/04_building_features.ipynb).
#
# **Next:** 05. The best model of this page was WARP that refused nothing but the 200 favorites, and genres ruined it. Each loss chooses whom to refuse, and how hard. Which mistake does each of them punish?
