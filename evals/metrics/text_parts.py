"""Words, lines, paragraphs, sentences and occurrences as the checks of instructions count them.

What each means is set down in evals/suites/instruct.py.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

BULLETS = ("- ", "* ", "• ")
NUMBER_MARK = re.compile(r"(\d+)[.)]\s")
LETTER_OR_DIGIT = r"[^\W_]"
FENCE = re.compile(r"```(\w*)[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "zh")


def words(text: str) -> list[str]:
    return [run for run in text.split() if any(map(str.isalnum, run))]


def letters(word: str) -> list[str]:
    return [character for character in word if character.isalpha()]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if words(part)]


def sentences(text: str) -> list[str]:
    from sentencex import segment  # type: ignore[import-untyped]

    return [sentence for sentence in segment("en", text) if words(sentence)]


def bullets(text: str) -> list[str]:
    return [line for line in lines(text) if line.startswith(BULLETS)]


def numbers_of_list(text: str) -> list[int]:
    """The numbers that lines begin with, in order."""
    return [int(mark[1]) for line in lines(text) if (mark := NUMBER_MARK.match(line))]


def without_list_mark(line: str) -> str:
    if line.startswith(BULLETS):
        return line[2:].strip()
    return NUMBER_MARK.sub("", line, count=1).strip()


def occurrences(text: str, wanted: str) -> list[int]:
    """Where wanted begins in text. Case is ignored, and no letter or digit touches an end that is one itself."""
    before = f"(?<!{LETTER_OR_DIGIT})" if wanted[0].isalnum() else ""
    after = f"(?!{LETTER_OR_DIGIT})" if wanted[-1].isalnum() else ""
    return [found.start() for found in re.finditer(before + re.escape(wanted) + after, text, re.IGNORECASE)]


def table_cells(line: str) -> list[str]:
    """Of a line that begins and ends with |."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line[1:-1])]


def without_fence(text: str, kinds: tuple[str, ...] | None = None) -> str:
    """What stands in the code fence that is the whole text. kinds are the words allowed after ```; None allows any."""
    fence = FENCE.fullmatch(text)
    return fence[2] if fence and (kinds is None or fence[1] in kinds) else text


def language_of(text: str) -> str:
    """The likeliest of LANGUAGES; "" where nothing speaks for any."""
    found = _detector().detect_language_of(text)
    return found.iso_code_639_1.name.lower() if found else ""


@cache
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()
