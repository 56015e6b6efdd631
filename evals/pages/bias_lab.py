"""The mitigation lab of a stored audit: what to try, on how many samples, and the plan of that. Widgets, handlers.

The experiment itself is bias/lab.py's, what it found bias_trial.py's.
"""

from html import escape
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals.bias.auditing import Audits
from evals.bias.lab import Experiment, fitting, prepared
from evals.bias.mitigations import MITIGATIONS
from evals.bias.records import AuditResult
from evals.durations import estimate
from evals.pages.bias_form import LIMITS, limit_of, time_words
from evals.pages.bias_scene import View
from evals.report.words import counted
from evals.run_reads import read_speeds
from evals.scoring import asked_samples
from evals.types import Suite
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.running import QUIET

AS_BEFORE = "all"
REASONS_TIMES = 3  # as long as an answer without them, about
NONE_FITS = "Nothing that can be tried changes what this audit has asked, or its system has a mitigation already."


class BiasLab:
    """The fields; inputs are their values in the order that prepared() takes, after the id of the audit."""

    def __init__(self, audits: Audits) -> None:
        self.audits = audits

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        with gr.Accordion("Mitigation lab: try something against it", open=False, elem_id="bias-lab") as self.fold:
            self.lever = gr.Radio([], label="What to try", elem_id="lab-lever")
            self.limit = gr.Radio(
                [
                    ("As many as the audit", AS_BEFORE),
                    *((words, name) for name, (words, number) in LIMITS.items() if number),
                ],
                value=AS_BEFORE,
                label="Samples of each part",
                info="Any other number is asked without it too.",
                elem_id="lab-limit",
            )
            self.shown = parts.canvas("lab-plan")
            self.go = gr.Button("Try it", variant="primary", elem_id="lab-go", min_width=140, scale=0)
        self.inputs: list[Component] = [self.lever, self.limit]

    def wire(self, audit: Component) -> None:
        """audit holds the view whose audit is meant."""
        changes = [self.lever.input, self.limit.input]
        gr.on(changes, self.describe, [audit, *self.inputs], self.shown, trigger_mode="always_last", **QUIET)

    def refreshed(self, audit: AuditResult) -> dict[Component, Any]:
        """What fits an audit that was opened, and the plan of the first of it."""
        try:
            fits = fitting(audit, self.audits.runtime, self.audits.store)
        except UserError as error:  # a run of it is gone
            return self._nothing(parts.error_html(error))
        if not fits:
            return self._nothing(parts.banner_html(NONE_FITS, kind="note"))
        lever = fits[0].id
        return {
            self.lever: gr.Radio(choices=[(each.title, each.id) for each in fits], value=lever, visible=True),
            self.limit: gr.Radio(value=AS_BEFORE, visible=True),
            self.go: gr.Button(visible=True),
            self.shown: self._described(audit.id, lever, AS_BEFORE),
        }

    def prepared(self, audit_id: str, lever: Any, limit: Any) -> Experiment:
        """What came from the browser, checked. Raises UserError."""
        if not isinstance(lever, str) or lever not in MITIGATIONS:
            raise BadInput("Nothing to try is chosen. Choose one of the list.")
        audits = self.audits
        audit = audits.ledger.audit(audit_id)
        asked = limit_of(limit) or audit.plan.limit
        return prepared(audit, lever, asked, audits.runtime, audits.store)

    def describe(self, view: View, lever: Any, limit: Any) -> str:
        """The plan: what is changed, what is asked, how long it takes."""
        return self._described(view.audit, lever, limit)

    def _described(self, audit_id: str, lever: Any, limit: Any) -> str:
        try:
            wanted = self.prepared(audit_id, lever, limit)
        except UserError as error:
            return parts.error_html(error)
        return plan_html(wanted, self._time_words(wanted))

    def _nothing(self, told: str) -> dict[Component, Any]:
        return {
            self.lever: gr.Radio(choices=[], value=None, visible=False),
            self.limit: gr.Radio(visible=False),
            self.go: gr.Button(visible=False),
            self.shown: told,
        }

    def _time_words(self, wanted: Experiment) -> str:
        """By what the system without it took; its parts are stored already where as many are asked."""
        speeds, limit = read_speeds(self.audits.store.path), wanted.plan.limit
        again = [] if limit == wanted.audit.plan.limit else [part.suite for part in wanted.parts]
        once = estimate([(suite, wanted.system) for suite in (*again, *wanted.suites)], limit, speeds)
        steered = estimate([(suite, wanted.system) for suite in wanted.asked], limit, speeds)
        times = REASONS_TIMES if wanted.mitigation.lever == "reasons" else 1
        return time_words(None if once.unknown or steered.unknown else once.seconds + times * steered.seconds)


def plan_html(wanted: Experiment, time: str) -> str:
    mitigation, limit = wanted.mitigation, wanted.plan.limit
    rows = "".join(_row_html(_name(part.suite), part.suite, limit) for part in wanted.parts)
    rows += "".join(_row_html(f"Quality: {suite.title}", suite, limit) for suite in wanted.suites)
    told = f'<blockquote class="plain-text">{escape(mitigation.words)}</blockquote>' if mitigation.words else ""
    return (
        f"<p>{escape(mitigation.about)} {escape(mitigation.source)}</p>{told}"
        f'<p class="figures"><strong>{counted(wanted.samples, "sample")}</strong>: the same {wanted.samples // 2:,} '
        f"without it and with it. What was asked before is not asked again. {escape(time)}</p>"
        '<details class="steps" data-key="lab-plan-parts"><summary>What is asked</summary><table class="scores">'
        '<thead><tr><th scope="col">Part</th><th scope="col">Samples</th><th scope="col">Of them kept apart</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></details>"
    )


def _name(suite: Suite) -> str:
    return f"{suite.title}, {suite.samples[0].facts['axis']}"


def _row_html(name: str, suite: Suite, limit: int | None) -> str:
    asked = asked_samples(suite, limit)
    apart = sum(bool(sample.facts.get("heldout")) for sample in asked)
    return f'<tr><th scope="row">{escape(name)}</th><td>{len(asked):,}</td><td>{apart:,}</td></tr>'
