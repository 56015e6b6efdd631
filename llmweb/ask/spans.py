"""Spans of a sentence that could answer a question, and what can be seen of each without a model.

Which span wins is answers.py's. The word lists are English; in other languages fewer spans are proposed, and those
a model wrote come in all the same.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

MAX_WORDS = 12
WORD = re.compile(r"[£$€]?\d(?:[\d,.]*\d)?%?|\w+(?:[-'’–./&]\w+)*")
STOP = frozenset(
    """a an the of in on at by for with to from as into onto over under about after before between during through
    against among within without and or but nor so yet if because while although though since until unless than that
    which who whom whose what when where why how this these those it its it's he his him her she they them their we
    our us you your i my me is are was were be been being am has have had having do does did can could may might must
    shall should will would not no also there here then such more most other some any each all both only own same too
    very just however thus therefore called known named""".split()  # noqa: SIM905
)
JOINING = frozenset("of the and de for in to a an or at on & da von van la le by from with than as into".split())  # noqa: SIM905
NAME_JOINING = frozenset(("of", "the", "de", "for", "and", "von", "van", "la"))
OPENING = frozenset(
    ("because", "by", "to", "that", "from", "as", "with", "was", "were", "is", "are", "for", "called", "in")
)
MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
DATED = frozenset((*MONTHS, "century"))
NUMBERS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty thirty forty
    fifty sixty hundred thousand million billion trillion half dozen first second third fourth""".split()  # noqa: SIM905
)
YEAR = re.compile(r"\b(?:1\d|20)\d\d")

# What a question asks for, told by its words; the first that matches counts.
TIME = "year|century|decade|month|date|day"
PLACE = "city|country|state|place|location|region|area|county|town|river|continent|island|street"
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("number", re.compile(r"\bhow (many|much|long|far|old|tall|high|deep|large|big|often|fast|wide|few)\b")),
    ("number", re.compile(r"\b(what|which) (percent\w*|number|amount|population|age|total|distance|size)\b")),
    ("when", re.compile(rf"\b(what|which) (\w+ )?({TIME})\b|^when\b|\bwhen (did|was|were|is|do|does)\b|\byear\b")),
    ("who", re.compile(r"\bwho(m|se)?\b")),
    ("where", re.compile(rf"\bwhere\b|\b(what|which) (\w+ )?({PLACE})\b")),
    ("why", re.compile(r"\bwhy\b")),
    ("how", re.compile(r"\bhow\b")),
    ("which", re.compile(r"\bwhich\b")),
)

HEAD = re.compile(r"\b(?:what|which|whose) (?:kind of |type of |type |kinds of |types of |other )?(\w+)")


def kind_of(question: str) -> str:
    """What a question asks for: number, when, who, where, why, how, which or what."""
    lower = question.casefold()
    return next((kind for kind, pattern in KINDS if pattern.search(lower)), "what")


def stem(word: str) -> str:
    """The word without a common English ending: enough to see that "opened" and "opening" are one."""
    for ending in ("ing", "ed", "es", "s", "ly", "er", "ion"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def stems(text: str) -> frozenset[str]:
    """Stems of the words that carry meaning."""
    return frozenset(stem(word) for word in WORD.findall(text.casefold()) if word not in STOP)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its kind, the stems of its meaningful words, and that of the noun after "what" or "which"."""

    kind: str
    stems: frozenset[str]
    head: str

    @classmethod
    def read(cls, text: str) -> "Question":
        match = HEAD.search(text.casefold())
        head = match.group(1) if match and match.group(1) not in STOP else ""
        return cls(kind_of(text), stems(text), stem(head))


@dataclass(frozen=True)
class Word:
    """One word at [start, end) of its sentence. joined: nothing but space stands before it and the previous word."""

    text: str
    start: int
    end: int
    joined: bool

    @cached_property
    def lower(self) -> str:
        return self.text.casefold()

    @cached_property
    def stem(self) -> str:
        return stem(self.lower)

    @property
    def stop(self) -> bool:
        return self.lower in STOP

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def number(self) -> bool:
        return any(char.isdigit() for char in self.text) or self.lower in NUMBERS


def split(text: str) -> tuple[Word, ...]:
    """The words of a sentence."""
    found: list[Word] = []
    for match in WORD.finditer(text):
        between = text[found[-1].end : match.start()] if found else ""
        found.append(Word(match.group(), match.start(), match.end(), bool(found) and not between.strip()))
    return tuple(found)


def candidates(words: Sequence[Word]) -> list[tuple[int, int]]:
    """(first, last) word of every span that looks like an answer: names, amounts, noun phrases, lists, clauses."""
    runs = list(_runs(words))
    found = {*_parts(words, runs), *_names(words), *_joined(words, runs), *_clauses(words)}
    found |= {(first - more, last) for first, last in found for more in _qualifiers(words, first)}
    return sorted(
        (first, last)
        for first, last in found
        if last - first < MAX_WORDS and any(not word.stop for word in words[first : last + 1])
    )


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """The longest runs of meaningful words without punctuation between them."""
    first = 0
    while first < len(words):
        if words[first].stop:
            first += 1
            continue
        last = first
        while last + 1 < len(words) and not words[last + 1].stop and words[last + 1].joined:
            last += 1
        yield first, last
        first = last + 1


def _parts(words: Sequence[Word], runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs, what begins or ends a short run, and numbers with and without their unit."""
    for first, last in runs:
        yield first, last
        if last - first <= 5:
            yield from ((start, last) for start in range(first + 1, last + 1))
            yield from ((first, end) for end in range(first, last))
        for at in range(first, last + 1):
            if words[at].text[0] in "£$€" or words[at].text[0].isdigit():
                yield from ((at, at), (at, min(at + 1, last)), (at, last))


def _names(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Runs of capitalised words, with "of", "the" and their like inside."""
    first = 0
    while first < len(words):
        if not words[first].capital:
            first += 1
            continue
        last = first
        while (step := _name_goes_on(words, last)) > 0:
            last += step
        yield first, last
        first = last + 1


def _name_goes_on(words: Sequence[Word], last: int) -> int:
    """How many words to add to a name that reaches last; 0 when it ends."""
    ahead = words[last + 1 : last + 3]
    if ahead and ahead[0].joined and ahead[0].capital:
        return 1
    if len(ahead) == 2 and all(word.joined for word in ahead) and ahead[0].lower in NAME_JOINING and ahead[1].capital:
        return 2
    return 0


def _joined(words: Sequence[Word], runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Up to four runs tied by prepositions, articles, "and" or a comma: "A, B and the C of D"."""
    for number, (first, before) in enumerate(runs):
        for start, last in runs[number + 1 : number + 4]:
            between = words[before + 1 : start]
            if len(between) > 2 or any(word.lower not in JOINING for word in between):
                break
            if not between and words[start].start - words[before].end > 2:
                break
            yield first, last
            before = last


def _clauses(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """From the start of a clause, or after a word that opens a phrase, to the next punctuation."""
    ends = [at - 1 for at, word in enumerate(words) if at and not word.joined] + [len(words) - 1]
    starts = {0, *(end + 1 for end in ends), *(at + 1 for at, word in enumerate(words) if word.lower in OPENING)}
    for first in starts:
        last = next((end for end in ends if end >= first), -1)
        if 0 <= last - first < MAX_WORDS:
            yield first, last


def _qualifiers(words: Sequence[Word], first: int) -> Iterator[int]:
    """How many words before first say "more than", "up to", "about" and the like."""
    if first >= 2 and f"{words[first - 2].lower} {words[first - 1].lower}" in (
        "more than",
        "up to",
        "less than",
        "at least",
    ):
        yield 2
    if first >= 1 and words[first - 1].lower in ("over", "about", "around", "under", "between"):
        yield 1


BEFORE = {
    "by": ("by",),
    "in": ("in", "at", "on", "near"),
    "of": ("of",),
    "to": ("to", "for"),
    "article": ("the", "a", "an"),
    "be": ("is", "was", "were", "are", "be", "been"),
    "and": ("and", "or"),
    "because": ("because", "due", "since"),
}


def look(question: Question, sentence: str, words: Sequence[Word], first: int, last: int) -> dict[str, float]:
    """What speaks for and against words[first..last] of the sentence as the answer."""
    kind, asked = question.kind, question.stems
    inside = words[first : last + 1]
    content = [word for word in inside if not word.stop]
    known = sum(word.stem in asked for word in content)
    before, after = words[first - 1] if first else None, words[last + 1] if last + 1 < len(words) else None
    seen = {
        "of question": known / max(1, len(content)),
        "only question": float(bool(content) and known == len(content)),
        "has head": float(any(word.stem == question.head for word in inside)),
        "ends in head": float(inside[-1].stem == question.head),
        "after head": float(before is not None and before.stem == question.head),
        "before head": float(after is not None and after.stem == question.head),
        "one word": float(len(inside) == 1),
        "log words": math.log(1 + len(inside)),
        "after asked": float(before is not None and before.stem in asked),
        "before asked": float(after is not None and after.stem in asked),
        "before punctuation": float(sentence[inside[-1].end : inside[-1].end + 1] in tuple('.,;:)"”')),
    }
    seen |= _nearness(asked, words, first, last) | _cuts(inside, before, after)
    form = _form(sentence, inside)
    if form:
        seen[f"{kind} {form}"] = 1.0
    for name, those in BEFORE.items():
        if (before.lower if before else "^") in those:
            seen[f"after {name}"] = 1.0
            seen[f"{kind} after {name}"] = 1.0
    return seen


def _nearness(asked: frozenset[str], words: Sequence[Word], first: int, last: int) -> dict[str, float]:
    """Sum and largest of 1 / distance in words to each word of the question around the span."""
    near = [
        1 / (first - at if at < first else at - last)
        for at, word in enumerate(words)
        if not first <= at <= last and word.stem in asked
    ]
    return {"near": sum(near), "nearest": max(near, default=0.0)}


def _cuts(inside: Sequence[Word], before: Word | None, after: Word | None) -> dict[str, float]:
    """Whether the span tears a phrase or a name apart at its left or right end."""
    left = before is not None and inside[0].joined
    right = after is not None and after.joined
    return {
        "cuts right": float(right and after is not None and not after.stop),
        "cuts name left": float(
            left and before is not None and before.capital and inside[0].capital and before.start > 0
        ),
        "cuts name right": float(right and after is not None and after.capital and inside[-1].capital),
    }


def _form(sentence: str, inside: Sequence[Word]) -> str:
    """date, number, name (capitalised, not merely by opening the sentence), plain, or "" for a mixture."""
    if YEAR.search(sentence[inside[0].start : inside[-1].end]) or any(word.lower in DATED for word in inside):
        return "date"
    if any(word.number for word in inside):
        return "number"
    capitals = [word.capital for word in inside]
    if any(capitals) and all(word.capital or word.stop for word in inside):
        return "" if len(inside) == 1 and inside[0].start == 0 else "name"
    return "" if any(capitals) else "plain"
