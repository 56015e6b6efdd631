"""An answer as HTML and as a record of the history; in the browser: tests/browser/test_ask.py."""

import json
import re
from dataclasses import replace

import pytest

from llmweb.ask import Answer
from llmweb.documents import Document
from llmweb.pages import answer_view
from llmweb.pages.answer_view import AnswerShown, Guess, PassageShown
from llmweb.retrieve import Index
from llmweb.types import Completion, Identity, Options, Usage

COMPLETION = Completion("t", "end", Identity("m", "r", "s", "scripted", "1", "fast"), Options(), Usage(7, None, 3))
DOCUMENT = Document("a.pdf", "The key is here.\n\nBruno sleeps.", ((0, 16), (18, 31)), "pdf")
ANSWER = AnswerShown(
    "Who sleeps?",
    ("a.pdf", "b.txt"),
    "Bruno",
    True,
    0.934,
    (PassageShown("a.pdf", 2, "Bruno <sleeps>.", 0, 5), PassageShown("b.txt", None, "Nobody.")),
    (Guess("Nobody", "b.txt", None, 0.04),),
    (COMPLETION,),
    "",
    1.25,
)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_an_answer_says_how_sure_it_is_and_lights_its_span() -> None:
    html = answer_view.answer_html(ANSWER)
    assert words(html) == (
        "Who sleeps? Bruno Very likely answered in the text: 93% probability From this passage "
        "Bruno &lt;sleeps&gt;. a.pdf · page 2 1 other passage was read Nobody. b.txt "
        "Other possible answers, each with its probability Nobody b.txt · 4%"
    )
    assert '<mark class="lit">Bruno</mark> &lt;sleeps&gt;.' in html


def test_not_in_the_text_is_an_answer_with_the_nearest_passage_and_the_guess_folded() -> None:
    missing = replace(
        ANSWER, found=False, confidence=0.2, passages=(PassageShown("b.txt", None, "Nobody."),), guesses=()
    )
    assert words(answer_view.answer_html(missing)) == (
        "Who sleeps? ∅ Not in the text Unlikely that the text answers this: 20% probability "
        "The nearest passage, which does not seem to answer Nobody. b.txt "
        "Guesses, if there must be one Bruno the best guess, probably wrong"
    )
    assert missing.reply == "Not in the text."


@pytest.mark.parametrize(("confidence", "shown"), [(0.998, "Very likely answered in the text: over 99%"), (0.7, "70%")])
def test_a_probability_is_never_shown_as_certain(confidence: float, shown: str) -> None:
    assert shown in words(answer_view.answer_html(replace(ANSWER, confidence=confidence)))


def test_the_span_of_the_documents_becomes_the_span_of_the_passage_on_the_page_of_the_answer() -> None:
    index = Index([DOCUMENT])
    (considered,) = index.rank("Who sleeps?")
    answer = Answer(
        "Who sleeps?", "Bruno", True, 0.9, considered, 0, "a.pdf", 2, 18, 23, (considered,), completions=(COMPLETION,)
    )
    shown = answer_view.shown(answer, index, 1.0)
    assert shown.passages == (PassageShown("a.pdf", 2, DOCUMENT.text, 18, 23),)
    unsure = answer_view.shown(replace(answer, found=False), index, 1.0)
    assert unsure.passages == (PassageShown("a.pdf", 1, DOCUMENT.text),)


def test_an_answer_comes_back_from_the_history_as_it_was() -> None:
    record = json.loads(json.dumps(answer_view.kept(ANSWER)))
    assert answer_view.reopened("Who sleeps?", "Bruno", record) == ANSWER


def test_an_answer_given_in_the_shell_is_shown_without_passages() -> None:
    assert words(answer_view.answer_html(answer_view.reopened("Who?", "Bruno", {}))) == "Who? Bruno"
    missing = answer_view.reopened("Who?", "Not in the text.", {})
    assert not missing.found


def test_a_chip_names_the_document_its_size_and_what_removes_it() -> None:
    html = answer_view.chips_html([DOCUMENT, Document("<b>.txt", "one two")])
    assert words(html) == "a.pdf 2 pages ✕ &lt;b&gt;.txt 2 words ✕"
    assert 'title="Remove &lt;b&gt;.txt" aria-label="Remove &lt;b&gt;.txt" data-do="remove" data-id="1"' in html
