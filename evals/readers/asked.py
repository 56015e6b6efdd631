"""What readers have in common: columns that are meant, and rows that become samples.

A sample without an id of its own is named by a hash of what it asks, so that it keeps its name, and with it its place
in comparisons, when other rows come and go.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from evals.keys import sha256
from evals.readers.rows import Row
from evals.types import Sample
from llmweb.errors import BadInput
from llmweb.translate.languages import NAMES

Columns = Mapping[str, tuple[str, ...]]
"""Role → the columns that have it; a dot goes into an object: translation.en."""

ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """Files to make one suite of, and what is said about them. language is that of the source; target only where it
    differs; both ISO 639-1, "" where the files tell. keep_duplicates makes equal rows one group instead of an error."""

    files: tuple[Path, ...]
    language: str = ""
    target: str = ""
    columns: Columns = field(default_factory=dict)
    keep_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A sample on its way: where it stands is named in errors. "" among the references: the text does not tell."""

    where: str
    source: str
    references: tuple[str, ...]
    group: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    id: str = ""


class Contents(NamedTuple):
    """What a reader makes of files: samples, the metrics they are meant for, and their languages."""

    samples: tuple[Sample, ...]
    metrics: tuple[str, ...]
    language: str
    target: str


def samples(asked: Iterable[Asked], keep_duplicates: bool = False) -> tuple[Sample, ...]:
    """Raises BadInput for an empty text, one that cannot be stored, and for what comes twice."""
    made: dict[str, tuple[str, Sample]] = {}
    copies = Counter[str]()
    for each in asked:
        sample = _sample(each)
        if sample.id in made:
            where, first = made[sample.id]
            if each.id or not keep_duplicates:
                raise BadInput(
                    f"{each.where} has the id {sample.id!r} of {where}. Give every sample an id of its own."
                    if each.id
                    else f"{each.where} is the same as {where}. Delete one of them, or count both with "
                    "--keep-duplicates: they then stand for one in every interval."
                )
            copies[first.id] += 1
            first = replace(first, group=first.group or first.id)
            made[first.id] = where, first
            sample = replace(first, id=f"{first.id}+{copies[first.id]}")
        made[sample.id] = each.where, sample
    return tuple(sample for _, sample in made.values())


def text(row: Row, columns: Columns, role: str) -> str:
    """The one text a role has in a row. Raises BadInput."""
    found = texts(row, columns, role)
    if len(found) != 1:
        raise BadInput(f"{row.where} has {len(found)} texts as {role}, one is needed. {_named(role)}")
    return found[0]


def texts(row: Row, columns: Columns, role: str) -> tuple[str, ...]:
    """Every text a role has in a row: of several columns, and of lists in them; empty cells are left out."""
    found: list[str] = []
    for name in columns.get(role, (role,)):
        value = _value(row, name, role)
        for each in value if isinstance(value, list) else [value]:
            if each is None or each == "":
                continue
            if not isinstance(each, str):
                raise BadInput(f"{row.where}: column {name!r} holds {each!r}, which is no text. {_named(role)}")
            found.append(each)
    return tuple(found)


def value(row: Row, columns: Columns, role: str) -> Any:
    """What stands in the one column of a role. Raises BadInput."""
    name, *others = columns.get(role, (role,))
    if others:
        raise BadInput(f"One column is the {role}; {', '.join((name, *others))} were named.")
    return _value(row, name, role)


def optional(row: Row, columns: Columns, role: str) -> str:
    """A text that rows may have: "" where there is neither a column named so nor one called like the role."""
    if role not in columns and role not in row.values:
        return ""
    found = value(row, columns, role)
    return "" if found is None else str(found)


def language(said: str, told: str = "", option: str = "--language") -> str:
    """The language said, or else the one the file's name told. Raises BadInput for none, and for one there is not."""
    code = said or told
    if not code:
        raise BadInput(f"Which language is it in? Say it with {option}, in ISO 639-1: en, pt, zh …")
    if code.replace("_", "-").partition("-")[0].lower() not in NAMES:
        raise BadInput(f"{code!r} is no language known here. Say {option} in ISO 639-1: en, pt, zh …")
    return code


def _sample(each: Asked) -> Sample:
    try:
        content = sha256([each.source, list(each.references), each.facts])[:ID_CHARACTERS]
        each.id.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{each.where} holds half a character (a lone surrogate). Write it as UTF-8.") from error
    if "\0" in each.source or any("\0" in reference for reference in each.references):
        raise BadInput(f"{each.where} holds a NUL character. Take it out.")
    if not each.source.strip():
        raise BadInput(f"{each.where} is empty: it asks nothing. Fill it in or delete it.")
    if any(not reference.strip() and reference for reference in each.references) or not each.references:
        raise BadInput(f"{each.where} has no reference. Fill it in or delete the row.")
    return Sample(each.id or content, each.source, each.references, each.group, each.facts)


def _value(row: Row, name: str, role: str) -> Any:
    """Of the column called so as it stands, or else of what the dots lead to."""
    if name in row.values:
        return row.values[name]
    found: Any = row.values
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            raise BadInput(f"{row.where} has no column {name!r}. It has: {', '.join(row.values)}. {_named(role)}")
        found = found[part]
    return found


def _named(role: str) -> str:
    return f"Name the one you mean: --column {role}=COLUMN"
