"""Chat fits the turns, streams the answer and keeps thinking apart."""

import itertools
from collections.abc import Callable
from threading import Event

import pytest

from llmweb import chat
from llmweb.catalog import Catalog
from llmweb.chat import PRESETS, Gauge
from llmweb.errors import BadInput, NotDownloaded, UnknownModel, Unsupported
from llmweb.runtime import Runtime
from llmweb.types import Message, Options, Request

MODEL = "smollm2-135m-instruct"


def user(text: str) -> tuple[Message, ...]:
    return (Message("user", text),)


def test_three_lines_of_python_give_an_answer_with_its_provenance(scripted: Callable[..., Runtime]) -> None:
    turn = chat.reply(scripted(), MODEL, user("Hello there"))
    assert turn.text == "You said: Hello there"
    assert turn.completion is not None
    assert (turn.completion.stop_reason, turn.completion.identity.model) == ("end", MODEL)


def test_the_answer_grows_and_never_changes_what_was_shown(scripted: Callable[..., Runtime]) -> None:
    texts = [turn.text for turn in chat.reply_steps(scripted(), MODEL, user("one two three"), Options())]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
    assert texts[-1] == "You said: one two three"


def test_the_oldest_turns_are_dropped_and_told_but_never_the_system_prompt(scripted: Callable[..., Runtime]) -> None:
    seen: list[Request] = []

    def script(request: Request) -> str:
        seen.append(request)
        return "fine"

    runtime = scripted(script, context_tokens=20)
    thread = (
        Message("system", "be brief"),
        Message("user", "one two three four"),
        Message("assistant", "five six"),
        Message("user", "seven eight"),
        Message("assistant", "nine"),
        Message("user", "ten"),
    )

    turn = chat.reply(runtime, MODEL, thread, Options(max_tokens=14))

    assert seen[0].prompt == (thread[0], *thread[3:])
    assert turn.dropped == thread[1:3]
    assert turn.completion is not None
    assert turn.completion.usage.tokens_dropped == 6
    assert chat.fit(runtime, MODEL, thread, Options(max_tokens=14))[1] == Gauge(6, 14, 20, thread[1:3], 6)


def test_a_message_too_long_for_the_context_is_refused_with_figures(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted(context_tokens=20)
    with pytest.raises(BadInput, match=r"needs 30 tokens and 10 are reserved .* reads 20 in all"):
        chat.reply(runtime, MODEL, user("word" + " word" * 29), Options(max_tokens=10))


def test_thinking_is_kept_apart_while_it_streams(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted(lambda request: "<think> two and two </think> Four.")
    turns = list(chat.reply_steps(runtime, MODEL, user("2+2?"), Options()))
    assert [turn.thinking for turn in turns if turn.thinking and not turn.text][-1] == "two and two"
    assert (turns[-1].thinking, turns[-1].text) == ("two and two", "Four.")


def test_an_answer_is_continued_from_its_prefix(scripted: Callable[..., Runtime]) -> None:
    *_, turn = chat.reply_steps(scripted(), MODEL, user("a b"), Options(), prefix="You said:")
    assert turn.text == "You said: a b"


def test_a_text_is_completed_as_it_stands(scripted: Callable[..., Runtime]) -> None:
    seen: list[Request] = []
    runtime = scripted(lambda request: seen.append(request) or " dog")
    assert chat.reply(runtime, MODEL, "The quick brown fox jumps over the lazy").text == " dog"
    assert seen[0].prompt == "The quick brown fox jumps over the lazy"


def test_a_base_model_completes_the_turns_as_one_text(scripted: Callable[..., Runtime]) -> None:
    base = next(model for model in Catalog().models if "generate" in model.tasks and not model.instruct)
    seen: list[Request] = []
    runtime = scripted(lambda request: seen.append(request) or " dog")
    chat.reply(
        runtime, base.id, (Message("user", "The quick"), Message("assistant", " fox"), Message("user", " and a"))
    )
    assert seen[0].prompt == "The quick fox and a"


def test_cancelling_keeps_what_was_written(scripted: Callable[..., Runtime]) -> None:
    cancelled, texts = Event(), []
    runtime = scripted(lambda request: "word " * 500, words_per_second=100)
    for turn in chat.reply_steps(runtime, MODEL, user("go"), Options(), cancelled=cancelled):
        texts.append(turn.text)
        if len(turn.text) > 20:
            cancelled.set()
    assert turn.completion is not None
    assert turn.completion.stop_reason == "cancelled"
    assert turn.completion.text == texts[-1]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", Options(), "no message to answer"),
        (" \n", Options(), "no message to answer"),
        ("a\0b", Options(), "NUL characters"),
        ("x" * 2_000_001, Options(), "more than 2,000,000 characters"),
        ("hi", Options(temperature=9), "temperature is 9; it must be between 0 and 5"),
        ("hi", Options(max_tokens=0), "longest answer is 0"),
        ("hi", Options(top_p=0), "top-p is 0"),
        ("hi", Options(schema="{"), "JSON schema is not JSON: .* line 1, column 2"),
        ("hi", Options(schema="[]"), "object in braces"),
        ("hi", Options(stop=("x",) * 17), "number of stop strings is 17"),
        ("hi", Options(precision="double"), "precision"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_refused_in_words(
    scripted: Callable[..., Runtime], text: str, options: Options, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        chat.reply(scripted(), MODEL, user(text), options)


@pytest.mark.parametrize("text", ["مرحبا بالعالم", "👩‍👩‍👧 🎉", "<script>alert(1)</script>", "x " * 500_000])
def test_any_text_is_answered_as_text(scripted: Callable[..., Runtime], text: str) -> None:
    runtime = scripted(lambda request: "ok", context_tokens=2_000_000)
    assert chat.reply(runtime, MODEL, user(text)).text == "ok"


def test_an_unknown_model_is_refused_with_the_known_ones(scripted: Callable[..., Runtime]) -> None:
    with pytest.raises(UnknownModel, match=r"No model 'nope'\. Known: .*smollm2-135m-instruct"):
        chat.reply(scripted(), "nope", user("hi"))


def test_a_model_for_another_task_is_refused_with_those_that_can(scripted: Callable[..., Runtime]) -> None:
    with pytest.raises(Unsupported, match=r"cannot do generate\. Models that can: smollm2-135m-instruct"):
        chat.reply(scripted(), "bergamot-en-pt", user("hi"))


def test_every_preset_is_within_the_ranges() -> None:
    for options in PRESETS.values():
        chat.check_options(options)


@pytest.mark.slow
def test_the_default_model_knows_the_capital_of_france(real: Runtime) -> None:
    turn = chat.reply(real, MODEL, user("What is the capital of France?"), Options(max_tokens=40))
    assert "Paris" in turn.text


def test_weights_that_are_not_there_are_named_with_the_command_that_fetches_them(tmp_runtime: Runtime) -> None:
    with pytest.raises(NotDownloaded, match="python -m llmweb models download smollm2-135m-instruct"):
        chat.reply(tmp_runtime, MODEL, user("hi"))
