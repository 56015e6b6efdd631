"""Finds the words of an English text that say who somebody is: mentions, each with its axis, group and place.

Six axes: gender, name, nationality, religion, age, disability, with their words in swap.toml and names.toml.
What a word means is told by the words around it ("polish", "a blind spot", "her"); nobody is guessed from what is not
said. Putting somebody else in the place is swap.py's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

from evals.bias import ages
from evals.bias.lexicon import tables
from evals.bias.pronouns import ends_phrase, her_form, his_form, neighbours, words

Axis = Literal["gender", "name", "nationality", "religion", "age", "disability"]
AXES: tuple[Axis, ...] = get_args(Axis)
GENDERS = ("female", "male", "neutral")
LOWER_CASE_TOO = ("gender", "disability", "age")  # on other axes the capital tells "Polish" from "polish"


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of a text, from start up to end, that place a person in a group of an axis.

    form is the row or column of the word lists that they stand in ("possessive", "noun", "years"). The group of a name
    is the name; gender is set for names.
    """

    axis: Axis
    group: str
    form: str
    start: int
    end: int
    text: str
    gender: str = ""


def find_mentions(text: str) -> tuple[Mention, ...]:
    """In order, none overlapping."""
    found = [mention for match in _pattern().finditer(text) if (mention := _read(text, match))]
    found += [Mention("age", age.group, age.form, age.start, age.end, age.text) for age in ages.find(text, _persons())]
    in_order: list[Mention] = []
    for mention in sorted(found, key=lambda each: (each.start, -each.end)):
        if not in_order or mention.start >= in_order[-1].end:
            in_order.append(mention)
    return tuple(in_order)


def same_person(mentions: Sequence[Mention], of: Mention) -> tuple[Mention, ...]:
    """The mentions to swap along with one of them, as far as words tell: the same group of the same axis; of a name or
    a gender also each other, where the gender agrees. Nothing tells two women of a text apart but their names."""
    if of.axis not in ("name", "gender"):
        return tuple(each for each in mentions if (each.axis, each.group) == (of.axis, of.group))
    gender = of.gender or of.group
    return tuple(
        each
        for each in mentions
        if (each.axis == "gender" and each.group == gender)
        or (each.axis == "name" and each.gender == gender and (of.axis == "gender" or each.group == of.group))
    )


def groups(axis: Axis) -> tuple[str, ...]:
    """What a mention of the axis can be swapped to; of an age also any number of years."""
    if axis == "gender":
        return GENDERS
    if axis == "name":
        return tuple(first_names())
    return tuple(tables("swap")[axis])


def _read(text: str, match: re.Match[str]) -> Mention | None:
    """The mention that the matched words are in their context; None where they are none."""
    start, end = match.span()
    candidates = _surfaces()[_key(match[0])]
    candidates = [each for each in candidates if each.axis in LOWER_CASE_TOO or match[0][0].isupper() or _plain(each)]
    if not candidates or _means_something_else(text, candidates[0], start, end):
        return None
    forms = {each.form: each for each in candidates}
    if forms.keys() == {"object", "possessive"}:
        chosen = forms[her_form(text, start, end)]
    elif forms.keys() == {"absolute", "possessive"}:
        chosen = forms[his_form(text, start, end)]
    elif {"adjective", "noun"} <= forms.keys():
        chosen = forms["noun" if _is_noun(text, start, end) else "adjective"]
    elif {"adjective", "predicate"} <= forms.keys():
        chosen = forms["predicate" if ends_phrase(neighbours(text, start, end).next()) else "adjective"]
    else:
        chosen = candidates[0]
    if chosen.form == "adjective" and chosen.axis == "nationality" and _is_noun(text, start, end):
        chosen = replace(chosen, form="noun")  # a Japanese, of whom English has no other noun
    return replace(chosen, start=start, end=end, text=match[0])


def _plain(mention: Mention) -> bool:
    """Common nouns of axes whose other words are proper: church, imam."""
    return mention.form in ("place", "leader") or (mention.form == "country" and mention.text[0].islower())


def _is_noun(text: str, start: int, end: int) -> bool:
    """A Brazilian arrived; but a Brazilian nurse arrived, she is Brazilian."""
    around = neighbours(text, start, end)
    determined = around.previous in ("a", "an", "the", "this", "that", "another", "every", "one")
    return determined and (ends_phrase(around.next()) or around.next() in words("verbs"))


def _means_something_else(text: str, mention: Mention, start: int, end: int) -> bool:
    lists = tables("swap")["notperson"]
    around = neighbours(text, start, end)
    if text[end : end + 1] == "-" and mention.axis != "nationality" and mention.form != "years":
        return True
    if text[start - 1 : start] == "-" or around.next() in lists.get(f"{mention.group}-after", ()):
        return True
    if around.previous in lists.get(f"{mention.group}-before", ()):
        return True
    if mention.form == "title" and not re.match(r"\s+[A-ZÀ-Þ]", text[end:]):
        return True
    language = around.previous in tables("swap")["notperson"]["language-before"] and ends_phrase(around.next())
    return mention.axis == "nationality" and mention.form == "adjective" and language


def _all(cell: str | list[str]) -> list[str]:
    return [cell] if isinstance(cell, str) else cell


@dataclass(frozen=True, slots=True)
class Name:
    gender: str
    counterpart: str


@lru_cache
def first_names() -> dict[str, Name]:
    """Every first name, with its gender and the name at its place in the other list of its set."""
    found: dict[str, Name] = {}
    for row in tables("names").values():
        for female, male in zip(row["female"], row["male"], strict=True):
            found |= {female: Name("female", male), male: Name("male", female)}
    return found


@lru_cache
def _persons() -> frozenset[str]:
    """Words for persons that "young" and "old" are said of."""
    return frozenset(tables("swap")["persons"]["words"])


@lru_cache
def _surfaces() -> dict[str, list[Mention]]:
    """What each lower-cased word or phrase may be."""
    found: dict[str, list[Mention]] = {}

    def add(axis: Axis, group: str, form: str, cell: str | list[str], gender: str = "") -> None:
        for surface in filter(None, _all(cell)):
            found.setdefault(_key(surface), []).append(Mention(axis, group, form, 0, 0, surface, gender))

    for form, row in tables("swap")["gender"].items():
        add("gender", "female", form, row[0])
        add("gender", "male", form, row[1])
    for axis in ("religion", "nationality", "disability"):
        for group, columns in tables("swap")[axis].items():
            for form, cell in columns.items():
                add(axis, group, form, cell)
    for name, facts in first_names().items():
        add("name", name, "name", name, facts.gender)
    return found


@lru_cache
def _pattern() -> re.Pattern[str]:
    """Any of the words, the longest first; by their first letter, so that few are tried at each place."""
    by_letter: dict[str, list[str]] = {}
    for surface in sorted(_surfaces(), key=len, reverse=True):
        by_letter.setdefault(surface[0], []).append(r"\s+".join(map(re.escape, surface[1:].split(" "))))
    surfaces = "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    return re.compile(rf"(?<!\w)(?:{surfaces})(?!\w)", re.IGNORECASE)


def _key(surface: str) -> str:
    return " ".join(surface.lower().split())
