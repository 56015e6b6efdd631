"""Semantic similarity: cosine of embeddings, with an embedder of two dimensions."""

from collections.abc import Sequence

import pytest

from evals.metrics import metric
from evals.types import Sample
from llmweb.errors import Unsupported

PLACES = {"a cat": (1.0, 0.0), "a kitten": (0.8, 0.6), "a tax": (-1.0, 0.0), "a dog": (0.6, 0.8)}


def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
    assert len(set(texts)) == len(texts), "a text is embedded twice"
    return [PLACES.get(text, (0.0, 0.0)) for text in texts]


def test_it_is_the_cosine_to_the_nearest_reference() -> None:
    made = metric("semantic-similarity", "en", embed)
    references = ("a kitten", "a dog")
    outputs = ["a cat", "a tax", "a dog", " "]
    rows = made.statistics(outputs, [Sample("", "", references)] * 4)
    assert made.combine(rows) == pytest.approx([80, -60, 100, 0])
    assert made.combine(rows.sum(axis=0)) == pytest.approx(30)


def test_other_languages_and_a_missing_model_are_refused() -> None:
    with pytest.raises(
        Unsupported, match="semantic-similarity is for English only: all-minilm-l6-v2 does not know 'pt'"
    ):
        metric("semantic-similarity", "pt", embed)
    with pytest.raises(Unsupported, match="python -m llmweb models download all-minilm-l6-v2"):
        metric("semantic-similarity", "en")


@pytest.mark.slow
def test_the_real_model_tells_a_paraphrase_from_another_subject(real) -> None:
    made = metric("semantic-similarity", "en", lambda texts: real.embed("all-minilm-l6-v2", texts))
    outputs = ["The cat sat on the mat.", "Interest rates rose in March."]
    paraphrase, unrelated = made.combine(
        made.statistics(outputs, [Sample("", "", ("A cat was sitting on a rug.",))] * 2)
    )
    assert paraphrase > 60 > 20 > unrelated
