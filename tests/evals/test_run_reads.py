"""What the Runs page reads: the latest runs, a page of samples, how a run stands; and that it is quick with many."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals import run_reads
from evals.durations import Estimate, estimate
from evals.records import OutputRow, ScoreRow
from evals.run_reads import Against, Mark, RunLine, Speed
from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from llmweb.runtime import Runtime
from tests.evals.small import planned, translations

SUITE = translations(4)
SCORE = ScoreRow("chrf2", 45.1, 43.0, 47.5, "expanded", 4, 4, 4, "chrF2", "key", True)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals.sqlite3")


def test_a_line_says_how_far_a_run_is_or_its_leading_score(store: Store) -> None:
    stopped = store.begin(planned(SUITE, "one@exact"), SUITE).id
    store.keep(stopped, OutputRow("s1", "text"))
    store.end(stopped, "cancelled", "stopped by hand")
    done = store.begin(planned(SUITE, "two@exact"), SUITE).id
    store.finish(done, [replace(SCORE, metric="bleu", value=1.0), SCORE], [])
    lines = run_reads.read_runs(store.path, 10)
    created = {run.id: run.created for run in store.runs()}
    title = SUITE.title
    assert lines == [
        RunLine(
            done,
            "translate/small",
            title,
            "two@exact",
            "finished",
            "",
            created[done],
            2,
            0,
            "chrf2",
            45.1,
            43.0,
            47.5,
            4,
        ),
        RunLine(
            *(stopped, "translate/small", title, "one@exact", "cancelled", "stopped by hand", created[stopped], 2, 1),
            *("chrf2", None, None, None, 0),
        ),
    ]
    assert [line.id for line in run_reads.read_runs(store.path, 1)] == [done]


@pytest.mark.parametrize(
    ("search", "found"),
    [("", 3), ("ONE", 1), ("small fast", 1), ("translate exact", 2), ("100%", 0), ("_ne", 0), ("'", 0)],
)
def test_runs_are_found_by_the_words_of_suite_and_system(store: Store, search: str, found: int) -> None:
    for system in ("one@exact", "two@fast", "three@exact"):
        store.begin(planned(SUITE, system), SUITE)
    assert len(run_reads.read_runs(store.path, 10, search)) == found


def test_runs_on_the_same_samples_are_found_by_their_hash(store: Store) -> None:
    other = translations(5)
    wanted = store.begin(planned(SUITE), SUITE).id
    store.begin(planned(other), other)
    assert [line.id for line in run_reads.read_runs(store.path, 10, suite_sha256=SUITE.sha256)] == [wanted]


def test_marks_stand_in_the_order_of_the_suite_and_a_failed_one_has_no_numbers(store: Store) -> None:
    run = store.begin(planned(SUITE), SUITE).id
    store.keep(run, OutputRow("s2", "Das längste", statistics={"chrf2": [1, 2, 3]}))
    store.keep(run, OutputRow("s0", "", error="No answer.", statistics={"chrf2": [9, 9, 9]}))
    assert run_reads.read_marks(store.path, run) == [
        Mark("s0", True, 0, {}),
        Mark("s2", False, 11, {"chrf2": [1, 2, 3]}),
    ]
    assert [mark.sample for mark in run_reads.read_marks(store.path, run, " LÄNGSTE".lower())] == ["s2"]
    assert [mark.sample for mark in run_reads.read_marks(store.path, run, "river")] == ["s0"]  # of the source
    assert run_reads.read_marks(store.path, run, "%") == []


def test_a_comparison_is_told_from_the_side_of_the_run(scripted: Callable[..., Runtime], store: Store) -> None:
    suite = translations(12)
    copied = run_suite(suite, System("baseline/copy-source"), scripted(), store).run
    better = run_suite(suite, System("bergamot-en-pt"), scripted(), store).run
    (row,) = [each for each in store.comparisons(better) if each.metric == "chrf2"]
    assert (row.candidate, row.verdict) == (better, "better")
    assert row.difference is not None
    assert row.low is not None
    assert row.high is not None
    created = {run.id: run.created for run in store.runs()}
    mine = Against(copied, "baseline/copy-source", created[copied], row.difference, row.low, row.high, "better")
    theirs = Against(better, "bergamot-en-pt@exact", created[better], -row.difference, -row.high, -row.low, "worse")
    assert run_reads.read_against(store.path, better, "chrf2") == [mine]
    assert run_reads.read_against(store.path, copied, "chrf2") == [theirs]


def test_a_speed_is_the_latest_of_a_system_on_a_suite(store: Store) -> None:
    for seconds in (4.0, 2.0):
        run = store.begin(planned(SUITE), SUITE, again=True).id
        store.keep(run, OutputRow("s1", "text", seconds=9.0), working_seconds=seconds)
        store.keep(run, OutputRow("s2", error="no text", seconds=9.0), working_seconds=seconds)
        store.finish(run, [], [])
    assert run_reads.read_speeds(store.path) == [Speed("translate/small", "translate", "model@exact", 2.0)]


def test_time_is_estimated_by_the_suite_then_by_its_kind_and_what_is_unknown_is_said() -> None:
    suite, other = translations(48), translations(48, "translate/other")
    fast, slow, new = System("fast"), System("slow"), System("new")
    speeds = [
        Speed("translate/other", "translate", "slow@exact", 16.0),
        Speed("translate/small", "translate", "fast@exact", 2.0),
        Speed("translate/other", "translate", "fast@exact", 4.0),
    ]
    plan = [(suite, fast), (suite, slow), (suite, new), (other, new), (suite, System("baseline/copy-source"))]
    assert estimate(plan, None, speeds) == Estimate(2.0 * 48 + 16.0 * 48, ("new@exact",))
    assert estimate([(suite, fast)], 4, speeds) == Estimate(2.0 * 4)


def test_the_list_is_read_quickly_from_a_thousand_runs(store: Store) -> None:
    """The latest 51 of 1,000 runs of 50 outputs each, the search of them all included: well under a blink."""
    import sqlite3

    store.begin(planned(SUITE), SUITE)
    with sqlite3.connect(store.path) as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
        row = dict(zip(names, db.execute("SELECT * FROM runs").fetchone(), strict=True))
        db.executemany(
            f"INSERT INTO runs VALUES ({', '.join('?' * len(names))})",
            [[*(row | {"id": f"run{place:04}", "system": f"m{place}@exact"}).values()] for place in range(1000)],
        )
        db.executemany(
            "INSERT INTO outputs VALUES (?, ?, 'text', '', '[]', 1.0, '{}')",
            [(f"run{run:04}", f"s{sample}") for run in range(1000) for sample in range(50)],
        )
    began = time.perf_counter()
    assert len(run_reads.read_runs(store.path, 51)) == 51
    assert [line.id for line in run_reads.read_runs(store.path, 51, "m77@")] == ["run0077"]
    assert time.perf_counter() - began < 0.5
