"""What must survive inside a sentence: links, addresses, code, placeholders, tags, emphasis, emoji, numbers.

Owns finding them and telling which an answer has lost. What the model is asked instead is marks.py's.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "code", "math", "tag", "link", "email", "placeholder", "path", "handle", "name", "emoji", "script", "dash",
    "symbol", "joined", "number", "open", "close",
]  # fmt: skip

# In order: the first that matches at a place wins.
PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("code", r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"),
    ("code", r"(?i:<(?P<raw>script|style|pre|code|kbd|samp|textarea)\b[^<>]*>.*?</(?P=raw)\s*>)"),
    ("math", r"\$\$.+?\$\$|\$(?=[^\s$\d])[^$\n]*?(?<=\S)\$(?!\w)|\\\(.+?\\\)"),
    ("link", r"<(?:https?|mailto):[^\s<>]+>|\b(?:https?|ftp|file)://[^\s<>\"`“”«»]+|\bmailto:[^\s<>\"`]+"),
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("link", r"\b(?:www\.|(?=[\w.-]+\.(?:com|org|net|io|edu|gov|dev|info|br)\b))[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"`]*)?"),
    ("tag", r"<!--.*?-->|</?[A-Za-z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]+\d?);|\[\^[\w-]+\]|\[\d{1,3}\](?!\()"),
    ("placeholder", r"\{\{.*?\}\}|\$\{[^{}]*\}|\{[^{}\n]{0,40}\}|%\(\w+\)[sdifr]|(?<![\d%])%(?:\d+\$)?[-+#0]?\d*"
                    r"(?:\.\d+)?[sdifxr](?!\w)|\$[A-Z_]{2,}\b|%[A-Z_]{2,}%|%%"),
    ("path", r"(?<![\w/.])(?:~|\.{1,2})?(?:/[\w.-]*\w)+/?|\b[A-Za-z]:\\[^\s\"<>]*\w|\b[\w-]+\.(?:txt|md|py|js|json|csv|"
             r"pdf|docx?|xlsx?|html?|xml|ya?ml|toml|zip|gz|exe|png|jpe?g|mp[34]|srt|sh|sql|log|ini)\b"),
    ("handle", r"(?<![\w&])[@#][^\W\d]\w*"),
    ("name", r"\b\w*[^\W_]_\w+\b|\b\w+\(\)|(?<!\S)--[a-z][\w-]*|\b[A-Z]+\d[A-Z\d]*(?:-[A-Z\d]+)*\b|"
             r"\b[A-Z]{2,}(?:-[A-Z]+)*-\d[A-Z\d-]*\b"),
    ("emoji", r"[0-9#*]️?⃣|[\U0001F000-\U0001FAFF☀-➿⬀-⯿←-⇿⌀-⏿]"
              r"[\U0001F000-\U0001FAFF☀-➿⬀-⯿️‍⃣\U000E0020-\U000E007F]*"),
    ("dash", r"(?<!\S)[–—](?=\s)"),
    ("symbol", r"[×÷±≤≥≠≈∞√∑∏∂∫µ©®™§¶†‡²³¹½¼¾°]"),
    ("joined", r"(?<![\w.])\d+(?:[/:-]\d+)+(?![\w/])|\bv?\d+(?:\.\d+){2,}(?![\d,])"),
    ("number", r"\d+(?:[.,]\d+)*(?:(?:st|nd|rd|th)\b|[ºª])?"),
)  # fmt: skip
ONE = re.compile("|".join(f"(?P<{kind}_{place}>{pattern})" for place, (kind, pattern) in enumerate(PATTERNS)))
LINK_TEXT = re.compile(r"(!?\[)([^\[\]]*)(\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)|\]\[[^\[\]]*\])")
EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|~~)(?=[^\s*])((?:(?!\1).)+?)(?<=[^\s*])(\1)(?![\w*])|"
                      r"(?<!\w)(_{1,2})(?=[^\s_])([^_]+?)(?<=[^\s_])(\4)(?!\w)")  # fmt: skip
QUOTES = re.compile(r"(“)([^“”]*)(”)|(«\s?)([^«»]*?)(\s?»)|(„)([^„“”]*)([“”])|(?<!\w)(‘)([^‘]*?)(’)(?!\w)")
TAG_NAME = re.compile(r"<(/?)([A-Za-z][\w-]*)[^<>]*?(/?)>")
NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
LETTER = re.compile(r"[^\W\d_]")
# Every piece has one of these in it; most sentences have none, and this is ten times quicker than looking for pieces.
HINT = re.compile(r"[\d`$\\<&\[{%/@#_*~“«„‘–—×÷±µ©®™§¶†‡²³¹½¼¾°←-⯿\U0001F000-\U0001FAFF]|--|\.\w|\(\)")
LINK_TAIL = ".,;:!?'’*_"
# Letters of scripts other than Latin: an unknown sign to a model of two Latin languages, which drops it.
OTHER_SCRIPT = re.compile(r"[Ͱ-ϿЀ-ᷯ぀-ヿ㐀-鿿가-힯＀-￯֐-ࣿ]"
                          r"(?:[\sͰ-᷿、-ヿ㐀-鿿가-힯＀-￯]*[Ͱ-᷿、-ヿ㐀-鿿가-힯＀-￯])?")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """text at [start, end) of a sentence. An open piece and its close name each other by their start in partner."""

    start: int
    end: int
    text: str
    kind: Kind
    partner: int | None = None


def pieces(text: str, other_scripts: bool = False) -> tuple[Piece, ...]:
    """Everything to protect, in order, none overlapping. other_scripts: words outside the Latin script too."""
    if not HINT.search(text) and not (other_scripts and OTHER_SCRIPT.search(text)):
        return ()
    found: list[Piece] = []
    singles = list(_singles(text))
    groups: list[Iterator[tuple[Piece, ...]]] = [
        ((piece,) for piece in singles if piece.kind in {"code", "math"}),
        _pairs(LINK_TEXT, text),
        _tag_pairs([piece for piece in singles if piece.kind == "tag"]),
        ((piece,) for piece in singles),
        _pairs(EMPHASIS, text),
        _pairs(QUOTES, text),
    ]
    if other_scripts:
        groups.append((Piece(m.start(), m.end(), m.group(), "script"),) for m in OTHER_SCRIPT.finditer(text))
    taken = bytearray(len(text))
    for group in groups:
        for together in group:
            if not any(any(taken[piece.start : piece.end]) for piece in together):
                found += together
                for piece in together:
                    taken[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
    return tuple(sorted(found, key=lambda piece: piece.start))


def lost(source: str, protected: Sequence[Piece], target: str) -> tuple[Piece, ...]:
    """The pieces of a source sentence that its translation does not hold as often.

    A number is kept if its digits are, in one number: "1,234.56" may become "1.234,56", as the target language writes
    it. Everything else is kept to the character.
    """
    missing = Counter(_digits(p.text) for p in protected if p.kind == "number")
    missing.subtract(_digits(match.group()) for match in NUMBER.finditer(target))
    return tuple(
        piece
        for piece in protected
        if (
            missing[_digits(piece.text)] > 0
            if piece.kind == "number"
            else source.count(piece.text) != target.count(piece.text)
        )
    )


def wordless(text: str, protected: Sequence[Piece]) -> bool:
    """Whether nothing is left to translate outside the pieces."""
    after = 0
    for piece in protected:
        if LETTER.search(text, after, piece.start):
            return False
        after = piece.end
    return not LETTER.search(text, after)


def _singles(text: str) -> Iterator[Piece]:
    """Matches of PATTERNS; the punctuation after a link is not the link's."""
    place = 0
    while match := ONE.search(text, place):
        kind = next(name.rsplit("_", 1)[0] for name, value in match.groupdict().items() if value and "_" in name)
        end = match.end()
        if kind == "link" and text[match.start()] != "<":
            end = match.start() + len(_link(match.group()))
        yield Piece(match.start(), end, text[match.start() : end], kind)  # type: ignore[arg-type]
        place = end


def _link(text: str) -> str:
    while text[-1] in LINK_TAIL or (
        text[-1] in ")]" and text.count("(") + text.count("[") < text.count(")") + text.count("]")
    ):
        text = text[:-1]
    return text


def _pairs(pattern: re.Pattern[str], text: str) -> Iterator[tuple[Piece, ...]]:
    for match in pattern.finditer(text):
        first = next(number for number, group in enumerate(match.groups(), 1) if group is not None)
        if re.search(r"\w", match.group(first + 1)):
            yield _pair(match.start(first), match.group(first), match.start(first + 2), match.group(first + 2))


def _tag_pairs(tags: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Opening tags with the closing tag that ends them."""
    waiting: list[tuple[str, Piece]] = []
    for tag in tags:
        match = TAG_NAME.fullmatch(tag.text)
        if not match or match.group(3):
            continue
        name = match.group(2).lower()
        if not match.group(1):
            waiting.append((name, tag))
            continue
        for place in range(len(waiting) - 1, -1, -1):
            if waiting[place][0] == name:
                first = waiting[place][1]
                del waiting[place:]
                yield _pair(first.start, first.text, tag.start, tag.text)
                break


def _pair(start: int, open_text: str, close_start: int, close_text: str) -> tuple[Piece, Piece]:
    return (
        Piece(start, start + len(open_text), open_text, "open", close_start),
        Piece(close_start, close_start + len(close_text), close_text, "close", start),
    )


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
