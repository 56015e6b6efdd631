"""What rounds look like: the message, the answers side by side, the vote. Pure; compare.py wires it.

While a blind round can be voted on, nothing here tells which system a side is: no name, no speed, no error's text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

from evals.pages.run_list import system_name
from evals.rounds import LETTERS, Round, Side
from evals.votes import BAD, TIED, why_uncounted
from llmweb.pages.conversation import waiting_html
from llmweb.pages.markdown import markdown_html, plain_html
from llmweb.pages.parts import Action, action_html, banner_html, provenance_html

EXAMPLES = (
    "Explain to a child why the moon changes its shape.",
    "Write a polite email that asks for a day off.",
    "Give three reasons to learn a second language.",
)
PAIR = 2
HIDDEN_FAILURE = "This side failed. Why is told when the others are done."


def empty_html(blind: bool) -> str:
    """One sentence, and prompts that make the first round."""
    hidden = " Which is which is told after your vote." if blind else ""
    examples = "".join(
        f'<button type="button" class="example" data-do="example" data-id="{escape(text)}">{escape(text)}</button>'
        for text in EXAMPLES
    )
    return (
        '<div class="empty"><h2>Put one message to several models</h2><p>Their answers are written side by side; your '
        f'votes become ratings with intervals.{hidden}</p><div class="examples" role="group" aria-label="Examples">'
        f"{examples}</div></div>"
    )


def rounds_html(rounds: Sequence[Round], names: Mapping[str, str]) -> str:
    """Rounds that have ended. Only the last can still be voted on: the others are told."""
    last = len(rounds) - 1
    return "".join(_round_html(each, names, told=number < last or _told(each)) for number, each in enumerate(rounds))


def live_html(round_: Round, names: Mapping[str, str], seconds: float) -> str:
    """A round being answered, seconds after it was asked."""
    return _round_html(round_, names, told=not round_.blind, seconds=seconds)


def vote_html(round_: Round, names: Mapping[str, str], key: str) -> str:
    """The buttons of a round that waits for a vote, or what became of it. key is new for each round: who is not writing
    then finds the buttons under the keys."""
    if round_.choice:
        return _voted_html(round_, names)
    letters = LETTERS[: len(round_.sides)]
    bad = "Both bad" if len(letters) == PAIR else "All bad"
    choices = [
        (str(number), f"{letter} is better" if len(letters) == PAIR else f"{letter} is best")
        for number, letter in enumerate(letters)
    ]
    offered = [*choices, (TIED, "Tie"), (BAD, bad)]
    buttons = "".join(_button_html(number, *choice) for number, choice in enumerate(offered, start=1))
    reason = why_uncounted(round_)
    note = f'<p class="faint">A vote here is kept but not counted: {escape(reason)}.</p>' if reason else ""
    label = f"Which answer is better? Keys 1 to {len(offered)}"
    return (
        f'<div class="votes" role="group" aria-label="{label}" tabindex="-1" data-focus="{escape(key)}">{buttons}</div>'
        f"{note}"
    )


def _button_html(number: int, choice: str, words: str) -> str:
    return (
        f'<button type="button" class="vote" data-do="vote" data-id="{choice}" data-key="{number}" '
        f'aria-keyshortcuts="{number}"><kbd aria-hidden="true">{number}</kbd>{escape(words)}</button>'
    )


def _voted_html(round_: Round, names: Mapping[str, str]) -> str:
    words = {TIED: "You called it a tie", BAD: "You called all of them bad"}.get(round_.choice)
    if words is None:
        side = round_.sides[int(round_.choice)]
        words = f"You preferred {LETTERS[int(round_.choice)]}, {system_name(side.name, names)}"
    counted = f"kept, but not counted: {round_.uncounted}" if round_.uncounted else "counted"
    undo = action_html(Action("take-back", "Take back", "Remove this vote"), "")
    return f'<div class="voted" role="status"><span>{escape(f"{words}: {counted}.")}</span>{undo}</div>'


def _told(round_: Round) -> bool:
    """A vote that cannot count need not be blind."""
    return not round_.blind or bool(round_.choice) or bool(why_uncounted(round_))


def _round_html(round_: Round, names: Mapping[str, str], told: bool, seconds: float | None = None) -> str:
    sides = "".join(
        _side_html(side, number, round_.choice == str(number), names if told else None, seconds)
        for number, side in enumerate(round_.sides)
    )
    busy = ' aria-busy="true"' if seconds is not None else ""
    return (
        f'<article class="turn said"><h2 class="visually-hidden">You</h2>'
        f'<div class="bubble">{plain_html(round_.text)}</div></article><div class="sides"{busy}>{sides}</div>'
    )


def _side_html(side: Side, number: int, won: bool, names: Mapping[str, str] | None, seconds: float | None) -> str:
    """names None: which system it is must not show. seconds None: the round has ended."""
    name = f" {escape(system_name(side.name, names))}" if names is not None else ""
    mark = '<span class="won"><span aria-hidden="true">✓</span> your choice</span>' if won else ""
    head = f'<header><h3><b class="letter">{LETTERS[number]}</b>{name}</h3>{mark}</header>'
    return f'<section class="side{" chosen" if won else ""}">{head}{_answer_html(side, names, seconds)}</section>'


def _answer_html(side: Side, names: Mapping[str, str] | None, seconds: float | None) -> str:
    turn = side.turn
    text = markdown_html(turn.text) if turn.text else ""
    if side.error:
        return text + banner_html(side.error if names is not None else HIDDEN_FAILURE)
    if not side.ended:
        return text or waiting_html(turn if names is not None else replace(turn, note=""), seconds or 0)
    text = text or '<p class="faint">No text was written.</p>'
    if names is not None:
        return text + provenance_html(turn.completion, names.get(side.system.model, ""))
    done = "done" if turn.completion is not None and turn.completion.stop_reason != "cancelled" else "stopped"
    return f'{text}<div class="provenance">{done}</div>'
