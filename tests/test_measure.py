"""A measurement goes through four steps and keeps what it found."""

from collections.abc import Callable
from pathlib import Path

from llmweb.history import History
from llmweb.measure import TEXTS, Measurement, measure_steps
from llmweb.runtime import Runtime

MODEL = "smollm2-135m-instruct"


def test_speed_and_deviation_are_measured_in_four_steps(scripted: Callable[..., Runtime]) -> None:
    states = list(measure_steps(scripted(words_per_second=200), MODEL))
    assert [state.done for state in states] == sorted(state.done for state in states)
    last = states[-1]
    words = sum(len(text.split()) for text in TEXTS)
    # The scripted engine gives every token the same log-probability in both precisions.
    assert (last.done, last.deviation, last.tokens) == (4, 0.0, words)
    assert last.speed_one is not None
    assert last.speed_many is not None
    assert last.speed_many > 4 * last.speed_one  # 16 answers share each of its steps


def test_the_latest_measurement_of_a_model_is_kept(tmp_path: Path) -> None:
    history = History(tmp_path / "h.sqlite3")
    history.keep_measurement(MODEL, {"speed_one": 1.0})
    history.keep_measurement(MODEL, {"speed_one": 2.0})
    assert {model: result["speed_one"] for model, result in history.measurements().items()} == {MODEL: 2.0}


def test_closing_a_measurement_stops_its_answers(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted(words_per_second=5)
    steps = measure_steps(runtime, MODEL)
    assert next(steps) == Measurement(MODEL, doing="Writing one answer")
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert [model.users for model in runtime.loaded()] == [0]
