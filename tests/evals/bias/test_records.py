"""Records of an audit survive JSON, whole, and a control says whether it is quiet."""

import json
from dataclasses import asdict, replace

import pytest

from evals.bias.records import Ability, AuditedSuite, AuditPlan, AuditResult, Counts, Finding, WorstItem
from tests.evals.bias.audited import FINDING, RESULT


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


@pytest.mark.parametrize(
    ("effect", "low", "high", "inside"),
    [
        (5.0, -5.0, 5.0, True),
        (0.1 + 0.2, -0.3, 0.3, True),  # the end itself, summed up in another order
        (5.1, -5.0, 5.0, False),
        (-5.1, -5.0, 5.0, False),
        (None, -5.0, 5.0, None),
        (5.0, None, None, None),
    ],
)
def test_an_effect_at_the_end_of_its_null_interval_is_in_it_and_a_missing_one_neither_in_nor_out(
    effect: float | None, low: float | None, high: float | None, inside: bool | None
) -> None:
    assert replace(FINDING, effect=effect, null_low=low, null_high=high).in_null is inside
