"""The Leaderboard page: which systems are surely better on each suite, at what cost. Layout and handlers.

What it shows is board_reading.py's, read anew whenever a run has finished; what it looks like board_view.py's. Under
the boards stand the ratings of votes, rating_view.py's.
"""

import sqlite3
from contextlib import suppress
from dataclasses import replace
from typing import Any

import gradio as gr

from evals.pages.board_filters import ORDER_WORDS, Choices, View, clicked, from_place
from evals.pages.board_reading import draw
from evals.pages.rating_view import section_html
from evals.standings import Stamp, read_stamp
from evals.store import Store
from llmweb.catalog import Catalog
from llmweb.pages import parts
from llmweb.pages.frame import Page
from llmweb.pages.running import QUICK, QUIET

CLOCK_SECONDS = 5.0
FILTERS = {"task": "Task", "language": "Language", "systems": "Systems", "order": "Order"}
"""Fields of a View → what their dropdowns are called."""

Shown = dict[Any, Any]


def page(store: Store, catalog: Catalog) -> Page:
    return Page("leaderboard", "Leaderboard", lambda blocks: _Leaderboard(store, catalog).build(blocks))


class _Leaderboard:
    """The widgets and handlers of the page. Each handler takes the window's View and draws the next."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store, self.database, self.catalog = store, store.path, catalog
        self._preferred: tuple[Stamp | None, str] = None, ""  # the stamp that the ratings of votes were drawn at
        self._sent: dict[str, Stamp] = {}  # window → what its page shows

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("leaderboard-said")
        self.place = parts.canvas("leaderboard-place", parts.place_html("leaderboard"), classes=["visually-hidden"])
        with gr.Column(elem_id="leaderboard-page", elem_classes=["plain-page"]):
            with gr.Row(elem_id="leaderboard-filters", elem_classes=["fields"], visible=False) as self.row:
                self.filters = [_dropdown(label, name) for name, label in FILTERS.items()]
            self.boards = parts.canvas("leaderboard-boards")
            self.preferred = parts.canvas("leaderboard-preferred")
        self._wire(blocks)

    def _wire(self, blocks: gr.Blocks) -> None:
        shown = [self.view, self.said, self.place, self.row, *self.filters, self.boards, self.preferred]
        blocks.load(self.load, None, shown, **QUIET)
        # One at a time, all three: whoever read the view before a click, and drew after it, would take it back.
        alone: dict[str, Any] = QUICK | {"concurrency_id": "leaderboard"}
        gr.on([each.input for each in self.filters], self.filter, [self.view, *self.filters], shown, **alone)
        self.boards.click(self.click, self.view, shown, **alone)
        gr.Timer(CLOCK_SECONDS).tick(self.tick, self.view, shown, **alone | {"trigger_mode": "once"})
        blocks.unload(self.leave)

    def load(self, request: gr.Request) -> Shown:
        """Where the address says the window was."""
        asked = request.query_params
        return self._show(from_place(asked) if asked.get("tab") == "leaderboard" else View(), request)

    def filter(self, request: gr.Request, view: View, *chosen: Any) -> Shown:
        task, language, systems, order = (str(value or "") for value in chosen)
        return self._show(replace(view, task=task, language=language, systems=systems, order=order), request)

    def click(self, request: gr.Request, event: gr.EventData, view: View) -> Shown:
        """A tick, a metric or a button of the boards."""
        click = parts.clicked(event)
        return self._show(clicked(view, click.do, click.id), request)

    def tick(self, request: gr.Request, view: View) -> Any:
        """Draw anew once a run has finished or is gone, or there was a vote."""
        with suppress(sqlite3.Error):  # which drawing then tells of
            if self._sent.get(request.session_hash or "") == read_stamp(self.database):
                return {self.view: gr.skip()}
        return self._show(view, request)

    def leave(self, request: gr.Request) -> None:
        self._sent.pop(request.session_hash or "", None)

    def _show(self, view: View, request: gr.Request) -> Shown:
        drawn = draw(self.database, view, {spec.id: spec for spec in self.catalog.models})
        self._sent[request.session_hash or ""] = drawn.stamp
        return {
            self.view: drawn.view,
            self.said: parts.announce_html(drawn.said),
            self.place: parts.place_html("leaderboard", **drawn.view.place()),
            self.row: gr.Row(visible=drawn.anything),
            **self._filters(drawn.view, drawn.choices),
            self.boards: drawn.html,
            self.preferred: self._preferences(drawn.stamp),
        }

    def _preferences(self, stamp: Stamp) -> str:
        """Nothing where the store could not be read, which the boards tell."""
        if not stamp:
            return ""
        if self._preferred[0] != stamp:
            self._preferred = stamp, section_html(self.store.votes(), self.catalog.names)
        return self._preferred[1]

    def _filters(self, view: View, choices: Choices) -> Shown:
        offered = {
            "task": {"": "All tasks", **choices.tasks},
            "language": {"": "All languages", **choices.languages},
            "systems": {"": "All systems", **choices.systems},
            "order": ORDER_WORDS,
        }
        return {
            field: gr.Dropdown([(words, value) for value, words in offered[name].items()], value=getattr(view, name))
            for name, field in zip(FILTERS, self.filters, strict=True)
        }


def _dropdown(label: str, name: str) -> gr.Dropdown:
    return gr.Dropdown([], label=label, elem_id=f"leaderboard-{name}", filterable=False, min_width=160)
