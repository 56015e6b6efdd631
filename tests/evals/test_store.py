"""The store: runs that go on or begin anew, outputs that stay, and a schema beside the history's."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import sqlite_utils

from evals.migrations import migrations
from evals.records import ComparisonRow, OutputRow, ScoreRow
from evals.standings import Speed, read_standings
from evals.store import Store
from evals.types import Sample
from llmweb.errors import BadInput, NotFound
from llmweb.history import History
from tests.evals.small import planned, suite, translations

SUITE = translations(2)
OUTPUT = OutputRow("s0", "um rio", "", [{"text": "um rio"}], 0.5, {"chrf2": [1.0, 2.5], "bleu": [0.1]})
SCORE = ScoreRow("chrf2", 12.5, 10.0, 15.0, "ci:95", 2, 2, 2, "chrF2|v:1", "key", True)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


def test_runs_and_chats_lie_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "llmweb.sqlite3"
    chat = History(file).record("chat", "hello", "world", None, {})
    run = Store(file).begin(planned(SUITE), SUITE)
    assert [each.id for each in History(file).chats()] == [chat]
    assert [each.id for each in Store(file).runs()] == [run.id]


def test_an_unfinished_run_goes_on_and_a_finished_one_stands(store: Store) -> None:
    begun = store.begin(planned(SUITE), SUITE)
    store.end(begun.id, "failed", "out of memory")
    assert (store.run(begun.id).status, store.run(begun.id).error) == ("failed", "out of memory")
    assert store.begin(planned(SUITE), SUITE) == begun
    assert store.run(begun.id) == begun
    store.finish(begun.id, [], [])
    assert store.begin(planned(SUITE), SUITE) == store.run(begun.id)
    assert store.begin(planned(SUITE), SUITE, again=True).id != begun.id


@pytest.mark.parametrize(
    "change",
    [
        {"identity_sha256": "other weights"},
        {"prompt_sha256": "other prompt"},
        {"limit": 1},
        {"versions": {"python": "4"}},
    ],
)
def test_a_run_that_asks_something_else_is_another_one(store: Store, change: dict[str, object]) -> None:
    first = store.begin(planned(SUITE), SUITE)
    assert store.begin(replace(planned(SUITE), **change), SUITE).id != first.id  # type: ignore[arg-type]


def test_an_output_comes_back_whole_and_the_first_of_a_sample_stays(store: Store) -> None:
    run = store.begin(planned(SUITE), SUITE)
    failed = OutputRow("s1", error="ValueError: no salt")
    store.keep(run.id, OUTPUT)
    store.keep(run.id, failed)
    store.keep(run.id, replace(OUTPUT, text="later"))
    assert store.outputs(run.id) == [OUTPUT, failed]
    assert store.done(run.id) == {"s0", "s1"}
    assert store.statistics(run.id) == {"s0": OUTPUT.statistics}


def test_a_suite_comes_back_as_it_was_asked(store: Store) -> None:
    asked = suite(
        "ask", (Sample("ç", "Quem?", ("", "a avó"), "text-1", {"passage": "…", "n": [1, 2.5]}), Sample("b", "?"))
    )
    store.begin(planned(asked), asked)
    assert store.suite(asked.sha256) == asked
    store.begin(planned(asked), replace(asked, metrics=("f1",)), again=True)
    assert store.suite(asked.sha256).metrics == ("f1",)


def test_scores_and_comparisons_replace_those_before(store: Store) -> None:
    one, other = (store.begin(planned(SUITE, name), SUITE).id for name in ("one", "other"))
    compared = ComparisonRow(other, one, "chrf2", 1.0, 0.5, 1.5, 0.2, 0.01, "mcnemar-exact", 2, 2, "better")
    store.finish(one, [SCORE], [])
    store.finish(other, [SCORE], [replace(compared, difference=9.0)])
    store.finish(other, [replace(SCORE, value=None, low=None, high=None)], [compared])
    assert store.scores(other) == [replace(SCORE, value=None, low=None, high=None)]
    assert store.comparisons(one) == store.comparisons(other) == [compared]


def test_peers_are_the_latest_finished_run_of_each_identity_under_a_key(store: Store) -> None:
    ids = {}
    for name, again in (("a", False), ("a", True), ("b", False), ("unfinished", False), ("unscored", False)):
        ids[f"{name}{again:d}"] = run = store.begin(planned(SUITE, name), SUITE, again).id
        if name != "unfinished":
            store.finish(run, [SCORE if name != "unscored" else replace(SCORE, value=None)], [])
    new = store.begin(planned(SUITE, "new"), SUITE).id
    assert store.peers(new, ["key", "other"]) == {"key": [ids["a1"], ids["b0"]], "other": []}


def test_a_deleted_run_takes_everything_of_it_along(store: Store) -> None:
    one, other = (store.begin(planned(SUITE, name), SUITE).id for name in ("one", "other"))
    store.keep(one, OUTPUT)
    store.finish(one, [SCORE], [])
    store.finish(
        other, [], [ComparisonRow(other, one, "chrf2", None, None, None, None, None, "none", 0, 2, "inconclusive")]
    )
    store.delete(one)
    with sqlite3.connect(store.path) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    connection.close()
    assert dict(zip(TABLES, counts, strict=True)) == {"runs": 1, "outputs": 0, "scores": 0, "comparisons": 0}
    with pytest.raises(NotFound, match="deleted, perhaps in another window"):
        store.keep(one, OUTPUT)


TABLES = ("runs", "outputs", "scores", "comparisons")


def test_a_run_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    runs = [store.begin(planned(SUITE, name), SUITE) for name in map(str, range(17))]
    assert store.run(runs[0].id) == runs[0]
    with pytest.raises(NotFound, match="no run 'xyz'"):
        store.run("xyz")
    with pytest.raises(BadInput, match="17 runs begin with ''"):
        store.run("")


def test_a_write_that_fails_halfway_leaves_nothing(store: Store) -> None:
    run = store.begin(planned(SUITE), SUITE).id
    store.finish(run, [SCORE], [])
    unknown = ComparisonRow("gone", run, "chrf2", 1.0, None, None, None, None, "none", 2, 2, "inconclusive")
    with pytest.raises(sqlite3.IntegrityError):
        store.finish(run, [], [unknown])
    assert store.scores(run) == [SCORE]


def test_a_file_from_before_the_speed_cards_is_read_and_then_gets_them(tmp_path: Path) -> None:
    old = sqlite_utils.Database(tmp_path / "old.sqlite3")
    migrations.apply(old, stop_before="m004_speeds")
    assert "speeds" not in old.table_names()
    with old.atomic():
        old.table("suites").insert({**json.loads(SUITE_ROW), "sha256": SUITE.sha256})
        run = {**asdict(planned(SUITE)), "id": "r", "status": "finished", "finished": "2026-11-23"}
        del run["working_seconds"]
        structures = {name: json.dumps(run[name]) for name in ("identity", "versions")}
        old.table("runs").insert(run | structures)
        old.table("scores").insert({"run": "r", **asdict(SCORE)})
    old.close()
    file = tmp_path / "old.sqlite3"
    assert [(row.run, row.speed) for row in read_standings(file)[0]] == [("r", None)]
    Store(file).keep_speed(planned(SUITE).identity, Speed("tokens", 0.1, 40.0, 410.0, 5_000_000, "2026-11-25"))
    assert [row.speed for row in read_standings(file)[0]] == [Speed("tokens", 0.1, 40, 410, 5_000_000, "2026-11-25")]


SUITE_ROW = """
    {"id": "translate/small", "kind": "translate", "title": "Small", "metrics": "[\\"chrf2\\"]", "source": "en",
     "target": "pt", "licence": "", "notes": ""}
"""


def test_json_in_the_file_is_readable_text(store: Store) -> None:
    run = store.begin(planned(SUITE), SUITE).id
    store.keep(run, replace(OUTPUT, completions=[{"text": "avó"}]))
    with sqlite3.connect(store.path) as connection:
        (stored,) = connection.execute("SELECT completions FROM outputs").fetchone()
    connection.close()
    assert stored == json.dumps([{"text": "avó"}], ensure_ascii=False)


def test_a_file_of_the_first_schema_is_taken_over(tmp_path: Path) -> None:
    """Suites stored before they had an origin come back without one, and the list of own suites is empty."""
    path = tmp_path / "llmweb.sqlite3"
    db = sqlite_utils.Database(path)
    first, second, *_ = migrations.pending(db)
    migrations.apply(db, stop_before=second.name)
    assert first.name == "m001_suites_and_runs"
    row = {"sha256": SUITE.sha256, "id": SUITE.id, "kind": "translate", "title": SUITE.title, "metrics": '["chrf2"]'}
    db.table("suites").insert(row | {"source": "en", "target": "pt", "licence": "CC0-1.0", "notes": ""})
    db.close()
    store = Store(path)
    assert store.suite(SUITE.sha256) == replace(SUITE, samples=(), metrics=("chrf2",))
    assert store.own_suites() == {}


def test_chats_and_runs_that_are_written_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """A transaction that has read before it writes is refused by SQLite where another wrote in between, however long
    it would wait: each takes the write lock as it begins."""
    store, history = Store(tmp_path / "both.sqlite3"), History(tmp_path / "both.sqlite3")
    chat = history.new_chat("chat", "while a run is made")

    def say(number: int) -> None:
        for _ in range(20):
            history.add(chat, None, "user", f"thread {number}")

    def ask(number: int) -> None:
        run = store.begin(planned(SUITE, f"model{number}@exact"), SUITE).id
        for place in range(20):
            store.keep(run, OutputRow(f"s{place}", "text"))

    with ThreadPoolExecutor(4) as pool:
        for started in [pool.submit(each, number) for each in (say, ask) for number in range(2)]:
            started.result()
    assert [len(store.done(run.id)) for run in store.runs()] == [20, 20]
    assert len(history.thread(chat)[0].siblings) == 40
