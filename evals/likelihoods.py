"""How log-likelihoods are kept as the output of a sample, so that stored runs are scored again without a model.

Natural logarithms, as JSON. What is asked of the model is systems.py's; what is made of the numbers is
metrics/choice.py's and metrics/language_model.py's.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class TextLikelihood:
    """Of a whole text: the sum over its tokens, and how many of the model's tokens it has."""

    log_likelihood: float
    tokens: int

    def to_output(self) -> str:
        return json.dumps({"log_likelihood": self.log_likelihood, "tokens": self.tokens})

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        fields = stored_object(output, {"log_likelihood", "tokens"})
        return cls(finite(fields["log_likelihood"], output), int(fields["tokens"]))


@dataclass(frozen=True, slots=True)
class ChoiceLikelihoods:
    """Of each choice after the question, in the order of the sample's facts["choices"]."""

    log_likelihoods: tuple[float, ...]

    def to_output(self) -> str:
        return json.dumps({"log_likelihoods": list(self.log_likelihoods)})

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        values = stored_object(output, {"log_likelihoods"})["log_likelihoods"]
        return cls(tuple(finite(value, output) for value in values))


def stored_object(output: str, keys: set[str]) -> dict[str, Any]:
    """The JSON object of an output with just these keys. Raises ValueError."""
    try:
        fields = json.loads(output)
    except json.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict) or fields.keys() != keys:
        raise ValueError(f"Not a stored output: {output[:80]!r}; expected JSON with {', '.join(sorted(keys))}")
    return fields


def finite(value: object, output: str) -> float:
    """Raises ValueError for anything but a finite number."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"Not a log-likelihood: {value!r} in {output[:80]!r}; expected a finite number")
    return float(value)
