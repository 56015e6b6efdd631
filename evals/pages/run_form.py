"""What to run: suites, systems, how many samples, how exactly; and what comes of that before it starts. Widgets and
their handlers; the runs are run_queue.py's."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals import systems
from evals.durations import Estimate, estimate
from evals.metrics.similarity import MODEL as EMBEDDER
from evals.pages.run_list import system_name
from evals.run_queue import Planned, RunQueue
from evals.run_reads import read_speeds
from evals.runner import Asking
from evals.scoring import EMBEDDING, asked_samples
from evals.systems import System
from evals.types import Suite
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.model_fold import precision_field, precision_of
from llmweb.pages.running import QUIET
from llmweb.types import Precision

Plan = list[tuple[Suite, System]]

FIRST_SUITE = "translate/en-pt"
FIRST_LIMIT = 50
STARTER = ("translate/en-pt", "ask/en")
STARTER_LIMIT = 20
# With the default weights, loading included, it took 107 s on two cores of an AMD EPYC that had other work too.
STARTER_MINUTES = 2
OPEN_MODELS = ' <button type="button" class="quiet" data-tab="models">Open Models</button>'


class RunForm:
    """The fields; inputs are their values in the order that plan() takes."""

    def __init__(self, queue: RunQueue) -> None:
        self.queue, self.runtime = queue, queue.runtime
        self.names = self.runtime.catalog.names

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        self.suites = gr.CheckboxGroup(
            self._offered(), value=[FIRST_SUITE], label="Suites, and how many samples each has", elem_id="runs-suites"
        )
        choices = self._choices(self._suites([FIRST_SUITE]), "exact")
        self.systems = gr.CheckboxGroup(
            choices, value=self._first(choices), label="Systems that can take them", elem_id="runs-systems"
        )
        with gr.Row(elem_classes=["fields"]):
            self.limit = gr.Number(
                FIRST_LIMIT,
                label="Samples of each suite",
                info="Spread over the suite. Empty asks all.",
                precision=0,
                elem_id="runs-limit",
                min_width=160,
            )
            info = "Exact does not depend on what else is running. Exact and fast are two systems."
            self.precision = precision_field("runs", "exact", info)
        self.note = parts.canvas(
            "runs-note", self._note_html([FIRST_SUITE], self._first(choices), FIRST_LIMIT, "exact")
        )
        self.go = gr.Button("Run", variant="primary", elem_id="runs-go", min_width=140, scale=0)
        self.inputs: list[Component] = [self.suites, self.systems, self.limit, self.precision]

    def wire(self) -> None:
        last: dict[str, Any] = QUIET | {"trigger_mode": "always_last"}
        self.suites.input(self.offer, self.inputs, [self.systems, self.note], **last)
        self.precision.input(self.refit, self.inputs, [self.systems, self.note], **last)
        gr.on([self.systems.input, self.limit.input], self.describe, self.inputs, self.note, **last)

    def offer(self, suites: Any, chosen: Any, limit: Any, precision: Any) -> tuple[gr.CheckboxGroup, str]:
        """The systems for these suites, those chosen before still chosen, and the baselines; and the note."""
        return self.refit(suites, [*(chosen or ()), *systems.BASELINES], limit, precision)

    def refit(self, suites: Any, chosen: Any, limit: Any, precision: Any) -> tuple[gr.CheckboxGroup, str]:
        """The systems at this precision, those chosen before still chosen; and the note."""
        try:
            choices = self._choices(self._suites(suites), precision_of(precision))
        except UserError as error:
            return gr.CheckboxGroup(), parts.error_html(error)
        kept = [model for _, model in choices if model in (chosen or ())]
        return gr.CheckboxGroup(choices, value=kept), self.describe(suites, kept, limit, precision)

    def describe(self, suites: Any, chosen: Any, limit: Any, precision: Any) -> str:
        try:
            return self._note_html(suites, chosen, limit, precision)
        except UserError as error:
            return parts.error_html(error)

    def refreshed(self, suites: Any, chosen: Any, limit: Any, precision: Any) -> dict[Component, Any]:
        """For the page's load: models and suites may have come or gone."""
        offered = self._offered()
        known = [name for _, name in offered]
        suites = [name for name in suites or () if name in known]
        shown, note = self.offer(suites, chosen, limit, precision)
        return {self.suites: gr.CheckboxGroup(offered, value=suites), self.systems: shown, self.note: note}

    def chosen(self, suite: str, precision: Any) -> dict[Component, Any]:
        """One suite, whole, and all that is here and can take it. Raises BadInput."""
        choices = self._choices(self._suites([suite]), precision_of(precision))
        models = [model for _, model in choices]
        return {
            self.suites: gr.CheckboxGroup(self._offered(), value=[suite]),
            self.systems: gr.CheckboxGroup(choices, value=models),
            self.limit: None,
            self.note: self._note_html([suite], models, None, precision),
        }

    def plan(self, suites: Any, chosen: Any, limit: Any, precision: Any) -> list[Planned]:
        """What came from the browser, checked: every system on every suite it can take. Raises UserError."""
        asking = Asking(limit_of(limit))
        wanted = self._plan(self._suites(suites), chosen or (), precision_of(precision))
        if not wanted:
            raise BadInput("Nothing is chosen to run. Choose at least one suite, and a system that can take it.")
        return [Planned(suite, system, asking) for suite, system in wanted]

    def starter(self) -> list[Planned]:
        """A small run of what is here."""
        suites, chosen = self._suites(STARTER), self._starters()
        return [Planned(suite, system, Asking(STARTER_LIMIT)) for suite, system in self._plan(suites, chosen, "exact")]

    def starter_html(self) -> str:
        """The empty page: what a run is, and the button that makes the first."""
        plan = self.starter()
        titles = " and ".join(dict.fromkeys(f"“{each.suite.title}”" for each in plan))
        asked = dict.fromkeys(each.system.model for each in plan if not each.system.is_baseline)
        models = ", ".join(self.names[model] for model in asked) or "No model yet"
        words = (
            f"The first one: {STARTER_LIMIT} samples each of {titles}; {models} and the baselines. "
            f"About {STARTER_MINUTES} minutes on the two CPU cores where it was measured; once it runs, it says what "
            "is left here."
        )
        button = '<button type="button" class="example" data-do="starter">Run the starter</button>'
        what = "A run asks a model the samples of a suite and scores what it says."
        return f'<div class="empty starter"><h2>No runs yet</h2><p>{what}</p><p>{escape(words)}</p>{button}</div>'

    def _offered(self) -> list[tuple[str, str]]:
        return [(f"{suite.title} · {len(suite.samples):,}", name) for name, suite in self.queue.suites().items()]

    def _starters(self) -> list[str]:
        models = [spec.id for spec in self.runtime.catalog.models if spec.default and self.runtime.ready(spec.id)]
        return [*systems.BASELINES, *models]

    def _suites(self, names: Any) -> list[Suite]:
        known = self.queue.suites()
        for name in names or ():
            if name not in known:
                raise BadInput(f"There is no suite {name!r}. Reload the page.")
        return [known[name] for name in names or ()]

    def _able(self, suite: Suite, precision: Precision) -> dict[str, System]:
        """Model or baseline → system, those that can take the suite, here or not."""
        found = (*systems.baselines_for(suite), *systems.able(suite, self.runtime, precision))
        return {system.model: system for system in found}

    def _plan(self, suites: Sequence[Suite], chosen: Iterable[str], precision: Precision) -> Plan:
        """Baselines first: they are done in a moment. A model's suites together: it loads once."""
        able = {suite.id: self._able(suite, precision) for suite in suites}
        wanted = sorted(dict.fromkeys(chosen), key=lambda model: model not in systems.BASELINES)
        return [(suite, able[suite.id][model]) for model in wanted for suite in suites if model in able[suite.id]]

    def _choices(self, suites: Sequence[Suite], precision: Precision) -> list[tuple[str, str]]:
        """(name, model) of what is here and can take at least one of the suites; of how many, if not all."""
        able = [self._able(suite, precision) for suite in suites]
        models = dict.fromkeys(model for each in able for model, system in each.items() if self._here(system))
        choices = []
        for model in sorted(models, key=lambda model: model not in systems.BASELINES):
            takes = sum(model in each for each in able)
            some = f" · {takes} of {len(suites)} suites" if takes < len(suites) else ""
            found = next(each[model] for each in able if model in each).options.precision
            only = f" · {found} only" if found != precision and model in self.names else ""
            choices.append((f"{self.names.get(model, model)}{only}{some}", model))
        return choices

    def _first(self, choices: Sequence[tuple[str, str]]) -> list[str]:
        starters = self._starters()
        return [model for _, model in choices if model in starters]

    def _here(self, system: System) -> bool:
        return system.is_baseline or self.runtime.ready(system.model)

    def _note_html(self, suites: Any, chosen: Any, limit: Any, precision: Any) -> str:
        """How much it is, how long it will take, and what is not here."""
        wanted, exactly = self._suites(suites), precision_of(precision)
        plan, count = self._plan(wanted, chosen or (), exactly), limit_of(limit)
        if not plan:
            return '<p class="faint">Choose at least one suite, and a system that can take it.</p>'
        samples = sum(len(asked_samples(suite, count)) for suite, _ in plan)
        runs = "1 run" if len(plan) == 1 else f"{len(plan)} runs"
        time = self._time_words(estimate(plan, count, read_speeds(self.queue.store.path)))
        words = f"{runs}, {samples:,} samples. {time}"
        return f'<p class="figures">{escape(words)}</p>{self._missing_html(wanted, exactly)}'

    def _time_words(self, found: Estimate) -> str:
        known = f"About {parts.duration(found.seconds)} by earlier runs here" if found.seconds >= 1 else ""
        if not found.unknown:
            return f"{known}." if known else "Done in moments."
        names = " and ".join(system_name(system, self.names) for system in found.unknown)
        verb = "have" if len(found.unknown) > 1 else "has"
        new = f"{names} {verb} not run here yet, so how long that takes shows once it runs"
        return f"{known}; {new}." if known else f"{new}."

    def _missing_html(self, suites: Sequence[Suite], precision: Precision) -> str:
        """Models that could take a suite but whose weights are not here; metrics that are left out for that."""
        able = {model: system for suite in suites for model, system in self._able(suite, precision).items()}
        missing = [self.names[model] for model, system in able.items() if not self._here(system)]
        words = f"Not on this machine, so not offered: {', '.join(missing)}." if missing else ""
        if any(EMBEDDING & {*suite.metrics} for suite in suites) and not self.runtime.ready(EMBEDDER):
            words += f" Semantic similarity is left out without {self.names[EMBEDDER]}."
        return f'<p class="faint">{escape(words.strip())}{OPEN_MODELS}</p>' if words else ""


def limit_of(value: Any) -> int | None:
    """None asks all. Raises BadInput: it comes from the browser."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadInput(f"{value!r} is no number of samples. Write 1 or more, or leave it empty to ask all.")
    return value
