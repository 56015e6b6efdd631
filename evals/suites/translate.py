"""Translation suites, one a language pair: our own sentences in data/translate, one JSON object a line."""

from evals.suites.own import samples
from evals.types import Suite
from llmweb.errors import UnsupportedPair
from llmweb.translate.languages import NAMES

METRICS = ("chrf2", "bleu", "chrf2++", "ter")

# What a reader of the scores must know about each pair's references. The languages' varieties decide which
# correct translations look wrong.
PAIRS = {
    ("en", "pt"): "The references are Brazilian Portuguese: a European rendering loses points it deserves.",
    ("pt", "en"): "Sources are Brazilian and European Portuguese, named in facts; references use American spelling.",
    ("en", "zh"): "The references are Mandarin in simplified characters.",
    ("en", "es"): "The references are the Spanish of Spain: a Latin American rendering loses points it deserves.",
    ("en", "fr"): "The references are the French of France.",
    ("en", "de"): "The references are the German of Germany.",
}
WRITTEN = (
    "Sentences and references were written by the LLM Web authors for this suite, up to 50 words each, over more than "
    "twenty domains; no documents, dialects or speech transcripts."
)


def suite(source: str, target: str) -> Suite:
    """The suite of one pair. Raises UnsupportedPair if we have not written it."""
    if (source, target) not in PAIRS:
        known = ", ".join("→".join(pair) for pair in PAIRS)
        raise UnsupportedPair(f"No translation suite from {source!r} to {target!r}. Written: {known}.")
    return Suite(
        id=f"translate/{source}-{target}",
        kind="translate",
        title=f"{NAMES[source]} to {NAMES[target]}",
        samples=samples(f"translate/{source}-{target}.jsonl"),
        metrics=METRICS,
        source=source,
        target=target,
        licence="CC0-1.0",
        notes=f"{WRITTEN} {PAIRS[source, target]}",
    )
