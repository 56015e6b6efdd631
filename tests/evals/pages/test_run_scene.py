"""What a window shows: places that are checked, orders, pages, one sample and the next."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evals.pages.run_scene import PAGE_SAMPLES, RunScene, View
from evals.records import OutputRow
from evals.run_queue import RunQueue
from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from evals.types import Sample
from llmweb.errors import BadInput, NotFound
from llmweb.runtime import Runtime
from tests.evals.small import planned, suite, translations

SUITE = translations(12)
OTHER = suite("translate", (Sample("x", "Another sentence.", ("Outra frase.",)),), "translate/other")


@pytest.fixture
def scene(scripted: Callable[..., Runtime], tmp_path: Path) -> Iterator[RunScene]:
    """With four finished runs: two on one suite, one on three of its samples, one on another suite."""
    runtime, store = scripted(), Store(tmp_path / "evals.sqlite3")
    asked = (
        *((SUITE, "bergamot-en-pt"), (SUITE, "baseline/copy-source")),
        *((translations(3), "nllb-200-distilled-600m"), (OTHER, "gpt2")),
    )
    for each, system in asked:
        run_suite(each, System(system), runtime, store)
    queue = RunQueue(runtime, store)
    yield RunScene(queue, {"bergamot-en-pt": "Bergamot"})
    queue.close()


def runs(scene: RunScene) -> dict[str, str]:
    """Model → run id."""
    return {run.system.partition("@")[0]: run.id for run in scene.store.runs()}


def shown(html: str) -> list[str]:
    return [part.split("<")[0] for part in html.split('class="sample-id">')[1:]]


def test_a_place_is_completed_and_what_is_gone_is_said(scene: RunScene) -> None:
    ids = runs(scene)
    run, other, elsewhere = ids["bergamot-en-pt"], ids["baseline/copy-source"], ids["gpt2"]
    assert scene.checked(View(run, order="no such")) == View(run, order="worst")
    assert scene.checked(View(run, other, order="worst")) == View(run, other, order="loses")
    assert scene.checked(View("", other, "s1", find="x")) == View(find="x")
    with pytest.raises(NotFound, match="There is no run 'gone'"):
        scene.checked(View("gone"))
    with pytest.raises(NotFound, match="There is no sample 'gone'"):
        scene.checked(View(run, sample="gone"))
    with pytest.raises(BadInput, match="did not ask the same samples"):
        scene.checked(View(run, elsewhere))


def test_samples_are_shown_a_page_at_a_time_in_the_order_and_search_chosen(scene: RunScene) -> None:
    view = scene.checked(View(runs(scene)["bergamot-en-pt"], order="suite"))
    ids = [sample.id for sample in SUITE.samples]
    assert shown(scene.body_html(view)) == ids[:PAGE_SAMPLES]
    assert shown(scene.body_html(replace(view, page=2))) == ids[PAGE_SAMPLES:]
    assert shown(scene.body_html(replace(view, search="kettle"))) == [
        sample.id for sample in SUITE.samples if "kettle" in sample.source
    ]
    assert "No samples to show" in scene.body_html(replace(view, kept="errors"))


def test_the_next_sample_is_the_next_of_the_order_and_the_last_stays(scene: RunScene) -> None:
    view = scene.checked(View(runs(scene)["bergamot-en-pt"], sample="s9", order="suite"))
    assert scene.beside(view, -1).sample == "s8"
    after = scene.beside(view, 1)
    assert (after.sample, after.page) == ("s10", 2)
    assert scene.beside(replace(view, sample="s11"), 1).sample == "s11"


def test_beside_one_sample_the_run_is_told_by_its_title_alone(scene: RunScene) -> None:
    view = scene.checked(View(runs(scene)["bergamot-en-pt"]))
    opened = replace(view, sample="s1")
    assert 'class="scores' in scene.head_html(view)
    assert 'class="scores' not in scene.head_html(opened)
    assert scene.spoken(opened) == "translate/small: Bergamot · exact, sample s1"


def test_two_runs_are_judged_after_they_are_shown(scene: RunScene) -> None:
    ids = runs(scene)
    view = scene.checked(View(ids["bergamot-en-pt"], ids["baseline/copy-source"]))
    assert not scene.is_judged(view)
    assert "Comparing the two runs" in scene.head_html(view)
    scene.judge(view)
    assert scene.is_judged(view)
    assert "A is better than B." in scene.head_html(view)
    assert len(shown(scene.body_html(view))) == PAGE_SAMPLES
    assert [run for _, run in scene.comparable(view)] == [ids["baseline/copy-source"]]


def test_runs_on_suites_that_share_samples_are_shown_on_those(scene: RunScene) -> None:
    ids = runs(scene)
    view = scene.checked(View(ids["bergamot-en-pt"], ids["nllb-200-distilled-600m"], order="suite"))
    assert shown(scene.body_html(view)) == ["s0", "s1", "s2"]
    scene.judge(view)
    assert "3 of 3 samples" in scene.head_html(view)


def test_a_sample_that_only_one_of_two_runs_was_asked_says_so(scene: RunScene) -> None:
    begun = scene.store.begin(planned(SUITE, "gpt2@fast"), SUITE).id
    scene.store.keep(begun, OutputRow("s1", "text"))
    view = scene.checked(View(runs(scene)["bergamot-en-pt"], begun))
    assert shown(scene.body_html(view)) == ["s1"]
    assert "This run has not been asked it." in scene.body_html(replace(view, sample="s2"))
    scene.judge(view)
    assert "nothing can be compared" in scene.head_html(view)
