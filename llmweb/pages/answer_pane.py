"""One answer beside the fields it was asked with, earlier ones below: what Ask and Summarize share.

Owns the buttons, what each state shows, the handlers of all but the fields, and what is kept. The fields, how an answer
comes about and what it looks like are the page's.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import gradio as gr
from gradio.components.base import Component
from gradio.events import Dependency

from llmweb.errors import UserError
from llmweb.pages import parts
from llmweb.pages.model_fold import ModelFold
from llmweb.pages.recent import Recent
from llmweb.pages.running import MEANWHILE, QUICK, QUIET, Running
from llmweb.types import Completion

SPOKEN_CHARACTERS = 500

Shown = dict[Component, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """A finished answer; below is the HTML under it, made with the buttons of other rooms."""

    asked: str
    text: str
    completions: Sequence[Completion]
    html: str
    below: Callable[[Sequence[parts.Action]], str]


class AnswerPane:
    """The widgets and their handlers. An answer's id is its chat's in the history, "" = none, or one not kept."""

    def __init__(self, recent: Recent, fold: ModelFold, empty_html: str, actions: Sequence[parts.AnswerAction]) -> None:
        self.recent, self.fold, self.empty_html = recent, fold, empty_html
        self.history, self.feature, self.noun = recent.history, recent.feature, recent.noun
        self.actions = {action.do: action for action in actions}
        self.names = fold.runtime.catalog.names
        self.running = Running()
        self.panels = Running()  # what other rooms say under the answer

    @contextmanager
    def build(self) -> Iterator[None]:
        """The widgets; what is built inside the with stands above the buttons.

        all are outputs of handlers, chosen inputs: model, precision, temporary.
        """
        name = self.feature
        self.shown = gr.State("")
        self.said = parts.announcer(f"{name}-said")
        self.door = parts.canvas(f"{name}-door", parts.door_html(name), classes=["visually-hidden"])
        self.place = parts.canvas(f"{name}-place", parts.place_html(name), classes=["visually-hidden"])
        with gr.Row(elem_id=f"{name}-panes", elem_classes=["two-panes", "even"]):
            with gr.Column(elem_classes=["pane"], min_width=0):
                yield
                self._build_buttons()
                self.fold.build()
            with gr.Column(elem_classes=["pane"], min_width=0):
                with gr.Row(elem_classes=["pane-head"]):
                    parts.canvas(f"{name}-heading", f"<h2>{self.noun.one.capitalize()}</h2>")
                self.result = parts.canvas(f"{name}-result", self.empty_html)
                self.problem = parts.canvas(f"{name}-problem")
                self.below = parts.canvas(f"{name}-below")
                self.panel = parts.canvas(f"{name}-panel", classes=["panel"])
        self.recent.build()
        self.all: list[Component] = [self.shown, self.place, self.said, self.go, self.stop, *self.fold.fields]
        self.all += [self.result, self.problem, self.below, self.panel, self.recent.list]
        self.chosen: list[Component] = [*self.fold.fields, self.temporary]

    def _build_buttons(self) -> None:
        name = self.feature
        with gr.Row(elem_classes=["buttons"]):
            self.go = gr.Button(name.capitalize(), variant="primary", elem_id=f"{name}-go", min_width=140, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id=f"{name}-stop", elem_classes=["stop-button"], min_width=140, scale=0, visible=False
            )
            self.temporary = gr.Checkbox(
                label="Temporary: do not keep it", elem_id=f"{name}-temporary", min_width=0, container=False
            )

    def wire(
        self, blocks: gr.Blocks, show: Callable[..., Shown], page: list[Component], state: Sequence[Component] = ()
    ) -> None:
        """show(answer_id, *state) gives the page with an answer of the history, "" with none; or UserError."""
        self.show = show
        search = self.recent.search
        blocks.load(self.load, [search, *state], page, **QUIET)
        self.door.click(self.enter, [search, *state], page, **QUICK)
        self.recent.list.click(self.choose, [self.shown, search, *state], page, **QUICK)
        found = [search, self.shown]
        search.input(self.recent.html, found, self.recent.list, trigger_mode="always_last", **QUIET)
        self.stop.click(self.end, None, None, **QUIET)
        gr.on([self.below.click, self.panel.click], self.act, self.shown, self.panel, **MEANWHILE)
        blocks.unload(self.leave)

    def relist(self, event: Dependency) -> None:
        """The list after an event that takes long, by what is searched for then."""
        event.then(self.recent.html, [self.recent.search, self.shown], self.recent.list, **QUIET)

    def load(self, request: gr.Request, search: str | None, *state: Any) -> Shown:
        """Where the address says the window was."""
        answer_id = request.query_params.get(self.noun.one, "")
        shown: Shown = {self.fold.model: self.fold.choices()}
        if not answer_id:
            return shown | {self.recent.list: self.recent.html(search)}
        return shown | self._opened(answer_id, search, *state)

    def enter(self, event: gr.EventData, search: str | None, *state: Any) -> Shown:
        """A link of any page to an answer."""
        return self._opened(parts.entered(event).get(self.noun.one, ""), search, *state)

    def choose(self, request: gr.Request, event: gr.EventData, shown: str, search: str | None, *state: Any) -> Shown:
        """A button in the list of answers."""
        try:
            after = self.recent.choose(parts.clicked(event), shown)
        except UserError as error:
            return {self.problem: parts.error_html(error), self.recent.list: self.recent.html(search, shown)}
        if after == shown:
            return {self.recent.list: self.recent.html(search, shown)}
        self.leave(request)
        if not after:
            return self.show("", *state) | {self.recent.list: self.recent.html(search)}
        return self._opened(after, search, *state)

    def _opened(self, answer_id: str, search: str | None, *state: Any) -> Shown:
        """An answer of the history, or the empty page with why not."""
        try:
            shown = self.show(self.recent.known(answer_id), *state)
        except UserError as error:
            shown, answer_id = self.show("", *state) | {self.problem: parts.error_html(error)}, ""
        return shown | {self.recent.list: self.recent.html(search, answer_id)}

    def act(self, request: gr.Request, event: gr.EventData, shown: str) -> Iterator[Any]:
        """A button that another room has added."""
        run = self.panels.begin(request.session_hash or "")
        yield gr.skip()  # a generator that yields nothing empties its outputs
        yield from run.paced(parts.single_steps(self.actions, parts.clicked(event), shown, self.history))

    def end(self, request: gr.Request) -> None:
        self.running.stop(request.session_hash or "")

    def leave(self, request: gr.Request) -> None:
        for runs in (self.running, self.panels):
            runs.leave(request.session_hash or "")

    def follow(
        self, request: gr.Request, first: T, start: Callable[[], Iterator[T]], busy_html: Callable[[T, float, str], str]
    ) -> Generator[Shown, None, tuple[T, float] | None]:
        """Shows each step with its seconds and the run's name; first stands for those to come.

        Returns the last step and the seconds; None when no more is to be said: it failed, or the window left it.
        """
        self.panels.leave(request.session_hash or "")
        run = self.running.begin(request.session_hash or "")
        step, failure = first, ""
        yield {
            self.go: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
            self.result: busy_html(first, 0, run.name),
            **dict.fromkeys((self.problem, self.below, self.panel, self.shown), ""),
        }
        try:
            for step in run.paced(start()):
                yield {self.result: busy_html(step, run.seconds, run.name)}
        except UserError as error:
            failure = parts.error_html(error)
        if run.left:
            return None
        if failure:
            yield self.without_answer(failure)
            return None
        return step, run.seconds

    def finished(self, result: Result, record: dict[str, Any] | None, said: str) -> Shown:
        """A new answer, kept with its record, unless that is None; said is spoken before its text."""
        answer_id, last = "", result.completions[-1] if result.completions else None
        if record is not None:
            answer_id = self.history.record(self.feature, result.asked, result.text, last, record)
        spoken = parts.announce_html(f"{said} {result.text[:SPOKEN_CHARACTERS]}")
        return self.with_answer(result, answer_id) | {self.said: spoken}

    def kept(self, answer_id: str) -> tuple[str, str, dict[str, Any]]:
        """What was asked, the answer's text, and the record kept with them. Raises NotFound."""
        asked, answer = self.history.thread(answer_id)
        return asked.text, answer.text, self.history.setup(answer_id)

    def with_answer(self, result: Result, answer_id: str) -> Shown:
        # Nothing can be said later of what is not kept.
        added = parts.added_actions(self.actions.values(), result.text) if answer_id else []
        return {
            **self.idle(),
            self.shown: answer_id,
            self.place: parts.place_html(self.feature, **{self.noun.one: answer_id}),
            self.result: result.html,
            self.problem: "",
            self.below: result.below(added),
            self.panel: parts.single_kept_html(self.actions.values(), self.history, answer_id),
        }

    def empty(self) -> Shown:
        nothing = Result("", "", (), self.empty_html, lambda added: "")
        return self.with_answer(nothing, "") | {self.place: parts.place_html(self.feature)}

    def without_answer(self, told: str) -> Shown:
        """What was asked has none; told says why, as HTML."""
        return self.idle() | {self.result: self.empty_html, self.problem: told}

    def idle(self) -> Shown:
        return {self.go: gr.Button(visible=True), self.stop: gr.Button(visible=False)}
