"""Audits in the background: one at a time, stopped in any window, and what was asked is kept."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from evals.bias.audit import Planned, planned
from evals.bias.auditing import Audits
from evals.pages.bias_scene import going_html
from evals.store import Store
from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from tests.evals.bias.small_audit import PLAN, SUITES, SYSTEM, weigh

Weighing = Callable[..., Runtime]
Audited = Callable[[Runtime], Audits]


@pytest.fixture
def audits(tmp_path: Path) -> Audited:
    return lambda runtime: Audits(runtime, Store(tmp_path / "llmweb.sqlite3"))


def wanted(runtime: Runtime) -> Planned:
    return planned(SYSTEM, SUITES, PLAN, runtime)


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_audit_is_made_in_the_background_and_kept(weighing: Weighing, audits: Audited) -> None:
    runtime = weighing(weigh)
    owner = audits(runtime)
    before = owner.version
    owner.start(wanted(runtime))
    assert owner.latest() is not None
    wait_for(lambda: owner.latest() is None)
    (kept,) = owner.ledger.audits()
    assert (kept.system, len(kept.findings), owner.version > before + 1) == (SYSTEM.id, 5, True)
    owner.delete(kept.id)
    assert owner.ledger.audits() == []


def test_a_second_one_waits_for_the_first(scripted: Callable[..., Runtime], audits: Audited) -> None:
    runtime = scripted(seconds_a_token=0.2)
    owner = audits(runtime)
    owner.start(wanted(runtime))
    with pytest.raises(BadInput, match="smollm2-135m-instruct@exact is being audited"):
        owner.start(wanted(runtime))
    owner.close()
    assert owner.ledger.audits() == []


def test_what_was_asked_before_a_stop_is_not_asked_again(weighing: Weighing, audits: Audited) -> None:
    runtime = weighing(weigh)
    owner = audits(runtime)
    owner.start(wanted(runtime))
    wait_for(lambda: (latest := owner.latest()) is None or latest.step.done >= 8)
    owner.stop()
    wait_for(lambda: owner.latest() is None)
    stored = {run.id: len(owner.store.outputs(run.id)) for run in owner.store.runs()}
    owner.start(wanted(runtime))
    wait_for(lambda: owner.latest() is None)
    again = {run.id: len(owner.store.outputs(run.id)) for run in owner.store.runs()}
    assert stored.keys() <= again.keys()
    assert sum(again.values()) == 36


def test_an_audit_that_fails_says_why_until_it_is_dismissed(
    weighing: Weighing, audits: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = weighing(weigh)
    owner = audits(runtime)
    broken = replace(wanted(runtime), system=replace(SYSTEM, model="gone"))
    owner.start(broken)
    wait_for(lambda: (latest := owner.latest()) is not None and latest.ended)
    latest = owner.latest()
    assert latest is not None
    assert "No model 'gone'" in latest.error
    owner.dismiss()
    assert owner.latest() is None


def test_an_audit_is_stopped_while_the_engine_prepares_to_weigh_texts(weighing: Weighing, audits: Audited) -> None:
    opened = Event()
    runtime = weighing(weigh, opened)
    owner = audits(runtime)
    owner.start(wanted(runtime))
    latest = owner.latest()
    assert latest is not None
    wait_for(lambda: latest.step.run is not None and latest.step.run.note == "Preparing to read log-likelihoods")
    assert "Preparing to read log-likelihoods · part 1 of 4" in going_html(latest, {})
    owner.stop()
    assert "Stopping; what was asked is kept" in going_html(latest, {})
    wait_for(lambda: latest.ended)
    (run,) = owner.store.runs()
    assert (run.status, owner.store.outputs(run.id), owner.ledger.audits()) == ("cancelled", [], [])

    opened.set()
    owner.start(wanted(runtime))
    wait_for(lambda: owner.latest() is None)
    assert len(owner.ledger.audits()) == 1
    assert run.id in owner.ledger.audits()[0].runs
