"""State of a lab: a newcomer tells something, clicks one article after another, and the list of articles changes.

Plain Python and NumPy. It must not know widgets; the view is :mod:`recsys_lessons.teaching.widgets.newcomer_view`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.validation import as_csr_float32, choice, positive_int, sparse_interactions, suggestion

__all__ = ["Folded", "Listed", "NewcomerLab", "OfTopic"]


@dataclass
class Folded:
    """A newcomer folded in with the first n clicks, for each n: begun when something is told or clicked.

    Attributes
    ----------
    told : tuple of str
    epochs : int
    clicks : tuple of int
        All of them, oldest first.
    users : dict of int to (array of float32, float32)
        The newcomer's vector and bias, by the number of clicks.
    """

    told: tuple[str, ...]
    epochs: int
    clicks: tuple[int, ...]
    users: dict[int, tuple[np.ndarray, np.float32]] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        """Numbers of clicks still to be folded in; that of all clicks comes first."""
        return [n for n in range(len(self.clicks), -1, -1) if n not in self.users]


@dataclass(frozen=True)
class Listed:
    """The list after some number of clicks.

    A score is the sum of what was told, what was clicked, and the item's bias, which is how popular it is. Each of
    the three numbers is how far the mean of that part over the list exceeds its mean over all candidates.

    Attributes
    ----------
    n_clicks : int
    items : tuple of int
        Best first.
    topics : dict of str to int
        How many of the items have the topic; the most frequent one first, equals by name.
    from_told, from_clicks, from_popularity : float
    """

    n_clicks: int
    items: tuple[int, ...]
    topics: dict[str, int]
    from_told: float
    from_clicks: float
    from_popularity: float

    @property
    def leading(self) -> tuple[str, ...]:
        """The topic with most places on the list, or those that share the lead."""
        most = max(self.topics.values())
        return tuple(topic for topic, count in self.topics.items() if count == most)


@dataclass(frozen=True)
class OfTopic:
    """What the newcomer's candidates of one topic get, on average, over the mean of all candidates.

    Attributes
    ----------
    topic : str
    n_clicked, n_listed : int
    from_told, from_clicks, from_popularity : float
    """

    topic: str
    n_clicked: int
    n_listed: int
    from_told: float
    from_clicks: float
    from_popularity: float


class NewcomerLab:
    """Put a newcomer together, let them click, and see what their list is made of.

    Parameters
    ----------
    model : object
        A fitted `LightFM`, trained with identities and attributes of users, identities in front, and with no features
        of items.
    attributes : sparse matrix of shape (n_users, n_attributes)
        Those of the users it was trained on, without identities.
    attribute_labels : sequence of str
        Their names, such as ``"region:north"``. What stands before the colon is the kind; of a kind that no user has
        two of, a newcomer can tell one, of others several.
    topics : sequence of str
        The topic of each item.
    interactions : sparse matrix of shape (n_users, n_items)
        Says which items are popular. A newcomer clicks on every other item of a topic, most popular first; the others
        of the topic remain for the list.
    told : iterable of str
        What the newcomer tells at the start.
    topic : str, optional
        What the newcomer clicks on at the start; the first by name if it is not given.
    labels : sequence of str, optional
        Titles of the items; their numbers by default.
    epochs : int
        For folding in.
    n : int
        Length of the list.
    most : int
        How many items of a topic can be clicked, and how many in all.

    Attributes
    ----------
    told : tuple of str
        In the order of `attribute_labels`.
    clicks : tuple of int
        Oldest first.
    topic : str
        What is clicked next. All that can be clicked of it, and of the topics of the clicks, is no candidate, so lists
        before and after a click choose from the same items.
    epochs : int
    run : Folded
        What has been computed for the present newcomer.

    Raises
    ------
    ValueError
        If shapes do not fit, a name is unknown, or too few items remain for the list.

    Examples
    --------
    >>> from recsys_lessons import LightFM
    >>> clicks = sp.csr_matrix(np.kron(np.eye(2, dtype=np.float32), np.ones((3, 8), np.float32)))
    >>> told = sp.csr_matrix(np.repeat(np.eye(2, dtype=np.float32), 3, axis=0))
    >>> features = sp.hstack([sp.identity(6), told], format="csr")
    >>> model = LightFM(loss="warp", no_components=4, random_state=1).fit(clicks, user_features=features, epochs=20)
    >>> topics = ["sport"] * 8 + ["culture"] * 8
    >>> names = ["chosen:sport", "chosen:culture"]
    >>> lab = NewcomerLab(model, told, names, topics, clicks, told=["chosen:sport"], n=4)
    >>> lab.finish().topics
    {'sport': 4}
    >>> lab.tell([])
    >>> lab.click(2)
    >>> lab.topic, len(lab.clicks), lab.finish().leading
    ('culture', 2, ('culture',))
    """

    def __init__(
        self,
        model: Any,
        attributes: Any,
        attribute_labels: Sequence[str] | np.ndarray,
        topics: Sequence[str] | np.ndarray,
        interactions: Any,
        *,
        told: Iterable[str] = (),
        topic: str | None = None,
        labels: Sequence[str] | np.ndarray | None = None,
        epochs: int = 20,
        n: int = 20,
        most: int = 40,
    ) -> None:
        matrix = as_csr_float32("attributes", attributes)
        self.attribute_labels = [str(label) for label in attribute_labels]
        if len(self.attribute_labels) != matrix.shape[1]:
            raise ValueError(
                f"attribute_labels has {len(self.attribute_labels)} entries; expected {matrix.shape[1]}, "
                "one for each column of attributes"
            )
        self._n_identities = len(model.user_embeddings) - matrix.shape[1]
        if self._n_identities < 0:
            raise ValueError(
                f"model has {len(model.user_embeddings)} user features; expected at least the "
                f"{matrix.shape[1]} columns of attributes"
            )
        entries = sparse_interactions("interactions", interactions)
        self._topics = np.array([str(topic) for topic in topics])
        self.n_items = len(self._topics)
        for name, size in (("interactions", entries.shape[1]), ("model", len(model.item_embeddings))):
            if size != self.n_items:
                raise ValueError(f"{name} has {size} items; expected {self.n_items}, one for each entry of topics")
        if labels is not None and len(labels) != self.n_items:
            raise ValueError(f"labels has {len(labels)} entries; expected {self.n_items}, one for each item")
        self.labels = [str(label) for label in (range(self.n_items) if labels is None else labels)]
        self.n, self.most = positive_int("n", n), positive_int("most", most)
        self._model = model
        self.kinds = _kinds(self.attribute_labels, matrix)
        popular_first = np.argsort(-entries.tocsr().getnnz(axis=0), kind="stable")
        self._shelves = {
            str(name): popular_first[self._topics[popular_first] == name][::2][: self.most]
            for name in np.unique(self._topics)
        }
        left = self.n_items - sum(map(len, self._shelves.values()))
        if left < self.n:
            raise ValueError(f"n is {self.n}; expected at most {left}, the items that are not there to be clicked")
        self.topics = tuple(self._shelves)
        self._at_start = (tuple(told), self.topics[0] if topic is None else topic, epochs)
        self.reset()

    # --- what can be done ---------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """No clicks; told, topic and epochs as at the start."""
        told, topic, epochs = self._at_start
        self.clicks: tuple[int, ...] = ()
        self._presses: list[int] = []
        self.epochs = positive_int("epochs", epochs)
        self.choose(topic)
        self.tell(told)

    def tell(self, told: Iterable[str]) -> None:
        """Replace what was told.

        Raises
        ------
        ValueError
            If there is no such attribute, or two are told of a kind of which users have one.
        """
        asked = list(told)
        for label in asked:
            if label not in self.attribute_labels:
                raise ValueError(
                    f"told has {label!r}; expected names of attributes.{suggestion(label, self.attribute_labels)}"
                )
        for kind, (values, one_only) in self.kinds.items():
            if one_only and len(both := [label for label in values if label in asked]) > 1:
                raise ValueError(f"told has {both[0]!r} and {both[1]!r}; expected one {kind} at most")
        self.told = tuple(label for label in self.attribute_labels if label in asked)
        self._begin()

    def choose(self, topic: str) -> None:
        """What the next clicks are on.

        Raises
        ------
        ValueError
            If there is no such topic.
        """
        self.topic = choice("topic", topic, self.topics)

    def fold_for(self, epochs: int) -> None:
        """Set the epochs of folding in.

        Raises
        ------
        ValueError
            If that is no positive number.
        """
        self.epochs = positive_int("epochs", epochs)
        self._begin()

    def click(self, times: int = 1) -> None:
        """Click on the next items of the chosen topic, as many as there still are.

        Raises
        ------
        ValueError
            If `times` is no positive number.
        """
        clicked = tuple(int(item) for item in self._to_click()[: positive_int("times", times)])
        if clicked:
            self.clicks += clicked
            self._presses.append(len(clicked))
            self._begin()

    def undo(self) -> None:
        """Take back what the last `click` did, if there was one."""
        if self._presses:
            self.clicks = self.clicks[: -self._presses.pop()]
            self._begin()

    @property
    def n_to_click(self) -> int:
        """How many more items of the chosen topic can be clicked."""
        return len(self._to_click())

    def _to_click(self) -> np.ndarray:
        shelf = self._shelves[self.topic]
        return shelf[~np.isin(shelf, self.clicks)][: self.most - len(self.clicks)]

    # --- folding in ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        known = getattr(self, "run", None)
        self.run = Folded(self.told, self.epochs, self.clicks)
        if known is not None and (known.told, known.epochs) == (self.told, self.epochs):
            pairs = zip(known.clicks, self.clicks, strict=False)
            differ = [before != now for before, now in pairs]
            same = differ.index(True) if True in differ else len(differ)
            self.run.users = {n: user for n, user in known.users.copy().items() if n <= same}

    def advance(self, run: Folded) -> bool:
        """Fold in one number of clicks more, all clicks first; whether any is left. It writes into `run` alone."""
        if missing := run.missing:
            n = missing[0]
            own = sp.csr_matrix((np.ones(n), (np.zeros(n, int), run.clicks[:n])), shape=(1, self.n_items))
            folded = self._model.fold_in(own, user_features=self._row(run.told), epochs=run.epochs)
            run.users[n] = folded.user_embeddings[0].copy(), folded.user_biases[0]
        return len(run.missing) > 0

    def finish(self) -> Listed:
        """Fold in all that is missing, and give the present list."""
        while self.advance(self.run):
            pass
        return self.history()[-1]

    def _row(self, told: tuple[str, ...]) -> sp.csr_matrix:
        """The newcomer's row of user features, blank where identities stand."""
        has = np.isin(self.attribute_labels, told)
        return sp.csr_matrix(np.concatenate([np.zeros(self._n_identities), has])[None])

    # --- what to show -------------------------------------------------------------------------------------------------

    @property
    def candidates(self) -> np.ndarray:
        """The items that a list may have."""
        touched = {self.topic, *(str(topic) for topic in self._topics[list(self.clicks)])}
        return np.setdiff1d(np.arange(self.n_items), np.concatenate([self._shelves[topic] for topic in touched]))

    def history(self) -> list[Listed]:
        """The lists by number of clicks, as far as folded in, all from the present candidates."""
        users = self.run.users.copy()  # a step in the background may be adding to it
        numbers = sorted(users)
        if not numbers:
            return []
        candidates = self.candidates
        # One model with a user for each number of clicks, so that all lists are asked for at once.
        folded = self._model.fold_in(sp.csr_matrix((len(numbers), self.n_items)), epochs=0)
        folded.user_embeddings = np.array([users[n][0] for n in numbers])
        folded.user_biases = np.array([users[n][1] for n in numbers])
        lists, _ = folded.recommend(np.arange(len(numbers)), n=self.n, items=candidates)
        biases, vectors = self._model.get_item_representations()
        told = self._told_vector()
        mean, mean_bias = vectors[candidates].mean(axis=0), float(biases[candidates].mean())
        history = []
        for n, user, items in zip(numbers, folded.user_embeddings, lists, strict=True):
            lead = vectors[items].mean(axis=0) - mean
            counts = Counter(self._topics[items].tolist())
            history.append(
                Listed(
                    n_clicks=n,
                    items=tuple(items.tolist()),
                    topics=dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
                    from_told=float(lead @ told),
                    from_clicks=float(lead @ (user - told)),
                    from_popularity=float(biases[items].mean()) - mean_bias,
                )
            )
        return history

    def by_topic(self) -> list[OfTopic]:
        """All topics, by name, with all clicks known; empty before they are folded in."""
        if len(self.clicks) not in self.run.users:
            return []
        now = self.history()[-1]
        candidates = self.candidates
        biases, vectors = (array[candidates] for array in self._model.get_item_representations())
        told = self._told_vector()
        parts = [vectors @ told, vectors @ (self.run.users[len(self.clicks)][0] - told), biases]
        parts = [part - part.mean() for part in parts]
        topics, clicked = self._topics[candidates], Counter(self._topics[list(self.clicks)].tolist())
        return [
            OfTopic(topic, clicked[topic], now.topics.get(topic, 0), *(float(p[topics == topic].mean()) for p in parts))
            for topic in self.topics
            if (topics == topic).any()
        ]

    def _told_vector(self) -> np.ndarray:
        return self._model.get_user_representations(self._row(self.told))[1][0]


def _kinds(labels: list[str], attributes: sp.csr_matrix) -> dict[str, tuple[tuple[str, ...], bool]]:
    """By kind, its labels, and whether no user has two of them."""
    kinds: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        kinds.setdefault(label.partition(":")[0], []).append(column)
    return {
        kind: (
            tuple(labels[column] for column in columns),
            len(columns) > 1 and bool((attributes[:, columns].getnnz(axis=1) <= 1).all()),
        )
        for kind, columns in kinds.items()
    }
