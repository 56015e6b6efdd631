"""How probable a text is, token by token, with ranks and alternatives: the whole logits of the model's graph.

Tokens are cut as lm-evaluation-harness does: prompt and text are encoded together, the prompt's share is as many
tokens as the prompt alone has, and white space that ends a plain prompt counts to the text. Where nothing stands
before the text, BOS does.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from llmweb.engines.openvino_text import Vocabulary
from llmweb.errors import BadInput
from llmweb.types import LoglikelihoodRequest, Prompt, TokenLogprob

if TYPE_CHECKING:
    from numpy import ndarray

BITE_TOKENS = 128  # read in one go: 0.3 s exact on two cores, 25 MB of logits
GIVE_WAY_SECONDS = 1.0  # before each bite, while people wait for answers
MOST_ALTERNATIVES = 50


class Scorer:
    """graph is the compiled model. Thread-safe: one text at a time.

    A prompt is always read apart from its text and its state kept, so a text after the same prompt costs its own
    tokens only, and scores do not depend on what was asked before.
    """

    def __init__(
        self, graph: Any, vocabulary: Vocabulary, context_tokens: int, idle: Callable[[float], object]
    ) -> None:
        self._request = graph.create_infer_request()
        self._vocabulary, self._context_tokens, self._idle = vocabulary, context_tokens, idle
        self._lock = threading.Lock()
        self._prompt: list[int] = []
        self._state: list[Any] = []
        self._last: ndarray | None = None  # logits after the prompt's last token

    def score(self, request: LoglikelihoodRequest, cancelled: threading.Event) -> tuple[TokenLogprob, ...] | None:
        """The tokens of request.text; None if cancelled. Raises BadInput where prompt and text exceed the context."""
        before, tokens = split(self._vocabulary, request.prompt, request.text)
        if len(before) + len(tokens) > self._context_tokens:
            raise BadInput(
                f"Prompt and text together are {len(before) + len(tokens):,} tokens; the model reads "
                f"{self._context_tokens:,}. Shorten one of them."
            )
        top = min(max(request.top, 0), MOST_ALTERNATIVES)
        with self._lock:
            rows = self._rows(before, tokens, top, cancelled)
        if rows is None:
            return None
        spans = spans_of(self._vocabulary, tokens, request.text)
        return tuple(
            TokenLogprob(request.text[start:end], start, end, value, rank, alternatives)
            for (start, end), (value, rank, alternatives) in zip(spans, rows, strict=True)
        )

    def _rows(self, before: list[int], tokens: list[int], top: int, cancelled: threading.Event) -> "list[Row] | None":
        if not tokens:
            return []
        if self._last is None or before != self._prompt:
            self._last = None
            self._request.reset_state()
            for start in range(0, len(before), BITE_TOKENS):
                logits = self._read(before[start : start + BITE_TOKENS], start, cancelled)
                if logits is None:
                    return None
                last = logits[-1].copy()
            self._prompt, self._last, self._state = before, last, [_copy(s.state) for s in self._request.query_state()]
        else:
            for state, kept in zip(self._request.query_state(), self._state, strict=True):
                state.state = kept
        rows = [row(self._last, tokens[0], top, self._vocabulary)]
        for start in range(0, len(tokens) - 1, BITE_TOKENS):
            bite = tokens[start : min(start + BITE_TOKENS, len(tokens) - 1)]
            logits = self._read(bite, len(before) + start, cancelled)
            if logits is None:
                return None
            followers = tokens[start + 1 : start + 1 + len(bite)]
            rows += [row(each, token, top, self._vocabulary) for each, token in zip(logits, followers, strict=True)]
        return rows

    def _read(self, tokens: list[int], past: int, cancelled: threading.Event) -> "ndarray | None":
        """Logits after each of the tokens, which follow past others: (len(tokens), vocabulary). None if cancelled."""
        import numpy

        self._idle(GIVE_WAY_SECONDS)
        if cancelled.is_set():
            return None
        count = len(tokens)
        result = self._request.infer(
            {
                "input_ids": numpy.array([tokens], numpy.int64),
                "attention_mask": numpy.ones((1, past + count), numpy.int64),
                "position_ids": numpy.arange(past, past + count, dtype=numpy.int64)[None],
                "beam_idx": numpy.zeros(1, numpy.int32),
            }
        )
        logits: ndarray = result["logits"][0]
        return logits


Row = tuple[float, int, tuple[tuple[str, float], ...]]


def row(logits: "ndarray", token: int, top: int, vocabulary: Vocabulary) -> Row:
    """Log-probability and rank of token, and the top most probable tokens, by one softmax over logits."""
    import numpy

    highest = logits.max()
    total = float(highest) + float(numpy.log(numpy.exp(logits - highest).sum(dtype=numpy.float64)))
    rank = 1 + int((logits > logits[token]).sum())
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
