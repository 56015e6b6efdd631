"""A batch of sentences through a model, asked again until nothing protected is missing from the answers.

Round one asks with marks for what models break and numbers in clear; round two marks what got lost; what is still
missing after that is translated around the pieces, which cannot lose them. Where sentences come from is segments.py's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from llmweb.translate.marks import IN_CLEAR, Form, form, fragments, restored
from llmweb.translate.protected import Piece, lost, pieces, wordless
from llmweb.types import Completion, Delta

Ask = Callable[[Sequence[str]], Iterator[Delta]]
"""Runs one request a text; the deltas of all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence translated. alternatives are other translations of it, best first, themselves included; completions
    are what the model wrote for it, several where it was translated around its pieces, none where nothing was asked."""

    target: str
    completions: tuple[Completion, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(slots=True)
class _Open:
    """A sentence on its way: its pieces, and how it is asked for next."""

    sentence: str
    protected: tuple[Piece, ...]
    asked: Form


def answered(ask: Ask, sentences: Sequence[str], other_scripts: bool) -> Iterator[tuple[int, Answer] | None]:
    """(index, answer) as they are settled; None while time passes. Raises the first error of the model.

    other_scripts: words in other than Latin letters are protected too.
    """
    waiting: dict[int, _Open] = {}
    for index, sentence in enumerate(sentences):
        protected = pieces(sentence, other_scripts)
        if wordless(sentence, protected):
            yield index, Answer(sentence)
        else:
            waiting[index] = _Open(sentence, protected, first_form(sentence, protected))
    for last in (False, True):
        for step in _round(ask, waiting, last):
            if step is not None:
                del waiting[step[0]]
            yield step
    for index, left in waiting.items():
        for settled in _around(ask, left):
            yield None if settled is None else (index, settled)


def first_form(sentence: str, protected: Sequence[Piece]) -> Form:
    """How a sentence is asked for at first."""
    return form(sentence, protected, [piece for piece in protected if piece.kind in IN_CLEAR])


def _round(ask: Ask, waiting: dict[int, _Open], last: bool) -> Iterator[tuple[int, Answer] | None]:
    """Ask for every open sentence once; those that lost something get their next form, unless this was the last."""
    indexes = list(waiting)
    for delta in ask([waiting[index].asked.text for index in indexes]) if indexes else ():
        completion = _completion(delta)
        if completion is None:
            yield None
            continue
        index = indexes[delta.index]
        settled = _settled(waiting[index], completion)
        if settled is not None:
            yield index, settled
        elif not last:
            waiting[index].asked = _next_form(waiting[index], completion.text)


def _settled(sentence: _Open, completion: Completion) -> Answer | None:
    target = _whole(sentence, completion.text)
    if target is None:
        return None
    others = [_whole(sentence, alternative.text) for alternative in completion.alternatives]
    return Answer(target, (completion,), tuple(other for other in others if other is not None))


def _whole(sentence: _Open, answer: str) -> str | None:
    """The answer with its pieces back, None if one is missing or nothing came."""
    target = restored(sentence.asked, answer) if answer.strip() else None
    if target is None or lost(sentence.sentence, sentence.protected, target):
        return None
    return target


def _next_form(sentence: _Open, answer: str) -> Form:
    """Mark what the answer lost; if it broke a sign, give up brackets."""
    target = restored(sentence.asked, answer)
    missing = () if target is None else lost(sentence.sentence, sentence.protected, target)
    in_clear = [piece for piece in sentence.protected if piece.kind in IN_CLEAR and piece not in missing]
    return form(sentence.sentence, sentence.protected, in_clear, bracketed=target is not None)


def _around(ask: Ask, left: _Open) -> Iterator[Answer | None]:
    """Translate the stretches between the pieces, each on its own; a stretch the model says nothing to stays."""
    parts = fragments(left.sentence, left.protected)
    places = [place for place, (_, asked) in enumerate(parts) if asked]
    texts = [text for text, _ in parts]
    completions: list[Completion] = []
    for delta in ask([texts[place] for place in places]):
        completion = _completion(delta)
        if completion is None:
            yield None
            continue
        completions.append(completion)
        place = places[delta.index]
        texts[place] = _as_fragment(texts[place], completion.text)
    yield Answer("".join(texts), tuple(completions))


def _as_fragment(source: str, target: str) -> str:
    """A model begins a fragment as if it were a sentence: small again where the source is small."""
    target = target.strip() or source
    if source[0].islower() and target[0].isupper() and not target[:2].isupper():
        return target[0].lower() + target[1:]
    return target


def _completion(delta: Delta) -> Completion | None:
    if delta.error is not None:
        raise delta.error
    return delta.completion
