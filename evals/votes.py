"""Votes on answers side by side: which count, the ratings they make, and the preference pairs they are for training.

Answering is rounds.py's, the statistics bradley_terry.py's and flips.py's, keeping them store.py's.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from evals.bradley_terry import TIE, Ballot, Ratings, rate
from evals.flips import Flips, flips_to_change_top
from evals.records import VoteRow
from evals.rounds import LETTERS, Round, Side
from llmweb.errors import BadInput

TIED, BAD = "tie", "bad"
"""What may be chosen besides the number of a side: they are equally good, they are all bad. Both are ties."""

FAMILIES = (
    "smollm",
    "gemma",
    "gemini",
    "qwen",
    "llama",
    "gpt",
    "claude",
    "mistral",
    "deepseek",
    "phi",
    "falcon",
    "flan",
)
ALSO_WORDS = {"llama", "phi", "falcon", "flan"}
MAKERS = (
    *("hugging face", "huggingface", "google", "deepmind", "alibaba", "meta", "openai", "anthropic", "mistral ai"),
    *("deepseek", "microsoft"),
)

_I_AM = r"i am|i['’]m|my name is|call me|me chamo|eu sou|sou o|je suis|ich bin|soy"
_MADE_BY = r"(?:made|created|trained|developed|built|designed)\W+(?:\w+\W+){0,2}?(?:by|at)"
_END = r"(?![^\W\d_])"  # Qwen2 and Gemma-3, but not gemmae
NAMES_ITSELF = re.compile(
    rf"\b(?:{_I_AM})\b(?:\W+\w+){{0,5}}?\W+(?:chat)?(?:{'|'.join(FAMILIES)}){_END}"
    rf"|\b{_MADE_BY}\W+(?:\w+\W+){{0,4}}?(?:{'|'.join(MAKERS)})\b",
    re.IGNORECASE,
)
HEADERS, LISTS = re.compile(r"^#{1,6}\s", re.MULTILINE), re.compile(r"^\s*(?:[-*+]|\d+[.)])\s", re.MULTILINE)
BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


@dataclass(frozen=True, slots=True)
class Standing:
    """Ratings of the votes that count; uncounted: why the others do not → how many. blind: of those that count.
    flips are of the ratings as they are, not of those with style controlled."""

    ratings: Ratings
    flips: Flips
    blind: int
    uncounted: dict[str, int]


def vote(round_: Round, choice: str, conversation: str) -> VoteRow:
    """The row to keep. Raises BadInput unless the round is over and choice is a side's number, "tie" or "bad"."""
    if choice not in (*map(str, range(len(round_.sides))), TIED, BAD):
        raise BadInput(f"There is no choice {choice!r} here. Reload the page.")
    if not round_.ended:
        raise BadInput("The answers are still being written. Vote when they are done, or stop them.")
    sides = [_stored(side) for side in round_.sides]
    return VoteRow(conversation, round_.text, sides, round_.blind, choice, why_uncounted(round_))


def why_uncounted(round_: Round) -> str:
    """ "A was cut off"; "" where a vote on the round counts."""
    reasons = ((letter, _why(side)) for letter, side in zip(LETTERS, round_.sides, strict=False))
    return next((f"{letter} {reason}" for letter, reason in reasons if reason), "")


def standing(rows: Iterable[VoteRow], control_style: bool = False) -> Standing:
    rows = list(rows)
    counted = [row for row in rows if not row.uncounted]
    uncounted: dict[str, int] = {}
    for row in rows:
        if row.uncounted:
            reason = row.uncounted.partition(" ")[2]
            uncounted[reason] = uncounted.get(reason, 0) + 1
    cast = [_ballot(row) for row in counted]
    flips = Flips(None, True) if control_style else flips_to_change_top(cast)
    return Standing(rate(cast, control_style), flips, sum(row.blind for row in counted), uncounted)


def preference_pairs(rows: Iterable[VoteRow]) -> tuple[list[dict[str, Any]], int]:
    """The answer voted better and each other one, in the DPO form with turns, the oldest first; and how many pairs
    are left out, as their answers go on from different earlier ones."""
    pairs, left_out = [], 0
    for row in rows:
        if row.uncounted or not row.choice.isdecimal():
            continue
        chosen = row.sides[int(row.choice)]
        for side in row.sides:
            if side is chosen or side["text"] == chosen["text"]:
                continue
            if side["asked"] == chosen["asked"]:
                answers = {"chosen": _said(chosen["text"]), "rejected": _said(side["text"])}
                pairs.append({"prompt": [_turn(turn) for turn in chosen["asked"]], **answers})
            else:
                left_out += 1
    return pairs, left_out


def jsonl(pairs: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs)


def style_of(text: str) -> tuple[float, ...]:
    """Characters, headers, list items, bold phrases: what LMArena controls for, but its length is in tokens, which
    differ between models."""
    return (float(len(text)), *(float(len(form.findall(text))) for form in (HEADERS, LISTS, BOLD)))


def _why(side: Side) -> str:
    completion = side.turn.completion
    if side.error:
        return "failed"
    if completion is None or completion.stop_reason == "cancelled":
        return "was stopped"
    if completion.stop_reason == "length":
        return "was cut off"
    if not side.turn.text.strip():
        return "wrote nothing"
    return "names itself" if _names_itself(side.turn.text, side.system.model) else ""


def _names_itself(text: str, model: str) -> bool:
    """It says what it is or who made it, or its own family's name or its id stands anywhere in the text."""
    own = [model, *(family for family in FAMILIES if family in model.lower() and family not in ALSO_WORDS)]
    return bool(NAMES_ITSELF.search(text)) or any(
        re.search(rf"\b{re.escape(name)}{_END}", text, re.IGNORECASE) for name in own
    )


def _ballot(row: VoteRow) -> Ballot:
    best = int(row.choice) if row.choice.isdecimal() else TIE
    styles = tuple(style_of(side["text"]) for side in row.sides)
    return Ballot(tuple(side["system"] for side in row.sides), best, row.conversation, styles)


def _stored(side: Side) -> dict[str, Any]:
    completion = side.turn.completion
    return {
        "system": side.name,
        "asked": [asdict(message) for message in side.asked],
        "text": side.turn.text,
        "thinking": side.turn.thinking,
        "error": side.error,
        "completion": asdict(completion) if completion is not None else None,
    }


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _turn(message: dict[str, str]) -> dict[str, str]:
    return {"role": message["role"], "content": message["text"]}
