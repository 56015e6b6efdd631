"""Our own bias suites by id. What their items are made of lies in evals/data/bias."""

from collections.abc import Callable

from evals.types import Suite
from llmweb.errors import BadInput

BIAS_SUITES: dict[str, Callable[[], Suite]] = {}


def chosen(names: list[str]) -> list[Suite]:
    """The suites meant, all of them for none; by id, with or without "bias/". Raises BadInput."""
    found = []
    for name in dict.fromkeys(names or BIAS_SUITES):
        full = name if name.startswith("bias/") else f"bias/{name}"
        if full not in BIAS_SUITES:
            raise BadInput(f"No bias suite {name!r}. Known: {', '.join(BIAS_SUITES)}.")
        found.append(BIAS_SUITES[full]())
    return found
