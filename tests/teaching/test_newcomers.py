"""An exam of newcomers asks only what was not shown, and shows more of the same."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons.teaching.newcomers import exam_of_newcomers

RATINGS = sp.coo_matrix(np.where(np.arange(60).reshape(10, 6) % 7 == 0, 0, 1 + np.arange(60).reshape(10, 6)))


def test_parts_are_disjoint_and_ratings_unchanged() -> None:
    old, (none, two, four), asked = exam_of_newcomers(RATINGS, shown=[0, 2, 4], asked=(4, 6), seed=1)
    new_users = np.unique(four.row)
    assert len(new_users) == 2 and not np.isin(old.row, new_users).any()
    assert none.nnz == 0 and two.nnz == 4 and four.nnz == 8
    assert set(zip(two.row, two.col, strict=True)) < set(zip(four.row, four.col, strict=True))
    assert np.array_equal((old + four + asked).toarray(), RATINGS.toarray())
    assert four.multiply(asked).nnz == 0


def test_seed_decides() -> None:
    first, again, other = (exam_of_newcomers(RATINGS, [2], (2, 6), seed) for seed in (0, 0, 1))
    assert np.array_equal(first.asked.toarray(), again.asked.toarray())
    assert not np.array_equal(first.asked.toarray(), other.asked.toarray())


def test_refuses_to_ask_what_was_shown() -> None:
    with pytest.raises(ValueError, match="5 ratings are shown and those from 4 asked"):
        exam_of_newcomers(RATINGS, [0, 5], (4, 6), seed=0)
