"""The Compare page: one message to several models side by side, a vote, and the ratings of all votes. Layout, handlers.

Answering is rounds.py's, what votes are worth votes.py's, how it looks round_view.py's and rating_view.py's. What a
blind side is stays on the server until the vote.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import gradio as gr
from gradio.components.base import Component

from evals import votes, wording
from evals.pages import rating_view, round_view
from evals.pages.run_list import system_name
from evals.rounds import MOST, Round, begin, chosen_systems, name_of, round_steps
from evals.store import Store
from evals.systems import System
from llmweb.chat import PRESETS
from llmweb.errors import BadInput, NotDownloaded, UserError
from llmweb.pages import parts
from llmweb.pages.frame import Page
from llmweb.pages.options import FIELDS, QUIET, differences, options_from, options_panel
from llmweb.pages.running import STEPS, Run, Running
from llmweb.runtime import Runtime
from llmweb.types import Options

DEFAULT = PRESETS["Precise"]
CONTROLS = [("As voted", "none"), ("Style and length alike", "style")]

Shown = dict[Component, Any]


def page(runtime: Runtime, store: Store) -> Page:
    return Page("compare", "Compare", lambda blocks: _Compare(runtime, store).build(blocks))


@dataclass(frozen=True, slots=True)
class View:
    """What a window shows: the rounds of one conversation, by the systems that answer in it."""

    conversation: str = ""
    rounds: tuple[Round, ...] = ()

    @property
    def last(self) -> Round | None:
        return self.rounds[-1] if self.rounds else None


class _Compare:
    """The widgets and handlers of the page."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self.runtime, self.store = runtime, store
        self.running = Running()
        self._answering: dict[str, Run] = {}  # window → what it is being answered by

    @property
    def names(self) -> dict[str, str]:
        return {spec.id: spec.name for spec in self.runtime.catalog.models}

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("compare-said")
        self.download = parts.canvas("compare-download", parts.download_html(), classes=["visually-hidden"])
        with gr.Row(elem_id="compare-page", elem_classes=["three-panes", "no-left-pane"]):
            with gr.Column(elem_id="compare-middle", elem_classes=["middle-pane", "wide"], min_width=0):
                self._build_rounds()
            with gr.Column(elem_id="compare-side", elem_classes=["side-pane"], min_width=0):
                self._build_setup()
        self._wire(blocks)

    def _build_rounds(self) -> None:
        parts.canvas("compare-folds", parts.unfold_html({"compare-side": "Models, options and ratings"}))
        with gr.Column(elem_id="compare-scroll", elem_classes=["follows"]):
            self.rounds = parts.canvas("compare-rounds", round_view.empty_html(True), classes=["thread"])
            self.live = parts.canvas("compare-live", classes=["thread"])
        self.problem = parts.canvas("compare-problem")
        self.votes = parts.canvas("compare-votes")
        with gr.Row(elem_classes=["composer"]):
            self.box = gr.Textbox(
                placeholder="Message to all of them",
                label="Message to all of them",
                show_label=False,
                lines=1,
                max_lines=10,
                elem_id="compare-box",
                scale=1,
                min_width=0,
            )
            self.send = gr.Button("Send", variant="primary", elem_id="compare-send", min_width=88, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id="compare-stop", elem_classes=["stop-button"], min_width=88, scale=0, visible=False
            )
        self.note = parts.canvas("compare-note")

    def _build_setup(self) -> None:
        self.new = gr.Button("New comparison", elem_id="compare-new", min_width=0)
        choices = self._choices()
        self.models = gr.Dropdown(
            choices,
            value=self._first(choices),
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
        with gr.Column(elem_id="compare-standing"):
            parts.canvas("compare-standing-title", "<h2>Ratings</h2>")
            self.control = gr.Dropdown(
                CONTROLS, value="none", label="Rate answers", filterable=False, elem_id="compare-control"
            )
            self.ratings = parts.canvas("compare-ratings")
            self.export = gr.Button("Export preference pairs", elem_id="compare-export", min_width=0)
        self.setup: list[Component] = [self.models, self.blind, self.instruction, *panel.fields]

    def _wire(self, blocks: gr.Blocks) -> None:
        view, setup = self.view, self.setup
        page: list[Component] = [view, self.said, self.rounds, self.live, self.problem, self.votes, self.box, self.send]
        page += [self.stop, self.note, self.models, self.ratings]
        blocks.load(self.load, [view, self.blind, self.control], page, **QUIET)
        gr.on([self.box.submit, self.send.click], self.ask, [self.box, view, *setup], page, **STEPS)
        self.rounds.click(self.example, [view, *setup], page, **STEPS)
        self.votes.click(self.act, [view, self.control], page, **QUIET)
        self.ratings.click(self.pair, [self.blind, self.control], page, **QUIET)
        self.new.click(self.begin_anew, self.blind, page, **QUIET)
        self.stop.click(self.end, None, None, **QUIET)
        self.control.input(self.rate, [self.models, self.control], self.ratings, **QUIET)
        self.export.click(self.save, None, [self.download, self.note], **QUIET)
        gr.on(
            [field.change for field in setup],  # type: ignore[attr-defined]
            self.describe,
            [view, *setup],
            [self.fold, self.note],
            trigger_mode="always_last",
            **QUIET,
        )
        blocks.unload(self.leave)

    def load(self, view: View, blind: bool, control: str) -> Shown:
        choices = self._choices()
        return {
            self.models: gr.Dropdown(choices, value=self._first(choices)),
            self.ratings: self.rate(None, control),
            self.rounds: round_view.empty_html(bool(blind)) if not view.rounds else gr.skip(),
        }

    def ask(self, request: gr.Request, text: str, view: View, *setup: Any) -> Iterator[Shown]:
        """Answer a message by all systems, as it is written."""
        try:
            models, blind, instruction, *values = setup
            systems = self._chosen(models, options_from(tuple(values)))
            if (request.session_hash or "") in self._answering:
                raise BadInput("Answers are being written. Wait for them or stop them first.")
            if view.rounds and {name_of(system) for system in systems} != _systems(view):
                view = View()
            round_ = begin(systems, str(text or ""), view.rounds, str(instruction or ""), bool(blind))
        except UserError as error:
            yield {self.problem: parts.error_html(error)}
            return
        yield from self._answered(request, replace(view, conversation=view.conversation or uuid4().hex), round_)

    def example(self, request: gr.Request, event: gr.EventData, view: View, *setup: Any) -> Iterator[Shown]:
        """One of the messages of the empty page."""
        click = parts.clicked(event)
        if click.do != "example" or click.id not in round_view.EXAMPLES:
            yield {self.problem: parts.error_html(BadInput("There is no such example. Reload the page."))}
            return
        yield from self.ask(request, click.id, view, *setup)

    def _answered(self, request: gr.Request, view: View, round_: Round) -> Iterator[Shown]:
        window = request.session_hash or ""
        run = self._answering[window] = self.running.begin(window)
        yield {
            self.rounds: round_view.rounds_html(view.rounds, self.names) if view.rounds else "",
            self.live: round_view.live_html(round_, self.names, 0),
            **dict.fromkeys((self.problem, self.votes, self.box, self.note), ""),
            self.send: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
        }
        try:
            for answered in round_steps(self.runtime, round_, run.cancelled):
                if run.left:
                    return
                yield {self.live: round_view.live_html(answered, self.names, run.seconds)}
        finally:
            if self._answering.get(window) is run:
                del self._answering[window]
        after = replace(view, rounds=(*view.rounds, answered))
        done = f"{len(round_.sides)} answers are done. Vote with the keys 1 to {len(round_.sides) + 2}."
        yield self._shown(after) | {self.said: parts.announce_html(done)}

    def act(self, request: gr.Request, event: gr.EventData, view: View, control: str) -> Shown:
        """A vote on the last round, or taking it back."""
        click = parts.clicked(event)
        try:
            if view.last is None:
                raise BadInput("There is nothing to vote on yet. Send a message first.")
            last = self._voted(view, view.last, click)
        except UserError as error:
            return {self.problem: parts.error_html(error)}
        after = replace(view, rounds=(*view.rounds[:-1], last))
        return self._shown(after) | {self.ratings: self.rate(None, control), self.problem: ""}

    def _voted(self, view: View, last: Round, click: parts.Click) -> Round:
        if click.do == "take-back" and last.vote:
            self.store.take_back_vote(last.vote)
            return replace(last, vote="", choice="", uncounted="", blind=False)  # its names were told
        if click.do != "vote" or last.vote:
            raise BadInput("This round has its vote. Take it back first, or send another message.")
        kept = self.store.keep_vote(votes.vote(last, click.id, view.conversation))
        return replace(last, vote=kept.id, choice=kept.choice, uncounted=kept.uncounted)

    def pair(self, request: gr.Request, event: gr.EventData, blind: bool, control: str) -> Shown:
        """The two systems whose vote would tell most become the ones to compare."""
        offered = {value for _, value in self._choices()}
        names = parts.clicked(event).id.split()
        if len(names) != round_view.PAIR or not offered.issuperset(names):
            return {self.problem: parts.error_html(BadInput("These models are not here any more. Choose others."))}
        return self.begin_anew(request, blind) | {self.models: gr.Dropdown(value=names)}

    def begin_anew(self, request: gr.Request, blind: bool) -> Shown:
        self.leave(request)
        return self._shown(View()) | {self.rounds: round_view.empty_html(bool(blind)), self.problem: "", self.note: ""}

    def _shown(self, view: View) -> Shown:
        key = f"{view.conversation} {len(view.rounds)}"
        return {
            self.view: view,
            self.rounds: round_view.rounds_html(view.rounds, self.names),
            self.live: "",
            self.votes: round_view.vote_html(view.last, self.names, key) if view.last else "",
            self.send: gr.Button(visible=True),
            self.stop: gr.Button(visible=False),
        }

    def rate(self, models: Any, control: str) -> str:
        found = votes.standing(self.store.votes(), control_style=control == "style")
        return rating_view.standing_html(found, self.names, [value for _, value in self._choices()])

    def save(self) -> tuple[Any, str]:
        """(download, note)."""
        pairs, left_out = votes.preference_pairs(self.store.votes())
        if not pairs:
            return gr.skip(), parts.error_html(BadInput("No vote prefers one answer yet. Vote first, then export."))
        words = wording.pairs_saved(len(pairs), left_out)
        return parts.download_html("preferences.jsonl", votes.jsonl(pairs)), parts.banner_html(words, kind="note")

    def describe(self, view: View, *setup: Any) -> tuple[Any, str]:
        """The line on the folded options; what the next message will do, or what is wrong."""
        models, _, instruction, *values = setup
        try:
            options = options_from(tuple(values))
            systems = self._chosen(models, options)
        except UserError as error:
            return gr.skip(), parts.error_html(error)
        words = (["system prompt"] if str(instruction or "").strip() else []) + differences(options, DEFAULT)
        anew = view.rounds and {name_of(system) for system in systems} != _systems(view)
        note = parts.banner_html("Your next message begins a new comparison with these models.", kind="note")
        return gr.Accordion(label=parts.summary(words)), note if anew else ""

    def end(self, request: gr.Request) -> None:
        self.running.stop(request.session_hash or "")

    def leave(self, request: gr.Request) -> None:
        self.running.leave(request.session_hash or "")
        self._answering.pop(request.session_hash or "", None)

    def _chosen(self, models: Any, options: Options) -> list[System]:
        if not self._choices():
            raise NotDownloaded("No model that chats is on this machine yet. Download one on the Models page.")
        return chosen_systems(self.runtime, [str(name) for name in models or ()], options)

    def _choices(self) -> list[tuple[str, str]]:
        """(name, model@precision) of what is here and chats."""
        return [
            (system_name(f"{spec.id}@{precision}", self.names), f"{spec.id}@{precision}")
            for spec in self.runtime.catalog.for_chat()
            if self.runtime.ready(spec.id)
            for precision in self.runtime.precisions(spec.id)
        ]

    def _first(self, choices: Sequence[tuple[str, str]]) -> list[str]:
        """One of each of two models, or the two ways of the only one."""
        one_each = {value.partition("@")[0]: value for _, value in reversed(choices)}
        values = [*reversed(one_each.values())] if len(one_each) > 1 else [value for _, value in choices]
        return values[: round_view.PAIR]


def _systems(view: View) -> set[str]:
    return {side.name for side in view.rounds[-1].sides}
