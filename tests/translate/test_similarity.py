"""chrF against sacrebleu's."""

import pytest
from sacrebleu.metrics import CHRF

from llmweb.translate.similarity import chrf


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("The committee met on Monday.", "The commission met on Monday."),
        ("He sat down and slept", "He slept"),
        ("abc", "The whole sentence"),
        ("Olá, mundo!", "Olá, mundo!"),
        ("xyz", "abc"),
        ("ab", "ab"),
    ],
)
def test_it_is_sacrebleus_sentence_chrf(text: str, reference: str) -> None:
    assert chrf(text, reference) == pytest.approx(CHRF().sentence_score(text, [reference]).score, abs=1e-6)


def test_nothing_is_like_nothing_else() -> None:
    assert chrf("", "abc") == 0.0
