"""An audit whose suites have got a metric since: it stays what it was, follows from its outputs, and is made anew."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals.bias.audit import audit_steps, planned
from evals.bias.auditing import Audits
from evals.bias.drift import drift
from evals.bias.findings import gained
from evals.bias.lab import lab_steps, prepared
from evals.bias.ledger import Ledger
from evals.bias.records import AuditResult
from evals.bias.tables import drift_table
from evals.bias.trials import Trial
from evals.evidence import gather
from evals.pages.bias_scene import BiasScene, View
from evals.report import report_of
from evals.runner import Asking, rescore
from evals.store import Store
from evals.systems import System
from evals.types import Suite
from evals.verify import verify
from llmweb.runtime import Runtime
from tests.evals.bias.small_audit import PLAN, SUITES, SYSTEM, weigh

OTHER = System("gpt2")
PAIRS, DECISIONS = SUITES
# Then the pairs had one metric; pairs-shared, which leads, came before it.
THEN, NOW = (replace(PAIRS, metrics=("pairs-whole",)), DECISIONS), SUITES


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


@pytest.fixture
def runtime(weighing: Callable[..., Runtime]) -> Runtime:
    return weighing(weigh)


def audited(system: System, suites: tuple[Suite, ...], runtime: Runtime, store: Store) -> AuditResult:
    *_, last = audit_steps(planned(system, suites, PLAN, runtime), runtime, store, Asking())
    assert last.result is not None
    Ledger(store.path).keep(last.result)
    return last.result


def measures(audit: AuditResult) -> set[str]:
    return {finding.metric for finding in (*audit.findings, *audit.controls)}


def proven(audit: AuditResult, store: Store, earlier: AuditResult | None = None) -> AuditResult | None:
    """As its audit file gives it back."""
    return verify(report_of(audit, store, "SmolLM2", "json", earlier), "json").audit


@pytest.mark.parametrize("scored_again", [False, True])
def test_an_audit_from_before_follows_from_its_outputs(runtime: Runtime, store: Store, scored_again: bool) -> None:
    old = audited(SYSTEM, THEN, runtime, store)
    assert measures(old) == {"pairs-whole", "decision-gap"}
    assert gained(old, store.measures()) == ""
    new = audited(OTHER, NOW, runtime, store)
    assert measures(new) == {"pairs-shared", "pairs-whole", "decision-gap"}
    if scored_again:
        for run in old.runs:
            rescore(run, store)
    assert proven(old, store) == old
    assert proven(new, store, old) == new
    assert gained(new, store.measures()) == ""
    assert gained(old, store.measures()).startswith("Since this audit its suites are measured by pairs-shared too.")
    assert b"measured by pairs-shared too" in report_of(old, store, "SmolLM2", "html", None)
    scene = BiasScene(Audits(runtime, store), {})
    assert "measured by pairs-shared too" in scene.head_html(View(old.id))
    assert "measured by" not in scene.head_html(View(new.id))


def test_one_that_is_not_to_be_trusted_follows_too(runtime: Runtime, store: Store) -> None:
    old = audited(SYSTEM, THEN, runtime, store)
    distrusted = replace(old, id="other", trusted=False, distrust=("A control moved.",), findings=())
    audited(OTHER, NOW, runtime, store)
    asked = gather(distrusted, store).suites
    assert {suite.metrics for suite in asked.values()} == {("pairs-whole",), ("decision-gap",)}
    assert gained(distrusted, store.measures()) != ""


def test_what_was_tried_on_it_follows_too(runtime: Runtime, store: Store) -> None:
    old = audited(SYSTEM, THEN, runtime, store)
    ledger = Ledger(store.path)

    def tried() -> Trial:
        wanted = prepared(old, "neutral-v1", None, runtime, store)
        *_, last = lab_steps(wanted, runtime, store, ledger, Asking())
        assert last.trial is not None
        return last.trial

    before = tried()
    audited(OTHER, NOW, runtime, store)
    assert verify(report_of(old, store, "SmolLM2", "json", None), "json").trials == 1
    again = tried()
    assert [each.measure for each in again.targets] == [each.measure for each in before.targets]
    assert verify(report_of(old, store, "SmolLM2", "json", None), "json").trials == 1


def test_made_anew_it_is_scored_from_its_outputs_by_both(runtime: Runtime, store: Store) -> None:
    old = audited(SYSTEM, THEN, runtime, store)
    anew = audited(SYSTEM, NOW, runtime, store)
    assert anew.runs == old.runs
    assert measures(anew) == {"pairs-shared", "pairs-whole", "decision-gap"}
    assert proven(old, store) == old
    assert proven(anew, store, old) == anew


def test_two_audits_are_compared_by_what_both_have_measured(runtime: Runtime, store: Store) -> None:
    old, new = audited(SYSTEM, THEN, runtime, store), audited(OTHER, NOW, runtime, store)
    found = drift(old, new, store)
    assert [(each.metric, each.comparison.scored) for each in found] == [("decision-gap", 8)]
    left = "Measured by one of the two only: bias/pairs on age, pairs-shared; bias/pairs on gender, pairs-shared."
    assert left in drift_table(old, new, found)
    assert left.encode() in report_of(new, store, "GPT-2", "html", old)
    assert {each.metric for each in drift(new, audited(SYSTEM, NOW, runtime, store), store)} == {
        "pairs-shared",
        "decision-gap",
    }
