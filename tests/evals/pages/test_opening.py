"""A sample of a run becomes an entry of the history that its page can open, with what the run gave for it."""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from evals import systems
from evals.pages.opening import Asked, opened
from evals.records import OutputRow
from evals.systems import System
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.pages import answer_view, summary_view
from llmweb.runtime import Runtime
from llmweb.translate.jobs import TranslationJobs
from llmweb.types import Options
from tests.evals.small import suite

MODEL, TRANSLATOR = "smollm2-135m-instruct", "bergamot-en-pt"
PASSAGE = "Ana built the bridge in 1904. Rui painted it."


@pytest.fixture
def history() -> History:
    return History(":memory:")


def asked(kind: Kind, sample: Sample, model: str, runtime: Runtime) -> Asked:
    small: Suite = suite(kind, (sample,))
    system = System(model, Options(precision="exact", seed=7))
    output = systems.answer(system, small, sample, runtime)
    row = OutputRow(sample.id, output.text, completions=[asdict(each) for each in output.completions], seconds=2.5)
    return Asked(small, sample, system, row)


def test_a_translation_opens_with_its_text_pair_and_model(history: History, scripted: Callable[..., Runtime]) -> None:
    runtime = scripted()
    given = asked("translate", Sample("s", "One bridge. Two rivers."), TRANSLATOR, runtime)
    tab, place = opened(given, history)
    jobs = TranslationJobs(runtime, history)
    work = jobs.kept(place["id"])
    jobs.close()
    assert tab == "translate"
    assert (work.translation.original, work.translation.text) == ("One bridge. Two rivers.", given.output.text)
    assert (work.ask.source, work.ask.target, work.ask.model, work.ask.options.seed) == ("en", "pt", TRANSLATOR, 7)
    assert work.completion is not None
    assert (work.status, work.completion.text, work.seconds) == ("done", given.output.text, 2.5)


def test_a_summary_opens_with_its_text_and_the_wish_it_was_asked_with(
    history: History, scripted: Callable[..., Runtime]
) -> None:
    given = asked("summarize", Sample("s", PASSAGE, ("A bridge.",)), MODEL, scripted())
    tab, place = opened(given, history)
    source, answer = history.thread(place["summary"])
    summary = summary_view.reopened(source.text, answer.text, history.setup(place["summary"]))
    assert tab == "summarize"
    assert (summary.source, summary.text, summary.wish.length) == (PASSAGE, given.output.text, "short")
    assert summary.completions == given.completions


@pytest.mark.parametrize(("text", "lit"), [("Ana", (0, 3)), ("Bob", (None, None)), ("", (None, None))])
def test_an_answer_opens_with_its_passage_to_ask_again(
    history: History, text: str, lit: tuple[int | None, int | None]
) -> None:
    sample = Sample("s", "Who built it?", ("Ana",), facts={"passage": PASSAGE, "title": "Bridges"})
    given = Asked(suite("ask", (sample,)), sample, System(MODEL), OutputRow("s", text))
    tab, place = opened(given, history)
    record = history.setup(place["answer"])
    question, reply = history.thread(place["answer"])
    shown = answer_view.reopened(question.text, reply.text, record)
    assert (tab, shown.question, shown.reply) == ("ask", "Who built it?", text or "Not in the text.")
    assert record["document"] == {"name": "Bridges", "text": PASSAGE}
    assert [(passage.text, passage.start, passage.end) for passage in shown.passages] == [(PASSAGE, *lit)]


@pytest.mark.parametrize(
    ("kind", "system", "error", "said"),
    [
        ("choice", System(MODEL), "", "No page asks what the samples of choice/small ask"),
        ("translate", System("baseline/copy-source"), "", "A baseline is no model"),
        ("translate", System(TRANSLATOR), "Too long.", "There is no answer to open: Too long."),
    ],
)
def test_what_cannot_be_opened_says_why(history: History, kind: Kind, system: System, error: str, said: str) -> None:
    sample = Sample("s", "One bridge.")
    with pytest.raises(BadInput, match=said):
        opened(Asked(suite(kind, (sample,)), sample, system, OutputRow("s", error=error)), history)
    assert history.chats() == []
