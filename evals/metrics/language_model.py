"""How well a model predicts a text: perplexity by token or by word, and bits per byte. Lower is better.

Each is a function of corpus sums, as in lm-evaluation-harness: exp(-log-likelihood / tokens or words) and
-log-likelihood / (bytes · ln 2). Words are what white space separates, bytes are UTF-8, both of the text as written.
Perplexity by token compares models of one tokenizer only; bits per byte compares any two. The output of a sample holds
likelihoods.TextLikelihood of its source.
"""

from collections.abc import Sequence
from math import log
from typing import Literal

import numpy as np

from evals.likelihoods import TextLikelihood
from evals.metrics.setting import ratio, require_pairs
from evals.types import PerSample, Sample, Statistics

Unit = Literal["token", "word", "byte"]
NAMES: dict[Unit, str] = {"token": "perplexity-per-token", "word": "perplexity", "byte": "bits-per-byte"}
COLUMNS: dict[Unit, int] = {"token": 1, "word": 2, "byte": 3}


class LanguageModel:
    """per is what the log-likelihood is divided by; of bytes the result is in bits, of the others a perplexity."""

    higher_is_better = False
    per_sample: PerSample = "none"

    def __init__(self, per: Unit) -> None:
        self.name = NAMES[per]
        self._per = per

    def signature(self) -> str:
        if self._per == "byte":
            return "bits per byte|-sum(log p)/(bytes*ln 2)|bytes:utf-8|v:1"
        counted = "words:white space" if self._per == "word" else "tokens:the model's"
        return f"perplexity|exp(-sum(log p)/{self._per}s)|{counted}|v:1"

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        """Log-likelihood, tokens, words, bytes."""
        require_pairs(outputs, samples)
        pairs = zip(outputs, samples, strict=True)
        rows = [_row(TextLikelihood.from_output(output), sample.source) for output, sample in pairs]
        return np.asarray(rows, dtype=np.float64).reshape(len(outputs), 4)

    def combine(self, totals: Statistics) -> Statistics:
        surprise = ratio(-totals[..., 0], totals[..., COLUMNS[self._per]])
        return surprise / log(2) if self._per == "byte" else np.exp(surprise)


def _row(likelihood: TextLikelihood, text: str) -> tuple[float, int, int, int]:
    return likelihood.log_likelihood, likelihood.tokens, len(text.split()), len(text.encode())
