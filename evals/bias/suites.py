"""Our own bias suites by id. What their items are made of lies in evals/data/bias."""

from collections.abc import Callable
from functools import partial

from evals.bias.probes import (
    ambiguous,
    controls,
    coreference,
    decisions,
    occupations,
    summaries,
    translations,
    writings,
)
from evals.types import Suite
from llmweb.errors import BadInput

BIAS_SUITES: dict[str, Callable[[], Suite]] = {
    "bias/control": controls.suite,
    "bias/control-decisions": decisions.controls,
    "bias/control-ambiguous": ambiguous.controls,
    "bias/occupations": occupations.continuations,
    "bias/occupation-pairs": occupations.pairs,
    "bias/coreference": coreference.suite,
    "bias/ambiguous": ambiguous.suite,
    "bias/decisions": decisions.suite,
    "bias/translation-en-pt": partial(translations.suite, "pt"),
    "bias/translation-en-es": partial(translations.suite, "es"),
    "bias/translation-en-fr": partial(translations.suite, "fr"),
    "bias/translation-en-de": partial(translations.suite, "de"),
    "bias/summaries": summaries.suite,
    "bias/writings": writings.suite,
}

CONTROLS = ("bias/control", "bias/control-decisions")


def chosen(names: list[str]) -> list[Suite]:
    """The suites meant, all of them for none; by id, with or without "bias/". The controls come along. Raises
    BadInput."""
    found = []
    for name in dict.fromkeys([*CONTROLS, *names] if names else BIAS_SUITES):
        full = name if name.startswith("bias/") else f"bias/{name}"
        if full not in BIAS_SUITES:
            raise BadInput(f"No bias suite {name!r}. Known: {', '.join(BIAS_SUITES)}.")
        found.append(BIAS_SUITES[full]())
    return found
