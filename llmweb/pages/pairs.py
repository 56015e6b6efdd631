"""How to translate, as the Translate page asks it: the languages, the models that serve them, the options.

Owns these fields, what they offer for each other, and what they come to as an Ask.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.model_fold import precision_field
from llmweb.pages.running import QUIET
from llmweb.runtime import Runtime
from llmweb.translate import AUTO, chosen
from llmweb.translate.examples import EXAMPLES
from llmweb.translate.jobs import Ask, Work
from llmweb.translate.languages import name
from llmweb.types import ModelSpec, Options

DETECT = "auto"
BEST = ""
FIRST_TARGET = "pt"
DEFAULT = Options(alternatives=3)
MOST_ALTERNATIVES = 8
Choices = list[tuple[str, str]]


class PairFields:
    """The widgets; inputs are those that ask() takes, in its order."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def build_languages(self) -> None:
        """From, swap and To, in the layout block that is open."""
        with gr.Row(elem_id="translate-languages"):
            sources, targets = source_choices(self.runtime), target_choices(self.runtime)
            self.source = gr.Dropdown(sources, value=DETECT, label="From", elem_id="translate-source")
            self.swap = gr.Button("⇄", elem_id="translate-swap", min_width=0, scale=0)
            self.target = gr.Dropdown(targets, value=FIRST_TARGET, label="To", elem_id="translate-target")
        self.problem = parts.canvas("translate-pair-problem")

    def build_setup(self) -> None:
        """Model and options, in the layout block that is open."""
        self.model = gr.Dropdown(
            model_choices(self.runtime, DETECT, FIRST_TARGET),
            value=BEST,
            label="Model",
            info=model_info(self.runtime, BEST, DETECT, FIRST_TARGET),
            elem_id="translate-model",
        )
        with gr.Accordion(parts.summary([]), open=False, elem_id="translate-fold") as self.fold:
            info = "Exact computes in 32 bits and is slower. Files are always translated fast."
            self.precision = precision_field("translate", DEFAULT.precision, info)
            self.alternatives = gr.Slider(
                1,
                MOST_ALTERNATIVES,
                value=DEFAULT.alternatives,
                step=1,
                label="Translations of each sentence",
                info="For models that can give more than one; the more, the slower.",
                elem_id="translate-wanted",
                buttons=[],
            )
        self.languages = [self.source, self.target, self.model]
        self.inputs: list[Component] = [*self.languages, self.precision, self.alternatives]

    def wire(self) -> None:
        gr.on(
            [self.source.change, self.target.change],
            self.paired,
            self.languages,
            [self.model, self.problem],
            trigger_mode="always_last",
            **QUIET,
        )
        self.model.change(self.described, self.languages, self.model, trigger_mode="always_last", **QUIET)
        gr.on(
            [self.precision.change, self.alternatives.change],
            self.summarize,
            [self.precision, self.alternatives],
            self.fold,
            trigger_mode="always_last",
            **QUIET,
        )

    def paired(self, source: str, target: str, model: str) -> tuple[Any, str]:
        """The picker for a pair of languages, and what is wrong with the pair."""
        return self._picker(source, target, model), pair_problem(self.runtime, source, target)

    def described(self, source: str, target: str, model: str) -> Any:
        return gr.Dropdown(info=model_info(self.runtime, model or BEST, source, target))

    def summarize(self, precision: str, alternatives: float) -> Any:
        differs = [f"precision {precision}"] if precision != DEFAULT.precision else []
        differs += [f"{alternatives:g} translations each"] if alternatives != DEFAULT.alternatives else []
        return gr.Accordion(label=parts.summary(differs))

    def refreshed(self) -> dict[Component, Any]:
        """The languages as they can be had now."""
        return {
            self.source: gr.Dropdown(choices=source_choices(self.runtime)),
            self.target: gr.Dropdown(choices=target_choices(self.runtime)),
        }

    def restored(self, work: Work) -> dict[Component, Any]:
        """The fields as a translation was asked for; as they are, where its languages are no longer served."""
        ask, target = work.ask, work.translation.target
        sources, targets = source_choices(self.runtime), target_choices(self.runtime)
        source = ask.source or DETECT
        if source not in {code for _, code in sources} or target not in {code for _, code in targets}:
            return {}
        return {
            self.source: gr.Dropdown(choices=sources, value=source),
            self.target: gr.Dropdown(choices=targets, value=target),
            self.model: self._picker(source, target, ask.model),
            self.precision: ask.options.precision,
            self.alternatives: ask.options.alternatives,
        }

    def _picker(self, source: str, target: str, model: str) -> Any:
        choices = model_choices(self.runtime, source, target)
        model = model if model in {model_id for _, model_id in choices} else BEST
        return gr.Dropdown(choices=choices, value=model, info=model_info(self.runtime, model, source, target))


def ask(values: Sequence[Any], text: str = "", upload: Path | None = None) -> Ask:
    """What the values of PairFields.inputs ask for. Raises BadInput: they come from the browser."""
    source, target, model, precision, alternatives = values
    if precision not in ("fast", "exact"):
        raise BadInput(f"There is no precision {precision!r}. Choose fast or exact.")
    if not isinstance(alternatives, (int, float)) or not 1 <= alternatives <= MOST_ALTERNATIVES:
        raise BadInput(f"Ask for 1 to {MOST_ALTERNATIVES} translations of each sentence, not {alternatives!r}.")
    options = replace(DEFAULT, precision=precision, alternatives=int(alternatives))
    return Ask(str(source or ""), str(target or ""), text, upload, str(model or ""), options, upload is not None)


def source_choices(runtime: Runtime) -> Choices:
    return [("Detect language", DETECT), *_choices(runtime, 0)]


def target_choices(runtime: Runtime) -> Choices:
    return _choices(runtime, 1)


def _choices(runtime: Runtime, side: int) -> Choices:
    """(name, code): languages a model that is here serves come first."""
    here: set[str] = set()
    known = set(EXAMPLES)
    for spec in runtime.catalog.models:
        served = {pair[side] for pair in spec.pairs}
        known |= served
        here |= served if runtime.ready(spec.id) else set()
    ordered = sorted(known, key=lambda code: (code not in here, name(code)))
    return [(name(code) if code in here else f"{name(code)} · needs a download", code) for code in ordered]


def model_choices(runtime: Runtime, source: str, target: str) -> Choices:
    """The models that serve the pair, what is here first; source "auto": those that translate into target."""
    models = [spec for spec in runtime.catalog.models if _serves(spec, source, target)]
    models.sort(key=lambda spec: (not runtime.ready(spec.id), "translate" not in spec.tasks))
    return [("Best for the pair", BEST), *((_label(runtime, spec), spec.id) for spec in models)]


def _serves(spec: ModelSpec, source: str, target: str) -> bool:
    if "translate" in spec.tasks:
        return any(target == to and source in (*AUTO, start) for start, to in spec.pairs)
    wanted = {target} if source in AUTO else {source, target}
    return "generate" in spec.tasks and wanted <= set(EXAMPLES) and (not spec.languages or wanted <= {*spec.languages})


def _label(runtime: Runtime, spec: ModelSpec) -> str:
    by_example = "" if "translate" in spec.tasks else " · by example"
    return f"{spec.name}{by_example}" + ("" if runtime.ready(spec.id) else " · not here yet")


def model_info(runtime: Runtime, model: str, source: str, target: str) -> str:
    """One line under the picker: what the choice means, size, licence, state."""
    if model == BEST and source in AUTO:
        return "Chosen once the language is detected."
    try:
        spec = chosen(runtime, source, target, model)
    except UserError:
        return "No model serves this pair."
    by_example = "" if "translate" in spec.tasks else "asked by example, less reliable · "
    named = f"{spec.name} · " if model == BEST else ""
    return f"{named}{by_example}{parts.model_info(runtime, spec.id)}"


def pair_problem(runtime: Runtime, source: str, target: str) -> str:
    """A banner where the chosen languages cannot work together, else ""."""
    if source in AUTO:
        return ""
    try:
        chosen(runtime, source, target, BEST)
    except UserError as error:
        return parts.error_html(error)
    return ""
