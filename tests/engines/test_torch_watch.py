"""Between the steps of an encoder-decoder: cancelling, urgent work, and errors that stay with their own request."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from transformers import AutoTokenizer

from llmweb.engines.transformers import TransformersEngine
from llmweb.types import Completion, Delta, Options, Request
from tests.engines import tiny

ENDLESS = Options(max_tokens=4000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A T5 that never ends a text, and whose tokenizer knows a token that the model does not."""
    folder = tiny.t5(tmp_path_factory.mktemp("t5"))
    for name in ("config.json", "generation_config.json"):
        path = folder / name
        path.write_text(path.read_text().replace('"eos_token_id": 1', '"eos_token_id": null'))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.eos_token = None
    tokenizer.add_tokens(["<beyond>"])
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[TransformersEngine]:
    with tiny.loaded(tiny.weights(folder, ["generate"])) as made:
        yield made


def completion(delta: Delta) -> Completion:
    assert delta.completion is not None, delta.error
    return delta.completion


@pytest.mark.parametrize("beams", [1, 3])
def test_cancelling_ends_every_answer_within_half_a_second(engine: TransformersEngine, beams: int) -> None:
    cancelled = Event()
    options = Options(max_tokens=4000, beams=beams)
    running = engine.run([Request("generate", f"The fox {n}", options) for n in range(40)], cancelled)
    next(running)
    time.sleep(0.5)
    cancelled.set()
    began = time.monotonic()
    ends = {delta.index: completion(delta) for delta in running if delta.completion or delta.error}
    assert time.monotonic() - began < 0.5
    assert [ends[index].stop_reason for index in range(40)] == ["cancelled"] * 40
    assert sum(bool(end.text) for end in ends.values()) == (16 if beams == 1 else 0)


@pytest.mark.parametrize("beams", [1, 3])
def test_an_urgent_request_interrupts_a_patient_batch(engine: TransformersEngine, beams: int) -> None:
    cancelled = Event()
    options = Options(max_tokens=4000, beams=beams)
    patient = engine.run([Request("generate", f"The fox {n}", options, urgent=False) for n in range(20)], cancelled)
    next(patient)
    time.sleep(0.3)
    urgent = list(engine.run([Request("generate", "What is", Options(max_tokens=10))], Event()))
    assert completion(urgent[-1]).usage.tokens_out == 10
    cancelled.set()
    assert {completion(delta).stop_reason for delta in patient if delta.completion} == {"cancelled"}


def test_an_interrupted_text_is_the_one_it_would_have_been(engine: TransformersEngine) -> None:
    request = Request("generate", "The fox", Options(max_tokens=60), urgent=False)
    alone = completion(list(engine.run([request], Event()))[-1]).text
    running = engine.run([request], Event())
    next(delta for delta in running if delta.text)
    list(engine.run([Request("generate", "What is", Options(max_tokens=5))], Event()))
    assert completion(list(running)[-1]).text == alone


def test_an_error_ends_only_the_request_that_caused_it(engine: TransformersEngine) -> None:
    prompts = ["The fox", "A <beyond> fox", "What is"]
    requests = [Request("generate", prompt, Options(max_tokens=5)) for prompt in prompts]
    alone = [completion(list(engine.run([requests[index]], Event()))[-1]).text for index in (0, 2)]
    ends = {delta.index: delta for delta in engine.run(requests, Event()) if delta.completion or delta.error}
    assert [completion(ends[index]).text for index in (0, 2)] == alone
    assert isinstance(ends[1].error, IndexError)
