# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Start here: what does a hybrid recommender do?
#
# You have 671 people, 9,066 films, and a record of who liked what. Which ten films do you show each of them next? In half an hour you have trained a model that answers, and know how far to trust it.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **compute** by hand how a hybrid model scores a film for somebody, even a film nobody has liked yet;
# - **train** one on real ratings, count its hits among the first ten, and say what such a count is worth;
# - **test** whether the genres are what helps, by changing nothing but the genres.
#
# *30 minutes. You need Python, NumPy, and to have met gradient descent once. Shift+Enter runs a cell. The [glossary](glossary.md) collects the terms.*

# %% [markdown]
# ## First, a guess
#
# Further down, a model learns from most of what these people, the **users**, liked: 71 films each on average, from none to more than a thousand. About six each are kept back. Then it ranks **all** 9,066 films for each user.
#
# Of the first ten, how many will be likes that the model **learned from**? And how many will be among those **kept back**? Your guesses are kept in your folder, and shown again beside the count.

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("00 learned from", "?", expected="a number from 0 to 10")
guess("00 kept back", "?", expected="a number from 0 to 10")

# %% [markdown] slideshow={"slide_type": "notes"}
# Let everybody write down both numbers before anybody speaks; expect pairs such as 8 and 3. Collect the highest and the lowest on the board. Nobody needs to be right: both numbers turn out to measure something other than most people think.

# %% [markdown]
# ## Three people, four films, a pencil
#
# A film is an **item**, and **features** describe it. Each film here has a feature of its own, its *identity*, and its genres. A 1 says that the film has the feature:

# %%
import numpy as np

films = ["Galaxy", "Moonrise", "Picnic", "Newcomer"]
features = np.array(
    [  # Galaxy, Moonrise, Picnic, Newcomer, space, comedy
        [1, 0, 0, 0, 1, 0],
        [0, 1, 0, 0, 1, 1],
        [0, 0, 1, 0, 0, 1],
        [0, 0, 0, 1, 1, 0],
    ]
)

# %% [markdown]
# The model keeps two things for each *feature*, not for each film: an **embedding**, a short vector, and a **bias**, one number. Training finds them; here we make them up.
#
# Nobody has liked *Newcomer*, so suppose that nothing is known of its identity: the fourth row is zero.

# %%
feature_embeddings = np.array(
    [
        [0.5, 0.0],  # Galaxy
        [0.0, -0.5],  # Moonrise
        [-0.5, 0.5],  # Picnic
        [0.0, 0.0],  # Newcomer
        [1.0, -0.5],  # space
        [-0.5, 1.0],  # comedy
    ]
)
feature_biases = np.array([0.5, 0.0, 0.25, 0.0, 0.25, 0.0])

# %% [markdown]
# A film's vector is the sum of its features' embeddings, and its bias the sum of their biases. (In general weighted by the numbers in `features`, here 0 and 1.)
#
# *Moonrise* has three features: its identity (0, −0.5), space (1, −0.5) and comedy (−0.5, 1). Add them: (0.5, 0).

# %%
film_vectors = features @ feature_embeddings
film_biases = features @ feature_biases
for i, film in enumerate(films):
    x, y = film_vectors[i]
    print(f"{film:9} vector ({x:4.1f}, {y:4.1f})   bias {film_biases[i]:.2f}")

# %% [markdown]
# Each user has a vector too; ours have no features. The **score** of a film for a user is the inner product of the two vectors, plus the film's bias. (The user has a bias, too. It is the same for every film, so it changes no order, and here it is 0.)
#
# Ann's vector is (1, 0). Take the pencil: what does *Moonrise* score for her? And *Newcomer*?

# %%
user_vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.5]])  # Ann, Bob, Cid
scores = user_vectors @ film_vectors.T + film_biases
print("    " + "".join(f"{film:>10}" for film in films))
for i, name in enumerate(["Ann", "Bob", "Cid"]):
    print(f"{name:4}" + "".join(f"{score:10.2f}" for score in scores[i]))

# %% [markdown] slideshow={"slide_type": "notes"}
# Two minutes with a pencil before this cell runs. Whoever has 0.50 and 1.00 left out the bias. Then ask what would be left of the score of *Newcomer* if there were no genres: nothing, and that is the point of a hybrid.

# %% [markdown]
# *Newcomer* is second on Ann's list, though nobody has liked it. Its genre speaks for it.
#
# This is the **hybrid**. *Collaborative filtering* learns from who liked what, *content-based filtering* from what things are. Here they meet in a sum.
#
# The model is called **LightFM**, after a library whose last release no longer builds on current Pythons. The course has its own, `recsys_lessons`, called in the same way. Does it do what we did? Give it our numbers and ask for Ann, user 0.

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM

likes = sp.coo_matrix([[0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0]])  # Ann, Bob, Cid
small = LightFM(no_components=2, loss="warp")
_ = small.fit(likes, item_features=features, epochs=0)  # no training, only room for the numbers
# LightFM's name, though the rows are features: these are the embeddings of the *items'* features.
small.item_embeddings, small.item_biases = feature_embeddings, feature_biases
small.user_embeddings = user_vectors
small.predict(0, np.arange(4), item_features=features)

# %% [markdown]
# Ann's scores, digit for digit.
#
# ### Where the numbers come from
#
# A **loss** measures mistakes, and training makes it smaller. The one named **WARP** wants each liked film to lead all films the user has not liked by at least 1.
#
# Ann likes *Moonrise*: 0.75. WARP draws films she has not liked, **negatives**, until one breaks the rule, and gives up after ten. *Picnic* does not break it: 0.75 leads −0.75 by 1.5. *Newcomer*, with 1.25, does.
#
# Then follows one step of gradient descent, say of size 0.1. Each feature of *Moonrise* gains 0.1 × Ann's vector = (0.1, 0), and each of *Newcomer* loses as much:
# comedy becomes (−0.4, 1), *Newcomer*'s identity (−0.1, 0), and space, which both have, stays. The biases and Ann's vector move likewise.
#
# The fewer draws it took, the more films probably break the rule, and the larger the step. So a liked film far down is pushed up hard, one near the top hardly any more. Lesson 05 derives the step.

# %% [markdown]
# ## The same on 9,066 films
#
# Ratings from half a star to five, given on MovieLens between 1995 and 2016. We call 4 stars or more a like.

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
data = movies.as_lightfm(genre_features=True, min_rating=4.0)
train, test = data["train"].tocsr(), data["test"].tocsr()
item_features = data["item_features"]
print("train:", train.shape, "with", train.nnz, "likes")
print("test: ", test.shape, "with", test.nnz, "likes")
print("item features:", item_features.shape)
n_liked = train.getnnz(axis=1)
print(f"likes of a user in train: {n_liked.mean():.1f} on average, {n_liked.min()} to {n_liked.max()}")

# %% [markdown]
# The model learns from *train*. *Test* is kept back: ten ratings of each user, drawn at random, of which the likes count.
# A rating below 4 is in neither, so a film somebody hated looks like one not seen. Lesson 01 returns to that.
#
# Read the shape of the features aloud: 9,066 films by 9,086 features, an identity for each film and 20 genres. Always look, since a call can seem hybrid and not be:

# %%
movies.as_lightfm(min_rating=4.0)["item_features"].shape

# %% [markdown]
# As many features as films: identities and nothing else. The MovieLens loader in LightFM has this default, too, and nothing warns you. We asked for `genre_features=True`.
#
# Train it. An **epoch** is one pass over all likes. Each embedding has 30 **components**, which is how many numbers it holds, `learning_rate` sets the size of the steps, and `item_alpha` pulls what the model learns about films towards zero, very slightly.
#
# The loss of a like is 0 if ten draws find no film that breaks the rule, otherwise what its lead is short of 1, times a weight of at most 9.1 (the logarithm of the number of films).
# Draws are counted too. Ten in vain lead to no **update** (step), so there can be more than ten for each update.

# %%
settings = {"loss": "warp", "no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}
model = LightFM(**settings, random_state=42)
_ = model.fit(train, item_features=item_features, epochs=10)

# %%
from recsys_lessons.teaching.plotting import plot_training

plot_training(model.training_history)

# %% [markdown]
# As training goes on, films that break the rule become hard to find.
#
# ## Your guess, and the count
#
# **Precision@10** is the share of the first ten places that right answers take, averaged over users. Times ten, it is what you guessed.

# %%
from recsys_lessons.evaluation import precision_at_k

on_train = precision_at_k(model, train, k=10, item_features=item_features).mean()
on_test = precision_at_k(model, test, k=10, item_features=item_features).mean()
print(f"learned from: precision@10 {on_train:.3f}")
your_guess("00 learned from", measured=f"{10 * on_train:.2f} of ten")
print(f"kept back:    precision@10 {on_test:.3f}")
your_guess("00 kept back", measured=f"{10 * on_test:.2f} of ten")

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask why the two differ so much. Somebody says overfitting; write it on the board and do not contradict. Ask instead: what experiment would show it? Most ask for more data or a smaller model. Neither changes only the cause.

# %% [markdown]
# Four and a half of ten against half a film. The usual verdict: the model has learned train by heart.
#
# That is a cause, and can be tested. Let the model cheat: train it on *train and test*, and change nothing else. If learning by heart explains the gap, its precision@10 on test should come close to 0.45.
#
# One run could be luck, so train both kinds five times, each with another **seed** for the random numbers. **Before you run it:** where will the cheats end up, in precision@10 on test?

# %%
guess("00 cheating", "?", expected="a number from 0 to 1")

# %%
seeds = range(42, 47)
models = [LightFM(**settings, random_state=s).fit(train, item_features=item_features, epochs=10) for s in seeds]

# %% slideshow={"slide_type": "-"}
cheats = [LightFM(**settings, random_state=s).fit(train + test, item_features=item_features, epochs=10) for s in seeds]

# %% slideshow={"slide_type": "-"}
honest = np.array([precision_at_k(m, test, item_features=item_features).mean() for m in models])
cheating = np.array([precision_at_k(m, test, item_features=item_features).mean() for m in cheats])
print(f"test, kept back:    {honest.min():.3f} to {honest.max():.3f} in 5 seeds")
print(f"test, learned from: {cheating.min():.3f} to {cheating.max():.3f} in 5 seeds")
your_guess("00 cheating", measured=f"{cheating.mean():.3f} on average")

# %% [markdown] slideshow={"slide_type": "notes"}
# Give them a minute in pairs before you scroll. A hint if nobody moves: how many right answers does a user have in train, how many in test, and how many places are there?

# %% [markdown]
# The cheats have seen every answer and find fewer than one of ten. What did we overlook?
#
# ## Look at one list
#
# Take user 3. Score all films, sort, print the first ten, and mark what the user liked.

# %%
scores = model.predict(3, np.arange(movies.n_items), item_features=item_features)
for film in np.argsort(-scores)[:10]:
    mark = "train" if train[3, film] else "test" if test[3, film] else ""
    print(f"{mark:6} {movies.item_labels[film]}")

# %% [markdown]
# Most places are taken by films the user is known to like: poor advice on what to watch next.
#
# And there never were two exams. Both numbers count marks **in the same ten places**, one *train*, the other *test*. A place that a train film takes is lost to the test films, by heart or not.
#
# So change the **candidates**, the films that compete: leave out what each user liked in train, the third argument of `precision_at_k`.

# %%
fair = np.array([precision_at_k(m, test, train, item_features=item_features).mean() for m in models])
fair_cheating = np.array([precision_at_k(m, test, train, item_features=item_features).mean() for m in cheats])
print("test likes     all films    train left out")
for name, *pair in [("kept back", honest, fair), ("learned from", cheating, fair_cheating)]:
    print(f"{name:12}", *[f"  {values.min():.3f}–{values.max():.3f}" for values in pair])

# %% [markdown]
# From left to right: the same models, other candidates, about 1.6 times the precision.
#
# From top to bottom: the same likes in the same race, learned or not. That is what learning by heart is worth, about 0.02.
#
# Now hold the cheats' 0.1 against 0.45. Both count likes that a model has learned, so learning cannot be what sets them apart. What does is the race: *train* has 71 right answers a user, *test* fewer than six. The gap was mostly the counting.
#
# So ask what competed, and what others reach in the same race. Six right answers cannot even fill ten places:

# %%
from recsys_lessons import Popularity

popular = precision_at_k(Popularity().fit(train), test, train).mean()
likes_in_test = test.getnnz(axis=1)
likes_in_test = likes_in_test[likes_in_test > 0]  # the metric, too, leaves out users without any
print(f"films at random:     {likes_in_test.mean() / movies.n_items:.4f}")
print(f"most popular films:  {popular:.3f}")
print(f"hybrid:              {fair.min():.3f} to {fair.max():.3f}")
print(f"a perfect list:      {np.minimum(likes_in_test, 10).mean() / 10:.3f}")

# %% [markdown]
# A hundred times better than chance is easy: popularity manages most of that. About 1.5 times popularity is worth something.
#
# ## Did the genres do that?
#
# Take them away, and *matrix factorization* remains: one vector for each film, learned from likes alone. No `item_features` means identities.
#
# **Before you run it:** much worse, a little worse, or no different?

# %%
guess("00 without genres", "?", one_of=("much worse", "a little worse", "no different"))

# %%
plain = [LightFM(**settings, random_state=s).fit(train, epochs=10) for s in seeds]
without = np.array([precision_at_k(m, test, train).mean() for m in plain])
print(f"with genres: {fair.min():.3f} to {fair.max():.3f}")
print("genres are ahead in", (fair > without).sum(), "of 5 seeds")
your_guess("00 without genres", measured=f"{without.min():.3f} to {without.max():.3f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask for a control: how could the gain come from anything but what the genres say? Expect silence, then "more parameters". Let them invent the shuffle before the next cell shows it.

# %% [markdown]
# A little worse. But is it what the genres *say* that helps, or are twenty more vectors of any kind good to have?
#
# Deal the genres out anew: each film gets those of another, at random. As many features, as many films to a genre, only the meaning is gone.

# %%
shuffled = np.zeros(5)
for run, seed in enumerate(seeds):
    order = np.random.default_rng(seed).permutation(movies.n_items)
    wrong = sp.hstack([sp.identity(movies.n_items), movies.item_features[order]], format="csr")
    misled = LightFM(**settings, random_state=seed).fit(train, item_features=wrong, epochs=10)
    shuffled[run] = precision_at_k(misled, test, train, item_features=wrong).mean()

# %%
from recsys_lessons.teaching.plotting import plot_by_seed

plot_by_seed(
    {"true genres": fair, "no genres": without, "shuffled genres": shuffled},
    measure="precision@10 on test, train films left out",
    title="True genres help a little, shuffled ones do not",
    reference=("most popular", popular),
)
print("no genres above shuffled ones:", (without > shuffled).sum(), "of 5 seeds")

# %% [markdown]
# It is the meaning that helps: nothing else was changed. Without it, genres are worse than none in most runs, probably because they tie together films that have nothing in common.
#
# The gain is small. A film with a hundred likes tells more about itself than *Comedy* can. Without likes, genres are all there is, and even then it is not as easy as the pencil made it look (lesson 08).
# And this is one split of one data set; `as_lightfm(..., seed=1)` draws another.

# %% [markdown]
# ## What one user gets
#
# User 3 again, train films left out. `recommend` does in one call what you did with `predict` and `argsort`. A ✓ marks a film found in test.

# %%
best, _ = model.recommend(3, n=10, exclude=train, item_features=item_features)
for film in best:
    print("✓" if test[3, film] else " ", movies.item_labels[film])

# %%
from recsys_lessons.teaching.plotting import plot_genre_profile

liked = train[3].indices
plot_genre_profile(liked, best, movies.item_features, movies.item_feature_labels)

# %% [markdown]
# The taste is recognizable, and exaggerated in places, though ten films make coarse percentages.
#
# ## Lab: any user
#
# On the left, likes in train. On the right, recommendations, with a ✓ for each film found in test.
#
# 1. Users 208, 220 and 578 have no likes in train. What do they get, and why is it nearly the same for all three?
# 2. User 563 has more than a thousand likes, user 447 has eight. Who gets more ticks? Does knowing more about a user help here?

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import explore_users

explore_users(model, train, movies.item_labels, test=test, item_features=item_features, user=3)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. Training never moved their vectors from the tiny random numbers they began as. The inner products are close to zero, so the films' biases decide, the same for everybody.
# 2. User 447: five against none. The next cell counts all users. A likely reason, not tested here: whoever has liked the well-known films has only rarer ones left to be found.
#
# </details>

# %%
known = n_liked[test.getnnz(axis=1) > 0]
ticks = 10 * np.array([precision_at_k(m, test, train, item_features=item_features) for m in models])
few, many = ticks[:, known < 20].mean(axis=1), ticks[:, known >= 100].mean(axis=1)
print(f"ticks on average: {few.mean():.2f} with fewer than 20 likes, {many.mean():.2f} with 100 or more")
print("more with fewer than 20:", (few > many).sum(), "of 5 seeds")

# %% [markdown]
# ## Why one thread
#
# The first of your five models had the same data and the same seed, 42, as `model`. Compare them bit by bit.

# %%
np.array_equal(model.item_embeddings, models[0].item_embeddings)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Same seed, same bytes, with `num_threads=1`, the default. Two threads overwrite each other's changes now and then ([#286](https://github.com/lyst/lightfm/issues/286)), and the model is a little different each time. Lessons use one, so that your numbers match these.

# %% [markdown]
# ## Mistakes people have made
#
# The links lead to people who made them, with the original LightFM.
#
# **Comparing test with train** ([#544](https://github.com/lyst/lightfm/issues/544), [#500](https://github.com/lyst/lightfm/issues/500)), or leaving train films in the race, as LightFM's own example once did ([#312](https://github.com/lyst/lightfm/issues/312)). Take them out, and compare with popularity.
#
# **Recommending what people already have** ([#492](https://github.com/lyst/lightfm/issues/492)). `predict` scores whatever you name; `recommend(..., exclude=train)` leaves the old films out.
#
# **Forgetting the features after training** ([#369](https://github.com/lyst/lightfm/issues/369)). What `fit` was given, `predict`, `recommend` and every metric need too.
#
# **Passing genres alone** ([#201](https://github.com/lyst/lightfm/issues/201)). Without identities, two films with the same genres have the same score for everybody. Lesson 03 shows the damage.
#
# **Taking a score for a rating or a probability** ([#454](https://github.com/lyst/lightfm/issues/454)). It may be −3 or 7, and only orders the films for one user.

# %% [markdown] tags=["quiz"]
# ## Quiz
#
# **1. *Newcomer* has no likes. Where does its score on your paper come from?**
#
# <details><summary>a. From nothing: without likes it cannot be scored</summary>True of plain factorization. Here the film's vector is a sum, and its genre's share was learned from other films.</details>
# <details><summary>b. From the scores of films similar to it</summary>No film is looked up. In training, though, similar films teach the genre's embedding what it holds.</details>
# <details><summary>c. From the embedding and the bias of <i>space</i></summary>Yes, since we set its identity to zero. In a trained model it counts as well: it began as random numbers. What becomes of them, lesson 08 tells.</details>

# %% [markdown] tags=["quiz"]
# **2. Precision@10 is 0.45 on train and 0.05 on test, all films competing. What do you do first?**
#
# <details><summary>a. Leave out the train films, then compare with popularity</summary>Yes: first a race in which test films can win, then somebody to race against.</details>
# <details><summary>b. Make the model smaller, it overfits</summary>It may, but these numbers do not show it: even a model that had seen the answers hardly did better.</details>
# <details><summary>c. Train for more epochs until test catches up</summary>It cannot: the better the train films are learned, the more places they take.</details>

# %% [markdown] tags=["quiz"]
# **3. Suppose shuffled genres had worked as well as true ones. What would you have concluded?**
#
# <details><summary>a. The genres of this data set are excellent</summary>Then shuffling should have cost something.</details>
# <details><summary>b. The gain does not come from what the genres say</summary>Yes. It would come from having more features, or from luck. That happens with real data: see <a href="https://github.com/lyst/lightfm/issues/551">#551</a>.</details>
# <details><summary>c. Five seeds were too few</summary>More seeds narrow the ranges. They do not change what was compared.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Compute a score:** add up the embeddings of the film's features, take the inner product with the user's vector, add the biases. A film without likes still has its genres.
# - **Train and report:** `fit(train, item_features=...)`, then precision@10 on test *with the train films left out*, beside popularity. Here 0.08 against 0.05; a perfect list reaches 0.57.
# - **Test the genres:** with, without, and dealt out wrongly. True ones were ahead of both in all five runs, by little.

# %% [markdown]
# ## The course
#
# **An interview tomorrow?** Take the five in bold.
#
# | | lesson | question |
# |:--|:--|:--|
# | **00** | **Start here** | What does a hybrid recommender do? |
# | 01 | [Feedback](01_feedback.ipynb) | What does the data say, and what does it not say? |
# | 02 | [Matrix factorization](02_matrix_factorization.ipynb) | How can two thin matrices stand for a big sparse one? |
# | **03** | **[Feature embeddings](03_feature_embeddings.ipynb)** | Why embed features instead of users and items? |
# | 04 | [Building features](04_building_features.ipynb) | How does raw metadata become a feature matrix? |
# | **05** | **[Losses](05_losses.ipynb)** | Which mistake does each loss punish? |
# | 06 | [Metrics](06_metrics.ipynb) | Is the ranking good, and good at what? |
# | 07 | [Tuning](07_tuning.ipynb) | What do the knobs do? |
# | **08** | **[Cold start](08_cold_start.ipynb)** | What can be said about somebody never seen? |
# | 09 | [Scenario A: news](09_scenario_a_news.ipynb) | Clicks and metadata: what goes to the top? |
# | 10 | [Scenario B: ratings](10_scenario_b_ratings.ipynb) | Stars, no metadata: which model? |
# | 11 | [Scenario C: a store](11_scenario_c_store.ipynb) | Purchases and rich metadata: which loss? |
# | 12 | [Inside the kernels](12_inside_the_kernels.ipynb) | Why is this fast, and how do we know it is right? |
# | 13 | [Serving and scale](13_serving_and_scale.ipynb) | How does it leave the notebook? |
# | **14** | **[Interview review](14_interview_review.ipynb)** | Can you explain it? |
# | 15 | [Capstone](15_capstone.ipynb) | Can you do it on your own data? |
#
# **Next:** 01. We counted a film somebody hated as one not seen; what did that cost? On the short path: 03, where films lose their identity.
