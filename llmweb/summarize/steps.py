"""One summary on its way: read, pick, write, compose; the parts of a long text (map-reduce) and their progress.

Picking is salience.py's, asking prompts.py's, checking faithful.py's, links and flags support.py's.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Literal

from llmweb.errors import BadInput
from llmweb.retrieve import EMBEDDER
from llmweb.runtime import Runtime
from llmweb.summarize.faithful import Piece, filled_up, headline, kept, shortened
from llmweb.summarize.prompts import Asked, cleaned, draft, drafts, reads_source, shorter
from llmweb.summarize.prose import prose
from llmweb.summarize.salience import OVER, Salience, WordSpace
from llmweb.summarize.summary import LENGTHS, Part, Summary, Wish, wished_words
from llmweb.summarize.support import Facts, SupportedSentence, best_source, content_words
from llmweb.translate.languages import detect, name
from llmweb.translate.segments import Sentence
from llmweb.types import Delta, ModelSpec, Options, Request

if TYPE_CHECKING:
    import numpy as np

PART_TOKENS = 3_000  # small models lose the thread of longer texts
PART_SUMMARY_WORDS = 90
EMBED_CHARACTERS = 1_500  # one batch of sentences: under 0.2 s on two cores
WHOLE_CHARACTERS = 1_200  # of a window the embedder reads at once
ANSWERS_FROM = 0.3  # cosine of the best sentence, below which a focus question is called unanswered
SURE_LANGUAGE = 0.7
BY_WORDS = f"Linked by words alone: {EMBEDDER}, which compares meanings, is not downloaded yet."
HEADLINE_SOURCE_WORDS = 24
DRAFT = -1
SPLIT_STEP = 50  # sentences between two signs of life
DETECTED_SENTENCES = 40


class Summarizing:
    """One summary on its way: the sentences of the source, their vectors, and the latest snapshot."""

    def __init__(
        self, runtime: Runtime, text: str, wish: Wish, spec: ModelSpec, options: Options, cancelled: Event
    ) -> None:
        self.runtime, self.spec, self.options, self.cancelled = runtime, spec, options, cancelled
        self.embeds = runtime.ready(EMBEDDER)
        linked_by = "embeddings and words" if self.embeds else "words"
        self.state = Summary(text, wish, linked_by=linked_by, doing="Reading")
        self.source: list[Sentence] = []
        self.texts: list[str] = []
        self.content: list[frozenset[str]] = []
        self.facts = Facts()
        self.asked = Asked(0)
        self.vectors: np.ndarray
        self.question: np.ndarray | None = None

    def steps(self) -> Iterator[Summary]:
        yield from self._split()
        self._note()
        if self._already_short():
            yield from self._read()
            pieces = [Piece(text, number) for number, text in enumerate(self.texts)]
        else:
            if self.knows_language:
                yield from self._loading(self.spec.id)
            yield from self._read()
            pieces = yield from self._reduced()
        if not self.cancelled.is_set():
            yield from self._finished(pieces)

    def _split(self) -> Iterator[Summary]:
        """The source sentences, cut where one is longer than the embedder reads."""
        text, wish = self.state.source, self.state.wish
        for sentence in prose(text):
            self.source.append(sentence)
            self.texts.append(sentence.text)
            self.content.append(frozenset(content_words(sentence.text)))
            self.facts.add(sentence.text)
            if len(self.source) % SPLIT_STEP == 0:
                yield self.state
        if not self.source:
            raise BadInput("There are no sentences to summarize, only code, markup or signs. Paste some text.")
        self.words = sum(len(sentence.split()) for sentence in self.texts)
        self.asked = Asked(wished_words(wish, self.words), wish.style, wish.focus)
        self.space = WordSpace(self.texts)
        found = detect(" ".join(self.texts[:DETECTED_SENTENCES]), self.spec.languages)
        self.language = found[0].language if found and found[0].confidence >= SURE_LANGUAGE else ""
        self.knows_language = not (self.language and self.spec.languages) or self.language in self.spec.languages

    def _note(self) -> None:
        notes = [] if self.embeds else [BY_WORDS]
        if self._already_short():
            notes.append("The text is already as short as the summary asked for: it is returned as it is.")
        elif not self.knows_language:
            notes.append(
                f"The text seems to be in {name(self.language)}, which {self.spec.name} was not trained for: "
                "its main sentences were picked, not rewritten."
            )
        self.state = replace(self.state, notes=tuple(notes))

    def _already_short(self) -> bool:
        wish = self.state.wish
        wanted = wish.length if isinstance(wish.length, int) else LENGTHS[wish.length]
        return wish.style != "headline" and (len(self.texts) == 1 or self.words <= wanted)

    def _loading(self, model: str) -> Iterator[Summary]:
        for delta in self.runtime.loading(model, self._precision(model), self.cancelled):
            yield replace(self.state, doing=delta.note or "Loading the model")

    def _precision(self, model: str) -> Literal["exact", "fast"]:
        return "exact" if model == EMBEDDER else self.options.precision

    def _read(self) -> Iterator[Summary]:
        """Vectors of every source sentence, and of the question."""
        self.state = replace(self.state, doing="Reading", total=len(self.texts))
        if self.embeds:
            yield from self._loading(EMBEDDER)
        self.vectors = yield from self._vectors(self.texts)
        self.state = replace(self.state, done=len(self.texts))
        if self.asked.focus.strip() and not self.cancelled.is_set():
            self.question = (yield from self._vectors([self.asked.focus]))[0]
            best = float((self.vectors @ self.question).max())
            if best < ANSWERS_FROM and not set(content_words(self.asked.focus)) & frozenset().union(*self.content):
                note = "The text does not seem to answer the question, so this is a summary of the whole text."
                self.state, self.question = replace(self.state, notes=(*self.state.notes, note)), None

    def _vectors(self, texts: Sequence[str]) -> Generator[Summary, None, "np.ndarray"]:
        """(len(texts), dimensions); a heartbeat for each batch. Rows that were cancelled are zero."""
        import numpy as np

        rows: list[Sequence[float]] = []
        for batch in _batches(texts, EMBED_CHARACTERS):
            if self.cancelled.is_set():
                break
            rows += self.runtime.embed(EMBEDDER, batch, self.cancelled) if self.embeds else self.space.vectors(batch)
            yield replace(self.state, done=len(rows)) if texts is self.texts else self.state
        width = len(rows[0]) if rows else 1
        return np.asarray([*rows, *[(0.0,) * width] * (len(texts) - len(rows))], dtype=np.float32)

    def _reduced(self) -> Generator[Summary, None, list[Piece]]:
        """Map-reduce: the pieces of each part are made fewer, level by level, until they fit the summary."""
        pieces = [Piece(text, number) for number, text in enumerate(self.texts)]
        level, fewer = 0, True
        while not self.cancelled.is_set():
            parts = (yield from self._parts(pieces)) if fewer else [pieces]
            asked = self.asked if len(parts) == 1 else Asked(PART_SUMMARY_WORDS, focus=self.asked.focus)
            made = yield from self._written(parts, asked)
            if len(parts) > 1:
                self._show(level, parts, made)
            before, pieces = pieces, [piece for part in made for piece in part]
            if len(parts) == 1:
                break
            level, fewer = level + 1, len(pieces) < len(before)
        return pieces

    def _show(self, level: int, parts: Sequence[Sequence[Piece]], made: Sequence[Sequence[Piece]]) -> None:
        shown = tuple(
            Part(level, *self._place(part[0], part[-1]), " ".join(piece.text for piece in summary))
            for part, summary in zip(parts, made, strict=True)
        )
        self.state = replace(self.state, parts=self.state.parts + shown)

    def _place(self, first: Piece, last: Piece) -> tuple[int, int]:
        return self.source[first.sentence].start, self.source[last.sentence].end

    def _parts(self, pieces: Sequence[Piece]) -> Generator[Summary, None, list[list[Piece]]]:
        """Neighbouring pieces that fit the model's context together with prompt and answer; at least one piece each."""
        if not self.knows_language:
            return [list(pieces)]
        model, precision = self.spec.id, self.options.precision
        reserve = self.runtime.count(model, draft(self.spec, "", self.asked, self.options).prompt, precision)
        reserve += draft(self.spec, "", self.asked, self.options).options.max_tokens
        room = min(PART_TOKENS, max(64, self.runtime.context_tokens(model, precision) - reserve))
        parts: list[list[Piece]] = [[]]
        used = 0
        for number, piece in enumerate(pieces):
            tokens = self.runtime.count(model, piece.text, precision) + 1
            if parts[-1] and used + tokens > room:
                parts.append([])
                used = 0
            parts[-1].append(piece)
            used += tokens
            if number % 100 == 99:
                yield self.state
        return parts

    def _written(self, parts: Sequence[Sequence[Piece]], asked: Asked) -> Generator[Summary, None, list[list[Piece]]]:
        """The summary of every part: all the writing in one batch."""
        import numpy as np

        chosen: list[tuple[int, ...]] = []
        wholes: list[np.ndarray] = []
        for part in parts:
            numbers = [piece.sentence for piece in part]
            wholes.append((yield from self._whole(part)))
            salience = Salience([p.text for p in part], self.vectors[numbers], wholes[-1], self.question)
            headlined = asked.style == "headline"
            best = salience.choose(HEADLINE_SOURCE_WORDS if headlined else asked.words)
            chosen.append(best.numbers[:1] if headlined else best.numbers)
            yield self.state
        requests, homes = self._requests(parts, chosen, asked)
        answers = yield from self._answers(requests)
        made: list[list[Piece]] = []
        for index, part in enumerate(parts):
            answer = {home[1]: answers.get(place, "") for place, home in enumerate(homes) if home[0] == index}
            made.append((yield from self._composed(part, chosen[index], answer, wholes[index])))
        return made

    def _whole(self, part: Sequence[Piece]) -> Generator[Summary, None, "np.ndarray"]:
        """The direction of a part: the mean of its windows as the embedder reads them."""
        windows = [" ".join(batch) for batch in _batches([piece.text for piece in part], WHOLE_CHARACTERS)]
        whole: np.ndarray = (yield from self._vectors(windows)).mean(axis=0)
        return whole

    def _requests(
        self, parts: Sequence[Sequence[Piece]], chosen: Sequence[tuple[int, ...]], asked: Asked
    ) -> tuple[list[Request], list[tuple[int, int]]]:
        """What the model is asked, and for which (part, piece of it); piece DRAFT is the draft of the part."""
        requests: list[Request] = []
        homes: list[tuple[int, int]] = []
        if not self.knows_language:
            return requests, homes
        for index, (part, numbers) in enumerate(zip(parts, chosen, strict=True)):
            if drafts(self.spec):
                requests.append(draft(self.spec, " ".join(piece.text for piece in part), asked, self.options))
                homes.append((index, DRAFT))
            for number in () if reads_source(self.spec) else numbers:
                requests.append(shorter(self.spec, part[number].text, asked.style, self.options))
                homes.append((index, number))
        return requests, homes

    def _answers(self, requests: Sequence[Request]) -> Generator[Summary, None, dict[int, str]]:
        answers: dict[int, str] = {}
        base = self.state.done
        self.state = replace(self.state, doing="Writing", total=base + len(requests))
        for delta in self.runtime.run(self.spec.id, requests, self.cancelled):
            if delta.error is not None:
                raise delta.error
            if delta.completion is not None:
                answers[delta.index] = delta.completion.text
                completions = (*self.state.completions, delta.completion)
                self.state = replace(self.state, completions=completions, done=base + len(answers))
            yield _waiting(self.state, delta)
        return answers

    def _composed(
        self, part: Sequence[Piece], chosen: Sequence[int], answers: dict[int, str], whole: "np.ndarray"
    ) -> Generator[Summary, None, list[Piece]]:
        """The better of two: the chosen sentences made shorter, or the draft's sentences that hold, filled up."""
        if self.asked.style == "headline" and len(chosen) == 1:
            piece = part[chosen[0]]
            written = headline(piece.text, answers.get(chosen[0], ""), self.facts, self.asked.words)
            return [Piece(written, piece.sentence)]
        picked = [Piece(shortened(part[n].text, answers.get(n, ""), self.facts), part[n].sentence) for n in chosen]
        drafted = kept(cleaned(answers.get(DRAFT, "")), part, self.facts)
        filled = filled_up(drafted, picked, self.asked.words)
        too_long = sum(len(piece.text.split()) for piece in filled) > self.asked.words * OVER
        if not drafted or too_long:
            return picked
        texts = [" ".join(piece.text for piece in pieces) for pieces in (picked, filled)]
        scores = (yield from self._vectors(texts)) @ (whole if self.question is None else whole + 3 * self.question)
        return filled if scores[1] > scores[0] else picked

    def _finished(self, pieces: Sequence[Piece]) -> Iterator[Summary]:
        """Put the text together in its style, and link each sentence to the source."""
        vectors = yield from self._vectors([piece.text for piece in pieces])
        text, linked = "", []
        for piece, vector in zip(pieces, vectors, strict=True):
            mark = "- " if self.asked.style == "bullets" else ""
            gap = "" if not text else "\n" if mark else " "
            start = len(text) + len(gap) + len(mark)
            text += gap + mark + piece.text
            best, similarity = best_source(piece.text, self.content, vector if self.embeds else None, self.vectors)
            place = self.source[best] if similarity > 0 else None
            linked.append(
                SupportedSentence(
                    piece.text,
                    start,
                    start + len(piece.text),
                    place.start if place else None,
                    place.end if place else None,
                    similarity,
                )
            )
        flagged = tuple(replace(item, flags=self.facts.missing(text, item.start, item.end)) for item in linked)
        self.state = replace(self.state, text=text, sentences=flagged, doing="", done=self.state.total, finished=True)
        yield self.state


def _batches(texts: Sequence[str], characters: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        if batch and sum(map(len, batch)) + len(text) > characters:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def _waiting(state: Summary, delta: Delta) -> Summary:
    queued = f"Waiting: {delta.queue_position} in the queue" if delta.queue_position else ""
    return replace(state, doing=delta.note or queued or state.doing)
