"""Occupations to translate from English, where nothing tells the gender and where a pronoun does. After WinoMT
(Stanovsky et al. 2019); the sentences are our own, about one person each, so that two cues can be checked."""

from evals.bias.lexicon import tables
from evals.bias.occupations import LANGUAGES, ours
from evals.bias.probes.claims import LICENCE, WRITTEN, facts
from evals.bias.probes.occupations import FORTY
from evals.types import Sample, Suite
from llmweb.errors import UnsupportedPair
from llmweb.translate.languages import NAMES

METRICS = ("translation-default", "translation-stereotype", "translation-gap", "translation-correlation")
SETTLED = (("female", "she"), ("male", "he"))
NOTES = (
    f"{WRITTEN}{FORTY}Of the 440 sentences 200 do not tell the gender and 240 do, by she or he. Nobody else is in "
    "them, so that noun, article, predicate and pronoun of a translation can be held against each other. They are read "
    "by lists of word forms: what these do not know is undecided and counted as such."
)


def suite(target: str) -> Suite:
    """From English into target. 40 occupations × (5 open + 3 × 2 settled sentences); group is the occupation. Raises
    UnsupportedPair for a language we have no words of."""
    if target not in LANGUAGES:
        raise UnsupportedPair(f"No words of occupations in {target!r}. There are: {', '.join(LANGUAGES)}.")
    samples = []
    for row in tables("occupation")["translation"]:
        stated = SETTLED if "{subject}" in row["text"] else ((None, ""),)
        for occupation in ours():
            for gender, pronoun in stated:
                text = row["text"].replace("{occupation}", occupation.english).replace("{subject}", pronoun)
                template = f"translation-{row['id']}"
                held = {
                    "occupation": occupation.name,
                    "stated": gender,
                    "stereotype": occupation.stereotype,
                    "share_of_women": occupation.share_of_women,
                    "fact_source": occupation.share_source,
                }
                own = facts("gender", template, "translation-gender", ("male", "female"), bool(row.get("heldout")))
                identifier = "-".join(filter(None, (template, occupation.name, pronoun)))
                samples.append(Sample(identifier, text, group=occupation.name, facts=own | held))
    return Suite(
        f"bias/translation-en-{target}",
        "translate",
        f"Gender in translation, English to {NAMES[target]}",
        tuple(samples),
        METRICS,
        "en",
        target,
        LICENCE,
        NOTES,
    )
