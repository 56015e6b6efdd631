"""ROUGE-1, -2, -L and -Lsum for any language: the plain mean of each output's F, 0–100 (Lin 2004).

The counting rules are rouge-score 0.1.2's, which follows ROUGE-1.5.5; on ASCII text in English the values are equal
(tests). Ours is the tokenizer: rouge-score's keeps a–z and 0–9 alone, so that "avó" equals "avô" and a Chinese text has
no tokens. Sentences for Lsum are lines, and within a line what a sentence splitter finds. Of several references the
best counts, for each type by itself.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Literal

from evals.metrics import lcs
from evals.metrics.setting import Mean, Setting, require_references
from evals.types import Sample
from llmweb.errors import Unsupported

Kind = Literal["1", "2", "l", "lsum"]
Tokenize = Callable[[str], list[str]]

# Written without spaces between words: a token is a character with its marks, or a run of Latin letters or digits.
WITHOUT_SPACES = {"zh", "ja", "th", "lo", "km", "my", "bo", "dz"}
WORD = r"[\p{L}\p{M}\p{N}]+"
CHARACTER = r"[\p{Latin}\p{Nd}][\p{Latin}\p{Nd}\p{M}]*|[\p{L}\p{N}]\p{M}*"
STEMMED_LETTERS = 4  # rouge-score leaves shorter words alone


def rouge(kind: Kind, setting: Setting, stemmed: bool = False) -> Mean:
    """Raises Unsupported for stemming in another language than English."""
    language = setting.base_language
    if stemmed and language != "en":
        raise Unsupported(f"ROUGE stems English only, not {language!r}. Choose rouge-{kind}.")
    unit = "characters" if language in WITHOUT_SPACES else "words"
    tokenize = _stems if stemmed else partial(_tokens, CHARACTER if unit == "characters" else WORD)
    name = f"rouge-{kind}" + "-stemmed" * stemmed
    stemmer = "porter-nltk" if stemmed else "no"
    split = "|sent:lines+sentencex" if kind == "lsum" else ""
    described = f"ROUGE-{kind.capitalize()}|f:1|case:lc|norm:nfc|tok:{unit}|stem:{stemmer}{split}|refs:best|mean|v:1"
    return Mean(name, described, partial(_each, kind, tokenize, language))


def _each(
    kind: Kind, tokenize: Tokenize, language: str, outputs: Sequence[str], samples: Sequence[Sample]
) -> list[float]:
    require_references(samples, f"rouge-{kind}")
    prepare = _sentences_of(tokenize, language) if kind == "lsum" else tokenize
    compare = {"1": partial(_ngrams_f, 1), "2": partial(_ngrams_f, 2), "l": _longest_f, "lsum": _summary_f}[kind]
    return [
        max(compare(prepare(reference), prepare(output)) for reference in sample.references)  # type: ignore[operator]
        for output, sample in zip(outputs, samples, strict=True)
    ]


def _tokens(pattern: str, text: str) -> list[str]:
    import regex  # type: ignore[import-untyped]

    tokens: list[str] = regex.findall(pattern, unicodedata.normalize("NFC", text.lower()))
    return tokens


def _stems(text: str) -> list[str]:
    return [_stem(token) if len(token) >= STEMMED_LETTERS else token for token in _tokens(WORD, text)]


@cache
def _stem(word: str) -> str:
    stem: str = _porter()(word)
    return stem


@cache
def _porter() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer  # type: ignore[import-untyped]

    stem: Callable[[str], str] = PorterStemmer().stem
    return stem


def _sentences_of(tokenize: Tokenize, language: str) -> Callable[[str], list[list[str]]]:
    from sentencex import segment  # type: ignore[import-untyped]

    def prepare(text: str) -> list[list[str]]:
        lines = [line for line in text.split("\n") if line.strip()]
        return [tokenize(sentence) for line in lines for sentence in segment(language, line)]

    return prepare


def _ngrams_f(order: int, reference: Sequence[str], output: Sequence[str]) -> float:
    theirs, mine = _ngrams(order, reference), _ngrams(order, output)
    return _f((theirs & mine).total(), theirs.total(), mine.total())


def _ngrams(order: int, tokens: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def _longest_f(reference: Sequence[str], output: Sequence[str]) -> float:
    return _f(lcs.length(reference, output), len(reference), len(output))


def _summary_f(reference: Sequence[Sequence[str]], output: Sequence[Sequence[str]]) -> float:
    """Each reference sentence is matched with all of the output's; a token counts no oftener than either text has it,
    as in ROUGE-1.5.5."""
    theirs, mine = (Counter(token for sentence in text for token in sentence) for text in (reference, output))
    left = theirs & mine
    hits = 0
    for sentence in reference:
        union: set[int] = set().union(*(lcs.places(sentence, other) for other in output))
        for place in union:
            if left[sentence[place]] > 0:
                left[sentence[place]] -= 1
                hits += 1
    return _f(hits, theirs.total(), mine.total())


def _f(hits: int, reference: int, output: int) -> float:
    """F1 of recall hits / reference and precision hits / output; 0 without hits."""
    return 2 * hits / (reference + output) if hits else 0.0
