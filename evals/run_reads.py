"""What the Runs page reads: runs, the latest first, a few at a time, and one run's samples without their texts.

Each is one read with the standard sqlite3, so that a page is there at once however many runs are stored. Writing the
tables is store.py's, ordering samples sample_order.py's.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from evals.records import Status
from llmweb.database import BUSY_SECONDS


class RunLine(NamedTuple):
    """A run in a list: asked samples, stored of them, and what the suite's leading metric says of it. value is None
    where it is undefined, or the run is not finished; scored is how many samples it is made of."""

    id: str
    suite: str
    title: str
    system: str
    status: Status
    error: str
    created: str
    asked: int
    stored: int
    metric: str
    value: float | None
    low: float | None
    high: float | None
    scored: int


class Mark(NamedTuple):
    """One stored output without its texts. statistics are each metric's numbers, none where it failed."""

    sample: str
    failed: bool
    characters: int
    statistics: Mapping[str, Sequence[float]]


class Against(NamedTuple):
    """Another run this one was compared with under the leading metric: this minus the other, and the verdict of the
    pair alone, on this run."""

    run: str
    system: str
    created: str
    difference: float | None
    low: float | None
    high: float | None
    verdict: str


class Speed(NamedTuple):
    """What a finished run took by the clock, over its samples."""

    suite: str
    kind: str
    system: str
    seconds_a_sample: float


def read_runs(path: Path, count: int, search: str = "", suite_sha256: str = "") -> list[RunLine]:
    """The latest count of the runs that have every word of search in their id, suite or system."""
    words = search.split()
    has = ["instr(lower(runs.id || ' ' || runs.suite || ' ' || title || ' ' || system), lower(?)) > 0"] * len(words)
    same = ["suite_sha256 = ?"] if suite_sha256 else []
    where = " AND ".join([*has, *same]) or "TRUE"
    with _reading(path) as connection:
        rows = connection.execute(
            RUNS.format(where=where), [*words, *([suite_sha256] if suite_sha256 else []), count]
        ).fetchall()
    return [RunLine(*row) for row in rows]


def read_marks(path: Path, run: str, search: str = "") -> list[Mark]:
    """In the order of the suite; with search those whose source or output has it, in any case."""
    with _reading(path) as connection:
        rows = connection.execute(MARKS, {"run": run, "search": search.strip()}).fetchall()
    return [
        Mark(sample, bool(failed), characters, {} if failed else json.loads(statistics))
        for sample, failed, characters, statistics in rows
    ]


def read_against(path: Path, run: str, metric: str) -> list[Against]:
    """The runs this one was compared with, the latest first."""
    with _reading(path) as connection:
        return [Against(*row) for row in connection.execute(AGAINST, {"run": run, "metric": metric})]


def read_speeds(path: Path) -> list[Speed]:
    """Of every suite and system the latest, the latest last."""
    with _reading(path) as connection:
        return [Speed(*row) for row in connection.execute(SPEEDS)]


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        yield connection


RUNS = """
    SELECT runs.id, runs.suite, title, system, status, error, created, runs.asked,
        (SELECT count(*) FROM outputs WHERE run = runs.id), json_extract(suites.metrics, '$[0]'),
        value, low, high, coalesce(scored, 0)
    FROM runs JOIN suites ON suites.sha256 = runs.suite_sha256
    LEFT JOIN scores ON scores.run = runs.id AND metric = json_extract(suites.metrics, '$[0]')
    WHERE {where} ORDER BY created DESC, runs.rowid DESC LIMIT ?
"""
MARKS = """
    SELECT sample, outputs.error != '', length(text), statistics
    FROM runs JOIN outputs ON outputs.run = runs.id
    JOIN samples ON samples.suite_sha256 = runs.suite_sha256 AND samples.id = sample
    WHERE runs.id = :run AND (:search = '' OR instr(lower(text || ' ' || source), lower(:search)) > 0)
    ORDER BY place
"""
# A stored verdict is the candidate's; turned round where this run is the baseline.
AGAINST = """
    SELECT other.id, other.system, other.created, CASE WHEN mine THEN difference ELSE -difference END,
        CASE WHEN mine THEN low ELSE -high END, CASE WHEN mine THEN high ELSE -low END,
        CASE WHEN mine THEN verdict WHEN verdict = 'better' THEN 'worse' WHEN verdict = 'worse' THEN 'better'
            ELSE verdict END
    FROM (
        SELECT *, candidate = :run AS mine, CASE candidate WHEN :run THEN baseline ELSE candidate END AS theirs
        FROM comparisons WHERE :run IN (candidate, baseline) AND metric = :metric
    ) JOIN runs AS other ON other.id = theirs ORDER BY other.created DESC, other.rowid DESC
"""
SPEEDS = """
    SELECT runs.suite, kind, system, seconds_a_sample FROM runs JOIN suites ON suites.sha256 = suite_sha256
    WHERE runs.rowid IN (SELECT max(rowid) FROM runs WHERE seconds_a_sample IS NOT NULL GROUP BY suite, system)
    ORDER BY finished
"""
