"""Text → the sentences to translate, and back. Everything outside a sentence stays as it is, to the character.

Owns lines, list markers, headings, quotes, tables, code blocks, HTML blocks and sentence ends. What must survive
inside a sentence is protected.py's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from llmweb.translate.protected import pieces

PREFIX = re.compile(r"\s*(?:(?:>|[-*+•–—]|\(?\d{1,3}[.)]|[a-z]\)|#{1,6}|\[[ xX]\])(?:\s+|$))*")
FENCE = re.compile(r"\s*(?:>\s*)?(`{3,}|~{3,})")
HTML_BLOCK = re.compile(r"\s*<(script|style|pre|textarea)\b|\s*<!--", re.IGNORECASE)
DEFINITION = re.compile(r"\s*\[[^\]]+\]:\s+\S")  # [name]: address
TABLE_ROW = re.compile(r"\s*\|.*\|\s*$|[^|]+(?<!\\)\|[^|]+(?<!\\)\|")
CELL_END = re.compile(r"(?<!\\)\||\t+| {3,}")
LETTER = re.compile(r"[^\W\d_]")
SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]*_]*$")
CLAUSE_END = re.compile(
    r"[;:,，、；)\]](?=\s)|[，、；。]|\s(?=[-–—]\s)|\s(?=(?:and|or|but|e|ou|mas|y|o|et|und|oder)\s)"
)
WRAPPED_CHARACTERS = 40  # a shorter line that runs on is verse, an address or a title: its break means something
# Which the sentence splitter takes for sentence ends.
ABBREVIATIONS = {
    "pt": re.compile(
        r"(?:^|[\s(])(?:av|r|n|nº|art|arts|inc|pág|págs|p|pp|vol|tel|cel|exmo|exma|ed|séc|al|trav)\.\s*$", re.I
    ),
    "en": re.compile(r"(?:^|[\s(])(?:no|fig|figs|eq|pp|p|vol|ch|sec|al|approx|dept|est)\.\s*$", re.I),
}
LINE_BREAK = re.compile(r"\r\n|\n|\r")
GOES_ON = re.compile(r"[a-zà-ÿºª]")

Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Sentence:
    """text[start:end] of the document; text has its line breaks as single spaces.

    breaks are those line breaks, with what stands before the next line's words, and the share of the sentence that
    comes before each, 0–1.
    """

    start: int
    end: int
    text: str
    breaks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    """[start, end) of running text; gaps are the soft line breaks in it, as [start, end)."""

    start: int
    end: int
    gaps: tuple[tuple[int, int], ...] = ()


def sentences(text: str, language: str) -> Iterator[Sentence]:
    """The sentences of a document in order, none overlapping; a stretch without letters is no sentence."""
    for block in _wrapped(text, _blocks(text)):
        flat = text[block.start : block.end]
        for start, end in block.gaps:
            flat = flat[: start - block.start] + " " * (end - start) + flat[end - block.start :]
        for start, end in _sentence_spans(flat, language):
            if LETTER.search(flat, start, end):
                yield _sentence(text, block, block.start + start, block.start + end)


def fitted(sentence: Sentence, document: str, fits: Fits) -> Iterator[Sentence]:
    """The sentence, or its clauses where it is too long for the model; at worst cut between words, then characters."""
    if fits(sentence.text) or sentence.end - sentence.start < 2:
        yield sentence
        return
    cut = sentence.start + _cut(document[sentence.start : sentence.end])
    block = _Block(sentence.start, sentence.end, _gaps_of(sentence, document))
    for start, end in ((sentence.start, cut), (cut, sentence.end)):
        start, end = _stripped(document, start, end)
        if start < end:
            yield from fitted(_sentence(document, block, start, end), document, fits)


class Rebuilt:
    """The document as far as its sentences have been translated, in order."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._made: list[str] = []
        self._length = self._after = 0

    def add(self, sentence: Sentence, target: str) -> tuple[int, int]:
        """Put a translation in the place of its sentence; where it lies in the text made."""
        gap, target = self._document[self._after : sentence.start], with_breaks(target, sentence.breaks)
        self._made += [gap, target]
        start = self._length + len(gap)
        self._length, self._after = start + len(target), sentence.end
        return start, self._length

    def text(self, whole: bool) -> str:
        """Up to the last sentence added; with what follows it, if that was the last one."""
        return "".join(self._made) + (self._document[self._after :] if whole else "")


def _blocks(text: str) -> Iterator[_Block]:
    """The running text of each line, without prefix, code, HTML blocks and table borders."""
    offset, closing = 0, ""
    for line in text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        if closing:
            closing = "" if closing in line.lower() else closing
            continue
        if fence := FENCE.match(line):
            closing = fence.group(1)
            continue
        if (html := HTML_BLOCK.match(line)) and (closing := _closing(html, text, start)):
            closing = "" if closing in line.lower() else closing
            if not closing:
                yield from _cells(text, start, offset)
            continue
        if not DEFINITION.match(line):
            yield from _cells(text, start, offset)


def _closing(html: re.Match[str], text: str, start: int) -> str:
    """What ends an HTML block, in small letters; "" where nothing does, so that it does not swallow the rest."""
    closing = f"</{html.group(1).lower()}" if html.group(1) else "-->"
    return closing if re.compile(re.escape(closing), re.IGNORECASE).search(text, start) else ""


def _cells(text: str, start: int, end: int) -> Iterator[_Block]:
    """A table row's cells; a line's columns set apart by tabs or spaces; else the line."""
    prefix = PREFIX.match(text, start, end)
    start = prefix.end() if prefix else start
    ends = list(CELL_END.finditer(text, start, end))
    row = ends and TABLE_ROW.match(text, start, end)
    line, kept = start, [piece for piece in pieces(text[start:end]) if piece.kind in {"code", "math"}] if ends else []
    for match in ends:
        inside = any(piece.start < match.start() - line < piece.end for piece in kept)
        if inside or (match.group() == "|" and not row):
            continue
        yield from _block(text, start, match.start())
        start = match.end()
    yield from _block(text, start, end)


def _block(text: str, start: int, end: int) -> Iterator[_Block]:
    """Without white space at its edges, and without the backslash of a Markdown line break."""
    start, end = _stripped(text, start, end)
    if text[end - 1 : end] == "\\":
        start, end = _stripped(text, start, end - 1)
    if start < end:
        yield _Block(start, end)


def _wrapped(text: str, blocks: Iterator[_Block]) -> Iterator[_Block]:
    """Join the lines of a paragraph wrapped by hand: a long line without a sentence end, then one in lower case."""
    current: _Block | None = None
    for block in blocks:
        if current and _runs_on(text, current, block):
            current = _Block(current.start, block.end, (*current.gaps, (current.end, block.start)))
            continue
        if current:
            yield current
        current = block
    if current:
        yield current


def _runs_on(text: str, first: _Block, second: _Block) -> bool:
    line_start = max(first.start, first.gaps[-1][1] if first.gaps else 0)
    between = text[first.end : second.start]
    return (
        len(LINE_BREAK.findall(between)) == 1
        and not between.strip(" \t\r\n>")
        and "  \n" not in between.replace("\r", "")
        and first.end - line_start >= WRAPPED_CHARACTERS
        and not SENTENCE_END.search(text[line_start : first.end])
        and bool(GOES_ON.match(text[second.start]))
    )


def _sentence_spans(flat: str, language: str) -> Iterator[tuple[int, int]]:
    """Where sentences lie, without the white space around them."""
    from sentencex import segment  # type: ignore[import-untyped]

    # Dots inside links and code end no sentence: letters stand in for them while splitting.
    hidden = flat
    for piece in pieces(flat):
        if piece.kind in {"code", "math", "link", "email", "placeholder", "tag", "path"}:
            hidden = hidden[: piece.start] + "X" * (piece.end - piece.start) + hidden[piece.end :]
    start = end = 0
    for part in segment(language, hidden):
        goes_on = GOES_ON.match(part.lstrip()[:1]) or _ends_abbreviated(hidden[start:end], language)
        if end > start and not goes_on:
            yield _stripped(flat, start, end)
            start = end
        end += len(part)
    if end > start:
        yield _stripped(flat, start, end)


def _ends_abbreviated(text: str, language: str) -> bool:
    pattern = ABBREVIATIONS.get(language)
    return bool(pattern and pattern.search(text))


def _sentence(text: str, block: _Block, start: int, end: int) -> Sentence:
    """Cut [start, end) out of its block, its soft breaks remembered."""
    breaks: list[tuple[float, str]] = []
    flat, after = "", start
    for gap_start, gap_end in block.gaps:
        if start < gap_start and gap_end < end:
            flat += text[after:gap_start] + " "
            breaks.append(((gap_start - start) / (end - start), text[gap_start:gap_end]))
            after = gap_end
    return Sentence(start, end, flat + text[after:end], tuple(breaks))


def _gaps_of(sentence: Sentence, document: str) -> tuple[tuple[int, int], ...]:
    length = sentence.end - sentence.start
    starts = [sentence.start + round(share * length) for share, _ in sentence.breaks]
    return tuple((start, start + len(gap)) for start, (_, gap) in zip(starts, sentence.breaks, strict=True))


def _cut(text: str) -> int:
    """Where to cut a sentence in two: the clause end nearest its middle, else a space; not inside what is protected."""
    middle, kept = len(text) / 2, pieces(text)
    for ends in (
        [match.end() for match in CLAUSE_END.finditer(text)],
        [match.end() for match in re.finditer(r"\s", text)],
        list(range(1, len(text))),
    ):
        free = [end for end in ends if 0 < end < len(text) and not any(p.start < end < p.end for p in kept)]
        if free:
            return min(free, key=lambda end: abs(end - middle))
    return len(text) // 2


def with_breaks(target: str, breaks: tuple[tuple[float, str], ...]) -> str:
    """Put soft line breaks back at the spaces nearest their share of the sentence; where there is none, at the end."""
    kept = pieces(target)
    spaces = [m.start() for m in re.finditer(" ", target) if not any(p.start < m.start() < p.end for p in kept)]
    made, after = "", 0
    for share, text in breaks:
        free = [space for space in spaces if space >= after]
        place = min(free, key=lambda space: abs(space - share * len(target))) if free else len(target)
        made, after = made + target[after:place] + text, min(place + 1, len(target))
    return made + target[after:]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """[start, end) without the white space at its edges."""
    stripped = text[start:end].strip()
    start += text[start:end].find(stripped) if stripped else end - start
    return start, start + len(stripped)
