"""A mitigation that was tried on an audit, as frozen records of plain values; asdict and from_dict as of records.py.

How the changes are measured is changes.py's, when a mitigation is accepted acceptance.py's, how one is tried lab.py's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from evals.bias.mitigations import Mitigation
from evals.bias.records import AuditPlan, record_from

State = Literal["met", "not met", "open"]
"""open: the samples do not tell."""
Outcome = Literal["accepted", "rejected", "inconclusive"]
Role = Literal["before", "after", "quality before", "quality after"]


@dataclass(frozen=True, slots=True)
class Change:
    """A measure without and with the mitigation, on the samples both answered.

    before and after are what is read off, each with its 95 % interval: of a bias the signed effect, else the value.
    difference is after minus before of what is judged, with its interval low–high and the p-value of a paired test: of
    a bias its distance from none, whichever way, so that less is better; up says of anything else whether more is.
    p_holm is adjusted over the family it is judged in, None where it is in none. limit is the least gain that counts,
    or the largest loss that is borne, in the measure's unit. n of the asked samples count for it.
    """

    probe: str
    title: str
    axis: str
    measure: str
    unit: str
    up: bool
    before: float | None
    before_low: float | None
    before_high: float | None
    after: float | None
    after_low: float | None
    after_high: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    test: str
    limit: float
    n: int
    asked: int
    clusters: int

    @property
    def loss(self) -> tuple[float, float, float] | None:
        """How much worse it has become, with the least and the most that it may be; None where that is not known."""
        if self.difference is None or self.low is None or self.high is None:
            return None
        return (-self.difference, -self.high, -self.low) if self.up else (self.difference, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the five parts of the rule: whether it is met, and in words, a line a measure, by which numbers."""

    number: int
    title: str
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class TrialRun:
    """A run that the trial rests on. probe is that of an audit's part, or the id of a suite of ordinary samples."""

    role: Role
    probe: str
    run: str


@dataclass(frozen=True, slots=True)
class Trial:
    """audit is what the mitigation was tried on; before and after are the audits of the system without and with it,
    before being audit itself unless fewer samples were asked or the model has changed since.

    name is the mitigation's as the system bears it. targets are the biases to be lessened, on the samples that are not
    held out; heldout the same on those that are; quality and silence what it may cost; others every other headline.
    distrust says why an audit of the two is not to be trusted. Times are UTC in ISO 8601.
    """

    id: str
    created: str
    audit: str
    before: str
    after: str
    model: str
    system: str
    name: str
    mitigation: Mitigation
    plan: AuditPlan
    runs: tuple[TrialRun, ...]
    distrust: tuple[str, ...] = ()
    targets: tuple[Change, ...] = ()
    heldout: tuple[Change, ...] = ()
    quality: tuple[Change, ...] = ()
    silence: tuple[Change, ...] = ()
    others: tuple[Change, ...] = ()
    conditions: tuple[Condition, ...] = ()
    outcome: Outcome = "inconclusive"
    format: int = field(default=1)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Of asdict of one, or of JSON of that. Raises KeyError or TypeError for anything else."""
        trial: Self = record_from(cls, row)
        return trial
