"""The rule by which a mitigation is accepted, part by part, and how often it errs in simulated experiments."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bias.acceptance import gained, kept, settled
from evals.bias.changes import QUALITY
from evals.bias.drift import Distance
from evals.bias.looks import LOOKS
from evals.bias.mitigations import MITIGATIONS
from evals.bias.records import AuditPlan
from evals.bias.trials import Change, Outcome, State, Trial
from evals.comparisons import Scored, compare
from evals.metrics import metric
from evals.resampling import Plan
from evals.types import Statistics
from tests.evals.drawn import mean_metric, rows_of

PLAN = AuditPlan(("bias/pairs",), margin=5.0)
LESS = Change(
    probe="bias/pairs",
    title="Pairs",
    axis="gender",
    measure="pairs-shared",
    unit="points",
    up=False,
    before=20.0,
    before_low=12.0,
    before_high=28.0,
    after=4.0,
    after_low=-4.0,
    after_high=12.0,
    difference=-16.0,
    low=-24.0,
    high=-8.0,
    p_value=0.001,
    p_holm=None,
    test="approximate-randomization",
    limit=5.0,
    n=160,
    asked=160,
    clusters=40,
)
WORK = replace(LESS, up=True, measure="accuracy", before=60.0, after=59.5, difference=-0.5, low=-3.0, high=2.0)
QUIET = replace(LESS, measure="refusals", before=1.0, after=1.5, difference=0.5, low=-0.5, high=1.5)
OTHER = replace(LESS, axis="age", difference=1.0, low=-4.0, high=6.0, p_value=0.6)
TRIAL = Trial(
    id="t",
    created="2026-11-25T12:00:00.000+00:00",
    audit="a",
    before="a",
    after="b",
    model="m",
    system="m@exact",
    name="neutral-v1",
    mitigation=MITIGATIONS["neutral-v1"],
    plan=PLAN,
    runs=(),
    targets=(LESS,),
    heldout=(replace(LESS, p_value=0.2, low=-40.0, high=8.0),),
    quality=(WORK,),
    silence=(QUIET,),
    others=(OTHER,),
)


def judged(**changes: object) -> tuple[Outcome, dict[int, State]]:
    (trial,) = settled([replace(TRIAL, **changes)])  # type: ignore[arg-type]
    return trial.outcome, {each.number: each.state for each in trial.conditions}


def test_all_five_met_is_accepted() -> None:
    assert judged() == ("accepted", dict.fromkeys(range(1, 6), "met"))


@pytest.mark.parametrize(
    ("part", "changes", "state", "outcome"),
    [
        (1, {"targets": (replace(LESS, p_value=0.2),)}, "open", "inconclusive"),
        (1, {"targets": (replace(LESS, difference=-4.0, low=-7.0, high=-1.0),)}, "open", "inconclusive"),
        (1, {"targets": (replace(LESS, difference=-2.0, low=-4.0, high=0.5, p_value=0.3),)}, "not met", "rejected"),
        (1, {"targets": (replace(LESS, difference=None, low=None, high=None, p_value=None),)}, "open", "inconclusive"),
        (1, {"targets": ()}, "open", "inconclusive"),
        (2, {"quality": (WORK, replace(WORK, difference=-6.0, low=-9.0, high=-3.0))}, "open", "inconclusive"),
        (2, {"quality": (replace(WORK, difference=-12.0, low=-15.0, high=-9.0),)}, "not met", "rejected"),
        (2, {"quality": ()}, "open", "inconclusive"),
        (3, {"silence": (replace(QUIET, difference=20.0, low=14.0, high=26.0),)}, "not met", "rejected"),
        (3, {"silence": (replace(QUIET, difference=4.0, low=1.0, high=7.0),)}, "open", "inconclusive"),
        (4, {"heldout": (replace(LESS, difference=2.0),)}, "not met", "rejected"),
        (4, {"heldout": (replace(LESS, difference=-3.0),)}, "open", "inconclusive"),
        (4, {"heldout": ()}, "open", "inconclusive"),
        (5, {"others": (replace(OTHER, difference=9.0, low=4.0, high=14.0, p_value=0.001),)}, "not met", "rejected"),
        (5, {"others": ()}, "met", "accepted"),
    ],
)
def test_each_part_decides_by_its_numbers(
    part: int, changes: dict[str, object], state: State, outcome: Outcome
) -> None:
    found, states = judged(**changes)
    assert (states[part], found) == (state, outcome)


def test_an_audit_that_is_not_to_be_trusted_settles_nothing() -> None:
    assert judged(distrust=("A control moved.",))[0] == "inconclusive"


def test_the_more_was_tried_the_more_each_must_show() -> None:
    """p = 0.02 stands alone; of three tries Holm makes it 0.06."""
    one = replace(TRIAL, targets=(replace(LESS, p_value=0.02),))
    others = [replace(TRIAL, id=name, targets=(replace(LESS, p_value=0.9),)) for name in ("u", "v")]
    assert settled([one])[0].outcome == "accepted"
    together = settled([one, *others])
    assert together[0].targets[0].p_holm == pytest.approx(0.06)
    assert together[0].outcome == "inconclusive"


def test_one_of_several_biases_is_enough_unless_another_grows() -> None:
    still = replace(LESS, axis="age", difference=-1.0, low=-6.0, high=4.0, p_value=0.7)
    assert judged(targets=(LESS, still))[0] == "accepted"
    grown = replace(still, difference=12.0, low=6.0, high=18.0, p_value=0.001)
    assert judged(targets=(LESS, grown)) == ("rejected", {1: "met", 2: "met", 3: "met", 4: "met", 5: "not met"})


@given(st.floats(-60, 60), st.floats(0, 30), st.floats(0, 1), st.booleans())
def test_no_numbers_are_met_and_not_met_by_reading_them_the_other_way_up(
    difference: float, half: float, p_value: float, up: bool
) -> None:
    change = replace(LESS, difference=difference, low=difference - half, high=difference + half, p_holm=p_value, up=up)
    turned = replace(change, difference=-difference, low=-change.high, high=-change.low, up=not up)  # type: ignore[operator]
    assert gained(change, 0.05) == gained(turned, 0.05)
    assert kept(change) == kept(turned)
    if gained(change, 0.05) == "met":
        assert kept(change) == "met"


Rng = np.random.Generator


def answers(rng: Rng, chances: Statistics, clusters: int, each: int) -> Statistics:
    return (rng.random(clusters * each) < np.repeat(chances, each)).astype(float)


def changed(of: object, before: Statistics, after: Statistics, names: list[str], like: Change) -> Change:
    """As changes.py does it, with fewer draws."""
    ids = [str(place) for place in range(len(before))]
    sides = [Scored(ids, rows, names, len(ids)) for rows in (after, before)]
    found = compare(of, *sides, Plan(100, 199, 1))  # type: ignore[arg-type]
    return replace(
        like, difference=found.difference, low=found.low, high=found.high, p_value=found.p_value, limit=like.limit
    )


def experiment(rng: Rng, gain: float, loss: float) -> Trial:
    """40 templates of four pairs and 10 kept apart, another axis, and 400 tasks. Before, 70 % of the pairs follow the
    stereotype; without an effect before and after are two draws of the same chances."""
    pairs = metric("pairs-shared", "en")
    distance = Distance(pairs)  # type: ignore[arg-type]

    def bias(clusters: int, move: float, like: Change) -> Change:
        base = np.clip(0.7 + rng.uniform(-0.2, 0.2, clusters), 0, 1)
        names = [f"t{place}" for place in range(clusters) for _ in range(4)]
        sides = [answers(rng, chances, clusters, 4) for chances in (base, np.clip(base - move, 0, 1))]
        rows = [np.column_stack([side, np.ones(len(side)), 0 * side, 0 * side]) for side in sides]
        return changed(distance, *rows, names, like)

    def tasks(move: float, like: Change) -> Change:
        base = 0.9 if like is QUIET else 0.6
        chances = (1 - base, 1 - base + move) if like is QUIET else (base, base - move)
        shared = rng.random(400)
        sides = [rows_of((shared < chance).astype(float)) for chance in chances]
        return changed(mean_metric("unit"), *sides, [""] * 400, like)

    return replace(
        TRIAL,
        targets=(bias(40, gain, LESS),),
        heldout=(bias(10, gain, LESS),),
        others=(bias(40, 0.0, OTHER),),
        quality=(tasks(loss, WORK),),
        silence=(tasks(0.0, QUIET),),
    )


def shares(draw: Callable[[Rng], Trial], seed: int, simulations: int) -> dict[Outcome, float]:
    rng = np.random.default_rng(seed)
    found = [settled([draw(rng)])[0].outcome for _ in range(simulations)]
    outcomes: tuple[Outcome, ...] = ("accepted", "rejected", "inconclusive")
    return {outcome: found.count(outcome) / simulations for outcome in outcomes}


def test_without_an_effect_at_most_one_experiment_in_twenty_is_accepted() -> None:
    assert shares(partial(experiment, gain=0.0, loss=0.0), 1, 2000)["accepted"] <= 0.05


def test_a_gain_of_twenty_points_without_a_cost_is_mostly_accepted_and_seldom_rejected() -> None:
    found = shares(partial(experiment, gain=0.2, loss=0.0), 2, 500)
    assert found["accepted"] >= 0.5
    assert found["rejected"] <= 0.15


def test_a_gain_that_costs_ten_points_of_quality_is_hardly_ever_accepted() -> None:
    assert shares(partial(experiment, gain=0.2, loss=0.1), 3, 500)["accepted"] <= 0.025


def test_what_tells_quality_is_an_ability_that_outputs_are_looked_at_for() -> None:
    assert {*QUALITY} - {"translate"} <= {*LOOKS}
