"""How a sentence is asked for, and its pieces put back."""

import pytest

from llmweb.translate.marks import IN_CLEAR, form, fragments, restored
from llmweb.translate.protected import pieces


def asked(text: str, bracketed: bool = True) -> str:
    return form(text, pieces(text), [p for p in pieces(text) if p.kind in IN_CLEAR], bracketed).text


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("How are you today?", "How are you today?"),
        ("I have 3 books.", "I have 3 books."),
        ("Hello {name}, see https://x.org.", "Hello X1, see X2."),
        ("X5 is not {name}", "X5 is not QZ1"),
        ("Click <b>here</b> to start", "Click [here] to start"),
        ("**a** [b] <i>c</i>", '(a) [b] "c"'),
        ("“I am tired,” she said.", '"I am tired," she said.'),
        ("It is {n}px wide", "It is X1 px wide"),
        ("😀 Hello there 🎉", "Hello there"),
        ("**Read this first.**", "Read this first."),
        ("DO NOT OPEN {x}", "Do not open X1"),
        ("NASA", "NASA"),
    ],
)
def test_pieces_are_asked_for_as_what_models_copy(text: str, question: str) -> None:
    assert asked(text) == question


def test_without_brackets_pairs_are_marks_apart_from_their_words() -> None:
    assert asked("Click <b>here</b> to start", bracketed=False) == "Click X1 here X2 to start"


@pytest.mark.parametrize(
    ("text", "answer", "whole"),
    [
        ("Hello {name}, hi", "Olá X1, oi", "Olá {name}, oi"),
        ("Click <b>here</b> to start", "Clique [aqui] para começar", "Clique <b>aqui</b> para começar"),
        ("See [a](u) or (b) now", "Ver [a] ou (b) já", "Ver [a](u) ou (b) já"),
        ("It is {n}px wide", "Tem X1 px de largura", "Tem {n}px de largura"),
        ("😀 Hello there", "Olá", "😀 Olá"),
        ("DO NOT OPEN {x}", "Não abra X1", "NÃO ABRA {x}"),
        ("Hello {name}, hi", "Olá, oi", None),
        ("Hello {name}, hi", "Olá X1 X1", None),
        ("Click <b>here</b> to start", "Clique aqui] para [começar", None),
    ],
)
def test_pieces_come_back_into_the_answer_or_it_is_refused(text: str, answer: str, whole: str | None) -> None:
    assert restored(form(text, pieces(text), []), answer) == whole


def test_brackets_of_the_answer_are_not_confused_with_those_put_back() -> None:
    text = "Read [the guide](https://x.org/(a)) and **this** now"
    assert restored(form(text, pieces(text), []), "Leia [o guia] e (isto) já") == (
        "Leia [o guia](https://x.org/(a)) e **isto** já"
    )


def test_fragments_hold_the_whole_sentence_with_pieces_apart() -> None:
    text = "Hello {name}, you have **3** books."
    parts = fragments(text, pieces(text))
    assert "".join(part for part, _ in parts) == text
    assert [part for part, words in parts if words] == ["Hello", ", you have", "books."]
