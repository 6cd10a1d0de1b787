# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Matrix factorization: how can two thin matrices stand for a big sparse one?
#
# Of a hundred places in our table of people and films, 98 are blank. At the end of this lesson you fill in any of them, know by how many stars you are off where somebody chose to rate, and know one thing you must not do with the result.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **derive** the update of Funk SVD from its loss, and do one with a pencil;
# - **find** a cause by changing one thing at a time;
# - **choose** what a blank shall mean to a model;
# - **fold** in a user who came after training, and say what a handful of ratings buys.
#
# *65 minutes. You need lessons 00 and 01, NumPy, and to have met gradient descent once.*

# %% [markdown]
# ## One blank
#
# | | Galaxy | Moonrise | Picnic | Orchard |
# |:--|--:|--:|--:|--:|
# | Ann | 5 | 4 | 2 | **?** |
# | Bob | 1 | 2 | 4 | 5 |
# | Cid | 4 | 3 | 1 | 2 |
#
# How many stars will Ann give *Orchard*? Look at the table before you answer.

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("02 blank", "?", expected="a number from 0.5 to 5")

# %% [markdown]
# The average of all ratings is 3. Ann's average is 0.67 above it, *Orchard*'s 0.5. Add up: 4.17. But hold Ann's row against Cid's: she gives one star more, every time, and Cid gave *Orchard* 2. That points to 3. How is "agrees with" written as arithmetic?
#
# $$\hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i$$
#
# is the predicted rating of film $i$ by user $u$. $\mu$ is the **global mean**, here 3. The **biases** $b_u$ and $b_i$ say how far a user and a film lie above or below it, whoever is on the other side.
# What is left is taste: a **vector** $p_u$ for the user, $q_i$ for the film, and their inner product, positive when the two point the same way.
#
# Here are such numbers, made to fit together, so the biases are not the averages above. The vectors have one **component** each:

# %%
import numpy as np

mean = 3.0
user_biases, user_vectors = np.array([0.5, 0.0, -0.5]), np.array([[1.0], [-1.0], [1.0]])
film_biases = np.array([-0.25, -0.25, -0.25, 0.75])
film_vectors = np.array([[1.75], [0.75], [-1.25], [-1.25]])

mean + user_biases[:, None] + film_biases + user_vectors @ film_vectors.T

# %% [markdown]
# Ann and *Galaxy*: 3 + 0.5 − 0.25 + 1 × 1.75 = 5. All eleven ratings are right, and the blank is 3 + 0.5 + 0.75 − 1 × 1.25 = **3**.
#
# `user_vectors @ film_vectors.T` is the **factorization**: two thin matrices, whose product has a number in every place.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask two people with different guesses what they looked at: columns, rows, or pairs of rows. Expect "why is Bob −1?" Flip the sign of all seven vectors, and nothing changes.

# %% [markdown]
# ## Where the numbers come from
#
# For **one** rating $r_{ui}$, with the error $e = r_{ui} - \hat r_{ui}$, let the **loss** be
#
# $$L = \tfrac12 e^2 + \tfrac\lambda2 \left( b_u^2 + b_i^2 + \lVert p_u \rVert^2 + \lVert q_i \rVert^2 \right)$$
#
# where $\lVert p_u \rVert^2$ is the sum of the squares of $p_u$. The second part is the **regularization**, a penalty on large numbers, and $\lambda$ says how much they cost.
#
# One more in $b_u$ is one more in $\hat r_{ui}$ and one less in $e$, so $\partial e / \partial b_u = -1$, and by the chain rule
#
# $$\frac{\partial L}{\partial b_u} = e \cdot \frac{\partial e}{\partial b_u} + \lambda b_u = -e + \lambda b_u$$
#
# Component $k$ of $p_u$ is in $\hat r_{ui}$ once, multiplied by component $k$ of $q_i$. So $\partial e / \partial p_{uk} = -q_{ik}$, and for the whole vector
#
# $$\frac{\partial L}{\partial p_u} = -e\, q_i + \lambda p_u$$
#
# The film's two are the same with $u$ and $i$ exchanged. Now take a step of size $\eta$, the **learning rate**, against each slope. For the bias, $b_u - \eta(-e + \lambda b_u)$, which is $(1 - \eta\lambda)\, b_u + \eta e$. All four, each from the old values:
#
# $$b_u \leftarrow (1 - \eta\lambda)\, b_u + \eta e \qquad p_u \leftarrow (1 - \eta\lambda)\, p_u + \eta e\, q_i$$
#
# $$b_i \leftarrow (1 - \eta\lambda)\, b_i + \eta e \qquad q_i \leftarrow (1 - \eta\lambda)\, q_i + \eta e\, p_u$$
#
# Rated higher than predicted? Both biases rise, and the two vectors are pulled towards each other. Rated lower: pushed apart. And every step shrinks a little what it touches. One such step is an **update**; an **epoch** makes one for each rating.
#
# Ann's 5 for *Galaxy*, with $\mu = 3$, $b_u = 0.5$, $b_i = -0.5$, $p_u = (1, 0.5)$, $q_i = (1.5, -1)$, $\eta = 0.1$ and $\lambda = 0.2$. What is $\hat r_{ui}$, what is $e$, and what becomes of $p_u$? Then run the cell.

# %%
p, q, b_user, b_film = np.array([1.0, 0.5]), np.array([1.5, -1.0]), 0.5, -0.5
error = 5 - (3 + b_user + b_film + p @ q)
shrink = 1 - 0.1 * 0.2

print(f"error {error:.2f}, shrink {shrink:.2f}")
print(f"b_u {shrink * b_user + 0.1 * error:.2f}   p_u {shrink * p + 0.1 * error * q}")
print(f"b_i {shrink * b_film + 0.1 * error:.2f}   q_i {shrink * q + 0.1 * error * p}")

# %% [markdown]
# The library's `FunkSVD` is named after Simon Funk, who blogged the method in 2006. Fit it for 0 epochs, to make room for the numbers, put ours in, and let it learn from that one rating. (It calls the vectors *embeddings*.)

# %%
import scipy.sparse as sp

from recsys_lessons import FunkSVD

table = np.array([[5, 4, 2, 0], [1, 2, 4, 5], [4, 3, 1, 2]])  # 0: nothing is stored there
known = sp.coo_matrix(table)
tiny = FunkSVD(no_components=2, learning_rate=0.1, regularization=0.2).fit(known, epochs=0)
tiny.user_biases[0], tiny.user_embeddings[0] = b_user, p
tiny.item_biases[0], tiny.item_embeddings[0] = b_film, q

anns_rating = sp.coo_matrix(([5], ([0], [0])), shape=(3, 4))
_ = tiny.fit_partial(anns_rating, epochs=1)
print(f"b_u {tiny.user_biases[0]:.2f}   p_u {tiny.user_embeddings[0].round(2)}")
print(f"b_i {tiny.item_biases[0]:.2f}   q_i {tiny.item_embeddings[0].round(2)}")

# %% [markdown]
# Digit for digit. Here is the code that ran, without its loops. Find the four equations in it:

# %%
from recsys_lessons.kernels.funk_svd import learn_ratings, step_embeddings
from recsys_lessons.teaching.source import show_source

show_source(learn_ratings, part=("error = ", "step_embeddings("))
show_source(step_embeddings, part=("for column", "store(items"))

# %% [markdown]
# `pull` is $\eta e$, `shrinkage` is $1 - \eta\lambda$. The second piece has the vectors' two equations, for `LANES`, that is eight, components at a time; `pulls` and `shrink` are the same two numbers, eight times. Both old vectors are loaded before a new one is stored. Without `learn_items` the films stand still.
#
# Now the whole table: a hundred epochs of eleven updates, from small random vectors with two components, and from five **seeds** for these:

# %%
blanks = []
for seed in range(5):
    model = FunkSVD(no_components=2, epochs=100, learning_rate=0.1, random_state=seed).fit(known)
    blanks.append(model.predict(0, [3])[0])
your_guess("02 blank", measured=f"{min(blanks):.2f} to {max(blanks):.2f} in 5 seeds")

# %% [markdown]
# Nobody told it to compare rows. But one vector has to serve all of Ann's ratings, so what explains three of them decides the fourth.

# %% [markdown]
# ## Six million places
#
# Back to the films. Of the 100,004 ratings a fifth, drawn at random, is kept back as **test**, in five ways. Claims in this lesson are about all five.

# %%
from recsys_lessons.cross_validation import random_train_test_split
from recsys_lessons.datasets import load_movies

movies = load_movies()
ratings = movies.matrix()
splits = [random_train_test_split(ratings, random_state=seed) for seed in range(5)]
train, test = splits[0]
n_users, n_films = ratings.shape
places = n_users * n_films
print(f"{n_users} x {n_films} = {places:,} places, {ratings.nnz / places:.1%} filled")
print(f"vectors of 100: ({n_users} + {n_films}) x 100 = {(n_users + n_films) * 100:,} numbers")
print(f"ratings to learn them from: {train.nnz:,}")

# %% [markdown]
# How good is a prediction? Square the errors on test, average, take the root: the **RMSE**, in stars. Three models compete:
#
# - the **mean**: $\mu$ for everything;
# - **Funk SVD** in the library's default settings, which are those of the library Surprise: 100 components, 20 epochs, $\eta = 0.005$, $\lambda = 0.02$, vectors that begin at random numbers of standard deviation 0.1;
# - **no vectors**: the same, but all vectors begin at 0. By the two equations on the right they stay there, so only the biases learn.
#
# Which has the lowest RMSE on test?

# %%
guess("02 best", "?", one_of=("mean", "no vectors", "Funk SVD"))

# %%
from recsys_lessons import GlobalMean
from recsys_lessons.evaluation import rmse


def test_errors(**settings):
    """RMSE on test of Funk SVD with these settings, split by split."""
    errors = []
    for seed, (train, test) in enumerate(splits):
        errors.append(rmse(FunkSVD(**settings, random_state=seed).fit(train), test))
    return np.array(errors)


mean_errors = np.array([rmse(GlobalMean().fit(train), test) for train, test in splits])
no_vectors, defaults = test_errors(init_std=0), test_errors()
print("mean:      ", mean_errors.round(3))
print("no vectors:", no_vectors.round(3))
print("Funk SVD:  ", defaults.round(3))
wins = (no_vectors < np.minimum(mean_errors, defaults)).sum()
your_guess("02 best", measured=f"no vectors in {wins} of 5 splits")

# %% [markdown]
# The vectors made it worse, on every split. By 0.005 stars only, but whatever knows anything about taste should help. Then again, there are twelve numbers to find for each rating.

# %% [markdown] slideshow={"slide_type": "notes"}
# Most vote for Funk SVD. Ask for the reason: "overfitting" is the usual one. Write on the board what it predicts: fewer epochs, fewer components or more penalty should each make the vectors help.

# %% [markdown]
# ## Who did it?
#
# Four suspects: too large a **start**; too many **epochs**; too small a **penalty** $\lambda$; too many **components**. Change one of them, with vectors and without. Which makes the vectors help by 0.003 stars or more on every split?

# %%
guess("02 suspect", "?", one_of=("start", "epochs", "penalty", "components"))

# %% [markdown]
# **Epochs.** If 20 are too many, the vectors helped earlier. Train for 40 and look after each.

# %%
with_them, without = np.zeros((5, 40)), np.zeros((5, 40))
for seed, (train, test) in enumerate(splits):
    model = FunkSVD(random_state=seed)
    # Vectors that begin at 0 stay there, so the control needs one component only.
    control = FunkSVD(no_components=1, random_state=seed, init_std=0)
    for epoch in range(40):
        with_them[seed, epoch] = rmse(model.fit_partial(train, epochs=1), test)
        without[seed, epoch] = rmse(control.fit_partial(train, epochs=1), test)

# %%
from recsys_lessons.teaching.plotting import plot_error_by_epoch

on_train = [epoch["rmse"] for epoch in model.training_history]
reference = ("the biases alone", without[-1])
plot_error_by_epoch(on_train, with_them[-1], reference=reference, name="with vectors")
print("best epoch of each split:", with_them.argmin(axis=1) + 1)
print("epochs in which vectors help, split by split:", (with_them < without).sum(axis=1))

# %% [markdown]
# In the end it does **overfit**: train goes on falling while test turns around. But after 20 epochs it had not got there, and in none of the forty do the vectors help.
#
# **Components and penalty**, one at a time, all else as before:


# %%
def by_vectors(**settings):
    """RMSE with vectors minus RMSE without: below 0, the vectors help."""
    return test_errors(**settings) - test_errors(**{**settings, "init_std": 0})


changes = [{"no_components": d} for d in (1, 4, 16)]
changes += [{"regularization": penalty} for penalty in (0.05, 0.07, 0.2)]
for change in changes:
    added = by_vectors(**change)
    print(f"{added.min():+.4f} to {added.max():+.4f}   help in {(added < 0).sum()} of 5   {change}")

# %% [markdown]
# Few components or more penalty take most of the harm away, and bring hardly any good: nowhere more than 0.0015 stars. As if the best that vectors could do were nothing. So what is in them?
#
# ## A look inside
#
# For each test rating of the last split, take what the vectors contribute, $p_u \cdot q_i$. And take the same from a model with the same seed that was **not trained at all**.

# %%
from recsys_lessons.teaching.plotting import plot_what_is_left


def contributions(model, pairs):
    """What the vectors add to the prediction of each pair, in stars."""
    return (model.user_embeddings[pairs.row] * model.item_embeddings[pairs.col]).sum(axis=1)


train, test = splits[4]
model = FunkSVD(random_state=4)
at_start = contributions(model.fit(train, epochs=0), test)
at_end = contributions(model.fit(train), test)
plot_what_is_left(at_start, at_end)

# %% [markdown]
# After 20 epochs the random start is still there, nearly whole.
#
# How much noise is that? 100 products of random numbers of size 0.1 add up to about $\sqrt{100} \times 0.1 \times 0.1 = 0.1$: a tenth of a star, thrown by dice. Errors that know nothing of each other add as squares, so an RMSE of 0.894, without vectors, becomes $\sqrt{0.894^2 + 0.1^2} = 0.8996$. About the gap.
# One component would bring a hundredth of a star, so fewer components had to look like a cure.
#
# If that is the cause, subtracting the start from each prediction, and nothing else, must close the gap.

# %%
minus_start = []
for seed, (train, test) in enumerate(splits):
    model = FunkSVD(random_state=seed)
    at_start = contributions(model.fit(train, epochs=0), test)
    errors = model.fit(train).predict(test.row, test.col) - at_start - test.data
    minus_start.append(np.sqrt(np.mean(errors**2)))

for name, errors in (("defaults", defaults), ("minus their start", np.array(minus_start))):
    added = errors - no_vectors
    print(f"{name:17}  behind no vectors by {added.round(4)}, mean {added.mean():.4f}")

# %% [markdown]
# The gap is gone, but there is no gain. Each vector is pulled along the *other* one, so what it learns may be built on dice as well, and that is still in.
#
# So change the start itself, to a half and a tenth of its `init_std` of 0.1:

# %%
half, tenth = by_vectors(init_std=0.05), by_vectors(init_std=0.01)
for name, added in (("half the start", half), ("a tenth of it", tenth)):
    print(f"{added.min():+.4f} to {added.max():+.4f}   help in {(added < 0).sum()} of 5   {name}")
your_guess("02 suspect", measured=f"half the start: 0.003 or more in {(half <= -0.003).sum()} of 5")

# %% [markdown]
# Half the start, no other change, and the vectors bring 0.003 stars or more on every split. The start did it.
#
# Why so little with a tenth? Each vector moves in proportion to the other, so tiny ones hardly move in 20 epochs. If so, 40 epochs, which did harm, must help a small start.

# %%
from recsys_lessons.teaching.plotting import plot_against

variants = {
    "defaults": {},
    "40 epochs": {"epochs": 40},
    "half the start": {"init_std": 0.05},
    "half the start, 40 epochs": {"init_std": 0.05, "epochs": 40},
}
results = {name: by_vectors(**settings) for name, settings in variants.items()}
title = "More epochs harm a large start, help a small one"
plot_against(results, np.zeros(5), name="the biases alone", title=title)

# %% [markdown]
# Now the best of each kind. Biases can be had without steps: `BiasOnly(3, 5)` computes them as damped averages, each film's as if it had 3 more ratings with nothing to explain, each user's 5. Funk SVD may have more penalty and larger steps (with half the start and 40 epochs). But to choose by *test* errors is cheating. So a fifth of each train is put aside as a validation part, and that chooses:

# %%
from recsys_lessons import BiasOnly

settings = {"init_std": 0.05, "epochs": 40, "regularization": 0.1, "learning_rate": 0.01}
variants["more penalty, larger steps"] = settings


def chosen_on_validation(contenders):
    """The name of the contender with the lowest RMSE on validation, split by split."""
    winners = []
    for seed, (train, _) in enumerate(splits):
        learn, validation = random_train_test_split(train, random_state=seed)
        errors = {name: rmse(model.fit(learn), validation) for name, model in contenders.items()}
        winners.append(min(errors, key=errors.get))
    return winners


funk_svds = {name: FunkSVD(**changed, random_state=0) for name, changed in variants.items()}
shrunk = {pair: BiasOnly(*pair) for pair in [(10, 15), (5, 10), (3, 5), (2, 3), (1, 2)]}
print("Funk SVD:", set(chosen_on_validation(funk_svds)))
print("BiasOnly:", chosen_on_validation(shrunk))

# %%
chosen = test_errors(**settings)
rivals = {
    "Funk SVD, as chosen": chosen,
    "without its vectors": test_errors(**{**settings, "init_std": 0}),
    "BiasOnly(3, 5)": np.array([rmse(BiasOnly(3, 5).fit(train), test) for train, test in splits]),
    "start 0.01, 60 epochs": test_errors(init_std=0.01, epochs=60),
}
for name, errors in rivals.items():
    more = errors - chosen
    print(f"{name:22}{errors.round(3)}   {more.min():+.3f} to {more.max():+.3f}")

# %% [markdown]
# On the right: how much more than *as chosen*. The vectors are worth 0.015 stars and more; half of that goes into catching up with `BiasOnly`, whose biases are better.
#
# The last line is the tenth of the start, with time to move: now it has the lowest errors of all. It was no contender. To switch to it *now* would be to choose by test, so we go on without it, and with `BiasOnly(3, 5)`, which one split did not choose.

# %% [markdown]
# ## Why not fill the blanks with zeros?
#
# The *singular value decomposition* finds, for any full matrix, the two thin ones of a given width whose product is nearest: no start, no epochs. Ours is not full, but to a sparse matrix a blank *is* a 0. Put the best components (16, our choice) into a `FunkSVD`, and measure.

# %%
from scipy.sparse.linalg import svds

zeros = []
for train, _ in splits:
    left, strengths, right = svds(train.tocsr(), k=16, random_state=0)
    model = FunkSVD(no_components=16).fit(train, epochs=0)  # only room for the numbers
    model.user_embeddings, model.item_embeddings = left * strengths, right.T
    model.global_mean = 0.0
    zeros.append(model)

errors = [rmse(model, test) for model, (_, test) in zip(zeros, splits, strict=True)]
print(f"RMSE {min(errors):.3f} to {max(errors):.3f}")

# %% [markdown]
# Almost three stars off. It was told that nearly everything has no stars, and learned it. Is the algebra at fault, or the zeros? Keep the algebra and factor what `BiasOnly` leaves unexplained. Then a blank's 0 says "as the biases predict".

# %%
errors = []
for train, test in splits:
    model = FunkSVD(no_components=16).fit(train, epochs=0)
    base = BiasOnly(3, 5).fit(train)
    model.user_biases, model.item_biases = base.user_biases, base.item_biases
    unexplained = train.tocsr(copy=True)
    unexplained.data -= base.predict(*unexplained.nonzero())
    left, strengths, right = svds(unexplained, k=16, random_state=0)
    model.user_embeddings, model.item_embeddings = left * strengths, right.T
    errors.append(rmse(model, test))
print("filled as the biases predict:", np.round(errors, 3))
print("blanks left out, Funk SVD:   ", chosen.round(3))

# %% [markdown]
# Level with the one we chose. Filling in is no sin; filling in *nonsense* is. Are the zeros good for nothing, then?
#
# ## The other exam
#
# Take the question of lesson 00: ten films for each user. Likes are ratings of 4 and more; all films compete but those the user rated in train. The most popular films, the same for all, know nothing of taste. How many times their precision@10 does Funk SVD have?

# %%
guess("02 ranking", "?", expected="a number of times, such as 1.5")

# %%
from recsys_lessons import Popularity
from recsys_lessons.evaluation import precision_at_k

models = {
    "most popular": [Popularity().fit(train) for train, _ in splits],
    "BiasOnly": [BiasOnly(3, 5).fit(train) for train, _ in splits],
    "Funk SVD": [FunkSVD(**settings, random_state=seed).fit(splits[seed][0]) for seed in range(5)],
    "zeros": zeros,
}
likes = [(test.tocsr() >= 4).astype(np.float32) for _, test in splits]
print("precision@10, all films but train")
found = {}
for name, five in models.items():
    found[name] = [precision_at_k(five[s], likes[s], splits[s][0]).mean() for s in range(5)]
    print(f"{name:13} {min(found[name]):.3f} to {max(found[name]):.3f}")
times = np.divide(found["Funk SVD"], found["most popular"])
your_guess("02 ranking", measured=f"{times.min():.2f} to {times.max():.2f} times")

# %% [markdown]
# The model that is almost three stars off finds two of ten. (More than in lesson 00: this test holds nearly three times as many likes, so more can be hit.) Funk SVD, so good in stars, finds one of *a hundred*.
#
# The exams differ in their **candidates**. RMSE asks about films that somebody *chose to rate*; here nine thousand compete, and one not rated counts as a miss. Change that alone: only films compete which the user rated in test (the third argument says which may not). In both columns, five places count: some users have few ratings.

# %%
not_rated = [sp.csr_matrix(test.toarray() == 0) for _, test in splits]
untrained = [FunkSVD(random_state=seed).fit(splits[seed][0], epochs=0) for seed in range(5)]
rated = {}
print("precision@5    all but train    rated in test")
for name, five in {**models, "untrained": untrained}.items():
    among_all = [precision_at_k(five[s], likes[s], splits[s][0], k=5).mean() for s in range(5)]
    rated[name] = [precision_at_k(five[s], likes[s], not_rated[s], k=5).mean() for s in range(5)]
    print(f"{name:13}  {min(among_all):.3f} to {max(among_all):.3f}", end="   ")
    print(f"{min(rated[name]):.3f} to {max(rated[name]):.3f}")
for other in ("BiasOnly", "zeros", "most popular"):
    ahead = np.greater(rated["Funk SVD"], rated[other]).sum()
    print(f"rated in test: Funk SVD ahead of {other} in {ahead} of 5 splits")

# %% [markdown]
# Other candidates, and Funk SVD, last of four before, comes first; by little, since even random numbers hit more than half. The zeros say something else that is true: *not rated*. That model answers what people rate, Funk SVD what they think of it once they do.
#
# So this is what you must not do: take a model with a good RMSE and recommend its top ten. And its 0.88 holds for films that people chose to rate; for the other blanks nobody knows. And for somebody without a row?

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask where in their own work a model is measured on what was chosen and used on everything: credit scoring, search logs, medical tests.

# %% [markdown]
# ## Somebody new
#
# A user registers: a **cold start**. `predict` refuses:

# %%
try:
    models["Funk SVD"][0].predict(n_users, [0])
except ValueError as refusal:
    print(refusal)

# %% [markdown]
# But the films have their vectors. Hold these still and make the updates for the new user alone, from zero, in as many epochs as in training: **folding in**. Keep a fifth of the users out of training, show 0, 1, 3, 10 or 30 ratings of each, and ask for up to ten others. From how many on is Funk SVD ahead of `BiasOnly`, with each newcomer's bias computed likewise from what is shown, in all of 5 seeds?

# %%
guess("02 fold", "?", one_of=(1, 3, 10, 30))

# %% [markdown]
# First the exams. `exam_of_newcomers` brings each newcomer's ratings in random order; the first are shown, numbers 30 to 39, counted from 0, are asked. Who has 30 or fewer is left out.

# %%
from recsys_lessons.teaching.newcomers import exam_of_newcomers

shown = [0, 1, 3, 10, 30]
exams = [exam_of_newcomers(ratings, shown, asked=(30, 40), seed=seed) for seed in range(5)]
print("examined, seed by seed:", [len(np.unique(exam.asked.row)) for exam in exams])

# %% [markdown]
# Then the models sit them:

# %%
from recsys_lessons.teaching.plotting import plot_by_number_known


def exam_errors(five, **options):
    """RMSE of five models, one a seed, by the number of ratings folded in."""
    errors = np.zeros((5, len(shown)))
    for seed, exam in enumerate(exams):
        errors[seed] = [rmse(five[seed].fold_in(first, **options), exam.asked) for first in exam.shown]
    return errors


funk = [FunkSVD(**settings, random_state=seed).fit(exams[seed].old) for seed in range(5)]
folded = {
    "BiasOnly": exam_errors([BiasOnly(3, 5).fit(exam.old) for exam in exams]),
    "Funk SVD": exam_errors(funk),
}
plot_by_number_known(shown, folded)
ahead = (folded["Funk SVD"] < folded["BiasOnly"]).sum(axis=0)
print("seeds in which Funk SVD is ahead:", ahead)
your_guess("02 fold", measured=shown[np.argmax(ahead == 5)])

# %% [markdown]
# Late. Does a vector need so many? The models also learn the user's *bias* in different ways, so change only the vector: with the films' vectors set to 0, the user's is pulled nowhere. And fold in for 15 epochs as well as for 40 (15 is our choice; no validation part made it):

# %%
from copy import deepcopy

still = deepcopy(funk)
for model in still:
    model.item_embeddings = np.zeros_like(model.item_embeddings)

print("ratings shown:            ", "".join(f"{n:<6}" for n in shown).rstrip())
for epochs in (40, 15):
    with_them, without = exam_errors(funk, epochs=epochs), exam_errors(still, epochs=epochs)
    print(f"{epochs} epochs, vectors:    {with_them.mean(axis=0).round(3)}")
    print(f"{epochs} epochs, no vectors: {without.mean(axis=0).round(3)}")
    print("   seeds in which vectors are ahead:", (with_them < without).sum(axis=0))
    print("   ahead of BiasOnly:", (with_them < folded["BiasOnly"]).sum(axis=0))

# %% [markdown]
# With 15 epochs the error after three ratings falls, vectors or none, nearly to the 0.936 of `BiasOnly`: what lagged was chiefly the user's bias, after too many epochs over too few ratings. The vector then hardly counts there; from ten ratings on it helps in all seeds, and Funk SVD is ahead of `BiasOnly`.
#
# *SVD cannot handle new users or side information*, one reads. Half right: new users can be folded in ([#284](https://github.com/lyst/lightfm/issues/284), [#194](https://github.com/lyst/lightfm/issues/194) ask for that), until the next training. For side information, such as genres, there is no place in the formula.

# %% [markdown]
# ## Lab: eleven ratings, step by step
#
# The table of the beginning, after 330 updates. In the lab below the picture you make them: one, ten, an epoch, or drag *Updates*; the latest stands below in pencil numbers. *Start* is the standard deviation of the first random numbers. A changed setting makes all updates anew.
#
# 1. Set *Start* to 0.01 and drag *Updates* slowly from 0 to 330. How far does the blank go, and what turns it?
# 2. Set the seed to 1, 2, 3. What changes on the left, and what on the right? So what does *component 1* stand for?
# 3. With *Start* 0.3 and seed 3, the known ratings are right and the blank is 0.2 off. Change one thing to mend that. What does it cost?

# %%
from recsys_lessons.teaching.plotting import plot_sgd_steps

with_blank = np.where(table == 0, np.nan, table)
names = {"users": ["Ann", "Bob", "Cid"], "items": ["Galaxy", "Moonrise", "Picnic", "Orchard"]}
plot_sgd_steps(with_blank, steps=330, learning_rate=0.1, penalty=0.02, start=0.3, seed=0, **names)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_sgd_stepper

show_sgd_stepper(with_blank, **names)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. Up to 4.35, beyond what the averages said. For a hundred updates the biases learn alone: short vectors pull each other little. Then they take off (their product is −0.03 after 110 updates, −0.78 after 220) and bring the blank down to 3.1. With a start of 0 they never do: 4.4.
# 2. The arrangement turns or flips, the predictions stay nearly the same. Only lengths and angles count, so a single component stands for nothing.
# 3. Again it is the start that is left. A penalty of 0.1 melts it: the blank becomes 3.0, and the RMSE 0.10 instead of 0.03. A start of 0.03 also does it (3.1) and costs nothing; 1,100 updates (3.0) cost patience. So does a learning rate of 0.3 (3.0), but with 0.5 the numbers are beyond all bounds after 19 updates.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Judging a ranking by RMSE, or a rating by its rank** ([#620](https://github.com/lyst/lightfm/issues/620), [#450](https://github.com/lyst/lightfm/issues/450)). Measure on the films that will compete.
#
# **Storing "unknown" as 0** ([#204](https://github.com/lyst/lightfm/issues/204) asks what a 0 means). To `svds` a blank is a 0. To `FunkSVD` a *stored* 0 is a rating of zero stars.
#
# **Forgetting the random start** ([#486](https://github.com/lyst/lightfm/issues/486), where LightFM's author suspects it in rare features). Compare with an untrained model of the same seed.
#
# **More components, because more must be better** ([#346](https://github.com/lyst/lightfm/issues/346)). With the large start, one harmed less than a hundred.

# %% [markdown] tags=["quiz"]
# ## Quiz
#
# **1. Train RMSE is 0.70, test RMSE 0.97, and without vectors it would be 0.95. Which finding shows that overfitting is why the model is behind?**
#
# <details><summary>a. The gap between train and test</summary>A gap says that train is partly known by heart, not that knowing less would help.</details>
# <details><summary>b. With fewer epochs, test RMSE falls below 0.95</summary>Yes: stopped earlier, the same model is ahead. In this lesson all of forty epochs stayed behind.</details>
# <details><summary>c. With fewer components, test RMSE falls to 0.95</summary>Whatever weakens the vectors does that, for any cause that sits in them.</details>

# %% [markdown] tags=["quiz"]
# **2. $p_u = (2, 0)$, $q_i = (1, 1)$, error $e = -1$, $\eta = 0.1$, $\lambda = 0$. What is the new $p_u$?**
#
# <details><summary>a. (1.9, −0.1)</summary>Yes: (2, 0) − 0.1 × (1, 1). The film was rated lower than predicted, so the user moves away from it.</details>
# <details><summary>b. (2.1, 0.1)</summary>That is for an error of +1: rated higher than predicted.</details>
# <details><summary>c. (1.8, 0)</summary>You pulled it along its own direction. The slope of the error in the user's vector is the <i>film's</i> vector.</details>

# %% [markdown] tags=["quiz"]
# **3. New users have rated five films. Folded in, their error is larger than with biases alone; with no film rated, both are level. What first?**
#
# <details><summary>a. Leave the vector out until there are thirty ratings</summary>Vectors were not the trouble in this lesson, and helped long before thirty.</details>
# <details><summary>b. Put in the films' biases of the better model</summary>Then the model would lag with no film rated as well: there, films' biases are all that a prediction has.</details>
# <details><summary>c. Fewer epochs when folding in</summary>Yes. What came with the five ratings is at fault, and a user's bias from few ratings overshoots when it is trained long.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Derive the update:** the slope in $p_u$ is $-e\,q_i + \lambda p_u$. One step took (1, 0.5) to (1.13, 0.39), on paper and in the library.
# - **Find the cause:** with fewer epochs, fewer components or more penalty, no setting tried brought more than 0.0015 on any split. Half the start alone: 0.003 or more on all five.
# - **Choose what a blank means:** left out, or filled as the biases predict, for stars: RMSE 0.88. As zero, RMSE almost 3, but for what people rate precision@10 of 0.2 against 0.01. So what you must not do: serve the top ten of a model because of its RMSE.
# - **Fold in a newcomer:** hold the films still, update the user alone. Ten ratings took RMSE from 0.969 to 0.905, thirty to 0.885. With one or three `BiasOnly` was better in 5 of 5 seeds, with three chiefly because the user's bias was trained too long; with thirty, Funk SVD.
#
# **Practice:** [the exercises of this lesson](../exercises/02_matrix_factorization.ipynb).
#
# **Next:** of a film nobody has rated the model knows nothing, though it says *Western* on the box. [Lesson 03](03_feature_embeddings.ipynb) gives vectors to what films have in common.
