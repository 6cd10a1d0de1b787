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
# Ann likes a film. What changes for Bob, who has never heard of it? You work it out with a pencil, find the rule, and use it to explain how a model can know the genres of 9,066 films and lose to a list of the most popular ones.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **derive** how one like moves every feature of a film, and through them other films;
# - **tell** from a feature matrix, before training, which films will learn from each other, and whether a model is hybrid at all;
# - **find** the cause of a failure, that of genres alone, by changing one thing at a time.
#
# *40 minutes. You need lesson 00 and the chain rule; lesson 02 helps, but is not needed.*

# %% [markdown]
# ## A film is a sum
#
# Each **feature** $f$ has an **embedding** $e_f$, a short vector, and a bias $b_f$. In lesson 00 a film had a feature or had it not. In general it has it with a **weight** $x_{if}$, the entry of the **feature matrix** in row $i$ and column $f$:
#
# $$q_i = \sum_f x_{if}\, e_f \qquad\qquad b_i = \sum_f x_{if}\, b_f$$
#
# The films are those of lesson 00, the numbers are new. *Moonrise* is half space, half comedy:

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
embeddings = np.array([[0.5, 0], [0.5, 0.5], [-0.5, 0.5], [0, 0], [0.5, -0.5], [-0.5, 1]])
biases = np.array([-0.75, 0.0, 0.25, 0.0, -0.25, 0.25])

film_vectors = features @ embeddings
film_biases = features @ biases
for film, (x, y), bias in zip(films, film_vectors, film_biases, strict=True):
    print(f"{film:9} vector ({x:4.1f}, {y:5.2f})   bias {bias:5.2f}")

# %% [markdown]
# With a pencil, for *Moonrise*: (0.5, 0.5) + ½ · (0.5, −0.5) + ½ · (−0.5, 1) = (0.5, 0.75), and 0 + ½ · (−0.25) + ½ · 0.25 = 0.
#
# The score of film $i$ for user $u$ is $\hat r_{ui} = p_u \cdot q_i + b_u + b_i$. Our users have no features, so each has a vector $p_u$ of their own. Their biases $b_u$ are 0 for now.

# %%
user_vectors = np.array([[1.0, 0.0], [1.0, 1.0]])  # Ann, Bob
scores = user_vectors @ film_vectors.T + film_biases
print("    " + "".join(f"{film:>10}" for film in films))
for name, row in zip(["Ann", "Bob"], scores, strict=True):
    print(f"{name:4}" + "".join(f"{score:10.2f}" for score in row))

# %% [markdown]
# ## Ann likes *Galaxy*
#
# The model takes one step, on this like alone. Bob was not there.
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
# The **logistic loss** of a like is $L = -\log \sigma(\hat r)$ with $\sigma(z) = 1 / (1 + \exp(-z))$: small when the score is high. It falls with the score at a rate that we call the *strength* $s$:
#
# $$-\frac{\partial L}{\partial \hat r} = \frac{\partial}{\partial \hat r} \log \sigma(\hat r) = \frac{\exp(-\hat r)}{1 + \exp(-\hat r)} = 1 - \sigma(\hat r) = s$$
#
# Other losses have another $s$ (lesson 05); the rest is the same for all. An embedding acts on the score through the film's vector, so the chain rule has three links:
#
# $$-\frac{\partial L}{\partial e_f} = \underbrace{-\frac{\partial L}{\partial \hat r}}_{s} \cdot \underbrace{\frac{\partial \hat r}{\partial q_i}}_{p_u} \cdot \underbrace{\frac{\partial q_i}{\partial e_f}}_{x_{if}} = s\, x_{if}\, p_u$$
#
# For a feature's bias, which acts through $b_i$, it is $s\, x_{if}$. For the user's vector it is $s\, q_i$, for the user's bias $s$. One step with learning rate $\eta$:
#
# $$e_f \leftarrow e_f + \eta\, s\, x_{if}\, p_u \qquad b_f \leftarrow b_f + \eta\, s\, x_{if} \qquad p_u \leftarrow p_u + \eta\, s\, q_i \qquad b_u \leftarrow b_u + \eta\, s$$
#
# Read the first aloud: every feature of the film moves the user's way, in proportion to its weight.

# %% [markdown]
# ### With a pencil
#
# Let $\eta = 1$, to save writing. Ann's score for *Galaxy* is 0, so $s = 1 - \sigma(0) = ½$. Both features of *Galaxy* have weight 1, and Ann's vector is (1, 0):
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
# Now the library. `fit_partial` goes on from where a model is, here from our numbers:

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM

like = sp.coo_matrix(([1], ([0], [0])), shape=(2, 4))  # Ann, Galaxy
small = LightFM(no_components=2, loss="logistic", learning_rate=1.0)
_ = small.fit(like, item_features=features, epochs=0)  # only room for the numbers
small.item_embeddings, small.item_biases = embeddings, biases
small.user_embeddings = user_vectors
_ = small.fit_partial(like, item_features=features, epochs=1)

for f, name in enumerate([*films, "space", "comedy"]):
    print(f"{name:9} embedding {small.item_embeddings[f]}  bias {small.item_biases[f]:5.2f}")
print(f"Ann       vector    {small.user_embeddings[0]}  bias {small.user_biases[0]:5.2f}")

# %% [markdown]
# Digit for digit. (The library's schedule, *Adagrad*, divides each number's step by the root of a sum: 1 plus the squares of its gradients so far. So the first step is plain, and later ones are shorter.)
#
# And Bob's list?

# %%
after_vectors = features @ small.item_embeddings
after = user_vectors[1] @ after_vectors.T + features @ small.item_biases
print("Bob       " + "".join(f"{film:>10}" for film in films))
for name, row in [("before", scores[1]), ("after", after), ("change", after - scores[1])]:
    print(f"{name:10}" + "".join(f"{value:10.2f}" for value in row))
your_guess("03 bob", measured=(after != scores[1]).sum())

# %%
from recsys_lessons.teaching.plotting import plot_moves

plot_moves(
    film_vectors,
    after_vectors,
    films,
    title="One like of Galaxy moves every film with some space in it",
)

# %% [markdown]
# Nobody has liked *Newcomer*, and it moves, because it has *space*. That is why one embeds features: **what is learned from one film is learned about all that share something with it.**
#
# ### Who learns from whom
#
# How far does another film $i'$ move when film $i$ is trained? Add up the steps of its features, each with its own weight:
#
# $$\Delta q_{i'} = \sum_f x_{i'f}\, \Delta e_f = \eta\, s \Big( \sum_f x_{i'f}\, x_{if} \Big)\, p_u$$
#
# In brackets stands the inner product of two *rows of the feature matrix*. It needs no training, no likes, no embeddings:

# %%
print(features @ features.T)

# %% [markdown]
# The first row, 2, 0.5, 0, 1, is the change in Bob's list. (Half of it came through the vectors, since $\eta s = ½$ and $p_\text{Ann} \cdot p_\text{Bob} = 1$, and half through the biases. Ann's own scores all change, because her vector does.)
#
# So the matrix tells who learns from whom before anything is trained. The distances are exact for first steps only, since Adagrad divides later ones, feature by feature. But where the product is 0 because nothing is shared, nothing is ever learned. The code that does it:

# %%
from recsys_lessons.kernels import schedules
from recsys_lessons.teaching.source import show_source

show_source(schedules.step_row)

# %% [markdown]
# The loop runs over the features of one row, between two of `starts`. `scale` is $-s$, the slope of the loss, which is subtracted later; `vector` is the user's, and `weight * scale` the last link of the chain. `slope` is the same $-s$, for the biases.
#
# And the first branch? With no matrix, a film has a single feature, itself, with weight 1.
#
# ## A hybrid that is none
#
# As a matrix, this is the **identity**: as many features as films, 1 on the diagonal. No two rows share anything, so no film learns from another. One vector for each film, learned from its own likes: that is *matrix factorization*.
#
# You will meet programs that train this and do not know it. They call `fetch_movielens(min_rating=4.0)`, pass on the `item_features` they get, and call them genres. The course's films are packed the same way:

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
by_default = movies.as_lightfm(min_rating=4.0)["item_features"]
print(by_default.shape, "with", by_default.nnz, "entries")
print("products between different films:", (by_default @ by_default.T).nnz - movies.n_items)

# %% [markdown]
# As many columns as films, nothing shared. Train once with this matrix and once without any, and compare every byte:

# %%
data = movies.as_lightfm(genre_features=True, min_rating=4.0)
train, test = data["train"].tocsr(), data["test"].tocsr()

settings = {"loss": "warp", "no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}
plain = LightFM(**settings, random_state=42).fit(train, epochs=10)
same = LightFM(**settings, random_state=42).fit(train, item_features=by_default, epochs=10)
print(plain.item_embeddings.tobytes() == same.item_embeddings.tobytes())
print(plain.user_embeddings.tobytes() == same.user_embeddings.tobytes())

# %% [markdown]
# With `genre_features=True` the matrix has 20 more columns, and the model becomes the hybrid it was taken for.
#
# ## Genres alone
#
# That makes three matrices: identity, genres, or both. Genres alone look attractive: 20 embeddings instead of 9,066, most of which learn from thousands of likes.
#
# Lesson 00 measured precision@10, the share of the first ten that the user likes, among all films but those liked in train. Films at random reach 0.0006, the most popular 0.054, identity about 0.076.
#
# **Before you run it:** and genres alone?

# %%
guess("03 genres alone", "?", expected="a precision, from 0.0006 to 0.1")

# %%
from recsys_lessons import Popularity
from recsys_lessons.evaluation import auc_score, precision_at_k


def train_one(features, seed):
    model = LightFM(**settings, random_state=seed)
    return model.fit(train, item_features=features, epochs=10)


def train_five(features):
    return [train_one(features, seed) for seed in range(42, 47)]


def precision(models, features):
    of_users = [precision_at_k(m, test, train, item_features=features) for m in models]
    return np.mean(of_users, axis=1)


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
found = measured["genres"]
your_guess("03 genres alone", measured=f"{found.min():.4f} to {found.max():.4f}")

# %% [markdown]
# A tenth of what popularity reaches. And below the first ten? The **AUC** looks at the whole list: it is how often a film the user likes stands above one drawn from the others. A coin has 0.5.

# %%
for name, matrix in feature_sets.items():
    auc = [auc_score(m, test, train, item_features=matrix).mean() for m in models[name]]
    print(f"{name:13} AUC {min(auc):.3f} to {max(auc):.3f}")
print(f"most popular  AUC {auc_score(Popularity().fit(train), test, train).mean():.3f}")

# %% [markdown]
# Genres know something, and far less than a count of likes. People have run into this since 2017 ([#201](https://github.com/lyst/lightfm/issues/201)), and got the right advice: put the identity back. The third row of the figure shows that it works. It does not show why.

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
# **Long sums.** A film with six genres adds up six embeddings and biases, and may score high for that alone. *Test:* divide each row by its number of genres, so that no sum is longer than another (and multiply all by the average, so that the weights stay as large on the whole).
#
# **Ties.** Films with the same genres score the same for everybody, and the metric puts a film behind all it is tied with. *Test:* the same models, but lists from `recommend`, which seats tied films by their number.
#
# **Equal rows.** Films that look the same cannot be told apart in training either. *Test:* give each film three of 500 tags, drawn at random, so that no two rows are equal.

# %%
rows, sizes = np.unique(genres.toarray(), axis=0, return_counts=True)
print(f"{len(rows)} different rows; {(sizes == 1).sum()} films have one of their own")

averaged = (sp.diags(n_genres.mean() / n_genres) @ genres).tocsr()

film = np.repeat(np.arange(movies.n_items), 3)
tag = np.random.default_rng(0).integers(500, size=len(film))
tagged = sp.hstack([sp.csr_matrix((np.ones(len(film)), (film, tag))), genres], format="csr")
print(len(np.unique(tagged.toarray(), axis=0)), "different rows with three tags each")

# %%
users = np.flatnonzero(test.getnnz(axis=1))
seated = np.zeros(5)
for run, model in enumerate(models["genres"]):
    best, _ = model.recommend(users, n=10, exclude=train, item_features=genres)
    seated[run] = (test[users[:, None], best] > 0).mean()

suspects = {
    "genres": measured["genres"],
    "no long sums": precision(train_five(averaged), averaged),
    "no ties": seated,
    "no equal rows": precision(train_five(tagged), tagged),
}
for name, values in suspects.items():
    print(f"{name:14} {values.min():.4f} to {values.max():.4f}")

# %% [markdown]
# Without long sums it becomes *worse*, and without ties hardly better: innocent, both. Tags that mean nothing help most, and still bring only a third of what popularity has. Being different is not enough. What is?
#
# ## What a like moves
#
# Ask the matrix who learns from the film with the most likes:

# %%
top = likes.argmax()
print(movies.item_labels[top], *movies.item_feature_labels[genres[top].indices])
print(likes[top], "likes\n")
for name, matrix in {**feature_sets, "tags, genres": tagged}.items():
    products = (matrix @ matrix[top].T).toarray().ravel()  # of its row with every row
    others = np.delete(products, top)
    some, as_far = (others > 0).sum(), (others >= products[top]).sum()
    print(f"{name:13} {some:4} other films move, {as_far:3} of them as far or farther")

# %% [markdown]
# With genres alone, *Shawshank* cannot rise unless 610 other crime dramas rise as far. 231 people said something about *this* film, and the model has no place to write it down. Tags give it none: each is on some fifty other films, which write there, too.
#
# So the suspect is that no film has anything **of its own**. Then an identity should help where there is much to write, on films with many likes, and few should go a long way.
#
# *Test:* keep all genres, and give identities to the 30 most liked films only, or 300, or 3,000. As a control, to as many films at random: equally many columns, in other places.
#
# **Before you run it:** how many of 9,066 films need an identity to reach *half* the precision of "both"?

# %%
guess("03 identities", "?", one_of=(30, 300, 3000))

# %%
counts = [30, 300, 3000]
by_likes = np.argsort(-likes, kind="stable")
most_liked = np.zeros((3, 5))
for row, n in enumerate(counts):
    matrix = sp.hstack([by_default[:, by_likes[:n]], genres], format="csr")
    most_liked[row] = precision(train_five(matrix), matrix)

# %%
at_random = np.zeros((3, 5))
for row, n in enumerate(counts):
    for run in range(5):  # each time other films
        anybody = np.random.default_rng(run).permutation(movies.n_items)[:n]
        matrix = sp.hstack([by_default[:, anybody], genres], format="csr")
        at_random[row, run] = precision([train_one(matrix, 42 + run)], matrix)[0]

# %%
from recsys_lessons.teaching.plotting import plot_identities

none, all_films = measured["genres"], measured["both"]
plot_identities(
    [0, *counts, movies.n_items],
    {
        "most liked": np.array([none, *most_liked, all_films]),
        "at random": np.array([none, *at_random, all_films]),
    },
    measure="precision@10, train films left out",
    title="30 identities in the right place do more than 3,000 at random",
    reference=("most popular", popular),
)
enough = (most_liked > all_films / 2).sum(axis=1)
your_guess("03 identities", measured=f"{counts[0]} are enough in {enough[0]} of 5 seeds")

# %% [markdown]
# Thirty. Both lines have the same genres and, at each point, the same number of columns. They differ in *which* films have a place of their own.
#
# ### What do they write there?
#
# Thirty identities bring about the precision of the popularity list. A suspicion: an identity can say *how much* a film is liked, and *by whom*. Perhaps the first is what was missing. *Test:* no identities, but **one** column that says how much, the logarithm of the film's likes in train, scaled to at most 1.

# %%
popularity_column = sp.csr_matrix(np.log1p(likes)[:, None] / np.log1p(likes).max())
with_likes = sp.hstack([genres, popularity_column], format="csr")
counted = precision(train_five(with_likes), with_likes)
for n_columns, values in [(20, none), (with_likes.shape[1], counted), (9086, all_films)]:
    print(f"{n_columns:5,} columns  {values.min():.3f} to {values.max():.3f}")

# %% [markdown]
# One column goes about two thirds as far as 9,066. *How much* was the larger part of what genres cannot say; *by whom* is the rest, from 0.06 to 0.08.

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
    vectors = [m.get_item_representations(matrix)[1] for m in models["both"]]
    length = np.median(np.linalg.norm(vectors, axis=2), axis=1)
    alone = precision(models["both"], matrix)
    print(f"{name:13}  median length {length.min():.2f} to {length.max():.2f}", end="   ")
    print(f"precision@10 on its own {alone.min():.3f} to {alone.max():.3f}")
print(f"both parts: precision@10 {all_films.min():.3f} to {all_films.max():.3f}")

# %% [markdown]
# The genres are the longer part, and worth almost nothing on their own. Yet the identities miss them: trained together, each has left something to the other. Length is not importance. What a part is worth shows when it is taken away.
#
# ## Which genres are near each other
#
# An item's id is nothing but the number of a row in the matrix you pass ([#385](https://github.com/lyst/lightfm/issues/385)). So pass 20 rows, each a single genre, and ask for the most similar one, that with the highest *cosine* (the inner product of the vectors, each divided by its length):

# %%
names = [label.removeprefix("genre:") for label in movies.item_feature_labels]
only_genres = sp.identity(movies.n_items + 20, format="csr")[-20:]
nearest = np.zeros((5, 20), dtype=int)
for run, model in enumerate(models["both"]):
    ids, _ = model.similar_items(np.arange(20), n=1, item_features=only_genres)
    nearest[run] = ids[:, 0]

stable = np.flatnonzero((nearest == nearest[0]).all(axis=0))
for genre in stable:
    print(f"{names[genre]:18} → {names[nearest[0, genre]]}")
print(f"the nearest is the same in 5 of 5 seeds for {len(stable)} of 20 genres")

# %% [markdown]
# *Action* and *Adventure*, *Musical* and *Children*, *Film-Noir* and *Mystery*: as you would have said. For the 13 others the nearest changes with the seed.
#
# And what brings *no genres listed* so near to *Comedy* and *IMAX*, in every seed? Look at what it has learned from:

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
# | the usual MovieLens example uses genres | it passes an identity: `genre_features=True` is missing |
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
# The two axes hold less than half of the spread, so neighbors on the map need not be neighbors. The title counts them in all 30 components. Another seed turns the axes: only distances and angles mean something.

# %% [markdown]
# ## Mistakes people have made
#
# **Losing the identity** ([#201](https://github.com/lyst/lightfm/issues/201), [#295](https://github.com/lyst/lightfm/issues/295)), until every item scores the same ([#581](https://github.com/lyst/lightfm/issues/581)). A matrix you pass *replaces* the identity. Stack it: `sp.hstack([sp.identity(n_items), genres], format="csr")`.
#
# **Believing that features must help** ([#551](https://github.com/lyst/lightfm/issues/551)). There, shuffled authors did as well as true ones. Compare with identity alone, and with shuffled features, as in lesson 00.
#
# **Being surprised by the shape** ([#394](https://github.com/lyst/lightfm/issues/394)). 21,561 users with 62 features gave 21,623 columns: users *plus* features, since LightFM's `Dataset` puts the identity in. As many columns as rows, on the other hand, usually means no features.
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
# **2. A colleague's `item_features` has shape (5000, 5000) and 5,000 entries, all 1, one in each row and one in each column. What is the model?**
#
# <details><summary>a. A hybrid with 5,000 features</summary>It has 5,000 features, but no two items share one, so it learns nothing from any item about any other.</details>
# <details><summary>b. Content-based</summary>Then the columns would describe items. Whatever they are called, each belongs to one item.</details>
# <details><summary>c. Matrix factorization</summary>Yes, whatever the variable is called. If the columns stood in another order, it still would be.</details>

# %% [markdown] tags=["quiz"]
# **3. Genres alone reached 0.005. Which experiment told us most about the cause?**
#
# <details><summary>a. Identities for the 30 most liked films, and for 30 at random</summary>Yes. Genres and number of columns were the same. Only the places differed, and the precision was ten times higher in one of them.</details>
# <details><summary>b. Putting back all identities</summary>That is the cure. It does not tell a place of its own from 9,066 more columns.</details>
# <details><summary>c. Making all sums of genres equally long</summary>It acquitted a suspect, which is worth something. It says nothing about who did it.</details>
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
# - **Find the cause:** long sums and ties were innocent, equal rows a part. 30 identities in the right place lift precision@10 from 0.005 to 0.05, and as many at random hardly at all: films had nothing of their own. The repair is to stack the identity beside the genres.
#
# **Next:** 04. One column went two thirds as far as 9,066. Somebody has to make such columns, from prices, years, and tags with typing errors. The genres came ready-made, and even so: with another loss, the very matrix that helped here takes a working model down to nothing.
