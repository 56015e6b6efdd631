"""Every suite by id. Each file builds suites of our own samples, which lie in evals/data/; what a person has added
comes out of the store."""

from collections.abc import Callable, Mapping
from functools import partial

from evals.store import Store
from evals.suites import ask, instruct, language_model, summarize, translate
from evals.types import Suite
from llmweb.errors import BadInput

Suites = Mapping[str, Callable[[], Suite]]

SUITES: dict[str, Callable[[], Suite]] = {
    "translate/en-pt": partial(translate.suite, "en", "pt"),
    "translate/pt-en": partial(translate.suite, "pt", "en"),
    "translate/en-zh": partial(translate.suite, "en", "zh"),
    "translate/en-es": partial(translate.suite, "en", "es"),
    "translate/en-fr": partial(translate.suite, "en", "fr"),
    "translate/en-de": partial(translate.suite, "en", "de"),
    "summarize/en": summarize.suite,
    "ask/en": ask.suite,
    "instruct/en": instruct.suite,
    "language-model/en": language_model.suite,
}


def known(store: Store) -> Suites:
    """Every suite that can be run: those above, then a person's own."""
    return SUITES | {name: partial(store.suite, sha256) for name, sha256 in store.own_suites().items()}


def chosen(name: str, among: Suites = SUITES) -> list[str]:
    """Ids of the suites meant: one by its id, a family by its first word, or "all". Raises BadInput."""
    found = [suite for suite in among if name in ("all", suite, suite.partition("/")[0])]
    if not found:
        raise BadInput(f"No suite {name!r}. Known: all, {', '.join(among)}; or the first word for all of a kind.")
    return found
