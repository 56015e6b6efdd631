"""Answers run on without a page, are saved as they grow, and stop when told."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llmweb.errors import BadInput, NotFound
from llmweb.history import History
from llmweb.live import Live, Setup, setup_from, setup_record
from llmweb.runtime import Runtime
from llmweb.types import Options, Request

SETUP = Setup("smollm2-135m-instruct", "Be brief.", Options(seed=3, stop=("END",)))


@pytest.fixture
def live(scripted: Callable[..., Runtime], tmp_path: Path) -> Live:
    return Live(scripted(words_per_second=200), History(tmp_path / "history.sqlite3"))


def ended(live: Live, entry_id: str) -> str:
    *_, answer = live.watch(entry_id)
    assert answer.status != "running"
    return answer.turn.text


def test_an_answer_is_written_and_stored_without_anybody_watching(live: Live) -> None:
    entry_id = live.send("", "Hello you", SETUP)
    chat_id = live.history.entry(entry_id).chat_id
    while live.running(chat_id):
        time.sleep(0.02)
    assert [(e.role, e.text, e.status) for e in live.history.thread(chat_id)] == [
        ("user", "Hello you", "done"),
        ("assistant", "You said: Hello you", "done"),
    ]
    assert setup_from(live.history.setup(chat_id)) == SETUP


def test_two_watchers_see_the_same_growing_answer(live: Live) -> None:
    entry_id = live.send("", "one two three four five six seven eight nine ten", SETUP)
    first = live.watch(entry_id)
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert ended(live, entry_id) == "You said: one two three four five six seven eight nine ten"


def test_nothing_is_said_while_an_answer_is_being_written(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    live = Live(scripted(lambda request: "word " * 1000, words_per_second=100), History(tmp_path / "h.sqlite3"))
    entry_id = live.send("", "go", SETUP)
    said, answer = live.history.thread(live.history.entry(entry_id).chat_id)
    for say in (lambda: live.send(answer.chat_id, "and?", SETUP), lambda: live.edit(said.id, "stay", SETUP)):
        with pytest.raises(BadInput, match=r"An answer is being written in this chat\. Wait for it or stop it first\."):
            say()
    assert {entry.id for entry in live.history.tree(answer.chat_id)} == {said.id, answer.id}
    live.close()


def test_a_stopped_answer_keeps_its_text_and_says_so(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    live = Live(scripted(lambda request: "word " * 1000, words_per_second=100), History(tmp_path / "h.sqlite3"))
    entry_id = live.send("", "go", SETUP)
    for answer in live.watch(entry_id):
        if answer.turn.text:
            break
    live.stop(entry_id)
    entry = live.history.entry(entry_id)
    assert entry.status == "stopped"
    assert entry.completion is not None
    assert entry.completion.text == entry.text
    assert 0 < len(entry.text) < 1000


def test_a_stopped_answer_is_continued_as_a_branch(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    live = Live(scripted(words_per_second=50), History(tmp_path / "h.sqlite3"))
    entry_id = live.send("", "one two three four five six", SETUP)
    for answer in live.watch(entry_id):
        if answer.turn.text:
            break
    live.stop(entry_id)
    longer = live.go_on(entry_id, SETUP)
    assert ended(live, longer) == "You said: one two three four five six"
    assert live.history.thread(live.history.entry(longer).chat_id)[-1].siblings == (entry_id, longer)


def test_a_failed_answer_says_why_and_the_next_one_works(live: Live) -> None:
    entry_id = live.send("", "boom", SETUP)
    ended(live, entry_id)
    entry = live.history.entry(entry_id)
    assert (entry.status, entry.error) == (
        "failed",
        "The scripted engine fails when asked to say boom. Ask something else.",
    )
    assert ended(live, live.send(entry.chat_id, "fine", SETUP)) == "You said: fine"


def test_a_chat_deleted_in_another_window_ends_its_answer(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    live = Live(scripted(lambda request: "word " * 1000, words_per_second=50), History(tmp_path / "h.sqlite3"))
    entry_id = live.send("", "go", SETUP)
    live.history.delete(live.history.entry(entry_id).chat_id)
    *_, answer = live.watch(entry_id)
    assert (answer.status, answer.error) == (
        "failed",
        "This answer was deleted, perhaps in another window. Its text was not kept.",
    )
    with pytest.raises(NotFound):
        next(live.watch(entry_id))


def test_edit_regenerate_and_rewrite_are_branches(live: Live) -> None:
    first = live.send("", "one", SETUP)
    ended(live, first)
    chat_id = live.history.entry(first).chat_id
    again = live.regenerate(first, SETUP)
    ended(live, again)
    mended = live.rewrite(again, "A better answer.")
    assert live.history.thread(chat_id)[-1].siblings == (first, again, mended)
    question = live.history.thread(chat_id)[0]
    edited = live.edit(question.id, "two", SETUP)
    assert ended(live, edited) == "You said: two"
    assert [entry.text for entry in live.history.thread(chat_id)] == ["two", "You said: two"]


def test_every_regenerated_answer_has_options_of_its_own_and_the_chat_keeps_its_setup(live: Live) -> None:
    first = live.send("", "one", SETUP)
    ended(live, first)
    chat_id = live.history.entry(first).chat_id
    for _ in range(2):
        ended(live, live.regenerate(first, SETUP))
    answers = [entry for entry in live.history.tree(chat_id) if entry.role == "assistant"]
    options = [entry.completion.options for entry in answers if entry.completion]
    assert [(each.temperature, each.seed) for each in options] == [(0.0, 3), (0.2, 4), (0.2, 5)]
    assert setup_from(live.history.setup(chat_id)) == SETUP
    sampled = replace(SETUP, options=Options(temperature=0.7, seed=5))
    for _ in range(2):
        ended(live, live.regenerate(first, sampled))
    fresh = [live.history.entry(entry.id).completion for entry in live.history.tree(chat_id)][-2:]
    assert [(each.options.temperature, each.options.seed) for each in fresh if each] == [(0.7, 5), (0.7, 6)]


def test_nothing_is_stored_of_a_question_that_is_refused(live: Live) -> None:
    with pytest.raises(BadInput):
        live.send("", "  ", SETUP)
    with pytest.raises(BadInput):
        live.send("", "hi", Setup("smollm2-135m-instruct", options=Options(temperature=-1)))
    assert live.history.chats() == []


def test_plain_mode_completes_the_text_so_far(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    seen: list[Request] = []
    live = Live(scripted(lambda request: seen.append(request) or " fox"), History(tmp_path / "h.sqlite3"))
    setup = Setup("smollm2-135m-instruct", "ignored", plain=True)
    first = live.send("", "The quick brown", setup)
    ended(live, first)
    ended(live, live.send(live.history.entry(first).chat_id, " jumps", setup))
    assert [request.prompt for request in seen] == ["The quick brown", "The quick brown fox jumps"]


def test_a_setup_survives_its_record() -> None:
    assert setup_from(setup_record(SETUP)) == SETUP
