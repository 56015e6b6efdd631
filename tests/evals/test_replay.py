"""Answers made again: identical, or where they part; and the card that tells how they were made."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest

from evals.pages.replaying import card_html, compared_html, made_action
from evals.replay import compared, first_difference, replay_steps
from evals.turns import Again
from llmweb.errors import BadInput
from llmweb.history import Entry, History, completion_from
from llmweb.live import Live, Setup
from llmweb.pages.parts import Answered
from llmweb.runtime import Runtime
from llmweb.translate import translate
from llmweb.types import Options
from tests.evals.counterfactual.scripts import answered

MODEL = "smollm2-135m-instruct"
EXACT = Options(precision="exact", max_tokens=24)
QUESTIONS = ("What is the capital of France?", "And of Portugal?")


@pytest.fixture
def history() -> History:
    return History(":memory:")


def replayed(runtime: Runtime, history: History, entry: str) -> Again:
    *_, again = replay_steps(runtime, history, entry)
    return again


def test_every_turn_of_a_chat_is_made_again_of_what_was_said_before_it(
    scripted: Callable[..., Runtime], history: History
) -> None:
    runtime = scripted(lambda request: " | ".join(message.text for message in request.prompt))
    entries = answered(runtime, history, *QUESTIONS, setup=Setup(MODEL, "Be brief.", EXACT))
    for entry in map(history.entry, entries):
        found = compared(entry, replayed(runtime, history, entry.id), "chat")
        assert (found.place, found.whole, found.reasons) == (None, True, ())
    assert history.entry(entries[1]).text.startswith(f"Be brief. | {QUESTIONS[0]} | Be brief.")


def test_a_continued_answer_is_continued_again_from_where_it_was(
    scripted: Callable[..., Runtime], history: History
) -> None:
    runtime = scripted(lambda request: "one two three four five six")
    setup = Setup(MODEL, options=replace(EXACT, max_tokens=3))
    (first,) = answered(runtime, history, "Count", setup=setup)
    live = Live(runtime, history)
    second = live.go_on(first, setup)
    list(live.watch(second))
    assert history.entry(second).text == "one two three four five six"
    assert replayed(runtime, history, second).text == "one two three four five six"


def test_a_translation_is_made_again_by_its_feature(scripted: Callable[..., Runtime], history: History) -> None:
    runtime = scripted()
    text = "The boat is red. It lies in the harbour."
    first = translate(runtime, text, "en", "pt")
    chat = history.record("translate", text, first.text, first.completions[0], {"from": "en", "to": "pt"})
    entry = history.thread(chat)[-1]
    assert compared(entry, replayed(runtime, history, entry.id), "translate").place is None


@pytest.mark.parametrize(
    ("one", "other", "place"), [("abc", "abc", None), ("abc", "abd", 2), ("abc", "ab", 2), ("", "a", 0), ("é", "e", 0)]
)
def test_the_first_character_that_differs(one: str, other: str, place: int | None) -> None:
    assert first_difference(one, other) == place
    assert first_difference(other, one) == place


@pytest.fixture
def entry(scripted: Callable[..., Runtime], history: History) -> Entry:
    return history.entry(answered(scripted(), history, *QUESTIONS, setup=Setup(MODEL, options=EXACT))[0])


def other(entry: Entry, text: str, **identity: str) -> Again:
    assert entry.completion is not None
    changed = replace(entry.completion.identity, **identity)  # type: ignore[arg-type]
    return Again(text, replace(entry.completion, text=text, identity=changed))


def test_what_has_changed_since_is_named_as_the_reason(entry: Entry) -> None:
    found = compared(entry, other(entry, "You say", engine_version="2"), "chat")
    assert (found.place, found.reasons) == (6, ("The engine's version was 1, now it is 2.",))
    found = compared(entry, other(entry, "You say"), "chat")
    assert found.reasons == (
        "Nothing that is recorded differs. In exact precision that should not happen: please report it.",
    )
    html = compared_html(compared(entry, other(entry, "You <b>"), "chat"))
    assert "Different from character 5 of 40 on." in html
    assert "You <mark" in html
    assert "&lt;b&gt;</mark>" in html


def test_a_stopped_answer_is_compared_as_far_as_it_had_come(entry: Entry) -> None:
    assert entry.completion is not None
    stopped = replace(entry, text="You said:", completion=replace(entry.completion, stop_reason="cancelled"))
    found = compared(stopped, other(entry, entry.text), "chat")
    assert (found.place, found.whole) == (None, False)
    assert "It was stopped then" in compared_html(found)


def test_the_card_is_copied_as_json_with_all_of_the_provenance(entry: Entry) -> None:
    assert entry.completion is not None
    (copied,) = re.findall(r'data-copy="([^"]*)"', card_html(entry, entry.completion))
    whole = json.loads(unescape(copied))
    assert (whole.pop("entry"), whole.pop("created")) == (entry.id, entry.created)
    assert completion_from(whole) == entry.completion


def test_a_text_that_no_model_wrote_has_no_card_and_no_replay(
    scripted: Callable[..., Runtime], history: History, entry: Entry
) -> None:
    mine = Live(scripted(), history).rewrite(entry.id, "Paris")
    with pytest.raises(BadInput, match="No model wrote this text"):
        list(made_action(scripted()).run(Answered(history, mine)))
    with pytest.raises(BadInput, match="cannot be asked for again"):
        list(replay_steps(scripted(), history, mine))


def test_the_button_shows_the_card_then_the_replay_below_it(
    scripted: Callable[..., Runtime], history: History, entry: Entry
) -> None:
    *_, card = made_action(scripted()).run(Answered(history, entry.id))
    assert "Replay" in card
    *_, said = made_action(scripted()).run(Answered(history, entry.id, "replay"))
    assert said.startswith(card)
    assert "Identical: the replay wrote the same text, character by character." in said


@pytest.mark.slow
def test_a_chat_of_the_real_weights_is_replayed_identically_in_exact_precision(real: Runtime, history: History) -> None:
    """Greedy and seeded, the second turn with the first before it."""
    for options in (EXACT, replace(EXACT, temperature=0.8, seed=11)):
        for entry in map(history.entry, answered(real, history, *QUESTIONS, setup=Setup(MODEL, options=options))):
            found = compared(entry, replayed(real, history, entry.id), "chat")
            assert found.place is None, (found.before, found.after)
