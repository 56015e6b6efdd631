"""A run as one page that needs nothing else: no script, no request, every text escaped. The layout is export.html."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

from evals.records import Run, ScoreRow
from evals.types import Suite

TEMPLATE = Path(__file__).with_name("export.html")


def page(run: Run, suite: Suite, scores: Sequence[ScoreRow], rows: Sequence[Mapping[str, Any]]) -> str:
    """rows are those of export.rows, in the order of the suite."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    failed = sum(bool(row["error"]) for row in rows)
    return template.render(run=run, suite=suite, scores=scores, rows=rows, failed=failed, number=_number)


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
