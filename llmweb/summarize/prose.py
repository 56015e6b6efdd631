"""The sentences of a text that is to be read, at their places in it: tags blanked out, scripts and styles left out."""

import re
from collections.abc import Iterator
from dataclasses import replace

from llmweb.translate.segments import Sentence, fitted, sentences

SENTENCE_CHARACTERS = 1_000  # longer ones are cut: the embedder reads 256 tokens
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]*)[^<>]*>|<!--[^<>]*-->")
UNREAD = frozenset({"script", "style", "template", "noscript"})


def prose(text: str) -> Iterator[Sentence]:
    """Sentences in order, none longer than SENTENCE_CHARACTERS, their white space as single spaces."""
    blanked = without_markup(text)
    for sentence in sentences(blanked, "en"):
        for piece in fitted(sentence, blanked, lambda part: len(part) <= SENTENCE_CHARACTERS):
            yield replace(piece, text=" ".join(piece.text.split()))


def without_markup(text: str) -> str:
    """The text at its length, with spaces for tags, comments, and all between <script> and </script> and the like."""
    made: list[str] = []
    after, inside = 0, ""
    for tag in TAG.finditer(text):
        name = (tag["name"] or "").lower()
        if not inside:
            made += [text[after : tag.start()], " " * (tag.end() - tag.start())]
            inside = name if name in UNREAD and not tag["end"] else ""
        elif name == inside and tag["end"]:
            made.append(" " * (tag.end() - after))
            inside = ""
        else:
            continue
        after = tag.end()
    made.append(" " * (len(text) - after) if inside else text[after:])
    return "".join(made)
