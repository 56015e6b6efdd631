"""The options panel: what the browser sends back, and what the fold says."""

from dataclasses import replace

import pytest

from llmweb.chat import PRESETS
from llmweb.errors import BadInput
from llmweb.pages.options import FIELDS, differences, fields_after, options_from, preset_of, values_of
from llmweb.types import Options

CHOSEN = Options(
    precision="exact",
    max_tokens=64,
    temperature=0.5,
    top_p=0.8,
    top_k=40,
    min_p=0.05,
    repetition_penalty=1.2,
    seed=9,
    stop=("END", "  two words"),
    schema='{"type": "object"}',
)


def test_the_panel_gives_back_the_options_it_was_given() -> None:
    assert options_from(tuple(values_of(CHOSEN))) == CHOSEN


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_recognised_by_its_sampling(name: str) -> None:
    assert preset_of(replace(PRESETS[name], seed=5, max_tokens=7)) == name


def test_other_sampling_is_called_custom_and_keeps_its_values() -> None:
    assert preset_of(CHOSEN) == "Custom"
    assert fields_after("Custom", 0.5, 0.8, 40, 0.05, 1.2) == [0.5, 0.8, 40, 0.05, 1.2]


def test_the_fold_says_what_differs_from_the_default() -> None:
    default = PRESETS["Balanced"]
    assert differences(default, default) == []
    assert differences(replace(PRESETS["Creative"], seed=3), default) == ["Creative", "seed 3"]
    assert differences(replace(default, temperature=0.25, stop=("x",)), default) == ["temperature 0.25", "stop strings"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", None, "An option is empty or not a number. Choose a preset to set all of them again."),
        ("seed", "x", "An option is empty or not a number. Choose a preset to set all of them again."),
        ("temperature", 9, "The temperature is 9.0; it must be between 0 and 5."),
        ("max_tokens", 10**9, "The longest answer is 1000000000; it must be between 1 and 32,768."),
    ],
)
def test_a_value_the_page_would_not_offer_is_refused_by_the_server(name: str, value: object, message: str) -> None:
    values = values_of(CHOSEN)
    values[FIELDS.index(name)] = value
    with pytest.raises(BadInput) as refusal:
        options_from(tuple(values))
    assert str(refusal.value) == message
