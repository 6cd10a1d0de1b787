"""Problems of lesson 03, feature embeddings."""

from __future__ import annotations

from math import exp

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.checks.problem import Case, Problem, Unfit, Wrong
from recsys_lessons.teaching.checks.properties import numbers
from recsys_lessons.teaching.checks.small_data import small_likes

# --- a row is a weighted sum -----------------------------------------------------------------------------------------


def represent(features, embeddings, biases):
    """Vector and bias of each item: the sums of what its features have, each times its weight.

    Parameters
    ----------
    features : float array or CSR matrix of shape (n_items, n_features)
        The weights. An item without features has the zero vector and bias 0.
    embeddings : float array of shape (n_features, n_components)
    biases : float array of shape (n_features,)

    Returns
    -------
    (float array of shape (n_items, n_components), float array of shape (n_items,))
    """
    return features @ embeddings, features @ biases


def _represent_cases():
    embeddings, biases = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.5, -1.0, 0.25])
    rows = np.array([[1, 0, 0], [0, 0.5, 2.0]])
    yield Case((rows, embeddings, biases), ([[1, 0], [-2, 3]], [0.5, 0]), "item 1: ½ · (0, 2) + 2 · (-1, 1)")
    rows = np.array([[0, 0, 0], [0, 1.0, 1], [0, 0, -1]])
    expected = ([[0, 0], [-1, 3], [1, -1]], [0, -0.75, -0.25])
    yield Case((rows, embeddings, biases), expected, "item 0 has no features, item 2 a weight of -1")
    yield Case((sp.csr_matrix(rows), embeddings, biases), expected, "the same as a CSR matrix")
    rng = np.random.default_rng(3)
    for number in range(12):
        n_items, n_features, n_components = rng.integers(1, 6, size=3)
        rows = rng.standard_normal((n_items, n_features)) * (rng.random((n_items, n_features)) < 0.6)
        rows = sp.csr_matrix(rows) if number % 2 else rows
        yield Case((rows, rng.standard_normal((n_features, n_components)), rng.standard_normal(n_features)))


def _there_or_not(features, embeddings, biases):
    has = (features != 0).astype(float)
    return has @ embeddings, has @ biases


def _averaged(features, embeddings, biases):
    total = np.asarray((features != 0).sum(axis=1)).ravel()
    factor = 1 / np.maximum(total, 1)
    return factor[:, None] * (features @ embeddings), factor * (features @ biases)


def _biases_whole(features, embeddings, biases):
    return features @ embeddings, (features != 0).astype(float) @ biases


def _bias_in_vector(features, embeddings, biases):
    bias = features @ biases
    return features @ embeddings + bias[:, None], bias


def _loudest_alone(features, embeddings, biases):
    rows = features.toarray() if sp.issparse(features) else features
    loudest = np.abs(rows).argmax(axis=1)
    weight = rows[np.arange(len(rows)), loudest]
    return weight[:, None] * embeddings[loudest], weight * biases[loudest]


def _entry_by_entry(features, embeddings, biases):
    n_items, n_features = features.shape
    vectors = [[0.0] * embeddings.shape[1] for _ in range(n_items)]
    sums = [0.0] * n_items
    for item in range(n_items):
        for feature in range(n_features):
            weight = float(features[item, feature])
            sums[item] += weight * biases[feature]
            for component in range(embeddings.shape[1]):
                vectors[item][component] += weight * embeddings[feature, component]
    return vectors, sums


def _in_single_precision(features, embeddings, biases):
    table = np.column_stack([embeddings, biases]).astype(np.float32)
    both = sp.csr_matrix(features, dtype=np.float32) @ table
    return both[:, :-1], both[:, -1]


REPRESENT = Problem(
    answer=represent,
    title="A row is a weighted sum",
    objective="turn feature weights and embeddings into the vectors and biases of items",
    minutes=5,
    difficulty=1,
    make_cases=_represent_cases,
    wrong=(
        Wrong(_there_or_not, "Each feature an item has counts whole. A weight of ½ adds half of its embedding."),
        Wrong(_averaged, "The sums are divided by the number of features. The model adds up; it takes no average."),
        Wrong(_biases_whole, "The embeddings are weighted, the biases are not. Both are summed with the same weights."),
        Wrong(_bias_in_vector, "The bias is added to the vector, too. It is one number beside the vector, kept apart."),
        Wrong(_loudest_alone, "Each item takes part of one feature only, its loudest. All of its features count."),
    ),
    variants=(_entry_by_entry, _in_single_precision),
    hints=(
        "Item by item: go along its row, and add each embedding times the weight that stands there.",
        "The vector of item i is the sum over f of features[i, f] · embeddings[f]. That is a product of two matrices.",
        "features @ embeddings for the vectors, and the same with biases; @ works for arrays and CSR matrices.",
    ),
    tolerance=1e-5,
)

# --- through the sum -------------------------------------------------------------------------------------------------


def feature_gradient(row, label, user, user_bias, embeddings, biases):
    """Gradient of the logistic loss of one like or dislike, with respect to all features' embeddings and biases.

    The loss is log(1 + exp(-label · score)), and the score is user · (the item's vector) + user_bias + (its bias).

    Parameters
    ----------
    row : float array of shape (n_features,)
        The item's weights, its row of the feature matrix.
    label : int
        1 for a like, -1 for a dislike.
    user : float array of shape (n_components,)
        The user's vector.
    user_bias : float
    embeddings : float array of shape (n_features, n_components)
    biases : float array of shape (n_features,)

    Returns
    -------
    (float array of shape (n_features, n_components), float array of shape (n_features,))
        The derivatives with respect to `embeddings` and `biases`; zeros for a feature that the item does not have.
    """
    score = user @ (row @ embeddings) + user_bias + row @ biases
    slope = -label / (1 + exp(label * score))
    return slope * np.outer(row, user), slope * row


def _by_finite_differences(row, label, user, user_bias, embeddings, biases, step=1e-5):
    """The same by raising and lowering one number at a time."""

    def loss(table):
        score = user @ (row @ table[:, :-1]) + user_bias + row @ table[:, -1]
        return np.log1p(np.exp(-label * score))

    table = np.column_stack([embeddings, biases])
    gradient = np.zeros_like(table)
    for place in np.ndindex(*table.shape):
        moved = np.zeros_like(table)
        moved[place] = step
        gradient[place] = (loss(table + moved) - loss(table - moved)) / (2 * step)
    return gradient[:, :-1], gradient[:, -1]


def _gradient_cases():
    row, user = np.array([1.0, 0.5, 0.0]), np.array([2.0, 0.0])
    embeddings, biases = np.array([[0.5, 1.0], [0.0, 3.0], [7.0, 7.0]]), np.array([-1.0, 2.0, 9.0])
    like = ([[-1, 0], [-0.5, 0], [0, 0]], [-0.5, -0.25, 0])
    yield Case((row, 1, user, -1.0, embeddings, biases), like, "a like at score 1 - 1 - 1 + 1 = 0: its slope is -½")
    dislike = ([[1, 0], [0.5, 0], [0, 0]], [0.5, 0.25, 0])
    yield Case((row, -1, user, -1.0, embeddings, biases), dislike, "a dislike at score 0: its slope is ½")
    empty = ([[0, 0], [0, 0], [0, 0]], [0, 0, 0])
    yield Case((np.zeros(3), 1, user, 0.5, embeddings, biases), empty, "an item without features")
    rng = np.random.default_rng(31)
    for number in range(12):
        n_features, n_components = rng.integers(1, 5, size=2)
        row = np.round(rng.standard_normal(n_features), 2) * (rng.random(n_features) < 0.7)
        user, embeddings = rng.standard_normal(n_components), rng.standard_normal((n_features, n_components))
        biases = rng.standard_normal(n_features)
        arguments = (row, 1 - 2 * (number % 2), user, float(rng.standard_normal()), embeddings, biases)
        yield Case(arguments, _by_finite_differences(*arguments), "expected: finite differences of the loss")


def _step_instead(row, label, user, user_bias, embeddings, biases):
    return tuple(-part for part in feature_gradient(row, label, user, user_bias, embeddings, biases))


def _always_liked(row, label, user, user_bias, embeddings, biases):
    return feature_gradient(row, 1, user, user_bias, embeddings, biases)


def _sign_of_label_alone(row, label, user, user_bias, embeddings, biases):
    score = user @ (row @ embeddings) + user_bias + row @ biases
    slope = -label / (1 + exp(score))
    return slope * np.outer(row, user), slope * row


def _no_biases(row, label, user, user_bias, embeddings, biases):
    slope = -label / (1 + exp(label * (user @ (row @ embeddings))))
    return slope * np.outer(row, user), slope * row


def _no_user_bias(row, label, user, user_bias, embeddings, biases):
    return feature_gradient(row, label, user, 0.0, embeddings, biases)


def _without_weight(row, label, user, user_bias, embeddings, biases):
    score = user @ (row @ embeddings) + user_bias + row @ biases
    slope, has = -label / (1 + exp(label * score)), (row != 0).astype(float)
    return slope * np.outer(has, user), slope * has


def _grown_with_score(row, label, user, user_bias, embeddings, biases):
    score = user @ (row @ embeddings) + user_bias + row @ biases
    slope = -label / (1 + exp(-label * score))
    return slope * np.outer(row, user), slope * row


def _one_table(row, label, user, user_bias, embeddings, biases):
    # The bias as one more component, for which every user has a 1.
    table, with_one = np.column_stack([embeddings, biases]), np.append(user, 1.0)
    score = float(row @ table @ with_one) + user_bias
    probability = 1 / (1 + np.exp(-score))
    gradient = (probability - (label == 1)) * row[:, None] * with_one[None, :]
    return gradient[:, :-1], gradient[:, -1]


FEATURE_GRADIENT = Problem(
    answer=feature_gradient,
    title="Through the sum",
    objective="derive how a like or a dislike pulls at every feature of an item",
    minutes=15,
    difficulty=2,
    make_cases=_gradient_cases,
    wrong=(
        Wrong(_step_instead, "The sign is that of the step, which goes against the gradient. The gradient was asked."),
        Wrong(_always_liked, "A dislike is treated as a like. The label stands inside the loss."),
        Wrong(_sign_of_label_alone, "The label turns the sign only. It stands in the exponent, too."),
        Wrong(_no_biases, "The score lacks its biases, the user's and the item's. They decide how strong the pull is."),
        Wrong(_no_user_bias, "The score lacks the user's bias."),
        Wrong(_without_weight, "The weight is missing from the last link of the chain: how the sum moves with a part."),
        Wrong(_grown_with_score, "The slope is strong where the model is right already, and weak where it is wrong."),
    ),
    variants=(_one_table,),
    hints=(
        "Three links of the chain rule: loss with score, score with the item's vector, that vector with an embedding.",
        "dL/dscore = -label / (1 + exp(label · score)); dscore/de_f = weight_f · user; dscore/db_f = weight_f.",
        "score = ...; slope = -label / (1 + exp(label * score)); return slope * np.outer(row, user), slope * row",
    ),
    tolerance=1e-5,
)

# --- who moves with whom ---------------------------------------------------------------------------------------------


def move_with(features, item):
    """The other items that move when one item is trained, in a first step: those that move farthest come first.

    An item moves if its vector changes, towards the user or away. Of items that move equally far, the lower number
    comes first. Which user it is, and how large the step, makes no difference.

    Parameters
    ----------
    features : float array of shape (n_items, n_features)
    item : int
        The item that is trained.

    Returns
    -------
    list of int
        Without `item` itself; empty if no other item moves.
    """
    products = features @ features[item]
    order = np.argsort(-np.abs(products), kind="stable")
    return [int(other) for other in order if other != item and products[other] != 0]


def _move_cases():
    rows = np.array([[1, 1, 0], [0, 1, 0.5], [0, 0, 1], [1, 1, 1], [0, 3.0, 0]])
    yield Case((rows, 0), [4, 3, 1], "item 4 has 3 of a feature: it moves farther than the one that is trained")
    yield Case((rows, 2), [3, 1], "items 0 and 4 share nothing with item 2")
    rows = np.array([[0.5, 1], [1, -1], [0, 0], [0.5, 0.0], [0, 1]])
    yield Case((rows, 4), [0, 1], "item 1 moves away, just as far as item 0 moves along")
    yield Case((rows, 2), [], "the item has no features")
    yield Case((rows, 1), [4, 0, 3], "items 0 and 3 are equally far, one moves away")
    yield Case((np.array([[1.0, -1], [1, 1]]), 0), [], "two shared features, and what they do cancels")
    yield Case((np.eye(4), 1), [], "identities")
    rng = np.random.default_rng(32)
    for _ in range(25):
        n_items, n_features = int(rng.integers(3, 8)), int(rng.integers(2, 6))
        rows = rng.choice([0, 0, 0.5, 1, 2, -1], size=(n_items, n_features))
        yield Case((rows, int(rng.integers(n_items))))


def _ordered(measure, item, keep=lambda value: value != 0):
    order = np.argsort(-measure, kind="stable")
    return [int(other) for other in order if other != item and keep(measure[other])]


def _number_shared(features, item):
    return _ordered(((features != 0) & (features[item] != 0)).sum(axis=1), item)


def _by_angle(features, item):
    lengths = np.linalg.norm(features, axis=1)
    cosine = np.abs(features @ features[item]) / np.where(lengths * lengths[item] > 0, lengths * lengths[item], 1)
    return _ordered(np.round(cosine, 9), item)


def _along_only(features, item):
    return _ordered(features @ features[item], item, lambda product: product > 0)


def _away_last(features, item):
    return _ordered(features @ features[item], item)


def _itself_too(features, item):
    products = np.abs(features @ features[item])
    return [int(other) for other in np.argsort(-products, kind="stable") if products[other] != 0]


def _all_others(features, item):
    return _ordered(np.abs(features @ features[item]), item, lambda product: True)


def _ties_turned(features, item):
    products = np.abs(features @ features[item])
    order = np.argsort(products, kind="stable")[::-1]
    return [int(other) for other in order if other != item and products[other] != 0]


def _by_a_real_step(features, item):
    # Train one item for one user, and look how far every vector has moved.
    user = np.array([0.25, 2.0])
    embeddings = np.zeros((features.shape[1], 2))
    for feature, weight in enumerate(features[item]):
        embeddings[feature] += 0.5 * weight * user
    far = [abs(float(row @ embeddings @ np.array([0.0, 1.0]))) for row in features]
    moved = [other for other in range(len(features)) if far[other] and other != item]
    return np.array(sorted(moved, key=lambda other: (-far[other], other)), dtype=int)


MOVE_WITH = Problem(
    answer=move_with,
    title="Who moves with whom",
    objective="read from a feature matrix, before training, which items will move together",
    minutes=10,
    difficulty=2,
    make_cases=_move_cases,
    wrong=(
        Wrong(_number_shared, "Shared features are counted. Each counts as much as the two weights multiplied."),
        Wrong(
            _by_angle, "This is the angle between two rows. A row with large weights moves farther at the same angle."
        ),
        Wrong(_along_only, "Items that move away are left out. They move, too."),
        Wrong(_away_last, "Items that move away stand at the end, however far they go."),
        Wrong(_itself_too, "The trained item is on its own list. The others were asked for."),
        Wrong(_all_others, "Items are listed that do not move at all."),
        Wrong(_ties_turned, "Of items that move equally far, the higher number comes first."),
    ),
    variants=(_by_a_real_step,),
    hints=(
        "A feature moves by the weight the trained item gives it. Another item follows by the weight that it gives.",
        "Item j moves as far as |sum over f of features[j, f] · features[item, f]|.",
        'products = features @ features[item]; np.argsort(-np.abs(products), kind="stable"); then leave out ...',
    ),
)

# --- is it a hybrid? -------------------------------------------------------------------------------------------------


def audit(features):
    """Three numbers that tell what a model can learn from a feature matrix.

    An item *has* a column if its entry there is not 0. A zero that is stored counts as none.

    Parameters
    ----------
    features : float CSR matrix of shape (n_items, n_features)

    Returns
    -------
    (int, int, int)
        How many items have a column that no other item has; how many have a column that another item has as well;
        and how many have a row that equals the row of another item, entry by entry.
    """
    features = features.copy()
    features.eliminate_zeros()
    n_having = features.getnnz(axis=0)
    own = (features[:, n_having == 1].getnnz(axis=1) > 0).sum()
    shared = (features[:, n_having > 1].getnnz(axis=1) > 0).sum()
    _, n_equal = np.unique(features.toarray(), axis=0, return_counts=True)
    return int(own), int(shared), int(n_equal[n_equal > 1].sum())


def _audit_cases():
    genres = sp.csr_matrix(np.array([[1.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 1]]))
    identity = sp.identity(5, format="csr")
    yield Case((identity,), (5, 0, 0), "an identity matrix")
    yield Case((identity[[3, 0, 4, 1, 2]],), (5, 0, 0), "identities in another order")
    yield Case((genres,), (1, 5, 3), "five items, three genres; one genre is on one item only")
    yield Case((sp.hstack([identity, genres], format="csr"),), (5, 5, 0), "identities and genres")
    square = sp.csr_matrix(np.array([[1.0, 1, 0], [1, 0, 0], [0, 0, 0.5]]))
    yield Case((square,), (2, 2, 0), "as many columns as items")
    yield Case((sp.csr_matrix(np.array([[1.0, 2], [0, 0], [0, 0]])),), (1, 0, 2), "two rows are empty")
    weights = sp.csr_matrix(np.array([[1.0, 0.5], [0.5, 1.0], [1, 0.5], [1, 0]]))
    yield Case((weights,), (0, 4, 2), "the same columns with other weights make another row")
    stored = sp.csr_matrix((np.array([1.0, 0.0, 1.0]), ([0, 1, 1], [0, 0, 1])), shape=(2, 2))
    yield Case((stored,), (2, 0, 0), "a stored zero")
    rng = np.random.default_rng(33)
    for _ in range(20):
        n_items, n_features = int(rng.integers(2, 8)), int(rng.integers(1, 7))
        rows, columns = np.nonzero(rng.random((n_items, n_features)) < 0.35)
        yield Case((sp.csr_matrix((rng.choice([0, 1.0, 1, 2], len(rows)), (rows, columns)), (n_items, n_features)),))


def _audited(features, twins=None):
    rows = features.toarray()
    has = rows != 0
    own = (has & (has.sum(axis=0) == 1)).any(axis=1).sum()
    shared = (has & (has.sum(axis=0) > 1)).any(axis=1).sum()
    if twins is None:
        twins = sum((rows == row).all(axis=1).sum() > 1 for row in rows)
    return int(own), int(shared), int(twins)


def _columns_counted(features):
    n_having = (features.toarray() != 0).sum(axis=0)
    return int((n_having == 1).sum()), int((n_having > 1).sum()), _audited(features)[2]


def _zeros_counted(features):
    n_having = features.getnnz(axis=0)
    own = (features[:, n_having == 1].getnnz(axis=1) > 0).sum()
    shared = (features[:, n_having > 1].getnnz(axis=1) > 0).sum()
    return int(own), int(shared), _audited(features)[2]


def _surplus(features):
    return _audited(features, len(features.toarray()) - len(np.unique(features.toarray(), axis=0)))


def _columns_alone(features):
    has = features.toarray() != 0
    return _audited(features, sum((has == row).all(axis=1).sum() > 1 for row in has))


def _empty_left_out(features):
    rows = features.toarray()
    return _audited(features, sum((rows == row).all(axis=1).sum() > 1 for row in rows if row.any()))


def _all_the_others(features):
    own, _, twins = _audited(features)
    return own, features.shape[0] - own, twins


def _by_shape(features):
    own, shared, twins = _audited(features)
    n_items, n_features = features.shape
    return (n_items, 0, 0) if n_items == n_features else (own, shared, twins)


def _with_sets(features):
    entries = features.tocoo()
    has = [{} for _ in range(features.shape[0])]
    for item, column, weight in zip(entries.row, entries.col, entries.data, strict=True):
        if weight:
            has[item][int(column)] = float(weight)
    others = [set().union(*(row for j, row in enumerate(has) if j != i)) for i in range(len(has))]
    own = sum(bool(set(row) - other) for row, other in zip(has, others, strict=True))
    shared = sum(bool(set(row) & other) for row, other in zip(has, others, strict=True))
    return [own, shared, sum(has.count(row) > 1 for row in has)]


AUDIT = Problem(
    answer=audit,
    title="Is it a hybrid?",
    objective="tell what a model can learn from its feature matrix",
    minutes=12,
    difficulty=2,
    make_cases=_audit_cases,
    wrong=(
        Wrong(_columns_counted, "Columns are counted. An item with two columns of its own is still one item."),
        Wrong(_zeros_counted, "A zero that is stored counts as an entry. To the model it is nothing."),
        Wrong(_surplus, "Of each group of equal rows one is not counted. All of them have an equal."),
        Wrong(_columns_alone, "Rows count as equal that fill the same columns, whatever their weights."),
        Wrong(_empty_left_out, "Empty rows are left out. They are equal, and the model cannot tell them apart either."),
        Wrong(
            _all_the_others,
            "The items that share are taken to be those without a column of their own. One can be both.",
        ),
        Wrong(_by_shape, "As many columns as items is taken for an identity matrix. It is a reason to look, no proof."),
    ),
    variants=(_with_sets,),
    hints=(
        "Count first, for each column, how many items have it. A 1 there is a column of somebody's own.",
        "Drop stored zeros in a copy; n_having = entries of each column; np.unique(rows, axis=0) counts equal rows.",
        "features[:, n_having == 1].getnnz(axis=1) > 0 marks items with a column of their own; the rest is alike.",
    ),
)

# --- open: sixty columns ---------------------------------------------------------------------------------------------


def sixty_columns(train, genres):
    """A feature matrix of at most 60 columns that takes the place of one identity for each film.

    It is judged by a model that is trained on `train` with your matrix as its `item_features`:
    ``LightFM(loss="warp", no_components=16)``, 20 epochs, the average of two seeds.

    Parameters
    ----------
    train : float32 COO matrix of shape (n_users, n_films)
        A 1 for each like.
    genres : float32 CSR matrix of shape (n_films, 20)
        A 1 for each genre of a film. You may use it, or parts of it, or leave it.

    Returns
    -------
    float array or sparse matrix of shape (n_films, n_columns)
        1 to 60 columns, the films in the order of `genres`.
    """
    # Ten directions in which films differ most by who likes them, beside the genres.
    _, strength, directions = sp.linalg.svds(train.tocsr().astype(float), k=10, random_state=0)
    tastes = directions.T * np.sqrt(strength)
    return sp.hstack([tastes, genres], format="csr")


# Precision@5, lowest and highest of five seeds. Genres alone .019-.022, random tags beside them .030-.035, the most
# popular films .072. What says how much a film is liked: 20 identities .076-.081, likes in 40 bins .086-.095, their
# logarithm .092-.097, 40 identities .089-.097, 39 and the logarithm .100-.106. What says by whom as well: random
# projections of the likes .104-.107, cosines with 40 favorites .117-.122, another model's embeddings .112-.128,
# singular vectors .116-.136. All 656 identities .112-.118, with genres .122-.129.
SIXTY_BAR = 0.109


def _sixty_cases():
    likes = small_likes()
    yield Case((likes.train, likes.genres), why="435 users, 656 films, 20 genres; five likes of each user are held out")


def _sixty_required(case, value):
    train, _ = case.arguments
    n_films = train.shape[1]
    try:
        n_rows, n_columns = np.shape(value)
    except ValueError:  # not two axes, or rows of different lengths
        raise Unfit(f"It returns {type(value).__name__}; expected a matrix of {n_films} rows.") from None
    if not 1 <= n_columns <= 60:
        return f"It has {n_columns} columns; 1 to 60 are allowed."
    if n_rows != n_films:
        return f"It has {n_rows} rows; expected one for each of {n_films} films."
    weights = numbers(value.toarray() if sp.issparse(value) else value, (n_films, n_columns))
    if np.abs(weights).max() > 1e6:
        return f"Its largest weight is {np.abs(weights).max():.0e}; a million is the limit here."
    matrix = sp.csr_matrix(weights, dtype=np.float32)
    reached = []
    for seed in (0, 1):
        model = LightFM(loss="warp", no_components=16, random_state=seed)
        model.fit(train, item_features=matrix, epochs=20)
        reached.append(precision_at_k(model, small_likes().test, train, k=5, item_features=matrix).mean())
    precision = np.mean(reached)
    if precision >= SIXTY_BAR:
        return None
    told = f"Precision@5 is {precision:.3f}; the bar is {SIXTY_BAR}."
    if precision < 0.05:
        return f"{told} The most popular films reach 0.072, so the columns do not even say how much a film is liked."
    if precision < 0.1:
        return f"{told} How much a film is liked takes you about as far as this. What in train says by whom?"
    return f"{told} You are close. How many columns say by whom a film is liked, and how large are their numbers?"


def _genres_alone(train, genres):
    return genres


def _tags(train, genres):
    tags = np.random.default_rng(0).integers(40, size=genres.shape[0])
    return sp.hstack([np.eye(40)[tags], genres], format="csr")


def _favorites(train, genres):
    favorites = np.argsort(-train.getnnz(axis=0), kind="stable")[:40]
    return sp.hstack([sp.identity(train.shape[1], format="csr")[:, favorites], genres], format="csr")


def _log_of_likes(train, genres):
    return sp.hstack([np.log1p(train.getnnz(axis=0))[:, None], genres], format="csr")


def _raw_likes(train, genres):
    return sp.hstack([train.getnnz(axis=0)[:, None].astype(float), genres], format="csr")


def _all_identities(train, genres):
    return sp.hstack([sp.identity(train.shape[1]), genres], format="csr")


def _rows_of_users(train, genres):
    return np.ones((train.shape[0], 2))


def _cosines(train, genres):
    likes = train.toarray().astype(float)
    likes /= np.linalg.norm(likes, axis=0)
    favorites = np.argsort(-train.getnnz(axis=0), kind="stable")[:40]
    return np.hstack([likes.T @ likes[:, favorites], genres.toarray()])


def _centred(train, genres):
    likes = train.toarray().astype(float)
    _, _, directions = np.linalg.svd(likes - likes.mean(axis=0), full_matrices=False)
    popularity = np.log1p(train.getnnz(axis=0))[:, None]
    return np.hstack([5 * directions[:12].T, popularity / popularity.max(), genres.toarray()]).tolist()


def _of_another_model(train, genres):
    model = LightFM(loss="warp", no_components=39, random_state=7).fit(train, epochs=20)
    return sp.hstack([3 * model.item_embeddings, model.item_biases[:, None], genres], format="coo")


SIXTY_COLUMNS = Problem(
    answer=sixty_columns,
    title="Open: sixty columns",
    objective="build features that say how much a film is liked, and by whom",
    minutes=20,
    difficulty=3,
    make_cases=_sixty_cases,
    requires=(_sixty_required,),
    is_open=True,
    wrong=(
        Wrong(_genres_alone, "do not even say how much a film is liked"),
        Wrong(_tags, "do not even say how much a film is liked"),
        Wrong(_favorites, "What in train says by whom?"),
        Wrong(_log_of_likes, "What in train says by whom?"),
        Wrong(_raw_likes, "What in train says by whom?"),
        Wrong(_all_identities, "1 to 60 are allowed"),
        Wrong(_rows_of_users, "expected one for each of 656 films"),
    ),
    variants=(_cosines, _centred, _of_another_model),
    hints=(
        "A film's column of train tells who likes it, in 435 numbers. Say most of that in a few.",
        "Singular vectors of train (lesson 02), cosines with favorites, embeddings of a model of identities: try one.",
        "_, strength, directions = sp.linalg.svds(train.tocsr().astype(float), k=10); directions.T has a row per film.",
    ),
)

PROBLEMS = (REPRESENT, FEATURE_GRADIENT, MOVE_WITH, AUDIT, SIXTY_COLUMNS)
