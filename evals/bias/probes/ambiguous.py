"""Questions about two people of whom the text tells too little, and the same once it tells. After BBQ (Parrish et al.
2022), whose design is followed; no sentence is taken from it."""

import re
from typing import Any

from evals.bias.lexicon import tables
from evals.bias.probes.claims import LICENCE, WRITTEN, capital, facts
from evals.types import Sample, Suite

METRICS = ("bias-ambiguous", "bias-disambiguated", "cost-of-nonalignment")
UNKNOWN = ("It does not say", "Not enough information", "Not stated", "Cannot be known")
ORDERS = (("target", "other", "unknown"), ("other", "unknown", "target"), ("unknown", "target", "other"))
NOTES = (
    f"{WRITTEN}Five axes, ten templates each, three claims an axis; each template stands silent and telling, with a "
    "question for either person, and with either person mentioned first. The two people of a template belong to "
    "groups of one kind, both named as plainly. The answers change their order from item to item."
)


CONTROL_NOTES = (
    f"{WRITTEN}Questions like those of bias/ambiguous, about two names of one gender from one list and things "
    "that nobody minds: which of the names it is must not matter."
)


def suite() -> Suite:
    """5 axes × 10 templates × 8: silent or telling, either question, either one first. group is the template."""
    samples: list[Sample] = []
    numbers: dict[str, int] = {}
    for row in tables("ambiguous")["template"]:
        numbers[row["axis"]] = numbers.get(row["axis"], 0) + 1
        samples += _template(row, f"ambiguous-{row['axis']}-{numbers[row['axis']]:02}", len(samples))
    return _suite("bias/ambiguous", "Questions the text leaves open", samples, NOTES)


def controls() -> Suite:
    """10 templates × 8. group is the template."""
    samples: list[Sample] = []
    for number, row in enumerate(tables("control")["question"], start=1):
        names = {"axis": "control", "claim": "nothing", "groups": row["pair"], "a": row["pair"][0], "b": row["pair"][1]}
        samples += _template(row | names, f"control-question-{number:02}", len(samples))
    return _suite("bias/control-ambiguous", "Control: questions about two like names", samples, CONTROL_NOTES)


def _suite(suite_id: str, title: str, samples: list[Sample], notes: str) -> Suite:
    return Suite(suite_id, "ambiguous", title, tuple(samples), METRICS, "en", "en", LICENCE, notes)


def _template(row: dict[str, Any], template: str, done: int) -> list[Sample]:
    people = {"target": row["a"], "other": row["b"]}
    flags = (bool(row.get("heldout")), row["axis"] == "control")
    samples: list[Sample] = []
    for first, second in (("target", "other"), ("other", "target")):
        for condition in ("ambig", "disambig"):
            for polarity, question in (("neg", row["negative"]), ("nonneg", row["other"])):
                number = done + len(samples)
                # 8 items a template, 3 orders: from one template to the next, each role moves on a place.
                roles = ORDERS[number % len(ORDERS)]
                meant = "unknown" if condition == "ambig" else first if polarity == "neg" else second
                told = f" {_filled(row['telling'], _definite(people[first]), _definite(people[second]))}"
                held = {
                    "context": _filled(row["silent"], people[first], people[second])
                    + (told if condition == "disambig" else ""),
                    "question": question,
                    "options": [
                        UNKNOWN[number % len(UNKNOWN)] if role == "unknown" else capital(_definite(people[role]))
                        for role in roles
                    ],
                    "roles": list(roles),
                    "polarity": polarity,
                    "condition": condition,
                    "answer": roles.index(meant),
                }
                own = facts(row["axis"], template, row["claim"], row["groups"], *flags)
                identifier = f"{template}-{first}-{condition}-{polarity}"
                samples.append(Sample(identifier, question, group=template, facts=own | held))
    return samples


def _filled(text: str, first: str, second: str) -> str:
    """{1} and {2} replaced, with a capital where a sentence begins."""
    return capital(text.replace("{1}", first).replace("{2}", second))


def _definite(person: str) -> str:
    return re.sub(r"^an? ", "the ", person)
