"""From raw ids and feature names to the matrices that models train on.

`Dataset` remembers which row or column each user, item and feature has been given, and builds interaction
and feature matrices from plain Python data. It knows nothing of models.
"""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.validation import suggestion

__all__ = ["Dataset"]

LARGEST_WEIGHT = float(np.finfo(np.float32).max)


class Dataset:
    """Translate user ids, item ids and feature names to rows and columns, and build matrices from raw data.

    Call `fit` with all ids and feature names, then `build_interactions`, `build_user_features` and
    `build_item_features`. `fit_partial` adds ids and names later without moving the ones already known.

    Ids and feature names are any hashable values (strings, integers, tuples); each is given the next free
    number when it is first seen.

    Parameters
    ----------
    user_identity_features : bool
        Whether every user has a feature of their own, beside the named ones. True lets a model learn
        something about each single user; False suits data with only a few interactions a user.
    item_identity_features : bool
        The same for items.

    Notes
    -----
    The interface is that of LightFM's ``Dataset``. Where LightFM's guesses, this one raises a ``ValueError``:

    - a string where a list of names belongs (LightFM reads it letter by letter);
    - a feature named like an id while identity features are on (in LightFM the two silently share a column), and an id
      where a feature name belongs;
    - the same feature twice for the same user or item (LightFM adds the two up; use ``{name: weight}``);
    - weights that are not finite numbers, and ids that are NaN;
    - building anything before fitting.

    Examples
    --------
    >>> dataset = Dataset()
    >>> dataset.fit(users=["ann", "bob"], items=["Heat", "Alien"], item_features=["action", "horror"])
    Dataset(2 users, 2 items, 2 user features, 4 item features)
    >>> interactions, weights = dataset.build_interactions([("ann", "Heat"), ("bob", "Alien", 0.5)])
    >>> interactions.toarray()
    array([[1, 0],
           [0, 1]], dtype=int32)
    >>> weights.toarray()
    array([[1. , 0. ],
           [0. , 0.5]], dtype=float32)

    The first two columns are the films themselves, the other two their features; every row sums to 1:

    >>> dataset.build_item_features([("Heat", ["action"]), ("Alien", {"horror": 2, "action": 1})]).toarray()
    array([[0.5 , 0.  , 0.5 , 0.  ],
           [0.  , 0.25, 0.25, 0.5 ]], dtype=float32)
    >>> dataset.build_item_features([("Heat", ["acton"])])
    Traceback (most recent call last):
        ...
    ValueError: Feature 'acton' of item 'Heat' not in feature mapping. Call fit first. Did you mean 'action'?
    """

    def __init__(self, user_identity_features: bool = True, item_identity_features: bool = True):
        self._users = _Entities("user", user_identity_features)
        self._items = _Entities("item", item_identity_features)
        self._is_fitted = False

    def __repr__(self) -> str:
        sides = (self._users, self._items)
        counts = [f"{len(side.ids)} {side.kind}s" for side in sides]
        counts += [f"{len(side.features)} {side.kind} features" for side in sides]
        return f"Dataset({', '.join(counts)})"

    def fit(
        self,
        users: Iterable[Hashable],
        items: Iterable[Hashable],
        user_features: Iterable[Hashable] | None = None,
        item_features: Iterable[Hashable] | None = None,
    ) -> Dataset:
        """Forget everything and number the given ids and feature names, in order of first appearance.

        If anything is wrong with the arguments, nothing is forgotten.

        Parameters
        ----------
        users, items : iterable of ids
            Repeated ids count once.
        user_features, item_features : iterable of names, optional
            All names that `build_user_features` and `build_item_features` will meet.

        Returns
        -------
        Dataset
            Itself.

        Raises
        ------
        ValueError
            For a string instead of a list, NaN, unhashable ids, and features named like ids.
        """
        fresh = Dataset(self._users.has_identity, self._items.has_identity)
        fresh.fit_partial(users, items, user_features, item_features)
        self._users, self._items, self._is_fitted = fresh._users, fresh._items, True
        return self

    def fit_partial(
        self,
        users: Iterable[Hashable] | None = None,
        items: Iterable[Hashable] | None = None,
        user_features: Iterable[Hashable] | None = None,
        item_features: Iterable[Hashable] | None = None,
    ) -> Dataset:
        """Give numbers to ids and feature names that are new; what was known keeps its own.

        If anything is wrong with the arguments, nothing is added. A model trained before needs to be
        trained again to use new columns.

        Parameters
        ----------
        users, items, user_features, item_features : iterable, optional
            As for `fit`.

        Returns
        -------
        Dataset
            Itself.

        Raises
        ------
        ValueError
            As for `fit`.
        """
        new_users = self._users.check(users, user_features)
        new_items = self._items.check(items, item_features)
        self._users.add(*new_users)
        self._items.add(*new_items)
        self._is_fitted = True
        return self

    def interactions_shape(self) -> tuple[int, int]:
        """Return (number of users, number of items)."""
        return len(self._users.ids), len(self._items.ids)

    def user_features_shape(self) -> tuple[int, int]:
        """Return (number of users, number of user features, the identity features among them)."""
        return len(self._users.ids), len(self._users.features)

    def item_features_shape(self) -> tuple[int, int]:
        """Return (number of items, number of item features, the identity features among them)."""
        return len(self._items.ids), len(self._items.features)

    def model_dimensions(self) -> tuple[int, int]:
        """Return (number of user features, number of item features), the numbers of a model's embeddings."""
        return len(self._users.features), len(self._items.features)

    def mapping(self) -> tuple[dict, dict, dict, dict]:
        """Return the four dictionaries from ids and names to numbers.

        Returns
        -------
        (user id -> row, user feature -> column, item id -> column, item feature -> column)
            The live dictionaries: read them, do not change them. With identity features, the feature
            dictionaries hold the ids too.
        """
        return self._users.ids, self._users.features, self._items.ids, self._items.features

    def build_interactions(self, data: Iterable[tuple]) -> tuple[sp.coo_matrix, sp.coo_matrix]:
        """Build the interaction matrix and the matrix of its weights.

        Parameters
        ----------
        data : iterable of (user id, item id) or (user id, item id, weight)
            A missing weight is 1. A pair given several times gives several entries, in the order given.

        Returns
        -------
        interactions : int32 coo_matrix of shape (n_users, n_items)
            A one for every row of `data`.
        weights : float32 coo_matrix of shape (n_users, n_items)
            The weights, in the same order.

        Raises
        ------
        ValueError
            For rows of another form, unknown ids, weights that are not finite, and before `fit`.
        """
        self._check_fitted()
        rows, columns, weights = [], [], []
        for entry in _iterate("data", data):
            size = _size(entry)
            if size == 3:
                user_id, item_id, weight = entry
                if not _is_weight(weight):
                    raise _not_a_weight(weight, f"interaction {tuple(entry)!r}")
            elif size == 2:
                user_id, item_id = entry
                weight = 1.0
            else:
                raise ValueError(f"Expecting tuples of (user_id, item_id, weight) or (user_id, item_id). Got {entry!r}")
            rows.append(self._users.row(user_id))
            columns.append(self._items.row(item_id))
            weights.append(weight)

        def matrix(values: np.ndarray) -> sp.coo_matrix:
            positions = (np.array(rows, dtype=np.int32), np.array(columns, dtype=np.int32))
            return sp.coo_matrix((values, positions), shape=self.interactions_shape())

        return matrix(np.ones(len(rows), dtype=np.int32)), matrix(np.array(weights, dtype=np.float32))

    def build_user_features(self, data: Iterable[tuple], normalize: bool = True) -> sp.csr_matrix:
        """Build the matrix of user features.

        Parameters
        ----------
        data : iterable of (user id, [feature name, ...]) or (user id, {feature name: weight})
            A user may appear more than once with different features, or not at all.
        normalize : bool
            Divide each row by the sum of its absolute weights. (With identity features, that sum has the
            identity's weight of 1 in it: a user with one named feature gets one half of each.)

        Returns
        -------
        float32 csr_matrix of shape (n_users, n_user_features)

        Raises
        ------
        ValueError
            For rows of another form, a string instead of a list of names, unknown ids and names, a feature
            given twice for one user, weights that are not finite, rows that cannot be normalized, and
            before `fit`.
        """
        self._check_fitted()
        return self._users.build_features(data, normalize)

    def build_item_features(self, data: Iterable[tuple], normalize: bool = True) -> sp.csr_matrix:
        """Build the matrix of item features: as `build_user_features`, for items.

        Returns
        -------
        float32 csr_matrix of shape (n_items, n_item_features)
        """
        self._check_fitted()
        return self._items.build_features(data, normalize)

    def _check_fitted(self) -> None:
        if not self._is_fitted:
            raise ValueError("You must call fit first to build the item and user id mappings.")


class _Entities:
    """The users, or the items, of a data set: their ids, their features, and the numbers of both."""

    def __init__(self, kind: str, has_identity: bool):
        self.kind = kind
        self.has_identity = has_identity
        self.ids: dict[Hashable, int] = {}
        self.features: dict[Hashable, int] = {}

    def check(self, ids: Any, features: Any) -> tuple[list, list]:
        """Return ids and features as lists, without adding them yet."""
        kind = self.kind
        new_ids = [] if ids is None else _hashables(f"{kind}s", f"{kind} ids", ids)
        new_features = [] if features is None else _hashables(f"{kind}_features", "feature names", features)
        if self.has_identity:
            coming = set(new_ids)
            shared = [name for name in new_features if name in self.ids or name in coming]
            shared += [name for name in new_ids if name in self.features and name not in self.ids]
            if shared:
                name, article = shared[0], _article(kind)
                raise ValueError(
                    f"{name!r} is both {article} {kind} id and the name of {article} {kind} feature: with "
                    f"{kind}_identity_features=True the two would share one column. Give the feature a name "
                    f"of its own, such as 'feature:{name}'."
                )
        return new_ids, new_features

    def add(self, ids: list, features: list) -> None:
        for entity_id in ids:
            self.ids.setdefault(entity_id, len(self.ids))
            if self.has_identity:
                self.features.setdefault(entity_id, len(self.features))
        for feature in features:
            self.features.setdefault(feature, len(self.features))

    def row(self, entity_id: Hashable) -> int:
        try:
            return self.ids[entity_id]
        except (KeyError, TypeError):
            raise ValueError(
                f"{self.kind.capitalize()} id {entity_id!r} not in {self.kind} id mapping. "
                f"Make sure you call the fit method.{suggestion(entity_id, self.ids)}"
            ) from None

    def build_features(self, data: Any, normalize: bool) -> sp.csr_matrix:
        rows, columns, weights = [], [], []
        if self.has_identity:
            rows += self.ids.values()
            columns += [self.features[entity_id] for entity_id in self.ids]
            weights += [1.0] * len(self.ids)
        for entry in _iterate("data", data):
            if _size(entry) != 2:
                raise ValueError(f"Expected tuples of ({self.kind}_id, features), got {entry!r}.")
            entity_id, features = entry
            row = self.row(entity_id)
            owner = f"{self.kind} {entity_id!r}"
            for feature, weight in _named_weights(features, owner):
                if not _is_weight(weight):
                    raise _not_a_weight(weight, f"feature {feature!r} of {owner}")
                rows.append(row)
                columns.append(self._column(feature, owner))
                weights.append(weight)
        matrix = self._without_duplicates(rows, columns, weights)
        return self._normalized(matrix) if normalize else matrix

    def _column(self, feature: Hashable, owner: str) -> int:
        try:
            column = self.features[feature]
        except (KeyError, TypeError):
            raise ValueError(
                f"Feature {feature!r} of {owner} not in feature mapping. "
                f"Call fit first.{suggestion(feature, self.features)}"
            ) from None
        if self.has_identity and feature in self.ids:
            raise ValueError(
                f"{feature!r}, given as a feature of {owner}, is {_article(self.kind)} {self.kind} id. "
                "Identity features are added by themselves; list only named features."
            )
        return column

    def _without_duplicates(self, rows: list, columns: list, weights: list) -> sp.csr_matrix:
        shape = (len(self.ids), len(self.features))
        positions = (np.array(rows, dtype=np.int32), np.array(columns, dtype=np.int32))
        matrix = sp.csr_matrix((np.array(weights, dtype=np.float32), positions), shape=shape)
        if matrix.nnz < len(rows):
            seen: set[tuple[int, int]] = set()
            pairs = zip(rows, columns, strict=True)
            row, column = next(pair for pair in pairs if pair in seen or seen.add(pair))
            owner, feature = list(self.ids)[row], list(self.features)[column]
            raise ValueError(
                f"Feature {feature!r} is given more than once for {self.kind} {owner!r}. "
                f"To let it count more, give a weight: ({owner!r}, {{{feature!r}: 2.0}})."
            )
        return matrix

    def _normalized(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        row_of_entry = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        norms = np.bincount(row_of_entry, weights=np.abs(matrix.data), minlength=matrix.shape[0])
        if not norms.all():
            without = np.flatnonzero(norms == 0)
            raise ValueError(
                "Cannot normalize feature matrix: some rows have zero norm. "
                "Ensure that features were provided for all entries. "
                f"{len(without)} of {len(norms)} {self.kind}s have none, "
                f"the first is {list(self.ids)[without[0]]!r}."
            )
        matrix.data = (matrix.data / norms[row_of_entry]).astype(np.float32)
        return matrix


def _iterate(name: str, values: Any) -> Iterable:
    if isinstance(values, str | bytes):
        raise ValueError(f"{name} must be a list, got a string, {values!r}, to be read letter by letter.")
    try:
        return iter(values)
    except TypeError:
        raise ValueError(f"{name} must be a list or another iterable, got {values!r}.") from None


def _hashables(name: str, content: str, values: Any) -> list:
    listed = list(_iterate(name, values))
    for value in listed:
        try:
            hash(value)
            is_missing = bool(value != value)
        except TypeError:
            raise ValueError(f"{name} must hold {content} (hashable values), got {value!r}.") from None
        if is_missing:
            raise ValueError(f"{name} must hold {content}, got {value!r}, which never equals itself.")
    return listed


def _size(entry: Any) -> int:
    """Return the length of a row of data; -1 for strings and for what has no length."""
    if isinstance(entry, tuple):
        return len(entry)
    if isinstance(entry, str | bytes | Mapping) or not hasattr(entry, "__len__"):
        return -1
    return len(entry)


def _named_weights(features: Any, owner: str) -> Iterable[tuple[Hashable, float]]:
    if isinstance(features, Mapping):
        return features.items()
    return ((feature, 1.0) for feature in _iterate(f"The features of {owner}", features))


def _is_weight(weight: Any) -> bool:
    return isinstance(weight, numbers.Real) and -LARGEST_WEIGHT <= weight <= LARGEST_WEIGHT


def _not_a_weight(weight: Any, owner: str) -> ValueError:
    return ValueError(f"The weight of {owner} must be a finite number, got {weight!r}.")


def _article(kind: str) -> str:
    return "an" if kind == "item" else "a"
