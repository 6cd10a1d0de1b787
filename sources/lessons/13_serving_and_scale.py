# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Serving and scale: how does it leave the notebook?
#
# Your model is good, and tonight it goes live. Somebody opens the page, and has to have ten films before they look away. Next year there will be 200,000 films; others have ten million. What changes, and for what do you need more machines?

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **turn** a model into vectors for which nearest means highest score, and show what a missing column does;
# - **read** recall against work, and say when an index pays;
# - **decide** between folding in, training on and retraining when new clicks arrive;
# - **tell** which work many machines can share, and compute what training costs.
#
# *60 minutes. You need lessons 00, 02, 05, 06, 08 and 11.*

# %% [markdown]
# ## Three films and a pencil
#
# Ann's vector is (1, 1). A film's score is its inner product with her vector, plus the film's bias. An **index**, a structure that finds near vectors without looking at all of them, knows no biases. So write the bias as one more number, and give Ann a 1 to meet it: she becomes the **query** (1, 1, 1).
#
# | | vector, bias last | score | squared distance to Ann |
# |:--|:--|:--|:--|
# | *Galaxy* | (2, 1, 2) | 5 | 1 + 0 + 1 = 2 |
# | *Picnic* | (2, 2, 0) | 4 | 1 + 1 + 1 = 3 |
# | *Comet* | (1, 1, 0) | 2 | 0 + 0 + 1 = 1 |
#
# *Comet* is the nearest, and the worst. A long vector like *Galaxy*'s has a high score and is far away. The cure is one more column that makes all films equally long ([Bachrach et al. 2014](https://doi.org/10.1145/2645710.2645741)). The longest has $M^2 = 4 + 1 + 4 = 9$. *Picnic*'s square is 8, so it gets $\sqrt{9 - 8} = 1$; *Comet* gets $\sqrt{9 - 2} = \sqrt 7$, *Galaxy* 0. The query gets a 0, so no score changes. But for query $q$ and film $v$ the squared distance is now
#
# $$|q - v|^2 = |q|^2 + |v|^2 - 2\, q \cdot v = |q|^2 + M^2 - 2\, q \cdot v = 3 + 9 - 2 \cdot \text{score}$$
#
# that is 2, 4 and 8. Check *Picnic*: (1, 1, 1, 0) to (2, 2, 0, 1) is 1 + 1 + 1 + 1. **Nearest is best.** The library does the same:

# %%
import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.serving import equal_lengths, item_vectors, query_vectors, with_zero

small = LightFM(no_components=2, random_state=1).fit(sp.coo_matrix([[1, 1, 1]]), epochs=0)
small.item_embeddings, small.item_biases = [[2, 1], [2, 2], [1, 1]], [2, 0, 0]
small.user_embeddings = [[1, 1]]

vectors, queries = item_vectors(small), query_vectors(small)
print("scores            ", vectors @ queries[0])
print("squared distances ", np.square(vectors - queries).sum(axis=1))
longer = equal_lengths(vectors) - with_zero(queries)
print("with equal lengths", np.square(longer).sum(axis=1).round(3))

# %% [markdown]
# Without the bias the scores would be 3, 4 and 2: *Picnic* first.

# %% [markdown]
# ## Nine thousand films
#
# The films of lesson 00, WARP, 30 components. The exact answer is what `recommend` gives. It goes in blocks, so no table of all scores exists, but it computes every one: 9,066 for each user.
#
# The index comes from [usearch](https://github.com/unum-cloud/usearch). It is a graph: each film is linked to some near ones (**connectivity**). A search starts somewhere, looks at the links of the nearest films it has met, and keeps the best few (**expansion**). It stops when their links lead to nothing nearer. To add a film is such a search, too (`expansion_add`). It promises nothing. So we measure two things: its **work**, the distances it computes for a query, and its **recall**, here the share of the exact ten that it finds.

# %%
from usearch.index import Index

from recsys_lessons.datasets import load_movies
from recsys_lessons.serving import search_exact, search_recall

movies = load_movies().as_lightfm(min_rating=4.0)
train, test = movies["train"].tocsr(), movies["test"].tocsr()
model = LightFM(loss="warp", no_components=30, random_state=42).fit(train, epochs=10)
everybody = np.arange(train.shape[0])
exact, _ = model.recommend(everybody, 10)

films, users = item_vectors(model), query_vectors(model)
n_films = len(films)
same = (search_exact(films, users, 10)[0] == exact).mean()
print(f"{n_films:,} films, {len(users)} users, {films.shape[1]} columns")
print(f"share of places where the vectors give the same film as the model: {same:.3f}")

# %% [markdown]
# `search_exact` computes all inner products. Now the index, with both columns. One thread builds it, since several would make a different graph each time.

# %%
expansions = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512)


def build(vectors, metric="l2sq"):  # squared distance
    index = Index(ndim=vectors.shape[1], metric=metric, dtype="f32", connectivity=16, expansion_add=32)
    _ = index.add(np.arange(len(vectors)), vectors, threads=1)
    return index


def search(index, queries, exact):
    work, recall = [], []
    for expansion in expansions:
        index.expansion_search = expansion
        found = index.search(queries, 10, threads=1)
        work.append(found.computed_distances / len(queries))
        recall.append(search_recall(found.keys, exact).mean())
    return work, recall


index = build(equal_lengths(films))
both = search(index, with_zero(users), exact)
for place in (0, 4, 10):
    work, recall = both[0][place], both[1][place]
    print(f"expansion {expansions[place]:3}: recall {recall:.2f}, about {round(work, -1):,.0f} distances")

# %% [markdown]
# One column of 31 is the bias. A colleague leaves it out: "the index is for vectors." **What is the recall then, with an expansion of 512?** The truth is still what the model recommends.

# %%
from recsys_lessons.teaching.guesses import guess, your_guess

guess("13 without bias", "?", expected="a share from 0 to 1")

# %%
bare_films, bare_users = item_vectors(model, biases=False), query_vectors(model, biases=False)
bare = build(equal_lengths(bare_films))
no_bias = search(bare, with_zero(bare_users), exact)
print(f"expansion 512: recall {no_bias[1][-1]:.2f}, about {round(no_bias[0][-1], -1):,.0f} distances")
your_guess("13 without bias", measured=f"{no_bias[1][-1]:.2f}")

# %% [markdown]
# On average more than half of a list is wrong. The first suspect is the index: perhaps such vectors are harder to search. Hold the same index against the exact answer *for its own vectors*. And would anybody notice? Ask what users liked in test, with five seeds, among all films but those in train.

# %%
from recsys_lessons.evaluation import precision_at_k

own_exact, _ = search_exact(bare_films, bare_users, 10)
print(f"recall against its own exact answer: {search(bare, with_zero(bare_users), own_exact)[1][-1]:.2f}")

with_bias, without, overlap = [], [], []
for seed in range(42, 47):
    other = LightFM(loss="warp", no_components=30, random_state=seed).fit(train, epochs=10)
    lists, _ = other.recommend(everybody, 10)
    with_bias.append(precision_at_k(other, test, train).mean())
    other.item_biases[:] = 0
    overlap.append(search_recall(other.recommend(everybody, 10)[0], lists).mean())
    without.append(precision_at_k(other, test, train).mean())
worse = sum(one < two for one, two in zip(without, with_bias, strict=True))
print(f"exact lists without biases hold {min(overlap):.2f}–{max(overlap):.2f} of those with biases")
print(f"precision@10 {min(with_bias):.3f}–{max(with_bias):.3f}, without biases {min(without):.3f}–{max(without):.3f}")
print(f"worse in {worse} of 5 seeds")

# %% [markdown]
# The index is innocent: it answers its question, and it was the wrong question. No expansion cures that. **When recall does not rise with expansion, first hold it against the exact answer for its own vectors.**
#
# What of the other column? usearch also takes an inner product as it is, and its default is the cosine.

# %%
from recsys_lessons.teaching.plotting import plot_recall_by_work

searches = {
    "both columns": both,
    "no lengths: inner product": search(build(films, "ip"), users, exact),
    "no bias": no_bias,
    "cosine": search(build(films, "cos"), users, exact),
}
complete = [name for name, (_, recall) in searches.items() if max(recall) > 0.995]
alone = complete == ["both columns"]
title = "With a column missing, no expansion finds all" if alone else f"All is found by: {', '.join(complete)}"
plot_recall_by_work(searches, n_items=dict.fromkeys(searches, n_films), title=title)

# %% [markdown]
# The inner product costs more work and stays below; there more links help, as the lab shows. Without the bias nothing does: with more work recall even sinks a little, towards the exact answer to the wrong question. The cosine ignores how long a film's vector is.
#
# An index has no `exclude`: ask it for more than ten, and drop what a user knows.

# %% [markdown]
# ## Two hundred thousand
#
# No data with so many films comes with the course, so we make them up: copies of trained vectors, each number moved at random by half of its column's standard deviation. Nobody knows who would like them, and recall does not ask.
#
# **22 times as many films. How many times as many distances, for a recall of 0.99?**

# %%
guess("13 growth", "?", expected="a number, such as 22")


# %%
def made_up(n, noise):
    rng = np.random.default_rng(0)
    copied = rng.integers(n_films, size=n)
    moved = rng.standard_normal((n, films.shape[1])) * films.std(axis=0) * noise
    return (films[copied] + moved).astype(np.float32)


many = made_up(200_000, noise=0.5)
exact_of_many, _ = search_exact(many, users, 10)
many_equal = equal_lengths(many)

# %%
large = build(many_equal[:70_000])

# %%
_ = large.add(np.arange(70_000, 140_000), many_equal[70_000:140_000], threads=1)  # an index can grow

# %%
_ = large.add(np.arange(140_000, 200_000), many_equal[140_000:], threads=1)

# %%
of_many = search(large, with_zero(users), exact_of_many)


def least_work(work, recall, enough=0.99):
    return next(distances for distances, found in zip(work, recall, strict=True) if found >= enough)


growth = least_work(*of_many) / least_work(*both)
your_guess("13 growth", measured=f"{growth:.0f} times")
sizes = {f"{n_films:,} films": both, "200,000 made-up films": of_many}
counts = dict(zip(sizes, (n_films, 200_000), strict=True))
title = f"22 times the films, these made up: {growth:.0f} times the work for 0.99"
plot_recall_by_work(sizes, n_items=counts, title=title)

# %% [markdown]
# The work grows more slowly than the catalog, but the catalog is ours. Move the copies by a whole standard deviation instead, in a smaller one:

# %%
for noise in (0.5, 1.0):
    spread = made_up(20_000, noise)
    of_spread = search(build(equal_lengths(spread)), with_zero(users), search_exact(spread, users, 10)[0])
    print(f"20,000 films, noise {noise}: 0.99 from about {least_work(*of_spread):.0f} distances on")

# %% [markdown]
# **Recall does not ask who likes the films; the work does ask how they are spread.** So the factor is one of these films, not a law.
#
# **Does an index pay?** Time all users in one call, and users that come one by one. (Your clock will say something else, and `search_exact` is made for equal bytes, not for one user in a hurry.)

# %% tags=["nbval-ignore-output"]
from functools import partial
from time import perf_counter


def milliseconds(search, calls, *arguments, **options):
    took = []
    for _ in range(3):
        start = perf_counter()
        for queries in calls:
            search(queries, *arguments, **options)
        took.append(perf_counter() - start)
    return min(took) * 1000 / sum(map(len, calls))  # a user


for searched, graph, found in ((films, index, both), (many, large, of_many)):
    graph.expansion_search = expansions[found[0].index(least_work(*found))]
    print(f"{len(searched):,} films: exact, {len(searched) / least_work(*found):.0f} times the distances")
    for calls, told in (([users], "all in one call"), (np.split(users[:20], 20), "one by one")):
        by_graph = milliseconds(graph.search, list(map(with_zero, calls)), 10, threads=1)
        exactly = milliseconds(partial(search_exact, searched), calls, 10)
        print(f"  {told}: {exactly:.3f} ms a user, graph {by_graph:.3f}: {exactly / by_graph:.1f} times the time")

# %% [markdown]
# For one visitor the graph is faster at both sizes. Yet among nine thousand films nobody notices the difference, and a graph has to be built and kept in step with the model: stay exact. Nor is there much to win when all lists are made in one call, as at night. Among 200,000 there is, in both.

# %% [markdown]
# ## The day after
#
# The model and its index are files. What does the model's file hold that serving never reads?

# %%
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
path = model.save(folder / "films")
index.save(folder / "films.usearch")
again, restored = LightFM.load(path), Index.restore(folder / "films.usearch")
with np.load(path) as saved:
    held = sum(saved[name].size for name in saved.files)
print(f"numbers in the file for each number of a vector: {held / (films.size + users.size):.1f}")
restored.expansion_search = index.expansion_search
asked = ((index, model), (restored, again))
answers = [graph.search(with_zero(query_vectors(one)), 10, threads=1).keys for graph, one in asked]
print("the same answers:", np.array_equal(*answers))

newcomers = model.fold_in(train[:100])  # as if we had never met them
to_new = query_vectors(newcomers)
found = search_recall(index.search(with_zero(to_new), 10, threads=1).keys, search_exact(films, to_new, 10)[0])
print(f"100 folded-in users: the index finds {found.mean():.2f} of their lists")

second = LightFM(loss="warp", no_components=30, random_state=43).fit(train, epochs=10)
mixed, _ = search_exact(films, query_vectors(second), 10)
truth, _ = second.recommend(everybody, 10)
print(f"films of seed 42, users of seed 43: recall {search_recall(mixed, truth).mean():.2f}")

# %% [markdown]
# (Two of the three are sums that only training reads.) A newcomer is a query: fold in (lesson 02), and ask the index that is there. The last line is what happens when users are retrained and the index is not: the axes of two trainings have nothing to do with each other. **Queries and index must come from one training.**
#
# ### Four weeks of clicks
#
# In the groceries of lesson 11 households go on buying. A model has learned until some week. Four weeks later there are new first purchases. Keep the model, train it on with `fit_partial` on the new ones alone, or retrain on everything? We ask for the first purchases of the following four weeks, among all products not yet bought, at five times of the year. As controls, train on with as many *old* purchases, and after retraining with either.
#
# **Retraining gains some AUC over keeping. How much of that gain does training on with the new ones alone bring?**

# %%
guess("13 new alone", "?", one_of=("hardly any", "about half", "all of it"))

# %%
from recsys_lessons.datasets import load_groceries

shop = load_groceries(described_only=True, min_households=20)
week = (shop.timestamps - shop.timestamps.min()) // (7 * 86_400)
pair = shop.users.astype(np.int64) * shop.n_items + shop.items
pair, first = np.unique(pair, return_index=True)  # rows are in order of time within a pair
household, product, week = pair // shop.n_items, pair % shop.n_items, week[first]


def bought(start, end):
    now = (week >= start) & (week < end)
    return sp.csr_matrix((np.ones(now.sum()), (household[now], product[now])), shape=(shop.n_users, shop.n_items))


def train_until(end, epochs):
    return LightFM(loss="warp", no_components=10, random_state=end).fit(bought(0, end), epochs=epochs)


# %%
from copy import deepcopy

from recsys_lessons.evaluation import auc_score


def at_five_times(epochs, later_epochs):
    measured, updates, stale = [], [], []
    for end in (28, 32, 36, 40, 44):
        new, old = bought(end, end + 4), bought(0, end).tocoo()
        some = np.random.default_rng(end).choice(old.nnz, size=new.nnz, replace=False)
        some_old = sp.csr_matrix((old.data[some], (old.row[some], old.col[some])), shape=old.shape)
        kept, again = train_until(end, epochs), train_until(end + 4, epochs)
        policies = {
            "keep": kept,
            "train on, old ones": deepcopy(kept).fit_partial(some_old, epochs=later_epochs),
            "train on, new ones": deepcopy(kept).fit_partial(new, epochs=later_epochs),
            "retrain": again,
            "retrain, old again": deepcopy(again).fit_partial(some_old, epochs=later_epochs),
            "retrain, new again": deepcopy(again).fit_partial(new, epochs=later_epochs),
        }
        later, known = bought(end + 4, end + 8), bought(0, end + 4)
        measured.append([auc_score(policy, later, known).mean() for policy in policies.values()])
        updates.append([sum(epoch["updates"] for epoch in policy.training_history) for policy in policies.values()])
        moved = policies["train on, new ones"]
        after, _ = moved.recommend(np.arange(shop.n_users), 10)
        stale.append(search_recall(search_exact(item_vectors(kept), query_vectors(moved), 10)[0], after).mean())
    return list(policies), np.array(measured), np.mean(updates, axis=0) / 1e6, stale


names, measured, updates, stale = at_five_times(epochs=10, later_epochs=10)

# %%
updates[:3] -= updates[0]  # what was done since
print(f"new purchases: {bought(44, 48).nnz / bought(0, 44).nnz:.0%} of those before, the last time")
for auc, done, name in zip(measured.T, updates, names, strict=True):
    ahead = [(auc > measured[:, column]).sum() for column in (0, 3)]
    gaps = auc - measured[:, 3]
    told = "ahead of keep in {} and of retrain in {} of 5".format(*ahead)
    print(f"{name:18}  AUC {auc.mean():.4f}, less retrain {gaps.min():+.4f} to {gaps.max():+.4f}")
    print(f"{'':18}  {told}; {done:.2f} million updates")


def share_of_gain(measured):
    keep, _, new, again, _, _ = measured.mean(axis=0)
    return f"{(new - keep) / (again - keep):.0%}"


print(f"users after training on, products from before it: recall {min(stale):.2f}–{max(stale):.2f}")
your_guess("13 new alone", measured=share_of_gain(measured))

# %%
_, half, _, _ = at_five_times(epochs=10, later_epochs=5)
print(f"five epochs of the new ones: {share_of_gain(half)} of the gain")

# %% [markdown]
# **All of it, with a twelfth of the work**, if the new ones get as many epochs; half as many bring 72%. It is not the further training: as many old purchases gain nothing. The new ones alone are even ahead of retraining in four of five, by 0.003. A suspect: the extra epochs let the latest purchases count for more. Then they should help a retrained model, too, though it has learned them already. They do, in five of five, and old ones do not. **The latest four weeks tell more of the next four** than their share of the year.
#
# But training on moves the products, too. An index from before these four weeks, asked with today's users, misses 18 to 30% of the places on the lists.
#
# | what is new | do | measured here |
# |:--|:--|:--|
# | a user with clicks | fold in, ask the index that is there | the index finds 0.99 of their exact ten |
# | clicks on known items | `fit_partial`, then new vectors and a new index | all of retraining's gain in AUC, at as many epochs |
# | the same, with time to retrain | retrain, then `fit_partial` on the new ones again | the best AUC, in 5 of 5 ahead of retraining |
# | an item with known features | its row is a vector (lesson 08); add it. If it is longer than all so far, no $M$ fits: choose a larger one beforehand (`equal_lengths(..., length=)`) | – |
# | ids or features without a column | retrain; another width is an error | – |

# %% [markdown]
# ## More than one machine
#
# Forty settings to try and ten million lists to compute need nothing of each other. [Dask](https://distributed.dask.org) sends such work to processes, here or anywhere. `sweep` and `recommend_all` take its client; without one they run here. The data goes out once. With one seed and one thread for each fit, it does not matter who computes it. Two workers on this computer:

# %%
import logging
import os

import psutil
from distributed import Client, LocalCluster

from recsys_lessons.parallel import Sweep, recommend_all, sweep

settings = [
    {"loss": loss, "no_components": size, "random_state": 1} for loss in ("bpr", "warp") for size in (10, 20, 30)
]
here = sweep(settings, train, test, epochs=5)

cluster = LocalCluster(
    n_workers=2,
    threads_per_worker=1,
    host="127.0.0.1",  # for this computer alone
    dashboard_address="127.0.0.1:0",  # a free port: there may be another cluster
    local_directory=folder,
    silence_logs=logging.CRITICAL,  # a worker will die below; we know
)
client = Client(cluster)
there = sweep(settings, train, test, epochs=5, client=client)
print("settings with equal bytes:", sum(a.digest == b.digest for a, b in zip(here, there, strict=True)), "of 6")
for result in there[:1] + there[-1:]:
    print(result.setting["loss"], result.setting["no_components"], f"{result.metrics['precision_at_k']:.3f}")

# %% [markdown]
# Machines die. Kill a worker with the first result in, and its share of the work and of the data with it:

# %%
run = Sweep(settings, train, test, epochs=5, client=client)
_ = next(run)
victim = next(iter(client.run(os.getpid).values()))  # each worker tells its process id; the first is chosen
psutil.Process(victim).kill()
_ = list(run)  # the rest
finished = sorted(run.results, key=lambda result: result.number)
print("settings with equal bytes:", sum(a.digest == b.digest for a, b in zip(here, finished, strict=True)), "of 6")

wanted, wanted_scores = model.recommend(everybody, 10, exclude=train)
ids, scores = recommend_all(model, k=10, exclude=train, block=100, client=client)
equal = np.array_equal(ids, wanted) and np.array_equal(scores, wanted_scores)
print("lists and scores equal to those from here:", equal)
client.close()
cluster.close()

# %% [markdown]
# On several computers only the client changes: `client="tcp://..."`, the address of a scheduler. The sweep as a live table, here; *Stop* leaves nothing running:

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_sweep_table

show_sweep_table(settings[:3], train, test, epochs=5)

# %% [markdown]
# ### And training itself?
#
# Threads need not wait for each other (lesson 12), because they share one memory. Machines do not, and would have to ask for rows. Compute it for ten million items, 64 components and an epoch of a billion updates, tables of users left out. The rates are assumed: memory 20 GB and a network 1.25 GB a second, 0.1 milliseconds to ask another machine for a row.
#
# - Items: $10^7 \cdot 65 \cdot 4$ bytes = 2.6 GB. Adagrad's sums as much again: 5.2 GB to train, for the items alone.
# - One update of WARP: at least 3 rows, with sums 6, read and written 12: $12 \cdot 65 \cdot 4 = 3{,}120$ bytes.

# %%
items, columns, number = 10_000_000, 64 + 1, 4
# an index holds vectors (one number longer) and links: what the films' index holds beside its vectors
links = index.serialized_length / n_films - (films.shape[1] + 1) * number
print(f"items {items * columns * number / 1e9:.1f} GB, with sums {2 * items * columns * number / 1e9:.1f} GB")
print(f"index {items * ((columns + 1) * number + links) / 1e9:.0f} GB")
moved = 1e9 * 12 * columns * number
print(
    f"an epoch moves at least {moved / 1e12:.1f} TB: {moved / 20e9 / 60:.1f} minutes by memory, {moved / 1.25e9 / 60:.0f} by network"
)
print(
    f"one answer after another: {1e9 * 0.0001 / 3600:.0f} hours; "
    f"with 100 on their way at a time: {1e9 * 0.0001 / 100 / 60:.0f} minutes"
)

# %% [markdown]
# It fits into one computer, and belongs there. The authors of implicit time one iteration of another method, ALS, with 64 factors: 2.32 seconds with their library, 43.8, or 19 times as many, with Spark, which is made for many machines ([benchmarks](https://github.com/benfred/implicit/tree/main/benchmarks)). Both ran on the *same* computer, with different solvers.
#
# What if machines talk only once an epoch? Deal the users to 8 machines, each trains on its own, and then all items are *averaged*. Ten epochs each, as before. **One machine has a precision@10 of about 0.08. And eight that average?**

# %%
guess("13 averaged", "?", one_of=("as good", "a tenth less", "half as good"))

# %%
from recsys_lessons.teaching.averaging import bytes_of_averaging, train_by_averaging


def averaged(machines, rounds, epochs):
    measured = []
    for seed in range(10):
        arguments = {"loss": "warp", "no_components": 30, "random_state": seed}
        averaging = {"machines": machines, "rounds": rounds, "epochs_of_a_round": epochs}
        whole = train_by_averaging(arguments, train, **averaging)
        measured.append(precision_at_k(whole, test, train).mean())
    return np.array(measured)


alone = averaged(1, 10, 1)
print(f"one machine: {alone.min():.3f}–{alone.max():.3f}")
for machines, rounds, epochs in ((8, 10, 1), (8, 1, 10)):
    precision = averaged(machines, rounds, epochs)
    told = f"{precision.min():.3f}–{precision.max():.3f}, below one machine in {(precision < alone).sum()} of 10"
    print(f"{machines} machines, {rounds} x {epochs} epochs: {told}")
    if (machines, rounds) == (8, 10):
        your_guess("13 averaged", measured=f"{precision.mean() / alone.mean() - 1:+.0%}")
# 5.2 GB from each of 8 machines, and 5.2 GB back
print(f"one average of 8 machines: {bytes_of_averaging(items, 64, machines=8) / 1e9:.0f} GB over the network")

# %% [markdown]
# Averaging works, and costs quality: with eight machines in all ten seeds, most when they meet only at the end. That is a trade for a model which no single computer can train in time. Ten million items are not that.

# %% [markdown]
# ## Lab: recall against work
#
# Take columns away, change links, expansion and the length of the list, and see whose list lacks what, among 200 users. The largest index without a column takes a while to build.
#
# 1. Among the 9,066 films, take the *equal lengths* away, and ask for 1, 10 and 100 films. Which list suffers most? Do more links make up for it?
# 2. Put them back, and take the *biases* away, with the largest expansion. Is the recall the same among 50,000 and 200,000 made-up ones?

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_search_lab

catalogs = {"9,066 films": films, "50,000 made up": many[:50_000], "200,000 made up": many}
titles, built = {"9,066 films": movies["item_labels"]}, {"200,000 made up": large}
show_search_lab(catalogs, users[:200], labels=titles, built=built, expansion_add=32)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. The long one. With expansion 64, the recall of 1, 10 and 100 falls from 1.00, 1.00 and .99 to .99, .99 and .83, and 512 does not help (.84). 32 links do, to .96, for 971 distances instead of 764.
# 2. No: .44 of 9,066, .19 of 50,000, .10 of 200,000.
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Asking for every score** ([#510](https://github.com/lyst/lightfm/issues/510): an estimate of 22 hours on ten machines, for 6.7 million users and 12 million items). The author's answer is this lesson's: take the representations, and multiply or use an index, which [another package](https://github.com/lyst/lightfm/issues/92) does best (#92).
#
# **Adding users by resizing the model** ([#322](https://github.com/lyst/lightfm/issues/322), [#667](https://github.com/lyst/lightfm/issues/667)). Fold in; a model of another width is another model.
#
# **Shipping what only training needs** ([#415](https://github.com/lyst/lightfm/issues/415), on the size of a saved model). The vectors are enough to serve.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. An index has a recall of 0.60. You raise the expansion from 64 to 512, and it is 0.61. What do you look at first?**
#
# <details><summary>a. The connectivity: the graph has too few links</summary>It can be, as in the lab without equal lengths. But look first where it costs one line.</details>
# <details><summary>b. Which vectors went in, and which answer you call exact</summary>Yes. A missing bias gives such a ceiling. Hold the index against the exact answer for its own vectors.</details>
# <details><summary>c. Nothing, approximate means approximate</summary>With both columns 0.99 was there for a few hundred distances.</details>

# %% [markdown] tags=["quiz"]
# **2. You retrain every night on all data, with a new seed, and compute the users' vectors in the morning. The index is rebuilt on Sundays. What happens on Monday night?**
#
# <details><summary>a. The lists lag behind by a day</summary>They would if the axes stayed.</details>
# <details><summary>b. Nothing: it is the same data, so the vectors are nearly the same</summary>The lists may be alike. The vectors they come from are not.</details>
# <details><summary>c. Most of each list is wrong</summary>Yes. Recall fell to 0.10 here: the axes of two trainings have nothing to do with each other.</details>

# %% [markdown] tags=["quiz"]
# **3. Which of these gets faster with ten machines, without a change in the result?**
#
# <details><summary>a. Trying 40 settings, and the lists of all users</summary>Yes. Nothing in them waits for another part, and each has its own seed.</details>
# <details><summary>b. All of it, if the network is fast</summary>Threads share one memory, machines do not. A network that moves bytes ten times faster still has to be asked a billion times.</details>
# <details><summary>c. Training, by averaging</summary>It gets through epochs faster, and the result is another: at equal epochs a worse one here.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Turn it into vectors:** the bias is a column that meets a 1, and $\sqrt{M^2 - |v|^2}$ one that meets a 0; scores 5, 4, 2 became distances 2, 4, 8. Without the bias, recall was 0.42 to 0.44 at any work, and precision@10 lower in 5 of 5 seeds.
# - **Read the curve:** 0.99 took 2.8% of the distances among 9,066 films and 0.4% among 200,000 made-up ones: three times the work, and more if they are spread wider. In time the index paid at 200,000, all in one call or one by one; at 9,066 a single visitor waits less than a millisecond anyhow. If a curve does not rise, ask for its own exact answer first.
# - **Decide:** fold in newcomers; train on with new clicks, which at as many epochs brought all of retraining's gain in AUC for a twelfth of its updates; retraining and then the new ones again was best; then make vectors and index anew, or miss 18 to 30% of the lists. Retrain for new columns.
# - **Tell what can be shared:** settings and lists, equal to the byte in 6 of 6, also after a worker's death. Training ten million items takes 5.2 GB for the items, and stays at home; averaging over eight machines lost 10%.
#
# **Practice:** [the exercises of this lesson](../exercises/13_serving_and_scale.ipynb).
#
# **Next:** 14. You have seen all of it. Can you explain it?
