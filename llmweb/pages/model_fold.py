"""Which model answers, and how exactly: two fields folded under one line that says what differs from the default.

For pages whose feature leaves nothing else to choose; the full panel is options.py's.
"""

from collections.abc import Sequence
from typing import Any, get_args

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import BadInput
from llmweb.pages import parts
from llmweb.pages.running import QUIET
from llmweb.runtime import Runtime
from llmweb.types import Completion, Options, Precision, Task

SLOWER = "Exact computes in 32 bits and is slower; the text no longer depends on what else is running."


class ModelFold:
    """Models that can do one of the tasks, in the order of the tasks. prefix begins the ids of the widgets."""

    def __init__(self, runtime: Runtime, prefix: str, tasks: Sequence[Task]) -> None:
        self.runtime, self.prefix, self.tasks = runtime, prefix, tasks

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        with gr.Accordion(parts.summary([]), open=False, elem_id=f"{self.prefix}-fold") as self.fold:
            self.model = parts.model_picker(
                self.runtime, self.runtime.catalog.for_task(self.tasks[0]), f"{self.prefix}-model"
            )
            self.precision = precision_field(self.prefix)
        self.fields: list[Component] = [self.model, self.precision]
        changes = [self.model.change, self.precision.change]
        gr.on(changes, self.describe, self.fields, [self.fold, self.model], **QUIET)

    def choices(self) -> gr.Dropdown:
        """The picker as of now, for the page's load."""
        return gr.Dropdown(choices=self._choices())

    def restored(self, completions: Sequence[Completion]) -> dict[Component, Any]:
        """The fields as a result of the history was made, where its model is still known."""
        choices = self._choices()
        made = completions[-1].identity if completions else None
        if made is None or made.model not in {model for _, model in choices}:
            return {}
        return {self.model: gr.Dropdown(choices=choices, value=made.model), self.precision: made.precision}

    def chosen(self, model: Any, precision: Any) -> tuple[str, Options]:
        """Of the fields' values, which come from the browser: model and options. Raises BadInput."""
        return str(model or ""), Options(precision=precision_of(precision))

    def describe(self, model: str, precision: str) -> tuple[gr.Accordion, gr.Dropdown]:
        """The line on the fold, and what the chosen model needs before it answers."""
        names = self.runtime.catalog.names
        differs = [names[model]] if model != self._choices()[0][1] else []
        differs += ["exact precision"] if precision == "exact" else []
        return gr.Accordion(label=parts.summary(differs)), gr.Dropdown(info=parts.model_info(self.runtime, model))

    def _choices(self) -> list[tuple[str, str]]:
        by_task = (parts.model_choices(self.runtime, self.runtime.catalog.for_task(task)) for task in self.tasks)
        return list(dict.fromkeys(choice for choices in by_task for choice in choices))


def precision_field(prefix: str, first: Precision = "fast", info: str = SLOWER) -> gr.Radio:
    """first is chosen. What comes back is precision_of()'s to check."""
    choices = sorted(get_args(Precision), key=lambda each: each != first)
    return gr.Radio(
        [(each.capitalize(), each) for each in choices],
        value=first,
        label="Precision",
        info=info,
        elem_id=f"{prefix}-precision",
    )


def precision_of(chosen: Any) -> Precision:
    """What came from the browser, checked. Raises BadInput."""
    if chosen not in get_args(Precision):
        raise BadInput(f"No precision {chosen!r}. Choose {' or '.join(get_args(Precision))}.")
    return chosen  # type: ignore[no-any-return]
