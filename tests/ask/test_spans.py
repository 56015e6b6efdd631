"""Spans that look like answers are proposed, and what a question asks for is seen in its words."""

import pytest

from llmweb.ask import spans


def proposed(text: str) -> set[str]:
    found = spans.split(text)
    return {text[found[first].start : found[last].end] for first, last in spans.candidates(found)}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It was designed by the engineer Edith Marlow, who had worked in Lisbon.", "Edith Marlow"),
        ("She joined the University of East Brenna in 1911.", "University of East Brenna"),
        ("About 12,500 people, or 45% of the town, left.", "12,500"),
        ("About 12,500 people, or 45% of the town, left.", "45%"),
        ("It cost more than £3.5 million to build.", "more than £3.5 million"),
        ("They were kettles, nails and roofing sheets.", "kettles, nails and roofing sheets"),
        ("It moved because merchants refused to insure goods, and stayed.", "merchants refused to insure goods"),
        ("The duke and his mother-in-law ruled.", "mother-in-law"),
        ("Он родился в Москве.", "родился в Москве"),
    ],
)
def test_the_answer_is_among_the_spans(text: str, answer: str) -> None:
    assert answer in proposed(text)


def test_spans_of_stop_words_only_are_not_proposed() -> None:
    assert proposed("It was there, and then not.") == set()


def test_no_span_is_longer_than_twelve_words() -> None:
    assert max(len(text.split()) for text in proposed("red blue green and " * 20)) == 11


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many ships came?", "number"),
        ("What percentage of voters agreed?", "number"),
        ("In what year did it open?", "when"),
        ("When was the mill built?", "when"),
        ("Whose idea was it?", "who"),
        ("In which city did she live?", "where"),
        ("Why did it close?", "why"),
        ("How was it paid for?", "how"),
        ("Which animal eats moss?", "which"),
        ("What do they drink?", "what"),
        ("Como ele se chama?", "what"),
    ],
)
def test_a_question_tells_what_it_asks_for(question: str, kind: str) -> None:
    assert spans.kind_of(question) == kind


def test_what_is_seen_of_a_span_is_what_stands_there() -> None:
    text = "It was built by Ada Holm (a nurse) in 1888."
    found = spans.split(text)
    seen = spans.look(spans.Question.read("Who built the school?"), text, found, 4, 5)
    assert {name: value for name, value in seen.items() if value} == {
        "log words": pytest.approx(1.0986, abs=1e-4),
        "near": 0.5,
        "nearest": 0.5,
        "who name": 1.0,
        "after by": 1.0,
        "who after by": 1.0,
    }
