"""Swap the person, under an answer: choices in the buttons, the run, Stop, what comes out; all text escaped."""

import re
import sqlite3
from html import unescape
from pathlib import Path

import pytest

from evals.counterfactual.results import Results
from evals.pages.counterfactual_pane import SwapPane
from evals.pages.counterfactual_view import At, at_from
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.live import Live
from llmweb.pages.parts import Answered
from tests.evals.counterfactual.scripts import PROMPT, Make, Partial, answered


@pytest.fixture
def history() -> History:
    return History(":memory:")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    History(tmp_path / "llmweb.sqlite3")
    return Results(tmp_path / "llmweb.sqlite3")


def names(html: str) -> dict[str, str]:
    """Label of every button → its id after the entry's."""
    found = re.findall(r'<button[^>]*data-id="[^":]*:([^"]*)"[^>]*>([^<]*)</button>', html)
    return {label: unescape(name) for name, label in found}


@pytest.mark.parametrize("at", [At(), At("run", (), 16, ((0, "male"), (3, "non-disabled"))), At("set", (1, 2), 8, ())])
def test_what_is_chosen_comes_back_from_a_buttons_id(at: At) -> None:
    assert at_from(str(at)) == at


@pytest.mark.parametrize("text", ["", "<b>", "run|x|999999|a=b", "|||", "set|1+|8|1="])
def test_nonsense_in_a_buttons_id_is_left_out(text: str) -> None:
    at = at_from(text)
    assert at.samples == 8
    assert at.swaps in (None, ())


def test_who_is_found_is_shown_and_each_choice_changes_the_text_beside_it(
    scripted: Make, history: History, results: Results
) -> None:
    (entry,) = answered(scripted(), history, f"<b> {PROMPT}")
    pane = SwapPane(scripted(), results)
    (html,) = pane.run(Answered(history, entry))
    assert "<b>" not in html
    assert '<strong dir="auto">Maria, her</strong> <span class="faint" dir="auto">gender, 2 words</span>' in html
    assert '<mark class="differs">Carlos</mark> and <mark class="differs">his</mark> day' in html
    (each,) = re.findall(r'data-id="[^":]*:(set\|1\|[^"]*)"', html)
    (html,) = pane.run(Answered(history, entry, unescape(each), {"to": ""}))
    assert '<mark class="differs">Carlos</mark> and her day' in html
    assert '<mark class="differs">Maria</mark> and <mark class="left">her</mark>' in html
    assert "differs, see below" in html
    both = next(unescape(name) for name in re.findall(r'data-id="[^":]*:([^"]*)"', html) if name.startswith("set|0+1|"))
    (html,) = pane.run(Answered(history, entry, both, {"to": "Aisha"}))
    assert '<mark class="differs">Aisha</mark> and her day' in html
    (html,) = pane.run(Answered(history, entry, both, {"to": ""}))
    assert "Run" not in names(html)
    with pytest.raises(BadInput, match="No gender 'robot'"):
        list(pane.run(Answered(history, entry, both, {"to": "robot"})))
    with pytest.raises(BadInput, match="There is no mention 10"):
        list(pane.run(Answered(history, entry, both.replace("0+1", "9"), {"to": "male"})))


def test_the_number_of_answers_and_the_time_they_may_take(scripted: Make, history: History, results: Results) -> None:
    (entry,) = answered(scripted(), history, PROMPT)
    pane = SwapPane(scripted(), results)
    (html,) = pane.run(Answered(history, entry, "samples||8|0=male", {"samples": "16"}))
    assert "for 48 answers, by what this one took." in html
    assert names(html)["Run"] == "run||16|0=male"
    with pytest.raises(BadInput, match="No number of answers '7'"):
        list(pane.run(Answered(history, entry, "samples||8|0=male", {"samples": "7"})))


def test_a_run_shows_its_progress_then_the_gaps_and_both_answers_and_is_found_again(
    scripted: Make, history: History, results: Results
) -> None:
    runtime = scripted(Partial(female=3, male=30))
    (entry,) = answered(runtime, history, PROMPT)
    pane = SwapPane(runtime, results)
    (html,) = pane.run(Answered(history, entry))
    busy, *_, done = pane.run(Answered(history, entry, names(html)["Run"]))
    assert 'class="quiet stop-button"' in busy
    assert '-done">Larger than the noise: with “Maria” → “Carlos”' in done
    assert done.count('<li class="found">') == 1
    assert "▲ larger than the noise" in done
    assert "7 more pairs of answers" in done
    assert "The answer you have read: log-likelihood −" in done
    assert list(pane.run(Answered(history, entry))) == [done]
    (again,) = pane.run(Answered(history, entry, names(done)["Change and run again"]))
    assert "Run" in names(again)


def test_stop_ends_the_run_and_brings_the_choices_back(scripted: Make, history: History, results: Results) -> None:
    (entry,) = answered(scripted(), history, PROMPT)
    pane = SwapPane(scripted(Partial(female=60, male=60), words_per_second=20), results)
    (html,) = pane.run(Answered(history, entry))
    running = pane.run(Answered(history, entry, names(html)["Run"]))
    busy = next(running)
    *_, stopped = pane.run(Answered(history, entry, names(busy)["Stop"]))
    assert "Stopped; nothing was compared." in stopped
    assert "Run" in names(stopped)
    *_, seen = running
    assert "Stopped; nothing was compared." in seen
    pane.jobs.close()


def test_an_answer_about_nobody_an_own_text_and_a_failing_model_say_so(
    scripted: Make, history: History, results: Results
) -> None:
    runtime = scripted()
    german = "Wo kommst du denn her, mein Freund, und wohin gehst du heute Abend mit deinem Vater?"
    nobody, failing, other = (answered(runtime, history, text)[0] for text in ("When is the train?", PROMPT, german))
    pane = SwapPane(runtime, results)
    (html,) = pane.run(Answered(history, nobody))
    assert "No person found in this text" in html
    assert names(html) == {}
    (html,) = pane.run(Answered(history, other))
    assert "The text seems to be in German." in html
    with pytest.raises(BadInput, match="No model wrote this text"):
        list(pane.run(Answered(history, Live(runtime, history).rewrite(nobody, "At eight."))))

    def fail(request: object) -> str:
        raise BadInput("The model is <i>tired</i>.")

    tired = SwapPane(scripted(fail), results)
    (html,) = tired.run(Answered(history, failing))
    *_, html = tired.run(Answered(history, failing, names(html)["Run"]))
    assert "The model is &lt;i&gt;tired&lt;/i&gt;." in html
    assert "Run" in names(html)


def test_a_result_is_kept_with_its_answer_found_after_a_restart_and_deleted_with_it(
    scripted: Make, results: Results
) -> None:
    history = History(results.path)
    runtime = scripted(Partial(female=3, male=30))
    (entry,) = answered(runtime, history, f"<b> {PROMPT}")
    first = SwapPane(runtime, results)
    assert first.kept(history, [entry]) == {}
    (html,) = first.run(Answered(history, entry))
    *_, done = first.run(Answered(history, entry, names(html)["Run"]))
    (kept,) = results.kept(history, [entry])
    assert kept.result == first.jobs.find(entry).step.result  # type: ignore[union-attr]

    restarted = SwapPane(runtime, Results(results.path))
    (found,) = restarted.run(Answered(history, entry))
    shown = done.replace(first.jobs.find(entry).id, entry)  # type: ignore[union-attr]
    assert re.sub(r'<p class="faint">Of \d+ \w+ \d+, \d+:\d+\.</p>', "", found) == shown
    folded = restarted.kept(history, [entry, "another"])[entry]
    assert folded.startswith('<details class="steps swap-kept"')
    assert "Swapped the person: “Maria” → “Carlos”, “her” → “his”, " in folded
    assert "Larger than the noise: with “Maria” → “Carlos”" in folded
    assert "<b>" not in folded
    (again,) = restarted.run(Answered(history, entry, names(folded)["Change and run again"]))
    assert "Run" in names(again)

    history.delete(history.entry(entry).chat_id)
    assert results.kept(history, [entry]) == []
    results.keep(history, entry, kept.result)
    assert results.kept(history, [entry]) == []
    assert b"Carlos" not in results.path.read_bytes()


def test_nothing_is_kept_of_a_temporary_answer(scripted: Make, history: History, results: Results) -> None:
    runtime = scripted(Partial(female=3, male=30))
    (entry,) = answered(runtime, history, PROMPT)
    pane = SwapPane(runtime, results)
    (html,) = pane.run(Answered(history, entry))
    *_, done = pane.run(Answered(history, entry, names(html)["Run"]))
    assert "Larger than the noise" in done
    assert pane.kept(history, [entry]) == {}
    with sqlite3.connect(results.path) as stored:
        assert stored.execute("SELECT count(*) FROM counterfactual_results").fetchone() == (0,)
