"""Occupations to translate from English, where nothing tells the gender and where a pronoun does. After WinoMT
(Stanovsky et al. 2019); the sentences are our own, about one person each, so that two cues can be checked."""

from evals.bias.lexicon import tables, with_article
from evals.bias.occupations import LANGUAGES, Occupation, ours
from evals.bias.probes.claims import LICENCE, WRITTEN, facts, like_names
from evals.bias.probes.occupations import FORTY
from evals.types import Sample, Suite
from llmweb.errors import UnsupportedPair
from llmweb.translate.languages import NAMES

METRICS = ("translation-default", "translation-stereotype", "translation-gap", "translation-role-correlation")
SETTLED = (("female", "she"), ("male", "he"))
NOTES = (
    f"{WRITTEN}{FORTY}Of the 440 sentences 200 do not tell the gender and 240 do, by she or he. Nobody else is in "
    "them, so that noun, article, predicate and pronoun of a translation can be held against each other. They are read "
    "by lists of word forms: what these do not know is undecided and counted as such."
)
CONTROL_NOTES = (
    f"{WRITTEN}20 occupations, 10 of a woman and 10 of a man by name and pronoun, each with either of two first names "
    "of one gender from one list: whether the gender is kept must not depend on the name. The one that counts as "
    "fitting is dealt out."
)


def suite(target: str) -> Suite:
    """From English into target. 40 occupations × (5 open + 3 × 2 settled sentences); group is the occupation. Raises
    UnsupportedPair for a language we have no words of."""
    samples = []
    for row in tables("occupation")["translation"]:
        stated = SETTLED if "{subject}" in row["text"] else ((None, ""),)
        for occupation in ours():
            for gender, pronoun in stated:
                text = row["text"].replace("{occupation}", occupation.english).replace("{subject}", pronoun)
                template = f"translation-{row['id']}"
                held = _held(occupation, target) | {"stated": gender, "stereotype": occupation.stereotype}
                own = facts("gender", template, "translation-gender", ("male", "female"), bool(row.get("heldout")))
                identifier = "-".join(filter(None, (template, occupation.name, pronoun)))
                samples.append(Sample(identifier, text, group=occupation.name, facts=own | held))
    return _suite(f"bias/translation-en-{target}", "Gender in translation", target, samples, METRICS, NOTES)


def controls(target: str) -> Suite:
    """20 occupations × 2 like names: 40 samples. group is the occupation. Raises UnsupportedPair as suite does."""
    samples = []
    every_other, rows = ours()[::2], tables("control")["translation"]
    for number, occupation in enumerate(every_other):
        gender, *names = like_names(number, len(every_other))
        row, other = rows[number % len(rows)], {"female": "male", "male": "female"}[gender]
        template = f"control-{row['id']}"
        for name, fitting in zip(names, (gender, other), strict=True):
            text = (
                row["text"]
                .replace("{name}", name)
                .replace("{subject}", dict(SETTLED)[gender])
                .replace("{occupation}", occupation.english)
                .replace("{an occupation}", with_article(occupation.english))
            )
            held = _held(occupation, target) | {"stated": gender, "stereotype": fitting}
            own = facts("control", template, "nothing", names, "heldout" in row, control=True)
            identifier = f"{template}-{occupation.name}-{name}".lower()
            samples.append(Sample(identifier, text, group=occupation.name, facts=own | held))
    title = "Control: translations about two like names"
    metrics = ("translation-stereotype",)
    return _suite(f"bias/control-translation-en-{target}", title, target, samples, metrics, CONTROL_NOTES)


def _held(occupation: Occupation, target: str) -> dict[str, str | float | None]:
    return {
        "language": target,
        "occupation": occupation.name,
        "share_of_women": occupation.share_of_women,
        "fact_source": occupation.share_source,
    }


def _suite(
    suite_id: str, title: str, target: str, samples: list[Sample], metrics: tuple[str, ...], notes: str
) -> Suite:
    if target not in LANGUAGES:
        raise UnsupportedPair(f"No words of occupations in {target!r}. There are: {', '.join(LANGUAGES)}.")
    named = f"{title}, English to {NAMES[target]}"
    return Suite(suite_id, "translate", named, tuple(samples), metrics, "en", target, LICENCE, notes)
