"""What a window wants of the boards: kept in the address, checked against what there is, applied."""

from dataclasses import replace

from evals.leaderboard import Board
from evals.pages.board_filters import Choices, View, clicked, filtered, from_place, known, metrics_of
from evals.standings import Speed
from tests.evals.pages.made import BERGAMOT, COPIED, GEMMA, MODELS, SMOL, SUITES, WHOLE, board

QUESTIONS = Board("ask/en", "Questions about a text", "f1", True, 100, board(SMOL._replace(run="ee55")).rows)
BOARDS = (WHOLE, QUESTIONS)


def left(view: View) -> dict[str, list[str]]:
    """Suite → runs."""
    found = filtered(view, SUITES, BOARDS, MODELS)
    return {whole.suite: [row.standing.run for row in rest.rows] for whole, rest in found}


def test_a_view_comes_back_from_the_address_it_was_written_to() -> None:
    view = View("ask", "en", "bergamot", "speed", {"translate/en-pt": "ter", "ask/en": "exact-match"}, ("aa11", "bb22"))
    assert from_place(view.place()) == view
    assert {name: value for name, value in View().place().items() if value} == {}
    assert from_place({}) == View()


def test_what_an_address_invents_means_all() -> None:
    invented = from_place(
        {
            "task": "poems",
            "language": "<b>",
            "systems": "x",
            "order": "y",
            "metric": "ask/en:<i>,z:f1,q",
            "runs": "a,b,c",
        }
    )
    assert known(invented, SUITES, BOARDS, MODELS) == View()
    assert metrics_of(replace(View(), metrics={"ask/en": "f1"}), SUITES) == {}  # the leading one is the default


def test_two_runs_of_two_boards_are_no_pair() -> None:
    assert known(View(picked=("aa11", "bb22")), SUITES, BOARDS, MODELS).picked == ("aa11", "bb22")
    assert known(View(picked=("aa11", "ee55")), SUITES, BOARDS, MODELS).picked == ("ee55",)


def test_the_filters_offer_what_was_measured() -> None:
    choices = Choices(SUITES, BOARDS, MODELS)
    assert choices.tasks == {"translate": "Translate", "ask": "Ask"}
    assert choices.languages == {"en": "English", "pt": "Portuguese"}
    assert choices.systems == {
        "bergamot": "Engine: bergamot",
        "openvino-genai": "Engine: openvino-genai",
        "transformers": "Engine: transformers",
        "small": "Under 150 M parameters",
        "medium": "150 M to 1 B parameters",
    }


def test_filters_leave_boards_and_rows_and_the_baselines_stay() -> None:
    everything = ["aa11", "cc33", "bb22", "dd44"]
    assert left(View()) == {"translate/en-pt": everything, "ask/en": ["ee55"]}
    assert left(View(task="ask")) == {"ask/en": ["ee55"]}
    assert left(View(language="pt")) == {"translate/en-pt": everything}
    assert left(View(systems="bergamot")) == {"translate/en-pt": ["aa11", "dd44"]}
    assert left(View(systems="medium")) == {"translate/en-pt": ["cc33", "dd44"]}  # gemma: 268 M parameters
    (whole, rest), *_ = filtered(View(systems="medium"), SUITES, BOARDS, MODELS)
    assert whole is WHOLE
    assert (rest.rows[0].best, rest.rows[0].worst) == (2, 3)


def test_rows_are_put_in_the_order_wanted_and_what_is_unknown_comes_last() -> None:
    assert left(View(order="speed"))["translate/en-pt"] == ["dd44", "aa11", "bb22", "cc33"]
    assert left(View(order="memory"))["translate/en-pt"] == ["aa11", "cc33", "bb22", "dd44"]
    assert left(View(order="name"))["translate/en-pt"] == ["dd44", "aa11", "cc33", "bb22"]
    newest = COPIED._replace(finished="2026-11-26T09:00:00+00:00")
    heavy = GEMMA._replace(speed=Speed(memory_bytes=10**9))
    only = (board(BERGAMOT, heavy, newest),)

    def ordered(order: str) -> list[str]:
        ((_, rest),) = filtered(View(order=order), SUITES, only, MODELS)
        return [row.standing.run for row in rest.rows]

    assert ordered("date") == ["dd44", "aa11", "cc33"]
    assert ordered("memory") == ["aa11", "cc33", "dd44"]


def ticked(*runs: str) -> tuple[str, ...]:
    """What stays picked after a click on each tick box in turn."""
    view = View()
    for run in runs:
        view = known(clicked(view, "pick", run), SUITES, BOARDS, MODELS)
    return view.picked


def test_ticking_keeps_two_rows_of_one_board() -> None:
    assert ticked("aa11", "bb22") == ("aa11", "bb22")
    assert ticked("aa11", "bb22", "cc33") == ("bb22", "cc33")
    assert ticked("aa11", "bb22", "aa11") == ("bb22",)
    assert ticked("aa11", "bb22", "ee55") == ("ee55",)
    assert ticked("aa11", "gone") == ("aa11",)


def test_a_click_changes_the_view_and_an_unknown_one_nothing() -> None:
    view = View("ask", metrics={"ask/en": "exact-match"}, picked=("aa11",))
    assert clicked(view, "unpick", "") == replace(view, picked=())
    chosen = {"ask/en": "exact-match", "translate/en-pt": "ter"}
    assert clicked(view, "metric", "translate/en-pt:ter") == replace(view, metrics=chosen)
    assert clicked(view, "clear", "") == View()
    for do, target in (("dance", "x"), ("", ""), ("metric", ""), ("metric", "ask/en:<b>"), ("pick", "gone")):
        assert known(clicked(View(), do, target), SUITES, BOARDS, MODELS) == View()
