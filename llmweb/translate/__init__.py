"""Translation: a text in one language to the same text in another, sentence by sentence, its markup and lines kept.

Owns the choice of model, the progress of a text through it, and the check by translating back. Sentences are
segments.py's, what survives in them rounds.py's, files files.py's.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event

from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.runtime import Runtime
from llmweb.translate import examples as translation_examples
from llmweb.translate.languages import OTHER_SCRIPTS, Detection, code, detect, name
from llmweb.translate.protected import pieces
from llmweb.translate.rounds import Answer, Ask, answered, first_form
from llmweb.translate.segments import Rebuilt, Sentence, fitted, sentences
from llmweb.translate.similarity import chrf
from llmweb.types import Completion, Delta, ModelSpec, Options, Request

BATCH_SENTENCES = 64
SNAPSHOT_SECONDS = 0.15
FIT_SHARE = 0.9  # of a model's context: marks make a sentence a little longer than it was counted
AUTO = ("", "auto")
DEDICATED_PAIRS = 2  # a model of more says little about the languages its owner reads


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence and its translation: text[start:end] on either side. alternatives are best first, the translation
    among them, () where the model has none or the sentence lost something in them."""

    source: str
    target: str
    source_start: int
    source_end: int
    target_start: int
    target_end: int
    alternatives: tuple[str, ...] = ()
    completions: tuple[Completion, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """A text translated as far as done of total sentences; text ends where the first one is missing.

    original is the text as given. detected holds the languages it may be in, most probable first, when it was not
    said. note and progress (0–1) tell what a loading model is doing.
    """

    text: str
    original: str
    source: str
    target: str
    model: str
    segments: tuple[Segment, ...] = ()
    done: int = 0
    total: int = 0
    detected: tuple[Detection, ...] = ()
    note: str = ""
    progress: float | None = None

    @property
    def completions(self) -> tuple[Completion, ...]:
        return tuple(completion for segment in self.segments for completion in segment.completions)


@dataclass(frozen=True, slots=True)
class BackTranslation:
    """A translation translated back, and how alike the result is to the original: chrF, 0–100.

    Low means one of the two directions went wrong; high does not prove that either is right.
    """

    translation: Translation
    similarity: float


def translate(
    runtime: Runtime, text: str, source: str, target: str, model: str = "", options: Options = Options()
) -> Translation:
    """The last of translate_steps."""
    return deque(translate_steps(runtime, text, source, target, model, options), maxlen=1)[0]


def translate_steps(
    runtime: Runtime, text: str, source: str, target: str, model: str = "", options: Options = Options()
) -> Iterator[Translation]:
    """A text translated, in growing snapshots. source "" or "auto" detects it; model "" takes the best one on disk.

    Raises BadInput (empty, not text, language unknown), UnsupportedPair, Unsupported, and what Runtime.run raises.
    """
    check_text(text)
    target = code(target)
    detected = _detected(runtime, text, target) if source.lower() in AUTO else ()
    source = detected[0].language if detected else code(source)
    spec = chosen(runtime, source, target, model)
    state = Translation("", text, source, target, spec.id, detected=detected)
    yield state
    cancelled = Event()
    try:
        for delta in runtime.loading(spec.id, options.precision, cancelled):
            yield replace(state, note=delta.note, progress=delta.progress)
        _check_abilities(runtime, spec, options)
        yield from _translated(runtime, spec, state, options, cancelled)
    finally:
        cancelled.set()


def back_translate(runtime: Runtime, translation: Translation, model: str = "") -> BackTranslation:
    """The last of back_translate_steps."""
    return deque(back_translate_steps(runtime, translation, model), maxlen=1)[0]


def back_translate_steps(runtime: Runtime, translation: Translation, model: str = "") -> Iterator[BackTranslation]:
    """The translation put back into its source language. Raises as translate_steps does."""
    for back in translate_steps(runtime, translation.text, translation.target, translation.source, model):
        whole = back.total and back.done == back.total
        yield BackTranslation(back, chrf(back.text, translation.original) if whole else 0.0)


def alternatives_note(runtime: Runtime, model: str, options: Options = Options()) -> str:
    """Why a model shows no other translations; "" where it can."""
    abilities = runtime.abilities(model, options.precision)
    if abilities & {"alternatives", "beams"}:
        return ""
    own = runtime.catalog.find(model).pairs
    others = [
        spec.id
        for spec in runtime.catalog.for_task("translate")
        if spec.engine != "bergamot" and spec.id != model and (not own or spec.pairs & own)
    ]
    named = f": {', '.join(others[:5])}" if others else ", such as opus-mt or nllb (see the Models page)"
    return f"{runtime.catalog.find(model).name} writes one translation only. Models with alternatives{named}."


def check_text(text: str) -> None:
    """Raises BadInput for what is no text."""
    if not text.strip():
        raise BadInput("There is nothing to translate: the text is empty. Type or paste some text.")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadInput(f"The text has a NUL character in line {line}: this looks like a binary file. Give it as text.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            f"The text has half a character (a lone surrogate) at position {error.start + 1}. Paste it again."
        ) from error


def chosen(runtime: Runtime, source: str, target: str, model: str) -> ModelSpec:
    """The model for a pair: the one named, else the first on disk that serves it, else the first that does.

    Raises UnknownModel, UnsupportedPair, Unsupported, and BadInput where source and target are the same.
    """
    if source == target:
        raise BadInput(f"The text and the translation would both be in {name(target)}. Choose another target language.")
    if not model:
        return _best(runtime, source, target)
    spec = runtime.catalog.find(model)
    if "translate" in spec.tasks:
        if (source, target) not in spec.pairs:
            served = ", ".join(f"{a} → {b}" for a, b in sorted(spec.pairs)[:20])
            raise UnsupportedPair(f"{spec.name} does not translate {source} → {target}. It serves: {served}.")
        return spec
    if "generate" in spec.tasks:
        translation_examples.check_languages(spec, (source, target))
        return spec
    able = ", ".join(other.id for other in runtime.catalog.for_task("translate"))
    raise Unsupported(f"{spec.name} cannot translate. Models that can: {able}.")


def _best(runtime: Runtime, source: str, target: str) -> ModelSpec:
    try:
        able = runtime.catalog.for_pair(source, target)
    except UnsupportedPair as error:
        raise UnsupportedPair(f"{error}{_way_round(runtime, source, target)}") from error
    return next((spec for spec in able if runtime.ready(spec.id)), able[0])


def _way_round(runtime: Runtime, source: str, target: str) -> str:
    """What else can be done about a pair without a model of its own."""
    pairs = {pair for spec in runtime.catalog.models for pair in spec.pairs}
    if {(source, "en"), ("en", target)} <= pairs:
        return f" By way of English: first {source} → en, then en → {target}."
    both = {source, target}
    by_example = [spec.id for spec in runtime.catalog.for_task("generate") if both <= set(spec.languages)]
    if both <= set(translation_examples.EXAMPLES) and by_example:
        return f" A language model may do it by example, less well: choose {' or '.join(by_example)}."
    return " Add a model for the pair on the Models page, such as an opus-mt one."


def _detected(runtime: Runtime, text: str, target: str) -> tuple[Detection, ...]:
    """Languages the text may be in. Raises BadInput where there are no words to tell by, or it is in the target."""
    ready = [spec for spec in runtime.catalog.for_task("translate") if runtime.ready(spec.id)]
    read = {source for spec in ready for source, _ in spec.pairs}
    likely = {source for spec in ready if len(spec.pairs) <= DEDICATED_PAIRS for source, _ in spec.pairs}
    found = detect(text, likely, read)
    if not found:
        raise BadInput("There are no words to tell the language by. Choose the language of the text.")
    if found[0].language == target:
        raise BadInput(
            f"The text seems to be in {name(target)} already (confidence {found[0].confidence:.2f}). "
            "Choose another target language, or say which language the text is in."
        )
    return found


def _check_abilities(runtime: Runtime, spec: ModelSpec, options: Options) -> None:
    if options.alternatives > 1 and (note := alternatives_note(runtime, spec.id, options)):
        raise Unsupported(note)


def _translated(
    runtime: Runtime, spec: ModelSpec, state: Translation, options: Options, cancelled: Event
) -> Iterator[Translation]:
    """Snapshots from the first sentence to the last."""
    parts: list[Sentence] = []
    shown = time.monotonic()
    for part in _fitting(runtime, spec, state, options):
        parts.append(part)
        if time.monotonic() - shown > SNAPSHOT_SECONDS:
            shown = time.monotonic()
            yield replace(state, note=f"Splitting the text: {len(parts):,} sentences")
    ask = _asking(runtime, spec, state, options, cancelled)
    rebuilt = Rebuilt(state.original)
    segments: list[Segment] = []
    for first in range(0, len(parts), BATCH_SENTENCES):
        batch = parts[first : first + BATCH_SENTENCES]
        answers: dict[int, Answer] = {}
        other_scripts = state.source not in OTHER_SCRIPTS and state.target not in OTHER_SCRIPTS
        for step in answered(ask, [part.text for part in batch], other_scripts):
            if step is not None:
                answers[step[0]] = step[1]
                segments += _settled(rebuilt, batch, answers, len(segments) - first)
            if time.monotonic() - shown > SNAPSHOT_SECONDS:
                shown = time.monotonic()
                done = first + len(answers)
                yield replace(state, text=rebuilt.text(False), segments=tuple(segments), done=done, total=len(parts))
    yield replace(state, text=rebuilt.text(True), segments=tuple(segments), done=len(parts), total=len(parts))


def _settled(rebuilt: Rebuilt, batch: Sequence[Sentence], answers: dict[int, Answer], begun: int) -> Iterator[Segment]:
    """The segments from the first one missing, as far as answers follow each other."""
    while begun in answers:
        part, answer = batch[begun], answers[begun]
        start, end = rebuilt.add(part, answer.target)
        yield Segment(
            part.text, answer.target, part.start, part.end, start, end, answer.alternatives, answer.completions
        )
        begun += 1


def _fitting(runtime: Runtime, spec: ModelSpec, state: Translation, options: Options) -> Iterator[Sentence]:
    """The sentences of the text, cut where they are too long for the model."""
    limit = int(runtime.context_tokens(spec.id, options.precision) * FIT_SHARE)
    if "translate" not in spec.tasks:
        empty = translation_examples.prompt("", state.source, state.target)
        limit = (limit - runtime.count(spec.id, empty, options.precision)) // 3  # the sentence and its translation

    def fits(text: str) -> bool:
        if len(text) < limit:  # a token is a character or more
            return True
        return runtime.count(spec.id, first_form(text, pieces(text)).text, options.precision) <= limit

    for sentence in sentences(state.original, state.source):
        yield from fitted(sentence, state.original, fits)


def _asking(runtime: Runtime, spec: ModelSpec, state: Translation, options: Options, cancelled: Event) -> Ask:
    """How sentences are asked of this model: as source texts, or by example where it only completes text."""

    def request(text: str) -> Request:
        if "translate" in spec.tasks:
            return Request("translate", text, options, source=state.source, target=state.target)
        stopping = replace(options, stop=(*options.stop, *translation_examples.STOP))
        return Request("generate", translation_examples.prompt(text, state.source, state.target), stopping)

    def ask(texts: Sequence[str]) -> Iterator[Delta]:
        return runtime.run(spec.id, [request(text) for text in texts], cancelled)

    return ask
