"""The Ask page: documents and question left, the answer with its passages right. The fields, and how they are asked.

What an answer looks like is answer_view.py's, how it is found llmweb/ask's, all else answer_pane.py's.
"""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb import documents
from llmweb.ask import Answer, ask_steps
from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.pages import answer_view, examples, parts
from llmweb.pages.answer_pane import AnswerPane, Result
from llmweb.pages.answer_view import AnswerShown
from llmweb.pages.documents_pane import Documents, DocumentsPane, Shelf
from llmweb.pages.frame import Page
from llmweb.pages.model_fold import ModelFold
from llmweb.pages.recent import Noun, Recent
from llmweb.pages.running import QUIET, STEPS
from llmweb.retrieve import Library
from llmweb.runtime import Runtime

Shown = dict[Component, Any]


def page(runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction] = ()) -> Page:
    """actions are what other rooms add under an answer."""
    return Page("ask", "Ask", lambda blocks: _Ask(runtime, history, actions).build(blocks))


class _Ask:
    """The fields and their handlers. The Library keeps the indexes last asked, of all windows."""

    def __init__(self, runtime: Runtime, history: History, actions: Sequence[parts.AnswerAction]) -> None:
        self.runtime, self.library, self.documents = runtime, Library(), DocumentsPane()
        self.fold = ModelFold(runtime, "ask", ["generate", "span"])
        recent = Recent(history, "ask", Noun("answer", "answers"))
        self.pane = AnswerPane(recent, self.fold, answer_view.empty_html(), actions)

    def build(self, blocks: gr.Blocks) -> None:
        with self.pane.build():
            self.documents.build()
            self.question = gr.Textbox(
                placeholder="What do you want to know?", label="Question", lines=1, max_lines=4, elem_id="ask-question"
            )
            self.question_problem = parts.canvas("ask-question-problem")
        self._wire(blocks)

    def _wire(self, blocks: gr.Blocks) -> None:
        pane, shelf = self.pane, self.documents.shelf
        asked = [self.question, self.documents.pasted, shelf, *pane.chosen]
        page = [*pane.all, *self.documents.all, self.question, self.question_problem]
        pane.relist(gr.on([pane.go.click, self.question.submit], self.run, asked, page, **STEPS))
        pane.relist(pane.result.click(self.example, shelf, page, **QUIET).then(self.run, asked, page, **STEPS))
        pane.wire(blocks, self.show, page, [shelf])

    def run(
        self, request: gr.Request, question: str | None, pasted: str | None, shelf: Shelf, *chosen: Any
    ) -> Iterator[Shown]:
        """chosen: the values of model, precision and temporary."""
        model, precision, temporary = chosen
        question = question or ""
        asked, problems = self._asked(question, pasted, shelf)
        yield problems
        if problems[self.documents.problem] or problems[self.question_problem]:
            return
        index = cache(partial(self.library.index, asked))  # made once, while the page already shows that it works

        def start() -> Iterator[Answer]:
            return ask_steps(self.runtime, question, index(), *self.fold.chosen(model, precision))

        ended = yield from self.pane.follow(request, Answer(question), start, answer_view.busy_html)
        if ended is None:
            return
        answer, seconds = ended
        if answer.confidence is None:
            yield self.pane.without_answer(parts.banner_html("Stopped before there was an answer.", kind="note"))
            return
        shown = answer_view.shown(answer, index(), seconds)
        record = None if temporary else answer_view.kept(shown)
        yield self.pane.finished(self._result(shown), record, "Answer:")

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

    def _result(self, answer: AnswerShown) -> Result:
        below = partial(answer_view.below_html, answer, self.pane.names)
        return Result(answer.question, answer.reply, answer.completions, answer_view.answer_html(answer), below)

    def show(self, answer_id: str, shelf: Shelf) -> Shown:
        """An answer of the history, its document back on the shelf if that was kept; "": none."""
        if not answer_id:
            return self.pane.empty()
        question, reply, record = self.pane.kept(answer_id)
        if kept := record.get("document"):
            shelf.put((documents.read_text(kept["text"], kept["name"]),))
        answer = answer_view.reopened(question, reply, record)
        shown = self.pane.with_answer(self._result(answer), answer_id) | self.fold.restored(answer.completions)
        return shown | self.documents.shown(shelf) | {self.question: answer.question, self.question_problem: ""}

    def example(self, event: gr.EventData, shelf: Shelf) -> Shown:
        """One of the questions of the empty page, to its text."""
        click = parts.clicked(event)
        if click.do != "example" or click.id not in examples.QUESTIONS:
            return self.pane.idle()
        shelf.put((documents.read_text(examples.TEXT, examples.TEXT_NAME),))
        return self.documents.shown(shelf) | {self.question: click.id}
