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
# You have 671 people, 9,066 films, and a record of who liked what. Which ten films do you show each of them next? In half an hour you have trained a model that answers,
# and you know how far to trust the answer.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **compute** by hand how a hybrid model scores a film for somebody, even a film nobody has liked yet;
# - **train** one on real ratings, count its hits among the first ten, and say what such a count is worth;
# - **test** whether the genres are what helps, by changing nothing but the genres.
#
# *30 minutes. You need Python, NumPy, and to have met gradient descent once. Shift+Enter runs a cell.*

# %% [markdown]
# ## First, a guess
#
# Further down, a model learns from most of what these people, the **users**, liked: about 71 films each. Another six each are kept back. Then it ranks **all** 9,066 films for each user, and you look at the first ten.
#
# Of those ten, how many will be films that the model **learned from**, liked by this user? And how many will be among the user's six **kept back**? Put a number from 0 to 10 in place of each question mark.

# %%
my_guess_learned = "?"
my_guess_kept_back = "?"

# %% [markdown]
# ## Three people, four films, a pencil
#
# A film is an **item** to be recommended, and **features** describe it. Here each film has one feature that is its own, its *identity*, and it has its genres. A 1 says that the film has the feature:

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
# The model keeps two things for each *feature*, not for each film: an **embedding**, which is a short vector, and a **bias**, one number. Training finds them; here we make them up, two numbers to a vector.
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
# A film's vector is the sum of its features' embeddings, and its bias the sum of their biases. (In general the sum is weighted by the numbers in `features`. Here they are 0 and 1.)
#
# *Moonrise* has three features: its identity (0, −0.5), space (1, −0.5) and comedy (−0.5, 1). Add them: (0.5, 0).

# %%
film_vectors = features @ feature_embeddings
film_biases = features @ feature_biases
for i, film in enumerate(films):
    print(f"{film:9} vector {film_vectors[i]}  bias {film_biases[i]}")

# %% [markdown]
# Each user has a vector too; ours have no features. The **score** of a film for a user is the inner product of the two vectors, plus the film's bias. (And the user's, which WARP, below, leaves at 0: the same number added to every film changes no order.)
#
# Ann's vector is (1, 0). Take the pencil: what does *Moonrise* score for her? And *Newcomer*?

# %%
user_vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.5]])  # Ann, Bob, Cid
scores = user_vectors @ film_vectors.T + film_biases
print("    " + "".join(f"{film:>10}" for film in films))
for i, name in enumerate(["Ann", "Bob", "Cid"]):
    print(f"{name:4}" + "".join(f"{score:10.2f}" for score in scores[i]))

# %% [markdown]
# *Newcomer* is second on Ann's list, though nobody has liked it. Its genre speaks for it: Ann leans towards space.
#
# This is the **hybrid**. *Collaborative filtering* learns from who liked what, *content-based filtering* from what things are. Here they meet in a sum.
#
# Does the library do the same? Give it our numbers and ask for Ann, user 0.

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM

likes = sp.coo_matrix([[1, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0]])
small = LightFM(no_components=2, loss="warp")
_ = small.fit(likes, item_features=features, epochs=0)  # no training: this only makes room for the numbers
small.item_embeddings, small.item_biases = feature_embeddings, feature_biases
small.user_embeddings = user_vectors
small.predict(0, np.arange(4), item_features=features)

# %% [markdown]
# Ann's scores, digit for digit.
#
# ### Where the numbers come from
#
# A **loss** measures mistakes, and training makes it smaller. The one named **WARP** wants each liked film (a *positive*) to lead all films the user has not liked by at least 1.
#
# Cid likes *Moonrise*, which scores 0.75 for him. WARP draws films he has not liked, the *negatives*, until one breaks the rule, and gives up after ten. *Picnic* (0.0) breaks it and *Newcomer* (1.0) does, both being above 0.75 − 1.
#
# Then follows one step of gradient descent: *Moonrise* up for Cid, the drawn film down. If the first draw already breaks the rule, many films probably do, so the step is large. After many draws it is small.
# So a liked film far down takes large steps until it is near the top, where WARP wants it. Lesson 05 derives the step.

# %% [markdown]
# ## The same on 9,066 films
#
# Now real ones: ratings from half a star to five, given on MovieLens between 1995 and 2016. We call 4 stars or more a like.

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
data = movies.as_lightfm(genre_features=True, min_rating=4.0)
train, test = data["train"].tocsr(), data["test"].tocsr()
item_features = data["item_features"]
print("train:", train.shape, "with", train.nnz, "likes")
print("test: ", test.shape, "with", test.nnz, "likes")
print("item features:", item_features.shape)

# %% [markdown]
# Each like is an **interaction** of one user with one film. The model learns from *train*. *Test* is kept back: ten ratings of each user, drawn at random, of which the likes count.
# A rating below 4 is in neither, so a film somebody hated looks like a film not seen. That is a simplification; lesson 01 returns to it.
#
# Read the last shape aloud: 9,066 films by 9,086 features. One identity for each film, and 20 genres. It is worth a look every time, since a call can look hybrid and not be:

# %%
movies.as_lightfm(min_rating=4.0)["item_features"].shape

# %% [markdown]
# As many features as films: identities and nothing else. LightFM's own MovieLens loader has this default, too. Programs that hand its `item_features` to the model use no genres, and nothing warns them. We asked for `genre_features=True`.
#
# Train it. An **epoch** is one pass over all likes. Each embedding has 30 **components**, which is how many numbers it holds, and `item_alpha` pulls those of the films towards zero, very slightly.

# %%
settings = {"loss": "warp", "no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}
model = LightFM(**settings, random_state=42)
_ = model.fit(train, item_features=item_features, epochs=10, num_threads=1)

# %%
from recsys_lessons.teaching.plotting import plot_training

plot_training(model.training_history)

# %% [markdown]
# The last line under the figure tells the same from the other side: films that break the rule become hard to find. (Draws in vain are counted too.)
#
# ## Your guess, and the count
#
# **Precision@10** is the share of the first ten places that right answers take, averaged over users. Times ten, it is what you guessed.

# %%
from recsys_lessons.evaluation import precision_at_k

on_train = precision_at_k(model, train, k=10, item_features=item_features).mean()
on_test = precision_at_k(model, test, k=10, item_features=item_features).mean()
print(f"learned from: precision@10 {on_train:.3f}   you guessed {my_guess_learned} of ten")
print(f"kept back:    precision@10 {on_test:.3f}   you guessed {my_guess_kept_back} of ten")

# %% [markdown]
# Four and a half of ten against half a film. The usual verdict on such a pair: the model has learned train by heart.
#
# That names a cause, and a cause can be tested. Let the model cheat: train it on *train and test*, and change nothing else. Now it has learned every answer of the exam.
# If learning by heart explains the gap, its precision@10 on test should come close to 0.445.
#
# One run could be luck. So train both kinds five times, each with another **seed** for the random numbers that training uses.
#
# **Before you run it:** where will the cheats end up?

# %%
my_guess_cheating = "?"

# %%
seeds = range(42, 47)
models = [LightFM(**settings, random_state=s).fit(train, item_features=item_features, epochs=10) for s in seeds]

# %%
cheats = [LightFM(**settings, random_state=s).fit(train + test, item_features=item_features, epochs=10) for s in seeds]

# %%
honest = np.array([precision_at_k(m, test, item_features=item_features).mean() for m in models])
cheating = np.array([precision_at_k(m, test, item_features=item_features).mean() for m in cheats])
print(f"test, kept back:    {honest.min():.3f} to {honest.max():.3f} in 5 seeds")
print(f"test, learned from: {cheating.min():.3f} to {cheating.max():.3f} in 5 seeds   you guessed {my_guess_cheating}")

# %% [markdown]
# The cheats have seen every answer and find fewer than one of ten. Learning by heart is a small part of the gap at most. What did we overlook?
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
# Most places are taken by films the user is known to like. As advice on what to watch next, the list is poor.
#
# And here is what we overlooked. There never were two exams. Both numbers count marks **in the same ten places**: one counts *train*, the other *test*. A place that a train film takes is lost to the test films, by heart or not.
#
# So change the **candidates**, the films that compete: leave out what each user liked in train. `precision_at_k` takes those as its third argument.

# %%
fair = np.array([precision_at_k(m, test, train, item_features=item_features).mean() for m in models])
fair_cheating = np.array([precision_at_k(m, test, train, item_features=item_features).mean() for m in cheats])
print(f"test, kept back:    {fair.min():.3f} to {fair.max():.3f}")
print(f"test, learned from: {fair_cheating.min():.3f} to {fair_cheating.max():.3f}")
print("above the same model with all films as candidates:", (fair > honest).sum(), "of 5 seeds")

# %% [markdown]
# The same models, other candidates, and the number is half as large again.
#
# Even the cheats stay far below 0.445. What else differs? How many right answers there are: 71 likes a user in train, fewer than six in test.
#
# So run *train* in the race that *test* had. Keep the honest models, let as few train likes count as test has, drawn at random, and leave the other train films out.

# %%
from recsys_lessons.cross_validation import random_train_test_split

rest, few = random_train_test_split(train, test_percentage=test.nnz / train.nnz, random_state=0)
as_few = np.array([precision_at_k(m, few, rest, item_features=item_features).mean() for m in models])
print(f"train, only {few.nnz} likes count: {as_few.min():.3f} to {as_few.max():.3f}")

# %% [markdown]
# From 0.445 to about 0.1, where the cheats are too, and the models are the same. In such a race, films that a model has learned reach 0.1 and films it has never seen 0.08. That difference is what learning by heart is worth. The rest of the gap was the counting.
#
# A precision alone says little, then. Ask what competed, and what others reach in the same race. Six right answers cannot even fill ten places:

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
# A hundred times better than chance is easy: popularity manages most of that. Half as good again as popularity is worth something.
#
# ## Did the genres do that?
#
# Take them away, and ordinary *matrix factorization* remains: one vector for each film, learned from likes alone. `item_features=None` means identities.
#
# **Before you run it:** much worse, a little worse, or no different?

# %%
my_guess_without_genres = "?"

# %%
plain = [LightFM(**settings, random_state=s).fit(train, epochs=10) for s in seeds]
without = np.array([precision_at_k(m, test, train).mean() for m in plain])
print(f"without genres: {without.min():.3f} to {without.max():.3f}   you guessed: {my_guess_without_genres}")
print("genres are ahead in", (fair > without).sum(), "of 5 seeds")

# %% [markdown]
# A little worse. But is it what the genres *say* that helps? They are also twenty more vectors to fit with, whatever they stand for.
#
# Test that: hand each film the genres of a film drawn at random. As many features, as many films to a genre, only the meaning is gone.

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
print("true above shuffled:", (fair > shuffled).sum(), "of 5 seeds")
print("none above shuffled:", (without > shuffled).sum(), "of 5 seeds")

# %% [markdown]
# Without their meaning, genres are worse than none in most runs, probably because they tie together films that have nothing in common. So it is the meaning that helps, and you know it because nothing else was changed.
#
# The gain is small. A film with a hundred likes tells more about itself than *Comedy* can. Where there are no likes, genres are all there is; lesson 08 shows that even then it is not as easy as the pencil made it look.
# And this is one split of one data set: `as_lightfm(..., seed=1)` draws another.

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
# Ten films make coarse percentages. The taste is recognizable all the same, and exaggerated in places.
#
# ## Lab: any user
#
# On the left, what a user liked in train. On the right, what is recommended, with a ✓ for each film found in test.
#
# 1. Users 208, 220 and 578 have no likes in train. What do they get, and why is it nearly the same for all three?
# 2. User 563 has more than a thousand likes, user 447 has eight. Who gets more ticks? Try other long and short lists. Does knowing more about a user help here?

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import explore_users

explore_users(model, train, movies.item_labels, test=test, item_features=item_features, user=3)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. Training never moved their vectors, which are still the tiny random numbers they began as. The inner products are close to zero, so the films' biases decide, and those are the same for everybody.
# 2. User 447, by far. For this model, users with fewer than 20 likes get about 0.9 ticks on average, users with 100 or more about 0.7. A likely reason: whoever has liked the well-known films already has only rarer ones left to be found.
#
# </details>

# %% [markdown]
# ## Why one thread
#
# Train once more with the same seed, and compare the embeddings bit by bit.

# %%
again = LightFM(**settings, random_state=42)
_ = again.fit(train, item_features=item_features, epochs=10, num_threads=1)
np.array_equal(model.item_embeddings, again.item_embeddings)

# %% [markdown]
# Same seed, same bytes. With `num_threads=2`, two threads change the same embeddings without waiting for each other, and now and then one overwrites what the other has just written ([#286](https://github.com/lyst/lightfm/issues/286)).
# The model is about as good, and a little different each time. Your numbers should match these, so lessons use one thread. Try two in the cell above: most likely it says `False`.

# %% [markdown]
# ## Mistakes people have made
#
# The links lead to people who made them, with LightFM.
#
# **Comparing test with train.** Is 0.11 on test all right, when train has 0.6 ([#544](https://github.com/lyst/lightfm/issues/544), [#500](https://github.com/lyst/lightfm/issues/500))? LightFM's own example once left the train films in the race ([#312](https://github.com/lyst/lightfm/issues/312)).
# Take them out, and compare with popularity.
#
# **Recommending what people already have** ([#492](https://github.com/lyst/lightfm/issues/492)). `predict` scores every item you name. `recommend(..., exclude=train)` leaves the old ones out.
#
# **Forgetting the features after training** ([#369](https://github.com/lyst/lightfm/issues/369)). What `fit` was given, `predict`, `recommend` and every metric need too.
#
# **Passing genres alone** ([#201](https://github.com/lyst/lightfm/issues/201)). A matrix of your own replaces the identities. Without them, two films with the same genres have the same score for everybody. Lesson 03 shows the damage.
#
# **Taking a score for a rating or a probability** ([#454](https://github.com/lyst/lightfm/issues/454)). It may be −3 or 7. It orders the films for one user and means nothing else.

# %% [markdown]
# ## Quiz
#
# Choose, then open your choice. The wrong ones are worth opening too.
#
# **1. A film arrives with genres and no likes. What is its score made of, as you computed it?**
#
# <details><summary>a. Of nothing: it cannot be scored</summary>True of plain factorization. Here the film's vector is a sum, and its genres' share was learned from other films.</details>
# <details><summary>b. Of its genres' embeddings and biases</summary>Yes. By hand, its identity added nothing. In a trained model it does: the random numbers it began with, and every push down it took as a negative. Lesson 08 measures how much that is.</details>
# <details><summary>c. Of the scores of films similar to it</summary>No film is looked up. Similar films matter in another way: they have taught the genres' embeddings what they hold.</details>

# %% [markdown]
# **2. `item_features.shape` is (500, 500) for 500 items. What do you have?**
#
# <details><summary>a. A hybrid model with 500 useful features</summary>Possible, but look first: an identity matrix has this shape, and it is what you get by default.</details>
# <details><summary>b. Most likely an identity matrix: plain factorization</summary>Yes. With identities and 20 genres it would be (500, 520).</details>
# <details><summary>c. 500 items with one genre each, out of 500</summary>That is an identity matrix under another name: a genre that only one film has is the film itself, and tells nothing about others.</details>

# %% [markdown]
# **3. Precision@10 is 0.45 on train and 0.05 on test, all films competing. What do you do first?**
#
# <details><summary>a. Make the model smaller, it overfits</summary>It may, but these numbers do not show it: both are counted in the same ten places, and even a model that had seen the answers hardly did better.</details>
# <details><summary>b. Leave out the train films, then compare with popularity</summary>Yes: first a race in which test films can win, then somebody to race against.</details>
# <details><summary>c. Train for more epochs until test catches up</summary>With the train films in the race it cannot: the better they are learned, the more places they take.</details>

# %% [markdown]
# **4. Suppose shuffled genres had worked as well as true ones. What would you have concluded?**
#
# <details><summary>a. The genres of this data set are excellent</summary>Then shuffling should have cost something.</details>
# <details><summary>b. The gain does not come from what the genres say</summary>Yes. It would come from having more features, or from luck. That happens with real data: see [#551](https://github.com/lyst/lightfm/issues/551).</details>
# <details><summary>c. Five seeds were too few</summary>More seeds narrow the ranges. They do not change what was compared.</details>

# %% [markdown]
# ## What you can do now
#
# - **Compute a score:** add up the embeddings of the film's features, take the inner product with the user's vector, add the features' biases. A film without likes still has its genres.
# - **Train and report:** `fit(train, item_features=...)`, then precision@10 on test *with the train films left out*, beside popularity. Here 0.08 against 0.05, where a perfect list reaches 0.57.
# - **Test the genres:** with and without, then with the same genres handed out wrongly. True ones were ahead of both in all five runs, by little.
#
# ## The course
#
# One question a lesson, 25 to 45 minutes each. **An interview tomorrow?** Take the five in bold: 00, 03, 05, 08, 14. Lessons that are not in your folder are in preparation.
#
# | | lesson | question |
# |:--|:--|:--|
# | **00** | **Start here** | What does a hybrid recommender do? |
# | 01 | Feedback | What does the data say, and what does it not say? |
# | 02 | Matrix factorization | How can two thin matrices stand for a big sparse one? |
# | **03** | **Feature embeddings** | Why embed features instead of users and items? |
# | 04 | Building features | How does raw metadata become a feature matrix? |
# | **05** | **Losses** | Which mistake does each loss punish? |
# | 06 | Metrics | Is the ranking good, and good at what? |
# | 07 | Tuning | What do the knobs do? |
# | **08** | **Cold start** | What can be said about somebody never seen? |
# | 09 | Scenario A: news | Clicks and metadata, the top of the feed: which model, which loss? |
# | 10 | Scenario B: ratings | Stars and no metadata, predict the rating: which model? |
# | 11 | Scenario C: a store | Purchases and rich metadata, maximize AUC: which loss? |
# | 12 | Inside the kernels | Why is this fast, and how do we know it is right? |
# | 13 | Serving and scale | How does it leave the notebook? |
# | **14** | **Interview review** | Can you explain it? |
# | 15 | Capstone | Can you do it on your own data? |
#
# **Next:** 01. We counted a film that somebody hated as one not seen; what did that cost? On the short path: 03, and what happens to a film that has genres and no identity.
