"""Many data sets at once: what intervals and paired tests make of each, from draws that all of them share.

Drawing is what takes the time, and the same draws serve any rows. The functions are those of evals/intervals.py and
evals/comparisons.py over one more axis; test_stats.py holds the first of each hundred against the product's own.
"""

from collections.abc import Sequence

import numpy as np

from evals.comparisons import ROUNDING, mcnemar
from evals.intervals import expanded_percentile
from evals.resampling import Plan, bootstrap_sums, by_group, swapped_sums
from evals.types import Metric, Statistics
from evals.verdicts import verdict

Rows = Sequence[Statistics]
"""Of each data set, in shape (samples, k)."""


def intervals(metric: Metric, rows: Rows, groups: Sequence[str], plan: Plan) -> list[tuple[float, float]]:
    clusters = by_group(np.hstack(rows), groups)
    scores = _scores(metric, bootstrap_sums(clusters, plan.resamples, plan.seed), len(rows))
    return [expanded_percentile(each, len(clusters)) for each in scores.T]


def paired_bootstrap(metric: Metric, first: Rows, second: Rows, plan: Plan) -> Statistics:
    strayed = _bootstrap_differences(metric, first, second, plan) - _seen(metric, first, second)
    return _share(np.abs(strayed) >= np.abs(_seen(metric, first, second)) - ROUNDING)


def paired_bootstrap_of_sacrebleu(metric: Metric, first: Rows, second: Rows, plan: Plan) -> Statistics:
    sizes = np.abs(_bootstrap_differences(metric, first, second, plan))
    return _share(sizes - sizes.mean(axis=0) > np.abs(_seen(metric, first, second)))


def randomization(metric: Metric, first: Rows, second: Rows, plan: Plan) -> Statistics:
    mine, theirs = (
        _scores(metric, sums, len(first))
        for sums in swapped_sums(np.hstack(first), np.hstack(second), plan.trials, plan.seed)
    )
    return _share(np.abs(mine - theirs) >= np.abs(_seen(metric, first, second)) - ROUNDING)


def verdicts(metric: Metric, first: Rows, second: Rows, groups: Sequence[str], plan: Plan) -> list[str]:
    """Of Comparison.verdict, compare()'s first against second."""
    one, other = ([by_group(each, groups) for each in rows] for rows in (first, second))
    differences = _bootstrap_differences(metric, one, other, plan)
    ends = [expanded_percentile(each, len(one[0])) for each in differences.T]
    if metric.per_sample == "binary":
        p_values = [mcnemar(mine[:, 0], theirs[:, 0]) for mine, theirs in zip(first, second, strict=True)]
    else:
        p_values = randomization(metric, one, other, plan).tolist()
    return [verdict(low, high, p_value) for (low, high), p_value in zip(ends, p_values, strict=True)]


def _bootstrap_differences(metric: Metric, first: Rows, second: Rows, plan: Plan) -> Statistics:
    sums = bootstrap_sums(np.hstack([*first, *second]), plan.resamples, plan.seed)
    scores = _scores(metric, sums, 2 * len(first))
    return scores[:, : len(first)] - scores[:, len(first) :]


def _seen(metric: Metric, first: Rows, second: Rows) -> Statistics:
    one, other = (metric.combine(np.stack([each.sum(axis=0) for each in rows])) for rows in (first, second))
    return one - other


def _scores(metric: Metric, sums: Statistics, data_sets: int) -> Statistics:
    """Shape (draws, data_sets)."""
    return metric.combine(sums.reshape(len(sums), data_sets, -1))


def _share(extreme: np.ndarray) -> Statistics:
    return (extreme.sum(axis=0) + 1) / (len(extreme) + 1)
