"""Extractive answers: the spans and log-probabilities of a direct forward pass, over any number of windows."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from llmweb.engines.transformers import TransformersEngine
from llmweb.errors import BadInput
from llmweb.types import Options, Request
from tests.engines import tiny
from tests.engines.answering import answers

QUESTION = "Where do the children play?"
SHORT = "The children play in the garden behind the house."
LONG = " ".join(tiny.CORPUS[:4] * 4)
N_BEST = Options(alternatives=100_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.bert_qa(tmp_path_factory.mktemp("bert_qa"))


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[TransformersEngine]:
    with tiny.loaded(tiny.weights(folder, ["span"])) as made:
        yield made


def by_hand(folder: Path, question: str, passage: str) -> dict[tuple[int, int] | None, float]:
    """[start, end) in the passage, or None for no answer → log-probability; window by window, span by span."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    room = 64 - len(tokenizer(question)["input_ids"])
    windows = tokenizer(
        question,
        passage,
        truncation="only_second",
        max_length=64,
        stride=room // 3,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    scores: dict[tuple[int, int] | None, float] = {}
    for number, ids in enumerate(windows["input_ids"]):
        types = torch.tensor([windows["token_type_ids"][number]])
        with torch.inference_mode():
            out = model(input_ids=torch.tensor([ids]), token_type_ids=types)
        start, end, offsets = out.start_logits[0], out.end_logits[0], windows["offset_mapping"][number]
        scores[None] = min(scores.get(None, math.inf), float(start[0] + end[0]))
        inside = [at for at, part in enumerate(windows.sequence_ids(number)) if part == 1]
        for one in inside:
            for other in range(one, min(one + 30, inside[-1] + 1)):
                place = (offsets[one][0], offsets[other][1])
                scores[place] = max(scores.get(place, -math.inf), float(start[one] + end[other]))
    total = math.log(sum(math.exp(score) for score in scores.values()))
    return {place: score - total for place, score in scores.items()}


@pytest.mark.parametrize("passage", [SHORT, LONG], ids=["one window", "several windows"])
def test_all_spans_and_the_null_answer_are_those_of_a_direct_forward(
    engine: TransformersEngine, folder: Path, passage: str
) -> None:
    completion = answers(engine, [Request("span", QUESTION, N_BEST, context=passage)])[0]
    wanted = by_hand(folder, QUESTION, passage)
    told = {
        None if one.start is None or one.end is None else (one.start, one.end): one.log_probability
        for one in completion.alternatives
    }
    assert told == pytest.approx(wanted, abs=1e-4)
    values = [one.log_probability for one in completion.alternatives]
    assert values == sorted(values, reverse=True)
    assert sum(map(math.exp, values)) == pytest.approx(1, abs=1e-4)
    for one in completion.alternatives:
        assert one.text == ("" if one.start is None else passage[one.start : one.end])
    best = completion.alternatives[0]
    assert (completion.text, completion.start, completion.end, completion.log_probability) == (
        best.text,
        best.start,
        best.end,
        best.log_probability,
    )


def test_the_null_answer_is_always_told_among_the_alternatives(engine: TransformersEngine) -> None:
    for passage in (SHORT, LONG, "fox"):
        completion = answers(engine, [Request("span", QUESTION, Options(alternatives=3), context=passage)])[0]
        assert len(completion.alternatives) == min(3, 2 if passage == "fox" else 3)
        assert [one.text for one in completion.alternatives].count("") == 1


def test_a_batch_gives_each_question_what_it_gets_alone(engine: TransformersEngine) -> None:
    questions = (QUESTION, "What is the capital of France?", "Como você está hoje?")
    requests = [
        Request("span", question, replace(N_BEST, alternatives=20), context=passage)
        for question in questions
        for passage in (SHORT, LONG, "The fox")
    ]
    together = answers(engine, requests)
    alone = [answers(engine, [request])[0] for request in requests]
    for one, other in zip(together, alone, strict=True):
        assert (one.text, one.start, one.end) == (other.text, other.start, other.end)
        assert [option.log_probability for option in one.alternatives] == pytest.approx(
            [option.log_probability for option in other.alternatives], abs=1e-4
        )


def test_a_span_is_no_longer_than_max_tokens(engine: TransformersEngine, folder: Path) -> None:
    options = replace(N_BEST, max_tokens=1)
    completion = answers(engine, [Request("span", QUESTION, options, context=SHORT)])[0]
    offsets = AutoTokenizer.from_pretrained(folder)(SHORT, return_offsets_mapping=True, add_special_tokens=False)
    places = {(one.start, one.end) for one in completion.alternatives if one.text}
    assert places == {tuple(place) for place in offsets["offset_mapping"]}


def test_an_empty_passage_or_question_is_refused(engine: TransformersEngine) -> None:
    with pytest.raises(BadInput, match="There is no passage"):
        answers(engine, [Request("span", QUESTION, context=" \n")])
    with pytest.raises(BadInput, match="There is no question"):
        answers(engine, [Request("span", " ", context=SHORT)])
    with pytest.raises(BadInput, match=r"The question has .* tokens; this model takes 32"):
        answers(engine, [Request("span", "Where is the fox? " * 20, context=SHORT)])
