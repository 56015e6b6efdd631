"""The passages that speak of a question are found, by words and by meaning, and vectors are computed once."""

from collections.abc import Callable
from itertools import pairwise
from threading import Event

import pytest

from llmweb.documents import Document, read_text
from llmweb.errors import BadInput
from llmweb.retrieve import PASSAGE_CHARACTERS, Index, Library, words
from llmweb.runtime import Runtime

TOWN = read_text(
    "The mill was built in 1790. It ground wheat for the whole valley. A fire ended it in 1902.\n\n"
    "The school opened in 1888. Its first teacher was Ada Holm. She taught forty children.",
    "town.txt",
)
SEA = read_text("Herring was salted in barrels. Ships brought the salt from Setúbal.", "sea.txt")


def test_sentences_and_passages_point_into_the_text() -> None:
    index = Index([TOWN, SEA])
    assert [index.text(span) for span in index.sentences] == [
        "The mill was built in 1790.",
        "It ground wheat for the whole valley.",
        "A fire ended it in 1902.",
        "The school opened in 1888.",
        "Its first teacher was Ada Holm.",
        "She taught forty children.",
        "Herring was salted in barrels.",
        "Ships brought the salt from Setúbal.",
    ]
    assert [index.text(passage.span) for passage in index.passages] == [TOWN.text, SEA.text]


def test_long_texts_make_passages_that_share_one_sentence_and_miss_none() -> None:
    text = " ".join(f"Sentence number {n} says little about anything at all." for n in range(100))
    index = Index([read_text(text)])
    bounds = [(passage.first, passage.last) for passage in index.passages]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == 100
    assert all(later[0] == earlier[1] - 1 for earlier, later in pairwise(bounds))
    assert all(passage.span.end - passage.span.start <= PASSAGE_CHARACTERS for passage in index.passages)


def test_a_text_without_a_full_stop_is_cut_at_spaces_and_nothing_is_lost() -> None:
    index = Index([read_text("word " * 1000), read_text("x" * 2000)])
    assert [index.text(span) for span in index.sentences[:2]] == [("word " * 160).strip()] * 2
    assert "".join(index.text(span) for span in index.sentences).replace(" ", "") == "word" * 1000 + "x" * 2000


def test_words_of_any_script_count() -> None:
    assert words("Straße, café 日本 שלום don't") == ["strasse", "café", "日", "本", "שלום", "don", "t"]


def test_by_words_alone_the_passage_with_the_rare_words_comes_first() -> None:
    index = Index([TOWN, SEA])
    first, second = index.rank("Where did the salt come from?")
    assert (first.name, first.page, first.text, first.similarity) == ("sea.txt", None, SEA.text, None)
    assert first.bm25 > second.bm25
    assert first.score > second.score


def test_a_question_without_a_known_word_still_gets_passages_but_no_score() -> None:
    assert [(ranked.score, ranked.bm25) for ranked in Index([TOWN, SEA]).rank("zzz?")] == [(0.0, 0.0), (0.0, 0.0)]


def test_pages_are_kept() -> None:
    pages = ("The mill was built. " * 40, "The school opened. " * 40 + "The bell rang.")
    text = "\n\n".join(page.strip() for page in pages)
    cut = text.index("The school")
    document = Document("book.pdf", text, ((0, cut - 2), (cut, len(text))), "pdf")
    assert Index([document]).rank("bell")[0].page == 2


def test_vectors_are_computed_once_and_serve_the_next_question(scripted: Callable[..., Runtime]) -> None:
    runtime, index = scripted(), Index([TOWN, SEA])
    assert list(index.embed_steps(runtime, Event())) == [8]
    assert index.embedded
    assert list(index.embed_steps(runtime, Event())) == []
    (vector,) = runtime.embed("all-minilm-l6-v2", ["first teacher Ada Holm"])
    best = index.rank("first teacher Ada Holm", vector)[0]
    assert best.name == "town.txt"
    assert best.similarity == pytest.approx(index.best_sentences("Ada", vector, [best])[0].similarity)


def test_long_documents_are_embedded_in_steps_and_a_cancel_keeps_what_is_done(
    scripted: Callable[..., Runtime],
) -> None:
    runtime, cancelled = scripted(), Event()
    index = Index([read_text(" ".join(f"This is sentence {n}." for n in range(50)))])
    steps = index.embed_steps(runtime, cancelled)
    assert [next(steps), next(steps)] == [16, 32]
    cancelled.set()
    assert list(steps) == []
    assert not index.embedded
    assert list(index.embed_steps(runtime, Event())) == [48, 50]


def test_sentences_are_ranked_by_the_questions_rare_words() -> None:
    index = Index([TOWN, SEA])
    found = index.best_sentences("Who was the first teacher?", None, index.rank("Who was the first teacher?", limit=1))
    assert found[0].text == "Its first teacher was Ada Holm."
    assert found[0].span.start == TOWN.text.index("Its first")
    assert 0 < found[0].overlap < 1  # "who" stands nowhere
    assert found[0].similarity is None
    assert len(found) == 6


def test_a_library_keeps_the_last_indexes_and_forgets_the_oldest() -> None:
    library = Library(limit=2)
    town = library.index([TOWN])
    sea = library.index([SEA])
    assert library.index([TOWN]) is town
    both = library.index([TOWN, SEA])
    assert library.index([TOWN, SEA]) is both
    assert library.index([TOWN]) is town
    assert library.index([SEA]) is not sea


def test_without_documents_there_is_nothing_to_search() -> None:
    with pytest.raises(BadInput) as caught:
        Index([])
    assert str(caught.value) == "There is no text to search. Paste one or choose a file."
