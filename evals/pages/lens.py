"""The token lens: a text coloured by how surprising each token was, and what else could have stood there → HTML.

Surprise is the negative binary logarithm of the probability (Shannon 1948). Reading is tokens.py's.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import exp, log

from evals import tokens
from evals.tokens import Part, Reading
from llmweb.errors import Unsupported, UserError
from llmweb.pages.parts import Action, AnswerAction, Answered, action_html, banner_html, error_html, progress_html
from llmweb.runtime import Runtime
from llmweb.types import TokenLogprob

TITLE = "Colour answer and prompt by how surprising each token was to a model"
LEVELS = (1.0, 3.0, 6.0, 10.0)  # bits; a token of 1 bit is as likely as not
LEVEL_WORDS = ("under 1 bit", "1 to 3", "3 to 6", "6 to 10", "over 10 bits")
MEANING = "Surprise: −log2 of a token's probability, in bits (Shannon 1948). 1 bit: as likely as not; 10: 1 in 1,024."
KEPT_READINGS = 16
HALF_CHARACTER = "\N{REPLACEMENT CHARACTER}"
PARTS: tuple[Part, ...] = ("answer", "prompt")

Key = tuple[str, str, Part, str]


@dataclass(frozen=True, slots=True)
class At:
    """What of an answer is read, by which model ("" who wrote it), and which token is chosen (-1 none). As it stands
    in a button's id: part|model|token, from the browser and so checked."""

    part: Part = "answer"
    model: str = ""
    token: int = -1

    def __str__(self) -> str:
        return f"{self.part}|{self.model}|{self.token}"


def at_from(text: str) -> At:
    part, _, rest = text.partition("|")
    model, _, token = rest.partition("|")
    return At(part if part == "prompt" else "answer", model, int(token) if token.isdecimal() else -1)  # type: ignore[arg-type]


class TokenLens:
    """Keeps the latest readings, so that a click on a token asks no model again."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._kept: OrderedDict[Key, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def action(self, feature: str) -> AnswerAction:
        """feature is whose answers they are: a chat can be continued from a token."""

        def run(answered: Answered) -> Iterator[str]:
            at = at_from(answered.at)
            entry = answered.history.entry(answered.entry_id)
            key = (entry.id, entry.text, at.part, at.model)
            written_by = entry.completion.identity.model if entry.completion else ""
            buttons = self._buttons_html(feature, entry.id, at, at.model or written_by)
            reading = self._kept.get(key)
            try:
                if reading is None:
                    yield f'<section class="lens" aria-label="Tokens">{progress_html("Reading")}{buttons}</section>'
                    reading = self._read(answered, at, key)
                shown = reading_html(reading, entry.id, at, feature == "chat")
            except UserError as error:
                words = banner_html(str(error), kind="note") if isinstance(error, Unsupported) else error_html(error)
                shown = words
            yield f'<section class="lens" aria-label="Tokens">{shown}{buttons}</section>'

        return AnswerAction("lens", "Tokens", TITLE, run)

    def _read(self, answered: Answered, at: At, key: Key) -> Reading:
        reading = tokens.read(self.runtime, answered.history, answered.entry_id, at.part, at.model)
        with self._lock:
            self._kept[key] = reading
            while len(self._kept) > KEPT_READINGS:
                self._kept.popitem(last=False)
        return reading

    def _buttons_html(self, feature: str, entry_id: str, at: At, reader: str) -> str:
        """The other part of the conversation, and the other models it can be read by."""
        other: Part = "prompt" if at.part == "answer" else "answer"
        label = "Colour the prompt" if other == "prompt" else "Colour the answer"
        shown = [action_html(Action("lens", label), f"{entry_id}:{At(other, at.model)}")]
        able = [spec for spec in tokens.readers(self.runtime, feature) if spec.id != reader]
        shown += [
            action_html(Action("lens", f"Read by {spec.name}"), f"{entry_id}:{At(at.part, spec.id)}") for spec in able
        ]
        return f'<div class="actions">{"".join(shown)}</div>'


def reading_html(reading: Reading, entry_id: str, at: At, branches: bool) -> str:
    """The coloured text, its legend, and the chosen token; branches: a chat can go on from one of its answer."""
    count = len(reading.tokens)
    bits = sum(map(surprise, reading.tokens)) / count if count else 0.0
    words = f"{bits:.2f} bits a token, n = {count:,} · read by {reading.model}, {reading.precision}"
    text = "".join(
        _token_html(token, f"{entry_id}:{At(at.part, at.model, place)}", place == at.token, place == max(0, at.token))
        for place, token in enumerate(reading.tokens)
    )
    note = f'<p class="faint">{escape(reading.note)}</p>' if reading.note else ""
    chosen = ""
    if at.token in range(count):
        chosen = _chosen_html(reading, reading.tokens[at.token], entry_id, branches and at.part == "answer")
    return (
        f'{_legend_html()}<div class="tokens" dir="auto" role="group" aria-label="Tokens, one button each">{text}</div>'
        f'<p class="faint figures" title="{escape(MEANING)}">{escape(words)}</p>{note}{chosen}'
    )


def surprise(token: TokenLogprob) -> float:
    """In bits."""
    return -token.log_probability / log(2)


def level(bits: float) -> int:
    return sum(bits >= edge for edge in LEVELS)


def _legend_html() -> str:
    steps = "".join(f'<span><span class="s{step}">a</span>{words}</span>' for step, words in enumerate(LEVEL_WORDS))
    return f'<div class="surprise" title="{escape(MEANING)}"><span>Surprise</span>{steps}</div>'


def _token_html(token: TokenLogprob, name: str, pressed: bool, reached: bool) -> str:
    """A span: a button would not break lines as text does. reached: the tabulator stops here; arrow keys move on."""
    told = f"{_shown(token.text)}: {_percent(token.log_probability)}, {_rank(token)}"
    return (
        f'<span role="button" class="token s{level(surprise(token))}" data-do="lens" data-id="{escape(name)}" '
        f'tabindex="{0 if reached else -1}" aria-pressed="{str(pressed).lower()}" title="{escape(told)}">'
        f"{escape(token.text)}</span>"
    )


def _chosen_html(reading: Reading, token: TokenLogprob, entry_id: str, branches: bool) -> str:
    rows = "".join(
        _alternative_html(text, chance, reading.text[: token.start] + text, entry_id, branches and text != token.text)
        for text, chance in token.alternatives
    )
    heading = f"{_shown(token.text)}: probability {_percent(token.log_probability)}, {_rank(token)}"
    table = (
        '<table class="alternatives-table figures"><caption class="visually-hidden">The likeliest tokens</caption>'
        f"<tbody>{rows}</tbody></table>"
    )
    return f"<h3>{escape(heading)}</h3>{table if rows else '<p>The engine tells no alternatives.</p>'}"


def _alternative_html(text: str, chance: float, prefix: str, entry_id: str, branches: bool) -> str:
    """A token of half a character cannot be written on from: no text ends in it."""
    go = Action("branch-with", "Continue with this", "Go on from here with this token, as a new branch", text=prefix)
    button = action_html(go, entry_id) if branches and text and HALF_CHARACTER not in text else ""
    return f"<tr><td><code>{escape(_shown(text))}</code></td><td>{_percent(chance)}</td><td>{button}</td></tr>"


def _shown(text: str) -> str:
    """A token in words: where it begins and ends can be seen."""
    return f"“{text}”".replace("\n", "⏎") if text else "(part of a character)"


def _percent(log_probability: float) -> str:
    chance = exp(log_probability)
    return f"{chance:.1%}" if chance >= 0.001 else f"{chance:.1e}"


def _rank(token: TokenLogprob) -> str:
    return "rank not told" if token.rank is None else f"rank {token.rank:,}"
