"""Messages and good answers from tables; what cases export comes back in tests/evals/test_cases.py."""

import json
from pathlib import Path

import pytest

from evals.readers import Naming, Wanted, read_suite
from evals.types import Suite
from llmweb.errors import BadInput


def read(path: Path, *rows: dict[str, object]) -> Suite:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_suite("chat", Wanted((path,), language="en"), Naming("CC0-1.0"))


def test_messages_are_pairs_or_objects_and_may_be_missing(tmp_path: Path) -> None:
    row = {"source": "And of Portugal?", "references": ["Lisbon", "It is Lisbon."]}
    before = [["user", "Capital of France?"], ["assistant", "Paris"]]
    named = [{"role": role, "content": text} for role, text in before]
    suite = read(tmp_path / "a.jsonl", {**row, "messages": before}, {**row, "messages": named, "id": "b"}, {**row})
    assert [sample.facts.get("messages") for sample in suite.samples] == [before, before, None]
    assert {sample.references for sample in suite.samples} == {("Lisbon", "It is Lisbon.")}
    assert (suite.kind, suite.metrics) == ("instruct", ("chrf2", "f1", "exact-match"))


@pytest.mark.parametrize("message", [["poet", "Hi"], ["user"], "Hi", {"role": "user"}])
def test_a_message_without_role_or_text_names_its_row(tmp_path: Path, message: object) -> None:
    with pytest.raises(BadInput, match=r"a.jsonl, row 1: a message is a role \(system, user, assistant\) and a text"):
        read(tmp_path / "a.jsonl", {"source": "Hi", "references": ["Ho"], "messages": [message]})
