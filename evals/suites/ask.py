"""Questions about a text: our own, in data/ask, a quarter of which the text does not answer."""

from dataclasses import replace

from evals.suites.own import rows, samples
from evals.types import Suite

METRICS = ("f1", "exact-match")
NOTES = (
    "Texts and questions were written by the LLM Web authors for this suite: 40 English texts of 100 to 300 words, "
    "people and places in them invented, at least five questions on each. A quarter ask what the text does not "
    "tell. Every other answer is a span of the text, mostly of one to eight words: lists, sums and answers in one's "
    "own words are not covered, nor are texts longer than a page."
)


def suite() -> Suite:
    """Each sample's facts hold the text asked about (passage) and its title; group is the text's id."""
    texts = {row["id"]: row for row in rows("ask/texts.jsonl")}
    questions = samples("ask/questions.jsonl")
    return Suite(
        id="ask/en",
        kind="ask",
        title="Questions about a text",
        samples=tuple(
            replace(
                question,
                facts=question.facts
                | {"passage": texts[question.group]["text"], "title": texts[question.group]["title"]},
            )
            for question in questions
        ),
        metrics=METRICS,
        source="en",
        target="en",
        licence="CC0-1.0",
        notes=NOTES,
    )
