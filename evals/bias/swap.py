"""Puts another person into an English text, as grammar asks.

find_mentions(text) → what can be swapped; swap(text, mentions, to) → the text with these mentions of group `to`, every
edit as a span, and what cannot be swapped cleanly in words. A name carries its gender: swapped to a gender, it becomes
its counterpart; swapped to a name, the pronouns chosen with it follow.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evals.bias import ages
from evals.bias.lexicon import article, tables
from evals.bias.mentions import AXES, GENDERS, Axis, Mention, find_mentions, first_names, groups, same_person
from evals.bias.pronouns import verb_for_they
from llmweb.errors import BadInput

__all__ = ["AXES", "Axis", "Edit", "Mention", "Swapped", "find_mentions", "groups", "same_person", "swap"]


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
        edits.append(_fitted(text, mention, _cased(text, mention, written)))
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


def _written(text: str, mention: Mention, to: str) -> tuple[str | None, str]:
    """(what stands in the place of a mention, None to leave it; what is doubtful about that, "" if nothing)."""
    if mention.axis == "name":
        return _written_name(mention, to)
    if mention.axis == "age":
        return ages.written(mention.form, to, mention.text)
    if mention.axis == "gender":
        gender = first_names()[to].gender if to in first_names() else _known("gender", to)
        new = _first(tables("swap")["gender"][mention.form][GENDERS.index(gender)])
        return (new, "") if new else (None, f"{mention.text!r} has no everyday {gender} form; it was left.")
    row = tables("swap")[mention.axis][_known(mention.axis, to)]
    new = _first(row[mention.form])
    if new:
        return new, ""
    people = "people" if mention.form == "plural" else "person"
    return f"{_first(row['adjective'])} {people}", ""


def _written_name(mention: Mention, to: str) -> tuple[str | None, str]:
    if to in first_names():
        return to, ""
    if to == "neutral":
        return None, f"{mention.text!r} was left: no name is of all genders."
    return (mention.text if _known("gender", to) == mention.gender else first_names()[mention.group].counterpart), ""


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
    if len(names) > 1 and to in first_names():
        doubts.append(f"{', '.join(sorted(names))} all become {to}.")
    if axes & {"name", "gender"}:
        doubts += _doubt_who_is_meant(text, mentions, first_names()[to].gender if to in first_names() else to)
    return doubts


def _doubt_who_is_meant(text: str, mentions: Sequence[Mention], gender: str) -> list[str]:
    if all(gender in (mention.group, mention.gender) for mention in mentions):
        return []
    others = [each.text for each in find_mentions(text) if gender in (each.group, each.gender)]
    return [f"Somebody else is {gender} too ({others[0]}): who is meant may be unclear."] if others else []


def _cased(text: str, mention: Mention, written: str) -> str:
    """With the capitals of the old word; a country's article has one only where a sentence begins."""
    if (
        written.startswith("the ")
        and mention.text[0].isupper()
        and not re.search(r"(?:^|[.!?]\W*)$", text[: mention.start])
    ):
        return written
    return _like(mention.text, written)


def _like(old: str, new: str) -> str:
    """new with old's capitals: all of them, or the first."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _first(cell: str | list[str]) -> str:
    return cell if isinstance(cell, str) else cell[0]
