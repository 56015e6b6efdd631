"""A run: failures that stay failures, nothing asked twice, scores and comparisons as the statistics make them."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals import systems
from evals.intervals import score
from evals.metrics import metric
from evals.runner import Asking, Rescored, rescore, rescore_steps, run_steps, run_suite
from evals.scoring import asked_samples, compare_runs
from evals.store import Store
from evals.systems import System
from evals.types import Sample
from llmweb.errors import BadInput, NotDownloaded, UnsupportedPair
from llmweb.runtime import Runtime
from llmweb.types import Request
from tests.bench import in_flight
from tests.evals.small import Script, suite, translations

BERGAMOT, NLLB = System("bergamot-en-pt"), System("nllb-200-distilled-600m")
SUITE = translations(12)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals.sqlite3")


def test_a_finished_run_has_every_output_and_the_scores_of_their_statistics(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    last = run_suite(SUITE, BERGAMOT, scripted(Script()), store)
    assert (last.status, last.done, last.failed, last.total) == ("finished", 12, 0, 12)
    outputs = {output.sample: output.text for output in store.outputs(last.run)}
    assert outputs == {sample.id: f"[pt] {sample.source}" for sample in SUITE.samples}
    run = store.run(last.run)
    assert (run.status, run.system, run.asked, run.limit) == ("finished", "bergamot-en-pt@exact", 12, None)
    assert run.seconds_a_sample is not None
    for stored in store.scores(last.run):
        each = metric(stored.metric, "pt")
        rows = each.statistics(list(outputs.values()), [s for i in outputs for s in SUITE.samples if s.id == i])
        expected = score(each, rows, [""] * 12, 12)
        assert stored.value == pytest.approx(expected.value)
        assert (stored.scored, stored.asked, stored.signature) == (12, 12, expected.signature)
        assert stored.low is not None
        assert stored.low <= stored.value <= (stored.high or 0)  # type: ignore[operator]


def test_progress_tells_how_far_it_is_and_what_the_leading_metric_says(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    states = list(run_steps(SUITE, BERGAMOT, scripted(Script(), words_per_second=100), store))
    done = [state.done for state in states if state.run]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 12)
    assert states[-1].running == pytest.approx(store.scores(states[-1].run)[0].value)
    assert all(state.remaining is not None for state in states if state.run and state.done)


def test_a_failed_sample_keeps_its_error_and_is_no_zero(scripted: Callable[..., Runtime], store: Store) -> None:
    last = run_suite(SUITE, BERGAMOT, scripted(Script("salt")), store)
    failed = {output.sample: output for output in store.outputs(last.run) if output.error}
    assert {name: (each.text, each.error, each.statistics) for name, each in failed.items()} == {
        sample.id: ("", "There is no salt.", {}) for sample in SUITE.samples if "salt" in sample.source
    }
    healthy = replace(SUITE, samples=tuple(each for each in SUITE.samples if "salt" not in each.source))
    whole = run_suite(healthy, BERGAMOT, scripted(Script()), store)
    assert [(each.value, each.scored, each.asked) for each in store.scores(last.run)] == [
        (each.value, 10, 12) for each in store.scores(whole.run)
    ]


def test_a_defect_is_told_with_its_kind(scripted: Callable[..., Runtime], store: Store) -> None:
    def broken(request: Request) -> str:
        raise ZeroDivisionError("by zero")

    last = run_suite(translations(2), BERGAMOT, scripted(broken), store)
    assert {output.error for output in store.outputs(last.run)} == {"ZeroDivisionError: by zero"}
    assert [(each.value, each.low, each.scored, each.asked) for each in store.scores(last.run)] == [
        (None, None, 0, 2)
    ] * 2


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_stopped_run_goes_on_and_asks_nothing_twice(
    scripted: Callable[..., Runtime], store: Store, at_once: int
) -> None:
    script = Script("salt")
    steps = run_steps(SUITE, BERGAMOT, scripted(script, words_per_second=200), store, Asking(in_flight=at_once))
    state = next(state for state in steps if state.done >= 5)
    steps.close()  # type: ignore[attr-defined]
    assert store.run(state.run).status == "cancelled"
    stored = store.done(state.run)
    assert 5 <= len(stored) < 12
    script.asked.clear()

    last = run_suite(SUITE, BERGAMOT, scripted(script), store)
    assert (last.run, last.status, last.resumed) == (state.run, "finished", len(stored))
    left = {sample.source: 1 for sample in SUITE.samples if sample.id not in stored}
    assert +script.asked == left


def test_a_finished_run_is_not_asked_again_unless_wanted(scripted: Callable[..., Runtime], store: Store) -> None:
    script = Script()
    runtime = scripted(script)
    first = run_suite(SUITE, BERGAMOT, runtime, store)
    again = run_suite(SUITE, BERGAMOT, runtime, store)
    assert (again.run, again.status, again.resumed, script.asked.total()) == (first.run, "finished", 12, 12)
    wanted = run_suite(SUITE, BERGAMOT, runtime, store, Asking(again=True))
    assert wanted.run != first.run
    assert script.asked.total() == 24


def test_a_finished_run_is_scored_by_a_metric_that_its_suite_got_since(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    script = Script()
    run = run_suite(replace(SUITE, metrics=("chrf2",)), BERGAMOT, scripted(script), store).run
    again = run_suite(SUITE, BERGAMOT, scripted(script), store)
    fresh = run_suite(SUITE, BERGAMOT, scripted(Script()), store, Asking(again=True)).run
    assert (again.run, script.asked.total()) == (run, 12)
    assert {each.metric: (each.value, each.low) for each in store.scores(run)} == {
        each.metric: (each.value, each.low) for each in store.scores(fresh)
    }


def test_scoring_by_metrics_that_are_new_can_be_stopped_and_leaves_a_run_as_it_was(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    runtime, before = scripted(Script()), replace(SUITE, metrics=("chrf2",))
    finished = run_suite(before, BERGAMOT, runtime, store).run
    begun = run_steps(before, NLLB, runtime, store, Asking(in_flight=1))
    state = next(state for state in begun if state.done >= 5)
    begun.close()
    for system, run, status in ((BERGAMOT, finished, "finished"), (NLLB, state.run, "cancelled")):
        steps = run_steps(SUITE, system, runtime, store)
        assert next(
            state for state in steps if state.note.startswith("Scoring stored outputs by metrics that are new: ")
        )
        steps.close()
        assert store.run(run).status == status
        assert run_suite(SUITE, system, runtime, store).run == run
        assert {score.metric for score in store.scores(run)} == {"chrf2", "bleu"}


def test_a_run_is_compared_with_every_comparable_one_on_the_samples_both_answered(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    salty = run_suite(SUITE, BERGAMOT, scripted(Script("salt")), store)
    limited = run_suite(SUITE, NLLB, scripted(Script()), store, Asking(limit=6))
    icy = run_suite(SUITE, NLLB, scripted(Script("winter")), store)
    copied = run_suite(SUITE, System("baseline/copy-source"), scripted(), store)
    assert store.comparisons(limited.run) == []
    pairs = {(each.candidate, each.baseline) for each in store.comparisons(copied.run)}
    assert pairs == {(copied.run, salty.run), (copied.run, icy.run)}
    between = [each for each in store.comparisons(icy.run) if each.baseline == salty.run]
    both = sum(not {"salt", "winter"} & {*sample.source.split()} for sample in SUITE.samples)
    assert [(each.metric, each.scored, each.asked) for each in between] == [("chrf2", both, 12), ("bleu", both, 12)]
    live = compare_runs(store.run(icy.run), store.run(salty.run), store)
    assert {each.metric: (each.difference, each.low, each.p_value) for each in between} == {
        name: (each.difference, each.low, each.p_value) for name, each in live.items()
    }


def test_runs_on_suites_that_share_samples_are_compared_on_those(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    """Of the fewer samples one has another reference since; the id alone makes no sample the same."""
    fewer = translations(4)
    changed = replace(fewer, samples=(*fewer.samples[:3], replace(fewer.samples[3], references=("[pt] Sal",))))
    runs = [run_suite(each, BERGAMOT, scripted(Script()), store).run for each in (changed, translations(6))]
    found = compare_runs(store.run(runs[0]), store.run(runs[1]), store)
    assert {(each.scored, each.asked) for each in found.values()} == {(3, 3)}
    assert [each.difference for each in found.values()] == [0.0, 0.0]


@pytest.mark.parametrize("change", [{"source": "Another sentence"}, {"references": ("[pt] Sal",)}])
def test_runs_that_share_no_sample_are_not_compared(
    scripted: Callable[..., Runtime], store: Store, change: dict[str, Any]
) -> None:
    others = replace(SUITE, samples=tuple(replace(sample, **change) for sample in SUITE.samples))
    runs = [run_suite(each, BERGAMOT, scripted(Script()), store).run for each in (SUITE, others)]
    with pytest.raises(BadInput, match="Only runs on the same samples can be compared"):
        compare_runs(store.run(runs[0]), store.run(runs[1]), store)


def test_a_limit_is_spread_over_the_suite() -> None:
    assert [sample.id for sample in asked_samples(SUITE, 4)] == ["s0", "s3", "s6", "s9"]
    assert asked_samples(SUITE, 12) == asked_samples(SUITE, 99) == asked_samples(SUITE, None) == SUITE.samples
    with pytest.raises(BadInput, match="The limit is 0"):
        asked_samples(SUITE, 0)


def test_stored_outputs_are_scored_again_without_a_model(scripted: Callable[..., Runtime], store: Store) -> None:
    run = run_suite(SUITE, BERGAMOT, scripted(Script("salt")), store).run
    other = run_suite(SUITE, NLLB, scripted(Script()), store).run
    before = store.outputs(run), store.scores(run)
    store.rewrite(run, [replace(output, statistics={}) for output in store.outputs(run)])
    store.finish(run, [], [])
    assert store.comparisons(other) == []
    rescore(run, store)
    assert (store.outputs(run), store.scores(run)) == before
    assert {(each.candidate, each.baseline) for each in store.comparisons(other)} == {(run, other)}


def test_scoring_again_tells_how_far_it_is_and_keeps_what_it_has_done_when_it_is_stopped(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    run = run_suite(SUITE, BERGAMOT, scripted(Script()), store).run
    before = store.outputs(run), store.scores(run)
    store.rewrite(run, [replace(output, statistics={}) for output in store.outputs(run)])
    steps = rescore_steps(run, store, every_seconds=0.0)
    assert [next(steps) for _ in range(6)] == [Rescored(done, 12) for done in range(6)]
    steps.close()
    assert [bool(output.statistics) for output in store.outputs(run)] == [True] * 5 + [False] * 7
    assert store.scores(run) == before[1]
    assert [*rescore_steps(run, store)][-2:] == [Rescored(12, 12), Rescored(12, 12, finished=True)]
    assert (store.outputs(run), store.scores(run)) == before


def test_an_output_that_could_not_be_scored_is_once_it_can(scripted: Callable[..., Runtime], store: Store) -> None:
    run = run_suite(SUITE, BERGAMOT, scripted(Script()), store).run
    before = store.scores(run)
    first = store.outputs(run)[0]
    store.rewrite(run, [replace(first, error="ValueError: a defect", statistics={})])
    rescore(run, store)
    assert store.scores(run) == before


def test_a_system_that_cannot_take_the_suite_stores_nothing(
    scripted: Callable[..., Runtime], tmp_runtime: Runtime, store: Store
) -> None:
    with pytest.raises(UnsupportedPair):
        run_suite(SUITE, System("bergamot-pt-en"), scripted(), store)
    with pytest.raises(NotDownloaded, match="python -m llmweb models download nllb-200-distilled-600m"):
        run_suite(SUITE, NLLB, tmp_runtime, store)
    assert store.runs() == []


def test_what_is_in_flight_changes_no_row(scripted: Callable[..., Runtime], store: Store) -> None:
    texts = []
    for at_once in (1, 4, 16):
        run = run_suite(SUITE, BERGAMOT, scripted(Script()), store, Asking(in_flight=at_once, again=True)).run
        texts.append((sorted((each.sample, each.text) for each in store.outputs(run)), store.scores(run)))
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.slow
def test_exact_outputs_are_the_same_with_1_4_16_and_32_in_flight(real: Runtime) -> None:
    """Real weights, few tokens each; with more of them: tests/bench/in_flight.py."""
    alone, *together = in_flight.texts(real, "exact", tokens=6, asked=32)
    assert len(alone) == 32
    assert together == [alone] * 3


def test_a_base_rate_of_bits_is_the_engine_s_log_likelihood(scripted: Callable[..., Runtime], store: Store) -> None:
    """The scripted engine gives every word -1 nat: 6 words of 30 bytes are 6 / (30 ln 2) bits a byte."""
    prose = suite("language-model", (Sample("a", "one two three"), Sample("b", "four five sixes!!")))
    run = run_suite(prose, System("smollm2-135m-instruct"), scripted(), store).run
    assert {each.metric: each.value for each in store.scores(run)} == pytest.approx(
        {"bits-per-byte": 6 / (30 * math.log(2)), "perplexity": math.e}
    )


def test_two_suites_two_models_and_the_baselines_in_full(scripted: Callable[..., Runtime], store: Store) -> None:
    texts = ("The oven is lit on Friday.", "A crack was found by a diver.")
    questions = (
        Sample("q1", "When is the oven lit?", ("Friday",), "t", {"passage": " ".join(texts), "title": "Oven"}),
        Sample("q2", "Who found the crack?", ("a diver", "diver"), "t", {"passage": " ".join(texts), "title": "Oven"}),
        Sample("q3", "Who sings?", ("",), "u", {"passage": "Nobody wrote this down. The hall was cold.", "title": ""}),
    )
    runtime = scripted()
    chatting = (System("smollm2-135m-instruct"), System("gpt2"))
    for asked, models in ((SUITE, (BERGAMOT, NLLB)), (suite("ask", questions), chatting)):
        for system in (*models, *systems.baselines_for(asked)):
            assert run_suite(asked, system, runtime, store).status == "finished"
    found = sorted((run.suite, run.system, run.status, len(store.scores(run.id))) for run in store.runs())
    assert found == [
        ("ask/small", "baseline/passage-sentence", "finished", 2),
        ("ask/small", "gpt2@exact", "finished", 2),
        ("ask/small", "smollm2-135m-instruct@exact", "finished", 2),
        ("translate/small", "baseline/copy-source", "finished", 2),
        ("translate/small", "bergamot-en-pt@exact", "finished", 2),
        ("translate/small", "nllb-200-distilled-600m@exact", "finished", 2),
    ]
    newest = store.runs()[0]
    assert {store.run(each.baseline).system for each in store.comparisons(newest.id)} == {
        "gpt2@exact",
        "smollm2-135m-instruct@exact",
    }
