"""A summary as HTML and as a record of the history; in the browser: tests/browser/test_summarize.py."""

import json
import re
from dataclasses import replace

from llmweb.pages import summary_view
from llmweb.summarize.summary import Part, Summary, Wish
from llmweb.summarize.support import Flag, SupportedSentence
from llmweb.types import Completion, Identity, Options, Usage

SOURCE = "Mara <b>sold</b> the ferry. It cost 70 crowns."
TEXT = "Mara sold the ferry. It cost 90 crowns in Oslo."
FLAGS = (Flag("number", "90", 29, 31), Flag("name", "Oslo", 42, 46))
SENTENCES = (
    SupportedSentence("Mara sold the ferry.", 0, 20, 0, 27, 0.9),
    SupportedSentence("It cost 90 crowns in Oslo.", 21, 47, 28, 46, 0.6, FLAGS),
)
COMPLETION = Completion("t", "end", Identity("m", "r", "s", "scripted", "1", "fast"), Options(), Usage(7, None, 3))
SUMMARY = Summary(
    SOURCE,
    Wish(30, "paragraph", "Who?"),
    TEXT,
    SENTENCES,
    (Part(0, 0, 27, "Mara sold it."), Part(0, 28, 46, "70 crowns.")),
    ("A note.",),
    "words",
    (COMPLETION,),
    finished=True,
)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_numbers_and_names_that_are_not_in_the_text_are_marked_and_explained_in_words() -> None:
    html = summary_view.summary_html(SUMMARY)
    assert '<mark class="flag" title="This number is not in the text">90<sup>?</sup></mark>' in html
    assert '<mark class="flag" title="This name is not in the text">Oslo<sup>?</sup></mark>' in html
    assert words(html).endswith(
        "Point at a sentence, or tap it, to see the one in the text that supports it. "
        "? 1 number is not in the text: check before you rely on it. "
        "? 1 name is not in the text: check before you rely on it."
    )


def test_every_link_leads_to_a_place_in_the_source() -> None:
    lights = re.findall(r'data-lights="([^"]+)"', summary_view.summary_html(SUMMARY))
    source = summary_view.source_html(SUMMARY)
    assert lights == ["summarize-source-0", "summarize-source-28"]
    assert all(f'<span class="supports" id="{place}">' in source for place in lights)
    assert words(source) == "Mara &lt;b&gt;sold&lt;/b&gt; the ferry. It cost 70 crowns."


def test_a_sentence_without_support_is_marked_and_explained() -> None:
    lone = replace(SUMMARY, sentences=(SupportedSentence(TEXT, 0, 47, None, None, 0.0),))
    html = summary_view.summary_html(lone)
    assert 'class="unlinked"' in html
    assert "∅ No sentence of the text says this: check before you rely on it." in words(html)
    assert "Point at a sentence" not in html


def test_of_a_very_long_text_only_what_is_near_the_supporting_sentences_is_shown() -> None:
    long = f"{SOURCE}{'x' * 500_000}"
    html = summary_view.source_html(replace(SUMMARY, source=long))
    assert len(html) < 5_000
    assert "… 499,400 characters not shown …" in html


def test_a_summary_comes_back_from_the_history_as_it_was() -> None:
    record = json.loads(json.dumps(summary_view.kept(SUMMARY, 2.5)))
    assert record["seconds"] == 2.5
    assert summary_view.reopened(SOURCE, TEXT, record) == SUMMARY


def test_a_summary_made_in_the_shell_is_shown_as_text() -> None:
    summary = summary_view.reopened(SOURCE, "<i>Short</i>", {})
    assert '<p class="summary-text">&lt;i&gt;Short&lt;/i&gt;</p>' in summary_view.summary_html(summary)


def test_the_line_under_a_summary_counts_what_it_took() -> None:
    assert words(summary_view.below_html(SUMMARY, {"m": "Model M"}, 2.5)) == (
        "Read in 2 parts Part 1 · characters 1 to 27 · from the text Mara sold it. "
        "Part 2 · characters 29 to 46 · from the text 70 crowns. "
        "Model M · asked once · 7 tokens read, 3 written · 2.5 s · 10 words from 8 · linked by words Copy"
    )
