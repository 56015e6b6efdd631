"""The runtime loads once, shares, keeps to its memory budget and lets nothing leak from one request to another."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from llmweb.catalog import Catalog
from llmweb.engines.protocol import EngineKind
from llmweb.engines.scripted import ScriptedEngine
from llmweb.errors import BadInput, DoesNotFit, Unsupported, UserError
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Identity, LoglikelihoodRequest, Options, Precision, Progress, Request, Weights
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from tests.engines.opening import OpeningEngine, Weighed

CHAT, EMBED, TRANSLATE = "smollm2-135m-instruct", "all-minilm-l6-v2", "bergamot-en-pt"


class Loads:
    """Counts loads and makes scripted engines of 100 bytes each."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.models, self.failures = seconds, list[str](), 0

    def __call__(self, weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
        progress("Reading", 0.5)
        time.sleep(self.seconds)
        if self.failures:
            self.failures -= 1
            raise OSError("the file is damaged")
        self.models.append(weights.spec.id)
        engine = ScriptedEngine(Identity(weights.spec.id, "", "", "scripted", "1", precision), words_per_second=200)
        engine.resident_bytes = 100  # type: ignore[misc]
        return engine


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    made: list[Runtime] = []

    def runtime(loads: Loads, **settings: float) -> Runtime:
        kind = EngineKind(loads, lambda weights, precision: 100, ("fast", "exact"))
        configured = Settings(tmp_path, engine="scripted")._replace(**settings)
        made.append(Runtime(configured, Catalog(), FetchQueue(WeightStore(tmp_path)), {"scripted": kind}))
        return made[-1]

    yield runtime
    for one in made:
        one.close()


def ask(text: str, **options: object) -> Request:
    return Request("generate", text, Options(**options))  # type: ignore[arg-type]


def test_a_model_is_loaded_once_for_all_that_ask_at_the_same_time(make: Callable[..., Runtime]) -> None:
    loads = Loads(seconds=0.2)
    runtime = make(loads)
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(runtime.complete(CHAT, [ask("hi")])[0].text)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["You said: hi"] * 8
    assert loads.models == [CHAT]


def test_loading_is_told_while_it_lasts(make: Callable[..., Runtime]) -> None:
    first = next(make(Loads(seconds=0.5)).run(CHAT, [ask("hi")]))
    assert (first.phase, first.note, first.progress) == ("loading", "Reading", 0.5)


def test_the_least_recently_used_idle_model_makes_room(make: Callable[..., Runtime]) -> None:
    loads = Loads()
    runtime = make(loads, memory_bytes=200)
    runtime.complete(CHAT, [ask("hi")])
    runtime.embed(EMBED, ["a"])
    runtime.complete(CHAT, [ask("hi")])
    runtime.complete(TRANSLATE, [Request("translate", "hi", target="pt")])
    assert {model.model for model in runtime.loaded()} == {CHAT, TRANSLATE}
    assert loads.models == [CHAT, EMBED, TRANSLATE]


def test_a_model_in_use_is_never_evicted_and_the_refusal_has_the_figures(make: Callable[..., Runtime]) -> None:
    runtime = make(Loads(), memory_bytes=150)
    answer = runtime.run(CHAT, [ask("a long answer " * 20)])
    next(answer)
    with pytest.raises(DoesNotFit, match=r"needs about 0 MB, the budget is 0 MB and 0 MB of it are in use"):
        runtime.embed(EMBED, ["a"])
    assert list(answer)[-1].completion is not None
    assert len(runtime.embed(EMBED, ["a"])) == 1


def test_an_idle_model_leaves_memory_and_comes_back_when_asked(make: Callable[..., Runtime]) -> None:
    loads = Loads()
    runtime = make(loads, idle_seconds=0.2)
    runtime.complete(CHAT, [ask("hi")])
    deadline = time.monotonic() + 5
    while runtime.loaded() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert runtime.loaded() == ()
    assert runtime.complete(CHAT, [ask("hi")])[0].text == "You said: hi"


def test_exact_and_fast_are_two_loaded_models(make: Callable[..., Runtime]) -> None:
    loads = Loads()
    runtime = make(loads)
    runtime.complete(CHAT, [ask("hi"), ask("you")])
    completion = runtime.complete(CHAT, [ask("hi", precision="exact")])[0]
    assert completion.identity.precision == "exact"
    assert loads.models == [CHAT, CHAT]
    with pytest.raises(BadInput, match="mixes exact and fast"):
        runtime.complete(CHAT, [ask("hi"), ask("hi", precision="exact")])


def test_a_failed_load_is_told_to_the_caller_and_tried_anew_next_time(make: Callable[..., Runtime]) -> None:
    loads = Loads()
    loads.failures = 1
    runtime = make(loads)
    with pytest.raises(OSError, match="damaged"):
        runtime.complete(CHAT, [ask("hi")])
    assert runtime.complete(CHAT, [ask("hi")])[0].text == "You said: hi"


def test_one_failing_request_leaves_the_others_of_its_batch_alone(make: Callable[..., Runtime]) -> None:
    ends = {d.index: d for d in make(Loads()).run(CHAT, [ask("a"), ask("boom"), ask("c")]) if d.completion or d.error}
    assert str(ends[1].error).startswith("The scripted engine fails")
    assert [ends[index].completion.text for index in (0, 2)] == ["You said: a", "You said: c"]  # type: ignore[union-attr]


def test_a_batch_comes_back_in_the_order_it_was_asked(make: Callable[..., Runtime]) -> None:
    texts = ["long" * 30, "short", "a b c d e"]
    completions = make(Loads()).complete(CHAT, [ask(text) for text in texts])
    assert [completion.text for completion in completions] == [f"You said: {text}" for text in texts]


def test_closing_the_deltas_frees_the_model(make: Callable[..., Runtime]) -> None:
    runtime = make(Loads())
    answer = runtime.run(CHAT, [ask("word " * 1000)])
    next(answer)
    assert runtime.loaded()[0].users == 1
    answer.close()  # type: ignore[attr-defined]
    assert runtime.loaded()[0].users == 0


def test_a_model_that_is_answering_is_not_unloaded(make: Callable[..., Runtime]) -> None:
    runtime = make(Loads())
    answer = runtime.run(CHAT, [ask("word " * 50)])
    next(answer)
    with pytest.raises(UserError, match="is answering right now"):
        runtime.unload(CHAT)
    list(answer)
    runtime.unload(CHAT)
    assert runtime.loaded() == ()


def test_a_task_the_model_cannot_do_is_refused_before_loading(make: Callable[..., Runtime]) -> None:
    loads = Loads()
    runtime = make(loads)
    with pytest.raises(Unsupported, match="cannot do loglikelihood"):
        list(runtime.loglikelihood(EMBED, [LoglikelihoodRequest("a", "b")]))
    assert loads.models == []


def test_a_person_goes_before_a_batch_that_came_first(tmp_path: Path) -> None:
    def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
        identity = Identity(weights.spec.id, "", "", "scripted", "1", precision)
        return ScriptedEngine(identity, words_per_second=100, slots=1)

    kind = EngineKind(load, lambda weights, precision: 100, ("fast", "exact"))
    settings = Settings(tmp_path, engine="scripted")
    runtime = Runtime(settings, Catalog(), FetchQueue(WeightStore(tmp_path)), {"scripted": kind})
    ended: list[str] = []

    def ask_and_note(asker: Runtime, texts: list[str]) -> None:
        deltas = asker.run(CHAT, [ask(text) for text in texts])
        ended.extend(delta.completion.text for delta in deltas if delta.completion is not None)

    list(runtime.loading(CHAT))
    batch = threading.Thread(
        target=ask_and_note, args=(runtime.patient(), [f"batch {n} " + "x " * 9 for n in range(4)])
    )
    batch.start()
    time.sleep(0.1)
    ask_and_note(runtime, ["me"])
    batch.join()
    assert ended.index("You said: me") <= 1
    assert len(ended) == 5
    runtime.close()


def test_nothing_is_started_after_closing(make: Callable[..., Runtime]) -> None:
    runtime = make(Loads())
    runtime.close()
    with pytest.raises(UserError, match="shutting down"):
        runtime.complete(CHAT, [ask("hi")])


class Opening(OpeningEngine):
    """Fails after opening where broken is."""

    def __init__(self, identity: Identity, opened: Event, broken: bool) -> None:
        super().__init__(identity, opened)
        self.broken = broken

    def weighed(self, requests: Sequence[LoglikelihoodRequest], cancelled: Event) -> Weighed:
        if self.broken:
            raise OSError("the graph is damaged")
        yield from super().weighed(requests, cancelled)


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    made: list[Runtime] = []

    def runtime(opened: Event, broken: bool = False, loaded: Event | None = None) -> Runtime:
        def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
            if loaded is not None:
                loaded.wait()
            return Opening(Identity(weights.spec.id, "", "", "scripted", "1", precision), opened, broken)

        kind = EngineKind(load, lambda weights, precision: 100, ("fast", "exact"))
        settings = Settings(tmp_path, engine="scripted")
        made.append(Runtime(settings, Catalog(), FetchQueue(WeightStore(tmp_path)), {"scripted": kind}))
        return made[-1]

    yield runtime
    for one in made:
        one.close()


def test_what_log_likelihoods_wait_for_is_told_and_left_by_whoever_stops(opening: Callable[..., Runtime]) -> None:
    opened, cancelled = Event(), Event()
    runtime = opening(opened)
    assert list(runtime.loading(CHAT)) == []
    steps = runtime.loading(CHAT, cancelled=cancelled, weighing=True)
    assert next(steps).note == "Preparing to read log-likelihoods"
    cancelled.set()
    assert list(steps) == []
    assert [model.users for model in runtime.loaded()] == [0]
    others = runtime.loading(CHAT, weighing=True)
    next(others)
    opened.set()
    assert {delta.note for delta in others} <= {"Preparing to read log-likelihoods"}


def test_what_fails_before_log_likelihoods_is_raised(opening: Callable[..., Runtime]) -> None:
    opened = Event()
    opened.set()
    with pytest.raises(OSError, match="the graph is damaged"):
        list(opening(opened, broken=True).loading(CHAT, weighing=True))


def test_log_likelihoods_are_stopped_while_their_model_is_loaded(opening: Callable[..., Runtime]) -> None:
    loaded, cancelled = Event(), Event()
    runtime = opening(Event(), loaded=loaded)
    threading.Timer(0.05, cancelled.set).start()
    assert list(runtime.loglikelihood(CHAT, [LoglikelihoodRequest("", "Hello")], cancelled=cancelled)) == []
    loaded.set()
