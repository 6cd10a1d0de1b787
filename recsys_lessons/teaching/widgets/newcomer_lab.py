"""State of a lab: a new reader tells something, clicks one article after another, and the list of articles changes.

Plain Python and NumPy. It must not know widgets; the view is :mod:`recsys_lessons.teaching.widgets.newcomer_view`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.widgets.newcomer_steps import Newcomer, checked_model
from recsys_lessons.validation import positive_int, sparse_interactions

__all__ = ["Listed", "NewcomerLab", "OfTopic"]


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


class NewcomerLab(Newcomer):
    """Put a new reader together, let them click, and see what their list is made of.

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
        If shapes do not fit, a name is unknown, the model is not fitted, or too few items remain for the list.

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
        super().__init__(len(checked_model(model).user_embeddings), attributes, attribute_labels, "user", "attributes")
        entries = sparse_interactions("interactions", interactions)
        self._topics = np.array([str(topic) for topic in topics])
        self.n_items = len(self._topics)
        for name, size in (("interactions", entries.shape[1]), ("model", len(model.item_embeddings))):
            if size != self.n_items:
                raise ValueError(f"{name} has {size} items; expected {self.n_items}, one for each entry of topics")
        if labels is not None and len(labels) != self.n_items:
            raise ValueError(f"labels has {len(labels)} entries; expected {self.n_items}, one for each item")
        self.labels = [str(label) for label in (range(self.n_items) if labels is None else labels)]
        self.n, most = positive_int("n", n), positive_int("most", most)
        self._model = model
        popular_first = np.argsort(-entries.tocsr().getnnz(axis=0), kind="stable")
        self.shelves = {
            str(name): popular_first[self._topics[popular_first] == name][::2][:most]
            for name in np.unique(self._topics)
        }
        left = self.n_items - sum(map(len, self.shelves.values()))
        if left < self.n:
            raise ValueError(f"n is {self.n}; expected at most {left}, the items that are not there to be clicked")
        self._start(told, topic, epochs, most)

    def _fold(self, told: tuple[str, ...], clicks: tuple[int, ...], epochs: int) -> tuple[np.ndarray, np.float32]:
        """The newcomer's vector and bias."""
        n = len(clicks)
        own = sp.csr_matrix((np.ones(n), (np.zeros(n, int), clicks)), shape=(1, self.n_items))
        folded = self._model.fold_in(own, user_features=self._row(told), epochs=epochs)
        return folded.user_embeddings[0].copy(), folded.user_biases[0]

    # --- what to show -------------------------------------------------------------------------------------------------

    @property
    def candidates(self) -> np.ndarray:
        """The items that a list may have."""
        touched = {self.topic, *(str(topic) for topic in self._topics[list(self.clicks)])}
        return np.setdiff1d(np.arange(self.n_items), np.concatenate([self.shelves[topic] for topic in touched]))

    def history(self) -> list[Listed]:
        """The lists by number of clicks, as far as folded in, all from the present candidates."""
        users = self.run.by_clicks.copy()  # a step in the background may be adding to it
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
        if len(self.clicks) not in self.run.by_clicks:
            return []
        now = self.history()[-1]
        candidates = self.candidates
        biases, vectors = (array[candidates] for array in self._model.get_item_representations())
        told = self._told_vector()
        parts = [vectors @ told, vectors @ (self.run.by_clicks[len(self.clicks)][0] - told), biases]
        parts = [part - part.mean() for part in parts]
        topics, clicked = self._topics[candidates], Counter(self._topics[list(self.clicks)].tolist())
        return [
            OfTopic(topic, clicked[topic], now.topics.get(topic, 0), *(float(p[topics == topic].mean()) for p in parts))
            for topic in self.topics
            if (topics == topic).any()
        ]

    def _told_vector(self) -> np.ndarray:
        return self._model.get_user_representations(self._row(self.told))[1][0]
