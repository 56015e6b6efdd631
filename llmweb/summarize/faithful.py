"""What of a model's writing may stand in a summary: sentences the source bears out, each tied to its source sentence.

Small models invent. A sentence stays when its words stand in the source in the same order, with the same numbers,
names and negations; otherwise the source sentence itself is used. Choosing those is salience.py's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llmweb.retrieve import words
from llmweb.summarize.salience import leans
from llmweb.summarize.support import Facts, best_source, content_words, in_order, negations
from llmweb.translate.segments import sentences

BORNE_OUT = 0.9  # share of a sentence's words, function words too, that must stand in its source in order
SHORTEST = 0.3  # of the source sentence's words: below, too much of what it says is lost
NEIGHBOURS = 1  # sentences before and after that a drafted sentence may draw on
SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’»)\]]*$")
ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
SUBORDINATORS = frozenset(
    words("why if when whenever while because as since although though unless until whether how what")
)
OPENING = re.compile(
    r"^(?:however|moreover|furthermore|in addition|also|of course|in fact|as you know|meanwhile|therefore|thus|"
    r"for example|for instance|then|and|but|so|still|after all|to begin with|finally|in short|in total),?\s+(?=\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence on its way into the summary: its text, and the number of the source sentence it comes from."""

    text: str
    sentence: int


def borne_out(written: str, source: str, facts: Facts) -> bool:
    """Whether the source says what is written, as far as words, their order, numbers, names and negations tell."""
    return (
        bool(SENTENCE_END.search(written))
        and bool(content_words(written))
        and set(content_words(written)) <= set(content_words(source))
        and in_order(written, source) >= BORNE_OUT
        and not facts.missing(written)
        and min(1, negations(written)) == min(1, negations(source))
    )


def shortened(source: str, written: str, facts: Facts) -> str:
    """The model's shorter form of a sentence if the source bears it out, else the sentence without asides."""
    written = written.strip()
    share = len(written.split()) / max(1, len(source.split()))
    holds_together = not _lost_its_link(source, written)
    keeps_number = any(mark.isdigit() for mark in written) or not any(mark.isdigit() for mark in source)
    if SHORTEST <= share < 1 and keeps_number and holds_together and borne_out(written, source, facts):
        return written
    return trimmed(source)


def trimmed(sentence: str) -> str:
    """Without remarks in brackets and without the word that ties it to the sentence before."""
    plain = " ".join(ASIDE.sub("", sentence).split())
    plain = OPENING.sub("", plain) if not leans(OPENING.sub("", plain)) else plain
    return plain[:1].upper() + plain[1:] if plain else sentence


def kept(draft: str, pieces: Sequence[Piece], facts: Facts) -> list[Piece]:
    """The sentences of a draft that the pieces bear out, in the draft's order, each tied to its source once."""
    texts = [piece.text for piece in pieces]
    content = [frozenset(content_words(text)) for text in texts]
    found: list[Piece] = []
    for sentence in sentences(draft, "en"):
        best, _ = best_source(sentence.text, content)
        window = " ".join(texts[max(0, best - NEIGHBOURS) : best + NEIGHBOURS + 1])
        new = all(other.sentence != pieces[best].sentence for other in found)
        if new and _like_either(sentence.text, texts[best], window, facts) and not leans(sentence.text):
            found.append(Piece(sentence.text, pieces[best].sentence))
    return found


def headline(source: str, written: str, facts: Facts, words: int) -> str:
    """The model's headline if the source bears it out, else the sentence up to a clause end within words words."""
    written = written.strip().strip("\"'“”").rstrip(".")
    if 3 <= len(written.split()) <= words and borne_out(written + ".", source, facts):
        return written
    plain = trimmed(source).rstrip(".!。")
    clauses = [match.start() for match in re.finditer(r"[,;:–—]\s", plain)] + [len(plain)]
    fitting = [end for end in clauses if 4 <= len(plain[:end].split()) <= words]
    if fitting:
        return plain[: max(fitting)]
    shortest = plain.split()
    return " ".join(shortest) if len(shortest) <= words else " ".join(shortest[:words]).rstrip(",;:") + "…"


def filled_up(drafted: Sequence[Piece], picked: Sequence[Piece], word_budget: int) -> list[Piece]:
    """The drafted sentences, then the picked ones of other source sentences as far as there is room; source order."""
    pieces = list(drafted)
    for piece in picked:
        used = sum(len(other.text.split()) for other in pieces)
        if all(other.sentence != piece.sentence for other in pieces) and used + len(piece.text.split()) <= word_budget:
            pieces.append(piece)
    return sorted(pieces, key=lambda piece: piece.sentence)


def _lost_its_link(source: str, written: str) -> bool:
    """Whether a clause stayed without the word that joins it: "Why he drew it was a puzzle" → "He drew it was …"."""
    first, content = words(source)[:1], content_words(source)[:1]
    dropped = bool(set(first) & SUBORDINATORS) and words(written)[:1] != first
    return dropped and bool(set(content) & set(content_words(written)))


def _like_either(written: str, source: str, window: str, facts: Facts) -> bool:
    """Negations are held against the best sentence alone: the neighbours have their own."""
    return borne_out(written, source, facts) or (
        borne_out(written, window, facts) and min(1, negations(written)) == min(1, negations(source))
    )
