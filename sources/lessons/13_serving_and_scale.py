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
# Your model is good, and tonight it goes live. Somebody opens the page, and needs ten films before they look away. Next year there will be 200,000 films; others have ten million. What changes, and what needs more machines?

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **turn** a model into vectors for which nearest means highest score, and show what a missing column does;
# - **read** recall against work, and say when an index pays;
# - **decide** between folding in, training on and retraining when new clicks arrive;
# - **tell** which work many machines can share, and compute what training costs.
#
# *60 minutes. You need lessons 00 to 03, 05, 06, 08, 11 and 12.*

# %% [markdown]
# ## Three films and a pencil
#
# Ann's vector is (1, 1). A film's score is its inner product with hers, plus the film's bias. (Her own bias moves all films alike.) An **index**, a structure that finds near vectors without looking at all of them, knows no biases. So write the bias as one more number, and give Ann a 1 to meet it: she becomes the **query** (1, 1, 1).
#
# | | vector, bias last | score | squared distance to Ann |
# |:--|:--|:--|:--|
# | *Galaxy* | (2, 1, 2) | 5 | 1 + 0 + 1 = 2 |
# | *Picnic* | (2, 2, 0) | 4 | 1 + 1 + 1 = 3 |
# | *Comet* | (1, 1, 0) | 2 | 0 + 0 + 1 = 1 |
#
# *Comet* is the nearest, and the worst. One more column makes all films equally long ([Bachrach et al. 2014](https://doi.org/10.1145/2645710.2645741)). The longest is *Galaxy*, with $M^2 = 4 + 1 + 4 = 9$; it gets 0. *Picnic*'s square is 8, so it gets $\sqrt{9 - 8} = 1$; *Comet* gets $\sqrt 7$. The query gets a 0, so no score changes. But for query $q$ and film $v$ the squared distance is now
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
# ## Nine thousand films
#
# The films of lesson 00, WARP, 30 components. The exact answer is what `recommend` gives. It computes all 9,066 scores for each user.
#
# The index comes from [usearch](https://github.com/unum-cloud/usearch). It is a graph: each film is linked to some near ones (**connectivity**). A search starts somewhere, looks at the links of the nearest films it has met, and keeps the best few (**expansion**), until their links lead to nothing nearer. To add a film is such a search, too (`expansion_add`). It promises nothing, so we measure its **work**, the distances it computes for a query, and its **recall**, the share of the exact ten that it finds (not the recall@10 of lesson 06, a share of likes).

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
# search_exact computes all inner products, as recommend does
same = (search_exact(films, users, 10)[0] == exact).mean()
print(f"{n_films:,} films, {len(users)} users, {films.shape[1]} columns")
print(f"share of places where the vectors give the same film as the model: {same:.3f}")

# %%
expansions = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512)


def build(vectors, metric="l2sq"):  # squared distance; one thread, since several make a different graph each time
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


def enough(recall):  # the place of the first expansion that finds 0.99
    return next(place for place, share in enumerate(recall) if share >= 0.99)


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
# On average more than half of a list is wrong. The first suspect is the index: such vectors may be harder to search. Hold it against the exact answer *for its own vectors*. And would anybody notice? Ask what users liked in test, with five seeds, among all films but those in train.

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
# The index is innocent: it answers its question, and it was the wrong question. **When recall does not rise with expansion, first hold it against the exact answer for its own vectors.**
#
# What of the other column? usearch also takes inner products as they are, and its default is the cosine.

# %%
from recsys_lessons.teaching.plotting import plot_recall_by_work

searches = {
    "both columns": both,
    "no lengths: inner product": search(build(films, "ip"), users, exact),
    "no bias": no_bias,
    "cosine": search(build(films, "cos"), users, exact),
}
title = "With a column missing, no expansion finds all"
plot_recall_by_work(searches, n_items=dict.fromkeys(searches, n_films), title=title)

# %% [markdown]
# The inner product stays below. Without the bias, more work brings recall even a little lower, nearer to the exact answer to the wrong question.

# %% [markdown]
# ## Two hundred thousand
#
# No data with so many films comes with the course, so we make them up: copies of trained vectors, each number moved at random by half of its column's standard deviation (noise 0.5). Recall does not ask who likes them.
#
# **22 times as many films. How many times as many distances, for a recall of 0.99?**

# %%
guess("13 growth", "?", expected="a number, such as 22")


# %%
def made_up(films, n, noise, seed=0):
    rng = np.random.default_rng(seed)
    copied = rng.integers(len(films), size=n)
    moved = rng.standard_normal((n, films.shape[1])) * films.std(axis=0) * noise
    return (films[copied] + moved).astype(np.float32)


many = made_up(films, 200_000, noise=0.5)
large = build(equal_lengths(many))

# %%
exact_of_many, _ = search_exact(many, users, 10)
of_many = search(large, with_zero(users), exact_of_many)

growth = of_many[0][enough(of_many[1])] / both[0][enough(both[1])]
your_guess("13 growth", measured=f"{growth:.1f} times")
sizes = {f"{n_films:,} films": both, "200,000 made-up films": of_many}
counts = dict(zip(sizes, (n_films, 200_000), strict=True))
title = f"22 times the films, these made up: {growth:.1f} times the work for 0.99"
plot_recall_by_work(sizes, n_items=counts, title=title)

# %% [markdown]
# The work grows more slowly than the catalog. But this is one model, one graph, and a catalog of ours. Change the first two, then the last: in a smaller one, move the copies by a whole standard deviation.


# %%
def vectors_of(seed):  # another model
    other = LightFM(loss="warp", no_components=30, random_state=seed).fit(train, epochs=10)
    return item_vectors(other), query_vectors(other)


def work_for(vectors, asking):
    exact, _ = search_exact(vectors, asking, 10)
    work, recall = search(build(equal_lengths(vectors)), with_zero(asking), exact)
    return work[enough(recall)]


def growth_again(seed):
    vectors, asking = vectors_of(seed)
    return work_for(made_up(vectors, 200_000, 0.5, seed), asking) / work_for(vectors, asking)


growths = [growth, growth_again(43)]

# %%
growths.append(growth_again(44))
print("200,000 films, three models:", ", ".join(f"{times:.1f}" for times in growths), "times the work")

# %%
for seed in (42, 43, 44):
    vectors, asking = vectors_of(seed)
    half, whole = (made_up(vectors, 20_000, noise, seed) for noise in (0.5, 1.0))
    reordered = np.random.default_rng(0).permutation(half)  # the same films, added in another order
    told = (f"{round(work_for(one, asking), -1):5,.0f}" for one in (half, reordered, whole))
    print(f"20,000 films, model {seed}, distances with noise 0.5, in another order, with noise 1.0:", *told)

# %% [markdown]
# **The work depends on how the films are spread:** with noise 1.0 it is more in three of three. And it depends on the graph: the films of model 43 take 1,480 distances, and in another order 420. (Expansions are a coarse grid: after 256 comes 512.) About three times is what *these* took, no law. Measure the index you serve.
#
# **Does an index pay?** Time all users in one call, and one by one, as visitors come. Your clock will differ.

# %% tags=["nbval-ignore-output"]
from functools import partial
from time import perf_counter


def exact_for_one(vectors, query):
    scores = vectors @ query[0]
    return np.argpartition(-scores, 10)[:10]


def milliseconds(search, calls):
    took = []
    for _ in range(3):
        start = perf_counter()
        for queries in calls:
            search(queries)
        took.append(perf_counter() - start)
    return min(took) * 1000 / sum(map(len, calls))  # for a user, the best of three


for searched, graph, (work, recall) in ((films, index, both), (many, large, of_many)):
    graph.expansion_search = expansions[enough(recall)]
    print(f"{len(searched):,} films: exact, {len(searched) / work[enough(recall)]:.0f} times the distances")
    for told, calls, exact_search in (
        ("all in one call", [users], partial(search_exact, n=10)),
        ("one by one", np.split(users[:20], 20), exact_for_one),
    ):
        by_graph = milliseconds(partial(graph.search, count=10, threads=1), list(map(with_zero, calls)))
        exactly = milliseconds(partial(exact_search, searched), calls)
        print(f"  {told}: {exactly:.3f} ms a user, graph {by_graph:.3f}: {exactly / by_graph:.1f} times the time")

# %% [markdown]
# For one visitor an exact list takes less than a millisecond at both sizes. But among 200,000 the graph serves some ten times as many visitors with one core. Among nine thousand it is one to two times as many, and a graph has to be kept in step with the model: stay exact.

# %% [markdown]
# ## The day after
#
# The model and its index are files. In the morning there are users whom neither has met.

# %%
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
path = model.save(folder / "films")
index.save(folder / "films.usearch")
again, restored = LightFM.load(path), Index.restore(folder / "films.usearch")
restored.expansion_search = index.expansion_search
asked = ((index, model), (restored, again))
answers = [graph.search(with_zero(query_vectors(one)), 10, threads=1).keys for graph, one in asked]
print("the same answers:", np.array_equal(*answers))

newcomers = model.fold_in(train[:100])  # as if we had never met them
to_new = query_vectors(newcomers)
found = search_recall(index.search(with_zero(to_new), 10, threads=1).keys, search_exact(films, to_new, 10)[0])
print(f"100 folded-in users: the index finds {found.mean():.2f} of their exact ten")

recalls = []
for seed in (43, 44, 45):
    second = LightFM(loss="warp", no_components=30, random_state=seed).fit(train, epochs=10)
    mixed, _ = search_exact(films, query_vectors(second), 10)
    truth, _ = second.recommend(everybody, 10)
    recalls.append(search_recall(mixed, truth).mean())
print(f"films of seed 42, users of seeds 43, 44, 45: recall {', '.join(f'{recall:.2f}' for recall in recalls)}")

# %% [markdown]
# A newcomer is a query: fold in (lesson 02), and ask the index that is there. The last line shows users retrained, and films not: the axes of trainings with two seeds have nothing to do with each other. **Queries and index must come from one training.**
#
# ### Four weeks of clicks
#
# In the groceries of lesson 11 a model has learned until some week. Four weeks later, keep the model, train it on with `fit_partial` on the new first purchases alone, or retrain on everything? We measure AUC on those of the following four weeks, among all products not yet bought, at five times of the year, with three seeds. As controls, train on with as many *old* purchases, and after retraining with either.
#
# **Retraining gains over keeping. How much of that gain does training on with the new ones alone bring?**

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


def train_until(end, seed):
    return LightFM(loss="warp", no_components=10, random_state=100 * seed + end).fit(bought(0, end), epochs=10)


# %%
from copy import deepcopy

from recsys_lessons.evaluation import auc_score


def at_five_times(seed, later_epochs=10):
    measured, updates, stale = [], [], []
    for end in (28, 32, 36, 40, 44):
        new, old = bought(end, end + 4), bought(0, end).tocoo()
        some = np.random.default_rng(end).choice(old.nnz, size=new.nnz, replace=False)
        some_old = sp.csr_matrix((old.data[some], (old.row[some], old.col[some])), shape=old.shape)
        kept, again = train_until(end, seed), train_until(end + 4, seed)
        policies = {
            "keep": kept,
            "train on, old ones": deepcopy(kept).fit_partial(some_old, epochs=later_epochs),
            "train on, new ones": deepcopy(kept).fit_partial(new, epochs=later_epochs),
            "retrain": again,
            "retrain, old again": deepcopy(again).fit_partial(some_old, epochs=later_epochs),
            "retrain, new again": deepcopy(again).fit_partial(new, epochs=later_epochs),
        }
        later, known = bought(end + 4, end + 8), bought(0, end + 4)
        both = (auc_score, precision_at_k)
        measured.append([[of(policy, later, known).mean() for of in both] for policy in policies.values()])
        updates.append([sum(epoch["updates"] for epoch in policy.training_history) for policy in policies.values()])
        moved = policies["train on, new ones"]
        after, _ = moved.recommend(np.arange(shop.n_users), 10)
        stale.append(search_recall(search_exact(item_vectors(kept), query_vectors(moved), 10)[0], after).mean())
    return list(policies), measured, np.mean(updates, axis=0) / 1e6, stale


seeds = [at_five_times(seed) for seed in range(3)]
names, measured, updates, stale = zip(*seeds, strict=True)  # each with one entry a seed

# %%
auc, precision = np.moveaxis(measured, -1, 0)  # each by seed, time and policy
policies = names[0]
keep, new_alone, retrain, twice = map(policies.index, ("keep", "train on, new ones", "retrain", "retrain, new again"))
less = (auc - auc[:, :, [retrain]]).mean(axis=0)
done = np.mean(updates, axis=0)
done[:retrain] -= done[keep]  # what was done since
print(f"new purchases: {bought(44, 48).nnz / bought(0, 44).nnz:.0%} of those before, the last time")
print("AUC less that of retraining, from weeks 28, 32, 36, 40 and 44 on, means of three seeds; mean precision@10")
for number, name in enumerate(policies):
    ahead = [(auc[:, :, number] > auc[:, :, other]).sum() for other in (keep, retrain)]
    gaps = " ".join(f"{gap:+.3f}" for gap in less[:, number])
    print(f"{name:18} {gaps}   {precision[:, :, number].mean():.4f}   {done[number]:.2f} million updates")
    print(f"{'':18} AUC ahead of keep in {ahead[0]} and of retrain in {ahead[1]} of 15")
for told, of in (("AUC", auc), ("precision@10", precision)):
    best = of.argmax(axis=2)  # which policy, by seed and time
    wins = (f"{policies[one]} in {(best == one).sum()}" for one in (new_alone, twice))
    print(f"best {told} of six, of 15: {', '.join(wins)}")

of_gain = [(new - keep) / (again - keep) for keep, _, new, again, _, _ in auc.mean(axis=1)]
print(f"users after training on, products from before it: recall {np.min(stale):.2f}–{np.max(stale):.2f}")
your_guess("13 new alone", measured=f"{min(of_gain):.0%} to {max(of_gain):.0%}, by seed")

# %% [markdown]
# **All of it, with a twelfth of the work**, at as many epochs. (What do half as many bring? Try `later_epochs=5`.) It is not the further training: as many old purchases, drawn at random, gain nothing. The new ones alone are even ahead of retraining in 14 of 15. A suspect: the latest purchases then count for more. If so, extra epochs of them should help a retrained model, too, though it has learned them already. They do, in 15 of 15, and old ones do not. On the ten places that a customer sees, even the new ones alone are the best of six, in 10 of 15. **The latest four weeks tell more of the next four** than their share of the year. (One shop, one year: the five times share most of their past.)
#
# But training on moves the products, too. An index from before these four weeks and ten epochs, asked with today's users, misses 17 to 30% of the places on the lists.
#
# | what is new | do | measured here |
# |:--|:--|:--|
# | a user with clicks | fold in, ask the index that is there | the index finds 0.99 of their exact ten; how good those are, lesson 02 says |
# | clicks on known items | `fit_partial`, then new vectors and a new index | all of retraining's gain in AUC, at as many epochs |
# | the same, with time to retrain | retrain, then `fit_partial` on the new ones again | the best AUC of six, in 15 of 15; on ten places no better than new ones alone |
# | an item with known features | add its vector (lesson 08), if $M$ leaves room (`equal_lengths(vectors, length=…)`) | – |
# | ids or features without a column | retrain | – |

# %% [markdown]
# ## More than one machine
#
# Forty settings to try and ten million lists to compute need nothing of each other. [Dask](https://distributed.dask.org) shares such work out: your notebook's **client** hands it to a **scheduler**, a process that deals it to **workers**, the processes that compute, here or anywhere. `sweep` and `recommend_all` take the client; without one they run here. Each fit is given its seed and one thread, so it does not matter who computes it. Two workers on this computer:

# %%
import logging
import os

import psutil
from distributed import Client, LocalCluster

from recsys_lessons.parallel import Sweep, recommend_all, sweep

settings = [
    {"loss": loss, "no_components": size, "random_state": 1} for loss in ("bpr", "warp") for size in (10, 20, 30)
]
here = sweep(settings, train, test, epochs=5)  # on test, since nothing is chosen here

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
# Nothing is timed here; the project's `benchmarks/README.md` has 24 fits 1.70 times as fast with two workers. On several computers only the client changes: `client="tcp://..."`, the address of a scheduler. The sweep as a live table: press *Stop* after a row or two. Nothing goes on, and what is found stays.

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_sweep_table

show_sweep_table(settings[:3], train, test, epochs=5)

# %% [markdown]
# ### And training itself?
#
# Threads need not wait for each other (lesson 12), because they share one memory. Machines would have to ask for rows. Ten million items, 64 components, an epoch of a billion updates, the table of users left out. Assumed: memory 20 GB and a network link 1.25 GB a second, and 0.1 milliseconds until the rows of an update, asked for at once, are there. Eight machines, each with a link, with an eighth of the users and of the items:
#
# - Items: $10^7 \cdot 65 \cdot 4$ bytes = 2.6 GB. Adagrad's sums as much again: 5.2 GB to train.
# - One update of WARP, in one computer: at least 3 rows, with sums 6, read and written 12: $12 \cdot 65 \cdot 4 = 3{,}120$ bytes.
# - On eight machines the user's row is at home, and the items' 2 travel: $8 \cdot 65 \cdot 4 = 2{,}080$ bytes (an eighth of them less, which does not matter).

# %%
items, columns, number = 10_000_000, 64 + 1, 4  # a number has 4 bytes
print(f"items {items * columns * number / 1e9:.1f} GB, with sums {2 * items * columns * number / 1e9:.1f} GB")
by_memory = 1e9 * 12 * columns * number / 20e9 / 60  # bytes by bytes a second, then minutes
by_links = 1e9 * 8 * columns * number / 1.25e9 / 60 / 8
print(f"an epoch: {by_memory:.1f} minutes by one memory, {by_links:.1f} by eight links")
waits = 1e9 * 0.0001 / 60 / 8  # one for each update, in minutes
print(f"and waiting, one after another: {waits / 60:.1f} hours; with 100 at a time: {waits / 100:.0f} minutes")

# %% [markdown]
# Eight machines would not be faster than one, into which it fits. What is published agrees, with a limit: implicit's authors time an iteration of another method, ALS with 64 factors, at 2.32 seconds with their library and 43.8 with Spark, made for many machines, but both on *one* computer and with different solvers ([benchmarks](https://github.com/benfred/implicit/tree/main/benchmarks), last.fm).
#
# What if machines talk only once an epoch? Deal the users to 8 machines, each trains on its own, and then all items (and sums) are *averaged*. **One machine has a precision@10 of about 0.08. And eight, with ten epochs each?**

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
    lost = f"{precision.mean() / alone.mean() - 1:+.0%}"
    told = (
        f"{precision.min():.3f}–{precision.max():.3f}, {lost}, below one machine in {(precision < alone).sum()} of 10"
    )
    print(f"{machines} machines, {rounds} x {epochs} epochs: {told}")
    if (machines, rounds) == (8, 10):
        your_guess("13 averaged", measured=lost)
# 5.2 GB from each of 8 machines, and 5.2 GB back
sent = bytes_of_averaging(items, 64, machines=8) / 1e9
print(f"one average of 8 machines: {sent:.0f} GB over the network, {sent / 1.25:.0f} seconds by one link")

# %% [markdown]
# Averaging works, and at equal epochs costs quality, most when the machines meet only at the end. That is a trade for a model which no single computer can train in time. Ten million items are not that.

# %% [markdown]
# ## Lab: recall against work
#
# Change columns, links, expansion and the length of the list, and see whose list lacks what, of 200 users. Building an index of 30,000 films takes some seconds.
#
# 1. Among the 9,066 films, take the *equal lengths* away, and ask for 1, 10 and 100 films. Which list suffers most? Do more links make up for it?
# 2. Put them back, and take the *biases* away, with the largest expansion. Is the recall the same among the 30,000 made-up ones?

# %% tags=["nbval-ignore-output"]
from recsys_lessons.teaching.widgets import show_search_lab

catalogs = {"9,066 films": films, "30,000 made up": many[:30_000]}
titles, built = {"9,066 films": movies["item_labels"]}, {"9,066 films": index}
show_search_lab(catalogs, users[:200], labels=titles, built=built, expansion_add=32)

# %% [markdown]
# <details><summary>What we found (open it when you have looked)</summary>
#
# 1. The long one. With expansion 64, the recall of 1, 10 and 100 falls from 1.00, 1.00 and .99 to .99, .99 and .83, and 512 does not help (.84). 32 links do: .96, for 971 distances instead of 764.
# 2. No: .44 of 9,066 (these 200 users), .21 of 30,000. The more films, the more stand close behind the tenth, and a missing bias lets them in. (It is their number, not the noise: 9,066 made-up ones have .43.)
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Asking for every score** ([#510](https://github.com/lyst/lightfm/issues/510): an estimate of 22 hours on ten machines, for 6.7 million users and 12 million items). The author's answer: take the representations, and multiply or use an index from [another package](https://github.com/lyst/lightfm/issues/92) (#92). An index has no `exclude`: ask for more than ten, and drop what a user knows.
#
# **Adding users by resizing the model** ([#322](https://github.com/lyst/lightfm/issues/322), [#667](https://github.com/lyst/lightfm/issues/667)). With clicks, fold in. Without, give a row of features that the model knows (lesson 08). New columns need a new training.
#
# **Shipping what only training needs** ([#415](https://github.com/lyst/lightfm/issues/415), on the size of a saved model). Adagrad's sums are as large as the vectors, and serving reads only these.

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **1. An index has a recall of 0.60. You raise the expansion from 64 to 512, and it is 0.61. What do you look at first?**
#
# <details><summary>a. The connectivity: the graph has too few links</summary>It can be, as in the lab without equal lengths. But look first where it costs one line.</details>
# <details><summary>b. Which vectors went in, and which answer you call exact</summary>Yes. A missing bias gives such a ceiling. Hold the index against the exact answer for its own vectors.</details>
# <details><summary>c. Nothing, approximate means approximate</summary>With both columns a few hundred distances gave 0.99.</details>

# %% [markdown] tags=["quiz"]
# **2. You retrain every night on all data, with a new seed, and compute the users' vectors in the morning. The index is rebuilt on Sundays. What happens on Monday night?**
#
# <details><summary>a. The lists lag behind by a day</summary>They would if the axes stayed.</details>
# <details><summary>b. Nothing: it is the same data, so the vectors are nearly the same</summary>The lists may be alike. The vectors they come from are not.</details>
# <details><summary>c. Most of each list is wrong</summary>Yes. Recall fell to 0.10 and less here: the axes of two trainings have nothing to do with each other.</details>

# %% [markdown] tags=["quiz"]
# **3. Which of these can ten machines share, without a change in the result?**
#
# <details><summary>a. Trying 40 settings, and the lists of all users</summary>Yes. Nothing in them waits for another part, and each has its own seed.</details>
# <details><summary>b. All of it, if the network is fast</summary>A network that moves bytes ten times faster still has to be asked a billion times.</details>
# <details><summary>c. Training, by averaging</summary>The result is another: at equal epochs a worse one here.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Turn it into vectors:** the bias is a column that meets a 1, and $\sqrt{M^2 - |v|^2}$ one that meets a 0; scores 5, 4, 2 became distances 2, 4, 8. Without the bias, recall was 0.42 to 0.44 at any work, and precision@10 lower in 5 of 5 seeds.
# - **Read the curve:** 0.99 took 2.8% of the distances among 9,066 films, 0.4% among 200,000 made-up ones. There the graph serves some ten times as many visitors, at 9,066 one to two times, not worth keeping it in step. If a curve does not rise, ask for its own exact answer.
# - **Decide:** fold in newcomers. Train on with new clicks: all of retraining's gain in AUC for a twelfth of its updates, at as many epochs. Best AUC in 15 of 15: retrain, then the new ones again; on the first ten places the new ones alone do as well. Then a new index; one from four weeks and ten epochs before missed 17 to 30% of the places. Retrain for new columns.
# - **Tell what can be shared:** settings and lists, equal to the byte, also after a worker's death. Training ten million items takes 5.2 GB for the items, and stays at home: averaging over eight machines lost 10% of precision@10 when they met every epoch, and nearly 30% when they met once.
#
# **Practice:** [the exercises of this lesson](../exercises/13_serving_and_scale.ipynb).
#
# **Next:** 14. You have seen all of it. Can you explain it?
