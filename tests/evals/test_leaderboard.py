"""Rank ranges, ties and boards on hand-made comparisons; the tables they are written as."""

import csv
import io
import json
from pathlib import Path

import pytest

from evals.leaderboard import Board, Ranked, boards, rank
from evals.records import ComparisonRow, ScoreRow, VoteRow
from evals.standings import (
    Difference,
    Pair,
    Speed,
    Standing,
    SuiteFacts,
    read_difference,
    read_stamp,
    read_standings,
    read_suites,
)
from evals.store import Store
from evals.tables import FORMATS
from tests.evals.small import planned, translations


def standing(run: str, value: float | None, scored: int = 100, higher: bool = True, key: str = "key") -> Standing:
    ends = (None, None) if value is None else (value - 1, value + 1)
    return Standing(
        run, "ask/en", "Questions", f"{run}@exact", "f1", value, *ends, scored, 100, key, higher, "2026-11-23"
    )


def surely(candidate: str, baseline: str, difference: float, p_value: float = 0.0001) -> Pair:
    return Pair(candidate, baseline, difference - 0.5, difference + 0.5, p_value)


def unsure(candidate: str, baseline: str) -> Pair:
    return Pair(candidate, baseline, -1.0, 1.0, 0.4)


def ranges(rows: tuple[Ranked, ...]) -> dict[str, tuple[int | None, int | None, str]]:
    return {row.standing.run: (row.best, row.worst, row.ties) for row in rows}


def test_ranks_range_from_those_surely_better_to_those_surely_worse() -> None:
    """a and b cannot be told apart, both surely beat c."""
    rows = rank(
        [standing("c", 10), standing("b", 20), standing("a", 21)],
        [unsure("a", "b"), surely("a", "c", 11), surely("c", "b", -10)],
    )
    assert [row.standing.run for row in rows] == ["a", "b", "c"]
    assert ranges(rows) == {"a": (1, 2, "a"), "b": (1, 2, "a"), "c": (3, 3, "b")}


def test_ties_need_not_be_the_same_for_all() -> None:
    """a beats c only: b stands between and shares a letter with each."""
    rows = rank(
        [standing("a", 21), standing("b", 20), standing("c", 19)],
        [unsure("a", "b"), unsure("b", "c"), surely("a", "c", 2)],
    )
    assert ranges(rows) == {"a": (1, 2, "a"), "b": (1, 3, "ab"), "c": (2, 3, "b")}


def test_where_lower_is_better_the_lowest_comes_first() -> None:
    rows = rank([standing("a", 3, higher=False), standing("b", 1, higher=False)], [surely("a", "b", 2)])
    assert ranges(rows) == {"b": (1, 1, "a"), "a": (2, 2, "b")}


def test_a_p_value_must_survive_holm_over_all_pairs() -> None:
    """Of three pairs the smallest p counts thrice: 0.02 is 0.06. Alone it would be enough."""
    three = [standing("a", 21), standing("b", 20), standing("c", 19)]
    pairs = [surely("a", "c", 2, 0.02), unsure("a", "b"), unsure("b", "c")]
    assert ranges(rank(three, pairs)) == {"a": (1, 3, "a"), "b": (1, 3, "a"), "c": (1, 3, "a")}
    assert ranges(rank(three[::2], pairs)) == {"a": (1, 1, "a"), "c": (2, 2, "b")}


def test_what_was_not_compared_is_not_surely_different() -> None:
    assert ranges(rank([standing("a", 90), standing("b", 10)], [])) == {"a": (1, 2, "a"), "b": (1, 2, "a")}


@pytest.mark.parametrize(("scored", "ranked"), [(98, True), (97, False)])
def test_under_98_percent_scored_is_not_ranked(scored: int, ranked: bool) -> None:
    rows = rank([standing("a", 90, scored), standing("b", 10)], [surely("a", "b", 80)])
    if ranked:
        assert ranges(rows) == {"a": (1, 1, "a"), "b": (2, 2, "b")}
    else:
        assert ranges(rows) == {"b": (1, 1, "a"), "a": (None, None, "")}
        assert rows[1].why == "97 of 100 scored"


def test_an_undefined_value_is_not_ranked() -> None:
    (row,) = rank([standing("a", None)], [])
    assert (row.best, row.why) == (None, "the metric is undefined for these outputs")


def test_a_baseline_is_marked() -> None:
    rows = rank([standing("a", 1)._replace(system="baseline/lead-2"), standing("b", 2)], [])
    assert [(row.standing.run, row.is_baseline) for row in rows] == [("b", False), ("a", True)]


def test_only_equal_keys_stand_on_one_board_and_the_latest_is_shown() -> None:
    rows = [standing("new", 2, key="new"), standing("old", 9, key="old"), standing("peer", 1, key="new")]
    assert [[row.standing.run for row in board.rows] for board in boards(rows, [])] == [["new", "peer"]]
    with_older = boards(rows, [], older=True)
    assert [[row.standing.run for row in board.rows] for board in with_older] == [["new", "peer"], ["old"]]


def test_boards_of_fewer_samples_come_after_those_of_all() -> None:
    few = standing("few", 2, scored=10, key="few")._replace(asked=10)
    assert [board.asked for board in boards([few, standing("all", 1)], [])] == [100, 10]


def test_the_board_is_read_from_the_latest_finished_runs(tmp_path: Path) -> None:
    assert read_standings(tmp_path / "none.sqlite3") == ([], [])
    store, asked = Store(tmp_path / "evals.sqlite3"), translations(2)
    ids = {}
    for name, again in (("a", False), ("a", True), ("b", False), ("unfinished", False)):
        ids[f"{name}{again:d}"] = run = store.begin(planned(asked, name), asked, again).id
        if name != "unfinished":
            scores = [
                ScoreRow(metric, 50.0, 40.0, 60.0, "ci", 2, 2, 2, metric, metric, True) for metric in ("chrf2", "bleu")
            ]
            pairs = [
                ComparisonRow(run, peer, metric, 1.0, 0.5, 1.5, 0.1, 0.03, "t", 2, 2, "better")
                for metric in ("chrf2", "bleu")
                for peer in store.peers(run, ["chrf2"])["chrf2"]
            ]
            store.finish(run, scores, pairs)
    standings, compared = read_standings(store.path)
    assert {(each.run, each.metric, each.higher_is_better) for each in standings} == {
        (ids["a1"], "chrf2", True),
        (ids["b0"], "chrf2", True),
    }
    assert compared == [Pair(ids["b0"], ids["a1"], 0.5, 1.5, 0.03)]
    assert {each.metric for each in read_standings(store.path, "bleu")[0]} == {"bleu"}


def test_a_suite_may_be_shown_under_a_metric_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "evals.sqlite3")
    for asked in (translations(2, "one"), translations(3, "other")):
        run = store.begin(planned(asked), asked).id
        scores = [ScoreRow(each, 5.0, 4.0, 6.0, "ci", 2, 2, 2, each, each, True) for each in asked.metrics]
        store.finish(run, scores, [])
    standings, _ = read_standings(store.path, metrics={"other": "bleu"})
    assert {standing.suite: standing.metric for standing in standings} == {"one": "chrf2", "other": "bleu"}
    assert read_suites(store.path) == {
        name: SuiteFacts("translate", "Small translate", "en", "pt", ("chrf2", "bleu")) for name in ("one", "other")
    }


def test_a_suite_that_was_renamed_has_its_new_name_everywhere(tmp_path: Path) -> None:
    store = Store(tmp_path / "evals.sqlite3")
    for asked in (translations(2, "old"), translations(2, "new")):
        store.finish(store.begin(planned(asked, asked.id), asked).id, [CHRF], [])
    standings, _ = read_standings(store.path, metrics={"old": "bleu"})
    assert {standing.suite for standing in standings} == set(read_suites(store.path)) == {"new"}


def test_a_difference_is_read_from_either_side(tmp_path: Path) -> None:
    store, asked = Store(tmp_path / "evals.sqlite3"), translations(2)
    one, other = (store.begin(planned(asked, name), asked).id for name in ("one", "other"))
    store.finish(one, [], [])
    row = ComparisonRow(other, one, "chrf2", 2.0, 0.5, 3.5, 0.7, 0.03, "t", 2, 2, "better")
    store.finish(other, [], [row, ComparisonRow(other, one, "bleu", None, None, None, None, None, "none", 0, 2, "x")])
    assert read_difference(store.path, other, one, "chrf2") == Difference(2.0, 0.5, 3.5, 0.7, 0.03, 2, 2)
    assert read_difference(store.path, one, other, "chrf2") == Difference(-2.0, -3.5, -0.5, 0.7, 0.03, 2, 2)
    assert read_difference(store.path, one, other, "bleu") == Difference(None, None, None, None, None, 0, 2)
    assert read_difference(store.path, one, one, "chrf2") is None


def test_the_stamp_changes_with_the_finished_runs_and_the_votes(tmp_path: Path) -> None:
    assert read_stamp(tmp_path / "none.sqlite3") == ()
    store, asked = Store(tmp_path / "evals.sqlite3"), translations(2)
    stamps = [read_stamp(store.path)]
    run = store.begin(planned(asked), asked).id
    stamps.append(read_stamp(store.path))
    store.finish(run, [], [])
    store_time = store.run(run).finished
    stamps.append(read_stamp(store.path))
    store.delete(run)
    stamps.append(read_stamp(store.path))
    vote = store.keep_vote(VoteRow("c", "hi", [], True, "tie", ""))
    stamps.append(read_stamp(store.path))
    none = (0, None)
    assert stamps == [(*none, *none), (*none, *none), (1, store_time, *none), (*none, *none), (*none, 1, vote.created)]


CHRF = ScoreRow("chrf2", 5.0, 4.0, 6.0, "ci", 2, 2, 2, "chrf2", "key", True)
BOARDS = (
    Board(
        "ask/en",
        "Questions",
        "f1",
        True,
        100,
        rank([standing("a", 21.456), standing("b", 20), standing("c", 5, 50)], [surely("a", "b", 1)]),
    ),
)


def test_a_table_for_a_terminal() -> None:
    assert FORMATS["table"](BOARDS).splitlines()[:5] == [
        "Questions (ask/en): f1, higher is better, 100 samples",
        "rank  system   value           95 %  ties               scored  s/sample  date        run",
        "   1  a@exact  21.46  20.46 … 22.46  a                 100/100       n/a  2026-11-23  a",
        "   2  b@exact  20.00  19.00 … 21.00  b                 100/100       n/a  2026-11-23  b",
        "   –  c@exact   5.00    4.00 … 6.00  50 of 100 scored   50/100       n/a  2026-11-23  c",
    ]


def test_json_and_csv_have_the_numbers_in_full() -> None:
    (board,) = json.loads(FORMATS["json"](BOARDS))
    assert [(row["run"], row["value"], row["best"], row["why"]) for row in board["rows"]] == [
        ("a", 21.456, 1, ""),
        ("b", 20, 2, ""),
        ("c", 5, None, "50 of 100 scored"),
    ]
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](BOARDS))))
    assert [(row["run"], row["value"], row["best"], row["suite"]) for row in rows] == [
        ("a", "21.456", "1", "ask/en"),
        ("b", "20", "2", "ask/en"),
        ("c", "5", "", "ask/en"),
    ]


def test_json_and_csv_have_the_speed_card() -> None:
    card = Speed("tokens", 0.125, 40.5, 410.0, 300_000_000)
    rows = rank([standing("a", 21)._replace(speed=card), standing("b", 20)], [])
    board = (BOARDS[0]._replace(rows=rows),)
    names = ("speed_unit", "speed_alone", "speed_together", "first_seconds", "memory_bytes")
    (shown,) = json.loads(FORMATS["json"](board))
    assert [[row[name] for name in names] for row in shown["rows"]] == [
        ["tokens", 40.5, 410.0, 0.125, 300_000_000],
        ["", None, None, None, None],
    ]
    first, second = csv.DictReader(io.StringIO(FORMATS["csv"](board)))
    assert [first[name] for name in names] == ["tokens", "40.5", "410.0", "0.125", "300000000"]
    assert [second[name] for name in names] == ["", "", "", "", ""]


def test_markdown_is_a_table() -> None:
    lines = FORMATS["md"](BOARDS).splitlines()
    assert lines[0] == "### Questions (ask/en): f1, higher is better, 100 samples"
    assert lines[4] == "| 1 | a@exact | 21.46 | 20.46 … 22.46 | a | 100/100 | n/a | 2026-11-23 | a |"


@pytest.mark.parametrize("name", ["table", "md"])
def test_without_runs_it_says_how_to_start_one(name: str) -> None:
    assert FORMATS[name](()) == "No finished runs yet. Start one with: python -m evals run ask\n"
