"""Statistics drawn at random, as metrics make them of outputs: the raw material of tests and simulations."""

from collections.abc import Sequence

import numpy as np

from evals.metrics.sacrebleu_metrics import Bleu
from evals.metrics.setting import Mean, Setting
from evals.types import PerSample, Sample, Statistics

BLEU = Bleu(Setting("en"))


def _unused(outputs: Sequence[str], samples: Sequence[Sample]) -> Sequence[float]:
    raise AssertionError("its statistics are drawn")


def mean_metric(per_sample: PerSample = "unit") -> Mean:
    return Mean("drawn", "drawn|v:1", _unused, per_sample)


def rows_of(values: Statistics) -> Statistics:
    """Of a mean."""
    return np.column_stack([values, np.ones(len(values))])


def bleu_rows(rng: np.random.Generator, ease: Statistics) -> Statistics:
    """Of sentences of 6 to 30 words; ease is the share of a sentence's words that are right, 0–1."""
    size = len(ease)
    length = rng.integers(6, 31, size)
    reference = np.maximum(3, length + rng.integers(-3, 4, size))
    right = [rng.binomial(length, ease)]
    for order in range(1, 4):
        right.append(rng.binomial(np.minimum(right[-1], length - order), 0.45 + 0.4 * ease))
    return np.column_stack([length, reference, *right, *(length - order for order in range(4))]).astype(float)
