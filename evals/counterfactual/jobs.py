"""Comparisons under way, seen and stopped from every window: one job a key, the latest ones kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from typing import Generic

from llmweb.jobs import Job, Step

KEPT = 16
FAILED = "It failed: {}. Try again; the log file has the details."


class Jobs(Generic[Step]):
    """Every method may be called from any thread. A job's step is None before the first."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job[Step | None]] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, key: str, steps: Callable[[threading.Event], Generator[Step, None, None]]) -> Job[Step | None]:
        """Begin, or the job that is under way for the key."""
        with self._lock:
            before = self._jobs.get(key)
            if before is not None and not before.ended:
                return before
            job = self._jobs[key] = Job[Step | None]("A comparison", FAILED, None)
            self._jobs.move_to_end(key)
            for old in [name for name, each in self._jobs.items() if each.ended][:-KEPT]:
                del self._jobs[old]
        job.start(steps)
        return job

    def find(self, key: str) -> Job[Step | None] | None:
        return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """An ended one."""
        with self._lock:
            if key in self._jobs and self._jobs[key].ended:
                del self._jobs[key]

    def close(self) -> None:
        """Stop every job and wait for their ends."""
        jobs = list(self._jobs.values())
        for job in jobs:
            job.cancelled.set()
        for job in jobs:
            job.wait()
