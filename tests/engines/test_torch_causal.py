"""Decoder-only models: what the engine writes is what transformers' generate writes, alone or in any company."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from llmweb.engines.transformers import TransformersEngine
from llmweb.errors import BadInput, Unsupported
from llmweb.types import LoglikelihoodRequest, Message, Options, Request
from tests.engines import tiny
from tests.engines.answering import answers

PROMPTS = (
    "The quick brown fox",
    "What is",
    "A small bird sings in the old tree near the river. Where do the",
    "O gato",
)
GREEDY = Options(max_tokens=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.gpt2(tmp_path_factory.mktemp("gpt2"), template=tiny.TEMPLATE)


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[TransformersEngine]:
    with tiny.loaded(tiny.weights(folder, ["generate"])) as made:
        yield made


def generated(folder: Path, prompt: str, seed: int | None = None, **options: object) -> str:
    """What generate gives for the prompt alone."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(prompt, return_tensors="pt")
    if seed is not None:
        torch.manual_seed(seed)
    out = model.generate(**ids, do_sample=seed is not None, pad_token_id=0, **options)
    return str(tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True))


def test_a_greedy_text_is_that_of_generate(engine: TransformersEngine, folder: Path) -> None:
    texts = [answers(engine, [Request("generate", prompt, GREEDY)])[0].text for prompt in PROMPTS]
    assert texts == [generated(folder, prompt, max_new_tokens=24) for prompt in PROMPTS]
    assert len(set(texts)) == len(texts)


def test_a_batch_gives_each_row_what_it_gets_alone(engine: TransformersEngine) -> None:
    requests = [Request("generate", prompt, replace(GREEDY, max_tokens=8 + 4 * n)) for n, prompt in enumerate(PROMPTS)]
    together = answers(engine, requests)
    alone = [answers(engine, [request])[0] for request in requests]
    assert [one.text for one in together] == [one.text for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
        assert (one.stop_reason, one.usage.tokens_in, one.usage.tokens_out) == (
            other.stop_reason,
            other.usage.tokens_in,
            other.usage.tokens_out,
        )


def test_a_sampled_text_is_that_of_generate_under_the_same_seed(engine: TransformersEngine, folder: Path) -> None:
    options = Options(max_tokens=16, temperature=0.8, top_p=0.9, top_k=30, min_p=0.01, repetition_penalty=1.3, seed=7)
    text = answers(engine, [Request("generate", PROMPTS[0], options)])[0].text
    assert text == generated(
        folder,
        PROMPTS[0],
        seed=7,
        max_new_tokens=16,
        temperature=0.8,
        top_p=0.9,
        top_k=30,
        min_p=0.01,
        repetition_penalty=1.3,
    )


def test_a_seeded_row_does_not_depend_on_its_neighbours(engine: TransformersEngine) -> None:
    hot = Options(max_tokens=16, temperature=1.5, seed=3)
    alone = answers(engine, [Request("generate", PROMPTS[1], hot)])[0].text
    neighbours = [Request("generate", prompt, replace(hot, seed=seed)) for seed, prompt in enumerate(PROMPTS)]
    together = answers(engine, [*neighbours, Request("generate", PROMPTS[1], hot)])
    assert together[-1].text == alone
    assert len({one.text for one in together}) >= 4


def test_a_stop_string_ends_the_text_before_it_and_is_never_streamed(engine: TransformersEngine) -> None:
    whole = answers(engine, [Request("generate", PROMPTS[0], GREEDY)])[0].text
    stop = whole[5:9]
    request = Request("generate", PROMPTS[0], replace(GREEDY, stop=("never", stop)))
    shown = ""
    for delta in engine.run([request], Event()):
        shown += delta.text
        if delta.completion:
            assert delta.completion.text == shown == whole[: whole.index(stop)]
            assert delta.completion.stop_reason == "stop_string"


def test_streamed_deltas_make_the_text(engine: TransformersEngine) -> None:
    pieces: list[list[str]] = [[] for _ in PROMPTS]
    done = {}
    for delta in engine.run([Request("generate", prompt, GREEDY) for prompt in PROMPTS], Event()):
        pieces[delta.index].append(delta.text)
        if delta.completion:
            done[delta.index] = delta.completion.text
    assert ["".join(row) for row in pieces] == [done[index] for index in range(len(PROMPTS))]
    assert all(sum(map(bool, row)) > 3 for row in pieces)


def test_messages_go_through_the_template_and_a_prefix_is_continued(engine: TransformersEngine, folder: Path) -> None:
    prompt = (Message("system", "Be kind."), Message("user", "How are you?"))
    rendered = "<|system|>Be kind.\n<|user|>How are you?\n<|assistant|>The old tree"
    text = answers(engine, [Request("generate", prompt, GREEDY, prefix="The old tree")])[0].text
    assert text == generated(folder, rendered, max_new_tokens=24)


def test_max_tokens_and_the_context_end_a_text(engine: TransformersEngine) -> None:
    short = answers(engine, [Request("generate", PROMPTS[0], Options(max_tokens=3))])[0]
    assert (short.usage.tokens_out, short.stop_reason) == (3, "length")
    room = 20
    long_prompt = "fox " * 400
    while engine.count(long_prompt) > engine.context_tokens - room:
        long_prompt = long_prompt[:-4]
    full = answers(engine, [Request("generate", long_prompt, Options(max_tokens=500))])[0]
    assert full.usage.tokens_in + full.usage.tokens_out <= engine.context_tokens
    assert full.stop_reason in ("length", "end")


def test_the_log_probability_is_that_of_the_tokens_written(engine: TransformersEngine, folder: Path) -> None:
    completion = answers(engine, [Request("generate", PROMPTS[0], Options(max_tokens=12))])[0]
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    before = tokenizer(PROMPTS[0], return_tensors="pt")
    ids = model.generate(**before, do_sample=False, pad_token_id=0, max_new_tokens=12)
    begin = before["input_ids"].shape[1]
    assert completion.log_probability == pytest.approx(sum(direct_logprobs(folder, ids[0].tolist(), begin)), abs=1e-3)


def direct_logprobs(folder: Path, ids: list[int], begin: int) -> list[float]:
    with torch.inference_mode():
        logits = AutoModelForCausalLM.from_pretrained(folder).eval()(torch.tensor([ids])).logits[0]
    return [float(logits[place - 1].log_softmax(-1)[ids[place]]) for place in range(begin, len(ids))]


def test_log_likelihoods_are_those_of_a_direct_forward(engine: TransformersEngine, folder: Path) -> None:
    text = " jumps over the lazy dog, naïvely 你好."
    tokens = dict(engine.loglikelihood([LoglikelihoodRequest(PROMPTS[0], text, top=400)], Event()))[0]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    before, ids = tokenizer(PROMPTS[0])["input_ids"], tokenizer(PROMPTS[0] + text)["input_ids"]
    wanted = direct_logprobs(folder, ids, len(before))
    assert [token.log_probability for token in tokens] == pytest.approx(wanted, abs=1e-4)
    assert "".join(token.text for token in tokens) == text
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    for token in tokens:
        chances = [chance for _, chance in token.alternatives]
        assert chances == sorted(chances, reverse=True)
        assert sum(map(math.exp, chances)) == pytest.approx(1, abs=1e-4)
        assert token.rank is not None
        assert chances[token.rank - 1] == pytest.approx(token.log_probability)


def test_log_likelihoods_do_not_depend_on_the_batch(engine: TransformersEngine) -> None:
    texts = ("", " river", " The children play in the garden behind the house" * 4, " é 你好")
    requests = [LoglikelihoodRequest(prompt, text, top=2) for prompt in ("", *PROMPTS) for text in texts]
    together = dict(engine.loglikelihood(requests, Event()))
    for index, request in enumerate(requests):
        alone = dict(engine.loglikelihood([request], Event()))[0]
        assert [token.text for token in alone] == [token.text for token in together[index]]
        assert "".join(token.text for token in alone) == request.text
        assert [token.log_probability for token in alone] == pytest.approx(
            [token.log_probability for token in together[index]], abs=1e-4
        )


def test_a_prompt_past_the_context_names_both_lengths(engine: TransformersEngine) -> None:
    with pytest.raises(BadInput, match=r"The prompt has 4,001 tokens; this model reads 256, its answer included"):
        answers(engine, [Request("generate", "fox " * 2000, GREEDY)])


@pytest.mark.parametrize(
    ("options", "text"),
    [(Options(schema="{}"), "openvino"), (Options(beams=4), "encoder-decoder"), (Options(alternatives=2), "encoder")],
)
def test_what_it_cannot_do_names_what_can(engine: TransformersEngine, options: Options, text: str) -> None:
    with pytest.raises(Unsupported, match=text):
        answers(engine, [Request("generate", "The fox", options)])


def test_a_base_model_without_template_refuses_messages(tmp_path: Path) -> None:
    with (
        tiny.loaded(tiny.weights(tiny.gpt2(tmp_path), ["generate"])) as engine,
        pytest.raises(Unsupported, match="completes plain text"),
    ):
        answers(engine, [Request("generate", (Message("user", "Hello"),), GREEDY)])
