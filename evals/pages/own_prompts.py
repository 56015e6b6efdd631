"""My own prompts, a section of the Bias page: choose a part of one's history, audit it, read the results. Widgets and
handlers; how it looks is own_prompts_view.py's, the audit itself counterfactual/'s.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals.counterfactual.asking import Step
from evals.counterfactual.auditing import audit_steps, expected_seconds
from evals.counterfactual.history_audit import HistoryAudit, WorstTurn
from evals.counterfactual.ledger import HistoryLedger
from evals.counterfactual.person import REFERENCES
from evals.counterfactual.scan import FEATURES, Known, Scan, Wanted, scan, writers
from evals.pages import own_prompts_view
from llmweb.errors import BadInput, NotFound, UserError
from llmweb.history import History
from llmweb.jobs import Jobs
from llmweb.pages import parts
from llmweb.pages.parts import Click
from llmweb.pages.running import QUICK, QUIET
from llmweb.runtime import Runtime

CLOCK_SECONDS = 1.0
KEY = "history"
STARTED = "started"  # a window that started an audit shows what came of it, however soon it has ended
SAMPLES = ("1", "2", "4", "8")

Shown = dict[Component, Any]


class HistoryAudits:
    """Owns the audit of the history under way, one at a time, seen and stopped from every window; no widgets."""

    def __init__(self, runtime: Runtime, history: History, database: Path) -> None:
        self.runtime, self.history, self.ledger = runtime, history, HistoryLedger(database)
        self.jobs, self._known = Jobs[Step[HistoryAudit]]("A history audit"), Known()
        self._begun = ""
        self.names = runtime.catalog.names

    def models(self) -> list[tuple[str, str]]:
        """(words, id) of those with answers in the history."""
        return [(f"{self.names.get(model, model)} · {count:,} answers", model) for model, count in self._writers()]

    def found(self, *fields: Any) -> Scan:
        """By what came from the browser: model, feature, axis, since, until, search, samples. Raises UserError."""
        model, feature, axis, since, until, search, samples = (str(each or "").strip() for each in fields)
        if not model:
            raise BadInput("No model has answered here yet. Chat, translate or summarize first.")
        if samples not in SAMPLES:
            raise BadInput(f"No number of answers {samples!r}. Choose {', '.join(SAMPLES)}.")
        wanted = Wanted(self.runtime.catalog.find(model).id, feature, search, since, until, axis, int(samples))
        return scan(self.history, wanted, self._known)

    @property
    def going(self) -> str:
        """The audit under way, "" for none."""
        job = self.jobs.find(KEY)
        return "" if job is None or job.ended else self._begun

    def start(self, found: Scan) -> None:
        """Raises BadInput while another one runs, and where nobody is in these answers."""
        self._check_idle()
        self.go_on(self.ledger.begin(found).id)

    def go_on(self, audit_id: str) -> None:
        """Ask what is missing in one that has begun. Raises BadInput while another one runs."""
        self._check_idle()
        self._begun = self.ledger.unfinished(audit_id).id
        self.jobs.start(KEY, partial(audit_steps, self.runtime, self.history, self.ledger, self._begun))

    def _check_idle(self) -> None:
        if self.going:
            raise BadInput("An audit of your history is under way. Wait for it or stop it, then start this one.")

    def act(self, click: Click, opened: str) -> str:
        """A button; the audit that is open then. Raises UserError."""
        job = self.jobs.find(KEY)
        match click.do:
            case "stop" if job is not None:
                job.cancelled.set()
            case "dismiss":
                self.jobs.forget(KEY)
            case "open":
                return self.ledger.audit(click.id).id
            case "close":
                return ""
            case "go-on":
                self.go_on(click.id)
            case "delete":
                self.ledger.delete(click.id)
        return opened

    def live_html(self) -> str:
        return own_prompts_view.live_html(self.jobs.find(KEY))

    def list_html(self, opened: str) -> str:
        """All but the one under way, which live_html shows; none goes on beside it."""
        going = self.going
        others = [audit for audit in self.ledger.audits() if audit.id != going]
        shown = [replace(audit, goes_on=False) for audit in others] if going else others
        return own_prompts_view.list_html(shown, opened, self.names, self._title)

    def latest(self) -> str:
        """The audit that the last job made, "" for none."""
        job = self.jobs.find(KEY)
        done = job.step.result if job is not None and job.step is not None else None
        return done.id if done is not None else ""

    def _writers(self) -> Iterator[tuple[str, int]]:
        known = {spec.id for spec in self.runtime.catalog.models}
        return ((model, count) for model, count in writers(self.history).items() if model in known)

    def _title(self, turn: WorstTurn) -> str:
        try:
            return self.history.chat(turn.chat).title
        except NotFound:
            return ""


class OwnPrompts:
    """The widgets and handlers of the section."""

    def __init__(self, audits: HistoryAudits) -> None:
        self.audits = audits

    def build(self, blocks: gr.Blocks) -> None:
        """In the layout block that is open."""
        self.opened, self.sent = gr.State(""), gr.State("")
        with gr.Accordion("My own prompts", open=False, elem_id="own-prompts") as self.fold:
            parts.canvas("own-intro", own_prompts_view.intro_html())
            with gr.Row(elem_classes=["fields"]):
                self.model = gr.Dropdown(
                    [], label="Model that answered", elem_id="own-model", filterable=False, min_width=200
                )
                self.feature = _dropdown("Feature", "Every feature", FEATURES, "own-feature")
                self.axis = _dropdown("Axis", "The first that is found", tuple(REFERENCES), "own-axis")
            with gr.Row(elem_classes=["fields"]):
                self.since = gr.Textbox(label="From day", placeholder="2026-11-25", elem_id="own-since", min_width=140)
                self.until = gr.Textbox(label="Until day", placeholder="2026-11-25", elem_id="own-until", min_width=140)
                self.search = gr.Textbox(label="With the words", elem_id="own-words", min_width=200)
                self.samples = gr.Radio(
                    list(SAMPLES), value="2", label="Answers to each prompt", elem_id="own-samples", min_width=200
                )
            self.plan = parts.canvas("own-plan")
            self.go = gr.Button("Audit my prompts", elem_id="own-go", min_width=160, scale=0)
            self.live = parts.canvas("own-live")
            self.list = parts.canvas("own-list")
        self._wire(blocks)

    def _wire(self, blocks: gr.Blocks) -> None:
        fields: list[Component] = [self.model, self.feature, self.axis, self.since, self.until]
        fields += [self.search, self.samples]
        results: list[Component] = [self.plan, self.live, self.list, self.opened, self.sent]
        self.fold.expand(self.refresh, [self.opened, *fields], [*results, self.model], **QUIET)
        # A text that was pasted is a change, and no input.
        changes = [field.change for field in (self.since, self.until, self.search)]
        changes += [field.input for field in (self.model, self.feature, self.axis, self.samples)]
        gr.on(changes, self.describe, fields, self.plan, trigger_mode="always_last", **QUIET)
        self.go.click(self.start, fields, [self.plan, self.live, self.sent], **QUIET)
        for canvas in (self.live, self.list):
            canvas.click(self.act, self.opened, results, **QUICK)
        gr.Timer(CLOCK_SECONDS).tick(self.draw, [self.opened, self.sent], results, **QUIET)
        blocks.load(self._shown, self.opened, results, **QUIET)

    def refresh(self, opened: str, *fields: Any) -> Shown:
        """The section was unfolded: who has answered since, and what would be asked."""
        choices = self.audits.models()
        known = [model for _, model in choices]
        model = fields[0] if fields[0] in known else next(iter(known), None)
        plan = self.describe(model, *fields[1:])
        return self._shown(opened) | {self.model: gr.Dropdown(choices=choices, value=model), self.plan: plan}

    def describe(self, *fields: Any) -> str:
        try:
            found = self.audits.found(*fields)
            return own_prompts_view.plan_html(found, expected_seconds(self.audits.runtime, found))
        except UserError as error:
            return parts.error_html(error)

    def start(self, *fields: Any) -> Shown:
        try:
            self.audits.start(self.audits.found(*fields))
        except UserError as error:
            return {self.plan: parts.error_html(error)}
        return {self.live: self.audits.live_html(), self.sent: STARTED}

    def act(self, event: gr.EventData, opened: str) -> Shown:
        """A button on what is under way, or on an audit."""
        click = parts.clicked(event)
        try:
            shown = self._shown(self.audits.act(click, opened))
            return shown | {self.sent: STARTED} if click.do == "go-on" else shown
        except UserError as error:
            return {self.plan: parts.error_html(error)}

    def draw(self, opened: str, sent: str) -> Shown:
        """What is under way, where it differs from what this window shows; an audit that has ended is opened."""
        live = self.audits.live_html()
        if live == sent:
            return {self.sent: gr.skip()}
        return {self.live: live, self.sent: live} if live else self._shown(self.audits.latest() or opened)

    def _shown(self, opened: str) -> Shown:
        live = self.audits.live_html()
        return {self.live: live, self.list: self.audits.list_html(opened), self.opened: opened, self.sent: live}


def _dropdown(label: str, every: str, values: tuple[str, ...], elem_id: str) -> gr.Dropdown:
    choices = [(every, ""), *((value.capitalize(), value) for value in values)]
    return gr.Dropdown(choices, value="", label=label, elem_id=elem_id, filterable=False, min_width=160)
