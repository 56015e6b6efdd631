"""Log-likelihoods of many callers' texts over a few readers: who waits, which texts are read together.

Short texts after one prompt are read side by side, whoever asked, in an even number of rows: a text's numbers are
then the same bits whatever stands beside it (tests/engines/test_openvino.py), a row alone or an odd one may differ in
the fifth decimal. Long texts are read alone, by bites.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from llmweb.engines.openvino_logits import BITE_TOKENS, Reader, Row, row, spans_of, split
from llmweb.engines.openvino_pipeline import STREAMS
from llmweb.engines.openvino_text import Vocabulary
from llmweb.errors import BadInput
from llmweb.types import LoglikelihoodRequest, TokenLogprob

GIVE_WAY_SECONDS = 1.0  # before each bite, while people wait for answers
LISTEN_SECONDS = 0.1  # how soon a caller hears of his Stop
MOST_ALTERNATIVES = 50
# Side by side, in tokens and in rows: 0.36 s exact on one core; past these nothing is gained.
SIDE_BY_SIDE_TOKENS, SIDE_BY_SIDE_ROWS = 128, 8
SHORT_TOKENS = 64
# Of so many that have waited longest, those of one length are read together: a row is filled up to the longest.
LOOKED_AT, PASSED_OVER = 64, 8

Idle = Callable[[float], object]


@dataclass(eq=False, slots=True)
class Weighing:
    """One text on its way: rows hold its tokens' values once finished, error why there are none."""

    request: LoglikelihoodRequest
    before: tuple[int, ...]
    tokens: list[int]
    cancelled: Event
    rows: list[Row] = field(default_factory=list)
    finished: bool = False
    error: Exception | None = None
    passed_over: int = 0

    @property
    def short(self) -> bool:
        return len(self.tokens) <= SHORT_TOKENS

    @property
    def top(self) -> int:
        return min(max(self.request.top, 0), MOST_ALTERNATIVES)


class Reading:
    """One reader at work on texts after one prompt: one long text, or short ones side by side."""

    def __init__(self, reader: Reader, texts: list[Weighing], vocabulary: Vocabulary, idle: Idle) -> None:
        self._reader, self._texts, self._vocabulary, self._idle = reader, texts, vocabulary, idle

    def finish(self) -> None:
        """What goes wrong is theirs who asked for these texts."""
        try:
            self._read()
        except Exception as error:  # whoever waits for these texts would wait for ever
            for each in self._texts:
                each.error, each.finished = error, True

    def _read(self) -> None:
        last = self._reader.after(self._texts[0].before, self._wanted)
        if last is None:
            return
        for each in self._texts:
            each.rows = [self._row(last, each.tokens[0], each)]
        complete = self._side_by_side() if self._texts[0].short else self._alone(self._texts[0])
        for each in self._texts:
            each.finished = complete

    def _side_by_side(self) -> bool:
        """False where nobody waits for them any more."""
        rows = [each.tokens[:-1] for each in self._texts]
        if not any(rows):
            return True
        if not self._wanted():
            return False
        even = [*rows, rows[-1]] if len(rows) % 2 else rows
        logits = self._reader.read(even, len(self._texts[0].before), spread=True)
        for each, values in zip(self._texts, logits, strict=False):  # an added row belongs to nobody
            pairs = zip(values, each.tokens[1:], strict=False)  # a shorter row is filled up
            each.rows += [self._row(value, token, each) for value, token in pairs]
        return True

    def _alone(self, text: Weighing) -> bool:
        for start in range(0, len(text.tokens) - 1, BITE_TOKENS):
            if not self._wanted():
                return False
            bite = text.tokens[start : min(start + BITE_TOKENS, len(text.tokens) - 1)]
            logits = self._reader.read([bite], len(text.before) + start)
            followers = text.tokens[start + 1 : start + 1 + len(bite)]
            text.rows += [self._row(value, token, text) for value, token in zip(logits[0], followers, strict=True)]
        return True

    def _row(self, logits: Any, token: int, text: Weighing) -> Row:
        return row(logits, token, text.top, self._vocabulary)

    def _wanted(self) -> bool:
        self._idle(GIVE_WAY_SECONDS)
        return not all(each.cancelled.is_set() for each in self._texts)


class Scorer:
    """graph is the compiled model, of STREAMS streams; idle(seconds) waits that long for the engine to have nothing
    urgent to write.

    Any number of threads may ask: those who get a reader read for all who wait.
    """

    def __init__(self, graph: Any, vocabulary: Vocabulary, context_tokens: int, idle: Idle) -> None:
        self._vocabulary, self._context_tokens, self._idle = vocabulary, context_tokens, idle
        self._readers = [Reader(graph) for _ in range(STREAMS)]
        self._room = threading.Condition()
        self._waiting: list[Weighing] = []

    def score(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        """The tokens of each request's text by its index, as they get ready; ends early once cancelled.

        Raises BadInput, before anything is read, where prompt and text exceed the context.
        """
        left = {index: self._weighing(request, cancelled) for index, request in enumerate(requests)}
        with self._room:
            self._waiting += [each for each in left.values() if not each.finished]
        try:
            while left and not cancelled.is_set():
                self._read_some(left.values())
                for index in [index for index, each in left.items() if each.finished]:
                    yield index, self._told(left.pop(index))
        finally:
            with self._room:
                self._waiting = [each for each in self._waiting if each not in left.values()]

    def _weighing(self, request: LoglikelihoodRequest, cancelled: Event) -> Weighing:
        before, tokens = split(self._vocabulary, request.prompt, request.text)
        if len(before) + len(tokens) > self._context_tokens:
            raise BadInput(
                f"Prompt and text together are {len(before) + len(tokens):,} tokens; the model reads "
                f"{self._context_tokens:,}. Shorten one of them."
            )
        return Weighing(request, tuple(before), tokens, cancelled, finished=not tokens)

    def _told(self, weighing: Weighing) -> tuple[TokenLogprob, ...]:
        if weighing.error is not None:
            raise weighing.error
        text = weighing.request.text
        spans = spans_of(self._vocabulary, weighing.tokens, text)
        return tuple(
            TokenLogprob(text[start:end], start, end, value, rank, alternatives)
            for (start, end), (value, rank, alternatives) in zip(spans, weighing.rows, strict=True)
        )

    def _read_some(self, own: Iterable[Weighing]) -> None:
        """The next texts, for whoever asked; or waits for others who read, LISTEN_SECONDS at most."""
        with self._room:
            texts = self._next() if self._readers else []
            if not texts:
                if not any(each.finished for each in own):
                    self._room.wait(LISTEN_SECONDS)
                return
            self._waiting = [each for each in self._waiting if each not in texts]
            reader = self._readers.pop()
        try:
            Reading(reader, texts, self._vocabulary, self._idle).finish()
        finally:
            with self._room:
                self._readers.append(reader)
                self._room.notify_all()

    def _next(self) -> list[Weighing]:
        """Of those who wait longest, urgent ones before others: a long text, or some of one prompt and like length.

        A text is passed over PASSED_OVER times at most.
        """
        waiting = [each for each in self._waiting if not each.cancelled.is_set()]
        if not waiting:
            return []
        first = next((each for each in waiting if each.request.urgent), waiting[0])
        if not first.short:
            return [first]
        beside = [each for each in waiting if each.short and each.before == first.before][:LOOKED_AT]
        if first.request.urgent and first not in beside:
            beside[-1] = first
        beside.sort(key=lambda each: len(each.tokens))
        count = min(len(beside), SIDE_BY_SIDE_ROWS)
        stretches = [beside[start : start + count] for start in range(len(beside) - count + 1)]
        if first.request.urgent or first.passed_over == PASSED_OVER:
            stretches = [each for each in stretches if first in each]
        chosen = max(stretches, key=_filled)
        first.passed_over += first not in chosen
        while len(chosen) * len(chosen[-1].tokens) > SIDE_BY_SIDE_TOKENS:
            chosen.pop(0 if chosen[-1] is first else -1)
        return chosen


def _filled(texts: Sequence[Weighing]) -> float:
    """The share of the rows that is text; the longest is the last."""
    return sum(len(each.tokens) for each in texts) / (len(texts) * len(texts[-1].tokens))
