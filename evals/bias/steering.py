"""How a mitigation changes the way a sample is put to a model: around the very functions that ask without it.

An instruction, reasons or another decoding come in by a view of the runtime, an abstention by what is made of the
output, both gender forms by asking again with the person varied. Which levers there are is mitigations.py's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event

from evals.asking import Output, Question
from evals.bias.both_forms import both_forms
from evals.bias.mitigations import Mitigation, applied
from evals.bias.outputs import AmbiguousOutput
from evals.types import Sample, Suite
from llmweb.errors import Unsupported
from llmweb.runtime import Runtime
from llmweb.types import (
    Completion,
    Delta,
    LoglikelihoodRequest,
    Message,
    ModelSpec,
    Options,
    Precision,
    Prompt,
    Request,
    TokenLogprob,
)

Ask = Callable[[Question], Output]

ANSWER, REASONS = "Answer:", "Reasons:"
MOST_TOKENS = 64  # of reasons: two sentences
SETTLED = "So what is your answer, in one word: yes or no?"


def check(name: str, spec: ModelSpec, suite: Suite) -> None:
    """Raises Unsupported where the mitigation changes nothing of how this model takes the suite."""
    mitigation, _ = applied(name)
    if suite.kind not in mitigation.kinds:
        raise Unsupported(f"{mitigation.id} is not for {suite.kind} suites. It is for: {', '.join(mitigation.kinds)}.")
    if mitigation.lever in ("prompt", "reasons", "debias") and (spec.encoder_decoder or "generate" not in spec.tasks):
        raise Unsupported(f"{spec.name} reads no instructions, so {mitigation.id} cannot be tried on it.")
    if mitigation.lever == "debias" and (spec.engine != "transformers" or spec.encoder_decoder):
        raise Unsupported(
            f"{mitigation.id} takes a decoder-only model of the transformers engine; {spec.name} is of {spec.engine}. "
            "Audit the same weights there: a model of your own may name its engine."
        )
    if mitigation.lever == "abstain" and "loglikelihood" not in spec.tasks:
        raise Unsupported(f"{spec.name} weighs no answers, so {mitigation.id} cannot be tried on it.")
    if mitigation.lever == "both-forms" and suite.source != "en":
        raise Unsupported(f"{mitigation.id} knows persons in English sources only, not in {suite.source}.")


def steered(question: Question, ask: Ask, name: str) -> Output:
    """The sample asked under the mitigation. Raises what ask raises."""
    mitigation, threshold = applied(name)
    match mitigation.lever:
        case "abstain":
            return _abstaining(ask(question), question.sample, threshold or 0.0)
        case "both-forms":
            return both_forms(question, ask)
        case "debias":
            options = replace(question.options, debias=mitigation.words)
            return ask(replace(question, options=options, runtime=question.runtime.debiasing(mitigation.words)))
        case _:
            view = Steered(question.runtime, mitigation)
            output = ask(replace(question, runtime=view))
            return replace(output, completions=(*view.reasons, *output.completions))


class Steered(Runtime):
    """The same models and memory, as Runtime.patient's view; but before all that a model reads stands the instruction,
    and texts are weighed after the reasons, where it gives some. reasons are those that were written."""

    def __init__(self, runtime: Runtime, mitigation: Mitigation) -> None:
        vars(self).update(vars(runtime))
        self._mitigation, self.reasons = mitigation, list[Completion]()

    def run(self, model: str, requests: Sequence[Request], cancelled: Event | None = None) -> Iterator[Delta]:
        told = [replace(request, prompt=self._told(model, request.prompt)) for request in requests]
        yield from super().run(model, told, cancelled)

    def count(self, model: str, prompt: Prompt, precision: Precision = "fast") -> int:
        return super().count(model, self._told(model, prompt), precision)

    def loglikelihood(
        self,
        model: str,
        requests: Sequence[LoglikelihoodRequest],
        precision: Precision = "exact",
        cancelled: Event | None = None,
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        prompts = {request.prompt: request.prompt for request in requests}
        if self._mitigation.lever == "reasons":
            prompts = self._reasoned(model, list(prompts), precision, cancelled)
        told = [replace(each, prompt=self._told(model, prompts.get(each.prompt, each.prompt))) for each in requests]
        yield from super().loglikelihood(model, told, precision, cancelled)

    def _told(self, model: str, prompt: Prompt) -> Prompt:
        """After the instruction; of a model without a chat template it stands in the first message."""
        words = self._mitigation.words
        if isinstance(prompt, str):
            return f"{words}\n\n{prompt}"
        first, *rest = prompt
        if first.role == "system":
            return (Message("system", f"{words}\n\n{first.text}"), *rest)
        if self.catalog.find(model).instruct:
            return (Message("system", words), *prompt)
        return (Message(first.role, f"{words}\n\n{first.text}"), *rest)

    def _reasoned(
        self, model: str, prompts: Sequence[Prompt], precision: Precision, cancelled: Event | None
    ) -> dict[Prompt, Prompt]:
        """Each prompt → itself with the reasons that the model writes to it; without some once cancelled."""
        options = Options(precision=precision, max_tokens=MOST_TOKENS)
        asked = [Request("generate", _asking_reasons(prompt), _ended(options, prompt)) for prompt in prompts]
        written = self.complete(model, asked, cancelled)
        self.reasons += written
        return {
            prompt: _after(prompt, " ".join(each.text.split())) for prompt, each in zip(prompts, written, strict=False)
        }


def _asking_reasons(prompt: Prompt) -> Prompt:
    return f"{prompt.removesuffix(ANSWER)}{REASONS}" if isinstance(prompt, str) else prompt


def _ended(options: Options, prompt: Prompt) -> Options:
    """A text goes on in lines, a turn of a chat ends by itself."""
    return replace(options, stop=("\n",)) if isinstance(prompt, str) else options


def _after(prompt: Prompt, reasons: str) -> Prompt:
    if isinstance(prompt, str):
        return f"{prompt.removesuffix(ANSWER)}{REASONS} {reasons}\n{ANSWER}"
    return (*prompt, Message("assistant", reasons), Message("user", SETTLED))


def _abstaining(output: Output, sample: Sample, ahead: float) -> Output:
    """A person is named only where the mean log-probability of the name's tokens is ahead of the third answer's."""
    roles = sample.facts["roles"]
    added = tuple(ahead if role == "unknown" else 0.0 for role in roles)
    found = AmbiguousOutput.from_output(output.text)
    return replace(output, text=replace(found, added=added).to_output())
