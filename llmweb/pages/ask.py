"""The Ask page: documents and question left, the answer with its passages right. Layout, wiring and handlers.

What an answer looks like is answer_view.py's; how it is found llmweb/ask.py's.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb import documents
from llmweb.ask import Answer, ask_steps
from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.pages import answer_view, examples, parts
from llmweb.pages.answer_view import AnswerShown
from llmweb.pages.documents_pane import Documents, DocumentsPane, Shelf
from llmweb.pages.frame import Page
from llmweb.pages.model_fold import ModelFold, precision_of
from llmweb.pages.recent import Noun, Recent
from llmweb.pages.running import QUIET, STEPS, Run, Running
from llmweb.retrieve import Library
from llmweb.runtime import Runtime
from llmweb.types import Options

SPOKEN_CHARACTERS = 500

Shown = dict[Component, Any]


def page(runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction] = ()) -> Page:
    """actions are what other rooms add under an answer."""
    return Page("ask", "Ask", lambda blocks: _Ask(runtime, history, actions).build(blocks))


class _Ask:
    """The widgets and handlers of the page. The Library keeps the indexes last asked, of all windows."""

    def __init__(self, runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction]) -> None:
        self.actions = {action.do: action for action in actions}
        self.runtime, self.history = runtime, history
        self.running, self.library, self.documents = Running(), Library(), DocumentsPane()
        self.fold = ModelFold(runtime, "ask", ["generate", "span"])
        self.recent = Recent(history, "ask", Noun("answer", "answers"))
        self.names = runtime.catalog.names

    def build(self, blocks: gr.Blocks) -> None:
        self.shown = gr.State("")
        self.said = parts.announcer("ask-said")
        self.door = parts.canvas("ask-door", parts.door_html("ask"), classes=["visually-hidden"])
        self.place = parts.canvas("ask-place", parts.place_html("ask"), classes=["visually-hidden"])
        with gr.Row(elem_id="ask-panes", elem_classes=["two-panes", "even"]):
            with gr.Column(elem_classes=["pane"], min_width=0):
                self.documents.build()
                self._build_question()
                self.fold.build()
            with gr.Column(elem_classes=["pane"], min_width=0):
                with gr.Row(elem_classes=["pane-head"]):
                    parts.canvas("ask-heading", "<h2>Answer</h2>")
                self.result = parts.canvas("ask-result", answer_view.empty_html())
                self.problem = parts.canvas("ask-problem")
                self.below = parts.canvas("ask-below")
                self.panel = parts.canvas("ask-panel", classes=["panel"])
        self.recent.build()
        self._wire(blocks)

    def _build_question(self) -> None:
        self.question = gr.Textbox(
            placeholder="What do you want to know?", label="Question", lines=1, max_lines=4, elem_id="ask-question"
        )
        self.question_problem = parts.canvas("ask-question-problem")
        with gr.Row(elem_classes=["buttons"]):
            self.go = gr.Button("Ask", variant="primary", elem_id="ask-go", min_width=140, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id="ask-stop", elem_classes=["stop-button"], min_width=140, scale=0, visible=False
            )
            self.temporary = gr.Checkbox(
                label="Temporary: do not keep it", elem_id="ask-temporary", min_width=0, container=False
            )

    def _wire(self, blocks: gr.Blocks) -> None:
        search, shelf = self.recent.search, self.documents.shelf
        asked: list[Component] = [self.question, self.documents.pasted, shelf, self.fold.model, self.fold.precision]
        asked += [self.temporary, search]
        page: list[Component] = [self.shown, self.place, self.said, *self.documents.all, self.question]
        page += [
            self.question_problem,
            self.go,
            self.stop,
            *self.fold.fields,
            self.result,
            self.problem,
            self.below,
            self.panel,
        ]
        page.append(self.recent.list)
        blocks.load(self.load, [search, shelf], page, **QUIET)
        gr.on([self.go.click, self.question.submit], self.run, asked, page, **STEPS)
        self.result.click(self.example, shelf, page, **QUIET).then(self.run, asked, page, **STEPS)
        self.door.click(self.enter, [search, shelf], page, **QUIET)
        self.stop.click(self.end, None, None, **QUIET)
        self.recent.list.click(self.choose, [self.shown, search, shelf], page, **QUIET)
        found = [search, self.shown]
        search.input(self.recent.html, found, self.recent.list, trigger_mode="always_last", **QUIET)
        gr.on([self.below.click, self.panel.click], self.act, self.shown, self.panel, **STEPS)
        blocks.unload(self.leave)

    def load(self, request: gr.Request, search: str | None, shelf: Shelf) -> Shown:
        """Where the address says the window was."""
        answer_id = request.query_params.get("answer", "")
        shown: Shown = {self.fold.model: self.fold.choices()}
        if not answer_id:
            return shown | {self.recent.list: self.recent.html(search)}
        return shown | self._opened(answer_id, search, shelf)

    def run(
        self, request: gr.Request, question: str | None, pasted: str | None, shelf: Shelf, *chosen: Any
    ) -> Iterator[Shown]:
        """chosen: the values of model, precision, temporary and search."""
        model, precision, temporary, search = chosen
        question = question or ""
        asked, problems = self._asked(question, pasted, shelf)
        yield problems
        if problems[self.documents.problem] or problems[self.question_problem]:
            return
        run = self.running.begin(request.session_hash or "")
        answer, failure = Answer(question), ""
        yield self._busy(answer, run)
        try:
            index, options = self.library.index(asked), Options(precision=precision_of(precision))
            for answer in run.paced(ask_steps(self.runtime, question, index, str(model or ""), options)):
                yield {self.result: answer_view.busy_html(answer, run.seconds, run.name)}
        except UserError as error:
            failure = parts.error_html(error)
        if run.left:
            return
        if failure or answer.confidence is None:
            told = failure or parts.banner_html("Stopped before there was an answer.", kind="note")
            yield self._idle() | {self.result: answer_view.empty_html(), self.problem: told}
            return
        yield self._finished(answer_view.shown(answer, index, run.seconds), bool(temporary), search)

    def _asked(self, question: str, pasted: str | None, shelf: Shelf) -> tuple[Documents, Shown]:
        """The documents to ask, a pasted text among them, and what is wrong at which field."""
        right: Shown = {self.documents.problem: "", self.question_problem: ""}
        try:
            asked = self.documents.asked(shelf, pasted)
        except UserError as error:
            return (), right | {self.documents.problem: parts.error_html(error)}
        right |= self.documents.shown(shelf) | {self.documents.pasted: ""}
        if not question.strip():
            missing = BadInput("There is no question. Write one about the documents.")
            return asked, right | {self.question_problem: parts.error_html(missing)}
        return asked, right

    def _busy(self, answer: Answer, run: Run) -> Shown:
        return {
            self.go: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
            self.result: answer_view.busy_html(answer, 0, run.name),
            self.problem: "",
            self.below: "",
            self.panel: "",
            self.shown: "",
        }

    def _idle(self) -> Shown:
        return {self.go: gr.Button(visible=True), self.stop: gr.Button(visible=False)}

    def _finished(self, answer: AnswerShown, temporary: bool, search: str | None) -> Shown:
        """Show a new answer, and keep it unless it is temporary."""
        answer_id = ""
        if not temporary:
            last = answer.completions[-1] if answer.completions else None
            record = answer_view.kept(answer)
            answer_id = self.history.record("ask", answer.question, answer.reply, last, record)
        said = parts.announce_html(f"Answer: {answer.reply[:SPOKEN_CHARACTERS]}")
        return self._answer(answer, answer_id, search) | {self.said: said}

    def _answer(self, answer: AnswerShown, answer_id: str, search: str | None) -> Shown:
        return {
            **self._idle(),
            self.shown: answer_id,
            self.place: parts.place_html("ask", answer=answer_id),
            self.result: answer_view.answer_html(answer),
            self.problem: "",
            self.below: answer_view.below_html(answer, self.names, self._added(answer_id, answer.reply)),
            self.panel: "",
            self.recent.list: self.recent.html(search, answer_id),
        }

    def _added(self, answer_id: str, text: str) -> list[parts.Action]:
        """None for what is not kept: nothing can be said of it later."""
        return parts.added_actions(self.actions.values(), text) if answer_id else []

    def _opened(self, answer_id: str, search: str | None, shelf: Shelf) -> Shown:
        """An answer of the history, its document back on the shelf if that was kept; or the empty page with why not."""
        try:
            question, reply = self.history.thread(self.recent.known(answer_id))
            record = self.history.setup(answer_id)
        except UserError as error:
            return self._empty(search) | {self.problem: parts.error_html(error)}
        if kept := record.get("document"):
            shelf.put((documents.read_text(kept["text"], kept["name"]),))
        answer = answer_view.reopened(question.text, reply.text, record)
        asked = {self.question: answer.question, self.question_problem: ""}
        return (
            self._answer(answer, answer_id, search)
            | asked
            | self.documents.shown(shelf)
            | self.fold.restored(answer.completions)
        )

    def _empty(self, search: str | None) -> Shown:
        return {
            **self._idle(),
            self.shown: "",
            self.place: parts.place_html("ask"),
            self.result: answer_view.empty_html(),
            self.problem: "",
            self.below: "",
            self.panel: "",
            self.recent.list: self.recent.html(search),
        }

    def example(self, event: gr.EventData, shelf: Shelf) -> Shown:
        """One of the questions of the empty page, to its text."""
        click = parts.clicked(event)
        if click.do != "example" or click.id not in examples.QUESTIONS:
            return self._idle()
        shelf.put((documents.read_text(examples.TEXT, examples.TEXT_NAME),))
        return self.documents.shown(shelf) | {self.question: click.id}

    def choose(self, request: gr.Request, event: gr.EventData, shown: str, search: str | None, shelf: Shelf) -> Shown:
        """A button in the list of answers."""
        try:
            after = self.recent.choose(parts.clicked(event), shown)
        except UserError as error:
            return {self.problem: parts.error_html(error), self.recent.list: self.recent.html(search, shown)}
        if after == shown:
            return {self.recent.list: self.recent.html(search, shown)}
        self.leave(request)
        return self._opened(after, search, shelf) if after else self._empty(search)

    def enter(self, event: gr.EventData, search: str | None, shelf: Shelf) -> Shown:
        """A link of any page to an answer."""
        return self._opened(parts.entered(event).get("answer", ""), search, shelf)

    def act(self, event: gr.EventData, shown: str) -> Iterator[str]:
        """A button that another room has added."""
        yield from parts.single_steps(self.actions, parts.clicked(event), shown, self.history)

    def end(self, request: gr.Request) -> None:
        self.running.stop(request.session_hash or "")

    def leave(self, request: gr.Request) -> None:
        self.running.leave(request.session_hash or "")
