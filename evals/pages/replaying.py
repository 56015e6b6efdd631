"""How an answer was made, as a card that can be copied, and its replay → HTML. Making it again is replay.py's."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from html import escape

from evals.replay import Compared, compared, replay_steps
from evals.turns import Again
from llmweb.errors import BadInput, UserError
from llmweb.history import Entry, History
from llmweb.pages.parts import (
    Action,
    AnswerAction,
    Answered,
    action_html,
    banner_html,
    error_html,
    progress_html,
)
from llmweb.runtime import Runtime
from llmweb.types import Completion

TITLE = "Model, weights, engine, options and tokens; and whether it comes out the same again"
AROUND = 40
UPDATE_SECONDS = 0.25


def made_action(runtime: Runtime) -> AnswerAction:
    def run(answered: Answered) -> Iterator[str]:
        history, entry = answered.history, answered.history.entry(answered.entry_id)
        if entry.completion is None:
            raise BadInput("No model wrote this text: it was written or corrected by you.")
        card = card_html(entry, entry.completion)
        yield card
        if answered.at == "replay":
            yield from (card + said for said in _replayed(runtime, history, entry))

    return AnswerAction("made", "How it was made", TITLE, run)


def _replayed(runtime: Runtime, history: History, entry: Entry) -> Iterator[str]:
    """The progress, then the verdict or the error; the card above stays."""
    began = shown = time.monotonic()
    again = Again()
    yield progress_html("Replaying")
    try:
        for again in replay_steps(runtime, history, entry.id):
            if (now := time.monotonic()) - shown > UPDATE_SECONDS:
                shown = now
                share = min(1.0, len(again.text) / max(1, len(entry.text)))
                yield progress_html("Replaying", seconds=now - began, share=share if again.text else None)
        yield compared_html(compared(entry, again, history.chat(entry.chat_id).feature))
    except UserError as error:
        yield error_html(error)


def card_html(entry: Entry, completion: Completion) -> str:
    """Everything the completion says of itself, but for its texts."""
    facts = _facts(completion)
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    copied = json.dumps(
        {"entry": entry.id, "created": entry.created, **asdict(completion)}, ensure_ascii=False, indent=2
    )
    copy = f'<button type="button" class="quiet" data-copy="{escape(copied)}">Copy as JSON</button>'
    replay = action_html(Action("made", "Replay", "Make it again, and compare the two"), f"{entry.id}:replay")
    return (
        f'<section class="made" aria-label="How it was made"><dl class="facts figures">{rows}</dl>'
        f'<div class="actions">{copy}{replay}</div></section>'
    )


def _facts(completion: Completion) -> dict[str, str]:
    """What is unknown is said to be; options that are off are told with the others."""
    identity, usage = completion.identity, completion.usage
    speed, first = usage.tokens_per_second, usage.seconds_to_first_token
    cached = "how many of them cached is not told" if usage.tokens_cached is None else f"{usage.tokens_cached:,} cached"
    facts = {
        "Model": identity.model,
        "Weights": f"SHA-256 {identity.weights_sha256}" if identity.weights_sha256 else "n/a",
        "Revision": identity.revision or "n/a",
        "Engine": f"{identity.engine} {identity.engine_version}, {identity.precision}",
        "Chat template": f"SHA-256 {identity.template_sha256}" if identity.template_sha256 else "none",
        "Tokens read": f"{usage.tokens_in:,}, {cached}; {usage.tokens_dropped:,} left out to fit",
        "Tokens written": f"{usage.tokens_out:,}, then {_ended(completion)}",
        "Time": f"{usage.seconds:.2f} s, waited {usage.seconds_queued:.2f} s before"
        + (f", first token after {first:.2f} s" if first is not None else "")
        + (f", {speed:,.0f} tokens/s" if speed is not None else ""),
        "Log-probability": "n/a" if completion.log_probability is None else f"{completion.log_probability:.3f}",
    }
    options = asdict(completion.options)
    facts["Options"] = ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in options.items())
    return facts


def _ended(completion: Completion) -> str:
    return {
        "end": "it ended by itself",
        "stop_string": "a stop string came",
        "length": "the longest answer was reached",
        "cancelled": "it was stopped",
    }[completion.stop_reason]


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(repr, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def compared_html(found: Compared) -> str:
    """Identical, or the first character that differs and why it may."""
    if found.place is None:
        words = "Identical: the replay wrote the same text, character by character."
        stopped = "" if found.whole else " It was stopped then: compared as far as it had come."
        return banner_html(f"{words}{stopped}", kind="note")
    first = f"Different from character {found.place + 1:,} of {len(found.before):,} on."
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in found.reasons)
    return (
        f"{banner_html(first, kind='note')}<dl class='facts'><dt>Then</dt><dd>{_at(found.before, found.place)}</dd>"
        f"<dt>Now</dt><dd>{_at(found.after, found.place)}</dd></dl><p>Why it may differ:</p><ul>{reasons}</ul>"
    )


def _at(text: str, place: int) -> str:
    """The surroundings of a place, what comes from there on marked."""
    before, after = text[max(0, place - AROUND) : place], text[place : place + AROUND]
    cut = "…" if place > AROUND else "", "…" if place + AROUND < len(text) else ""
    end = f'<mark class="differs">{escape(after)}</mark>' if after else '<span class="faint">(it ends here)</span>'
    return f'<span dir="auto">{cut[0]}{escape(before)}{end}{cut[1]}</span>'
