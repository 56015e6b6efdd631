"""Text → sentences → text: everything outside the sentences stays to the character."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmweb.translate.segments import Rebuilt, Sentence, fitted, sentences, with_breaks


def found(text: str, language: str = "en") -> list[str]:
    return [sentence.text for sentence in sentences(text, language)]


def rebuilt(text: str, parts: list[Sentence], change: dict[str, str] | None = None) -> str:
    made = Rebuilt(text)
    for part in parts:
        made.add(part, (change or {}).get(part.text, part.text))
    return made.text(True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith paid $3.50. He left!", ["Dr. Smith paid $3.50.", "He left!"]),
        ("  - one thing\n  - [ ] another  \n", ["one thing", "another"]),
        ("1. First\n2) Second\n\t* Third", ["First", "Second", "Third"]),
        ("## Heading\n\n> A quote\n\n---\n", ["Heading", "A quote"]),
        ("| A cell | B cell |\n|---|:-:|\n| C | 12 |", ["A cell", "B cell", "C"]),
        ("Before\n```python\nprint('no. never.')\n```\nAfter", ["Before", "After"]),
        ("<script>\nlet a = 'x';\n</script>\nText", ["Text"]),
        ("<pre>x</pre> Text\nMore", ["<pre>x</pre> Text", "More"]),
        (
            "<pre is a tag\n<!-- begins a note\nText",
            ["<pre is a tag", "-- begins a note", "Text"],
        ),
        ("<!-- a note\nover lines -->\nText", ["Text"]),
        ("[guide]: https://example.com/a\nText", ["Text"]),
        ("Name\tAge in years\tTown", ["Name", "Age in years", "Town"]),
        ("See https://a.b/c.d. Email a@b.com. Ok.", ["See https://a.b/c.d.", "Email a@b.com.", "Ok."]),
        ("A hard break\\\nin Markdown", ["A hard break", "in Markdown"]),
        ("12 345\n***\n😀", []),
        ("", []),
    ],
)
def test_only_words_are_sentences(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "O Sr. Silva mora na R. das Flores, n.º 5. Ele saiu.",
            ["O Sr. Silva mora na R. das Flores, n.º 5.", "Ele saiu."],
        ),
        ("Fica na Av. Paulista. Ver art. 5.º da lei.", ["Fica na Av. Paulista.", "Ver art. 5.º da lei."]),
        ("Custa 1.234,56 reais. Sim!", ["Custa 1.234,56 reais.", "Sim!"]),
    ],
)
def test_portuguese_abbreviations_end_no_sentence(text: str, expected: list[str]) -> None:
    assert found(text, "pt") == expected


def test_chinese_sentences_end_without_spaces() -> None:
    assert found("你好。你叫什么名字？", "zh") == ["你好。", "你叫什么名字？"]


def test_a_paragraph_wrapped_by_hand_is_one_flow_and_gets_its_lines_back() -> None:
    text = "The committee met on Monday and the chairman opened\nthe session with a speech. He sat down.\n"
    parts = list(sentences(text, "en"))
    assert [part.text for part in parts] == [
        "The committee met on Monday and the chairman opened the session with a speech.",
        "He sat down.",
    ]
    change = {parts[0].text: "A comissão reuniu-se na segunda-feira e o presidente abriu a sessão com um discurso."}
    assert rebuilt(text, parts, change) == (
        "A comissão reuniu-se na segunda-feira e o presidente\nabriu a sessão com um discurso. He sat down.\n"
    )


@pytest.mark.parametrize("text", ["Roses are red\nviolets are blue", "A line that ends here.  \nanother one begins"])
def test_short_lines_and_hard_breaks_stay_lines(text: str) -> None:
    assert found(text) == [line.strip() for line in text.split("\n")]


def test_a_long_sentence_is_cut_at_clauses_and_nothing_is_lost() -> None:
    text = "Anna bought ten books, Bruno sold his car, Carla painted the wall, and David slept."
    [whole] = sentences(text, "en")
    parts = list(fitted(whole, text, lambda part: len(part) < 45))
    assert [part.text for part in parts] == [
        "Anna bought ten books, Bruno sold his car,",
        "Carla painted the wall, and David slept.",
    ]
    assert rebuilt(text, parts) == text


def test_a_word_longer_than_the_model_reads_is_cut_too() -> None:
    text = "a" * 1000
    [whole] = sentences(text, "en")
    parts = list(fitted(whole, text, lambda part: len(part) <= 90))
    assert max(len(part.text) for part in parts) <= 90
    assert rebuilt(text, parts) == text


def test_a_cut_never_goes_through_a_link() -> None:
    text = f"Look at https://example.com/{'a' * 60} now please"
    [whole] = sentences(text, "en")
    parts = list(fitted(whole, text, lambda part: len(part) < 50 or part.startswith("http")))
    assert f"https://example.com/{'a' * 60}" in [part.text.split()[-1] for part in parts]


def test_offsets_point_at_the_translation() -> None:
    text = "- One. Two.\r\n"
    made, spans = Rebuilt(text), []
    for part in sentences(text, "en"):
        assert text[part.start : part.end] == part.text
        spans.append(made.add(part, part.text.upper() * 2))
    whole = made.text(True)
    assert [whole[start:end] for start, end in spans] == ["ONE.ONE.", "TWO.TWO."]
    assert whole == "- ONE.ONE. TWO.TWO.\r\n"


def test_line_breaks_of_a_translation_without_spaces_go_to_its_end() -> None:
    assert with_breaks("你好世界", ((0.5, "\n"),)) == "你好世界\n"


@given(st.text(alphabet=st.sampled_from("ab Z.!?\n\r\t-*#>|`[](){}<>12,º😀é你_~:/@%$\\\x1e"), max_size=120))
def test_any_text_comes_back_unchanged_when_no_sentence_changes(text: str) -> None:
    parts = list(sentences(text, "en"))
    made = rebuilt(text, parts)
    flowing = [part for part in parts if part.breaks]
    assert made == text if not flowing else sorted(made) == sorted(text)
    assert all(first.end <= second.start for first, second in itertools.pairwise(parts))
