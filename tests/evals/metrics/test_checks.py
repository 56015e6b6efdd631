"""Every kind of check: what it accepts, and what it turns down, by the meanings in evals/suites/instruct.py."""

from typing import Any

import pytest

from evals.metrics.checks import CHECKED, passes
from evals.suites.instruct import CHECKS

TABLE = "| a | b |\n|---|:-:|\n| 1 | 2 |"

# kind → parameters, outputs that pass, outputs that do not
CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("words_between", {"min": 2, "max": 3}, ["one two", "a – well-known thing"], ["one –", "a b c d"]),
    ("sentences_between", {"min": 2, "max": 3}, ["One. Two."], ["One.", "One. Two. Three. Four."]),
    ("sentences_exactly", {"count": 2}, ["Dr. Lee left. She was late!", "One?\nTwo."], ["One, two.", "1. 2. 3. a. b."]),
    (
        "paragraphs_exactly",
        {"count": 2},
        ["One.\nStill one.\n\nTwo.", "One\n\n***\n\nTwo"],
        ["One\nTwo", "a\n\nb\n\nc"],
    ),
    ("lines_exactly", {"count": 2}, ["a\n\nb"], ["a", "a\nb\nc"]),
    ("max_characters", {"count": 5}, ["12345 ", "a b c"], ["123456"]),
    ("words_a_line", {"count": 2}, ["a b\nc, d!"], ["a b\nc"]),
    ("words_a_sentence_at_most", {"count": 3}, ["One two three. Four."], ["One two three four."]),
    ("letters_a_word_at_most", {"count": 4}, ["don't go, 12345"], ["abcde"]),
    ("bullets_exactly", {"count": 2}, ["Here:\n- a\n* b", "• a\n• b"], ["- a", "-a\n-b", "- a\n- b\n- c"]),
    ("numbered_list", {"count": 2}, ["Here:\n1. a\n2) b\nBye"], ["1. a\n3. b", "1. a", "1.a\n2.b", "2. a\n1. b"]),
    ("only_list_items", {}, ["- a\n1. b\n2) c"], ["List:\n- a", "-a"]),
    ("lines_sorted", {}, ["apple\nBanana\ncherry", "- a\n- b", "1. a\n2. b"], ["b\na", "a"]),
    (
        "acrostic",
        {"letters": "MOON"},
        ["My\nold\n“Owl”\nnaps"],
        ["My\nold\nowl", "My\nold\nowl\nnaps\ntoo", "a\nb\nc\nd"],
    ),
    ("every_line_starts_with", {"text": "Listen:"}, ["Listen: a\n\n Listen: b"], ["Listen: a\nb", "listen: a"]),
    ("parts_separated_by", {"separator": "***", "count": 2}, ["one *** two"], ["one", "one ***", "a *** b *** c"]),
    ("markdown_headings", {"level": 2, "count": 1}, ["## A\ntext"], ["# A", "### A", "##A", "## A\n## B"]),
    (
        "markdown_table",
        {"columns": 2, "rows": 1},
        [TABLE, f"Here:\n{TABLE}"],
        [TABLE + "\n| 3 | 4 |", "| a | b |\n| 1 | 2 |"],
    ),
    ("bold_exactly", {"count": 2}, ["**a** and **b c**"], ["**a**", "**a** **b** **c**", "*a* *b*", "**** a ** **"]),
    ("placeholders_exactly", {"count": 2}, ["[name] in [city]"], ["[name]", "[] [a]", "(a) (b)"]),
    ("quoted", {}, ['"All of it."', "“It's so.”"], ["'a'", '"a" and "b"', '"']),
    ("wrapped_in", {"opening": "<r>", "closing": "</r>"}, ["<r>oak</r>"], ["<r></r>", "<r>oak", "An <r>oak</r>"]),
    ("csv_table", {"columns": 2, "rows": 2}, ["a,b\n1,2", "```csv\na,b\n1,2\n```"], ["a,b", "a,b\n1,2,3", "a;b\n1;2"]),
    ("matches", {"pattern": "[A-Z]{3}-[0-9]{2}"}, ["ABC-12"], ["ABC-123", "It is ABC-12"]),
    ("starts_with", {"text": "Dear"}, ["Dear Ana", "Dearest"], ["dear Ana", "My Dear"]),
    ("ends_with", {"text": "Bye."}, ["So: Bye.\n"], ["Bye. Now.", "bye."]),
    ("ends_with_question", {}, ["Why?", "She asked “why?”"], ["Why? Because.", "Why"]),
    ("contains_all", {"texts": ["cat", "a dog"]}, ["Cat and A DOG"], ["category and a dog", "cat"]),
    ("contains_none", {"texts": ["eat", "the"]}, ["Great theatre"], ["I EAT", "The end"]),
    ("contains_times", {"text": "cat", "count": 1}, ["Cat, cats", "a cat-flap"], ["cats", "cat cat"]),
    ("contains_in_order", {"texts": ["a", "b"]}, ["A then b, then a"], ["b a b", "a", "b then a"]),
    ("every_sentence_contains", {"text": "snow"}, ["Snow fell. The snow stayed."], ["Snow fell. It stayed."]),
    ("every_word_starts_with", {"letter": "s"}, ["Seven “silly” snails"], ["Seven big snails", "7 snails"]),
    ("lacks_characters", {"characters": "eZ"}, ["A loud song"], ["A song here", "a zoo", "Echo"]),
    ("no_digits", {}, ["Seven"], ["7", "٣"]),
    ("numbers_exactly", {"count": 2}, ["1. I saw 3 cats\n2. and 4,5 dogs"], ["3 cats", "1 2 3"]),
    ("all_lowercase", {}, ["quiet, 7 ñ"], ["Quiet", "7"]),
    ("all_uppercase", {}, ["LOUD! 7"], ["LOUd", "7"]),
    ("title_case", {}, ["The Old “Man” And 7 Seas"], ["The old Man"]),
    ("uppercase_words_exactly", {"count": 1}, ["I said STOP now", "a U.S. ship"], ["I did", "STOP THAT"]),
    ("exact_text", {"text": "Oslo"}, [" Oslo\n"], ["oslo", "Oslo."]),
    ("one_of", {"texts": ["Jupiter"]}, ["jupiter.", "Jupiter"], ["It is Jupiter", "Jupiter!"]),
    ("number_between", {"min": 3.5, "max": 6.5}, ["3.5", "+4", "6."], ["6.51", "about 4", "1e0", "-4"]),
    (
        "language_is",
        {"language": "pt"},
        ["Não sei onde está o meu guarda-chuva."],
        ["I do not know where my umbrella is."],
    ),
    (
        "json_object_with_keys",
        {"keys": ["a", "b"]},
        ['{"b": 1, "a": null}', '```json\n{"a": 1, "b": 2}\n```'],
        ['{"a": 1}', "{'a': 1, 'b': 2}", '["a", "b"]'],
    ),
    ("json_list_of", {"type": "integer", "count": 2}, ["[1, 2]"], ["[1]", "[1, true]", "[1, 2.5]", '["1", "2"]']),
    (
        "json_equals",
        {"value": {"a": [1, True]}},
        ['{"a": [1, true]}', '{"a": [1.0, true]}'],
        ['{"a": [true, 1]}', '{"a": [1]}', "Here: {}", '{"a": NaN}'],
    ),
    (
        "json_types",
        {"types": {"a": "number", "b": "boolean"}},
        ['{"a": 1.5, "b": false, "c": ""}'],
        ['{"a": true, "b": false}', '{"a": 1}'],
    ),
]


@pytest.mark.parametrize(("kind", "parameters", "good", "bad"), CASES, ids=[kind for kind, *_ in CASES])
def test_a_check_accepts_and_turns_down(kind: str, parameters: dict[str, Any], good: list[str], bad: list[str]) -> None:
    check = {"kind": kind, **parameters}
    assert [text for text in good if not passes(check, text)] == [], "turned down, though right"
    assert [text for text in bad if passes(check, text)] == [], "accepted, though wrong"


def test_every_kind_is_carried_out_and_shown_here() -> None:
    assert CHECKED.keys() == CHECKS.keys() == {kind for kind, *_ in CASES}


def test_a_kind_nobody_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match=r"No check of kind 'rhymes'\. Known: acrostic, "):
        passes({"kind": "rhymes"}, "a text")
