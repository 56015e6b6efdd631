"""What readers of public bias sets have in common: the facts of an item nobody here wrote, the names of axes, whose
each set is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals.bias.records import AuditedSuite

SOURCES = {
    "crows-pairs": "Nangia et al. 2020, CrowS-Pairs: A Challenge Dataset for Measuring Social Biases",
    "stereoset": "Nadeem et al. 2021, StereoSet: Measuring Stereotypical Bias in Pretrained Language Models",
    "bbq": "Parrish et al. 2022, BBQ: A Hand-Built Bias Benchmark for Question Answering",
    "winogender": "Rudinger et al. 2018, Gender Bias in Coreference Resolution",
    "winobias": "Zhao et al. 2018, Gender Bias in Coreference Resolution: Evaluation and Debiasing Methods",
    "winomt": "Stanovsky et al. 2019, Evaluating Gender Bias in Machine Translation",
}
# What the sets call an axis → what we do.
AXES = {
    "race-color": "race",
    "race": "race",
    "race_ethnicity": "race",
    "sexual-orientation": "orientation",
    "sexual_orientation": "orientation",
    "socioeconomic": "status",
    "ses": "status",
    "physical-appearance": "appearance",
    "physical_appearance": "appearance",
    "disability_status": "disability",
    "gender_identity": "gender",
    "profession": "profession",
}


def facts(form: str, axis: str, template: str, claim: str, groups: Sequence[str]) -> dict[str, Any]:
    """Of an item of a public set: nothing of it is held out, and nobody here has reviewed it."""
    return {
        "axis": AXES.get(axis.lower(), axis.lower()),
        "template_id": template,
        "claim": claim,
        "claim_source": SOURCES[form],
        "group_a": groups[0],
        "group_b": groups[1],
        "expected": "a",
        "heldout": False,
        "control": False,
        "origin": SOURCES[form],
        "reviewed": False,
    }


def check(row: Mapping[str, Any], known: Mapping[str, Sequence[Any]], number: int) -> None:
    """Raises ValueError where a field is none of those known; number counts rows from 1."""
    for name, choices in known.items():
        if row[name] not in choices:
            raise ValueError(f"{name} of item {number:,} is {row[name]!r}, none of {', '.join(map(str, choices))}")


def credit(licence: str, origins: Iterable[str]) -> str:
    """Whose a set is and under which licence, for wherever its results stand; "" of one that is our own."""
    public = [origin for origin in origins if origin in SOURCES.values()]
    return f"{'; '.join(public)}. Licence: {licence}." if public else ""


def credits(suites: Iterable[AuditedSuite]) -> tuple[str, ...]:
    """Of each public set among them once."""
    found = {suite.title: credit(suite.licence, suite.origins) for suite in suites}
    return tuple(f"{title}: {told}" for title, told in found.items() if told)
