"""What a metric is made for, and the two shapes most metrics share. Each family's own rules are in its own file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.types import PerSample, Sample, Statistics
from llmweb.types import Vector

Embed = Callable[[Sequence[str]], Sequence[Vector]]
"""Unit vectors of the texts, in their order: Runtime.embed of one model."""


@dataclass(frozen=True, slots=True)
class Setting:
    """language is that of the outputs (ISO 639-1, a region after it is ignored); embed where a model is at hand."""

    language: str
    embed: Embed | None = None

    @property
    def base_language(self) -> str:
        """pt of pt-BR."""
        return self.language.replace("_", "-").partition("-")[0].lower()


@dataclass
class Mean:
    """The plain mean of what each output earns, 0–100. statistics are (value, 1); each gives values 0–1."""

    name: str
    described: str
    each: Callable[[Sequence[str], Sequence[Sample]], Sequence[float]]
    per_sample: PerSample = "unit"
    higher_is_better: bool = True

    def signature(self) -> str:
        return self.described

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        require_pairs(outputs, samples)
        values = np.asarray(self.each(outputs, samples), dtype=np.float64).reshape(len(outputs))
        return np.column_stack([values, np.ones(len(outputs))])

    def combine(self, totals: Statistics) -> Statistics:
        percent: Statistics = 100 * ratio(totals[..., 0], totals[..., 1])
        return percent


def ratio(numerator: Statistics, denominator: Statistics) -> Statistics:
    """Elementwise; NaN where the denominator is 0."""
    undefined = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    divided: Statistics = np.divide(numerator, denominator, out=undefined, where=denominator != 0)
    return divided


def require_pairs(outputs: Sequence[str], samples: Sequence[Sample]) -> None:
    """Raises ValueError unless there is one output a sample."""
    if len(outputs) != len(samples):
        raise ValueError(f"{len(outputs)} outputs for {len(samples)} samples; give one output a sample, in their order")


def require_references(samples: Sequence[Sample], metric: str) -> None:
    """Raises ValueError naming the first sample that nobody wrote an output for."""
    for sample in samples:
        if not sample.references:
            raise ValueError(f"Sample {sample.id!r} has no reference, and {metric} compares with references")
