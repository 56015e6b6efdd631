"""Paired tests against sacrebleu, scipy and statsmodels, and comparisons of runs that lack samples."""

from typing import Any

import numpy as np
import pytest
from sacrebleu.significance import PairedTest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar

from evals.comparisons import (
    Comparison,
    Scored,
    bootstrap_differences,
    compare,
    mcnemar,
    paired_bootstrap,
    paired_bootstrap_of_sacrebleu,
    randomization,
    sign_flip,
)
from evals.metrics import metric
from evals.resampling import Plan, swapped_sums
from evals.types import Sample
from tests.evals.drawn import BLEU, bleu_rows, mean_metric, rows_of

WORDS = [f"w{number}" for number in range(60)]


def corpus(size: int, first: float, second: float) -> tuple[list[str], list[str], list[str]]:
    """Two outputs and a reference for each sentence; each output has its share of words changed."""
    rng = np.random.default_rng(size)
    references = [rng.choice(WORDS, rng.integers(5, 20)) for _ in range(size)]

    def changed(share: float) -> list[str]:
        return [
            " ".join(np.where(rng.random(len(words)) < share, rng.choice(WORDS, len(words)), words))
            for words in references
        ]

    return changed(first), changed(second), [" ".join(words) for words in references]


@pytest.mark.parametrize("name", ["bleu", "chrf2", "ter"])
@pytest.mark.parametrize(("first", "second"), [(0.3, 0.33), (0.3, 0.4)])
def test_p_values_are_sacrebleus_on_the_same_data(name: str, first: float, second: float) -> None:
    """Its own PairedTest, with the same seed: the same resamples and swaps. But swaps that make a difference just as
    large count for us and not for it: with TER's whole edits there are many, with BLEU and chrF none."""
    ours, theirs, references = corpus(160, first, second)
    made: Any = metric(name, "en")
    samples = [Sample("", "", (text,)) for text in references]
    rows, others = made.statistics(ours, samples), made.statistics(theirs, samples)
    plan = Plan(1000, 1000)  # seed 12345 is sacrebleu's default too
    expected = {}
    for test in ("bs", "ar"):
        named = [("baseline", theirs), ("candidate", ours)]
        paired = PairedTest(named, {name: made._counter}, [references], test_type=test, n_samples=1000)
        (_, (_, candidate)) = paired()[1].values()
        expected[test] = candidate.p_value
    assert paired_bootstrap_of_sacrebleu(made, rows, others, plan) == pytest.approx(expected["bs"], abs=1e-12)
    totals = [made.combine(sums) for sums in swapped_sums(rows, others, plan.trials, plan.seed)]
    seen = abs(made.combine(rows.sum(axis=0)) - made.combine(others.sum(axis=0)))
    ties = np.isclose(np.abs(totals[0] - totals[1]), seen, atol=1e-9, rtol=0).sum()
    assert not ties or name == "ter"
    assert randomization(made, rows, others, plan) == pytest.approx(expected["ar"] + ties / 1001, abs=1e-12)


@pytest.mark.parametrize("table", [(0, 0), (1, 0), (5, 5), (2, 9), (30, 55)])
def test_mcnemar_is_statsmodels(table: tuple[int, int]) -> None:
    only_first, only_second = table
    first = np.array([1.0] * only_first + [0.0] * only_second + [1.0, 0.0] * 7)
    second = np.array([0.0] * only_first + [1.0] * only_second + [1.0, 0.0] * 7)
    theirs = their_mcnemar([[7, only_first], [only_second, 7]], exact=True)
    assert mcnemar(first, second) == pytest.approx(min(1.0, theirs.pvalue))


@pytest.mark.parametrize("size", [5, 12])
def test_the_sign_flip_of_few_differences_is_exact_as_scipys(size: int) -> None:
    differences = np.random.default_rng(size).normal(0.5, 1, size)
    theirs = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(differences, Plan()) == pytest.approx(theirs.pvalue)


def test_the_sign_flip_of_many_differences_is_near_scipys_and_is_randomization() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.random(80), rng.random(80) - 0.08
    theirs = stats.permutation_test((first - second,), np.mean, permutation_type="samples", n_resamples=10_000, rng=1)
    flipped = sign_flip(first - second, Plan())
    assert flipped == pytest.approx(theirs.pvalue, abs=0.015)  # three standard errors of the difference
    assert randomization(mean_metric(), rows_of(first), rows_of(second), Plan()) == flipped


def test_the_paired_bootstrap_of_a_mean_is_near_the_paired_t_test() -> None:
    rng = np.random.default_rng(9)
    first = rng.random(200)
    second = first + rng.normal(0.03, 0.2, 200)
    found = paired_bootstrap(mean_metric(), rows_of(first), rows_of(second), Plan(10_000))
    assert found == pytest.approx(stats.ttest_rel(first, second).pvalue, abs=0.01)


def test_equal_systems_are_never_told_apart() -> None:
    rng = np.random.default_rng(10)
    rows = bleu_rows(rng, rng.beta(6, 4, 40))
    assert [test(BLEU, rows, rows, Plan(200, 200)) for test in (paired_bootstrap, randomization)] == [1, 1]
    run = scored(rows)
    assert compare(BLEU, run, run, Plan(200, 200)).verdict() == "same"


def scored(rows: np.ndarray, ids: list[int] | None = None, groups: list[str] | None = None, asked: int = 0) -> Scored:
    names = [str(number) for number in ids or range(len(rows))]
    return Scored(names, rows, groups or [""] * len(rows), asked or len(rows))


def test_comparisons_pair_on_the_samples_both_answered() -> None:
    """The candidate lacks 0 and 1, the baseline 98 and 99, in another order; the shared ones decide."""
    rng = np.random.default_rng(11)
    ours, theirs = (rng.random(100) < 0.7) * 1.0, (rng.random(100) < 0.4) * 1.0
    shuffled = rng.permutation(98)
    candidate = scored(rows_of(ours[2:]), [*range(2, 100)], asked=100)
    baseline = scored(rows_of(theirs[:98])[shuffled], [int(place) for place in shuffled], asked=100)
    shared = slice(2, 98)
    plan = Plan()
    differences = bootstrap_differences(mean_metric(), rows_of(ours[shared]), rows_of(theirs[shared]), plan)
    found = compare(mean_metric("binary"), candidate, baseline, plan)
    assert found == Comparison(
        baseline=pytest.approx(100 * theirs[shared].mean()),
        candidate=pytest.approx(100 * ours[shared].mean()),
        difference=pytest.approx(100 * (ours[shared] - theirs[shared]).mean()),
        low=found.low,
        high=found.high,
        standard_error=pytest.approx(differences.std(ddof=1)),
        p_value=mcnemar(ours[shared], theirs[shared]),
        test="mcnemar-exact",
        scored=96,
        asked=100,
        clusters=96,
        higher_is_better=True,
        signature="drawn|v:1",
    )
    assert found.low < found.difference < found.high
    assert found.verdict() == "better"
    assert found.verdict(p_value=0.2) == "inconclusive"
    assert found.verdict(margin=100) == "same"


def test_samples_that_share_a_text_are_swapped_together() -> None:
    """Copies of one difference are one difference: 9 texts whose 20 questions all went the same way prove nothing."""
    ours, theirs = np.repeat([1.0] * 6 + [0.0] * 3, 20), np.repeat([0.0] * 6 + [1.0] * 3, 20)
    groups = [f"text {number}" for number in range(9) for _ in range(20)]
    loose = compare(mean_metric("binary"), scored(rows_of(ours)), scored(rows_of(theirs)))
    held = compare(mean_metric("binary"), scored(rows_of(ours), groups=groups), scored(rows_of(theirs), groups=groups))
    assert (loose.verdict(), held.verdict()) == ("better", "inconclusive")
    assert (held.test, held.clusters) == ("approximate-randomization|ar:10000|seed:12345", 9)
    exact = stats.binomtest(6, 9).pvalue  # of 9 signs, 6 one way
    assert held.p_value == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("shared", [0, 1])
def test_too_little_in_common_is_inconclusive(shared: int) -> None:
    ours, theirs = scored(rows_of(np.ones(3)), [0, 1, 2]), scored(rows_of(np.ones(3)), [3 - shared, 4, 5])
    found = compare(mean_metric(), ours, theirs)
    assert (found.difference, found.p_value, found.test, found.scored) == (None, None, "none", shared)
    assert (found.verdict(), found.more_samples_needed()) == ("inconclusive", None)


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (
            scored(rows_of(np.ones(2)), groups=["x", "y"]),
            "Sample '1' is in two groups: these runs are not of one suite",
        ),
        (scored(rows_of(np.ones(2)), [0, 0]), "2 rows for 1 different samples; give one row a sample"),
    ],
)
def test_runs_that_do_not_fit_together_are_refused(baseline: Scored, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(mean_metric(), scored(rows_of(np.ones(2)), groups=["x", "x"]), baseline)


def test_the_samples_still_needed_are_those_that_would_find_the_difference() -> None:
    """Four times the samples halve the standard error; the detectable effect is 2.80 of them."""
    found = Comparison(50, 51, 1.0, -1.0, 3.0, 1.0, 0.3, "", 100, 100, 100, True, "")
    assert found.more_samples_needed() == 685  # 100 · 2.8016² = 784.9
    assert found.more_samples_needed(effect=5.0) == 0
