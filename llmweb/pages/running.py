"""What each window of a page is computing: one thing at a time, ended by Stop, by the next one, or with the window; and
how its events are taken.

Owns the events that cancel, and the pace of updates; what is computed is the features'.
"""

import time
from collections.abc import Generator, Iterator
from threading import Event, Lock
from typing import Any, TypeVar
from uuid import uuid4

UPDATE_SECONDS = 1 / 15

QUIET: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "show_progress_on": [],  # at each step of any handler Gradio goes through all that are named, or else all outputs
    "api_visibility": "private",
}
"""Arguments of an event that only tidies the page."""

STEPS: dict[str, Any] = QUIET | {"queue": True, "concurrency_limit": None}
"""Arguments of an event whose handler yields what a page shows meanwhile. The runtime queues, so Gradio need not."""

QUICK: dict[str, Any] = STEPS | {"trigger_mode": "multiple", "concurrency_limit": 1}
"""Arguments of clicks that may follow one another at once: none is dropped, and each finds what the one before left.

Trap: "always_last" is for values alone. Gradio 6.31 then sends the data of the first click again, not of the last.
"""

MEANWHILE: dict[str, Any] = STEPS | {"trigger_mode": "multiple"}
"""Arguments of clicks whose handler may yield for long while the next one comes, a Stop perhaps. It ends the one before
by a Running of its own, or sees that its window shows something else."""

T = TypeVar("T")


class Run:
    """name is its own; cancelled: it was ended early; left: for something else, so that nothing more is to be said."""

    def __init__(self) -> None:
        self.name = uuid4().hex
        self.cancelled, self.left = Event(), False
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def paced(self, steps: Iterator[T]) -> Iterator[T]:
        """The snapshots, as many as a page can show and always the last; ends, and closes steps, once cancelled."""
        shown_at, unshown = float("-inf"), False
        try:
            for step in steps:
                if self.cancelled.is_set():
                    return
                unshown = self.seconds - shown_at < UPDATE_SECONDS
                if not unshown:
                    shown_at = self.seconds
                    yield step
            if unshown:
                yield step
        finally:
            if isinstance(steps, Generator):
                steps.close()


class Running:
    """The Run of each window. A window is a session's hash."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._lock = Lock()

    def begin(self, window: str) -> Run:
        """A new run, which ends the one before."""
        run = Run()
        with self._lock:
            before, self._runs[window] = self._runs.get(window), run
        _leave(before)
        return run

    def stop(self, window: str) -> None:
        with self._lock:
            run = self._runs.get(window)
        if run is not None:
            run.cancelled.set()

    def leave(self, window: str) -> None:
        """The window shows something else, or was closed (told twice at times)."""
        with self._lock:
            run = self._runs.pop(window, None)
        _leave(run)


def _leave(run: Run | None) -> None:
    if run is not None:
        run.left = True
        run.cancelled.set()
