"""Runs as a list: whole sentences about each, nothing unescaped."""

import re
from html import unescape

from evals.pages import run_list
from evals.run_queue import Planned, QueuedRun
from evals.run_reads import RunLine
from evals.runner import Asking, Progress
from evals.systems import System
from tests.evals.small import translations

NAMES = {"gpt2": "GPT-2 <small>"}
SUITE = translations(12)
LINE = RunLine(
    *("r1", "translate/small", "Small <translate>", "gpt2@exact", "finished", "", "2026-11-25T22:10:00.000+00:00"),
    *(50, 50, "chrf2", 45.12, 43.6, 46.7, 50),
)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def going(state: str = "running", goes_on: str = "", **facts: object) -> QueuedRun:
    progress = Progress(SUITE.id, "gpt2@exact", total=12, **facts)  # type: ignore[arg-type]
    planned = Planned(SUITE, System("gpt2"), Asking(), goes_on)
    return QueuedRun(7, planned, progress, state)  # type: ignore[arg-type]


def test_a_system_is_told_by_its_model_s_name_and_its_options() -> None:
    assert run_list.system_name("gpt2@exact,max_tokens=40", NAMES) == "GPT-2 <small> · exact, max_tokens=40"
    assert run_list.system_name("baseline/lead-2", NAMES) == "baseline/lead-2"


def test_a_running_row_says_count_running_mean_elapsed_and_remaining() -> None:
    run = going(run="r1", done=3, failed=1, seconds=6.4, remaining=18.0, running=44.96)
    assert words(run_list.going_html(run)) == (
        "3 of 12 · 1 with an error · chrf2 about 45.0 so far · 6 s so far · about 18 s left"
    )
    assert 'aria-valuenow="0.25"' in run_list.going_html(run)


def test_what_is_not_asked_yet_says_what_it_waits_for() -> None:
    assert words(run_list.going_html(going("waiting"))) == "Waiting · 12 samples"
    assert words(run_list.going_html(going())) == "Loading the model"
    stopping, loading = going(run="r1", done=3), going()
    for each in (stopping, loading):
        each.cancelled.set()
    assert words(run_list.going_html(stopping)) == "Stopping: what is being asked ends first"
    assert words(run_list.going_html(loading)) == "Stopping: the model is still being loaded"


def test_a_run_that_could_not_go_on_says_that_it_began_anew() -> None:
    assert "begun anew: the model, its prompts" in run_list.going_html(going(goes_on="old", run="new", done=1))
    assert "begun anew" not in run_list.going_html(going(goes_on="old", run="old", done=1))


def test_rows_under_way_can_be_stopped_one_or_all_and_a_failed_one_dismissed() -> None:
    failed = going("failed")
    failed.error = "No <memory>."
    html = run_list.live_html([going(run="r1"), going("waiting"), failed], NAMES)
    assert html.count('data-do="stop" data-id="7"') == 2
    assert 'data-do="stop-all"' in html
    assert 'data-do="dismiss" data-id="7"' in html
    assert "No &lt;memory&gt;." in html
    assert "GPT-2 <small>" not in html
    assert 'data-do="stop-all"' not in run_list.live_html([going(run="r1")], NAMES)
    assert run_list.live_html([], NAMES) == ""


def test_a_line_tells_the_score_with_interval_and_n_or_why_there_is_none() -> None:
    lines = [
        LINE,
        LINE._replace(id="r2", value=None, low=None, high=None, scored=0),
        LINE._replace(id="r3", status="cancelled", stored=12),
        LINE._replace(id="r4", status="failed", stored=0, error="No <memory>."),
        LINE._replace(id="r5", status="running", stored=3),
    ]
    html = run_list.list_html(lines, NAMES, {"r9"}, "", more=True)
    at = run_list.when(LINE.created)
    name = "Small <translate> GPT-2 <small> · exact"
    assert words(html) == (
        f"{name} chrf2 45.1 (43.6–46.7), n = 50 {at} ✕ {name} chrf2 n/a, 0 of 50 scored {at} ✕ "
        f"{name} Stopped · 12 of 50 asked {at} Go on ✕ {name} Failed: No <memory>. · 0 of 50 asked {at} Go on ✕ "
        f"{name} Cut off · 3 of 50 asked {at} Go on ✕ Show older ones"
    )
    assert "<small>" not in html
    assert 'href="?tab=runs&amp;run=r1"' in html


def test_a_run_under_way_is_not_listed_twice_and_an_empty_list_says_so() -> None:
    assert words(run_list.list_html([LINE], NAMES, {"r1"}, "", more=False)) == "Runs will be listed here."
    assert words(run_list.list_html([], NAMES, (), "<x>", more=False)) == "No run has “<x>”."


def test_what_a_crash_left_is_said_with_one_click_to_go_on() -> None:
    assert run_list.left_html(0) == ""
    assert words(run_list.left_html(1)).startswith("ⓘ 1 run was under way or waiting when the app last ended.")
    assert 'data-do="resume"' in run_list.left_html(2)
