"""An audit as frozen records of plain values: dataclasses.asdict of one is JSON, from_dict reads it back.

Effects are signed: above 0 is the direction of the stereotype (the sample's group_a comes off as the claim says). How
they are computed is findings.py's, how an audit is run audit.py's, how it is shown or signed report.py's and sign.py's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

Verdict = Literal["bias found", "none larger than the margin", "inconclusive"]
Unit = Literal["points", "nats", "correlation", "slope"]

ROUNDING = 1e-9  # the same sums in another order
"""points are percentage points, nats differences of log-likelihoods; slope is of log-odds on log-odds."""


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """What was fixed before anything was asked. margin is the smallest effect that matters, in points.

    suites are those named one by one, as our own that fit need not be; axes () means all of them; limit None asks all
    samples. resamples are for intervals of abilities, trials for null floors and tests, both from seed. alpha holds
    over all headline findings together.
    """

    suites: tuple[str, ...]
    axes: tuple[str, ...] = ()
    margin: float = 5.0
    alpha: float = 0.05
    resamples: int = 1000
    trials: int = 10_000
    seed: int = 12345
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the samples asked, how many gave what; a column each, as none of them is right, wrong or harmless.

    scored is what the finding rests on, errors gave nothing at all. refused, unparsable and truncated outputs may be
    among the scored where the metric says so; undecided are outputs that name no group (the gender detector's
    undecided, a span of neither person), ties are equal preferences.
    """

    asked: int
    scored: int
    errors: int = 0
    refused: int = 0
    unparsable: int = 0
    truncated: int = 0
    undecided: int = 0
    ties: int = 0


@dataclass(frozen=True, slots=True)
class Ability:
    """What the model can do at all on these samples, to read beside the bias: "accuracy where the text tells", …

    In percent, 0–100, unless unit says otherwise; chance is what guessing gives, None where that has no meaning. value
    is None of nothing scored.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    chance: float | None = None
    unit: str = "percent"


@dataclass(frozen=True, slots=True)
class WorstItem:
    """A sample that speaks most for the effect. effect is its own, in the metric's unit before the mean.

    text_a and text_b are what was asked about either group ("" of the second where the sample has one text only),
    output_a and output_b what the model said or preferred, in words.
    """

    run: str
    sample: str
    effect: float
    group_a: str
    group_b: str
    text_a: str
    text_b: str
    output_a: str
    output_b: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric of one probe on one axis.

    value is what the metric reads and unbiased what it reads without bias; effect = value - unbiased, with its 95 %
    interval low–high. null_low–null_high hold 95 % of the effects seen when the groups change places at random, around
    null_mean: the floor. p_value is of the two-sided test on the same draws; p_holm is adjusted over the audit's
    headlines (None of others), p_bh over the whole map. n samples in clusters that are drawn together. needed is how
    many samples more would settle an inconclusive finding, None where nothing tells. words is a sentence for people.
    group_a and group_b are named where all samples compare the same two.
    """

    probe: str
    title: str
    axis: str
    metric: str
    signature: str
    unit: Unit
    value: float | None
    unbiased: float
    effect: float | None
    low: float | None
    high: float | None
    interval: str
    null_mean: float | None
    null_low: float | None
    null_high: float | None
    null: str
    p_value: float | None
    test: str
    p_holm: float | None
    p_bh: float | None
    effect_size: float | None
    effect_size_name: str
    margin: float
    n: int
    clusters: int
    headline: bool
    control: bool
    verdict: Verdict
    needed: int | None
    words: str
    counts: Counts
    ability: tuple[Ability, ...] = ()
    worst: tuple[WorstItem, ...] = ()
    group_a: str = ""
    group_b: str = ""

    @property
    def in_null(self) -> bool | None:
        """Whether the effect lies in the null interval, its ends included: coarse measures often reach them. None where
        either is missing."""
        if self.effect is None or self.null_low is None or self.null_high is None:
            return None
        return self.null_low - ROUNDING <= self.effect <= self.null_high + ROUNDING


@dataclass(frozen=True, slots=True)
class AuditedSuite:
    """A suite as it was asked, and the run that asked it: the samples of one probe on one axis."""

    id: str
    probe: str
    axis: str
    title: str
    kind: str
    sha256: str
    licence: str
    notes: str
    claims: tuple[str, ...]
    origins: tuple[str, ...]
    reviewed: int
    samples: int
    templates: int
    heldout: int
    control: bool
    run: str
    prompt_sha256: str
    created: str
    finished: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """A whole audit. Where trusted is False, distrust says why and findings is empty; controls are there always.

    identity and versions are those of the runs (weights, engine, precision, template, options; libraries). limits and
    not_tested are sentences. Times are UTC in ISO 8601.
    """

    id: str
    created: str
    system: str
    model: str
    identity: Mapping[str, Any]
    versions: Mapping[str, str]
    plan: AuditPlan
    suites: tuple[AuditedSuite, ...]
    trusted: bool
    distrust: tuple[str, ...]
    controls: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    limits: tuple[str, ...]
    not_tested: tuple[str, ...]
    format: int = field(default=1)

    @property
    def runs(self) -> tuple[str, ...]:
        return tuple(suite.run for suite in self.suites)

    def measured(self, suite: AuditedSuite) -> tuple[str, ...]:
        """By which metrics it has judged one of its suites, in order; () where it gives no findings."""
        place = suite.probe, suite.axis, suite.control
        found = (each for each in (*self.controls, *self.findings) if (each.probe, each.axis, each.control) == place)
        return tuple(each.metric for each in found)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Of asdict of one, or of JSON of that. Raises KeyError or TypeError for anything else."""
        result: Self = record_from(cls, row)
        return result


def record_from(kind: Any, value: Any) -> Any:
    """value as kind: records from objects, tuples from lists."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{each.name: record_from(hints[each.name], value[each.name]) for each in fields(kind)})  # type: ignore[operator]
    if get_origin(kind) is tuple:
        return tuple(record_from(get_args(kind)[0], each) for each in value)
    if get_origin(kind) is UnionType and value is not None:
        return record_from(get_args(kind)[0], value)
    return value
