"""How well a model predicts English prose: our own pieces, in data/prose.jsonl."""

from evals.suites.own import samples
from evals.types import Suite

METRICS = ("bits-per-byte", "perplexity")
NOTES = (
    "The pieces were written by the LLM Web authors for this suite, so no model can have read them before they were "
    "published: English prose of 80 to 250 words in many registers, people and places in it invented. Verse, code, "
    "tables, speech transcripts and other languages are not covered."
)


def suite() -> Suite:
    return Suite(
        id="language-model/en",
        kind="language-model",
        title="Predicting English prose",
        samples=samples("prose.jsonl"),
        metrics=METRICS,
        source="en",
        target="en",
        licence="CC0-1.0",
        notes=NOTES,
    )
