"""The evidence of an audit: every number in its file follows from its outputs, or its row is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evals import evidence, sign, verify
from evals.evidence import Evidence
from evals.records import OutputRow
from evals.report import Signer, results, write
from evals.scoring import stored_metric
from evals.sign import Row, Tampered
from evals.store import Store
from llmweb.errors import NotFound
from llmweb.runtime import Runtime
from tests.evals.bias.small_audit import audited, weigh

AT = "2026-11-25T12:01:00+00:00"
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), AT)
Weighing = Callable[..., Runtime]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


@pytest.fixture
def found(weighing: Weighing, store: Store) -> Evidence:
    return evidence.gather(audited(weighing(weigh), store), store)


def signed(rows: list[Row]) -> bytes:
    """By the right key: hashes and signature fit, whatever was done to the rows."""
    return sign.write(rows, SIGNER.key, AT)


def changed(rows: list[Row], number: int, path: tuple[Any, ...], value: Any) -> list[Row]:
    copy: list[Any] = json.loads(json.dumps(rows))
    inside = copy[number - 1]
    for name in path[:-1]:
        inside = inside[name]
    assert inside[path[-1]] != value
    inside[path[-1]] = value
    return copy


def test_an_audit_file_is_verified_without_a_model(found: Evidence) -> None:
    file = write(found, "SmolLM2", "json", SIGNER)
    checked = verify.verify(file, "json")
    assert (checked.items, checked.audit) == (36, found.audit)
    # An audit, four suites, 36 items, a control and findings by two metrics and one, the parts of the report.
    assert checked.rows == 1 + 4 + 36 + 2 + 5 + 16
    assert checked.signature is not None
    assert checked.signature.signed == AT


def test_evidence_is_read_back_as_it_was_written(found: Evidence) -> None:
    again = evidence.from_rows(json.loads(json.dumps(list(evidence.rows(found)))))
    assert again.audit == found.audit
    assert again.runs == found.runs
    assert {name: suite.sha256 for name, suite in again.suites.items()} == {
        name: suite.sha256 for name, suite in found.suites.items()
    }
    for run, outputs in found.outputs.items():
        assert sorted(again.outputs[run], key=lambda row: row.sample) == sorted(outputs, key=lambda row: row.sample)


def test_an_audit_of_some_samples_only_is_verified_too(weighing: Weighing, store: Store) -> None:
    some = evidence.gather(audited(weighing(weigh), store, limit=4), store)
    checked = verify.verify(write(some, "SmolLM2", "json", SIGNER), "json")
    assert (checked.items, sum(len(each) for each in some.outputs.values())) == (36, 16)


@pytest.mark.parametrize(
    ("kind", "path", "value", "words"),
    [
        ("item", ("output", "statistics", "pairs-shared", 0), 0.5, r"\(item .* says of pairs-shared \[0.5, "),
        ("suite", ("run", "suite_sha256"), "0" * 64, r"\(suite .* names another hash than its samples have"),
        ("suite", ("audited", "samples"), 9, r"\(suite .*: audited.samples is 9, they give 8"),
        ("suite", ("audited", "reviewed"), 8, r"\(suite .*: audited.reviewed is 8, they give 0"),
        ("finding", ("finding", "effect"), 0.25, r"\(finding 1: .*: finding.effect is 0.25, they give"),
        ("finding", ("finding", "verdict"), "bias found", r"\(finding 1: .* finding.verdict is 'bias found'"),
        ("finding", ("finding", "p_holm"), 0.0002, r"\(finding 1: .* finding.p_holm is 0.0002"),
        ("control", ("finding", "null_low"), -99.0, r"\(control 1: .* finding.null_low is -99.0"),
        ("audit", ("identity", "precision"), "fast", r"\(audit .* identity.precision is 'fast', they give 'exact'"),
        ("audit", ("system",), "other@exact", r"\(audit .* system is 'other@exact'"),
    ],
)
def test_what_does_not_follow_is_named_though_the_signature_fits(
    found: Evidence, kind: str, path: tuple[Any, ...], value: Any, words: str
) -> None:
    rows = list(evidence.rows(found))
    number = next(number for number, row in enumerate(rows, start=1) if row["kind"] == kind)
    with pytest.raises(Tampered, match=rf"^Row {number} {words}"):
        verify.verify(signed(changed(rows, number, path, value)), "json")


def test_a_margin_that_was_widened_after_the_run_is_found_in_the_findings(found: Evidence) -> None:
    rows = changed(list(evidence.rows(found)), 1, ("plan", "margin"), 50.0)
    with pytest.raises(Tampered, match=r"\(control 1: .* finding.margin is 5.0, they give 50.0"):
        verify.verify(signed(rows), "json")


def test_an_output_that_was_changed_together_with_its_statistics_is_found_in_the_findings(found: Evidence) -> None:
    rows = list(evidence.rows(found))
    number = next(number for number, row in enumerate(rows, start=1) if row["id"] == "decision-1")
    output = json.loads(rows[number - 1]["output"]["text"])
    surer = json.dumps({"a": output["b"], "b": {"yes": 0.0, "no": -9.0}})
    other = changed(rows, number, ("output", "text"), surer)
    with pytest.raises(Tampered, match=rf"^Row {number} \(item decision-1\) says of decision-gap"):
        verify.verify(signed(other), "json")
    suite = next(suite for suite in found.suites.values() if suite.kind == "decision")
    made = stored_metric("decision-gap", suite).statistics([surer], [suite.samples[1]])[0].tolist()
    with pytest.raises(Tampered, match=r"^Row \d+ \(finding \d.*\) does not follow"):
        verify.verify(signed(changed(other, number, ("output", "statistics", "decision-gap"), made)), "json")


def test_a_removed_item_is_missed(found: Evidence) -> None:
    rows = [row for row in evidence.rows(found) if row.get("id") != "gender-3"]
    with pytest.raises(Tampered, match=r"^Row \d+ \(suite bias/pairs/gender\) names another hash"):
        verify.verify(signed(rows), "json")


def test_a_removed_finding_is_missed(found: Evidence) -> None:
    with pytest.raises(Tampered, match=r"^Row 1 \(audit \w+\) stands over 47 rows; its outputs give 48"):
        verify.verify(signed(list(evidence.rows(found))[:-1]), "json")


def test_rows_that_are_no_audit_are_refused() -> None:
    for rows in ([], [{"kind": "audit", "id": "a"}], [{"id": "a"}], [{"kind": "suite"}]):
        with pytest.raises(Tampered, match=r"not those of an audit|cannot be read"):
            verify.verify(signed(rows), "json")


@pytest.mark.parametrize(
    ("path", "value"), [(("run", "identity", "options"), 3), (("suite", "kind"), "nothing"), (("run", "identity"), {})]
)
def test_rows_that_make_no_sense_are_refused_in_words(found: Evidence, path: tuple[Any, ...], value: Any) -> None:
    rows = list(evidence.rows(found))
    number = next(number for number, row in enumerate(rows, start=1) if row["kind"] == "suite")
    with pytest.raises(Tampered, match=r"^Row \d+ \(.*(cannot be computed anew|does not follow)"):
        verify.verify(signed(changed(rows, number, path, value)), "json")


def test_evidence_needs_the_runs_it_rests_on(found: Evidence, store: Store) -> None:
    store.delete(found.audit.runs[0])
    with pytest.raises(NotFound, match="There is no run"):
        evidence.gather(found.audit, store)


def test_rounding_is_no_difference_and_missing_is() -> None:
    assert list(verify.differences({"a": [1.0, None]}, {"a": (1.0 + 1e-12, None)})) == []
    assert list(verify.differences({"a": None}, {"a": 0.0})) == [("a", None, 0.0)]
    assert list(verify.differences({}, {"b": 2})) == [("b", None, 2)]
    assert list(verify.differences({"a": [1]}, {"a": [1, 2]})) == [("a", [1], [1, 2])]


def test_an_audit_without_suites_has_nothing_to_recompute(found: Evidence) -> None:
    empty = replace(found.audit, suites=(), findings=(), controls=())
    bare = Evidence(empty, {}, {}, {})
    assert verify.verify(write(bare, "SmolLM2", "json", SIGNER), "json").items == 0


def test_the_audit_file_has_the_sixteen_parts_in_words_too(found: Evidence) -> None:
    plain = json.loads(write(found, "SmolLM2", "json", SIGNER))
    parts = [row for row in plain["rows"] if row["kind"] == "part"]
    assert [row["id"].partition(":")[0] for row in parts] == [str(number) for number in range(1, 17)]
    assert "svg" not in {name for row in parts for block in row["blocks"] for name in block}
    # The reports name the hash of the last row before the parts.
    assert plain["rows"][-17]["chain"] in json.dumps(parts[13])


def test_decisions_are_told_by_group_with_the_ratio_to_the_highest_rate(found: Evidence) -> None:
    run = next(run for run, suite in found.suites.items() if suite.kind == "decision")
    # Of four decisions about women one is favourable, of four about men two.
    odds = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (-1.0, -1.0)]
    outputs = [
        OutputRow(
            f"decision-{place}",
            json.dumps({side: {"yes": each, "no": 0.0} for side, each in zip("ab", pair, strict=True)}),
        )
        for place, pair in enumerate(odds)
    ]
    table = results.rates(replace(found, outputs={**found.outputs, run: outputs}))
    assert table is not None
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["gender", "women", "4", "25.0 %", "0.50"],
        ["gender", "men", "4", "50.0 %", "1.00"],
    ]
