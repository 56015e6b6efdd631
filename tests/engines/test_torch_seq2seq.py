"""Encoder-decoder models: what the engine writes is what transformers' generate writes, alone or in any company."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from llmweb.engines.transformers import KIND, TransformersEngine
from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.types import Completion, LoglikelihoodRequest, Message, Options, Request
from tests.engines import tiny

# Without it Marian says so as it loads; it only normalises punctuation.
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")

SOURCES = (
    "The quick brown fox jumps over the lazy dog.",
    "A bird sings.",
    "What is the capital of France? Paris is the capital of France. Where do the children play?",
    "O gato dorme.",
    "The children play in the garden behind the house.",
)
BUILDERS: dict[str, Callable[[Path], Path]] = {
    "marian": tiny.marian,
    "nllb": tiny.nllb,
    "t5": tiny.t5,
    "bart": tiny.bart,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: build(tmp_path_factory.mktemp(name)) for name, build in BUILDERS.items()}


@pytest.fixture(scope="module")
def engines(folders: dict[str, Path]) -> Iterator[dict[str, TransformersEngine]]:
    made = {}
    for name, folder in folders.items():
        pairs = [("en", "pt")] if name == "marian" else []
        made[name] = KIND.load(tiny.weights(folder, ["translate"], pairs), "exact", lambda note, share: None)
    yield made
    for engine in made.values():
        engine.close()


def request(name: str, text: str, options: Options, **rest: str) -> Request:
    if name in ("marian", "nllb"):
        return Request("translate", text, options, source="en", target="pt", **rest)
    return Request("generate", text, options, **rest)


def answers(engine: TransformersEngine, requests: Sequence[Request]) -> list[Completion]:
    done: dict[int, Completion] = {}
    shown = [""] * len(requests)
    for delta in engine.run(requests, Event()):
        if delta.error:
            raise delta.error
        shown[delta.index] += delta.text
        if delta.completion:
            done[delta.index] = delta.completion
    completions = [done[index] for index in range(len(requests))]
    assert shown == [completion.text for completion in completions]
    return completions


def generated(folder: Path, name: str, text: str, **options: Any) -> tuple[list[str], list[list[int]]]:
    """Texts and sequences that generate gives for one source."""
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    if name == "nllb":
        tokenizer.src_lang = "eng_Latn"
        options["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids("por_Latn")
    out = model.generate(**tokenizer(text, return_tensors="pt"), **options)
    return [tokenizer.decode(row, skip_special_tokens=True) for row in out], out.tolist()


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_text_is_that_of_generate(
    engines: dict[str, TransformersEngine], folders: dict[str, Path], name: str, beams: int
) -> None:
    options = Options(max_tokens=20, beams=beams)
    texts = [answers(engines[name], [request(name, source, options)])[0].text for source in SOURCES]
    wanted = [
        generated(folders[name], name, source, max_new_tokens=20, num_beams=beams, do_sample=False)[0][0]
        for source in SOURCES
    ]
    assert [text.strip() for text in texts] == [text.strip() for text in wanted]
    assert len(set(texts)) > 1


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_batch_gives_each_source_what_it_gets_alone(
    engines: dict[str, TransformersEngine], name: str, beams: int
) -> None:
    requests = [request(name, source, Options(max_tokens=16, beams=beams)) for source in SOURCES * 5]
    together = answers(engines[name], requests)
    alone = [answers(engines[name], [one])[0] for one in requests[: len(SOURCES)]] * 5
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.log_probability for one in together] == pytest.approx([one.log_probability for one in alone], abs=1e-3)


@pytest.mark.parametrize("name", BUILDERS)
def test_the_n_best_are_those_of_beam_search_with_the_log_probabilities_of_a_forward(
    engines: dict[str, TransformersEngine], folders: dict[str, Path], name: str
) -> None:
    options = Options(max_tokens=12, beams=4, alternatives=4)
    completion = answers(engines[name], [request(name, SOURCES[0], options)])[0]
    texts, rows = generated(
        folders[name], name, SOURCES[0], max_new_tokens=12, num_beams=4, num_return_sequences=4, do_sample=False
    )
    assert [one.text.strip() for one in completion.alternatives] == [text.strip() for text in texts]
    assert completion.alternatives[0].log_probability == completion.log_probability
    begin = 2 if name in ("nllb", "bart") else 1
    wanted = [direct(folders[name], name, SOURCES[0], row, begin) for row in rows]
    assert [one.log_probability for one in completion.alternatives] == pytest.approx(wanted, abs=1e-3)


def direct(folder: Path, name: str, source: str, row: list[int], begin: int) -> float:
    """The log-probability of row[begin:] up to its end token, from one forward pass of one row."""
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    ends = [at for at, token in enumerate(row) if at >= begin and token == tokenizer.eos_token_id]
    row = row[: ends[0] + 1] if ends else row
    if name == "nllb":
        tokenizer.src_lang = "eng_Latn"
    with torch.inference_mode():
        batch = tokenizer(source, return_tensors="pt")
        logits = model(**batch, decoder_input_ids=torch.tensor([row])).logits[0].log_softmax(-1)
    return sum(float(logits[at - 1, row[at]]) for at in range(begin, len(row)))


@pytest.mark.parametrize("name", BUILDERS)
def test_log_likelihoods_are_those_of_a_direct_forward(
    engines: dict[str, TransformersEngine], folders: dict[str, Path], name: str
) -> None:
    text = "O gato preto dorme."
    asked = LoglikelihoodRequest(SOURCES[0], text, top=2, source="en", target="pt")
    tokens = dict(engines[name].loglikelihood([asked, asked], Event()))[1]
    tokenizer = AutoTokenizer.from_pretrained(folders[name])
    ids = tokenizer(text_target=text, add_special_tokens=False)["input_ids"]
    start = {"marian": [tokenizer.pad_token_id], "t5": [0], "bart": [2, 0], "nllb": [2]}[name]
    if name == "nllb":
        start.append(tokenizer.convert_tokens_to_ids("por_Latn"))
    wanted = direct(folders[name], name, SOURCES[0], [*start, *ids], len(start))
    assert sum(token.log_probability for token in tokens) == pytest.approx(wanted, abs=1e-3)
    assert all(token.rank is not None and len(token.alternatives) == 2 for token in tokens)
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_prefix_is_continued(
    engines: dict[str, TransformersEngine], folders: dict[str, Path], name: str, beams: int
) -> None:
    options = Options(max_tokens=10, beams=beams)
    text = answers(engines[name], [request(name, SOURCES[0], options, prefix="O gato")])[0].text
    tokenizer = AutoTokenizer.from_pretrained(folders[name])
    start = {"marian": [tokenizer.pad_token_id], "t5": [0], "bart": [2, 0], "nllb": [2]}[name]
    if name == "nllb":
        start.append(tokenizer.convert_tokens_to_ids("por_Latn"))
    prefix = [*start, *tokenizer(text_target="O gato", add_special_tokens=False)["input_ids"]]
    model = AutoModelForSeq2SeqLM.from_pretrained(folders[name]).eval()
    out = model.generate(
        **tokenizer(SOURCES[0], return_tensors="pt"),
        decoder_input_ids=torch.tensor([prefix]),
        max_new_tokens=10,
        num_beams=beams,
        do_sample=False,
    )
    whole = tokenizer.decode(out[0], skip_special_tokens=True)
    assert tokenizer.decode(prefix, skip_special_tokens=True) + text == whole


@pytest.mark.parametrize("name", ["t5", "marian"])
def test_a_seeded_text_does_not_depend_on_its_neighbours(engines: dict[str, TransformersEngine], name: str) -> None:
    hot = Options(max_tokens=12, temperature=1.2, seed=5)
    alone = answers(engines[name], [request(name, SOURCES[1], hot)])[0].text
    rows = [request(name, source, replace(hot, seed=seed)) for seed, source in enumerate(SOURCES)]
    together = answers(engines[name], [*rows, request(name, SOURCES[1], hot)])
    assert together[-1].text == alone
    assert len({one.text for one in together}) >= len(SOURCES)


def test_a_stop_string_ends_the_text(engines: dict[str, TransformersEngine]) -> None:
    whole = answers(engines["bart"], [request("bart", SOURCES[0], Options(max_tokens=20))])[0].text
    stop = whole[4:6]
    for beams in (1, 2):
        whole = answers(engines["bart"], [request("bart", SOURCES[0], Options(max_tokens=20, beams=beams))])[0].text
        stop = whole[4:6]
        options = Options(max_tokens=20, beams=beams, stop=(stop,))
        cut = answers(engines["bart"], [request("bart", SOURCES[0], options)])[0]
        assert (cut.text, cut.stop_reason) == (whole[: whole.index(stop)], "stop_string")


def test_sampling_and_beams_exclude_each_other(engines: dict[str, TransformersEngine]) -> None:
    with pytest.raises(Unsupported, match="Set temperature to 0, or both to 1"):
        answers(engines["t5"], [request("t5", "The fox", Options(beams=2, temperature=1.0))])


def test_a_conversation_is_refused(engines: dict[str, TransformersEngine]) -> None:
    with pytest.raises(Unsupported, match="reads a text, not a conversation"):
        answers(engines["t5"], [Request("generate", (Message("user", "Hello"),))])


def test_a_long_source_names_both_lengths(engines: dict[str, TransformersEngine]) -> None:
    with pytest.raises(BadInput, match=r"The text has [\d,]+ tokens; this model reads 128. Split it."):
        answers(engines["marian"], [request("marian", "fox " * 200, Options())])


def test_a_pair_it_does_not_serve_names_those_it_does(engines: dict[str, TransformersEngine]) -> None:
    with pytest.raises(UnsupportedPair, match=r"does not translate en → de. It translates en→pt"):
        answers(engines["marian"], [Request("translate", "The fox", source="en", target="de")])
    with pytest.raises(UnsupportedPair, match=r"no language 'de'. It has: arb_Arab, eng_Latn, por_Latn"):
        answers(engines["nllb"], [Request("translate", "The fox", source="en", target="de")])
    served = request("marian", "The fox", Options(max_tokens=3))
    ends = list(engines["marian"].run([replace(served, target="de"), served], Event()))
    assert [type(delta.error) for delta in ends if delta.error] == [UnsupportedPair]
    assert [delta.index for delta in ends if delta.completion] == [1]
