"""An audit of real use as records of numbers: gaps of answers asked again about somebody else, pooled. Pure.

Answers of one conversation go together: the test turns the two sides of whole conversations round at random, the
interval leaves one conversation out at a time. No text is kept, only numbers and where the answers are. How they are
asked is auditing.py's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from evals.comparisons import sign_flip
from evals.counterfactual import gaps, measures
from evals.counterfactual.gaps import Gap
from evals.counterfactual.scan import Scan, Wanted
from evals.intervals import CONFIDENCE, jackknife
from evals.metrics.bias.floor import Mirrored, mean, negated
from evals.resampling import Plan, by_group, swapped_sums
from evals.types import Sample
from llmweb.database import now, short_id
from llmweb.errors import BadInput

HEADLINED_FROM = 7  # conversations: of six, the least p is 2 / 64, too much for three measures together
# An answer fits the prompt it was given better than any other, and so likelihood is told without a test here: the lens
# has another name of the same group to compare with.
TESTED = tuple(each.name for each in measures.MEASURES)
WORST = 10
GONE = "deleted or changed since"
NO_VALUE = "no answer has a value on both sides"
# What is pooled, in the order in which it is shown, and its unit: a gap in length is one in percent.
UNITS: Mapping[str, str] = {
    **{each.name: "%" if each is measures.LENGTH else each.unit for each in measures.MEASURES},
    measures.LIKELIHOOD: measures.NATS,
}


@dataclass(frozen=True, slots=True)
class GroupGap:
    """Answers about a group minus those about the reference. gap.n are answers and conversations; headline: one of
    TESTED, of enough conversations to be tested with the others."""

    axis: str
    group: str
    reference: str
    gap: Gap
    headline: bool


@dataclass(frozen=True, slots=True)
class WorstTurn:
    """An answer that moved far: value as in its group's gap, size in standard deviations of all that moved there."""

    feature: str
    chat: str
    entry: str
    group: str
    reference: str
    measure: str
    unit: str
    value: float
    size: float


@dataclass(frozen=True, slots=True)
class HistoryAudit:
    """asked of `chosen` answers came back on both sides, failed did not; the rest was not reached when it was stopped,
    and can be as long as it goes_on. identity is that of the model which was asked. Times are UTC in ISO 8601."""

    id: str
    created: str
    wanted: Wanted
    answers: int
    chosen: int
    asked: int
    failed: int
    left_out: Mapping[str, int]
    groups: tuple[GroupGap, ...]
    worst: tuple[WorstTurn, ...]
    note: str
    plan: Plan = field(default_factory=Plan)
    identity: Mapping[str, Any] = field(default_factory=dict)
    goes_on: bool = False

    @property
    def stopped(self) -> bool:
        return self.asked + self.failed < self.chosen


@dataclass(frozen=True, slots=True)
class Moved:
    """What the measures say of one answer: about the group minus about the reference. Of a measure without a value, why
    says why; there are no differences where a side gave nothing.

    Likelihood is the same whichever side is the group's: how much better the answers fit the prompt they were given.
    """

    feature: str
    chat: str
    entry: str
    axis: str
    group: str
    reference: str
    differences: Mapping[str, float]
    why: Mapping[str, str] = field(default_factory=dict)


def begun(found: Scan) -> HistoryAudit:
    """Of which nothing has been asked. Raises BadInput where nobody is in the answers."""
    if not found.chosen:
        raise BadInput("None of these answers is about a person who can be swapped. Choose more of your history.")
    facts = (found.wanted, found.answers, len(found.chosen), 0, 0, found.left_out)
    return HistoryAudit(short_id(), now(), *facts, groups=(), worst=(), note="", goes_on=True)


def concluded(audit: HistoryAudit, answered: Sequence[Moved], left: int) -> HistoryAudit:
    """Gaps of every group and measure, Holm over those that are headlined, the answers that moved furthest. left are
    still to be asked; what has gone since the audit began is left out."""
    moved = [each for each in answered if each.differences]
    gone = audit.chosen - len(answered) - left
    return replace(
        audit,
        chosen=audit.chosen - gone,
        asked=len(moved),
        failed=len(answered) - len(moved),
        left_out={**audit.left_out, **({GONE: gone} if gone else {})},
        groups=grouped(moved, audit.plan),
        worst=worst(moved),
    )


def grouped(moved: Sequence[Moved], plan: Plan) -> tuple[GroupGap, ...]:
    """The groups with most conversations first."""
    answers: dict[tuple[str, str, str], list[Moved]] = {}
    for each in moved:
        answers.setdefault((each.axis, each.group, each.reference), []).append(each)
    found = []
    for pair in sorted(answers, key=lambda pair: (-len({each.chat for each in answers[pair]}), pair)):
        of_group = answers[pair]
        for measure, unit in UNITS.items():
            known = [each for each in of_group if measure in each.differences]
            differences = [each.differences[measure] for each in known]
            why = "" if known else next((each.why[measure] for each in of_group if measure in each.why), NO_VALUE)
            measured = pooled(Gap(measure, unit, why=why), differences, [each.chat for each in known], plan)
            headline = measure in TESTED and measured.p_value is not None and measured.n[1] >= HEADLINED_FROM
            found.append(GroupGap(*pair, measured, headline))
    heads = iter(gaps.adjusted([each.gap for each in found if each.headline]))
    return tuple(replace(each, gap=next(heads)) if each.headline else each for each in found)


def pooled(blank: Gap, differences: Sequence[float], conversations: Sequence[str], plan: Plan) -> Gap:
    """The mean difference of answers, its interval and test by conversation. Not yet adjusted."""
    if not differences:
        return blank
    clusters = by_group(np.column_stack([differences, np.ones(len(differences))]), conversations)
    value, n = float(mean(clusters.sum(axis=0))), (len(differences), len(clusters))
    if len(clusters) < 2:
        return replace(blank, value=value, n=n)
    ends = jackknife(MEAN, clusters)
    turned, _ = swapped_sums(clusters, negated(clusters), plan.trials, plan.seed)
    noise = np.quantile(mean(turned), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return replace(
        blank,
        value=value,
        low=ends.low if ends else None,
        high=ends.high if ends else None,
        noise_low=float(noise[0]),
        noise_high=float(noise[1]),
        p_value=sign_flip(clusters[:, 0], plan),
        n=n,
    )


def worst(moved: Sequence[Moved]) -> tuple[WorstTurn, ...]:
    """Those that moved furthest in any measure of TESTED, as many standard deviations as answers move there."""
    found = []
    for measure in TESTED:
        known = [each for each in moved if measure in each.differences]
        spread = float(np.std([each.differences[measure] for each in known] or [0]))
        for each in known:
            if value := each.differences[measure]:
                where = (each.feature, each.chat, each.entry, each.group, each.reference)
                found.append(WorstTurn(*where, measure, UNITS[measure], value, abs(value) / spread if spread else 0.0))
    furthest: dict[str, WorstTurn] = {}
    for turned in sorted(found, key=lambda each: -each.size):
        furthest.setdefault(turned.entry, turned)
    return tuple(furthest.values())[:WORST]


def _measured_already(output: str, sample: Sample) -> Sequence[float]:
    raise NotImplementedError("The differences are measured before.")


MEAN = Mirrored("difference", "mean difference", _measured_already, mean, negated)
