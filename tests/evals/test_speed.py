"""Speed cards: what is probed, kept once for an identity, measured alone or said not to be."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from evals import systems
from evals.runner import run_suite
from evals.speed import BUSY, Loading, Memory, Processor, added, card_steps, measured_steps, probe
from evals.standings import Speed
from evals.store import Store
from evals.systems import System
from llmweb.catalog import Catalog
from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from llmweb.types import Options, Request
from tests.evals.small import translations

MODEL = System("smollm2-135m-instruct")
TRANSLATOR = System("bergamot-en-pt")
SUITE = translations(2)
WORDS_PER_SECOND = 100


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals.sqlite3")


@pytest.fixture
def runtime(scripted: Callable[..., Runtime]) -> Runtime:
    """Paced, with the models loaded as a run has them before the probe."""
    made = scripted(words_per_second=WORDS_PER_SECOND)
    for system in (MODEL, TRANSLATOR):
        list(made.loading(system.model, "exact"))
    return made


class Still(Processor):
    """A machine where nothing else runs."""

    def note(self) -> str:
        return ""


def card(system: System, runtime: Runtime, store: Store, memory_bytes: int | None = None) -> Speed:
    identity = systems.identity(system, SUITE, runtime)
    list(card_steps(system, identity, Loading(memory_bytes), runtime, store, Still))
    found = store.speed(identity)
    assert found is not None
    return found


def test_a_model_that_writes_is_measured_in_tokens_alone_and_together(runtime: Runtime, store: Store) -> None:
    """The scripted engine writes a token of each of 16 answers every 1/100 s."""
    found = card(MODEL, runtime, store, 5_000_000)
    assert (found.unit, found.memory_bytes, found.note) == ("tokens", 5_000_000, "")
    assert found.alone is not None
    assert found.together is not None
    assert found.first_seconds is not None
    assert 0 < found.alone <= WORDS_PER_SECOND
    assert found.alone < found.together <= 16 * WORDS_PER_SECOND
    assert found.first_seconds >= 1 / WORDS_PER_SECOND


def test_a_translator_is_measured_in_sentences(runtime: Runtime, store: Store) -> None:
    found = card(TRANSLATOR, runtime, store)
    assert (found.unit, found.memory_bytes) == ("sentences", None)
    assert found.alone is not None
    assert found.together is not None
    assert 0 < found.alone < found.together < 16 * WORDS_PER_SECOND


def test_each_kind_of_model_gets_what_it_can_do() -> None:
    catalog = Catalog()

    def asked(model: str) -> tuple[str, Request] | None:
        found = probe(catalog.find(model), Options(precision="exact"))
        return found and (found.unit, found.requests[0])

    assert asked("all-minilm-l6-v2") is None
    unit, request = asked("distilbert-squad") or ("", Request("span", ""))
    assert (unit, request.task, request.options.precision) == ("answers", "span", "exact")
    assert "a second person must sign it" in request.context
    unit, request = asked("bergamot-pt-en") or ("", Request("translate", ""))
    assert (unit, request.source, request.target, request.prompt) == (
        "sentences",
        "pt",
        "en",
        "O trem para o litoral sai às oito.",
    )


def test_a_card_is_made_once_for_an_identity_whatever_embedder_the_suite_uses(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return "word"

    runtime = scripted(script)
    card(MODEL, runtime, store)
    identity = systems.identity(MODEL, SUITE, runtime)
    first, count = store.speed(identity), len(asked)
    list(card_steps(MODEL, identity | {"embedder_sha256": "e"}, Loading(), runtime, store, Still))
    assert (store.speed(identity | {"embedder_sha256": "e"}), len(asked)) == (first, count)
    list(card_steps(MODEL, identity | {"weights_sha256": "new"}, Loading(), runtime, store, Still))
    assert len(asked) == 2 * count
    list(card_steps(MODEL, identity, Loading(7_000_000), runtime, store, Still))
    assert first is not None
    assert (store.speed(identity), len(asked)) == (first._replace(memory_bytes=7_000_000), 2 * count)


def test_while_another_answer_is_written_nothing_is_measured_and_the_next_run_tries_again(
    runtime: Runtime, store: Store
) -> None:
    busy = runtime.run(TRANSLATOR.model, [Request("translate", "a b c d", Options(precision="exact"))], Event())
    next(busy)
    found = card(MODEL, runtime, store)
    assert (found.alone, found.together, found.note) == (None, None, BUSY)
    list(busy)
    assert card(MODEL, runtime, store).alone is not None


class Crowded(Processor):
    def note(self) -> str:
        return "others used 60 % of the processor"


def test_figures_taken_while_other_programs_were_busy_say_so_and_are_taken_again(
    runtime: Runtime, store: Store
) -> None:
    identity = systems.identity(TRANSLATOR, SUITE, runtime)
    list(card_steps(TRANSLATOR, identity, Loading(5_000_000), runtime, store, Crowded))
    crowded = store.speed(identity)
    assert crowded is not None
    assert crowded.alone is not None
    assert (crowded.memory_bytes, crowded.note) == (5_000_000, Crowded().note())
    busy = runtime.run(MODEL.model, [Request("generate", "a b c d", Options(precision="exact"))], Event())
    next(busy)
    assert card(TRANSLATOR, runtime, store) == crowded  # better than no figures
    list(busy)
    list(card_steps(TRANSLATOR, identity, Loading(crowded=True), runtime, store, Still))
    assert store.speed(identity) == crowded  # they are busy still
    still = card(TRANSLATOR, runtime, store)
    assert (still.memory_bytes, still.note) == (5_000_000, "")


def test_other_programs_are_noticed_by_the_processor_time_that_is_not_ours() -> None:
    processor = Processor()
    spins = "import time\nend = time.monotonic() + 0.6\nwhile time.monotonic() < end: pass"
    others = [subprocess.Popen([sys.executable, "-c", spins]) for _ in range(os.cpu_count() or 1)]
    for other in others:
        other.wait()
    assert re.fullmatch(r"others used \d+ % of the processor", processor.note())


def test_a_slow_model_is_cut_off_and_what_it_wrote_counts(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted(lambda request: "word " * 200, words_per_second=10)
    for system in (MODEL, TRANSLATOR):
        list(runtime.loading(system.model, "exact"))

    def measured(system: System) -> Speed:
        whole = probe(runtime.catalog.find(system.model), system.options)
        assert whole is not None
        steps = measured_steps(system.model, replace(whole, seconds=0.5), runtime)
        while True:
            try:
                next(steps)
            except StopIteration as ended:
                return Speed(*ended.value)

    found = measured(MODEL)
    assert found.alone is not None
    assert 2 < found.alone <= 10
    assert measured(TRANSLATOR) == Speed(note="it finished nothing within 0.5 seconds")


def test_a_probe_that_is_joined_halfway_is_given_up(runtime: Runtime, store: Store) -> None:
    identity = systems.identity(MODEL, SUITE, runtime)
    steps = card_steps(MODEL, identity, Loading(), runtime, store)
    for _ in range(3):
        next(steps)
    with_it = runtime.run(MODEL.model, [Request("generate", "a b c d", Options(precision="exact"))], Event())
    next(with_it)
    list(steps)
    list(with_it)
    found = store.speed(identity)
    assert found is not None
    assert (found.alone, found.note) == (None, BUSY)
    assert [model.users for model in runtime.loaded()] == [0, 0]


def test_a_probe_that_fails_says_so_and_the_run_goes_on(scripted: Callable[..., Runtime], store: Store) -> None:
    def script(request: Request) -> str:
        if "river" not in str(request.prompt) and "stone" not in str(request.prompt):
            raise BadInput("There is no train.")
        return "um rio"

    runtime = scripted(script)
    assert run_suite(SUITE, TRANSLATOR, runtime, store).status == "finished"
    found = store.speed(systems.identity(TRANSLATOR, SUITE, runtime))
    assert found is not None
    assert (found.alone, found.note) == (None, "measuring it failed: There is no train.")


def test_a_run_brings_the_card_and_a_baseline_has_none(scripted: Callable[..., Runtime], store: Store) -> None:
    runtime, baseline = scripted(words_per_second=1000), System("baseline/copy-source")
    run_suite(SUITE, TRANSLATOR, runtime, store)
    run_suite(SUITE, baseline, runtime, store)
    found = store.speed(systems.identity(TRANSLATOR, SUITE, runtime))
    assert found is not None
    assert found.alone is not None
    assert store.speed(systems.identity(baseline, SUITE, runtime)) is None


def test_memory_is_what_loading_this_model_added_and_is_not_guessed() -> None:
    own, other = ("bergamot-en-pt", "exact"), ("gpt2", "exact")
    nothing: frozenset[tuple[str, str]] = frozenset()

    def grown(before: frozenset[tuple[str, str]], after: frozenset[tuple[str, str]], by: int = 50) -> int | None:
        return added(TRANSLATOR, Memory(100, before), Memory(100 + by, after))  # type: ignore[arg-type]

    assert grown(nothing, frozenset({own})) == 50
    assert grown(frozenset({other}), frozenset({other, own})) == 50
    assert grown(frozenset({own}), frozenset({own})) is None  # it was there already
    assert grown(frozenset({other}), frozenset({own})) is None  # another one made room
    assert grown(nothing, frozenset({own, other})) is None  # another one came too
    assert grown(nothing, frozenset({own}), by=-5) is None
