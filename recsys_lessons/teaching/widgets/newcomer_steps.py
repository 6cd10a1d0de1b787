"""What newcomers of either kind have in common: they tell something, clicks come in, and each number is folded in.

Plain Python and NumPy. It must not know widgets, nor whether the newcomer is a reader or an article.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.validation import as_csr_float32, choice, positive_int, suggestion

__all__ = ["Folded", "Newcomer", "checked_model", "value_of"]


@dataclass
class Folded:
    """A newcomer folded in with the first n clicks, for each n: begun when something is told or clicked.

    Attributes
    ----------
    told : tuple of str
    epochs : int
    clicks : tuple of int
        All of them, oldest first.
    numbers : tuple of int
        The numbers of clicks that are folded in, ascending; that of all clicks is the last.
    by_clicks : dict of int to tuple of arrays
        What `Newcomer` learned, by the number of clicks.
    """

    told: tuple[str, ...]
    epochs: int
    clicks: tuple[int, ...]
    numbers: tuple[int, ...]
    by_clicks: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        """Numbers of clicks still to be folded in; that of all clicks comes first."""
        return [n for n in reversed(self.numbers) if n not in self.by_clicks]


class Newcomer(ABC):
    """Base of the labs' two newcomers. A subclass says how one is folded in, and what is shown.

    Parameters
    ----------
    n_known : int
        How many features the model has on this side.
    features : sparse matrix
        Those that can be told, of all that training knew, without identities.
    labels : sequence of str
        Their names, such as ``"region:north"``. What stands before the colon is the kind; of a kind that nobody has
        two of, a newcomer can tell one, of others several.
    side : {"user", "item"}
    name : str
        What the argument `features` is called in errors.
    """

    shelves: Mapping[str, np.ndarray]
    """For each topic what can be clicked of it, or who clicks, in this order. A subclass sets it."""

    def __init__(self, n_known: int, features: Any, labels: Sequence[str] | np.ndarray, side: str, name: str) -> None:
        matrix = as_csr_float32(name, features)
        self._to_tell = [str(label) for label in labels]
        if len(self._to_tell) != matrix.shape[1]:
            raise ValueError(
                f"{name[:-1]}_labels has {len(self._to_tell)} entries; expected {matrix.shape[1]}, "
                f"one for each column of {name}"
            )
        self._n_identities = n_known - matrix.shape[1]
        if self._n_identities < 0:
            raise ValueError(
                f"model has {n_known} {side} features; expected at least the {matrix.shape[1]} columns of {name}"
            )
        self._name = name
        self.kinds = _kinds(self._to_tell, matrix)

    def _start(self, told: Iterable[str], topic: str | None, epochs: int, most: int) -> None:
        """Begin, once there are shelves."""
        self.most = positive_int("most", most)
        self.topics = tuple(self.shelves)
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
            If there is no such feature, or two are told of a kind of which nobody has two.
        """
        asked = list(told)
        for label in asked:
            if label not in self._to_tell:
                raise ValueError(
                    f"told has {label!r}; expected names of {self._name}.{suggestion(label, self._to_tell)}"
                )
        for kind, (values, one_only) in self.kinds.items():
            if one_only and len(both := [label for label in values if label in asked]) > 1:
                raise ValueError(f"told has {both[0]!r} and {both[1]!r}; expected one {kind} at most")
        self.told = tuple(label for label in self._to_tell if label in asked)
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
        """Let the next clicks of the chosen topic come in, as many as there still are.

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
        """How many more clicks of the chosen topic can come in."""
        return len(self._to_click())

    def _to_click(self) -> np.ndarray:
        shelf = self.shelves[self.topic]
        return shelf[~np.isin(shelf, self.clicks)][: self.most - len(self.clicks)]

    # --- folding in ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        known = getattr(self, "run", None)
        self.run = Folded(self.told, self.epochs, self.clicks, self._numbers())
        if known is not None and (known.told, known.epochs) == (self.told, self.epochs):
            pairs = zip(known.clicks, self.clicks, strict=False)
            differ = [before != now for before, now in pairs]
            same = differ.index(True) if True in differ else len(differ)
            kept = known.by_clicks.copy().items()  # a step in the background may be adding to it
            self.run.by_clicks = {n: learned for n, learned in kept if n <= same and n in self.run.numbers}

    def advance(self, run: Folded) -> bool:
        """Fold in one number of clicks more, all clicks first; whether any is left. It writes into `run` alone."""
        if missing := run.missing:
            run.by_clicks[missing[0]] = self._fold(run.told, run.clicks[: missing[0]], run.epochs)
        return len(run.missing) > 0

    def finish(self) -> Any:
        """Fold in all that is missing, and give the present list."""
        while self.advance(self.run):
            pass
        return self.history()[-1]

    def _numbers(self) -> tuple[int, ...]:
        """The numbers of clicks to be folded in: all, unless a subclass leaves some out."""
        return tuple(range(len(self.clicks) + 1))

    @abstractmethod
    def _fold(self, told: tuple[str, ...], clicks: tuple[int, ...], epochs: int) -> tuple[Any, ...]:
        """Fold in a newcomer with these clicks."""

    @abstractmethod
    def history(self) -> list[Any]:
        """What is to be shown, by number of clicks, as far as folded in."""

    def _row(self, told: tuple[str, ...]) -> sp.csr_matrix:
        """The newcomer's row of features, blank where identities stand."""
        has = np.isin(self._to_tell, told)
        return sp.csr_matrix(np.concatenate([np.zeros(self._n_identities), has])[None])


def checked_model(model: Any) -> LightFM:
    """`model`, if it is a `LightFM` that is fitted; otherwise raise."""
    if not isinstance(model, LightFM):
        raise ValueError(f"model is {model!r}; expected a LightFM")
    if not model.__sklearn_is_fitted__():
        raise ValueError(f"model is {model!r}, which is not fitted; expected one that is")
    return model


def value_of(label: str) -> str:
    """``"north"`` of ``"region:north"``."""
    return label.partition(":")[2] or label


def _kinds(labels: list[str], attributes: sp.csr_matrix) -> dict[str, tuple[tuple[str, ...], bool]]:
    """By kind, its labels, and whether nobody has two of them."""
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
