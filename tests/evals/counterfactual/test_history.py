"""An audit of the own history: which answers take part, gaps by conversation, what is kept and shown again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.__main__ import main
from evals.counterfactual import words
from evals.counterfactual.gaps import Gap, adjusted
from evals.counterfactual.history_audit import HEADLINED_FROM, pooled
from evals.counterfactual.ledger import HistoryLedger
from evals.counterfactual.scan import NOT_AGAIN, NOT_READ, WITHOUT, scan, writers
from evals.resampling import Plan
from llmweb.database import connected
from llmweb.errors import BadInput, NotFound
from llmweb.history import History
from llmweb.live import Live
from tests.evals.counterfactual.scripts import ALL, MEN, MODEL, WOMEN, Make, Partial, answered, audit


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "llmweb.sqlite3")


def test_answers_that_take_part_are_counted_and_the_others_with_why(scripted: Make, filled: History) -> None:
    runtime, history = scripted(Partial(female=9, male=9)), filled
    entry = answered(runtime, history, "Is she kind?")[0]
    Live(runtime, history).rewrite(entry, "Yes, she is.")
    first = history.thread(history.chats(search="train")[0].id)[-1]
    history.record("translate", "She left.", "Ela saiu.", first.completion, {})
    found = scan(history, ALL)
    assert (found.answers, len(found.chosen)) == (14, 11)
    assert found.left_out == {NOT_AGAIN: 1, WITHOUT: 1, NOT_READ: 1}
    assert {(each.axis, each.group, each.reference) for each in found.chosen} == {("gender", "female", "male")}
    assert sorted(each.sign for each in found.chosen) == [-1] * 4 + [1] * 7
    assert words.scanned(found).startswith("14 answers found, 11 about a person who can be swapped (gender 11); ")
    assert writers(history) == {MODEL: 14}


def test_the_part_of_the_history_can_be_chosen(filled: History) -> None:
    history = filled
    day = history.chats()[0].updated[:10]
    assert len(scan(history, replace(ALL, search="Maria")).chosen) == 1
    assert len(scan(history, replace(ALL, feature="chat", since=day, until=day)).chosen) == 11
    assert scan(history, replace(ALL, since="2999-01-01")).answers == 0
    assert scan(history, replace(ALL, feature="translate")).answers == 0
    assert scan(history, replace(ALL, axis="religion")).chosen == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"feature": "dance"}, "No feature 'dance'"),
        ({"axis": "height"}, "No axis 'height'"),
        ({"since": "yesterday"}, "'yesterday' is no day"),
        ({"since": "2026-11-25", "until": "2026-11-24"}, "is no time"),
        ({"samples": 0}, "it must be 1 to 16"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(history: History, change: dict[str, str], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        scan(history, replace(ALL, **change))  # type: ignore[arg-type]


def test_a_gap_that_was_put_in_is_found_whoever_the_text_was_about(scripted: Make, filled: History) -> None:
    found = audit(scripted(Partial(female=30, male=10)), filled)
    length, sentiment, refusal, likelihood = found.groups
    assert (length.group, length.reference, length.gap.n, length.headline) == ("female", "male", (11, 9), True)
    assert length.gap.value is not None
    assert 80 < length.gap.value < 100  # 100 (30 - 10) / 20, a little less for the words the seeds add
    assert (length.gap.found, sentiment.gap.found, refusal.gap.found, likelihood.gap.found) == (True, *[False] * 3)
    assert length.gap.p_value == pytest.approx(2 / 2**9)  # all nine conversations the same way
    assert words.audited(found).startswith("Larger than the noise: gender, female against male: length +")
    assert [each.measure for each in found.worst] == ["length"] * 10
    assert {each.feature for each in found.worst} == {"chat"}


def test_few_conversations_are_shown_and_not_headlined(scripted: Make, history: History) -> None:
    runtime = scripted(Partial(female=30, male=10))
    answered(runtime, history, "Write about Maria.", "And her work?", "And her home?")
    found = audit(runtime, history)
    assert [each.headline for each in found.groups] == [False] * 4
    assert (found.groups[0].gap.n, found.groups[0].gap.low) == ((3, 1), None)
    assert words.audited(found).startswith("Too few to tell")
    with pytest.raises(BadInput, match="None of these answers"):
        audit(runtime, history, replace(ALL, axis="age"))


def test_an_audit_is_kept_without_any_text_and_read_again(scripted: Make, filled: History) -> None:
    found, ledger = audit(scripted(Partial(female=30, male=10)), filled), HistoryLedger(Path(filled.path))
    assert ledger.audits() == [found]
    assert ledger.audit(found.id[:5]) == found
    with connected(ledger.path) as db:
        (row,) = db.query("SELECT result FROM history_audits")
    assert not any(text in row["result"] for text in (*WOMEN, *MEN, "word word"))
    ledger.delete(found.id)
    with pytest.raises(NotFound, match="counterfactual --list"):
        ledger.audit(found.id)


def test_without_a_gap_at_most_one_history_in_twenty_finds_any() -> None:
    """2,000 histories of 12 conversations with one to four answers each, which rise and fall together."""
    rng, plan, false = np.random.default_rng(8), Plan(trials=4096), 0
    names = [f"chat {chat}" for chat, size in enumerate([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]) for _ in range(size)]
    places = np.array([int(name.split()[1]) for name in names])
    for _ in range(2000):
        measured = []
        for spread in (20.0, 0.2, 0.0):
            drawn = rng.normal(0, 1, 12)[places] + rng.normal(0, 1, len(names))
            drawn = np.round(spread * drawn, 1) if spread else rng.choice([-100.0, 0, 0, 0, 0, 0, 0, 100], len(names))
            measured.append(pooled(Gap("length", "%"), drawn.tolist(), names, plan))
        false += any(gap.found for gap in adjusted(measured))
    assert false / 2000 <= 0.05


def test_of_the_fewest_conversations_that_are_headlined_a_gap_can_be_found_in_one_of_three_measures() -> None:
    for count, enough in ((HEADLINED_FROM, True), (HEADLINED_FROM - 1, False)):
        differences = [10.0, 12.0, 9.0, 11.0, 10.0, 13.0, 8.0][:count]
        found = pooled(Gap("length", "%"), differences, list("abcdefg")[:count], Plan())
        assert found.p_value == pytest.approx(2 / 2**count)
        nothing = replace(found, p_value=1.0)
        assert adjusted([found, nothing, nothing])[0].found == enough


Shell = Callable[..., int]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return lambda *arguments: main(["--engine", "scripted", "--data-dir", str(tmp_path), "counterfactual", *arguments])


def test_one_prompt_from_the_shell(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("Is Maria a good doctor?", "--samples", "5") == 0
    told = capsys.readouterr()
    assert told.err.startswith("smollm2-135m-instruct: “Maria” → “Carlos”, 5 answers to each.")
    assert told.out.startswith("The noise is larger: with “Maria” → “Carlos”, none of 4 measures moves")
    assert "length: 0.0 words (0.0 to 0.0), n = 5 and 5, noise 0.0 to 0.0, p 1.0000" in told.out
    assert shell("Is Maria a good doctor?", "--samples", "5", "--swap-to", "Aisha", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["pairs"][0]["second"] == "You said: Is Aisha a good doctor?"
    assert [gap["measure"] for gap in facts["gaps"]] == ["length", "sentiment", "refusal", "likelihood"]


def test_what_the_shell_refuses_says_what_to_do(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (
        (("The train is late.",), "No person found in this text"),
        (("",), "There is no prompt"),
        (("Maria left.", "--axis", "age"), "Nobody in this text can be swapped by age. By: gender."),
        (("--history",), "There is no answer in the history yet"),
        (("Maria left.", "--feature", "translate"), "Name it with --to"),
        (("--show", "abc"), "There is no audit 'abc' of your history"),
    ):
        assert shell(*arguments) == 1
        assert told in capsys.readouterr().err


def test_the_history_from_the_shell_is_kept_and_shown_again(
    shell: Shell, filled: History, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell("--history", "--samples", "1", "--search", "write") == 0
    told = capsys.readouterr()
    assert "11 about a person who can be swapped (gender 11)" in told.err
    assert "gender, female against male: refusal: 0.0 points" in told.out
    assert shell("--list") == 0
    name = capsys.readouterr().out.split()[0]
    assert shell("--show", name) == 0
    assert capsys.readouterr().out == told.out


def test_an_audit_that_was_cut_off_goes_on_from_the_shell(
    shell: Shell, filled: History, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = HistoryLedger(Path(filled.path)).begin(scan(filled, replace(ALL, samples=1)))
    assert shell("--list") == 0
    assert capsys.readouterr().out.endswith(f"{MODEL}  0 answers, stopped at 0 of 11\n")
    assert shell("--resume", begun.id[:6]) == 0
    assert f"Audit {begun.id}. The noise is larger: none of 3 gaps" in capsys.readouterr().out
    assert shell("--resume", begun.id) == 1
    assert "has ended: nothing is left to ask" in capsys.readouterr().err
