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
# In lesson 04 the best list of ten came from a model that refused 200 favorites and no other film. Each loss has its own way to choose whom to refuse, and how hard. You will take one step of each with a pencil, and then find out what these choices buy, and what they cost.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **derive** the step of logistic, BPR, WARP and k-OS WARP from the loss, and compute it for one like;
# - **count** what a search for negatives costs, and say what it finds;
# - **judge** the sentence "BPR is the loss for AUC", and say what it depends on;
# - **choose** a loss by what the list is for.
#
# *50 minutes. You need lessons 00 and 03; 04 helps.*

# %% [markdown]
# ## One like, one negative
#
# Ann likes *Galaxy* ($i$). *Picnic* ($j$) she has not seen, so it can serve as a negative. Ann's vector is (1, 1), *Galaxy*'s (2, 0), *Picnic*'s (0, 2), and all three biases are 0. Both films score 2. Seven more films score −9.
#
# **Before you go on:** one step is taken for this like. Which of **logistic**, **BPR** and **WARP** moves *Galaxy* the least, which the most?

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("05 steps", "?", expected="three names, smallest step first")

# %% [markdown]
# ### One step for all
#
# A loss looks at one number $d$. For logistic it is the score of the like, $d = \hat r_{ui}$. The others look at a *pair*, the lead of the like over a negative:
#
# $$d = \hat r_{ui} - \hat r_{uj} = p_u \cdot (q_i - q_j) + b_i - b_j$$
#
# (The user's bias $b_u$ is in both scores and cancels.) Let $s = -\partial L / \partial d$ be the strength. Then the chain rule gives every step of this lesson, for example $-\partial L / \partial p_u = s \cdot \partial d / \partial p_u = s\,(q_i - q_j)$. With learning rate $\eta$:
#
# $$p_u \leftarrow p_u + \eta\, s\, (q_i - q_j) \qquad q_i \leftarrow q_i + \eta\, s\, p_u \qquad q_j \leftarrow q_j - \eta\, s\, p_u \qquad b_i \leftarrow b_i + \eta\, s \qquad b_j \leftarrow b_j - \eta\, s$$
#
# For logistic leave out all terms with $j$; and $b_u \leftarrow b_u + \eta\, s$. So a loss decides two things only: **who is $j$, and how large is $s$**.
#
# ### Logistic and BPR
#
# Both are $L = -\log \sigma(d) = \log(1 + \exp(-d))$, the first of a score, the second of a lead. The slope is the same:
#
# $$s = -\frac{\partial L}{\partial d} = \frac{\exp(-d)}{1 + \exp(-d)} = 1 - \sigma(d)$$
#
# Logistic sees a score of 2: $s = 1 - \sigma(2) = 0.119$. It is nearly content. BPR sees a lead of 0: $s = 1 - \sigma(0) = ½$.

# %%
from recsys_lessons.kernels import bpr, k_os, logistic, warp
from recsys_lessons.teaching.source import show_source

show_source(logistic.judge, part=("score =", "return"))
show_source(bpr.judge, part=("positive_score = ", "return negative, weight"))

# %% [markdown]
# The sign turns the step round for a −1, which only logistic learns from (lesson 01). `log_loss` returns $L$ and $s$.
#
# ### WARP
#
# WARP asks for a lead of at least 1, the **margin**. A film with $\hat r_{uj} > \hat r_{ui} - 1$ is a **violation**. WARP draws films until it meets one:

# %%
show_source(warp.find_violation)

# %% [markdown]
# How many draws does that take? If $V$ of the $n - 1$ other films violate, one draw in $(n - 1) / V$ meets one. Turned round: after $N$ draws, $V$ is guessed to be $(n - 1) / N$, rounded down, and this is the **estimated rank** of the like. The loss and its slope are
#
# $$L = w \cdot (1 - d), \qquad w = \log \left\lfloor \frac{n - 1}{N} \right\rfloor, \qquad s = -\frac{\partial L}{\partial d} = w$$
#
# With no violation in `max_sampled` draws, $L = 0$ and nothing moves. (The scores also decide how long the search takes, so $w$ depends on them. The derivative leaves that out and takes $w$ for a constant.)
#
# There are nine films here, so $n - 1 = 8$. Work out $w$ for one, two, three and five draws. Then compare:

# %%
import numpy as np

weights = np.zeros(10)
warp.fill_rank_weights(weights, 9)  # the kernel's table, for nine films
for n_draws in range(1, 6):
    print(f"{n_draws} draws: rank {8 // n_draws}, weight {weights[n_draws]:.3f}")

# %% [markdown]
# These are log 8, log 4, log 2, log 2 and log 1 = 0. Five draws or more, and WARP takes the like for the first of its list.
#
# ### With a pencil
#
# Let $\eta = 1$, and let WARP find *Picnic* at its second draw, so $s = \log 4 = 1.386$:
#
# | | logistic, $s = 0.119$ | BPR, $s = ½$ | WARP, $s = 1.386$ |
# |:--|:--|:--|:--|
# | Ann, from (1, 1) | + 0.119 · (2, 0) | + ½ · (2, −2) | + 1.386 · (2, −2) |
# | | = (1.238, 1) | = (2, 0) | = (3.773, −1.773) |
# | *Galaxy*, from (2, 0) | + 0.119 · (1, 1) | + ½ · (1, 1) | + 1.386 · (1, 1) |
# | | = (2.119, 0.119) | = (2.5, 0.5) | = (3.386, 1.386) |
# | *Picnic*, from (0, 2) | – | − ½ · (1, 1) | − 1.386 · (1, 1) |
# | | = (0, 2) | = (−0.5, 1.5) | = (−1.386, 0.614) |
# | biases: *Galaxy*, *Picnic* | 0.119, 0 | 0.5, −0.5 | 1.386, −1.386 |
#
# Now the library. BPR draws its negatives from the entries of the data, so *Picnic* needs one: a −1 by Bob, from which BPR and WARP learn nothing. Logistic would, and gets Ann's row only.

# %%
import scipy.sparse as sp

from recsys_lessons import LightFM

likes = sp.csr_matrix([[1.0] + 8 * [0], [0, -1.0] + 7 * [0]])  # Ann: Galaxy; Bob: not Picnic
for loss in ["logistic", "bpr", "warp"]:
    data = likes[:1] if loss == "logistic" else likes
    model = LightFM(loss=loss, no_components=2, learning_rate=1.0, random_state=1)
    _ = model.fit(data, epochs=0)  # only room for the numbers
    model.user_embeddings = np.ones((data.shape[0], 2))
    model.item_embeddings = np.array([[2, 0], [0, 2]] + 7 * [[0, 0]])
    model.item_biases = np.array([0, 0] + 7 * [-9])
    _ = model.fit_partial(data, epochs=1)
    print(f"{loss}: {model.training_history[-1]['draws']} draws")
    for name, row in [("Ann", model.user_embeddings[0]), *zip(["Galaxy", "Picnic"], model.item_embeddings, strict=False)]:
        print(f"    {name:7}", *[f"{number:6.3f}" for number in row])
    print("    biases ", *[f"{number:6.3f}" for number in model.item_biases[:2]])
your_guess("05 steps", measured="logistic, BPR, WARP")

# %% [markdown]
# Digit for digit. The seed was chosen so that WARP takes two draws. With another it may take one (a larger step) or five (none at all).
#
# ### k-OS WARP
#
# WARP works on the like at hand. **k-OS WARP** chooses one: it draws $n$ likes of the same user, with replacement, puts them in the order of their scores, and hands the $k$-th from the top to WARP. (*OS* is order statistic, the $k$-th largest of some numbers.)
#
# Five likes are drawn, with scores 2, 0, 4, 2, 1. For $k = 4$: in order 4, 2, 2, **1**, 0. The kernel counts from 0 and works on eight numbers at a time:

# %%
drawn = np.full((1, 8), -np.inf, dtype=np.float32)
drawn[0, :5] = [2, 0, 4, 2, 1]
print("score of the chosen like:", drawn[0, k_os.position_of_rank(drawn, 5, 3)])

# %% [markdown]
# So here is which mistake each of them punishes:
#
# | loss | a mistake is | and is punished |
# |:--|:--|:--|
# | logistic | a like with a low score | the more, the lower; other films play no part |
# | BPR | a like without a clear lead over a random film | the more, the smaller the lead |
# | WARP | any film that comes within 1 of the like | the more, the sooner one is found |
# | k-OS WARP | the same, for the $k$-th of the user's likes | as in WARP |

# %% [markdown] slideshow={"slide_type": "notes"}
# Let pairs do one column each and swap. Ask: "BPR has just corrected this pair. Which lead would it still push? Which would WARP?" BPR never rests, WARP rests at 1. Then: "Who is j, in each of the four?" That question carries the rest of the lesson.

# %% [markdown]
# ## What a search costs, and what it finds
#
# Now the likes of lesson 00. One epoch of WARP, with `max_sampled=10`:

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
# We also want to see *whom* WARP refuses as it gets better. Before each epoch, 5,000 random likes search just as WARP does, and we note how many people like the films they find.

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
pools = {"the catalog": np.median(n_likes), "others' likes": np.median(n_likes[entries.col])}
plot_search_by_epoch(draws, likes_of_found, pools=pools)
your_guess("05 draws", measured=f"{draws['WARP'][-1]:.1f}")

# %% [markdown]
# The better the model, the rarer a mistake, and the longer the search. BPR draws about once, however well it does.
#
# The right side tells more. WARP draws from the whole catalog, where the typical film has one like. Untrained, it refuses just such films. Soon they no longer violate, and what it finds are well-known films, nearly as well-known as those BPR draws from others' likes. Nobody told it to.
#
# ## The race
#
# The sentence you will hear is *BPR optimizes AUC, WARP the top of the list*. AUC is the share of pairs, a liked test film and another film, in the right order (lesson 01). **Which loss will be first on AUC?**

# %%
guess("05 first on AUC", "?", one_of=("logistic", "BPR", "WARP", "k-OS"))

# %% [markdown]
# From here on, each experiment is the next function with one thing changed: seeds 42 to 46, 30 components, 10 epochs. All films compete, but those the user likes in train. `entries` are the interactions to learn from, if not those of train.

# %%
from recsys_lessons.evaluation import auc_score, precision_at_k


def five_runs(loss, train, test, entries=None, epochs=10, sample_weight=None, **settings):
    precision, auc, draws = [], [], []
    for seed in range(42, 47):
        model = LightFM(loss=loss, no_components=30, random_state=seed, **settings)
        _ = model.fit(train if entries is None else entries, epochs=epochs, sample_weight=sample_weight)
        precision.append(precision_at_k(model, test, train).mean())
        auc.append(auc_score(model, test, train).mean())
        draws.append(sum(epoch["draws"] for epoch in model.training_history))
    return np.array(precision), np.array(auc), np.array(draws)


def told(run):
    (p, auc, draws), to = run, "–"
    spans = f"{p.min():.3f}{to}{p.max():.3f}   AUC {auc.min():.3f}{to}{auc.max():.3f}"
    return f"precision@10 {spans}   {draws.mean() / 1e6:5.2f} million draws"


# %%
from recsys_lessons import Popularity
from recsys_lessons.teaching.plotting import plot_two_measures

losses = {"logistic": "logistic", "BPR": "bpr", "WARP": "warp", "k-OS": "warp-kos"}
race = {name: five_runs(loss, train, test) for name, loss in losses.items()}
for name, run in race.items():
    print(f"{name:9}", told(run))
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
first = max(race, key=lambda name: race[name][1].mean())
your_guess("05 first on AUC", measured=first)

# %% [markdown]
# BPR is last on AUC, and behind a list of popular films that has learned nothing. Somebody else has met this, and asked what they had done wrong ([#436](https://github.com/lyst/lightfm/issues/436)). The answer was that WARP is simply the better loss.
#
# One data set is one data set. Here are groceries: 801 households, products that at least 20 of all households bought, and in test what a household bought for the first time in the last four weeks. (What was bought before, and how often, is lesson 11.)

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

# %%
popular_products = Popularity().fit(bought)
popular_products = [measure(popular_products, first_bought, bought).mean() for measure in (precision_at_k, auc_score)]
plot_two_measures(
    {name: {name: run[:2]} for name, run in shop.items()},
    measures=measures,
    reference=("most popular", *popular_products),
    candidates="all products but those in train",
)

# %% [markdown]
# WARP is first on AUC again. But k-OS, among the best on the movies' first ten, is far behind here, and for the first ten products nothing is much better than popularity. So it goes with losses: test on your own data ([#472](https://github.com/lyst/lightfm/issues/472)).

# %% [markdown] slideshow={"slide_type": "notes"}
# Before the figure, ask for reasons, not only names: most say BPR, because they have read it. Let somebody defend it: "AUC is the share of pairs in the right order, and BPR takes a random pair and puts it right." That is a good argument. Where is the hole? Do not answer.

# %% [markdown]
# ## Four suspects
#
# And yet the argument for BPR is sound: AUC counts pairs in the right order, and BPR puts one pair after the other right. What went wrong?
#
# 1. **Epochs.** Ten are too few.
# 2. **Density.** Each film has too few likes.
# 3. **Its negatives.** BPR draws them from others' likes (lesson 04), not from the catalog.
# 4. **The loss itself.** It punishes the wrong thing, as the answer says.
#
# **Whom do you suspect?**

# %%
guess("05 suspect", "?", one_of=("epochs", "density", "its negatives", "the loss itself"))

# %% [markdown]
# *Epochs:* train longer. *Density:* keep 30% of the likes, drawn at random, and to the other side only films with at least 20 likes. (These compete among themselves. Compare within a pair of lines.)

# %%
for epochs in [30, 100]:
    print(f"BPR, {epochs} epochs ", told(five_runs("bpr", train, test, epochs=epochs)))

# %%
kept = np.random.default_rng(0).random(train.nnz) < 0.3
thin = sp.csr_matrix((entries.data[kept], (entries.row[kept], entries.col[kept])), shape=train.shape)
dense = n_likes >= 20
for name in ["BPR", "WARP"]:
    print(f"{name:4} 30% of the likes", told(five_runs(losses[name], train, test, entries=thin)))
for name in ["BPR", "WARP"]:
    print(f"{name:4} {dense.sum()} films       ", told(five_runs(losses[name], train[:, dense], test[:, dense])))

# %% [markdown]
# Epochs bring .02 on AUC, and then precision goes. (A hundred of BPR cost more draws than ten of WARP.) Density matters: where data are thin, BPR loses far more than WARP. Where they are dense it comes closer, and stays behind.
#
# *Its negatives:* as in lesson 04, add *nobodies*, users with a −1 for every film. BPR learns nothing from them, but draws from their entries too. Five nobodies, and about half of its negatives come from the whole catalog. The likes, the loss and the number of updates stay.

# %%
def with_nobodies(interactions, n):
    return sp.vstack([interactions, -np.ones((n, interactions.shape[1]))], format="csr")


pool = {"BPR": race["BPR"]}
for n in [5, 20, 80]:
    pool[f"{n} nobodies"] = five_runs("bpr", train, test, entries=with_nobodies(train, n))
    share = n * n_films / (n * n_films + train.nnz)
    print(f"{n:2} nobodies, {share:.0%} from all films:", told(pool[f"{n} nobodies"]))
closed = (pool["5 nobodies"][1].mean() - pool["BPR"][1].mean()) / (race["WARP"][1] - race["BPR"][1]).mean()
your_guess("05 suspect", measured=f"other negatives close {closed:.0%} of the gap to WARP")

# %%
n = round(4 * bought.nnz / bought.shape[1])  # four of five negatives from all products
shop["BPR, nobodies"] = five_runs("bpr", bought, first_bought, entries=with_nobodies(bought, n))
for name in ["BPR", "WARP", "BPR, nobodies"]:
    print(f"{name:14}", told(shop[name]))
ahead = (shop["BPR, nobodies"][1] > shop["WARP"][1]).sum()
print(f"BPR with nobodies ahead of WARP on AUC: in {ahead} of 5 seeds")

# %% [markdown]
# Other negatives, and on movies most of the gap is closed. On groceries BPR is now *first* on AUC. The loss itself is acquitted: the hole in the argument was the word *pair*. AUC takes the other film from the catalog, each as likely as any other. BPR took it from others' likes.
#
# If that is the whole story, then BPR as it is built must be best at *its own* AUC, in which the other film is drawn as BPR draws it. We weigh each other film by its likes. With equal weights, the same lines must give the library's AUC.

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
for name in ["logistic", "BPR", "WARP"]:
    own = []
    for seed in range(42, 47):
        model = LightFM(loss=losses[name], no_components=30, random_state=seed).fit(train, epochs=10)
        own.append(auc_against(model, n_likes))
    print(f"{name:9} AUC against others' likes: {min(own):.3f}–{max(own):.3f}")

# %% [markdown]
# It is, by far. **The verdict: BPR does optimize AUC, against the negatives it is given.** The paper that introduced it draws them from all films the user has not touched; LightFM, and we, from others' likes. So it depends on:
#
# - *where negatives come from*: most of all;
# - *density*: the thinner the data, the more of the catalog BPR never refuses, and the larger the loss;
# - *epochs*: little.

# %% [markdown] slideshow={"slide_type": "notes"}
# The own AUC is the moment. Ask before it: "If the negatives are the cause, what must BPR be good at?" A frequent wrong summary: "so popular negatives are bad". They are bad for one measure; lesson 04's best list of ten refused nothing else.

# %% [markdown]
# ## Take the search away
#
# On the first ten, nobodies did not help BPR: precision fell, down to nearly that of popularity. WARP also draws from the catalog, and reaches 0.074 to 0.078. The search could be why. `max_sampled` sets how long it may last. **One draw: what precision is left?**

# %%
guess("05 one draw", "?", expected="precision@10, a number from 0 to 0.1")

# %%
search = {}
for n in [1, 3, 10, 30, 100]:
    search[f"{n}"] = five_runs("warp", train, test, max_sampled=n)
    print(f"WARP, up to {n:3} draws:", told(search[f"{n}"]))
one_draw = search["1"][0]
your_guess("05 one draw", measured=f"{one_draw.min():.3f}–{one_draw.max():.3f}")

# %%
rising, flat = search["100"][0].mean() - one_draw.mean(), search["100"][1].mean() - search["1"][1].mean()
plot_two_measures(
    {
        "WARP, up to so many draws": {name: run[:2] for name, run in search.items()},
        "BPR, so many nobodies": {name: run[:2] for name, run in pool.items()},
    },
    measures=measures,
    title=f"From 1 draw to 100: {rising:+.3f} precision, {flat:+.3f} AUC",
    reference=("most popular", *popular),
    candidates="all films but those in train",
)

# %% [markdown]
# With one draw WARP is below BPR on the first ten, and about where BPR with 80 nobodies is. Every further draw buys precision, and hardly any AUC. The two lines of the figure are the lesson: **whom you draw from decides AUC, how long you search decides the top of the list.**
#
# The price stands in the last column above: 100 draws at most cost about five times as many draws as 10.
#
# ### Is it the weight?
#
# A longer search changes two things. WARP finds violations that it would have missed, *and* it can tell a rank of 90 from one of 9,000. The name, *weighted approximate-rank*, stands for the second. Here is what it makes of it, for 9,066 films:

# %%
weights = np.zeros(101)
warp.fill_rank_weights(weights, n_films)
for n_draws in [1, 2, 10, 100]:
    print(f"{n_draws:3} draws: rank {(n_films - 1) // n_draws:5,}, weight {weights[n_draws]:.2f}")
show_source(warp.judge, part=("strength = weight", "return negative, strength"))

# %% [markdown]
# The last lines let us take the weight away. A strength is never more than 10. Give each like a sample weight of 2.3 (it multiplies the strength), and all strengths *are* 10, whatever the rank. The search goes on as before. **What happens to precision with up to 100 draws?**

# %%
guess("05 flat", "?", one_of=("falls below one draw", "falls half-way", "about the same"))

# %%
same_for_all = train.copy()
same_for_all.data[:] = 2.3
print(f"smallest strength: {min(10, 2.3 * weights[100]):.0f}")
for n in [10, 100]:
    without = five_runs("warp", train, test, max_sampled=n, sample_weight=same_for_all)
    print(f"up to {n:3} draws, by rank     ", told(search[f"{n}"]))
    print(f"up to {n:3} draws, all the same", told(without))
left = (without[0] - one_draw).mean() / (search["100"][0] - one_draw).mean()
your_guess("05 flat", measured=f"{left:.0%} of what 100 draws gained is left")

# %% [markdown]
# Nothing is lost. Not the rank makes WARP good here, but the search: it steps only where something is wrong, and finds the film that is in the way. (All strengths have also become larger, which could hide a small loss. And other data may need the weights.)

# %% [markdown]
# ## Two debts
#
# **The best model of lesson 04** refused only the 200 most liked films. Now we can ask what that cost. As there: the likes of the 200, in a matrix with 200 columns (refusing no others), or with all 9,066.

# %%
by_likes = np.argsort(-n_likes, kind="stable")
train_200, test_200 = train[:, by_likes], test[:, by_likes]
identity = sp.identity(n_films, format="csr")
narrow = train_200[:, :200]
wide = narrow.copy()
wide.resize(train.shape)
for name, likes in {"refusing the 200": narrow, "refusing all": wide}.items():
    found = []
    for seed in range(42, 47):
        model = LightFM(loss="warp", no_components=30, random_state=seed)
        _ = model.fit(likes, item_features=identity, epochs=10)
        precision = precision_at_k(model, test_200, train_200, item_features=identity).mean()
        found.append((precision, auc_score(model, test_200, train_200, item_features=identity).mean()))
    (p_low, auc_low), (p_high, auc_high) = np.min(found, axis=0), np.max(found, axis=0)
    print(f"{name:17} precision@10 {p_low:.3f}–{p_high:.3f}   AUC {auc_low:.3f}–{auc_high:.3f}")

# %% [markdown]
# It bought the first ten with the rest of the catalog. WARP with up to 100 draws gets the same first ten and keeps its AUC of 0.93: it finds the rivals that matter by searching, not by leaving all others out.
#
# **The reverse case.** Somebody had 277 users, 401,334 items, not one interaction for each item, and BPR *ahead* of WARP ([#445](https://github.com/lyst/lightfm/issues/445)): AUC 0.471 for BPR, 0.387 for k-OS, 0.350 for WARP. Thin data? We have just thinned ours, and it was BPR that suffered. What such a test asks for, though, is mostly items without a single interaction in train. We have some: **what is WARP's AUC on the test likes of films that nobody likes in train?**

# %%
guess("05 nobody liked", "?", expected="an AUC, from 0 to 1")

# %%
unliked = test.multiply(n_likes == 0).tocsr()
unliked.eliminate_zeros()
print(f"{unliked.nnz} test likes of films without a like in train")
cold = {name: five_runs(loss, train, unliked) for name, loss in losses.items()}
cold["BPR, 20 nobodies"] = five_runs("bpr", train, unliked, entries=with_nobodies(train, 20))
for name, (_, auc, _) in cold.items():
    print(f"{name:16} AUC {auc.min():.3f}–{auc.max():.3f}")
auc = cold["WARP"][1]
your_guess("05 nobody liked", measured=f"{auc.min():.3f}–{auc.max():.3f}")

# %% [markdown]
# The same order as theirs: BPR near a coin, k-OS below, WARP lower still. A film without a like can only be refused, and WARP refuses it. BPR never draws it, until nobodies make it. "Not refused" is not "known", though: 0.5 is ignorance. What can be said about such films is lesson 08.
#
# ## Which loss, when?
#
# | you want | take | here, movies · groceries | draws for a like in an epoch, movies |
# |:--|:--|:--|:--|
# | a good top of the list | WARP, and raise `max_sampled` as far as you can pay | precision@10 .074–.078, with 100 draws .087–.090 · .036–.039 | up to 10: 6.7, up to 100: 32 |
# | the whole catalog in order (AUC) | WARP, or BPR with negatives from the catalog | .929 and .916 · .676 and .683 | 6.7 and 1.1 |
# | likes ranked among what others like | BPR as it is | .76 against others' likes | 1.2 |
# | to use real noes (−1) | logistic; the others skip them | AUC .903 · .632 | none |
# | a try for the first ten | k-OS, with several $k$ | .075–.081 · .018–.019 | 7.8 |
#
# Then measure on your own split, with popularity beside it.

# %% [markdown]
# ## Lab: one search
#
# A trained WARP model, user 3, one like of the train set. Left, one search; right, how 2,000 searches with other draws end. Change `max_sampled`, `margin` or `place` (which of the user's likes) and run the cell again.
#
# 1. Compare the true rank, the number of films that break the rule, with the estimate. On which side does it err, and does `max_sampled=100` cure it?
# 2. Set `margin` to 0, then to 3. What happens to the share of searches that find something, and to the step? Which margin would make WARP spend most of its steps on films that do not matter?

# %%
from recsys_lessons.teaching.plotting import plot_warp_search

max_sampled, margin, place, seed = 10, 1.0, 0, 0

scores = searching.user_embeddings[3] @ searching.item_embeddings.T + searching.item_biases
known = train[3].indices  # the user's likes in train
plot_warp_search(scores, known[place], known, max_sampled=max_sampled, margin=margin, seed=seed)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# TODO
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Asking for the best loss** ([#472](https://github.com/lyst/lightfm/issues/472)). "By testing" was the answer, and "WARP is in general the best bet". Both hold here, but for k-OS the two data sets disagree.
#
# **Taking BPR because the metric is AUC** ([#436](https://github.com/lyst/lightfm/issues/436)), and **taking WARP because BPR lost** ([#445](https://github.com/lyst/lightfm/issues/445)). Ask first what the other film of a pair is, and whether test asks for items without interactions.
#
# **Expecting the sampling of the paper** ([#265](https://github.com/lyst/lightfm/issues/265)). In the paper a negative is drawn from the films that are none of the user's. In LightFM, and here, it is drawn from all, and drawing a known one counts as a draw. Somebody repaired both on their data, and the results were "essentially the same". After the flat weights you are not surprised.
#
# **Teaching WARP with −1** ([#437](https://github.com/lyst/lightfm/issues/437)). It skips them. Worse, they shield: lesson 01.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. A like scores 3, a negative 2.5. Who takes a step, and how strong is it?**
#
# <details><summary>a. Only BPR: the order is right, but the lead small</summary>BPR does, with 1 − σ(0.5) = 0.378. But 2.5 is within 1 of the like, so it is a violation for WARP.</details>
# <details><summary>b. BPR and logistic; WARP is content, since the like is ahead</summary>Being ahead is not enough for WARP. It wants a lead of 1.</details>
# <details><summary>c. All three, if WARP draws this film: BPR with 1 − σ(0.5), logistic with 1 − σ(3), WARP with the log of its estimated rank</summary>Yes. 0.378 and 0.047; WARP's strength depends on how long it searched, not on the size of the mistake.</details>

# %% [markdown] tags=["quiz"]
# **2. There are 1,000 items. WARP finds a violation at its fourth draw. The strength is about?**
#
# <details><summary>a. 5.5</summary>Yes: the rank is 999 / 4, rounded down 249, and log 249 = 5.52.</details>
# <details><summary>b. 6.9</summary>That is log 999, for a violation at the first draw.</details>
# <details><summary>c. 0.25</summary>A quarter is the share of violations that four draws suggest. It gives the rank, whose log is the strength.</details>

# %% [markdown] tags=["quiz"]
# **3. Your BPR model has a poor AUC. Which experiment tells you most about the cause?**
#
# <details><summary>a. WARP instead: if AUC rises, the loss was to blame</summary>WARP has another margin, another search and other negatives. Three changes, and no cause.</details>
# <details><summary>b. Nobodies, so that BPR draws from the whole catalog</summary>Yes. The loss, the likes and the number of updates stay; only the negatives change.</details>
# <details><summary>c. Ten times the epochs</summary>Worth a run, and here it brought .02. If it fails, you know one suspect less.</details>
# <details><summary>d. Fewer components, against overfitting</summary>It would test another suspect. It says nothing about negatives.</details>

# %% [markdown] tags=["quiz"]
# **4. You raise <code>max_sampled</code> from 10 to 100. What did the experiments say to expect?**
#
# <details><summary>a. A better top of the list, because the rank is estimated better</summary>The first half is right. With all strengths the same, the gain stayed.</details>
# <details><summary>b. A better AUC, since more of the catalog is drawn</summary>AUC moved by less than .002. One draw reaches the whole catalog, too.</details>
# <details><summary>c. A better top of the list, for about five times the draws, and the same AUC</summary>Yes. The search finds the films in the way, and they are rare.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Derive:** all steps are $\eta\, s$ times the other side's vectors. On two films that score 2: $s = 0.119$ for logistic, ½ for BPR, $\log \lfloor 8/N \rfloor$ for WARP, 1.386 after two draws. k-OS chooses which like.
# - **Count:** WARP needed 4.9 draws for an update in epoch 1 and 19 in epoch 10. What it finds rises from films with one like to films with 16.
# - **Judge:** BPR was last on AUC, .847–.850. With half of its negatives from the catalog it reached .916 to .918, and against its own negatives it is first. "BPR for AUC" depends on where negatives come from, on density, and hardly on epochs.
# - **Choose:** WARP for the top, with as many draws as you can pay: one draw .061–.067, a hundred .087–.090. Its weights by rank bought nothing here; the search did.

# %% [markdown]
# **Next:** 06. We have used two measures, and they disagreed about most models. Which others are there, and what does each one miss?
