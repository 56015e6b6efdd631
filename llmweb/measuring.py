"""Measurements under way: one at a time, in a thread of its own, seen and stopped from every window.

What is measured is measure.py's, what is kept of it history.py's.
"""

import logging
import threading
import time
from dataclasses import asdict, dataclass, field

from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.measure import Measurement, measure_steps
from llmweb.runtime import Runtime

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Measuring:
    """A measurement of one model, running or ended; error says why it failed."""

    state: Measurement
    ended: bool = False
    error: str = ""
    began: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Measurements:
    """Owns the running measurement of a process. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history = runtime, history
        self._latest: Measuring | None = None
        self._lock = threading.Lock()

    def start(self, model: str) -> None:
        """Begin in the background. Raises BadInput while another one runs: two at once would slow each other."""
        with self._lock:
            if self._latest is not None and not self._latest.ended:
                busy = self.runtime.catalog.find(self._latest.state.model).name
                raise BadInput(f"{busy} is being measured. Wait for that or stop it, then measure this one.")
            self._latest = measuring = Measuring(Measurement(model, doing="Loading the model"))
        threading.Thread(target=self._measure, args=(measuring,), name="measurement", daemon=True).start()

    def find(self, model: str) -> Measuring | None:
        """The latest measurement since the start, if it is of this model."""
        latest = self._latest
        return latest if latest is not None and latest.state.model == model else None

    def stop(self, model: str) -> None:
        """End it; nothing of it is kept."""
        measuring = self.find(model)
        if measuring is not None:
            measuring.cancelled.set()

    def _measure(self, measuring: Measuring) -> None:
        try:
            for state in measure_steps(self.runtime, measuring.state.model):
                measuring.state = state
                if measuring.cancelled.is_set():
                    return
            self.history.keep_measurement(state.model, asdict(state))
        except UserError as error:
            measuring.error = str(error)
        except Exception as error:  # a defect ends this measurement, not the app
            log.exception("Measuring %s failed", measuring.state.model)
            measuring.error = f"Measuring failed: {error}. Try again; the log file has the details."
        finally:
            measuring.ended = True
