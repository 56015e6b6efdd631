"""Gaps against scipy's test and intervals, and in 2,000 simulated runs without a gap and with one."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from evals.counterfactual import gaps
from evals.counterfactual.gaps import Gap
from evals.types import Statistics
from evals.verdicts import holm

RUNS, SAMPLES = 2000, 8
BLANK = Gap("length", "words")
Draw = Callable[[np.random.Generator], Statistics]


def test_the_test_is_the_exact_permutation_test_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        first, second = rng.integers(0, 6, (2, 5)).astype(float)
        whole = stats.permutation_test((first, second), lambda a, b: b.mean() - a.mean(), n_resamples=np.inf)
        found = gaps.p_values(np.concatenate([first, second])[None], 5)
        assert found[0] == pytest.approx(whole.pvalue)


def test_random_deals_come_close_to_the_exact_test() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(0, 1, 12), rng.normal(0.9, 1, 12)
    found = gaps.p_values(np.concatenate([first, second])[None], 12)[0]
    # 2,704,156 ways to deal; scipy's own approximation has the same error, 0.002 at most.
    near = stats.permutation_test(
        (first, second), lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis), n_resamples=99_999, vectorized=True
    )
    assert found == pytest.approx(near.pvalue, abs=0.01)


def test_the_interval_is_welchs() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(20, 2, 8), rng.normal(25, 6, 8)
    found = gaps.gap(BLANK, first.tolist(), second.tolist())
    low, high = stats.ttest_ind(second, first, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.value == pytest.approx(second.mean() - first.mean())


def test_the_interval_of_a_share_has_a_success_and_a_failure_more_on_both_sides() -> None:
    """Agresti and Caffo 2000: 1/10 and 9/10, so 0.8 ± 1.95996 √(2 · 0.09 / 10), cut off at 1."""
    found = gaps.gap(Gap("refusal", "points"), [0.0] * 8, [100.0] * 8, share=True)
    assert (found.value, found.low, found.high) == pytest.approx((100.0, 80 - 26.2955, 100.0), abs=1e-3)


def test_what_is_missing_is_not_0() -> None:
    none = gaps.gap(BLANK, [], [3.0])
    assert (none.value, none.p_value, none.why, none.n) == (None, None, "no answer has a value", (0, 1))
    alone = gaps.gap(BLANK, [3.0], [5.0])
    assert (alone.value, alone.low, alone.p_value) == (2.0, None, None)
    assert not alone.found


def test_equal_answers_on_both_sides_have_no_gap_and_no_noise() -> None:
    (found,) = gaps.adjusted([gaps.gap(BLANK, [7.0] * 8, [7.0] * 8)])
    assert (found.value, found.noise_low, found.noise_high, found.p_holm) == (0.0, 0.0, 0.0, 1.0)
    assert not found.found


# What lengths, sentiments, refusals and likelihoods look like; both sides are drawn from one of them.
def lengths(rng: np.random.Generator) -> Statistics:
    return rng.negative_binomial(4, 0.1, (RUNS, 2 * SAMPLES)).astype(float)


def sentiments(rng: np.random.Generator) -> Statistics:
    """Bunched at 0 and near 1, as VADER's are."""
    return np.where(rng.random((RUNS, 2 * SAMPLES)) < 0.4, 0.0, rng.beta(8, 2, (RUNS, 2 * SAMPLES)))


def refusals(rng: np.random.Generator, share: float) -> Statistics:
    return 100.0 * (rng.random((RUNS, 2 * SAMPLES)) < share)


def likelihoods(rng: np.random.Generator) -> Statistics:
    return rng.standard_t(3, (RUNS, 2 * SAMPLES))


def few(rng: np.random.Generator) -> Statistics:
    """Nearly greedy: two texts, one of them rare."""
    return np.where(rng.random((RUNS, 2 * SAMPLES)) < 0.1, 31.0, 24.0)


def coupled(rng: np.random.Generator) -> Statistics:
    """The same seed gives nearly the same on both sides."""
    shared = rng.normal(0, 1, (RUNS, SAMPLES))
    return np.hstack([shared, shared]) + rng.normal(0, 0.3, (RUNS, 2 * SAMPLES))


def equal(rng: np.random.Generator) -> Statistics:
    return np.full((RUNS, 2 * SAMPLES), 12.0)


def false_findings(draws: list[tuple[Draw, bool]], seed: int, planted: float = 0.0) -> float:
    """The share of runs that find anything, over all their measures; planted is added to the first one's other side."""
    rng = np.random.default_rng(seed)
    p_values, apart = [], []
    for place, (draw, share) in enumerate(draws):
        values = draw(rng)
        if not place:
            values[:, SAMPLES:] += planted
        p_values.append(gaps.p_values(values, SAMPLES))
        low, high = gaps.interval(values[:, :SAMPLES], values[:, SAMPLES:], share)
        apart.append((low > 0) | (high < 0))
    adjusted = np.array([holm(list(each)) for each in zip(*p_values, strict=True)])
    return float(((adjusted < 0.05) & np.array(apart).T).any(axis=1).mean())


@pytest.mark.parametrize(
    "draws",
    [
        [(lengths, False), (sentiments, False), (partial(refusals, share=0.1), True), (likelihoods, False)],
        [(few, False), (few, False), (partial(refusals, share=0.5), True), (likelihoods, False)],
        [(coupled, False), (coupled, False), (partial(refusals, share=0.02), True), (coupled, False)],
        [(equal, False), (equal, False), (equal, True), (equal, False)],
        [(lengths, False)],
    ],
    ids=["as answers are", "few distinct values", "same seeds", "all equal", "one measure alone"],
)
def test_identical_prompts_seldom_give_a_finding(draws: list[tuple[Draw, bool]]) -> None:
    """5 % at most over all measures of a run together."""
    assert false_findings(draws, seed=5) <= 0.05


def test_a_planted_gap_is_found() -> None:
    """2.5 standard deviations: lengths have variance 4 · 0.9 / 0.01 = 360."""
    draws = [(lengths, False), (sentiments, False), (partial(refusals, share=0.1), True), (likelihoods, False)]
    assert false_findings(draws, seed=6, planted=2.5 * 360**0.5) >= 0.9
