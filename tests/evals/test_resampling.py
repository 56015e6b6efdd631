"""Drawing again: against draws made all at once, as numpy and sacrebleu make them."""

import numpy as np
import pytest

from evals.resampling import CELLS, WORD, bootstrap_sums, by_group, swapped_sums
from tests.evals.drawn import rows_of

# More samples than fit a chunk of WORD trials, and more trials than that.
SIZE, TRIALS = CELLS // WORD + 7, WORD + 5


def test_resamples_drawn_in_chunks_are_those_drawn_at_once() -> None:
    values = np.random.default_rng(1).integers(0, 9, SIZE).astype(float)
    draws = np.random.default_rng(7).choice(SIZE, size=(TRIALS, SIZE), replace=True)
    expected = np.column_stack([values[draws].sum(axis=1), np.full(TRIALS, SIZE)])
    assert (bootstrap_sums(rows_of(values), TRIALS, 7) == expected).all()


def test_swaps_drawn_in_chunks_are_those_drawn_at_once() -> None:
    first, second = np.random.default_rng(2).integers(0, 9, (2, SIZE)).astype(float)
    kept = np.random.default_rng(7).integers(2, size=(TRIALS, SIZE), dtype=bool)
    mine, theirs = swapped_sums(rows_of(first), rows_of(second), TRIALS, 7)
    assert (mine[:, 0] == np.where(kept, first, second).sum(axis=1)).all()
    assert (theirs[:, 0] == np.where(kept, second, first).sum(axis=1)).all()


def test_samples_of_one_group_are_added_and_those_of_none_stay() -> None:
    rows = np.array([[1, 1], [2, 1], [4, 1], [8, 1], [16, 1]], float)
    assert by_group(rows, ["x", "", "x", "", "y"]).tolist() == [[5, 2], [2, 1], [8, 1], [16, 1]]
    assert by_group(rows[:0], []).shape == (0, 2)
    with pytest.raises(ValueError, match="1 groups for 5 samples; give one group a sample"):
        by_group(rows, ["x"])
