"""My own prompts on the Bias page: what the browser sends is checked; an audit runs, is shown, and is stopped."""

from pathlib import Path
from typing import Any

import pytest

from evals.pages.own_prompts import KEY, HistoryAudits, OwnPrompts
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.pages.parts import Click
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
def audits(scripted: Make, tmp_path: Path) -> HistoryAudits:
    database = tmp_path / "llmweb.sqlite3"
    return HistoryAudits(scripted(Partial(female=30, male=10)), History(database), database)


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
def test_what_the_browser_sends_is_checked(audits: HistoryAudits, change: dict[str, Any], told: str) -> None:
    assert told in OwnPrompts(audits).describe(*fields(**change))


def test_an_audit_is_run_and_opened_with_links_to_the_answers(audits: HistoryAudits) -> None:
    for name in ("Maria", "Anne", "Emily", "Linda", "Susan", "Karen", "Helen", "<i>Lisa</i>"):
        answered(audits.runtime, audits.history, f"Write about {name} and her day.")
    assert audits.models() == [("SmolLM2 135M Instruct · 8 answers", MODEL)]
    assert "8 answers found, 8 about a person" in OwnPrompts(audits).describe(*fields())
    audits.start(audits.found(*fields()))
    assert "Stop" in audits.live_html()
    job = audits.jobs.find(KEY)
    assert job is not None
    *_, _ = job.watch()
    assert audits.live_html() == ""
    html = audits.list_html(audits.latest())
    assert "Larger than the noise: gender, female against male: length +" in html
    assert "8 answers in 8 conversations" in html
    assert "likelihood</abbr>" in html
    assert "&lt;i&gt;Lisa" in html
    assert "<i>Lisa" not in html
    (found,) = audits.ledger.audits()
    assert f'href="?tab=chat&amp;chat={found.worst[0].chat}&amp;entry={found.worst[0].entry}"' in html
    audits.history.delete(found.worst[0].chat)
    assert "(its chat was deleted)" in audits.list_html(found.id)
    assert audits.act(Click("open", found.id, ""), "") == found.id
    assert "(its chat" not in audits.list_html(audits.act(Click("close", found.id, ""), found.id))
    audits.act(Click("delete", found.id, ""), "")
    assert "will be listed here" in audits.list_html("")


def test_an_audit_is_stopped_and_one_runs_at_a_time(audits: HistoryAudits, scripted: Make) -> None:
    with pytest.raises(BadInput, match="None of these answers"):
        audits.start(audits.found(*fields()))
    answered(audits.runtime, audits.history, PROMPT)
    audits.runtime = scripted(Partial(female=60, male=60), words_per_second=20)
    audits.start(audits.found(*fields()))
    with pytest.raises(BadInput, match="is under way"):
        audits.start(audits.found(*fields()))
    audits.act(Click("stop", "", ""), "")
    job = audits.jobs.find(KEY)
    assert job is not None
    *_, job = job.watch()
    assert (job.ended, job.error, audits.latest()) == (True, "", "")
    assert audits.ledger.audits() == []


def test_an_audit_that_was_stopped_goes_on_and_is_not_listed_meanwhile(
    filled: History, audits: HistoryAudits, scripted: Make
) -> None:
    fast, audits.runtime = audits.runtime, scripted(Partial(female=30, male=10), words_per_second=150)
    audits.start(audits.found(*fields()))
    name = audits.going
    while audits.ledger.audit(name).asked < 2:
        assert "will be listed here" in audits.list_html("")
    audits.act(Click("stop", "", ""), "")
    job = audits.jobs.find(KEY)
    assert job is not None
    *_, _ = job.watch()
    assert (audits.latest(), audits.going) == (name, "")
    html = audits.list_html(name)
    assert f'data-do="go-on" data-id="{name}"' in html
    assert "It was stopped at" in html
    audits.runtime = fast
    audits.act(Click("go-on", name, ""), "")
    job = audits.jobs.find(KEY)
    assert job is not None
    *_, _ = job.watch()
    assert audits.latest() == name
    html = audits.list_html(name)
    assert "11 answers asked again" in html
    assert "go-on" not in html
    with pytest.raises(BadInput, match="nothing is left to ask"):
        audits.go_on(name)
