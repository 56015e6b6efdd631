"""Summaries: what says most of a text is picked, the model shortens and drafts, only what the source bears out stays.

Owns the two ways to ask for one. The steps are steps.py's, the records summary.py's.
"""

from collections.abc import Iterator
from threading import Event

from llmweb.errors import Unsupported
from llmweb.runtime import Runtime
from llmweb.summarize.steps import Summarizing
from llmweb.summarize.summary import LENGTHS, Length, Part, Summary, Wish, check
from llmweb.types import ModelSpec, Options

__all__ = ["LENGTHS", "Length", "Part", "Summary", "Wish", "summarize", "summarize_steps"]


def summarize(
    runtime: Runtime, text: str, wish: Wish = Wish(), model: str = "", options: Options = Options()
) -> Summary:
    """The whole summary. Raises UserError."""
    *_, summary = summarize_steps(runtime, text, wish, model, options)
    return summary


def summarize_steps(
    runtime: Runtime,
    text: str,
    wish: Wish = Wish(),
    model: str = "",
    options: Options = Options(),
    cancelled: Event | None = None,
) -> Iterator[Summary]:
    """The summary as it comes about; the last one is finished, unless it was cancelled. Closing the iterator cancels.

    Raises BadInput for what is no text or no sensible wish, and what the runtime raises.
    """
    check(text, wish)
    spec = _model(runtime, model)
    cancelled = cancelled or Event()
    try:
        yield from Summarizing(runtime, text, wish, spec, options, cancelled).steps()
    finally:
        cancelled.set()


def _model(runtime: Runtime, model: str) -> ModelSpec:
    """The model named, else the default one. Raises UnknownModel, Unsupported."""
    able = runtime.catalog.for_task("generate")
    if not model:
        return able[0]
    spec = runtime.catalog.find(model)
    if "generate" not in spec.tasks:
        names = ", ".join(other.id for other in able)
        raise Unsupported(f"{spec.name} cannot write summaries. Models that can: {names}.")
    return spec
