"""The Translate page: a text on the left, its translation on the right, sentence by sentence. Layout and handlers.

What things look like is translation.py's, which languages and models go together pairs.py's; translations run in
jobs.py, watched or not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import BadInput, NotFound, UserError
from llmweb.pages import pairs, parts, translation
from llmweb.pages.frame import Page
from llmweb.pages.parts import Click
from llmweb.pages.recent import Noun, Recent
from llmweb.pages.running import MEANWHILE, QUICK, QUIET, Run, Running
from llmweb.pages.theme import HERE
from llmweb.translate import AUTO, back_translate_steps
from llmweb.translate.files import SUFFIXES
from llmweb.translate.jobs import FEATURE, Ask, TranslationJobs, Work
from llmweb.translate.languages import detect

SCRIPT = HERE / "translate.js"
LINES = 12
SPOKEN_CHARACTERS = 500

Shown = dict[Component, Any]


def page(kept: TranslationJobs, temporary: TranslationJobs, actions: Sequence[parts.AnswerAction] = ()) -> Page:
    """temporary makes the translations that are not kept; actions are what other rooms add under a result."""
    return Page("translate", "Translate", lambda blocks: _Translate(kept, temporary, actions).build(blocks))


@dataclass(frozen=True, slots=True)
class View:
    """The translation a window shows, "" = none, and whether it was running then."""

    id: str = ""
    temporary: bool = False
    running: bool = False


class _Translate:
    """The widgets and handlers of the page."""

    def __init__(
        self, kept: TranslationJobs, temporary: TranslationJobs, actions: Sequence[parts.AnswerAction]
    ) -> None:
        self.runtime, self.kept, self.temporary = kept.runtime, kept, temporary
        self.names = self.runtime.catalog.names
        self.actions = {action.do: action for action in actions}
        self.recent = Recent(kept.history, FEATURE, Noun("translation", "translations"))
        self.fields = pairs.PairFields(self.runtime)
        self._of_window: dict[str, View] = {}
        self.panels = Running()  # what is said under the result

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("translate-said")
        self.door = parts.canvas("translate-door", parts.door_html("translate"), classes=["visually-hidden"])
        self.place = parts.canvas("translate-place", parts.place_html("translate"), classes=["visually-hidden"])
        with gr.Column(elem_id="translate-page"):
            self.fields.build_languages()
            self.detected = parts.canvas("translate-detected", translation.detected_html((), pairs.FIRST_TARGET))
            with gr.Row(elem_classes=["two-panes"]):
                with gr.Column(elem_classes=["pane"], min_width=0):
                    self._build_source()
                with gr.Column(elem_classes=["pane"], min_width=0):
                    self.result = parts.canvas("translate-result", translation.result_html(None))
                    self.done = parts.canvas("translate-done")
                    self.download = gr.DownloadButton("Download", elem_id="translate-download", visible=False)
            with gr.Row(elem_classes=["two-panes"]):
                with gr.Column(elem_classes=["pane"], min_width=0):
                    self.fields.build_setup()
                    self.passing = gr.Checkbox(
                        label="Temporary", info="The next translations are not kept.", elem_id="translate-temporary"
                    )
                with gr.Column(elem_classes=["pane"], min_width=0):
                    self.check = parts.canvas("translate-check")
                    self.alternatives = parts.canvas("translate-alternatives")
            self.recent.build()
        gr.HTML(
            elem_id="translate-script",
            js_on_load=f'const page = element.closest("#page-translate, .tabitem");\n{SCRIPT.read_text("utf-8")}',
            elem_classes=["visually-hidden"],
        )
        self._wire(blocks)

    def _build_source(self) -> None:
        with gr.Column(elem_classes=["pane-box", "mirrored"]):
            self.mirror = parts.canvas("translate-mirror")
            self.box = gr.Textbox(
                placeholder="Type or paste a text, or drop a file",
                label="Text to translate",
                show_label=False,
                lines=LINES,
                max_lines=LINES,
                elem_id="translate-box",
            )
        with gr.Row(elem_id="translate-bar", elem_classes=["buttons"]):
            parts.canvas("translate-counted", '<span id="translate-count" class="faint figures">0 characters</span>')
            self.upload = gr.UploadButton(
                "File…",
                elem_id="translate-upload",
                elem_classes=["takes-files"],
                file_types=list(SUFFIXES),
                min_width=0,
                scale=0,
                size="md",
            )
            self.go = gr.Button("Translate", variant="primary", elem_id="translate-go", min_width=112, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id="translate-stop", elem_classes=["stop-button"], min_width=112, scale=0, visible=False
            )
        self.working = parts.canvas("translate-working")
        self.problem = parts.canvas("translate-problem")

    def _wire(self, blocks: gr.Blocks) -> None:
        view, search = self.view, self.recent.search
        fields = self.fields
        fields.wire()
        outputs: list[Component] = [
            *(view, self.place, self.box, self.mirror, self.result, self.done, self.download, self.detected),
            *(self.working, self.problem, fields.problem, self.check, self.alternatives, self.recent.list, self.go),
            *(self.stop, self.said, *fields.inputs),
        ]
        asked = [self.passing, view, search, *fields.inputs]
        starts = (
            blocks.load(self.load, search, outputs, **QUIET),
            self.door.click(self.enter, [view, search], outputs, **QUICK),
            self.go.click(self.translate, [self.box, *asked], outputs, **QUIET),
            self.upload.upload(self.translate_file, [self.upload, *asked], outputs, **QUIET),
            self.result.click(self.example, asked, outputs, **QUIET),
            self.detected.click(self.correct, [self.box, *asked], outputs, **QUIET),
            self.recent.list.click(self.choose, [view, search], outputs, **QUICK),
        )
        for start in starts:
            start.then(self.watch, [view, search], outputs, **MEANWHILE)
        self.stop.click(self.end, view, None, **QUIET)
        fields.swap.click(self.swapped, [self.box, view, fields.source, fields.target], outputs, **QUIET)
        gr.on([self.done.click, self.check.click], self.act, [view, search], outputs, **MEANWHILE)
        search.input(self.find, [view, search], self.recent.list, trigger_mode="always_last", **QUIET)
        fields.source.input(
            lambda source: translation.detected_html((), "", source in AUTO), fields.source, self.detected, **QUIET
        )
        blocks.unload(self.leave)

    def load(self, request: gr.Request, search: str) -> Shown:
        """Where the address says the window was; a translation still running there is found again."""
        asked = request.query_params
        wanted = asked.get("id", "") if asked.get("tab") == "translate" else ""
        return self.fields.refreshed() | self._next(request, View(), search, lambda: View(wanted))

    def enter(self, request: gr.Request, event: gr.EventData, view: View, search: str) -> Shown:
        """A link of any page to a translation."""
        return self._next(request, view, search, lambda: View(parts.entered(event).get("id", "")))

    def translate(self, request: gr.Request, text: str, passing: bool, view: View, search: str, *setup: Any) -> Shown:
        """The fields stay as they are: by the time of the answer the person may be changing them."""
        shown = self._next(request, view, search, lambda: self._start(passing, pairs.ask(setup, _checked(text))))
        return {part: value for part, value in shown.items() if part not in (self.box, *self.fields.inputs)}

    def translate_file(
        self, request: gr.Request, path: str | None, passing: bool, view: View, search: str, *setup: Any
    ) -> Shown:
        def start() -> View:
            if not path:
                raise BadInput("No file came. Choose a .txt, .md, .srt or .docx file.")
            return self._start(passing, pairs.ask(setup, upload=Path(path)))

        return self._next(request, view, search, start)

    def example(
        self, request: gr.Request, event: gr.EventData, passing: bool, view: View, search: str, *setup: Any
    ) -> Shown:
        """One of the two texts of the empty page."""
        number = parts.clicked(event).id
        if number not in {str(place) for place in range(len(translation.EXAMPLES))}:
            return {self.problem: parts.error_html(BadInput("There is no such example. Reload the page."))}
        source, target, text = translation.EXAMPLES[int(number)]
        return self._next(
            request,
            view,
            search,
            lambda: self._start(passing, pairs.ask((source, target, pairs.BEST, *setup[3:]), text)),
        )

    def correct(
        self, request: gr.Request, event: gr.EventData, text: str, passing: bool, view: View, search: str, *setup: Any
    ) -> Shown:
        """The language was detected wrongly: translate again from the one chosen."""
        language = parts.clicked(event).id
        setup = (language, setup[1], pairs.BEST, *setup[3:])
        return self._next(request, view, search, lambda: self._start(passing, pairs.ask(setup, _checked(text))))

    def choose(self, request: gr.Request, event: gr.EventData, view: View, search: str) -> Shown:
        """A button in the list of recent translations."""
        click = parts.clicked(event)

        def do() -> View:
            if click.do == "delete":
                self.kept.stop(click.id)
            shown = "" if view.temporary else view.id
            after = self.recent.choose(click, shown)
            return view if after == shown else View(after)

        return self._next(request, view, search, do)

    def watch(self, request: gr.Request, view: View, search: str) -> Iterator[Shown]:
        """The translation as it grows, until it ends or the window shows something else."""
        window = request.session_hash or ""
        jobs = self._jobs(view)
        if not view.running or self._of_window.get(window) != view:
            yield {self.problem: gr.skip()}  # a generator that yields nothing empties its outputs
            return
        shown = 0.0
        for work in jobs.watch(view.id):
            if self._of_window.get(window) != view:
                return
            if work.status != "running":
                break
            step: Shown = {self.working: translation.working_html(work)}
            # Every update sends what differs, and compares all of it: long texts are redrawn less often.
            if work.seconds - shown > len(work.translation.text) / 100_000:
                step |= {self.result: translation.result_html(work, view.id)}
                shown = work.seconds
            yield step
        last = self._next(request, view, search, lambda: view)
        del last[self.recent.list]  # as it was when the translation began, or searched since
        spoken = f"Translation done. {work.translation.text[:SPOKEN_CHARACTERS]} {work.error}"
        yield last | {self.said: parts.announce_html(spoken)}

    def end(self, view: View) -> None:
        self._jobs(view).stop(view.id)

    def act(self, request: gr.Request, event: gr.EventData, view: View, search: str) -> Iterator[Shown]:
        """A button under the result."""
        window, click = request.session_hash or "", parts.clicked(event)
        run = self.panels.begin(window)
        if click.do == "correct":
            yield self._next(request, view, search, lambda: self._corrected(view, click.text))
            return
        yield {self.problem: gr.skip()}  # a generator that yields nothing empties its outputs
        try:
            for said in run.paced(self._said_steps(view, click, run)):
                if self._of_window.get(window) != view:
                    return
                yield {self.check: said, self.problem: ""}
        except UserError as error:
            yield {self.check: "", self.problem: parts.error_html(error)}

    def _said_steps(self, view: View, click: Click, run: Run) -> Iterator[str]:
        """What another room says, or the translation back."""
        if click.do in self.actions:
            yield from parts.single_steps(self.actions, click, view.id, self._jobs(view).history)
            return
        for back in back_translate_steps(self.runtime, self._jobs(view).kept(view.id).translation):
            yield translation.checking_html(back.translation, run.seconds)
        yield translation.checked_html(back)

    def _corrected(self, view: View, text: str) -> View:
        self._jobs(view).correct(view.id, text)
        return view

    def swapped(self, text: str, view: View, source: str, target: str) -> Shown:
        """Languages and texts change sides; nothing is translated until it is asked for."""
        try:
            work = self._jobs(view).kept(view.id) if view.id else None
            if source in AUTO:
                source = _detected(text, work)
        except UserError as error:
            return {self.problem: parts.error_html(error)}
        translated = work.translation.text if work else ""
        shown: Shown = {
            self.fields.source: target,
            self.fields.target: source,
            self.box: translated or text,
            self.result: translation.swapped_html(text) if translated else translation.result_html(None),
        }
        emptied = (self.mirror, self.done, self.detected, self.check, self.alternatives, self.problem)
        shown |= dict.fromkeys(emptied, "")
        return shown | {self.working: translation.SWAPPED if translated else ""}

    def find(self, view: View, search: str) -> str:
        return self.recent.html(search, view.id)

    def leave(self, request: gr.Request) -> None:
        self.panels.leave(request.session_hash or "")
        self._forget(self._of_window.pop(request.session_hash or "", View()))

    def _jobs(self, view: View) -> TranslationJobs:
        return self.temporary if view.temporary else self.kept

    def _start(self, passing: bool, ask: Ask) -> View:
        jobs = self.temporary if passing else self.kept
        return View(jobs.start(ask), bool(passing))

    def _next(self, request: gr.Request, view: View, search: str, do: Callable[[], View]) -> Shown:
        """The page after do() has said which translation comes next; on an error the banner, and all else as it was."""
        try:
            after = do()
            work = self._jobs(after).kept(after.id) if after.id else None
        except UserError as error:
            return {self.problem: parts.error_html(error), self.recent.list: self.find(view, search)}
        after = replace(after, running=work is not None and work.status == "running")
        window = request.session_hash or ""
        before = self._of_window.get(window, View())
        self._of_window[window] = after
        if before.id != after.id:
            self._forget(before)
        shown = self._shown(after, work) | {self.recent.list: self.find(after, search)}
        if work is None or after.id == view.id:
            return shown
        kept = parts.single_kept_html(self.actions.values(), self._jobs(after).history, after.id)
        return shown | self._restored(work) | {self.check: kept}

    def _shown(self, view: View, work: Work | None) -> Shown:
        busy = work is not None and work.status == "running"
        extra = parts.added_actions(self.actions.values(), work.translation.text) if work and not busy else []
        written = work.written if work and not busy else None
        shown: Shown = {
            self.view: view,
            self.place: parts.place_html("translate", id="" if view.temporary else view.id),
            self.mirror: translation.mirror_html(work),
            self.result: translation.result_html(work, view.id),
            self.done: translation.done_html(work, self.names, extra) if work else "",
            self.download: gr.DownloadButton(
                f"Download {written.name}" if written else "Download", value=written, visible=written is not None
            ),
            self.working: translation.working_html(work) if work else "",
            self.problem: parts.banner_html(work.error) if work and work.error else "",
            self.detected: _detected_html(work),
            self.alternatives: translation.alternatives_html(work),
            self.go: gr.Button(visible=not busy),
            self.stop: gr.Button(visible=busy),
        }
        return shown

    def _restored(self, work: Work) -> Shown:
        """The fields as a translation was asked for."""
        text = work.translation.original if translation.whole_is_shown(work) else ""
        return {self.box: text, self.check: "", **self.fields.restored(work)}

    def _forget(self, view: View) -> None:
        """A temporary translation ends when its window leaves it."""
        if view.temporary and view.id:
            try:
                self.temporary.delete(view.id)
            except NotFound:
                return


def _detected_html(work: Work | None) -> str:
    if work is None:
        return translation.detected_html((), "")
    return translation.detected_html(work.translation.detected, work.translation.target, work.ask.source in AUTO)


def _checked(text: str) -> str:
    text = str(text or "")
    if len(text) > translation.SHOWN_CHARACTERS:
        raise BadInput(
            f"The text has {len(text):,} characters; the field takes {translation.SHOWN_CHARACTERS:,}. "
            "Save it as a .txt file and translate that with File…"
        )
    return text


def _detected(text: str, work: Work | None) -> str:
    """The language of the text, as it was translated or found anew."""
    if work is not None and work.translation.original == text:
        return work.translation.source
    found = detect(text)
    if not found:
        raise BadInput("The language of the text is not known yet. Choose it under From, then swap.")
    return found[0].language
