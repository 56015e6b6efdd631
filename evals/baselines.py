"""Trivial systems that any model must beat. They read no weights and are always on the board."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import fsum, log

import numpy as np

from evals.types import Kind, Sample, Suite
from llmweb.retrieve import words
from llmweb.translate.segments import sentences

TEXTRANK_WORDS = 45  # what the feature is asked for when it summarizes a sample: a short summary
DAMPING = 0.85  # Mihalcea and Tarau 2004, as PageRank's
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Baseline:
    """about says in words what it does; version goes up when its outputs change; kinds are the suites it is for."""

    about: str
    version: int
    kinds: frozenset[Kind]
    write: Callable[[Suite, Sample], str]


def copy_source(suite: Suite, sample: Sample) -> str:
    return sample.source


def lead_two(suite: Suite, sample: Sample) -> str:
    return " ".join(_sentences(sample.source, suite.source)[:2])


def textrank(suite: Suite, sample: Sample) -> str:
    """The sentences most like the others, best first until about TEXTRANK_WORDS words, in the order of the text."""
    found = _sentences(sample.source, suite.source)
    weights, chosen = importance(found), list[int]()
    for place in sorted(range(len(found)), key=lambda place: -weights[place]):
        length = sum(len(found[other].split()) for other in (*chosen, place))
        if not chosen or length <= TEXTRANK_WORDS:
            chosen.append(place)
    return " ".join(found[place] for place in sorted(chosen))


def passage_sentence(suite: Suite, sample: Sample) -> str:
    """The sentence of the passage that has most words of the question, each weighed by its rarity; the first of equals.

    It always answers, also what the passage does not tell.
    """
    found = _sentences(sample.facts["passage"], suite.source)
    spread = Counter(word for sentence in found for word in set(words(sentence)))
    asked = set(words(sample.source))
    # fsum: the order of a set, and with it the last digit of a plain sum, changes from process to process
    weights = [fsum(1 / spread[word] for word in asked & set(words(sentence))) for sentence in found]
    return found[max(range(len(found)), key=weights.__getitem__)]


def importance(found: list[str]) -> list[float]:
    """TextRank of each sentence: the stationary weights of a walk between sentences that share words.

    Mihalcea and Tarau 2004, TextRank: Bringing Order into Texts, section 5: similarity is the number of shared words
    over the sum of the logarithms of the sentences' lengths in words.
    """
    bags = [set(words(sentence)) for sentence in found]
    alike = np.array([[_similarity(one, other) if one is not other else 0.0 for other in bags] for one in bags])
    outgoing = alike.sum(axis=1, keepdims=True)
    walk = np.divide(alike, outgoing, out=np.full_like(alike, 1 / len(bags)), where=outgoing > 0)
    weights = np.full(len(bags), 1 / len(bags))
    while True:
        following = (1 - DAMPING) / len(bags) + DAMPING * weights @ walk
        if np.abs(following - weights).max() < TOLERANCE:
            return [float(weight) for weight in following]
        weights = following


def _similarity(one: set[str], other: set[str]) -> float:
    lengths = log(len(one) or 1) + log(len(other) or 1)
    return len(one & other) / lengths if lengths else 0.0


def _sentences(text: str, language: str) -> list[str]:
    return [sentence.text for sentence in sentences(text, language)] or [text]


BASELINES: dict[str, Baseline] = {
    "baseline/copy-source": Baseline(
        "gives back what it was asked", 1, frozenset({"translate", "instruct"}), copy_source
    ),
    "baseline/lead-2": Baseline("the first two sentences", 1, frozenset({"summarize"}), lead_two),
    "baseline/textrank": Baseline("the most central sentences (TextRank)", 1, frozenset({"summarize"}), textrank),
    "baseline/passage-sentence": Baseline(
        "the sentence of the text most like the question", 2, frozenset({"ask"}), passage_sentence
    ),
}
