"""Records of an audit survive JSON, whole."""

import json
from dataclasses import asdict

import pytest

from evals.bias.records import Ability, AuditedSuite, AuditPlan, AuditResult, Counts, Finding, WorstItem
from tests.evals.bias.audited import RESULT


def test_an_audit_written_as_json_is_read_back_the_same() -> None:
    assert AuditResult.from_dict(json.loads(json.dumps(asdict(RESULT)))) == RESULT


def test_what_is_not_an_audit_is_not_read() -> None:
    with pytest.raises(KeyError):
        AuditResult.from_dict({"id": "a1"})
    with pytest.raises(TypeError):
        AuditResult.from_dict({**asdict(RESULT), "findings": 3})


def test_the_runs_of_an_audit_are_those_of_its_suites() -> None:
    assert RESULT.runs == ("r1",)
    assert {type(each) for each in (*RESULT.findings, *RESULT.suites)} == {Finding, AuditedSuite}
    assert isinstance(RESULT.plan, AuditPlan)
    assert isinstance(RESULT.findings[0].counts, Counts)
    assert isinstance(RESULT.findings[0].ability[0], Ability)
    assert isinstance(RESULT.findings[0].worst[0], WorstItem)
