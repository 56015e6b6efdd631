"""One measurement at a time, seen from every window, and nothing kept of one that was stopped."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.jobs import Job
from llmweb.measure import Measurement
from llmweb.measuring import Measurements
from llmweb.runtime import Runtime

MODEL = "smollm2-135m-instruct"
OTHER = "gpt2"


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite3")


def ended(measurements: Measurements, model: str) -> Job[Measurement]:
    measuring = measurements.find(model)
    assert measuring is not None
    deadline = time.monotonic() + 20
    while not measuring.ended:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return measuring


def test_a_measurement_is_made_in_the_background_and_kept(scripted: Callable[..., Runtime], history: History) -> None:
    measurements = Measurements(scripted(words_per_second=1000), history)
    measurements.start(MODEL)
    assert (ended(measurements, MODEL).step.done, measurements.find(OTHER)) == (4, None)
    assert history.measurements()[MODEL]["deviation"] == 0.0


def test_one_that_is_stopped_ends_at_once_and_is_not_kept(scripted: Callable[..., Runtime], history: History) -> None:
    measurements = Measurements(scripted(words_per_second=2), history)
    measurements.start(MODEL)
    measurements.stop(MODEL)
    stopped = time.monotonic()
    assert ended(measurements, MODEL).error == ""
    assert time.monotonic() - stopped < 2
    assert history.measurements() == {}


def test_two_at_once_are_refused_and_the_next_may_start_when_the_first_has_ended(
    scripted: Callable[..., Runtime], history: History
) -> None:
    measurements = Measurements(scripted(words_per_second=2), history)
    measurements.start(MODEL)
    with pytest.raises(BadInput, match="SmolLM2 135M Instruct is being measured"):
        measurements.start(OTHER)
    measurements.stop(MODEL)
    ended(measurements, MODEL)
    measurements.start(OTHER)
    measurements.stop(OTHER)
    ended(measurements, OTHER)


def test_one_that_fails_says_why(scripted: Callable[..., Runtime], history: History) -> None:
    def boom(request: object) -> str:
        raise BadInput("It says boom.")

    measurements = Measurements(scripted(boom), history)
    measurements.start(MODEL)
    assert ended(measurements, MODEL).error == "It says boom."
