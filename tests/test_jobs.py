"""A job: its latest step, its end, and what is told where one failed."""

from collections.abc import Generator
from threading import Event

import pytest

from llmweb.errors import BadInput
from llmweb.jobs import Job


def counting(failure: Exception | None = None) -> Generator[int, None, None]:
    yield 1
    yield 2
    if failure is not None:
        raise failure


def test_whoever_watches_sees_the_last_step_and_the_end() -> None:
    job = Job("Counting", "{}", 0)
    assert (job.step, job.ended) == (0, False)
    job.start(lambda cancelled: counting())
    *_, last = job.watch()
    assert (last.step, last.ended, last.error, last.stopped) == (2, True, "", False)


@pytest.mark.parametrize(
    ("failure", "told", "logged"),
    [
        (BadInput("There is no {train}."), "There is no {train}.", ""),
        (ValueError("{train} left"), "It broke: {train} left. Try again.", "Counting failed"),
    ],
)
def test_an_error_for_people_is_told_as_it_is_and_a_defect_in_plain_words_and_in_the_log(
    failure: Exception, told: str, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job("Counting", "It broke: {}. Try again.", 0)
    job.start(lambda cancelled: counting(failure))
    job.wait()
    assert (job.step, job.ended, job.error) == (2, True, told)
    assert caplog.messages == ([logged] if logged else [])


def test_one_that_is_stopped_ends_when_its_steps_do_and_then_its_owner_is_told() -> None:
    begun, told = Event(), Event()

    def steps(cancelled: Event) -> Generator[int, None, None]:
        begun.set()
        yield 1
        cancelled.wait(20)

    job = Job("Waiting", "{}", 0, told.set)
    job.start(steps)
    assert begun.wait(20)
    assert (job.ended, told.is_set()) == (False, False)
    job.cancelled.set()
    job.wait()
    assert told.wait(20)
    assert (job.ended, job.stopped, job.error) == (True, True, "")
