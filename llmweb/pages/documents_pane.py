"""The documents to ask: files and pasted texts as chips, added and removed. ask.py places them.

The documents of a window live in the Shelf of its State; reading files is documents.py's.
"""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb import documents
from llmweb.documents import MAX_CHARACTERS, Document
from llmweb.errors import BadInput, UserError
from llmweb.pages import answer_view, parts, uploads
from llmweb.pages.running import QUICK, QUIET, STEPS

MAX_DOCUMENTS = 20
NAME_WORDS, NAME_CHARACTERS = 5, 60

Documents = tuple[Document, ...]
Shown = dict[Component, Any]


class Shelf:
    """The documents of one window. Changed in place, so that a text added while files are read is not lost."""

    def __init__(self) -> None:
        self.documents: Documents = ()
        self._lock = Lock()

    def __deepcopy__(self, memo: object) -> "Shelf":
        """Gradio gives each window a copy of the first one."""
        return Shelf()

    def add(self, more: Sequence[Document]) -> None:
        """Each once. Raises BadInput, and adds none, when they are too many or too long."""
        with self._lock:
            self.documents = together(self.documents, more)

    def remove(self, number: str) -> None:
        """The one with this number, if there is one."""
        with self._lock:
            self.documents = tuple(kept for place, kept in enumerate(self.documents) if str(place) != number)

    def put(self, documents: Documents) -> None:
        with self._lock:
            self.documents = documents


class DocumentsPane:
    """The widgets and their handlers. shelf is the State with the Shelf, pasted the text not yet added."""

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        # Not the class: Gradio would make the window's shelf anew after its first event had been given another.
        self.shelf = gr.State(Shelf())
        with gr.Row(elem_classes=["pane-head"]):
            parts.canvas("ask-documents-heading", "<h2>Documents</h2>")
            self.files = gr.UploadButton(
                "Choose files",
                file_count="multiple",
                elem_id="ask-files",
                elem_classes=["takes-files"],
                min_width=0,
                scale=0,
            )
            self.clear = gr.Button("Remove all", elem_id="ask-clear", min_width=0, scale=0)
        self.too_big = uploads.limit("ask-too-big")
        self.chips = parts.canvas("ask-chips", answer_view.chips_html(()))
        self.problem = parts.canvas("ask-documents-problem")
        self.pasted = gr.Textbox(
            placeholder="Paste a text here, or drop files: .txt .md .pdf .docx .html .srt",
            label="Pasted text",
            show_label=False,
            lines=5,
            max_lines=5,
            elem_id="ask-pasted",
        )
        self.add = gr.Button("Add text", elem_id="ask-add", min_width=0, scale=0)
        self.all: list[Component] = [self.chips, self.problem, self.pasted, self.files]
        self._wire()

    def _wire(self) -> None:
        self.files.upload(self.take, [self.files, self.shelf], self.all, **STEPS)
        self.too_big.click(uploads.refuse, None, self.problem, **QUIET)
        self.add.click(self.add_text, [self.pasted, self.shelf], self.all, **QUIET)
        self.clear.click(self.remove_all, self.shelf, self.all, **QUIET)
        self.chips.click(self.remove, self.shelf, self.all, **QUICK)

    def shown(self, shelf: Shelf, problems: Sequence[UserError] = ()) -> Shown:
        words = "".join(parts.error_html(problem) for problem in problems)
        return {self.chips: answer_view.chips_html(shelf.documents), self.problem: words}

    def asked(self, shelf: Shelf, pasted: str | None) -> Documents:
        """What to ask: the documents, and the text in the field, if any, as one more. Raises BadInput."""
        if pasted and pasted.strip():
            shelf.add([_pasted(pasted)])
        if not shelf.documents:
            raise BadInput("There is no text to search. Choose a file, or paste a text.")
        return shelf.documents

    def take(self, paths: list[str] | None, shelf: Shelf) -> Iterator[Shown]:
        """Uploaded files become documents."""
        yield {self.problem: parts.progress_html("Reading the files")}
        read, failed = uploads.read_uploads(paths or [])
        try:
            shelf.add(read)
        except UserError as error:
            failed.append(error)
        yield self.shown(shelf, failed) | {self.files: gr.UploadButton(value=None)}

    def add_text(self, pasted: str | None, shelf: Shelf) -> Shown:
        try:
            shelf.add([_pasted(pasted or "")])
        except UserError as error:
            return {self.problem: parts.error_html(error)}
        return self.shown(shelf) | {self.pasted: ""}

    def remove_all(self, shelf: Shelf) -> Shown:
        shelf.put(())
        return self.shown(shelf)

    def remove(self, event: gr.EventData, shelf: Shelf) -> Shown:
        shelf.remove(parts.clicked(event).id)
        return self.shown(shelf)


def together(held: Documents, more: Sequence[Document]) -> Documents:
    """Both, each once. Raises BadInput when they are too many or too long."""
    joined = tuple(dict.fromkeys([*held, *more]))
    if len(joined) > MAX_DOCUMENTS:
        raise BadInput(f"These would be {len(joined)} documents; the limit is {MAX_DOCUMENTS}. Remove some first.")
    characters = sum(len(document.text) for document in joined)
    if characters > MAX_CHARACTERS:
        raise BadInput(
            f"These documents would have {characters:,} characters together; the limit is {MAX_CHARACTERS:,}. "
            "Remove some first."
        )
    return joined


def _pasted(text: str) -> Document:
    """Named by its first words."""
    document = documents.read_text(text)
    words = document.text[: 4 * NAME_CHARACTERS].split()
    name = " ".join(words[:NAME_WORDS])[:NAME_CHARACTERS]
    more = "…" if len(name) < len(document.text) else ""
    return Document(f"“{name}{more}”", document.text)
