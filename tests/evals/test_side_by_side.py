"""Comparisons outlive the page and the process: rounds on the scripted engine, kept in a history."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals.rounds import Round, begin, chosen_systems
from evals.side_by_side import CUT_OFF, SideBySide
from llmweb.errors import BadInput, NotFound
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.types import Options

FAST, EXACT = "smollm2-135m-instruct@fast", "smollm2-135m-instruct@exact"
Make = Callable[..., Runtime]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite3")


def begun(runtime: Runtime, text: str, before: tuple[Round, ...] = ()) -> Round:
    systems = chosen_systems(runtime, (FAST, EXACT), Options(max_tokens=64, stop=("END",)))
    return begin(systems, text, before, "Be brief.", blind=True)


def ended(here: SideBySide, conversation: str) -> tuple[Round, ...]:
    """The rounds, once nothing is being answered."""
    for _ in here.watch(conversation):
        pass
    return here.rounds(conversation)


def test_rounds_are_found_again_as_they_were_and_go_on(scripted: Make, history: History) -> None:
    runtime = scripted()
    here = SideBySide(runtime, history)
    name = here.ask("", begun(runtime, "hello"))
    (first,) = ended(here, name)
    assert [side.turn.text for side in first.sides] == ["You said: hello"] * 2
    later = SideBySide(runtime, history)
    assert later.rounds(name) == (first,)
    assert later.ask(name, begun(runtime, "and then?", (first,))) == name
    assert [round_.text for round_ in ended(later, name)] == ["hello", "and then?"]
    assert [(row.id, row.title) for row in history.chats("compare", "then")] == [(name, "hello")]


def test_what_became_of_the_last_round_is_kept(scripted: Make, history: History) -> None:
    runtime = scripted()
    here = SideBySide(runtime, history)
    name = here.ask("", begun(runtime, "hello"))
    voted = replace(ended(here, name)[-1], vote="a1", choice="0")
    here.change_last(name, voted)
    assert SideBySide(runtime, history).rounds(name) == (voted,)


def test_one_round_at_a_time_and_a_stopped_one_keeps_what_it_has(scripted: Make, history: History) -> None:
    runtime = scripted(lambda request: "word " * 2000, words_per_second=100)
    here = SideBySide(runtime, history)
    name = here.ask("", begun(runtime, "hello"))
    assert here.rounds(name) == ()
    with pytest.raises(BadInput, match="Answers are being written"):
        here.ask(name, begun(runtime, "again"))
    next(round_ for round_, _ in here.watch(name) if all(side.turn.text for side in round_.sides))
    here.stop(name)
    (stopped,) = here.rounds(name)
    assert [side.turn.completion.stop_reason for side in stopped.sides if side.turn.completion] == ["cancelled"] * 2


def test_a_round_that_the_process_did_not_live_to_end_says_so(scripted: Make, history: History) -> None:
    runtime = scripted()
    unended = begun(runtime, "hello")
    name = history.new_chat("compare", "hello")
    SideBySide(runtime, history)._keep(name, (unended,))
    (found,) = SideBySide(runtime, history).rounds(name)
    assert [(side.error, side.ended) for side in found.sides] == [(CUT_OFF, True)] * 2


def test_other_chats_are_no_comparisons_and_a_deleted_one_is_gone(scripted: Make, history: History) -> None:
    runtime = scripted()
    here = SideBySide(runtime, history)
    with pytest.raises(NotFound, match="This comparison is gone"):
        here.rounds(history.new_chat("chat", "hello"))
    name = here.ask("", begun(runtime, "hello"))
    here.delete(name)
    with pytest.raises(NotFound, match="gone"):
        here.rounds(name)
