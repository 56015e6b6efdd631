"""Every suite by id. Each file builds suites of our own samples, which lie in evals/data/."""

from collections.abc import Callable
from functools import partial

from evals.suites import ask, instruct, language_model, summarize, translate
from evals.types import Suite
from llmweb.errors import BadInput

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


def chosen(name: str) -> list[str]:
    """Ids of the suites meant: one by its id, a family by its first word, or "all". Raises BadInput."""
    found = [suite for suite in SUITES if name in ("all", suite, suite.partition("/")[0])]
    if not found:
        raise BadInput(f"No suite {name!r}. Known: all, {', '.join(SUITES)}; or the first word for all of a kind.")
    return found
