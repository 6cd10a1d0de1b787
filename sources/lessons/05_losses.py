# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Losses: which mistake does each loss punish?
#
# In lesson 04 genres ruined a model or not, depending on whom it refused. Each loss has its own way to choose whom to refuse, and how hard. You take one step of each with a pencil, and then find out what these choices buy and cost.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **derive** the step of logistic, BPR, WARP and k-OS WARP from the loss, and compute it for one like;
# - **count** what a search for negatives costs, and say what it finds;
# - **judge** the sentence *BPR is the loss for AUC*, and say what it depends on;
# - **choose** a loss by what the list is for.
#
# *60 minutes. You need lessons 00, 03 and 04.*

# %% [markdown]
# ## One like, one negative
#
# Ann likes *Galaxy* ($i$). *Picnic* ($j$) she has not seen, so it can serve as a negative. Ann's vector is (1, 1), *Galaxy*'s (2, 0), *Picnic*'s (0, 2), and all three biases are 0. Both films score 2. Seven more films score −9.
#
# You know from lessons 03 and 04: **BPR** compares *Galaxy* with *Picnic*, **logistic** looks at *Galaxy* alone, and **WARP** searches, and meets *Picnic* at its second draw. **Before you go on:** each takes one step for this like. Who moves *Galaxy* the least, who the most?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("05 steps", "?", expected="three names, smallest step first")

# %% [markdown]
# ### One step for all
#
# A loss looks at one number $z$. For logistic it is the score of the like, $z = \hat r_{ui}$. The others look at a *pair*, the lead of the like over a negative:
#
# $$z = \hat r_{ui} - \hat r_{uj} = p_u \cdot (q_i - q_j) + b_i - b_j$$
#
# (The user's bias $b_u$ is in both scores and cancels.) The strength of lesson 03 is $s = -\partial L / \partial \hat r_{ui}$, which is also $-\partial L / \partial z$, since $z$ rises as the score does. By the chain rule $-\partial L / \partial p_u = s \cdot \partial z / \partial p_u = s\,(q_i - q_j)$. In the same way $\partial z / \partial q_i = p_u$, $\partial z / \partial q_j = -p_u$, and 1 and −1 for the biases. A first step with learning rate $\eta$ (Adagrad shortens later ones, lesson 03):
#
# $$p_u \leftarrow p_u + \eta\, s\, (q_i - q_j) \qquad q_i \leftarrow q_i + \eta\, s\, p_u \qquad q_j \leftarrow q_j - \eta\, s\, p_u$$
#
# $$b_i \leftarrow b_i + \eta\, s \qquad b_j \leftarrow b_j - \eta\, s$$
#
# Logistic has no $j$; its terms are absent, and $b_u$ moves by $\eta\, s$. So a loss decides **who is $j$, and how large is $s$**. (k-OS also decides who is $i$; its step is WARP's.)
#
# ### Logistic and BPR
#
# Both are $L = -\log \sigma(z) = \log(1 + \exp(-z))$, the first of a score, the second of a lead. The slope is the same:
#
# $$s = -\frac{\partial L}{\partial z} = \frac{\exp(-z)}{1 + \exp(-z)} = 1 - \sigma(z)$$
#
# Logistic sees a score of 2 and is nearly content: $s = 1 - \sigma(2) = 0.119$. BPR sees a lead of 0: $s = 1 - \sigma(0) = ½$.

# %%
from recsys_lessons.kernels import bpr, logistic, warp
from recsys_lessons.teaching.source import show_source

show_source(logistic.judge, part=("score =", "return"))
show_source(bpr.judge, part=("positive_score = ", "return negative, weight"))

# %% [markdown]
# `log_loss` returns $L$ and $s$. `sign` turns the step round for a −1, from which only logistic learns (lesson 01).
#
# ### WARP
#
# WARP asks for a lead of at least 1, the **margin**. A film with $\hat r_{uj} > \hat r_{ui} - 1$ is a **violation**. WARP draws films until it meets one:

# %%
show_source(warp.find_violation)

# %% [markdown]
# There are $n$ films. If $V$ of the $n - 1$ others violate, about one draw in $(n - 1) / V$ meets one. Turned round: when it took $N$ draws, $V$ is estimated as $(n - 1) / N$, rounded down. This is the **estimated rank** of the like. The loss and its slope are
#
# $$L = w \cdot (1 - z), \qquad w = \log \left\lfloor \frac{n - 1}{N} \right\rfloor, \qquad s = -\frac{\partial L}{\partial z} = w$$
#
# Without a violation in `max_sampled` draws, $L = 0$ and nothing moves. (The derivative takes $w$ for a constant, though the scores decide how long a search takes.)
#
# Here $n - 1 = 8$. Work out $w$ for one, two, three and five draws:

# %%
import numpy as np

weights = np.zeros(10)
warp.fill_rank_weights(weights, 9)  # the kernel's table, for nine films
for n_draws in range(1, 6):
    print(f"{n_draws} draws: rank {8 // n_draws}, weight {weights[n_draws]:.3f}")

# %% [markdown]
# These are log 8, log 4, log 2, log 2 and log 1. At rank 1 there is no step.
#
# ### With a pencil
#
# Let $\eta = 1$. WARP finds *Picnic* at its second draw, so $s = \log 4 = 1.3863$:
#
# | | logistic, $s = 0.119$ | BPR, $s = ½$ | WARP, $s = 1.3863$ |
# |:--|:--|:--|:--|
# | Ann, from (1, 1) | + 0.119 · (2, 0) | + ½ · (2, −2) | + 1.3863 · (2, −2) |
# | | = (1.238, 1) | = (2, 0) | = (3.773, −1.773) |
# | *Galaxy*, from (2, 0) | + 0.119 · (1, 1) | + ½ · (1, 1) | + 1.3863 · (1, 1) |
# | | = (2.119, 0.119) | = (2.5, 0.5) | = (3.386, 1.386) |
# | *Picnic*, from (0, 2) | – | − ½ · (1, 1) | − 1.3863 · (1, 1) |
# | | = (0, 2) | = (−0.5, 1.5) | = (−1.386, 0.614) |
# | biases: *Galaxy*, *Picnic*, Ann | 0.119, 0, 0.119 | 0.5, −0.5, 0 | 1.386, −1.386, 0 |
#
# In the library BPR draws negatives from the entries of the data, so *Picnic* needs one: a −1 by Bob, from which BPR and WARP learn nothing. Logistic would, and gets Ann's row only.

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM

likes = sp.csr_matrix([[1.0] + 8 * [0], [0, -1.0] + 7 * [0]])  # Ann: Galaxy; Bob: not Picnic
moved = {}
for loss in ["logistic", "bpr", "warp"]:
    data = likes[:1] if loss == "logistic" else likes
    model = LightFM(loss=loss, no_components=2, learning_rate=1.0, random_state=1)
    _ = model.fit(data, epochs=0)  # only room for the numbers
    model.user_embeddings = np.ones((data.shape[0], 2))
    model.item_embeddings = np.array([[2, 0], [0, 2]] + 7 * [[0, 0]])
    model.item_biases = np.array([0, 0] + 7 * [-9])
    _ = model.fit_partial(data, epochs=1)
    ann, (galaxy, picnic) = model.user_embeddings[0], model.item_embeddings[:2]
    biases = [*model.item_biases[:2], model.user_biases[0]]
    print(f"{loss}, draws: {model.training_history[-1]['draws']}")
    for name, row in {"Ann": ann, "Galaxy": galaxy, "Picnic": picnic, "biases": biases}.items():
        print(f"    {name:7}", *[f"{number:6.3f}" for number in row])
    moved[loss] = biases[0]
your_guess("05 steps", measured=", ".join(sorted(moved, key=moved.get)))

# %% [markdown]
# Digit for digit. (The seed was chosen for the two draws.)
#
# ### k-OS WARP
#
# **k-OS WARP** draws some likes of the same user (`n=10`), with replacement, and hands the one with the $k$-th highest score to WARP (`k=5`). (*OS* is order statistic, the $k$-th largest of some numbers.)
#
# Five are drawn, with scores 2, 0, 4, 2, 1. In order 4, 2, 2, **1**, 0, so $k = 4$ chooses the 1.
#
# Which mistake does each of them punish?
#
# | loss | a mistake is | and is punished |
# |:--|:--|:--|
# | logistic | a like with a low score | the more, the lower; other films play no part |
# | BPR | a like without a clear lead over a film from the entries | the more, the smaller the lead |
# | WARP | any film that comes within 1 of the like | the more, the sooner one is found |
# | k-OS WARP | the same, for the $k$-th of the user's likes | as in WARP |

# %% [markdown] slideshow={"slide_type": "notes"}
# Let pairs do one column each and swap. Ask: "Which lead would BPR still push? Which would WARP?" BPR never rests, WARP rests at 1. Then: "Who is j, in each of the four?"

# %% [markdown]
# ## What a search costs, and what it finds
#
# Now the 9,066 films of lesson 00. One epoch of WARP, with up to ten draws (`max_sampled=10`):

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies().as_lightfm(min_rating=4.0)
train, test = movies["train"].tocsr(), movies["test"].tocsr()
n_likes = train.getnnz(axis=0)  # of each film
n_films = len(n_likes)

one = LightFM(loss="warp", no_components=30, random_state=42).fit(train, epochs=1)
epoch = one.training_history[0]
print(f"{train.nnz:,} likes: {epoch['updates']:,} updates, {epoch['draws']:,} draws")
print(f"draws for each update: {epoch['draws'] / epoch['updates']:.1f}")

# %% [markdown]
# A like that finds no violation costs ten draws and gives no update. **How many draws for each update in epoch 10?**

# %%
guess("05 draws", "?", expected="a number from 1")

# %% [markdown]
# And *whom* does WARP refuse as it gets better? Before each epoch, 5,000 random likes search as WARP does, and we note how many users like the films they find.

# %%
entries, is_known = train.tocoo(), train.toarray() > 0
searching = LightFM(loss="warp", no_components=30, random_state=42).fit(train, epochs=0)
rng = np.random.default_rng(0)
likes_of_found = []
for epoch in range(11):
    scores = searching.user_embeddings @ searching.item_embeddings.T + searching.item_biases
    some = rng.integers(entries.nnz, size=5000)
    user, liked = entries.row[some], entries.col[some]
    drawn = rng.integers(n_films, size=(5000, 10))
    violates = scores[user[:, None], drawn] > scores[user, liked][:, None] - 1
    violates &= ~is_known[user[:, None], drawn]
    first = drawn[np.arange(5000), violates.argmax(axis=1)]
    likes_of_found.append(np.median(n_likes[first[violates.any(axis=1)]]))
    if epoch < 10:
        _ = searching.fit_partial(train, epochs=1)

# %%
from recsys_lessons.teaching.plotting import plot_search_by_epoch

draws = {}
for loss in ["bpr", "warp-kos", "warp"]:
    model = LightFM(loss=loss, no_components=30, random_state=42).fit(train, epochs=10)
    draws[loss] = [epoch["draws"] / epoch["updates"] for epoch in model.training_history]
draws = {"BPR": draws["bpr"], "k-OS": draws["warp-kos"], "WARP": draws["warp"]}
plot_search_by_epoch(draws, likes_of_found, pools={"the catalog": np.median(n_likes)})
your_guess("05 draws", measured=f"{draws['WARP'][-1]:.1f}")

# %% [markdown]
# The better the model, the rarer a mistake, and the longer the search. (k-OS hands over a well-placed like, so its searches are longest.) BPR draws about once, however well it does.
#
# WARP draws from the catalog, where the typical film has one like, and untrained it refuses just such films. Soon these no longer violate, and it finds better-known ones. (One seed.)
#
# ## The race
#
# You will hear that *BPR optimizes AUC, and WARP the top of the list*. AUC is the share of pairs, a liked test film and another film, in the right order (lesson 01). **Which loss is first on AUC?**

# %%
guess("05 first on AUC", "?", one_of=("logistic", "BPR", "WARP", "k-OS"))

# %% [markdown]
# From here on, each experiment is the next function: seeds 42 to 46, 30 components, 10 epochs; all films compete but those the user likes in train. `entries` are the interactions to learn from, if not those of train. There is one split, so the spans tell of the seeds only.

# %%
from collections import namedtuple

from recsys_lessons.evaluation import auc_score, precision_at_k

Runs = namedtuple("Runs", "precision auc draws updates auc_by_user")


def five_runs(loss, train, test, entries=None, epochs=10, sample_weight=None, item_features=None, **settings):
    precision, auc, draws, updates = [], [], [], []
    for seed in range(42, 47):
        model = LightFM(loss=loss, no_components=30, random_state=seed, **settings)
        learned = train if entries is None else entries
        _ = model.fit(learned, item_features=item_features, sample_weight=sample_weight, epochs=epochs)
        precision.append(precision_at_k(model, test, train, item_features=item_features).mean())
        auc.append(auc_score(model, test, train, item_features=item_features))
        draws.append(sum(epoch["draws"] for epoch in model.training_history))
        updates.append(sum(epoch["updates"] for epoch in model.training_history))
    each = np.array(auc)  # a row for each seed, a column for each user
    return Runs(np.array(precision), each.mean(axis=1), np.mean(draws) / 1e6, np.mean(updates) / 1e6, each.mean(axis=0))


def told(run):
    p, auc = run.precision, run.auc
    spans = f"precision@10 {p.min():.3f}–{p.max():.3f}  AUC {auc.min():.3f}–{auc.max():.3f}"
    return f"{spans}  {run.draws:5.2f} million draws"


# %%
from recsys_lessons import Popularity
from recsys_lessons.teaching.plotting import plot_two_measures

losses = {"logistic": "logistic", "BPR": "bpr", "WARP": "warp", "k-OS": "warp-kos"}
race = {name: five_runs(loss, train, test) for name, loss in losses.items()}
for name, run in race.items():
    print(f"{name:9}", told(run))
print("k-OS, k=1", told(five_runs("warp-kos", train, test, k=1)))  # 5 is the default
popular = Popularity().fit(train)
popular = [measure(popular, test, train).mean() for measure in (precision_at_k, auc_score)]

# %%
measures = ("precision@10", "AUC")
plot_two_measures(
    {name: {name: run[:2]} for name, run in race.items()},
    measures=measures,
    reference=("most popular", *popular),
    candidates="all films but those in train",
)
first = max(race, key=lambda name: race[name].auc.mean())
your_guess("05 first on AUC", measured=first)

# %% [markdown]
# BPR is last on AUC, behind a list of popular films. Somebody met this and asked what they did wrong ([#436](https://github.com/lyst/lightfm/issues/436)). The answer: WARP is simply the better loss.
#
# (k-OS depends on $k$. With $k = 1$ it works on the best-placed of the likes it drew, and its AUC is below BPR's.)
#
# The same on groceries: 801 households, products that at least 20 of them bought, and in test what a household buys for the first time in the last four weeks.

# %%
from recsys_lessons.datasets import load_groceries

groceries = load_groceries(described_only=True, min_households=20).as_lightfm()
bought, first_bought = (groceries[part].tocsr() for part in ("train", "test"))
print(f"movies: {train.nnz / n_films:.1f} likes for each of {n_films:,} films")
print(f"groceries: {bought.nnz / bought.shape[1]:.1f} households for each of {bought.shape[1]:,} products")
shop = {name: five_runs(losses[name], bought, first_bought) for name in ["logistic", "BPR", "WARP"]}

# %%
shop["k-OS"] = five_runs("warp-kos", bought, first_bought)
for name, run in shop.items():
    print(f"{name:9}", told(run))

popular_products = Popularity().fit(bought)
popular_products = [measure(popular_products, first_bought, bought).mean() for measure in (precision_at_k, auc_score)]
print(f"popularity precision@10 {popular_products[0]:.3f}  AUC {popular_products[1]:.3f}")

# %% [markdown]
# WARP again. (On the first ten products nothing is much better than popularity, and k-OS is far behind.)

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask for reasons, not only names: most say BPR. Let somebody defend it: "AUC is the share of pairs in the right order, and BPR takes a random pair and puts it right." Where is the hole? Do not answer.

# %% [markdown]
# ## Four suspects
#
# And yet the argument for BPR sounds right: AUC counts pairs in the right order, and BPR puts one pair after the other in order. Where is the hole?
#
# 1. **Epochs.** Ten are too few.
# 2. **Density.** There are too few likes for each film.
# 3. **Its negatives.** They are the wrong films.
# 4. **The loss itself**, as the answer says.
#
# **Whom do you suspect first?**

# %%
guess("05 suspect", "?", one_of=("epochs", "density", "its negatives", "the loss itself"))

# %% [markdown]
# *Epochs:* train longer. *Density:* keep 30% of the likes, drawn at random, and compare with WARP on the same.

# %%
print("BPR, 60 epochs           ", told(five_runs("bpr", train, test, epochs=60)))
kept = np.random.default_rng(0).random(train.nnz) < 0.3
thin = sp.csr_matrix((entries.data[kept], (entries.row[kept], entries.col[kept])), shape=train.shape)
for name in ["BPR", "WARP"]:
    print(f"30% of the likes, {name:4}   ", told(five_runs(losses[name], train, test, entries=thin)))

# %% [markdown]
# Epochs bring .02 on AUC. Density matters: on thin likes BPR loses far more than WARP.
#
# *Its negatives:* BPR draws them from the entries, so from others' likes. As in lesson 04, add *extras*, invented users with a −1 for every film. BPR learns nothing from a −1, but now draws from the catalog, too. Likes, loss and number of updates stay.


# %%
def with_extras(interactions, n_extras):
    return sp.vstack([interactions, -np.ones((n_extras, interactions.shape[1]))], format="csr")


pool = {"BPR": race["BPR"]}
for n_extras in [5, 20]:
    pool[f"{n_extras} extras"] = five_runs("bpr", train, test, entries=with_extras(train, n_extras))
    share = n_extras * n_films / (n_extras * n_films + train.nnz)
    print(f"{n_extras:2} extras, {share:.0%} from all films:", told(pool[f"{n_extras} extras"]))
print("thin likes, 2 extras:        ", told(five_runs("bpr", train, test, entries=with_extras(thin, 2))))
closed = (pool["5 extras"].auc - pool["BPR"].auc).mean() / (race["WARP"].auc - pool["BPR"].auc).mean()
your_guess("05 suspect", measured=f"other negatives close {closed:.0%} of the gap to WARP")

# %% [markdown]
# Most of the gap is closed, and on thin likes nearly all: density did its harm through the negatives.
#
# The rest may be the loss, or the work: WARP made more than five times as many draws. Let both draw about equally often, BPR with 20 extras for 60 epochs. And try extras on groceries.

# %%
longer = five_runs("bpr", train, test, entries=with_extras(train, 20), epochs=60)
for name, run in {"BPR, 20 extras, 60 epochs": longer, "WARP": race["WARP"]}.items():
    print(f"{name:28}", told(run))
print(f"million updates: {longer.updates:.2f} and {race['WARP'].updates:.2f}")
lead = longer.auc_by_user - race["WARP"].auc_by_user
print("BPR ahead on AUC:", (longer.auc > race["WARP"].auc).sum(), "of 5 seeds")
print(f"lead for each of {lead.size} users: {lead.mean():.4f}, standard error {lead.std() / lead.size**0.5:.4f}")

# %%
n_extras = round(4 * bought.nnz / bought.shape[1])  # four of five negatives from all products
shop["BPR, extras"] = five_runs("bpr", bought, first_bought, entries=with_extras(bought, n_extras))
for name in ["BPR", "WARP", "BPR, extras"]:
    print(f"{name:14}", told(shop[name]))
print("BPR ahead on AUC:", (shop["BPR, extras"].auc > shop["WARP"].auc).sum(), "of 5 seeds")

# %% [markdown]
# BPR is *first* on AUC, on both data sets, for no more draws, though for eleven times the updates on movies. The lead there is small, and three times its standard error. (WARP with more epochs comes below.) On precision@10 they are level. The loss itself is acquitted. The hole in the argument was the word *pair*: AUC takes the other film from the catalog, and BPR took it from others' likes.
#
# If so, BPR as it comes must be best at *its own* AUC, in which each other film counts by its likes, as BPR draws them. And extras must make it *worse* there. (With equal weights, the same lines must give the library's AUC.)


# %%
def auc_against(model, weight):
    scores = model.user_embeddings @ model.item_embeddings.T + model.item_biases
    others = weight * ~((train + test) > 0).toarray()  # what the user likes is no other film
    user, film = test.nonzero()
    pairs = zip(user, film, strict=True)
    won = [others[u, scores[u] < scores[u, f]].sum() / others[u].sum() for u, f in pairs]
    n_test = test.getnnz(axis=1)
    return (np.bincount(user, won, minlength=len(n_test))[n_test > 0] / n_test[n_test > 0]).mean()


model = LightFM(loss="bpr", no_components=30, random_state=42).fit(train, epochs=10)
print(f"library {auc_score(model, test, train).mean():.3f}, by hand {auc_against(model, np.ones(n_films)):.3f}")

# %%
all_entries = {name: train for name in losses}
all_entries |= {f"{n_extras} extras": with_extras(train, n_extras) for n_extras in [5, 20]}
for name, interactions in all_entries.items():
    own = []
    for seed in range(42, 47):
        model = LightFM(loss=losses.get(name, "bpr"), no_components=30, random_state=seed)
        own.append(auc_against(model.fit(interactions, epochs=10), n_likes))
    print(f"{name:9} AUC against others' likes: {min(own):.3f}–{max(own):.3f}")

# %% [markdown]
# Both hold: the same extras that lift the catalog's AUC take its own away. **The verdict: BPR optimizes AUC, against the negatives it is given.** Its paper draws them from all films the user has not touched; LightFM, and we, from others' likes. So "BPR for AUC" depends on *where negatives come from*; on *density*, since in thin data more of the catalog is never drawn; and, once the negatives are right, on *epochs*: 60 bring about .02 with either kind, and only with these make BPR first.

# %% [markdown] slideshow={"slide_type": "notes"}
# The own AUC is the moment. Ask before it: "If the negatives are the cause, what must BPR be good at?" A frequent wrong summary: "so popular negatives are bad". They are bad for one measure, good for another; lesson 04's best list of ten refused only favorites.

# %% [markdown]
# ## Take the search away
#
# Now *WARP for the top of the list*. With up to ten draws it reached 0.074 to 0.078. **What precision@10 is left with `max_sampled=1`?**

# %%
guess("05 one draw", "?", expected="precision@10, a number from 0 to 0.1")

# %%
search = {}
for limit in [1, 3, 10, 30, 100]:
    search[limit] = five_runs("warp", train, test, max_sampled=limit)
    print(f"WARP, up to {limit:3} draws:", told(search[limit]))
one_draw = search[1].precision
your_guess("05 one draw", measured=f"{one_draw.min():.3f}–{one_draw.max():.3f}")

# %%
top, whole = (search[100][which].mean() / search[1][which].mean() - 1 for which in (0, 1))
plot_two_measures(
    {
        "WARP": {f"WARP ≤ {limit}": run[:2] for limit, run in search.items()},
        "BPR": {"BPR": race["BPR"][:2]},
        "BPR, longer": {"BPR, 20 extras, 60 epochs": longer[:2]},
    },
    measures=measures,
    title=f"A longer search lifts precision@10 by {top:.0%}, AUC by {whole:.0%}",
    below=["BPR", "WARP ≤ 1", "WARP ≤ 10", "WARP ≤ 30"],
    reference=("most popular", *popular),
    candidates="all films but those in train",
)

# %% [markdown]
# With one draw (WARP ≤ 1) it is below BPR. Longer searches buy precision and hardly any AUC. But three things change at once:
#
# - **more steps**: more likes find a violation. More epochs would bring steps as well;
# - **better ranks**: with 100 draws, WARP can tell a rank of 90 from one of 900, and the weight follows. Its name, *weighted approximate-rank*, stands for this;
# - **rarer violations**: films in the way that ten draws hardly ever meet.
#
# **Which of the three adds *nothing* to the gain from 10 draws to 100?**

# %%
guess("05 gain", "?", one_of=("more steps", "better ranks", "rarer violations"))

# %% [markdown]
# *Ranks* first: the weights for 9,066 films, and what the kernel does with them.

# %%
weights = np.zeros(101)
warp.fill_rank_weights(weights, n_films)
for n_draws in [1, 10, 100]:
    print(f"{n_draws:3} draws: rank {(n_films - 1) // n_draws:5,}, weight {weights[n_draws]:.2f}")
show_source(warp.judge, part=("strength = weight", "return negative, strength"))

# %% [markdown]
# A strength is never more than 10. So give each like a sample weight of 2.3, which multiplies it, and all strengths *are* 10, whatever the rank. The search stays as it is.
#
# *Steps:* 20 epochs of short searches make about as many as 10 of long ones, and 10 short as many as 6 long. 40 short make as many *draws*.

# %%
same_for_all = train.copy()
same_for_all.data[:] = 2.3
print(f"smallest strength: {min(10, 2.3 * weights[100]):.0f}")
flat = five_runs("warp", train, test, max_sampled=100, sample_weight=same_for_all)
more = {f"up to 10, {epochs} epochs": five_runs("warp", train, test, epochs=epochs) for epochs in [20, 40]}
few = five_runs("warp", train, test, max_sampled=100, epochs=6)
of_gain = {"up to 10": search[10], "up to 100": search[100], "up to 100, strength 10": flat}
of_gain |= {"up to 100, 6 epochs": few} | more
for name, run in of_gain.items():
    print(f"{name:22} {told(run)}, {run.updates:.2f} M updates")
ten, hundred = (search[limit].precision.mean() for limit in (10, 100))
without = {"more steps": few, "better ranks": flat, "rarer violations": more["up to 10, 20 epochs"]}
lost = {name: (hundred - run.precision.mean()) / (hundred - ten) for name, run in without.items()}
shares = ", ".join(f"{name} {share:.0%}" for name, share in lost.items())
your_guess("05 gain", measured=f"lost of the gain without {shares}")

# %% [markdown]
# Without better ranks nothing is lost. (All strengths became larger, too, which might hide a small loss.) Without more steps, or without the longer search, nearly half is, as far as five seeds on 664 users tell. And short searches gain no more from 40 epochs than from 20.
#
# Does a long search pay by meeting films that a short one hardly meets? Then ten draws should do where all are such: lesson 04's narrow WARP, of the 200 most liked alone. And BPR with extras, for as many draws as 20 short epochs?

# %%
by_likes = np.argsort(-n_likes, kind="stable")
in_order, test_in_order = (part[:, by_likes].sorted_indices() for part in (train, test))
identity = sp.identity(n_films, format="csr")
narrow = five_runs("warp", in_order, test_in_order, entries=in_order[:, :200], item_features=identity)
print("WARP, narrow              ", told(narrow))
longest = five_runs("bpr", train, test, entries=with_extras(train, 20), epochs=140)
print("BPR, 20 extras, 140 epochs", told(longest))

# %% [markdown]
# Narrow WARP is as good at the top as up to 100 draws, for a twentieth of the work and from fewer likes; its AUC is poor. So on movies draws buy a better top *with the catalog in order*. For the top alone, choose whom to refuse.
#
# BPR, level with WARP at 3 million draws, is behind at 7. There 6 long epochs and 20 short ones are level; at 15 the long ones lead.

# %% [markdown]
# ## The reverse case
#
# With 277 users and 401,334 items, somebody found BPR *ahead* of WARP on AUC, every time ([#445](https://github.com/lyst/lightfm/issues/445)). Because data were thin? Ours, thinned, hurt BPR. But count: train and test together held 401,334 interactions. If each item occurs at all, it occurs once, and no test item was in train. **What is WARP's AUC on test likes of films that nobody likes in train?**

# %%
guess("05 nobody liked", "?", expected="an AUC, from 0 to 1")

# %%
unliked = test.multiply(n_likes == 0).tocsr()
unliked.eliminate_zeros()
print(f"{unliked.nnz} test likes of films without a like in train")
cold = {name: five_runs(loss, train, unliked) for name, loss in losses.items()}
cold["BPR, 20 extras"] = five_runs("bpr", train, unliked, entries=with_extras(train, 20))
for name, run in cold.items():
    print(f"{name:16} AUC {run.auc.min():.3f}–{run.auc.max():.3f}")
auc = cold["WARP"].auc
your_guess("05 nobody liked", measured=f"{auc.min():.3f}–{auc.max():.3f}")

# %% [markdown]
# The thread had 0.471 for BPR, 0.387 for k-OS and 0.350 for WARP, in the same order. A film that nobody likes can only be refused. BPR never draws it; with extras it does, and falls below WARP. (Logistic refuses nothing, but lifts all films with a like.) If the thread's items were such, BPR won by knowing nothing: 0.5 is a coin. With more data for each user, the thread ends, it no longer did. See lesson 08.
#
# ## Which loss, when?
#
# | you want | take | measured here | million draws |
# |:--|:--|:--|--:|
# | a good top, and the catalog in order | WARP | precision@10: movies .074–.078, groceries .036–.039, level with BPR and extras; AUC .929, .672–.680 | 3.19; 8.42 |
# | the same, better | as many draws as you can pay | movies, up to 100: .087–.090 | 15.08 |
# | the top alone | WARP, narrow, without features | movies .088–.093, but AUC .637–.648 | 0.67 |
# | AUC | BPR, negatives from the catalog | movies .932–.934 (60 epochs), groceries .683–.685 | 3.03; 2.73 |
# | a second try for the top | k-OS, with several $k$ | precision@10: movies .075–.081, groceries .017–.019 (popularity .035) | 3.74; 9.19 |
# | to learn from a −1 | logistic, the only one that does | lesson 01 | 0 |
#
# Then measure on your own split, at equal draws, with popularity beside it. ("By testing" was the answer, too, when somebody asked for the best loss, [#472](https://github.com/lyst/lightfm/issues/472).)

# %% [markdown]
# ## Lab: one search, draw by draw
#
# WARP after ten epochs, user 3, one of the user's likes. In the picture, left, one search; right, how 2,000 others end. In the lab below it you draw, film by film, see what each loss would do with the film, and take the step. (The steps are plain; Adagrad would shorten later ones.)
#
# 1. WARP's rank is an estimate of how many films break the rule, which is told below. On which side does it err? Do 100 draws cure it? And how is it for a like near the top, number 5?
# 2. Set the margin to 0, then to 3. Which of the two makes the limit on draws nearly useless?
# 3. *Draw to the end*, then *Next search*, some times. How many times as strong as BPR's is WARP's step with the same film? Take one: how many films still break the rule? (And after *Reset*, with a learning rate of 0.01?)

# %%
from recsys_lessons.teaching.plotting import plot_warp_search

scores = searching.user_embeddings[3] @ searching.item_embeddings.T + searching.item_biases
known = train[3].indices  # the user's likes in train
plot_warp_search(scores, known[0], known, max_sampled=10, margin=1.0, seed=0)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_warp_stepper

show_warp_stepper(searching, train, user=3, labels=movies["item_labels"])

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. It errs upwards, here by a factor of about four. Late ends do not make up for early ones: draws 1 and 19 average to 10, but their ranks, 9,065 and 477, to 4,771, not to 906. With 100 draws it is still more than twice too high. For like 5, 36 films break the rule, and the mean estimate is 2,507: with ten draws none is below 906.
# 2. With margin 0 fewer films violate, and most searches end with nothing. With margin 3 four films of ten violate, a few draws end nearly every search, and how many are allowed hardly matters.
# 3. Here 13 to 24 times, in the seven of the first ten searches that find a film. One plain step of 0.05 lifts the like from 2.32 to 5.76, and none of 747 films breaks the rule any more; with 0.01, 296 still do. That is what a strength of 7 means, and why Adagrad must shorten what follows.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Blaming the loss when more than the loss changed** ([#436](https://github.com/lyst/lightfm/issues/436), [#445](https://github.com/lyst/lightfm/issues/445)). In both, BPR and WARP also had different negatives, and different numbers of draws.
#
# **Expecting the sampling of the paper** ([#265](https://github.com/lyst/lightfm/issues/265)). There, WARP draws from films that are not the user's. LightFM, and we, draw from all; a known film is skipped and counts as a draw. Somebody changed this, and the loss with it, with results "essentially the same".

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. A like scores 3, a negative 2.5. Who takes a step, and how strong is it?**
#
# <details><summary>a. Only BPR: the order is right, but the lead small</summary>BPR does, with 1 − σ(0.5) = 0.378. But 2.5 is within 1 of the like, so it is a violation for WARP.</details>
# <details><summary>b. BPR and logistic; WARP is content, since the like is ahead</summary>WARP wants a lead of 1.</details>
# <details><summary>c. All three, if WARP draws this film: BPR with 1 − σ(0.5), logistic with 1 − σ(3), WARP with the log of its estimated rank</summary>Yes. 0.378 and 0.047; WARP's strength depends on how long it searched, not on the size of the mistake.</details>

# %% [markdown] tags=["quiz"]
# **2. Your BPR model has a poor AUC. Which experiment tells you most about the cause?**
#
# <details><summary>a. WARP instead: if AUC rises, the loss was to blame</summary>WARP has another margin, another search and other negatives. Three changes, and no cause.</details>
# <details><summary>b. Extras, so that BPR draws from the whole catalog</summary>Yes. Loss, likes and number of updates stay; only the negatives change.</details>
# <details><summary>c. Six times the epochs</summary>Worth a run, and here it brought .02. If it fails, you have one suspect less.</details>

# %% [markdown] tags=["quiz"]
# **3. You raise `max_sampled` from 10 to 100. What did the experiments say to expect?**
#
# <details><summary>a. A better top of the list, because ranks are estimated better</summary>The first half is right. With all strengths the same, though, the gain was still there.</details>
# <details><summary>b. A better AUC, since more of the catalog is drawn</summary>AUC hardly moved. A single draw already reaches the whole catalog.</details>
# <details><summary>c. A better top of the list, and more epochs of short searches get there only in part</summary>Yes. At about as many steps, and at 15 million draws, the longer search stayed ahead.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Derive:** every step is $\eta\, s$ times what stands on the other side. For two films that score 2, $s$ is 0.119 for logistic, ½ for BPR and, of nine films, 1.386 for WARP after two draws. k-OS chooses which like.
# - **Count:** an update of WARP took 4.9 draws in epoch 1 and 18.1 in epoch 10. What it refuses goes from films with one like to films with 16. Of what 100 draws bring on the first ten, nearly half goes without more steps or without the search, nothing without the ranks. (All on movies.)
# - **Judge:** as it comes, BPR is last on the movies' AUC, .847–.850. Of the losses as they come, after ten epochs, it is first against its own negatives, .761–.764. Drawing from the catalog it rises to .914–.918 in ten epochs, behind WARP's .929; with 60, as many draws as WARP, it is ahead, .932–.934.
# - **Choose:** WARP for the top: on data like the movies pay in draws, or, if AUC does not matter, refuse favorites alone; BPR with negatives from the catalog for AUC; logistic for real noes.

# %% [markdown]
# **Practice:** [the exercises of this lesson](../exercises/05_losses.ipynb).
#
# **Next:** 06. Two measures, and they disagreed about most models. Which others are there, and what does each one miss?
