"""Which passages of some documents speak of a question: BM25 over words, fused with sentence embeddings.

Owns the index of a set of documents, its vectors included: they are computed once and live as long as the Index does.
Reading files is documents.py's; answering is ask.py's.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum, log
from threading import Event, Lock
from typing import TYPE_CHECKING

from llmweb.documents import Document
from llmweb.errors import BadInput
from llmweb.runtime import Runtime

if TYPE_CHECKING:
    import numpy as np
    from bm25s import BM25  # type: ignore[import-untyped]

EMBEDDER = "all-minilm-l6-v2"
PASSAGE_CHARACTERS = 700  # a paragraph; about 150 tokens of English
SENTENCE_CHARACTERS = 800  # longer ones are cut at a space: the embedder reads 256 tokens
BATCH = 16  # sentences between two signs of life
FUSION_K = 60  # Cormack, Clarke and Büttcher 2009, reciprocal rank fusion
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def words(text: str) -> list[str]:
    """Words of any script, case folded; Han and kana characters one by one."""
    return WORD.findall(text.casefold())


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) of documents[document].text."""

    document: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring sentences of one document: sentences[first:last] of the index, and where they lie in the text."""

    span: Span
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage and how well it fits a question. score is the fused one and orders; bm25 is unbounded from 0.

    similarity is the cosine of its best sentence, -1 to 1, None without embeddings. page counts from 1.
    """

    passage: Passage
    name: str
    page: int | None
    text: str
    score: float
    bm25: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence of the best passages. overlap is the share, by rarity, of the question's words in it, 0–1."""

    span: Span
    text: str
    overlap: float
    similarity: float | None

    @property
    def score(self) -> float:
        return self.overlap + (self.similarity or 0.0)


class Index:
    """Sentences, passages, BM25 and (once embed_steps ran) vectors of some documents. Safe to share between threads."""

    def __init__(self, documents: Sequence[Document]) -> None:
        if not documents:
            raise BadInput("There is no text to search. Paste one or choose a file.")
        self.documents = tuple(documents)
        self.sentences = tuple(span for number, doc in enumerate(documents) for span in _sentences(number, doc.text))
        self.passages = tuple(_passages(self.sentences))
        self._vectors: list[tuple[float, ...]] = []
        self._lock = Lock()

    def text(self, span: Span) -> str:
        return self.documents[span.document].text[span.start : span.end]

    @property
    def embedded(self) -> bool:
        return len(self._vectors) == len(self.sentences)

    def embed_steps(self, runtime: Runtime, cancelled: Event) -> Iterator[int]:
        """Embed what is not yet embedded; yields how many sentences are. When cancelled it keeps what it has."""
        while not self.embedded and not cancelled.is_set():
            done = len(self._vectors)
            batch = [self.text(span) for span in self.sentences[done : done + BATCH]]
            vectors = runtime.embed(EMBEDDER, batch, cancelled)
            with self._lock:
                if len(vectors) == len(batch) and len(self._vectors) == done:  # else another caller was here first
                    self._vectors.extend(vectors)
            yield len(self._vectors)

    @cached_property
    def _matrix(self) -> "np.ndarray":
        import numpy as np

        return np.asarray(self._vectors, dtype=np.float32)

    @cached_property
    def _bm25(self) -> "BM25":
        from bm25s import BM25

        ranker = BM25()
        ranker.index([words(self.text(passage.span)) or [""] for passage in self.passages], show_progress=False)
        return ranker

    @cached_property
    def _rarity(self) -> dict[str, float]:
        """log(1 + sentences / sentences with the word)."""
        counts = Counter(word for span in self.sentences for word in set(words(self.text(span))))
        return {word: log(1 + len(self.sentences) / count) for word, count in counts.items()}

    def rank(self, question: str, vector: Sequence[float] | None = None, limit: int = 5) -> tuple[Ranked, ...]:
        """The limit best passages, best first. By words only without the question's vector or before embed_steps."""
        import numpy as np

        bm25 = np.asarray(self._bm25.get_scores(words(question)), dtype=float)
        similarity: np.ndarray | None = None
        scores = _reciprocal_ranks(bm25)
        if vector is not None and self.embedded:
            cosines = self._matrix @ np.asarray(vector, dtype=np.float32)
            similarity = np.array([cosines[passage.first : passage.last].max() for passage in self.passages])
            scores = scores + _reciprocal_ranks(similarity)
        best = np.argsort(-scores, kind="stable")[:limit]
        return tuple(
            self._ranked(int(i), float(scores[i]), float(bm25[i]), None if similarity is None else float(similarity[i]))
            for i in best
        )

    def _ranked(self, number: int, score: float, bm25: float, similarity: float | None) -> Ranked:
        passage = self.passages[number]
        document = self.documents[passage.span.document]
        page = document.page(passage.span.start)
        return Ranked(passage, document.name, page, self.text(passage.span), score, bm25, similarity)

    def best_sentences(
        self, question: str, vector: Sequence[float] | None, passages: Sequence[Ranked]
    ) -> tuple[RankedSentence, ...]:
        """All sentences of the passages, each once, best first."""
        asked = set(words(question))
        weight = {word: self._rarity.get(word, log(1 + len(self.sentences))) for word in asked}
        # fsum: the order of a set, and with it the last digit of a plain sum, changes from process to process
        total = fsum(weight.values()) or 1.0
        numbers = sorted({n for ranked in passages for n in range(ranked.passage.first, ranked.passage.last)})
        found = []
        for number in numbers:
            text = self.text(self.sentences[number])
            overlap = fsum(weight[word] for word in asked & set(words(text))) / total
            close = None if vector is None or not self.embedded else _cosine(self._vectors[number], vector)
            found.append(RankedSentence(self.sentences[number], text, overlap, close))
        return tuple(sorted(found, key=lambda sentence: -sentence.score))


class Library:
    """The indexes of the last sets of documents, so that a second question does not embed them again."""

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._indexes: OrderedDict[tuple[Document, ...], Index] = OrderedDict()
        self._lock = Lock()

    def index(self, documents: Sequence[Document]) -> Index:
        """The index of these documents, kept from before where it can be; the least recently used goes first."""
        key = tuple(documents)
        with self._lock:
            index = self._indexes.pop(key, None) or Index(key)
            self._indexes[key] = index
            while len(self._indexes) > self._limit:
                self._indexes.popitem(last=False)
            return index


def _reciprocal_ranks(scores: "np.ndarray") -> "np.ndarray":
    """1 / (k + rank), rank 1 = highest; equals share the better rank, and a score of 0 or less gets nothing."""
    import numpy as np

    ordered = np.sort(-scores)
    ranks = np.searchsorted(ordered, -scores, side="left") + 1
    return np.where(scores > 0, 1.0 / (FUSION_K + ranks), 0.0)


def _cosine(first: Sequence[float], second: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def _sentences(number: int, text: str) -> Iterator[Span]:
    """Sentences without the space around them; those over SENTENCE_CHARACTERS are cut at spaces."""
    import sentencex  # type: ignore[import-untyped]

    for boundary in sentencex.get_sentence_boundaries("en", text):
        start, end = boundary["start_index"], boundary["end_index"]
        while start < end:
            cut = end if end - start <= SENTENCE_CHARACTERS else text.rfind(" ", start, start + SENTENCE_CHARACTERS) + 1
            cut = cut if cut > start else start + SENTENCE_CHARACTERS
            piece = text[start:cut]
            if piece.strip():
                yield Span(number, start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))
            start = cut


def _passages(sentences: Sequence[Span]) -> Iterator[Passage]:
    """Windows of sentences of one document up to PASSAGE_CHARACTERS, overlapping by one sentence."""
    first = 0
    while first < len(sentences):
        start = sentences[first]
        last = first + 1
        while last < len(sentences) and _fits(start, sentences[last]):
            last += 1
        yield Passage(Span(start.document, start.start, sentences[last - 1].end), first, last)
        ended = last == len(sentences) or sentences[last].document != start.document
        # One sentence of overlap, where the window has at least two beside it to move on by.
        first = last if ended or last - first < 3 else last - 1


def _fits(start: Span, sentence: Span) -> bool:
    return sentence.document == start.document and sentence.end - start.start <= PASSAGE_CHARACTERS
