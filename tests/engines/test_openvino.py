"""The OpenVINO engine on the real SmolLM2 weights. Outside references: PyTorch float32, json and jsonschema."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import jsonschema
import pytest

from llmweb.catalog import Catalog
from llmweb.engines.openvino import OpenVinoEngine, load, source_gguf
from llmweb.errors import BadInput, NotDownloaded, Unsupported
from llmweb.types import Completion, LoglikelihoodRequest, Message, Options, Precision, Request, TokenLogprob, Weights
from tests.bench.precision import PROMPTS, greedy_texts, worst_difference

MODEL = "smollm2-135m-instruct"
PEOPLE = ("old man", "teacher", "girl from the village", "nurse", "very tall engineer", "sailor", "king")
FRANCE = (Message("user", "What is the capital of France?"),)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


FIRST_CALLERS = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from llmweb.runtime import open_runtime
from llmweb.settings import Settings

runtime = open_runtime(Settings(Path(sys.argv[1])))
with ThreadPoolExecutor(16) as callers:
    print(*callers.map(lambda number: runtime.count("{MODEL}", "How are you?"), range(16)))
runtime.close()
"""


def opened(weights: Weights, precision: Precision) -> OpenVinoEngine:
    return load(weights, precision, lambda note, share: None)


@pytest.fixture(scope="module")
def weights(default_weights: Callable[[str], Weights]) -> Weights:
    return default_weights(MODEL)


@pytest.fixture(scope="module")
def fast(weights: Weights) -> Iterator[OpenVinoEngine]:
    engine = opened(weights, "fast")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def exact(weights: Weights) -> Iterator[OpenVinoEngine]:
    engine = opened(weights, "exact")
    yield engine
    engine.close()


def results(engine: OpenVinoEngine, requests: Sequence[Request]) -> list[Completion | Exception]:
    ends: dict[int, Completion | Exception] = {}
    for delta in engine.run(requests, Event()):
        end = delta.completion or delta.error
        if end is not None:
            assert delta.index not in ends
            ends[delta.index] = end
    return [ends[index] for index in range(len(requests))]


def complete(engine: OpenVinoEngine, prompt: str | tuple[Message, ...], **options: object) -> Completion:
    (result,) = results(engine, [Request("generate", prompt, Options(**options))])
    assert isinstance(result, Completion), result
    return result


def weighed(engine: OpenVinoEngine, requests: Sequence[LoglikelihoodRequest]) -> list[tuple[TokenLogprob, ...]]:
    found = dict(engine.loglikelihood(requests, Event()))
    return [found[index] for index in range(len(requests))]


def idle_after(engine: OpenVinoEngine) -> float:
    """Seconds until the engine has nothing left to do, at most 10."""
    started = time.monotonic()
    while not engine.idle and time.monotonic() < started + 10:
        time.sleep(0.005)
    return time.monotonic() - started


@pytest.mark.slow
def test_an_answer_streams_and_carries_its_provenance(fast: OpenVinoEngine, weights: Weights) -> None:
    deltas = list(fast.run([Request("generate", FRANCE, Options(max_tokens=40))], Event()))
    completion = deltas[-1].completion
    assert completion is not None
    assert "Paris" in completion.text
    assert "".join(delta.text for delta in deltas) == completion.text
    assert sum(bool(delta.text) for delta in deltas) > 3
    assert completion.stop_reason == "end"
    assert completion.identity == fast.identity
    assert completion.identity.weights_sha256 == weights.sha256
    assert completion.usage.tokens_in == fast.count(FRANCE) == 37
    assert completion.usage.seconds_to_first_token is not None


@pytest.mark.slow
def test_sixteen_callers_at_once_are_answered_by_a_model_nobody_has_used_before(weights: Weights) -> None:
    """In a process of its own: only its very first callers could wait for each other."""
    command = [sys.executable, "-c", FIRST_CALLERS, str(weights.folder.parent.parent)]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert asked.stdout.split() == ["4"] * 16


@pytest.mark.slow
def test_the_template_brings_smollms_own_system_prompt_unless_there_is_one(fast: OpenVinoEngine) -> None:
    own = fast._vocabulary.templated(FRANCE)
    assert "You are a helpful AI assistant named SmolLM, trained by Hugging Face" in own
    ours = fast._vocabulary.templated((Message("system", ""), *FRANCE))
    assert ours == "<|im_start|>system\n<|im_end|>\n" + own[own.index("<|im_start|>user") :]


@pytest.mark.slow
def test_a_stop_string_ends_the_answer_and_is_not_in_it(fast: OpenVinoEngine) -> None:
    prompt = "One, two, three, four,"
    free = complete(fast, prompt, max_tokens=30)
    assert " six" in free.text
    stopped = complete(fast, prompt, max_tokens=30, stop=("x, sev", "nowhere"))
    assert stopped.text == free.text[: free.text.index("x, sev")]
    assert stopped.stop_reason == "stop_string"


@pytest.mark.slow
def test_a_prefix_is_continued_and_not_repeated(fast: OpenVinoEngine) -> None:
    request = Request("generate", FRANCE, Options(max_tokens=10), prefix="The capital of France is")
    (result,) = results(fast, [request])
    assert isinstance(result, Completion)
    assert result.text.startswith(" Paris")


@pytest.mark.slow
def test_an_answer_by_schema_is_json_of_that_schema(fast: OpenVinoEngine) -> None:
    ask = (Message("user", "Invent a person. Reply in JSON with name and age."),)
    for seed in range(3):
        answer = complete(fast, ask, max_tokens=100, schema=json.dumps(PERSON), temperature=0.8, seed=seed)
        assert answer.stop_reason == "end"
        jsonschema.validate(json.loads(answer.text), PERSON)


@pytest.mark.slow
def test_bad_requests_fail_alone_with_their_reason(fast: OpenVinoEngine) -> None:
    good = Request("generate", FRANCE, Options(max_tokens=8))
    bad = {
        "The schema is not JSON": Options(schema="{type}"),
        "A JSON Schema is an object": Options(schema='"object"'),
        'cannot follow this schema .*Unsupported type "nonsense"': Options(schema='{"type": "nonsense"}'),
        "max_tokens is 0": Options(max_tokens=0),
        "temperature is -1": Options(temperature=-1),
        "beam search does not sample": Options(temperature=1, beams=2),
        "context holds 8,192": Options(max_tokens=8192),
    }
    requests = [good, *(Request("generate", FRANCE, options) for options in bad.values()), good]
    first, *middle, last = results(fast, requests)
    for message, error in zip(bad, middle, strict=True):
        with pytest.raises(BadInput, match=message):
            raise error
    assert isinstance(first, Completion)
    assert isinstance(last, Completion)
    assert first.text == last.text


@pytest.mark.slow
def test_a_long_text_is_counted_whole_and_refused_with_figures(fast: OpenVinoEngine) -> None:
    text = "a word " * 10_000
    assert fast.count(text) == pytest.approx(20_000, rel=0.01)
    (error,) = results(fast, [Request("generate", text, Options(max_tokens=5))])
    with pytest.raises(BadInput, match=r"prompt is 20,00\d tokens and up to 5 .* context holds 8,192"):
        raise error


@pytest.mark.slow
def test_the_same_seed_samples_the_same_text_alone_and_among_others(exact: OpenVinoEngine) -> None:
    request = Request("generate", FRANCE, Options(precision="exact", max_tokens=24, temperature=1.5, seed=11))
    others = [Request("generate", prompt, Options(max_tokens=16, temperature=1.0, seed=n)) for n, prompt in PROMPTS[:6]]
    (alone,) = results(exact, [request])
    among = results(exact, [*others, request])[-1]
    assert isinstance(alone, Completion)
    assert isinstance(among, Completion)
    assert among.text == alone.text
    another = complete(exact, FRANCE, max_tokens=24, temperature=1.5, seed=12)
    assert another.text != alone.text


@pytest.mark.slow
def test_alternatives_are_ranked_beams_or_samples(exact: OpenVinoEngine) -> None:
    for options in (Options(max_tokens=6, alternatives=3), Options(max_tokens=6, alternatives=3, temperature=1.0)):
        (answer,) = results(exact, [Request("generate", "The capital of France is", options)])
        assert isinstance(answer, Completion)
        assert len(answer.alternatives) == 3
        assert answer.text == answer.alternatives[0].text
        values = [alternative.log_probability for alternative in answer.alternatives]
        assert values == sorted(values, reverse=True)
        assert answer.log_probability == values[0]


@pytest.mark.slow
def test_a_weighed_completions_log_probability_is_that_of_its_tokens(exact: OpenVinoEngine) -> None:
    asked = Request("generate", "The capital of France is", Options(max_tokens=8))
    answer, unweighed = results(exact, [replace(asked, weighed=True), asked])
    assert isinstance(answer, Completion)
    assert isinstance(unweighed, Completion)
    assert (unweighed.text, unweighed.log_probability) == (answer.text, None)
    request = LoglikelihoodRequest("The capital of France is", answer.text)
    ((_, tokens),) = exact.loglikelihood([request], Event())
    assert answer.log_probability == pytest.approx(sum(token.log_probability for token in tokens), abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("prompt", ["Tell a very long story.", "word " * 7000], ids=["writing", "reading"])
@pytest.mark.parametrize("way", ["event", "closing"])
def test_stop_leaves_the_engine_idle(fast: OpenVinoEngine, prompt: str, way: str) -> None:
    """The bound is loose for busy machines; tests/bench/precision.py measures it against half a second."""
    cancelled = Event()
    run = fast.run([Request("generate", prompt + way, Options(max_tokens=1000))], cancelled)
    seen = [next(run) for _ in range(4)]
    if way == "closing":
        run.close()
    else:
        cancelled.set()
        started = time.monotonic()
        rest = list(run)
        assert time.monotonic() - started < 2
        assert rest[-1].completion is not None
        assert rest[-1].completion.stop_reason == "cancelled"
        assert rest[-1].completion.text == "".join(delta.text for delta in [*seen, *rest])
    assert cancelled.is_set()
    assert idle_after(fast) < 2


@pytest.mark.slow
def test_requests_that_wait_are_cancelled_too_and_tell_their_place(fast: OpenVinoEngine) -> None:
    cancelled = Event()
    requests = [Request("generate", FRANCE, Options(max_tokens=400), urgent=False) for _ in range(40)]
    run = fast.run(requests, cancelled)
    next(run)
    cancelled.set()
    ends = [delta.completion for delta in run if delta.completion]
    assert len(ends) == 40
    assert {end.stop_reason for end in ends} <= {"cancelled", "end"}
    assert sum(end.stop_reason == "cancelled" and not end.text for end in ends) >= 20


@pytest.mark.slow
def test_a_person_is_served_while_a_batch_runs(fast: OpenVinoEngine) -> None:
    cancelled, ended = Event(), []
    batch = [Request("generate", "Count: 1, 2, 3,", Options(max_tokens=300), urgent=False) for _ in range(60)]
    thread = Thread(target=lambda: ended.extend(d for d in fast.run(batch, cancelled) if d.completion))
    thread.start()
    time.sleep(0.3)
    (answer,) = results(fast, [Request("generate", FRANCE, Options(max_tokens=8))])
    before = len(ended)
    cancelled.set()
    thread.join()
    assert isinstance(answer, Completion)
    assert before < 60
    assert len(ended) == 60


@pytest.mark.slow
def test_exact_greedy_text_is_the_same_alone_in_a_batch_and_after_a_restart(
    exact: OpenVinoEngine, weights: Weights
) -> None:
    alone = greedy_texts(exact, 6, together=False)
    assert greedy_texts(exact, 6, together=True) == alone
    again = opened(weights, "exact")
    try:
        assert greedy_texts(again, 6, together=True) == alone
    finally:
        again.close()


@pytest.mark.slow
def test_exact_log_probabilities_are_pytorchs(exact: OpenVinoEngine, weights: Weights, tmp_path: Path) -> None:
    assert worst_difference(exact, weights, 4, tmp_path) < 0.01


@pytest.mark.slow
def test_tokens_cover_the_text_with_rank_and_alternatives(exact: OpenVinoEngine) -> None:
    text = " Paris, €5 世界!"
    ((_, tokens),) = exact.loglikelihood([LoglikelihoodRequest("The capital of France is", text, top=3)], Event())
    assert tokens[0].text == " Paris"
    assert (tokens[0].rank, tokens[0].alternatives[0]) == (1, (" Paris", tokens[0].log_probability))
    assert [tokens[0].start, tokens[-1].end] == [0, len(text)]
    assert all(token.text == text[token.start : token.end] for token in tokens)
    for token in tokens:
        assert len(token.alternatives) == 3
        assert (token.rank == 1) == (token.log_probability == token.alternatives[0][1])


@pytest.mark.slow
def test_scores_do_not_depend_on_what_was_scored_before(exact: OpenVinoEngine) -> None:
    first = LoglikelihoodRequest("A long time ago, in a small town by the sea,", " there lived a man.")
    other = LoglikelihoodRequest("Something else:", " 1, 2, 3")
    sibling = LoglikelihoodRequest(first.prompt, " the end.")
    alone = dict(exact.loglikelihood([first], Event()))[0]
    mixed = dict(exact.loglikelihood([other, sibling, first], Event()))
    assert mixed[2] == alone


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["exact", "fast"])
def test_a_text_weighs_the_same_to_the_bit_whoever_else_asks(engine: str, request: pytest.FixtureRequest) -> None:
    opened: OpenVinoEngine = request.getfixturevalue(engine)
    texts = [f"The {who} has {'never ' * (place % 7)}seen the sea." for place, who in enumerate(PEOPLE)]
    asked = [LoglikelihoodRequest(before, text, top=2) for before in ("", "They say:") for text in texts]
    alone = [weighed(opened, [each])[0] for each in asked]
    assert weighed(opened, asked) == alone
    with ThreadPoolExecutor(5) as pool:
        parts = list(pool.map(lambda start: weighed(opened, asked[start::5]), range(5)))
    assert [parts[place % 5][place // 5] for place in range(len(asked))] == alone


@pytest.mark.slow
def test_stop_ends_one_callers_texts_and_not_anothers(exact: OpenVinoEngine) -> None:
    long, cancelled = [LoglikelihoodRequest("Story:", f"{each}, a word " * 700) for each in PEOPLE], Event()
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(lambda: list(exact.loglikelihood(long, cancelled)))
        (tokens,) = weighed(exact, [LoglikelihoodRequest("The capital of France is", " Paris")])
        started = time.monotonic()
        cancelled.set()
        assert len(stopped.result()) < len(long)
    assert time.monotonic() - started < 3
    assert tokens[0].rank == 1


@pytest.mark.slow
def test_whoever_stops_leaves_the_opening_of_the_graph_to_the_others(weights: Weights) -> None:
    engine, stopped = opened(weights, "fast"), Event()
    asked = [LoglikelihoodRequest("The capital of France is", " Paris")]
    held = engine.resident_bytes
    stopped.set()
    assert list(engine.loglikelihood(asked, stopped)) == []
    (tokens,) = weighed(engine, asked)
    assert tokens[0].rank == 1
    once = engine.resident_bytes - held
    weighed(engine, asked)
    assert engine.resident_bytes - held == once > 0
    engine.close()


@pytest.mark.slow
def test_a_text_longer_than_the_context_is_not_scored(exact: OpenVinoEngine) -> None:
    with pytest.raises(BadInput, match=r"together are [\d,]+ tokens; the model reads 8,192"):
        list(exact.loglikelihood([LoglikelihoodRequest("", "a word " * 10_000)], Event()))


@pytest.mark.slow
def test_debiasing_names_a_model_that_can(fast: OpenVinoEngine) -> None:
    (error,) = results(fast, [Request("generate", FRANCE, Options(debias="Rude:"))])
    with pytest.raises(Unsupported, match="decoder-only model of the transformers engine, such as gpt2"):
        raise error
    with pytest.raises(Unsupported, match="such as gpt2"):
        list(fast.loglikelihood([LoglikelihoodRequest("", "Hello", debias="Rude:")], Event()))


@pytest.mark.slow
def test_embedding_names_a_model_that_can(fast: OpenVinoEngine) -> None:
    with pytest.raises(Unsupported, match="all-minilm-l6-v2"):
        fast.embed(["a"], Event())


@pytest.mark.slow
def test_closing_ends_what_runs_with_an_error(weights: Weights) -> None:
    engine = opened(weights, "fast")
    run = engine.run([Request("generate", FRANCE, Options(max_tokens=500)) for _ in range(30)], Event())
    next(run)
    engine.close()
    errors = [delta.error for delta in run if delta.error]
    assert len(errors) == 30
    assert {str(error) for error in errors} == {"The model was unloaded. Send the request again."}


def test_the_source_is_found_beside_our_own_files(tmp_path: Path) -> None:
    weights = Weights(Catalog().find(MODEL), tmp_path)
    with pytest.raises(NotDownloaded, match="models download smollm2-135m-instruct"):
        source_gguf(weights)
    for name in ("a.gguf", "fast.gguf", "exact.gguf"):
        (tmp_path / name).touch()
    assert source_gguf(weights) == tmp_path / "a.gguf"
    (tmp_path / "b.gguf").touch()
    with pytest.raises(BadInput, match=r"2 GGUF files \(a\.gguf, b\.gguf\)"):
        source_gguf(weights)
