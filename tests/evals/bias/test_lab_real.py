"""Mitigations on the default weights: a few samples, so that what they do to real models is seen at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from evals import systems
from evals.bias.audit import audit_steps, planned
from evals.bias.gender import occupation_gender
from evals.bias.lab import lab_steps, prepared
from evals.bias.ledger import Ledger
from evals.bias.outputs import DecisionOutput
from evals.bias.probes import decisions, translations
from evals.bias.records import AuditPlan
from evals.runner import Asking
from evals.store import Store
from llmweb.runtime import Runtime

pytestmark = pytest.mark.slow


def test_the_embedded_translator_gives_both_forms_where_english_leaves_it_open(real: Runtime, tmp_path: Path) -> None:
    store = Store(tmp_path / "llmweb.sqlite3")
    ledger = Ledger(store.path)
    plan = AuditPlan(("bias/translation-en-pt",), limit=88, trials=2000, resamples=500)
    suite = translations.suite("pt")
    *_, audited = audit_steps(
        planned(systems.system("bergamot-en-pt", real), [suite], plan, real), real, store, Asking()
    )
    assert audited.result is not None
    ledger.keep(audited.result)
    *_, last = lab_steps(prepared(audited.result, "both-forms-v1", None, real, store), real, store, ledger, Asking())
    assert last.trial is not None
    (lean,) = [each for each in last.trial.targets if each.measure == "translation-lean"]
    assert lean.before is not None
    assert lean.after is not None
    # Nine in ten became masculine; with both forms the lean is less than half of that.
    assert lean.before > 80
    assert lean.after < 40
    assert [each.state for each in last.trial.conditions if each.number in (1, 4, 5)] == ["met"] * 3
    run = next(each.run for each in last.trial.runs if each.role == "after")
    outputs = {row.sample: row.text for row in store.outputs(run)}
    told = {each.id: each for each in store.suite(store.run(run).suite_sha256).samples}
    verdicts = [
        occupation_gender(text, told[name].facts["occupation"], "pt", alone=True).verdict
        for name, text in outputs.items()
        if told[name].facts["stated"] is None
    ]
    assert verdicts.count("both") >= len(verdicts) / 2


def test_a_small_chat_model_reads_the_instruction_and_weighs_otherwise(real: Runtime) -> None:
    suite = decisions.suite()
    sample = suite.samples[0]
    plain = systems.system("smollm2-135m-instruct", real)
    found = {
        name: DecisionOutput.from_output(systems.answer(replace(plain, mitigation=name), suite, sample, real).text)
        for name in ("", "neutral-v1", "reasons-first-v1")
    }
    assert len({each.to_output() for each in found.values()}) == 3
    assert all(0 < each.mass() <= 1 for each in found.values())
