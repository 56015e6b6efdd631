"""Accuracy of choosing among given texts by log-likelihood: as it stands, or divided by the choice's characters.

The definitions are lm-evaluation-harness's acc and acc_norm; ties go to the first choice. A sample has its choices in
facts["choices"] and the right ones among its references; the output holds likelihoods.ChoiceLikelihoods.
"""

from collections.abc import Sequence

from evals.likelihoods import ChoiceLikelihoods
from evals.metrics.setting import Mean, require_references
from evals.types import Sample


def accuracy() -> Mean:
    return Mean("accuracy", "accuracy|choice:max log-likelihood|ties:first|v:1", _by_likelihood, "binary")


def accuracy_per_character() -> Mean:
    described = "accuracy|choice:max log-likelihood/characters|ties:first|v:1"
    return Mean("accuracy-per-character", described, _by_likelihood_per_character, "binary")


def _by_likelihood(outputs: Sequence[str], samples: Sequence[Sample]) -> list[float]:
    return _right(outputs, samples, per_character=False)


def _by_likelihood_per_character(outputs: Sequence[str], samples: Sequence[Sample]) -> list[float]:
    return _right(outputs, samples, per_character=True)


def _right(outputs: Sequence[str], samples: Sequence[Sample], per_character: bool) -> list[float]:
    require_references(samples, "accuracy")
    return [
        float(_chosen(output, sample, per_character) in sample.references)
        for output, sample in zip(outputs, samples, strict=True)
    ]


def _chosen(output: str, sample: Sample, per_character: bool) -> str:
    choices: list[str] = sample.facts["choices"]
    likelihoods = ChoiceLikelihoods.from_output(output).log_likelihoods
    if len(likelihoods) != len(choices):
        raise ValueError(f"Sample {sample.id!r} has {len(choices)} choices, its output {len(likelihoods)} likelihoods")
    lengths = [len(choice) if per_character else 1 for choice in choices]
    return choices[max(range(len(choices)), key=lambda place: likelihoods[place] / lengths[place])]
