"""The prose suite as it is handed to a runner."""

from evals.suites.language_model import suite


def test_a_piece_has_80_to_250_words() -> None:
    assert [sample.id for sample in suite().samples if not 80 <= len(sample.source.split()) <= 250] == []


def test_twenty_four_pieces_in_eight_registers_or_more() -> None:
    samples = suite().samples
    assert len(samples) >= 24
    assert len({sample.facts["register"] for sample in samples}) >= 8
