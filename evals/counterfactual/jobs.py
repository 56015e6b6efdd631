"""Work under way in threads of its own, seen and stopped from every window: one job a key, the latest ones kept.

What a job does is its steps'; this owns the threads and the events that stop them.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import uuid4

from llmweb.errors import UserError

log = logging.getLogger(__name__)

KEPT = 16
WATCH_SECONDS = 0.25
STOP_SECONDS = 30

Step = TypeVar("Step")


@dataclass(eq=False)
class Job(Generic[Step]):
    """name is its own. step is the latest, None before the first; error says why it failed. stopped: somebody asked for
    that."""

    step: Step | None = None
    error: str = ""
    ended: bool = False
    name: str = field(default_factory=lambda: uuid4().hex)
    began: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def stopped(self) -> bool:
        return self.cancelled.is_set()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def watch(self) -> Iterator["Job[Step]"]:
        """Itself, now and every WATCH_SECONDS until it has ended, then once more. Closing stops the watching only."""
        while not self.ended:
            yield self
            with self.changed:
                self.changed.wait_for(lambda: self.ended, timeout=WATCH_SECONDS)
        yield self


class Jobs(Generic[Step]):
    """Every method may be called from any thread."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job[Step]] = OrderedDict()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self, key: str, steps: Callable[[threading.Event], Iterator[Step]]) -> Job[Step]:
        """Begin, or the job that is under way for the key."""
        with self._lock:
            before = self._jobs.get(key)
            if before is not None and not before.ended:
                return before
            job = self._jobs[key] = Job[Step]()
            self._jobs.move_to_end(key)
            for old in [name for name, each in self._jobs.items() if each.ended][:-KEPT]:
                del self._jobs[old]
            thread = threading.Thread(target=self._work, args=(job, steps), name="counterfactual", daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()
        return job

    def find(self, key: str) -> Job[Step] | None:
        return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """An ended one."""
        with self._lock:
            if key in self._jobs and self._jobs[key].ended:
                del self._jobs[key]

    def close(self) -> None:
        """Stop every job and wait for the threads."""
        for job in list(self._jobs.values()):
            job.cancelled.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _work(self, job: Job[Step], steps: Callable[[threading.Event], Iterator[Step]]) -> None:
        try:
            with closing(steps(job.cancelled)) as running:  # type: ignore[type-var]
                for job.step in running:
                    pass
        except UserError as error:
            job.error = str(error)
        except Exception as error:  # a defect ends this job, not the app
            log.exception("A comparison failed")
            job.error = f"It failed: {error}. Try again; the log file has the details."
        finally:
            with job.changed:
                job.ended = True
                job.changed.notify_all()
