"""My own prompts on the Bias page: what the browser sends is checked; an audit runs, is shown, and is stopped."""

import time
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from evals.pages.own_prompts import KEY, STARTED, OwnPrompts
from llmweb.history import History
from tests.evals.counterfactual.scripts import MODEL, PROMPT, Make, Partial, answered

FIELDS: dict[str, Any] = {
    "model": MODEL,
    "feature": "",
    "axis": "",
    "since": "",
    "until": None,
    "search": "",
    "samples": "2",
}


@pytest.fixture
def own(scripted: Make, tmp_path: Path) -> OwnPrompts:
    database = tmp_path / "llmweb.sqlite3"
    history = History(database)
    section = OwnPrompts(scripted(Partial(female=30, male=10)), history, database)
    with gr.Blocks() as blocks:
        section.build(blocks)
    return section


def fields(**changes: Any) -> list[Any]:
    return [*(FIELDS | changes).values()]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model": ""}, "No model has answered here yet"),
        ({"model": "gone"}, "No model &#x27;gone&#x27;"),
        ({"samples": "999"}, "No number of answers"),
        ({"axis": "<b>"}, "No axis &#x27;&lt;b&gt;&#x27;"),
        ({"since": "soon"}, "is no day"),
    ],
)
def test_what_the_browser_sends_is_checked(own: OwnPrompts, change: dict[str, Any], told: str) -> None:
    assert told in own.describe(*fields(**change))
    assert told in own.start(*fields(**change))[own.plan]


def test_an_audit_is_run_and_opened_with_links_to_the_answers(own: OwnPrompts) -> None:
    for name in ("Anne", "Emily", "Linda", "Susan", "Karen", "<i>Lisa</i>"):
        answered(own.runtime, own.history, f"Write about {name} and her day.")
    assert own.refresh("", *fields(model=None))[own.model]["value"] == MODEL  # type: ignore[index]
    assert "6 answers found, 6 about a person" in own.describe(*fields())
    assert own.start(*fields())[own.sent] == STARTED
    shown = own.draw("", STARTED)
    deadline = time.monotonic() + 30
    while own.list not in shown and time.monotonic() < deadline:
        time.sleep(0.05)
        shown = own.draw("", shown.get(own.sent, STARTED))
    html = shown[own.list]
    assert "Larger than the noise: gender, female against male: length +" in html
    assert "6 answers in 6 conversations" in html
    assert "&lt;i&gt;Lisa" in html
    assert "<i>Lisa" not in html
    (found,) = own.ledger.audits()
    assert f'href="?tab=chat&amp;chat={found.worst[0].chat}&amp;entry={found.worst[0].entry}"' in html
    own.history.delete(found.worst[0].chat)
    assert "(its chat was deleted)" in own._list(found.id)[own.list]
    assert "(its chat" not in own._list("")[own.list]


def test_an_audit_is_stopped_and_one_runs_at_a_time(own: OwnPrompts, scripted: Make) -> None:
    answered(own.runtime, own.history, PROMPT)
    own.runtime = scripted(Partial(female=60, male=60), words_per_second=20)
    own.start(*fields())
    assert "is under way" in own.start(*fields())[own.plan]
    job = own.jobs.find(KEY)
    assert job is not None
    job.cancelled.set()
    *_, job = job.watch()
    assert (job.ended, job.error) == (True, "")
    assert own.ledger.audits() == []
    assert "will be listed here" in own._list("")[own.list]
