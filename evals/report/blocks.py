"""What a report is made of, whatever it is written as: parts of paragraphs, tables and plots. Plain text throughout, so
that html.py and pdf.py alone know what must be escaped."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Tone = Literal["found", "none", "open", ""]
"""How a cell or a paragraph is marked: as one of the three verdicts, or not at all."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Points:
    """A list; each point is one or more sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with their values."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A new line in text is kept."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row names it. numeric are the places of the columns that hold figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """narrow is the same plot for a narrow screen; alt says in words what it shows."""

    svg: str
    narrow: str
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What may hurt to read: behind one click on a screen, under its warning on paper."""

    warning: str
    blocks: tuple["Block", ...]


Block = Text | Points | Facts | Table | Figure | Warned


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """short stands above the parts: what came out, in a few sentences."""

    title: str
    subtitle: str
    language: str
    short: tuple[Block, ...]
    parts: tuple[Part, ...]


def plain(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """As values of JSON, each with the name of what it is."""
    rows = []
    for block in blocks:
        row = {"kind": type(block).__name__, **asdict(block)}
        if isinstance(block, Table):
            row["numeric"] = sorted(block.numeric)
        if isinstance(block, Warned):
            row["blocks"] = plain(block.blocks)
        rows.append(row)
    return rows
