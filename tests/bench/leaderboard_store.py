"""What the leaderboard costs when the store has grown: 1,000 runs with 1,000,000 outputs against the same with 10,000.

Builds both stores in a temporary folder with bulk SQL, then lets them be read in turn: the processor time that the
page's server takes for a window (read, rank, draw), the least of several rounds. Ends with 1 when a bar is missed.
"""

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from evals.pages.board_filters import View
from evals.pages.board_reading import draw
from evals.standings import Speed
from evals.store import Store
from evals.types import Sample, Suite
from llmweb.catalog import Catalog

SUITES, SYSTEMS, AGAIN = 10, 25, 4  # 1,000 runs: each system on each suite, four times over
METRICS = ("chrf2", "bleu", "chrf2++", "ter")
RATIO_BAR, SECONDS_BAR = 2.0, 0.2
TEXT = "A sentence such as a model writes, neither short nor long, which is stored with where it came from. "
COMPLETION = {"text": TEXT, "identity": {"weights_sha256": "w" * 64, "template_sha256": "t" * 64}, "seed": 0}
OUTPUT = (TEXT, "", json.dumps([COMPLETION]), 0.5, json.dumps({name: [1.0] * 12 for name in METRICS}))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="What the leaderboard costs from a store that has grown.")
    parser.add_argument("--rounds", type=int, default=7, help="readings of each store (default: %(default)s)")
    given = parser.parse_args(arguments)
    models = {spec.id: spec for spec in Catalog().models}
    with tempfile.TemporaryDirectory() as folder:
        stores = {
            outputs: build(Path(folder) / f"{outputs}.sqlite3", outputs // 1000) for outputs in (10_000, 1_000_000)
        }
        seconds: dict[int, list[float]] = {outputs: [] for outputs in stores}
        for _ in range(given.rounds):
            for outputs, store in stores.items():
                began = time.process_time()
                drawn = draw(store, View(), models)
                seconds[outputs].append(time.process_time() - began)
        for outputs, store in stores.items():
            size = sum(file.stat().st_size for file in store.parent.glob(f"{store.name}*"))
            print(f"{outputs:>9,} outputs, {size / 1e6:,.0f} MB: {min(seconds[outputs]):.3f} s at the least")
    few, many = (min(taken) for taken in seconds.values())
    print(f"{len(drawn.html) / 1e6:.1f} MB of HTML; bar {SECONDS_BAR} s; ratio {many / few:.2f}, bar {RATIO_BAR:g}")
    return int(many > SECONDS_BAR or many / few > RATIO_BAR)


def build(path: Path, samples: int) -> Path:
    """A store of 1,000 finished runs with so many outputs each, their scores and their comparisons."""
    Store(path)
    with closing(sqlite3.connect(path)) as connection:
        for number in range(SUITES):
            suite = suite_of(f"translate/suite-{number}", samples)
            insert(connection, "suites", [row_of(suite)])
            for table, rows in tables(suite, number):
                insert(connection, table, rows)
        for system in range(SYSTEMS):
            insert(connection, "speeds", [{"identity": json.dumps(identity(system), separators=(",", ":")), **CARD}])
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


CARD = Speed("tokens", 0.1, 40.0, 400.0, 300_000_000, "2026-11-01T00:00:00+00:00")._asdict()


def identity(system: int) -> dict[str, Any]:
    return {"engine": "openvino-genai", "precision": "exact", "weights_sha256": f"{system:064}"}


def suite_of(name: str, samples: int) -> Suite:
    asked = tuple(Sample(f"{name}-{place}", f"{TEXT} {place}", (TEXT,)) for place in range(samples))
    return Suite(name, "translate", name, asked, METRICS, "en", "pt", "CC0-1.0", "")


def row_of(suite: Suite) -> dict[str, Any]:
    row = {**asdict(suite), "sha256": suite.sha256, "metrics": json.dumps(suite.metrics)}
    del row["samples"]
    return row


def tables(suite: Suite, number: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of one suite's runs, drawn with its number as the seed; each run is compared with the latest before."""
    random, latest = Random(number), dict[int, str]()
    for turn in range(AGAIN):
        for system in range(SYSTEMS):
            run = f"{number:04}{turn:04}{system:04}"
            finished = f"2026-11-{turn + 1:02}T{system:02}:00:00+00:00"
            yield "runs", [run_row(suite, run, system, finished)]
            yield "outputs", [output_row(run, sample.id) for sample in suite.samples]
            yield "scores", [score_row(run, name, suite, 30 + system + random.random()) for name in METRICS]
            peers = [peer for other, peer in latest.items() if other != system]
            yield "comparisons", [pair_row(run, peer, name, random) for peer in peers for name in METRICS]
            latest[system] = run


def run_row(suite: Suite, run: str, system: int, finished: str) -> dict[str, Any]:
    return {
        "id": run,
        "suite": suite.id,
        "suite_sha256": suite.sha256,
        "system": f"model-{system}@exact",
        "identity": json.dumps(identity(system)),
        "identity_sha256": f"{system}",
        "prompt_sha256": "p",
        "limit": None,
        "asked": len(suite.samples),
        "versions": "{}",
        "status": "finished",
        "created": finished,
        "finished": finished,
        "seconds_a_sample": 0.1 * (system + 1),
    }


def output_row(run: str, sample: str) -> dict[str, Any]:
    names = ("text", "error", "completions", "seconds", "statistics")
    return {"run": run, "sample": sample, **dict(zip(names, OUTPUT, strict=True))}


def score_row(run: str, metric: str, suite: Suite, value: float) -> dict[str, Any]:
    scored = {"scored": len(suite.samples), "asked": len(suite.samples), "clusters": len(suite.samples)}
    ends = {"value": value, "low": value - 2, "high": value + 2, "method": "percentile"}
    key = {"signature": metric, "comparability_key": f"{metric} of {suite.id}", "higher_is_better": metric != "ter"}
    return {"run": run, "metric": metric, **ends, **scored, **key}


def pair_row(run: str, peer: str, metric: str, random: Random) -> dict[str, Any]:
    """Two systems differ by their numbers, the last four digits of a run's id."""
    difference = int(run[-4:]) - int(peer[-4:]) + random.random()
    interval = {"difference": difference, "low": difference - 2.5, "high": difference + 2.5, "standard_error": 1.25}
    told = {"p_value": 0.0001 if abs(difference) > 2.5 else 0.3, "test": "t", "scored": 1, "asked": 1, "verdict": ""}
    return {"candidate": run, "baseline": peer, "metric": metric, **interval, **told}


def insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns = ", ".join(f'"{name}"' for name in rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)


if __name__ == "__main__":
    sys.exit(main())
