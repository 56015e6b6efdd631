"""A report as PDF, set by Typst from report.typ: tagged for screen readers, and the same bytes for the same report."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from evals.report.blocks import Report, plain

TEMPLATE = Path(__file__).with_name("report.typ")
# Bounds of a column's share of the width, what a word of it claims at most, and its padding, in characters.
NARROWEST, WIDEST, LONGEST_WORD, SPACE = 5, 30, 18, 2
ENDLESS = re.compile(r"(\w{18})(?=\w)")


def document(report: Report, at: datetime) -> bytes:
    """at is the time the file says it was made."""
    import typst  # here: 34 MB that nothing else needs

    data = {
        "title": report.title,
        "subtitle": report.subtitle,
        "language": report.language,
        "short": _set(plain(report.short)),
        "parts": [
            {"number": part.number, "title": part.title, "blocks": _set(plain(part.blocks))} for part in report.parts
        ],
    }
    made = typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"report": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=at,
    )
    assert isinstance(made, bytes)
    return made


def _set(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tables with how wide each column is to be, and places to break in words that no column holds."""
    for block in blocks:
        if block["kind"] == "Table":
            block["widths"] = widths(block["head"], block["rows"])
            for cell in (cell for row in block["rows"] for cell in row):
                cell["text"] = ENDLESS.sub("\\1\u200b", cell["text"])
        _set(block.get("blocks", []))
    return blocks


def widths(head: Sequence[str], rows: Sequence[Sequence[dict[str, str]]]) -> list[float]:
    """How wide each column is beside the others: as its longest word at least, and wider the more it holds."""
    shares = []
    for place, name in enumerate(head):
        texts = [name, *(row[place]["text"] for row in rows)]
        word = max((len(word) for text in texts for word in text.split()), default=0)
        line = max((len(line) for text in texts for line in text.split("\n")), default=0)
        shares.append(SPACE + max(NARROWEST, min(word, LONGEST_WORD), min(line, WIDEST) * 0.7))
    return [round(share, 1) for share in shares]
