"""The translation feature on the scripted engine: every model answers from a script."""

import time
from collections.abc import Callable

import pytest

from llmweb.catalog import MODELS, Catalog
from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.runtime import Runtime
from llmweb.translate import (
    alternatives_note,
    back_translate,
    translate,
    translate_steps,
)
from llmweb.types import Options, Request

Scripted = Callable[..., Runtime]


def shouting(request: Request) -> str:
    return str(request.prompt).upper()


def test_a_text_comes_back_with_lines_lists_and_offsets(scripted: Scripted) -> None:
    text = "# Hello\n\n- one {name}\n- two. Three!\n"
    result = translate(scripted(shouting), text, "en", "pt")
    assert result.text == "# HELLO\n\n- ONE {name}\n- TWO. THREE!\n"
    assert (result.source, result.target, result.model) == ("en", "pt", "bergamot-en-pt")
    assert (result.done, result.total, len(result.completions)) == (4, 4, 4)
    assert [text[s.source_start : s.source_end] for s in result.segments] == ["Hello", "one {name}", "two.", "Three!"]
    assert [result.text[s.target_start : s.target_end] for s in result.segments] == [s.target for s in result.segments]


def test_requests_carry_the_pair_and_the_options(scripted: Scripted) -> None:
    seen: list[Request] = []

    def script(request: Request) -> str:
        seen.append(request)
        return "ok"

    translate(scripted(script), "Hello there", "en", "pt", options=Options(max_tokens=9))
    assert seen == [Request("translate", "Hello there", Options(max_tokens=9), source="en", target="pt")]


@pytest.mark.parametrize("source", ["", "auto"])
def test_the_language_is_detected_and_told_with_confidence(scripted: Scripted, source: str) -> None:
    result = translate(scripted(), "Como você está hoje?", source, "en")
    assert (result.source, result.model) == ("pt", "bergamot-pt-en")
    assert result.detected[0].language == "pt"
    assert result.detected[0].confidence > 0.99


def test_a_named_language_is_not_detected(scripted: Scripted) -> None:
    assert translate(scripted(), "Como você está hoje?", "Portuguese", "en-GB").detected == ()


@pytest.mark.parametrize(
    ("text", "source", "target", "error", "words"),
    [
        ("", "en", "pt", BadInput, "the text is empty"),
        (" \n\t", "en", "pt", BadInput, "the text is empty"),
        ("one\ntwo\0", "en", "pt", BadInput, "NUL character in line 2"),
        ("half \ud83d", "en", "pt", BadInput, "position 6"),
        ("Hello", "en", "en", BadInput, "would both be in English"),
        ("How are you today?", "auto", "en", BadInput, "seems to be in English already"),
        ("12345", "auto", "pt", BadInput, "no words to tell the language by"),
        ("Hello", "en", "Klingonese", BadInput, "No language 'Klingonese'"),
        ("Hello", "en", "tlh", UnsupportedPair, "No model translates en → tlh"),
        ("Hello", "tlh", "en", UnsupportedPair, "Add a model for the pair"),
    ],
)
def test_what_cannot_be_translated_says_why(
    scripted: Scripted, text: str, source: str, target: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as raised:
        translate(scripted(), text, source, target)
    assert words in str(raised.value)


def test_a_model_asked_for_another_pair_names_its_own(scripted: Scripted) -> None:
    with pytest.raises(UnsupportedPair, match=r"does not translate pt → en\. It serves: en → pt"):
        translate(scripted(), "Olá", "pt", "en", "bergamot-en-pt")


def test_a_model_that_only_embeds_names_who_translates(scripted: Scripted) -> None:
    with pytest.raises(Unsupported, match=r"cannot translate. Models that can: bergamot-en-pt, bergamot-pt-en"):
        translate(scripted(), "Hello", "en", "pt", "all-minilm-l6-v2")


def test_a_language_model_is_asked_by_example_and_stops_at_the_line(scripted: Scripted) -> None:
    prompts: list[str] = []

    def script(request: Request) -> str:
        prompts.append(str(request.prompt))
        return " Das Haus ist rot.\nEnglish: more"

    result = translate(scripted(script), "The house is red.", "en", "de", "smollm2-135m-instruct")
    assert result.text == "Das Haus ist rot."
    assert prompts[0].startswith("English: The train to the coast leaves at eight.\nGerman: Der Zug an die Küste")
    assert prompts[0].endswith("\n\nEnglish: The house is red.\nGerman:")


def test_a_language_without_examples_is_refused_for_a_language_model(scripted: Scripted) -> None:
    with pytest.raises(Unsupported, match="there are none in Finnish"):
        translate(scripted(), "Hello", "en", "fi", "smollm2-135m-instruct")


def test_alternatives_are_those_of_each_sentence_best_first(scripted: Scripted) -> None:
    result = translate(scripted(shouting), "Hello {n}. Bye.", "en", "pt", options=Options(alternatives=2))
    assert [segment.alternatives for segment in result.segments] == [
        ("HELLO {n}.", "HELLO {n}. (1)"),
        ("BYE.", "BYE. (1)"),
    ]


def test_a_megabyte_is_translated_by_sentences_with_progress_and_can_be_stopped(scripted: Scripted) -> None:
    text = "The water in the lake is cold. We walked home.\n" * 22_000
    runtime = scripted(shouting)
    steps = translate_steps(runtime, text, "en", "pt")
    counted, began, longest, last = 0, time.monotonic(), 0.0, time.monotonic()
    for step in steps:
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
        counted = step.done
        if counted > 500:
            break
    steps.close()
    assert 500 < counted < step.total == 44_000
    assert step.text == text[: len(step.text)].upper()
    assert longest < 1.0
    assert time.monotonic() - began < 30
    assert translate(runtime, "Hello", "en", "pt").text == "HELLO"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert('hi')</script>\nHello",
        "<img src=x onerror=alert(1)> hello",
        "שלום עולם, hello",
        "👩‍💻 hello 🎉",
        "hello\u202e there",
        "\ufeffhello",
    ],
)
def test_html_scripts_emoji_and_other_directions_stay(scripted: Scripted, text: str) -> None:
    result = translate(scripted(shouting), text, "en", "pt").text
    assert result.lower() == text.lower()
    assert "<script>alert('hi')</script>" in result or "script" not in text


def test_a_language_of_other_letters_is_translated_not_protected(scripted: Scripted) -> None:
    runtime = scripted(lambda request: "Hello world.")
    for source, text in (("ta", "வணக்கம் உலகம்."), ("he", "שלום עולם."), ("zh", "你好世界。"), ("hy", "Բարեւ աշխարհ։")):
        assert translate(runtime, text, source, "en").text == "Hello world."


def test_translating_back_measures_how_much_is_alike(scripted: Scripted) -> None:
    runtime = scripted(lambda request: str(request.prompt))
    back = back_translate(runtime, translate(runtime, "How are you today?", "en", "pt"))
    assert (back.translation.text, back.similarity) == ("How are you today?", pytest.approx(100))
    assert (back.translation.source, back.translation.target) == ("pt", "en")


def test_the_embedded_model_says_that_it_has_no_alternatives(tmp_runtime: Runtime) -> None:
    note = alternatives_note(tmp_runtime, "bergamot-en-pt")
    assert note.startswith("Bergamot English → Portuguese writes one translation only.")
    with pytest.raises(Unsupported, match="writes one translation only"):
        translate(tmp_runtime, "Hello", "en", "pt", options=Options(alternatives=3))


def test_every_pair_of_the_catalog_has_a_model_that_is_chosen(scripted: Scripted) -> None:
    runtime = scripted(shouting)
    pairs = {pair for model in MODELS for pair in model.pairs}
    assert pairs
    for source, target in [("en", "pt"), ("pt", "en")]:
        assert translate(runtime, "casa", source, target).model in {
            spec.id for spec in Catalog().for_pair(source, target)
        }
