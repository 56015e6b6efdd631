"""Files as suites of one's own or as another program's run, on the Runs page. Widgets and their handlers.

What is read is readers/'s, what is kept adding.py's.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from evals import cases
from evals.adding import keep_suite, take_run
from evals.readers import FORMATS, Naming, Wanted, read_suite
from evals.readers.harness import HARNESS
from evals.run_queue import RunQueue
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts, uploads
from llmweb.pages.running import QUIET, STEPS

RUN = "run"
WORDS = {
    "chat": "Chats",
    "parallel": "Translations",
    "summaries": "Summaries",
    "squad": "Questions about texts",
    "choice": "Multiple choice",
}
HOLDS = [*((f"{words}: a suite", name) for name, words in WORDS.items()), (f"A run of {HARNESS}", RUN)]
OWN_SCORES = ("A suite of its own, as it was scored there", "")
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt")


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of a file, in the order of the fields; it comes from the browser."""

    holds: str
    name: str
    model: str
    language: str
    target: str
    licence: str
    suite: str


class ImportFold:
    """The fields; what comes in is shown by the page's clock."""

    def __init__(self, queue: RunQueue) -> None:
        self.queue, self.store = queue, queue.store

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        with gr.Accordion("Import a suite or a run", open=False, elem_id="runs-import") as self.fold:
            with gr.Row(elem_classes=["fields"]):
                self.holds = gr.Dropdown(
                    HOLDS, value="chat", label="What the file holds", elem_id="import-holds", filterable=False
                )
                self.name = gr.Textbox(label="Name of the suite", elem_id="import-name", min_width=200)
                self.model = gr.Textbox(
                    label="Model that answered", elem_id="import-model", min_width=200, visible=False
                )
                self.language = gr.Textbox("en", label="Language", elem_id="import-language", min_width=100)
                self.target = gr.Textbox("pt", label="Into", elem_id="import-target", min_width=100, visible=False)
                self.licence = gr.Textbox(cases.LICENCE, label="Licence", elem_id="import-licence", min_width=160)
                self.suite = gr.Dropdown(
                    [OWN_SCORES], value="", label="Answers to", elem_id="import-suite", visible=False, min_width=240
                )
            self.about = parts.canvas("import-about", _about_html("chat"))
            self.file = gr.UploadButton(
                "Choose the file…",
                elem_id="import-file",
                elem_classes=["takes-files"],
                file_types=list(SUFFIXES),
                min_width=0,
                scale=0,
                size="md",
            )
            self.said = parts.canvas("import-said")

    def wire(self) -> None:
        shown = [self.name, self.model, self.language, self.target, self.licence, self.suite, self.about]
        self.holds.input(self.show, self.holds, shown, trigger_mode="always_last", **QUIET)
        asked = [self.file, self.holds, self.name, self.model, self.language, self.target, self.licence, self.suite]
        self.file.upload(self.take, asked, [self.said, self.file], **STEPS)

    def show(self, holds: Any) -> list[Any]:
        """The fields that this kind of file needs."""
        run, pairs = holds == RUN, holds == "parallel"
        suites = [OWN_SCORES, *((suite.title, name) for name, suite in self.queue.suites().items())]
        return [
            gr.Textbox(visible=not run),
            gr.Textbox(visible=run),
            gr.Textbox(visible=not run, label="From" if pairs else "Language"),
            gr.Textbox(visible=pairs),
            gr.Textbox(visible=not run),
            gr.Dropdown(suites, visible=run),
            _about_html(str(holds)),
        ]

    def take(self, path: str | None, *fields: Any) -> tuple[str, gr.UploadButton]:
        """What came of it."""
        emptied = gr.UploadButton(value=None)
        if not path:
            return parts.error_html(BadInput("No file came. Choose one.")), emptied
        try:
            words = self._taken(Path(path), Described(*(str(field or "").strip() for field in fields)))
        except UserError as error:
            return parts.error_html(error), emptied
        finally:
            uploads.delete(Path(path))
        self.queue.note_change()
        return words, emptied

    def _taken(self, path: Path, said: Described) -> str:
        """Raises UserError."""
        if said.holds == RUN:
            return self._run(path, said.model, said.suite)
        if said.holds not in WORDS:
            raise BadInput(f"There is no kind of file {said.holds!r} here. Reload the page.")
        pairs = said.holds == "parallel"
        if not (said.name and said.licence and said.language and (said.target or not pairs)):
            raise BadInput("Write a name, the language and the licence first, then choose the file again.")
        wanted = Wanted((path,), said.language, said.target if pairs else "")
        made = read_suite(said.holds, wanted, Naming(said.licence, said.name, said.name))
        keep_suite(made, self.store)
        count = f"{len(made.samples):,} case{'s' if len(made.samples) > 1 else ''}"
        link = parts.place_link_html(f"Open {escape(made.title)}", "runs", suite=made.id)
        return parts.banner_html(f"{made.title} is a suite now, of {count}.", f" {link}", kind="note")

    def _run(self, path: Path, model: str, suite: str) -> str:
        if not model:
            raise BadInput("Which model answered? Write its name, then choose the file again.")
        known = self.queue.suites()
        if suite and suite not in known:
            raise BadInput(f"There is no suite {suite!r}. Reload the page.")
        run, found = take_run(path, model, known.get(suite), self.store)
        words = f"Imported {len(found.outputs):,} samples of {run.system}. They can be read and compared, not ranked."
        if found.left_out:
            words += f" Left out, as it is no mean of a number a sample: {', '.join(found.left_out)}."
        return parts.banner_html(words, f" {parts.place_link_html('Open the run', 'runs', run=run.id)}", kind="note")


def _about_html(holds: str) -> str:
    if holds == RUN:
        words = "A samples_*.jsonl file, as it is written with --log_samples."
    else:
        form = FORMATS[holds] if holds in FORMATS else FORMATS["chat"]
        words = f"{form.about[0].upper()}{form.about[1:]}. Columns: {', '.join(form.columns)}."
        words += f" There may also be {', '.join(form.may)}. What is exported here can be imported again."
    return f'<p class="faint">{escape(words)}</p>'
