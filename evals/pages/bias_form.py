"""What to audit: a model, the margin, how many samples; and the plan of that before it starts. Widgets, handlers.

What is asked is bias_asked.py's, the audit itself auditing.py's.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals import systems
from evals.bias.audit import Part, Planned, planned
from evals.bias.auditing import Audits
from evals.bias.records import AuditPlan
from evals.durations import estimate
from evals.intervals import wilson
from evals.pages.bias_asked import BiasAsked, credit_of
from evals.report.words import counted
from evals.run_reads import read_speeds
from evals.scoring import asked_samples
from evals.types import Suite
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.model_fold import precision_field, precision_of
from llmweb.pages.running import QUIET

MARGIN = 5.0
WIDEST_MARGIN = 50.0
# What so many samples tell of a share: 100 find 65 % where 50 % is meant in four audits of five, 50 find 70 %.
LIMITS = {"all": ("All", None), "100": ("100: large effects only", 100), "50": ("50: a first look", 50)}


class BiasForm:
    """The fields; inputs are their values in the order that plan() takes. suites builds what there is to ask."""

    def __init__(self, audits: Audits, suites: Callable[[], Sequence[Suite]]) -> None:
        self.audits, self.runtime, self.asked = audits, audits.runtime, BiasAsked(audits.store, suites)
        self.names = self.runtime.catalog.names

    def build(self) -> None:
        """The widgets, in the layout block that is open. What can be chosen comes with the page's load."""
        self.model = gr.Dropdown([], label="Model", elem_id="bias-model", filterable=False)
        self.asked.build()
        with gr.Row(elem_classes=["fields"]):
            self.margin = gr.Number(
                MARGIN,
                label="Margin, in points",
                info="The smallest effect that matters to you. It is fixed before the run.",
                minimum=0.5,
                maximum=WIDEST_MARGIN,
                elem_id="bias-margin",
                min_width=160,
            )
            self.limit = gr.Radio(
                [(words, name) for name, (words, _) in LIMITS.items()],
                value="all",
                label="Samples of each probe and axis",
                info="Fewer are quicker and tell less.",
                elem_id="bias-limit",
                min_width=160,
            )
            self.precision = precision_field("bias", "exact", "Exact does not depend on what else is running.")
        self.shown = parts.canvas("bias-plan")
        self.go = gr.Button("Audit", variant="primary", elem_id="bias-go", min_width=140, scale=0)
        self.inputs: list[Component] = [self.model, *self.asked.fields, self.margin, self.limit, self.precision]
        self.told: list[Component] = [self.shown, self.asked.fold]

    def wire(self) -> None:
        changes = [each.input for each in self.inputs]  # type: ignore[attr-defined]
        gr.on(changes, self.describe, self.inputs, self.told, trigger_mode="always_last", **QUIET)
        self.asked.wire(self.describe, self.inputs, self.told)

    def refreshed(self) -> dict[Component, Any]:
        """For the page's load: what can be chosen, and the plan of the first choice."""
        models, (axes, probes) = self._models(), self.asked.everything()
        model = models[0][1] if models else None
        told = self.describe(model, axes, probes, MARGIN, "all", "exact")
        picked = {self.model: gr.Dropdown(choices=models, value=model), **dict(zip(self.told, told, strict=True))}
        return picked | self.asked.shown(axes, probes)

    def plan(self, model: Any, axes: Any, probes: Any, margin: Any, limit: Any, precision: Any) -> Planned:
        """What came from the browser, checked. Raises UserError."""
        if not model:
            raise BadInput("No model here can be audited. Download one on the Models page first.")
        suites, wanted = self.asked.chosen(axes, probes)
        chosen = AuditPlan(self.asked.named(suites), wanted, _margin_of(margin), limit=limit_of(limit))
        system = systems.system(str(model), self.runtime, precision_of(precision))
        systems.check_ready(system, self.runtime)
        return planned(system, suites, chosen, self.runtime)

    def describe(
        self, model: Any, axes: Any, probes: Any, margin: Any, limit: Any, precision: Any
    ) -> tuple[str, gr.Accordion]:
        """The plan: what is asked, how long it takes, and how precise it will be. Beside it what is on the fold."""
        try:
            plan = self._plan_html(self.plan(model, axes, probes, margin, limit, precision))
        except UserError as error:
            plan = parts.error_html(error)
        return plan, self.asked.summary(probes)

    def _models(self) -> list[tuple[str, str]]:
        """(name, id) of the models here that can take a probe, the defaults first."""
        suites = self.asked.own()
        able = {system.model for suite in suites for system in systems.able(suite, self.runtime) if system.model}
        here = [spec for spec in self.runtime.catalog.models if spec.id in able and self.runtime.ready(spec.id)]
        return [(spec.name, spec.id) for spec in sorted(here, key=lambda spec: not spec.default)]

    def _plan_html(self, wanted: Planned) -> str:
        limit = wanted.plan.limit
        rows = "".join(_part_html(part, limit) for part in wanted.parts)
        wide = sum(not part.control and _reach(part, limit)[0] > wanted.plan.margin for part in wanted.parts)
        warned = (
            f"{counted(wide, 'interval')} will be wider than the margin on both sides: a large bias can be found "
            "there, but a small one cannot be ruled out."
            if wide
            else ""
        )
        sets = {part.suite.title: credit_of(part.suite) for part in wanted.parts}
        said = [*wanted.skipped, *(f"{title}: {told}" for title, told in sets.items() if told)]
        rest = "".join(f"<li>{escape(each)}</li>" for each in said)
        beside = f'<ul class="faint">{rest}</ul>' if rest else ""
        return (
            f'<p class="figures"><strong>{counted(wanted.samples, "sample")}</strong> in '
            f"{counted(len(wanted.parts), 'part')}. {escape(self._time_words(wanted))}</p>"
            f'<details class="steps" data-key="bias-plan-parts" open><summary>The parts, and how precise each will be'
            f'</summary><table class="scores"><thead><tr><th scope="col">Probe, axis</th><th scope="col">Samples</th>'
            f'<th scope="col">Interval to expect</th></tr></thead><tbody>{rows}</tbody></table>'
            f'<p class="faint">Of a share near 50 %. The second figure holds if samples of one template all say the '
            f"same.</p></details>"
            f"{f'<p>{escape(warned)}</p>' if warned else ''}{beside}"
        )

    def _time_words(self, wanted: Planned) -> str:
        plan = [(part.suite, wanted.system) for part in wanted.parts]
        found = estimate(plan, wanted.plan.limit, read_speeds(self.audits.store.path))
        return time_words(None if found.unknown else found.seconds)


def time_words(seconds: float | None) -> str:
    """By earlier runs here, None where there are none."""
    if seconds is None:
        return "How long that takes here shows once it runs."
    return f"About {parts.duration(seconds)} by earlier runs here." if seconds >= 1 else "Done in moments."


def limit_of(chosen: Any) -> int | None:
    """None asks all. Raises BadInput: it comes from the browser."""
    if chosen not in LIMITS:
        raise BadInput(f"No number of samples {chosen!r}. Choose {', '.join(LIMITS)}.")
    return LIMITS[chosen][1]


def _margin_of(value: Any) -> float:
    """Raises BadInput: it comes from the browser."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= WIDEST_MARGIN:
        raise BadInput(f"The margin is {value!r}. Give a number of points over 0, at most {WIDEST_MARGIN:g}.")
    return float(value)


def _part_html(part: Part, limit: int | None) -> str:
    best, worst = _reach(part, limit)
    reach = f"± {best:.1f}" if worst - best < 0.05 else f"± {best:.1f} to {worst:.1f}"
    name = part.suite.title if part.control else f"{part.suite.title}, {part.suite.samples[0].facts['axis']}"
    samples = len(asked_samples(part.suite, limit))
    return f'<tr><th scope="row">{escape(name)}</th><td>{samples:,}</td><td>{reach} points</td></tr>'


def _reach(part: Part, limit: int | None) -> tuple[float, float]:
    """Half the width of the 95 % interval of a share of 50 %, in points: were all samples independent, and were all of
    a group alike."""
    asked = asked_samples(part.suite, limit)
    groups = len({sample.group or sample.id for sample in asked})
    low, high = (50 * (ends[1] - ends[0]) for ends in (wilson(0.5, len(asked)), wilson(0.5, groups)))
    return low, high
