"""The question suite as it is handed to a runner, and the texts it asks about."""

import re
from collections import Counter

from evals.suites.ask import suite
from evals.suites.own import rows

TEXTS = rows("ask/texts.jsonl")
# Eight words that two texts share would let a system look one answer up in the other.
NGRAM = 8


def test_every_question_carries_the_text_it_is_about() -> None:
    texts = {text["id"]: (text["text"], text["title"]) for text in TEXTS}
    assert {sample.group: (sample.facts["passage"], sample.facts["title"]) for sample in suite().samples} == texts


def test_every_answer_stands_in_its_text_as_whole_words_or_is_the_empty_one_alone() -> None:
    for sample in suite().samples:
        for reference in filter(None, sample.references):
            found = re.search(rf"(?<!\w){re.escape(reference)}(?!\w)", sample.facts["passage"])
            assert found, (sample.id, reference)
        assert sample.references == ("",) or all(sample.references), sample.id


def test_nine_answers_in_ten_have_at_most_eight_words() -> None:
    lengths = [min(len(answer.split()) for answer in sample.references) for sample in suite().samples]
    assert sum(length <= 8 for length in lengths) >= 0.9 * len(lengths)


def test_no_question_copies_seven_words_of_its_text_in_a_row() -> None:
    for sample in suite().samples:
        asked = re.findall(r"\w+", sample.source.lower())
        told = " ".join(re.findall(r"\w+", sample.facts["passage"].lower()))
        assert not [i for i in range(len(asked) - 6) if " ".join(asked[i : i + 7]) in told], sample.id


def test_every_text_has_100_to_300_words_and_four_questions_or_more() -> None:
    assert [text["id"] for text in TEXTS if not 100 <= len(text["text"].split()) <= 300] == []
    assert min(Counter(sample.group for sample in suite().samples).values()) >= 4


def test_no_two_texts_share_eight_words_in_a_row() -> None:
    holders: Counter[tuple[str, ...]] = Counter()
    for text in TEXTS:
        found = re.findall(r"\w+", text["text"].lower())
        holders.update({tuple(found[i : i + NGRAM]) for i in range(len(found) - NGRAM + 1)})
    assert [ngram for ngram, times in holders.items() if times > 1] == []


def test_a_quarter_of_the_questions_has_no_answer_and_every_text_has_one_of_them() -> None:
    unanswerable = [sample for sample in suite().samples if sample.references == ("",)]
    assert len(unanswerable) >= len(suite().samples) / 4
    assert {sample.group for sample in unanswerable} == {text["id"] for text in TEXTS}
