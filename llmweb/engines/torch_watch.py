"""Between two steps of an encoder-decoder's generate: text is streamed, rows end, urgent work is let in."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import LogitsProcessor, StoppingCriteria

from llmweb.engines.answer import Answer, Outcome
from llmweb.engines.part import Admit, Part, isolated
from llmweb.engines.token_text import TokenText
from llmweb.engines.torch_loading import Loaded
from llmweb.engines.torch_sampling import Chooser
from llmweb.types import Alternative, StopReason


@dataclass(frozen=True, slots=True)
class Output:
    """One of the n best: its own tokens, the end token included."""

    tokens: list[int]
    text: str
    reason: StopReason


class Writing:
    """One source on its way to its outputs. start are the tokens the output begins with and does not repeat."""

    def __init__(self, answer: Answer, source: list[int], start: list[int], loaded: Loaded) -> None:
        self.answer, self.source, self.start = answer, source, start
        options = answer.options
        self.beams = max(options.beams, options.alternatives)
        before = start if answer.request.prefix else ()
        self._text = TokenText(loaded.decode, options.stop, before)
        self._loaded, self._ends = loaded, loaded.end_tokens
        self._tokens: list[int] = []
        self._reason: StopReason | None = None

    @property
    def ended(self) -> bool:
        return self.answer.ended or self._reason is not None

    def drop_cancelled(self) -> bool:
        """Whether it has ended, now that a cancelled one ends with the text so far."""
        if self.answer.cancelled and not self.answer.ended:
            self._text.end()
            self.answer.finish(Outcome(self._text.text, "cancelled", len(self._tokens)))
        return self.answer.ended

    def take(self, token: int) -> None:
        """The next token, where there is but one candidate."""
        self._tokens.append(token)
        if token in self._ends:
            self._reason = "end"
            return
        self.answer.write(self._text.add(token))
        if self._text.stopped:
            self._reason = "stop_string"

    def outputs(self, rows: Sequence[list[int]]) -> list[Output]:
        """rows are what generate returned for this source, best first, start included, padded at the end."""
        if self.beams == 1:
            self._text.end()
            return [Output(self._tokens, self._text.text, self._reason or "length")]
        return [self._output(row[len(self.start) :]) for row in rows]

    def _output(self, row: list[int]) -> Output:
        end = next((at for at, token in enumerate(row) if token in self._ends), None)
        tokens = row if end is None else row[: end + 1]
        text = TokenText(
            self._loaded.decode, self.answer.options.stop, self.start if self.answer.request.prefix else ()
        )
        for token in tokens:
            text.add(token)
        text.end()
        return Output(tokens, text.text, "stop_string" if text.stopped else "length" if end is None else "end")

    def finish(self, outputs: Sequence[Output], log_probabilities: Sequence[float]) -> None:
        best = outputs[0]
        alternatives = tuple(
            Alternative(output.text, value) for output, value in zip(outputs, log_probabilities, strict=True)
        )
        self.answer.finish(
            Outcome(
                best.text,
                best.reason,
                len(best.tokens),
                log_probabilities[0],
                alternatives=alternatives if len(alternatives) > 1 else (),
            )
        )


class Watch(StoppingCriteria):
    """all_writings are the batch and those that wait behind it: a cancelled one ends at once wherever it stands."""

    def __init__(self, part: Part, batch: Sequence[Writing], all_writings: Sequence[Writing], admit: Admit) -> None:
        self._part, self._batch, self._all, self._admit = part, batch, all_writings, admit
        self._urgent = any(writing.answer.request.urgent for writing in batch)

    def __call__(self, input_ids: torch.Tensor, scores: object, **kwargs: object) -> torch.Tensor:
        """True for the rows that are over. Beam search shows several candidates for each source, best first."""
        candidates = len(input_ids) // len(self._batch)
        done: list[bool] = []
        for index, writing in enumerate(self._batch):
            writing.answer.first_token()
            if writing.beams == 1 and not writing.ended and input_ids.shape[1] > len(writing.start):
                writing.take(int(input_ids[index, -1]))
        # Urgent work interrupts a patient batch, and is not interrupted in turn: the first come is the first done.
        if new := self._admit(0 if self._urgent else self._part.rows):
            isolated(self._part.write, new, lambda limit: self._admit(0))
        for writing in self._all:
            writing.drop_cancelled()
        for writing in self._batch:
            done += [writing.ended] * candidates
        return torch.tensor(done, device=input_ids.device)


class SeededRows(LogitsProcessor):
    """Chooses each row's next token by its own options and seed: all other tokens become impossible."""

    def __init__(self, batch: Sequence[Writing], device: torch.device) -> None:
        self._choosers = [Chooser(writing.answer.options, device) for writing in batch]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        chosen = [chooser.choose(ids, row) for chooser, ids, row in zip(self._choosers, input_ids, scores, strict=True)]
        index = torch.tensor(chosen, device=scores.device)[:, None]
        return torch.full_like(scores, -torch.inf).scatter(1, index, 0.0)
