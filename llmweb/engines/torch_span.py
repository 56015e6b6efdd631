"""Extractive question answering (BERT, DistilBERT, RoBERTa): the span of a passage that answers a question, or none.

A long passage is read in overlapping windows. Every span of every window, and the null answer, compete in one softmax:
log-probabilities of one question add up to one, over the whole passage.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForQuestionAnswering, BatchEncoding

from llmweb.engines.answer import Answer, Outcome
from llmweb.engines.part import Admit, Part, isolated
from llmweb.engines.torch_loading import load_model
from llmweb.errors import BadInput, Unsupported
from llmweb.types import Alternative, ModelSpec, Precision, Prompt, Request, Task

# The sizes SQuAD models are trained with: run_squad.py of Devlin et al. 2019, and transformers' run_qa.py after it.
WINDOW_TOKENS = 384
STRIDE_TOKENS = 128
ANSWER_TOKENS = 30
FORWARD_TOKENS = 512  # of several short windows read at once


@dataclass(frozen=True, slots=True)
class Window:
    """first is the number of its first passage token in the passage; offsets are those tokens' [start, end) there."""

    inputs: dict[str, list[int]]
    columns: slice
    first: int
    offsets: list[tuple[int, int]]


@dataclass(slots=True)
class Search:
    """spans (passage tokens, ANSWER_TOKENS): score of the span that starts at a token and has 1, 2, … tokens."""

    answer: Answer
    windows: list[Window]
    offsets: list[tuple[int, int]]
    spans: torch.Tensor
    null: float = float("inf")
    read: int = 0


class Spans(Part):
    tasks: frozenset[Task] = frozenset({"span"})
    abilities = frozenset({"alternatives"})

    def __init__(self, folder: Path, spec: ModelSpec, precision: Precision) -> None:
        self.loaded = load_model(folder, AutoModelForQuestionAnswering, precision)
        self.context_tokens = self.loaded.encoder_tokens(spec)
        self._window = min(WINDOW_TOKENS, self.context_tokens)

    def count(self, prompt: Prompt) -> int:
        return len(self.loaded.encode(_question(prompt)))

    def check(self, request: Request) -> None:
        if not request.context.strip():
            raise BadInput("There is no passage to look for the answer in. Give one as the context.")
        if not _question(request.prompt):
            raise BadInput("There is no question. Ask one.")
        tokens, room = self.count(request.prompt), self._window // 2
        if tokens > room:
            raise BadInput(f"The question has {tokens:,} tokens; this model takes {room:,}. Shorten it.")

    @torch.inference_mode()
    def write(self, answers: Sequence[Answer], admit: Admit) -> None:
        searches = [self._search(answer) for answer in answers]
        for batch in _batches(searches):
            self._read(batch)
            for search in searches:
                if search.answer.cancelled:
                    search.answer.finish(Outcome("", "cancelled"))
                elif search.read == len(search.windows) and not search.answer.ended:
                    self._finish(search)
            urgent = any(answer.request.urgent for answer in answers)
            if new := admit(0 if urgent else self.rows):
                isolated(self.write, new, lambda limit: admit(0))

    def _search(self, answer: Answer) -> Search:
        question, passage = _question(answer.request.prompt), answer.request.context
        room = self._window - len(self.loaded.encode(question))
        stride = min(STRIDE_TOKENS, room // 3)
        with self.loaded.tokenizing:
            encoded = self.loaded.tokenizer(
                question,
                passage,
                truncation="only_second",
                max_length=self._window,
                stride=stride,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
        windows = list(_windows(encoded, stride))
        offsets: list[tuple[int, int]] = []
        for window in windows:
            offsets[window.first :] = window.offsets
        answer.begin(sum(len(window.inputs["input_ids"]) for window in windows))
        spans = torch.full((len(offsets), min(ANSWER_TOKENS, answer.options.max_tokens)), -torch.inf)
        return Search(answer, windows, offsets, spans)

    def _read(self, batch: Sequence[tuple[Search, Window]]) -> None:
        padded = {
            name: self.loaded.padded([window.inputs[name] for _, window in batch])[0]
            for name in batch[0][1].inputs
            if name != "attention_mask"
        }
        mask = self.loaded.padded([window.inputs["input_ids"] for _, window in batch])[1]
        output = self.loaded.model(**padded, attention_mask=mask)
        starts, ends = output.start_logits.float().cpu(), output.end_logits.float().cpu()
        for (search, window), start, end in zip(batch, starts, ends, strict=True):
            search.read += 1
            search.answer.first_token()
            _enter(search, window, start, end)

    def _finish(self, search: Search) -> None:
        """The n best spans and the null answer, which is always among them; best first."""
        answer = search.answer
        total = torch.logsumexp(torch.cat([search.spans.flatten(), torch.tensor([search.null])]), dim=0)
        wanted = max(1, answer.options.alternatives - 1)
        best = search.spans.flatten().topk(min(wanted, int(search.spans.isfinite().sum())))
        found = [Alternative("", search.null - float(total))]
        for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            first, more = divmod(place, search.spans.shape[1])
            start, end = search.offsets[first][0], search.offsets[first + more][1]
            found.append(Alternative(answer.request.context[start:end], value - float(total), start, end))
        found.sort(key=lambda alternative: -alternative.log_probability)
        first_found = found[0]
        answer.finish(
            Outcome(
                first_found.text,
                "end",
                tokens_out=len(self.loaded.encode(first_found.text, special=False)),
                log_probability=first_found.log_probability,
                start=first_found.start,
                end=first_found.end,
                alternatives=tuple(found) if answer.options.alternatives > 1 else (),
            )
        )


def _question(prompt: Prompt) -> str:
    if isinstance(prompt, str):
        return prompt.strip()
    raise Unsupported("This model answers one question, not a conversation. Send the question as one text.")


def _windows(encoded: BatchEncoding, stride: int) -> Iterator[Window]:
    first = 0
    for number, offsets in enumerate(encoded["offset_mapping"]):
        places = [at for at, part in enumerate(encoded.sequence_ids(number)) if part == 1]
        columns = slice(places[0], places[-1] + 1) if places else slice(0, 0)
        names = [name for name in ("input_ids", "token_type_ids") if name in encoded]
        inputs = {name: list(encoded[name][number]) for name in names}
        yield Window(inputs, columns, first, [(int(start), int(end)) for start, end in offsets[columns]])
        first += len(places) - stride


def _batches(searches: Sequence[Search]) -> Iterator[list[tuple[Search, Window]]]:
    """Windows of answers still wanted, in order, as many at once as make FORWARD_TOKENS."""
    batch: list[tuple[Search, Window]] = []
    for search in searches:
        for window in search.windows:
            longest = max(len(one.inputs["input_ids"]) for _, one in [*batch, (search, window)])
            if batch and longest * (len(batch) + 1) > FORWARD_TOKENS:
                yield batch
                batch = []
            if not search.answer.ended:
                batch.append((search, window))
    if batch:
        yield batch


def _enter(search: Search, window: Window, start: torch.Tensor, end: torch.Tensor) -> None:
    """Scores of the window's spans; where windows overlap the better one holds. The null answer takes its worst
    window: one window with the answer in it is enough (run_squad.py does the same). It is scored at the first token.
    """
    search.null = min(search.null, float(start[0] + end[0]))
    starts, ends = start[window.columns], end[window.columns]
    count = len(starts)
    for more in range(min(search.spans.shape[1], count)):
        scores = starts[: count - more] + ends[more:]
        held = search.spans[window.first : window.first + count - more, more]
        torch.maximum(held, scores, out=held)
