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
# Ann likes a film. What changes for Bob, who has not seen it? You work it out with a pencil, find the rule, and use it to find out what genres are worth to a model of 9,066 films, and why.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **derive** how one like moves every feature of a film, and through them other films;
# - **tell** from a feature matrix, before training, which films will move together, and whether a model is hybrid at all;
# - **find** the cause of a result by changing one thing at a time.
#
# *55 minutes. You need lesson 00 and the chain rule; lesson 02 helps.*

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
embeddings = np.array([[0.5, 0], [0.5, 0.5], [-0.5, 0.5], [0, 0.5], [0.5, -0.5], [-0.5, 1]])
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
# "0" thinks of rows of a rating matrix: Bob's row was not touched. "1" thinks of plain factorization. "4" has seen that the user's vector moves, but that is Ann's. Do not say yet; let each name *which* films.

# %% [markdown]
# ### From the loss to each embedding
#
# The **logistic loss** of a like is $L = -\log \sigma(\hat r)$ with $\sigma(z) = 1 / (1 + \exp(-z))$: small when the score is high. It falls with the score at a rate that we call the *strength* $s$:
#
# $$-\frac{\partial L}{\partial \hat r} = \frac{\partial}{\partial \hat r} \big( {-\log(1 + \exp(-\hat r))} \big) = \frac{\exp(-\hat r)}{1 + \exp(-\hat r)} = 1 - \sigma(\hat r) = s$$
#
# An embedding acts on the score through the film's vector, so the chain rule has three links:
#
# $$-\frac{\partial L}{\partial e_f} = \underbrace{-\frac{\partial L}{\partial \hat r}}_{s} \cdot \underbrace{\frac{\partial \hat r}{\partial q_i}}_{p_u} \cdot \underbrace{\frac{\partial q_i}{\partial e_f}}_{x_{if}} = s\, x_{if}\, p_u$$
#
# For a feature's bias, which acts through $b_i$, it is $s\, x_{if}$. For the user's vector it is $s\, q_i$, for the user's bias $s$. One step with learning rate $\eta$:
#
# $$e_f \leftarrow e_f + \eta\, s\, x_{if}\, p_u \qquad b_f \leftarrow b_f + \eta\, s\, x_{if} \qquad p_u \leftarrow p_u + \eta\, s\, q_i \qquad b_u \leftarrow b_u + \eta\, s$$
#
# Read the first aloud: every feature of the film moves the user's way, in proportion to its weight. (Left out: the penalty on large numbers, `item_alpha`, and other losses. They have another $s$, and WARP also pushes a negative film down, by the same rule.)

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
# Digit for digit. (The library's schedule, *Adagrad*, divides each number's step by the root of 1 plus the sum of the squares of its *earlier* gradients. The first step has none before it and is plain; later ones are shorter.)
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

plot_moves(film_vectors, after_vectors, films)

# %% [markdown]
# Nobody has liked *Newcomer*, and it moves, because it has *space*. That is why one embeds features: **what is learned from one film is learned about all that share something with it.**
#
# ### Who moves with whom
#
# How far does *Newcomer* (N) move when *Galaxy* (G) is trained? Add up the steps of its features, each with its own weight:
#
# $$\Delta q_N = \sum_f x_{Nf}\, \Delta e_f = \eta\, s \Big( \sum_f x_{Nf}\, x_{Gf} \Big)\, p_u$$
#
# In brackets stands the inner product of two *rows of the feature matrix*, whichever films they are. It needs no training, no likes, no embeddings:

# %%
print(features @ features.T)

# %% [markdown]
# The first row, 2, 0.5, 0, 1, is the change in Bob's list. (Half came through the vectors, since $\eta s = ½$ and $p_\text{Ann} \cdot p_\text{Bob} = 1$, and half through the biases.)
#
# So the matrix tells who moves with whom before anything is trained. How far, it tells for first steps only. Where the product is 0, as between *Galaxy* and *Picnic*, no step on one moves the other. There is a detour through people: *Ann's* vector has moved, and her next like carries that to another film. That is collaborative filtering, and it needs no shared feature.
#
# ## A hybrid that is none
#
# And if no two rows share anything? Put the identities of all films side by side, and you have what algebra calls the **identity matrix**, 1 on the diagonal. One vector for each film, moved by its own likes: that is *matrix factorization*.
#
# You will meet programs that train this and call it a hybrid. They pass the `item_features` that LightFM's `fetch_movielens(min_rating=4.0)` returns, and take them for genres. The course's films are packed the same way:

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
by_default = movies.as_lightfm(min_rating=4.0)["item_features"]
print(by_default.shape, "with", by_default.nnz, "entries")
print("products between different films:", (by_default @ by_default.T).nnz - movies.n_items)

# %% [markdown]
# Train once with this matrix and once without any, and compare every byte:

# %%
data = movies.as_lightfm(genre_features=True, min_rating=4.0)
train = data["train"].tocsr()

settings = {"loss": "warp", "no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}
plain = LightFM(**settings, random_state=42).fit(train, epochs=10)
same = LightFM(**settings, random_state=42).fit(train, item_features=by_default, epochs=10)
print(plain.item_embeddings.tobytes() == same.item_embeddings.tobytes())
print(plain.user_embeddings.tobytes() == same.user_embeddings.tobytes())

# %% [markdown]
# ## Genres alone
#
# With `genre_features=True` there are 20 more columns, and the model becomes the hybrid it was taken for. That makes three matrices: identity, genres, or both. Genres alone look attractive: 20 embeddings instead of 9,066, and a film without a single like has a vector that was learned.
#
# Lesson 00 measured precision@10, the share of the first ten that the user likes, among all films but those liked in train. Films at random reach 0.0006, the most popular 0.054, identity about 0.076.
#
# **Before you go on:** and genres alone?

# %%
guess("03 genres alone", "?", expected="a precision, from 0.0006 to 0.1")

# %%
from recsys_lessons import Popularity
from recsys_lessons.evaluation import precision_at_k


def train_one(data, matrix, seed, epochs=10):
    model = LightFM(**settings, random_state=seed)
    return model.fit(data["train"], item_features=matrix, epochs=epochs)


def precision(model, data, matrix=None):  # the average over users
    return precision_at_k(model, data["test"], data["train"], item_features=matrix).mean()


def one_run(data, matrix, seed, epochs=10):
    return precision(train_one(data, matrix, seed, epochs), data, matrix)


seeds = range(42, 47)
identity, genres = by_default, movies.item_features
feature_sets = {"identity": identity, "genres": genres, "both": data["item_features"]}
models = {name: [train_one(data, matrix, seed) for seed in seeds] for name, matrix in feature_sets.items()}

# %%
from recsys_lessons.teaching.plotting import plot_by_seed

measured = {}
for name, matrix in feature_sets.items():
    measured[name] = np.array([precision(model, data, matrix) for model in models[name]])
popular = precision(Popularity().fit(train), data)
share = measured["genres"].mean() / popular
plot_by_seed(
    measured,
    measure="precision@10 on test, train films left out",
    title=f"Genres alone reach {share:.0%} of what the popularity list does",
    reference=("most popular", popular),
)
your_guess("03 genres alone", measured=f"{measured['genres'].mean():.3f}")

# %% [markdown]
# People have run into this since 2017 ([#201](https://github.com/lyst/lightfm/issues/201)), and got the right advice: put the identity back. The third row shows that it works. It does not show why.

# %% [markdown] slideshow={"slide_type": "notes"}
# Stop here and collect causes before scrolling. Expect "too few parameters", "genres are too coarse", "needs more epochs". Every proposal must come with a change that would test it.

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
# Films with many genres, which hardly anybody likes. Each suspect gets a test.
#
# **Long sums.** A film with six genres adds up six embeddings and biases, and may score high for that alone. *Test:* divide each row by a power of its number of genres: by the 0.8th (found by trying: the lists then have the catalog's number of genres), and by the number itself.
#
# **Few epochs.** Perhaps it has not learned enough yet. *Test:* 30 epochs instead of 10.
#
# **Equal rows.** Films with the same genres cannot be told apart, neither in training nor in the list. *Test:* give each film three of 500 tags, drawn at random, so that no two rows are equal.
#
# **Before you run it:** which change helps most?

# %%
guess("03 suspect", "?", one_of=("shorter sums", "more epochs", "500 tags"))

# %% [markdown]
# Multiplying by a diagonal matrix (`sp.diags`) from the left multiplies each row by a number of its own. The division by `np.average` keeps the average weight at 1. Power 0 is genres alone, as before.

# %%
everybody = np.arange(movies.n_users)
long_sums = {}
for power in (0.0, 0.8, 1.0):
    factor = n_genres**-power
    matrix = (sp.diags(factor / np.average(factor, weights=n_genres)) @ genres).tocsr()
    trained = [train_one(data, matrix, seed) for seed in seeds]
    lists = [model.recommend(everybody, n=10, exclude=train, item_features=matrix)[0] for model in trained]
    long_sums[power] = values = [precision(model, data, matrix) for model in trained]
    print(f"power {power}: {n_genres[np.array(lists)].mean():.1f} genres a film on the lists,", end=" ")
    print(f"precision {min(values):.3f} to {max(values):.3f}")

# %% [markdown]
# The tags are a matrix of 500 columns, put beside the genres. (Each film draws three; 52 films draw one twice.) As a control, 40 tags:

# %%
film = np.repeat(np.arange(movies.n_items), 3)  # 0, 0, 0, 1, 1, 1, 2, ...
with_tags = {}
for n_tags in (40, 500):
    tag = np.random.default_rng(0).integers(n_tags, size=len(film))
    tags = sp.csr_matrix((np.ones(len(film)), (film, tag)))  # ones in these rows and columns
    with_tags[n_tags] = sp.hstack([tags, genres], format="csr")
for name, matrix in {"genres": genres, "40 tags": with_tags[40], "500 tags": with_tags[500]}.items():
    print(f"{name:8} {len(np.unique(matrix.toarray(), axis=0)):5,} different rows of {movies.n_items:,}")

suspects = {
    "shorter sums": long_sums[0.8],
    "more epochs": [one_run(data, genres, seed, epochs=30) for seed in seeds],
    "40 tags": [one_run(data, with_tags[40], seed) for seed in seeds],
    "500 tags": [one_run(data, with_tags[500], seed) for seed in seeds],
}
for name, values in suspects.items():
    print(f"{name:12} {min(values):.3f} to {max(values):.3f}")
your_guess("03 suspect", measured=max(suspects, key=lambda name: min(suspects[name])))

# %% [markdown]
# Long sums do put films with many genres on the lists: at power 0.8 they are gone. Those that come instead are *worse*. Three times the epochs change next to nothing. 500 tags that mean nothing help most, and still bring a third at most of what popularity has. Different rows alone do not do it: 40 tags make nearly all rows different, and bring next to nothing. (Each is on more than 600 films, not on some 54.) Telling films apart is not enough. What is?

# %% [markdown] slideshow={"slide_type": "notes"}
# Ties? With 40 tags there are next to none, and that is no cure.

# %% [markdown]
# ## What a like moves
#
# Ask the matrix who moves with the film that has the most likes. And ask how many films have the rarest of its features.

# %%
top = likes.argmax()
print(movies.item_labels[top], *movies.item_feature_labels[genres[top].indices])
print(likes[top], "likes\n")
for name, matrix in {**feature_sets, "500 tags": with_tags[500]}.items():
    products = (matrix @ matrix[top].T).toarray().ravel()  # of its row with every row
    others = np.delete(products, top)
    some, as_far = (others > 0).sum(), (others == products[top]).sum()
    fewest = matrix.getnnz(axis=0)[matrix[top].indices].min()
    print(f"{name:8} {some:4} others move, {as_far:3} just as far; films with its rarest feature: {fewest:,}")

# %% [markdown]
# With genres alone, a first step on *Shawshank* lifts 610 others just as far. Against those with the same two genres it cannot rise at all: whatever is learned of one row is learned of the other. 231 people said something about *this* film, and the model has nowhere to write it down. With 500 tags it leads. But its rarest tag is on 40 films, and all their likes are written there, too.
#
# So the suspect is that no film has a column **of its own**. Then an identity should help most on films with many likes.
#
# *Test:* keep all genres, and give identities to the 30 most liked films only, or 300, or 3,000. As a control, to as many films at random: equally many columns.
#
# **Before you run it:** how many of 9,066 films need an identity to reach *half* the precision of "both"?

# %%
guess("03 identities", "?", one_of=(30, 300, 3000))

# %%
counts = [30, 300, 3000]
by_likes = np.argsort(-likes, kind="stable")
most_liked = np.zeros((3, 5))
for row, n in enumerate(counts):
    matrix = sp.hstack([identity[:, by_likes[:n]], genres], format="csr")
    most_liked[row] = [one_run(data, matrix, seed) for seed in seeds]

# %%
at_random = np.zeros((3, 5))
for row, n in enumerate(counts):
    for run in range(5):  # each time other films
        anybody = np.random.default_rng(run).permutation(movies.n_items)[:n]
        matrix = sp.hstack([identity[:, anybody], genres], format="csr")
        at_random[row, run] = one_run(data, matrix, seeds[run])

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
    reference=("most popular", popular),
)
enough = (most_liked > all_films / 2).sum(axis=1)  # in so many of five seeds
first = enough.argmax()
your_guess("03 identities", measured=f"{counts[first]} are enough in {enough[first]} of 5 seeds")

# %% [markdown]
# Thirty. (Bands run from the lowest to the highest of five runs; the steps from 0 to 9,066 are drawn equally wide.) The lines differ only in *which* films have a column of their own. And thirty come about as far as the popularity list.
#
# But did it have to be thirty columns? Let the thirty films share **one** column, which says *one of the favorites*. As a control, thirty films at random share one. And then a single column for all films, filled with the logarithm of their likes (plus one):

# %%
in_top = np.isin(np.arange(movies.n_items), by_likes[:30])
one_column = {  # what is in it, in each of the five runs
    "30 favorites": [in_top] * 5,
    "30 at random": [np.random.default_rng(run).permutation(in_top) for run in range(5)],
    "number of likes": [np.log1p(likes)] * 5,
}
for name, columns in one_column.items():
    matrices = [sp.hstack([column.astype(float)[:, None], genres], format="csr") for column in columns]
    values = [one_run(data, matrix, seed) for matrix, seed in zip(matrices, seeds, strict=True)]
    print(f"genres and one column, {name:15} {min(values):.3f} to {max(values):.3f}")

# %% [markdown]
# One will do, so the suspect was only half guilty. Up to the popularity list a film needs no column of its *own*. It is enough that something says *how much* it is liked, be it a column we fill or an identity the model fills. What, then, do 9,066 identities write that takes "both" up to 0.08?
#
# ## What do they write there?
#
# An identity has an embedding of thirty numbers and a bias of one. The bias counts for everybody alike: *how much* the film is liked. The embedding meets each user's own vector: *by whom*.
#
# *Test:* in the five models of "both", set all embeddings of identities to zero, or all their biases, after training. (Trained without, a model would adapt.) **Before you run it:** which costs more?

# %%
guess("03 zeroed", "?", one_of=("embeddings", "biases", "about the same"))

# %% [markdown]
# The rows of `item_embeddings` are in the order of the columns: 9,066 identities, then 20 genres.

# %%
from copy import deepcopy

n = movies.n_items
no_embeddings, no_biases, average_user = (deepcopy(models["both"]) for _ in range(3))
for model in no_embeddings:
    model.item_embeddings[:n] = 0
for model in no_biases:
    model.item_biases[:n] = 0

left = {}
for name, changed in {"whole": models["both"], "no embeddings": no_embeddings, "no biases": no_biases}.items():
    left[name] = np.array([precision(model, data, feature_sets["both"]) for model in changed])
    print(f"identities {name:13} {left[name].min():.3f} to {left[name].max():.3f}")
lost = {name: left["whole"].mean() - values.mean() for name, values in left.items()}
your_guess("03 zeroed", measured=f"embeddings cost {lost['no embeddings']:.3f}, biases {lost['no biases']:.3f}")

# %% [markdown]
# About the same, though it is thirty numbers against one. Each costs more than a third of the precision, and what remains is no better than the popularity list.
#
# So *by whom* is worth as much as *how much*? Only if embeddings say nothing else. But an embedding also meets the *average* user, the mean of all user vectors, and what comes of that may be given to everybody alike: *how much* again. *Test:* keep only that of the embeddings. Add it to the bias, then set them to zero.

# %%
for model in average_user:
    model.item_biases[:n] += model.item_embeddings[:n] @ model.user_embeddings.mean(axis=0)
    model.item_embeddings[:n] = 0
values = np.array([precision(model, data, feature_sets["both"]) for model in average_user])
print(f"embeddings for the average user only: {values.min():.3f} to {values.max():.3f}")
print(f"the rest: {left['whole'].mean() - values.mean():.3f}")

# %% [markdown]
# So embeddings write *how much*, too. With that alone, identities and genres are ahead of the popularity list. Only the rest, about 0.02, is what identities say *by whom*. Genres alone can say neither for a single film.

# %% [markdown] slideshow={"slide_type": "notes"}
# Most say "biases" (the popularity list is so good) or "embeddings" (thirty numbers). Somebody may say "then identities are just popularity": 0.06 against 0.08 is the part that is not.

# %% [markdown]
# ## Does it depend on the split?
#
# Five seeds drew other random numbers, but trained on one split. Here are five others, with one seed each:

# %%
by_split = {name: [] for name in [*feature_sets, "30 most liked", "30 at random", "number of likes", "most popular"]}
for split in range(1, 6):
    other = movies.as_lightfm(min_rating=4.0, seed=split)
    counted = other["train"].getnnz(axis=0)
    beside_genres = {
        "30 most liked": identity[:, np.argsort(-counted, kind="stable")[:30]],
        "30 at random": identity[:, np.random.default_rng(split).permutation(movies.n_items)[:30]],
        "number of likes": np.log1p(counted)[:, None],
    }
    stacked = {name: sp.hstack([columns, genres], format="csr") for name, columns in beside_genres.items()}
    for name, matrix in {**feature_sets, **stacked}.items():
        by_split[name].append(one_run(other, matrix, seed=42))
    by_split["most popular"].append(precision(Popularity().fit(other["train"]), other))
for name, values in by_split.items():
    print(f"{name:15}", *[f"{value:.3f}" for value in values])
gain = np.subtract(by_split["both"], by_split["identity"])
print("\ngenres beside identities:", *[f"{value:+.4f}" for value in gain])

# %% [markdown]
# The same picture, though thirty identities fall short of the popularity list in three of five. Least certain is what genres add to identities: in one split it was next to nothing.
#
# So a LightFM is collaborative with identities alone, content-based with genres alone (though what a genre is worth is learned from everybody's likes), and with both it is both: a true hybrid.
#
# All this is one data set, and WARP. The formulas hold for users as well, with `user_features`; what users' features are worth is not measured here. And for films without a single like, features are all there is (lesson 08).

# %% [markdown]
# ## Lab: a map of films
#
# The 300 most liked films, along the two directions in which their 30 components differ most (*principal components*; they hold about half of the spread or less). The arrow shows where the genre's embedding moves a film, drawn longer than it is. Biases are not on the map. The caption counts the ten *nearest* of each film of the genre twice: by the angle between vectors in all 30 components, and by distance on the map.
#
# In the lab below the picture, find a film by a part of its title, and see its ten nearest; choose genre, features, and one of the five trainings.
#
# 1. All *Sci-Fi* films share an added vector, so some of the picture is built in. How much? *Subtract the genres* takes them out of the sums of "both". And does "identity", which was never told a genre, know *Musical*? *Drama*? What may decide?
# 2. Whose neighbors can you believe? Find *Toy Story* with "identity", "genres" and "both": how many of its ten nearest do all five trainings name? Do the cosines warn you? Does the map show them?

# %%
from recsys_lessons.teaching.plotting import plot_embedding_map

names = [label.removeprefix("genre:") for label in movies.item_feature_labels]
top, hybrid = by_likes[:300], models["both"][0]
_, vectors = hybrid.get_item_representations(feature_sets["both"])  # biases, and each film's sum of embeddings
plot_embedding_map(vectors[top], genres[top], names, highlight="Sci-Fi", genre_vectors=hybrid.item_embeddings[-20:])

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_embedding_map

show_embedding_map(models, feature_sets, genres, names, movies.item_labels, items=top, genre="Sci-Fi")

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. Nearly all. In 30 components 8.1 of the ten nearest are <i>Sci-Fi</i>, and 2.1 once the genres are subtracted (1.5 to 2.1 in the five trainings), where chance would give 1.5. What a film has of its own hardly says <i>Sci-Fi</i>. It need not: in the model "identity", where no genre can say it, 3.2 are. That model knows <i>Musical</i>: 2.3, where chance would give 0.5. <i>Drama</i>, hardly: 5.0 where chance gives 4.4. An embedding says who likes a thing, not what it is. That sets musicals apart; dramas are liked by everybody. (A likely reason, not a tested one.)
# 2. With identity one, <i>Star Wars</i>; with both four, with genres seven. The cosines tell the opposite: 0.90 and more with identity, 0.86 at most with both. (With identity even the median film has 0.70, with both 0.29. Where all point much the same way, a small difference decides: a likely reason, not a tested one.) Of the ten, the map shows one among its ten nearest with identity, three with both.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Losing the identity** ([#201](https://github.com/lyst/lightfm/issues/201); in [#581](https://github.com/lyst/lightfm/issues/581), with genres passed, every item scored the same). A matrix you pass *replaces* the identity. Stack it: `sp.hstack([sp.identity(n_items), genres], format="csr")`.
#
# **Believing that features must help** ([#551](https://github.com/lyst/lightfm/issues/551)). There, shuffled authors did as well as true ones. Compare with identity alone, and with shuffled features, as in lesson 00.
#
# **Being surprised by the shape** ([#394](https://github.com/lyst/lightfm/issues/394)). 21,561 users with 62 features gave 21,623 columns: users *plus* features, since LightFM's `Dataset` puts the identity in. As many columns as rows usually means no features.
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
# <details><summary>a. A hybrid with 5,000 features</summary>It has 5,000 features, but no two items share one, so no step on an item moves another. They meet only through users who like both, as in any factorization.</details>
# <details><summary>b. Content-based</summary>Then the columns would describe items. Whatever they are called, each belongs to one item.</details>
# <details><summary>c. Matrix factorization</summary>Yes, whatever the variable is called. If the columns stood in another order, it still would be.</details>

# %% [markdown] tags=["quiz"]
# **3. Which experiment told us most about the cause of what genres alone did?**
#
# <details><summary>a. Identities for the 30 most liked films, and for 30 at random</summary>Yes. Genres and number of columns were the same. Only the films differed: about 0.05 with the first, 0.006 with the others. What the thirty had to say, one column for all of them showed.</details>
# <details><summary>b. Putting back all identities</summary>That is the cure. It does not tell a column of its own from 9,066 more columns.</details>
# <details><summary>c. Shortening the long sums</summary>It explained which films were on the lists, and showed that others in their place are no cure. It says nothing about what is.</details>
# <details><summary>d. Random tags that made all rows different</summary>That showed what is not enough: telling films apart. But even the rarest tag of <i>Shawshank</i> was on 40 films.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Derive the step:** by the chain rule a feature gains $\eta\, s\, x_{if}\, p_u$, so another film moves with film $i$ as the product of their rows: 2, 0.5, 0 and 1 for one like of *Galaxy*.
# - **Tell from the matrix:** as many columns as rows and products of 0 are plain factorization, where films meet only through people. With genres alone, 610 films move just as far as *Shawshank*; with both, none does.
# - **Find the cause:** shorter sums made it worse, more epochs changed next to nothing, random tags brought a third at most of what popularity has. 30 identities in the right place lift precision@10 from 0.005 to 0.05, as many at random hardly at all. One column for those thirty does it, too: what lacked first was anything that says *how much*. *By whom* takes identities and genres from 0.06 to 0.08.
#
# **Practice:** [the exercises of this lesson](../exercises/03_feature_embeddings.ipynb).
#
# **Next:** 04. Here the genres came ready-made. Most columns have to be made, from words, prices and years. And what does the matrix that helped here do to models with another loss?
