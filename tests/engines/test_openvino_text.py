"""Tokens to text and back, on a made-up vocabulary: Python's own UTF-8 is the reference."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmweb.engines.openvino_logits import row, spans_of
from llmweb.engines.openvino_text import TextStream, Vocabulary
from llmweb.errors import BadInput, Unsupported
from llmweb.types import Message


class ByteTokenizer:
    """One token a byte, and an end token: enough of openvino_genai.Tokenizer for Vocabulary."""

    chat_template = ""

    def get_vocab(self) -> dict[bytes, int]:
        return {bytes([value]): value for value in range(256)} | {b"<|im_end|>": 256}

    def get_eos_token_id(self) -> int:
        return 256

    def get_bos_token_id(self) -> int:
        return -1

    def decode(self, tokens: list[list[int]], skip_special_tokens: bool) -> list[str]:
        return [bytes(token for token in row if token < 256).decode("utf-8", "replace") for row in tokens]


class OneAtATime(ByteTokenizer):
    """Refuses a second call during the first: where openvino_genai.Tokenizer stops the whole process for good."""

    def __init__(self) -> None:
        self._free = threading.Lock()

    def encode(self, text: str, add_special_tokens: bool) -> SimpleNamespace:
        if not self._free.acquire(blocking=False):
            raise RuntimeError("two at a time")
        time.sleep(0.002)
        self._free.release()
        return SimpleNamespace(input_ids=SimpleNamespace(data=np.array([list(text.encode())])))


VOCABULARY = Vocabulary(ByteTokenizer())
Texts = st.text(alphabet=st.sampled_from("ab é世🙂\n"), max_size=30)


def pieces(text: str, stop: tuple[str, ...] = (), step: int = 1) -> tuple[list[str], TextStream]:
    stream, raw = TextStream(VOCABULARY, stop), list(text.encode())
    shown = [stream.push(raw[at : at + step], [-1.0] * len(raw[at : at + step])) for at in range(0, len(raw), step)]
    return [*shown, "" if stream.stopped else stream.finish()], stream


def test_texts_of_many_callers_are_cut_into_tokens_one_after_the_other() -> None:
    vocabulary, texts = Vocabulary(OneAtATime()), [f"caller {number}" for number in range(16)]
    with ThreadPoolExecutor(len(texts)) as pool:
        assert list(pool.map(vocabulary.encode, texts)) == [list(text.encode()) for text in texts]


@given(Texts, st.integers(1, 5))
def test_what_streams_out_is_the_text_in_whole_characters(text: str, step: int) -> None:
    shown, stream = pieces(text, step=step)
    assert "".join(shown) == text == stream.text
    assert "�" not in "".join(shown)
    assert stream.log_probability == -float(len(text.encode()))


@given(Texts, st.lists(st.text(alphabet="ab é世", min_size=1, max_size=4), max_size=3), st.integers(1, 5))
def test_the_stream_ends_right_before_the_first_stop_string_and_never_shows_a_part_of_it(
    text: str, stops: list[str], step: int
) -> None:
    first_ends = [end for end in range(len(text) + 1) if any(text[:end].endswith(stop) for stop in stops)]
    expected = text
    if first_ends:
        whole = text[: first_ends[0]]
        expected = min((whole[: -len(stop)] for stop in stops if whole.endswith(stop)), key=len)
    shown, stream = pieces(text, tuple(stops), step)
    assert "".join(shown) == expected
    assert stream.stopped == bool(first_ends)


def test_a_character_that_never_ends_is_left_out_and_the_end_token_shows_nothing() -> None:
    stream = TextStream(VOCABULARY)
    assert stream.push([*"a🙂".encode()[:-1], 256], [-1.0] * 5) + stream.finish() == "a"
    assert (stream.text, stream.tokens, stream.log_probability) == ("a", 5, -1.0)


@given(Texts, Texts)
def test_spans_cover_the_text_and_parts_of_a_character_share_its_span(before: str, text: str) -> None:
    spans = spans_of(VOCABULARY, list(text.encode()), text)
    expected = [(at, at + 1) for at, character in enumerate(text) for _ in character.encode()]
    assert spans == expected
    straddling = spans_of(VOCABULARY, list((before + text).encode()), text)
    assert straddling == [(0, 0)] * len(before.encode()) + expected


def test_a_row_gives_log_probability_rank_and_the_most_probable() -> None:
    import numpy

    logits = numpy.log(numpy.array([0.1, 0.2, 0.4, 0.3], numpy.float32)) + 5
    value, rank, best = row(logits, 1, 2, VOCABULARY)
    assert (value, rank) == (pytest.approx(numpy.log(0.2), abs=1e-6), 3)
    assert best == (
        ("\x02", pytest.approx(numpy.log(0.4), abs=1e-6)),
        ("\x03", pytest.approx(numpy.log(0.3), abs=1e-6)),
    )


def test_messages_need_a_template_and_whole_characters() -> None:
    with pytest.raises(Unsupported, match="no chat template"):
        VOCABULARY.encode((Message("user", "Hi"),))
    with pytest.raises(BadInput, match=r"half of a character .* at position 3"):
        VOCABULARY.encode("hi \ud800")
