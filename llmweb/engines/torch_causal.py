"""Decoder-only models: many answers written side by side, and log-likelihoods of given texts.

Answers that start together are decoded as one cohort; urgent cohorts go before the others, step by step.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import torch
from jinja2 import TemplateError
from transformers import AutoModelForCausalLM

from llmweb.engines.answer import Answer, Outcome
from llmweb.engines.debias import biased, debiased
from llmweb.engines.part import Admit, Part
from llmweb.engines.token_text import TokenText
from llmweb.engines.torch_loading import load_model
from llmweb.engines.torch_rows import Rows
from llmweb.engines.torch_sampling import Chooser
from llmweb.engines.torch_scores import Placed, token_logprobs
from llmweb.errors import BadInput, Unsupported
from llmweb.types import (
    LoglikelihoodRequest,
    Message,
    ModelSpec,
    Precision,
    Prompt,
    Request,
    StopReason,
    Task,
    TokenLogprob,
)


class Causal(Part):
    tasks: frozenset[Task] = frozenset({"generate", "loglikelihood"})
    abilities = frozenset({"sampling", "top", "debias"})

    def __init__(self, folder: Path, spec: ModelSpec, precision: Precision) -> None:
        self.loaded = load_model(folder, AutoModelForCausalLM, precision)
        if getattr(self.loaded.model, "_is_stateful", False):
            raise Unsupported(f"{spec.id} keeps a running state instead of attending; the transformers engine cannot.")
        self.context_tokens = self.loaded.positions or spec.context_tokens
        self.ends = self.loaded.end_tokens

    def count(self, prompt: Prompt) -> int:
        return len(self.ids(prompt))

    def check(self, request: Request) -> None:
        options = request.options
        if options.schema:
            raise Unsupported("JSON schemas need the openvino engine: choose a model it runs.")
        if options.beams > 1 or options.alternatives > 1:
            raise Unsupported("Beams and alternatives need an encoder-decoder model. Set both to 1.")
        self._fit(self.ids(biased(request.prompt, options.debias), request.prefix))

    def ids(self, prompt: Prompt, prefix: str = "") -> list[int]:
        """Never empty: a text that begins from nothing begins with the token that opens (or ends) every text."""
        text = prompt if isinstance(prompt, str) else self._rendered(prompt)
        ids = self.loaded.encode(text + prefix, special=isinstance(prompt, str))
        return ids or [self.loaded.first_token]

    def _rendered(self, prompt: tuple[Message, ...]) -> str:
        if not self.loaded.template_sha256:
            raise Unsupported("This model has no chat template: it completes plain text. Send the prompt as one text.")
        messages = [{"role": message.role, "content": message.text} for message in prompt]
        try:
            with self.loaded.tokenizing:
                return str(
                    self.loaded.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
                )
        except TemplateError as error:
            raise BadInput(f"This model's chat template refuses these messages: {error}") from error

    def _fit(self, ids: Sequence[int]) -> None:
        if len(ids) >= self.context_tokens:
            raise BadInput(
                f"The prompt has {len(ids):,} tokens; this model reads {self.context_tokens:,}, "
                "its answer included. Shorten it."
            )

    @torch.inference_mode()
    def write(self, answers: Sequence[Answer], admit: Admit) -> None:
        cohorts = self._cohorts(answers)
        while cohorts:
            urgent_rows = sum(len(cohort.lines) for cohort in cohorts if cohort.urgent)
            if new := admit(self.rows - urgent_rows):
                cohorts += self._cohorts(new)
            urgent = any(cohort.urgent for cohort in cohorts)
            cohorts = [rest for cohort in cohorts for rest in self._step(cohort, paused=urgent and not cohort.urgent)]

    def _cohorts(self, answers: Sequence[Answer]) -> list["Cohort"]:
        """One, or as many as it takes so that the error of one answer does not end the others."""
        try:
            return [Cohort(self, answers)]
        except Exception as error:  # whatever went wrong is told to the answer it belongs to
            if len(answers) == 1:
                answers[0].fail(error)
                return []
            return [cohort for answer in answers for cohort in self._cohorts([answer])]

    def _step(self, cohort: "Cohort", paused: bool) -> list["Cohort"]:
        """What is left of the cohort after a step. One that fails starts again as cohorts of one."""
        cohort.drop_cancelled()
        try:
            if cohort.lines and not paused:
                cohort.step()
        except Exception as error:  # as above; what was shown already cannot start again
            for line in cohort.lines:
                if line.answer.begun or len(cohort.lines) == 1:
                    line.answer.fail(error)
            again = [line.answer for line in cohort.lines if not line.answer.ended]
            return [single for answer in again for single in self._cohorts([answer])]
        return [cohort] if cohort.lines else []

    @torch.inference_mode()
    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> list[tuple[TokenLogprob, ...]]:
        return token_logprobs(self.loaded, [self._placed(request) for request in requests], cancelled)

    def _placed(self, request: LoglikelihoodRequest) -> Placed:
        """The text begins where the tokens of prompt and text part from those of the prompt alone.

        So it is done by lm-evaluation-harness too; a token that spans the border counts as text.
        """
        special = isinstance(request.prompt, str)
        prompt = request.prompt if isinstance(request.prompt, str) else self._rendered(request.prompt)
        before = self.loaded.encode(prompt, special)
        row = self.loaded.encode(prompt + request.text, special)
        begin = next(
            (at for at, (one, other) in enumerate(zip(before, row, strict=False)) if one != other), len(before)
        )
        begin = min(begin, len(row))
        beside: list[int] = []
        if request.debias:
            beside = self.ids(biased(request.prompt, request.debias))
            beside = beside[: len(beside) - (len(before) - begin)] + row[begin:]
        if begin == 0:
            row, begin = [self.loaded.first_token, *row], 1
        self._fit(max(row, beside, key=len)[:-1])
        return Placed(request, row, begin, beside)


class Line:
    """One answer of a cohort, its chooser and its text. beside is the biased prompt; empty: nothing is debiased."""

    def __init__(self, part: Causal, answer: Answer) -> None:
        request, options = answer.request, answer.options
        self.answer = answer
        self.prompt = part.ids(request.prompt, request.prefix)
        self.beside = part.ids(biased(request.prompt, options.debias), request.prefix) if options.debias else []
        self.limit = min(options.max_tokens, part.context_tokens - max(len(self.prompt), len(self.beside)))
        self.chooser = Chooser(options, part.loaded.device)
        continues = isinstance(request.prompt, str) or request.prefix
        self.text = TokenText(part.loaded.decode, options.stop, self.prompt if continues else ())
        self.tokens_out, self.log_probability = 0, 0.0
        self._ends = part.ends
        answer.begin(len(self.prompt))

    def take(self, token: int, log_probability: float) -> None:
        self.answer.first_token()
        self.tokens_out += 1
        self.log_probability += log_probability
        if token in self._ends:
            self.end("end")
            return
        self.answer.write(self.text.add(token))
        if self.text.stopped:
            self.end("stop_string")
        elif self.tokens_out >= self.limit:
            self.end("length")

    def end(self, reason: StopReason) -> None:
        self.text.end()
        told = self.log_probability if self.tokens_out else None
        self.answer.finish(Outcome(self.text.text, reason, self.tokens_out, told))


class Cohort:
    """Answers decoded in step. Those that end leave; nothing joins. Behind the rows of all lines stand, in their order,
    the biased rows of those that debias: they take the same tokens.
    """

    def __init__(self, part: Causal, answers: Sequence[Answer]) -> None:
        self.urgent = any(answer.request.urgent for answer in answers)
        self.lines = [Line(part, answer) for answer in answers]
        prompts = [line.prompt for line in self.lines] + [line.beside for line in self.lines if line.beside]
        self._rows = Rows(part.loaded.model, prompts, part.loaded.device)

    def step(self) -> None:
        """Read a chunk of the prompts, or write one token of each answer."""
        logits = self._rows.advance()[:, -1]
        if self._rows.unread:
            return
        beside = self._beside
        for index, row in beside.items():
            logits[index] = debiased(logits[index], logits[row])
        log_probabilities = logits.log_softmax(dim=-1)
        tokens = []
        for index, line in enumerate(self.lines):
            token = line.chooser.choose(self._rows.of(index), logits[index])
            line.take(token, float(log_probabilities[index, token]))
            tokens.append(token)
        self._rows.append([*tokens, *(tokens[index] for index in beside)])
        self._keep()

    @property
    def _beside(self) -> dict[int, int]:
        """The biased row of each line that has one."""
        debiasing = [index for index, line in enumerate(self.lines) if line.beside]
        return {index: len(self.lines) + place for place, index in enumerate(debiasing)}

    def drop_cancelled(self) -> None:
        for line in self.lines:
            if line.answer.cancelled:
                line.end("cancelled")
        self._keep()

    def _keep(self) -> None:
        kept = [index for index, line in enumerate(self.lines) if not line.answer.ended]
        if kept and len(kept) < len(self.lines):
            self._rows.select([*kept, *(row for index, row in self._beside.items() if index in kept)])
        self.lines = [self.lines[index] for index in kept]
