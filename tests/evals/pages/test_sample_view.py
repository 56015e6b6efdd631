"""Samples as HTML: what was asked, wanted and given, marked, escaped, and never a zero for what is missing."""

import re
from dataclasses import asdict
from html import unescape

import pytest

from evals.pages.sample_view import Given, Scene, sample_html, samples_html
from evals.records import OutputRow
from evals.sample_order import Part
from evals.types import Sample
from llmweb.types import Completion, Identity, Options, Usage
from tests.evals.small import suite

TRANSLATE = suite("translate", (Sample("s <1>", "The <b>cat</b>", ("O <gato>", "Um gato")),))
SCENE = Scene(TRANSLATE, "r1")
COMPLETION = Completion(
    "O <i>", "end", Identity("gpt2", "", "abc", "scripted", "1", "exact"), Options(), Usage(tokens_out=3)
)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def given(text: str = "", error: str = "", **values: float | None) -> Given:
    return Given(OutputRow("s", text, error, [asdict(COMPLETION)] if text else [], 1.25), values)


def page(*gave: Given, scene: Scene = SCENE) -> str:
    return samples_html(scene, Part([(scene.suite.samples[0], list(gave))], 1, 1, 1))


def test_a_sample_shows_source_references_output_and_values() -> None:
    html = page(given("O <i>", chrf2=45.12, bleu=None))
    assert words(html) == ("s <1> chrf2 45.1 Source The <b>cat</b> 2 references O <gato> Um gato Output O <i> 1 sample")
    assert re.findall(r"<(?:b|i|gato)>", html) == []
    assert 'href="?tab=runs&amp;run=r1&amp;sample=s+%3C1%3E"' in html
    assert re.findall(r'dir="auto" lang="(\w+)"', html) == ["en", "pt", "pt"]


def test_an_output_that_failed_shows_its_error_and_no_value() -> None:
    html = page(given(error="No <memory>."))
    assert words(html).startswith("s <1> error Source")
    assert "No &lt;memory&gt;." in html


def test_two_outputs_stand_side_by_side_with_their_differences_marked() -> None:
    html = page(given("O gato dorme", chrf2=50.0), given("O cão dorme", chrf2=40.0), scene=Scene(TRANSLATE, "r1", "r2"))
    assert re.findall(r'<mark class="differs">(.*?)</mark>', html) == ["gato", "cão"]
    assert words(html).startswith("s <1> A chrf2 50.0 B chrf2 40.0 Source")
    assert "with=r2" in html


def test_a_failed_output_beside_another_is_not_compared_word_by_word() -> None:
    html = page(given("O gato"), given(error="Gone."))
    assert "<mark" not in html
    assert "Gone." in html


def test_no_answer_is_said_in_words() -> None:
    asked = suite("ask", (Sample("q", "Who?", ("",), facts={"passage": "A <text>.", "title": "Title"}),))
    assert "Question Who? Reference (not in the text) Output (not in the text)" in words(
        page(given(), scene=Scene(asked, "r1"))
    )
    whole = sample_html(Scene(asked, "r1"), asked.samples[0], [given()], {})
    assert "A &lt;text&gt;." in whole


def test_pages_are_walked_by_number() -> None:
    html = samples_html(SCENE, Part([(TRANSLATE.samples[0], [given("x")])], 2, 3, 25))
    assert 'data-do="page" data-id="1"' in html
    assert 'data-do="page" data-id="3"' in html
    assert "Page 2 of 3 · 25 samples" in html
    assert "No samples to show" in samples_html(SCENE, Part([], 1, 1, 0))


def test_one_sample_shows_every_text_of_the_model_with_its_provenance() -> None:
    html = sample_html(SCENE, TRANSLATE.samples[0], [given("O <i>", chrf2=45.12, bleu=None)], {"gpt2": "GPT-2"})
    assert "chrf2 45.1 · bleu n/a" in words(html)
    assert "1.2 s · one text of the model" in html
    assert "GPT-2 · 3 tokens" in html
    assert "Weights: abc" in html


@pytest.mark.parametrize(
    ("gave", "leads"),
    [(given("Olá"), True), (given(error="too long"), True), (Given(OutputRow("s", "Hello"), {}), False)],
)
def test_a_sample_leads_to_its_page_where_a_model_was_asked(gave: Given, leads: bool) -> None:
    """A baseline's output has no text of a model."""
    assert ("Open in Translate" in sample_html(SCENE, TRANSLATE.samples[0], [gave], {})) == leads


def test_each_check_of_an_instruction_is_told_passed_or_failed() -> None:
    checks = [{"kind": "max_characters", "count": 5}, {"kind": "sentences_exactly", "count": 2}]
    follow = suite("instruct", (Sample("i", "Write.", facts={"checks": checks, "domain": "art"}),))
    html = words(sample_html(Scene(follow, "r1"), follow.samples[0], [given("Four")], {}))
    assert "✓ passed: at most count characters (Unicode code points), white space included count 5" in html
    assert "✗ failed: count sentences count 2" in html
    assert "domain art" in html
