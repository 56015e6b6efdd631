"""Reads our own samples from evals/data: one JSON object a line."""

import json
from pathlib import Path
from typing import Any

from evals.types import Sample

DATA = Path(__file__).parent.parent / "data"


def rows(name: str) -> list[dict[str, Any]]:
    """The lines of evals/data/name in order."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def samples(name: str) -> tuple[Sample, ...]:
    """The lines of evals/data/name as samples, in order."""
    return tuple(
        Sample(row["id"], row["source"], tuple(row.get("references", ())), row.get("group", ""), row["facts"])
        for row in rows(name)
    )
