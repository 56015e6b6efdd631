"""Boards written out: as a table for a terminal, JSON, CSV or Markdown. What stands on them is leaderboard.py's."""

from collections.abc import Callable, Sequence
from typing import Any

from evals.leaderboard import Board, Ranked
from evals.standings import Speed

COLUMNS = ("rank", "system", "value", "95 %", "ties", "scored", "s/sample", "date", "run")
NUMERIC = frozenset({"rank", "value", "95 %", "scored", "s/sample"})
EMPTY = "No finished runs yet. Start one with: python -m evals run ask"


def table(boards: Sequence[Board]) -> str:
    parts = [f"{_heading(board)}\n{_aligned(_rows(board))}" for board in boards]
    return "\n\n".join(parts) + f"\n\n{LEGEND}\n" if boards else f"{EMPTY}\n"


def markdown(boards: Sequence[Board]) -> str:
    rule = ["---:" if name in NUMERIC else "---" for name in COLUMNS]
    parts = []
    for board in boards:
        lines = [COLUMNS, rule, *([cell.replace("|", "\\|") for cell in row] for row in _rows(board))]
        parts.append(f"### {_heading(board)}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts) + f"\n\n{LEGEND}\n" if boards else f"{EMPTY}\n"


def as_json(boards: Sequence[Board]) -> str:
    import json

    made = [
        {
            "suite": board.suite,
            "title": board.title,
            "metric": board.metric,
            "higher_is_better": board.higher_is_better,
            "asked": board.asked,
            "licence": board.licence,
            "rows": [_facts(board, row) for row in board.rows],
        }
        for board in boards
    ]
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def as_csv(boards: Sequence[Board]) -> str:
    """One line a row of every board, numbers in full."""
    import csv
    import io

    lines = [_facts(board, row) for board in boards for row in board.rows]
    written = io.StringIO()
    writer = csv.DictWriter(written, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue()


LEGEND = (
    "rank: from 1 + systems surely better to n - systems surely worse, 95 % sure for the board as a whole (Holm). "
    "ties: who shares a letter is not surely different."
)
CSV_COLUMNS = (
    *("suite", "metric", "best", "worst", "system", "baseline", "value", "low", "high", "ties", "scored", "asked"),
    *("seconds_a_sample", "speed_unit", "speed_alone", "speed_together", "first_seconds", "memory_bytes"),
    *("finished", "run", "why", "licence"),
)
FORMATS: dict[str, Callable[[Sequence[Board]], str]] = {
    "table": table,
    "json": as_json,
    "csv": as_csv,
    "md": markdown,
}


def _heading(board: Board) -> str:
    better = "higher" if board.higher_is_better else "lower"
    licence = f", {board.licence}" if board.licence else ""
    return f"{board.title} ({board.suite}): {board.metric}, {better} is better, {board.asked} samples{licence}"


def _rows(board: Board) -> list[tuple[str, ...]]:
    return [_row(row) for row in board.rows]


def _row(row: Ranked) -> tuple[str, ...]:
    standing = row.standing
    rank = f"{row.best}" if row.best == row.worst else f"{row.best}–{row.worst}"
    return (
        "–" if row.best is None else rank,
        standing.system,
        _number(standing.value),
        "" if standing.low is None else f"{_number(standing.low)} … {_number(standing.high)}",
        row.ties or row.why,
        f"{standing.scored}/{standing.asked}",
        _number(standing.seconds_a_sample),
        standing.finished[:10],
        standing.run,
    )


def _facts(board: Board, row: Ranked) -> dict[str, Any]:
    standing = row.standing
    own = {name: getattr(standing, name) for name in CSV_COLUMNS if hasattr(standing, name)}
    ranks = {"best": row.best, "worst": row.worst, "ties": row.ties, "why": row.why}
    return {**own, **ranks, **_speed(standing.speed), "metric": board.metric, "baseline": row.is_baseline}


def _speed(card: Speed | None) -> dict[str, Any]:
    """Units a second of one stream and of 16 together; None where it was not measured."""
    card = card or Speed()
    return {
        "speed_unit": card.unit,
        "speed_alone": card.alone,
        "speed_together": card.together,
        "first_seconds": card.first_seconds,
        "memory_bytes": card.memory_bytes,
    }


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[place]) for line in (COLUMNS, *rows)) for place in range(len(COLUMNS))]
    lines = []
    for line in (COLUMNS, *rows):
        cells = zip(COLUMNS, line, widths, strict=True)
        lines.append(
            "  ".join(cell.rjust(width) if name in NUMERIC else cell.ljust(width) for name, cell, width in cells)
        )
    return "\n".join(line.rstrip() for line in lines)
