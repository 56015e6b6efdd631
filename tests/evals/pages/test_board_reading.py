"""From a store to what the page shows, whatever is in the file."""

from pathlib import Path

from evals.pages.board_filters import View
from evals.pages.board_reading import draw
from evals.records import ScoreRow
from evals.standings import read_stamp
from evals.store import Store
from tests.evals.pages.made import MODELS
from tests.evals.small import planned, translations


def test_two_picked_runs_are_told_about_and_a_run_that_is_gone_is_not_picked(tmp_path: Path) -> None:
    store, asked = Store(tmp_path / "evals.sqlite3"), translations(2)
    runs = []
    for name in ("gpt2@exact", "model-b@exact"):
        runs.append(store.begin(planned(asked, name), asked).id)
        scores = [ScoreRow(each, 5.0, 4.0, 6.0, "ci", 2, 2, 2, each, each, True) for each in asked.metrics]
        store.finish(runs[-1], scores, [])
    drawn = draw(store.path, View(order="speed", picked=tuple(runs)), MODELS)
    assert (drawn.view, drawn.anything) == (View(order="speed", picked=tuple(runs)), True)
    assert drawn.said == "These two runs were never compared."
    assert drawn.html.count('aria-checked="true"') == 2
    assert "GPT-2 (exact)" in drawn.html
    assert drawn.stamp == read_stamp(store.path)
    store.delete(runs[0])
    later = draw(store.path, drawn.view, MODELS)
    assert (later.view.picked, later.said) == ((runs[1],), "")
    assert later.stamp != drawn.stamp


def test_a_suite_is_shown_under_the_metric_the_view_wants(tmp_path: Path) -> None:
    store, asked = Store(tmp_path / "evals.sqlite3"), translations(2)
    run = store.begin(planned(asked), asked).id
    scores = [ScoreRow(each, 5.0, 4.0, 6.0, "ci", 2, 2, 2, each, each, True) for each in asked.metrics]
    store.finish(run, scores, [])
    drawn = draw(store.path, View(metrics={asked.id: "bleu", "gone": "ter"}), MODELS)
    assert drawn.view.metrics == {asked.id: "bleu"}
    assert 'data-id="translate/small:bleu" aria-pressed="true"' in drawn.html


def test_a_store_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"not a database, but longer than a header " * 30)
    drawn = draw(broken, View(task="ask"), MODELS)
    assert (drawn.view, drawn.anything, drawn.stamp) == (View(task="ask"), False, ())
    assert 'role="alert"' in drawn.html
    assert "DatabaseError" in drawn.html


def test_without_a_store_there_is_the_first_step(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "none.sqlite3", View(), MODELS)
    assert (drawn.anything, drawn.stamp) == (False, ())
    assert "Start a run" in drawn.html
