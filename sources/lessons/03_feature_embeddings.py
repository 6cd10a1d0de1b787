# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Feature embeddings: why embed features instead of users and items?
#
# Somebody likes one film, and three films move. One of them nobody has ever liked. Here you find out which, how far, and by what rule, first with a pencil. The same rule then explains how a model can know the genres of 9,066 films and still recommend ten times worse than a list of the most popular ones.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **derive** how one like moves the embedding of every feature of a film, and through them films that nobody touched;
# - **tell** from a feature matrix, before training, which films will learn from each other and whether a model is hybrid at all;
# - **find** out why a model that knows only genres fails, by changing one thing at a time, and repair it.
#
# *40 minutes. You need lesson 00 and the chain rule; lesson 02 helps, but is not needed.*

# %% [markdown]
# ## A film is a sum
#
# Each **feature** $f$ has an **embedding** $e_f$, a short vector, and a bias $b_f$. In lesson 00 a film had a feature or did not. In general it has it with a **weight** $x_{if}$, and these weights are the **feature matrix**:
#
# $$q_i = \sum_f x_{if}\, e_f \qquad\qquad b_i = \sum_f x_{if}\, b_f$$
#
# You know the films from lesson 00, with numbers that are new. *Moonrise* is half space, half comedy:

# %%
import numpy as np

films = ["Galaxy", "Moonrise", "Picnic", "Newcomer"]
features = np.array(
    [  # four identities, then space and comedy
        [1, 0, 0, 0, 1.0, 0.0],
        [0, 1, 0, 0, 0.5, 0.5],
        [0, 0, 1, 0, 0.0, 1.0],
        [0, 0, 0, 1, 1.0, 0.0],
    ]
)
embeddings = np.array([[0.5, 0.0], [0.5, 0.5], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5], [-0.5, 1.0]])
biases = np.array([-0.75, 0.0, 0.25, 0.0, -0.25, 0.25])

film_vectors = features @ embeddings
film_biases = features @ biases
for film, (x, y), bias in zip(films, film_vectors, film_biases, strict=True):
    print(f"{film:9} vector ({x:4.1f}, {y:5.2f})   bias {bias:5.2f}")

# %% [markdown]
# With a pencil, for *Moonrise*: (0.5, 0.5) + ½ · (0.5, −0.5) + ½ · (−0.5, 1) = (0.5, 0.75), and 0 + ½ · (−0.25) + ½ · 0.25 = 0.
#
# As in lesson 00, the score of film $i$ for user $u$ is $\hat r_{ui} = p_u \cdot q_i + b_u + b_i$. The users have no features, so each has a vector $p_u$ of their own. Their biases $b_u$ are 0 for now.

# %%
user_vectors = np.array([[1.0, 0.0], [1.0, 1.0]])  # Ann, Bob
scores = user_vectors @ film_vectors.T + film_biases
print("    " + "".join(f"{film:>10}" for film in films))
for name, row in zip(["Ann", "Bob"], scores, strict=True):
    print(f"{name:4}" + "".join(f"{score:10.2f}" for score in row))

# %% [markdown]
# ## Ann likes *Galaxy*
#
# The model learns from this one like: one step, and nothing else happens. Bob was not there.
#
# **Before you go on:** how many of *Bob's* four scores change?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("03 bob", "?", expected="a number from 0 to 4")

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask for a show of hands. "0" thinks of rows of a rating matrix: Bob's row was not touched. "1" thinks of plain factorization. "4" has seen that the user's vector moves, but that is Ann's. Do not say yet; let each name *which* films.

# %% [markdown]
# ### From the loss to each embedding
#
# A step needs a loss. The **logistic loss** of a like is $L = -\log \sigma(\hat r)$ with $\sigma(z) = 1 / (1 + \exp(-z))$: small when the score is high. It falls with the score at a rate that we call the *strength* $s$:
#
# $$-\frac{\partial L}{\partial \hat r} = \frac{\partial}{\partial \hat r} \log \sigma(\hat r) = \frac{\exp(-\hat r)}{1 + \exp(-\hat r)} = 1 - \sigma(\hat r) = s$$
#
# Other losses have another $s$ (lesson 05). What follows is the same for all of them. The score depends on an embedding through the film's vector, so take the chain rule in three links:
#
# $$-\frac{\partial L}{\partial e_f} = \underbrace{-\frac{\partial L}{\partial \hat r}}_{s} \cdot \underbrace{\frac{\partial \hat r}{\partial q_i}}_{p_u} \cdot \underbrace{\frac{\partial q_i}{\partial e_f}}_{x_{if}} = s\, x_{if}\, p_u$$
#
# The bias of a feature enters through $b_i$, so its rate is $s\, x_{if}$. For the user, $\hat r = p_u \cdot q_i + \dots$ gives $s\, q_i$, and $s$ for the user's bias. One step with learning rate $\eta$:
#
# $$e_f \leftarrow e_f + \eta\, s\, x_{if}\, p_u \qquad b_f \leftarrow b_f + \eta\, s\, x_{if} \qquad p_u \leftarrow p_u + \eta\, s\, q_i \qquad b_u \leftarrow b_u + \eta\, s$$
#
# Read the first one aloud: every feature of the film moves towards the user, in proportion to its weight.

# %% [markdown]
# ### With a pencil
#
# Let $\eta = 1$, to save writing. Ann's score for *Galaxy* is 0, so $s = 1 - \sigma(0) = ½$. *Galaxy* has two features, both with weight 1, and Ann's vector is (1, 0):
#
# | | before | step | after |
# |:--|:--|:--|:--|
# | embedding of *Galaxy*'s identity | (0.5, 0) | ½ · 1 · (1, 0) | (1, 0) |
# | embedding of *space* | (0.5, −0.5) | ½ · 1 · (1, 0) | (1, −0.5) |
# | bias of *Galaxy*'s identity | −0.75 | ½ · 1 | −0.25 |
# | bias of *space* | −0.25 | ½ · 1 | 0.25 |
# | Ann's vector | (1, 0) | ½ · (1, −0.5) | (1.5, −0.25) |
# | Ann's bias | 0 | ½ | 0.5 |
#
# Now the library: assign our numbers, and learn from one like with `fit_partial`, which goes on from where the model is.

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM

like = sp.coo_matrix(([1], ([0], [0])), shape=(2, 4))  # Ann, Galaxy
small = LightFM(no_components=2, loss="logistic", learning_rate=1.0)
_ = small.fit(like, item_features=features, epochs=0)  # no training, only room for the numbers
small.item_embeddings, small.item_biases, small.user_embeddings = embeddings, biases, user_vectors
_ = small.fit_partial(like, item_features=features, epochs=1)

for name, (x, y), bias in zip([*films, "space", "comedy"], small.item_embeddings, small.item_biases, strict=True):
    print(f"{name:9} embedding ({x:4.1f}, {y:4.1f})   bias {bias:5.2f}")
print("Ann       vector   ", small.user_embeddings[0], "  bias", small.user_biases[0])

# %% [markdown]
# Digit for digit. (The library divides each number's steps by the root of its squared gradients so far, *Adagrad*. The sum begins at 1, so a first step is a plain one, and later ones are shorter.)
#
# Four films, and only *Galaxy* was liked. What has become of Bob's list?

# %%
after_vectors = features @ small.item_embeddings
after = user_vectors[1] @ after_vectors.T + features @ small.item_biases
print("Bob       " + "".join(f"{film:>10}" for film in films))
for name, row in [("before", scores[1]), ("after", after), ("change", after - scores[1])]:
    print(f"{name:10}" + "".join(f"{value:10.2f}" for value in row))
your_guess("03 bob", measured=(after != scores[1]).sum())

# %%
from recsys_lessons.teaching.plotting import plot_moves

plot_moves(film_vectors, after_vectors, films, title="One like of Galaxy moves every film with some space in it")

# %% [markdown]
# Nobody likes *Newcomer*, and it moves, because it shares *space*. That is why one embeds features: **what is learned about one film is learned about all films like it.**
#
# ### Who learns from whom
#
# How far does another film $i'$ move when film $i$ is trained? Add up the steps of its features, each with its own weight:
#
# $$\Delta q_{i'} = \sum_f x_{i'f}\, \Delta e_f = \eta\, s \Big( \sum_f x_{i'f}\, x_{if} \Big)\, p_u$$
#
# The sum in the middle is the inner product of two *rows of the feature matrix*. It needs no training, no likes, no embeddings:

# %%
print(features @ features.T)

# %% [markdown]
# The first row, 2, 0.5, 0, 1, is the change in Bob's list. (With $\eta s = ½$, his scores change by ½ of it times $p_\text{Ann} \cdot p_\text{Bob} = 1$ by the vectors, and by ½ of it by the biases.)
#
# So before you train anything you can ask the feature matrix who will learn from whom. For first steps this is exact; later ones are divided by Adagrad, feature by feature, but a film that shares nothing still learns nothing. Here is the code that does it:

# %%
from recsys_lessons.kernels import schedules
from recsys_lessons.teaching.source import show_source

show_source(schedules.step_row)

# %% [markdown]
# `scale` is $-s$, `vector` the user's, and `weight * scale` the chain rule's last link. The loop runs over the features of one row, which lie between two of `starts`.
#
# And the first branch? There `features is None`, so each film has a single feature, itself, with weight 1.
#
# ## A hybrid that is none
#
# What a film's features are if you give none can be written as a matrix, the **identity**: as many features as films, 1 on the diagonal. Its rows share nothing, so the product of rows is 0 for every pair, and nobody learns from anybody. One vector for each film, learned from its own likes: that is matrix factorization.
#
# It is also what the best-known LightFM example trains. It calls `fetch_movielens(min_rating=4.0)`, passes on the `item_features` it receives, and says that these are the genres. The course's films are packed the same way:

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
by_default = movies.as_lightfm(min_rating=4.0)["item_features"]
print(by_default.shape, "with", by_default.nnz, "entries")
print("products between different films:", (by_default @ by_default.T).nnz - movies.n_items)

# %% [markdown]
# As many columns as films, one entry a film, nothing shared. Two trainings settle it, one with this matrix and one without any. Not "about the same": every byte.

# %%
data = movies.as_lightfm(genre_features=True, min_rating=4.0)
train, test = data["train"].tocsr(), data["test"].tocsr()

settings = {"loss": "warp", "no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}
plain = LightFM(**settings, random_state=42).fit(train, epochs=10)
same = LightFM(**settings, random_state=42).fit(train, item_features=by_default, epochs=10)
print(plain.item_embeddings.tobytes() == same.item_embeddings.tobytes())
print(plain.user_embeddings.tobytes() == same.user_embeddings.tobytes())

# %% [markdown]
# With `genre_features=True` the matrix has 20 more columns, and the example becomes the hybrid it claims to be.
#
# ## Genres alone
#
# So there are three matrices to choose from: identity, genres, or both side by side. Genres alone look attractive: 20 embeddings for 9,066 films, each learned from thousands of likes.
#
# From lesson 00 you know precision@10 on the likes kept back, train films left out: the share of the first ten that the user likes. A list drawn at random reaches 0.0006, the most popular films 0.054, identity about 0.076.
#
# **Before you run it:** and genres alone?

# %%
guess("03 genres alone", "?", expected="a precision, from 0.0006 to 0.1")

# %%
from recsys_lessons import Popularity
from recsys_lessons.evaluation import auc_score, precision_at_k


def train_five(features):
    return [LightFM(**settings, random_state=s).fit(train, item_features=features, epochs=10) for s in range(42, 47)]


def precision(models, features):
    return np.array([precision_at_k(m, test, train, item_features=features).mean() for m in models])


genres = movies.item_features
feature_sets = {"identity": by_default, "genres": genres, "both": data["item_features"]}
models = {name: train_five(matrix) for name, matrix in feature_sets.items()}

# %%
from recsys_lessons.teaching.plotting import plot_by_seed

measured = {name: precision(models[name], matrix) for name, matrix in feature_sets.items()}
popular = precision_at_k(Popularity().fit(train), test, train).mean()
plot_by_seed(
    measured,
    measure="precision@10 on test, train films left out",
    title="Genres alone fall far behind a list of popular films",
    reference=("most popular", popular),
)
your_guess("03 genres alone", measured=f"{measured['genres'].min():.4f} to {measured['genres'].max():.4f}")

# %% [markdown]
# A tenth of what popularity reaches. And below the first ten? The **AUC** looks at the whole list: it is how often a film the user likes stands above one drawn from the others. A coin has 0.5.

# %%
for name, matrix in feature_sets.items():
    auc = [auc_score(m, test, train, item_features=matrix).mean() for m in models[name]]
    print(f"{name:13} AUC {min(auc):.3f} to {max(auc):.3f}")
print(f"most popular  AUC {auc_score(Popularity().fit(train), test, train).mean():.3f}")

# %% [markdown]
# Genres know something, and far less than a count of likes. People have run into this since 2017 ([#201](https://github.com/lyst/lightfm/issues/201)), and the advice they got is right: put the identity back. The third row of the figure shows that it works. It does not show why.

# %% [markdown] slideshow={"slide_type": "notes"}
# Stop here and collect causes before scrolling. Expect "too few parameters", "ties", "genres are too coarse", "needs more epochs" (30 epochs: no change, .0055). Write them on the board; the next three cells test some of them. Every proposal must come with a change that would test it.

# %% [markdown]
# ## Three suspects
#
# Look at a list. User 3, genres alone, train films left out:

# %%
likes = train.getnnz(axis=0)  # of each film, in train
n_genres = genres.getnnz(axis=1)
best, _ = models["genres"][0].recommend(3, n=10, exclude=train, item_features=genres)
for film in best:
    print(f"{likes[film]:4} likes, {n_genres[film]} genres  {movies.item_labels[film]}")
print(f"\naverage number of genres of a film: {n_genres.mean():.1f}")

# %% [markdown]
# Films with many genres, which hardly anybody likes. Each suspect gets a test that changes one thing.
#
# **Long sums.** A film with six genres adds up six embeddings and biases, and may score high for that alone. *Test:* divide each row by its number of genres, so that its weights add up to 1.
#
# **Ties.** Films with the same genres score the same for everybody, and the metric puts a film behind all it is tied with. *Test:* the same models, but lists from `recommend`, which seats tied films by their number.
#
# **Equal rows.** Films that look the same cannot be told apart in training either. *Test:* give each film three of 500 tags, drawn at random, so that no two rows are equal.

# %%
rows, group, sizes = np.unique(genres.toarray(), axis=0, return_inverse=True, return_counts=True)
print(len(rows), "different rows of genres;", (sizes[group] > 1).sum(), "of 9,066 films share theirs")

averaged = (sp.diags(1 / n_genres) @ genres).tocsr()
drawn = np.random.default_rng(0).integers(500, size=3 * movies.n_items)
tags = sp.csr_matrix((np.ones(len(drawn)), (np.arange(movies.n_items).repeat(3), drawn)), (movies.n_items, 500))
tagged = sp.hstack([tags, genres], format="csr")
print(len(np.unique(tagged.toarray(), axis=0)), "different rows with three random tags each")

# %%
users = np.flatnonzero(test.getnnz(axis=1))
lists = [m.recommend(users, n=10, exclude=train, item_features=genres)[0] for m in models["genres"]]
seated = np.array([(test[users[:, None], ids] > 0).mean() for ids in lists])
suspects = {
    "genres": measured["genres"],
    "no long sums": precision(train_five(averaged), averaged),
    "no ties": seated,
    "no equal rows": precision(train_five(tagged), tagged),
}
for name, values in suspects.items():
    print(f"{name:14} {values.min():.4f} to {values.max():.4f}")

# %% [markdown]
# Without long sums it becomes *worse*, and without ties hardly better: both are innocent. Tags that mean nothing help most, and the model still reaches only a third of popularity. So equal rows are a part of it, and being different is not enough. What is?
#
# ## What a like moves
#
# Ask the matrix who learns from whom, for the film with the most likes:

# %%
top = likes.argmax()
print(f"{movies.item_labels[top]}, {likes[top]} likes,", *movies.item_feature_labels[genres[top].indices])
for name, matrix in {**feature_sets, "tags, genres": tagged}.items():
    products = (matrix @ matrix[top].T).toarray().ravel()  # of its row with every row
    others = np.delete(products, top)
    as_far = (others >= products[top]).sum()
    print(f"{name:13} {(others > 0).sum():4} other films move, {as_far:3} of them as far or farther")

# %% [markdown]
# With genres alone, *Shawshank* cannot rise unless 610 other crime dramas rise as far, most of which nearly nobody has liked. So many people said something about *this* film, and the model has no place to write it down. Tags do not give it one: each is on some fifty other films, which write there, too.
#
# So the suspect is that no film has anything **of its own**. If that is the cause, an identity should help where there is much to write down, on films with many likes, and few should go a long way.
#
# *Test:* keep all genres, and give identities to the 30 most liked films only, or 300, or 3,000. As a control, to as many films at random: equally many columns, in other places.
#
# **Before you run it:** how many of 9,066 films need an identity to reach *half* the precision of "both"?

# %%
guess("03 identities", "?", one_of=(30, 300, 3000))

# %%
by_likes = np.argsort(-likes, kind="stable")
some_identities = []
for n in (30, 300, 3000):
    matrix = sp.hstack([by_default[:, by_likes[:n]], genres], format="csr")
    some_identities.append(precision(train_five(matrix), matrix))

# %%
elsewhere = np.zeros((3, 5))
for row, n in enumerate((30, 300, 3000)):
    for run in range(5):  # each time other films
        anybody = np.random.default_rng(run).permutation(movies.n_items)[:n]
        matrix = sp.hstack([by_default[:, anybody], genres], format="csr")
        trained = LightFM(**settings, random_state=42 + run).fit(train, item_features=matrix, epochs=10)
        elsewhere[row, run] = precision_at_k(trained, test, train, item_features=matrix).mean()

# %%
from recsys_lessons.teaching.plotting import plot_identities

none, all_films = measured["genres"], measured["both"]
plot_identities(
    [0, 30, 300, 3000, movies.n_items],
    {
        "most liked": np.array([none, *some_identities, all_films]),
        "at random": np.array([none, *elsewhere, all_films]),
    },
    measure="precision@10, train films left out",
    title="30 identities in the right place do more than 3,000 at random",
    reference=("most popular", popular),
)
enough = [n for n, values in zip((30, 300, 3000), some_identities, strict=True) if (values > all_films / 2).all()]
your_guess("03 identities", measured=f"{enough[0]} are enough in 5 of 5 seeds")

# %% [markdown]
# Thirty. Above and below, the genres and the number of columns are the same. What differs is which films have a place of their own.
#
# ### What do they write there?
#
# Thirty identities bring about the precision of the popularity list. A suspicion: an identity can say *how much* a film is liked, and *by whom*. Perhaps the first is what was missing. *Test:* no identities, but **one** column that says how much, the logarithm of the film's likes in train, scaled to at most 1.

# %%
popularity_column = sp.csr_matrix(np.log1p(likes)[:, None] / np.log1p(likes).max())
with_likes = sp.hstack([genres, popularity_column], format="csr")
counted = precision(train_five(with_likes), with_likes)
for name, values in {"genres": none, "genres, log likes": counted, "genres, identity": all_films}.items():
    columns = {"genres": 20, "genres, log likes": 21, "genres, identity": 9086}[name]
    print(f"{name:18} {columns:5,} columns  {values.min():.3f} to {values.max():.3f}")

# %% [markdown]
# One column goes about two thirds of the way of 9,066. *How much* was the larger part of what genres cannot say; *by whom* is the rest, from 0.06 to 0.08.

# %% [markdown] slideshow={"slide_type": "notes"}
# Somebody will ask whether the likes column leaks: it is counted in train alone. Somebody may say "then identities are just popularity": 0.06 against 0.08, ranges that do not overlap, is the part that is not.

# %% [markdown]
# ## Who carries the score
#
# In the hybrid, a film's vector is an identity plus a sum of genres. Which part decides? Two ways to ask: how *long* the parts are, and what is left when one is switched off after training.

# %%
identity_off = sp.hstack([0 * by_default, genres], format="csr")
genres_off = sp.hstack([by_default, 0 * genres], format="csr")
for name, matrix in {"identity part": genres_off, "genre part": identity_off}.items():
    lengths = [np.median(np.linalg.norm(m.get_item_representations(matrix)[1], axis=1)) for m in models["both"]]
    alone = precision(models["both"], matrix)
    print(f"{name:13}  median length {min(lengths):.2f} to {max(lengths):.2f}", end="   ")
    print(f"precision@10 on its own {alone.min():.3f} to {alone.max():.3f}")
print(f"together {'precision@10':>41} {all_films.min():.3f} to {all_films.max():.3f}")

# %% [markdown]
# The genres are the longer part, and worth almost nothing on their own. Yet the identities miss them: they were trained together, and each part has left something to the other. Do not read importance from lengths. What a part is worth shows when it is taken away.
#
# ## Which genres are near each other
#
# An item's id is nothing but the number of a row in the matrix you pass ([#385](https://github.com/lyst/lightfm/issues/385)). So pass 20 rows, each a single genre, and ask for similar items, those with the highest cosine:

# %%
names = [label.removeprefix("genre:") for label in movies.item_feature_labels]
only_genres = sp.identity(movies.n_items + 20, format="csr")[-20:]
nearest = np.array(
    [m.similar_items(np.arange(20), n=1, item_features=only_genres)[0].ravel() for m in models["both"]]
)
for genre, found in enumerate(nearest.T):
    if (found == found[0]).all():
        print(f"{names[genre]:18} → {names[found[0]]}")
print("the nearest is the same in 5 of 5 seeds for", (nearest == nearest[0]).all(axis=0).sum(), "of 20 genres")

# %% [markdown]
# *Action* and *Adventure*, *Musical* and *Children*, *Film-Noir* and *Mystery*: as you would have said. For the 13 others the nearest changes with the seed.
#
# And what makes *no genres listed* so dear to *Comedy* and *IMAX*, in every seed? Look at what it has learned from:

# %%
for genre in ("Comedy", "IMAX", "(no genres listed)"):
    has_it = genres[:, [names.index(genre)]].toarray().ravel() > 0
    print(f"{genre:18} {has_it.sum():4} films, {likes[has_it].sum():5} likes in train")

# %% [markdown]
# Eleven likes. Five seeds draw other random numbers, but train on *one* data set: what is stable across seeds can still be the taste of a few people. An embedding says who likes a thing, not what it is.

# %% [markdown]
# ## What is said, and what we found
#
# | what is said of LightFM | and here |
# |:--|:--|
# | it embeds features, a film's vector is their sum | yes, weighted by the feature matrix |
# | without features it is plain factorization | yes, to the byte |
# | it is collaborative and content-based in one | with identities *and* shared features; with one kind it is one or the other |
# | the well-known example uses genres | it passes an identity: `genre_features=True` is missing |
# | features improve recommendations | beside identities a little; in their place they ruin them |
#
# Measured on one data set, one split, with WARP. All of it holds for users as well, with `user_features` and a row for each user; of the users of these films nothing is known. And for those without a single like, features are all there is (lesson 08).

# %% [markdown]
# ## Lab: a map of films
#
# The 300 most liked films, along the two directions in which their 30 components differ most (*principal components*). An arrow is a genre's embedding: where it moves a film. Biases are not on the map.
#
# Change `shown` ("identity", "genres" or "both") and `genre`, and run the cell again.
#
# 1. Set `shown` to "genres". What has become of 300 films, and why?
# 2. Set it to "identity". This model was never told a genre. Does it know *Musical*? *Drama*? What may decide?

# %%
from recsys_lessons.teaching.plotting import plot_embedding_map

shown, genre = "both", "Sci-Fi"

model, matrix = models[shown][0], feature_sets[shown]
_, vectors = model.get_item_representations(matrix)
plot_embedding_map(
    vectors[by_likes[:300]],
    genres[by_likes[:300]],
    names,
    highlight=genre,
    genre_vectors=None if shown == "identity" else model.item_embeddings[-20:],
)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. They stand in 142 places: films with equal genres have the same vector.
# 2. <i>Musical</i>, yes: 2.3 of a musical's ten nearest films are musicals, where chance would give 0.5. <i>Drama</i>, hardly: 5.0 where chance gives 4.4. Likes alone gather films that the same people like. That sets musicals apart; dramas are liked by everybody. It is a likely reason, not tested here, why adding genres helps so little.
#
# </details>
#
# The two axes hold about a third of the spread, so neighbors on the map need not be neighbors. The title counts them in all 30 components. Another seed turns the axes: only distances and angles mean something.

# %% [markdown]
# ## Mistakes people have made
#
# **Losing the identity** ([#201](https://github.com/lyst/lightfm/issues/201), [#295](https://github.com/lyst/lightfm/issues/295)), until every item scores the same ([#581](https://github.com/lyst/lightfm/issues/581)). A matrix you pass *replaces* the identity. Stack it: `sp.hstack([sp.identity(n_items), genres], format="csr")`.
#
# **Believing that features must help** ([#551](https://github.com/lyst/lightfm/issues/551)). There, shuffled authors did as well as true ones. Compare with identity alone, and with shuffled features, as in lesson 00.
#
# **Being surprised by the shape** ([#394](https://github.com/lyst/lightfm/issues/394)). 21,561 users with 62 features gave 21,623 columns: users *plus* features, since LightFM's `Dataset` puts the identity in. If there are as many columns as rows, there are no features.
#
# **Leaving the matrix out when asking** ([#603](https://github.com/lyst/lightfm/issues/603), [#235](https://github.com/lyst/lightfm/issues/235)). LightFM then makes up an identity, whose shape does not fit; here the error says what is missing. Any rows may be passed, but all columns, in the order of training.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. Film A has weights 1 (identity A), 1 (crime), 1 (drama). Film B has 1 (identity B), 1 (drama), 0.5 (comedy). A is trained once. How far does B move, compared with A?**
#
# <details><summary>a. Not at all, since B was not trained</summary>True if they shared no feature. They share drama, and its embedding has moved.</details>
# <details><summary>b. A third as far</summary>Yes. The product of the rows is 1 (drama), and that of A with itself is 1 + 1 + 1 = 3.</details>
# <details><summary>c. Half as far, since one of B's two genres is shared</summary>What B does not share plays no part: its comedy and its identity stay where they are. Multiply the rows weight by weight.</details>
# <details><summary>d. Just as far, since drama has moved</summary>B moves by drama's step alone. A moves by three such steps.</details>

# %% [markdown] tags=["quiz"]
# **2. A colleague's `item_features` has shape (5000, 5000) and 5,000 entries, all 1 and one in each row. What is the model?**
#
# <details><summary>a. A hybrid with 5,000 features</summary>It has 5,000 features, but no two items share one, so it learns nothing from any item about any other.</details>
# <details><summary>b. Content-based</summary>Then the columns would describe items. Whatever they are called, each belongs to one item.</details>
# <details><summary>c. Matrix factorization</summary>Yes, whatever the variable is called. If the columns stood in another order, it still would be.</details>

# %% [markdown] tags=["quiz"]
# **3. Genres alone reached 0.005. Which experiment told us most about the cause?**
#
# <details><summary>a. Identities for the 30 most liked films, and for 30 at random</summary>Yes. Genres and number of columns were the same. Only the places differed, and the precision was ten times higher in one of them.</details>
# <details><summary>b. Putting back all identities</summary>That is the cure. It does not tell a place of its own from 9,066 more columns.</details>
# <details><summary>c. Dividing each row by its number of genres</summary>It acquitted a suspect, which is worth something. It says nothing about who did it.</details>
# <details><summary>d. Random tags that made all rows different</summary>That showed what is not enough: telling films apart. They still shared each tag with some fifty others.</details>

# %% [markdown] tags=["quiz"]
# **4. In the hybrid, the genre part of a film's vector is a little longer than the identity part. What follows?**
#
# <details><summary>a. Genres decide most of the ranking</summary>Switch the identity off and see: 0.005 is left. Length does not say in which direction a vector helps.</details>
# <details><summary>b. The genres should be given a smaller weight</summary>Maybe, but this does not show it. Lesson 04 changes weights.</details>
# <details><summary>c. Nothing about what they are worth</summary>Yes. Worth is measured by taking a part away, or by training without it.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Derive the step:** by the chain rule a feature gains $\eta\, s\, x_{if}\, p_u$, so another film moves with film $i$ as the product of their rows: 2, 0.5, 0 and 1 for one like of *Galaxy*.
# - **Tell from the matrix:** as many columns as rows and products of 0 are plain factorization, to the byte. Genres alone tie *Shawshank* to 4,808 other films.
# - **Find the cause:** long sums and ties were innocent, equal rows a part. 30 identities in the right place lift precision@10 from 0.005 to 0.05, as many at random do nothing; the repair is to stack the identity beside the genres.
#
# **Next:** 04. One column, the logarithm of likes, was worth most of 9,066. Somebody has to make such columns: from prices, years, texts, tags with typing errors. Genres came ready-made, and even so: with another loss, the very matrix that helped here takes a working model down to nothing.
