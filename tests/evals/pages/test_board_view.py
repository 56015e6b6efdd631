"""What a board looks like: a real table whose text says what the drawing shows."""

import re
from html import escape, unescape

from evals.leaderboard import rank
from evals.metrics.meanings import MEANINGS
from evals.pages.board_view import BoardShown, boards_html, empty_html, tie_lanes
from evals.pages.verdict_view import Told
from evals.speed import BUSY
from evals.standings import Speed
from tests.evals.pages.made import BERGAMOT, CARD, COPIED, GEMMA, MODELS, PAIRS, SMOL, WHOLE, board

METRIC_NAMES = ("chrf2", "bleu", "ter")


def html(shown_board: object = WHOLE, **more: object) -> str:
    given = {"whole": shown_board, "metrics": METRIC_NAMES, "models": MODELS, **more}
    return boards_html([BoardShown(shown_board, **given)])  # type: ignore[arg-type]


def cells(shown: str, row: int) -> list[str]:
    """The text of a body row's cells, what only a screen reader gets included."""
    body = shown.partition("<tbody>")[2].split("<tr")[row + 1]
    parts = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", body, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in parts]


def test_a_row_says_rank_system_value_interval_n_speed_and_memory() -> None:
    shown = html()
    assert cells(shown, 0) == [
        "",
        "1",
        "Bergamot English → Portuguese (fast) bergamot · 17 M",
        "70.00 68.00–72.00",
        "",
        "n = 100 2026-11-25",
        "0.02 s a sample 90 sentences/s, 177 for 16 first text 0.012 s",
        "memory 61 MB",
    ]
    assert cells(shown, 1)[1] == "2–3 , not surely different from SmolLM2 135M Instruct (exact)"
    assert cells(shown, 2)[6:] == ["0.9 s a sample alone n/a: not measured yet", "memory n/a"]
    assert cells(shown, 3)[2] == "baseline/copy-source reads no weights"
    assert cells(shown, 3)[6:] == ["0.0001 s a sample", "memory n/a"]


def test_the_table_has_headers_with_scope_and_each_value_leads_to_its_run() -> None:
    shown = html()
    assert shown.count('<th scope="col"') == 8
    assert shown.count('<th scope="row"') == 4
    assert '<a class="place-link" data-tab-link href="?tab=runs&amp;run=aa11">70.00</a>' in shown
    assert "<caption" in shown


def test_a_system_that_could_not_be_measured_says_why() -> None:
    busy = board(SMOL._replace(speed=Speed(note=BUSY)), BERGAMOT)
    assert cells(html(busy), 1)[6] == f"0.9 s a sample alone n/a: {BUSY}"


def test_figures_taken_while_others_were_busy_are_shown_with_that() -> None:
    crowded = board(BERGAMOT._replace(speed=CARD._replace(note="others used 60 %")), SMOL)
    assert cells(html(crowded), 0)[6].endswith("first text 0.012 s others used 60 %")


def test_a_row_that_is_not_ranked_says_why_and_has_no_bar() -> None:
    half = board(SMOL._replace(scored=50), BERGAMOT)
    assert cells(html(half), 1)[1:4] == [
        "– not ranked: 50 of 100 scored",
        "SmolLM2 135M Instruct (exact) openvino-genai · 135 M",
        "31.00 50 of 100 scored",
    ]
    assert cells(html(half), 1)[5] == "n = 50 of 100 2026-11-25"


def lanes(*ties: str) -> list[list[str]]:
    rows = rank([BERGAMOT, SMOL, GEMMA, COPIED], PAIRS)
    return tie_lanes([row._replace(ties=letters) for row, letters in zip(rows, ties, strict=True)])


def test_a_bar_joins_those_who_share_a_letter_and_bars_that_overlap_stand_side_by_side() -> None:
    assert [row.ties for row in WHOLE.rows] == ["a", "b", "b", "c"]
    assert tie_lanes(WHOLE.rows) == [["", "on first", "on last", ""]]
    assert html().count('<i class="on') == 2
    assert lanes("a", "a", "b", "b") == [["on first", "on last", "on first", "on last"]]
    assert lanes("a", "ab", "b", "c") == [["on first", "on last", "", ""], ["", "on first", "on last", ""]]
    assert lanes("a", "ab1", "b1", "") == [["on first", "on last", "", ""], ["", "on first", "on last", ""]]
    assert lanes("a", "b", "a", "b") == [
        ["on first", "through", "on last", ""],
        ["", "on first", "through", "on last"],
    ]
    assert lanes("a", "b", "c", "d") == []


def test_metrics_are_buttons_the_shown_one_pressed() -> None:
    shown = html()
    assert 'data-do="metric" data-id="translate/en-pt:chrf2" aria-pressed="true"' in shown
    assert 'data-do="metric" data-id="translate/en-pt:ter" aria-pressed="false"' in shown
    assert 'data-do="metric"' not in html(metrics=("chrf2",))


def test_picked_rows_are_ticked_and_the_verdict_stands_over_the_table() -> None:
    assert "Tick two rows to read whether they differ." in html()
    assert "Tick one more row" in html(picked=("aa11",))
    shown = html(picked=("aa11", "bb22"), told=Told("A is <better>.", "Difference +39."))
    assert shown.count('aria-checked="true"') == 2
    assert "<strong>A is &lt;better&gt;.</strong> Difference +39." in shown


def test_names_from_the_store_are_escaped() -> None:
    evil = board(SMOL._replace(system="<img src=x>@exact", run='"><script>', engine="<b>", finished="<i>"))
    shown = html(evil._replace(title="<u>title"))
    for text in ("<img", "<script", "<b>", "<i>&", "<u>"):
        assert text not in shown


def test_the_speed_plot_stands_beside_two_models_or_more() -> None:
    assert 'class="speed-plot"' in html()
    assert 'class="speed-plot"' not in html(board(BERGAMOT, COPIED))


def test_without_runs_and_without_a_fitting_board_there_is_a_next_step() -> None:
    assert 'data-tab="runs">Start a run</button>' in empty_html()
    assert 'data-do="clear">Show all</button>' in boards_html([])


def test_the_metric_is_explained_where_it_is_known_and_the_licence_of_the_samples_stands_over_them() -> None:
    shown = html(WHOLE._replace(licence="CC0-1.0"))
    assert escape(MEANINGS["chrf2"]) in shown
    assert "100 samples · higher is better · CC0-1.0</p>" in shown
    assert "higher is better</p>" in html(WHOLE._replace(metric="own"))
