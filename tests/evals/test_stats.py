"""Simulations of what intervals and tests promise: 2,000 data sets each, drawn from a known truth.

A 95 % interval is to cover the truth in 93.5 to 96.5 % of them; a test at 0.05 is to tell two systems of one
distribution apart in at most 6.5 %, and bootstrap and randomization in no less than 3.5 %. The standard error of a
rate over 2,000 is 0.5 %. A hundred data sets share their draws (many.py), the first of them goes through the product's
own function too.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from evals import comparisons, intervals, resampling, stats, verdicts
from evals.stats import Plan, Scored, compare, interval, mcnemar, sign_flip
from evals.types import Metric, Statistics
from tests.evals import many
from tests.evals.drawn import BLEU, bleu_rows, mean_metric, rows_of

SIMULATIONS, CHUNK = 2000, 100
Rng = np.random.Generator
Draw = Callable[[Rng], Statistics]
DrawPair = Callable[[Rng], tuple[Statistics, Statistics]]

TEXTS = 30
GROUPS = [f"text {text}" for text in range(TEXTS) for _ in range(3 + text % 5)]  # 3 to 7 questions a text
SIZES = [GROUPS.count(f"text {text}") for text in range(TEXTS)]
MEAN, BINARY = mean_metric(), mean_metric("binary")


def answers_f1(size: int) -> Draw:
    """A third wrong, a quarter right, the rest in between: 0.25 + 0.4 · ½ = 0.45 in the mean."""

    def draw(rng: Rng) -> Statistics:
        kind = rng.random(size)
        return rows_of(np.where(kind < 0.35, 0.0, np.where(kind < 0.6, 1.0, rng.beta(2, 2, size))))

    return draw


def skewed(size: int) -> Draw:
    """Beta(1, 6): most near 0, a seventh in the mean."""
    return lambda rng: rows_of(rng.beta(1, 6, size))


def right_or_wrong(size: int, share: float) -> Draw:
    return lambda rng: rows_of((rng.random(size) < share).astype(float))


def texts_with_questions(rng: Rng) -> Statistics:
    """Values around 0.5 that rise and fall with their text."""
    return rows_of(0.5 + np.repeat(rng.normal(0, 0.15, TEXTS), SIZES) + rng.normal(0, 0.2, len(GROUPS)))


def texts_right_or_wrong(rng: Rng) -> Statistics:
    """0.4 in the mean; a text's questions are right with a probability of its own."""
    return rows_of((rng.random(len(GROUPS)) < np.repeat(rng.beta(2, 3, TEXTS), SIZES)).astype(float))


def sentences(size: int) -> Draw:
    return lambda rng: bleu_rows(rng, rng.beta(6, 4, size))


@cache
def true_bleu() -> float:
    return float(BLEU.combine(sentences(2_000_000)(np.random.default_rng(0)).sum(axis=0)))


COVERED: list[tuple[str, Metric, Draw, list[str], float | None]] = [
    ("F1 of 30", MEAN, answers_f1(30), [""] * 30, 45),
    ("F1 of 100", MEAN, answers_f1(100), [""] * 100, 45),
    ("skewed, of 50", MEAN, skewed(50), [""] * 50, 100 / 7),
    ("corpus BLEU of 50", BLEU, sentences(50), [""] * 50, None),
    ("corpus BLEU of 100", BLEU, sentences(100), [""] * 100, None),
    ("Wilson, 30 % of 100", BINARY, right_or_wrong(100, 0.3), [""] * 100, 30),
    ("Wilson, 5 % of 120", BINARY, right_or_wrong(120, 0.05), [""] * 120, 5),
    ("means in 30 texts", MEAN, texts_with_questions, GROUPS, 50),
    ("right or wrong in 30 texts", BINARY, texts_right_or_wrong, GROUPS, 40),
]


def data_sets(draw: Callable[[Rng], object]) -> Iterator[tuple[list[object], Plan]]:
    for start in range(0, SIMULATIONS, CHUNK):
        seeds = range(start, start + CHUNK)
        yield [draw(np.random.default_rng(seed)) for seed in seeds], Plan(1000, 1000, start)


@pytest.mark.parametrize(
    ("metric", "draw", "groups", "truth"), [case[1:] for case in COVERED], ids=[case[0] for case in COVERED]
)
def test_a_95_percent_interval_covers_the_truth_in_95_percent(
    metric: Metric, draw: Draw, groups: list[str], truth: float | None
) -> None:
    truth = true_bleu() if truth is None else truth
    hits = 0
    for drawn, plan in data_sets(draw):
        ends = ends_of(metric, drawn, groups, plan)
        hits += sum(low <= truth <= high for low, high in ends)
    assert 0.935 <= hits / SIMULATIONS <= 0.965


def ends_of(metric: Metric, drawn: Sequence[Statistics], groups: list[str], plan: Plan) -> list[tuple[float, float]]:
    """Of the interval of each data set; Wilson's needs no draws."""
    alone = [interval(metric, rows, groups, plan) for rows in (drawn if metric is BINARY else drawn[:1])]
    found = [(each.low, each.high) for each in alone if each is not None]
    if metric is BINARY:
        return found
    ends = many.intervals(metric, drawn, groups, plan)
    assert ends[0] == pytest.approx(found[0])
    return ends


def test_questions_of_one_text_taken_for_independent_cover_too_seldom() -> None:
    """What grouping is for: without it the same data are covered in under 90 %."""
    hits = 0
    for drawn, plan in data_sets(texts_right_or_wrong):
        hits += sum(low <= 40 <= high for low, high in ends_of(BINARY, drawn, [""] * len(GROUPS), plan))
    assert hits / SIMULATIONS < 0.9


def two_translations(rng: Rng) -> tuple[Statistics, Statistics]:
    """Of the same 80 sentences, as easy for the one as for the other."""
    ease = rng.beta(6, 4, 80)
    return bleu_rows(rng, ease), bleu_rows(rng, ease)


def two_values(rng: Rng) -> tuple[Statistics, Statistics]:
    ease = rng.random(60)
    first, second = (np.clip(ease + rng.normal(0, 0.35, 60), 0, 1) for _ in range(2))
    return rows_of(first), rows_of(second)


def two_answers(rng: Rng) -> tuple[Statistics, Statistics]:
    ease = rng.beta(2, 2, 120)
    first, second = ((rng.random(120) < ease).astype(float) for _ in range(2))
    return rows_of(first), rows_of(second)


def two_texts_with_questions(rng: Rng) -> tuple[Statistics, Statistics]:
    return texts_with_questions(rng), texts_with_questions(rng)


# The p-values of many pairs of data sets, and of one by the product's own function.
TestOfMany = Callable[[Metric, list[Statistics], list[Statistics], Plan], Sequence[float]]
TestOfOne = Callable[[Metric, Statistics, Statistics, Plan], float]


def one_by_one(test: TestOfOne) -> tuple[TestOfMany, TestOfOne]:
    """Of a test that is quick enough."""
    return lambda metric, first, second, plan: [
        test(metric, *pair, plan) for pair in zip(first, second, strict=True)
    ], test


def by_verdict(groups: list[str]) -> tuple[TestOfMany, TestOfOne]:
    """0 where a comparison words a difference, 1 where it does not."""

    def of_many(metric: Metric, first: list[Statistics], second: list[Statistics], plan: Plan) -> list[float]:
        return [float(word not in ("better", "worse")) for word in many.verdicts(metric, first, second, groups, plan)]

    def of_one(metric: Metric, first: Statistics, second: Statistics, plan: Plan) -> float:
        one, other = (Scored(range(len(rows)), rows, groups, len(rows)) for rows in (first, second))
        return float(compare(metric, one, other, plan).verdict() not in ("better", "worse"))

    return of_many, of_one


BOOTSTRAP = many.paired_bootstrap, comparisons.paired_bootstrap
RANDOMIZATION = many.randomization, comparisons.randomization
OF_SACREBLEU = many.paired_bootstrap_of_sacrebleu, comparisons.paired_bootstrap_of_sacrebleu
SIGN_FLIP = one_by_one(lambda metric, first, second, plan: sign_flip(first[:, 0] - second[:, 0], plan))
MCNEMAR = one_by_one(lambda metric, first, second, plan: mcnemar(first[:, 0], second[:, 0]))

TOLD_APART: list[tuple[str, tuple[TestOfMany, TestOfOne], Metric, DrawPair, float]] = [
    ("bootstrap, BLEU", BOOTSTRAP, BLEU, two_translations, 0.035),
    ("bootstrap, mean", BOOTSTRAP, MEAN, two_values, 0.035),
    ("randomization, BLEU", RANDOMIZATION, BLEU, two_translations, 0.035),
    ("randomization, mean", RANDOMIZATION, MEAN, two_values, 0.035),
    ("sign flip, mean", SIGN_FLIP, MEAN, two_values, 0.035),
    # Whole numbers of answers cannot be split at exactly 5 %: exact tests of them err on the safe side.
    ("McNemar", MCNEMAR, BINARY, two_answers, 0.0),
    ("verdict, BLEU", by_verdict([""] * 80), BLEU, two_translations, 0.0),
    ("verdict, right or wrong", by_verdict([""] * 120), BINARY, two_answers, 0.0),
    ("verdict, means in 30 texts", by_verdict(GROUPS), MEAN, two_texts_with_questions, 0.0),
]


@pytest.mark.parametrize(
    ("test", "metric", "draw", "least"), [case[1:] for case in TOLD_APART], ids=[case[0] for case in TOLD_APART]
)
def test_equal_systems_are_told_apart_in_5_percent(
    test: tuple[TestOfMany, TestOfOne], metric: Metric, draw: DrawPair, least: float
) -> None:
    assert least <= _rate_of_false_differences(test, metric, draw) <= 0.065


def test_sacrebleus_paired_bootstrap_tells_them_apart_twice_as_often() -> None:
    """Why it is not what a verdict rests on."""
    assert 0.09 <= _rate_of_false_differences(OF_SACREBLEU, BLEU, two_translations) <= 0.14


def test_questions_of_one_text_taken_for_independent_are_told_apart_too_often() -> None:
    assert _rate_of_false_differences(by_verdict([""] * len(GROUPS)), MEAN, two_texts_with_questions) > 0.1


def _rate_of_false_differences(test: tuple[TestOfMany, TestOfOne], metric: Metric, draw: DrawPair) -> float:
    of_many, of_one = test
    found = 0
    for drawn, plan in data_sets(draw):
        first, second = map(list, zip(*drawn, strict=True))
        p_values = of_many(metric, first, second, plan)
        assert p_values[0] == pytest.approx(of_one(metric, first[0], second[0], plan))
        found += sum(p_value < 0.05 for p_value in p_values)
    return found / SIMULATIONS


def test_the_front_door_leads_to_every_part() -> None:
    parts = (comparisons, intervals, resampling, verdicts)
    assert {getattr(stats, name).__module__ for name in stats.__all__ if name != "Verdict"} == {
        part.__name__ for part in parts
    }
