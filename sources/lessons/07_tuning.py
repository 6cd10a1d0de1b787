# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Tuning: what do the knobs do?
#
# Somebody trains a model ten times, each time with another value of one argument, and one of them is more than five percent better. Is that a discovery? You will find out, and then turn the knobs yourself: one at a time, and together.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **judge** whether a gain is more than luck, with other seeds and with the same users in pairs;
# - **compute** a step of Adagrad and what the penalty takes away, and say why steps shrink;
# - **find** settings and a moment to stop, at a stated cost, and say what the winner of a search is worth.
#
# *55 minutes. You need lessons 00 and 03; 02, 05 and 06 help.*

# %% [markdown]
# ## Five percent
#
# The users, films and likes of lesson 00, with WARP and 30 components. Settings must not be chosen on test: then nothing would be left to check the choice. So a tenth of train is put aside, the **validation** part. The models *learn* from the rest.

# %%
import numpy as np

from recsys_lessons import LightFM
from recsys_lessons.cross_validation import random_train_test_split
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import precision_at_k

data = load_movies().as_lightfm(min_rating=4.0)
train, test = data["train"].tocsr(), data["test"].tocsr()
learn, validation = random_train_test_split(train, test_percentage=0.1, random_state=0)
learn, validation = learn.tocsr(), validation.tocsr()
print(f"likes to learn: {learn.nnz:,}, for validation: {validation.nnz:,}, for test: {test.nnz:,}")

# %% [markdown]
# Three short functions for the whole lesson. One trains. A *knob* is an argument that is set before training; *default* means 10 epochs, 30 components, no penalty, and the library's defaults for the rest. `penalty` sets `item_alpha` and `user_alpha` alike. Two measure precision@10, with all films in the race but those known from learn (for validation) or from train (for test).


# %%
def fitted(seed, epochs=10, penalty=0.0, likes=learn, callback=None, **knobs):
    knobs = {"loss": "warp", "no_components": 30, "item_alpha": penalty, "user_alpha": penalty, **knobs}
    return LightFM(**knobs, random_state=seed).fit(likes, epochs=epochs, callback=callback)


def on_validation(model):
    return precision_at_k(model, validation, learn).mean()


def on_test(model):
    return precision_at_k(model, test, train).mean()


# %% [markdown]
# Here are the ten trainings, with ten values of `rho`. Each has its own seed, as it would if you did not set any.

# %%
from recsys_lessons.teaching.plotting import plot_tries

rhos = np.linspace(0.5, 0.95, 10)
tried = [fitted(seed, rho=rho) for seed, rho in enumerate(rhos)]
scores = np.array([on_validation(model) for model in tried])
best = scores.argmax()
plot_tries(rhos, scores, knob="rho", measure="precision@10 on validation")

# %% [markdown]
# **Before you go on:** on *test*, how far ahead of the average of the ten is the winner, in percent? (It may also be behind.)

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("07 winner on test", "?", expected="a percentage, such as 5 or -2")

# %%
on_tests = np.array([on_test(model) for model in tried])
your_guess("07 winner on test", measured=f"{on_tests[best] / on_tests.mean() - 1:+.1%}")

low, high = fitted(seed=0, rho=0.5), fitted(seed=0, rho=0.95)
print("same seed, rho 0.5 and 0.95, same bytes:", low.item_embeddings.tobytes() == high.item_embeddings.tobytes())

# %% [markdown] slideshow={"slide_type": "notes"}
# Let them write a number before the cell runs; most say between 5 and 9. After the bytes, a minute of silence: what did the ten trainings differ in? Then ask who has ever set no seed and reported the best run.

# %% [markdown]
# `rho` is not connected to anything: it belongs to Adadelta, one of two ways to scale steps, and the default is the other, Adagrad. **The ten trainings differed in the seed alone.** Do the same four times more, with nothing changed but the seed:

# %%
both = [(on_validation(model), on_test(model)) for model in map(fitted, range(50))]  # the first ten as above
luck, luck_on_test = np.array(both).T

# %%
for first in range(0, 50, 10):
    ten = slice(first, first + 10)
    winner = first + luck[ten].argmax()
    gain, later = luck[winner] / luck[ten].mean() - 1, luck_on_test[winner] / luck_on_test[ten].mean() - 1
    print(f"best of ten: {gain:+.1%} on validation, {later:+.1%} on test")
print(f"50 seeds: {luck.min():.3f} to {luck.max():.3f}, standard deviation {luck.std():.4f}")
print(f"correlation of validation and test: {np.corrcoef(luck, luck_on_test)[0, 1]:.1f}")

# %% [markdown]
# The best of ten equal models looks 4 to 9% better. On test a seventh of that is left on average (0.8 of 5.8), and in three of five rounds nothing. It was chosen for its score, so the score contains the luck it was chosen for: the **winner's curse**. (Some can stay, since the *same trained model* sits both exams, and may be a slightly better one: a correlation of 0.2.)
#
# And we have a yardstick before the first real knob is turned: **the seed alone moves precision@10 by a standard deviation of 0.0025.**
#
# ## A step, with a pencil
#
# What is there to turn? Plain gradient descent moves a parameter $\theta$ by $-\eta\, g$, with the gradient $g$ of the loss. **Adagrad** gives each parameter a memory $G$ of its own, which is 1 at the beginning (in textbooks often 0):
#
# $$\theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{G}} \qquad\text{and then}\qquad G \leftarrow G + g^2$$
#
# Take $\eta = 0.1$ and a film's bias that is 0. Three likes arrive, with gradients −0.75, −3 and −3.25.
#
# | | $g$ | $G$ before | $\sqrt{G}$ | step | bias after |
# |:--|:--|:--|:--|:--|:--|
# | 1 | −0.75 | 1 | 1 | 0.1 · 0.75 = 0.075 | 0.075 |
# | 2 | −3 | 1 + 0.5625 | 1.25 | 0.1 · 3 / 1.25 = 0.24 | 0.315 |
# | 3 | −3.25 | 1.5625 + 9 | 3.25 | 0.1 · 3.25 / 3.25 = 0.1 | 0.415 |
#
# The third gradient is the largest, and its step is less than half the second. $G$ only grows, so the same gradient gets ever shorter steps: after $n$ gradients of size $g$ it is divided by $\sqrt{1 + n g^2}$. A film that is updated often settles down, a rare one still takes long steps, and $\eta$ is only where the steps *begin*.
#
# **Adadelta** lets the memory fade, $G \leftarrow \rho\, G + (1 - \rho)\, g^2$, and where Adagrad has $\eta$ it has the root of a like memory of its own past steps. So it knows no learning rate.
#
# Now the library. With the logistic loss, a like with score 0 has the gradient −½, and a sample weight multiplies it. So we keep the score at 0 and choose the weights.

# %%
import scipy.sparse as sp

like = sp.coo_matrix([[1.0]])
one = LightFM(no_components=1, loss="logistic", learning_rate=0.1)
_ = one.fit(like, epochs=0)  # only room for the numbers
one.item_embeddings[:] = one.user_embeddings[:] = 0
for size in (0.75, 3, 3.25):
    before = one.item_biases[0]
    one.user_biases[:] = -before  # the two biases add up to a score of 0
    _ = one.fit_partial(like, sample_weight=2 * size * like)
    print(f"step {one.item_biases[0] - before:.4f}  bias {one.item_biases[0]:.4f}")

# %% [markdown]
# The digits of the table. Next, the **penalty**. It adds $\tfrac12 \lambda\, \theta^2$ to the loss, for each number that an update touches; $\lambda$ is `item_alpha` or `user_alpha`. Its gradient is $\lambda\,\theta$, so the step becomes
#
# $$\theta - \frac{\eta}{\sqrt{G}} \left( g + \lambda\, \theta \right) = \Big( 1 - \frac{\eta\, \lambda}{\sqrt{G}} \Big)\, \theta - \frac{\eta}{\sqrt{G}}\, g$$
#
# A plain Adagrad step from a number that has first been shrunk by a factor. ($G$ takes the square of the whole gradient.) With $\eta = 0.1$, $\lambda = 0.5$ and $G = 1$ the factor is 0.95; later, as $G$ grows, it comes closer to 1. Try it where the loss has no gradient. An embedding's is a multiple of the user's vector, so let that be 0. Two films begin at 1, and one of them is touched:

# %%
first_film = sp.coo_matrix(([1.0], ([0], [0])), shape=(1, 2))
shrinking = LightFM(no_components=1, loss="logistic", learning_rate=0.1, item_alpha=0.5)
_ = shrinking.fit(first_film, epochs=0)
shrinking.item_embeddings, shrinking.user_embeddings = np.ones((2, 1)), np.zeros((1, 1))
_ = shrinking.fit_partial(first_film)
print(f"touched {shrinking.item_embeddings[0, 0]:.2f}, not touched {shrinking.item_embeddings[1, 0]:.2f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# Five minutes with a pencil for the three steps. Ask what a fourth gradient of 3.25 would do (√G = 4.6, so 0.07). Ask who gets long steps late in training: the parameters that were rarely touched.

# %% [markdown]
# ## One knob at a time
#
# Now turn six of them, each alone, with five seeds. Four go to a fifth of the default and to five times it. The penalty, whose default is 0, goes to 0.1 and to 1, and the schedule to Adadelta.
#
# **Before you run it:** how many of the six *stand out*, at one value at least: with an average of five seeds above the default's best seed?

# %%
guess("07 stand out", "?", expected="a number from 0 to 6")

# %%
positions = {
    "learning_rate": (0.01, 0.25),
    "no_components": (6, 150),
    "epochs": (2, 50),
    "max_sampled": (2, 50),
    "penalty": (0.1, 1.0),
    "learning_schedule": ("adadelta",),
}
turned = {}
for knob, values in positions.items():
    turned[knob] = {str(value): [on_validation(fitted(seed, **{knob: value})) for seed in range(5)] for value in values}

# %%
from recsys_lessons.teaching.plotting import plot_knobs

plot_knobs(turned, luck[:5], measure="precision@10 on validation, learned films left out")
outstanding = [knob for knob, rows in turned.items() if max(map(np.mean, rows.values())) > luck[:5].max()]
your_guess("07 stand out", measured=f"{len(outstanding)} ({', '.join(outstanding)})")


def draws(model):  # in millions
    return sum(epoch["draws"] for epoch in model.training_history) / 1e6


for most in (10, 50):
    print(f"max_sampled={most}: {draws(fitted(0, max_sampled=most)):.1f} million draws")

# %% [markdown]
# The learning rate is the knob that ruins: with five times as much, hardly anything is found any more. What stands out is `max_sampled`, how long WARP searches for a film that breaks the rule, at three times the draws. More components, more epochs and a little penalty do nothing that the seed does not do as well. With a penalty of 1 the average is just below the worst of the default's seeds.
#
# ## Is a small gain real?
#
# Most gains you meet are smaller. Take `max_sampled=20`, or 60 components. Seeds are one kind of luck, and five of them average it down. The other kind is the **users**: would other people have decided the same?
#
# Precision@10 varies so much between users that the mean of the 572 who have a like in validation is uncertain by about ±0.009 (two *standard errors*: two standard deviations of the users, divided by the square root of their number). But both models sit the same exam, with the same users. So compare **in pairs**, as in lesson 06: subtract user by user, and ask how uncertain the mean of the *differences* is.


# %%
def of_users(**knobs):  # precision@10 of each user, average of five seeds
    return np.mean([precision_at_k(fitted(seed, **knobs), validation, learn) for seed in range(5)], axis=0)


def uncertainty(values):
    return 2 * values.std() / np.sqrt(len(values))


default = of_users()
print(f"{len(default)} users, default: {default.mean():.4f} ± {uncertainty(default):.4f}")
for knobs in ({"max_sampled": 20}, {"max_sampled": 50}, {"no_components": 60}, {"learning_rate": 0.04}):
    changed = of_users(**knobs)
    apart = np.hypot(uncertainty(default), uncertainty(changed))
    print(f"{changed.mean() - default.mean():+.4f}  ±{apart:.4f} apart", end="  ")
    print(f"±{uncertainty(changed - default):.4f} in pairs ", *knobs.items())

# %% [markdown]
# Apart, not even five times the search would be a finding. In pairs the doubt is four to five times smaller, and decides: clearly for 50 draws, just so for 20 and for a learning rate of 0.04; of 60 components we still do not know, and another five seeds could tell otherwise. (This is the doubt about users. Of the seeds' luck it holds only a part, so keep averaging over seeds.)
#
# ## Two knobs at once
#
# Turned alone, the penalty did nothing or a little harm, and 50 epochs did nothing.
#
# Train 40 epochs, without a penalty and with a penalty of 1. Without it, precision@10 on validation ends at 0.079. **And with it?**

# %%
guess("07 both", "?", expected="precision@10, a number from 0 to 0.15")

# %%
after = range(10, 41, 10)
curves, learned, long = {}, {}, {}
for penalty in (0.0, 1.0):
    name = f"penalty {penalty:.0f}"
    curves[name], learned[name], long[name] = np.zeros((5, len(after))), np.zeros((5, len(after))), []
    for seed in range(5):
        model = fitted(seed, epochs=0, penalty=penalty)
        for point in range(len(after)):
            _ = model.fit_partial(learn, epochs=10)
            curves[name][seed, point] = on_validation(model)
            learned[name][seed, point] = precision_at_k(model, learn).mean()
        long[name].append(model)

# %%
from recsys_lessons.teaching.plotting import plot_ranges_by_epoch

without, with_it = (values[:, -1].mean() for values in curves.values())
plot_ranges_by_epoch(
    curves,
    after,
    measure="precision@10 on validation",
    title=f"After 40 epochs: {without:.3f} without a penalty, {with_it:.3f} with one",
)
your_guess("07 both", measured=f"{with_it:.3f}, without {without:.3f}")
for name in curves:
    for likes, values in {"validation": curves[name], "learned likes": learned[name]}.items():
        print(f"{name}, mean on {likes:13} after 10, 20, 40:", *[f"{values[:, at].mean():.3f}" for at in (0, 1, 3)])

# %% [markdown]
# Two knobs that were worth nothing alone are worth a sixth together. Without a penalty, validation turns down after 20 epochs, by little, while the learned likes are found ever better: **overfitting**. With it, both go on rising, validation past the best it reached without.
#
# Does it have to be the penalty? Three other ways to hold a model back, each changing one thing, without a penalty and with 40 epochs:
#
# - **shorter steps**: learning rate 0.03;
# - **fewer components**: 15;
# - **shrinking afterwards**: vectors of the trained models made as short, on the whole, as with the penalty.
#
# **Which gets as far as the penalty?**

# %%
guess("07 instead", "?", one_of=("shorter steps", "fewer components", "shrinking afterwards", "none"))

# %%
from copy import deepcopy

shrunk = deepcopy(long["penalty 0"])
for model, penalized in zip(shrunk, long["penalty 1"], strict=True):
    for vectors in ("user_embeddings", "item_embeddings"):
        lengths = [np.linalg.norm(getattr(m, vectors)) for m in (penalized, model)]
        setattr(model, vectors, getattr(model, vectors) * (lengths[0] / lengths[1]))
instead = {
    "shorter steps": [fitted(seed, epochs=40, learning_rate=0.03) for seed in range(5)],
    "fewer components": [fitted(seed, epochs=40, no_components=15) for seed in range(5)],
    "shrinking afterwards": shrunk,
}

# %%
from recsys_lessons.teaching.plotting import plot_by_seed

rows = {name: values[:, -1] for name, values in curves.items()}
rows |= {name: [on_validation(model) for model in models] for name, models in instead.items()}
lowest = rows["penalty 1"].min()
as_far = [name for name in instead if max(rows[name]) >= lowest]
plot_by_seed(
    rows,
    measure="precision@10 on validation",
    title=f"After 40 epochs, as far as the penalty: {len(as_far)} of {len(instead)}",
)
your_guess("07 instead", measured=as_far or "none")

# %% [markdown]
# None, in any seed, though shorter steps and shrinking afterwards each get part of the way. So, at these values, it is not enough to learn more slowly, to have less room, or to be made smaller in the end; the penalty acts at every step.
#
# And on whom? `penalty` has set two knobs. Set one at a time:

# %%
for alpha in ("user_alpha", "item_alpha"):
    runs = [on_validation(fitted(seed, epochs=40, **{alpha: 1.0})) for seed in range(5)]
    print(f"only {alpha}: {min(runs):.3f} to {max(runs):.3f}")

# %% [markdown]
# Most of the gain comes from the users' vectors. (Why theirs, we have not taken apart.)

# %% [markdown] slideshow={"slide_type": "notes"}
# The turning point. Ask before the curve: "After the figure with all knobs, who would give the penalty another try?" Most hands stay down. Then ask what would tell overfitting from any other cause: the two numbers on learned likes and validation must move apart.

# %% [markdown]
# ## When to stop
#
# **Early stopping** measures on validation after each epoch, ends the training when nothing has improved for some epochs (the *patience*), and puts the model back to its best epoch. With penalty 1, at most 100 epochs, a patience of 3 and precision@10: **after how many epochs will the first and the last of five seeds be stopped?**

# %%
guess("07 stopped", "?", expected="two numbers up to 100, [first, last]")

# %%
from recsys_lessons.callbacks import EarlyStopping


def stopped(patience):
    falls, ends = [], []
    for seed in range(5):
        stop = EarlyStopping(validation, train_interactions=learn, metric="precision_at_k", patience=patience)
        model = fitted(seed, epochs=100, penalty=1.0, callback=stop)
        ends.append(len(stop.history))
        falls.append((np.diff(stop.history) < 0).mean())
        print(f"patience {patience}: best epoch {stop.best_epoch + 1}, its precision@10 {on_validation(model):.3f}")
    print(f"stopped after {min(ends)} to {max(ends)} epochs; fell in {np.mean(falls):.0%} of the epochs")
    return [min(ends), max(ends)]


your_guess("07 stopped", measured=stopped(patience=3))

# %% [markdown]
# A lottery, though the curve above rises all the way to 40. Every fourth epoch is a step back, so three epochs without a new best come soon for some. Then waiting longer should help. Change the patience and nothing else:

# %%
for patience in (10, 20):
    _ = stopped(patience)

# %% [markdown]
# With a patience of 10 the worst has 0.090 instead of 0.075, and the scores lie 0.008 apart. With 20, four of the five train on to a better epoch. The price is the patience itself, after each best one. (With the same seed, waiting can only raise the best score. And the same likes chose the epoch: the winner's curse again.)
#
# ## A search, with equal epochs
#
# Knobs interact, and trying all is too much. A **grid** takes a few values of each knob and all their combinations: for three knobs and eight trainings, two values each. **Random search** draws every setting anew: eight values of every knob.
#
# Same ranges, eight trainings of 15 epochs for each. A search has luck, too, so both are repeated five times. (The grid's two values are drawn as well, one from the lower and one from the upper half of the range.) **Which finds the better setting?**

# %%
guess("07 search", "?", one_of=("grid in 4 or 5", "random in 4 or 5", "neither"))

# %%
from itertools import product

ranges = {"learning_rate": (0.01, 0.3), "penalty": (0.01, 10), "max_sampled": (2, 60)}


def setting(places):  # 0 is the low end of a range, 1 the high end; equal steps in between are equal factors
    found = {knob: low * (high / low) ** at for (knob, (low, high)), at in zip(ranges.items(), places, strict=True)}
    return found | {"max_sampled": round(found["max_sampled"])}


def tried_out(settings):  # for each its score, the setting, and million draws
    models = [fitted(seed, 15, **knobs) for seed, knobs in enumerate(settings)]
    return [(on_validation(model), knobs, draws(model)) for model, knobs in zip(models, settings, strict=True)]


grids, randoms = [], []
for repetition in range(5):
    rng = np.random.default_rng(repetition)
    two_values = [(at / 2, (1 + at) / 2) for at in rng.random(3)]
    grids.append([setting(places) for places in product(*two_values)])
    randoms.append([setting(places) for places in rng.random((8, 3))])

# %%
by_grid = [tried_out(settings) for settings in grids]
by_random = [tried_out(settings) for settings in randoms]

# %%
winners = [max(search, key=lambda tried: tried[0]) for search in by_grid + by_random]
best_scores = np.array([score for score, *_ in winners]).reshape(2, 5)
for name, found, searches in zip(("grid", "random"), best_scores, (by_grid, by_random), strict=True):
    print(f"{name:6} best of eight:", *[f"{score:.3f}" for score in found])
    print(f"{name:6} million draws:", *[f"{sum(spent for *_, spent in search):5.0f}" for search in searches])
your_guess("07 search", measured=f"random ahead in {(best_scores[1] > best_scores[0]).sum()} of 5")

# %% [markdown]
# Five repetitions cannot tell them apart. But equal epochs are not equal cost: the draws went from 19 to 55 million, and each time the search with more of them won. (Cause or effect? A model that learns also draws more.)
#
# And the winner's curse? Train the winner and the second of each search again, with three new seeds, and change nothing else:

# %%
seconds = [sorted(search, key=lambda tried: tried[0])[-2] for search in by_grid + by_random]


def in_search(some):
    return np.array([score for score, *_ in some])


def with_new_seeds(some):
    return np.array(
        [np.mean([on_validation(fitted(seed, 15, **knobs)) for seed in range(100, 103)]) for _, knobs, _ in some]
    )


level, new_level = in_search(winners), with_new_seeds(winners)
lead, new_lead = level - in_search(seconds), new_level - with_new_seeds(seconds)
for name, before, after_it in (("level", level, new_level), ("lead on the second", lead, new_lead)):
    lost = before - after_it
    print(
        f"{name}: {before.mean():.4f}, with new seeds {after_it.mean():.4f}, lost {lost.mean():+.4f} ±{uncertainty(lost):.4f}"
    )
print(f"still ahead of the second: {(new_lead > 0).sum()} of 10")

# %% [markdown]
# The winners keep their level: hardly any of it was the seed's luck. (The same likes judge again, so their luck is still in it.) About the lead ten searches cannot tell: the doubt is about two thirds of it, and in four of ten the second is not behind now.
#
# ## The exam
#
# Now test. It has checked what luck is worth, but chosen nothing so far. Three settings learn from all of train, with five seeds: the default; 40 epochs with a penalty of 1, which we found by hand; and the best of the 80 above, with its 15 epochs.

# %%
score, chosen, _ = max(winners, key=lambda tried: tried[0])
print("search:", *[f"{knob}={value:.3g}" for knob, value in chosen.items()])
settings = {"default": {}, "by hand": {"epochs": 40, "penalty": 1.0}, "by search": {"epochs": 15, **chosen}}
exam = {}
for name, knobs in settings.items():
    models = [fitted(seed, likes=train, **knobs) for seed in range(5)]
    exam[name] = np.array([precision_at_k(model, test, train) for model in models])  # seeds by users
    seeds, gain = exam[name].mean(axis=1), (exam[name] - exam["default"]).mean(axis=0)
    ahead = f"{gain.mean():+.4f} ±{uncertainty(gain):.4f} in pairs"
    cost = f"{draws(models[0]):4.1f} million draws"
    print(f"{name:9} {seeds.min():.3f} to {seeds.max():.3f}  {cost}  {ahead if name != 'default' else ''}".rstrip())

# %% [markdown]
# Both gains hold on likes that nobody looked at while choosing, at about four times the default's draws. (Do not choose between the two by test now: it would become a second validation part.)
#
# **Knobs interact: one at a time shows what ruins, and can miss what wins.** So find a learning rate that works, then search the others *together*, and let the seed say what counts as a difference. The settings belong to these ranges, this split of this data, and WARP. Elsewhere, make the yardstick first.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask for the order of the steps before showing the exam: seeds first, then single knobs, then together, then test, once. A frequent wrong summary: "penalties are useless in LightFM". The exam refutes it, and the next section shows where the rumor may come from.

# %% [markdown]
# ## Aside: the penalty of LightFM 1.17
#
# `item_alpha=0.05` made all predictions of a user equal in LightFM ([#96](https://github.com/lyst/lightfm/issues/96); its author thinks all numbers went to zero). Here 0.1 does nothing. The two do not compare. LightFM shrinks *all* numbers by a common `scale`, which grows with each update, and divides by it when the epoch ends; the number just trained is multiplied by the same factor, and so exempt. But until the division, scores *multiply* what is stored by `scale`.
#
# And in WARP and BPR a user's bias is in both scores of a pair and cancels, but LightFM lowers it at every step.

# %%
alpha, eta = 0.1, 0.05
trained, untouched, scale, squares, drift = 1.0, 1.0, 1.0, 1.0, 0.0
for step in range(1000):
    rate, gradient = eta / np.sqrt(squares), 0.5 * (-1) ** step
    trained = (trained - rate * gradient) * (1 + alpha * rate)
    drift -= rate * 0.5  # 0.5 is what the loss calls for, taken for the slope of the bias
    squares += 0.5**2
    scale *= 1 + alpha * rate
print("during the epoch, a score uses stored x scale, where stored / scale is meant")
for name, value in {"trained": trained, "untouched": untouched}.items():
    print(f"{name:9} {value * scale:.2f}, meant {value / scale:.2f}")
print(f"user bias {drift:.2f}, in our models {np.unique(fitted(0).user_biases)}")

# %% [markdown]
# Numbers that are to shrink grow, here in 1,000 updates (an epoch has 43,000 likes) to more than three times what is meant. Somebody saw them overflow ([#148](https://github.com/lyst/lightfm/issues/148)). What shrinks is not what learns: the trained number keeps its size. (LightFM's scale takes an update's average rate; here one number is all of it.) The bias changes no list, but scores become large and negative, and people wonder ([#521](https://github.com/lyst/lightfm/issues/521)).

# %% [markdown]
# ## Lab: live curves
#
# One training, followed for 30 epochs: the picture shows it with the lesson's settings. (Its middle panel ranks all films, the right one leaves learned films out: compare each with itself only. The lab measures both on users with a like in validation, so its learned curve lies higher.) Below it, the lab: set the knobs, press *Train*, watch; *Stop* ends it after the epoch that is running. *Pin this run* keeps it to compare the next with, and *Copy as code* shows the lines that repeat it, to the bit.
#
# 1. People complain that everybody gets the same list ([#589](https://github.com/lyst/lightfm/issues/589), [#320](https://github.com/lyst/lightfm/issues/320)). *Items on all lists* counts the different films on 671 lists of ten. Which knobs, each alone, bring that number below 60?
# 2. Set the penalty to 1. Which model has the lower loss, and which is better? So can the loss choose between settings?

# %%
from recsys_lessons import Popularity
from recsys_lessons.teaching.plotting import plot_live_curves

on_learned, kept_back = [], []


def watch(model, epoch):
    on_learned.append(precision_at_k(model, learn).mean())
    kept_back.append(on_validation(model))


model = fitted(0, epochs=30, callback=watch)
plot_live_curves([epoch["loss"] for epoch in model.training_history], on_learned, kept_back)
top, _ = model.recommend(np.arange(learn.shape[0]), exclude=learn)
popular, _ = Popularity().fit(learn).recommend(np.arange(learn.shape[0]), exclude=learn)
print(f"different films on all lists: {len(np.unique(top))}, with popularity {len(np.unique(popular))}")

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_training_lab

show_training_lab(learn, validation, labels=data["item_labels"], seed=0, measured_users=671)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. A learning rate of 0.005 or less (57 films at 0.005, instead of 626), a penalty of 10 (45), or the logistic loss (46), which here pushes no film down. Popularity has 47: little more than which films are popular has been learned. A learning rate of 0.25 does not do it: 395 films, and next to nothing found.
# 2. The penalized model ends at a loss of 2.10 instead of 1.19, and at 0.087 on validation instead of 0.080. The loss of two settings is measured on what they learned, and cannot choose between them.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Reporting the best run.** "I'm uncomfortable with calling this a tunable hyperparameter", LightFM's author says of the seed ([#355](https://github.com/lyst/lightfm/issues/355)). Compare settings over several seeds, and users in pairs.
#
# **Expecting equal numbers from several threads** ([#286](https://github.com/lyst/lightfm/issues/286)). A fixed seed needs `num_threads=1`.
#
# **Searching where nothing is learned** ([#148](https://github.com/lyst/lightfm/issues/148)). The log begins with learning rates of 0.50, and nearly all settings have the same precision. Look at single knobs first.
#
# **Letting scikit-learn split** ([#107](https://github.com/lyst/lightfm/pull/107)). `RandomizedSearchCV` puts *rows* aside, which are users, and then asks for people the model has never met. Put interactions aside, as above.
#
# **Taking more components for better** (asked in [#346](https://github.com/lyst/lightfm/issues/346); more may even be worse, said its author). 150 alone, with 10 epochs, gave no more than 30 here.
#
# **Asking for the right number of epochs** ([#189](https://github.com/lyst/lightfm/issues/189)). It depends on the other knobs: without a penalty 20 were enough here, with one validation was still rising at 40.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. You train 20 settings that are, unknown to you, equally good. The best is 5% above their average. What do you expect of it in a fresh run?**
#
# <details><summary>a. About 5%, if validation has enough users</summary>More users make the luck smaller. They do not leave the winner its luck.</details>
# <details><summary>b. About 2.5%, half of it being luck</summary>With equal settings nothing but luck made the order, so nothing of the lead is expected to stay.</details>
# <details><summary>c. About 0%</summary>Yes. As with <code>rho</code>. In our searches the settings differed, and the winners kept their level.</details>

# %% [markdown] tags=["quiz"]
# **2. A parameter has had two gradients, 2 and 2, and now gets a third one of 2. With η = 0.3, how long is Adagrad's step?**
#
# <details><summary>a. 0.2</summary>Yes. G is 1 + 4 + 4 = 9, so 0.3 · 2 / 3.</details>
# <details><summary>b. 0.6</summary>That is the first step, with G = 1.</details>
# <details><summary>c. 0.166</summary>That divides by the root of 13. The third gradient enters G only after its own step.</details>

# %% [markdown] tags=["quiz"]
# **3. The same 300 users test two settings. The second gains 0.010, and each mean is uncertain by ±0.020. Is the gain real?**
#
# <details><summary>a. No, it is smaller than the uncertainty</summary>That would be so with two different groups of users. Here the same ones sat both exams.</details>
# <details><summary>b. It cannot be said from these numbers</summary>Yes. What counts is the uncertainty of the differences, user by user. For <code>max_sampled=20</code> that was a fifth of the doubt apart.</details>
# <details><summary>c. Yes, if it was the best of several settings</summary>That speaks against it: the best of several has been chosen for its luck, too.</details>

# %% [markdown] tags=["quiz"]
# **4. Turned alone, a knob changes nothing beyond the noise. What follows?**
#
# <details><summary>a. Leave it at its default in the search</summary>Then we would have missed the penalty, and a sixth of the precision.</details>
# <details><summary>b. Nothing is known yet of how it works with others</summary>Yes. The penalty gained nothing in 10 epochs, and 40 epochs gained nothing without a penalty.</details>
# <details><summary>c. It is not connected</summary>So it was with <code>rho</code>, and equal bytes with the same seed showed it. Noise alone does not.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Judge a gain:** the seed alone moves precision@10 by a standard deviation of 0.0025, and the best of ten equal models looked 4 to 9% better. Subtracting user by user brings the doubt of `max_sampled=20` from ±0.0125 down to ±0.0025.
# - **Compute a step:** gradients of −0.75, −3 and −3.25 give steps of 0.075, 0.24 and 0.1, since G only grows. The penalty first shrinks the number by $1 - \eta\lambda/\sqrt{G}$, so 1 became 0.95.
# - **Find settings:** single knobs show what ruins. Penalty and 40 epochs gave 0.092; 40 epochs without a penalty gave 0.079. A patience of 3 stopped after 11 to 50 epochs, one of 10 after 35 to 68, and the worst precision@10 rose from 0.075 to 0.090. Grid and random search, 120 epochs each but 19 to 55 million draws, could not be told apart; with new seeds the winners kept their level, and six of ten their place. On test, which chose nothing, settings by hand and by search gained 0.0101 and 0.0143, ±0.003.
#
# **Practice:** [the exercises of this lesson](../exercises/07_tuning.ipynb).
#
# **Next:** 08. Nearly all users of this lesson had likes to learn from. What can be said about somebody never seen?
