"""Which samples of one or two runs to read first: the worst, the longest, those with an error; a page at a time. Pure.

What is stored of them is read by run_reads.py.
"""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from evals.run_reads import Mark
from evals.scoring import sample_value
from evals.types import Metric

Row = TypeVar("Row")

ORDERS = {
    "worst": "Worst first",
    "best": "Best first",
    "suite": "As in the suite",
    "shortest": "Shortest output first",
    "longest": "Longest output first",
}
PAIR_ORDERS = {
    "loses": "A loses most first",
    "wins": "A wins most first",
    "apart": "Furthest apart first",
    "suite": "As in the suite",
}
KEPT = {"all": "All samples", "errors": "With an error", "answered": "Without an error"}


class Valued(NamedTuple):
    """A sample of a run and its value under the metric it is ordered by; None where it has none."""

    sample: str
    value: float | None
    failed: bool
    characters: int


class Pair(NamedTuple):
    """A sample that both runs have stored, with the value each got for it."""

    sample: str
    a: float | None
    b: float | None
    failed: bool

    @property
    def difference(self) -> float | None:
        return None if self.a is None or self.b is None else self.a - self.b


class Part(NamedTuple, Generic[Row]):
    """One page of rows: number from 1 of pages, and how many rows there are together."""

    rows: Sequence[Row]
    number: int
    pages: int
    total: int


def valued(marks: Sequence[Mark], metric: Metric) -> list[Valued]:
    return [Valued(each.sample, _value(each, metric), each.failed, each.characters) for each in marks]


def ordered(rows: Sequence[Valued], order: str, kept: str, higher_is_better: bool) -> list[Valued]:
    """Those without a value stand last in an order by value."""
    shown = [row for row in rows if _kept(row.failed, kept)]
    if order in ("shortest", "longest"):
        return sorted(shown, key=lambda row: row.characters, reverse=order == "longest")
    if order in ("worst", "best"):
        return _by(shown, lambda row: row.value, (order == "best") == higher_is_better)
    return shown


def paired(a: Sequence[Mark], b: Sequence[Mark], metric: Metric) -> list[Pair]:
    """In the order of a."""
    theirs = {mark.sample: mark for mark in b}
    return [
        Pair(
            mine.sample,
            _value(mine, metric),
            _value(theirs[mine.sample], metric),
            mine.failed or theirs[mine.sample].failed,
        )
        for mine in a
        if mine.sample in theirs
    ]


def ordered_pairs(rows: Sequence[Pair], order: str, kept: str, higher_is_better: bool) -> list[Pair]:
    """Those without a difference stand last in an order by it."""
    shown = [row for row in rows if _kept(row.failed, kept)]
    if order == "apart":
        return _by(shown, lambda row: None if row.difference is None else abs(row.difference), True)
    if order in ("loses", "wins"):
        return _by(shown, lambda row: row.difference, (order == "wins") == higher_is_better)
    return shown


def part(rows: Sequence[Row], number: int, size: int) -> Part[Row]:
    """The page of this number, or the nearest there is."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(1, number), pages)
    return Part(rows[(number - 1) * size : number * size], number, pages, len(rows))


def _kept(failed: bool, kept: str) -> bool:
    return kept == "all" or failed == (kept == "errors")


def _by(rows: Sequence[Row], value: Callable[[Row], float | None], highest_first: bool) -> list[Row]:
    """Stable: equal rows stay in the order of the suite."""
    sign = -1.0 if highest_first else 1.0
    return sorted(rows, key=lambda row: (1, 0.0) if (found := value(row)) is None else (0, sign * found))


def _value(mark: Mark, metric: Metric) -> float | None:
    return sample_value(metric, mark.statistics)
