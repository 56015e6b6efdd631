"""What an audit promises, held to it by 2,000 simulations each, drawn from a known truth.

Without bias, some finding is false in at most 5 % of audits, over all their headlines together; 95 % intervals cover
the truth in 93.5 to 96.5 %, near the ends of the scale in more; a planted bias of 10 points is found about as often as
it should be. The standard error of a rate over 2,000 is 0.5 %.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from evals.bias.findings import adjusted, measured
from evals.bias.occupations import occupations
from evals.bias.records import AuditPlan, Counts, Finding
from evals.metrics import metric
from evals.metrics.bias.floor import BiasMetric
from evals.resampling import by_group
from evals.types import Statistics
from tests.evals.bias.audited import FINDING

SIMULATIONS = 2000
Rng = np.random.Generator
Draw = Callable[[Rng], Statistics]
PLAN = AuditPlan(("drawn",), margin=0.0, resamples=400, trials=999)


def groups(clusters: int, each: int) -> list[str]:
    return [f"template {cluster}" for cluster in range(clusters) for _ in range(each)]


def preferred(clusters: int, each: int, share: float, spread: float = 0.12) -> Draw:
    """Right-or-wrong preferences whose chance rises and falls with their template."""

    def draw(rng: Rng) -> Statistics:
        chances = np.clip(share + np.repeat(rng.uniform(-spread, spread, clusters), each), 0, 1)
        ones = np.ones(clusters * each)
        return np.column_stack([rng.random(clusters * each) < chances, ones, 0 * ones, 0 * ones]).astype(float)

    return draw


def decided(clusters: int, each: int, gap: float) -> Draw:
    """Differences of two chances, of which templates differ in the mean."""

    def draw(rng: Rng) -> Statistics:
        size = clusters * each
        values = gap + np.repeat(rng.normal(0, 0.04, clusters), each) + rng.normal(0, 0.12, size)
        return np.column_stack([values, np.ones(size)])

    return draw


def resolved(clusters: int, fitting: float, against: float) -> Draw:
    """Two sentences with the stereotype and two against it in a template, some of them easier."""

    def draw(rng: Rng) -> Statistics:
        ease = rng.uniform(-0.15, 0.15, clusters)
        rows = [
            [right if side else 0.0, float(side), 0.0 if side else right, float(not side)]
            for cluster in range(clusters)
            for side in (True, True, False, False)
            for right in [float(rng.random() < (fitting if side else against) + ease[cluster])]
        ]
        return np.asarray(rows)

    return draw


def answered(clusters: int, each: int, named: float, biased: float) -> Draw:
    """Ambiguous questions: asked, right, answered, biased."""

    def draw(rng: Rng) -> Statistics:
        size = clusters * each
        people = rng.random(size) < named
        lean = np.clip(biased + np.repeat(rng.uniform(-0.15, 0.15, clusters), each), 0, 1)
        return np.column_stack([np.ones(size), ~people, people, people & (rng.random(size) < lean)]).astype(float)

    return draw


def bias(name: str) -> BiasMetric:
    return metric(name, "en")  # type: ignore[return-value]


def finding(name: str, rows: Statistics, names: list[str], plan: AuditPlan = PLAN) -> Finding:
    each = bias(name)
    blank = replace(
        FINDING,
        metric=name,
        unit=each.unit,
        unbiased=each.unbiased,
        margin=plan.margin,
        headline=True,
        counts=Counts(len(rows), len(rows)),
    )
    return measured(blank, each, rows, names, plan)


def test_without_bias_at_most_one_audit_in_twenty_finds_any() -> None:
    """Six headlines: three axes of preferences and of decisions. 6 % at most, two standard errors over 5."""
    probes = [
        ("pairs-shared", preferred(20, 5, 0.5), groups(20, 5)),
        ("decision-gap", decided(20, 2, 0.0), groups(20, 2)),
    ]
    rng, false = np.random.default_rng(11), 0
    for _ in range(SIMULATIONS):
        found = [finding(name, draw(rng), names) for name, draw, names in probes for _ in range(3)]
        false += any(each.verdict == "bias found" for each in adjusted(found, PLAN))
    assert false / SIMULATIONS <= 0.06


def test_a_liking_for_one_group_is_seldom_taken_for_a_stereotype() -> None:
    """38 roles, 22 of them men's; the model likes him in 70 % of the texts about any of them."""
    rng, false = np.random.default_rng(13), 0
    foretold = np.repeat(np.arange(38) < 22, 5)
    names = groups(38, 5)
    for _ in range(SIMULATIONS):
        liked = rng.random(190) < 0.7 + np.repeat(rng.uniform(-0.1, 0.1, 38), 5)
        value, first = np.where(foretold, liked, ~liked), foretold.astype(float)
        rows = np.column_stack([value * first, first, value * (1 - first), 1 - first])
        p_value = finding("pairs-shared", rows, names).p_value
        false += p_value is not None and p_value < 0.05
    assert false / SIMULATIONS == pytest.approx(0.05, abs=0.015)


CASES: dict[str, tuple[str, Draw, list[str], float]] = {
    "preferences of 40 templates": ("pairs-shared", preferred(40, 5, 0.58), groups(40, 5), 8.0),
    "preferences of 20 templates": ("pairs-shared", preferred(20, 5, 0.55), groups(20, 5), 5.0),
    "decisions of 20 scenarios": ("decision-gap", decided(20, 2, 0.03), groups(20, 2), 3.0),
    "pronouns in 40 templates": ("coreference-gap", resolved(40, 0.7, 0.6), groups(40, 4), 10.0),
    "open questions of 10 templates": (
        "bias-ambiguous",
        answered(10, 8, 0.7, 0.6),
        groups(10, 8),
        100 * 0.7 * (2 * 0.6 - 1),
    ),
}


def coverage(name: str, draw: Draw, names: list[str], truth: float) -> float:
    rng, covered = np.random.default_rng(5), 0
    for _ in range(SIMULATIONS):
        found = finding(name, draw(rng), names, replace(PLAN, trials=1))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    return covered / SIMULATIONS


@pytest.mark.parametrize("case", CASES)
def test_intervals_cover_the_true_effect(case: str) -> None:
    assert 0.935 <= coverage(*CASES[case]) <= 0.965


def test_intervals_near_the_end_of_the_scale_cover_no_less() -> None:
    assert coverage("pairs-shared", preferred(10, 8, 0.93, 0.06), groups(10, 8), 43.0) >= 0.935


def test_the_interval_of_a_correlation_over_roles_covers_the_true_one() -> None:
    """40 roles, whose mean log-odds correlate with those of the published shares by 0.5; five texts of each, whose
    wording adds less than a tenth to the variance of the mean."""
    rng, covered = np.random.default_rng(8), 0
    each = bias("continuation-role-correlation")
    names = [name for name in list(occupations())[:40] for _ in range(5)]
    placed = np.repeat(np.eye(len(occupations()))[:40], 5, axis=0)
    truth = 0.5 / np.sqrt(1 + 0.4 / 5)
    for _ in range(SIMULATIONS):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 40).repeat(5, axis=0).T
        texts = (np.ones(200), x, y + rng.normal(0, np.sqrt(0.4), 200))
        rows = np.hstack([column[:, None] * placed for column in texts])
        found = finding(each.name, rows, names, replace(PLAN, trials=1))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.935 <= covered / SIMULATIONS <= 0.965


def test_a_planted_bias_of_ten_points_is_found_as_often_as_the_sign_test_finds_it() -> None:
    """With 200 pairs that share nothing, 60.2 % is found four times in five at 0.05 (exact binomial test)."""
    rng, found = np.random.default_rng(3), 0
    alone = [""] * 200
    for _ in range(SIMULATIONS):
        rows = preferred(200, 1, 0.602, 0.0)(rng)
        each = finding("pairs-shared", rows, alone, replace(PLAN, resamples=2))
        assert each.p_value is not None
        found += each.p_value < 0.05
    assert found / SIMULATIONS == pytest.approx(0.80, abs=0.03)


@pytest.mark.parametrize("case", CASES)
def test_the_floor_is_what_every_way_to_let_clusters_change_groups_gives(case: str) -> None:
    """Eight clusters, all 256 ways, one after another."""
    name, draw, names, _ = CASES[case]
    each = bias(name)
    clusters = by_group(draw(np.random.default_rng(1)), names)[:8]
    turned = each.mirror(clusters)  # type: ignore[attr-defined]
    all_ways = [
        float(each.combine(np.where(np.array(ways)[:, None], clusters, turned).sum(axis=0)))
        for ways in product((True, False), repeat=8)
    ]
    draws = each.null(clusters, 20_000, 1)
    assert set(np.round(draws, 6)) <= set(np.round(all_ways, 6))
    assert draws.mean() == pytest.approx(np.mean(all_ways), abs=0.2)
    assert np.quantile(draws, [0.025, 0.5, 0.975]) == pytest.approx(
        np.quantile(all_ways, [0.025, 0.5, 0.975]), abs=0.15 * np.std(all_ways)
    )
