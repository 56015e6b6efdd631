"""How probable a text is, token by token, with ranks and alternatives: the whole logits of the model's graph.

Tokens are cut as lm-evaluation-harness does: prompt and text are encoded together, the prompt's share is as many
tokens as the prompt alone has, and white space that ends a plain prompt counts to the text. Where nothing stands
before the text, BOS does. Which texts are read together is openvino_scorer.py's.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from llmweb.engines.openvino_text import Vocabulary
from llmweb.types import Prompt

if TYPE_CHECKING:
    from numpy import ndarray

BITE_TOKENS = 128  # read in one go: 0.36 s exact on one core, 25 MB of logits


class Reader:
    """A compiled model and the prompt it has read last. For one thread at a time.

    A prompt is always read apart from its texts and its state kept, so a text after the same prompt costs its own
    tokens only, and nothing depends on what was read before.
    """

    def __init__(self, graph: Any) -> None:
        self._request = graph.create_infer_request()
        self._prompt: tuple[int, ...] = ()
        self._state: list[Any] = []
        self._last: ndarray | None = None  # logits after the prompt's last token

    def after(self, prompt: tuple[int, ...], wanted: Callable[[], bool]) -> "ndarray | None":
        """Logits after the prompt, at least one token, whose state is ready then: (vocabulary,). None where wanted,
        asked before each bite, says that nobody waits for them any more."""
        if self._last is None or prompt != self._prompt:
            self._last = None
            self._request.reset_state()
            for start in range(0, len(prompt), BITE_TOKENS):
                if not wanted():
                    return None
                last = self.read([prompt[start : start + BITE_TOKENS]], start)[0, -1].copy()
            self._prompt, self._last = prompt, last
            self._state = [_copy(state.state) for state in self._request.query_state()]
        # Also right after reading: fast precision rounds the state when it is kept.
        for state, kept in zip(self._request.query_state(), self._state, strict=True):
            state.state = kept
        return self._last

    def read(self, rows: Sequence[Sequence[int]], past: int, spread: bool = False) -> "ndarray":
        """Logits after each token of rows that follow past others: (rows, longest row, vocabulary); valid until the
        next call, and where a row is shorter than the longest, only as far as it goes. spread: past was one row, which
        precedes all of these."""
        import numpy

        height, width = len(rows), max(map(len, rows))
        tokens = numpy.zeros((height, width), numpy.int64)
        for place, each in enumerate(rows):
            tokens[place, : len(each)] = each
        positions = numpy.arange(past, past + width, dtype=numpy.int64)
        result = self._request.infer(
            {
                "input_ids": tokens,
                "attention_mask": numpy.ones((height, past + width), numpy.int64),
                "position_ids": numpy.tile(positions, (height, 1)),
                "beam_idx": numpy.zeros(height, numpy.int32) if spread else numpy.arange(height, dtype=numpy.int32),
            },
            share_outputs=True,
        )
        logits: ndarray = result["logits"]
        return logits


Row = tuple[float, int, tuple[tuple[str, float], ...]]


def row(logits: "ndarray", token: int, top: int, vocabulary: Vocabulary) -> Row:
    """Log-probability and rank of token, and the top most probable tokens, by one softmax over logits."""
    import numpy

    highest = logits.max()
    # float32 sums by halves: within 1e-6 of a sum in float64, in a third of the time.
    total = float(highest) + math.log(float(numpy.exp(logits - highest).sum()))
    rank = 1 + int(numpy.count_nonzero(logits > logits[token]))
    alternatives: tuple[tuple[str, float], ...] = ()
    if top:
        best = numpy.argpartition(-logits, top)[:top]
        best = best[numpy.argsort(-logits[best], kind="stable")]
        alternatives = tuple((vocabulary.text(int(each)), float(logits[each]) - total) for each in best)
    return float(logits[token]) - total, rank, alternatives


def split(vocabulary: Vocabulary, prompt: Prompt, text: str) -> tuple[list[int], list[int]]:
    """Tokens before the text, at least one, and those of the text."""
    special = isinstance(prompt, str)
    before = vocabulary.templated(prompt)
    if isinstance(prompt, str):
        before = before.rstrip()
    space = vocabulary.templated(prompt)[len(before) :]
    whole = vocabulary.encode_text(before + space + text, special)
    length = len(vocabulary.encode_text(before, special)) if before else 0
    tokens = whole[length:]
    if length:
        return whole[:length], tokens
    if tokens and tokens[0] == vocabulary.first_token:  # the tokenizer has put BOS there
        return tokens[:1], tokens[1:]
    return [vocabulary.first_token], tokens


def spans_of(vocabulary: Vocabulary, tokens: Sequence[int], text: str) -> list[tuple[int, int]]:
    """[start, end) of each token in text, counted from the text's end: what precedes it may differ in bytes.

    Parts of one character all span it; a token that begins in the prompt starts at 0.
    """
    raw = text.encode()
    character = [0] * (len(raw) + 1)  # of each byte; at the end, how many there are
    number = -1
    for place, byte in enumerate(raw):
        number += byte & 0xC0 != 0x80
        character[place] = number
    character[-1] = len(text)
    start = len(raw) - sum(len(vocabulary.raw(token)) for token in tokens)
    spans = []
    for token in tokens:
        end = start + len(vocabulary.raw(token))
        first, last = max(start, 0), max(end, 0)
        spans.append((character[first], character[last - 1] + 1 if last > first else character[first]))
        start = end
    return spans


def _copy(tensor: Any) -> Any:
    import openvino  # type: ignore[import-untyped]

    return openvino.Tensor(tensor.data.copy())
