"""Who reads for whom in the scorer, over a graph whose logits are known: half the odds go to the token one higher."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import numpy
import pytest

from llmweb.engines.openvino_pipeline import STREAMS
from llmweb.engines.openvino_scorer import SIDE_BY_SIDE_ROWS, Scorer
from llmweb.types import LoglikelihoodRequest, Prompt

TOKENS = 128


class Letters:
    """Every character is a token, the start is token 1."""

    first_token = 1

    def templated(self, prompt: Prompt) -> str:
        assert isinstance(prompt, str)
        return prompt

    def encode_text(self, text: str, special: bool) -> list[int]:
        return [ord(letter) for letter in text]

    def raw(self, token: int) -> bytes:
        return chr(token).encode()

    def text(self, token: int) -> str:
        return chr(token)


class Graph:
    """Counts the rows of each reading; before_reading may raise."""

    def __init__(self, before_reading: Callable[[], None] = lambda: None) -> None:
        self.before_reading, self.rows = before_reading, list[int]()

    def create_infer_request(self) -> "Graph":
        return self

    def reset_state(self) -> None:
        return

    def query_state(self) -> list[Any]:
        return []

    def infer(self, inputs: dict[str, numpy.ndarray], share_outputs: bool) -> dict[str, numpy.ndarray]:
        self.before_reading()
        tokens = inputs["input_ids"]
        self.rows.append(len(tokens))
        logits = numpy.zeros((*tokens.shape, TOKENS), numpy.float32)
        numpy.put_along_axis(logits, (tokens[..., None] + 1) % TOKENS, math.log(TOKENS - 1), axis=-1)
        return {"logits": logits}


def scorer(graph: Graph) -> Scorer:
    return Scorer(graph, Letters(), 1000, lambda seconds: None)  # type: ignore[arg-type]


def asked(scorer: Scorer, *texts: str, before: str = "a") -> list[list[float]]:
    found = dict(scorer.score([LoglikelihoodRequest(before, text) for text in texts], Event()))
    return [[token.log_probability for token in found[index]] for index in range(len(texts))]


def test_short_texts_of_one_prompt_are_read_side_by_side_in_an_even_number_of_rows() -> None:
    graph = Graph()
    likely, unlikely = math.log(0.5), math.log(0.5 / (TOKENS - 1))
    found = asked(scorer(graph), "bcd", "bd", "x")
    assert found == [pytest.approx([likely] * 3), pytest.approx([likely, unlikely]), pytest.approx([unlikely])]
    assert graph.rows == [1, 4]


def test_a_long_text_is_read_alone_and_no_text_is_left_out() -> None:
    graph = Graph()
    long = "abc" * 100
    found = asked(scorer(graph), "bcd", long, *["yz"] * SIDE_BY_SIDE_ROWS)
    assert [len(each) for each in found] == [3, 300] + [2] * SIDE_BY_SIDE_ROWS
    assert graph.rows == [1, SIDE_BY_SIDE_ROWS, 1, 1, 1, 2]


def test_those_who_have_a_reader_read_for_all_who_wait() -> None:
    held, go = Semaphore(0), Event()

    def wait() -> None:
        held.release()
        assert go.wait(10)

    graph = Graph(wait)
    shared, readers = scorer(graph), []
    with ThreadPoolExecutor(STREAMS + 5) as pool:
        for _ in range(STREAMS):
            readers.append(pool.submit(asked, shared, "bcd"))
            assert held.acquire(timeout=10)
        others = [pool.submit(asked, shared, "bcd") for _ in range(5)]
        while len(shared._waiting) < 5:
            continue
        go.set()
        assert {tuple(each.result()[0]) for each in [*readers, *others]} == {tuple(readers[0].result()[0])}
    assert sorted(graph.rows) == [1] * STREAMS + [2] * STREAMS + [6]


def test_a_reading_that_fails_ends_with_its_error_for_whoever_asked_and_no_other() -> None:
    failures = [MemoryError("no room for the logits")]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    shared = scorer(Graph(fail_once))
    with pytest.raises(MemoryError, match="no room"):
        asked(shared, "bcd")
    assert asked(shared, "bcd") == [pytest.approx([math.log(0.5)] * 3)]


def test_texts_nobody_waits_for_any_more_are_not_read() -> None:
    graph, cancelled = Graph(), Event()
    shared = scorer(graph)
    running = shared.score([LoglikelihoodRequest("a", "bcd" * 100), LoglikelihoodRequest("b", "bcd")], cancelled)
    assert next(running)[0] == 0
    read = len(graph.rows)
    running.close()
    asked(shared, "")
    assert (len(graph.rows), shared._waiting) == (read, [])


def test_nothing_to_weigh_is_nothing() -> None:
    assert asked(scorer(Graph()), "") == [[]]
