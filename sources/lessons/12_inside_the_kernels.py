# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Inside the kernels: why is this fast, and how do we know it is right?
#
# You have trained hundreds of models on these pages, most of them in less time than it takes to read this sentence. Now you look at what runs in that time, put a loss of your own inside, and find out when the same seed gives the same bytes.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **explain** what compiling changes in a loop, and why the order of a sum is part of its result;
# - **write** a loss of your own, check it, and measure it beside the built-in ones;
# - **predict** what breaks equal bytes, and which losses notice;
# - **find** a wrong update with finite differences.
#
# *60 minutes. You need lessons 03 and 05; 07 helps.*

# %% [markdown]
# ## The loop you can read
#
# A **kernel** is a function that does the arithmetic: compiled, over plain arrays. Each stands in the library twice. `kernels/reference.py` has it as plain Python, one number at a time. Here is Adagrad's and Adadelta's step (lesson 07):

# %%
from recsys_lessons.kernels import reference
from recsys_lessons.teaching.source import show_source

show_source(reference.step_number)

# %% [markdown]
# `LightFM` trains with the compiled twin, `training.learn_entries`. The next cell puts the plain one in its place, for one epoch of WARP on the likes of 60 users. **How many times as long does it take?**

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("12 plain loop", "?", expected="how many times as long, a number from 1")

# %%
from hashlib import sha256
from time import perf_counter
from unittest.mock import patch

from recsys_lessons import LightFM
from recsys_lessons.datasets import load_movies
from recsys_lessons.kernels import training

movies = load_movies().as_lightfm(min_rating=4.0)
train, test = movies["train"].tocsr(), movies["test"].tocsr()
few = train[:60]
print(f"{train.nnz:,} likes in train, {few.nnz:,} of them by the first 60 users")


def digest(model):  # a short name for all that was learned: one other bit, another name
    learned = model.user_embeddings, model.user_biases, model.item_embeddings, model.item_biases
    return sha256(b"".join(numbers.tobytes() for numbers in learned)).hexdigest()[:16]


def one_epoch(learn):
    model = LightFM(loss="warp", no_components=30, random_state=1).fit(few, epochs=0)
    with patch.object(training, "learn_entries", learn):  # inside, LightFM finds `learn` under that name
        begin = perf_counter()
        _ = model.fit_partial(few, epochs=1)
        return perf_counter() - begin, digest(model)


def plain(model, data, order, settings, worker):
    return reference.learn_entries(model, data, order, settings, worker.stream)  # of its workspace, the random numbers


slow, by_plain = one_epoch(plain)
fast, by_kernel = min(one_epoch(training.learn_entries) for _ in range(5))
your_guess("12 plain loop", measured=f"more than 300 times as long: {slow / fast > 300}")
print("plain", by_plain, "compiled", by_kernel)

# %% tags=["nbval-ignore-output"]
print(f"this time: {slow / fast:,.0f} times as long")

# %% [markdown]
# Same bytes, so nothing was approximated. What was saved?
#
# Python asks at every `+` what stands on its two sides, and makes a new object for the result. **Numba** asks once for each function, when it is first called, and writes machine code for just these **types**; for other types it writes other code. So a kernel gets arrays of a fixed type, float32, whose rows lie side by side in memory. A Python list would hold objects, scattered about, each with its type. (Part of the difference above is that plain Python reads single numbers out of arrays slowly; with lists it would be faster, and still far behind.)
#
# ## Seven ones get lost
#
# A float32 has 24 binary digits. From 16,777,216 = 2²⁴ on it knows even numbers only, and a result halfway between two of them goes to the one that is a multiple of 4. Add up this number and seven ones, with a pencil:
#
# | order | steps | sum |
# |:--|:--|--:|
# | left to right | 16,777,216 + 1 lies halfway between …216 and …218, and 216 is the multiple of 4. Seven times. | 16,777,216 |
# | right to left | 7, then 16,777,223: halfway between …222 and …224 | 16,777,224 |
# | by halves | the first four plus the last four: 16,777,216, 2, 2, 2; again: 16,777,218, 4; again | 16,777,222 |
#
# Right would be 16,777,223, which does not exist.

# %%
from functools import reduce
from operator import add

import numpy as np

numbers = np.array([2**24, 1, 1, 1, 1, 1, 1, 1], dtype=np.float32)
print("left to right", int(reduce(add, numbers)), " right to left", int(reduce(add, numbers[::-1])))
print("by halves    ", int(reference.total(numbers.copy())))

# %% [markdown]
# Who would add by halves? From left to right each addition waits for the one before. A processor could add eight or sixteen pairs at once, and stands idle. So the kernels keep eight running sums, **lanes**, and add these up by halves at the end:

# %%
show_source(reference.dot_in_lanes)

# %% [markdown]
# You can also give the compiler leave to regroup, with `fastmath=True`. All three ways, for one user's scores of the 9,066 films:

# %%
import re

from numba import njit

from recsys_lessons.kernels.representation import dot


def left_to_right(user, films, scores):
    for film in range(len(scores)):
        score = np.float32(0)
        for component in range(films.shape[1]):
            score += user[0, component] * films[film, component]
        scores[film] = score


def eight_lanes(user, films, scores):
    for film in range(len(scores)):
        scores[film] = dot(user, 0, films, film)


ways = {"left to right": njit(left_to_right), "eight lanes": njit(eight_lanes)}
ways["fastmath"] = njit(fastmath=True)(left_to_right)

# %% [markdown]
# Two questions: how fast is each, and has the code that Numba makes of it (`inspect_llvm`) an instruction that adds several numbers at once (`fadd <8 x float>` adds eight)?

# %%
rng = np.random.default_rng(0)
user, films = (rng.normal(size=(rows, 64)).astype(np.float32) for rows in (1, train.shape[1]))
scores, quickest, widths = {}, {}, {}
for name, way in ways.items():
    scores[name] = np.zeros(len(films), dtype=np.float32)
    times = []
    for _ in range(30):
        begin = perf_counter()
        way(user, films, scores[name])
        times.append(perf_counter() - begin)
    quickest[name] = min(times[1:])  # the first call compiles
    code = way.inspect_llvm(way.signatures[0])
    widths[name] = {int(width) for width in re.findall(r"fadd[a-z ]* <(\d+) x float>", code)}

print("additions of several numbers at once:", {name: bool(width) for name, width in widths.items()})
for name in ("eight lanes", "fastmath"):
    differ = (scores[name] != scores["left to right"]).mean() > 0.5
    print(f"{name}: more than half of the scores differ: {differ}")

# %% tags=["nbval-ignore-output"]
for name in ("eight lanes", "fastmath"):
    print(f"{name}: {quickest['left to right'] / quickest[name]:.0f} times as fast")
print("at most so many at once, on this computer:", {name: max(width, default=1) for name, width in widths.items()})

# %% [markdown]
# Both are fast, and both have other last digits than the plain order. The difference is who chose the order. With fastmath the compiler did, for this computer's processor: sixteen at once here, and for another four (try `NUMBA_CPU_NAME=generic`). With lanes the program did. A narrow processor needs two instructions for eight lanes, and gets the same eight sums.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ten minutes for the three orders on paper; let three rows of the class do one each and compare. Ask: "Which is wrong?" All are; each is the right answer to another order.

# %% [markdown]
# ## A loss of your own
#
# A loss decides who is refused and how hard (lesson 05). The kernel leaves a place for your function:

# %%
from recsys_lessons.kernels import own

show_source(own.judge_pair, part=("strength, loss = loss_of_pair", "return negative, weight"))

# %% [markdown]
# | you write | it gets | it returns |
# |:--|:--|:--|
# | a **pairwise** loss, `function(difference, draws)` | $z$, the lead of the like over a negative, and how many draws it took; if you name two more arguments, the columns of both | two numbers: strength and loss |
# | a **pointwise** loss, `function(score, value)` | a score, and what is stored | the same |
#
# `pairwise_loss` has two options. `negatives` says how films are drawn: all alike (`"catalog"`), or as often as they have entries (`"entries"`). With a `margin` the search goes on, up to `max_sampled` draws, until a film breaks the rule.
#
# The step depends on *strength* alone, $s = -\partial L / \partial z$. *Loss* is only reported. First a copy of BPR:

# %%
from recsys_lessons.kernels.elementary import log_loss
from recsys_lessons.losses import pairwise_loss


@pairwise_loss(negatives="entries")
def my_bpr(difference, draws):
    loss, strength = log_loss(difference)
    return strength, loss


def timed_fit(loss):
    model = LightFM(loss=loss, no_components=30, random_state=1).fit(train, epochs=0)
    begin = perf_counter()
    _ = model.fit_partial(train, epochs=5)
    return perf_counter() - begin, digest(model)


pairs = [(timed_fit("bpr"), timed_fit(my_bpr)) for _ in range(9)]
(built_in, theirs), (copied, mine) = (min(one) for one in zip(*pairs, strict=True))
print("built-in", theirs, "mine", mine)

# %% tags=["nbval-ignore-output"]
print(f"speed: {built_in / copied:.2f} times the built-in's")

# %% [markdown]
# The bytes of the built-in loss, and no price to speak of: your function is not called 47,785 times an epoch, it is compiled into the loop. What does not fit is refused before anything is trained:


# %%
def no_draws(difference):
    return 1.0, 1.0 - difference


def strength_only(difference, draws):
    return 1.0


for wrong in (no_draws, strength_only):
    try:
        pairwise_loss(wrong)
    except ValueError as error:
        print(error)

# %% [markdown]
# ### A hinge, and a check
#
# The **hinge** wants a lead of 1, like WARP, and pushes with the same strength until it is there:
#
# $$L = \max(0,\ 1 - z), \qquad s = -\frac{\partial L}{\partial z} = 1 \text{ if } z < 1, \text{ else } 0$$
#
# The *squared* hinge takes half the square of it, so that $s = \max(0, 1 - z)$.


# %%
@pairwise_loss
def hinge(difference, draws):
    return (1.0, 1.0 - difference) if difference < 1 else (0.0, 0.0)


@pairwise_loss
def squared_hinge(difference, draws):
    gap = max(0.0, 1.0 - difference)
    return gap, gap**2


# %% [markdown]
# One of the two has a mistake, and both would train. Nobody compares strength and loss unless you do. The slope of any function can be had without a derivation, by **finite differences**: go a little to both sides, and divide.


# %%
def check(loss, h=1e-6):
    z = np.array([-2.0, -0.5, 0.5, 2.0])
    strength = [loss(one, 1)[0] for one in z]  # called from Python, it is the function as you wrote it
    falls = [(loss(one - h, 1)[1] - loss(one + h, 1)[1]) / (2 * h) for one in z]
    print(f"{loss.name:14} strength", *[f"{number:.3f}" for number in strength], end="   ")
    print("the loss falls by", *[f"{number:.3f}" for number in falls])


for loss in (my_bpr, hinge, squared_hinge):
    check(loss)

# %% [markdown]
# `squared_hinge` reports twice what it steps for: it forgot the half. The lists would have been fine and the curve of the loss wrong. The other way round the curve looks fine, which is worse. Mended:

# %%
from recsys_lessons.teaching.plotting import plot_loss_shapes


@pairwise_loss
def squared_hinge(difference, draws):
    gap = max(0.0, 1.0 - difference)
    return gap, gap**2 / 2


plot_loss_shapes({"BPR": my_bpr, "hinge": hinge, "squared hinge": squared_hinge})

# %% [markdown]
# Now measure it, with and without a search: `hinge` refuses the first film drawn from the catalog, `searching` up to ten, until one is within 1. That is WARP without its rank weights. Five seeds, 30 epochs; all films compete but those liked in train. **Where does the searching hinge land on precision@10?**

# %%
guess("12 hinge", "?", one_of=("level with BPR", "between BPR and WARP", "level with WARP"))

# %% [markdown]
# *Popular* will be the share of all places on the lists that the ten most liked films take.

# %%
from collections import namedtuple

from recsys_lessons.evaluation import auc_score, precision_at_k

everybody = np.arange(train.shape[0])
n_likes = train.getnnz(axis=0)
ten_most_liked = np.argsort(-n_likes, kind="stable")[:10]
Runs = namedtuple("Runs", "popular precision auc draws")


def measured(model):
    lists, _ = model.recommend(everybody, n=10, exclude=train)
    precision, auc = precision_at_k(model, test, train).mean(), auc_score(model, test, train).mean()
    draws = sum(epoch["draws"] for epoch in model.training_history) / 1e6
    return np.isin(lists, ten_most_liked).mean(), precision, auc, draws


def five_runs(loss, epochs=30, after=lambda model: model):
    models = [LightFM(loss=loss, no_components=30, random_state=seed).fit(train, epochs=epochs) for seed in range(5)]
    return Runs(*np.transpose([measured(after(model)) for model in models]))


def told(name, run):
    spans = [f"{values.min():.3f}–{values.max():.3f}" for values in run[:3]]
    print(f"{name:18} precision@10 {spans[1]}  AUC {spans[2]}", end="  ")
    print(f"popular {spans[0]}  {run.draws.mean():4.1f} M draws")


# %%
searching = pairwise_loss(hinge.function, margin=1.0)
runs = {name: five_runs(loss) for name, loss in {"BPR": my_bpr, "WARP": "warp"}.items()}
runs |= {"hinge": five_runs(hinge), "hinge, searching": five_runs(searching)}
for name, run in runs.items():
    told(name, run)
found = runs["hinge, searching"].precision
near = min(("BPR", "WARP"), key=lambda name: abs(runs[name].precision.mean() - found.mean()))
n_above = (found > runs[near].precision).sum()
your_guess("12 hinge", measured=f"next to {near}, above it in {n_above} of 5 seeds")

# %% [markdown]
# Level with WARP, with fewer draws. In lesson 05 the rank weights added nothing to what a longer search brought; here they are gone, and nothing is missing. What counts is the search, with the additional steps that it finds: without it the hinge is level with BPR.
#
# ### BPR, corrected for popularity
#
# Look at *popular*. BPR has the smallest share. Why?
#
# For a user $u$, let $\pi_i$ be the chance that the next like is film $i$, and let film $j$ be drawn in proportion to $n_j$. The pair "$i$ liked, $j$ drawn" then comes as often as $\pi_i n_j$, and the reverse as often as $\pi_j n_i$. BPR's $\sigma(z)$ is fitted to the share of the first among both, so in the end (roughly, since films the user knows are drawn again)
#
# $$z = \log \frac{\pi_i\, n_j}{\pi_j\, n_i} = \log \frac{\pi_i}{n_i} - \log \frac{\pi_j}{n_j}$$
#
# The score tells how likely a film is for $u$ *compared with how often it was drawn*, that is, with its popularity. A list sorted so prefers films that fewer people like. To give the popularity back, let the loss see $z$ with the drawing taken out. Then $z = \log \pi_i - \log \pi_j$:
#
# $$L = -\log \sigma(z - \log n_i + \log n_j)$$

# %%
log_likes = np.log(np.maximum(n_likes, 1.0))


def given_back(log_n):
    @pairwise_loss(negatives="entries")
    def corrected_bpr(difference, draws, liked, other):
        loss, strength = log_loss(difference - log_n[liked] + log_n[other])
        return strength, loss

    return corrected_bpr


# %% [markdown]
# With draws from the catalog all $n$ are equal, and nothing needs to be given back. So by the formula BPR with `negatives="catalog"` and the corrected one are after **the same scores**. **Which will be first on precision@10?**

# %%
guess("12 corrected", "?", one_of=("BPR", "BPR, catalog", "BPR, corrected", "WARP"))

# %%
from recsys_lessons.teaching.plotting import plot_two_measures

runs["BPR, catalog"] = five_runs(pairwise_loss(my_bpr.function))
runs["BPR, corrected"] = five_runs(given_back(log_likes))
shown = ["BPR", "BPR, catalog", "BPR, corrected", "WARP"]
best = max(shown, key=lambda name: runs[name].precision.mean())
plot_two_measures(
    {name: {name: (runs[name].popular, runs[name].precision)} for name in shown},
    measures=("share of the ten most liked", "precision@10"),
    title=f"First on precision@10: {best}, with {runs[best].popular.mean():.0%} of the places for the ten most liked",
    below=["WARP"],
    candidates="all films but those in train",
)
for name in shown:
    told(name, runs[name])
your_guess("12 corrected", measured=best)

# %% [markdown]
# The corrected loss is first in five of five, with less than a sixth of WARP's draws, and *more* room for the ten most liked: .25 of the places instead of .09. Correcting need not mean fewer popular films. BPR had too few. (Its AUC stays below WARP's.)
#
# But is the formula the reason? Then three things should happen, each with one change:
#
# - **longer**: from the catalog, five times the epochs should lead to the same place. A film drawn there has one like, is soon beaten, and teaches little;
# - **dealt**: the same corrections, given to other films by lot, should ruin the lists;
# - **afterwards**: BPR as it is, and $\log n_i$ added to each film's bias when training is over, should do what the corrected loss does.

# %%
dealt = five_runs(given_back(rng.permutation(log_likes)))


def add_log_likes(model):
    model.item_biases = model.item_biases + log_likes
    return model


afterwards = five_runs("bpr", after=add_log_likes)
told("BPR, corrected", runs["BPR, corrected"])
told("dealt", dealt)
told("afterwards", afterwards)

# %%
told("BPR, catalog", runs["BPR, catalog"])
told("catalog, 150", five_runs(pairwise_loss(my_bpr.function), epochs=150))

# %% [markdown]
# The catalog is on its way, and not there after 150 epochs. Dealt corrections ruin the lists. And one line *after* the training does what the corrected loss does, with a better AUC. Two of three came true, and the third is not refuted. More popularity is what BPR's lists lacked, and $\log n$ gives a good dose without tuning. (Half of it, or twice as much? We have not turned that knob; you can.)
#
# So you need not have written this loss. You would not have known without writing it.
#
# All of this on one split, which also suggested it. Five others, one seed each, users in pairs:

# %%
from recsys_lessons.cross_validation import random_train_test_split

gains_over = {"bpr": [], "warp": []}
for split in range(5):
    parts = random_train_test_split(train + test, test_percentage=test.nnz / (train + test).nnz, random_state=split)
    learned, kept = (part.tocsr() for part in parts)
    corrected = given_back(np.log(np.maximum(learned.getnnz(axis=0), 1.0)))
    by_user = {}
    for loss in (corrected, *gains_over):
        model = LightFM(loss=loss, no_components=30, random_state=split).fit(learned, epochs=30)
        by_user[loss] = precision_at_k(model, kept, learned)
    for loss, gains in gains_over.items():
        gain = by_user[corrected] - by_user[loss]
        gains.append((gain.mean(), 2 * gain.std() / np.sqrt(len(gain))))
for loss, gains in gains_over.items():
    means, doubts = np.transpose(gains)
    certain = (means > doubts).sum()
    print(f"corrected less {loss}: {means.min():+.4f} to {means.max():+.4f}, above its doubt in {certain} of 5")

# %% [markdown]
# Ahead of both in five of five, each time by more than the doubt about its users.

# %% [markdown] slideshow={"slide_type": "notes"}
# Let them derive z on the board from "how often does this pair come, how often the reverse?". Then ask for predictions that could fail, before showing the three. A frequent wrong summary: "popular negatives are bad". They teach; the loss has to know about them.

# %% [markdown]
# ## Same seed, same bytes
#
# Two fits with the same seed have the same digest. So have those of your neighbor, on another x86-64 processor: that is what fixed lanes are for, and `tests/test_reproducibility.py` holds it. (BPR above: `5e142af5751a54a0`. Yours?) What would break it?
#
# **Somebody else's exp.** `log_loss` has an exponential of its own, plain arithmetic in a fixed order. Here is BPR with Python's `math.exp`, which comes from the C library:

# %%
import math

from recsys_lessons.kernels import elementary


@pairwise_loss(negatives="entries")
def with_their_exp(difference, draws):
    small = math.exp(-abs(difference))
    loss = math.log1p(small)
    return (small / (1 + small), loss) if difference >= 0 else (1 / (1 + small), loss - difference)


x = -10 * np.random.default_rng(0).random(100_000)
ours, theirs = np.zeros_like(x), np.array([math.exp(number) for number in x])
elementary.exponentials(x, ours)
print(f"of ten exponentials differ, in some bit: {10 * (ours != theirs).mean():.0f}")
print(f"of 100,000 differ by more than 1 part in 10 billion: {(abs(ours / theirs - 1) > 1e-10).sum()}")
print(f"of 100,000 differ as float32: {(ours.astype(np.float32) != theirs.astype(np.float32)).sum()}")


def compare(first, second):
    differ = first.item_embeddings != second.item_embeddings
    largest = abs(first.item_embeddings - second.item_embeddings).max()
    precision = [precision_at_k(model, test, train).mean() for model in (first, second)]
    print(f"{differ.mean():4.0%} of the films' numbers differ, by {largest:.1g} at most;", end=" ")
    print("precision@10 {:.4f} and {:.4f}".format(*precision))
    return differ.mean()


for seed in range(3):
    _ = compare(*(LightFM(30, loss=loss, random_state=seed).fit(train, epochs=10) for loss in ("bpr", with_their_exp)))

# %% [markdown]
# The two agree to ten digits; as float32, in all but 1 of 100,000. But an epoch has 47,785 steps, and where one of them differs in its last bit, the next ones start from there. In seed 1 luck held, in seed 2 half of the numbers differ. The C library chooses its version of exp by processor, so it cannot promise bytes.

# %% [markdown]
# **Another order of adding.** We put the 30 components of a model in another order before training, and back afterwards. On paper nothing changes: an inner product does not care. Only the order of the additions does. Ten epochs each. **Which of the two has more numbers that differ afterwards?**

# %%
guess("12 other order", "?", one_of=("BPR", "WARP", "about as many"))

# %%
order = np.random.default_rng(0).permutation(30)


def in_other_order(loss, seed):
    model = LightFM(30, loss=loss, random_state=seed).fit(train, epochs=0)
    model.user_embeddings, model.item_embeddings = model.user_embeddings[:, order], model.item_embeddings[:, order]
    _ = model.fit_partial(train, epochs=10)
    back = np.argsort(order)
    model.user_embeddings, model.item_embeddings = model.user_embeddings[:, back], model.item_embeddings[:, back]
    return model


def both_orders(loss, seed):
    return compare(LightFM(30, loss=loss, random_state=seed).fit(train, epochs=10), in_other_order(loss, seed))


differing = {}
for loss in ("bpr", "warp"):
    print(loss)
    differing[loss.upper()] = sum(both_orders(loss, seed) for seed in range(3))
your_guess("12 other order", measured=max(differing, key=differing.get))

# %% [markdown]
# More than half of BPR's numbers differ, in the seventh digit, and the lists are as good. Of WARP's not one does. Why not?
#
# Look where a last digit enters. BPR's strength is computed *from* $z$, so every step carries it on. WARP's strength is the log of a rank, counted in draws: $z$ only decides *whether* a film violates. If this is the reason, the hinge must keep its bytes, and the squared hinge lose them. And once in a long while a film must lie so close to the line that WARP decides otherwise:

# %%
for loss in (hinge, squared_hinge):
    print(loss.name)
    _ = both_orders(loss, seed=0)
print("warp, seeds 58 to 60")
for seed in (58, 59, 60):
    _ = both_orders("warp", seed)

# %% [markdown]
# All three. With seed 59, for which we searched, one film fell on the other side of the line. Another negative was taken, and from there on it is another run: four fifths of the numbers differ, and precision@10 does as between two seeds.
#
# **So another order changes digits; where a decision flips, it changes as much as another seed does.** Another order is what fastmath gives a sum (it also takes for granted that no number is infinite or missing). Why insist on bytes, then? Because a test can ask for them. Where equal runs are equal, each difference is somebody's mistake.
#
# **Threads.** With `num_threads=2` two threads train on the same arrays, and none waits for the other. That is **Hogwild**. Each reads a number, adds its step, and writes it back. If the other wrote in between, its update is lost: a **race**. To see it, count instead of learning: both threads count how often films occur, so that every lost update is missing in the end.

# %% tags=["nbval-ignore-output"]
from concurrent.futures import ThreadPoolExecutor


@njit(nogil=True)  # it holds no lock of Python, so two threads run at once
def count(rows, counter):
    for _ in range(20_000):
        for row in rows:
            counter[row] += 1


rows = rng.permutation(train.indices).astype(np.int64)
for name, counted in {"one film": 0 * rows, "all films": rows}.items():
    counter = np.zeros(train.shape[1], dtype=np.int64)
    with ThreadPoolExecutor(2) as threads:
        _ = list(threads.map(count, np.array_split(counted, 2), 2 * [counter]))
    print(f"{name:9}: lost {1e6 * (1 - counter.sum() / (20_000 * len(rows))):9,.0f} of a million")

for loss in ("bpr", "warp"):
    _ = compare(*(LightFM(30, loss=loss, random_state=1).fit(train, epochs=10, num_threads=2) for _ in range(2)))

# %% [markdown]
# These numbers are others in each run. How many updates are lost depends on how much the two really run at once. In two trainings with one seed, read how many numbers differ and by how much at most: not in the seventh digit. No seed cures it: when threads meet is not drawn from it. (Even if no update were lost, who comes first would change the next step.)

# %% [markdown]
# ## The check that finds it
#
# You checked a function of one number. The same works for a whole update. Adagrad's first step is $-\eta$ times the gradient, so (before − after) / $\eta$ must be the slope of the loss in *each* learned number, and finite differences know that slope from the loss alone.
#
# Ann, *Galaxy* and *Picnic* of lesson 05 again: nine numbers, BPR, and a penalty. What the loss is, and what the library does:

# %%
import scipy.sparse as sp

catalog_bpr = pairwise_loss(my_bpr.function)
one_like = sp.csr_matrix([[1.0, 0.0]])
start = np.array([1.0, 1, 2, 0, 0, 2, 0, 0, 0])  # Ann, Galaxy, Picnic, and the biases of the three
parts = {"Ann": slice(0, 2), "films": slice(2, 6), "bias of Ann": slice(6, 7), "biases of films": slice(7, 9)}
eta = 0.01


def stated(theta, penalty):
    ann, galaxy, picnic, bias = theta[:2], theta[2:4], theta[4:6], theta[6:]
    z = ann @ (galaxy - picnic) + bias[1] - bias[2]
    return np.log(1 + np.exp(-z)) + penalty / 2 * theta @ theta


def by_library(theta, penalty):
    model = LightFM(2, loss=catalog_bpr, learning_rate=eta, item_alpha=penalty, user_alpha=penalty)
    _ = model.fit(one_like, epochs=0)
    model.user_embeddings, model.item_embeddings = theta[:2].reshape(1, 2), theta[2:6].reshape(2, 2)
    _ = model.fit_partial(one_like)
    return np.concatenate(
        [model.user_embeddings, model.item_embeddings, model.user_biases, model.item_biases], axis=None
    )


# %% [markdown]
# And the step of LightFM 1.17, transcribed from its published formulas (lesson 07 tells what becomes of it). The user's bias gets the strength, too. And where the penalty should shrink a number, it is multiplied by $1 + \eta\lambda$, and so is a common scale. *During* the epoch scores see numbers times the scale; when it has *ended*, they are divided by it.


# %%
def by_1_17(theta, penalty, ended):
    ann, galaxy, picnic, bias = theta[:2], theta[2:4], theta[4:6], theta[6:]
    s = 1 / (1 + np.exp(ann @ (galaxy - picnic) + bias[1] - bias[2]))
    gradient = np.concatenate([-s * (galaxy - picnic), -s * ann, s * ann, [s, -s, s]])
    stored, scale = (theta - eta * gradient) * (1 + eta * penalty), 1 + eta * penalty
    return stored / scale if ended else stored * scale


for penalty in (0.0, 0.5):
    slopes = [(stated(start + e, penalty) - stated(start - e, penalty)) / 2e-6 for e in 1e-6 * np.eye(9)]
    steps = {"the library": by_library(start, penalty)}
    steps |= {f"1.17, {when}": by_1_17(start, penalty, when == "ended") for when in ("during", "ended")}
    for name, after in steps.items():
        wrong_by = abs((start - after) / eta - slopes)
        found = ", ".join(f"{of} {wrong_by[part].max():.3f}" for of, part in parts.items())
        print(f"penalty {penalty}, {name:12} is off by: {found}")

# %% [markdown]
# The library passes. In 1.17's step the check names the fault without anybody suspecting it: Ann's bias moves by the strength, ½, and the loss does not depend on it. With the penalty the vectors are off by $3 \lambda\,\theta$ during the epoch (1.5 for a 1, 3 for a 2): meant to shrink by $\lambda\,\theta$, they grow by twice that, once as stored, once by the scale. When it has ended they are off by $\lambda\,\theta$: nothing was shrunk.
#
# No list shows the first fault, since a user's bias moves all films alike. A plain twin shows neither, if it was written from the same formula. `tests/kernels/test_gradients.py` does this for each loss of the library.

# %% [markdown]
# ## Lab: build a loss
#
# The hinge with the margin 1, and what 15 epochs make of it: in the picture as the lab begins. A tenth of train is put aside to measure on. In the lab you choose the shape, the margin, and how the negative is found; *Train* compiles your loss (a second or two) and trains; *Pin this run* keeps it to compare. *Pairs at rest* counts pairs that make no step.
#
# 1. Pin the hinge. Then try the margins 0 and 2, and the shape *constant step*. How do the pairs at rest go together with the share of the ten most liked films? And with precision@10?
# 2. Back to the hinge with margin 1. Which single change makes the ten most liked rarest on the lists, and what does it cost? Which one makes them much rarer and lifts precision@10 most?

# %%
from recsys_lessons.teaching.plotting import plot_built_loss

learn, validation = (part.tocsr() for part in random_train_test_split(train, test_percentage=0.1, random_state=0))
liked_in_learn = np.argsort(-learn.getnnz(axis=0), kind="stable")[:10]
curves = []


def watch(model, epoch):
    lists, _ = model.recommend(everybody, n=10, exclude=learn)
    precision, auc = (measure(model, validation, learn).mean() for measure in (precision_at_k, auc_score))
    curves.append((precision, auc, np.isin(lists, liked_in_learn).mean()))


_ = LightFM(30, loss=hinge, random_state=0).fit(learn, epochs=15, callback=watch)
precision, auc, popular = np.transpose(curves)
plot_built_loss(hinge, name="hinge", precision=precision, auc=auc, popular=popular)

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_loss_builder

show_loss_builder(learn, validation, seed=0, measured_users=671)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. The fewer are at rest, the more places the ten have: 92% and 29% with margin 0, 83% and 51% with margin 1, 79% and 59% with margin 2, none and 74% with the constant step. Easy pairs that still push seem to raise what most people like. (How hard they push counts, too: the squared hinge has 66% at rest and 48%, since near the margin it pushes little.) Precision@10 is best between: 0.028, 0.063, 0.061, 0.058. With margin 0 a pair rests as soon as it is in order, by a hair.
# 2. Drawing from the entries: 11%, but AUC falls from .927 to .861. A search takes the share to 36%, precision@10 to 0.077 and AUC to .933; with the log of the rank (that is WARP) to 31%, 0.082 and .933. (The squared hinge gains a little of each: 48%, 0.066, .928.) All this is one seed on one split. Do not prefer it for that: after 30 epochs it has 0.080, the plain search 0.085.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Expecting equal runs from several threads** ([#286](https://github.com/lyst/lightfm/issues/286)), or from several computers ([#225](https://github.com/lyst/lightfm/issues/225)). The first is a race; the second, in compiled code made for each machine, is another order of adding, or another exp. Neither is cured by a seed.
#
# **Taking machine code along** ([#321](https://github.com/lyst/lightfm/issues/321)). A LightFM that was built on one processor stopped on another with "invalid instruction". Numba compiles where it runs.
#
# **Reading user biases** ([#521](https://github.com/lyst/lightfm/issues/521): "−175"; somebody asked why in [#302](https://github.com/lyst/lightfm/issues/302)). The loss does not depend on them. One finite difference says so.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. In four decimal digits, half up: 1000 and five times 0.3. Left to right, what is the sum?**
#
# <details><summary>a. 1002</summary>That is right to left: 1.5 first, then 1001.5, which rounds to 1002.</details>
# <details><summary>b. 1000</summary>Yes. 1000.3 rounds to 1000, five times. Small numbers survive among their like.</details>
# <details><summary>c. 1001.5</summary>That has five digits.</details>

# %% [markdown] tags=["quiz"]
# **2. You return the right loss and half of its strength. What will you see?**
#
# <details><summary>a. A ValueError: the two do not fit</summary>The library checks shapes and types. Whether the strength is the slope, only you can check.</details>
# <details><summary>b. The same lists, since only the loss is reported</summary>It is the other way round: the strength alone makes the steps.</details>
# <details><summary>c. A plausible training with steps half as long at first, and a falling loss</summary>Yes. Nothing looks wrong, which is why you compare strength and slope.</details>

# %% [markdown] tags=["quiz"]
# **3. Two runs with the same seed on two computers differ in the seventh digit of BPR's numbers, and precision@10 is the same. What happened?**
#
# <details><summary>a. A race between threads</summary>With two threads, some numbers differed by far more.</details>
# <details><summary>b. Another order of adding, or another exp</summary>Yes. As with the components in another order: 4e-07 at most, and the same precision@10.</details>
# <details><summary>c. The seed was not used</summary>Then the numbers would have nothing in common.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Explain:** Numba asks for types once, not at every `+`: more than 300 times as fast, with the same bytes. 2²⁴ and seven ones are 16,777,216, …224 or …222. Fastmath leaves the order to the compiler, eight lanes fix it.
# - **Write:** a function of $z$ becomes part of the loop; the copy of BPR gave BPR's bytes, and finite differences found the missing half. A searching hinge reached .083–.089, WARP .081–.089. Corrected BPR had .091–.093 instead of .070–.076, and was ahead in 5 of 5 other splits; adding $\log n$ afterwards did as much.
# - **Predict:** another order of adding changed 55–56% of BPR's numbers by at most 4e-07, none of WARP's or the hinge's, and no precision@10 of these. A decision that flips changes the run. Threads race.
# - **Find:** 1.17's step is wrong by ½ in the user's bias; and with a penalty of ½ by 1.5 and 3 in the vectors during an epoch, by 0.5 and 1 after it.
#
# **Practice:** [the exercises of this lesson](../exercises/12_inside_the_kernels.ipynb).
#
# **Next:** 13. All this ran in one notebook. How does a model leave it, and what if there are ten million items?
