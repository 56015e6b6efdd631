"""Runs in the background: one after the other, stopped at once, gone on with, nothing asked twice."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from evals.metrics.similarity import MODEL as EMBEDDER
from evals.run_queue import Planned, QueuedRun, RunQueue
from evals.runner import Asking, Rescored, run_steps, run_suite
from evals.store import Store
from evals.suites import SUITES
from evals.systems import System
from llmweb.errors import BadInput, NotDownloaded, NotFound, UnsupportedPair
from llmweb.runtime import Runtime
from llmweb.types import Request
from tests.evals.small import Script, translations
from tests.evals.small import planned as filled

BERGAMOT, NLLB, COPY = System("bergamot-en-pt"), System("nllb-200-distilled-600m"), System("baseline/copy-source")
SUITE = translations(12)
SECONDS = 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals.sqlite3")


@pytest.fixture
def queue(scripted: Callable[..., Runtime], store: Store) -> Iterator[Callable[..., RunQueue]]:
    """queue(script, words_per_second=…) -> a RunQueue on a runtime of its own."""
    made: list[RunQueue] = []

    def make(
        script: Callable[[Request], str] | None = None, loading: Callable[[str], object] = str, **engine: float
    ) -> RunQueue:
        made.append(RunQueue(scripted(script or Script(), loading, **engine), store))
        return made[-1]

    yield make
    for each in made:
        each.close()


def planned(*systems: System, limit: int | None = None) -> list[Planned]:
    return [Planned(SUITE, system, Asking(limit, in_flight=4)) for system in systems]


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def running(queue: RunQueue, asked: int) -> QueuedRun:
    """The run under way, once so many samples are stored."""
    until(lambda: any(run.state == "running" and run.progress.done >= asked for run in queue.listed()))
    return next(run for run in queue.listed() if run.state == "running")


def states(store: Store) -> list[tuple[str, str]]:
    return sorted((run.system, run.status) for run in store.runs())


def test_runs_are_made_one_after_the_other_in_the_order_given(queue: Callable[..., RunQueue], store: Store) -> None:
    runs = queue(words_per_second=400)
    assert runs.start(planned(BERGAMOT, COPY, NLLB)) == 3
    together = set()

    def done() -> bool:
        together.add(sum(run.state == "running" for run in runs.listed()))
        return not runs.listed()

    until(done)
    assert max(together) == 1
    finished = sorted(store.runs(), key=lambda run: run.finished)
    assert [run.system for run in finished] == [
        "bergamot-en-pt@exact",
        "baseline/copy-source",
        "nllb-200-distilled-600m@exact",
    ]
    assert {run.status for run in finished} == {"finished"}


def test_one_that_is_stopped_ends_soon_and_goes_on_without_asking_anything_twice(
    queue: Callable[..., RunQueue], store: Store
) -> None:
    script = Script()
    runs = queue(script, words_per_second=5)
    runs.start(planned(BERGAMOT))
    run = running(runs, asked=2)
    began = time.monotonic()
    runs.stop(run.number)
    until(lambda: not runs.listed())
    assert time.monotonic() - began < 5
    assert states(store) == [("bergamot-en-pt@exact", "cancelled")]
    stored = store.done(run.run)
    assert 2 <= len(stored) < 12
    script.asked.clear()

    runs.go_on([run.run])
    until(lambda: not runs.listed())
    assert states(store) == [("bergamot-en-pt@exact", "finished")]
    assert +script.asked == {sample.source: 1 for sample in SUITE.samples if sample.id not in stored}
    with pytest.raises(BadInput, match=f"Run {run.run} is finished"):
        runs.go_on([run.run])


def test_stopping_all_begins_none_that_waits(queue: Callable[..., RunQueue], store: Store) -> None:
    runs = queue(words_per_second=20)
    runs.start(planned(BERGAMOT, NLLB))
    running(runs, asked=0)
    assert [run.state for run in runs.listed()] == ["running", "waiting"]
    runs.stop_all()
    until(lambda: not runs.listed())
    assert "nllb-200-distilled-600m@exact" not in dict(states(store))


@pytest.mark.parametrize(("suite", "held"), [("translate", "nllb-200-distilled-600m"), ("ask", EMBEDDER)])
def test_stopping_all_does_not_wait_for_a_model_that_is_being_loaded(
    queue: Callable[..., RunQueue], scripted: Callable[..., Runtime], store: Store, suite: str, held: str
) -> None:
    asked = SUITE if suite == "translate" else SUITES["ask/en"]()
    first, second = (NLLB, BERGAMOT) if asked is SUITE else (System("gpt2"), System("smollm2-135m-instruct"))
    steps = run_steps(asked, second, scripted(words_per_second=100), store, Asking(6, in_flight=1))
    cut = next(state for state in steps if state.run).run
    steps.close()
    store.end(cut, "running")  # as a killed process leaves it
    waited, go = Event(), Event()

    def loading(model: str) -> None:
        if model == held:
            waited.set()
            go.wait()

    runs = queue(loading=loading)
    runs.start([Planned(asked, first, Asking(6))])
    runs.go_on([cut])
    assert waited.wait(SECONDS)
    runs.stop_all()
    try:
        until(lambda: not runs.listed())
    finally:
        go.set()
    assert [(run.id, run.status) for run in store.runs()] == [(cut, "cancelled")]
    assert store.queued() == []


def test_what_waits_or_runs_already_is_not_queued_twice(queue: Callable[..., RunQueue]) -> None:
    runs = queue(words_per_second=20)
    assert runs.start(planned(BERGAMOT, NLLB)) == 2
    assert runs.start(planned(NLLB, COPY)) == 1
    assert runs.start(planned(NLLB, limit=5)) == 1


def test_a_run_that_a_crash_ended_goes_on_under_its_own_id(
    queue: Callable[..., RunQueue], scripted: Callable[..., Runtime], store: Store
) -> None:
    steps = run_steps(SUITE, BERGAMOT, scripted(Script(), words_per_second=200), store, Asking(in_flight=2))
    cut = next(state for state in steps if state.done >= 3).run
    steps.close()
    store.end(cut, "running")  # as a killed process leaves it
    stored = store.done(cut)

    script = Script()
    runs = queue(script)
    runs.go_on([cut])
    until(lambda: not runs.listed())
    assert [(run.id, run.status) for run in store.runs()] == [(cut, "finished")]
    assert script.asked.total() == 12 - len(stored)


def test_again_makes_a_new_run_of_the_same_system_on_the_same_samples(
    queue: Callable[..., RunQueue], store: Store
) -> None:
    runs = queue()
    options = replace(NLLB.options, max_tokens=40)
    runs.start([Planned(SUITE, System(NLLB.model, options), Asking(6))])
    until(lambda: not runs.listed())
    first = store.runs()[0]
    runs.again(first.id)
    until(lambda: not runs.listed())
    second = store.runs()[0]
    assert second.id != first.id
    assert (second.system, second.identity, second.suite_sha256, second.limit, second.asked) == (
        "nllb-200-distilled-600m@exact,max_tokens=40",
        first.identity,
        first.suite_sha256,
        6,
        6,
    )


def test_a_run_that_is_deleted_while_it_is_made_ends(queue: Callable[..., RunQueue], store: Store) -> None:
    runs = queue(words_per_second=50)
    runs.start(planned(BERGAMOT, COPY))
    run = running(runs, asked=1)
    runs.delete(run.run)
    assert run.state == "stopped"
    until(lambda: not runs.listed())
    assert states(store) == [("baseline/copy-source", "finished")]
    with pytest.raises(NotFound):
        runs.delete(run.run)


def test_nothing_is_queued_where_one_is_wrong(
    queue: Callable[..., RunQueue], tmp_runtime: Runtime, store: Store
) -> None:
    runs = queue()
    with pytest.raises(UnsupportedPair):
        runs.start(planned(COPY, System("bergamot-pt-en")))
    with pytest.raises(BadInput, match="The limit is 0"):
        runs.start(planned(COPY, limit=0))
    without_weights = RunQueue(tmp_runtime, store)
    with pytest.raises(NotDownloaded, match="NLLB"):
        without_weights.start(planned(COPY, NLLB))
    without_weights.close()
    assert (runs.listed(), store.runs()) == ((), [])


def test_one_that_fails_before_it_begins_says_why_and_the_next_is_made(
    queue: Callable[..., RunQueue], store: Store
) -> None:
    runs = queue()
    runs.runtime.budget_bytes = 10
    runs.start(planned(BERGAMOT, COPY))
    until(lambda: all(run.ended for run in runs.listed()))
    (failed,) = runs.listed()
    assert (failed.state, failed.planned.system) == ("failed", BERGAMOT)
    assert "needs about 1 MB, the budget is 0 MB" in failed.error
    assert states(store) == [("baseline/copy-source", "finished")]
    runs.dismiss(failed.number)
    assert runs.listed() == ()


def test_what_ran_and_waited_when_the_app_ended_is_left_and_goes_on_in_one_call(
    queue: Callable[..., RunQueue], store: Store
) -> None:
    script = Script()
    first = queue(script, words_per_second=50)
    options = replace(NLLB.options, max_tokens=40)
    first.start([*planned(BERGAMOT, COPY), Planned(SUITE, System(NLLB.model, options), Asking(6))])
    run = running(first, asked=1)
    first.close()
    assert states(store) == [("bergamot-en-pt@exact", "cancelled")]
    stored = store.done(run.run)
    assert stored
    script.asked.clear()

    second = queue(script)
    assert [row.model for row in second.left()] == ["bergamot-en-pt", "baseline/copy-source", NLLB.model]
    assert second.listed() == ()
    second.resume()
    until(lambda: not second.listed())
    assert states(store) == [
        ("baseline/copy-source", "finished"),
        ("bergamot-en-pt@exact", "finished"),
        ("nllb-200-distilled-600m@exact,max_tokens=40", "finished"),
    ]
    asked_by_both = {sample.source for sample in SUITE.samples if sample.id not in stored}
    assert {text for text, count in script.asked.items() if count > 1} <= asked_by_both
    assert (second.left(), store.queued()) == ((), [])


def test_what_is_left_can_be_forgotten_or_started_anew(queue: Callable[..., RunQueue], store: Store) -> None:
    first = queue(words_per_second=10)
    first.start(planned(BERGAMOT, COPY, NLLB))
    first.close()
    second = queue()
    second.start(planned(COPY))
    assert [row.model for row in second.left()] == ["bergamot-en-pt", NLLB.model]
    second.forget_left()
    assert second.left() == ()
    until(lambda: not second.listed())
    assert store.queued() == []


def test_the_version_changes_with_every_change_that_a_page_must_show(queue: Callable[..., RunQueue]) -> None:
    runs = queue()
    seen = [runs.version]
    runs.start(planned(COPY))
    seen.append(runs.version)
    until(lambda: not runs.listed())
    seen.append(runs.version)
    runs.note_change()
    seen.append(runs.version)
    assert seen == sorted(set(seen))


def test_every_suite_of_the_list_can_be_run_and_a_person_s_own(queue: Callable[..., RunQueue], store: Store) -> None:
    store.add_suite(SUITE)
    runs = queue()
    assert {name: suite.id for name, suite in runs.suites().items()} == {name: name for name in (*SUITES, SUITE.id)}
    runs.start([Planned(runs.suites()[SUITE.id], COPY, Asking(2))])
    store.remove_suite(SUITE.id)
    until(lambda: not runs.listed())
    assert states(store) == [("baseline/copy-source", "finished")]


def test_an_imported_run_is_not_asked_again(queue: Callable[..., RunQueue], store: Store) -> None:
    run = store.begin(replace(filled(SUITE), identity={"imported": "a harness"}), SUITE)
    with pytest.raises(BadInput, match="was imported from a harness"):
        queue().again(run.id)


def test_scoring_again_is_seen_and_stopped_meanwhile_and_what_it_has_done_stays(
    queue: Callable[..., RunQueue], scripted: Callable[..., Runtime], store: Store
) -> None:
    suite = replace(SUITE, target="en", metrics=("chrf2", "semantic-similarity"))
    run = run_suite(suite, COPY, scripted(), store).run
    scores, gate = store.scores(run), Event()
    store.rewrite(run, [replace(output, statistics={}) for output in store.outputs(run)])
    runs = queue(loading=lambda model: gate.wait())
    runs.rescore(run)
    job = runs.rescoring.find(run)
    assert job is not None
    assert not job.ended
    runs.stop_rescoring(run)
    gate.set()
    until(lambda: job.ended)
    assert job.step == Rescored(1, 12)
    assert [bool(output.statistics) for output in store.outputs(run)] == [True] + [False] * 11
    assert store.scores(run) == scores

    before = runs.version
    runs.rescore(run)
    until(lambda: runs.rescoring.find(run).ended)  # type: ignore[union-attr]
    assert runs.rescoring.find(run).step == Rescored(12, 12, finished=True)  # type: ignore[union-attr]
    assert store.scores(run) == scores
    assert runs.version > before
