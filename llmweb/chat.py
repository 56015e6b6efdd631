"""Chat and plain generation: fit the turns into the context, stream the answer, keep its thinking apart.

What is stored is history.py's; answers that outlive a page are live.py's.
"""

import json
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import count
from threading import Event

from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from llmweb.types import Completion, Delta, Message, Options, Phase, Prompt, Request

PRESETS: dict[str, Options] = {
    "Precise": Options(),  # the pages' default: the default model follows most instructions so (tests/bench/presets.py)
    # Small models lose the thread above this: at 0.7 the default one no longer named the capital of France.
    "Balanced": Options(temperature=0.2, top_p=0.9),
    "Creative": Options(temperature=1.0, min_p=0.05, repetition_penalty=1.05),
}
"""Named sampling presets. Precise is greedy; min_p as in Nguyen et al. 2024, "Turning Up the Heat"."""

MAX_PROMPT_CHARACTERS = 2_000_000
MAX_STOP_STRINGS = 16


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer so far. thinking is what stood between <think> and </think>; dropped are the turns that did not fit.

    completion is there once the answer has ended; note, progress and queue_position say what it waits for.
    """

    text: str = ""
    thinking: str = ""
    dropped: tuple[Message, ...] = ()
    phase: Phase = "queued"
    note: str = ""
    progress: float | None = None
    queue_position: int | None = None
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Gauge:
    """Tokens: used by what is sent, reserved for the answer, and the context they must fit in; what was left out."""

    used: int
    reserved: int
    context: int
    dropped: tuple[Message, ...]
    tokens_dropped: int


def reply(runtime: Runtime, model: str, prompt: Prompt, options: Options = PRESETS["Precise"]) -> Turn:
    """The whole answer. Raises UserError."""
    *_, turn = reply_steps(runtime, model, prompt, options)
    return turn


def varied(options: Options, used: Collection[Options]) -> Options:
    """The options, or where they are among used, the like with the next seed; greedy ones sample as Balanced does."""
    if options not in used:
        return options
    balanced = PRESETS["Balanced"]
    if not options.temperature:
        options = replace(options, temperature=balanced.temperature, top_p=balanced.top_p, min_p=balanced.min_p)
    return next(each for each in (replace(options, seed=options.seed + n) for n in count(1)) if each not in used)


def reply_steps(
    runtime: Runtime,
    model: str,
    prompt: Prompt,
    options: Options,
    prefix: str = "",
    cancelled: Event | None = None,
) -> Iterator[Turn]:
    """The answer as it grows; the last one carries the completion, unless it was cancelled before the model was loaded.

    messages are answered, a str is completed as it stands; a model without a chat template completes the messages as
    one text. prefix is an answer to continue: the turns begin with it. Closing the iterator cancels. Raises BadInput
    when even the last message does not fit, and what the runtime raises.
    """
    check_options(options)
    check_prompt(prompt)
    turn = Turn(*_parted(prefix))
    for delta in runtime.loading(model, options.precision, cancelled):
        turn = _waiting(turn, delta)
        yield turn
    if cancelled is not None and cancelled.is_set():
        return
    sent, gauge = fit(runtime, model, prompt, options, prefix)
    raw, turn = prefix, replace(turn, dropped=gauge.dropped)
    for delta in runtime.run(model, [Request("generate", sent, options, prefix)], cancelled):
        if delta.error is not None:
            raise delta.error
        raw += delta.text
        text, thinking = _parted(raw)
        turn = replace(_waiting(turn, delta), text=text, thinking=thinking)
        if delta.completion is not None:
            usage = replace(delta.completion.usage, tokens_dropped=gauge.tokens_dropped)
            turn = replace(turn, completion=replace(delta.completion, usage=usage))
        yield turn


def fit(runtime: Runtime, model: str, prompt: Prompt, options: Options, prefix: str = "") -> tuple[Prompt, Gauge]:
    """Leave out the oldest turns, never the system prompt nor the last message, until prompt and answer fit.

    Loads the model. Raises BadInput, with the figures, when what must stay is too long.
    """
    context = runtime.context_tokens(model, options.precision)
    reserved = options.max_tokens + (runtime.count(model, prefix, options.precision) if prefix else 0)
    messages = () if isinstance(prompt, str) else prompt
    system = tuple(message for message in messages if message.role == "system")
    turns = tuple(message for message in messages if message.role != "system")
    instruct = runtime.catalog.find(model).instruct

    def kept(start: int) -> Prompt:
        if isinstance(prompt, str):
            return prompt
        return system + turns[start:] if instruct else "".join(turn.text for turn in system + turns[start:])

    def size(start: int) -> int:
        return runtime.count(model, kept(start), options.precision)

    starts = [0, *(index for index, turn in enumerate(turns) if turn.role == "user" and index)]
    chosen = bisect_left(starts, True, key=lambda start: size(start) + reserved <= context)
    if chosen == len(starts):
        raise BadInput(
            f"Your text needs {size(starts[-1]):,} tokens and {reserved:,} are reserved for the answer; {model} reads "
            f"{context:,} in all. Shorten the text or the system prompt, or lower the longest answer under Options."
        )
    start = starts[chosen]
    used = size(start)
    return kept(start), Gauge(used, reserved, context, turns[:start], size(0) - used if start else 0)


def check_options(options: Options) -> None:
    """Raises BadInput, naming the option, its value and its range."""
    ranges: dict[str, tuple[float, float, float]] = {
        "precision": (options.precision in ("exact", "fast"), True, True),
        "longest answer": (options.max_tokens, 1, 32_768),
        "temperature": (options.temperature, 0, 5),
        "top-p": (options.top_p, 0.01, 1),
        "top-k": (options.top_k, 0, 1_000_000),
        "min-p": (options.min_p, 0, 1),
        "repetition penalty": (options.repetition_penalty, 0.5, 3),
        "seed": (options.seed, 0, 2**32 - 1),
        "beams": (options.beams, 1, 16),
        "alternatives": (options.alternatives, 1, 16),
        "number of stop strings": (len(options.stop), 0, MAX_STOP_STRINGS),
    }
    for name, (value, low, high) in ranges.items():
        if not low <= value <= high:
            raise BadInput(f"The {name} is {value}; it must be between {low:,} and {high:,}.")
    if options.schema:
        check_schema(options.schema)


def check_schema(schema: str) -> None:
    """Raises BadInput unless the text is a JSON object, as a JSON Schema is."""
    try:
        parsed = json.loads(schema)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"The JSON schema is not JSON: {error.msg} at line {error.lineno}, column {error.colno}. "
            'Write something like {"type": "object", "properties": {"name": {"type": "string"}}}.'
        ) from error
    if not isinstance(parsed, dict):
        raise BadInput('A JSON schema is an object in braces, such as {"type": "object"}.')


def check_prompt(prompt: Prompt) -> None:
    """Raises BadInput unless there is a text to answer or complete."""
    texts = [prompt] if isinstance(prompt, str) else [message.text for message in prompt]
    if not texts or not texts[-1].strip() or (not isinstance(prompt, str) and prompt[-1].role != "user"):
        raise BadInput("There is no message to answer. Write one first.")
    if sum(map(len, texts)) > MAX_PROMPT_CHARACTERS:
        raise BadInput(
            f"That is more than {MAX_PROMPT_CHARACTERS:,} characters. Shorten it, or ask about it as a file."
        )
    if any("\0" in text for text in texts):
        raise BadInput("The message contains NUL characters, so it is probably not text. Paste text.")


def _parted(raw: str) -> tuple[str, str]:
    """(answer, thinking). Templates may open the thinking in the prompt, so that only its end stands in the text."""
    head, closed, tail = raw.partition("</think>")
    if closed:
        return tail.lstrip(), head.strip().removeprefix("<think>").strip()
    if raw.lstrip().startswith("<think>"):
        return "", raw.lstrip().removeprefix("<think>").lstrip()
    return raw, ""


def _waiting(turn: Turn, delta: Delta) -> Turn:
    return replace(
        turn, phase=delta.phase, note=delta.note, progress=delta.progress, queue_position=delta.queue_position
    )
