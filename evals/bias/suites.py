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
    "bias/control-continuations": controls.continuations,
    "bias/control-coreference": coreference.controls,
    "bias/control-translation-en-pt": partial(translations.controls, "pt"),
    "bias/control-translation-en-es": partial(translations.controls, "es"),
    "bias/control-translation-en-fr": partial(translations.controls, "fr"),
    "bias/control-translation-en-de": partial(translations.controls, "de"),
    "bias/control-summaries": summaries.controls,
    "bias/control-writings": writings.controls,
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


def chosen(names: list[str]) -> list[Suite]:
    """The suites meant by id, with or without "bias/", and the controls; all there are for none. Raises BadInput."""
    found = control_suites() if names else []
    for name in dict.fromkeys(names or BIAS_SUITES):
        full = name if name.startswith("bias/") else f"bias/{name}"
        if full not in BIAS_SUITES:
            raise BadInput(f"No bias suite {name!r}. Known: {', '.join(BIAS_SUITES)}.")
        found += [BIAS_SUITES[full]()] if full not in {suite.id for suite in found} else []
    return found


def control_suites() -> list[Suite]:
    """Those that say whether an audit can be trusted, for whichever kinds it asks."""
    return [build() for name, build in BIAS_SUITES.items() if name.startswith("bias/control")]
