"""The one thread that owns a pipeline: who joins the running batch, a step, what each wrote, who is done.

Owns admission (urgent first, four slots and the cache's room kept in mind), cancelling, and recovery when a step
fails. What a request may ask for was checked before it came here; tokens become text in openvino_text.py.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llmweb.engines.answer import Answer, Outcome
from llmweb.engines.openvino_pipeline import BLOCK_TOKENS, token_tensor
from llmweb.engines.openvino_text import TextStream
from llmweb.engines.queue import Ticket, WaitingRoom
from llmweb.types import Alternative, Identity, Request, StopReason

SLOTS = 24  # past 16 two cores gain little; the rest lets people in beside a full batch
PATIENT_SLOTS = 20
IDLE_SECONDS = 0.1

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job(Ticket[Request]):
    """A ticket ready for the pipeline. config is a GenerationConfig; each sequence gets a new_stream."""

    identity: Identity = field(kw_only=True)
    tokens: list[int] = field(kw_only=True)
    config: Any = field(kw_only=True)
    new_stream: Callable[[], TextStream] = field(kw_only=True)
    sequences: int = field(kw_only=True)  # written side by side: beams or samples
    returned: int = field(kw_only=True)  # of them handed back
    answer: Answer = field(init=False)
    handle: Any = None
    streams: dict[int, TextStream] = field(default_factory=dict)
    reasons: dict[int, StopReason] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)  # log-probability, for beams divided by length

    def __post_init__(self) -> None:
        self.answer = Answer(self.request, self, self.identity)

    @property
    def blocks(self) -> int:
        """Most blocks of the cache it can come to hold; the prompt is shared by its sequences."""
        prompt, written = len(self.tokens), int(self.config.max_new_tokens)
        return -(-prompt // BLOCK_TOKENS) + self.sequences * (-(-written // BLOCK_TOKENS) + 1)

    def read(self) -> None:
        """Take what the pipeline wrote since the last time, and show what is certain of it."""
        while self.handle.can_read():
            for sequence, output in self.handle.read().items():
                if sequence not in self.streams:
                    self.streams[sequence] = self.new_stream()
                text = self.streams[sequence].push(output.generated_ids, output.generated_log_probs)
                self.scores[sequence] = output.score
                if output.finish_reason.name != "NONE":
                    self.reasons[sequence] = "length" if output.finish_reason.name == "LENGTH" else "end"
                self.answer.first_token()
                if self.returned == 1:
                    self.answer.write(text)

    @property
    def done(self) -> bool:
        if self.handle.get_status().name != "RUNNING":
            return True
        return len(self.streams) == self.returned and all(stream.stopped for stream in self.streams.values())

    def finish(self, cancelled: bool = False) -> None:
        """The answer's end; of several sequences the best scored is the answer, all of them its alternatives."""
        if self.handle is None:
            self.answer.begin(len(self.tokens))
        for stream in self.streams.values():
            if not stream.stopped and not cancelled:
                stream.finish()
        ranked = sorted(self.streams.items(), key=lambda item: -self.scores[item[0]])
        if not ranked:
            self.answer.finish(Outcome("", "cancelled" if cancelled else "end"))
            return
        sequence, best = ranked[0]
        reason: StopReason = "stop_string" if best.stopped else self.reasons.get(sequence, "end")
        found = tuple(Alternative(stream.text, stream.log_probability) for _, stream in ranked)
        self.answer.finish(
            Outcome(
                best.text,
                "cancelled" if cancelled else reason,
                tokens_out=sum(stream.tokens for _, stream in ranked),
                log_probability=best.log_probability if self.config.logprobs else None,
                alternatives=found if self.returned > 1 else (),
            )
        )


class Batch:
    """open_pipeline makes a pipeline, and a new one after a step failed; cache_tokens bounds what runs together."""

    def __init__(self, open_pipeline: Callable[[], Any], cache_tokens: int) -> None:
        self.room: WaitingRoom[Request] = WaitingRoom()
        self.nobody_waits = threading.Event()  # clear while an urgent request runs: other work gives way
        self._open_pipeline, self._free_blocks = open_pipeline, cache_tokens // BLOCK_TOKENS
        self._pipeline = open_pipeline()
        self._held: list[Job] = []  # taken, waiting for room in the cache
        self._running: list[Job] = []
        self._number = 0
        self.tokenizer: Any = self._pipeline.get_tokenizer()
        self._worker = threading.Thread(target=self._work, name="openvino-batch", daemon=True)
        self._worker.start()

    @property
    def idle(self) -> bool:
        return not self._running and not self._held and not self._pipeline.has_non_finished_requests()

    def close(self) -> None:
        """Ends everything at the next step. Returns when the pipeline is gone."""
        for ticket in self.room.close():
            _job(ticket).answer.fail(RuntimeError("The model was unloaded. Send the request again."))
        self._worker.join()

    def _work(self) -> None:
        try:
            while not self.room.closed:
                self._drop_cancelled()
                self._take()
                self._admit()
                if self._running or self._pipeline.has_non_finished_requests():
                    self._step()
        finally:  # also when no new pipeline could be opened: nobody may wait for a thread that is gone
            gone = RuntimeError("The model was unloaded. Send the request again.")
            for ticket in (*self._running, *self._held, *self.room.close()):
                _job(ticket).answer.fail(gone)
            self._running, self._held, self._pipeline = [], [], None

    def _drop_cancelled(self) -> None:
        for ticket in self.room.take_cancelled():
            _job(ticket).finish(cancelled=True)
        for job in [job for job in self._held if job.answer.cancelled]:
            self._held.remove(job)
            job.finish(cancelled=True)
        for job in [job for job in self._running if job.answer.cancelled]:
            self._leave(job)
            job.finish(cancelled=True)

    def _take(self) -> None:
        inside = len(self._held) + len(self._running)
        taken = self.room.take(SLOTS - inside, urgent_only=True)
        patient = sum(not job.urgent for job in (*self._held, *self._running))
        free = min(SLOTS - inside - len(taken), PATIENT_SLOTS - patient)
        taken += self.room.take(max(free, 0), wait_seconds=0.0 if inside or taken else IDLE_SECONDS)
        self._held += [_job(ticket) for ticket in taken]
        self._held.sort(key=lambda job: not job.urgent)

    def _admit(self) -> None:
        """In order. The first that finds no room in the cache waits, and those behind it too: so it gets its turn."""
        while self._held and self._held[0].blocks <= self._free_blocks:
            job = self._held.pop(0)
            job.answer.begin(len(job.tokens))
            self._number += 1
            try:
                job.handle = self._pipeline.add_request(self._number, token_tensor(job.tokens), job.config)
            except RuntimeError as error:
                job.answer.fail(error)
                continue
            self._free_blocks -= job.blocks
            self._running.append(job)
        self._tell()

    def _tell(self) -> None:
        if any(job.urgent for job in self._running):
            self.nobody_waits.clear()
        else:
            self.nobody_waits.set()

    def _step(self) -> None:
        try:
            self._pipeline.step()
        except Exception as error:  # whatever the library throws: this thread serves everybody and must live on
            self._recover(error)
            return
        for job in list(self._running):
            job.read()
            if job.handle.get_status().name == "IGNORED":
                self._leave(job)
                job.answer.fail(RuntimeError("The engine's cache had no room for this request. Send it again."))
            elif job.done:
                self._leave(job)
                job.finish()

    def _leave(self, job: Job) -> None:
        job.handle.cancel()  # it leaves the pipeline in the next step
        self._running.remove(job)
        self._free_blocks += job.blocks
        self._tell()

    def _recover(self, error: Exception) -> None:
        """What ran in the failed step cannot go on; what comes next gets a fresh pipeline."""
        log.exception("A step of the pipeline failed")
        for job in list(self._running):
            job.answer.fail(RuntimeError(f"The engine failed while it answered ({error}). Send the request again."))
            self._running.remove(job)
            self._free_blocks += job.blocks
        self._tell()
        self._pipeline = None
        self._pipeline = self._open_pipeline()


def _job(ticket: Ticket[Request]) -> Job:
    assert isinstance(ticket, Job), "only jobs enter this room"
    return ticket
