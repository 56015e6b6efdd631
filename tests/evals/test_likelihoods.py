"""Stored log-likelihoods."""

import pytest

from evals.likelihoods import ChoiceLikelihoods, TextLikelihood


def test_what_is_stored_is_read_back_exactly() -> None:
    text, choices = TextLikelihood(-123.4567890123, 31), ChoiceLikelihoods((-1 / 3, -2e-17))
    assert TextLikelihood.from_output(text.to_output()) == text
    assert ChoiceLikelihoods.from_output(choices.to_output()) == choices


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            "A written answer",
            "Not a stored output: 'A written answer'; expected JSON with log_likelihood, tokens",
        ),
        ('{"log_likelihoods": []}', "expected JSON with log_likelihood, tokens"),
        ('{"log_likelihood": -Infinity, "tokens": 3}', "Not a log-likelihood: -inf"),
        ('{"log_likelihood": null, "tokens": 3}', "Not a log-likelihood: None"),
    ],
)
def test_anything_else_is_refused(output: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextLikelihood.from_output(output)
