"""Asking again until nothing protected is missing, with models that lose things in every way."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from llmweb.errors import BadInput
from llmweb.translate.rounds import Ask, answered
from llmweb.types import Alternative, Completion, Delta, Identity, Options, Usage


def asking(answer: Callable[[str], str], seen: list[str], alternatives: tuple[str, ...] = ()) -> Ask:
    def ask(texts: Sequence[str]) -> Iterator[Delta]:
        for index, text in reversed(list(enumerate(texts))):
            seen.append(text)
            yield Delta(index, phase="reading")
            identity = Identity("m", "", "", "scripted", "1", "fast")
            others = tuple(Alternative(other, -1.0) for other in alternatives)
            yield Delta(
                index,
                completion=Completion(answer(text), "end", identity, Options(), Usage(), None, alternatives=others),
            )

    return ask


def translated(answer: Callable[[str], str], *sentences: str) -> tuple[list[str], list[str]]:
    seen: list[str] = []
    steps = dict(step for step in answered(asking(answer, seen), sentences, True) if step is not None)
    return [steps[index].target for index in range(len(sentences))], seen


def test_plain_sentences_go_to_the_model_as_they_are_and_once() -> None:
    assert translated(str.upper, "How are you?", "I have 3 books.") == (
        ["HOW ARE YOU?", "I HAVE 3 BOOKS."],
        ["I have 3 books.", "How are you?"],
    )


def test_a_lost_number_is_asked_for_again_as_a_mark() -> None:
    assert translated(lambda text: text.replace("3", "three"), "I have 3 books.") == (
        ["I have 3 books."],
        ["I have 3 books.", "I have X1 books."],
    )


def test_lost_brackets_become_marks() -> None:
    targets, seen = translated(lambda text: text.replace("[", ""), "Click <b>here</b> now.")
    assert targets == ["Click <b>here</b> now."]
    assert seen == ["Click [here] now.", "Click X1 here X2 now."]


def test_a_model_that_loses_everything_is_asked_around_the_pieces() -> None:
    targets, seen = translated(lambda text: "bla", "Hello {name}, read https://x.org now.")
    assert targets == ["bla {name}bla https://x.org bla"]
    assert seen[-3:] == ["now.", ", read", "Hello"]


def test_a_model_that_says_nothing_leaves_the_sentence() -> None:
    assert translated(lambda text: "", "Hello there.")[0] == ["Hello there."]


def test_nothing_is_asked_about_a_sentence_without_words() -> None:
    assert translated(str.upper, "{name} 12", "שלום") == (["{name} 12", "שלום"], [])


def test_alternatives_that_lost_something_are_left_out() -> None:
    ask = asking(lambda text: "Olá X1", [], ("Olá X1", "Oi", "Oi X1"))
    [(_, answer)] = [step for step in answered(ask, ["Hello {name}"], True) if step is not None]
    assert answer.alternatives == ("Olá {name}", "Oi {name}")


def test_an_error_of_the_model_is_raised() -> None:
    def ask(texts: Sequence[str]) -> Iterator[Delta]:
        yield Delta(0, error=BadInput("no"))

    with pytest.raises(BadInput, match="no"):
        list(answered(ask, ["Hello"], True))
