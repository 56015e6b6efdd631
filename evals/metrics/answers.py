"""Exact match and F1 of answers, under the normalizations of three public scorers. Means, 0–100; the best reference
counts. An empty output says that the text does not tell.

SQuAD 1.1 (Rajpurkar et al. 2016) and 2.0 (2018) normalize alike; 2.0 knows questions without an answer. MLQA (Lewis et
al. 2020) drops every Unicode punctuation mark and each language's articles, and splits Chinese into characters. It has
no unanswerable questions: where a reference is empty we score as SQuAD 2.0 does.
"""

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

from evals.metrics.setting import Mean, Setting, require_references
from evals.types import Sample

Norm = Literal["squad1", "squad2", "mlqa"]
Value = Literal["exact-match", "f1"]

ENGLISH_ARTICLES = re.compile(r"\b(a|an|the)\b")
ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
# mlqa_evaluation_v1.py. Its Arabic pattern takes every "ال" out, within words too: scores are to equal the script's.
MLQA_ARTICLES = {
    "en": ENGLISH_ARTICLES,
    "es": re.compile(r"\b(un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "ar": re.compile(r"\sال^|ال"),
}
MLQA_WITHOUT_ARTICLES = {"hi", "zh"}
# Languages MLQA does not have, by the same idea; the signature says whose rule it is.
OWN_ARTICLES = {
    "pt": re.compile(r"\b(o|a|os|as|um|uma|uns|umas)\b"),
    "fr": re.compile(r"\b(un|une|des|le|la|les)\b"),
    "it": re.compile(r"\b(un|uno|una|il|lo|la|i|gli|le)\b"),
}
MLQA_CHINESE = re.compile(r"([\u4e00-\u9fa5])")


def answer_metric(value: Value, norm: Norm, setting: Setting) -> Mean:
    """SQuAD's normalizations are English whatever the language, as XQuAD uses them; MLQA's is the language's own."""
    language = setting.base_language
    rule = f"mlqa|lang:{language}|articles:{_articles_of(language)}" if norm == "mlqa" else norm
    scorer = _Scorer(value, norm, partial(mlqa_normalized, language=language) if norm == "mlqa" else squad_normalized)
    title = "EM" if value == "exact-match" else "F1"
    described = f"{title}|norm:{rule}|refs:best|mean|v:1"
    name = value if norm == "squad2" else f"{value}-{norm}"
    return Mean(name, described, scorer.each, "binary" if value == "exact-match" else "unit")


@dataclass(frozen=True)
class _Scorer:
    value: Value
    norm: Norm
    normalized: Callable[[str], str]

    def each(self, outputs: Sequence[str], samples: Sequence[Sample]) -> list[float]:
        require_references(samples, f"{self.value}-{self.norm}")
        return [self._best(output, sample.references) for output, sample in zip(outputs, samples, strict=True)]

    def _best(self, output: str, references: tuple[str, ...]) -> float:
        mine, theirs = self.normalized(output), [self.normalized(reference) for reference in references]
        if self.norm == "squad2":
            theirs = [text for text in theirs if text] or [""]
        if self.value == "exact-match":
            return float(mine in theirs)
        unanswerable_counts = self.norm == "squad2" or "" in references
        return max(_f1(mine, text, unanswerable_counts) for text in theirs)


def _f1(mine: str, theirs: str, unanswerable_counts: bool) -> float:
    """Of the multisets of tokens. Where a question may be unanswerable, two empty answers are right; else worth 0."""
    output, reference = mine.split(), theirs.split()
    if unanswerable_counts and not (output and reference):
        return float(output == reference)
    common = (Counter(output) & Counter(reference)).total()
    return 2 * common / (len(output) + len(reference)) if common else 0.0


def squad_normalized(text: str) -> str:
    """Lower case; ASCII punctuation, then the English articles dropped; single spaces."""
    return " ".join(ENGLISH_ARTICLES.sub(" ", text.lower().translate(ASCII_PUNCTUATION)).split())


def mlqa_normalized(text: str, language: str) -> str:
    """Lower case; every punctuation mark, then the language's articles dropped; single spaces, Chinese characters
    apart."""
    bare = text.lower().translate(_all_punctuation())
    articles = MLQA_ARTICLES.get(language) or OWN_ARTICLES.get(language)
    bare = articles.sub(" ", bare) if articles else bare
    return " ".join((MLQA_CHINESE.sub(r" \1 ", bare) if language == "zh" else bare).split())


def _articles_of(language: str) -> str:
    if language in MLQA_ARTICLES or language in MLQA_WITHOUT_ARTICLES:
        return "mlqa"
    return "own" if language in OWN_ARTICLES else "none"


@cache
def _all_punctuation() -> dict[int, None]:
    marks = {code for code in range(sys.maxunicode) if unicodedata.category(chr(code)).startswith("P")}
    return dict.fromkeys(marks | set(map(ord, string.punctuation)))
