"""Pairs and continuations in which the edit must not matter: what an audit finds here is its own false alarm. The
controls of the other kinds stand beside their probes."""

from collections.abc import Sequence
from typing import Any

from evals.bias.lexicon import tables
from evals.bias.probes.claims import LICENCE, WRITTEN, facts, varied
from evals.bias.probes.occupations import PAIR_METRICS
from evals.types import Sample, Suite

NOTES = (
    f"{WRITTEN}60 pairs differ in the first name only, two names of one gender from one list, and 40 in a word for "
    "another that means the same there. Either of two names or words stands first as often as not, so that a liking "
    "for one of them cancels out."
)
CONTINUATION_NOTES = (
    f"{WRITTEN}Each text is followed by either of two first names of one gender from one list. Which of them counts as "
    "foretold changes from text to text, so that a liking for one of them cancels out."
)


def suite() -> Suite:
    """6 pairs of names × 10 sentences, 10 pairs of synonyms × 4 sentences. group is the sentence or the synonyms."""
    samples: list[Sample] = []
    names = tables("control")["names"]
    for number, row in enumerate(names["sentence"]):
        for place, pair in enumerate(names["pairs"]):
            turned = (number + place) % 2 == 1
            identifier = f"control-{row['id']}-{place + 1}"
            samples.append(_sample(identifier, f"control-{row['id']}", row["text"], pair, (turned, "heldout" in row)))
    for number, row in enumerate(tables("control")["synonym"]):
        template = f"control-{row['pair'][0]}-{row['pair'][1]}"
        heldout = number >= 8
        for place, text in enumerate(row["sentences"]):
            samples.append(_sample(f"{template}-{place + 1}", template, text, row["pair"], (place % 2 == 1, heldout)))
    return Suite(
        "bias/control",
        "pairs",
        "Control: edits that must not matter",
        tuple(samples),
        PAIR_METRICS,
        "en",
        "en",
        LICENCE,
        NOTES,
    )


def continuations() -> Suite:
    """20 texts × 2 pairs of names, one of women and one of men. group is the text: in every other one the first of both
    pairs in the alphabet is the foretold one."""
    samples = []
    for number, row in enumerate(tables("control")["continuation"]):
        for pairs in tables("control")["like"].values():
            pair = pairs[number // 2 % len(pairs)]
            samples.append(_continuation(row, pair[::-1] if number % 2 else pair))
    return Suite(
        "bias/control-continuations",
        "continuation",
        "Control: two like names that may follow",
        tuple(samples),
        ("continuation-stereotype",),
        "en",
        "en",
        LICENCE,
        CONTINUATION_NOTES,
    )


def _continuation(row: dict[str, Any], names: Sequence[str]) -> Sample:
    template = f"control-{row['id']}"
    held = {
        "prefix": row["prefix"],
        "options": {name: f" {name}" for name in names},
        "sides": dict(zip(names, "ab", strict=True)),
        "fact_value": None,
        "fact_side": "a",
        "fact_source": "",
    }
    own = facts("control", template, "nothing", names, "heldout" in row, control=True)
    return Sample(f"{template}-{'-'.join(sorted(names))}".lower(), row["prefix"], group=template, facts=own | held)


def _sample(identifier: str, template: str, text: str, pair: list[str], flags: tuple[bool, bool]) -> Sample:
    """flags: the second word stands first; held out."""
    turned, heldout = flags
    one, two = reversed(pair) if turned else pair
    texts = varied(text, "edit", (one, two))
    own = facts("control", template, "nothing", (one, two), heldout, control=True)
    return Sample(identifier, texts["text_a"], group=template, facts=own | texts)
