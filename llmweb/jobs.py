"""A piece of work under way in a thread of its own, seen and stopped from every window.

What it does is its steps'; which ones there are, and what is kept of them, is their owner's.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import uuid4

from llmweb.errors import UserError

log = logging.getLogger(__name__)

FAILED = "It failed: {}. Try again; the log file has the details."
KEPT_JOBS = 16
WATCH_SECONDS = 0.25
STOP_SECONDS = 30  # a model that reads a long prompt on a slow machine ends within that

Step = TypeVar("Step")


@dataclass(eq=False)
class Job(Generic[Step]):
    """title is for the log, failed for a person where a defect ended it: {} is what that says of itself. step is the
    latest, at first what there is before any; error says why it failed. stopped: somebody asked for that. then is
    called after the end."""

    title: str
    failed: str
    step: Step
    then: Callable[[], None] = lambda: None
    error: str = ""
    ended: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)
    began: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def stopped(self) -> bool:
        return self.cancelled.is_set()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def start(self, steps: Callable[[threading.Event], Generator[Step, None, None]]) -> None:
        """steps are to end when the event is set."""
        threading.Thread(target=self._work, args=(steps,), name=self.title, daemon=True).start()

    def watch(self) -> Iterator["Job[Step]"]:
        """Itself, now and every WATCH_SECONDS until it has ended, then once more. Closing stops the watching only."""
        while not self.ended:
            yield self
            self.wait(WATCH_SECONDS)
        yield self

    def wait(self, seconds: float = STOP_SECONDS) -> None:
        """For its end."""
        with self.changed:
            self.changed.wait_for(lambda: self.ended, seconds)

    def _work(self, steps: Callable[[threading.Event], Generator[Step, None, None]]) -> None:
        try:
            with closing(steps(self.cancelled)) as running:
                for self.step in running:
                    pass
        except UserError as error:
            self.error = str(error)
        except Exception as error:  # a defect ends this job, not the app
            log.exception("%s failed", self.title)
            self.error = self.failed.format(error)
        finally:
            with self.changed:
                self.ended = True
                self.changed.notify_all()
            self.then()


class Jobs(Generic[Step]):
    """One job a key, the latest ones kept. Every method may be called from any thread.

    title is that of each, for the log; a job's step is None before the first.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._jobs: OrderedDict[str, Job[Step | None]] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, key: str, steps: Callable[[threading.Event], Generator[Step, None, None]]) -> Job[Step | None]:
        """Begin, or the job that is under way for the key."""
        with self._lock:
            before = self._jobs.get(key)
            if before is not None and not before.ended:
                return before
            job = self._jobs[key] = Job[Step | None](self.title, FAILED, None)
            self._jobs.move_to_end(key)
            for old in [name for name, each in self._jobs.items() if each.ended][:-KEPT_JOBS]:
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
