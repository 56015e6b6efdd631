"""How probable each token of an answer, or of what was asked, is to the model that wrote it or to any other.

The prompt is the one of a chat; of the other features, whose own prompts are many and not kept, the text that was
worked on. How it looks is pages/lens.py's.
"""

from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import Literal

from llmweb import chat
from llmweb.errors import BadInput, Unsupported
from llmweb.history import Entry, History
from llmweb.live import Setup, prompt_of, raw, setup_from
from llmweb.runtime import Runtime
from llmweb.types import LoglikelihoodRequest, ModelSpec, Options, Precision, Prompt, TokenLogprob

Part = Literal["answer", "prompt"]
ALTERNATIVES = 10
ALONE = "Your text, read by itself: neither the chat template nor what was said before stands in front of it."
FOLLOWS = "Read as what follows the source text: the feature's own prompts are not part of it."


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and its tokens as one model reads it after what came before; note says where that is not all there was."""

    model: str
    precision: Precision
    text: str
    tokens: tuple[TokenLogprob, ...]
    note: str = ""


def readers(runtime: Runtime, feature: str) -> list[ModelSpec]:
    """The models on this machine that tell log-probabilities of a feature's texts."""
    able = (spec for spec in runtime.catalog.for_task("loglikelihood") if runtime.ready(spec.id))
    return [spec for spec in able if not spec.encoder_decoder or (feature == "translate" and "translate" in spec.tasks)]


def read(runtime: Runtime, history: History, entry_id: str, part: Part, model: str) -> Reading:
    """model "" is the one that wrote the answer. Loads it where it must.

    Raises NotFound, UnknownModel, BadInput where text and prompt exceed its context, and Unsupported, naming models
    that can, where it tells no log-probabilities.
    """
    thread = history.branch_to(entry_id)
    answer, feature = thread[-1], history.chat(thread[-1].chat_id).feature
    if answer.role != "assistant" or len(thread) < 2 or not answer.text:
        raise BadInput("There is no text to read. Choose an answer.")
    made = answer.completion
    if not model and made is None:
        raise BadInput("No model wrote this text. Choose one to read it with.")
    model = model or (made.identity.model if made else "")
    _check_able(runtime, model, feature)
    offered = runtime.precisions(model)
    precision = made.identity.precision if made and made.identity.precision in offered else offered[0]
    request, note = request_of(runtime, history, entry_id, part, model, precision)
    ((_, tokens),) = runtime.loglikelihood(model, [request], precision)
    return Reading(model, precision, request.text, _of_text(request, tokens), note)


def _of_text(request: LoglikelihoodRequest, tokens: tuple[TokenLogprob, ...]) -> tuple[TokenLogprob, ...]:
    """Without the white space that ends a plain prompt, which engines count to the text, as lm-evaluation-harness."""
    apart = isinstance(request.prompt, str) and request.prompt != request.prompt.rstrip()
    return tuple(dropwhile(lambda token: token.end == 0, tokens)) if apart else tokens


def _check_able(runtime: Runtime, model: str, feature: str) -> None:
    spec = runtime.catalog.find(model)
    if "loglikelihood" not in spec.tasks:
        able = ", ".join(each.name for each in readers(runtime, feature)) or "none that is on this machine yet"
        raise Unsupported(
            f"{spec.name} does not tell the probabilities of its tokens. Models that can read this text: {able}."
        )


def request_of(
    runtime: Runtime, history: History, entry_id: str, part: Part, model: str, precision: Precision
) -> tuple[LoglikelihoodRequest, str]:
    """What is read after what, and the note."""
    thread = history.branch_to(entry_id)
    *_, asked, answer = thread
    if part == "prompt":
        return LoglikelihoodRequest("", asked.text, ALTERNATIVES), ALONE
    feature, record = history.chat(answer.chat_id).feature, history.setup(answer.chat_id)
    if feature == "chat":
        setup = setup_from(record) if record else Setup(model)
        options = answer.completion.options if answer.completion else Options()
        fitted = replace(options, precision=precision)
        prompt, _ = chat.fit(runtime, model, prompt_of(thread[:-1], setup), fitted)
        own = answer.completion is not None and answer.completion.identity.model == model
        debias = options.debias if own else ""  # as the one that wrote it weighed its tokens
        return LoglikelihoodRequest(prompt, raw(answer), ALTERNATIVES, debias=debias), ""
    if feature == "translate" and "translate" in runtime.catalog.find(model).tasks:
        pair = {"source": record.get("from", ""), "target": record.get("to", "")}
        return LoglikelihoodRequest(asked.text, answer.text, ALTERNATIVES, **pair), ""
    return LoglikelihoodRequest(_before(asked, record), answer.text, ALTERNATIVES), FOLLOWS


def _before(asked: Entry, record: dict[str, object]) -> Prompt:
    """The passages that were read, the text or the question."""
    stored = record.get("answer")
    passages = stored.get("passages", ()) if isinstance(stored, dict) else ()
    return "\n\n".join([*(str(passage["text"]) for passage in passages), asked.text, ""])
