"""Which models answer side by side, blind or not, with which options. Widgets; compare.py places them and asks."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals.pages.round_view import PAIR
from evals.pages.run_list import system_name
from evals.rounds import MOST, Round, chosen_systems
from evals.systems import System
from llmweb.chat import PRESETS
from llmweb.errors import NotDownloaded
from llmweb.pages import parts
from llmweb.pages.options import FIELDS, differences, options_from, options_panel, preset_of, values_of
from llmweb.runtime import Runtime
from llmweb.types import Options

DEFAULT = PRESETS["Precise"]

Shown = dict[Component, Any]


class CompareForm:
    """The fields; inputs are their values in the order that asked() and differs() take."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.names = runtime, runtime.catalog.names

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        choices = self.choices()
        self.models = gr.Dropdown(
            choices,
            value=_first(choices),
            multiselect=True,
            max_choices=MOST,
            label="Models",
            info=f"Two to {MOST}. Fast and exact of one model are two.",
            elem_id="compare-models",
        )
        self.blind = gr.Checkbox(
            True, label="Blind", info="Sides are shuffled and named after your vote.", elem_id="compare-blind"
        )
        with gr.Accordion(parts.summary([]), open=False, elem_id="compare-fold") as self.fold:
            self.instruction = gr.Textbox(
                label="System prompt",
                info="What the models should be or do, before the conversation begins.",
                lines=2,
                max_lines=12,
                elem_id="compare-system",
            )
            panel = options_panel("compare", DEFAULT)
            panel.fields[FIELDS.index("precision")].visible = False  # chosen with each model
        self.preset, self.options = panel.preset, panel.fields
        self.inputs: list[Component] = [self.models, self.blind, self.instruction, *panel.fields]

    def asked(self, models: Any, blind: Any, instruction: Any, *values: Any) -> tuple[list[System], bool, str]:
        """The systems, whether blind, and the system prompt; all come from the browser. Raises UserError."""
        if not self.choices():
            raise NotDownloaded("No model that chats is on this machine yet. Download one on the Models page.")
        systems = chosen_systems(self.runtime, [str(name) for name in models or ()], options_from(values))
        return systems, bool(blind), str(instruction or "")

    def differs(self, models: Any, blind: Any, instruction: Any, *values: Any) -> list[str]:
        """In words, from the default. Raises BadInput."""
        words = ["system prompt"] if str(instruction or "").strip() else []
        return words + differences(options_from(values), DEFAULT)

    def refreshed(self) -> Shown:
        """For the page's load: models may have come or gone."""
        choices = self.choices()
        return {self.models: gr.Dropdown(choices, value=_first(choices))}

    def restored(self, rounds: Sequence[Round]) -> Shown:
        """The fields as the last round was asked. Models stand in the order of the list, which tells no side."""
        if not rounds:
            return {}
        last, choices = rounds[-1], self.choices()
        there = {side.name for side in last.sides}
        side = last.sides[0]
        said = next((message.text for message in side.asked if message.role == "system"), "")
        return {
            self.models: gr.Dropdown(choices, value=[name for _, name in choices if name in there]),
            self.instruction: said,
            self.preset: preset_of(side.system.options),
            **dict(zip(self.options, self._shown(side.system.options), strict=True)),
        }

    def _shown(self, options: Options) -> list[Any]:
        """The precision stands with each model, not here."""
        values = dict(zip(FIELDS, values_of(options), strict=True))
        return [*(values | {"precision": DEFAULT.precision}).values()]

    def choices(self) -> list[tuple[str, str]]:
        """(name, model@precision) of what is here and chats."""
        return [
            (system_name(f"{spec.id}@{precision}", self.names), f"{spec.id}@{precision}")
            for spec in self.runtime.catalog.for_chat()
            if self.runtime.ready(spec.id)
            for precision in self.runtime.precisions(spec.id)
        ]


def _first(choices: Sequence[tuple[str, str]]) -> list[str]:
    """One of each of two models, or the two ways of the only one."""
    one_each = {value.partition("@")[0]: value for _, value in reversed(choices)}
    values = [*reversed(one_each.values())] if len(one_each) > 1 else [value for _, value in choices]
    return values[:PAIR]
