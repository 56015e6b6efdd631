"""Summary sentences find their source; numbers and names that the source does not have are flagged."""

import pytest

from llmweb.summarize.faithful import Piece, borne_out, headline, kept, shortened, trimmed
from llmweb.summarize.support import Facts, Flag, best_source, content_words, in_order, names, numbers

SOURCE = (
    "Mr Osei paid 1,840 pounds for twenty-two lamps in New York. His sister Inês did not want them. "
    "The council of Upper Marl met at 14:30 and spent 2.5 million euros."
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,840 pounds, 1 840 pounds, 1.840 pounds, 1’840 pounds", ["1840", "1840", "1840", "1840"]),
        ("3.20 euros or 3,2 euros", ["3.2", "3.2"]),
        ("twenty-two men and one thousand eight hundred and forty pounds", ["22", "1840"]),
        ("2.5 million, five million and 5 million", ["2500000", "5000000", "5000000"]),
        ("at 02:12 on the second day, one of them", ["02:12"]),
        ("٣٤ and 34", ["34", "34"]),
        ("no number at all 😀", []),
    ],
)
def test_a_number_has_one_value_however_it_is_written(text: str, values: list[str]) -> None:
    assert [value for value, _, _ in numbers(text)] == values


def test_a_number_is_found_where_it_stands() -> None:
    text = "They sold Twenty-two lamps for 1,840 pounds."
    assert [text[start:end] for _, start, end in numbers(text)] == ["Twenty-two", "1,840"]


def test_names_are_capitals_inside_a_sentence_and_not_its_beginning() -> None:
    text = "Yesterday Inês Osei's dog barked. Nobody heard. “Stop,” said I, and NATO came.\n- Then Émile left"
    assert [text[start:end] for start, end in names(text)] == ["Inês", "Osei", "NATO", "Émile"]


def test_what_the_source_says_in_other_spelling_is_not_flagged() -> None:
    summary = "The 22 lamps of Osei’s sister in New York cost 1840 pounds. Inês' council spent 2,500,000 euros."
    assert Facts(SOURCE).missing(summary) == ()


def test_invented_numbers_and_names_are_flagged_where_they_stand() -> None:
    summary = "Osei met Rob at 15:30 and bought thirty lamps."
    assert Facts(SOURCE).missing(summary) == (
        Flag("name", "Rob", 9, 12),
        Flag("number", "15:30", 16, 21),
        Flag("number", "thirty", 33, 39),
    )
    assert Facts(SOURCE).missing(summary, 13, 30) == (Flag("number", "15:30", 16, 21),)


def test_the_supporting_sentence_shares_most_words_and_vectors_weigh_as_much() -> None:
    import numpy as np

    texts = ["The lamp was lit.", "A barge drifted past the bridge.", "The council met."]
    sources = [frozenset(content_words(text)) for text in texts]
    assert best_source("The barge drifts.", sources) == (1, 1.0)
    assert best_source("Nothing alike.", sources) == (0, 0.0)
    vectors = np.eye(3, dtype=np.float32)
    assert best_source("Officials gathered.", sources, vectors[2], vectors) == (2, 0.5)


def test_word_order_counts_so_that_roles_cannot_be_swapped() -> None:
    assert in_order("The dog bit the man", "Yesterday the dog bit the old man.") == 1.0
    assert in_order("The man bit the dog", "Yesterday the dog bit the old man.") == 0.6


@pytest.mark.parametrize(
    ("source", "written", "result"),
    [
        # The shorter form is a part of the sentence: it stays.
        ("His daughter Ines, who had a job, stopped telling him.", "His daughter Ines stopped telling him.", "written"),
        # Inventions, lost negations, lost numbers and unfinished sentences do not.
        ("What they saw, yellow as a plum, was the lamp.", "What they saw was a plum.", "source"),
        ("The council did not buy the big tank.", "The council did buy the big tank.", "source"),
        ("The council bought 3 tanks for the plots.", "The council bought tanks for the plots.", "source"),
        ("The council bought 3 tanks for the plots.", "The council bought 4 tanks.", "source"),
        ("The council bought three tanks for the plots.", "The council bought three tanks for", "source"),
        ("The council bought tanks.", "", "source"),
        ("Why the first owner drew it was long a puzzle.", "The first owner drew it was a puzzle.", "source"),
        (
            "Young trees will need thirty years to give shade.",
            "The tree will need thirty years to give shade.",
            "source",
        ),
    ],
)
def test_a_shorter_sentence_stays_only_if_the_source_bears_it_out(source: str, written: str, result: str) -> None:
    assert shortened(source, written, Facts(source)) == (written if result == "written" else source)


def test_asides_and_ties_to_the_sentence_before_are_trimmed() -> None:
    assert trimmed("However, the tank (a big one) was bought [1].") == "The tank was bought."
    assert trimmed("But it was bought.") == "But it was bought."


def test_of_a_draft_only_sentences_with_a_source_are_kept() -> None:
    pieces = [Piece("The old man lit a lamp at the landing.", 4), Piece("Four men were saved by the lamp.", 7)]
    facts = Facts(" ".join(piece.text for piece in pieces))
    draft = "The old man lit a lamp. He was a hero in Paris. Four men were saved by the lamp."
    assert kept(draft, pieces, facts) == [
        Piece("The old man lit a lamp.", 4),
        Piece("Four men were saved by the lamp.", 7),
    ]
    assert not borne_out("Four men were saved by Rob.", "Four men were saved by the lamp.", facts)


def test_a_headline_is_short_and_of_the_source() -> None:
    source = "The town library will open on Sundays, the council said on Tuesday, after a trial of six months."
    assert (
        headline(source, "Town library will open on Sundays.", Facts(source), 8) == "Town library will open on Sundays"
    )
    assert headline(source, "Library burns down", Facts(source), 8) == "The town library will open on Sundays"
    assert headline("One two three four five six seven.", "", Facts(), 4) == "One two three four…"
