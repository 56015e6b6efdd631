"""Which sentences of a text say most of it: the choice a summary starts from.

A choice of sentences is good when, taken together, it points where the whole text points (or at the question asked),
and none of its sentences needs another one to be understood. How they become a summary is summarize.py's.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from llmweb.retrieve import words
from llmweb.summarize.support import content_words

if TYPE_CHECKING:
    import numpy as np

WIDTH = 8  # choices kept at each step of the search
CANDIDATES = 32
VOCABULARY = 1024
FOCUS_WEIGHT = 0.75  # of the question against the whole text, when there is one
ALONE_WEIGHT = 0.7  # of the sentences one by one against all of them together; tuned in tests/bench/summaries.py
OVER = 1.12  # a choice may be this many times as long as asked for
GREETING = 0.6  # burden of what is no statement: a greeting, a signature, a heading, a list's beginning
LEANING = 0.2  # burden of a sentence that points back at one left out
SPEECH = re.compile(r"^\W*[\"“«„]|[\"”»]\W*$")
LEANS = frozenset(
    words(
        "he she it they them this that these those his her its their but however then also so and or nor thus "
        "therefore meanwhile instead otherwise both another such here there"
    )
)
ENDS = re.compile(r"[.!。！…][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Choice:
    """Numbers of sentences in the order of the text, and how well they stand for it (only to be compared)."""

    numbers: tuple[int, ...]
    score: float


class Salience:
    """The sentences of a text as unit vectors, ready to choose from. whole is the direction of the text itself."""

    def __init__(
        self, sentences: Sequence[str], vectors: "np.ndarray", whole: "np.ndarray", question: "np.ndarray | None" = None
    ) -> None:
        self._vectors = vectors
        self._lengths = [len(sentence.split()) for sentence in sentences]
        self._target = whole if question is None else _unit((1 - FOCUS_WEIGHT) * whole + FOCUS_WEIGHT * question)
        self._burdens = [burden(sentence) for sentence in sentences]
        self._leaning = [leans(sentence) for sentence in sentences]
        self._alone = vectors @ self._target

    def choose(self, word_budget: int) -> Choice:
        """The best choice of about word_budget words found by beam search; at least one sentence."""
        able = self._able(word_budget)
        beam = self._best([(number,) for number in able])
        if not beam:
            return Choice((min(range(len(self._lengths)), key=lambda number: self._lengths[number]),), 0.0)
        full: list[Choice] = []
        while beam:
            longer, seen = [], set()
            for choice in beam:
                grown = [tuple(sorted((*choice.numbers, n))) for n in self._others(choice.numbers, able, word_budget)]
                if not grown:
                    full.append(choice)
                longer += [numbers for numbers in grown if numbers not in seen]
                seen.update(grown)
            beam = self._best(longer)
        return max(full, key=lambda choice: choice.score)

    def _able(self, word_budget: int) -> list[int]:
        """The CANDIDATES best sentences by themselves that are not too long."""
        short = [n for n, length in enumerate(self._lengths) if length <= word_budget * OVER]
        fitting = [n for n in short if self._burdens[n] < GREETING] or short
        return sorted(fitting, key=lambda n: self._burdens[n] - float(self._alone[n]))[:CANDIDATES]

    def _others(self, numbers: tuple[int, ...], able: Sequence[int], word_budget: int) -> list[int]:
        room = word_budget * OVER - self._words(numbers)
        return [n for n in able if n not in numbers and self._lengths[n] <= room]

    def _best(self, choices: Sequence[tuple[int, ...]]) -> list[Choice]:
        scored = [Choice(numbers, self._score(numbers)) for numbers in choices]
        return sorted(scored, key=lambda choice: -choice.score)[:WIDTH]

    def _words(self, numbers: Sequence[int]) -> int:
        return sum(self._lengths[number] for number in numbers)

    def _score(self, numbers: tuple[int, ...]) -> float:
        chosen = list(numbers)
        lengths = [self._lengths[number] for number in chosen]
        together = _unit((self._vectors[chosen] * [[length] for length in lengths]).sum(axis=0)) @ self._target
        burdens = [self._burdens[n] + (LEANING if self._leaning[n] and n - 1 not in numbers else 0.0) for n in chosen]
        alone = [float(self._alone[n]) - burden for n, burden in zip(chosen, burdens, strict=True)]
        weighted = sum(value * length for value, length in zip(alone, lengths, strict=True)) / sum(lengths)
        return (1 - ALONE_WEIGHT) * float(together) + ALONE_WEIGHT * weighted


def leans(sentence: str) -> bool:
    """Whether its first word points back at the sentence before."""
    first = words(sentence)[:1]
    return bool(first) and first[0] in LEANS


def burden(sentence: str) -> float:
    """How much less a sentence is worth for its form: greetings, questions, speech, headings; 0–GREETING."""
    length = len(sentence.split())
    if length < 4 or sentence.rstrip().endswith((":", ",")):
        return GREETING
    asks = 0.35 if sentence.rstrip().endswith("?") else 0.0
    speaks = 0.15 if SPEECH.search(sentence) else 0.0
    unfinished = 0.0 if ENDS.search(sentence.rstrip()) or asks else 0.2
    return min(GREETING - 0.1, asks + speaks + unfinished)


class WordSpace:
    """The stand-in for embeddings: directions spanned by the commonest content words, rarer words weighing more."""

    def __init__(self, sentences: Sequence[str]) -> None:
        counts = Counter(word for sentence in sentences for word in set(content_words(sentence)))
        common = counts.most_common(VOCABULARY)
        self._columns = {word: (place, log(1 + len(sentences) / n)) for place, (word, n) in enumerate(common)}

    def vectors(self, texts: Sequence[str]) -> "np.ndarray":
        """Unit rows, (len(texts), at most VOCABULARY); zero rows for texts that share no word."""
        import numpy as np

        table = np.zeros((len(texts), max(1, len(self._columns))), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in content_words(text):
                if word in self._columns:
                    place, weight = self._columns[word]
                    table[row, place] += weight
        return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9))


def _unit(vector: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
