"""The engine's one worker: what it loads, in which order it works, how it is cancelled, and where an error ends."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2LMHeadModel

from llmweb.engines.transformers import KIND, TransformersEngine
from llmweb.errors import BadInput, Unsupported
from llmweb.types import Completion, Delta, LoglikelihoodRequest, Message, Options, Request, Weights
from tests.engines import tiny

ENDLESS = Options(max_tokens=4000)


def quiet(note: str, share: float | None) -> None: ...


@pytest.fixture(scope="module")
def slow_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersEngine]:
    """Some milliseconds a token, so that there is time to do something meanwhile. It has no end token."""
    folder = tiny.gpt2(tmp_path_factory.mktemp("gpt2"), layers=12, positions=4096)
    for name in ("config.json", "generation_config.json"):
        path = folder / name
        path.write_text(path.read_text().replace('"eos_token_id": 0', '"eos_token_id": null'))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(folder)
    with tiny.loaded(tiny.weights(folder, ["generate"])) as engine:
        yield engine


def last(engine: TransformersEngine, request: Request, cancelled: Event | None = None) -> Delta:
    return list(engine.run([request], cancelled or Event()))[-1]


def completion(delta: Delta) -> Completion:
    assert delta.completion is not None, delta.error
    return delta.completion


def test_every_completion_tells_where_it_came_from(tmp_path: Path) -> None:
    weights = tiny.weights(tiny.gpt2(tmp_path, template=tiny.TEMPLATE), ["generate"])
    options = Options(max_tokens=5, precision="exact")
    with tiny.loaded(weights) as engine:
        told = completion(last(engine, Request("generate", "The fox", options)))
    assert (told.identity.model, told.identity.revision, told.identity.weights_sha256) == ("tiny", "r1", "abc")
    assert told.identity.engine_version == f"transformers 5.23.0 torch {torch.__version__} cpu float32"
    assert told.identity.precision == "exact"
    assert len(told.identity.template_sha256) == 64
    assert told.options == options
    assert (told.usage.tokens_out, told.stop_reason) == (5, "length")
    assert told.usage.tokens_in == len(AutoTokenizer.from_pretrained(tmp_path)("The fox")["input_ids"])
    assert told.usage.seconds_to_first_token is not None
    assert 0 < told.usage.seconds_to_first_token <= told.usage.seconds
    model = GPT2LMHeadModel.from_pretrained(tmp_path)
    assert engine.resident_bytes >= 4 * sum(weight.numel() for weight in model.parameters())


def test_cancelling_ends_every_answer_within_half_a_second(slow_engine: TransformersEngine) -> None:
    cancelled = Event()
    ends: dict[int, Completion] = {}
    began = None
    for delta in slow_engine.run([Request("generate", f"The fox {n}", ENDLESS) for n in range(24)], cancelled):
        if delta.text and began is None:
            began = time.monotonic()
            cancelled.set()
        if delta.completion:
            ends[delta.index] = delta.completion
    assert began is not None
    assert time.monotonic() - began < 0.5
    assert [ends[index].stop_reason for index in range(24)] == ["cancelled"] * 24
    assert [bool(ends[index].text) for index in (0, 23)] == [True, False]


def test_closing_the_iterator_frees_the_engine(slow_engine: TransformersEngine) -> None:
    running = slow_engine.run([Request("generate", "The fox", ENDLESS)], Event())
    next(delta for delta in running if delta.text)
    running.close()
    began = time.monotonic()
    completion(last(slow_engine, Request("generate", "The fox", Options(max_tokens=1), urgent=False)))
    assert time.monotonic() - began < 0.5


def test_an_urgent_request_does_not_wait_for_a_patient_batch(slow_engine: TransformersEngine) -> None:
    cancelled = Event()
    patient = slow_engine.run(
        [Request("generate", f"The fox {n}", ENDLESS, urgent=False) for n in range(20)], cancelled
    )
    next(delta for delta in patient if delta.text)
    urgent = completion(last(slow_engine, Request("generate", "What is", Options(max_tokens=10))))
    assert urgent.usage.tokens_out == 10
    cancelled.set()
    assert {delta.completion.stop_reason for delta in patient if delta.completion} == {"cancelled"}


def test_two_callers_write_at_the_same_time(slow_engine: TransformersEngine) -> None:
    cancelled = Event()
    first = slow_engine.run([Request("generate", "The fox", ENDLESS)], cancelled)
    next(delta for delta in first if delta.text)
    second = slow_engine.run([Request("generate", "What is", ENDLESS)], cancelled)
    for _ in range(5):
        next(delta for delta in second if delta.text)
        next(delta for delta in first if delta.text)
    cancelled.set()
    assert [completion(list(run)[-1]).stop_reason for run in (first, second)] == ["cancelled", "cancelled"]


def test_log_likelihoods_come_between_the_steps_of_a_text(slow_engine: TransformersEngine) -> None:
    cancelled = Event()
    running = slow_engine.run([Request("generate", "The fox", ENDLESS)], cancelled)
    next(delta for delta in running if delta.text)
    found = dict(slow_engine.loglikelihood([LoglikelihoodRequest("The", " fox")] * 40, Event()))
    assert sorted(found) == list(range(40))
    cancelled.set()
    assert completion(list(running)[-1]).stop_reason == "cancelled"


def test_cancelled_log_likelihoods_free_the_engine(slow_engine: TransformersEngine) -> None:
    cancelled = Event()
    running = slow_engine.loglikelihood([LoglikelihoodRequest("The", " fox" * 1500)] * 4, cancelled)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(list, running)
        time.sleep(0.2)
        cancelled.set()
        began = time.monotonic()
        completion(last(slow_engine, Request("generate", "The fox", Options(max_tokens=1))))
        assert time.monotonic() - began < 0.5
        assert found.result() == []


def test_no_step_is_silent_for_long(slow_engine: TransformersEngine) -> None:
    cancelled = Event()
    times = []
    for delta in slow_engine.run([Request("generate", "The fox " * 400, Options(max_tokens=40))], cancelled):
        times.append(time.monotonic())
        assert delta.error is None
    assert max(after - before for before, after in pairwise(times)) < 0.3


def test_an_error_ends_only_the_request_that_caused_it(tmp_path: Path) -> None:
    folder = tiny.gpt2(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<beyond the vocabulary>"])
    tokenizer.save_pretrained(folder)
    engine = KIND.load(tiny.weights(folder, ["generate"]), "exact", quiet)
    options = Options(max_tokens=5)
    prompts = ["The fox", "A <beyond the vocabulary> fox", "What is"]
    alone = [completion(last(engine, Request("generate", prompts[index], options))).text for index in (0, 2)]
    ends = {
        delta.index: delta
        for delta in engine.run([Request("generate", prompt, options) for prompt in prompts], Event())
        if delta.completion or delta.error
    }
    engine.close()
    assert [completion(ends[index]).text for index in (0, 2)] == alone
    assert isinstance(ends[1].error, IndexError)


def test_many_callers_get_their_own_answers(slow_engine: TransformersEngine) -> None:
    requests = [Request("generate", f"The fox {n}", Options(max_tokens=8)) for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        together = [completion(delta).text for delta in pool.map(lambda one: last(slow_engine, one), requests)]
    assert together == [completion(last(slow_engine, request)).text for request in requests]


def test_what_waits_when_the_model_is_unloaded_is_told(tmp_path: Path) -> None:
    engine = KIND.load(tiny.weights(tiny.gpt2(tmp_path), ["generate"]), "exact", quiet)
    engine.close()
    with pytest.raises(RuntimeError, match="The model was unloaded"):
        last(engine, Request("generate", "The fox"))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = tiny.gpt2(tmp_path)
    torch.save(GPT2LMHeadModel.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(Unsupported, match=r"unpickling can run any code. Only safetensors and GGUF are loaded"):
        KIND.load(tiny.weights(folder, ["generate"]), "exact", quiet)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"neither config.json with \*.safetensors nor a \*.gguf"):
        KIND.load(tiny.weights(tmp_path, ["generate"]), "exact", quiet)


def test_code_that_comes_with_a_model_does_not_run(tmp_path: Path) -> None:
    folder = tiny.gpt2(tmp_path)
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Evil: ...\n")
    config = (folder / "config.json").read_text()
    ours = '"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"}'
    (folder / "config.json").write_text(config.replace('"model_type": "gpt2"', ours))
    with pytest.raises(ValueError, match="trust_remote_code"):
        KIND.load(tiny.weights(folder, ["generate"]), "exact", quiet)
    assert not (folder / "ran").exists()


def test_fast_is_bfloat16_where_the_processor_has_it(tmp_path: Path) -> None:
    with tiny.loaded(tiny.weights(tiny.gpt2(tmp_path), ["generate"]), "fast") as engine:
        told = completion(last(engine, Request("generate", "The fox", Options(max_tokens=3))))
    native = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    assert told.identity.engine_version.endswith("bfloat16" if native else "float32")
    assert told.options.precision == "fast"


@pytest.mark.slow
def test_a_gguf_chats_and_is_kept_as_safetensors(default_weights: Callable[[str], Weights], tmp_path: Path) -> None:
    given = default_weights("smollm2-135m-instruct")
    gguf = sorted(given.folder.rglob("*.gguf"))[0]
    (tmp_path / "model.gguf").hardlink_to(gguf)
    weights = replace(given, folder=tmp_path)
    request = Request("generate", (Message("user", "What is the capital of France?"),), Options(max_tokens=12))
    texts, notes = [], []
    for _ in range(2):
        engine = KIND.load(weights, "exact", lambda note, share: notes.append(note))
        texts.append(completion(list(engine.run([request], Event()))[-1]).text)
        engine.close()
    assert "Paris" in texts[0]
    assert texts[0] == texts[1]
    assert notes.count("Converting the GGUF to safetensors, once") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.gguf", "safetensors-from-gguf"]
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "safetensors-from-gguf").config.model_type == "llama"
