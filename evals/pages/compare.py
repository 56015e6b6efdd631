"""The Compare page: one message to several models side by side, a vote, and the ratings of all votes. Layout, handlers.

Who answers is compare_form.py's, answering rounds.py's, keeping it side_by_side.py's, what votes are worth votes.py's,
how it looks round_view.py's and rating_view.py's. What a blind side is stays on the server until the vote.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals import votes, wording
from evals.pages import rating_view, round_view
from evals.pages.compare_form import CompareForm
from evals.rounds import Round, begin, name_of
from evals.side_by_side import FEATURE, SideBySide
from evals.store import Store
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.frame import Page
from llmweb.pages.recent import Noun, Recent
from llmweb.pages.running import MEANWHILE, QUICK, QUIET

CONTROLS = [("As voted", "none"), ("Style and length alike", "style")]

Shown = dict[Component, Any]


def page(comparisons: SideBySide, store: Store) -> Page:
    """store keeps the votes."""
    return Page("compare", "Compare", lambda blocks: _Compare(comparisons, store).build(blocks))


@dataclass(frozen=True, slots=True)
class View:
    """The conversation a window shows, "" = a new one, with the rounds that have ended, and whether one is answered."""

    id: str = ""
    rounds: tuple[Round, ...] = ()
    running: bool = False

    @property
    def last(self) -> Round | None:
        return self.rounds[-1] if self.rounds else None


class _Compare:
    """The widgets and handlers of the page."""

    def __init__(self, comparisons: SideBySide, store: Store) -> None:
        self.comparisons, self.store = comparisons, store
        self.form = CompareForm(comparisons.runtime)
        self.recent = Recent(comparisons.history, FEATURE, Noun("comparison", "comparisons"))
        self._of_window: dict[str, str] = {}  # window → the conversation it shows

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("compare-said")
        self.place = parts.canvas("compare-place", parts.place_html("compare"), classes=["visually-hidden"])
        self.download = parts.canvas("compare-download", parts.download_html(), classes=["visually-hidden"])
        with gr.Row(elem_id="compare-page", elem_classes=["three-panes", "no-left-pane"]):
            with gr.Column(elem_id="compare-middle", elem_classes=["middle-pane", "wide"], min_width=0):
                self._build_rounds()
            with gr.Column(elem_id="compare-side", elem_classes=["side-pane"], min_width=0):
                self._build_side()
        self._wire(blocks)

    def _build_rounds(self) -> None:
        parts.canvas("compare-folds", parts.unfold_html({"compare-side": "Models, options and ratings"}))
        with gr.Column(elem_id="compare-scroll", elem_classes=["follows"]):
            self.rounds = parts.canvas("compare-rounds", round_view.empty_html(True), classes=["thread"])
            self.live = parts.canvas("compare-live", classes=["thread"])
        self.problem = parts.canvas("compare-problem")
        self.votes = parts.canvas("compare-votes")
        with gr.Row(elem_classes=["composer"]):
            self.box = gr.Textbox(
                placeholder="Message to all of them",
                label="Message to all of them",
                show_label=False,
                lines=1,
                max_lines=10,
                elem_id="compare-box",
                scale=1,
                min_width=0,
            )
            self.send = gr.Button("Send", variant="primary", elem_id="compare-send", min_width=88, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id="compare-stop", elem_classes=["stop-button"], min_width=88, scale=0, visible=False
            )
        self.note = parts.canvas("compare-note")

    def _build_side(self) -> None:
        self.new = gr.Button("New comparison", elem_id="compare-new", elem_classes=["leads"], min_width=0)
        self.form.build()
        with gr.Column(elem_id="compare-standing"):
            parts.canvas("compare-standing-title", "<h2>Ratings</h2>")
            self.control = gr.Dropdown(
                CONTROLS, value="none", label="Rate answers", filterable=False, elem_id="compare-control"
            )
            self.ratings = parts.canvas("compare-ratings")
            self.export = gr.Button("Export preference pairs", elem_id="compare-export", min_width=0)
        self.recent.build()

    def _wire(self, blocks: gr.Blocks) -> None:
        view, inputs, search = self.view, self.form.inputs, self.recent.search
        page: list[Component] = [view, self.place, self.said, self.rounds, self.live, self.problem, self.votes]
        page += [self.box, self.send, self.stop, self.note, self.ratings, self.recent.list, self.form.preset, *inputs]
        starts = (
            blocks.load(self.load, [self.form.blind, self.control, search], page, **QUIET),
            gr.on([self.box.submit, self.send.click], self.ask, [self.box, view, search, *inputs], page, **QUIET),
            self.rounds.click(self.example, [view, search, *inputs], page, **QUIET),
            self.recent.list.click(self.choose, [view, self.form.blind, search], page, **QUICK),
            self.new.click(self.begin_anew, [self.form.blind, search], page, **QUIET),
            self.ratings.click(self.pair, [self.form.blind, search], page, **QUIET),
        )
        for start in starts:
            start.then(self.watch, [view, search], page, **MEANWHILE)
        self.votes.click(self.act, [view, self.control, search], page, **QUIET)
        self.stop.click(self.end, view, None, **QUIET)
        self.control.input(self.rate, self.control, self.ratings, trigger_mode="always_last", **QUIET)
        self.export.click(self.save, None, [self.download, self.note], **QUIET)
        search.input(self.find, [view, search], self.recent.list, trigger_mode="always_last", **QUIET)
        gr.on(
            [field.change for field in inputs],  # type: ignore[attr-defined]
            self.describe,
            [view, *inputs],
            [self.form.fold, self.note],
            trigger_mode="always_last",
            **QUIET,
        )
        blocks.unload(self.leave)

    def load(self, request: gr.Request, blind: bool, control: str, search: str) -> Shown:
        """Where the address says the window was; answers still being written there are found again."""
        asked = request.query_params
        wanted = asked.get("id", "") if asked.get("tab") == FEATURE else ""
        shown = self._next(request, View(), search, lambda: self._opened(wanted), blind)
        return self.form.refreshed() | shown | {self.ratings: self.rate(control)}

    def ask(self, request: gr.Request, text: str, view: View, search: str, *inputs: Any) -> Shown:
        """Answer a message by all systems."""

        def begun() -> View:
            if view.id and self.comparisons.is_answering(view.id):
                raise BadInput("Answers are being written. Wait for them or stop them first.")
            systems, blind, instruction = self.form.asked(*inputs)
            before = view if view.id and {name_of(system) for system in systems} == _systems(view) else View()
            round_ = begin(systems, str(text or ""), before.rounds, instruction, blind)
            return View(self.comparisons.ask(before.id, round_), before.rounds, running=True)

        shown = self._next(request, view, search, begun)
        return shown | {self.box: "", self.note: ""} if self.view in shown else shown

    def example(self, request: gr.Request, event: gr.EventData, view: View, search: str, *inputs: Any) -> Shown:
        """One of the messages of the empty page."""
        click = parts.clicked(event)
        if click.do != "example" or click.id not in round_view.EXAMPLES:
            return {self.problem: parts.error_html(BadInput("There is no such example. Reload the page."))}
        return self.ask(request, click.id, view, search, *inputs)

    def watch(self, request: gr.Request, view: View, search: str) -> Iterator[Shown]:
        """The answers as they grow, until they end or the window shows something else."""
        window = request.session_hash or ""
        if not view.running or self._of_window.get(window) != view.id:
            yield {self.problem: gr.skip()}  # a generator that yields nothing empties its outputs
            return
        for round_, seconds in self.comparisons.watch(view.id):
            if self._of_window.get(window) != view.id:
                return
            if not round_.ended:
                yield {self.live: round_view.live_html(round_, self.form.names, seconds)}
        shown = self._next(request, view, search, lambda: self._opened(view.id))
        del shown[self.recent.list]  # as it was when the answers began, or searched since
        last = shown[self.view].last if self.view in shown else None
        done = f"{len(last.sides)} answers are done. Vote with the keys 1 to {len(last.sides) + 2}." if last else ""
        yield shown | {self.said: parts.announce_html(done)}

    def act(self, request: gr.Request, event: gr.EventData, view: View, control: str, search: str) -> Shown:
        """A vote on the last round, or taking it back."""
        click = parts.clicked(event)

        def voted() -> View:
            there = self._opened(view.id) if view.id else view
            if there.last is None or there.running:
                raise BadInput("There is nothing to vote on yet. Send a message first, and wait for the answers.")
            last = self._voted(there.id, there.last, click)
            self.comparisons.change_last(there.id, last)
            return replace(there, rounds=(*there.rounds[:-1], last))

        return self._next(request, view, search, voted) | {self.ratings: self.rate(control)}

    def _voted(self, conversation: str, last: Round, click: parts.Click) -> Round:
        if click.do == "take-back" and last.vote:
            self.store.take_back_vote(last.vote)
            return replace(last, vote="", choice="", uncounted="", blind=False)  # its names were told
        if click.do != "vote" or last.vote:
            raise BadInput("This round has its vote. Take it back first, or send another message.")
        kept = self.store.keep_vote(votes.vote(last, click.id, conversation))
        return replace(last, vote=kept.id, choice=kept.choice, uncounted=kept.uncounted)

    def pair(self, request: gr.Request, event: gr.EventData, blind: bool, search: str) -> Shown:
        """The two systems whose vote would tell most become the ones to compare."""
        offered = {value for _, value in self.form.choices()}
        names = parts.clicked(event).id.split()
        if len(names) != round_view.PAIR or not offered.issuperset(names):
            return {self.problem: parts.error_html(BadInput("These models are not here any more. Choose others."))}
        return self.begin_anew(request, blind, search) | {self.form.models: gr.Dropdown(value=names)}

    def choose(self, request: gr.Request, event: gr.EventData, view: View, blind: bool, search: str) -> Shown:
        """A button in the list of recent comparisons. Votes stay when the answers they were cast on are deleted."""
        click = parts.clicked(event)

        def chosen() -> View:
            if click.do == "delete":
                self.comparisons.stop(click.id)
            after = self.recent.choose(click, view.id)
            return view if after == view.id else self._opened(after)

        return self._next(request, view, search, chosen, blind)

    def begin_anew(self, request: gr.Request, blind: bool, search: str) -> Shown:
        return self._next(request, View(), search, View, blind) | {self.note: ""}

    def _opened(self, conversation: str) -> View:
        """Raises NotFound."""
        if not conversation:
            return View()
        running = self.comparisons.is_answering(conversation)  # asked first: what has ended since is among the rounds
        return View(conversation, self.comparisons.rounds(conversation), running)

    def _next(self, request: gr.Request, view: View, search: str, do: Callable[[], View], blind: bool = True) -> Shown:
        """The page after do() has said what comes next; on an error the banner, and all else as it was."""
        try:
            after = do()
        except UserError as error:
            return {self.problem: parts.error_html(error), self.recent.list: self.find(view, search)}
        self._of_window[request.session_hash or ""] = after.id
        waits = after.last is not None and not after.running
        empty = not after.rounds and not after.running
        key = f"{after.id} {len(after.rounds)}"
        names = self.form.names
        shown: Shown = {
            self.view: after,
            self.place: parts.place_html("compare", id=after.id),
            self.rounds: round_view.empty_html(bool(blind)) if empty else round_view.rounds_html(after.rounds, names),
            self.live: "",
            self.problem: "",
            self.votes: round_view.vote_html(after.last, names, key) if after.last and waits else "",
            self.send: gr.Button(visible=not after.running),
            self.stop: gr.Button(visible=after.running),
            self.recent.list: self.find(after, search),
        }
        return shown | self.form.restored(after.rounds) if after.id != view.id and after.id else shown

    def find(self, view: View, search: str) -> str:
        return self.recent.html(search, view.id)

    def rate(self, control: str) -> str:
        found = votes.standing(self.store.votes(), control_style=control == "style")
        return rating_view.standing_html(found, self.form.names, [value for _, value in self.form.choices()])

    def save(self) -> tuple[Any, str]:
        """(download, note)."""
        pairs, left_out = votes.preference_pairs(self.store.votes())
        if not pairs:
            return gr.skip(), parts.error_html(BadInput("No vote prefers one answer yet. Vote first, then export."))
        words = wording.pairs_saved(len(pairs), left_out)
        return parts.download_html("preferences.jsonl", votes.jsonl(pairs)), parts.banner_html(words, kind="note")

    def describe(self, view: View, *inputs: Any) -> tuple[Any, str]:
        """The line on the folded options; what the next message will do, or what is wrong."""
        try:
            systems, *_ = self.form.asked(*inputs)
            words = self.form.differs(*inputs)
        except UserError as error:
            return gr.skip(), parts.error_html(error)
        anew = view.rounds and {name_of(system) for system in systems} != _systems(view)
        note = parts.banner_html("Your next message begins a new comparison with these models.", kind="note")
        return gr.Accordion(label=parts.summary(words)), note if anew else ""

    def end(self, view: View) -> None:
        self.comparisons.stop(view.id)

    def leave(self, request: gr.Request) -> None:
        self._of_window.pop(request.session_hash or "", None)


def _systems(view: View) -> set[str]:
    return {side.name for side in view.rounds[-1].sides} if view.rounds else set()
