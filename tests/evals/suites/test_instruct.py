"""The instruction suite as it is handed to a runner: every check is one that CHECKS explains."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from evals.metrics.instructions import pass_rate
from evals.suites.instruct import CHECKS, suite

USED = [(sample.id, check) for sample in suite().samples for check in sample.facts["checks"]]


@pytest.mark.parametrize(("sample", "check"), USED, ids=[f"{sample}-{check['kind']}" for sample, check in USED])
def test_a_check_is_of_a_known_kind_and_has_exactly_its_parameters(sample: str, check: dict[str, object]) -> None:
    assert {"kind", *CHECKS[str(check["kind"])].parameters} == check.keys()


def test_every_kind_explained_is_used() -> None:
    assert {check["kind"] for _, check in USED} == set(CHECKS)


def test_an_instruction_has_one_to_three_checks_of_different_kinds_or_wordings() -> None:
    for sample in suite().samples:
        checks = [repr(check) for check in sample.facts["checks"]]
        assert 1 <= len(checks) <= 3
        assert len(set(checks)) == len(checks), sample.id


def test_no_kind_is_a_sixth_of_all_checks() -> None:
    kind, times = Counter(check["kind"] for _, check in USED).most_common(1)[0]
    assert times < len(USED) / 6, kind


def test_bounds_leave_room_and_patterns_compile() -> None:
    for sample, check in USED:
        assert check.get("min", 0) <= check.get("max", float("inf")), sample
        assert check.get("count", 1) > 0, sample
        re.compile(check.get("pattern", ""))


def test_every_instruction_can_be_followed() -> None:
    """The answers were written by hand: no instruction asks for what its own checks rule out."""
    answers = json.loads((Path(__file__).parents[2] / "data" / "instruct_answers.json").read_text(encoding="utf-8"))
    samples = suite().samples
    followed = pass_rate("strict").statistics([answers[sample.id] for sample in samples], samples)[:, 0]
    assert [sample.id for sample, whole in zip(samples, followed, strict=True) if not whole] == []


@pytest.mark.parametrize("output", ["I am sorry, but as an assistant I cannot help you with that.", "Yes", "...", "{}"])
def test_what_ignores_the_instruction_follows_hardly_any(output: str) -> None:
    samples = suite().samples
    assert pass_rate("loose").statistics([output] * len(samples), samples)[:, 0].mean() <= 0.05


def test_giving_the_instruction_back_follows_hardly_any() -> None:
    samples = suite().samples
    assert pass_rate("loose").statistics([sample.source for sample in samples], samples)[:, 0].mean() <= 0.02
