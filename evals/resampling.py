"""Samples drawn again: sums of statistics over bootstrap resamples and over random swaps between two systems.

Each trial is a vector of weights times the rows, in chunks, so that memory does not grow with their number. The random
numbers are drawn in sacrebleu 2.6.0's order: the same seed gives the same resamples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evals.types import Statistics

CELLS = 4_000_000  # trials × samples held at once: 32 MB of draws, and as much of weights
WORD = 32  # random bits come in words of 32: chunks that are whole words do not depend on the chunk's size


@dataclass(frozen=True, slots=True)
class Plan:
    """How often to draw, and from which seed. resamples are for intervals, trials for randomization tests."""

    resamples: int = 1000
    trials: int = 10_000
    seed: int = 12345


def by_group(rows: Statistics, groups: Sequence[str]) -> Statistics:
    """One row a group, the sum of its rows, in order of first appearance; samples of group "" stand for themselves.

    Raises ValueError unless there is one group a row.
    """
    if len(groups) != len(rows):
        raise ValueError(f"{len(groups)} groups for {len(rows)} samples; give one group a sample")
    if not len(rows):
        return rows
    numbers: dict[str | int, int] = {}
    members = [numbers.setdefault(group or place, len(numbers)) for place, group in enumerate(groups)]
    sums = np.zeros((len(numbers), rows.shape[1]))
    np.add.at(sums, members, rows)
    return sums


def bootstrap_sums(rows: Statistics, resamples: int, seed: int) -> Statistics:
    """Shape (resamples, k): sums of as many rows as there are, drawn with replacement."""
    rng = np.random.default_rng(seed)
    size = len(rows)
    sums = np.empty((resamples, rows.shape[1]))
    for start, stop in _chunks(resamples, size):
        draws = rng.integers(size, size=(stop - start, size))
        draws += size * np.arange(stop - start)[:, None]
        weights = np.bincount(draws.ravel(), minlength=draws.size).reshape(draws.shape)
        sums[start:stop] = weights.astype(np.float64) @ rows
    return sums


def swapped_sums(first: Statistics, second: Statistics, trials: int, seed: int) -> tuple[Statistics, Statistics]:
    """Sums of two systems' rows after each pair of rows changed sides with probability ½: shapes (trials, k)."""
    rng = np.random.default_rng(seed)
    size = len(first)
    kept = np.empty((trials, first.shape[1]))
    for start, stop in _chunks(trials, size):
        sides = rng.integers(2, size=(stop - start, size), dtype=np.bool_)
        kept[start:stop] = sides.astype(np.float64) @ (first - second)
    return second.sum(axis=0) + kept, first.sum(axis=0) - kept


def _chunks(trials: int, size: int) -> Iterator[tuple[int, int]]:
    step = max(WORD, CELLS // max(size, 1) // WORD * WORD)
    return ((start, min(start + step, trials)) for start in range(0, trials, step))
