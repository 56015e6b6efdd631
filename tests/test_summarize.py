"""A summary is picked, shortened and checked; long texts go by parts; bad input is told in plain words."""

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from llmweb.engines.scripted import echo
from llmweb.errors import BadInput, UnknownModel, Unsupported
from llmweb.runtime import Runtime
from llmweb.summarize import Summary, Wish, summarize, summarize_steps
from llmweb.types import Options, Request

DATA = Path(__file__).parent / "data" / "summaries"
TEXT = json.loads((DATA / "tuning.json").read_text("utf-8"))[3]["text"]

Make = Callable[..., Runtime]


def first_clause(request: Request) -> str:
    """Shortens the sentence asked for to what stands before its first comma."""
    if isinstance(request.prompt, str) and "Long: " in request.prompt:
        return request.prompt.rsplit("Long: ", 1)[1].split("\n")[0].split(",")[0].rstrip(".") + "."
    return "Elvis met the ferryman in 1977."


def check_places(summary: Summary) -> None:
    """Every sentence stands where it says, in the summary and in the source."""
    for sentence in summary.sentences:
        assert summary.text[sentence.start : sentence.end] == sentence.text
        assert sentence.source_start is not None
        assert sentence.source_end is not None
        assert summary.source[sentence.source_start : sentence.source_end].strip()


def test_three_lines_of_python_give_a_summary_tied_to_its_source(scripted: Make) -> None:
    summary = summarize(scripted(first_clause), TEXT, Wish("short"))
    assert summary.finished
    assert 15 <= len(summary.text.split()) <= 50
    assert summary.linked_by == "embeddings and words"
    assert summary.done == summary.total == 11 + len(summary.completions)
    assert summary.tokens > 0
    check_places(summary)
    for sentence in summary.sentences:
        assert sentence.text.rstrip(".") in TEXT[sentence.source_start : sentence.source_end]


def test_what_the_model_invents_does_not_get_in(scripted: Make) -> None:
    summary = summarize(scripted(lambda request: "Elvis met the ferryman in 1977."), TEXT, Wish("short"))
    assert "Elvis" not in summary.text
    assert all(sentence.text in TEXT and not sentence.flags for sentence in summary.sentences)


def test_snapshots_only_grow_and_time_never_stands_still(scripted: Make) -> None:
    runtime = scripted(first_clause, words_per_second=200)
    times, done = [time.monotonic()], []
    for snapshot in summarize_steps(runtime, TEXT, Wish("medium")):
        times.append(time.monotonic())
        done.append(snapshot.done)
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) < 0.5
    assert done == sorted(done)


@pytest.mark.parametrize(("length", "fewest", "most"), [("short", 25, 51), ("medium", 60, 101), (30, 12, 34)])
def test_the_length_is_kept(scripted: Make, length: str | int, fewest: int, most: int) -> None:
    summary = summarize(scripted(), TEXT, Wish(length))  # type: ignore[arg-type]
    assert fewest <= len(summary.text.split()) <= most


def test_bullets_are_lines_and_a_headline_is_one_short_line(scripted: Make) -> None:
    bullets = summarize(scripted(), TEXT, Wish("short", "bullets"))
    assert bullets.text.splitlines() == [f"- {sentence.text}" for sentence in bullets.sentences]
    check_places(bullets)
    headline = summarize(scripted(), TEXT, Wish("short", "headline"))
    assert len(headline.sentences) == 1
    assert len(headline.text.split()) <= 14
    assert not headline.text.endswith(".")


def test_a_focus_question_chooses_what_answers_it(scripted: Make) -> None:
    asked = "The old man gave them soup."
    assert asked in summarize(scripted(), TEXT, Wish(10, focus="Did the old man give soup?")).text
    assert asked not in summarize(scripted(), TEXT, Wish(10)).text


def test_a_question_the_text_does_not_answer_is_told(scripted: Make) -> None:
    summary = summarize(scripted(), TEXT, Wish("short", focus="Quantum chromodynamics?"))
    assert summary.notes == ("The text does not seem to answer the question, so this is a summary of the whole text.",)
    assert summary.text == summarize(scripted(), TEXT, Wish("short")).text


def test_a_long_text_goes_by_parts_and_shows_each(scripted: Make) -> None:
    long = "\n\n".join(f"{TEXT} Chapter {number} ends here with its own last words." for number in range(12))
    summary = summarize(scripted(first_clause, context_tokens=700), long, Wish("short"))
    read = [part for part in summary.parts if part.level == 0]
    assert len(read) >= 4
    assert (read[0].start, read[-1].end) == (0, len(long))
    assert all(earlier.end <= later.start for earlier, later in itertools.pairwise(read))
    assert all(len(part.summary.split()) <= 101 for part in read)
    assert len(summary.text.split()) <= 51
    check_places(summary)


def test_a_context_of_a_sentence_or_two_still_ends(scripted: Make) -> None:
    summary = summarize(scripted(first_clause, context_tokens=100), TEXT, Wish("short"))
    assert summary.finished
    assert len(summary.text.split()) <= 51


def test_closing_ends_the_work(scripted: Make) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return "word " * 1000

    runtime = scripted(script, words_per_second=100, slots=1)
    steps = summarize_steps(runtime, TEXT, Wish("medium"))
    next(snapshot for snapshot in steps if snapshot.doing == "Writing")
    while not asked:
        next(steps)
    steps.close()
    seen = len(asked)
    time.sleep(0.3)
    assert len(asked) <= seen + 1


@pytest.mark.parametrize(
    ("text", "wish", "message"),
    [
        ("", Wish(), "There is nothing to summarize: the text is empty. Paste some text or choose a file."),
        (" \n\t", Wish(), "There is nothing to summarize: the text is empty. Paste some text or choose a file."),
        (
            "one\ntwo\0three",
            Wish(),
            "The text has a NUL character in line 2: this looks like a binary file. Give it as text.",
        ),
        (
            "```\ncode()\n```\n<script>alert(1)</script>",
            Wish(),
            "There are no sentences to summarize, only code, markup or signs. Paste some text.",
        ),
        ("😀😀😀 !!!", Wish(), "There are no sentences to summarize, only code, markup or signs. Paste some text."),
        ("A text.", Wish("tiny"), "No length 'tiny'. Choose short, medium, long or a number of words."),  # type: ignore[arg-type]
        ("A text.", Wish(2), "A summary of 2 words is not possible; choose 5 to 2,000 words."),
        ("A text.", Wish(style="poem"), "No style 'poem'. Choose paragraph, bullets, headline."),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_told_in_plain_words(scripted: Make, text: str, wish: Wish, message: str) -> None:
    with pytest.raises(BadInput) as error:
        summarize(scripted(), text, wish)
    assert str(error.value) == message


def test_a_short_text_is_returned_as_it_is(scripted: Make) -> None:
    text = "The café closes at nine."
    summary = summarize(scripted(), text)
    assert summary.text == text
    assert summary.completions == ()
    assert summary.notes == ("The text is already as short as the summary asked for: it is returned as it is.",)


@pytest.mark.parametrize(
    "text",
    [
        "אנחנו הולכים לשוק בבוקר. השוק מלא אנשים ופירות. בערב אנחנו חוזרים הביתה עייפים ושמחים. הילדים ישנים כבר. " * 2,
        "We won 😀 the cup 🏆 today. The crowd 👏 sang all night. Nobody slept 😴 before four. The mayor danced." * 2,
        "<p>The lake is <b>closed</b>.</p><script>steal('a.')</script>\nSwimmers wait. The water is bad. It smells.",
    ],
    ids=["right to left", "emoji", "HTML and script"],
)
def test_unusual_text_gives_a_summary_from_its_own_sentences(scripted: Make, text: str) -> None:
    summary = summarize(scripted(), text, Wish(10))
    check_places(summary)
    assert summary.text
    assert "steal" not in summary.text
    assert "<" not in summary.text


def test_a_language_the_model_does_not_know_is_picked_from_not_rewritten(scripted: Make) -> None:
    german = (
        "Der Gemeinderat hat am Dienstag beschlossen, die alte Brücke zu schließen. Viele Bürger waren dagegen. "
        "Die Reparatur kostet drei Millionen Euro. Sie beginnt im Mai und dauert zwei Jahre. Eine Fähre wird fahren."
    )
    summary = summarize(scripted(), german, Wish(15))
    assert summary.completions == ()
    assert summary.notes == (
        "The text seems to be in German, which SmolLM2 135M Instruct was not trained for: "
        "its main sentences were picked, not rewritten.",
    )
    assert all(sentence.text in german for sentence in summary.sentences)


def test_a_megabyte_is_summarised_by_parts(scripted: Make) -> None:
    paragraphs = (f"{TEXT} Note {number} ends the chapter." for number in range(1_000_000 // len(TEXT)))
    summary = summarize(scripted(context_tokens=8192), "\n\n".join(paragraphs), Wish("short"))
    assert len(summary.parts) > 20
    assert len(summary.text.split()) <= 51
    check_places(summary)


def test_an_error_of_the_model_reaches_the_caller(scripted: Make) -> None:
    def script(request: Request) -> str:
        raise BadInput("The model is broken.")

    with pytest.raises(BadInput, match=r"^The model is broken\.$"):
        summarize(scripted(script), TEXT)


def test_a_model_that_cannot_write_is_refused_by_name(scripted: Make) -> None:
    with pytest.raises(UnknownModel, match=r"^No model 'nosuch'\."):
        summarize(scripted(), TEXT, model="nosuch")
    with pytest.raises(Unsupported, match=r"cannot write summaries\. Models that can: smollm2-135m-instruct"):
        summarize(scripted(), TEXT, model="all-minilm-l6-v2")


def test_the_options_of_the_person_reach_the_model(scripted: Make) -> None:
    summary = summarize(scripted(), TEXT, Wish("short"), options=Options(temperature=0.5, seed=7, precision="exact"))
    assert {(c.options.temperature, c.options.seed, c.identity.precision) for c in summary.completions} == {
        (0.5, 7, "exact")
    }


@pytest.mark.slow
def test_the_default_models_summarise_faithfully(real: Runtime) -> None:
    summary = summarize(real, TEXT, Wish("short"))
    check_places(summary)
    assert "lamp" in summary.text
    assert [sentence.flags for sentence in summary.sentences] == [()] * len(summary.sentences)
    assert all(sentence.similarity > 0.8 for sentence in summary.sentences)


def test_the_scripted_engine_says_back_what_it_was_asked(scripted: Make) -> None:
    """What keeps the tests above honest: its echo is no summary, so it never gets in."""
    assert "You said" not in summarize(scripted(echo), TEXT).text
