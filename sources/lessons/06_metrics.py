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
# Two models rank the same films for the same users. Which is better? You work out five answers with a pencil, and then watch the winner change three times, each time because of how one counts.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **compute** five metrics of a ranking by hand, and say what each of them cannot see;
# - **check** the choices behind a number: what competes, what counts as a win, whom one averages over;
# - **settle** whether a lead is more than luck, with an interval for the paired difference;
# - **expose** a metric computed on sampled candidates.
#
# *50 minutes. You need lessons 00 and 01; 04 or 05 helps.*

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
# Only AUC has noticed. It counts pairs, wherever they stand. Precision, recall and NDCG do not look below place $k$, and only NDCG sees the order above it. Reciprocal rank does not look below the first like.
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

# %% [markdown] slideshow={"slide_type": "notes"}
# Pencils. Who says "three" to the guess thinks that every improvement must show. Ask afterwards: to which places must the like at 7 rise for all five to notice? (1 or 2: among the first four, and above the other like.)

# %% [markdown]
# ## Two models, five verdicts
#
# The films and likes of lesson 00: train, and a test of up to ten films a user. A metric is computed for each user who has likes in test, then averaged. Three losses (BPR wants each like above a film drawn from others' likes), five seeds each, 30 epochs, and the popularity list. All films compete but those the user liked in train.

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
# In lesson 05 BPR led logistic on precision@10 after 10 epochs. Now there are five judges. **How many of the five side with BPR, in every seed?**

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

ahead = {m: (measured[m, "BPR"].mean(axis=1) > measured[m, "logistic"].mean(axis=1)).sum() for m in metrics}
print("BPR ahead, of 5 seeds:", ", ".join(f"{metric} {count}" for metric, count in ahead.items()))
your_guess("06 bpr or logistic", measured=list(ahead.values()).count(5))

# %% [markdown]
# BPR leads on the four that look at the top, logistic on AUC, each in five of five seeds. There even the popularity list beats BPR; on the other four it is level with logistic.
#
# ### Is 0.08 low?
#
# Many have thought so ([#368](https://github.com/lyst/lightfm/issues/368)). What would a model reach that has seen the test, and puts all likes on top? A user with three likes fills three of ten places:

# %%
n_likes = test.getnnz(axis=1)
has_test = n_likes > 0
print(f"{n_likes[has_test].mean():.1f} likes in test for each of {has_test.sum()} users")
print(f"highest possible precision@10: {np.minimum(n_likes[has_test], 10).mean() / 10:.3f}")
crowded = [precision_at_k(model, test).mean() for model in models["WARP"]]
print(f"WARP, with train films competing: {min(crowded):.3f}–{max(crowded):.3f}")

# %% [markdown]
# The ceiling is 0.570. And what competes matters: let the films of train run as well, and four tenths of WARP's precision are gone, taken by films the user is known to like. A number says little without its ceiling, its candidates and a baseline.
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
# To turn the places from `first` to `last`, each rank in between becomes `first` + `last` − rank:


# %%
def turn(ranks, first, last):
    return np.where((ranks >= first) & (ranks <= last), first + last - ranks, ranks)


def turned(model, first, last):
    ranks = model.predict_rank(test, train)
    ranks.data = turn(ranks.data, first, last)
    return Given(ranks)


lowest = np.repeat(n_films - train.getnnz(axis=1) - 1, n_likes)  # the last rank, for each like in test
below_ten = [turned(model, 10, lowest) for model in models["WARP"]]
first_ten = [turned(model, 0, 9) for model in models["WARP"]]
for metric, function in metrics.items():
    was = measured[metric, "WARP"].mean(axis=1)
    now = [function(model, test, train).mean() for model in below_ten]
    print(f"{metric:15}  {was.min():.3f}–{was.max():.3f}  now {min(now):.3f}–{max(now):.3f}")
auc = [auc_score(model, test, train).mean() for model in below_ten]
your_guess("06 upside down", measured=f"{min(auc):.3f} to {max(auc):.3f}")
auc = [auc_score(model, test, train).mean() for model in first_ten]
print(f"only the first ten turned: AUC {min(auc):.3f}–{max(auc):.3f}")

# %% [markdown]
# Precision@10 has not moved in any digit, and AUC has collapsed; to 0.22, not 0.07, since 15 in 100 likes stood in the first ten and stayed. (Reciprocal rank slips: some first likes were below ten.) Turn the first ten instead, and AUC stays. They are a thousandth of the catalog; AUC is about the other 9,000.
#
# So BPR may have lost on AUC far below anything on the screen. Where do the likes stand?

# %%
from recsys_lessons.teaching.plotting import plot_found_by_depth

likes_at = {name: [m.predict_rank(test, train).data for m in models[name]] for name in ("BPR", "logistic")}
plot_found_by_depth(likes_at, n_items=n_films)

# %% [markdown]
# At $n = 10$ you read off recall@10 (here each like counts once; the table gives each user the same weight). AUC is about the area under the curve, with places drawn *evenly*: then BPR's lead, up to place 770, has a twelfth of the width.
#
# The test: swap the **depths** and nothing else. The first 100 places of BPR stay; after them come the other films, in logistic's order. And the reverse, because a mix of two models may be better by itself. (To get the ranks of the rest we tell the library that the 100 are known. They contain likes of test, so it must not check for that.)


# %%
def splice(top, depths, known, keep=100):
    kept, _ = top.recommend(np.arange(n_users), n=keep, exclude=known)
    users = np.repeat(np.arange(n_users), keep)
    kept = sp.csr_matrix((np.ones(kept.size), (users, kept.ravel())), shape=train.shape)
    ranks = top.predict_rank(test, known, check_intersections=False)
    rest = depths.predict_rank(test, known + kept, check_intersections=False)  # rank among the rest
    ranks.data = np.where(ranks.data < keep, ranks.data, keep + rest.data)
    return ranks


# %%
swaps = [("BPR", "BPR"), ("BPR", "logistic"), ("logistic", "BPR"), ("logistic", "logistic")]
for top, depths in swaps:
    spliced = [Given(splice(*two, train)) for two in zip(models[top], models[depths], strict=True)]
    p = [precision_at_k(model, test, train).mean() for model in spliced]
    auc = [auc_score(model, test, train).mean() for model in spliced]
    print(f"first 100 of {top:8}, depths of {depths:8}: precision@10 {min(p):.3f}–{max(p):.3f}", end="")
    print(f", AUC {min(auc):.3f}–{max(auc):.3f}")

# %% [markdown]
# Precision@10 stays with the first 100. AUC goes with the depths: BPR gains nearly 0.04 with logistic's and leads, logistic loses nearly 0.02 with BPR's. A mix does gain something by itself, but that cannot explain a loss. What BPR lacks on AUC, it lacks below place 100. (Lesson 05 mends it, with other negatives.)
#
# Which verdict is right? Ask what the ranking is *for*. Ten films on a screen: precision, recall or NDCG at 10. A single suggestion: reciprocal rank. A ranking that somebody filters first, by genre or by price, may show any part of the list: AUC.

# %% [markdown] slideshow={"slide_type": "notes"}
# Before the swap, ask for the experiment: "BPR loses on AUC because of its depths. What would you change, and only that?"

# %% [markdown]
# ## A model that knows nothing
#
# AUC depends on one more thing, and no list shows it. A broken model gives every film the same score. **What is its AUC?**

# %%
guess("06 same score", "?", expected="a number from 0 to 1")

# %% [markdown]
# It depends on how a *tie* counts: against the model; as half a pair; or, when a sort leaves equals in the order of their numbers, like a list with scores 0, −1, −2, ... As a check we number the films by lot.

# %%
by_lot = np.random.default_rng(0).permutation(n_films)
broken = Popularity().fit(train)
for how, scores in {"by number": -np.arange(n_films), "by lot": by_lot, "equal": np.zeros(n_films)}.items():
    broken.item_popularity = scores
    auc = auc_score(broken, test, train).mean()
    print(f"{how:9} AUC {auc:.3f}")
your_guess("06 same score", measured=f"{auc:.3f} here, 0.500 if a tie is half a pair")

# %% [markdown]
# The library, like LightFM ([#149](https://github.com/lyst/lightfm/pull/149)), counts ties against the model: a score that says nothing earns nothing. Sorted by number it gets 0.754, and has learned nothing either. By lot about half is left: it was the order of the table that knew something. Who computes AUC by hand, with `argsort`, may measure that.
#
# One choice is still silent: who is averaged?
#
# ## Averaged over whom?
#
# So far each user counted once. But who has 200 likes probably opens the page more often. So one may give each *like* the same weight: that user's precision then counts 200 times. Our test has at most ten likes a user, so here we draw a fifth of all likes at random, five times, and train one seed on each split.
#
# **BPR has led logistic on precision@10. Who leads when each like counts the same?**

# %%
guess("06 each like", "?", one_of=("BPR", "logistic", "neither"))

# %%
from recsys_lessons.cross_validation import random_train_test_split

averages = {}  # metric, what counts once, loss: one number a split
for split in range(5):
    some, held_out = random_train_test_split((train + test).tocoo(), test_percentage=0.2, random_state=split)
    held = held_out.tocsr().getnnz(axis=1)
    held = held[held > 0]  # the metrics leave out the same users
    weights = {"each user": np.ones(len(held)), "each like": held, "up to 50": held <= 50, "over 50": held > 50}
    for loss in ("bpr", "logistic"):
        model = train_one(loss, some, 42 + split)
        for metric in ("precision@10", "recall@10"):
            values = metrics[metric](model, held_out, some)
            for who, weight in weights.items():
                averages.setdefault((metric, who, loss), []).append(np.average(values, weights=weight))

# %%
busy, ahead = held > 50, {}
print(f"last split: {busy.sum()} of {len(held)} users have over 50 likes held out", end="")
print(f", together {held[busy].sum() / held.sum():.0%}")
for metric, who in [("precision@10", who) for who in weights] + [("recall@10", "each like")]:
    bpr, logistic = averages[metric, who, "bpr"], averages[metric, who, "logistic"]
    ahead[metric, who] = np.greater(bpr, logistic).sum()
    print(f"{metric:12}  {who:9}  BPR {min(bpr):.3f}–{max(bpr):.3f}", end="")
    print(f", logistic {min(logistic):.3f}–{max(logistic):.3f}; BPR ahead in {ahead[metric, who]} of 5")
your_guess("06 each like", measured=f"BPR ahead in {ahead['precision@10', 'each like']} of 5")

# %% [markdown]
# On precision@10 the order is reversed, in five splits of five. BPR serves the many with few likes better, logistic the few with many (35 here, and the splits overlap), and the weights decide whom you hear. Recall@10 keeps its order, and must: weighted by likes it is all hits over all likes, the first row with another divisor. Report both groups, then choose on purpose. And would other users say the same?

# %% [markdown]
# ## Is it luck?
#
# WARP is ahead of BPR on precision@10, by about a hundredth, for 664 users.
#
# The **bootstrap** asks the users we have: draw 664 of them with replacement, so that some come twice and some not at all, and average again. Do it 1,000 times. Between the 2.5th and the 97.5th percentile of these averages lies a **95% interval**.
#
# It can be computed for each model, or for the **paired difference**: subtract user by user, then draw. Why should that matter? Say A finds 4, 3, 1 likes for three users and B 3, 2, 0. The users differ widely, so both averages are uncertain. The differences are 1, 1, 1.

# %%
from recsys_lessons.teaching.plotting import plot_paired_intervals

warp, bpr = measured["precision@10", "WARP"], measured["precision@10", "BPR"]
tested = has_test.sum()
redrawn = np.random.default_rng(0).integers(tested, size=(1000, tested))


def interval(values):
    return np.percentile(values[redrawn].mean(axis=1), [2.5, 97.5])


separate = {"WARP": [interval(v) for v in warp], "BPR": [interval(v) for v in bpr]}
paired = [interval(w - b) for w, b in zip(warp, bpr, strict=True)]
plot_paired_intervals(separate, paired, seeds=seeds, measure="precision@10, train films left out")

# %% [markdown]
# By the left panel you would not dare to say. By the right one you would, for every seed. Is it the pairing? Break it and nothing else: shuffle BPR's users before subtracting.

# %%
shuffle = np.random.default_rng(1).permutation
shuffled = [interval(w - shuffle(b)) for w, b in zip(warp, bpr, strict=True)]
print(f"leaves out 0: paired {sum(low > 0 for low, _ in paired)}, shuffled {sum(low > 0 for low, _ in shuffled)} of 5")
print("WARP − BPR, a seed each:", *[f"{(w - b).mean():.3f}" for w, b in zip(warp, bpr, strict=True)])
for name, ends in {"paired": paired, "users shuffled": shuffled, **separate}.items():
    width = np.diff(ends)
    print(f"{name:14} width {width.min():.3f}–{width.max():.3f}")
same = [interval(warp[i] - warp[j]) for i in range(5) for j in range(i)]
print(f"two seeds of WARP: 0 inside in {sum(low < 0 < high for low, high in same)} of 10 differences")

# %% [markdown]
# Pairing makes the interval narrower by more than a third. And overlap was the wrong question: even with the users shuffled, most differences leave out 0. Not to overlap, averages with intervals 0.016 and 0.015 wide must be 0.0155 apart. For the difference of independent ones the widths add up as squares, to 0.022, and half of that, 0.011, is enough: four of the five leads are larger.
#
# The last line is a control (ten differences, but of five models): where there is nothing to find, the paired interval finds nothing. But it knows only about other users. Other seeds have to be tried, as here, and other catalogs, of which this page has one.

# %% [markdown] slideshow={"slide_type": "notes"}
# Many learned "no overlap means significant" and turned it around. Let somebody defend that before the users are shuffled.

# %% [markdown]
# ## A hundred negatives
#
# To rank millions of items for every like is much work. A well-known shortcut lets each like compete with 100 films drawn at random, and counts how often it comes in among the first ten: the **hit rate**. With all films as competitors that is nearly recall@10, where BPR leads.
#
# The hope: the order of models stays. **Who leads with 30 negatives, and who with 300?**

# %%
guess("06 negatives", "?", expected='two names, ["with 30", "with 300"]', one_of=("BPR", "logistic"))

# %% [markdown]
# If $a$ of the user's $N$ other films stand above the like, then of 100 drawn ones about $100\, a / N$ do, and `hypergeometric(a, N − a, 100)` draws that number. Other films are those the user likes neither in train nor in test.

# %%
known = train + test
others = np.repeat(n_films - known.getnnz(axis=1), n_likes)  # N, for each like in test
user_of = np.repeat(np.arange(n_users), n_likes)


def others_above(model):
    return model.predict_rank(test, known, check_intersections=False).data.astype(int)


def by_user(values):  # one value a like; averaged for each user
    return np.bincount(user_of, values, n_users)[has_test] / n_likes[has_test]


def hit_rate(above, negatives, seed, first=10):  # each like competes 20 times
    negatives = np.minimum(negatives, others)  # no more than there are
    drawn = np.random.default_rng(seed).hypergeometric(above, others - above, negatives, size=(20, len(above)))
    return by_user((drawn < first).mean(axis=0))


# %%
from recsys_lessons.teaching.plotting import plot_lead_by_candidates

above = {name: [others_above(m) for m in models[name]] for name in ("BPR", "logistic")}
numbers, leads = [30, 100, 300, 1000, n_films], []  # the last: all there are
for negatives in numbers:
    bpr, logistic = (np.array([hit_rate(a, negatives, s) for s, a in enumerate(above[m])]) for m in above)
    leads.append((bpr - logistic).mean(axis=1))
    ends = np.array([interval(gap) for gap in bpr - logistic])
    name = "all" if negatives == n_films else negatives
    print(f"{name:>4} negatives: BPR − logistic {leads[-1].min():+.3f} to {leads[-1].max():+.3f}", end="")
    print(f", all intervals within {ends.min():+.3f} to {ends.max():+.3f}")
with_30, with_300 = ("BPR" if leads[row].min() > 0 else "logistic" for row in (0, 2))
your_guess("06 negatives", measured=f"{with_30}, {with_300}")
plot_lead_by_candidates(numbers, leads, names=("BPR", "logistic"), measure="hit rate among the first ten")

# %% [markdown]
# With 30 negatives logistic wins, with 300 BPR does, and no interval comes near 0. With 100 logistic leads too, though an interval ends at −0.001. What does a sampled metric look at? Turn the first 100 places of every list:

# %%
places_of = {"as it is": above["BPR"], "first 100 turned": [turn(a, 0, 99) for a in above["BPR"]]}
for name, places in places_of.items():
    sampled = [hit_rate(a, 100, seed).mean() for seed, a in enumerate(places)]
    ten = [by_user(a < 10).mean() for a in places]
    print(f"BPR {name:16}: 100 negatives {min(sampled):.3f}–{max(sampled):.3f}", end="")
    print(f", all films {min(ten):.3f}–{max(ten):.3f}")
one = [hit_rate(a, 1, seed, first=1).mean() for seed, a in enumerate(above["BPR"])]
auc = measured["AUC", "BPR"].mean(axis=1)
print(f"one negative, only the first place a hit: {min(one):.3f}–{max(one):.3f}; AUC {auc.min():.3f}–{auc.max():.3f}")

# %% [markdown]
# With 100 negatives it hardly notices, and the true first ten have lost most of their hits. Its cut falls where ten of 100 drawn films are above: at a *tenth of the catalog*, near place 900. With 30 it falls near 3,000, with 300 near 300, and BPR's lead ended at place 770.
#
# And with a single negative, if only the first place is a hit? A like wins if the film drawn stands below it. The chance of that is its share of pairs won:
#
# $$P(\text{win}) = \frac{N - a}{N} \qquad\text{which is, on average, AUC.}$$
#
# Krichene and Rendle showed in 2020 that with few negatives most metrics of the top come close to AUC. Is it again the depths? Swap them, with 30 negatives:

# %%
for top, depths in swaps:
    spliced = [splice(*two, known).data.astype(int) for two in zip(models[top], models[depths], strict=True)]
    sampled = [hit_rate(a, 30, seed).mean() for seed, a in enumerate(spliced)]
    print(f"first 100 of {top:8}, depths of {depths:8}: hit rate {min(sampled):.3f}–{max(sampled):.3f}")

# %% [markdown]
# It goes mostly with the depths (a mix gains here, too): "the first ten" are decided largely below place 100. If all items for all users are too much work, rank all items for fewer users: the interval gets wider, and the question stays the right one.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask who has read "HR@10" in a paper, and whether it said how many competed. Then: where in the list is the cut with 100 negatives and a million items?

# %% [markdown]
# ## Lab: two lists
#
# Twenty films, four likes, cut after ten. In the picture, `b` is `a` with the first like one place higher. In the lab below it, choose a film, move it, say whether it is liked, and compare with the list you pinned (`a`, at first).
#
# 1. Move each like of `a` one place up, one at a time (*Back to pin* in between). Which step pays most, and in which currency?
# 2. Move the first like, film B, to the very end. Which of the metrics do not mind, and why?
# 3. *Reset*, *No likes*, let the films at 1, 19 and 20 be liked, and pin. Move them so that all three stand in the first ten, and NDCG@10 still prefers the pinned list. (A move shifts the films between: place the topmost first.)

# %%
from recsys_lessons.teaching.plotting import plot_ranked_lists

a = [2, 6, 11, 16]
b = [1, 6, 11, 16]
plot_ranked_lists({"a": a, "b": b}, n_items=20, k=10)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_metric_lab

show_metric_lab(a, n_items=20, k=10)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. AUC pays 0.016 for each, wherever it is. Precision and recall pay for one step alone, 11 to 10. NDCG pays 0.144 for 2 to 1 and 0.113 for 11 to 10, but 0.012 for 6 to 5: it has a cliff at <i>k</i>, too. Reciprocal rank pays for the first like or not at all.
# 2. Precision and recall: the films below move up by one, and the like at 11 slides over the cut. The other three fall.
# 3. For example 8, 9, 10: 0.425 against 0.469. Precision is three times as high, recall is 1, and AUC is 0.588 against 0.333. One like at the very top outweighs three at the end of the screen.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Reading precision without its ceiling** ([#368](https://github.com/lyst/lightfm/issues/368), [#544](https://github.com/lyst/lightfm/issues/544)). In the first, recall was 0.60 at a precision of 0.10. That is about one hit a user, where probably fewer than two could be had.
#
# **Taking a high AUC for a good screen** ([#205](https://github.com/lyst/lightfm/issues/205)). There WARP and BPR had an AUC of 0.92 and 0.80, and the same precision of 0.045. Both can be true: they look at different parts of the list.
#
# **Leaving it unsaid what competed** ([#500](https://github.com/lyst/lightfm/issues/500), [#312](https://github.com/lyst/lightfm/issues/312)). Pass train as `train_interactions`; for a chosen set of candidates, pass it as `items` to any metric ([#625](https://github.com/lyst/lightfm/issues/625)).
#
# **Computing a metric a second time by hand** ([#568](https://github.com/lyst/lightfm/issues/568), [#336](https://github.com/lyst/lightfm/issues/336)). When digits differ, compare candidates, ties, and users without likes in test: the library leaves them out, unless `preserve_rows=True` counts them as 0.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. In a shop, users have 1.2 purchases in test on average. Precision@10 is 0.09, recall@10 is 0.78. What do you say?**
#
# <details><summary>a. Nine of ten recommendations are wrong: the model is weak</summary>With 1.2 likes for ten places even perfection would leave most places empty.</details>
# <details><summary>b. It finds 0.09 of the 0.12 that can be found</summary>Yes. If nobody has more than ten, the ceiling is 1.2 / 10. Now compare with popularity.</details>
# <details><summary>c. One of the two is miscomputed</summary>They share the numerator, the hits. One divides by ten, the other by the likes, which are fewer.</details>

# %% [markdown] tags=["quiz"]
# **2. A leads on AUC, B on NDCG@10. Users see ten items. What does A's lead tell you?**
#
# <details><summary>a. A is better for most users, B for a few</summary>Whom one averages over can turn an order, but here both are averages over the same users. They differ in the places they look at.</details>
# <details><summary>b. Perhaps nothing: B may lose where nobody looks</summary>Yes. The swap showed it: with logistic's order below place 100 BPR kept its precision and led on AUC.</details>
# <details><summary>c. A's list is better from place 11 on</summary>Perhaps much further down. BPR led up to place 770, and lost on AUC.</details>

# %% [markdown] tags=["quiz"]
# **3. Two models, 600 users: 0.071 to 0.086 and 0.066 to 0.080, each a 95% interval. What next?**
#
# <details><summary>a. They overlap, so there is no difference</summary>So did WARP's and BPR's, for every seed, and the paired difference left out 0 in all five.</details>
# <details><summary>b. Subtract user by user, and bootstrap that</summary>Yes. Users differ more than models do, and in the difference most of that is gone. Then try other seeds.</details>
# <details><summary>c. Draw 100,000 times instead of 1,000, to make them narrower</summary>That makes the ends more exact, not closer. The width comes from the number of users.</details>

# %% [markdown] tags=["quiz"]
# **4. A paper reports hit rate@10 with 100 negatives from 50,000 items: A 0.74, B 0.72, ten runs each. Whose first ten are better?**
#
# <details><summary>a. Not known</summary>Yes. The cut lies where ten of 100 are better, near place 5,000. On films the same metric, with 30 negatives, chose the model with fewer likes in the first ten.</details>
# <details><summary>b. A's, since ten runs agree</summary>They agree on another question. More draws make a sampled metric steadier, and leave it where it looks.</details>
# <details><summary>c. B's, since sampling reverses the order</summary>It reversed one order here, with 30 negatives, and not with 300. It need not.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Compute:** likes at 3 and 7 of eight give 0.25, 0.5, 0.417, 0.333 and 0.307. Precision, recall and NDCG are blind below $k$, the first two also to the order above it, reciprocal rank below the first like; AUC hardly sees the top: with everything below place 10 upside down, it fell from 0.93 to 0.22; with the first ten turned, it stayed.
# - **Check:** the ceiling (0.570), what competes (train films cost WARP four tenths), ties (equal scores: 0, a half or 0.754), and averages: with equal users BPR led on precision@10 in five splits of five, with equal likes in none.
# - **Settle:** WARP and BPR overlap for all five seeds, and the paired difference leaves out 0 for all five, at 0.6 of the width with users shuffled.
# - **Expose:** 100 negatives put the cut near place 900, and turning the first 100 places hardly moves the hit rate. Logistic wins with 30 negatives and, less clearly, with 100, BPR with 300 and more; with 30, the hit rate goes mostly with the depths.

# %% [markdown]
# **Practice:** [the exercises of this lesson](../exercises/06_metrics.ipynb).
#
# **Next:** 07. Now you can tell a better model from a lucky one. Which knob makes one, and how much of a gain is only the seed?
