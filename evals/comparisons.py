"""Two systems on the same samples: the difference, its interval, and tests of whether it is more than chance.

All are paired, on the samples both have answered, and keep samples of one group together. Which p-value compare()
gives: exact McNemar for right-or-wrong values of samples that share nothing, else approximate randomization.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from evals.intervals import expanded_percentile
from evals.resampling import Plan, bootstrap_sums, by_group, swapped_sums
from evals.types import Metric, Statistics
from evals.verdicts import Verdict, more_samples_needed, verdict

# Scores that differ by less are equal: sums of the same numbers in another order.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Scored:
    """One run under one metric: row i of statistics belongs to sample ids[i] of groups[i]. Failed samples are absent;
    asked counts them."""

    ids: Sequence[str]
    rows: Statistics
    groups: Sequence[str]
    asked: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """difference is candidate minus baseline on the samples both answered; low and high are its 95 % interval.

    None where fewer than two groups are shared, or the metric is undefined. asked is the larger number of samples
    asked of either.
    """

    baseline: float | None
    candidate: float | None
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    p_value: float | None
    test: str
    scored: int
    asked: int
    clusters: int
    higher_is_better: bool
    signature: str

    def verdict(self, margin: float = 0.0, p_value: float | None = None) -> Verdict:
        """In one word; p_value in place of the own one after adjusting for multiplicity."""
        adjusted = self.p_value if p_value is None else p_value
        return verdict(self.low, self.high, adjusted, self.higher_is_better, margin)

    def more_samples_needed(self, effect: float | None = None) -> int | None:
        """To find effect, or the difference that was seen, four times in five; None where there is nothing to find, or
        too little."""
        wanted = self.difference if effect is None else effect
        if not wanted or self.standard_error is None:
            return None
        return more_samples_needed(self.scored, self.standard_error, wanted)


def compare(metric: Metric, candidate: Scored, baseline: Scored, plan: Plan | None = None) -> Comparison:
    """On the intersection of their samples. Raises ValueError where a sample has two groups or stands twice."""
    plan = plan or Plan()
    mine, theirs, groups = _shared(candidate, baseline)
    asked = max(candidate.asked, baseline.asked)
    first, second = by_group(mine, groups), by_group(theirs, groups)
    scores = [float(metric.combine(rows.sum(axis=0))) if len(rows) else float("nan") for rows in (mine, theirs)]
    facts = (len(groups), asked, len(first), metric.higher_is_better, metric.signature())
    if len(first) < 2 or any(map(isnan, scores)):
        values = [None if isnan(value) else value for value in scores]
        return Comparison(values[1], values[0], None, None, None, None, None, "none", *facts)
    differences = bootstrap_differences(metric, first, second, plan)
    low, high = expanded_percentile(differences, len(first))
    if metric.per_sample == "binary" and len(first) == len(groups):
        p_value, test = mcnemar(mine[:, 0], theirs[:, 0]), "mcnemar-exact"
    else:
        p_value = randomization(metric, first, second, plan)
        test = f"approximate-randomization|ar:{plan.trials}|seed:{plan.seed}"
    error = float(differences.std(ddof=1))
    return Comparison(scores[1], scores[0], scores[0] - scores[1], low, high, error, p_value, test, *facts)


def bootstrap_differences(metric: Metric, first: Statistics, second: Statistics, plan: Plan) -> Statistics:
    """metric of first minus metric of second, on the same rows drawn with replacement: shape (plan.resamples,)."""
    both = bootstrap_sums(np.hstack([first, second]), plan.resamples, plan.seed)
    width = first.shape[1]
    differences: Statistics = metric.combine(both[:, :width]) - metric.combine(both[:, width:])
    return differences


def paired_bootstrap(metric: Metric, first: Statistics, second: Statistics, plan: Plan) -> float:
    """Two-sided p-value: how often resamples stray from the difference seen by at least as much as it is from 0.

    Efron and Tibshirani 1993, section 16.4, with one added on both sides of the division (Davison and Hinkley 1997).
    """
    seen = _difference(metric, first, second)
    strayed = bootstrap_differences(metric, first, second, plan) - seen
    return _share(np.abs(strayed) >= abs(seen) - ROUNDING)


def paired_bootstrap_of_sacrebleu(metric: Metric, first: Statistics, second: Statistics, plan: Plan) -> float:
    """The p-value sacrebleu 2.6.0 prints for the same seed: for comparing with published tables only.

    Its mean absolute difference makes the test one-sided in effect: between equal systems it finds a difference about
    twice as often as it says (tests/evals/test_stats.py).
    """
    sizes = np.abs(bootstrap_differences(metric, first, second, plan))
    return _share(sizes - sizes.mean() > abs(_difference(metric, first, second)))


def randomization(metric: Metric, first: Statistics, second: Statistics, plan: Plan) -> float:
    """Two-sided p-value of approximate randomization: how often swapping outputs at random makes as large a difference.

    Noreen 1989; Riezler and Maxwell 2005. sacrebleu counts larger differences only, so that two equal systems get its
    smallest p-value; otherwise the two agree for the same seed.
    """
    seen = abs(_difference(metric, first, second))
    mine, theirs = swapped_sums(first, second, plan.trials, plan.seed)
    return _share(np.abs(metric.combine(mine) - metric.combine(theirs)) >= seen - ROUNDING)


def sign_flip(differences: Statistics, plan: Plan) -> float:
    """Two-sided p-value that paired differences are 0 in the mean, from turning their signs; exact where plan.trials
    cover every way to do so. For means, what randomization is for any metric."""
    size = len(differences)
    if 2**size <= plan.trials:
        signs = 1 - 2 * (np.arange(2**size)[:, None] >> np.arange(size) & 1)
        return float((np.abs(signs @ differences) >= abs(differences.sum()) - ROUNDING).mean())
    turned, _ = swapped_sums(differences[:, None], -differences[:, None], plan.trials, plan.seed)
    return _share(np.abs(turned) >= abs(differences.sum()) - ROUNDING)


def mcnemar(first: Statistics, second: Statistics) -> float:
    """Exact two-sided p-value for paired values 0 or 1: are the samples only one of both got right evenly divided?"""
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    only_first, only_second = int((first > second).sum()), int((second > first).sum())
    if not only_first + only_second:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def _difference(metric: Metric, first: Statistics, second: Statistics) -> float:
    return float(metric.combine(first.sum(axis=0)) - metric.combine(second.sum(axis=0)))


def _share(extreme: np.ndarray) -> float:
    """Of the trials, the one that was seen included."""
    return (int(extreme.sum()) + 1) / (len(extreme) + 1)


def _shared(candidate: Scored, baseline: Scored) -> tuple[Statistics, Statistics, list[str]]:
    """Rows of the samples that both have, in the candidate's order, and their groups."""
    mine, theirs = _places(candidate), _places(baseline)
    shared = [sample for sample in candidate.ids if sample in theirs]
    groups = [candidate.groups[mine[sample]] for sample in shared]
    others = [baseline.groups[theirs[sample]] for sample in shared]
    if groups != others:
        sample = next(sample for sample, mine_, other in zip(shared, groups, others, strict=True) if mine_ != other)
        raise ValueError(f"Sample {sample!r} is in two groups: these runs are not of one suite")
    return (
        candidate.rows[[mine[sample] for sample in shared]],
        baseline.rows[[theirs[sample] for sample in shared]],
        groups,
    )


def _places(run: Scored) -> Mapping[str, int]:
    places = {sample: place for place, sample in enumerate(run.ids)}
    if len(places) != len(run.ids) or len(places) != len(run.rows):
        raise ValueError(f"{len(run.rows)} rows for {len(places)} different samples; give one row a sample")
    return places
