"""The options panel: every way to steer an answer, folded under one line that says what differs from the default.

What the options mean is types.Options', the named presets are chat.py's; ranges are checked there, on the server.
"""

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.chat import PRESETS, check_options
from llmweb.errors import BadInput
from llmweb.pages.model_fold import precision_field
from llmweb.pages.running import QUIET
from llmweb.types import Options

CUSTOM = "Custom"
SAMPLED = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")
FIELDS = (*SAMPLED, "max_tokens", "seed", "precision", "stop", "schema")
"""The order of OptionsPanel.fields and of the values options_from() takes."""

LABELS = {
    "temperature": "temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "min_p": "min-p",
    "repetition_penalty": "repetition penalty",
    "max_tokens": "longest answer",
    "seed": "seed",
    "precision": "precision",
    "stop": "stop strings",
    "schema": "JSON schema",
}


@dataclass(frozen=True, slots=True)
class OptionsPanel:
    """summary is the line to show folded; fields are inputs for handlers, in the order of FIELDS, after the preset."""

    preset: gr.Dropdown
    fields: tuple[Component, ...]


def options_panel(prefix: str, default: Options) -> OptionsPanel:
    """The widgets, in the layout block that is open. prefix begins their element ids."""
    preset = gr.Dropdown(
        [*PRESETS, CUSTOM],
        value=preset_of(default),
        label="Preset",
        info="Precise gives the same answer every time; the others vary it.",
        filterable=False,
        elem_id=f"{prefix}-preset",
    )
    fields = [*_sliders(prefix, default), *_others(prefix, default)]
    for name, field in zip(FIELDS, fields, strict=True):
        if name in SAMPLED:
            field.input(preset_after, fields[: len(SAMPLED)], preset, **QUIET)  # type: ignore[attr-defined]
    preset.input(fields_after, [preset, *fields[: len(SAMPLED)]], fields[: len(SAMPLED)], **QUIET)
    return OptionsPanel(preset, tuple(fields))


def _sliders(prefix: str, default: Options) -> list[Component]:
    sliders = (
        ("temperature", 0, 2, 0.05, "0 always takes the likeliest token; higher varies more."),
        ("top_p", 0.05, 1, 0.05, "Only the likeliest tokens that together have this probability."),
        ("top_k", 0, 200, 1, "Only this many of the likeliest tokens; 0 = all."),
        ("min_p", 0, 0.5, 0.01, "Only tokens at least this likely relative to the likeliest."),
        ("repetition_penalty", 1, 2, 0.05, "Above 1 makes tokens already said less likely."),
        ("max_tokens", 16, 4096, 16, "In tokens. The answer is cut there; Continue goes on."),
    )
    return [
        gr.Slider(
            low,
            high,
            value=getattr(default, name),
            step=step,
            label=LABELS[name].capitalize(),
            info=info,
            elem_id=f"{prefix}-{name.replace('_', '-')}",
            buttons=[],
        )
        for name, low, high, step, info in sliders
    ]


def _others(prefix: str, default: Options) -> list[Component]:
    seed = gr.Number(
        default.seed,
        label="Seed",
        info="The same seed and options give the same answer.",
        precision=0,
        minimum=0,
        elem_id=f"{prefix}-seed",
    )
    precision = precision_field(prefix, default.precision)
    stop = gr.Textbox(
        "\n".join(default.stop),
        label="Stop strings",
        info="One a line. The answer ends before the first of them.",
        lines=2,
        max_lines=4,
        elem_id=f"{prefix}-stop",
    )
    schema = gr.Textbox(
        default.schema,
        label="JSON schema",
        info="The answer is forced into this shape. Empty = free text.",
        lines=2,
        max_lines=12,
        elem_id=f"{prefix}-schema",
        elem_classes=["mono"],
    )
    return [seed, precision, stop, schema]


def options_from(values: tuple[Any, ...]) -> Options:
    """Options of the panel's values, in the order of FIELDS. Raises BadInput: they come from the browser."""
    named = dict(zip(FIELDS, values, strict=True))
    try:
        options = Options(
            temperature=float(named["temperature"]),
            top_p=float(named["top_p"]),
            top_k=int(named["top_k"]),
            min_p=float(named["min_p"]),
            repetition_penalty=float(named["repetition_penalty"]),
            max_tokens=int(named["max_tokens"]),
            seed=int(named["seed"]),
            precision=named["precision"],
            stop=tuple(line for line in str(named["stop"] or "").split("\n") if line),
            schema=str(named["schema"] or "").strip(),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput("An option is empty or not a number. Choose a preset to set all of them again.") from error
    check_options(options)
    return options


def values_of(options: Options) -> list[Any]:
    """The inverse of options_from(): what the panel shows."""
    shown = {name: getattr(options, name) for name in FIELDS}
    return [*(shown | {"stop": "\n".join(options.stop)}).values()]


def preset_of(options: Options) -> str:
    """The preset with the same sampling, else "Custom"."""
    for name, preset in PRESETS.items():
        if all(getattr(preset, field) == getattr(options, field) for field in SAMPLED):
            return name
    return CUSTOM


def differences(options: Options, default: Options) -> list[str]:
    """What differs from the default, in words, a preset by its name: ["Creative", "seed 3"]."""
    words: list[str] = []
    if any(getattr(options, name) != getattr(default, name) for name in SAMPLED):
        preset = preset_of(options)
        changed = [name for name in SAMPLED if getattr(options, name) != getattr(default, name)]
        words = [preset] if preset != CUSTOM else [f"{LABELS[name]} {getattr(options, name):g}" for name in changed]
    for name in ("max_tokens", "seed", "precision"):
        if getattr(options, name) != getattr(default, name):
            words.append(f"{LABELS[name]} {getattr(options, name)}")
    return words + [LABELS[name] for name in ("stop", "schema") if getattr(options, name) != getattr(default, name)]


def preset_after(*sampling: float) -> str:
    return preset_of(replace(Options(), **dict(zip(SAMPLED, sampling, strict=True))))  # type: ignore[arg-type]


def fields_after(preset: str, *sampling: float) -> list[float]:
    if preset not in PRESETS:
        return list(sampling)
    return [getattr(PRESETS[preset], name) for name in SAMPLED]
