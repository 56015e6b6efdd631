"""What can be chosen to run, what is not offered and why, and how long it will take."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.pages.run_form import RunForm, limit_of
from evals.records import OutputRow, Run
from evals.run_queue import RunQueue
from evals.store import Store
from llmweb.errors import BadInput
from llmweb.runtime import Runtime

PT, ZH, ASK = "translate/en-pt", "translate/en-zh", "ask/en"
SMOLLM2, BERGAMOT, COPY = "smollm2-135m-instruct", "bergamot-en-pt", "baseline/copy-source"


@pytest.fixture
def form(tmp_path: Path) -> Iterator[Callable[[Runtime], RunForm]]:
    made: list[RunQueue] = []

    def make(runtime: Runtime) -> RunForm:
        made.append(RunQueue(runtime, Store(tmp_path / "evals.sqlite3")))
        return RunForm(made[-1])

    yield make
    for queue in made:
        queue.close()


def test_every_system_takes_each_suite_it_can_baselines_first_and_a_model_s_suites_together(
    form: Callable[[Runtime], RunForm], scripted: Callable[..., Runtime]
) -> None:
    plan = form(scripted()).plan([PT, ASK], [SMOLLM2, BERGAMOT, "baseline/passage-sentence", COPY], 20, "exact")
    assert [(each.system.id, each.suite.id, each.asking.limit) for each in plan] == [
        ("baseline/passage-sentence", ASK, 20),
        (COPY, PT, 20),
        (f"{SMOLLM2}@exact", PT, 20),
        (f"{SMOLLM2}@exact", ASK, 20),
        (f"{BERGAMOT}@exact", PT, 20),
    ]


def test_another_precision_leaves_a_baseline_out_that_was_left_out_and_another_suite_brings_its_own(
    form: Callable[[Runtime], RunForm], scripted: Callable[..., Runtime]
) -> None:
    runs = form(scripted())
    assert runs.refit([PT], [SMOLLM2], 20, "fast")[0].value == [SMOLLM2]
    assert runs.offer([PT], [SMOLLM2], 20, "fast")[0].value == [COPY, SMOLLM2]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (([], [SMOLLM2], 20, "exact"), "Nothing is chosen to run"),
        (([ZH], [BERGAMOT], 20, "exact"), "Nothing is chosen to run"),
        ((["poems"], [SMOLLM2], 20, "exact"), "There is no suite 'poems'"),
        (([PT], [SMOLLM2], 0, "exact"), "0 is no number of samples"),
        (([PT], [SMOLLM2], 20, "half"), "No precision 'half'"),
    ],
)
def test_what_the_browser_sends_is_checked(
    form: Callable[[Runtime], RunForm], scripted: Callable[..., Runtime], given: Any, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        form(scripted()).plan(*given)


@pytest.mark.parametrize("value", [True, "5", 2.5, -1])
def test_a_limit_is_a_whole_number_or_empty(value: Any) -> None:
    assert (limit_of(None), limit_of(3)) == (None, 3)
    with pytest.raises(BadInput):
        limit_of(value)


def test_a_model_that_is_not_here_is_named_not_offered(
    form: Callable[[Runtime], RunForm], tmp_runtime: Runtime
) -> None:
    empty = form(tmp_runtime)
    shown, note = empty.offer([PT, ZH], [SMOLLM2], 50, "exact")
    assert shown.choices == [
        ("baseline/copy-source", COPY),
        ("Bergamot English → Portuguese · fast only · 1 of 2 suites", BERGAMOT),
    ]
    assert shown.value == [COPY]
    assert "2 runs, 100 samples. Done in moments." in note
    assert "Not on this machine, so not offered: SmolLM2 135M Instruct, " in note
    assert 'data-tab="models"' in note
    assert (
        "Semantic similarity is left out without all-MiniLM-L6-v2." in empty.offer(["summarize/en"], [], 5, "exact")[1]
    )


def test_the_time_is_told_by_earlier_runs_and_what_is_unknown_is_said(
    form: Callable[[Runtime], RunForm], scripted: Callable[..., Runtime]
) -> None:
    here = form(scripted())
    suite, store = here.queue.suites()[PT], here.queue.store
    run = store.begin(Run(PT, suite.sha256, f"{SMOLLM2}@exact", {}, "h", "p", None, 132, {"python": "3"}), suite).id
    store.keep(run, OutputRow("en-pt-001", "text"), working_seconds=2.0)
    store.finish(run, [], [])
    assert "1 run, 40 samples. About 1 min 20 s by earlier runs here." in here.describe([PT], [SMOLLM2], 40, "exact")
    assert (
        "80 samples. About 1 min 20 s by earlier runs here; GPT-2 · exact has not run here yet, so how long that takes "
        "shows once it runs." in here.describe([PT], [SMOLLM2, "gpt2"], 40, "exact")
    )
    assert "Choose at least one suite" in here.describe([], [], None, "exact")


def test_the_starter_asks_what_is_here(
    form: Callable[[Runtime], RunForm], scripted: Callable[..., Runtime], tmp_runtime: Runtime
) -> None:
    plan = form(scripted()).starter()
    assert [(each.system.model, each.suite.id) for each in plan] == [
        (COPY, PT),
        ("baseline/passage-sentence", ASK),
        (SMOLLM2, PT),
        (SMOLLM2, ASK),
        (BERGAMOT, PT),
    ]
    html = form(tmp_runtime).starter_html()
    assert "20 samples each of “English to Portuguese” and “Questions about a text”; Bergamot English → Port" in html
    assert "About 2 minutes on the two CPU cores where it was measured" in html
