"""Downloads in the background, one at a time, shared by all pages and windows. The fetching itself is download.py's."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Literal

from llmweb.errors import UserError
from llmweb.types import ModelSpec
from llmweb.weights.download import WeightStore

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass
class Fetch:
    """One download. note and progress (0–1 or None) say how far it is; error says in words why it failed."""

    spec: ModelSpec
    state: State = "waiting"
    note: str = "Waiting for another download"
    progress: float | None = None
    error: str = ""
    started: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class FetchQueue:
    """Owns the downloads of this process and the thread that makes them."""

    def __init__(self, store: WeightStore) -> None:
        self.store = store
        self._fetches: dict[str, Fetch] = {}
        self._queue: SimpleQueue[Fetch | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._worker = threading.Thread(target=self._work, name="downloads", daemon=True)
        self._worker.start()

    def start(self, spec: ModelSpec) -> Fetch:
        """Queue a download; the one already under way, if there is one."""
        with self._lock:
            fetch = self._fetches.get(spec.id)
            if fetch is None or fetch.ended:
                fetch = self._fetches[spec.id] = Fetch(spec)
                self._queue.put(fetch)
            return fetch

    def find(self, model_id: str) -> Fetch | None:
        """The latest download of this model since the start, ended or not."""
        return self._fetches.get(model_id)

    def cancel(self, model_id: str) -> None:
        fetch = self._fetches.get(model_id)
        if fetch is not None:
            fetch.cancelled.set()

    def close(self) -> None:
        """Cancel what is under way and end the thread."""
        for fetch in list(self._fetches.values()):
            fetch.cancelled.set()
        self._queue.put(None)
        self._worker.join()

    def _work(self) -> None:
        while (fetch := self._queue.get()) is not None:
            if fetch.cancelled.is_set():
                fetch.state = "cancelled"
            else:
                self._make(fetch)

    def _make(self, fetch: Fetch) -> None:
        fetch.state = "running"
        try:
            self.store.fetch(fetch.spec, _report_to(fetch), fetch.cancelled)
        except UserError as error:
            fetch.state, fetch.error = "cancelled" if fetch.cancelled.is_set() else "failed", str(error)
        except Exception as error:  # a defect in one download must not end the queue
            log.exception("Download of %s failed", fetch.spec.id)
            fetch.state, fetch.error = "failed", f"The download of {fetch.spec.name} failed: {error}. See the log file."
        else:
            fetch.state, fetch.progress = "done", 1.0


def _report_to(fetch: Fetch) -> Callable[[str, float | None], None]:
    def report(note: str, progress: float | None) -> None:
        fetch.note, fetch.progress = note, progress

    return report
