"""What a conversation looks like as HTML; in the browser: tests/browser/test_chat.py."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from llmweb.chat import Turn
from llmweb.history import ChatRow, Entry
from llmweb.live import Answer
from llmweb.pages import conversation
from llmweb.pages.parts import AnswerAction, Field

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAMES = conversation.Names({"m": "Model M"})


def entry(number: int, role: str, text: str, **fields: object) -> Entry:
    given = {"status": "done", "thinking": "", "error": "", "completion": None, "siblings": (str(number),), **fields}
    return Entry(str(number), "chat", None, role, created=NOW.isoformat(), text=text, **given)  # type: ignore[arg-type]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def row(title: str, days_ago: float, snippet: str = "") -> ChatRow:
    when = (NOW - timedelta(days=days_ago)).isoformat()
    return ChatRow(title, "chat", title, when, when, snippet)


def test_chats_are_grouped_by_day_latest_first() -> None:
    rows = [row("a", 0), row("b", 1), row("c", 3), row("d", 30)]
    assert words(conversation.history_html(rows, "", "", NOW)) == (
        "Today a ✎ ✕ Yesterday b ✎ ✕ Last 7 days c ✎ ✕ Earlier d ✎ ✕"
    )


def test_a_search_hit_is_marked_and_nothing_else_in_it_is_html() -> None:
    html = conversation.history_html([row("<i>t</i>", 0, "<b> \1hit\2")], "", "hit", NOW)
    assert '<span class="snippet">&lt;b&gt; <mark>hit</mark></span>' in html
    assert "<i>" not in html


def test_the_chat_on_show_is_named_as_the_current_one() -> None:
    html = conversation.history_html([row("a", 0), row("b", 0)], "b", "", NOW)
    assert html.count('data-id="b" aria-current="page"') == 1
    assert 'data-id="a" aria-current' not in html


def test_an_empty_history_says_what_will_be_there() -> None:
    assert words(conversation.history_html([], "", "", NOW)) == "Your chats will be listed here."
    assert words(conversation.history_html([], "", "<x>", NOW)) == "No chat has “&lt;x&gt;”."


def test_turns_that_did_not_fit_are_grey_above_a_line_that_says_so() -> None:
    entries = [entry(1, "user", "a"), entry(2, "assistant", "b"), entry(3, "user", "c"), entry(4, "assistant", "d")]
    html = conversation.thread_html(entries, NAMES, dropped=2, tokens_dropped=1234)
    assert re.findall(r'class="turn (\w+(?: not-read)?)"|class="(cut-line)"', html) == [
        ("said not-read", ""),
        ("answered not-read", ""),
        ("", "cut-line"),
        ("said", ""),
        ("answered", ""),
    ]
    assert "the model did not read 1,234 tokens of it for the last answer." in html


def test_versions_of_an_answer_are_counted_and_lead_round() -> None:
    html = conversation.thread_html([entry(2, "assistant", "b", siblings=("1", "2", "3"))], NAMES)
    assert "2/3" in html
    assert re.findall(r'data-do="branch" data-id="(\d)"', html) == ["1", "3"]


@pytest.mark.parametrize(
    ("status", "note"),
    [
        ("interrupted", "The app ended while this answer was being written."),
        ("failed", "Too long."),
    ],
)
def test_an_answer_that_did_not_end_well_says_why(status: str, note: str) -> None:
    error = "Too long." if status == "failed" else ""
    assert note in words(conversation.thread_html([entry(2, "assistant", "b", status=status, error=error)], NAMES))


def test_actions_of_other_rooms_stand_under_every_answer_and_under_no_question() -> None:
    keep = AnswerAction("keep", "Keep as test", "Keep this answer as a test", lambda answered: iter(()), _reference)
    names = conversation.Names({}, [keep], ("2", "<p>Kept.</p>"))
    html = conversation.thread_html([entry(1, "user", "a"), entry(2, "assistant", "b")], names)
    assert re.findall(r'data-do="keep" data-id="(\d)"', html) == ["2"]
    (fields,) = re.findall(r'data-fields="([^"]*)"', html)
    (field,) = json.loads(unescape(fields))
    assert (field["name"], field["value"]) == ("reference", "b")
    assert html.endswith('<div class="panel"><p>Kept.</p></div></article>')


def _reference(text: str) -> tuple[Field, ...]:
    return (Field("reference", "What a good answer says", text),)


def test_what_another_room_said_before_stands_under_its_answer_until_it_says_something_new() -> None:
    names = replace(NAMES, kept={"1": "<p>before</p>"})
    answers = [entry(1, "assistant", "One."), entry(2, "assistant", "Two.")]
    html = conversation.thread_html(answers, names)
    assert html.count('<div class="panel"><p>before</p></div>') == 1
    assert html.index("One.") < html.index("before") < html.index("Two.")
    assert "before" not in conversation.thread_html(answers, replace(names, panel=("1", "now")))


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        (Turn(phase="queued", queue_position=3), "Waiting: number 3 in line · 4 s so far"),
        (Turn(phase="queued", queue_position=1), "Waiting: next in line · 4 s so far"),
        (Turn(phase="loading", note="Loading", progress=0.5), "Loading · 4 s so far · about 4 s left"),
        (Turn(phase="reading"), "Reading · 4 s so far"),
    ],
)
def test_an_answer_without_text_says_what_it_waits_for(turn: Turn, shown: str) -> None:
    assert words(conversation.live_html(Answer(turn, "running"), "1", 4.0)) == f"Answer {shown}"


def test_text_of_a_person_and_of_a_model_is_escaped_everywhere() -> None:
    evil = "<script>x</script>\"'"
    entries = [entry(1, "user", evil), entry(2, "assistant", evil, thinking=evil, error=evil, status="failed")]
    html = conversation.thread_html(entries, NAMES) + conversation.live_html(
        Answer(Turn(evil, evil), "running"), evil, 9
    )
    assert "<script" not in html
    assert re.search(r"""data-\w+="[^"]*<""", html) is None
