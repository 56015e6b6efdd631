"""Sentence embeddings: those of a direct forward with mean pooling, and of use for finding what means the same."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from llmweb.engines.transformers import TransformersEngine
from llmweb.errors import Unsupported
from llmweb.types import LoglikelihoodRequest, Request, Vector, Weights
from tests.engines import tiny

TEXTS = ("A man is eating food.", "The share price fell sharply on Monday.", "Someone has a meal.", "x", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[TransformersEngine]:
    with tiny.loaded(tiny.weights(folder, ["embed"])) as made:
        yield made


def embedded(engine: TransformersEngine, texts: tuple[str, ...]) -> list[Vector]:
    found = dict(engine.embed(texts, Event()))
    return [found[index] for index in range(len(texts))]


def by_hand(folder: Path, text: str, longest: int) -> list[float]:
    """One text alone: the mean of its token vectors, brought to length 1."""
    batch = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt", truncation=True, max_length=longest)
    with torch.inference_mode():
        mean = AutoModel.from_pretrained(folder).eval()(**batch).last_hidden_state[0].mean(dim=0)
    return [float(value) for value in mean / mean.norm()]


def test_a_vector_is_the_mean_of_its_tokens_whatever_else_is_in_the_batch(
    engine: TransformersEngine, folder: Path
) -> None:
    texts = (*TEXTS, "The children play in the garden. " * 40, *TEXTS * 5)
    for text, vector in zip(texts, embedded(engine, texts), strict=True):
        assert vector == pytest.approx(by_hand(folder, text, 64), abs=1e-5)


def test_a_folder_that_asks_for_the_first_token_gets_it(tmp_path: Path) -> None:
    folder = tiny.bert(tmp_path)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    with tiny.loaded(tiny.weights(folder, ["embed"])) as engine:
        vector = dict(engine.embed(TEXTS, Event()))[0]
    with torch.inference_mode():
        batch = AutoTokenizer.from_pretrained(folder)(TEXTS[0], return_tensors="pt")
        first = AutoModel.from_pretrained(folder).eval()(**batch).last_hidden_state[0, 0]
    assert vector == pytest.approx([float(value) for value in first / first.norm()], abs=1e-5)


def test_what_it_cannot_do_is_refused(engine: TransformersEngine) -> None:
    with pytest.raises(Unsupported, match=r"tiny cannot do loglikelihood. It can: embed"):
        list(engine.loglikelihood([LoglikelihoodRequest("a", "b")], Event()))
    (delta,) = engine.run([Request("generate", "Hello")], Event())
    assert str(delta.error) == "tiny cannot do generate. It can: embed."


def test_a_cancelled_call_ends(engine: TransformersEngine) -> None:
    cancelled = Event()
    cancelled.set()
    assert list(engine.embed(TEXTS, cancelled)) == []


@pytest.mark.slow
def test_all_minilm_is_what_sentence_transformers_says_it_is(default_weights: Callable[[str], Weights]) -> None:
    weights = default_weights("all-minilm-l6-v2")
    with tiny.loaded(weights) as engine:
        assert engine.context_tokens == 256
        texts = (*TEXTS, "The quick brown fox. " * 200)
        found = dict(engine.embed(texts, Event()))
    for index, text in enumerate(texts):
        assert found[index] == pytest.approx(by_hand(weights.folder, text, 256), abs=1e-5)
    food, shares, meal = (torch.tensor(found[index]) for index in range(3))
    assert float(food @ meal) > 0.6
    assert float(food @ shares) < 0.2
