"""Encoder-decoder models (Marian, NLLB, M2M100, T5, BART): sources of alike length share a batch.

Writing is transformers' generate, watched step by step; log-probabilities are those of a forward pass over what was
written, so that an n-best list and loglikelihood tell the same numbers.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from llmweb.engines.answer import Answer
from llmweb.engines.language_codes import closest, codes_of
from llmweb.engines.part import Admit, Part
from llmweb.engines.torch_loading import load_model
from llmweb.engines.torch_scores import Scored, described, score
from llmweb.engines.torch_watch import SeededRows, Watch, Writing
from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.types import (
    LoglikelihoodRequest,
    ModelSpec,
    Options,
    Precision,
    Prompt,
    Request,
    Task,
    TokenLogprob,
)

ROWS = 16  # sources in one batch
BATCH_TOKENS = 2048  # padded source tokens times beams in one batch
LOGITS = 2**26  # numbers held at once while scoring: 256 MB


class Seq2Seq(Part):
    abilities = frozenset({"sampling", "beams", "alternatives", "top"})
    rows = 2 * ROWS  # taken together, then sorted by length

    def __init__(self, folder: Path, spec: ModelSpec, precision: Precision) -> None:
        self.loaded = load_model(folder, AutoModelForSeq2SeqLM, precision)
        self._model: Any = self.loaded.model
        self.context_tokens = self.loaded.encoder_tokens(spec)
        self._codes = codes_of(self.loaded.tokenizer)
        self._pairs = spec.pairs
        able: set[Task] = {"generate", "loglikelihood"}
        self.tasks = frozenset(able | {"translate"} if self._codes or spec.pairs else able)
        config = self.loaded.model.generation_config
        if config is None:
            raise Unsupported(f"{spec.id} has no settings for writing text.")
        self._config: GenerationConfig = config

    def count(self, prompt: Prompt) -> int:
        return len(self.loaded.encode(_plain(prompt)))

    def check(self, request: Request) -> None:
        options = request.options
        if options.schema:
            raise Unsupported("JSON schemas need the openvino engine: choose a model it runs.")
        if options.temperature > 0 and max(options.beams, options.alternatives) > 1:
            raise Unsupported("Beams and alternatives are searched, not sampled. Set temperature to 0, or both to 1.")
        source = self._languages(request.task, request.source, request.target)[0]
        self._fit(self.loaded.encode(_plain(request.prompt), source=source))

    def alike(self, first: Request, other: Request) -> bool:
        """Rows may differ in what they read, in seed and in stop strings."""
        return replace(first.options, seed=0, stop=()) == replace(other.options, seed=0, stop=())

    @torch.inference_mode()
    def write(self, answers: Sequence[Answer], admit: Admit) -> None:
        writings = sorted((self._writing(answer) for answer in answers), key=lambda writing: len(writing.source))
        for batch in _batches(writings):
            waiting = [writing for writing in batch if not writing.drop_cancelled()]
            if waiting:
                self._write(waiting, Watch(self, waiting, writings, admit))

    @torch.inference_mode()
    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> list[tuple[TokenLogprob, ...]]:
        """The end of the text is not counted."""
        told = []
        for request in requests:
            if cancelled.is_set():
                raise CancelledError
            source, target = self._languages("loglikelihood", request.source, request.target)
            ids = self.loaded.encode(_plain(request.prompt), source=source)
            self._fit(ids)
            start = self._start(target)
            text = self.loaded.encode_target(request.text, target)
            self._fit([*start, *text])
            scored = self._score([ids], [[*start, *text]], len(start), request.top)[0]
            told.append(described(self.loaded, request.text, scored))
        return told

    def _writing(self, answer: Answer) -> Writing:
        request = answer.request
        source, target = self._languages(request.task, request.source, request.target)
        ids = self.loaded.encode(_plain(request.prompt), source=source)
        start = self._start(target)
        if request.prefix:
            start += self.loaded.encode_target(request.prefix, target)
        return Writing(answer, ids, start, self.loaded)

    def _languages(self, task: Task, source: str, target: str) -> tuple[str, str]:
        """The model's own codes, or ("", "") for a model that has none."""
        if self._codes:
            if not (source and target):
                raise UnsupportedPair("This model translates: name the source and the target language.")
            return closest(source, self._codes), closest(target, self._codes)
        if task == "translate" and (source, target) not in self._pairs:
            pairs = ", ".join(sorted(f"{one}→{other}" for one, other in self._pairs))
            raise UnsupportedPair(f"This model does not translate {source} → {target}. It translates {pairs}.")
        return "", ""

    def _start(self, target: str) -> list[int]:
        """What a text begins with before its first own token."""
        config = self._config
        start = config.decoder_start_token_id if config.decoder_start_token_id is not None else config.bos_token_id
        forced = self.loaded.language_token(target) if target else config.forced_bos_token_id
        return [int(start), *([] if forced is None else [int(forced)])]

    def _fit(self, ids: Sequence[int]) -> None:
        if len(ids) > self.context_tokens:
            raise BadInput(f"The text has {len(ids):,} tokens; this model reads {self.context_tokens:,}. Split it.")

    def _write(self, batch: Sequence[Writing], watch: Watch) -> None:
        options = batch[0].answer.options
        for writing in batch:
            writing.answer.begin(len(writing.source))
        ids, mask = self.loaded.padded([writing.source for writing in batch])
        choosing = [SeededRows(batch, self.loaded.device)] if options.temperature > 0 else []
        sequences = self._model.generate(
            input_ids=ids,
            attention_mask=mask,
            stopping_criteria=StoppingCriteriaList([watch]),
            logits_processor=LogitsProcessorList(choosing),
            **self._arguments(batch[0], len(batch), options),
        )
        written = [writing.outputs(rows) for writing, rows in zip(batch, _by_row(sequences, len(batch)), strict=True)]
        for writing, outputs in zip(batch, written, strict=True):
            if not writing.answer.ended:
                scored = self._score(
                    [writing.source] * len(outputs),
                    [[*writing.start, *output.tokens] for output in outputs],
                    len(writing.start),
                )
                writing.finish(outputs, [sum(token[1] for token in tokens) for tokens in scored])

    def _arguments(self, first: Writing, rows: int, options: Options) -> dict[str, object]:
        """What generate is told, beside the model's own generation settings, which hold otherwise."""
        positions = self.loaded.positions
        room = options.max_tokens if positions is None else min(options.max_tokens, positions - len(first.start))
        told: dict[str, object] = {
            "max_new_tokens": max(1, room),
            "min_length": min(self._config.min_length or 0, room),
            "num_beams": max(options.beams, options.alternatives),
            "num_return_sequences": options.alternatives,
            "do_sample": False,
        }
        if options.repetition_penalty != 1 and options.temperature == 0:
            told["repetition_penalty"] = options.repetition_penalty
        if first.answer.request.prefix:
            told["decoder_input_ids"] = torch.tensor([first.start], device=self.loaded.device).expand(rows, -1)
        elif len(first.start) > 1:
            told["forced_bos_token_id"] = first.start[1]
        return told

    def _score(
        self, sources: Sequence[list[int]], targets: Sequence[list[int]], begin: int, top: int = 0
    ) -> list[list[Scored]]:
        """Of targets[i][begin:], given what stands before it and sources[i]. Padding on the right is never attended."""
        vocabulary = self.loaded.config.get_text_config(decoder=True).vocab_size
        rows = max(1, LOGITS // (vocabulary * max(map(len, targets))))
        scored: list[list[Scored]] = []
        for at in range(0, len(targets), rows):
            ids, mask = self.loaded.padded(sources[at : at + rows])
            decoded, _ = self.loaded.padded(targets[at : at + rows])
            logits = self._model(
                input_ids=ids, attention_mask=mask, decoder_input_ids=decoded[:, :-1], use_cache=False
            ).logits.float()
            for row, target, wanted in zip(logits, targets[at : at + rows], decoded, strict=True):
                scored.append(score(row[begin - 1 : len(target) - 1], wanted[begin : len(target)], top))
        return scored


def _plain(prompt: Prompt) -> str:
    if isinstance(prompt, str):
        return prompt
    raise Unsupported("This model reads a text, not a conversation. Send the prompt as one text.")


def _by_row(sequences: torch.Tensor, rows: int) -> list[list[list[int]]]:
    """generate gives all outputs of the first row, then all of the second."""
    outputs: list[list[list[int]]] = sequences.reshape(rows, -1, sequences.shape[1]).tolist()
    return outputs


def _batches(writings: Sequence[Writing]) -> Iterator[list[Writing]]:
    """Sorted by length as they are: what begins alike shares a batch, up to ROWS sources and BATCH_TOKENS."""
    batch: list[Writing] = []
    for writing in sorted(writings, key=lambda writing: writing.start):
        beams = max(writing.answer.options.beams, writing.answer.options.alternatives)
        full = (len(batch) + 1) * len(writing.source) * beams > BATCH_TOKENS or len(batch) == ROWS
        if batch and (full or batch[0].start != writing.start):
            yield batch
            batch = []
        batch.append(writing)
    if batch:
        yield batch
