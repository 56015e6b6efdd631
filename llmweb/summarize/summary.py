"""What a summary is: the wish it answers, its sentences with their places in the source, the steps it took.

How it comes about is summarize.py's.
"""

from dataclasses import dataclass
from typing import Literal

from llmweb.errors import BadInput
from llmweb.summarize.prompts import STYLES, Style
from llmweb.summarize.support import SupportedSentence
from llmweb.types import Completion

Length = Literal["short", "medium", "long"]

LENGTHS: dict[Length, int] = {"short": 45, "medium": 90, "long": 160}
"""Words of a summary. 45 is two to three sentences."""

HEADLINE_WORDS = 14
SHARE = 0.6  # of the source's words a summary may have at most
FEWEST_WORDS, MOST_WORDS = 5, 2_000
MAX_CHARACTERS = 5_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """The summary wanted: a named length or a number of words, a style, and a question it should answer."""

    length: Length | int = "medium"
    style: Style = "paragraph"
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of map-reduce: what became of source[start:end]. level 0 reads the source, 1 the partial summaries …"""

    level: int
    start: int
    end: int
    summary: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of source, as far as it has come. done of total steps (sentences to compare, texts to write).

    Each sentence of text is tied to source[source_start:source_end]. linked_by tells how: "embeddings and words" or
    "words". parts are the partial summaries of a long text. notes say what a reader should know. tokens is what the
    model read and wrote.
    """

    source: str
    wish: Wish
    text: str = ""
    sentences: tuple[SupportedSentence, ...] = ()
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    linked_by: str = ""
    completions: tuple[Completion, ...] = ()
    doing: str = ""
    done: int = 0
    total: int = 0
    finished: bool = False

    @property
    def tokens(self) -> int:
        return sum(completion.usage.tokens_in + completion.usage.tokens_out for completion in self.completions)


def wished_words(wish: Wish, source_words: int) -> int:
    """Words of the summary asked for: never more than SHARE of the source."""
    if wish.style == "headline":
        return wish.length if isinstance(wish.length, int) else HEADLINE_WORDS
    words = wish.length if isinstance(wish.length, int) else LENGTHS[wish.length]
    return max(FEWEST_WORDS, min(words, round(source_words * SHARE)))


def check(text: str, wish: Wish) -> None:
    if not text.strip():
        raise BadInput("There is nothing to summarize: the text is empty. Paste some text or choose a file.")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadInput(f"The text has a NUL character in line {line}: this looks like a binary file. Give it as text.")
    if len(text) > MAX_CHARACTERS:
        raise BadInput(
            f"The text has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}. Summarize parts of it."
        )
    if wish.style not in STYLES:
        raise BadInput(f"No style {wish.style!r}. Choose {', '.join(STYLES)}.")
    if isinstance(wish.length, int):
        if not FEWEST_WORDS <= wish.length <= MOST_WORDS:
            raise BadInput(
                f"A summary of {wish.length:,} words is not possible; choose {FEWEST_WORDS} to {MOST_WORDS:,} words."
            )
    elif wish.length not in LENGTHS:
        raise BadInput(f"No length {wish.length!r}. Choose {', '.join(LENGTHS)} or a number of words.")
