"""How English tells an age, and how another one is put in its place: in years, in figures or words, or as young or old
before a word for a person."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from evals.bias.lexicon import tables

# fmt: off
UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
MOST = 99  # older ages are found in figures only


@dataclass(frozen=True, slots=True)
class Age:
    """group is the years in figures, or young or old; form is years, words or relative."""

    group: str
    form: str
    start: int
    end: int
    text: str


def in_words(years: int) -> str:
    """71 → seventy-one. Up to 99."""
    if years < len(UNITS):
        return UNITS[years]
    tens = TENS[years // 10 - 2]
    return f"{tens}-{UNITS[years % 10]}" if years % 10 else tens


@lru_cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Each has the age as its group 1."""
    words = "|".join(sorted((in_words(years) for years in range(1, MOST + 1)), key=len, reverse=True))
    number = rf"(\d{{1,3}}|{words})"
    return (
        re.compile(rf"(?<![\w.-]){number}[- ]years?[- ]old\b", re.IGNORECASE),
        re.compile(rf"\b(?:aged?|age of|turned|turns|turning)\s+{number}(?![\w%-]|[.,:/]\d)", re.IGNORECASE),
        re.compile(rf"(?<![\w.-]){number} years of age\b", re.IGNORECASE),
        re.compile(r"\b[A-ZÀ-Þ][\w’'-]+, (\d{2,3})(?=,\s|\.(?:\s|$))"),
    )


def find(text: str, persons: frozenset[str]) -> Iterator[Age]:
    """Ages in years anywhere; young, old and elderly before a word of persons."""
    for pattern in _patterns():
        for match in pattern.finditer(text):
            digits = match[1].isdigit()
            group = match[1] if digits else str(_years(match[1]))
            yield Age(group, "years" if digits else "words", match.start(1), match.end(1), match[1])
    rows = tables("swap")["age"]
    for group, words in rows.items():
        for match in re.finditer(rf"(?<![\w-])({'|'.join(words)})\s+(?:[\w-]+\s+)?([\w-]+)", text, re.IGNORECASE):
            following = re.findall(r"[\w-]+", match[0].lower())[1:]
            if persons & {*following}:
                yield Age(group, "relative", match.start(1), match.end(1), match[1])


def _years(words: str) -> int:
    return next(years for years in range(1, MOST + 1) if in_words(years) == words.lower())


def written(form: str, to: str, text: str) -> tuple[str | None, str]:
    """(the age as form asks, None to leave it; a doubt, "" if none). to is years in figures, or young or old."""
    if form == "relative":
        rows = tables("swap")["age"]
        if to not in rows:
            return None, f"{text!r} was left: it is young or old, not a number of years."
        compared = text.lower().endswith("er")
        return ({"young": "younger", "old": "older"}[to] if compared else rows[to][0]), ""
    if not to.isdigit():
        return None, f"{text!r} was left: give the age in years."
    return (in_words(int(to)) if form == "words" and int(to) <= MOST else to), ""
