"""The Summarize page: the text left, its summary right. The fields, and how they are summarized.

What a summary looks like is summary_view.py's, how it comes about llmweb/summarize's, all else answer_pane.py's.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import UserError
from llmweb.history import History
from llmweb.pages import examples, parts, summary_view, uploads
from llmweb.pages.answer_pane import AnswerPane, Result
from llmweb.pages.frame import Page
from llmweb.pages.model_fold import ModelFold
from llmweb.pages.recent import Noun, Recent
from llmweb.pages.running import QUIET, STEPS
from llmweb.pages.wish_fields import WishFields
from llmweb.runtime import Runtime
from llmweb.summarize import Summary, Wish, summarize_steps
from llmweb.summarize.summary import check

Shown = dict[Component, Any]


def page(runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction] = ()) -> Page:
    """actions are what other rooms add under a summary."""
    return Page("summarize", "Summarize", lambda blocks: _Summarize(runtime, history, actions).build(blocks))


class _Summarize:
    """The fields and their handlers."""

    def __init__(self, runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction]) -> None:
        self.runtime, self.wish = runtime, WishFields()
        self.fold = ModelFold(runtime, "summarize", ["generate"])
        recent = Recent(history, "summarize", Noun("summary", "summaries"))
        self.pane = AnswerPane(recent, self.fold, summary_view.empty_html(), actions)

    def build(self, blocks: gr.Blocks) -> None:
        with self.pane.build():
            self._build_text()
            self.wish.build()
        self._wire(blocks)

    def _build_text(self) -> None:
        with gr.Row(elem_classes=["pane-head"]):
            parts.canvas("summarize-text-heading", "<h2>Text</h2>")
            self.file = gr.UploadButton(
                "Choose a file", elem_id="summarize-file", elem_classes=["takes-files"], min_width=0, scale=0
            )
            self.edit = gr.Button("Edit text", elem_id="summarize-edit", min_width=0, scale=0, visible=False)
            self.clear = gr.Button("Clear", elem_id="summarize-clear", min_width=0, scale=0)
        self.too_big = uploads.limit("summarize-too-big")
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

    def _wire(self, blocks: gr.Blocks) -> None:
        pane = self.pane
        asked = [self.text, *self.wish.fields, *pane.chosen]
        page = [*pane.all, self.text, self.source, self.edit, self.text_problem, self.file]
        page += [*self.wish.fields, self.wish.problem]
        pane.relist(gr.on([pane.go.click, self.wish.focus.submit], self.run, asked, page, **STEPS))
        pane.relist(pane.result.click(self.example, None, page, **QUIET).then(self.run, asked, page, **STEPS))
        self.file.upload(self.take, self.file, page, **STEPS)
        self.too_big.click(uploads.refuse, None, self.text_problem, **QUIET)
        self.edit.click(self.write, None, page, **QUIET)
        pane.relist(self.clear.click(self.empty, None, page, **QUIET))
        pane.wire(blocks, self.show, page)

    def run(self, request: gr.Request, text: str | None, *asked: Any) -> Iterator[Shown]:
        """asked: the values of the wish's fields, then model, precision and temporary."""
        *wished, model, precision, temporary = asked
        wish, problems = self._wish(text or "", wished)
        yield problems
        if wish is None or text is None:
            return

        def start() -> Iterator[Summary]:
            return summarize_steps(self.runtime, text, wish, *self.fold.chosen(model, precision))

        ended = yield from self.pane.follow(request, Summary(text, wish), start, summary_view.busy_html)
        if ended is None:
            return
        summary, seconds = ended
        if not summary.finished:
            yield self.pane.without_answer(parts.banner_html("Stopped before the summary was done.", kind="note"))
            return
        result, record = self._result(summary, seconds), None if temporary else summary_view.kept(summary, seconds)
        yield self.pane.finished(result, record, "Summary done.") | self._reading(summary)

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

    def _result(self, summary: Summary, seconds: float | None) -> Result:
        below = partial(summary_view.below_html, summary, self.pane.names, seconds)
        return Result(summary.source, summary.text, summary.completions, summary_view.summary_html(summary), below)

    def show(self, summary_id: str) -> Shown:
        """A summary of the history; "": none."""
        if not summary_id:
            return self.pane.empty() | self._writing("")
        source, text, record = self.pane.kept(summary_id)
        summary = summary_view.reopened(source, text, record)
        shown = self.pane.with_answer(self._result(summary, record.get("seconds")), summary_id)
        return shown | self._reading(summary) | self.wish.shown(summary.wish) | self.fold.restored(summary.completions)

    def _reading(self, summary: Summary) -> Shown:
        """The text with its lit sentences, instead of the field."""
        return {
            self.text: gr.Textbox(value=summary.source, visible=False),
            self.source: summary_view.source_html(summary),
            self.edit: gr.Button(visible=True),
            self.text_problem: "",
        }

    def _writing(self, text: str) -> Shown:
        """The field with a text, ready to be changed."""
        return self.write() | {self.text: gr.Textbox(value=text, visible=True), self.text_problem: ""}

    def write(self) -> Shown:
        """The field again, with what is in it."""
        return {self.text: gr.Textbox(visible=True), self.source: "", self.edit: gr.Button(visible=False)}

    def example(self, event: gr.EventData) -> Shown:
        return self._writing(examples.TEXT) if parts.clicked(event).do == "example" else self.pane.idle()

    def take(self, path: str | None) -> Iterator[Shown]:
        """An uploaded file becomes the text."""
        yield {self.text_problem: parts.progress_html("Reading the file")}
        read, failed = uploads.read_uploads([path] if path else [])
        shown = self._writing(read[0].text) if read else {}
        problem = parts.error_html(failed[0]) if failed else ""
        yield shown | {self.text_problem: problem, self.file: gr.UploadButton(value=None)}

    def empty(self, request: gr.Request) -> Shown:
        self.pane.leave(request)
        return self.show("")
