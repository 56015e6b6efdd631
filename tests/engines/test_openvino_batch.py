"""The batch's thread on a stand-in pipeline that writes one byte a step: admission, cancelling, recovery."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from llmweb.engines.openvino_batch import PATIENT_SLOTS, SLOTS, Batch, Job
from llmweb.engines.openvino_text import TextStream, Vocabulary
from llmweb.engines.queue import deltas
from llmweb.types import Completion, Delta, Identity, Options, Request

BYTES = {bytes([value]): value for value in range(256)}


class Tokenizer:
    chat_template = ""

    def get_vocab(self) -> dict[bytes, int]:
        return BYTES

    def get_eos_token_id(self) -> int:
        return 0

    def decode(self, tokens: list[list[int]], skip_special_tokens: bool) -> list[str]:
        return ["x"] * len(tokens)


VOCABULARY = Vocabulary(Tokenizer())


@dataclass
class Handle:
    """Writes back the prompt's tokens, at most config.max_new_tokens of them."""

    tokens: list[int]
    left: int
    status: str = "RUNNING"
    unread: list[int] = field(default_factory=list)

    def can_read(self) -> bool:
        return bool(self.unread)

    def read(self) -> dict[int, Any]:
        tokens, self.unread = self.unread, []
        reason = SimpleNamespace(name="NONE" if self.status == "RUNNING" else "LENGTH")
        values = [-1.0] * len(tokens)
        return {0: SimpleNamespace(generated_ids=tokens, generated_log_probs=values, finish_reason=reason, score=-1.0)}

    def get_status(self) -> Any:
        return SimpleNamespace(name=self.status)

    def cancel(self) -> None:
        self.status = "CANCEL"


@dataclass
class Pipeline:
    """may_step holds it; a prompt that begins with "!" makes its first step throw. peak is the most it ran at once."""

    may_step: Event = field(default_factory=Event)
    handles: list[Handle] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    peak: int = 0

    def get_tokenizer(self) -> Tokenizer:
        return Tokenizer()

    def add_request(self, number: int, tokens: Any, config: Any) -> Handle:
        ids = tokens.data[0].tolist()
        self.order.append(bytes(ids).decode())
        self.handles.append(Handle(ids, config.max_new_tokens))
        return self.handles[-1]

    def has_non_finished_requests(self) -> bool:
        return any(handle.status == "RUNNING" for handle in self.handles)

    def step(self) -> None:
        self.may_step.wait(10)
        self.handles = [handle for handle in self.handles if handle.status == "RUNNING"]
        self.peak = max(self.peak, len(self.handles))
        if any(handle.tokens[0] == ord("!") for handle in self.handles):
            raise RuntimeError("out of luck")
        for handle in self.handles:
            handle.unread.append(handle.tokens[-handle.left])
            handle.left -= 1
            if not handle.left:
                handle.status = "FINISHED"


@pytest.fixture
def pipelines() -> list[Pipeline]:
    """Every pipeline the batch opens; the first waits for its test."""
    return []


@pytest.fixture
def batch(pipelines: list[Pipeline]) -> Iterator[Batch]:
    def open_pipeline() -> Pipeline:
        pipelines.append(Pipeline())
        if len(pipelines) > 1:
            pipelines[-1].may_step.set()
        return pipelines[-1]

    batch = Batch(open_pipeline, cache_tokens=128 * 32)
    yield batch
    for pipeline in pipelines:
        pipeline.may_step.set()
    batch.close()


def jobs(texts: Sequence[str], urgent: bool = True, cancelled: Event | None = None, stop: str = "") -> list[Job]:
    out: SimpleQueue[Delta] = SimpleQueue()
    identity = Identity("m", "", "", "openvino-genai", "1", "fast")
    request = Request("generate", "", Options(stop=(stop,) if stop else ()))
    return [
        Job(
            request,
            index,
            cancelled or Event(),
            out,
            urgent,
            identity=identity,
            tokens=list(text.encode()),
            config=SimpleNamespace(max_new_tokens=len(text.encode()), logprobs=1),
            new_stream=partial(TextStream, VOCABULARY, request.options.stop),
            sequences=1,
            returned=1,
        )
        for index, text in enumerate(texts)
    ]


def ends(batch: Batch, these: list[Job]) -> list[Completion | Exception]:
    found = {delta.index: delta.completion or delta.error for delta in deltas(batch.room, these)}
    return [end for _, end in sorted(found.items()) if end is not None]


def texts(these: list[Completion | Exception]) -> list[str]:
    return [end.text if isinstance(end, Completion) else str(end) for end in these]


def test_each_gets_its_own_text(batch: Batch, pipelines: list[Pipeline]) -> None:
    pipelines[0].may_step.set()
    assert texts(ends(batch, jobs(["one", "four", "é"]))) == ["one", "four", "é"]
    assert batch.idle


def test_a_stop_string_ends_only_its_own_request(batch: Batch, pipelines: list[Pipeline]) -> None:
    pipelines[0].may_step.set()
    found = ends(batch, jobs(["one, two, three", "plain"], stop=", t"))
    assert [(end.text, end.stop_reason) for end in found if isinstance(end, Completion)] == [
        ("one", "stop_string"),
        ("plain", "length"),
    ]


def test_a_failing_step_fails_what_ran_in_it_and_the_next_request_is_served(
    batch: Batch, pipelines: list[Pipeline]
) -> None:
    pipelines[0].may_step.set()
    assert texts(ends(batch, jobs(["!bad"]))) == [
        "The engine failed while it answered (out of luck). Send the request again."
    ]
    assert texts(ends(batch, jobs(["good"]))) == ["good"]
    assert len(pipelines) == 2


def test_patient_requests_leave_slots_free_for_people(batch: Batch, pipelines: list[Pipeline]) -> None:
    patient = deltas(batch.room, jobs([f"patient {n}" for n in range(60)], urgent=False))
    next(patient)
    while len(pipelines[0].order) < 1:
        next(patient)
    urgent = deltas(batch.room, jobs([f"urgent {n}" for n in range(SLOTS - PATIENT_SLOTS)]))
    next(urgent)
    pipelines[0].may_step.set()
    assert sum(delta.completion is not None for delta in urgent) == SLOTS - PATIENT_SLOTS
    assert sum(delta.completion is not None for delta in patient) == 60
    order = pipelines[0].order
    last_urgent = max(place for place, text in enumerate(order) if text.startswith("urgent"))
    assert last_urgent < SLOTS
    assert pipelines[0].peak <= SLOTS


def test_what_does_not_fit_the_cache_together_runs_one_after_another(batch: Batch, pipelines: list[Pipeline]) -> None:
    pipelines[0].may_step.set()
    long = ["a" * 1500, "b" * 1500, "c" * 20]
    assert texts(ends(batch, jobs(long))) == long
    assert pipelines[0].peak < 3


def test_cancelling_ends_what_runs_and_what_waits(batch: Batch, pipelines: list[Pipeline]) -> None:
    cancelled = Event()
    these = jobs(["x" * 40] * 50, cancelled=cancelled)
    run = deltas(batch.room, these)
    next(run)
    cancelled.set()
    pipelines[0].may_step.set()
    reasons = [delta.completion.stop_reason for delta in run if delta.completion]
    assert reasons == ["cancelled"] * 50
    assert texts(ends(batch, jobs(["next"]))) == ["next"]


def test_closing_fails_everybody_with_a_reason(batch: Batch, pipelines: list[Pipeline]) -> None:
    run = deltas(batch.room, jobs(["x" * 40] * 50))
    next(run)
    pipelines[0].may_step.set()
    batch.close()
    assert {str(delta.error) for delta in run if delta.error} == {"The model was unloaded. Send the request again."}
