"""The Runs page: start runs, watch them, read what every sample got, two runs beside each other. Layout and handlers.

What is chosen to run is run_form.py's, what a window shows run_scene.py's, the runs themselves run_queue.py's. A clock
redraws what is under way, and sends it to a window only when it differs from what the window shows.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals.pages.importing import ImportFold
from evals.pages.opening import opened
from evals.pages.own_suites import OwnSuites
from evals.pages.run_form import RunForm
from evals.pages.run_scene import LISTED_RUNS, RunScene, View
from evals.run_queue import RunQueue
from evals.sample_order import KEPT, ORDERS
from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.pages import parts
from llmweb.pages.frame import Page
from llmweb.pages.parts import Click
from llmweb.pages.running import QUICK, QUIET

CLOCK_SECONDS = 1.0

Shown = dict[Component, Any]


def page(queue: RunQueue, history: History) -> Page:
    """history takes the samples that are opened on the pages of the features."""
    return Page("runs", "Runs", lambda blocks: _Runs(queue, history).build(blocks))


class _Runs:
    """The widgets and handlers of the page; everything it shows is read anew."""

    def __init__(self, queue: RunQueue, history: History) -> None:
        self.queue, self.store, self.history = queue, queue.store, history
        self.form, self.own, self.importing = RunForm(queue), OwnSuites(queue), ImportFold(queue)
        self.scene = RunScene(queue, self.form.names)
        self._opened: dict[str, str] = {}  # window → suite of one's own; a clock's own view may be a moment old
        self._sent: dict[str, tuple[int, str]] = {}  # window → version and what is under way, as it shows them

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("runs-said")
        self.place = parts.canvas("runs-place", parts.place_html("runs"), classes=["visually-hidden"])
        self.way = parts.canvas("runs-way", parts.way_html(), classes=["visually-hidden"])
        self.door = parts.canvas("runs-door", parts.door_html("runs"), classes=["visually-hidden"])
        with gr.Column(elem_id="runs-page", elem_classes=["plain-page"]):
            self.trouble = parts.canvas("runs-trouble")
            with gr.Column(elem_id="runs-overview") as self.overview:
                self.starter = parts.canvas("runs-starter")
                with gr.Accordion("New run", open=False, elem_id="runs-new") as self.new:
                    self.form.build()
                self.importing.build()
                self.own.build()
                self.live = parts.canvas("runs-live")
                with gr.Column(elem_classes=["recent"], visible=False) as self.past:
                    self.find = gr.Textbox(
                        placeholder="Search runs ( / )",
                        label="Runs",
                        elem_id="runs-search",
                        elem_classes=["search-field"],
                    )
                    self.list = parts.canvas("runs-list")
            with gr.Column(elem_id="runs-one", visible=False) as self.one:
                self.head = parts.canvas("runs-head")
                self._build_filter()
                self.body = parts.canvas("runs-body", classes=["samples"])
        self._wire(blocks)

    def _build_filter(self) -> None:
        with gr.Row(elem_id="runs-filter", elem_classes=["fields"]) as self.filter:
            self.other = gr.Dropdown(
                [("No other run", "")], value="", label="Compare with", elem_id="runs-with", min_width=200
            )
            self.order = gr.Dropdown(
                [(words, name) for name, words in ORDERS.items()],
                value="worst",
                label="Order",
                elem_id="runs-order",
                filterable=False,
                min_width=160,
            )
            self.kept = gr.Dropdown(
                [(words, name) for name, words in KEPT.items()],
                value="all",
                label="Show",
                elem_id="runs-kept",
                filterable=False,
                min_width=160,
            )
            self.search = gr.Textbox(
                placeholder="Words of the source or the output",
                label="Search samples",
                elem_id="runs-samples-search",
                min_width=200,
            )

    def _wire(self, blocks: gr.Blocks) -> None:
        view, form = self.view, self.form
        form.wire()
        self.importing.wire()
        self.outputs: list[Component] = [view, self.place, self.said, self.starter, self.new, self.live, self.past]
        self.outputs += [self.overview, self.list, self.trouble, self.one, self.head, self.filter, self.other]
        self.outputs += [self.order, self.kept, self.search, self.body, form.suites, form.systems, form.note]
        self.outputs += [form.limit, self.way, self.own.list]
        outputs = self.outputs
        chosen = [view, self.other, self.order, self.kept, self.search]
        opening = [
            blocks.load(self.load, form.inputs, outputs, **QUIET),
            self.door.click(self.enter, view, outputs, **QUICK),
            gr.on([self.order.input, self.kept.input, self.other.input], self.choose, chosen, outputs, **QUICK),
            *(
                canvas.click(self.act, view, outputs, **QUICK)
                for canvas in (self.live, self.list, self.head, self.body)
            ),
        ]
        for start in opening:
            start.then(self.judge, view, self.head, **QUICK)
        self.new.expand(form.describe, form.inputs, form.note, **QUIET)  # runs have ended since
        self.own.list.click(self.change, form.precision, [*self.outputs, self.own.download], **QUICK)
        form.go.click(self.start, [view, *form.inputs], outputs, **QUIET)
        self.starter.click(self.start_first, view, outputs, **QUIET)
        self.search.input(self.choose, chosen, outputs, trigger_mode="always_last", **QUIET)
        self.find.input(self.seek, [view, self.find], [view, self.list], trigger_mode="always_last", **QUIET)
        redrawn = [
            self.view,
            self.said,
            self.starter,
            self.live,
            self.past,
            self.list,
            self.head,
            self.filter,
            self.body,
            self.own.list,
        ]
        gr.Timer(CLOCK_SECONDS).tick(self.draw, view, redrawn, **QUIET)
        blocks.unload(self.leave)

    def load(self, request: gr.Request, *inputs: Any) -> Shown:
        """Where the address says the window was."""
        asked = request.query_params
        wanted = dict(asked) if asked.get("tab") == "runs" else {}
        return self.form.refreshed(*inputs) | self._next(request, View(), lambda: _view_at(wanted))

    def enter(self, request: gr.Request, event: gr.EventData, view: View) -> Shown:
        """A link of any page to a place of this one."""
        wanted = _view_at(parts.entered(event))
        same = wanted.run == view.run and wanted.other == view.other
        kept = replace(view, sample=wanted.sample, suite=wanted.suite)
        fresh = replace(wanted, find=view.find, listed=view.listed)
        return self._next(request, view, lambda: kept if same else fresh)

    def start(self, request: gr.Request, view: View, *inputs: Any) -> Shown:
        def begin() -> View:
            if not self.queue.start(self.form.plan(*inputs)):
                raise BadInput("These runs wait or run already. Choose others, or wait for them.")
            return view

        shown = self._next(request, view, begin, self.form.note)
        return shown | {self.new: gr.Accordion(open=False)} if self.view in shown else shown

    def start_first(self, request: gr.Request, view: View) -> Shown:
        def begin() -> View:
            self.queue.start(self.form.starter())
            return view

        return self._next(request, view, begin)

    def act(self, request: gr.Request, event: gr.EventData, view: View) -> Shown:
        """A button on a run, in the list or on its own page."""
        click = parts.clicked(event)
        if click.do == "open-in":
            try:
                tab, place = opened(self.scene.asked(view), self.history)
                return {self.way: parts.way_html(tab, **place)}
            except UserError as error:
                return {self.trouble: parts.error_html(error)}
        return self._next(request, view, lambda: self._after(click, view))

    def change(self, event: gr.EventData, precision: Any) -> Shown:
        """A button on a suite of one's own or on one of its cases."""
        click = parts.clicked(event)
        try:
            if click.do == "run-suite":
                return self.form.chosen(click.id, precision) | {self.new: gr.Accordion(open=True)}
            return self.own.change(click)
        except UserError as error:
            return {self.trouble: parts.error_html(error)}

    def choose(self, request: gr.Request, view: View, other: Any, order: Any, kept: Any, search: Any) -> Shown:
        """The order of the samples, which of them, and the run beside."""
        other, order = str(other or ""), str(order or "")
        after = replace(view, other=other, order=order, kept=str(kept or "all"), search=str(search or ""), page=1)
        shown = self._next(request, view, lambda: replace(after, sample="" if other == view.other else view.sample))
        shown.pop(self.search, None)  # more may have been typed there since
        return shown

    def seek(self, view: View, find: Any) -> tuple[View, str]:
        after = replace(view, find=str(find or ""), listed=LISTED_RUNS)
        return after, self.scene.list_html(after)

    def judge(self, view: View) -> Any:
        """The verdict of the two runs that were opened, which comes after their samples."""
        try:
            if not self.scene.is_judged(view):
                self.scene.judge(view)
                return self.scene.head_html(view)
        except UserError as error:
            return parts.error_html(error)
        return gr.skip()

    def draw(self, request: gr.Request, view: View) -> Shown:
        """What changed since this window was last sent something."""
        window, version = request.session_hash or "", self.queue.version
        live = self.scene.going_html(view) if view.run else self.scene.live_html()
        before = self._sent.get(window)
        if before == (version, live):
            return {self.view: gr.skip()}
        self._sent[window] = (version, live)
        try:
            if view.run:
                shown: Shown = {self.head: self.scene.head_html(view)} if not view.other else {}
                ended = before is not None and bool(before[1]) and not live
                return shown | {self.body: self.scene.body_html(view)} if ended else shown or {self.view: gr.skip()}
        except UserError:  # deleted in another window: what is shown stays until the reader leaves it
            return {self.view: gr.skip()}
        if before is not None and before[0] == version:
            return {self.live: live}
        view = replace(view, suite=self._opened.get(window, view.suite))
        return self._overview(view) | {self.said: parts.announce_html(self._spoken())}

    def leave(self, request: gr.Request) -> None:
        for told in (self._sent, self._opened):
            told.pop(request.session_hash or "", None)

    def _after(self, click: Click, view: View) -> View:
        """Do what a button says; what is to be shown then."""
        number = int(click.id) if click.id.isdecimal() else 0
        match click.do:
            case "stop" if view.run:
                found = self.queue.find(view.run)
                self.queue.stop(found.number if found else 0)
            case "stop":
                self.queue.stop(number)
            case "stop-all":
                self.queue.stop_all()
            case "dismiss":
                self.queue.dismiss(number)
            case "resume":
                self.queue.resume()
            case "forget":
                self.queue.forget_left()
            case "go-on":
                self.queue.go_on([click.id])
            case "again":
                self.queue.again(click.id)
                return View()
            case "rescore":
                self.queue.rescore(self.store.run(click.id).id)
            case "stop-rescore":
                self.queue.stop_rescoring(click.id)
            case "delete":
                self.queue.delete(click.id)
                return replace(view, run="") if view.run == click.id else view
            case "refresh":
                pass
            case _:
                return self._turned(click.do, number, view)
        return view

    def _turned(self, do: str, number: int, view: View) -> View:
        """Another page, order or list of the same things."""
        match do:
            case "more":
                return replace(view, listed=view.listed + LISTED_RUNS)
            case "errors":
                return replace(view, kept="errors", page=1)
            case "page":
                return replace(view, page=number)
            case "before" | "after":
                return self.scene.beside(view, 1 if do == "after" else -1)
            case "swap" if view.other:
                return replace(view, run=view.other, other=view.run, page=1)
            case "alone":
                return replace(view, other="", order="", page=1)
        raise BadInput(f"There is no action {do!r} here. Reload the page.")

    def _next(self, request: gr.Request, view: View, do: Callable[[], View], problem: Component | None = None) -> Shown:
        """The page after do() has said what comes next; on an error the banner, and all else as it was."""
        self.queue.rescoring.forget(view.run)  # how it ended has been read
        try:
            after = self.scene.checked(do())
            shown = self._one(after) if after.run else self._overview(after)
        except UserError as error:
            told: Shown = {problem or self.trouble: parts.error_html(error)}
            return told if view.run else self._overview(view) | told
        window = request.session_hash or ""
        self._sent.pop(window, None)
        self._opened[window] = after.suite
        return shown | {
            self.view: after,
            self.place: parts.place_html("runs", **_place(after)),
            self.trouble: "",
            self.overview: gr.Column(visible=not after.run),
            self.one: gr.Column(visible=bool(after.run)),
        }

    def _overview(self, view: View) -> Shown:
        empty = self.scene.is_empty()
        return {
            self.starter: self.form.starter_html() if empty else "",
            self.live: self.scene.live_html(),
            self.past: gr.Column(visible=not empty),
            self.list: self.scene.list_html(view),
            self.own.list: self.own.html(view.suite),
        }

    def _one(self, view: View) -> Shown:
        orders = [(words, name) for name, words in view.orders.items()]
        others = [("No other run", ""), *self.scene.comparable(view)]
        return {
            self.said: parts.announce_html(self.scene.spoken(view)),
            self.head: self.scene.head_html(view),
            self.body: self.scene.body_html(view),
            self.filter: gr.Row(visible=not view.sample),
            self.other: gr.Dropdown(others, value=view.other),
            self.order: gr.Dropdown(orders, value=view.order),
            self.kept: gr.Dropdown(value=view.kept),
            self.search: gr.Textbox(value=view.search),
        }

    def _spoken(self) -> str:
        going = sum(not run.ended for run in self.queue.listed())
        return f"{going} runs under way." if going else "No run is under way."


def _place(view: View) -> dict[str, str]:
    """What an address says of a view; _view_at is the inverse."""
    return {"run": view.run, "with": view.other, "sample": view.sample, "suite": view.suite}


def _view_at(asked: dict[str, str]) -> View:
    """The place that an address or a link names."""
    return View(asked.get("run", ""), asked.get("with", ""), asked.get("sample", ""), suite=asked.get("suite", ""))
