"""The Bias page: plan an audit, watch it, read its map, open a tile to its pairs, try something against what it found,
take the report. Layout and handlers.

What is chosen is bias_form.py's and bias_lab.py's, what a window shows bias_scene.py's, the audit itself auditing.py's.
A clock redraws what is under way, and sends it to a window only when it differs from what the window shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals.bias.auditing import Audits
from evals.pages.bias_form import BiasForm
from evals.pages.bias_lab import BiasLab
from evals.pages.bias_scene import BiasScene, View
from evals.pages.own_prompts import OwnPrompts
from evals.report import format_of
from evals.types import Suite
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.frame import Page
from llmweb.pages.parts import Click
from llmweb.pages.running import QUICK, QUIET

CLOCK_SECONDS = 1.0
EMPTY = (
    '<div class="empty starter"><h2>No audits yet</h2><p>An audit asks a model about people who differ in one thing, '
    "and tells where it treats them differently: how surely, and how much. Choose what to ask below; the plan "
    "says how long it takes and how precise it will be.</p></div>"
)

Shown = dict[Component, Any]


def page(audits: Audits, suites: Callable[[], Sequence[Suite]], own: OwnPrompts) -> Page:
    """suites builds what there is to ask; own is the section about the own history."""
    return Page("bias", "Bias", lambda blocks: _Bias(audits, suites, own).build(blocks))


class _Bias:
    """The widgets and handlers of the page; everything it shows is read anew."""

    def __init__(self, audits: Audits, suites: Callable[[], Sequence[Suite]], own: OwnPrompts) -> None:
        self.audits, self.own = audits, own
        self.form, self.lab = BiasForm(audits, suites), BiasLab(audits)
        self.scene = BiasScene(audits, self.form.names)
        self._sent: dict[str, tuple[int, str]] = {}  # window → version and what is under way, as it shows them

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("bias-said")
        self.place = parts.canvas("bias-place", parts.place_html("bias"), classes=["visually-hidden"])
        self.door = parts.canvas("bias-door", parts.door_html("bias"), classes=["visually-hidden"])
        self.download = parts.canvas("bias-download", parts.download_html(), classes=["visually-hidden"])
        with gr.Column(elem_id="bias-page", elem_classes=["plain-page"]):
            with gr.Column(elem_id="bias-overview") as self.overview:
                self.empty = parts.canvas("bias-empty")
                with gr.Accordion("New audit", open=False, elem_id="bias-new") as self.new:
                    self.form.build()
                self.live = parts.canvas("bias-live")
                self.list = parts.canvas("bias-list")
                self.own.build(blocks)
            self.trouble = parts.canvas("bias-trouble")
            with gr.Column(elem_id="bias-one", visible=False) as self.one:
                self.head = parts.canvas("bias-head")
                self.other = gr.Dropdown(
                    [("No other audit", "")], value="", label="Compare with", elem_id="bias-with", filterable=False
                )
                self.body = parts.canvas("bias-body", classes=["samples"])
                self.lab.build()
                self.lab_live = parts.canvas("lab-live")
                self.trials = parts.canvas("lab-trials")
        self._wire(blocks)

    def _wire(self, blocks: gr.Blocks) -> None:
        view, form, lab = self.view, self.form, self.lab
        form.wire()
        lab.wire(view)
        outputs: list[Component] = [view, self.place, self.said, self.download, self.overview, self.empty, self.new]
        outputs += [self.live, self.list, self.trouble, self.one, self.head, self.other, self.body]
        outputs += [form.model, form.shown, self.lab_live, self.trials, *lab.inputs, lab.shown, lab.go, lab.fold]
        blocks.load(self.load, None, [*outputs, *form.asked.drawn, form.asked.fold], **QUIET)
        self.door.click(self.enter, view, outputs, **QUICK)
        form.go.click(self.start, [view, *form.inputs], outputs, **QUIET)
        lab.go.click(self.try_out, [view, *lab.inputs], outputs, **QUIET)
        for canvas in (self.live, self.list, self.head, self.body, self.lab_live, self.trials):
            canvas.click(self.act, view, outputs, **QUICK)
        self.other.input(self.choose, [view, self.other], outputs, **QUICK)
        redrawn = [view, self.said, self.empty, self.live, self.list, self.lab_live, self.trials]
        gr.Timer(CLOCK_SECONDS).tick(self.draw, view, redrawn, **QUIET)
        blocks.unload(self.leave)

    def load(self, request: gr.Request) -> Shown:
        """Where the address says the window was."""
        asked = request.query_params
        wanted = dict(asked) if asked.get("tab") == "bias" else {}
        shown = self._next(request, View(), lambda: _view_at(wanted))
        folded = {self.new: gr.Accordion(open=self.scene.is_empty())}
        return self.form.refreshed() | shown | folded

    def enter(self, request: gr.Request, event: gr.EventData, view: View) -> Shown:
        """A link of any page to a place of this one."""
        wanted = _view_at(parts.entered(event))
        return self._next(request, view, lambda: wanted)

    def start(self, request: gr.Request, view: View, *inputs: Any) -> Shown:
        """Under way, the form is folded: what matters now stands below it."""

        def begin() -> View:
            self.audits.start(self.form.plan(*inputs))
            return view

        shown = self._next(request, view, begin, self.form.shown)
        return shown | {self.new: gr.Accordion(open=self.form.shown in shown)}

    def try_out(self, request: gr.Request, view: View, *inputs: Any) -> Shown:
        """Under way, the form is folded as that of a new audit is."""

        def begin() -> View:
            self.audits.try_out(self.lab.prepared(view.audit, *inputs))
            return view

        shown = self._next(request, view, begin, self.lab.shown)
        return shown | {self.lab.fold: gr.Accordion(open=self.lab.shown in shown)}

    def act(self, request: gr.Request, event: gr.EventData, view: View) -> Shown:
        """A button on an audit, a tile, or what is under way."""
        click = parts.clicked(event)
        if click.do in ("html", "pdf", "json"):
            return self._file(view, click.do)
        return self._next(request, view, lambda: self._after(click, view))

    def choose(self, request: gr.Request, view: View, other: Any) -> Shown:
        return self._next(request, view, lambda: replace(view, against=str(other or "")))

    def draw(self, request: gr.Request, view: View) -> Shown:
        """What changed since this window was last sent something."""
        window, version, live = request.session_hash or "", self.audits.version, self.scene.live_html()
        before = self._sent.get(window)
        if before == (version, live):
            return {self.view: gr.skip()}
        self._sent[window] = (version, live)
        if before is not None and before[0] == version:
            return {self.lab_live if view.audit else self.live: live}
        told = "An audit is under way." if live else "No audit is under way."
        return (self._lab(view) if view.audit else self._overview()) | {self.said: parts.announce_html(told)}

    def leave(self, request: gr.Request) -> None:
        self._sent.pop(request.session_hash or "", None)

    def _after(self, click: Click, view: View) -> View:
        """Do what a button says; what is to be shown then."""
        match click.do:
            case "stop":
                self.audits.stop()
            case "dismiss":
                self.audits.dismiss()
            case "delete":
                self.audits.delete(click.id)
                return View()
            case "tile":
                return replace(view, tile="" if click.id == view.tile else click.id, page=1)
            case "page" if click.id.isdecimal():
                return replace(view, page=int(click.id))
            case _:
                raise BadInput(f"There is no action {click.do!r} here. Reload the page.")
        return view

    def _file(self, view: View, kind: str) -> Shown:
        try:
            name, content = self.scene.file(view, format_of(f".{kind}"))
        except UserError as error:
            return {self.trouble: parts.error_html(error)}
        return {self.download: parts.download_html(name, data=content), self.trouble: ""}

    def _next(self, request: gr.Request, view: View, do: Callable[[], View], problem: Component | None = None) -> Shown:
        """The page after do() has said what comes next; on an error the banner, and all else as it was."""
        try:
            after = self.scene.checked(do())
            shown = self._one(after) if after.audit else self._overview()
        except UserError as error:
            told: Shown = {problem or self.trouble: parts.error_html(error)}
            return told if view.audit else self._overview() | told
        self._sent.pop(request.session_hash or "", None)
        place = {"audit": after.audit, "with": after.against, "tile": after.tile}
        if after.audit and after.audit != view.audit:
            shown |= self.lab.refreshed(self.audits.ledger.audit(after.audit)) | {
                self.lab.fold: gr.Accordion(open=False)
            }
        return shown | {
            self.view: after,
            self.place: parts.place_html("bias", **place),
            self.trouble: "",
            self.overview: gr.Column(visible=not after.audit),
            self.one: gr.Column(visible=bool(after.audit)),
        }

    def _overview(self) -> Shown:
        return {
            self.empty: EMPTY if self.scene.is_empty() else "",
            self.live: self.scene.live_html(),
            self.list: self.scene.list_html(),
        }

    def _one(self, view: View) -> Shown:
        others = [("No other audit", ""), *self.scene.others(view)]
        return {
            self.head: self.scene.head_html(view),
            self.other: gr.Dropdown(others, value=view.against, visible=len(others) > 1),
            self.body: self.scene.body_html(view),
            **self._lab(view),
        }

    def _lab(self, view: View) -> Shown:
        return {self.lab_live: self.scene.live_html(), self.trials: self.scene.trials_html(view)}


def _view_at(asked: dict[str, str]) -> View:
    """The place that an address or a link names."""
    return View(asked.get("audit", ""), asked.get("tile", ""), asked.get("with", ""))
