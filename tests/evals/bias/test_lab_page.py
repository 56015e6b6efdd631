"""The mitigation lab of the Bias page: what comes from the browser is checked, and what was tried reads as it was."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.bias.acceptance import settled
from evals.bias.auditing import Audits
from evals.bias.mitigations import MITIGATIONS
from evals.bias.records import AuditResult
from evals.pages.bias_lab import BiasLab
from evals.pages.bias_scene import BiasScene, View
from evals.pages.bias_trial import trial_html
from evals.store import Store
from llmweb.errors import BadInput, NotFound
from llmweb.runtime import Runtime
from tests.evals.bias.small_audit import audited, weigh
from tests.evals.bias.test_acceptance import TRIAL
from tests.evals.bias.test_auditing import wait_for

Weighing = Callable[..., Runtime]


@pytest.fixture
def audits(weighing: Weighing, tmp_path: Path) -> Audits:
    found = Audits(weighing(weigh), Store(tmp_path / "llmweb.sqlite3"))
    found.ledger.keep(audited(found.runtime, found.store))
    return found


@pytest.fixture
def lab(audits: Audits) -> BiasLab:
    found = BiasLab(audits)
    found.lever, found.limit, found.go, found.shown = (object() for _ in range(4))  # type: ignore[assignment]
    return found


def audit_of(audits: Audits) -> AuditResult:
    return audits.ledger.audits()[-1]


def test_what_is_chosen_becomes_an_experiment(lab: BiasLab, audits: Audits) -> None:
    audit = audit_of(audits)
    wanted = lab.prepared(audit.id, "neutral-v1", "all")
    assert (wanted.mitigation, wanted.plan, wanted.system.mitigation) == (MITIGATIONS["neutral-v1"], audit.plan, "")
    # Of pairs how well prose is predicted, of decisions how well instructions are followed.
    assert [suite.id for suite in wanted.suites] == ["language-model/en", "instruct/en"]
    assert lab.prepared(audit.id, "neutral-v1", "50").plan.limit == 50
    shown = lab.describe(View(audit.id), "reasons-first-v1", "all")
    # Eight decisions, without it and with it; no ordinary work shows what reasons cost.
    assert "<strong>16 samples</strong>: the same 8 without it and with it." in shown
    assert MITIGATIONS["reasons-first-v1"].words in shown


@pytest.mark.parametrize(
    ("lever", "limit", "words"),
    [
        ("hope-v1", "all", "Nothing to try is chosen"),
        (None, "all", "Nothing to try is chosen"),
        (["neutral-v1"], "all", "Nothing to try is chosen"),
        ("neutral-v1", "-1", "No number of samples '-1'"),
    ],
)
def test_what_the_browser_sends_is_checked(lab: BiasLab, audits: Audits, lever: Any, limit: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        lab.prepared(audit_of(audits).id, lever, limit)
    assert words.split("'")[0] in lab.describe(View(audit_of(audits).id), lever, limit)
    with pytest.raises(NotFound):
        lab.prepared("nothing", "neutral-v1", "all")


def test_only_what_fits_is_offered(lab: BiasLab, audits: Audits) -> None:
    audit = audit_of(audits)
    offered = lab.refreshed(audit)[lab.lever]
    assert [value for _, value in offered.choices] == ["neutral-v1", "say-unknown-v1", "reasons-first-v1"]
    nothing = lab.refreshed(replace(audit, trusted=False))
    assert (nothing[lab.lever].visible, nothing[lab.go].visible) == (False, False)
    audits.store.delete(audit.runs[0])
    assert "There is no run" in lab.refreshed(audit)[lab.shown]


def test_an_experiment_runs_in_the_background_and_is_shown(lab: BiasLab, audits: Audits) -> None:
    scene, audit = BiasScene(audits, {}), audit_of(audits)
    assert scene.trials_html(View(audit.id)) == ""
    first, second = (lab.prepared(audit.id, name, "all") for name in ("reasons-first-v1", "neutral-v1"))
    audits.try_out(first)
    with pytest.raises(BadInput, match=r"exact\+reasons-first-v1 is being audited"):
        audits.try_out(second)
    seen = set[str]()
    deadline = time.monotonic() + 60
    while audits.latest() is not None and time.monotonic() < deadline:
        seen.add(scene.live_html())
    wait_for(lambda: audits.latest() is None)
    assert any("Under way" in each and "reasons-first-v1" in each for each in seen)
    (trial,) = audits.ledger.trials(audit.id)
    shown = scene.trials_html(View(audit.id))
    assert "Reasons before the answer" in shown
    assert f"audit={trial.after}" in shown
    assert audits.ledger.audits()[0].system.endswith("+reasons-first-v1")


def test_a_trial_shows_its_conditions_ticked_or_not() -> None:
    (met,) = settled([TRIAL])
    shown = trial_html(met)
    assert shown.count('<li class="tone none">') == 5
    assert "✓ accepted: Told to treat all alike, neutral-v1: all five conditions are met." in shown
    assert 'aria-label="Pairs, gender: +20.0 to +4.0; Pairs, age: +20.0 to +4.0"' in shown
    hostile = replace(met, mitigation=replace(met.mitigation, title="<script>alert(1)</script>"))
    assert "<script>" not in trial_html(hostile)
