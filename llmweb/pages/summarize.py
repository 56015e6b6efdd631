"""The Summarize page: the text left, its summary right, earlier summaries below. Layout, wiring and handlers.

What a summary looks like is summary_view.py's; how it comes about llmweb/summarize.py's.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import UserError
from llmweb.history import History
from llmweb.pages import examples, parts, summary_view, uploads
from llmweb.pages.frame import Page
from llmweb.pages.model_fold import ModelFold, precision_of
from llmweb.pages.recent import Noun, Recent
from llmweb.pages.running import QUIET, STEPS, Run, Running
from llmweb.pages.wish_fields import WishFields
from llmweb.runtime import Runtime
from llmweb.summarize import Summary, Wish, summarize_steps
from llmweb.summarize.summary import check
from llmweb.types import Options

SPOKEN_CHARACTERS = 500

Shown = dict[Component, Any]


def page(runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction] = ()) -> Page:
    """actions are what other rooms add under a summary."""
    return Page("summarize", "Summarize", lambda blocks: _Summarize(runtime, history, actions).build(blocks))


class _Summarize:
    """The widgets and handlers of the page."""

    def __init__(self, runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction]) -> None:
        self.actions = {action.do: action for action in actions}
        self.runtime, self.history = runtime, history
        self.running, self.wish = Running(), WishFields()
        self.fold = ModelFold(runtime, "summarize", ["generate"])
        self.recent = Recent(history, "summarize", Noun("summary", "summaries"))
        self.names = runtime.catalog.names

    def build(self, blocks: gr.Blocks) -> None:
        self.shown = gr.State("")
        self.said = parts.announcer("summarize-said")
        self.door = parts.canvas("summarize-door", parts.door_html("summarize"), classes=["visually-hidden"])
        self.place = parts.canvas("summarize-place", parts.place_html("summarize"), classes=["visually-hidden"])
        with gr.Row(elem_id="summarize-panes", elem_classes=["two-panes", "even"]):
            with gr.Column(elem_classes=["pane"], min_width=0):
                self._build_text()
                self.wish.build()
                self._build_buttons()
                self.fold.build()
            with gr.Column(elem_classes=["pane"], min_width=0):
                with gr.Row(elem_classes=["pane-head"]):
                    parts.canvas("summarize-heading", "<h2>Summary</h2>")
                self.result = parts.canvas("summarize-result", summary_view.empty_html())
                self.problem = parts.canvas("summarize-problem")
                self.below = parts.canvas("summarize-below")
                self.panel = parts.canvas("summarize-panel", classes=["panel"])
        self.recent.build()
        self._wire(blocks)

    def _build_text(self) -> None:
        with gr.Row(elem_classes=["pane-head"]):
            parts.canvas("summarize-text-heading", "<h2>Text</h2>")
            self.file = gr.UploadButton(
                "Choose a file", elem_id="summarize-file", elem_classes=["takes-files"], min_width=0, scale=0
            )
            self.edit = gr.Button("Edit text", elem_id="summarize-edit", min_width=0, scale=0, visible=False)
            self.clear = gr.Button("Clear", elem_id="summarize-clear", min_width=0, scale=0)
        self.too_big = parts.canvas("summarize-too-big", uploads.limit_html(), classes=["visually-hidden"])
        self.text = gr.Textbox(
            placeholder="Paste a text, or drop a file here: .txt .md .pdf .docx .html .srt",
            label="Text",
            show_label=False,
            lines=12,
            max_lines=12,
            elem_id="summarize-text",
            elem_classes=["pane-field"],
        )
        self.source = parts.canvas("summarize-source")
        self.text_problem = parts.canvas("summarize-text-problem")

    def _build_buttons(self) -> None:
        with gr.Row(elem_classes=["buttons"]):
            self.go = gr.Button("Summarize", variant="primary", elem_id="summarize-go", min_width=140, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id="summarize-stop", elem_classes=["stop-button"], min_width=140, scale=0, visible=False
            )
            self.temporary = gr.Checkbox(
                label="Temporary: do not keep it", elem_id="summarize-temporary", min_width=0, container=False
            )

    def _wire(self, blocks: gr.Blocks) -> None:
        search = self.recent.search
        asked: list[Component] = [self.text, *self.wish.fields, self.fold.model, self.fold.precision, self.temporary]
        asked.append(search)
        page: list[Component] = [self.shown, self.place, self.said, self.text, self.source, self.edit]
        page += [
            self.text_problem,
            *self.wish.fields,
            self.wish.problem,
            self.go,
            self.stop,
            *self.fold.fields,
            self.file,
        ]
        page += [self.result, self.problem, self.below, self.panel, self.recent.list]
        blocks.load(self.load, search, page, **QUIET)
        gr.on([self.go.click, self.wish.focus.submit], self.run, asked, page, **STEPS)
        self.result.click(self.example, None, page, **QUIET).then(self.run, asked, page, **STEPS)
        self.door.click(self.enter, search, page, **QUIET)
        self.stop.click(self.end, None, None, **QUIET)
        self.file.upload(self.take, self.file, page, **STEPS)
        self.too_big.click(self.refuse, None, self.text_problem, **QUIET)
        self.edit.click(self.write, None, page, **QUIET)
        self.clear.click(self.empty, search, page, **QUIET)
        self.recent.list.click(self.choose, [self.shown, search], page, **QUIET)
        found = [search, self.shown]
        search.input(self.recent.html, found, self.recent.list, trigger_mode="always_last", **QUIET)
        gr.on([self.below.click, self.panel.click], self.act, self.shown, self.panel, **STEPS)
        blocks.unload(self.leave)

    def load(self, request: gr.Request, search: str | None) -> Shown:
        """Where the address says the window was."""
        summary_id = request.query_params.get("summary", "")
        shown: Shown = {self.fold.model: self.fold.choices()}
        if not summary_id:
            return shown | {self.recent.list: self.recent.html(search)}
        return shown | self._opened(summary_id, search)

    def run(self, request: gr.Request, text: str | None, *asked: Any) -> Iterator[Shown]:
        """asked: the values of the wish's fields, then model, precision, temporary and search."""
        *wished, model, precision, temporary, search = asked
        wish, problems = self._wish(text or "", wished)
        yield problems
        if wish is None or text is None:
            return
        run = self.running.begin(request.session_hash or "")
        summary, failure = Summary(text, wish), ""
        yield self._busy(summary, run)
        try:
            options = Options(precision=precision_of(precision))
            for summary in run.paced(summarize_steps(self.runtime, text, wish, str(model or ""), options)):
                yield {self.result: summary_view.busy_html(summary, run.seconds, run.name)}
        except UserError as error:
            failure = parts.error_html(error)
        if run.left:
            return
        if failure or not summary.finished:
            told = failure or parts.banner_html("Stopped before the summary was done.", kind="note")
            yield self._idle() | {self.result: summary_view.empty_html(), self.problem: told}
            return
        yield self._finished(summary, run.seconds, bool(temporary), search)

    def _wish(self, text: str, wished: list[Any]) -> tuple[Wish | None, Shown]:
        """What is wanted, None when it cannot be, and what is wrong at which field."""
        right: Shown = {self.text_problem: "", self.wish.problem: ""}
        try:
            wish = self.wish.wish(*wished)
        except UserError as error:
            return None, right | {self.wish.problem: parts.error_html(error)}
        try:
            check(text, wish)
        except UserError as error:
            return None, right | {self.text_problem: parts.error_html(error)}
        return wish, right

    def _busy(self, summary: Summary, run: Run) -> Shown:
        return {
            self.go: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
            self.result: summary_view.busy_html(summary, 0, run.name),
            self.problem: "",
            self.below: "",
            self.panel: "",
            self.shown: "",
        }

    def _idle(self) -> Shown:
        return {self.go: gr.Button(visible=True), self.stop: gr.Button(visible=False)}

    def _finished(self, summary: Summary, seconds: float, temporary: bool, search: str | None) -> Shown:
        """Show a new summary, and keep it unless it is temporary."""
        summary_id = ""
        if not temporary:
            last = summary.completions[-1] if summary.completions else None
            record = summary_view.kept(summary, seconds)
            summary_id = self.history.record("summarize", summary.source, summary.text, last, record)
        said = parts.announce_html(f"Summary done. {summary.text[:SPOKEN_CHARACTERS]}")
        return self._summary(summary, seconds, summary_id, search) | {self.said: said}

    def _summary(self, summary: Summary, seconds: float | None, summary_id: str, search: str | None) -> Shown:
        return {
            **self._idle(),
            self.shown: summary_id,
            self.place: parts.place_html("summarize", summary=summary_id),
            self.text: gr.Textbox(value=summary.source, visible=False),
            self.source: summary_view.source_html(summary),
            self.edit: gr.Button(visible=True),
            self.text_problem: "",
            self.result: summary_view.summary_html(summary),
            self.problem: "",
            self.below: summary_view.below_html(summary, self.names, seconds, self._added(summary_id, summary.text)),
            self.panel: "",
            self.recent.list: self.recent.html(search, summary_id),
        }

    def _added(self, summary_id: str, text: str) -> list[parts.Action]:
        """None for what is not kept: nothing can be said of it later."""
        return parts.added_actions(self.actions.values(), text) if summary_id else []

    def _opened(self, summary_id: str, search: str | None) -> Shown:
        """A summary of the history, or the empty page with what is wrong."""
        try:
            source, answer = self.history.thread(self.recent.known(summary_id))
            record = self.history.setup(summary_id)
        except UserError as error:
            return self._empty(search) | {self.problem: parts.error_html(error)}
        summary = summary_view.reopened(source.text, answer.text, record)
        shown = self._summary(summary, record.get("seconds"), summary_id, search)
        return shown | self.wish.shown(summary.wish) | self.fold.restored(summary.completions)

    def _empty(self, search: str | None) -> Shown:
        return {
            **self._idle(),
            **self._writing(""),
            self.shown: "",
            self.place: parts.place_html("summarize"),
            self.result: summary_view.empty_html(),
            self.problem: "",
            self.below: "",
            self.panel: "",
            self.recent.list: self.recent.html(search),
        }

    def _writing(self, text: str) -> Shown:
        """The field with a text, instead of the text with its lit sentences."""
        return self.write() | {self.text: gr.Textbox(value=text, visible=True), self.text_problem: ""}

    def write(self) -> Shown:
        """The field again, with what is in it."""
        return {self.text: gr.Textbox(visible=True), self.source: "", self.edit: gr.Button(visible=False)}

    def example(self, event: gr.EventData) -> Shown:
        return self._writing(examples.TEXT) if parts.clicked(event).do == "example" else self._idle()

    def take(self, path: str | None) -> Iterator[Shown]:
        """An uploaded file becomes the text."""
        yield {self.text_problem: parts.progress_html("Reading the file")}
        read, failed = uploads.read_uploads([path] if path else [])
        shown = self._writing(read[0].text) if read else {}
        problem = parts.error_html(failed[0]) if failed else ""
        yield shown | {self.text_problem: problem, self.file: gr.UploadButton(value=None)}

    def refuse(self, event: gr.EventData) -> str:
        return parts.error_html(uploads.too_big(parts.clicked(event)))

    def empty(self, request: gr.Request, search: str | None) -> Shown:
        self.leave(request)
        return self._empty(search)

    def choose(self, request: gr.Request, event: gr.EventData, shown: str, search: str | None) -> Shown:
        """A button in the list of summaries."""
        try:
            after = self.recent.choose(parts.clicked(event), shown)
        except UserError as error:
            return {self.problem: parts.error_html(error), self.recent.list: self.recent.html(search, shown)}
        if after == shown:
            return {self.recent.list: self.recent.html(search, shown)}
        self.leave(request)
        return self._opened(after, search) if after else self._empty(search)

    def enter(self, event: gr.EventData, search: str | None) -> Shown:
        """A link of any page to a summary."""
        return self._opened(parts.entered(event).get("summary", ""), search)

    def act(self, event: gr.EventData, shown: str) -> Iterator[str]:
        """A button that another room has added."""
        yield from parts.single_steps(self.actions, parts.clicked(event), shown, self.history)

    def end(self, request: gr.Request) -> None:
        self.running.stop(request.session_hash or "")

    def leave(self, request: gr.Request) -> None:
        self.running.leave(request.session_hash or "")
