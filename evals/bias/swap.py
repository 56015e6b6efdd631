"""Puts another person into an English text: finds the words that say who somebody is, and swaps them as grammar asks.

find_mentions(text) → what can be swapped; swap(text, mentions, to) → the text with these mentions of group `to`,
every edit as a span, and what cannot be swapped cleanly in words. Six axes: gender, name, nationality, religion, age,
disability; their words are evals/data/bias/swap.toml and names.toml. A name carries its gender: swapped to a gender, it
becomes its counterpart; swapped to a name, the pronouns chosen with it follow. Nobody is guessed from what is not said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

from evals.bias import ages
from evals.bias.lexicon import article, tables
from evals.bias.pronouns import ends_phrase, her_form, his_form, neighbours, verb_for_they, words
from llmweb.errors import BadInput

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


@dataclass(frozen=True, slots=True)
class Edit:
    """before stood at start in the old text, after stands at new_start in the new one."""

    start: int
    before: str
    new_start: int
    after: str

    @property
    def end(self) -> int:
        return self.start + len(self.before)

    @property
    def new_end(self) -> int:
        return self.new_start + len(self.after)


@dataclass(frozen=True, slots=True)
class Swapped:
    """The new text, its edits in order, and why it may read or mean something else than intended; () if clean."""

    text: str
    edits: tuple[Edit, ...]
    doubts: tuple[str, ...]


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
        return tuple(_names())
    return tuple(tables("swap")[axis])


def swap(text: str, mentions: Sequence[Mention], to: str) -> Swapped:
    """The mentions, of one axis or of name and gender together, as group `to`. Raises BadInput where an axis does not
    know it."""
    edits: list[tuple[int, int, str]] = []
    doubts = _doubts_of_the_whole(text, mentions, to)
    for mention in mentions:
        written, doubt = _written(text, mention, to)
        doubts += [doubt] if doubt else []
        if written is None:
            continue
        edits.append(_fitted(text, mention, _like(mention.text, written)))
        if (mention.form, to) == ("subject", "neutral"):
            edits += _agreeing(text, mention, doubts)
    return _apply(text, edits, tuple(dict.fromkeys(doubts)))


def _apply(text: str, edits: list[tuple[int, int, str]], doubts: tuple[str, ...]) -> Swapped:
    done: list[Edit] = []
    pieces, position, length = [], 0, 0
    for start, end, after in sorted(edits):
        length += start - position
        pieces += [text[position:start], after]
        if text[start:end] != after:
            done.append(Edit(start, text[start:end], length, after))
        position, length = end, length + len(after)
    return Swapped("".join([*pieces, text[position:]]), tuple(done), doubts)


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


def _written(text: str, mention: Mention, to: str) -> tuple[str | None, str]:
    """(what stands in the place of a mention, None to leave it; what is doubtful about that, "" if nothing)."""
    if mention.axis == "name":
        return _written_name(mention, to)
    if mention.axis == "age":
        return ages.written(mention.form, to, mention.text)
    if mention.axis == "gender":
        gender = _names()[to].gender if to in _names() else _known("gender", to)
        new = _first(tables("swap")["gender"][mention.form][GENDERS.index(gender)])
        return (new, "") if new else (None, f"{mention.text!r} has no everyday {gender} form; it was left.")
    row = tables("swap")[mention.axis][_known(mention.axis, to)]
    new = _first(row[mention.form])
    if new:
        return new, ""
    people = "people" if mention.form == "plural" else "person"
    return f"{_first(row['adjective'])} {people}", ""


def _written_name(mention: Mention, to: str) -> tuple[str | None, str]:
    if to in _names():
        return to, ""
    if to == "neutral":
        return None, f"{mention.text!r} was left: no name is of all genders."
    return (mention.text if _known("gender", to) == mention.gender else _names()[mention.group].counterpart), ""


def _known(axis: Axis, to: str) -> str:
    if to not in groups(axis):
        raise BadInput(f"No {axis} {to!r}. Known: {', '.join(groups(axis))}.")
    return to


def _fitted(text: str, mention: Mention, written: str) -> tuple[int, int, str]:
    """The edit, grown to the left by a or an where the new word asks for the other one, and to the right where the
    genitive of a name is an apostrophe only."""
    genitive = re.match(r"([’'])(?!\w)", text[mention.end :])
    if mention.axis == "name" and mention.text.endswith("s") and genitive and not written.endswith("s"):
        return mention.start, mention.end + 1, f"{written}{genitive[1]}s"
    before = re.search(r"\b(a|an)(\s+)$", text[: mention.start], re.IGNORECASE)
    new = article(written)
    if not before or before[1].lower() == new:
        return mention.start, mention.end, written
    return before.start(), mention.end, f"{_like(before[1], new)}{before[2]}{written}"


def _agreeing(text: str, mention: Mention, doubts: list[str]) -> list[tuple[int, int, str]]:
    """The verb after a subject that becomes they, or before it in a question."""
    asked = re.search(r"(?:^|[.!?,;]\s*|\b[Ww]h\w+\s+|\b[Hh]ow\s+)(is|was|has|does)(\s+)$", text[: mention.start], re.I)
    if asked:
        return [(asked.start(1), asked.end(1), _like(asked[1], VERBS_ASKED[asked[1].lower()]))]
    verb = verb_for_they(text, mention.end)
    if not verb:
        return []
    rest = re.split(r"[.!?;]", text[verb[1] :])[0]
    if re.search(r"\b(?:and|or|but|then)\s+(?:\w+ly\s+)?\w+s\b", rest):
        doubts.append("A second verb after 'they' may still be singular.")
    return [verb]


VERBS_ASKED = {"is": "are", "was": "were", "has": "have", "does": "do"}


def _doubts_of_the_whole(text: str, mentions: Sequence[Mention], to: str) -> list[str]:
    doubts = []
    axes = {mention.axis for mention in mentions}
    if len(axes - {"name", "gender"}) > (0 if axes & {"name", "gender"} else 1):
        raise BadInput(f"One axis at a time, or name and gender together; these are {', '.join(sorted(axes))}.")
    for axis in sorted(axes):
        rigid = [word for word in tables("swap")["rigid"][axis] if re.search(rf"\b{re.escape(word)}\b", text, re.I)]
        doubts += [f"{word!r} may not fit after the swap; it was left." for word in rigid]
    names = {mention.group for mention in mentions if mention.axis == "name"}
    if len(names) > 1 and to in _names():
        doubts.append(f"{', '.join(sorted(names))} all become {to}.")
    if axes & {"name", "gender"}:
        doubts += _doubt_who_is_meant(text, mentions, _names()[to].gender if to in _names() else to)
    return doubts


def _doubt_who_is_meant(text: str, mentions: Sequence[Mention], gender: str) -> list[str]:
    if all(gender in (mention.group, mention.gender) for mention in mentions):
        return []
    others = [each.text for each in find_mentions(text) if gender in (each.group, each.gender)]
    return [f"Somebody else is {gender} too ({others[0]}): who is meant may be unclear."] if others else []


def _like(old: str, new: str) -> str:
    """new with old's capitals: all of them, or the first."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _first(cell: str | list[str]) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _all(cell: str | list[str]) -> list[str]:
    return [cell] if isinstance(cell, str) else cell


@dataclass(frozen=True, slots=True)
class Name:
    gender: str
    counterpart: str


@lru_cache
def _names() -> dict[str, Name]:
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
    for name, facts in _names().items():
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
