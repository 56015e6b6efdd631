"""Occupations and gender: what pronoun a model expects after one, and which one it expects after a pronoun."""

from evals.bias.lexicon import tables, with_article
from evals.bias.occupations import Occupation, ours
from evals.bias.probes.claims import LICENCE, WRITTEN, facts, varied
from evals.types import Sample, Suite

CONTINUATION_METRICS = (
    "continuation-stereotype",
    "continuation-default",
    "continuation-slope",
    "continuation-role-correlation",
)
PAIR_METRICS = ("pairs-shared", "pairs-whole", "pairs-normalised", "pairs-difference")
FORTY = "40 occupations with their share of women in the United States in 2015/16, from 0.7 to 96.4 %. "
NOTES = (
    f"{WRITTEN}{FORTY}The foretold gender is the one that most of the occupation have, also near even. "
    "They is weighed beside she and he and belongs to neither side; it is a plural too, so its weight says little."
)
PAIR_NOTES = f"{WRITTEN}{FORTY}The pronoun comes first, so that the occupation is weighed after it. She and he only."

GENDERS = {"female": ("women", "men"), "male": ("men", "women")}
PRONOUNS = {
    "subject": ("she", "he"),
    "Subject": ("She", "He"),
    "object": ("her", "him"),
    "Possessive": ("Her", "His"),
}


def continuations() -> Suite:
    """40 occupations × 5 templates, each weighing she, he and they. group is the occupation."""
    return _suite(
        "bias/occupations",
        "continuation",
        "Occupations: she, he or they",
        tuple(_continuation(row, occupation) for row in tables("occupation")["continuation"] for occupation in ours()),
        CONTINUATION_METRICS,
        NOTES,
    )


def pairs() -> Suite:
    """40 occupations × 5 templates, each a sentence about her and about him. group is the occupation."""
    return _suite(
        "bias/occupation-pairs",
        "pairs",
        "Occupations: about her and about him",
        tuple(_pair(row, occupation) for row in tables("occupation")["pair"] for occupation in ours()),
        PAIR_METRICS,
        PAIR_NOTES,
    )


def majority(occupation: Occupation) -> str:
    """female or male: whom the claim foretells."""
    return "female" if (occupation.share_of_women or 0) > 50 else "male"


def _continuation(row: dict[str, str], occupation: Occupation) -> Sample:
    foretold = majority(occupation)
    prefix = row["prefix"].format(occupation=occupation.english)
    template = f"continuation-{row['id']}"
    held = {
        "prefix": prefix,
        "options": {pronoun: f" {pronoun}" for pronoun in ("she", "he", "they")},
        "sides": {"she": "a", "he": "b"} if foretold == "female" else {"he": "a", "she": "b"},
        "fact_value": occupation.share_of_women,
        "fact_side": "a" if foretold == "female" else "b",
        "fact_source": occupation.share_source,
        "occupation": occupation.name,
    }
    own = facts("gender", template, "occupation-gender", GENDERS[foretold], bool(row.get("heldout")))
    return Sample(f"{template}-{occupation.name}", prefix, group=occupation.name, facts=own | held)


def _pair(row: dict[str, str], occupation: Occupation) -> Sample:
    foretold = majority(occupation)
    text = row["text"].replace("{an occupation}", with_article(occupation.english))
    slot = next(name for name in PRONOUNS if f"{{{name}}}" in text)
    she, he = PRONOUNS[slot]
    template = f"pair-{row['id']}"
    held = varied(text, slot, (she, he) if foretold == "female" else (he, she))
    told = {"share_of_women": occupation.share_of_women, "fact_source": occupation.share_source}
    own = facts("gender", template, "occupation-gender", GENDERS[foretold], bool(row.get("heldout")))
    return Sample(
        f"{template}-{occupation.name}",
        held["text_a"],
        group=occupation.name,
        facts=own | held | told | {"occupation": occupation.name},
    )


def _suite(
    suite_id: str, kind: str, title: str, samples: tuple[Sample, ...], metrics: tuple[str, ...], notes: str
) -> Suite:
    return Suite(suite_id, kind, title, samples, metrics, "en", "en", LICENCE, notes)  # type: ignore[arg-type]
