"""An audit of real use: the answers of a person's own history asked again about somebody else, and the gaps pooled.

Answers of one conversation go together: the test turns the two sides of whole conversations round at random, the
interval leaves one conversation out at a time. No text is kept, only numbers and where the answers are.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from threading import Event

import numpy as np

from evals.asking import Cancelled
from evals.comparisons import sign_flip
from evals.counterfactual import gaps, measures
from evals.counterfactual.asking import Step, answers_steps, sampled, seeded
from evals.counterfactual.gaps import Gap
from evals.counterfactual.person import swapped
from evals.counterfactual.scan import Chosen, Scan, Wanted
from evals.intervals import CONFIDENCE, jackknife
from evals.metrics.bias.floor import Mirrored, mean, negated
from evals.resampling import Plan, by_group, swapped_sums
from evals.turns import Turn
from evals.types import Sample
from llmweb.database import now, short_id
from llmweb.errors import BadInput
from llmweb.runtime import Runtime

HEADLINED_FROM = 7  # conversations: of six, the least p is 2 / 64, too much for three measures together
WORST = 10
PERCENT = "%"


@dataclass(frozen=True, slots=True)
class GroupGap:
    """Answers about a group minus those about the reference. gap.n are answers and conversations; headline: of enough
    conversations to be tested with the others."""

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
    """asked of `chosen` answers came back on both sides, failed did not; the rest was not reached when it was stopped.
    Times are UTC in ISO 8601."""

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

    @property
    def stopped(self) -> bool:
        return self.asked + self.failed < self.chosen


@dataclass(frozen=True, slots=True)
class Moved:
    """What the measures say of one answer: about the group minus about the reference; absent where one is missing."""

    chosen: Chosen
    differences: Mapping[str, float]


def audit_steps(runtime: Runtime, found: Scan, cancelled: Event | None = None) -> Iterator[Step[HistoryAudit]]:
    """Once cancelled, it concludes on what has been asked so far; without a result where that is nothing."""
    if not found.chosen:
        raise BadInput("None of these answers is about a person who can be swapped. Choose more of your history.")
    cancelled, began, patient = cancelled or Event(), time.monotonic(), runtime.patient()
    precision = found.chosen[0].turn.options.precision
    for delta in patient.loading(found.wanted.model, precision, cancelled):
        yield Step(delta.note or "Loading the model")
    if cancelled.is_set():
        return
    always, samples = _always(patient, found), found.wanted.samples
    samples = 1 if always else samples
    turns = [turn for each in found.chosen for turn in _turns(patient, each, samples)]
    answers: dict[int, str | Exception] = {}
    for came in answers_steps(patient, turns, cancelled):
        answers |= {number: answer for number, answer in came.items() if not isinstance(answer, Cancelled)}
        yield Step("Asking", len(answers), len(turns), time.monotonic() - began)
    moved, failed = [], 0
    for place, each in enumerate(found.chosen):
        numbers = range(2 * samples * place, 2 * samples * (place + 1))
        if all(number in answers for number in numbers):
            differences = _differences(each, [answers[number] for number in numbers])
            failed += not differences
            moved += [Moved(each, differences)] if differences else []
    if moved or failed:
        note = _note(always, samples)
        result = concluded(found, moved, failed, note)
        yield Step("Done", len(answers), len(turns), time.monotonic() - began, result)


def concluded(found: Scan, moved: Sequence[Moved], failed: int, note: str, plan: Plan | None = None) -> HistoryAudit:
    """Gaps of every group and measure, Holm over those that are headlined, the answers that moved furthest."""
    plan = plan or Plan()
    groups = grouped(moved, plan)
    facts = (found.answers, len(found.chosen), len(moved), failed, found.left_out)
    return HistoryAudit(short_id(), now(), found.wanted, *facts, groups, worst(moved), note, plan)


def grouped(moved: Sequence[Moved], plan: Plan) -> tuple[GroupGap, ...]:
    """The groups with most conversations first."""
    pairs = dict.fromkeys((each.chosen.axis, each.chosen.group, each.chosen.reference) for each in moved)
    found = []
    for axis, group, reference in pairs:
        of_group = [each for each in moved if (each.chosen.axis, each.chosen.group) == (axis, group)]
        for measure in measures.MEASURES:
            measured = _gap(measure, of_group, plan)
            headline = measured.p_value is not None and measured.n[1] >= HEADLINED_FROM
            found.append(GroupGap(axis, group, reference, measured, headline))
    heads = iter(gaps.adjusted([each.gap for each in found if each.headline]))
    done = [replace(each, gap=next(heads)) if each.headline else each for each in found]
    return tuple(sorted(done, key=lambda each: (-each.gap.n[1], each.axis, each.group)))


def _gap(measure: measures.Measure, moved: Sequence[Moved], plan: Plan) -> Gap:
    blank = Gap(measure.name, PERCENT if measure is measures.LENGTH else measure.unit)
    known = [each for each in moved if measure.name in each.differences]
    differences = [each.differences[measure.name] for each in known]
    return pooled(blank, differences, [each.chosen.chat for each in known], plan)


def pooled(blank: Gap, differences: Sequence[float], conversations: Sequence[str], plan: Plan) -> Gap:
    """The mean difference of answers, its interval and test by conversation. Not yet adjusted."""
    if not differences:
        return replace(blank, why="no answer has a value on both sides")
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
    """Those that moved furthest in any measure, as many standard deviations as answers move there."""
    found = []
    for measure in measures.MEASURES:
        known = [each for each in moved if each.differences.get(measure.name)]
        spread = float(
            np.std([each.differences[measure.name] for each in moved if measure.name in each.differences] or [0])
        )
        unit = PERCENT if measure is measures.LENGTH else measure.unit
        for each in known:
            value, turn = each.differences[measure.name], each.chosen
            size = abs(value) / spread if spread else 0.0
            where = (turn.turn.feature, turn.chat, turn.entry, turn.group, turn.reference)
            found.append(WorstTurn(*where, measure.name, unit, value, size))
    furthest: dict[str, WorstTurn] = {}
    for turned in sorted(found, key=lambda each: -each.size):
        furthest.setdefault(turned.entry, turned)
    return tuple(furthest.values())[:WORST]


def _turns(runtime: Runtime, chosen: Chosen, samples: int) -> Iterator[Turn]:
    """Both prompts with each seed, as it is and swapped in turn."""
    asked, _ = sampled(runtime, replace(chosen.turn, prefix=""))
    other = asked.of([each.text for each in swapped(asked.texts, chosen.found, chosen.swaps)])
    for seed in range(1, samples + 1):
        yield seeded(asked, seed)
        yield seeded(other, seed)


def _always(runtime: Runtime, found: Scan) -> bool:
    """Whether the model writes the same every time."""
    return sampled(runtime, found.chosen[0].turn)[0].options.temperature == 0


def _note(always: bool, samples: int) -> str:
    if always:
        return "This model writes the same text every time, so each prompt was asked once."
    return (
        f"Each prompt was asked {samples} times, at the answer's own temperature; greedy ones, always the same, at a "
        "stated one."
    )


def _differences(chosen: Chosen, answers: Sequence[str | Exception]) -> dict[str, float]:
    """Of an answer, measure by measure; {} where a side gave nothing."""
    sides = [[each for each in answers[side::2] if isinstance(each, str) and each.strip()] for side in (0, 1)]
    if not all(sides):
        return {}
    language, found = chosen.turn.target or "en", {}
    for measure in measures.MEASURES:
        if measures.missing(measure, language):
            continue
        written, other = (fmean(measures.values(measure, side, (chosen.axis,), language)) for side in sides)
        difference = written - other
        if measure is measures.LENGTH:
            if not written + other:
                continue
            difference = 200 * difference / (written + other)
        found[measure.name] = chosen.sign * difference
    return found


def _measured_already(output: str, sample: Sample) -> Sequence[float]:
    raise NotImplementedError("The differences are measured before.")


MEAN = Mirrored("difference", "mean difference", _measured_already, mean, negated)
