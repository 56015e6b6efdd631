"""The records of an evaluation, all frozen: samples, suites, metrics. Behaviour lives elsewhere."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

BiasKind = Literal["pairs", "continuation", "ambiguous", "decision", "summaries", "writings"]
"""Kinds that only bias audits ask; bias/facts.py says what their samples hold."""
Kind = Literal["translate", "summarize", "ask", "instruct", "language-model", "choice", BiasKind]
Statistics = NDArray[np.float64]
PerSample = Literal["binary", "unit", "none"]
"""What a metric gives one output: right or wrong, a value from 0 to 1, or nothing, as only a corpus has a score."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One item of a suite: what a system is asked, and what a good output would be.

    references are the outputs people wrote; () where a program judges (instruct) or none is needed (language-model),
    and an empty text among them means "the source does not tell" (ask). group names what samples share (a text, a
    template): they are resampled together. facts holds what only this kind needs: a question's passage, the checks
    of an instruction, what was said before a message (messages: role and text), domain and register; of a case that a
    person kept, its tags and the answer it came from (from).
    """

    id: str
    source: str
    references: tuple[str, ...] = ()
    group: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """A named set of samples. source and target are languages (ISO 639-1), equal but for translation.

    metrics are names in METRICS, the first one leads. notes says who wrote the samples, and what they do not cover;
    origin is the address of a set on the model hub at its commit, "" for any other.
    """

    id: str
    kind: Kind
    title: str
    samples: tuple[Sample, ...]
    metrics: tuple[str, ...]
    source: str
    target: str
    licence: str
    notes: str
    origin: str = ""

    @cached_property
    def sha256(self) -> str:
        """Of the samples in order, as canonical JSON: two suites with equal hashes ask the same things."""
        rows = [asdict(sample) for sample in self.samples]
        canonical = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class Metric(Protocol):
    """Each output becomes a few numbers; the score is a function of their sum, so that intervals and paired tests add
    numbers up again instead of scoring again (Post 2018, sacrebleu)."""

    name: str
    higher_is_better: bool
    per_sample: PerSample

    def signature(self) -> str:
        """Everything that moves the value: version, tokenizer, case, smoothing. Equal signatures are comparable."""
        ...

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        """Shape (len(outputs), k), row i of outputs[i] on samples[i]. Raises ValueError if the lengths differ."""
        ...

    def combine(self, totals: Statistics) -> Statistics:
        """Sums of rows, shape (…, k), to scores of shape (…): one call scores every resample. NaN where undefined."""
        ...
