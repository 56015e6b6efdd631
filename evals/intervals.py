"""95 % intervals of a score, and the Score that carries one.

Samples that share a text (Sample.group) are drawn together, as their outputs rise and fall together. Which interval:
right-or-wrong values get Wilson's, everything else the expanded percentile bootstrap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, isnan, sqrt, tanh
from statistics import NormalDist

import numpy as np

from evals.resampling import Plan, bootstrap_sums, by_group
from evals.types import Metric, Statistics

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """method says how the ends were found, with resamples and seed."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Score:
    """A metric's value over the samples that were scored, out of those asked: what failed is missing, not 0.

    value is None where nothing was scored or the metric is undefined; interval is None under two groups. clusters are
    the groups that were drawn together, as many as samples where none share any.
    """

    value: float | None
    interval: Interval | None
    scored: int
    asked: int
    clusters: int
    signature: str


def score(metric: Metric, rows: Statistics, groups: Sequence[str], asked: int, plan: Plan | None = None) -> Score:
    """rows are metric.statistics of the outputs there are; asked counts the failed ones too."""
    plan = plan or Plan()
    clusters = by_group(rows, groups)
    value = float(metric.combine(rows.sum(axis=0))) if len(rows) else float("nan")
    known = not isnan(value)
    found = interval(metric, rows, groups, plan) if known and len(clusters) > 1 else None
    return Score(value if known else None, found, len(rows), asked, len(clusters), metric.signature())


def interval(metric: Metric, rows: Statistics, groups: Sequence[str], plan: Plan) -> Interval | None:
    """None where a resample leaves the metric undefined. Needs two groups.

    Where every output earned the same, resamples tell nothing: 0 of 30 is no proof of 0. Wilson's interval is then
    wide enough for any values between 0 and 1, whose variance is at most that of right-or-wrong ones.
    """
    clusters = by_group(rows, groups)
    same = metric.per_sample == "unit" and bool((rows == rows[0]).all())
    if metric.per_sample == "binary" or same:
        values = rows[:, 0]
        size = len(values) if len(clusters) == len(values) else effective_size(values, groups)
        degrees = None if len(clusters) == len(values) else len(clusters) - 1
        low, high = wilson(float(values.mean()), size, degrees)
        clustered = "" if degrees is None else f"|clusters:{len(clusters)}"
        return Interval(100 * low, 100 * high, f"ci:95|wilson{clustered}")
    scores = metric.combine(bootstrap_sums(clusters, plan.resamples, plan.seed))
    if np.isnan(scores).any():
        return None
    low, high = expanded_percentile(scores, len(clusters))
    clustered = "" if len(clusters) == len(rows) else f"|clusters:{len(clusters)}"
    return Interval(low, high, f"ci:95|expanded-percentile|bs:{plan.resamples}|seed:{plan.seed}{clustered}")


def jackknife(metric: Metric, clusters: Statistics) -> Interval | None:
    """From the scores without one cluster each, with Student's t; None where one of these is undefined. Needs two.

    Tukey 1958; of few clusters it covers the truth better than resamples do.
    """
    size = len(clusters)
    totals = clusters.sum(axis=0)
    without = metric.combine(totals - clusters)
    if np.isnan(without).any():
        return None
    error = sqrt((size - 1) / size * float(((without - without.mean()) ** 2).sum()))
    value, half = float(metric.combine(totals)), student_quantile(size - 1) * error
    return Interval(value - half, value + half, f"ci:95|jackknife|clusters:{size}")


def fisher(correlation: float, size: int) -> Interval | None:
    """Of Pearson's r of size pairs, by its inverse hyperbolic tangent; None of fewer than four, or of all on a line.

    Fisher 1921, On the "probable error" of a coefficient of correlation deduced from a small sample, Metron 1.
    """
    if size < 4 or abs(correlation) >= 1:
        return None
    centre, half = atanh(correlation), NormalDist().inv_cdf((1 + CONFIDENCE) / 2) / sqrt(size - 3)
    return Interval(tanh(centre - half), tanh(centre + half), f"ci:95|fisher|pairs:{size}")


def expanded_percentile(scores: Statistics, draws: int) -> tuple[float, float]:
    """Ends of the 95 % interval from bootstrap scores of as many draws each; draws is at least 2.

    The plain percentiles are too narrow by √((n - 1) / n) and use the normal distribution in place of Student's.
    Moving them outward mends both: Hesterberg 2015, What Teachers Should Know About the Bootstrap.
    """
    outward = sqrt(draws / (draws - 1)) * student_quantile(draws - 1)
    tail = NormalDist().cdf(-outward)
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def wilson(share: float, size: float, degrees: int | None = None) -> tuple[float, float]:
    """Wilson's score interval of a share (0–1) of size values; with degrees of freedom, Student's t in place of z.

    Wilson 1927, Journal of the American Statistical Association 22.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) if degrees is None else student_quantile(degrees)
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def effective_size(values: Statistics, groups: Sequence[str]) -> float:
    """How many independent values would tell the mean as precisely as these, of which groups go together.

    n over the design effect, the clustered variance over the simple one, for Wilson's interval: Dean and Pagano 2015,
    Journal of Survey Statistics and Methodology 3. At most the number of values. If all are equal, the number of
    groups: nothing shows that they differ within one.
    """
    size, share = len(values), float(values.mean())
    sums = by_group(np.column_stack([values - share, np.ones(size)]), groups)
    clusters = len(sums)
    variance = clusters / (clusters - 1) * float((sums[:, 0] ** 2).sum()) / size**2
    if not variance:
        return clusters
    return min(size, share * (1 - share) / variance)


def student_quantile(degrees: int) -> float:
    """Of Student's t, two-sided 95 %."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))
