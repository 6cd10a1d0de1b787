# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Metrics: is the ranking good, and good at what?
#
# Two models rank the same films for the same users. Which is better? You work out five answers with a pencil, and then watch the winner change three times, while nobody touches a model.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **compute** five metrics of a ranking by hand, and say what each of them cannot see;
# - **check** the choices behind a figure: what competes, how ties count, over what one averages;
# - **settle** whether a lead is more than luck, with an interval for the paired difference;
# - **expose** a metric computed on sampled candidates.
#
# *45 minutes. You need lessons 00 and 01; 04 or 05 helps.*

# %% [markdown]
# ## Eight films and a pencil
#
# Ann gets a list of eight films. In test there are two that she likes, and they stand at places 3 and 7. We show her four: $k = 4$.
#
# - **precision@k**: the share of the first $k$ places that are likes. One of four, 0.25. (With two likes no list could get more than 0.5.)
# - **recall@k**: the share of the likes that stand in the first $k$ places. One of two, 0.5.
# - **AUC**: the share of pairs, one like and one other film, in which the like stands above. There are 2 · 6 pairs. The like at 3 is above four others, the like at 7 above one: 5/12 = 0.417.
# - **reciprocal rank**: one over the place of the first like, 1/3 = 0.333.
# - **NDCG@k** (*normalized discounted cumulative gain*): a like at place $n$ of the first $k$ gains $1 / \log_2(n + 1)$. That is 1, 0.631, 0.5 and 0.431 for places 1 to 4. The sum is divided by the best possible one. Ann's list gains 0.5, likes at 1 and 2 would gain 1.631: 0.307.
#
# **Before you go on:** the like at place 7 changes places with the film at 6. How many of the five metrics notice?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("06 one step up", "?", expected="a number from 0 to 5")

# %% [markdown]
# The five in NumPy, from the places of the likes alone:

# %%
import numpy as np


def five(places, n_films, k):
    places, n_likes = np.array(places), len(places)
    shown = places[places <= k]
    won = [n_films - place - (places > place).sum() for place in places]  # other films below each like
    gain = 1 / np.log2(np.arange(1, k + 1) + 1)  # of a like at places 1 to k
    auc = sum(won) / (n_likes * (n_films - n_likes))
    ndcg = gain[shown - 1].sum() / gain[:n_likes].sum()
    return np.array([len(shown) / k, len(shown) / n_likes, auc, 1 / places.min(), ndcg])


before, after = five([3, 7], 8, k=4), five([3, 6], 8, k=4)
print("likes at 3 and 7:", before.round(3))
print("likes at 3 and 6:", after.round(3))
your_guess("06 one step up", measured=(before != after).sum())

# %% [markdown]
# Only AUC has noticed. It counts pairs, wherever they stand. Precision, recall and NDCG do not look below place $k$, and reciprocal rank does not look below the first like.
#
# Now the library. `Popularity(by="ratings")` with one rating for each film gives the first film 8 points, the last 1:

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM, Popularity
from recsys_lessons.evaluation import auc_score, ndcg_at_k, precision_at_k, recall_at_k, reciprocal_rank

in_order = Popularity(by="ratings").fit(sp.csr_matrix([[8, 7, 6, 5, 4, 3, 2, 1]]))
likes = sp.csr_matrix([[0, 0, 1, 0, 0, 0, 1, 0]])
at_4 = [metric(in_order, likes, k=4)[0] for metric in (precision_at_k, recall_at_k, ndcg_at_k)]
print("precision, recall, NDCG:", np.round(at_4, 3))
print(f"AUC {auc_score(in_order, likes)[0]:.3f}, reciprocal rank {reciprocal_rank(in_order, likes)[0]:.3f}")

# %%
from recsys_lessons.teaching.plotting import plot_ranked_lists

plot_ranked_lists({"Ann": [3, 7]}, n_items=8, k=4)

# %% [markdown] slideshow={"slide_type": "notes"}
# Pencils. Who says "three" to the guess thinks that every improvement must show. Ask afterwards: to which places must the like at 7 rise for all five to notice? (1 or 2: among the first four, and above the other like.)

# %% [markdown]
# ## Two models, five verdicts
#
# The films and likes of lesson 00: train, and a test of up to ten films a user. A metric is computed for each user who has likes in test, then averaged. Three losses, five seeds each, 30 epochs, and the popularity list, the same for everybody. All films compete but those the user liked in train.

# %%
from recsys_lessons.datasets import load_movies

movies = load_movies()
data = movies.as_lightfm(min_rating=4.0)
train, test = data["train"].tocsr(), data["test"].tocsr()
n_users, n_films = train.shape
seeds = range(42, 47)


def train_one(loss, likes, seed):
    return LightFM(loss=loss, no_components=30, random_state=seed).fit(likes, epochs=30)


models = {"WARP": [train_one("warp", train, seed) for seed in seeds]}
models["BPR"] = [train_one("bpr", train, seed) for seed in seeds]
models["logistic"] = [train_one("logistic", train, seed) for seed in seeds]
models["popularity"] = [Popularity().fit(train)]

metrics = {"precision@10": precision_at_k, "recall@10": recall_at_k, "AUC": auc_score}
metrics |= {"reciprocal rank": reciprocal_rank, "NDCG@10": ndcg_at_k}

# %% [markdown]
# In lesson 05 BPR led logistic on precision@10 after 30 epochs, and lost on AUC. Now there are five judges. **How many of the five side with BPR, in every seed?**

# %%
guess("06 bpr or logistic", "?", one_of=(1, 2, 3, 4))

# %%
measured = {}  # metric, model: one row a seed, one column a user
print(" " * 15, *[f"{name:>13}" for name in models])
for metric, function in metrics.items():
    for name, trained in models.items():
        measured[metric, name] = np.array([function(model, test, train) for model in trained])
    means = [measured[metric, name].mean(axis=1) for name in models]
    print(f"{metric:15}", *[f"{mean.min():7.3f}–{mean.max():.3f}" for mean in means])

lead = {m: measured[m, "BPR"].mean(axis=1) - measured[m, "logistic"].mean(axis=1) for m in metrics}
print("BPR ahead, of 5 seeds:", ", ".join(f"{metric} {(gaps > 0).sum()}" for metric, gaps in lead.items()))
your_guess("06 bpr or logistic", measured=sum((gaps > 0).all() for gaps in lead.values()))

# %% [markdown]
# BPR leads on the four that look at the top, logistic on AUC, each in five of five seeds. Even the popularity list beats BPR there. Same models, same films, same users.
#
# ### Is 0.08 low?
#
# Many have thought so ([#368](https://github.com/lyst/lightfm/issues/368)). What would a model reach that has seen the test, and puts all likes on top? A user with three likes fills three of ten places:

# %%
n_likes = test.getnnz(axis=1)
has_test = n_likes > 0
print(f"{n_likes[has_test].mean():.1f} likes in test for each of {has_test.sum()} users")
print(f"highest possible precision@10: {np.minimum(n_likes[has_test], 10).mean() / 10:.3f}")
for name, (model, *_) in models.items():
    print(f"{name:10} with train films competing: {precision_at_k(model, test).mean():.3f}")

# %% [markdown]
# The ceiling is 0.570. And what competes matters: let the films of train run as well, and four tenths of WARP's precision are gone, taken by films the user is known to like. A figure says little without its ceiling, its candidates and a baseline.
#
# ## What does AUC see?
#
# Take WARP, the best on all five. Keep the first ten places of every user, and **turn everything below upside down**: the eleventh film goes to the very end, the last one to place 11. Nobody's screen changes. WARP's AUC was 0.93. **What is it now?**

# %%
guess("06 upside down", "?", expected="a number from 0 to 1")

# %% [markdown]
# All that a metric asks of a model are the *ranks* of the likes, 0 for the top place. So we can give it ranks of our own:


# %%
class Given:
    def __init__(self, ranks):
        self.ranks = ranks

    def predict_rank(self, *_, **__):
        return self.ranks


# %% [markdown]
# Each rank from 10 to `last` becomes 10 + `last` − rank, once for every like in test:

# %%
last = np.repeat(n_films - train.getnnz(axis=1) - 1, n_likes)  # the last rank, for each like in test
turned = []
for model in models["WARP"]:
    ranks = model.predict_rank(test, train)
    ranks.data = np.where(ranks.data < 10, ranks.data, 10 + last - ranks.data)
    turned.append(Given(ranks))
for metric, function in metrics.items():
    was = measured[metric, "WARP"].mean(axis=1)
    now = [function(model, test, train).mean() for model in turned]
    print(f"{metric:15}  {was.min():.3f}–{was.max():.3f}  now {min(now):.3f}–{max(now):.3f}")
auc = [auc_score(model, test, train).mean() for model in turned]
your_guess("06 upside down", measured=f"{min(auc):.3f} to {max(auc):.3f}")

# %% [markdown]
# Precision@10 has not moved in any digit, and AUC has collapsed. (Reciprocal rank slips: some first likes were below ten.) The first ten are a thousandth of the catalog, and AUC hardly counts them. It is about the other 9,000.
#
# So BPR may have lost on AUC far below anything a user sees. Where do the likes stand?

# %%
from recsys_lessons.teaching.plotting import plot_found_by_depth

ranks = {name: [m.predict_rank(test, train).data for m in models[name]] for name in ("BPR", "logistic")}
plot_found_by_depth(ranks, n_items=n_films)

# %% [markdown]
# At $n = 10$ you read off recall@10 (here each like counts once; the table gives each user the same weight). AUC is about the area under the curve, with places drawn *evenly*: then the part up to place 1,000 shrinks to a ninth of the width. BPR leads there, and loses the rest.
#
# The test: give BPR other **depths** and nothing else. Its first 770 places stay, where its lead ends. After them come the other films, in logistic's order. As controls we take the order of another BPR, since mixing two models may help by itself, and those of WARP and popularity. (To get the ranks of the rest we tell the library that the 770 are known. They contain likes of test, so it must not check for that.)


# %%
def splice(first, then, known, keep=770):
    top, _ = first.recommend(np.arange(n_users), n=keep, exclude=known)
    rows = np.repeat(np.arange(n_users), keep)
    top = sp.csr_matrix((np.ones(top.size), (rows, top.ravel())), shape=train.shape)
    ranks = first.predict_rank(test, known, check_intersections=False)
    rest = then.predict_rank(test, known + top, check_intersections=False)  # rank among the rest
    ranks.data = np.where(ranks.data < keep, ranks.data, keep + rest.data)
    return ranks


next_seed = models["BPR"][1:] + models["BPR"][:1]
for name, depths in {**models, "BPR": next_seed, "popularity": 5 * models["popularity"]}.items():
    spliced = [Given(splice(bpr, then, train)) for bpr, then in zip(models["BPR"], depths, strict=True)]
    p, auc = (np.array([metrics[m](model, test, train).mean() for model in spliced]) for m in ("precision@10", "AUC"))
    beaten = (auc > measured["AUC", "logistic"].mean(axis=1)).sum()
    print(f"depths of {name:10} precision@10 {p.min():.3f}–{p.max():.3f}, AUC {auc.min():.3f}–{auc.max():.3f}", end="")
    print(f", above logistic's in {beaten} of 5 seeds")

# %% [markdown]
# Precision@10 is BPR's, to the digit, and with the depths of logistic it leads on AUC as well. Mixing is not what does it: another BPR's depths bring almost nothing. And logistic's are not special: WARP's do better, and even the popularity list lifts BPR to logistic's level. It is BPR's that are bad. What it had lost, it had lost below place 770.
#
# Which verdict is right? Ask what the ranking is *for*. Ten films on a screen: precision, recall or NDCG at 10. A single suggestion: reciprocal rank. A ranking that somebody filters first, by genre or by price, may show any part of the list: AUC.

# %% [markdown] slideshow={"slide_type": "notes"}
# Before the splice, ask for the experiment: "BPR loses on AUC because of its depths. What would you change, and only that?" Expect "train longer". That changes the top as well.

# %% [markdown]
# ## Ties
#
# A broken model gives every film the same score. **What is its AUC?**

# %%
guess("06 same score", "?", expected="a number from 0 to 1")

# %% [markdown]
# There are three ways to count a tie: against the model; as half a pair; or not at all, when a sort leaves equals in the order of their numbers. The last is a list with scores 0, −1, −2, ... As a check we number the films by lot.

# %%
by_lot = [np.random.default_rng(seed).permutation(n_films) for seed in range(5)]
model, auc = Popularity().fit(train), []
for scores in [np.zeros(n_films), -np.arange(n_films), *by_lot]:
    model.item_popularity = scores
    auc.append(auc_score(model, test, train).mean())
print(f"ties against the model: {auc[0]:.3f}, by film number: {auc[1]:.3f}", end=", ")
print(f"by lot: {min(auc[2:]):.3f}–{max(auc[2:]):.3f}")
n_train = train.getnnz(axis=0)
print(f"likes of a film, first 1,000 numbers: {n_train[:1000].mean():.1f}, others: {n_train[1000:].mean():.1f}")
your_guess("06 same score", measured=f"{auc[0]:.3f} here, 0.500 if a tie is half a pair")

# %% [markdown]
# The library, like LightFM ([#149](https://github.com/lyst/lightfm/pull/149)), counts ties against the model: a score that says nothing earns nothing. Sorted by number it gets 0.754, and has learned nothing: here films with low numbers are liked more often. Number them by lot, and 0.5 is left. Who computes a metric by hand, with `argsort`, may measure the order of the table.
#
# And in honest models? Popularity has many ties. Turn all scores around, and what it wins now are the pairs that it lost outright:

# %%
popular, reverse = Popularity().fit(train), Popularity().fit(train)
reverse.item_popularity = -popular.item_popularity
won, lost = auc_score(popular, test, train).mean(), auc_score(reverse, test, train).mean()
print(f"films without a like: {(popular.item_popularity == 0).sum():,}")
print(f"pairs won {won:.3f}, lost {lost:.3f}, tied {1 - won - lost:.3f}")
print(f"AUC if a tie is half a pair: {won + (1 - won - lost) / 2:.3f}")

# %% [markdown]
# With ties at one half, popularity is where logistic is, 0.903. Logistic's lead over popularity was a way of counting.
#
# ## Averaged over whom?
#
# So far each user counted once. But who has 200 likes probably opens the page more often. So one may average over pairs of a user and a like instead: the precision of a user with 200 likes then counts 200 times. In our test nobody has more than ten. For this section we draw a fifth of all likes at random, five times, and train one seed on each split.

# %%
from recsys_lessons.cross_validation import random_train_test_split

everything = (train + test).tocoo()
splits = [random_train_test_split(everything, test_percentage=0.2, random_state=s) for s in range(5)]
of_users = {"BPR": [], "logistic": []}
for seed, (some, held_out) in enumerate(splits):
    for name, collected in of_users.items():
        model = train_one(name.lower(), some, 42 + seed)
        collected.append(precision_at_k(model, held_out, some))

# %%
weights = [n[n > 0] for n in (held_out.tocsr().getnnz(axis=1) for _, held_out in splits)]
n = weights[0]
busy = f"{(n > 50).sum()} of {len(n)} users have over 50, together {n[n > 50].sum() / n.sum():.0%}"
print(f"likes in test: median {np.median(n):.0f}, most {n.max()}; {busy}")


def compare(name, average):
    bpr, logistic = ([average(*pair) for pair in zip(of_users[m], weights, strict=True)] for m in of_users)
    ahead = np.greater(bpr, logistic).sum()
    print(f"{name:23} BPR {min(bpr):.3f}–{max(bpr):.3f}, logistic {min(logistic):.3f}–{max(logistic):.3f}", end="")
    print(f"; BPR ahead in {ahead} of 5 splits")


compare("users", lambda values, n: values.mean())
compare("pairs of user and like", lambda values, n: np.average(values, weights=n))
compare("users, at most 20 likes", lambda values, n: values[n <= 20].mean())
compare("users, over 50 likes", lambda values, n: values[n > 50].mean())

# %% [markdown]
# For precision@10 the order is reversed, in five splits of five. BPR serves the many with few likes better, logistic the few with many, and the weights decide whom you hear. (The busy are not served better than the others: who has more right answers has the higher precision.) Report both groups, then choose on purpose.

# %% [markdown]
# ## Is it luck?
#
# WARP is ahead of BPR on precision@10, by about a hundredth. There are 664 users in test. With 664 others, would it still be?
#
# The **bootstrap** asks the users we have: draw 664 of them with replacement, so that some come twice and some not at all, and average again. Do it 1,000 times. Between the 2.5th and the 97.5th percentile of these averages lies a **95% interval**.
#
# It can be computed for each model, or for the **paired difference**: subtract user by user, then draw. Why should that matter? Say A finds 4, 3, 1 likes for three users and B 3, 2, 0. The users differ widely, so both averages are uncertain. The differences are 1, 1, 1.

# %%
from recsys_lessons.teaching.plotting import plot_paired_intervals

warp, bpr = measured["precision@10", "WARP"], measured["precision@10", "BPR"]
n = warp.shape[1]
drawn = np.random.default_rng(0).integers(n, size=(1000, n))


def interval(values):
    return np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])


separate = {"WARP": [interval(v) for v in warp], "BPR": [interval(v) for v in bpr]}
paired = [interval(w - b) for w, b in zip(warp, bpr, strict=True)]
plot_paired_intervals(separate, paired, seeds=seeds, measure="precision@10, train films left out")

# %% [markdown]
# By the left panel you would not dare to say. By the right one you would, for every seed. Is it the pairing? Break it and nothing else: shuffle BPR's users before subtracting.

# %%
shuffle = np.random.default_rng(1).permutation
broken = [interval(w - shuffle(b)) for w, b in zip(warp, bpr, strict=True)]
widths = {"paired": paired, "pairs broken": broken, "WARP alone": separate["WARP"]}
for name, ends in widths.items():
    width = np.diff(ends).ravel()
    clear = "" if name == "WARP alone" else f", leaves out 0 in {(np.min(ends, axis=1) > 0).sum()} of 5"
    print(f"{name:13} width {width.min():.3f}–{width.max():.3f}{clear}")
same = [interval(warp[i] - warp[j]) for i in range(5) for j in range(i)]
print(f"two seeds of WARP: 0 inside in {sum(low < 0 < high for low, high in same)} of 10 pairs")

# %% [markdown]
# Two lessons. Pairing makes the interval narrower by more than a third. And *overlap* was the wrong question: even with the pairs broken, most differences leave out 0. Independent widths add up as squares, 0.016 and 0.016 to 0.022, so a difference of 0.011 is clear; but not to overlap, the two must be 0.016 apart.
#
# The last line is a control. Where there is nothing to find, between two seeds of one model, the paired interval finds nothing. But it knows only about other users. Other seeds and splits have to be tried, as on this page, and other catalogs, of which this page has one.

# %% [markdown] slideshow={"slide_type": "notes"}
# Many learned "no overlap means significant" and turned it around. Let somebody defend that before the cell with the broken pairs. Then: what does the interval not know? Seeds, splits, another month.

# %% [markdown]
# ## A hundred negatives
#
# To rank 9,000 films for every like is work, with millions it is much work. So a well-known shortcut lets each like compete with 100 films drawn at random, and counts how often it comes in among the first ten: the **hit rate**. With all films as competitors that is nearly recall@10, averaged over likes.
#
# If $a$ of the user's $N$ other films stand above the like, then of 100 drawn ones about $100\, a / N$ do. NumPy draws that number, with `hypergeometric`. (Other films: those the user likes neither in train nor in test.)

# %%
known = train + test
others = np.repeat(n_films - known.getnnz(axis=1), n_likes)  # N, for each like in test


def others_above(model):
    return model.predict_rank(test, known, check_intersections=False).data.astype(int)


def hit_rate(above, negatives, seed=0, first=10):  # each like competes 20 times
    negatives = np.minimum(negatives, others)  # no more than there are
    drawn = np.random.default_rng(seed).hypergeometric(above, others - above, negatives, size=(20, len(above)))
    return (drawn < first).mean()


above = [others_above(model) for model in models["WARP"]]
rates = [hit_rate(a, 100) for a in above]
print(f"WARP, 100 negatives: {min(rates):.3f}–{max(rates):.3f}")

# %% [markdown]
# The shortcut keeps the order of models, it is hoped. First we see what it looks at: **turn the first 100 places of every list upside down**, so that place 100 comes first. **What is the hit rate now?**

# %%
guess("06 sampled", "?", expected="a number from 0 to 1")

# %%
turned = [np.where(a < 100, 99 - a, a) for a in above]
for name, places in {"as it is": above, "first 100 turned": turned}.items():
    columns = {
        "100 negatives": [hit_rate(a, 100) for a in places],
        "first ten of all films": [(a < 10).mean() for a in places],
        "first tenth": [(a < others / 10).mean() for a in places],
    }
    print(f"{name}:", "   ".join(f"{head} {min(v):.3f}–{max(v):.3f}" for head, v in columns.items()))
sampled = columns["100 negatives"]
your_guess("06 sampled", measured=f"{min(sampled):.3f} to {max(sampled):.3f}")

# %% [markdown]
# It has not noticed, while the first ten have lost most of their hits. A like at rank 0 and one at rank 99 meet, among 100 draws, none or about one film that is better: a hit either way. The cut falls where about ten of 100 are above, at a *tenth of the catalog*, near place 900, and the share of likes in that tenth is just about the hit rate.
#
# And with a single negative? A like wins if the film drawn stands below it. The chance of that is its share of pairs won:
#
# $$P(\text{win}) = \frac{N - a}{N} \qquad\text{which is, averaged over likes, AUC.}$$
#
# So the number of negatives slides a metric from AUC, with one, to recall, with all. First a check (up to the luck of the draw), then the two models about which AUC and recall disagree.

# %%
above_of = {name: [others_above(m) for m in models[name]] for name in ("BPR", "logistic")}
for name in above_of:
    auc = [np.average(of_users, weights=n_likes[has_test]) for of_users in measured["AUC", name]]
    one = [hit_rate(a, 1, first=1) for a in above_of[name]]
    print(f"{name:8}  one negative: {min(one):.3f}–{max(one):.3f}   AUC over likes: {min(auc):.3f}–{max(auc):.3f}")

# %%
from recsys_lessons.teaching.plotting import plot_lead_by_candidates

numbers = [30, 100, 300, 1000, 3000, n_films]  # the last: all there are
lead = np.empty((len(numbers), 5))
for row, negatives in enumerate(numbers):
    bpr, logistic = ([hit_rate(a, negatives, seed) for seed, a in enumerate(above_of[m])] for m in above_of)
    lead[row] = np.subtract(bpr, logistic)
    print(f"{negatives:5,} negatives: BPR {min(bpr):.3f}–{max(bpr):.3f}", end="")
    print(f", logistic {min(logistic):.3f}–{max(logistic):.3f}")
plot_lead_by_candidates(numbers, lead, names=("BPR", "logistic"), measure="hit rate among the first ten")

# %% [markdown]
# With 100 negatives logistic wins in five of five seeds, and with 300 BPR does. Draw more often, and the verdict stays: these are 20 draws for each like. Krichene and Rendle showed it in 2020 for most metrics of the top: sampled, they come close to AUC.
#
# Is it again the depths? Then BPR with the depths of logistic should win with few negatives, too.

# %%
pairs = zip(models["BPR"], models["logistic"], strict=True)
deep = [splice(bpr, logistic, known).data.astype(int) for bpr, logistic in pairs]
for negatives in (30, 100):
    own, other = ([hit_rate(a, negatives, s) for s, a in enumerate(r)] for r in (deep, above_of["logistic"]))
    print(f"{negatives:3} negatives: {min(own):.3f}–{max(own):.3f}", end="")
    print(f", logistic {min(other):.3f}–{max(other):.3f}; ahead in {np.greater(own, other).sum()} of 5")

# %% [markdown]
# It does. What changed lies below place 770, where no user comes, and the sampled verdict turns. If all items for all users are too much work, rank all items for fewer users: the interval gets wider, and the question stays the right one.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask who has read "HR@10" in a paper, and whether it said how many competed. Then: where in the list is the cut with 100 negatives and a million items?

# %% [markdown]
# ## Lab: two lists
#
# Twenty films, four likes, cut after ten. `b` is `a` with the first like one place higher.
#
# 1. Move each of the other likes of `a` one place up instead, one at a time. Which step pays most, and in which currency?
# 2. Give `a` the likes 1, 19 and 20. Find three places for `b` such that it has three hits in the first ten, and NDCG@10 still prefers `a`.

# %%
a = [2, 6, 11, 16]
b = [1, 6, 11, 16]
plot_ranked_lists({"a": a, "b": b}, n_items=20, k=10)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. AUC pays 0.016 for each, wherever it is. Precision pays for one step alone, 11 to 10. NDCG pays 0.144 for 2 to 1 and 0.113 for 11 to 10, but 0.012 for 6 to 5: it has a cliff at <i>k</i>, too. Reciprocal rank pays for the first like or not at all.
# 2. For example 8, 9, 10: 0.425 against 0.469. Precision is three times as high, recall is 1, and AUC is 0.588 against 0.333. One like at the very top outweighs three at the end of the screen.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Reading precision without its ceiling** ([#368](https://github.com/lyst/lightfm/issues/368), [#544](https://github.com/lyst/lightfm/issues/544)). In the first, recall was 0.60 at a precision of 0.10. That is about one hit a user, where fewer than two could be had.
#
# **Taking a high AUC for a good screen** ([#205](https://github.com/lyst/lightfm/issues/205)). There WARP and BPR had an AUC of 0.92 and 0.80, and the same precision of 0.045. Both can be true: they look at different parts of the list.
#
# **Asking for the AUC of the first ten** ([#444](https://github.com/lyst/lightfm/issues/444)). It has no $k$. All candidates count.
#
# **Leaving it unsaid what competed** ([#500](https://github.com/lyst/lightfm/issues/500), [#312](https://github.com/lyst/lightfm/issues/312)). Pass train as `train_interactions`; for a chosen set of candidates, pass it as `items` to any metric ([#625](https://github.com/lyst/lightfm/issues/625)).
#
# **Computing a metric a second time by hand** ([#568](https://github.com/lyst/lightfm/issues/568), [#336](https://github.com/lyst/lightfm/issues/336)). When digits differ, compare candidates, ties, and users without likes in test: the library leaves them out, unless `preserve_rows=True` counts them as 0.
#
# **Being content with a list that is the same for everybody** ([#589](https://github.com/lyst/lightfm/issues/589)). Popularity is such a list, and does as well here as logistic. The metric cannot tell you; the lists can.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. In a shop, users have 1.6 purchases in test on average. Precision@10 is 0.10, recall@10 is 0.60. What do you say?**
#
# <details><summary>a. Nine of ten recommendations are wrong: the model is weak</summary>With 1.6 likes for ten places even perfection would leave most places empty.</details>
# <details><summary>b. It finds 0.10 of the 0.16 that can be found</summary>Yes. If nobody has more than ten, the ceiling is 1.6 / 10. Now compare with popularity.</details>
# <details><summary>c. One of the two is miscomputed</summary>They share the numerator, the hits. One divides by ten, the other by the likes, which are fewer.</details>

# %% [markdown] tags=["quiz"]
# **2. A leads on AUC, B on NDCG@10. Users see ten items. What does A's lead tell you?**
#
# <details><summary>a. A is better for most users, B for a few</summary>Whom one averages over can turn an order, but here both are averages over the same users. They differ in the places they look at.</details>
# <details><summary>b. A will win as soon as it is trained longer</summary>Nothing here says so. The two may disagree for ever.</details>
# <details><summary>c. Perhaps nothing: B may lose where nobody looks</summary>Yes. Splicing showed it: with another order below place 770, logistic's or WARP's, BPR kept its precision and led on AUC.</details>
# <details><summary>d. A's list is better from place 11 on</summary>Perhaps much further down. BPR led up to place 770, and lost on AUC.</details>

# %% [markdown] tags=["quiz"]
# **3. Two models, 600 users: 0.071 to 0.086 and 0.066 to 0.080, each a 95% interval. What next?**
#
# <details><summary>a. They overlap, so there is no difference</summary>So did WARP's and BPR's, for every seed, and the paired difference left out 0 in all five.</details>
# <details><summary>b. Subtract user by user, and bootstrap that</summary>Yes. Users differ more than models do, and in the difference most of that is gone. Then try other seeds.</details>
# <details><summary>c. Draw 100,000 times instead of 1,000, to make them narrower</summary>That makes the ends more exact, not closer. The width comes from the number of users.</details>

# %% [markdown] tags=["quiz"]
# **4. A paper reports hit rate@10 with 100 negatives from 50,000 items: A 0.74, B 0.72, ten runs each. Whose first ten are better?**
#
# <details><summary>a. Not known</summary>Yes. The cut lies where ten of 100 are better, near place 5,000. On films the same figure chose the model with fewer likes in the first ten.</details>
# <details><summary>b. A's, since ten runs agree</summary>They agree on another question. More draws make a sampled metric steadier, and leave it where it looks.</details>
# <details><summary>c. B's, since sampling reverses the order</summary>It reversed one pair here, with 100 negatives, and not with 300. It need not.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Compute:** likes at 3 and 7 of eight give 0.25, 0.5, 0.417, 0.333 and 0.307. Precision, recall and NDCG are blind below $k$, reciprocal rank below the first like; AUC hardly sees the top: with everything below place 10 upside down, it fell from 0.93 to 0.22, and precision@10 stayed.
# - **Check:** the ceiling (0.570), what competes (train films cost WARP four tenths), ties (equal scores: 0, 0.5 or 0.754), and averages: over users BPR led in five splits of five, over pairs in none.
# - **Settle:** WARP and BPR overlap for all five seeds, and the paired difference leaves out 0 for all five, at 0.6 of the width of broken pairs.
# - **Expose:** 100 negatives put the cut near place 900; turning the first 100 places around left the hit rate at 0.83. Logistic won with 100 negatives, BPR with 300 and more.

# %% [markdown]
# **Next:** 07. Now you can tell a better model from a lucky one. Which knob makes one, and how much of a gain is only the seed?
