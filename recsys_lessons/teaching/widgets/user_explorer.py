"""A lab: pick any user and see what the user liked beside what is recommended.

Any model with LightFM's ``recommend`` will do. The lab holds no algorithm: it asks the model and shows the
answer.
"""

from __future__ import annotations

import html
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets
import numpy as np
import scipy.sparse as sp

from .base import LabView

__all__ = ["UserExplorer", "UserExplorerView", "UserLists", "explore_users"]


# A page that was not run yet drops style sheets and aligns cells of tables right; it keeps this.
_LEFT = 'style="text-align: left"'


@dataclass(frozen=True)
class UserLists:
    """What the lab shows for one user.

    Attributes
    ----------
    user : int
        The user's id.
    liked : tuple of str
        Titles of the user's interactions, in the order of their ids.
    recommended : tuple of str
        Titles of the best items that the user has not liked yet, best first.
    hits : tuple of bool
        For each recommended title, whether the user likes it in the test set. All False without a test set.
    n_test : int or None
        How many items the user likes in the test set; None without one.
    excluded : tuple of str
        Titles that would have been among the best, had they not been liked before; best first.
    """

    user: int
    liked: tuple[str, ...]
    recommended: tuple[str, ...]
    hits: tuple[bool, ...]
    n_test: int | None
    excluded: tuple[str, ...]


class UserExplorer:
    """State of the lab: a model, its data, and the chosen user.

    Parameters
    ----------
    model : object
        A fitted model with ``recommend(user_ids, n, exclude=..., item_features=..., user_features=...)``,
        which returns ids and scores. The feature arguments are passed only when they are given.
    interactions : sparse matrix or array, shape [n_users, n_items]
        What each user liked; entries greater than zero count.
    labels : sequence of str, length n_items
        Titles of the items.
    test : sparse matrix or array, shape [n_users, n_items], optional
        What each user liked and the model has not seen.
    item_features, user_features : sparse matrix, optional
        As the model was fitted with.
    n : int
        Length of the list of recommendations.
    user : int
        The user to begin with.

    Raises
    ------
    ValueError
        If shapes do not fit, or `n` or `user` is out of range.

    Examples
    --------
    >>> class Fixed:
    ...     def recommend(self, user_ids, n, *, exclude=None):
    ...         scores = np.array([3.0, 2.0, 1.0])
    ...         if exclude is not None:
    ...             scores = np.where(exclude.toarray()[user_ids[0]] > 0, -np.inf, scores)
    ...         ids = np.argsort(-scores)[:n]
    ...         return np.where(np.isneginf(scores[ids]), -1, ids)[None], scores[ids][None]
    >>> explorer = UserExplorer(Fixed(), sp.csr_array([[0, 1, 0], [1, 0, 1]]), ["Up", "Jaws", "Alien"], n=2)
    >>> explorer.lists()  # doctest: +NORMALIZE_WHITESPACE
    UserLists(user=0, liked=('Jaws',), recommended=('Up', 'Alien'), hits=(False, False), n_test=None,
              excluded=('Jaws',))
    >>> explorer.user = 1
    >>> explorer.lists().recommended
    ('Jaws',)
    """

    def __init__(
        self,
        model: Any,
        interactions: sp.sparray | sp.spmatrix | np.ndarray,
        labels: Sequence[str] | np.ndarray,
        *,
        test: sp.sparray | sp.spmatrix | np.ndarray | None = None,
        item_features: sp.sparray | sp.spmatrix | None = None,
        user_features: sp.sparray | sp.spmatrix | None = None,
        n: int = 10,
        user: int = 0,
    ) -> None:
        self._interactions = _positives("interactions", interactions)
        self.n_users, self.n_items = self._interactions.shape
        if self.n_users == 0 or self.n_items == 0:
            raise ValueError(
                f"interactions has shape {self._interactions.shape}; expected at least one user and one item"
            )
        if len(labels) != self.n_items:
            raise ValueError(f"labels has {len(labels)} entries; expected {self.n_items}, one for each item")
        self._labels = [str(label) for label in labels]
        self._test = None if test is None else _positives("test", test)
        if self._test is not None and self._test.shape != self._interactions.shape:
            raise ValueError(f"test has shape {self._test.shape}; expected {self._interactions.shape}, as interactions")
        self.n = _whole_number("n", n)
        if self.n < 1:
            raise ValueError(f"n is {n}; expected at least 1")
        self._model = model
        self._features = {
            name: value
            for name, value in (("item_features", item_features), ("user_features", user_features))
            if value is not None
        }
        self.user = user

    @property
    def user(self) -> int:
        """Id of the chosen user, from 0 to ``n_users - 1``."""
        return self._user

    @user.setter
    def user(self, user: int) -> None:
        number = _whole_number("user", user)
        if not 0 <= number < self.n_users:
            raise ValueError(f"user is {number}; expected a number from 0 to {self.n_users - 1}")
        self._user = number

    def lists(self) -> UserLists:
        """What the chosen user liked, what is recommended, and what was left out as already liked."""
        liked = self._items_of(self._interactions)
        held_out = set() if self._test is None else set(self._items_of(self._test))
        recommended = self._best(exclude=self._interactions)
        seen = set(liked)
        return UserLists(
            user=self.user,
            liked=self._titles(liked),
            recommended=self._titles(recommended),
            hits=tuple(item in held_out for item in recommended),
            n_test=None if self._test is None else len(held_out),
            excluded=self._titles(item for item in self._best() if item in seen),
        )

    def _best(self, **arguments: Any) -> list[int]:
        users = np.array([self.user], dtype=np.int32)
        ids, _ = self._model.recommend(users, self.n, **arguments, **self._features)
        return [int(item) for item in ids[0] if item >= 0]

    def _items_of(self, matrix: sp.csr_array) -> list[int]:
        return matrix.indices[matrix.indptr[self.user] : matrix.indptr[self.user + 1]].tolist()

    def _titles(self, items) -> tuple[str, ...]:
        return tuple(self._labels[item] for item in items)


class UserExplorerView(LabView):
    """Slider, number field and two lists beside each other, for one `UserExplorer`.

    Parameters
    ----------
    explorer : UserExplorer
        The state; everything shown is asked from it.

    Attributes
    ----------
    slider : ipywidgets.IntSlider
        Chooses the user; arrow keys, Page Up and Page Down work once it has the focus.
    number : ipywidgets.BoundedIntText
        The same number to type in.
    """

    def __init__(self, explorer: UserExplorer) -> None:
        self.explorer = explorer
        last = explorer.n_users - 1
        self.slider = ipywidgets.IntSlider(
            value=explorer.user,
            min=0,
            max=last,
            description="User",
            continuous_update=True,
            readout=False,
            layout=ipywidgets.Layout(width="60%"),
        )
        self.number = ipywidgets.BoundedIntText(
            value=explorer.user,
            min=0,
            max=last,
            description="User number",
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(width="180px"),
        )
        controls = ipywidgets.HBox([self.slider, self.number], layout=ipywidgets.Layout(flex_flow="row wrap"))
        # A row of the table takes 27 pixels in JupyterLab; above it stand the caption and the heading.
        super().__init__("Liked beside recommended", [controls], height=27 * explorer.n + 130)
        self._draw()
        ipywidgets.link((self.slider, "value"), (self.number, "value"))
        self.on_change(self.slider, self._choose)

    def _choose(self, user: int) -> None:
        self.explorer.user = user
        self._draw()

    def _draw(self) -> None:
        self.set_body(_as_html(self.explorer.lists(), self.explorer.n))


def explore_users(
    model: Any,
    interactions: sp.sparray | sp.spmatrix | np.ndarray,
    labels: Sequence[str] | np.ndarray,
    *,
    test: sp.sparray | sp.spmatrix | np.ndarray | None = None,
    item_features: sp.sparray | sp.spmatrix | None = None,
    user_features: sp.sparray | sp.spmatrix | None = None,
    n: int = 10,
    user: int = 0,
) -> None:
    """Show the lab *liked beside recommended*: pick any user of a fitted model.

    Parameters are those of `UserExplorer`. The cell that calls this carries the tag ``nbval-ignore-output``.

    Raises
    ------
    ValueError
        As `UserExplorer`; also whatever the model raises for the first user.
    """
    explorer = UserExplorer(
        model,
        interactions,
        labels,
        test=test,
        item_features=item_features,
        user_features=user_features,
        n=n,
        user=user,
    )
    view = UserExplorerView(explorer)
    lists = explorer.lists()
    view.show(f"user {lists.user}: {len(lists.liked)} liked, recommended first: {', '.join(lists.recommended[:3])}")


def _as_html(lists: UserLists, n: int) -> str:
    """Two lists as one table; every title escaped."""

    def cell(title: str, mark: str = "") -> str:
        full = html.escape(title)
        return f'<td {_LEFT} title="{full}">{mark}{full}</td>'

    hits = sum(lists.hits)
    marks = ["<strong>✓ </strong>" if hit else "" for hit in lists.hits]
    left = [cell(title) for title in lists.liked[:n]]
    right = [cell(title, mark) for title, mark in zip(lists.recommended, marks, strict=True)]
    rows = max(len(left), len(right))
    left += ["<td></td>"] * (rows - len(left))
    right += ["<td></td>"] * (rows - len(right))
    body = "".join(
        f'<tr><th scope="row" class="rank">{rank}</th>{liked}{best}</tr>'
        for rank, (liked, best) in enumerate(zip(left, right, strict=True), start=1)
    )
    shown = f"{min(n, len(lists.liked))} of {len(lists.liked)}"
    found = "" if lists.n_test is None else f", with {hits} of the user's {lists.n_test} likes in test"
    found += " (✓)" if hits else ""
    table = (
        f"<table><caption {_LEFT}>User {lists.user}</caption>"
        f'<thead><tr><th scope="col" class="rank">#</th><th scope="col" {_LEFT}>Liked ({shown})</th>'
        f'<th scope="col" {_LEFT}>Recommended{found}</th></tr></thead><tbody>{body}</tbody></table>'
    )
    if not lists.recommended:
        note = "Nothing is left to recommend: this user has liked every item."
    elif not lists.liked:
        note = "The user has liked nothing yet, so the model knows nothing of the user."
    elif lists.excluded:
        note = f"Left out, being liked already: {html.escape(', '.join(lists.excluded))}."
    else:
        note = "Nothing had to be left out: no liked item is among the best."
    return f"{table}<p>{note}</p>"


def _positives(name: str, matrix: Any) -> sp.csr_array:
    """Entries greater than zero, summed where they repeat, with sorted indices; the input stays as it was."""
    result = sp.csr_array(matrix, copy=True)
    if result.ndim != 2:
        raise ValueError(f"{name} has {result.ndim} dimensions; expected 2, users by items")
    result.sum_duplicates()
    result.data = np.where(result.data > 0, 1, 0).astype(np.int8)
    result.eliminate_zeros()
    return result


def _whole_number(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{name} is {value!r}; expected a whole number") from None
