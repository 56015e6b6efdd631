"""What the leaderboard reads: finished runs under one metric, how surely they differ, and how fast the systems are.

One read with the standard sqlite3, of no output, so that a board is there at once however many outputs are stored.
Writing the tables is store.py's, ranking leaderboard.py's.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from llmweb.database import BUSY_SECONDS

Stamp = tuple[int | str | None, ...]
NO_METRICS: Mapping[str, str] = {}


class Speed(NamedTuple):
    """A system's speed card: units a second of one stream and of 16 together, seconds to the first text of one, bytes
    of memory it added. unit is "tokens", "sentences" or "answers". None where it is not known; note says why."""

    unit: str = ""
    first_seconds: float | None = None
    alone: float | None = None
    together: float | None = None
    memory_bytes: int | None = None
    measured: str = ""
    note: str = ""


class Standing(NamedTuple):
    """One finished run under one metric. Only equal comparability keys rank together. finished is in ISO 8601, UTC;
    value, low and high are None where the metric is undefined or has no interval. engine is "" of a baseline."""

    run: str
    suite: str
    title: str
    system: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    scored: int
    asked: int
    comparability_key: str
    higher_is_better: bool
    finished: str
    seconds_a_sample: float | None = None
    licence: str = ""
    engine: str = ""
    speed: Speed | None = None


class Pair(NamedTuple):
    """candidate minus baseline, both run ids: the 95 % interval of the difference and its own p-value."""

    candidate: str
    baseline: str
    low: float | None
    high: float | None
    p_value: float | None


class Difference(NamedTuple):
    """One run minus another on the samples both answered, with its 95 % interval and its own p-value."""

    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    p_value: float | None
    scored: int
    asked: int


class SuiteFacts(NamedTuple):
    """What a suite is about. metrics in its order, the first one leads; source and target are languages."""

    kind: str
    title: str
    source: str
    target: str
    metrics: tuple[str, ...]


def read_standings(
    path: Path, metric: str = "", metrics: Mapping[str, str] = NO_METRICS
) -> tuple[list[Standing], list[Pair]]:
    """Of each identity the latest finished run under each comparability key, the latest first, and the pairs between
    them. metrics names the metric of a suite by its id, metric that of all others, "" each one's leading one. Imported
    runs are not among them. A file without runs gives nothing."""
    wanted = {"metric": metric, "metrics": _json(metrics)}
    with _opened(path) as connection:
        if connection is None:
            return [], []
        speeds = _speeds(connection)
        rows = [_standing(row, speeds) for row in connection.execute(STANDINGS, wanted)]
        shown = {row.run for row in rows}
        pairs = [
            Pair(*pair) for row in rows for pair in connection.execute(PAIRS, (row.run, row.metric)) if pair[1] in shown
        ]
    return rows, pairs


def read_suites(path: Path) -> dict[str, SuiteFacts]:
    """By id, as they were last asked."""
    import json

    with _opened(path) as connection:
        found = connection.execute(SUITES) if connection is not None else ()
        return {
            suite: SuiteFacts(kind, title, source, target, tuple(json.loads(metrics)))
            for suite, kind, title, source, target, metrics in found
        }


def read_difference(path: Path, one: str, other: str, metric: str) -> Difference | None:
    """one minus other, both run ids, as it was stored when the later of them finished; None where it was not."""
    with _opened(path) as connection:
        if connection is None:
            return None
        row = connection.execute(DIFFERENCE, {"one": one, "other": other, "metric": metric}).fetchone()
    if row is None:
        return None
    found = Difference(*row[1:])
    if row[0] == one:
        return found
    turned = [None if value is None else -value for value in (found.difference, found.high, found.low)]
    return found._replace(difference=turned[0], low=turned[1], high=turned[2])


def read_stamp(path: Path) -> Stamp:
    """Something else whenever a run has finished or was deleted, or a vote was cast or taken back."""
    with _opened(path) as connection:
        if connection is None:
            return ()
        votes = connection.execute(VOTES).fetchone() if _has(connection, "votes") else ()
        return (*connection.execute(STAMP).fetchone(), *votes)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """None where nothing was ever measured."""
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        yield connection if _has(connection, "comparisons") else None


def _standing(row: tuple[Any, ...], speeds: Mapping[str, Speed]) -> Standing:
    """The last column is the key of its speed card."""
    standing = Standing(*row[:-1])
    return standing._replace(higher_is_better=bool(standing.higher_is_better), speed=speeds.get(row[-1]))


def _speeds(connection: sqlite3.Connection) -> dict[str, Speed]:
    """By identity; {} in a file that was last written before there were speed cards."""
    if not _has(connection, "speeds"):
        return {}
    found = connection.execute(f"SELECT identity, {', '.join(Speed._fields)} FROM speeds")
    return {row[0]: Speed(*row[1:]) for row in found}


def _json(metrics: Mapping[str, str]) -> str:
    if not metrics:
        return "{}"  # the shell's case, which is quicker without the module
    import json

    return json.dumps(dict(metrics))


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone() is not None


SPEED_KEY = "json(json_remove({}, '$.embedder_sha256'))"
"""The key of a speed card, of an identity as JSON text."""

# Runs of audits stand on no board: what is best about most of their metrics lies in the middle of the scale.
# Materialized, or the metric would be found out anew for every score.
STANDINGS = f"""
    WITH wanted AS MATERIALIZED (
        SELECT sha256, id AS asked_suite, title, licence, coalesce(
            (SELECT value FROM json_each(:metrics) WHERE key = suites.id), nullif(:metric, ''),
            json_extract(metrics, '$[0]')
        ) AS metric
        FROM suites
    ), latest AS (
        SELECT runs.id AS run, asked_suite, title, licence, system, metric, value, low, high, scored, scores.asked,
            comparability_key, higher_is_better, finished, seconds_a_sample, identity,
            row_number() OVER (
                PARTITION BY comparability_key, identity_sha256 ORDER BY finished DESC, runs.rowid DESC
            ) AS age
        FROM wanted JOIN runs ON suite_sha256 = sha256 JOIN scores USING (metric)
        WHERE run = runs.id AND status = 'finished' AND json_extract(identity, '$.imported') IS NULL
            AND runs.suite NOT LIKE 'bias/%'
    )
    SELECT run, asked_suite, title, system, metric, value, low, high, scored, asked, comparability_key,
        higher_is_better, finished, seconds_a_sample, licence, coalesce(json_extract(identity, '$.engine'), ''),
        {SPEED_KEY.format("identity")}
    FROM latest WHERE age = 1 ORDER BY finished DESC, run
"""
# Run by run, by the primary key: most comparisons are of runs that newer ones have replaced.
PAIRS = "SELECT candidate, baseline, low, high, p_value FROM comparisons WHERE candidate = ? AND metric = ?"
SUITES = "SELECT id, kind, title, source, target, metrics FROM suites ORDER BY rowid"
DIFFERENCE = """
    SELECT candidate, difference, low, high, standard_error, p_value, scored, asked FROM comparisons
    WHERE metric = :metric AND (candidate, baseline) IN (VALUES (:one, :other), (:other, :one))
"""
STAMP = "SELECT count(*), max(finished) FROM runs WHERE status = 'finished'"
VOTES = "SELECT count(*), max(created) FROM votes"
