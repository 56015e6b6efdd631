"""Ask: a question about some documents, answered by a span of them or by "Not in the text".

Owns the order of the steps: embed, find passages, let the model write or mark, decide. Finding is retrieve.py's, prompt
and weighing are answers.py's, their measured coefficients fitted.py's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp
from threading import Event

from llmweb.ask import answers, fitted
from llmweb.ask.answers import Candidate
from llmweb.documents import Document, clean
from llmweb.errors import BadInput, Unsupported
from llmweb.retrieve import EMBEDDER, Index, Ranked, Span
from llmweb.runtime import Runtime
from llmweb.types import Alternative, Completion, Options, Request, Vector

MAX_QUESTION_CHARACTERS = 1_000
MAX_ANSWER_TOKENS = 24
PASSAGES = 5
SHOWN_ALTERNATIVES = 5
FOUND_FROM = 0.5
WORDS_ONLY = "Found by words alone: the model that compares meanings is not downloaded yet."


@dataclass(frozen=True, slots=True)
class Answer:
    """text is the best guess and stands at [start, end) of documents[document], called name, on page (1 = first).

    found says whether to believe in it.

    confidence is the probability, 0–1, that the passages answer the question at all: calibrated with the default
    models (fitted.py tells on what), None until the answer is complete. considered are the passages read, best first;
    alternatives the next guesses. done of total steps (sentences to embed, texts to write); doing says which.
    """

    question: str
    text: str = ""
    found: bool = False
    confidence: float | None = None
    passage: Ranked | None = None
    document: int | None = None
    name: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None
    considered: tuple[Ranked, ...] = ()
    alternatives: tuple[Candidate, ...] = ()
    completions: tuple[Completion, ...] = ()
    done: int = 0
    total: int = 1
    doing: str = ""
    note: str = ""

    @property
    def reply(self) -> str:
        """What to tell the person."""
        return self.text if self.found else "Not in the text."


def ask(
    runtime: Runtime,
    question: str,
    documents: Sequence[Document] | Index,
    model: str = "",
    options: Options = Options(),
) -> Answer:
    """The complete answer; see ask_steps."""
    *_, last = ask_steps(runtime, question, documents, model, options)
    return last


def ask_steps(
    runtime: Runtime,
    question: str,
    documents: Sequence[Document] | Index,
    model: str = "",
    options: Options = Options(),
) -> Iterator[Answer]:
    """Snapshots of the answer, the last one complete; closing the iterator cancels the work.

    An Index keeps its vectors for the next question. model "" is the default chat model; one with the task "span"
    marks the answer itself. Raises BadInput, UnknownModel, Unsupported, NotDownloaded, DoesNotFit.
    """
    asked = " ".join(clean(question).split())
    if not asked:
        raise BadInput("There is no question. Write one about the text.")
    if len(asked) > MAX_QUESTION_CHARACTERS:
        raise BadInput(
            f"The question has {len(asked):,} characters; the limit is {MAX_QUESTION_CHARACTERS:,}. "
            "Put long material into the text and ask shortly."
        )
    spec = runtime.catalog.find(model) if model else runtime.catalog.for_task("generate")[0]
    if not spec.tasks & {"span", "generate"}:
        able = sorted({each.id for task in ("span", "generate") for each in runtime.catalog.for_task(task)})
        raise Unsupported(f"{spec.id} does not answer questions. Choose one of: {', '.join(able)}.")
    index = documents if isinstance(documents, Index) else Index(documents)
    work = _Work(runtime, spec.id, asked, index, options)
    try:
        yield from work.marked() if "span" in spec.tasks else work.written()
    finally:
        work.cancelled.set()


class _Work:
    """One question on its way: what is known so far, and the event that stops it."""

    def __init__(self, runtime: Runtime, model: str, question: str, index: Index, options: Options) -> None:
        self.runtime, self.model, self.index = runtime, model, index
        self.options = replace(options, schema="", max_tokens=min(options.max_tokens, MAX_ANSWER_TOKENS))
        self.cancelled = Event()
        self.answer = Answer(question)
        self.vector: Vector | None = None

    def written(self) -> Iterator[Answer]:
        """A chat model writes from the best sentences; the answer is the span that fits what it wrote."""
        yield from self._retrieved(len(answers.READ_SENTENCES))
        question, considered = self.answer.question, self.answer.considered
        sentences = self.index.best_sentences(question, self.vector, considered)
        prompts = (answers.prompt(answers.excerpt(sentences, count), question) for count in answers.READ_SENTENCES)
        options = replace(self.options, stop=(*self.options.stop, "\n"))
        yield from self._completed([Request("generate", prompt, options, weighed=True) for prompt in prompts])
        completions = self.answer.completions
        candidates = answers.weigh(question, sentences, completions, fitted.SPAN)
        weights = fitted.ANSWERABLE if self.vector else fitted.ANSWERABLE_BY_WORDS
        sure = answers.answerable(answers.evidence(sentences, completions, candidates), weights)
        yield self._decided(candidates, sure)

    def marked(self) -> Iterator[Answer]:
        """An extractive model marks a span in each passage, or none; the likeliest against "none" wins."""
        yield from self._retrieved(PASSAGES)
        considered = self.answer.considered
        options = replace(self.options, alternatives=SHOWN_ALTERNATIVES)
        requests = [Request("span", self.answer.question, options, context=ranked.text) for ranked in considered]
        yield from self._completed(requests)
        found: list[Candidate] = []
        for ranked, completion in zip(considered, self.answer.completions, strict=True):
            found.extend(_marks(ranked, completion))
        found.sort(key=lambda candidate: -candidate.score)
        yield self._decided(found, found[0].probability if found else 0.0)

    def _retrieved(self, requests: int) -> Iterator[Answer]:
        """Embed what is new, and set the passages to read."""
        wanted = len(self.index.sentences)
        total = wanted + requests
        if self.runtime.ready(EMBEDDER):
            for delta in self.runtime.loading(EMBEDDER, "exact", self.cancelled):
                yield self._keep(
                    replace(self.answer, total=total, doing=delta.note or "Loading the model that compares meanings")
                )
            for done in self.index.embed_steps(self.runtime, self.cancelled):
                yield self._keep(
                    replace(self.answer, done=done, total=total, doing=f"Read {done:,} of {wanted:,} sentences")
                )
            (self.vector,) = self.runtime.embed(EMBEDDER, [self.answer.question], self.cancelled)
        else:
            yield self._keep(replace(self.answer, note=WORDS_ONLY))
        considered = self.index.rank(self.answer.question, self.vector, PASSAGES)
        yield self._keep(replace(self.answer, considered=considered, done=wanted, total=total))

    def _completed(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Run the requests in one batch and set the completions. Raises the first error of any."""
        begun = self.answer.done
        done: dict[int, Completion] = {}
        for delta in self.runtime.run(self.model, requests, self.cancelled):
            if delta.error is not None:
                raise delta.error
            if delta.completion is not None:
                done[delta.index] = delta.completion
            doing = delta.note or ("Waiting for the model" if delta.queue_position else "Answering")
            yield self._keep(replace(self.answer, done=begun + len(done), total=begun + len(requests), doing=doing))
        self._keep(replace(self.answer, completions=tuple(done[number] for number in sorted(done))))

    def _decided(self, candidates: Sequence[Candidate], sure: float) -> Answer:
        if not candidates:
            return self._keep(replace(self.answer, confidence=sure, doing=""))
        best = candidates[0]
        document = self.index.documents[best.span.document]
        return self._keep(
            replace(
                self.answer,
                text=best.text,
                found=sure >= FOUND_FROM,
                confidence=sure,
                passage=next((ranked for ranked in self.answer.considered if _inside(best.span, ranked)), None),
                document=best.span.document,
                name=document.name,
                page=document.page(best.span.start),
                start=best.span.start,
                end=best.span.end,
                alternatives=tuple(candidates[1 : 1 + SHOWN_ALTERNATIVES]),
                doing="",
            )
        )

    def _keep(self, answer: Answer) -> Answer:
        self.answer = answer
        return answer


def _inside(span: Span, ranked: Ranked) -> bool:
    passage = ranked.passage.span
    return passage.document == span.document and passage.start <= span.start and span.end <= passage.end


def _marks(ranked: Ranked, completion: Completion) -> Iterator[Candidate]:
    """The spans of one passage. score: log-odds against no answer, else the log-probability."""
    chosen = Alternative(completion.text, completion.log_probability or 0.0, completion.start, completion.end)
    marks = (chosen, *(mark for mark in completion.alternatives if mark.text != chosen.text))
    null = next((mark.log_probability for mark in marks if not mark.text), None)
    for mark in marks:
        if mark.text and mark.start is not None and mark.end is not None:
            score = mark.log_probability - (null or 0.0)
            probability = exp(score) if null is None else 1 / (1 + exp(-score))
            passage = ranked.passage.span
            span = Span(passage.document, passage.start + mark.start, passage.start + mark.end)
            yield Candidate(mark.text, span, score, min(1.0, probability), {})
