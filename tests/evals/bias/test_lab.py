"""Mitigations tried on whole audits, of models whose bias and obedience a test has planted: accepted, rejected,
resumed, kept, verified, and written into the report."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import sqlite_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evals import evidence, sign, systems
from evals.__main__ import main
from evals.bias.abstention import calibrate
from evals.bias.audit import AuditProgress, audit_steps, planned
from evals.bias.findings import Asked
from evals.bias.lab import fitting, lab_steps, prepared
from evals.bias.ledger import STEPS, Ledger
from evals.bias.mitigations import MITIGATIONS
from evals.bias.outputs import AmbiguousOutput, Ordered
from evals.bias.records import AuditResult
from evals.bias.tables import tried
from evals.bias.trials import Trial
from evals.records import OutputRow
from evals.report import Signer, remedies, report_of, write
from evals.run_queue import Planned, RunQueue
from evals.runner import Asking
from evals.sign import Tampered
from evals.store import Store
from evals.systems import System
from evals.types import Sample, Suite
from evals.verify import verify
from llmweb.errors import BadInput, NotFound, Unsupported
from llmweb.runtime import Runtime
from tests.evals.bias.audited import RESULT
from tests.evals.bias.items import AMBIGUOUS
from tests.evals.bias.test_audit import MODEL, PLAN, pairs_suite, planted
from tests.evals.bias.test_auditing import wait_for
from tests.evals.bias.test_readers import CROWS

Weighing = Callable[..., Runtime]
Weigh = Callable[[str, str, str], float]
NEUTRAL, UNKNOWN = MITIGATIONS["neutral-v1"].words, MITIGATIONS["say-unknown-v1"].words
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "2026-11-25T12:01:00+00:00")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store.path)


def kept_apart(suite: Suite) -> Suite:
    """Every fifth template."""
    samples = (
        replace(each, facts=each.facts | {"heldout": int(each.group.rpartition("t")[2]) % 5 == 4})
        for each in suite.samples
    )
    return replace(suite, samples=tuple(samples))


def obeying(words: str, then: Weigh) -> Weigh:
    """A model that is biased until it is told otherwise. Other texts than the pairs are all alike to it."""
    others = planted("woman")

    def weigh(before: str, word: str, text: str) -> float:
        asked = text if text.endswith(" things") else "The text said 0 words"
        return (then if words in before else others)(before, word if asked == text else "word", asked)

    return weigh


def fair(before: str, word: str, text: str) -> float:
    """A coin that finds the texts no less likely in the mean."""
    return planted()(before, word, text) + (1.0 if word == "things" else 0.0)


def audited(runtime: Runtime, store: Store, ledger: Ledger) -> AuditResult:
    wanted = planned(systems.system(MODEL, runtime), [kept_apart(pairs_suite())], PLAN, runtime)
    *_, last = audit_steps(wanted, runtime, store, Asking())
    assert last.result is not None
    ledger.keep(last.result)
    return last.result


def tried_on(audit: AuditResult, name: str, runtime: Runtime, store: Store, limit: int | None = None) -> Trial:
    wanted = prepared(audit, name, limit, runtime, store)
    *_, last = lab_steps(wanted, runtime, store, Ledger(store.path), Asking())
    assert last.trial is not None
    assert (last.done, last.part) == (last.total, last.parts)
    return last.trial


def test_what_lessens_a_bias_and_costs_nothing_is_accepted(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    audit = audited(runtime, store, ledger)
    trial = tried_on(audit, "neutral-v1", runtime, store)
    assert trial.outcome == "accepted"
    assert [each.state for each in trial.conditions] == ["met"] * 5
    (target,) = trial.targets
    assert (target.axis, target.measure, target.before, target.n) == ("gender", "pairs-shared", 50.0, 48)
    assert target.difference == pytest.approx(abs(target.after or 0.0) - 50)
    assert [(each.axis, each.n) for each in trial.heldout] == [("gender", 12)]
    assert [each.axis for each in trial.others] == ["age"]
    assert [each.measure for each in trial.quality] == ["probability of a token of these texts", "bits-per-byte"]
    # Linked to both audits; the one that was there serves as the one before.
    after = ledger.audit(trial.after)
    assert (trial.audit, trial.before, after.system) == (audit.id, audit.id, f"{audit.system}+neutral-v1")
    assert after.identity["mitigation"]["name"] == "neutral-v1"
    assert ledger.trials(audit.id) == [trial]
    assert Trial.from_dict(json.loads(json.dumps(asdict(trial)))) == trial
    assert tried(trial).startswith("= accepted: neutral-v1, told to treat all alike, on smollm2-135m-instruct@exact\n")


def test_what_makes_the_model_worse_at_its_work_is_rejected(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    def worse(before: str, word: str, text: str) -> float:
        return planted()(before, word, text) - (1.5 if word != "things" else 0.0)

    runtime = weighing(obeying(UNKNOWN, worse))
    trial = tried_on(audited(runtime, store, ledger), "say-unknown-v1", runtime, store)
    states = {each.number: each.state for each in trial.conditions}
    assert trial.outcome == "rejected"
    assert states == {1: "met", 2: "not met", 3: "met", 4: "met", 5: "met"}
    likely, bits = trial.quality
    # A token of e^-1.4 may lose a twentieth of that, were it a thousand times as rare.
    assert likely.limit == pytest.approx(0.05 * (likely.before or 0.0))
    # -1 a word becomes -2.5.
    assert bits.after == pytest.approx(2.5 * (bits.before or 0.0))
    assert remedies.outcome_words(trial).startswith("▲ rejected: Told to say what is not known, say-unknown-v1: surely")


def test_a_model_that_does_not_listen_has_gained_nothing(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying("nothing it hears", planted()))
    trial = tried_on(audited(runtime, store, ledger), "neutral-v1", runtime, store)
    assert (trial.outcome, trial.targets[0].difference) == ("rejected", 0.0)


def test_a_stopped_experiment_goes_on_and_asks_nothing_twice(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    asked: list[str] = []

    def weigh(before: str, word: str, text: str) -> float:
        asked.extend([before] if word == "The" and text.endswith("things") else [])
        return obeying(NEUTRAL, fair)(before, word, text)

    runtime = weighing(weigh)
    audit = audited(runtime, store, ledger)
    assert len(asked) == 2 * 140
    wanted = prepared(audit, "neutral-v1", None, runtime, store)
    steps = lab_steps(wanted, runtime, store, ledger, Asking(in_flight=1))
    seen = list[AuditProgress]()
    for state in steps:
        seen.append(state)
        if state.run is not None and "+" in state.run.system and state.run.done >= 10:
            break
    steps.close()
    assert ledger.trials() == []
    assert tried_on(audit, "neutral-v1", runtime, store).outcome == "accepted"
    # Nothing without it was asked again, and what was under way when it was stopped once more at most.
    assert sum(NEUTRAL not in before for before in asked) == 2 * 140
    assert 2 * 140 <= sum(NEUTRAL in before for before in asked) <= 2 * 141


def test_fewer_samples_are_asked_on_both_sides(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    audit = audited(runtime, store, ledger)
    trial = tried_on(audit, "neutral-v1", runtime, store, limit=10)
    assert trial.before not in (audit.id, trial.after)
    assert {each.plan.limit for each in map(ledger.audit, (trial.before, trial.after))} == {10}
    assert trial.targets[0].asked + trial.heldout[0].asked == 10
    assert trial.outcome == "inconclusive"


def test_all_that_was_tried_is_judged_together(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    audit = audited(runtime, store, ledger)
    first = tried_on(audit, "neutral-v1", runtime, store)
    tried_on(audit, "say-unknown-v1", runtime, store)
    again, other = ledger.trials(audit.id)
    assert (again.id, other.name) == (first.id, "say-unknown-v1")
    assert again.targets[0].p_holm == pytest.approx(2 * (first.targets[0].p_holm or 0.0))
    tried_on(audit, "neutral-v1", runtime, store)
    assert [each.name for each in ledger.trials(audit.id)] == ["say-unknown-v1", "neutral-v1"]
    ledger.delete(audit.id)
    assert ledger.trials() == []


def test_what_cannot_be_tried_is_said(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying("nothing it hears", planted()))
    audit = audited(runtime, store, ledger)
    assert [each.id for each in fitting(audit, runtime, store)] == ["neutral-v1", "say-unknown-v1"]
    with pytest.raises(Unsupported, match=r"both-forms-v1 changes nothing .* What would: neutral-v1, say-unknown-v1\."):
        prepared(audit, "both-forms-v1", None, runtime, store)
    with pytest.raises(BadInput, match="is not to be trusted, so that nothing can be tried"):
        prepared(replace(audit, trusted=False), "neutral-v1", None, runtime, store)
    after = ledger.audit(tried_on(audit, "neutral-v1", runtime, store, limit=4).after)
    with pytest.raises(BadInput, match="is of a system with neutral-v1 already"):
        prepared(after, "say-unknown-v1", None, runtime, store)
    assert fitting(after, runtime, store) == []


def test_an_audit_file_proves_its_trials_too(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    audit = audited(runtime, store, ledger)
    trial = tried_on(audit, "neutral-v1", runtime, store)
    found = evidence.gather(audit, store, ledger.trials(audit.id))
    file = write(found, "SmolLM2", "json", SIGNER)
    checked = verify(file, "json")
    assert (checked.trials, checked.items) == (1, 280 + 2 * len(found.beside[trial.runs[-1].run].suite.samples))
    assert evidence.from_rows(json.loads(json.dumps(list(evidence.rows(found))))).trials == (trial,)

    rows: list[dict[str, object]] = json.loads(json.dumps(list(evidence.rows(found))))
    number = next(place for place, row in enumerate(rows, start=1) if row["kind"] == "trial")
    for path, value in ((("outcome",), "rejected"), (("targets", 0, "difference"), -60.0), (("plan", "margin"), 1.0)):
        changed = json.loads(json.dumps(rows))
        inside = changed[number - 1]["trial"]
        for name in path[:-1]:
            inside = inside[name]
        inside[path[-1]] = value
        with pytest.raises(Tampered, match=rf"^Row {number} \(trial neutral-v1\) does not follow"):
            verify(sign.write(changed, SIGNER.key, SIGNER.at), "json")


def test_a_run_of_another_system_is_no_proof(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    audit = audited(runtime, store, ledger)
    trial = tried_on(audit, "neutral-v1", runtime, store)
    found = evidence.gather(
        audit,
        store,
        [
            replace(
                trial, runs=tuple(replace(each, role="after") if each.role == "before" else each for each in trial.runs)
            )
        ],
    )
    with pytest.raises(Tampered, match=r"is to be of smollm2-135m-instruct@exact\+neutral-v1, and is of"):
        verify(sign.write(list(evidence.rows(found)), SIGNER.key, SIGNER.at), "json")


def test_part_ten_of_the_report_tells_what_was_tried(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    audit = audited(runtime, store, ledger)
    nothing = write(evidence.gather(audit, store), "SmolLM2", "html", SIGNER).decode()
    assert remedies.NOTHING in nothing
    trial = tried_on(audit, "neutral-v1", runtime, store)
    page = write(evidence.gather(audit, store, [trial]), "SmolLM2", "html", SIGNER).decode()
    part = page[page.index('id="part-10"') : page.index('id="part-11"')]
    assert remedies.NOTHING not in part
    for words in (
        "✓ accepted: Told to treat all alike",
        NEUTRAL[:22],
        "The five conditions",
        "What it leaves: ",
        "<svg ",
    ):
        assert words in part
    assert write(evidence.gather(audit, store, [trial]), "SmolLM2", "pdf", SIGNER).startswith(b"%PDF")
    after = ledger.audit(trial.after)
    other = write(evidence.gather(after, store), "SmolLM2", "html", SIGNER).decode()
    assert "The system has a mitigation already: neutral-v1." in other
    store.delete(next(each.run for each in trial.runs if each.role == "quality after"))
    left = report_of(audit, store, "SmolLM2", "html", None).decode()
    assert "1 mitigation tried on this audit cannot be shown: runs of it were deleted." in left


def test_a_ledger_of_the_first_schema_is_taken_over(tmp_path: Path) -> None:
    store = Store(tmp_path / "llmweb.sqlite3")
    migrations = sqlite_utils.Migrations("audits")

    @migrations()
    def m001_audits(db: sqlite_utils.Database) -> None:
        db.execute(STEPS["m001_audits"])

    connection = sqlite3.connect(store.path)
    old = sqlite_utils.Database(connection)
    migrations.apply(old)
    row = {"id": RESULT.id, "created": RESULT.created, "model": RESULT.model, "system": RESULT.system}
    with old.atomic():
        old.table("audits").insert({**row, "result": json.dumps(asdict(RESULT))})
    assert "trials" not in old.table_names()
    connection.close()
    ledger = Ledger(store.path)
    assert (ledger.audits(), ledger.trials()) == ([RESULT], [])


def test_a_trial_of_an_audit_that_is_gone_is_not_kept(weighing: Weighing, store: Store, ledger: Ledger) -> None:
    runtime = weighing(obeying(NEUTRAL, fair))
    trial = tried_on(audited(runtime, store, ledger), "neutral-v1", runtime, store, limit=4)
    ledger.delete(trial.audit)
    with pytest.raises(NotFound, match="it was deleted, perhaps in another window"):
        ledger.keep_trial(trial)


def test_a_run_with_a_mitigation_waits_as_one(weighing: Weighing, store: Store) -> None:
    """The Runs page goes on with it after a crash: as the same system."""
    asked = Planned(pairs_suite(), System(MODEL, mitigation="neutral-v1"), Asking(4))
    queue = RunQueue(weighing(planted()), store)
    queue.close()
    queue.start([asked])
    assert [row.mitigation for row in store.queued()] == ["neutral-v1"]
    again = RunQueue(queue.runtime, store)
    again.resume()
    wait_for(lambda: not again.listed())
    again.close()
    (run,) = store.runs()
    assert (run.system, systems.stored_system(run)) == (asked.system.id, asked.system)


def question(number: int, told: bool, lead: float, heldout: bool = False) -> tuple[Sample, OutputRow]:
    """The person named by the stereotype is ahead by lead; the text tells that it was the other one, or does not."""
    facts = {"condition": "disambig" if told else "ambig", "answer": 0 if told else 2, "heldout": heldout}
    sample = Sample(f"q{number}", "", (), f"t{number}", AMBIGUOUS.facts | facts)
    output = AmbiguousOutput((Ordered((0, 1, 2), (lead, -9.0, 0.0), (1, 1, 1)),))
    return sample, OutputRow(sample.id, output.to_output())


def test_a_threshold_is_calibrated_on_what_is_not_kept_apart() -> None:
    """Right names lead by 2 and 3, guesses by 0.5 and 1; a guess by 5 is kept apart and has no say."""
    items = [question(1, True, 2.0), question(2, True, 3.0), question(3, False, 0.5), question(4, False, 1.0)]
    items += [question(5, False, 5.0, heldout=True)]
    suite = Suite("bias/q", "ambiguous", "", tuple(s for s, _ in items), (), "en", "en", "CC0-1.0", "")
    assert calibrate([Asked("bias/q", suite, "r", [row for _, row in items])]) == 1.5
    assert calibrate([]) == 0.0


def test_the_lab_from_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = CROWS.splitlines()
    rows = [lines[1].replace("7,", f"{number},", 1).replace("waste", f"waste {number}") for number in range(8)]
    data = tmp_path / "crows.csv"
    data.write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    shell = lambda *given: main(["--engine", "scripted", "--data-dir", str(tmp_path), "audit", *given])  # noqa: E731
    assert shell("run", "--model", MODEL, "--data", str(data), "--limit", "6") == 0
    audit = Ledger(tmp_path / "llmweb.sqlite3").audits()[0].id
    capsys.readouterr()
    assert shell("mitigations", audit) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["neutral-v1", "say-unknown-v1"]
    assert shell("mitigate", audit, "--try", "neutral-v1", "--try", "say-unknown-v1") == 0
    out, err = capsys.readouterr()
    assert "smollm2-135m-instruct@exact+neutral-v1: 36 samples in 6 parts." in err
    assert "bias/crows-pairs/status+neutral-v1, " in err
    # The scripted engine finds all words equally likely, told or not.
    assert "! rejected: neutral-v1, told to treat all alike, on smollm2-135m-instruct@exact" in out
    assert "! 1 The bias has lessened: not met" in out
    assert shell("mitigate", audit, "--try", "neutral-v1", "--json") == 0
    assert [Trial.from_dict(each).name for each in json.loads(capsys.readouterr().out)] == ["neutral-v1"]
    assert shell("mitigations") == 0
    assert capsys.readouterr().out.count("  rejected\n") == 2
    assert shell("mitigations", audit) == 0
    assert capsys.readouterr().out.count("! rejected: ") == 2
    assert shell("mitigate", audit, "--try", "hope-v1") == 1
    assert "No mitigation 'hope-v1'. Known: neutral-v1" in capsys.readouterr().err
    assert shell("report", audit, "-o", str(tmp_path / "audit.json")) == 0
    assert shell("verify", str(tmp_path / "audit.json")) == 0
    assert "and 2 trials of mitigations, follow" in capsys.readouterr().out
