"""The summarization suite as it is handed to a runner."""

from itertools import pairwise

from evals.suites.summarize import suite


def test_two_references_of_30_to_60_words_stand_beside_every_text() -> None:
    for sample in suite().samples:
        lengths = [len(reference.split()) for reference in sample.references]
        assert len(lengths) == 2
        assert 30 <= min(lengths) <= max(lengths) <= 60, (sample.id, lengths)


def test_a_text_has_150_to_400_words() -> None:
    assert [sample.id for sample in suite().samples if not 150 <= len(sample.source.split()) <= 400] == []


def test_the_references_of_a_text_are_two_summaries_and_not_one_reworded() -> None:
    """Fewer than half of their word pairs in common (as many as a lightly edited copy would keep and more)."""
    for sample in suite().samples:
        first, second = (_pairs(reference) for reference in sample.references)
        assert len(first & second) < 0.5 * min(len(first), len(second)), sample.id


def test_fifteen_domains_and_ten_registers_are_there() -> None:
    assert len({sample.facts["domain"] for sample in suite().samples}) >= 15
    assert len({sample.facts["register"] for sample in suite().samples}) >= 10


def _pairs(text: str) -> set[tuple[str, str]]:
    words = text.lower().split()
    return set(pairwise(words))
