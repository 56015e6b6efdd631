"""Where two texts differ, word by word, marked in both → HTML. Pure.

A word is a run of letters and digits, or one character of a script written without spaces.
"""

from difflib import SequenceMatcher
from html import escape

import regex  # type: ignore[import-untyped]

WORD = regex.compile(
    r"(?:[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*|[\p{L}\p{M}\p{N}]+|[^\s])\s*|\s+"
)
# Comparing takes time with the product of both lengths: half a second at this many words each.
MOST_WORDS = 2000


def marked_html(one: str, other: str) -> tuple[str, str]:
    """Both texts, each with what only it has in <mark>. Texts of more than MOST_WORDS words come unmarked."""
    mine, theirs = WORD.findall(one), WORD.findall(other)
    if len(mine) > MOST_WORDS or len(theirs) > MOST_WORDS:
        return escape(one), escape(other)
    matcher = SequenceMatcher(None, [word.strip() for word in mine], [word.strip() for word in theirs], autojunk=False)
    left, right = [], []
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        left.append(_piece_html(mine[a:a_end], kind != "equal"))
        right.append(_piece_html(theirs[b:b_end], kind != "equal"))
    return "".join(left), "".join(right)


def _piece_html(words: list[str], differs: bool) -> str:
    text = "".join(words)
    if not differs or not text:
        return escape(text)
    shown = text.rstrip()
    return f'<mark class="differs">{escape(shown)}</mark>{escape(text[len(shown) :])}'
