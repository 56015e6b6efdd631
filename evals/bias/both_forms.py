"""Both gender forms of a person whom an English source leaves open, in one translation: O/A médico/médica.

The other form is looked for among the engine's other translations where it has some, else the source is translated
again with the person named as a woman and as a man. Where it is not found, or the two translations differ in more than
forms of the same words, the translation stays as it was. What gender a translation gives is gender.py's.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from evals.asking import Output, Question
from evals.bias.gender import occupation_gender
from evals.bias.mentions import find_mentions
from evals.bias.occupations import LANGUAGES, occupations
from llmweb.types import Completion

Form = Literal["masculine", "feminine"]
Ask = Callable[[Question], Output]

# What "male" and "female" become: taken out again, as the source does not say it.
SAID = {
    "pt": r"\s+(?:do\s+sexo\s+)?(?:masculin[oa]|feminin[oa]|homem|mulher)\b",
    "es": r"\s+(?:de\s+sexo\s+)?(?:masculin[oa]|femenin[oa]|hombre|mujer|varón)\b",
    "fr": r"\s+(?:de\s+sexe\s+)?(?:masculine?|féminine?|homme|femme|mâle|femelle)\b",
    "de": r"\b(?:männlich|weiblich)\w*\s+",
}
ALTERNATIVES = 4
PIECE = re.compile(r"\w+|\W+")
SHORT = 4  # letters: articles and pronouns differ in all of theirs


@dataclass(frozen=True, slots=True)
class Person:
    """An occupation and where its word stands in the source."""

    occupation: str
    start: int


def both_forms(question: Question, ask: Ask) -> Output:
    """What ask gives, with both forms where it gave one of the two. Raises what ask raises."""
    plain = ask(question)
    suite, person = question.suite, open_person(question.sample.source)
    if person is None or suite.source != "en" or suite.target not in LANGUAGES:
        return plain
    first = form(plain.text, person, suite.target)
    if first is None:
        return plain
    completions, forms = list(plain.completions), {first: [plain.text]}
    for other in _others(question, ask, person):
        completions += other.completions
        for text in (other.text, *_alternatives(other.completions)):
            text = unsaid(text, suite.target)
            found = form(text, person, suite.target)
            forms.setdefault(found, []).append(text) if found else None
        for masculine in forms.get("masculine", ()):
            for feminine in forms.get("feminine", ()):
                if both := merged(masculine, feminine):
                    return Output(both, tuple(completions))
    return Output(plain.text, tuple(completions))


def open_person(source: str) -> Person | None:
    """The one person of a text whose gender it leaves open; None where it tells it, or speaks of no or several."""
    found = list(_occupations()[0].finditer(source))
    told = any(each.axis == "name" or each.group in ("female", "male") for each in find_mentions(source))
    if len(found) != 1 or told:
        return None
    return Person(_occupations()[1][found[0][1].lower()], found[0].start(1))


def form(text: str, person: Person, language: str) -> Form | None:
    """Which of the two a translation gives; None of both, neither and any other."""
    verdict = occupation_gender(text, person.occupation, language, alone=True).verdict
    return verdict if verdict in ("masculine", "feminine") else None


def unsaid(text: str, language: str) -> str:
    return re.sub(SAID[language], "", text)


def merged(masculine: str, feminine: str) -> str | None:
    """One text with both forms of each word that differs; None where the texts differ in more than forms."""
    one, other = PIECE.findall(masculine), PIECE.findall(feminine)
    pieces: list[str] = []
    for tag, start, end, begin, stop in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces += one[start:end]
            continue
        pairs = list(zip(one[start:end], other[begin:stop], strict=False))
        if end - start != stop - begin or not all(_same_word(*pair) for pair in pairs):
            return None
        pieces += [m if m == f else f"{m}/{f}" for m, f in pairs]
    return "".join(pieces)


def _same_word(one: str, other: str) -> bool:
    """Two forms of a word, as far as their beginnings tell."""
    if one == other:
        return True
    if not (one[0].isalpha() and other[0].isalpha()):
        return False
    return max(len(one), len(other)) <= SHORT or _folded(one)[:2] == _folded(other)[:2]


def _folded(word: str) -> str:
    """Without accents and case: Arzt and Ärztin begin alike."""
    return "".join(each for each in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(each))


def _others(question: Question, ask: Ask, person: Person) -> Iterator[Output]:
    """The engine's other translations, where it gives any; then the sources varied."""
    options = question.options
    if "alternatives" in question.runtime.abilities(question.model, options.precision):
        yield ask(replace(question, options=replace(options, beams=ALTERNATIVES, alternatives=ALTERNATIVES)))
    for word in ("female", "male"):
        source = varied(question.sample.source, person, word)
        yield ask(replace(question, sample=replace(question.sample, source=source)))


def varied(source: str, person: Person, word: str) -> str:
    """The male engineer: word stands before the occupation."""
    before = re.sub(r"\b(a)n(\s+)$", r"\1\2", source[: person.start], flags=re.IGNORECASE)
    return f"{before}{word} {source[person.start :]}"


def _alternatives(completions: tuple[Completion, ...]) -> tuple[str, ...]:
    """Of a text that was translated in one piece."""
    return tuple(each.text for each in completions[0].alternatives) if len(completions) == 1 else ()


@lru_cache
def _occupations() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of an occupation's word after an article, and word → occupation."""
    named = {each.english.lower(): each.name for each in occupations().values()}
    words = "|".join(map(re.escape, sorted(named, key=lambda word: -len(word))))
    return re.compile(rf"\b(?:the|an?|this|that|our|my|your|their)\s+({words})\b", re.IGNORECASE), named
