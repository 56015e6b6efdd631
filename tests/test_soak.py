"""A short soak on the real default weights: tests/bench/soak.py runs the long one."""

from pathlib import Path

import pytest

from llmweb.history import History
from llmweb.runtime import Runtime
from tests.bench.soak import DRIFT, Soak, drift, warm_up

STEPS, WARM_STEPS = 28, 7  # each kind of step four times, after each kind once


@pytest.mark.slow
def test_memory_stays_flat_no_request_hangs_and_every_answer_is_stored(real: Runtime, tmp_path: Path) -> None:
    soak = Soak(real, History(tmp_path / "soak.sqlite3"))
    warm_up(soak, WARM_STEPS)
    steps = list(soak.steps(STEPS, WARM_STEPS))
    soak.check_end()
    assert abs(drift(steps)) <= DRIFT, [f"{step.kind}: {step.resident_bytes / 1e6:.1f} MB" for step in steps]
