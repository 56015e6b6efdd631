"""Where each sentence of a summary stands in its source, and which of its numbers and names stand nowhere in it.

A sentence is linked to the source sentence that says most of it: by embeddings and shared words together, by words
alone where there are no embeddings. How a summary comes about is summarize.py's.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal

from llmweb.retrieve import words

if TYPE_CHECKING:
    import numpy as np

FlagKind = Literal["number", "name"]

NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f’']\d{3})+(?!\d)|\d+(?:[.,:]\d+)*")
GROUPED = re.compile(r"\d{1,3}(?:[.,’' \u00a0\u202f]\d{3})+")
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
SCALE = re.compile(rf"[ \u00a0-]({'|'.join(SCALES)})\b", re.IGNORECASE)
SPELLED_TOKEN = re.compile(r"[^\W_]+|[^\w\s-]")
NAME = re.compile(r"[^\W\d_][\w’'.-]*")
POSSESSIVE = re.compile(r"[’']s?$")
SENTENCE_START = re.compile(r"(?:^|[.!?…:\n]|[-–—•*]\s)[\s\"'“‘«(\[]*$")
# Function words carry no support: a summary may add them freely.
STOP_WORDS = frozenset(
    words(
        "a about above after again all also although an and any are as at be because been before being between "
        "both but by can could did do does down during each even every few for from further had has have having he "
        "her here hers him his how however i if in into is it its itself just may me might more most much must my "
        "nor of off on once one only or other our out over own per same shall she should since so some such than "
        "that the their them then there these they this those though through thus to too under until up upon us "
        "very was we were what when where which while who whom whose why will with within would yet you your "
    )
)
NEGATIONS = frozenset(words("no not never none nothing nobody neither nor without cannot hardly"))
WORD_WEIGHT = 0.5  # of shared words against the cosine, where there are embeddings


@dataclass(frozen=True, slots=True)
class Flag:
    """A number or name at [start, end) of the summary that the source does not contain."""

    kind: FlagKind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SupportedSentence:
    """A sentence at [start, end) of the summary, and the source sentence at [source_start, source_end) that says it.

    similarity is 0–1, the mean of cosine and shared words, or the share of its words alone (Summary.linked_by says
    which); the source place is None where no source sentence shares anything with it.
    """

    text: str
    start: int
    end: int
    source_start: int | None
    source_end: int | None
    similarity: float
    flags: tuple[Flag, ...] = ()


def content_words(text: str) -> list[str]:
    """Words that say something, case folded, reduced to a common beginning of inflected forms, in order."""
    return [_stem(word) for word in words(text) if word not in STOP_WORDS]


def in_order(sentence: str, source: str) -> float:
    """Share of the sentence's words, function words too, that stand in the source in the same order, 0–1.

    The longest common subsequence, as in ROUGE-L precision (Lin 2004): who did what to whom survives it.
    """
    wanted, there = words(sentence), words(source)
    row = [0] * (len(there) + 1)
    for word in wanted:
        before = row
        row = [0]
        for place, other in enumerate(there):
            row.append(before[place] + 1 if word == other else max(before[place + 1], row[place]))
    return row[-1] / len(wanted) if wanted else 0.0


def negations(text: str) -> int:
    return sum(word in NEGATIONS for word in words(text.replace("n't", " not").replace("n’t", " not")))


def best_source(
    sentence: str,
    sources: Sequence[frozenset[str]],
    vector: "np.ndarray | None" = None,
    vectors: "np.ndarray | tuple[()]" = (),
) -> tuple[int, float]:
    """(number of the source sentence that supports it best, similarity 0–1). sources must not be empty.

    sources are the content words of each source sentence; vector and vectors the unit embeddings of the sentence and
    of the sources, left out where there are none.
    """
    wanted = content_words(sentence)
    shared = [_share(wanted, source) for source in sources]
    if vector is not None and len(vectors) == len(sources):
        import numpy as np

        cosines = np.maximum(0.0, np.asarray(vectors) @ vector)
        shared = [
            WORD_WEIGHT * share + (1 - WORD_WEIGHT) * float(cosine)
            for share, cosine in zip(shared, cosines, strict=True)
        ]
    best = max(range(len(sources)), key=lambda number: shared[number])
    return best, min(1.0, shared[best])


class Facts:
    """The numbers and names of a source, to hold summaries against."""

    def __init__(self, source: str = "") -> None:
        self._numbers: set[str] = set()
        self._words: set[str] = set()
        self.add(source)

    def add(self, text: str) -> None:
        self._numbers.update(value for value, _, _ in numbers(text))
        self._words.update(_bare(match.group()) for match in NAME.finditer(unicodedata.normalize("NFKC", text)))

    def missing(self, summary: str, start: int = 0, end: int | None = None) -> tuple[Flag, ...]:
        """Numbers and names in summary[start:end] that the source does not contain, in order."""
        end = len(summary) if end is None else end
        flags = [
            Flag("number", summary[first:last], first, last)
            for value, first, last in numbers(summary)
            if start <= first < end and value not in self._numbers
        ]
        flags += [
            Flag("name", summary[first:last], first, last)
            for first, last in names(summary)
            if start <= first < end and not self._known(summary[first:last])
        ]
        return tuple(sorted(flags, key=lambda flag: flag.start))

    def _known(self, name: str) -> bool:
        bare = _bare(name)
        return bare in self._words or all(part in self._words for part in bare.split("-"))


def numbers(text: str) -> tuple[tuple[str, int, int], ...]:
    """(value, start, end) of each number in digits or English words; "1,840", "1 840" and "1840" have one value."""
    found = [_scaled(text, match) for match in NUMBER.finditer(text)]
    ends = [end for _, _, end in found]
    spelled = [number for number in _spelled(text) if not any(number[1] < end <= number[2] for end in ends)]
    return tuple(sorted(found + spelled, key=lambda number: number[1]))


def names(text: str) -> tuple[tuple[int, int], ...]:
    """[start, end) of capitalised words that are no sentence beginnings, "I" or titles: names, by the look of them."""
    found = []
    for match in NAME.finditer(text):
        word = POSSESSIVE.sub("", match.group()).rstrip(".-’'")
        if not word[:1].isupper() or word == "I" or word.startswith(("I'", "I’")):
            continue
        if SENTENCE_START.search(text, 0, match.start()) and not _looks_like_name(word):
            continue
        found.append((match.start(), match.start() + len(word)))
    return tuple(found)


def _looks_like_name(word: str) -> bool:
    """Capitals or digits inside a sentence's first word: "NATO", "McDonald", "iPhone4" are names anywhere."""
    return len(word) > 1 and any(letter.isupper() or letter.isdigit() for letter in word[1:])


def _bare(name: str) -> str:
    """Without possessive and punctuation, case folded, so that a name matches at a sentence's beginning too."""
    return POSSESSIVE.sub("", unicodedata.normalize("NFKC", name)).rstrip(".-’'").casefold()


def _value(digits: str) -> str:
    """One spelling of a number: western digits, no thousands separators, "." for decimals, no empty decimals."""
    if GROUPED.fullmatch(digits):
        digits = re.sub(r"\D", "", digits)
    plain = "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in digits)
    if ":" in plain or plain.count(".") + plain.count(",") > 1:
        return plain
    whole, _, decimals = plain.replace(",", ".").partition(".")
    decimals = decimals.rstrip("0")
    return f"{int(whole)}.{decimals}" if decimals else str(int(whole))


def _scaled(text: str, match: re.Match[str]) -> tuple[str, int, int]:
    """A number in digits, with the word behind it that multiplies it: "2.5 million" is 2500000."""
    value, scale = _value(match.group()), SCALE.match(text, match.end())
    if scale is None or ":" in value or value.count(".") > 1:
        return value, match.start(), match.end()
    scaled = Decimal(value) * SCALES[scale.group(1).lower()]
    return _value(f"{scaled:f}"), match.start(), scale.end()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A token as text2num wants it."""

    word: str

    def text(self) -> str:
        return self.word

    def nt_separated(self, previous: "_Spoken") -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return self.word.isdecimal()


def _spelled(text: str) -> list[tuple[str, int, int]]:
    """Numbers in English words from three up; "one" and "two" are too often pronouns, ordinals too often ranks."""
    from text_to_num import find_numbers  # type: ignore[import-untyped]

    tokens = list(SPELLED_TOKEN.finditer(text))
    return [
        (_value(str(int(number.value))), tokens[number.start].start(), tokens[number.end - 1].end())
        for number in find_numbers([_Spoken(token.group()) for token in tokens], "en")
        if not number.is_ordinal and not number.text.startswith("0")
    ]


def _share(wanted: Sequence[str], there: Collection[str]) -> float:
    return sum(word in there for word in wanted) / len(wanted) if wanted else 0.0


@cache
def _stem(word: str) -> str:
    """Crude on purpose: "close", "closed" and "closes" meet; only equality is ever asked of it."""
    for ending in ("ingly", "edly", "ies", "ied", "ing", "ed", "es", "s", "ly", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
