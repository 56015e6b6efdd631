"""Measurements under way: one at a time, seen and stopped from every window.

What is measured is measure.py's, what is kept of it history.py's.
"""

import threading
from collections.abc import Generator
from dataclasses import asdict
from functools import partial

from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.jobs import Job
from llmweb.measure import Measurement, measure_steps
from llmweb.runtime import Runtime

FAILED = "Measuring failed: {}. Try again; the log file has the details."


class Measurements:
    """Owns the running measurement of a process. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history = runtime, history
        self._latest: Job[Measurement] | None = None
        self._lock = threading.Lock()

    def start(self, model: str) -> None:
        """Begin in the background. Raises BadInput while another one runs: two at once would slow each other."""
        with self._lock:
            if self._latest is not None and not self._latest.ended:
                busy = self.runtime.catalog.find(self._latest.step.model).name
                raise BadInput(f"{busy} is being measured. Wait for that or stop it, then measure this one.")
            self._latest = Job(f"Measuring {model}", FAILED, Measurement(model, doing="Loading the model"))
            self._latest.start(partial(self._steps, model))

    def find(self, model: str) -> Job[Measurement] | None:
        """The latest measurement since the start, if it is of this model."""
        latest = self._latest
        return latest if latest is not None and latest.step.model == model else None

    def stop(self, model: str) -> None:
        """End it; nothing of it is kept."""
        measuring = self.find(model)
        if measuring is not None:
            measuring.cancelled.set()

    def _steps(self, model: str, cancelled: threading.Event) -> Generator[Measurement, None, None]:
        for state in measure_steps(self.runtime, model):
            yield state
            if cancelled.is_set():
                return
        self.history.keep_measurement(model, asdict(state))
