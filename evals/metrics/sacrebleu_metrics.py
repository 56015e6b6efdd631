"""BLEU, chrF2, chrF2++ and TER: sacrebleu counts and tokenizes, its formulas are here over arrays.

One call scores every resample, which sacrebleu's own functions do one at a time. Two of its traps: references are
streams (refs[which][sentence]), and only None marks one that is missing. The number of references is left out of the
signatures: it belongs to the samples, and their hash says it.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.metrics.setting import Setting, require_pairs, require_references
from evals.types import PerSample, Sample, Statistics

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

BLEU_ORDER = 4
CHARACTER_ORDER = 6
# Tercom's Asian rules split Han characters and need normalization on; Korean is written with spaces.
SPLIT_BY_TERCOM = {"zh", "ja"}


class Bleu:
    """Corpus BLEU, 0–100 (Papineni et al. 2002), tokenized for the language: zh, ja-mecab, ko-mecab, else 13a."""

    name = "bleu"
    higher_is_better = True
    per_sample: PerSample = "none"

    def __init__(self, setting: Setting) -> None:
        self._language = setting.base_language

    @cached_property
    def _counter(self) -> "BLEU":
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(trg_lang=self._language, force=True)  # force: no warning about outputs that end in " ."

    def signature(self) -> str:
        return _signature("BLEU", self._counter)

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        """Output length, length of the closest reference, right n-grams of order 1–4, n-grams of order 1–4."""
        return _statistics(self._counter, outputs, samples, 2 + 2 * BLEU_ORDER)

    def combine(self, totals: Statistics) -> Statistics:
        """As sacrebleu's compute_bleu with smoothing "exp": each order without a match halves the one before it, and
        an order without n-grams, or no match in any order, makes 0."""
        length, reference_length = totals[..., 0], totals[..., 1]
        right, all_ngrams = totals[..., 2 : 2 + BLEU_ORDER], totals[..., 2 + BLEU_ORDER :]
        missed = (right == 0) & (all_ngrams > 0)
        counted = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), right)
        defined = (right.any(axis=-1)) & (all_ngrams > 0).all(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            brevity = np.exp(np.fmin(0, 1 - reference_length / length))  # fmin: of no words against none it is 1
            scores = 100 * brevity * np.exp(np.log(counted / all_ngrams).mean(axis=-1))
        return np.where(defined, scores, 0.0)


class Chrf:
    """Corpus chrF2, 0–100 (Popović 2015): character n-grams of order 1–6; with word_order 2, chrF2++ (2017)."""

    higher_is_better = True
    per_sample: PerSample = "none"

    def __init__(self, setting: Setting, word_order: int = 0) -> None:
        self.name = "chrf2" + "+" * word_order
        self._orders = CHARACTER_ORDER + word_order
        self._word_order = word_order

    @cached_property
    def _counter(self) -> "CHRF":
        from sacrebleu.metrics.chrf import CHRF

        return CHRF(word_order=self._word_order)

    def signature(self) -> str:
        return _signature("chrF2" + "+" * self._word_order, self._counter)

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        """For each order: n-grams of the output, of the best reference, in both."""
        return _statistics(self._counter, outputs, samples, 3 * self._orders)

    def combine(self, totals: Statistics) -> Statistics:
        """Precision and recall averaged over the orders both sides have, then one F with recall weighing twice."""
        counts = totals.reshape(*totals.shape[:-1], self._orders, 3)
        output, reference, both = counts[..., 0], counts[..., 1], counts[..., 2]
        effective = (output > 0) & (reference > 0)
        orders = np.maximum(effective.sum(axis=-1), 1)
        precision = np.divide(both, output, out=np.zeros_like(both), where=effective).sum(axis=-1) / orders
        recall = np.divide(both, reference, out=np.zeros_like(both), where=effective).sum(axis=-1) / orders
        weighted = 4 * precision + recall
        score: Statistics = np.divide(
            500 * precision * recall, weighted, out=np.zeros_like(weighted), where=weighted > 0
        )
        return score


class Ter:
    """Translation edit rate (Snover et al. 2006): edits for every 100 words of the references; lower is better."""

    name = "ter"
    higher_is_better = False
    per_sample: PerSample = "none"

    def __init__(self, setting: Setting) -> None:
        self._split = setting.base_language in SPLIT_BY_TERCOM

    @cached_property
    def _counter(self) -> "TER":
        from sacrebleu.metrics.ter import TER

        return TER(normalized=self._split, asian_support=self._split)  # the second does nothing without the first

    def signature(self) -> str:
        return _signature("TER", self._counter)

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        """Edits to the closest reference, mean length of the references in words."""
        return _statistics(self._counter, outputs, samples, 2)

    def combine(self, totals: Statistics) -> Statistics:
        edits, length = totals[..., 0], totals[..., 1]
        without_reference = np.where(edits > 0, 1.0, 0.0)  # sacrebleu's: all wrong, or nothing asked and nothing said
        rate: Statistics = 100 * np.divide(edits, length, out=without_reference, where=length > 0)
        return rate


def _statistics(
    counter: "SacrebleuMetric", outputs: Sequence[str], samples: Sequence[Sample], columns: int
) -> Statistics:
    require_pairs(outputs, samples)
    require_references(samples, type(counter).__name__)
    if not outputs:
        return np.zeros((0, columns))
    streams: list[list[Any]] = [
        [sample.references[which] if which < len(sample.references) else None for sample in samples]
        for which in range(max(len(sample.references) for sample in samples))
    ]
    # Private, and what all of sacrebleu's own scores and tests are made of; its version is pinned.
    rows = counter._extract_corpus_statistics(outputs, streams)
    return np.asarray(rows, dtype=np.float64).reshape(len(outputs), columns)


def _signature(name: str, counter: "SacrebleuMetric") -> str:
    """sacrebleu's own, without the number of references."""
    counter.num_refs = -1  # sacrebleu wants to have seen references first
    signature = counter.get_signature()
    del signature.info["nrefs"]
    return f"{name}|{signature.format()}"
