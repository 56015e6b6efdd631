"""Perplexity and bits per byte: by definition, and the identities between them."""

from math import exp, log

import pytest

from evals.likelihoods import TextLikelihood
from evals.metrics import metric
from evals.types import Sample

TEXTS = [Sample("1", "Olá, mundo"), Sample("2", "one two three")]
OUTPUTS = [TextLikelihood(-20.0, 4).to_output(), TextLikelihood(-16.0, 5).to_output()]


@pytest.mark.parametrize(
    ("name", "expected", "signature"),
    [
        ("perplexity-per-token", exp(36 / 9), "perplexity|exp(-sum(log p)/tokens)|tokens:the model's|v:1"),
        ("perplexity", exp(36 / 5), "perplexity|exp(-sum(log p)/words)|words:white space|v:1"),
        # 11 bytes of UTF-8, as á takes two, and 13
        ("bits-per-byte", 36 / (24 * log(2)), "bits per byte|-sum(log p)/(bytes*ln 2)|bytes:utf-8|v:1"),
    ],
)
def test_it_is_a_function_of_corpus_sums(name: str, expected: float, signature: str) -> None:
    made = metric(name, "en")
    assert float(made.combine(made.statistics(OUTPUTS, TEXTS).sum(axis=0))) == pytest.approx(expected)
    assert (made.signature(), made.higher_is_better) == (signature, False)


def test_a_model_that_guesses_bytes_evenly_needs_eight_bits_each() -> None:
    text = "any bytes at all"
    even = TextLikelihood(-len(text) * log(256), len(text)).to_output()
    made = metric("bits-per-byte", "en")
    assert float(made.combine(made.statistics([even], [Sample("1", text)])[0])) == pytest.approx(8)


def test_what_lm_evaluation_harness_reports_of_one_model_agrees() -> None:
    """Llama-2-7b on wikitext (pull request 833): byte perplexity 1.5016, bits per byte 0.5865."""
    per_byte = TextLikelihood(-log(1.5016), 1).to_output()
    made = metric("bits-per-byte", "en")
    assert float(made.combine(made.statistics([per_byte], [Sample("1", "x")])[0])) == pytest.approx(0.5865, abs=1e-4)


def test_without_a_word_perplexity_is_undefined() -> None:
    made = metric("perplexity", "en")
    assert str(made.combine(made.statistics([TextLikelihood(0.0, 0).to_output()], [Sample("1", "")])[0])) == "nan"
