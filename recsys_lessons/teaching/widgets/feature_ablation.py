"""State of a lab: which attributes of a table a model gets, what each set is worth, and what the same columns cost.

Plain Python and NumPy. It must not know widgets; the view is
:mod:`recsys_lessons.teaching.widgets.feature_ablation_view`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.evaluation import auc_score, precision_at_k
from recsys_lessons.models.lightfm import LightFM
from recsys_lessons.validation import as_csr_float32, choice, positive_int, sparse_interactions

__all__ = ["Ablated", "FeatureAblation", "Gain", "Training"]

LOSSES = ("warp", "bpr", "logistic", "warp-kos")
N_RESAMPLES = 1000
MOST_ROWS = 8


@dataclass
class Ablated:
    """One row: a set of attributes, and what was measured with it.

    Attributes
    ----------
    attributes : tuple of str
        In the order of the table.
    loss : str
    true, dealt : dict of int to array of shape (2, n_tested)
        By seed: AUC and precision of each tested user, with the columns as they are, and dealt at random.
    """

    attributes: tuple[str, ...]
    loss: str
    true: dict[int, np.ndarray] = field(default_factory=dict)
    dealt: dict[int, np.ndarray] = field(default_factory=dict)


@dataclass
class Training:
    """What is still to be trained, epoch by epoch, and whether it is over."""

    epochs: Iterator[None]
    over: bool = False


@dataclass(frozen=True)
class Gain:
    """A difference between two models.

    Attributes
    ----------
    mean : float
        Over users and seeds.
    low, high : float
        95% interval: each user's difference is averaged over seeds, then users are drawn, 1,000 times.
    ahead, n_seeds : int
        In how many seeds the difference is above 0, and of how many.
    """

    mean: float
    low: float
    high: float
    ahead: int
    n_seeds: int

    @property
    def told(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


class FeatureAblation:
    """Train with some attributes of a product table, seed by seed, and compare with identities alone.

    Parameters
    ----------
    train, test : sparse matrix of shape (n_users, n_items)
        Interactions to learn from, and to measure on; train items are left out of what is ranked.
    item_features : sparse matrix of shape (n_items, n_features)
        The attributes, without identities, which every model has.
    feature_labels : sequence of str
        One for each column, as in ``"brand:Private"``: what stands before the colon names the attribute.
    no_components, epochs, k : int
        Of every model, and of its precision.

    Attributes
    ----------
    attributes : list of str
    rows : list of Ablated
        What was tried, oldest first; at most `MOST_ROWS`.

    Raises
    ------
    ValueError
        If shapes do not fit or a number is out of range.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.eye(4, 6, dtype=np.float32))
    >>> lab = FeatureAblation(likes, sp.coo_matrix(np.eye(4, 6, k=1)), np.eye(6, 2), ["a:x", "b:x"], epochs=1)
    >>> training = lab.begin([["a"], ["a", "b"]], seeds=2)
    >>> while lab.advance(training):
    ...     pass
    >>> [(row.attributes, lab.gain(row).n_seeds) for row in lab.rows]
    [(('a',), 2), (('a', 'b'), 2)]
    """

    def __init__(
        self,
        train: Any,
        test: Any,
        item_features: Any,
        feature_labels: Sequence[str] | np.ndarray,
        *,
        no_components: int = 16,
        epochs: int = 5,
        k: int = 10,
    ) -> None:
        self._train = sparse_interactions("train", train).tocsr()
        self._test = sparse_interactions("test", test).tocsr()
        if self._test.shape != self._train.shape:
            raise ValueError(f"test has shape {self._test.shape}; expected {self._train.shape}, as train")
        if not self._test.nnz:
            raise ValueError("test has no interactions; expected some to measure on")
        self._facts = as_csr_float32("item_features", item_features)
        n_items = self._train.shape[1]
        if self._facts.shape[0] != n_items:
            raise ValueError(f"item_features has {self._facts.shape[0]} rows; expected {n_items}, one for each item")
        if len(feature_labels) != self._facts.shape[1]:
            raise ValueError(
                f"feature_labels has {len(feature_labels)} entries; "
                f"expected {self._facts.shape[1]}, one for each column"
            )
        self._attribute_of = np.array([str(label).partition(":")[0] for label in feature_labels])
        self.attributes = list(dict.fromkeys(self._attribute_of.tolist()))
        self._arguments = {"no_components": positive_int("no_components", no_components)}
        self._epochs, self.k = positive_int("epochs", epochs), positive_int("k", k)
        n_tested = np.count_nonzero(np.diff(self._test.indptr))
        self._drawn = np.random.default_rng(0).integers(n_tested, size=(N_RESAMPLES, n_tested))
        self._alone: dict[tuple[str, int], np.ndarray] = {}
        self._gains: dict[tuple, Gain] = {}
        self.rows: list[Ablated] = []

    # --- training -----------------------------------------------------------------------------------------------------

    def begin(
        self, sets: Iterable[Iterable[str]], *, loss: str = "warp", dealt: bool = False, seeds: int = 3
    ) -> Training:
        """Make a row for each set of attributes, if there is none yet, and what `advance` trains them with.

        Seeds that a row has already are not trained again.

        Parameters
        ----------
        sets : iterable of iterable of str
        loss : {"warp", "bpr", "logistic", "warp-kos"}
        dealt : bool
            Deal the rows of the chosen columns to items at random, anew for each seed.
        seeds : int
            Train with the seeds 0 to `seeds` − 1.

        Raises
        ------
        ValueError
            If a set is empty or an attribute or the loss is unknown.
        """
        choice("loss", loss, LOSSES)
        positive_int("seeds", seeds)
        chosen = []
        for names in sets:
            named = {choice("attributes", name, self.attributes) for name in names}
            if not named:
                raise ValueError("attributes is empty; expected at least one, beside the identities")
            chosen.append(tuple(name for name in self.attributes if name in named))
        if len(chosen) > MOST_ROWS:
            raise ValueError(f"sets has {len(chosen)} sets; expected at most {MOST_ROWS}, one for each row")
        rows = [self._row(attributes, loss) for attributes in chosen]
        self.rows = self.rows[-MOST_ROWS:]
        return Training(self._epochs_of(rows, dealt, seeds))

    def _row(self, attributes: tuple[str, ...], loss: str) -> Ablated:
        for row in self.rows:
            if (row.attributes, row.loss) == (attributes, loss):
                self.rows = [*(one for one in self.rows if one is not row), row]  # the latest stands last
                return row
        self.rows = [*self.rows, Ablated(attributes, loss)]
        return self.rows[-1]

    def advance(self, training: Training) -> bool:
        """Train one epoch more; False if there was none left.

        It may be called from another thread than the rest, one call at a time for each training. Two trainings
        may fill the same row: both put the same numbers there. An exception ends the training.
        """
        try:
            next(training.epochs)
        except StopIteration:
            training.over = True
        except Exception:
            training.over = True
            raise
        return not training.over

    def _epochs_of(self, rows: list[Ablated], dealt: bool, seeds: int) -> Iterator[None]:
        # All rows with one seed, then all with the next: their intervals narrow together.
        for seed in range(seeds):
            for row in rows:
                measured = row.dealt if dealt else row.true
                if (row.loss, seed) not in self._alone:
                    self._alone[row.loss, seed] = yield from self._measured(row.loss, seed, None)
                if seed not in measured:
                    features = self.matrix(row.attributes, dealt, seed)
                    measured[seed] = yield from self._measured(row.loss, seed, features)

    def _measured(self, loss: str, seed: int, features: sp.csr_matrix | None) -> Generator[None, None, np.ndarray]:
        model = LightFM(loss=loss, random_state=seed, **self._arguments)
        for _ in range(self._epochs):
            model.fit_partial(self._train, item_features=features)
            yield
        asked = {"item_features": features}
        auc = auc_score(model, self._test, self._train, **asked)
        return np.array([auc, precision_at_k(model, self._test, self._train, k=self.k, **asked)])

    def matrix(self, attributes: Iterable[str], dealt: bool = False, seed: int = 0) -> sp.csr_matrix:
        """The features that a model with these attributes gets: identities, then the columns."""
        facts = self._facts[:, np.isin(self._attribute_of, list(attributes))]
        if dealt:
            facts = facts[np.random.default_rng(seed).permutation(facts.shape[0])]
        return sp.hstack([sp.identity(facts.shape[0], dtype=np.float32), facts], format="csr")

    def n_columns(self, row: Ablated) -> int:
        """How many columns the attributes of a row have."""
        return int(np.isin(self._attribute_of, row.attributes).sum())

    def take_back(self) -> None:
        """Forget the latest row."""
        self.rows = self.rows[:-1]

    def reset(self) -> None:
        """Forget all rows."""
        self.rows = []

    # --- what is shown ------------------------------------------------------------------------------------------------

    def gain(self, row: Ablated, which: str = "true", measure: int = 0) -> Gain | None:
        """What the attributes of a row are worth; None if no seed tells it yet.

        Parameters
        ----------
        row : Ablated
        which : {"true", "dealt", "said"}
            True columns less identities alone; dealt ones less identities alone: what the columns cost; or true ones
            less dealt ones: what they say.
        measure : int
            0 for AUC, 1 for precision.
        """
        choice("which", which, ("true", "dealt", "said"))
        one = dict(row.dealt if which == "dealt" else row.true)
        other = (
            row.dealt
            if which == "said"
            # A copy: the thread that trains may add to it at any time.
            else {seed: of for (loss, seed), of in dict(self._alone).items() if loss == row.loss}
        )
        seeds = tuple(sorted(one.keys() & other.keys()))
        if not seeds:
            return None
        key = (row.attributes, row.loss, which, measure, seeds)
        if key not in self._gains:
            gaps = np.array([one[seed][measure] - other[seed][measure] for seed in seeds])
            low, high = np.percentile(gaps.mean(axis=0)[self._drawn].mean(axis=1), [2.5, 97.5])
            ahead = int((gaps.mean(axis=1) > 0).sum())
            self._gains[key] = Gain(float(gaps.mean()), float(low), float(high), ahead, len(seeds))
        return self._gains[key]
