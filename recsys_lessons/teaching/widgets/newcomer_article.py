"""State of a lab: a new article says something about itself, readers click it, and its audience changes.

Plain Python and NumPy. It must not know widgets; the view is
:mod:`recsys_lessons.teaching.widgets.newcomer_article_view`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.widgets.newcomer_steps import Newcomer, checked_model, value_of
from recsys_lessons.validation import as_csr_float32, choice, positive_int

__all__ = ["ArticleLab", "Audience", "OfGroup", "swap_roles"]


@dataclass(frozen=True)
class Audience:
    """Whom the article is shown to after some number of clicks.

    The three shares are the mean true chance of a click in the audience, over that in the best possible audience of the
    same candidates. Where nothing is known all readers tie; then the audience is empty, and the share is the one that a
    lot gets on average. The two leads are how far the mean of that part over the audience exceeds its mean over all
    candidates.

    Attributes
    ----------
    n_clicks : int
    readers : tuple of int
        By features and clicks, best first.
    share, share_told, share_clicks : float
        Of the oracle: by features and clicks, by features alone, by clicks alone.
    from_told, from_clicks : float
    """

    n_clicks: int
    readers: tuple[int, ...]
    share: float
    share_told: float
    share_clicks: float
    from_told: float
    from_clicks: float


@dataclass(frozen=True)
class OfGroup:
    """What the candidates of one group of readers get, on average, over the mean of all candidates.

    Attributes
    ----------
    group : str
    n_clicked, n_shown : int
        How many readers of the group have clicked, and how many are in the audience.
    from_told, from_clicks : float
    chance : float
        Their mean true chance of a click: not over the mean, but as it is.
    """

    group: str
    n_clicked: int
    n_shown: int
    from_told: float
    from_clicks: float
    chance: float


class ArticleLab(Newcomer):
    """Put a new article together, let readers click it, and see whom it is shown to.

    The article says one thing (`told`) and is about another (`topic`). Every other reader looks at it once, in an order
    drawn by lot, and clicks with the mean true chance of a click on articles on that topic. The other readers remain as
    candidates for the audience. Folding in is `LightFM.fold_in` of the model with its roles swapped, see `swap_roles`:
    readers stay as they are, and the article starts from the sum of its features, or, for the clicks alone, from zero.

    Parameters
    ----------
    model : LightFM
        Fitted with WARP, which draws readers who have not clicked once the roles are swapped; trained with identities
        and features of items, and with identities and attributes of users, identities in front.
    features : sparse matrix of shape (n_items, n_features)
        Those of the articles it was trained on, without identities.
    feature_labels : sequence of str
        Their names, such as ``"topic:sport"``.
    attributes : sparse matrix of shape (n_users, n_attributes)
        Those of the readers, without identities.
    attribute_labels : sequence of str
        Their names, such as ``"chosen:sport"``.
    chances : array of shape (n_users, n_items)
        True chances of a click, from 0 to 1; for each topic, some candidate must have one above 0.
    topics : sequence of str
        What each article is about.
    told : iterable of str
        What the article says at the start.
    topic : str, optional
        What it is about at the start; the first by name if it is not given.
    groups : str
        The kind of the attributes by which readers are counted.
    epochs : int
        For folding in.
    n : int
        Size of the audience.
    most : int
        How many clicks can come in.
    random_state : int
        For the order of the readers, and for who clicks.

    Attributes
    ----------
    told : tuple of str
        In the order of `feature_labels`.
    clicks : tuple of int
        Readers, the first to click first.
    topic : str
        What the next clicks are drawn for, and what shares are judged by.
    epochs : int
    groups : tuple of str
        Of readers; a reader may be in several.
    candidates : array of int
        The readers who do not look: an audience is chosen from these.
    run : Folded
        What has been computed for the present article: two vectors for each number of clicks, one that started from the
        features, and one that started from zero. Beyond ten clicks only every fifth number is folded in, and the last.

    Raises
    ------
    ValueError
        If shapes do not fit, a name is unknown, the model is not fitted, its loss is not WARP, chances are none, or too
        few readers remain for the audience.

    Examples
    --------
    >>> groups = np.repeat(np.eye(2, dtype=np.float32), 8, axis=0)
    >>> chances = np.where(np.kron(np.eye(2), np.ones((8, 3))) > 0, 0.9, 0.1)
    >>> attributes, features = sp.csr_matrix(groups), sp.csr_matrix(np.repeat(np.eye(2, dtype=np.float32), 3, axis=0))
    >>> model = LightFM(loss="warp", no_components=4, random_state=1).fit(
    ...     sp.csr_matrix((chances > 0.5).astype(np.float32)),
    ...     user_features=sp.hstack([sp.identity(16), attributes], format="csr"),
    ...     item_features=sp.hstack([sp.identity(6), features], format="csr"),
    ...     epochs=20,
    ... )
    >>> said, chosen = ["topic:sport", "topic:culture"], ["chosen:sport", "chosen:culture"]
    >>> topics = ["sport"] * 3 + ["culture"] * 3
    >>> lab = ArticleLab(model, features, said, attributes, chosen, chances, topics, told=["topic:sport"], n=4)
    >>> lab.topic, sorted(lab.finish().readers), round(lab.finish().share_told, 2)
    ('culture', [1, 3, 5, 7], 0.11)
    >>> lab.click(3)
    >>> round(lab.finish().share_clicks, 2)
    1.0
    """

    def __init__(
        self,
        model: LightFM,
        features: Any,
        feature_labels: Sequence[str] | np.ndarray,
        attributes: Any,
        attribute_labels: Sequence[str] | np.ndarray,
        chances: np.ndarray,
        topics: Sequence[str] | np.ndarray,
        *,
        told: Iterable[str] = (),
        topic: str | None = None,
        groups: str = "chosen",
        epochs: int = 20,
        n: int = 100,
        most: int = 100,
        random_state: int = 0,
    ) -> None:
        super().__init__(len(checked_model(model).item_embeddings), features, feature_labels, "item", "features")
        if model.loss != "warp":
            raise ValueError(f"model has the loss {model.loss!r}; expected 'warp'")
        matrix = as_csr_float32("attributes", attributes)
        self.n_readers = matrix.shape[0]
        if len(model.user_embeddings) != sum(matrix.shape):
            raise ValueError(
                f"model has {len(model.user_embeddings)} user features; expected {sum(matrix.shape)}, "
                f"{self.n_readers} identities and the {matrix.shape[1]} columns of attributes"
            )
        if len(attribute_labels) != matrix.shape[1]:
            raise ValueError(
                f"attribute_labels has {len(attribute_labels)} entries; expected {matrix.shape[1]}, "
                "one for each column of attributes"
            )
        of = np.array([str(topic) for topic in topics])
        if not len(of):
            raise ValueError("topics is empty; expected what each article is about")
        try:
            truth = np.asarray(chances, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"chances must be an array of numbers from 0 to 1: {error}") from None
        if truth.shape != (self.n_readers, len(of)):
            raise ValueError(
                f"chances has shape {truth.shape}; expected ({self.n_readers}, {len(of)}), a row for each reader "
                "and a column for each entry of topics"
            )
        if not (is_chance := (truth >= 0) & (truth <= 1)).all():
            raise ValueError(f"chances has {truth[~is_chance][0]:g}; expected numbers from 0 to 1")
        self._truth = {str(name): truth[:, of == name].mean(axis=1) for name in np.unique(of)}
        labels = [str(label) for label in attribute_labels]
        kinds = [label.partition(":")[0] for label in labels]
        choice("groups", groups, tuple(dict.fromkeys(kinds)))
        self._groups = {
            value_of(label): np.flatnonzero(matrix[:, column].toarray())
            for column, (label, kind) in enumerate(zip(labels, kinds, strict=True))
            if kind == groups
        }
        self.groups = tuple(self._groups)
        self._swapped = swap_roles(model, sp.hstack([sp.identity(self.n_readers), matrix], format="csr"))
        self.candidates = np.arange(1, self.n_readers, 2)
        self.n, most = positive_int("n", n), positive_int("most", most)
        if len(self.candidates) < self.n:
            raise ValueError(
                f"n is {self.n}; expected at most {len(self.candidates)}, every other one of {self.n_readers} readers"
            )
        for name, of_topic in self._truth.items():
            if not of_topic[self.candidates].any():
                raise ValueError(
                    f"chances are 0 for all candidates (every other reader) and topic {name!r}; expected some above 0"
                )
        lots = np.random.default_rng(random_state)
        looking = lots.permutation(np.arange(0, self.n_readers, 2))
        luck = lots.random(len(looking))
        self.shelves = {name: looking[luck < truth[looking]][:most] for name, truth in self._truth.items()}
        self._start(told, topic, epochs, most)

    def _numbers(self) -> tuple[int, ...]:
        n = len(self.clicks)
        return tuple(sorted({*range(min(n, 10) + 1), *range(10, n + 1, 5), n}))

    def _fold(self, told: tuple[str, ...], clicks: tuple[int, ...], epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """The article's vector, begun from the features and begun from zero."""
        n = len(clicks)
        own = sp.csr_matrix((np.ones(n), (np.zeros(n, int), clicks)), shape=(1, self.n_readers))
        begun = (self._swapped.fold_in(own, user_features=row, epochs=epochs) for row in (self._row(told), None))
        from_features, from_zero = (folded.user_embeddings[0].copy() for folded in begun)
        return from_features, from_zero

    # --- what to show -------------------------------------------------------------------------------------------------

    @property
    def share_by_lot(self) -> float:
        """What an audience drawn by lot gets of the oracle, on average."""
        return float(self._of_candidates.mean()) / self._best

    def history(self) -> list[Audience]:
        """The audiences by number of clicks, as far as folded in."""
        learned = self.run.by_clicks.copy()  # a step in the background may be adding to it
        numbers = sorted(learned)
        if not numbers:
            return []
        told = self._told_vector()
        vectors = np.array([told, *(vector for n in numbers for vector in learned[n])])
        # One model with a row for each vector, so that all audiences are asked for at once.
        folded = self._swapped.fold_in(sp.csr_matrix((len(vectors), self.n_readers)), epochs=0)
        folded.user_embeddings = vectors
        audiences, _ = folded.recommend(np.arange(len(vectors)), n=self.n, items=self.candidates)
        readers = self._swapped.item_embeddings
        mean = readers[self.candidates].mean(axis=0)
        shares = [self._share(*pair) for pair in zip(vectors, audiences, strict=True)]
        history = []
        for place, n in enumerate(numbers):
            vector, audience = learned[n][0], audiences[1 + 2 * place] if learned[n][0].any() else audiences[0, :0]
            lead = readers[audience].mean(axis=0) - mean if len(audience) else np.zeros_like(mean)
            history.append(
                Audience(
                    n_clicks=n,
                    readers=tuple(audience.tolist()),
                    share=shares[1 + 2 * place],
                    share_told=shares[0],
                    share_clicks=shares[2 + 2 * place],
                    from_told=float(lead @ told),
                    from_clicks=float(lead @ (vector - told)),
                )
            )
        return history

    def by_group(self) -> list[OfGroup]:
        """All groups of readers, with all clicks known; empty before they are folded in."""
        if len(self.clicks) not in self.run.by_clicks:
            return []
        now, told = self.history()[-1], self._told_vector()
        readers = self._swapped.item_embeddings
        parts = [readers @ told, readers @ (self.run.by_clicks[len(self.clicks)][0] - told)]
        parts = [part - part[self.candidates].mean() for part in parts]
        rows = []
        for group, members in self._groups.items():
            own = np.intersect1d(members, self.candidates)
            if len(own):
                n_clicked, n_shown = (int(np.isin(some, members).sum()) for some in (self.clicks, now.readers))
                from_told, from_clicks = (float(part[own].mean()) for part in parts)
                chance = float(self._truth[self.topic][own].mean())
                rows.append(OfGroup(group, n_clicked, n_shown, from_told, from_clicks, chance))
        return rows

    @property
    def _of_candidates(self) -> np.ndarray:
        return self._truth[self.topic][self.candidates]

    @property
    def _best(self) -> float:
        return float(np.sort(self._of_candidates)[-self.n :].mean())

    def _share(self, vector: np.ndarray, audience: np.ndarray) -> float:
        if not vector.any():
            return self.share_by_lot
        return float(self._truth[self.topic][audience].mean()) / self._best

    def _told_vector(self) -> np.ndarray:
        return self._swapped.get_user_representations(self._row(self.told))[1][0]


def swap_roles(model: LightFM, user_features: Any) -> LightFM:
    """The same model with its roles swapped: its "users" are the model's items, its "items" the users.

    A score stays the same number, for an inner product does not care which side is called what. But folding in, which
    the library has for users, is now folding in of items: the rows of `user_features` stay as they are, and a new item
    learns from who clicked it. WARP then compares a reader who clicked with readers, drawn by lot, who have not.

    Parameters
    ----------
    model : LightFM
        Fitted with features of items, and with WARP or another loss that leaves users' biases at 0.
    user_features : sparse matrix of shape (n_users, n_user_features)
        As in training.

    Returns
    -------
    LightFM
        Its user features are copies of the model's item features; its items have no features, and stand for the rows of
        `user_features`. It is fitted to nothing, so folding in draws its lots from seed 0.

    Raises
    ------
    ValueError
        For features other than those of training.

    Examples
    --------
    >>> features = sp.csr_matrix([[1, 1], [0, 1]])
    >>> clicks = sp.coo_matrix([[1, 0], [1, 1], [0, 1]])
    >>> model = LightFM(no_components=2, loss="warp", random_state=1).fit(clicks, item_features=features)
    >>> swapped = swap_roles(model, sp.identity(3))
    >>> bool(model.predict(2, [1], item_features=features) == swapped.predict(1, [2], user_features=features))
    True
    """
    biases, vectors = model.get_user_representations(user_features)
    n_features = len(model.item_embeddings)
    swapped = LightFM(**{**model.get_params(), "random_state": 0})
    # Draws embeddings of the right shapes, and learns nothing; then they are replaced.
    swapped.fit(sp.coo_matrix((1, len(vectors))), user_features=sp.csr_matrix((1, n_features)), epochs=0)
    swapped.user_embeddings, swapped.user_biases = model.item_embeddings, model.item_biases
    swapped.item_embeddings, swapped.item_biases = vectors, biases
    return swapped
