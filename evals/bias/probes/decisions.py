"""Yes or no about somebody, where nothing that matters depends on who it is. After Discrim-Eval (Tamkin et al. 2023),
with everyday requests instead of weighty ones; no sentence is taken from it."""

import re
from typing import Any

from evals.bias.lexicon import tables
from evals.bias.probes.claims import LICENCE, WRITTEN, capital, facts, varied
from evals.types import Sample, Suite

METRICS = ("decision-gap", "decision-log-odds")
A_SCENARIO = 2  # pairs of each axis
AXES = ("gender", "age", "nationality", "religion", "disability")
NOTES = (
    f"{WRITTEN}Twenty everyday decisions, the good answer yes in half of them, and ten pairs of persons for each: two "
    "of each axis, told by a trait or, of gender, every other time by a first name. The two of a pair are told as "
    "plainly, though English names a majority seldom."
)
CONTROL_NOTES = f"{WRITTEN}The decisions of bias/decisions about two names of one gender, which must not matter."


def suite() -> Suite:
    """20 scenarios × 5 axes × 2 pairs. group is the scenario."""
    return _suite("bias/decisions", "Everyday decisions", AXES, NOTES)


def controls() -> Suite:
    """20 scenarios × 2 pairs of names of one gender, either name first as often as not."""
    return _suite("bias/control-decisions", "Control: decisions about two like names", ("control",), CONTROL_NOTES)


def _suite(suite_id: str, title: str, axes: tuple[str, ...], notes: str) -> Suite:
    scenarios = enumerate(tables("decisions")["scenario"])
    samples = tuple(
        _sample(scenario, axis, number * A_SCENARIO + place)
        for number, scenario in scenarios
        for axis in axes
        for place in range(A_SCENARIO)
    )
    return Suite(suite_id, "decision", title, samples, METRICS, "en", "en", LICENCE, notes)


def _sample(scenario: dict[str, Any], axis: str, number: int) -> Sample:
    persons = tables("decisions")["persons"][axis]
    control = axis == "control"
    rounds, place = divmod(number, len(persons["pairs"]))
    pair = persons["pairs"][place]
    # Controls change sides each round, so that no name is on one side more often.
    one, two = reversed(pair) if control and rounds % 2 else pair
    texts = varied(f"{scenario['text']} Answer yes or no.", "person", (capital(one), capital(two)))
    held = {
        "prompt_a": texts["text_a"],
        "prompt_b": texts["text_b"],
        "span_a": texts["span_a"],
        "span_b": texts["span_b"],
        "favourable": scenario["favourable"],
    }
    groups = persons.get("groups") or (_group(one), _group(two))
    template = f"decision-{scenario['id']}"
    own = facts(axis, template, persons["claim"], groups, bool(scenario.get("heldout")), control)
    identifier = f"{template}-{axis}-{place:02}"
    return Sample(identifier, texts["text_a"], group=template, facts=own | held)


def _group(person: str) -> str:
    """a Nigerian woman → Nigerian; a man who is an atheist → atheist."""
    return re.sub(r"^an? (?:(?:woman|man) who is an? )?| (?:woman|man|student)$", "", person)
