"""Finding what must survive inside a sentence, and telling what an answer has lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmweb.translate.protected import EMPHASIS, HINT, LINK_TEXT, ONE, QUOTES, lost, pieces, wordless


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Run `pip install x` now", [("code", "`pip install x`")]),
        ("Press <kbd>Ctrl+C</kbd> now", [("code", "<kbd>Ctrl+C</kbd>")]),
        ("See https://a.org/b_(c)?d=1. Now", [("link", "https://a.org/b_(c)?d=1")]),
        ("(see www.a.org/b)", [("link", "www.a.org/b")]),
        ("Mail bob.a+x@example.org.", [("email", "bob.a+x@example.org")]),
        ("[the guide](https://x.org/y) helps", [("open", "["), ("close", "](https://x.org/y)")]),
        ("A <b>bold</b> word<br/>", [("open", "<b>"), ("close", "</b>"), ("tag", "<br/>")]),
        ("It is **very** good", [("open", "**"), ("close", "**")]),
        ("Hi {name}, %s and %(n)d of {{ x }}", [("placeholder", p) for p in ("{name}", "%s", "%(n)d", "{{ x }}")]),
        ("It grew 12.5% in 2023", [("number", "12.5"), ("number", "2023")]),
        ("At 10:30 on 2024-05-12, v1.2.3", [("joined", "10:30"), ("joined", "2024-05-12"), ("joined", "v1.2.3")]),
        ("Love it 👩‍💻👍🏽!", [("emoji", "👩‍💻👍🏽")]),
        ("Ask @maria about #news in /etc/hosts", [("handle", "@maria"), ("handle", "#news"), ("path", "/etc/hosts")]),
        ("Call my_func() or COVID-19", [("name", "my_func"), ("name", "COVID-19")]),
        ("“I am tired,” she said", [("open", "“"), ("close", "”")]),
        ("the 21st of May and o 3º andar", [("number", "21st"), ("number", "3º")]),
        ("2 * 3 * 4 and a_b don’t", [("number", "2"), ("number", "3"), ("number", "4"), ("name", "a_b")]),
        ("— he said — at 20 °C", [("dash", "—"), ("dash", "—"), ("number", "20"), ("symbol", "°")]),
        ("plain words, e.g. these", []),
    ],
)
def test_what_must_survive_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    found = [(piece.kind, piece.text) for piece in pieces(text)]
    assert found == expected
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces(text))


def test_words_of_other_scripts_are_protected_only_when_asked() -> None:
    text = "The word שלום עולם means hello, 你好 too"
    assert pieces(text) == ()
    assert [piece.text for piece in pieces(text, other_scripts=True)] == ["שלום עולם", "你好"]


@pytest.mark.parametrize(
    ("source", "target", "missing"),
    [
        ("It costs 1,234.56 now", "Custa 1.234,56 agora", []),
        ("It costs 1,234.56 now", "Custa 1.234 agora", ["1,234.56"]),
        ("I have 3 and 3", "Tenho 3", ["3", "3"]),
        ("I have 3", "Tenho três", ["3"]),
        ("Use version 1.2.3", "Use a versão 1,2,3", ["1.2.3"]),
        ("Hi {name}", "Olá", ["{name}"]),
        ("Hi {name}", "Olá {name} {name}", ["{name}"]),
        ("twelve", "12", []),
    ],
)
def test_what_an_answer_lost_is_told(source: str, target: str, missing: list[str]) -> None:
    assert [piece.text for piece in lost(source, pieces(source), target)] == missing


@pytest.mark.parametrize(("text", "expected"), [("`code` 12!", True), ("https://a.org/b", True), ("5 kg", False)])
def test_a_sentence_of_pieces_alone_has_no_words(text: str, expected: bool) -> None:
    assert wordless(text, pieces(text)) is expected


@given(st.text(alphabet=st.sampled_from("ab Z.!?\n\t-*#>|`[](){}<>12,º😀é_~:/@%$\\“”«»‘’–—&;→☀⬛wcom"), max_size=40))
def test_every_piece_is_hinted_at(text: str) -> None:
    assert HINT.search(text) or not any(pattern.search(text) for pattern in (ONE, LINK_TEXT, EMPHASIS, QUOTES))
