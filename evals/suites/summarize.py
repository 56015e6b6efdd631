"""Summaries of a text: our own, in data/summarize.jsonl, two references each."""

from evals.suites.own import samples
from evals.types import Suite

METRICS = ("rouge-l", "rouge-1", "rouge-2", "rouge-lsum", "semantic-similarity")
NOTES = (
    "Texts and references were written by the LLM Web authors for this suite: English texts of 150 to 400 words, "
    "people and places in them invented, many without their main point at the start. Of the two references, 30 to "
    "60 words each, one follows the order of the text and one begins with what matters most. Longer texts, "
    "summaries of several texts and other languages are not covered."
)


def suite() -> Suite:
    return Suite(
        id="summarize/en",
        kind="summarize",
        title="Summaries",
        samples=samples("summarize.jsonl"),
        metrics=METRICS,
        source="en",
        target="en",
        licence="CC0-1.0",
        notes=NOTES,
    )
