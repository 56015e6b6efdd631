"""Choosing by log-likelihood, as lm-evaluation-harness's acc and acc_norm."""

import pytest

from evals.likelihoods import ChoiceLikelihoods
from evals.metrics import metric
from evals.types import Sample

QUESTION = Sample("q", "Water boils at", ("100 degrees Celsius",), facts={"choices": ["ice", "100 degrees Celsius"]})


@pytest.mark.parametrize(
    ("likelihoods", "accuracy", "per_character"),
    [
        ((-9.0, -4.0), 100, 100),
        # -4 beats -12; but -12 over 19 characters beats -4 over 3.
        ((-4.0, -12.0), 0, 100),
        ((-1.0, -12.0), 0, 0),
        # A tie goes to the first.
        ((-4.0, -4.0), 0, 100),
    ],
)
def test_the_likeliest_choice_is_the_answer(
    likelihoods: tuple[float, float], accuracy: float, per_character: float
) -> None:
    output = ChoiceLikelihoods(likelihoods).to_output()
    values = []
    for name in ("accuracy", "accuracy-per-character"):
        made = metric(name, "en")
        values.append(float(made.combine(made.statistics([output], [QUESTION])[0])))
    assert values == [accuracy, per_character]


def test_too_few_likelihoods_are_refused() -> None:
    output = ChoiceLikelihoods((-1.0,)).to_output()
    with pytest.raises(ValueError, match="Sample 'q' has 2 choices, its output 1 likelihoods"):
        metric("accuracy", "en").statistics([output], [QUESTION])
