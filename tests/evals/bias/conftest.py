"""Runtimes whose model weighs texts as a test says."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from llmweb.catalog import Catalog
from llmweb.engines.protocol import EngineKind
from llmweb.engines.scripted import WORD, ScriptedEngine
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Identity, LoglikelihoodRequest, Precision, Progress, TokenLogprob, Weights
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from tests.engines.opening import OpeningEngine, Weighed

Weigh = Callable[[str, str, str], float]
"""Log-probability of a word, from the text before it (prompt included), the word, and the whole text."""


class WeighingEngine(OpeningEngine):
    """The scripted engine, but for the log-probability of a word, which weigh gives once opened is set."""

    def __init__(self, identity: Identity, weigh: Weigh, opened: Event) -> None:
        super().__init__(identity, opened)
        self.weigh = weigh

    def weighed(self, requests: Sequence[LoglikelihoodRequest], cancelled: Event) -> Weighed:
        for index, request in enumerate(requests):
            prompt = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].text
            yield (
                index,
                tuple(
                    TokenLogprob(
                        match.group(),
                        match.start(),
                        match.end(),
                        self.weigh(prompt + request.text[: match.start()], match.group().strip(), request.text),
                    )
                    for match in WORD.finditer(request.text)
                ),
            )


@pytest.fixture
def weighing(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    """weighing(weigh, opened) -> a Runtime whose every model gives words the log-probability weigh says, once opened
    is set."""
    made: list[Runtime] = []

    def make(weigh: Weigh, opened: Event | None = None) -> Runtime:
        if opened is None:
            (opened := Event()).set()

        def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
            return WeighingEngine(Identity(weights.spec.id, "", "", "scripted", "1", precision), weigh, opened)

        kind = EngineKind(load, lambda weights, precision: ScriptedEngine.resident_bytes, ("fast", "exact"))
        settings = Settings(tmp_path, engine="scripted")
        made.append(Runtime(settings, Catalog(), FetchQueue(WeightStore(settings.models_dir)), {"scripted": kind}))
        return made[-1]

    yield make
    for runtime in made:
        runtime.close()


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public sets, LLMWEB_TEST_DATA; skips where there is none."""
    folder = os.environ.get("LLMWEB_TEST_DATA")
    if not folder:
        pytest.skip("LLMWEB_TEST_DATA does not name a folder of public sets")
    return Path(folder)
