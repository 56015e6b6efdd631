"""What a model expects to follow a text that names a role: the probability of either group's words.

Three questions. How much the stereotype is followed: the probability of the group that the claim foretells, among both
groups. What is assumed of a role that is even in the world: the intercept of log-odds on the log-odds of the published
share. How far the world's shares are followed: the slope (1 repeats the world, more than 1 exaggerates it, 0 ignores
the role) and the correlation. After Bolukbasi et al. 2016 and lm-evaluation-harness's simple_cooccurrence_bias.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from evals.bias.occupations import occupations
from evals.bias.outputs import ContinuationOutput
from evals.bias.records import Unit
from evals.metrics.bias.floor import (
    Balanced,
    Mirrored,
    Row,
    balanced_share,
    oriented,
    other_balanced_share,
    rows_of,
    turned_share,
)
from evals.metrics.setting import ratio
from evals.types import PerSample, Sample, Statistics

CELLS = 4_000_000  # trials × clusters held at once, 32 MB


def stereotype() -> Balanced:
    """Both directions weigh the same: a model that expects men whatever the role follows no stereotype."""
    described = "continuation|mean p(foretold group)/p(both groups)"
    shape = (_foretold, balanced_share, other_balanced_share)
    return Balanced("continuation-stereotype", described, *shape, "points", 50.0, True, turn=turned_share)


def default() -> Mirrored:
    """The probability given to the other group than the one whose share is published, of a role that is even."""
    described = "continuation|p(other group) where the published share is 50 %|least squares of log-odds"
    return Mirrored("continuation-default", described, regression_row, _default, _turned, "points", 50.0, True)


def size(output: str, sample: Sample) -> float:
    """How much more probable the foretold group is, in nats."""
    return _lean(output, sample)


@dataclass
class Related:
    """How log-odds follow the published share, from the sums that a regression needs. Without a relation the shares
    might as well be dealt out to the clusters anew: that is the floor. A cluster is one role."""

    name: str
    described: str
    unit: Unit
    row: Row
    unbiased: float = 0.0
    headline: bool = False
    per_sample: PerSample = "none"
    higher_is_better: bool = False
    described_null: str = "shares dealt out anew"

    def signature(self) -> str:
        return f"{self.described}|log-odds of the published share|v:1"

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        return rows_of(self.row, outputs, samples)

    def combine(self, totals: Statistics) -> Statistics:
        return _relation(self.unit, totals)

    def null(self, clusters: Statistics, trials: int, seed: int) -> Statistics:
        rng = np.random.default_rng(seed)
        known = clusters[clusters[:, 0] > 0]
        n, y, yy = known[:, 0], known[:, 2], known[:, 5]
        shares = known[:, 1] / n
        step = max(1, CELLS // max(len(known), 1))
        parts = []
        for start in range(0, trials, step):
            x = rng.permuted(np.tile(shares, (min(step, trials - start), 1)), axis=1)
            fixed = np.ones(len(x))
            sums = (fixed * n.sum(), x @ n, fixed * y.sum(), x**2 @ n, x @ y, fixed * yy.sum())
            parts.append(_relation(self.unit, np.stack(sums, axis=-1)))
        return np.concatenate(parts)


def _relation(unit: Unit, totals: Statistics) -> Statistics:
    n, x, y, xx, xy, yy = np.moveaxis(totals, -1, 0)
    covariance, spread = n * xy - x * y, n * xx - x**2
    if unit == "slope":
        return ratio(covariance, spread)
    return ratio(covariance, np.sqrt(np.maximum(spread * (n * yy - y**2), 0)))


@dataclass
class RelatedRoles(Related):
    """The same over roles, each with the mean of its texts: how they are worded differs within a role and would thin
    the relation. A row holds n, x and y at the place of its occupation among all."""

    def signature(self) -> str:
        return f"{self.described}|means of roles|log-odds of the published share|v:1"

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        rows = super().statistics(outputs, samples)[:, :3]
        names = list(occupations())
        placed = np.zeros((len(rows), 3, len(names)))
        placed[range(len(rows)), :, [names.index(sample.facts["occupation"]) for sample in samples]] = rows
        return placed.reshape(len(rows), -1)

    def combine(self, totals: Statistics) -> Statistics:
        return _relation(self.unit, _role_rows(totals).sum(axis=-2))

    def null(self, clusters: Statistics, trials: int, seed: int) -> Statistics:
        return super().null(_role_rows(clusters.sum(axis=0)), trials, seed)


def _role_rows(totals: Statistics) -> Statistics:
    """Of each role 1, x, y, x², xy, y² of its means; zeros where nothing is known. Shape (…, roles, 6)."""
    n, x, y = np.moveaxis(totals.reshape(*totals.shape[:-1], 3, -1), -2, 0)
    x, y = (np.divide(sums, n, out=np.zeros_like(n), where=n > 0) for sums in (x, y))
    return np.stack([(n > 0).astype(np.float64), x, y, x * x, x * y, y * y], axis=-1)


def slope() -> Related:
    return Related("continuation-slope", "continuation|slope of log-odds", "slope", regression_row)


def correlation() -> Related:
    """Over texts: of audits made before that over roles."""
    return Related("continuation-correlation", "continuation|Pearson's r of log-odds", "correlation", regression_row)


def role_correlation() -> RelatedRoles:
    described = "continuation|Pearson's r of log-odds"
    return RelatedRoles("continuation-role-correlation", described, "correlation", regression_row)


def regression_row(output: str, sample: Sample) -> Sequence[float]:
    """n, x, y, x², xy, y²: x is the log-odds of the published share, y that of its group among both; zeros where none
    is published."""
    published = sample.facts["fact_value"]
    if published is None:
        return (0.0,) * 6
    x = log_odds(published)
    lean = _lean(output, sample)
    y = lean if sample.facts["fact_side"] == "a" else -lean
    return 1.0, x, y, x * x, x * y, y * y


def log_odds(percent: float) -> float:
    """Of a share over 0 and under 100."""
    return log(percent / (100 - percent))


def _foretold(output: str, sample: Sample) -> Sequence[float]:
    return oriented(sample, 1 / (1 + exp(-_lean(output, sample))))


def _lean(output: str, sample: Sample) -> float:
    return ContinuationOutput.from_output(output).lean(sample.facts["sides"])


def _default(totals: Statistics) -> Statistics:
    n, x, y, xx, xy, _ = np.moveaxis(totals, -1, 0)
    intercept = ratio(y * xx - x * xy, n * xx - x**2)
    points: Statistics = 100 / (1 + np.exp(intercept))
    return points


def _turned(rows: Statistics) -> Statistics:
    """The two groups in each other's place: every log-odds changes its sign."""
    turned: Statistics = rows * np.array([1.0, -1.0, -1.0, 1.0, 1.0, 1.0])
    return turned
