"""Intervals against scipy, statsmodels and sacrebleu, and what a Score says of what is missing."""

from dataclasses import replace

import numpy as np
import pytest
from sacrebleu.significance import _bootstrap_resample
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evals.intervals import Interval, Score, effective_size, expanded_percentile, fisher, interval, score, wilson
from evals.resampling import Plan, bootstrap_sums
from tests.evals.drawn import BLEU, bleu_rows, mean_metric, rows_of


@pytest.mark.parametrize(("right", "size"), [(0, 30), (1, 30), (15, 30), (30, 30), (81, 263), (1, 1)])
def test_wilson_is_scipys_and_statsmodels(right: int, size: int) -> None:
    ends = wilson(right / size, size)
    theirs = stats.binomtest(right, size).proportion_ci(method="wilson")
    assert ends == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ends == pytest.approx(proportion_confint(right, size, method="wilson"), abs=1e-12)


def test_wilson_of_81_in_263_is_newcombes() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=0.00005)


def test_the_interval_of_a_correlation_is_scipys() -> None:
    x, y = np.random.default_rng(2).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 40).T
    theirs = stats.pearsonr(x, y)
    found = fisher(float(theirs.statistic), 40)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval()))


def test_bootstrap_scores_are_sacrebleus_for_the_same_seed() -> None:
    rng = np.random.default_rng(1)
    rows = bleu_rows(rng, rng.beta(6, 4, 150))
    _, theirs = _bootstrap_resample(rows.tolist(), BLEU._counter, 200)  # its seed is 12345
    ours = BLEU.combine(bootstrap_sums(rows, 200, 12345))
    assert ours == pytest.approx([found.score for found in theirs], abs=1e-4)  # it adds in single precision


@pytest.mark.parametrize("size", [12, 40])
def test_the_bootstrap_interval_of_a_normal_mean_is_students(size: int) -> None:
    """Hesterberg 2015: the expansion makes it so; the plain percentiles are a tenth too narrow at 12."""
    values = stats.norm(50, 10).ppf((np.arange(size) + 0.5) / size)
    found = expanded_percentile(bootstrap_sums(rows_of(values), 20_000, 1)[:, 0] / size, size)
    theirs = stats.t.interval(0.95, size - 1, values.mean(), stats.sem(values))
    assert np.ptp(found) == pytest.approx(np.ptp(theirs), rel=0.05)


def test_the_effective_size_of_the_toy_clusters() -> None:
    """Of 111, 000, 101, 001, the clustered standard error with C / (C - 1) is 0.215166: inspect_ai 0.3, hand-checked
    as √(4/3 · (2.25 + 2.25 + 0.25 + 0.25)) / 12. A share of ½ of size n has √(¼ / n)."""
    values = np.array([1, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1], float)
    groups = [group for group in "abcd" for _ in range(3)]
    assert effective_size(values, groups) == pytest.approx(0.25 / 0.215166**2, rel=1e-5)


def test_a_group_counts_as_one_draw() -> None:
    """Twenty copies of each value, in groups, tell no more than the values."""
    values = np.random.default_rng(3).random(30)
    alone = interval(mean_metric(), rows_of(values), [""] * 30, Plan())
    groups = [f"text {number}" for number in range(30) for _ in range(20)]
    grouped = interval(mean_metric(), rows_of(np.repeat(values, 20)), groups, Plan())
    assert alone is not None
    assert grouped is not None
    assert (grouped.low, grouped.high) == pytest.approx((alone.low, alone.high))
    assert (alone.method, grouped.method) == (
        "ci:95|expanded-percentile|bs:1000|seed:12345",
        "ci:95|expanded-percentile|bs:1000|seed:12345|clusters:30",
    )


def test_copies_of_right_and_wrong_widen_wilson_too() -> None:
    values = np.array([1.0] * 12 + [0.0] * 18)
    groups = [f"text {number}" for number in range(30) for _ in range(20)]
    found = interval(mean_metric("binary"), rows_of(np.repeat(values, 20)), groups, Plan())
    low, high = wilson(0.4, 29, 29)  # 30 values less the degree the mean takes
    assert found == Interval(pytest.approx(100 * low), pytest.approx(100 * high), "ci:95|wilson|clusters:30")


@pytest.mark.parametrize("per_sample", ["binary", "unit"])
def test_zero_of_thirty_is_no_proof_of_zero(per_sample: str) -> None:
    found = interval(mean_metric(per_sample), rows_of(np.zeros(30)), [""] * 30, Plan())
    assert found == Interval(0, pytest.approx(100 * wilson(0, 30)[1]), "ci:95|wilson")


def test_a_score_tells_what_was_scored_of_what_was_asked() -> None:
    rows = rows_of(np.array([1.0, 0.0, 1.0, 1.0]))
    low, high = wilson(0.75, 4)
    expected = Score(75.0, Interval(100 * low, 100 * high, "ci:95|wilson"), 4, 5, 4, "drawn|v:1")
    assert score(mean_metric("binary"), rows, [""] * 4, asked=5) == expected


def test_nothing_scored_is_no_number() -> None:
    nothing = Score(None, None, 0, 9, 0, "drawn|v:1")
    assert score(mean_metric(), np.zeros((0, 2)), [], asked=9) == nothing


def test_one_group_has_no_interval() -> None:
    one = score(mean_metric(), rows_of(np.array([0.5, 0.7])), ["text", "text"], asked=2)
    assert one == Score(pytest.approx(60), None, 2, 2, 1, "drawn|v:1")


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    rng = np.random.default_rng(4)
    rows = bleu_rows(rng, rng.beta(6, 4, 60))
    first, again, other = (score(BLEU, rows, [""] * 60, 60, Plan(seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert replace(first, interval=None) == replace(other, interval=None)
    assert first.interval != other.interval
