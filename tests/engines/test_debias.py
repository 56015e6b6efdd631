"""Self-debias decoding: against the paper's formula on plain forward passes, alone and in any company."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from llmweb.catalog import Catalog
from llmweb.engines.scripted import ScriptedEngine
from llmweb.engines.transformers import TransformersEngine
from llmweb.errors import BadInput, Unsupported
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Identity, Local, LoglikelihoodRequest, Message, Options, Request, Task, Weights
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from tests.engines import tiny
from tests.engines.answering import answers
from tests.engines.test_torch_causal import PROMPTS

BIAS = "The children play in the old garden:"
PLAIN = Options(max_tokens=16)
DEBIASED = replace(PLAIN, debias=BIAS)
TALK = (Message("system", "Be kind."), Message("user", "Who?"), Message("assistant", "I."), Message("user", "How?"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.gpt2(tmp_path_factory.mktemp("gpt2"), template=tiny.TEMPLATE)


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[TransformersEngine]:
    with tiny.loaded(tiny.weights(folder, ["generate"])) as made:
        yield made


class Direct:
    """Schick et al. 2021, equations 1 to 4, a whole forward pass a token: ids and biased hold every token before it."""

    def __init__(self, folder: Path) -> None:
        self.model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def chances(self, ids: list[int], biased: list[int]) -> torch.Tensor:
        p, q = (self._next(tokens) for tokens in (ids, biased))
        alpha = torch.where(p >= q, torch.ones_like(p), torch.exp(50 * (p - q)).clamp(min=0.01))
        return alpha * p / (alpha * p).sum()

    def _next(self, ids: list[int]) -> torch.Tensor:
        with torch.inference_mode():
            return self.model(torch.tensor([ids])).logits[0, -1].double().softmax(-1)

    def written(self, prompt: str, biased: str, tokens: int, special: bool = True) -> tuple[str, float]:
        """Of the likeliest token at each step, without half a character at the end, and the log-probability of all."""
        ids, beside = (self.tokenizer(text, add_special_tokens=special)["input_ids"] for text in (prompt, biased))
        begin, total = len(ids), 0.0
        while len(ids) < begin + tokens and (len(ids) == begin or ids[-1] != self.tokenizer.eos_token_id):
            chances = self.chances(ids, beside)
            token = int(chances.argmax())
            total += math.log(chances[token])
            ids, beside = [*ids, token], [*beside, token]
        return str(self.tokenizer.decode(ids[begin:], skip_special_tokens=True)).rstrip(
            "\N{REPLACEMENT CHARACTER}"
        ), total

    def weighed(self, prompt: str, biased: str, text: str) -> list[float]:
        """The log-probability of each token of the text, which is tokenized on its own."""
        ids, beside = (self.tokenizer(each)["input_ids"] or [self.tokenizer.bos_token_id] for each in (prompt, biased))
        found = []
        for token in self.tokenizer(text)["input_ids"]:
            found.append(math.log(self.chances(ids, beside)[token]))
            ids, beside = [*ids, token], [*beside, token]
        return found


@pytest.fixture(scope="module")
def direct(folder: Path) -> Direct:
    return Direct(folder)


def test_the_text_is_that_of_the_papers_formula(engine: TransformersEngine, direct: Direct) -> None:
    plain = answers(engine, [Request("generate", prompt, PLAIN) for prompt in PROMPTS])
    debiased = answers(engine, [Request("generate", prompt, DEBIASED) for prompt in PROMPTS])
    for prompt, completion in zip(PROMPTS, debiased, strict=True):
        text, log_probability = direct.written(prompt, f"{BIAS}\n{prompt}", 16)
        assert completion.text == text
        assert completion.log_probability == pytest.approx(log_probability, abs=1e-3)
        assert completion.options.debias == BIAS
    assert [one.text for one in plain] != [other.text for other in debiased]


def test_of_messages_the_prefix_begins_the_users_last_one(engine: TransformersEngine, direct: Direct) -> None:
    rendered = "<|system|>Be kind.\n<|user|>Who?\n<|assistant|>I.\n<|user|>{}How?\n<|assistant|>The old"
    completion = answers(engine, [Request("generate", TALK, DEBIASED, prefix="The old")])[0]
    assert completion.text == direct.written(rendered.format(""), rendered.format(f"{BIAS}\n"), 16, special=False)[0]


@pytest.mark.parametrize("prompt", ["", *PROMPTS])
def test_log_likelihoods_are_of_the_debiased_distribution(
    engine: TransformersEngine, direct: Direct, prompt: str
) -> None:
    text = " jumps over the lazy dog, naïvely 你好." if prompt else "The fox jumps."
    request = LoglikelihoodRequest(prompt, text, top=400, debias=BIAS)
    tokens = dict(engine.loglikelihood([request], Event()))[0]
    wanted = direct.weighed(prompt, f"{BIAS}\n{prompt}", text)
    assert [token.log_probability for token in tokens] == pytest.approx(wanted, abs=1e-3)
    assert "".join(token.text for token in tokens) == text
    for token in tokens:
        chances = [chance for _, chance in token.alternatives]
        assert sum(map(math.exp, chances)) == pytest.approx(1, abs=1e-4)
        assert token.rank is not None
        assert chances[token.rank - 1] == pytest.approx(token.log_probability)
    plain = dict(engine.loglikelihood([replace(request, debias="")], Event()))[0]
    assert [token.log_probability for token in plain] != pytest.approx(wanted, abs=0.01)


def test_a_token_over_the_border_of_prompt_and_text_counts_as_text(engine: TransformersEngine, direct: Direct) -> None:
    """As without debiasing: the prompt's tokens that change when the text follows are weighed with it."""
    prompt, text = "The quick bro", "wn fox"
    tokens = dict(engine.loglikelihood([LoglikelihoodRequest(prompt, text, debias=BIAS)], Event()))[0]
    before, whole = (direct.tokenizer(each)["input_ids"] for each in (prompt, prompt + text))
    shared = next(place for place, (one, other) in enumerate(zip(before, whole, strict=False)) if one != other)
    assert shared < len(before)
    beside = direct.tokenizer(f"{BIAS}\n{prompt}")["input_ids"][: shared - len(before)]
    for place, token in enumerate(tokens, start=shared):
        chances = direct.chances(whole[:place], [*beside, *whole[shared:place]])
        assert token.log_probability == pytest.approx(math.log(chances[whole[place]]), abs=1e-3)
    assert len(tokens) == len(whole) - shared


def test_a_batch_gives_each_row_what_it_gets_alone_debiased_or_not(engine: TransformersEngine) -> None:
    requests = [
        Request("generate", prompt, replace(options, max_tokens=4 + 3 * place, debias=debias))
        for place, prompt in enumerate(PROMPTS)
        for options in (PLAIN, replace(PLAIN, temperature=0.9, seed=place, repetition_penalty=1.2))
        for debias in ("", BIAS, "What is the capital of France?")
    ]
    alone = [answers(engine, [request])[0] for request in requests]
    assert len({one.text for one in alone}) > len(requests) / 2
    for start in range(0, len(requests), 12):
        for one, other in zip(answers(engine, requests[start : start + 12]), alone[start : start + 12], strict=True):
            assert one.text == other.text
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
            assert (one.stop_reason, one.usage.tokens_in) == (other.stop_reason, other.usage.tokens_in)


def test_log_likelihoods_do_not_depend_on_what_else_is_debiased(engine: TransformersEngine) -> None:
    texts = (" river", " The children play in the garden behind the house" * 4, " é 你好")
    requests = [
        LoglikelihoodRequest(prompt, text, debias=debias)
        for prompt in ("", *PROMPTS)
        for text in texts
        for debias in ("", BIAS)
    ]
    together = dict(engine.loglikelihood(requests, Event()))
    for index, request in enumerate(requests):
        alone = dict(engine.loglikelihood([request], Event()))[0]
        assert [token.log_probability for token in alone] == pytest.approx(
            [token.log_probability for token in together[index]], abs=1e-4
        )


def test_a_prefix_that_changes_nothing_of_what_is_expected_changes_no_text(tmp_path: Path) -> None:
    """A model without weights on its positions and inputs expects the same after everything: δ is 0."""
    made = tiny.gpt2(tmp_path)
    model = AutoModelForCausalLM.from_pretrained(made)
    for parameter in (model.transformer.wte.weight, model.transformer.wpe.weight):
        parameter.data.zero_()
    model.save_pretrained(made)
    with tiny.loaded(tiny.weights(made, ["generate"])) as engine:
        plain, debiased = (
            dict(engine.loglikelihood([LoglikelihoodRequest("The", " fox", debias=each)], Event()))[0]
            for each in ("", BIAS)
        )
    assert plain == debiased


def test_prompt_and_prefix_together_must_fit_the_context(engine: TransformersEngine) -> None:
    with pytest.raises(BadInput, match=r"The prompt has [\d,]+ tokens; this model reads 256"):
        answers(engine, [Request("generate", "The fox", replace(PLAIN, debias="garden " * 200))])
    long_prompt = "fox " * 60
    full = answers(engine, [Request("generate", long_prompt, replace(DEBIASED, max_tokens=500))])[0]
    beside = engine.count(f"{BIAS}\n{long_prompt}")
    assert full.stop_reason == "end" or full.usage.tokens_out == engine.context_tokens - beside


@pytest.mark.parametrize(
    ("make", "task"), [(tiny.bart, "generate"), (tiny.marian, "translate"), (tiny.bert_qa, "span")]
)
def test_a_model_of_another_kind_refuses_and_names_one_that_can(
    tmp_path: Path, make: Callable[[Path], Path], task: Task
) -> None:
    request = Request(task, "Where?", DEBIASED, context="In Paris.", source="en", target="pt")
    with tiny.loaded(tiny.weights(make(tmp_path), [task], [("en", "pt")])) as engine:
        with pytest.raises(Unsupported, match=r"tiny cannot debias .* decoder-only model .* such as gpt2"):
            answers(engine, [request])
        if "loglikelihood" in engine.tasks:
            with pytest.raises(Unsupported, match="such as gpt2"):
                list(engine.loglikelihood([LoglikelihoodRequest("Where?", "Here.", debias=BIAS)], Event()))


def test_the_scripted_engine_refuses_that_request_only() -> None:
    engine = ScriptedEngine(Identity("script", "", "", "scripted", "1", "exact"))
    try:
        deltas = list(engine.run([Request("generate", "Hi", DEBIASED), Request("generate", "Hi", PLAIN)], Event()))
        assert [str(delta.error)[:20] for delta in deltas if delta.error] == ["script cannot debias"]
        assert [(delta.index, delta.completion.text) for delta in deltas if delta.completion] == [(1, "You said: Hi")]
        with pytest.raises(Unsupported, match="such as gpt2"):
            list(engine.loglikelihood([LoglikelihoodRequest("Hi", "you", debias=BIAS)], Event()))
    finally:
        engine.close()


@pytest.mark.slow
def test_real_weights_debias_a_chat_and_a_log_likelihood(
    default_weights: Callable[[str], Weights], tmp_path: Path
) -> None:
    """SmolLM2 by the transformers engine through the runtime."""
    shipped = default_weights("smollm2-135m-instruct")
    gguf = next(shipped.folder / name for name in shipped.files if name.endswith(".gguf"))
    spec = replace(shipped.spec, engine="transformers", source=Local(gguf), default=False)
    store = WeightStore(tmp_path / "models")
    store.fetch(spec, lambda note, share: None)
    runtime = Runtime(Settings(tmp_path), Catalog([spec]), FetchQueue(store))
    bias = "The following text discriminates against people because of their gender:"
    options = Options(precision="exact", max_tokens=12, debias=bias)
    ask, talk = "The nurse said that", (Message("user", "Write a letter about the nurse Anna."),)
    try:
        completion = runtime.complete(spec.id, [Request("generate", talk, options)])[0]
        request = LoglikelihoodRequest(ask, " she was late.", debias=bias)
        ((_, tokens),) = runtime.loglikelihood(spec.id, [request])
        ((_, viewed),) = runtime.debiasing(bias).loglikelihood(spec.id, [replace(request, debias="")])
    finally:
        runtime.close()
    direct = Direct(next(tmp_path.rglob("config.json")).parent)
    rendered, beside = (
        direct.tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
        for text in (talk[0].text, f"{bias}\n{talk[0].text}")
    )
    text, log_probability = direct.written(rendered, beside, 12, special=False)
    assert (completion.text, completion.options.debias) == (text, bias)
    assert completion.log_probability == pytest.approx(log_probability, abs=1e-2)
    wanted = direct.weighed(ask, f"{bias}\n{ask}", request.text)
    assert [token.log_probability for token in tokens] == pytest.approx(wanted, abs=1e-2)
    assert viewed == tokens
