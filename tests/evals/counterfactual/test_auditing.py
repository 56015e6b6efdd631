"""An audit of the own history is asked, stopped and killed: what was answered is kept, and only the rest asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from evals.counterfactual import words
from evals.counterfactual.auditing import UNREAD, audit_steps, expected_seconds
from evals.counterfactual.history_audit import GONE, HistoryAudit
from evals.counterfactual.ledger import STEPS, HistoryLedger
from evals.counterfactual.scan import NOT_READ, WITHOUT, scan
from evals.turns import turn_of
from llmweb.catalog import MODELS, Catalog
from llmweb.database import connected, migrate
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.types import LoglikelihoodRequest, TokenLogprob
from tests.evals.counterfactual.scripts import (
    ALL,
    MEN,
    MODEL,
    WOMEN,
    Make,
    Partial,
    Weighing,
    audit,
    compared,
    engine_runtime,
    plan,
)

ROOT = Path(__file__).parent.parent.parent.parent
Weighed, Likelihoods = Sequence[LoglikelihoodRequest], Iterator[tuple[int, tuple[TokenLogprob, ...]]]
SLOW = 150  # words a second: all answers of fill() take seconds


@pytest.fixture
def history(filled: History) -> History:
    return filled


@pytest.fixture
def ledger(history: History) -> HistoryLedger:
    assert isinstance(history.path, Path)
    return HistoryLedger(history.path)


@pytest.fixture
def weighing(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    made: list[Runtime] = []

    def make(script: Partial | None = None, kind: type[Weighing] = Weighing, **pace: float) -> Runtime:
        script = script or Partial(female=30, male=10)
        made.append(engine_runtime(tmp_path, lambda identity: kind(identity, script, **pace)))
        return made[-1]

    yield make
    for runtime in made:
        runtime.close()


def numbers(found: HistoryAudit) -> HistoryAudit:
    """All but the id and the time."""
    return replace(found, id="", created="")


def stop_after(runtime: Runtime, history: History, ledger: HistoryLedger, answers: int) -> HistoryAudit:
    """Stopped once so many answers are kept."""
    begun, cancelled = ledger.begin(scan(history, ALL)), Event()
    for _ in audit_steps(runtime, history, ledger, begun.id, cancelled):
        if len(ledger.missing(begun.id)) <= begun.chosen - answers:
            cancelled.set()
    return ledger.audit(begun.id)


def going_on(runtime: Runtime, history: History, ledger: HistoryLedger, audit_id: str) -> HistoryAudit:
    *_, step = audit_steps(runtime, history, ledger, audit_id)
    assert step.result is not None
    return step.result


def test_likelihood_is_how_much_better_answers_fit_their_own_prompt_whoever_it_was_about(
    history: History, weighing: Callable[..., Runtime]
) -> None:
    found = audit(weighing(), history)
    likelihood = found.groups[-1]
    # A word costs a nat more after a prompt about a man, and answers about women have 20 words more: about either.
    assert (likelihood.gap.measure, likelihood.gap.unit, likelihood.gap.value) == ("likelihood", "nats", 20.0)
    assert (likelihood.gap.n, likelihood.headline, likelihood.gap.p_holm) == ((11, 9), False, None)
    assert words.group_figures(likelihood).endswith("11 answers in 9 conversations, not tested")
    assert "likelihood" not in words.audited(found)


def test_the_audit_measures_likelihood_as_the_lens_does(history: History, weighing: Callable[..., Runtime]) -> None:
    runtime, (of_a_man, *_, of_a_woman) = weighing(), scan(history, ALL).chosen
    assert (of_a_man.sign, of_a_woman.sign) == (-1, 1)
    for each in (of_a_man, of_a_woman):
        assert compared(runtime, plan(turn_of(history, each.entry))).gaps[-1].value == 20.0


def test_where_the_likelihood_cannot_be_told_it_says_why(scripted: Make, history: History, tmp_path: Path) -> None:
    mute = tuple(replace(spec, tasks=spec.tasks - {"loglikelihood"}) for spec in MODELS if spec.id == MODEL)
    runtime = engine_runtime(tmp_path, lambda identity: Weighing(identity, Partial(9, 9)), Catalog(mute))
    found = audit(runtime, history)
    runtime.close()
    assert words.group_figures(found.groups[-1]) == (
        "n/a: SmolLM2 135M Instruct does not tell the probabilities of its tokens"
    )
    first = history.thread(history.chats(search="train")[0].id)[-1]
    assert first.completion is not None
    history.record("summarize", "Anne left. She ran the harbour of the town.", "Anne left.", first.completion, {})
    asked = audit(scripted(), history, replace(ALL, feature="summarize"))
    assert words.group_figures(asked.groups[-1]).startswith("n/a: this feature asks the model in many steps")


class Blind(Weighing):
    """Fails to read what is said of Lisa."""

    def loglikelihood(self, requests: Weighed, cancelled: Event) -> Likelihoods:
        if any("Lisa" in request.prompt[-1].text for request in requests):  # type: ignore[union-attr]
            raise RuntimeError("no tensor")
        return super().loglikelihood(requests, cancelled)


def test_an_answer_that_cannot_be_read_again_lacks_its_likelihood_alone(
    history: History, weighing: Callable[..., Runtime]
) -> None:
    found = audit(weighing(kind=Blind), history)
    assert [each.gap.n for each in found.groups] == [(11, 9)] * 3 + [(10, 8)]
    alone = audit(weighing(kind=Blind), history, replace(ALL, search="Lisa"))
    assert words.group_figures(alone.groups[-1]) == f"n/a: {UNREAD}"


def test_reading_again_shows_how_far_it_is_and_lets_people_go_first(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]
) -> None:
    script, urgent = Partial(female=30, male=10), list[bool]()

    class Heard(Weighing):
        def loglikelihood(self, requests: Weighed, cancelled: Event) -> Likelihoods:
            urgent.extend(request.urgent for request in requests)
            return super().loglikelihood(requests, cancelled)

    steps = [*audit_steps(weighing(script, Heard), history, ledger, ledger.begin(scan(history, ALL)).id)]
    read = [(step.done, step.total) for step in steps if step.doing == "Reading the answers again for their likelihood"]
    assert read == [(done, 11) for done in range(11)]
    assert max(step.done for step in steps if step.doing == "Asking") == 44
    assert (len(urgent), any(urgent), any(request.urgent for request in script.asked)) == (2 * 44, False, False)


def test_of_many_answers_two_of_either_side_are_read_again(history: History, weighing: Callable[..., Runtime]) -> None:
    script, read = Partial(female=30, male=10), list[int]()

    class Counting(Weighing):
        def loglikelihood(self, requests: Weighed, cancelled: Event) -> Likelihoods:
            read.append(len(requests))
            return super().loglikelihood(requests, cancelled)

    wanted = replace(ALL, samples=4, search="Lisa")
    runtime = weighing(script, Counting)
    assert audit(runtime, history, wanted).groups[-1].gap.value == 20.0
    assert (len(script.asked), read) == (8, [2 * 2 * 2])
    one = scan(history, wanted).chosen[0]
    found = replace(scan(history, wanted), chosen=(replace(one, seconds=10.0),))
    assert expected_seconds(runtime, found) == 10 * (8 / 4 + 4 / 2)


def test_stop_ends_the_reading_too(history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]) -> None:
    stopped = list[int]()

    class Stopped(Weighing):
        """Somebody presses Stop while the second answer's texts are read."""

        def loglikelihood(self, requests: Weighed, cancelled: Event) -> Likelihoods:
            stopped.append(len(requests))
            for place, told in enumerate(super().loglikelihood(requests, cancelled)):
                if len(stopped) == 2 and place == 1:
                    cancelled.set()
                    return
                yield told

    begun = ledger.begin(scan(history, ALL))
    *_, step = audit_steps(weighing(kind=Stopped), history, ledger, begun.id)
    assert step.result is not None
    assert (step.result.asked, step.result.failed, stopped) == (1, 0, [8, 8])


def test_stopped_it_tells_of_what_was_asked_and_ends_as_one_that_never_was(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]
) -> None:
    whole = audit(weighing(), history)
    stopped = stop_after(weighing(words_per_second=SLOW), history, ledger, 3)
    assert 3 <= stopped.asked < 11
    assert (stopped.stopped, stopped.goes_on) == (True, True)
    assert f"It was stopped at {stopped.asked} of 11." in words.audited(stopped)
    assert ledger.audit(stopped.id) == stopped
    with connected(ledger.path) as db:
        said = str([*db.query("SELECT * FROM history_pairs")])
    assert not any(text in said for text in (*WOMEN, *MEN, "word word"))
    script = Partial(female=30, male=10)
    found = going_on(weighing(script), history, ledger, stopped.id)
    assert len(script.asked) == 4 * (11 - stopped.asked)
    assert (found.id, found.created) == (stopped.id, stopped.created)
    assert numbers(found) == numbers(whole)
    assert ledger.audits() == [found, whole]
    with pytest.raises(BadInput, match="has ended: nothing is left to ask"):
        ledger.unfinished(found.id)


def test_stopped_before_an_answer_it_leaves_nothing(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]
) -> None:
    cancelled = Event()
    cancelled.set()
    steps = [*audit_steps(weighing(), history, ledger, ledger.begin(scan(history, ALL)).id, cancelled)]
    assert [step.result for step in steps if step.result] == []
    assert ledger.audits() == []


def test_what_was_deleted_or_changed_since_is_left_out_and_counted(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]
) -> None:
    stopped = stop_after(weighing(words_per_second=SLOW), history, ledger, 3)
    kept, left = rows(ledger, "NOT NULL"), rows(ledger, "NULL")
    deleted, changed = {kept[-1], left[-2]}, history.entry(left[-1]).chat_id
    german = "Wo kommst du denn her, mein Freund, und wohin gehst du heute Abend mit deinem Vater? " * 3
    history.set_setup(changed, {**history.setup(changed), "system": german})
    for entry in deleted:
        history.delete(history.entry(entry).chat_id)
    assert not deleted & {*rows(ledger, "NOT NULL"), *rows(ledger, "NULL")}
    found = going_on(weighing(), history, ledger, stopped.id)
    assert found.left_out == {WITHOUT: 1, NOT_READ: 1, GONE: 11 - found.chosen}
    assert found.chosen in (7, 8)  # three conversations, one of them perhaps of two answers
    assert (found.asked, found.failed, found.stopped, found.goes_on) == (found.chosen, 0, False, False)


def test_a_history_that_is_all_gone_ends_the_audit(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]
) -> None:
    stopped = stop_after(weighing(words_per_second=SLOW), history, ledger, 3)
    history.delete_all()
    found = going_on(weighing(), history, ledger, stopped.id)
    assert (found.chosen, found.asked, found.left_out[GONE], found.goes_on) == (0, 0, 11, False)
    assert words.audited(found).startswith("Too few to tell")


def test_another_model_under_the_same_name_does_not_go_on(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime]
) -> None:
    stopped = stop_after(weighing(words_per_second=SLOW), history, ledger, 3)

    class Newer(Weighing):
        def __init__(self, identity: Any, *arguments: Any, **pace: Any) -> None:
            super().__init__(replace(identity, engine_version="2"), *arguments, **pace)

    with pytest.raises(BadInput, match="has changed since audit "):
        going_on(weighing(kind=Newer), history, ledger, stopped.id)
    assert ledger.audit(stopped.id) == stopped


KILLED = """
import sys
from pathlib import Path
from evals.counterfactual.auditing import audit_steps
from evals.counterfactual.ledger import HistoryLedger
from evals.counterfactual.scan import NOT_READ, WITHOUT, scan
from llmweb.history import History
from tests.evals.counterfactual.scripts import ALL, Partial, Weighing, engine_runtime

folder = Path(sys.argv[1])
history, ledger = History(folder / "llmweb.sqlite3"), HistoryLedger(folder / "llmweb.sqlite3")
runtime = engine_runtime(folder, lambda identity: Weighing(identity, Partial(30, 10), words_per_second=50))
begun = ledger.begin(scan(history, ALL))
for step in audit_steps(runtime, history, ledger, begun.id):
    print(begun.id, begun.chosen - len(ledger.missing(begun.id)), flush=True)
"""


def test_killed_it_has_what_was_answered_and_ends_as_one_that_never_was(
    history: History, ledger: HistoryLedger, weighing: Callable[..., Runtime], tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdout is not None
        name, _ = next(line.split() for line in process.stdout if int(line.split()[1]) >= 2)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    cut_off = ledger.audit(name)
    assert 2 <= cut_off.asked < 11
    assert cut_off.groups[0].gap.n[0] == cut_off.asked
    script = Partial(female=30, male=10)
    found = going_on(weighing(script), history, ledger, name)
    assert len(script.asked) == 4 * (11 - cut_off.asked)
    assert numbers(found) == numbers(audit(weighing(), history))


def test_an_audit_of_an_earlier_version_is_read_and_does_not_go_on(tmp_path: Path) -> None:
    path = tmp_path / "llmweb.sqlite3"
    History(path)
    migrate(path, "history-audits", {"m001_history_audits": STEPS["m001_history_audits"]})
    wanted = '{"model": "m", "feature": "", "search": "", "since": "", "until": "", "axis": "", "samples": 2}'
    result = (
        f'{{"id": "old", "created": "2026-11-25T10:00:00.000+00:00", "wanted": {wanted}, "answers": 9, "chosen": 9, '
        '"asked": 4, "failed": 0, "left_out": {}, "groups": [], "worst": [], "note": "", '
        '"plan": {"resamples": 1000, "trials": 10000, "seed": 12345}}'
    )
    with connected(path) as db:
        db.table("history_audits").insert({"id": "old", "created": "2026", "model": "m", "result": result})
    (found,) = HistoryLedger(path).audits()
    assert (found.id, found.stopped, found.goes_on, found.asked) == ("old", True, False, 4)


def rows(ledger: HistoryLedger, numbers: str) -> list[str]:
    with connected(ledger.path) as db:
        sql = f"SELECT entry FROM history_pairs WHERE numbers IS {numbers} ORDER BY place"
        return [row["entry"] for row in db.query(sql)]
