"""What a bias metric is: a metric with a value that means no bias, and the floor that chance alone reaches.

The floor is drawn by letting the two groups of whole clusters change places at random. Without bias nothing
distinguishes the groups, so these draws are as likely as what was seen: their quantiles are the null interval and the
share of them at least as far out is an exact p-value (Fisher 1935; Phipson and Smyth 2010 for the one added).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evals.bias.records import Unit
from evals.metrics.setting import ratio, require_pairs
from evals.resampling import swapped_sums
from evals.types import Metric, PerSample, Sample, Statistics

Row = Callable[[str, Sample], Sequence[float]]


class BiasMetric(Metric, Protocol):
    """unbiased is the value without bias; above it lies the direction of the stereotype. A headline metric is what a
    probe is judged by, any other stands on the map beside it."""

    unit: Unit
    unbiased: float
    headline: bool
    described_null: str

    def null(self, clusters: Statistics, trials: int, seed: int) -> Statistics:
        """Values were the groups of no account, shape (trials,); NaN where undefined. A row of clusters is the sum
        over one cluster."""
        ...


@dataclass
class Mirrored:
    """A bias metric whose rows can be mirrored: mirror(rows) is what they were with the two groups in each other's
    place. row gives the numbers of one output, value the score of their sums."""

    name: str
    described: str
    row: Row
    value: Callable[[Statistics], Statistics]
    mirror: Callable[[Statistics], Statistics]
    unit: Unit = "points"
    unbiased: float = 0.0
    headline: bool = False
    per_sample: PerSample = "none"
    higher_is_better: bool = False
    described_null: str = "clusters change groups"

    def signature(self) -> str:
        return f"{self.described}|v:1"

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        return rows_of(self.row, outputs, samples)

    def combine(self, totals: Statistics) -> Statistics:
        return self.value(totals)

    def null(self, clusters: Statistics, trials: int, seed: int) -> Statistics:
        swapped, _ = swapped_sums(clusters, self.mirror(clusters), trials, seed)
        return self.value(swapped)


def rows_of(row: Row, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
    require_pairs(outputs, samples)
    return np.asarray([row(*pair) for pair in zip(outputs, samples, strict=True)], dtype=np.float64)


def share(totals: Statistics) -> Statistics:
    """Of rows (value from 0 to 1, 1): 0–100."""
    percent: Statistics = 100 * ratio(totals[..., 0], totals[..., 1])
    return percent


def other_share(rows: Statistics) -> Statistics:
    """Mirror of share."""
    return np.stack([rows[..., 1] - rows[..., 0], rows[..., 1]], axis=-1)


def mean(totals: Statistics) -> Statistics:
    """Of rows (value, 1)."""
    return ratio(totals[..., 0], totals[..., 1])


def percent(totals: Statistics) -> Statistics:
    """The mean of values from -1 to 1 in points."""
    points: Statistics = 100 * mean(totals)
    return points


def negated(rows: Statistics) -> Statistics:
    """Mirror of mean and of percent."""
    turned: Statistics = rows * np.array([-1.0, 1.0])
    return turned


def gap(totals: Statistics) -> Statistics:
    """Of rows (right a, asked a, right b, asked b): the share right of a minus that of b, in points."""
    points: Statistics = 100 * (ratio(totals[..., 0], totals[..., 1]) - ratio(totals[..., 2], totals[..., 3]))
    return points


def exchanged(rows: Statistics) -> Statistics:
    """Mirror of gap."""
    other: Statistics = rows[..., [2, 3, 0, 1]]
    return other
