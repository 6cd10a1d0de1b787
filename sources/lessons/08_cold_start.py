# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Cold start: what can be said about somebody never seen?
#
# A film came out this morning. Nobody has rated it, and tonight your site has to decide whom to show it to. An hour later a reader signs up, of whom you know the age and three favorite topics. What does a model say about them, and should you listen?

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **compute** the vector of a film or a user that training never saw, and ask the library for it;
# - **find** out what holds a newcomer down, by changing one thing at a time;
# - **judge** a figure about newcomers by whom they were ranked against, and by what the model was told in training;
# - **decide** what to serve a newcomer, by what is known and by how many clicks there are.
#
# *65 minutes. You need lessons 00, 02 and 03; 04 and 05 help.*

# %% [markdown]
# ## A film that came out this morning
#
# *Comet* is space, and a little comedy, with weights 1 and ½. *Galaxy* was in train, *Comet* was not. The embeddings of the genres were learned from other films:
#
# | | embedding | bias |
# |:--|:--|:--|
# | *space* | (½, −½) | ¼ |
# | *comedy* | (−½, 1) | −½ |
#
# A film's vector is the weighted sum of its features' embeddings (lesson 03). With a pencil: (½, −½) + ½ · (−½, 1) = (¼, 0), and the bias is ¼ − ½ · ½ = 0. Ann's vector is (1, 1), so her score for *Comet* is ¼.
#
# In the library *Comet* is a row in a *new* matrix, with all the columns of training.

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM

galaxy = sp.csr_matrix([[1, 1, 0]])  # its identity, space, comedy
small = LightFM(no_components=2, random_state=1)
_ = small.fit(sp.coo_matrix([[1]]), item_features=galaxy, epochs=0)
small.item_embeddings[1:], small.item_biases[1:] = [[0.5, -0.5], [-0.5, 1]], [0.25, -0.5]
small.user_embeddings = [[1, 1]]  # Ann

comet = sp.csr_matrix([[0, 1, 0.5]])
biases, vectors = small.get_item_representations(comet)
score = small.predict(0, [0], item_features=comet)[0]
print(f"Comet: vector ({vectors[0, 0]:.2f}, {vectors[0, 1]:.2f})  bias {biases[0]:.2f}  score {score:.2f}")

# %% [markdown]
# The id 0 is the row of the matrix you pass. *Comet* has a score without training. Is it a good one?

# %% [markdown]
# ## Who is this film for?
#
# Real films, without those that nobody likes. A fifth of them is held back *whole*, five times, drawn anew each time: these are the **newcomers**. Of the other, *known* films a tenth of the likes is kept back, to see what a cure costs them.

# %%
from recsys_lessons.cross_validation import cold_items, random_train_test_split
from recsys_lessons.datasets import load_movies

movies = load_movies()
data = movies.as_lightfm(min_rating=4.0)
likes = (data["train"] + data["test"]).tocsr()
somebody = likes.getnnz(axis=0) > 0
likes, genres = likes[:, somebody], movies.item_features[somebody]
n_users, n_films = likes.shape

splits = []
for seed in range(5):
    kept, of_new = cold_items(likes, random_state=seed)
    train, of_known = random_train_test_split(kept, test_percentage=0.1, random_state=seed)
    order = np.argsort(of_new.getnnz(axis=0) > 0, kind="stable")  # newcomers last
    in_order = [matrix.tocsr()[:, order] for matrix in (train, of_new, of_known)]
    splits.append((*in_order, genres[order]))
n_new = np.unique(of_new.col).size
n_known = n_films - n_new
print(f"{n_known:,} known films, {n_new:,} newcomers")
unliked = (splits[0][0].getnnz(axis=0)[:n_known] == 0).sum()
print(f"first split: {splits[0][1].nnz:,} likes of newcomers; {unliked} known films have lost all likes to the tenth")

# %% [markdown]
# We measure AUC, the share of pairs of a liked newcomer and another film that are in the right order, averaged over users. The others are *all* films that the user has not liked in train. WARP, with identities alone. (The arguments `likes` and `features` below hold a matrix for each of the five splits. For a race among some films, pass only their rows.)

# %%
from recsys_lessons.evaluation import auc_score


def train_five(loss, features, likes, epochs=10):
    five = []
    for split in range(5):
        model = LightFM(loss=loss, no_components=30, random_state=split)
        five.append(model.fit(likes[split], item_features=features[split], epochs=epochs))
    return five


def auc(models, features, films=slice(None)):
    values = []
    for model, matrix, (train, of_new, _, _) in zip(models, features, splits, strict=True):
        of_users = auc_score(model, of_new[:, films], train[:, films], item_features=matrix[films])
        values.append(of_users.mean())
    return np.array(values)


def span(values):
    return f"{values.min():.3f}–{values.max():.3f}"


ids = [sp.identity(n_films, format="csr")] * 5
train = [split[0] for split in splits]
warp = train_five("warp", ids, train)
against_all = auc(warp, ids)
print(f"AUC of newcomers, against all films: {span(against_all)}")

# %% [markdown]
# Far worse than a coin, as lesson 05 found for films that nobody likes in train. Whoever knows nothing should be right half the time. What holds newcomers down?

# %% [markdown] slideshow={"slide_type": "notes"}
# Collect causes: "popular films have high biases" will be first. Ask for each what should happen when it is taken away.

# %% [markdown]
# ### First suspect: the biases
#
# Likes raise a film's bias, and a newcomer has no likes. If that is all, newcomers rise to 0.5 when all biases are set to zero.

# %%
from copy import deepcopy

no_biases = deepcopy(warp)
for model in no_biases:
    model.item_biases[:] = 0
print("as trained:   ", span(against_all))
print("biases zeroed:", span(auc(no_biases, ids)))

# %% [markdown]
# Better, and still far below a coin: biases are not the whole story. Here is a fairer race, newcomers against newcomers.

# %%
newcomers = slice(n_known, n_films)
among = auc(warp, ids, newcomers)
print(f"against all:     {span(against_all)}, mean {against_all.mean():.2f}")
print(f"among newcomers: {span(among)}, mean {among.mean():.2f}")

# %% [markdown]
# The coin. In the race against all a fifth of the opponents are newcomers, with 0.5, the rest are known films. With 0.20 in all, $(0.20 - 0.2 \cdot 0.5) / 0.8 = 0.125$ is left for these: **a liked newcomer loses against seven of eight known films**. It takes more than ignorance to be that wrong.
#
# ### What did training do to them?
#
# Nobody liked a newcomer in train. Has training touched it?

# %%
before = train_five("warp", ids, train, epochs=0)
moved = (warp[0].item_embeddings != before[0].item_embeddings).any(axis=1)[newcomers]
pushed = (warp[0].item_biases != before[0].item_biases)[newcomers]
print(f"first split: {moved.sum():,} vectors and {pushed.sum():,} biases of {n_new:,} newcomers have changed")

# %% [markdown]
# All of them. They have been *refused*, as *Newcomer* was in lesson 00: WARP draws its negatives from all columns of the likes, and a newcomer has a column.
#
# The lead of a like $i$ over a negative $j$ is $p_u \cdot (q_i - q_j) + b_i - b_j$. Its slopes in $q_j$ and $b_j$ are $-p_u$ and $-1$. So with $s$, minus the slope of the loss in this lead, $j$ steps
#
# $$q_j \leftarrow q_j - \eta\, s\, p_u \qquad b_j \leftarrow b_j - \eta\, s$$
#
# away from the user for whom it was drawn. A newcomer has no likes to get any of that back, so it moves away from everybody. This second suspect can be taken away: give newcomers back their numbers from before training. **Where do they end up against all films, when bias and vector are given back?**

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("08 given back", "?", one_of=("below 0.5", "about 0.5", "above 0.5"))

# %%
for given_back in ("bias", "vector", "both"):
    models = deepcopy(warp)
    for model, start in zip(models, before, strict=True):
        if given_back != "vector":
            model.item_biases[newcomers] = start.item_biases[newcomers]
        if given_back != "bias":
            model.item_embeddings[newcomers] = start.item_embeddings[newcomers]
    print(f"given back: {given_back:6}  against all {span(auc(models, ids))}")
your_guess("08 given back", measured=span(auc(models, ids)))

# %% [markdown]
# *Above* the coin, though the model knows as little as before. Can refusing be avoided? Train on likes without the newcomers' columns: **the film that comes tomorrow**, instead of the one that lies in the catalog, unsold. WARP then draws from known films only (and its steps are a little smaller, lesson 05); each newcomer keeps its row of features. And where do known films stand?

# %%
tomorrow = [matrix[:, :n_known] for matrix in train]
warp_tomorrow = train_five("warp", ids, tomorrow)
races = {
    "WARP, in the catalog": (against_all, among),
    "WARP, tomorrow": (auc(warp_tomorrow, ids), auc(warp_tomorrow, ids, newcomers)),
}
for name, (everybody, own) in races.items():
    print(f"{name:20} against all {span(everybody)}, among newcomers {span(own)}")
scores = np.array([m.user_embeddings @ m.item_embeddings.T + m.item_biases for m in warp_tomorrow])
print("share of known films' scores below 0:", span((scores[..., :n_known] < 0).mean(axis=(1, 2))))
spread = [f"{scores[..., films].std():.2f}" for films in (slice(n_known), newcomers)]
print("spread of scores (standard deviation): known films {}, newcomers {}".format(*spread))

# %% [markdown]
# A film never touched scores nearly 0 for everybody, and most known films have been pushed below. So the AUC against all shows how *high* newcomers stand, by accident of training. What the model *knows* of them shows among newcomers: a coin, as before.
#
# ### And BPR?
#
# BPR draws its negatives from the entries of the likes, and a newcomer has none. With 20 *extras* (lesson 04), invented users with a −1 for every film, it draws newcomers, too. As a control, 20 extras with a −1 for every *known* film.

# %%
noes = sp.csr_matrix(np.full((20, n_films), -1.0))
to_known = sp.csr_matrix(np.where(np.arange(n_films) < n_known, noes.toarray(), 0))
learned = {
    "BPR": train,
    "BPR, all films refused": [sp.vstack([matrix, noes]) for matrix in train],
    "BPR, known films refused": [sp.vstack([matrix, to_known]) for matrix in train],
}
by_bpr = {name: train_five("bpr", ids, matrices) for name, matrices in learned.items()}
for name, models in by_bpr.items():
    races[name] = auc(models, ids), auc(models, ids, newcomers)

# %%
from recsys_lessons.teaching.plotting import plot_two_races

buried = [name for name, (everybody, _) in races.items() if everybody.max() < 0.5]
refused = ["WARP, in the catalog", "BPR, all films refused"]
where = "the two trainings that refuse newcomers" if buried == refused else ", ".join(buried)
plot_two_races(races, title=f"Buried: {where}")

# %% [markdown]
# Where newcomers are refused, they are buried, by either loss; where they are not, by neither. (The logistic loss buries them without refusing, by lifting all the others: lesson 05.) Nowhere does the model know anything about them. But *we* know their genres.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask which kind of newcomers their own evaluation has. Most people keep the matrix's shape, without knowing that they test the unsold.

# %% [markdown]
# ## Genres on top
#
# Three ways to give the newcomers in the catalog their genres, all with WARP:
#
# - **both**: identity and genres;
# - **both, blank**: the same trained models, but newcomers are asked for with a **blank row**, genres and no identity;
# - **genres alone**: no identities at all.
#
# **Which has the highest AUC of newcomers against all?**

# %%
guess("08 genres", "?", one_of=("both", "both, blank", "genres alone"))

# %%
is_known = sp.diags(np.arange(n_films) < n_known, dtype=np.float32)
both = [sp.hstack([ids[0], of_films], format="csr") for *_, of_films in splits]
blank = [sp.hstack([is_known, of_films], format="csr") for *_, of_films in splits]
alone = [of_films for *_, of_films in splits]

hybrid = train_five("warp", both, train)
by_genres = {
    "both": (hybrid, both),
    "both, blank": (hybrid, blank),
    "genres alone": (train_five("warp", alone, train), alone),
}
with_genres = {name: (auc(*pair), auc(*pair, newcomers)) for name, pair in by_genres.items()}
best = max(with_genres, key=lambda name: with_genres[name][0].mean())
your_guess("08 genres", measured=f"{best}, {span(with_genres[best][0])}")
low, high = (with_genres[name][0].mean() for name in ("both", "both, blank"))
plot_two_races(
    {"identities alone": (against_all, among), **with_genres},
    title=f"Against all films, a blank row turns {low:.2f} into {high:.2f}",
)

# %% [markdown]
# The hybrid adds up genres, which learned from others' likes, and an identity that was refused and never liked. Leave that out *when asking*; no new training is needed. Among newcomers everything with genres is between 0.64 and 0.71. (How much of that is popular genres and how much is taste, we have not split. Films with the same genres tie, which counts against the model, lesson 06.)
#
# What does it cost? Precision@10 of the known films' kept likes; candidates are all films, train films left out. And how many of the ten places go to newcomers, a fifth of the films?

# %%
from recsys_lessons.evaluation import precision_at_k


def cost(models, features):
    precision, places = [], []
    for model, matrix, (train, _, of_known, _) in zip(models, features, splits, strict=True):
        precision.append(precision_at_k(model, of_known, train, item_features=matrix).mean())
        top, _ = model.recommend(np.arange(n_users), exclude=train, item_features=matrix)
        places.append((top >= n_known).mean())
    return np.array(precision), np.array(places)


served = {
    "identities": (warp, ids),
    "both, blank": (hybrid, blank),
    "tomorrow, both, blank": (train_five("warp", both, tomorrow), blank),
    "BPR, both, blank": (train_five("bpr", both, train), blank),
    "BPR, identities": (by_bpr["BPR"], ids),
}
for name, pair in served.items():
    precision, places = cost(*pair)
    print(f"{name:22} precision {span(precision)}, places of newcomers {span(places)}, AUC {span(auc(*pair))}")

# %% [markdown]
# With WARP, genres and a blank row cost the known films nothing. With BPR they took over half of its precision (lesson 04). But at a higher AUC than BPR's, WARP gives newcomers one place in two hundred at most, BPR one in six. **An AUC of 0.7 says nothing about places on a list of ten.** If newcomers must be seen, reserve places for them, and rank newcomers *among newcomers*. (What that earns is not measured.)

# %% [markdown]
# ### Identity dropout, a cure from the literature
#
# DropoutNet (Volkovs, Yu and Poutanen, 2017), a deep network, drops *while training* what newcomers lack. Here a random quarter of the films loses its identity in each epoch; asked with a blank row:

# %%
dropped = []
for split, (*_, of_films) in enumerate(splits):
    model, rng = LightFM(loss="warp", no_components=30, random_state=split), np.random.default_rng(split)
    for _ in range(10):
        keeps = sp.diags(rng.random(n_films) > 0.25, dtype=np.float32)
        _ = model.fit_partial(train[split], item_features=sp.hstack([keeps, of_films], format="csr"))
    dropped.append(model)

rows = [(auc(models, blank), auc(models, blank, newcomers), cost(models, blank)[0]) for models in (hybrid, dropped)]
for name, old, new in zip(("against all", "among newcomers", "precision, known"), *rows, strict=True):
    print(f"{name:16} {span(old)}, with dropout {span(new)}, higher in {(new > old).sum()} of 5")

# %% [markdown]
# Newcomers stand a little higher and are hardly better known, and the known films pay, in every split.

# %% [markdown]
# ## A reader who just signed up
#
# No loss of this course refuses a user. So the question is how much their attributes are worth. On a made-up news site we know: of the variance of readers' interests, 0.6 follows from region, age band and chosen topics. The true chance of each click is known, too, so a list can be compared with the best possible one, the **oracle's**. (`warm_articles` are those that were out before the test days.)

# %%
from recsys_lessons.datasets import make_newsroom


def open_site(site):
    data, warm = site.as_lightfm(user_features=True), site.warm_articles
    chances = np.array([site.oracle().probabilities(reader)[warm] for reader in range(site.n_users)])
    return data["train"].tocsr()[:, warm], data["user_features"], chances


site = make_newsroom(attribute_strength=0.6)
clicks, attributes, chances = open_site(site)
n_readers, n_articles = clicks.shape
print(f"{n_readers:,} readers, {n_articles:,} articles, {clicks.nnz:,} clicks, {attributes.shape[1]} attributes")

# %% [markdown]
# A fifth of the readers is held back whole, five times. `exam_of_newcomers` (lesson 02) reveals 0, 1, 2, 5, 10, 20 or 40 clicks of each, in an order drawn by lot. We examine those who have ten more, so heavy readers. Candidates are, whatever was revealed, all articles but the reader's first 40.
#
# The measure is the **share of the oracle**: the mean chance of a click on the list of ten, over that on the oracle's list, the ten best of the same candidates. The model is WARP with identities and attributes; newcomers get a blank row.

# %%
from recsys_lessons import Popularity
from recsys_lessons.teaching.newcomers import exam_of_newcomers

revealed = [0, 1, 2, 5, 10, 20, 40]
full = sp.hstack([sp.identity(n_readers), attributes], format="csr")
blank_readers = sp.hstack([sp.csr_matrix((n_readers, n_readers)), attributes], format="csr")


def share_of_oracle(model, first, examined, chances, **features):
    lists, _ = model.recommend(examined, exclude=first[40], **features)
    own = chances[examined]
    best = np.sort(np.where(first[40][examined].toarray() > 0, 0, own), axis=1)[:, -10:]
    return (np.take_along_axis(own, lists, axis=1).mean(axis=1) / best.mean(axis=1)).mean()


def learn(clicks, chances):  # five models with their newcomers, and what is served before the first click
    five, served = [], []
    for seed in range(5):
        old, shown, asked = exam_of_newcomers(clicks, revealed, asked=(40, 50), seed=seed)
        first = {n: matrix.tocsr() for n, matrix in zip(revealed, shown, strict=True)}
        examined = np.flatnonzero(asked.getnnz(axis=1) == 10)
        model = LightFM(loss="warp", no_components=16, random_state=seed).fit(old, user_features=full, epochs=10)
        five.append((model, first, examined))
        by_popularity = share_of_oracle(Popularity().fit(old), first, examined, chances)
        served.append((by_popularity, share_of_oracle(*five[-1], chances, user_features=blank_readers)))
    return five, dict(zip(("popularity", "attributes"), np.array(served).T, strict=True))


five, strong = learn(clicks, chances)
for name, values in strong.items():
    print(f"{name:10} {span(values)} of the oracle")
best = np.sort(chances, axis=1)[:, -10:]
print(f"by lot     {(chances.mean(axis=1) / best.mean(axis=1)).mean():.2f}, all readers and articles")

# %% [markdown]
# A few facts about a person nobody has seen, and the list is worth four fifths of the best possible one; drawn by lot, two fifths.
#
# ### In a shop
#
# Those attributes we planted. Now real ones: age, income, home and family of households that buy groceries, a fifth of them held back. Candidates are all products; the model is WARP with demographics alone. As controls, demographics are dealt at random, or one feature is shared by all, which tells nothing. **What has the higher AUC for new households, in all five splits?**

# %%
guess("08 households", "?", one_of=("demographics", "popularity", "about the same"))

# %%
from recsys_lessons.cross_validation import cold_users
from recsys_lessons.datasets import load_groceries

shop = load_groceries(described_only=True, min_households=5).as_lightfm(user_features=True)
bought, facts = shop["train"], shop["user_features"]
print(f"{bought.shape[0]} households, {bought.shape[1]:,} products")
old_and_new = [cold_users(bought, random_state=seed) for seed in range(5)]
lots = [np.random.default_rng(seed) for seed in range(5)]
dealt = [facts[lot.permutation(facts.shape[0])] for lot in lots]
nothing = sp.csr_matrix(np.ones((facts.shape[0], 1)))  # one feature, shared by all
popular = []
for lot, (old, of_new) in zip(lots, old_and_new, strict=True):
    model = Popularity().fit(old)
    model.item_popularity = model.item_popularity + lot.random(bought.shape[1]) / 2  # breaks ties by lot
    popular.append(auc_score(model, of_new).mean())
popular = np.array(popular)


def compare(components, epochs):
    measured = []
    for seed, ((old, of_new), mixed) in enumerate(zip(old_and_new, dealt, strict=True)):
        for matrix in (facts, nothing, mixed):
            model = LightFM(loss="warp", no_components=components, random_state=seed)
            _ = model.fit(old, user_features=matrix, epochs=epochs)
            measured.append(auc_score(model, of_new, user_features=matrix).mean())
    true, *controls = np.reshape(measured, (5, 3)).T
    print(f"{components} components: demographics {span(true)}, popularity ahead in {(popular > true).sum()} of 5")
    for name, of in zip(("nothing told", "dealt"), controls, strict=True):
        print(f"  {name:12} {span(of)}, popularity ahead in {(popular > of).sum()} of 5")
        print(f"    demographics ahead in {(true > of).sum()} of 5, by {(true - of).mean():+.4f} on average")
    return (popular > true).sum()


print(f"popularity: {span(popular)}")
your_guess("08 households", measured=f"popularity ahead in {compare(16, epochs=3)} of 5")

# %% [markdown]
# Popularity is ahead. (Its many ties would count against it, so they are broken by lot.) Do the facts say nothing, then? Told *nothing*, the same model is behind, too. Change components and epochs alone, to a setting that suits demographics better (we tried several):

# %%
_ = compare(2, epochs=15)

# %% [markdown]
# This one is level with popularity. So a comparison with popularity mixes the model with the facts. Beside the same model told nothing, the *facts* add 0.000 at either setting. (Their lead over dealt ones, 0.004 at most, is mostly what false facts cost.) **Measure attributes beside the same model without them**, and beside popularity.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask what each control is for: with none, an AUC of 0.74 sounds like knowledge of people; with dealt facts alone, the price of false ones sounds like a gain.

# %% [markdown]
# ## After the first clicks
#
# Fold in (lesson 02): hold the items still, and update the user alone. With attributes one need not begin at zero, but at the sum of their embeddings, and each click adds its step:
#
# $$p_u = \underbrace{\sum_f x_{uf}\, e_f}_{\text{attributes}} + \underbrace{\sum_{\text{steps}} \eta\, s\, (q_i - q_j)}_{\text{own clicks}}$$
#
# (for BPR and WARP; for logistic without $q_j$; Adagrad shortens later steps, lesson 03). With a pencil, for logistic with $\eta = 1$: the attributes sum to (1, 0), and the reader clicks an article with $q_i = (0, 2)$. The score is 0, so $s = ½$, and the vector becomes (1, 0) + ½ · (0, 2) = (1, 1). From zero it is (0, 1).

# %%
tiny = LightFM(no_components=2, loss="logistic", learning_rate=1.0)
click = sp.coo_matrix([[1.0]])
_ = tiny.fit(click, epochs=0)
tiny.item_embeddings, tiny.user_embeddings = [[0, 2]], [[1, 0]]
for name, start in {"attributes": sp.csr_matrix([[1.0]]), "zero": None}.items():
    (x, y), *_ = tiny.fold_in(click, user_features=start, epochs=1).user_embeddings
    print(f"from {name:10} ({x:.0f}, {y:.0f})")

# %% [markdown]
# Now the newcomers of the news site. Folded in from zero, a vector is made of clicks alone. **With how many clicks is it ahead of attributes alone, in all five splits?**

# %%
guess("08 overtakes", "?", one_of=(1, 2, 5, 10, 20, 40, "more"))


# %%
def by_clicks(five, chances, numbers=revealed, epochs=20):
    lines = {"from attributes": [], "from zero": []}
    for model, first, examined in five:
        for name, start in (("from attributes", blank_readers), ("from zero", None)):
            folded = [model.fold_in(first[n], user_features=start, epochs=epochs) for n in numbers]
            lines[name].append([share_of_oracle(f, first, examined, chances) for f in folded])
    return {name: np.array(values) for name, values in lines.items()}


strong |= by_clicks(five, chances)

# %% [markdown]
# And the same readers, attributes and articles, where attributes tell 0.2 of the variance:

# %%
weak_clicks, _, weak_chances = open_site(make_newsroom(attribute_strength=0.2))
weak_five, weak = learn(weak_clicks, weak_chances)
weak |= by_clicks(weak_five, weak_chances)

# %%
from recsys_lessons.teaching.plotting import plot_by_clicks

sites = {"attributes tell 0.6": strong, "attributes tell 0.2": weak}
overtake = []
for lines in sites.values():
    always = [n for n, of in zip(revealed, lines["from zero"].T, strict=True) if (of > lines["attributes"]).all()]
    overtake.append(f"at {always[0]}" if always else "not by 40")
title = f"Clicks from zero overtake weak attributes {overtake[1]}, strong ones {overtake[0]}"
plot_by_clicks(revealed, sites, measure="share of the oracle, list of ten", title=title)
your_guess("08 overtakes", measured=overtake[0])
print("clicks:", *revealed)
for name, lines in sites.items():
    for better, worse in (("from attributes", "attributes"), ("from zero", "popularity")):
        ahead = (lines[better] > lines[worse][:, None]).sum(axis=0)
        print(f"{name}, {better} ahead of {worse}: {' · '.join(map(str, ahead))} of 5")

# %% [markdown]
# From zero, with the 20 epochs of `fold_in`, forty clicks do not make up for strong attributes; for weak ones twenty do. From ten on, folding in *from* the attributes has the highest mean on both sites, at these epochs.
#
# But a click is information, and beside strong attributes the first one makes the list *worse*. A suspect is too many epochs, as for the bias in lesson 02: `fold_in` repeats that one click 20 times. Change only these:

# %%
print("mean share of the oracle with 1, 5 and 40 clicks (splits ahead of attributes alone)")
for epochs in (2, 20, 100):
    for name, shares in by_clicks(five, chances, (1, 5, 40), epochs).items():
        ahead = (shares > strong["attributes"][:, None]).sum(axis=0)
        told = (f"{share:.3f} ({n})" for share, n in zip(shares.mean(axis=0), ahead, strict=True))
        print(f"{epochs:3} epochs, {name:15}  {'   '.join(told)}")

# %% [markdown]
# With two epochs one click does hardly any harm, though no good either: **beside strong attributes one click wants few epochs, and many clicks without attributes want many.** With 100, forty clicks from zero come close to the attributes. What else is wrong with a first click we have not tested.

# %% [markdown] slideshow={"slide_type": "notes"}
# Before the figure let everybody draw their own two curves. Nearly all let the clicks overtake by five or ten.

# %% [markdown]
# ## Lab: what they say, and what they do
#
# A new reader signed up with *sport*, and clicks on *culture* only: on every other of its popular articles, so that equally popular ones remain. The figure shows the topics of twenty recommended articles. In the lab below it you choose what a newcomer tells and clicks; it splits the list's lead, its mean score minus that of all candidates. The newcomer can be an article: choose what it says and what it is really about; readers click it with their true chances, by which its audience is judged. One model, one list: no verdict.
#
# 1. After which click does culture lead, alone and for good? And if they tell *culture* and click on *sport*? If they tell nothing, no topic, age or region, and click on one of the two?
# 2. Let them tell *sport* alone, no age and no region. After which click do clicks give the list more of its lead than *sport* does, and after which does culture first lead? Look for the reason in the table, after the first click.

# %%
from recsys_lessons.teaching.plotting import plot_newcomer_list

chosen, clicked = ["chosen:sport", "age:25-34", "region:north"], "culture"

model, topics = five[0][0], site.articles["topic"][site.warm_articles]
has = np.isin(site.user_feature_labels, chosen)
newcomer = sp.csr_matrix(np.concatenate([np.zeros(n_readers), has])[None])
popular_first = np.argsort(-clicks.getnnz(axis=0), kind="stable")
to_click = popular_first[topics[popular_first] == clicked][::2][:40]
lists = {}
for n in (0, 5, 10, 20, 40):
    own = sp.csr_matrix((np.ones(n), (np.zeros(n, int), to_click[:n])), shape=(1, n_articles))
    best, _ = model.fold_in(own, user_features=newcomer).recommend(0, n=60)
    lists[n] = topics[best[~np.isin(best, to_click)][:20]]
plot_newcomer_list(lists, attributes=chosen, clicked=clicked)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import ArticleLab, show_newcomer_lab

titles, about = site.item_labels[site.warm_articles], site.item_features[site.warm_articles]
names, said = site.user_feature_labels, site.item_feature_labels
described = sp.hstack([sp.identity(n_articles), about], format="csr")
by_features = LightFM(loss="warp", no_components=16, random_state=0)
_ = by_features.fit(clicks, user_features=full, item_features=described, epochs=10)
told = {"told": ["topic:sport"], "topic": clicked}
article = ArticleLab(by_features, about, said, attributes, names, chances, topics, **told)
told = {"told": chosen, "topic": clicked, "labels": titles}
show_newcomer_lab(model, attributes, names, topics, clicks, **told, article=article)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. The 39th. The other way around sport leads from the 12th, and with nothing told from the 8th, culture from the 31st: which topic it is matters more here than what was told. (After five sport clicks the reader who told *culture* has 2 of 11 culture articles left, and 5 on economy, which leads: clicks undo what somebody said before they say much themselves.)
# 2. The first (0.85 to 0.68), but culture leads, at first, after the 36th. That click adds 0.25 to technology's articles and takes 0.06 from culture's: the vector of one article is not its topic. Forty clicks add 0.89 to culture's. With age and region, not even forty give more than what was told (0.70 to 1.33).
#
# An article that says *sport*: if that is true, its audience has 0.93 of the oracle's chance of a click by features alone, 0.76 with one click, and 0.93 again with fifty; if it is really about culture, 0.48, less than by lot (0.56), and 0.88 with a hundred clicks (0.91 by these alone).
#
# </details>

# %% [markdown]
# ## What to do
#
# Figures from this page; measure yours. Shares of the oracle are means, on the site with 0.6, folded in for 20 epochs unless said.
#
# | newcomer | known | do | measured |
# |:--|:--|:--|:--|
# | film | genres | hybrid, WARP; ask with a blank row; reserved places if it must be seen | AUC among newcomers 0.672–0.707 (ties count as lost), with its refused identity 0.644–0.661; unreserved 0.5% of the places at most |
# | film | nothing | reserved places, by lot or by an editor | among newcomers a coin |
# | user | nothing, or attributes that add nothing | popularity until the fifth click, then fold in from zero | 0.575 of the oracle; from zero ahead of it in 5 of 5 with five clicks, in 3 (0.6) and 0 (0.2) with two |
# | user | strong attributes, fewer than ten clicks; weak ones, fewer than five | attributes alone (strong: or fold in for about 2 epochs) | 0.810; with one click 0.808, with 20 epochs 0.796; weak 0.661, popularity 0.579 |
# | user | strong attributes and ten clicks, weak ones and five | fold in from the attributes | ahead of attributes in 4 of 5 with ten; weak ones in 5 of 5 with five |
#
# (From zero, too, the articles were learned beside readers' attributes. A site without any is not tested.)

# %% [markdown]
# ## Mistakes people have made
#
# **Asking for a user by a number that training did not have** ([#638](https://github.com/lyst/lightfm/issues/638), [#344](https://github.com/lyst/lightfm/issues/344), [#210](https://github.com/lyst/lightfm/issues/210), [#718](https://github.com/lyst/lightfm/issues/718)). Write the newcomer's row, and ask for row 0. Without attributes, fold in.
#
# **Wondering why id 0 works for every new item** ([#556](https://github.com/lyst/lightfm/issues/556), [#495](https://github.com/lyst/lightfm/issues/495)). In a matrix of one row, it is the new item. Pass the old matrix by mistake, and you rank its first item ([#385](https://github.com/lyst/lightfm/issues/385)).
#
# **A row with the newcomer's features only** ([#603](https://github.com/lyst/lightfm/issues/603)). All columns of training, in the same order; zeros where the newcomer has nothing.
#
# **Features, and no interactions** ([#233](https://github.com/lyst/lightfm/issues/233)). Features carry over what interactions taught. Without any, they are as random as they were drawn.

# %% [markdown] tags=["quiz"]
# ## Quiz
#
# **1. A colleague with a shop holds out items by setting their likes in the matrix to zero, trains WARP with identities, and finds an AUC of 0.3 for them in each of five splits. "The model has learned that new items are bad." What has happened?**
#
# <details><summary>a. Nothing, random vectors give such values now and then</summary>Five times on the same side of a coin? Random vectors get 0.5 among newcomers, and more against pushed-down films.</details>
# <details><summary>b. New items were drawn as negatives, and never liked</summary>Yes. Nobody found them bad. Train without their columns, and look again.</details>
# <details><summary>c. Popular items have high biases, and that is all</summary>Zeroed biases left newcomers far below a coin here. A test takes one line.</details>

# %% [markdown] tags=["quiz"]
# **2. In model A, newcomers have an AUC of 0.74 against all items and of 0.51 among newcomers; in model B of 0.42 and 0.63. Which do you take to fill a shelf of new items only?**
#
# <details><summary>a. A, it ranks newcomers better where it counts</summary>On that shelf no known item competes. Which new item suits whom, A does not know.</details>
# <details><summary>b. B</summary>Yes. Only the race among newcomers counts there.</details>
# <details><summary>c. Neither, B buries newcomers and A knows nothing of them</summary>Being buried matters against known items only; on this shelf there are none.</details>

# %% [markdown] tags=["quiz"]
# **3. Your hybrid was trained last night. At noon an item arrives whose features are all known. What do you do for tonight's lists?**
#
# <details><summary>a. Pass its row with all columns of training, and rank it with the other newcomers for reserved places</summary>Yes. A sum of embeddings needs no training, and in an open race it would get hardly a place.</details>
# <details><summary>b. Call <code>fit_partial</code> with one more row and column</summary>Another width is an error; and without a like there would be nothing to learn, except, with WARP, to refuse it.</details>
# <details><summary>c. Give it the identity column of a similar item</summary>Then it inherits how much, and by whom, that item is liked. You would be inventing likes.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Compute it:** a newcomer is the weighted sum of what is known, (½, −½) + ½ · (−½, 1) = (¼, 0), and each click adds a step. Ask with a blank row of all columns.
# - **Find the cause:** biases are not the whole story; without any, 0.19–0.23 became 0.26–0.32. Being refused is the cause: with their old bias and vector 0.61–0.62; never refused, 0.66–0.67; and BPR, made to refuse newcomers, 0.14–0.17. (Logistic buries them in another way.)
# - **Judge a figure:** the race against all shows how high newcomers stand (0.66 and knowing nothing), the race among newcomers shows knowledge (0.5 with identities, 0.64–0.71 with genres).
# - **Decide:** genres and a blank row for films, in reserved places; for people popularity until attributes are shown to be more, then fold in from these, with few epochs for the first click. From zero (20 epochs), forty clicks did not overtake attributes that tell 0.6, twenty overtook those that tell 0.2.
#
# **Practice:** [the exercises of this lesson](../exercises/08_cold_start.ipynb).
#
# **Next:** 09, a news site that must decide tonight: which model, and which loss? There cold articles meet new readers.
