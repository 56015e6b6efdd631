"""What the leaderboard reads: finished runs under one metric, and how surely they differ.

One read with the standard sqlite3, of no output, so that a board is there at once however many outputs are stored.
Writing the tables is store.py's, ranking leaderboard.py's.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

BUSY_SECONDS = 30


class Standing(NamedTuple):
    """One finished run under one metric. Only equal comparability keys rank together. finished is in ISO 8601, UTC;
    value, low and high are None where the metric is undefined or has no interval."""

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


class Pair(NamedTuple):
    """candidate minus baseline, both run ids: the 95 % interval of the difference and its own p-value."""

    candidate: str
    baseline: str
    low: float | None
    high: float | None
    p_value: float | None


def read_standings(path: Path, metric: str = "") -> tuple[list[Standing], list[Pair]]:
    """Of each identity the latest finished run under each comparability key, the latest first, and the pairs between
    them. metric "" is each suite's leading one. Imported runs are not among them. A file without runs gives nothing."""
    if not path.exists():
        return [], []
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'comparisons'").fetchone():
            return [], []
        rows = [Standing(*row) for row in connection.execute(STANDINGS, {"metric": metric})]
        shown = {row.run for row in rows}
        found = connection.execute(PAIRS, {"metric": metric})
        pairs = [Pair(*row) for row in found if row[0] in shown and row[1] in shown]
    return [row._replace(higher_is_better=bool(row.higher_is_better)) for row in rows], pairs


CHOSEN = "CASE :metric WHEN '' THEN json_extract(suites.metrics, '$[0]') ELSE :metric END"
# Runs of audits stand on no board: what is best about most of their metrics lies in the middle of the scale.
STANDINGS = f"""
    WITH latest AS (
        SELECT runs.id AS run, runs.suite, title, licence, system, metric, value, low, high, scored, scores.asked,
            comparability_key, higher_is_better, finished, seconds_a_sample,
            row_number() OVER (
                PARTITION BY comparability_key, identity_sha256 ORDER BY finished DESC, runs.rowid DESC
            ) AS age
        FROM runs JOIN scores ON scores.run = runs.id JOIN suites ON suites.sha256 = runs.suite_sha256
        WHERE status = 'finished' AND metric = {CHOSEN} AND runs.suite NOT LIKE 'bias/%'
            AND json_extract(identity, '$.imported') IS NULL
    )
    SELECT run, suite, title, system, metric, value, low, high, scored, asked, comparability_key, higher_is_better,
        finished, seconds_a_sample, licence
    FROM latest WHERE age = 1 ORDER BY finished DESC, run
"""
# CROSS JOIN keeps the order: from the runs to their comparisons by the primary key, not from all comparisons.
PAIRS = f"""
    SELECT candidate, baseline, comparisons.low, comparisons.high, p_value
    FROM runs JOIN suites ON suites.sha256 = runs.suite_sha256
    CROSS JOIN comparisons ON candidate = runs.id AND metric = {CHOSEN}
"""
