"""The rows of the evals tables, as records. Reading and writing is store.py's."""

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["running", "finished", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """A system on a suite. identity says what the system is made of, identity_sha256 is its hash; limit None asks all
    samples, asked of them. Times are UTC in ISO 8601; error says why a run failed as a whole."""

    suite: str
    suite_sha256: str
    system: str
    identity: dict[str, Any]
    identity_sha256: str
    prompt_sha256: str
    limit: int | None
    asked: int
    versions: dict[str, str]
    id: str = ""
    status: Status = "running"
    error: str = ""
    created: str = ""
    finished: str = ""
    seconds_a_sample: float | None = None
    working_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class QueuedRow:
    """A run asked for that has not ended. model may be a baseline; options are dataclasses.asdict of its Options;
    number is 0 until it is stored."""

    suite_sha256: str
    model: str
    options: dict[str, Any]
    limit: int | None
    again: bool
    number: int = 0
    mitigation: str = ""


@dataclass(frozen=True, slots=True)
class OutputRow:
    """What a system gave for a sample: a text with each metric's statistics, or an error, never a zero.

    completions are dataclasses.asdict of the engine's, in the order the feature made them.
    """

    sample: str
    text: str = ""
    error: str = ""
    completions: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    statistics: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A metric's value over the scored of asked samples; None where it is undefined. method tells of low and high."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    method: str
    scored: int
    asked: int
    clusters: int
    signature: str
    comparability_key: str
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """candidate minus baseline, both run ids, on the samples both answered. verdict is that of this pair alone."""

    candidate: str
    baseline: str
    metric: str
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    p_value: float | None
    test: str
    scored: int
    asked: int
    verdict: str


@dataclass(frozen=True, slots=True)
class VoteRow:
    """A vote on the answers to a prompt, sides as they were shown: system, asked (its turns), text, thinking, error,
    completion (dataclasses.asdict). choice: the number of a side, "tie" or "bad"; uncounted: why it does not count."""

    conversation: str
    prompt: str
    sides: list[dict[str, Any]]
    blind: bool
    choice: str
    uncounted: str
    id: str = ""
    created: str = ""
