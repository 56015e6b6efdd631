"""How a sentence with protected pieces is asked for, and how the pieces come back into the answer.

A translation model has no markup: it drops braces and emoji, joins tags to words, takes "@" out of addresses. So
pieces are asked for as marks the model copies, paired markup as brackets; the answer is checked, and what got lost is
asked for with more marks, and at last around the pieces. Finding the pieces is protected.py's.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from llmweb.translate.protected import LETTER, Kind, Piece

# Asked for in clear first, so that "1 book" gets its singular; models copy these most of the time.
IN_CLEAR: frozenset[Kind] = frozenset({"name", "joined", "number", "symbol"})
AT_EDGES: frozenset[Kind] = frozenset({"emoji", "tag", "script", "dash"})
# The embedded model copied each of these in 60 of 60 sentences with one to three marks, in either direction;
# "[[1]]" in 57, "$1" in 54; "{0}", "<1>", "#1" and emoji in none of 4.
MARKS = ("X", "QZ", "ID", "PH")
# It keeps brackets and straight quotes around the words they belong to, translated; "**", "<b>" and “” it does not.
BRACKETS = (("[", "]"), ("(", ")"), ('"', '"'))
SHOUTED_WORDS = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """sign stands for text; glued: a space was added on that side so that the sign is a word of its own."""

    sign: str
    text: str
    glued_left: bool = False
    glued_right: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A sentence as the model is asked for it.

    brackets are (sign, text) in order of appearance. before and after are the edges of the sentence that were not
    asked for. shouted: it was in capitals, which the model does not read well, and is asked for in small letters.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    brackets: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    shouted: bool = False


def form(sentence: str, protected: Sequence[Piece], in_clear: Collection[Piece], bracketed: bool = True) -> Form:
    """The question for a sentence: pieces as marks except those in clear, pairs in brackets if bracketed."""
    start, end, inner = _core(sentence, protected)
    signs = _bracket_signs(sentence, inner) if bracketed else {}
    prefix = next((mark for mark in MARKS if not re.search(rf"{mark}\d", sentence)), "XQZ")
    shouted = _shouted(sentence, protected)
    text, after = "", start
    marks: list[Mark] = []
    brackets: list[tuple[str, str]] = []
    for piece in inner:
        text += _quiet(sentence[after : piece.start], shouted)
        after = piece.end
        if piece in in_clear:
            text += piece.text
        elif piece.start in signs:
            text += signs[piece.start]
            brackets.append((signs[piece.start], piece.text))
        else:
            mark, asked = _mark(f"{prefix}{len(marks) + 1}", piece, text, sentence[piece.end : end])
            marks.append(mark)
            text += asked
    text += _quiet(sentence[after:end], shouted)
    text = text[:1].upper() + text[1:] if shouted else text
    return Form(text, tuple(marks), tuple(brackets), sentence[:start], sentence[end:], shouted)


def restored(asked: Form, answer: str) -> str | None:
    """The answer with its pieces back, None when the model lost, doubled or disordered a sign."""
    answer = answer.strip().upper() if asked.shouted else answer.strip()
    bracketed = _with_brackets(asked, answer)
    if bracketed is None:
        return None
    answer = bracketed
    for mark in asked.marks:
        left, right = r"\s*" if mark.glued_left else "", r"\s*" if mark.glued_right else ""
        pattern = re.compile(rf"{left}(?<!\w){mark.sign}(?!\w){right}")
        if len(pattern.findall(answer)) != 1:
            return None
        answer = pattern.sub(lambda match, text=mark.text: text, answer)  # type: ignore[misc]
    return asked.before + answer + asked.after


def fragments(sentence: str, protected: Sequence[Piece]) -> list[tuple[str, bool]]:
    """(text, whether it is to be translated) in order: the stretches between the pieces, and everything else."""
    parts: list[tuple[str, bool]] = []
    after = 0
    for start, end in [*((piece.start, piece.end) for piece in protected), (len(sentence), len(sentence))]:
        stretch = sentence[after:start]
        core = stretch.strip()
        if LETTER.search(core):
            lead = stretch.index(core)
            parts += [(stretch[:lead], False), (core, True), (stretch[lead + len(core) :], False)]
        else:
            parts.append((stretch, False))
        parts.append((sentence[start:end], False))
        after = end
    return [part for part in parts if part[0]]


def _core(sentence: str, protected: Sequence[Piece]) -> tuple[int, int, list[Piece]]:
    """The sentence without emoji and tags at its edges and without a pair around all of it."""
    inner, start, end = list(protected), 0, len(sentence)
    while inner:
        first, last = inner[0], inner[-1]
        if first.start == start and first.kind in AT_EDGES:
            inner, start = inner[1:], first.end
        elif last.end == end and last.kind in AT_EDGES:
            inner, end = inner[:-1], last.start
        elif first.start == start and last.end == end and first.partner == last.start:
            inner, start, end = inner[1:-1], first.end, last.start
        else:
            break
        while start < end and sentence[start].isspace():
            start += 1
        while end > start and sentence[end - 1].isspace():
            end -= 1
    return start, end, inner


def _bracket_signs(sentence: str, inner: Sequence[Piece]) -> dict[int, str]:
    """Start of a piece → the bracket it is asked as. Pairs of equal text share one kind; a kind that the sentence has
    of its own is not used."""
    rest = sentence
    for piece in inner:
        rest = rest.replace(piece.text, " ") if piece.kind in {"open", "close"} else rest
    free = [pair for pair in BRACKETS if not any(sign in rest for sign in pair)]
    closes = {piece.start: piece.text for piece in inner if piece.kind == "close"}
    kinds: dict[tuple[str, str], tuple[str, str]] = {}
    signs: dict[int, str] = {}
    for piece in inner:
        if piece.kind != "open" or piece.partner not in closes:
            continue
        texts = (piece.text, closes[piece.partner])
        if texts not in kinds and free:
            quotes = piece.text[0] in "“«„" and BRACKETS[-1] in free
            kinds[texts] = free.pop(-1 if quotes else 0)
        if texts in kinds:
            signs[piece.start], signs[piece.partner] = kinds[texts]
    return signs


def _mark(sign: str, piece: Piece, left: str, right: str) -> tuple[Mark, str]:
    """The mark and how it is written: apart from the letters it touches."""
    glued_left = bool(left) and (left[-1].isalnum() or (piece.kind == "close" and not left[-1].isspace()))
    glued_right = bool(right) and (right[0].isalnum() or (piece.kind == "open" and not right[0].isspace()))
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", piece.text) if piece.kind == "number" else piece.text
    return Mark(sign, text, glued_left, glued_right), f"{' ' * glued_left}{sign}{' ' * glued_right}"


def _with_brackets(asked: Form, answer: str) -> str | None:
    """The texts of the pairs in the place of their brackets, kind by kind in the order of the question."""
    waiting: dict[str, Iterator[str]] = {}
    for kind in BRACKETS:
        mine = [(sign, text) for sign, text in asked.brackets if sign in kind]
        if mine and [sign for sign in answer if sign in kind] != [sign for sign, _ in mine]:
            return None
        if mine:
            waiting |= dict.fromkeys(kind, iter([text for _, text in mine]))
    return "".join(next(waiting[sign]) if sign in waiting else sign for sign in answer)


def _shouted(sentence: str, protected: Sequence[Piece]) -> bool:
    words = [text for text, asked in fragments(sentence, protected) if asked]
    letters = "".join(words)
    return letters == letters.upper() != letters.lower() and sum(len(word.split()) for word in words) >= SHOUTED_WORDS


def _quiet(text: str, shouted: bool) -> str:
    return text.lower() if shouted else text
