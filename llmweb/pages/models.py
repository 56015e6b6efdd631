"""The Models page: what is here, what could be, what it costs in disk and memory; download, add, measure, remove.

Layout and handlers; what a card looks like is model_cards.py's. A clock redraws the cards, and sends them to a window
only when they differ from what it shows.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.measuring import Measurements
from llmweb.pages import parts
from llmweb.pages.frame import Page
from llmweb.pages.model_cards import Card, Said, cards_html
from llmweb.pages.running import MEANWHILE, QUIET
from llmweb.runtime import Runtime
from llmweb.types import Hub, Local, ModelSpec
from llmweb.weights import own_models

CLOCK_SECONDS = 1.0

Shown = dict[Component, Any]


def page(runtime: Runtime, history: History) -> Page:
    """history keeps what is measured."""
    return Page("models", "Models", lambda blocks: _Models(runtime, history).build(blocks))


class _Models:
    """The widgets and handlers of the page; everything it shows is asked of the runtime and its stores anew."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history, self.store = runtime, history, runtime.fetches.store
        self.measurements = Measurements(runtime, history)
        self._sent: dict[str, str] = {}  # window → its cards

    def build(self, blocks: gr.Blocks) -> None:
        self.said = gr.State(Said())
        with gr.Column(elem_id="models-page", elem_classes=["plain-page"]):
            with gr.Accordion("Add a model of your own", open=False, elem_id="models-add"):
                self.path = gr.Textbox(
                    label="Path of a GGUF file, or of a folder with safetensors, on this machine",
                    placeholder="~/models/my-model.gguf",
                    elem_id="models-path",
                )
                self.added = parts.canvas("models-added")
                self.add = gr.Button("Add", variant="primary", elem_id="models-add-button", min_width=140, scale=0)
            self.cards = parts.canvas("models-cards")
        self._wire(blocks)

    def _wire(self, blocks: gr.Blocks) -> None:
        gr.Timer(CLOCK_SECONDS).tick(self.draw, self.said, self.cards, **QUIET)
        blocks.load(self.draw, self.said, self.cards, **QUIET)
        self.cards.click(self.act, self.said, [self.said, self.cards], **MEANWHILE)
        gr.on(
            [self.add.click, self.path.submit],
            self.add_own,
            [self.path, self.said],
            [self.path, self.added, self.cards],
            **QUIET,
        )
        blocks.unload(self.leave)

    def draw(self, request: gr.Request, said: Said) -> Any:
        """The cards, if this window does not show them as they are."""
        window, html = request.session_hash or "", self._html(said)
        if self._sent.get(window) == html:
            return gr.skip()
        self._sent[window] = html
        return html

    def act(self, request: gr.Request, event: gr.EventData, said: Said) -> Iterator[tuple[Said, Any]]:
        """A button on a card."""
        click = parts.clicked(event)
        after = Said()
        try:
            spec = self.runtime.catalog.find(click.id)
            if click.do == "ask-download":
                if isinstance(spec.source, Hub):
                    after = Said(spec.id, asking=True)
                    yield after, self.draw(request, after)
                after = Said(spec.id, announced=self.store.announce(self.store.resolve(spec)))
            else:
                self._do(click.do, spec, said)
                after = Said()
        except UserError as error:
            after = Said(click.id, problem=str(error))
        yield after, self.draw(request, after)

    def _do(self, do: str, spec: ModelSpec, said: Said) -> None:
        match do:
            case "download":
                if said.model != spec.id or not said.announced:
                    raise BadInput("What would be fetched was not shown yet. Press Download… first.")
                if spec.gated:
                    self.store.accept(spec)
                self.runtime.fetches.start(spec)
            case "no":
                return
            case "cancel":
                self.runtime.fetches.cancel(spec.id)
            case "measure":
                self.measurements.start(spec.id)
            case "stop":
                self.measurements.stop(spec.id)
            case "unload":
                self.runtime.unload(spec.id)
            case "remove":
                self._remove(spec)
            case _:
                raise BadInput(f"There is no action {do!r} on a model. Reload the page.")

    def add_own(self, request: gr.Request, path: str, said: Said) -> tuple[Any, str, Any]:
        """(path, what came of it, cards)."""
        try:
            if not path.strip():
                raise BadInput("Write the path of a GGUF file or of a folder with safetensors first.")
            spec = own_models.add_model(self.runtime.settings.data_dir, Path(path.strip()).expanduser())
            self.runtime.catalog.add(spec)
        except UserError as error:
            return gr.skip(), parts.error_html(error), gr.skip()
        told = parts.banner_html(f"{spec.name} was added as {spec.id}. It loads at its first use.", kind="note")
        return "", told, self.draw(request, said)

    def leave(self, request: gr.Request) -> None:
        self._sent.pop(request.session_hash or "", None)

    def _remove(self, spec: ModelSpec) -> None:
        self.runtime.unload(spec.id)
        self.store.remove(spec)
        if isinstance(spec.source, Local):
            own_models.remove_model(self.runtime.settings.data_dir, spec.id)
            self.runtime.catalog.remove(spec.id)

    def _html(self, said: Said) -> str:
        loaded, measured = self.runtime.loaded(), self.history.measurements()
        cards = []
        for spec in self.runtime.catalog.models:
            fetch = self.runtime.fetches.find(spec.id)
            card = Card(
                spec,
                self.runtime.ready(spec.id),
                self.store.disk_bytes(spec),
                tuple(model for model in loaded if model.model == spec.id),
                fetch,
                time.monotonic() - fetch.started if fetch else 0.0,
                self.measurements.find(spec.id),
                measured.get(spec.id),
            )
            cards.append(replace(card, said=said) if said.model == spec.id else card)
        used = sum(model.bytes for model in loaded)
        return cards_html(cards, used, self.runtime.budget_bytes, str(self.store.models_dir))
