"""GGUF models of the Llama and Qwen families on the CPU, through OpenVINO GenAI: continuous batching for everybody.

Owns loading, what may be asked, and one engine's parts: the batch that writes (openvino_batch.py) and the scorer of
log-likelihoods (openvino_scorer.py). The two precisions are openvino_pipeline.py's, the files reencode.py's.
"""

import hashlib
import math
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

from llmweb.engines.debias import check_debias
from llmweb.engines.openvino_batch import Batch, Job
from llmweb.engines.openvino_pipeline import BLOCK_TOKENS, ENCODINGS, genai, open_graph, open_pipeline
from llmweb.engines.openvino_schema import SchemaCheck
from llmweb.engines.openvino_scorer import Scorer
from llmweb.engines.openvino_text import TextStream, Vocabulary
from llmweb.engines.protocol import EngineKind
from llmweb.engines.queue import HEARTBEAT_SECONDS, deltas
from llmweb.engines.reencode import reencoded
from llmweb.errors import BadInput, NotDownloaded, Unsupported, UserError
from llmweb.types import (
    Delta,
    Identity,
    LoglikelihoodRequest,
    Precision,
    Progress,
    Prompt,
    Request,
    Task,
    TokenLogprob,
    Vector,
    Weights,
)

CACHE_TOKENS = 16_384  # shared by everything in flight; a single context may be longer, up to LONGEST_CONTEXT
LONGEST_CONTEXT = 32_768
LIBRARY_BYTES = 300_000_000
MOST_SEQUENCES = 16  # beams or samples of one request


class OpenVinoEngine:
    """One GGUF model in one precision. Batches are shared by all callers; urgent requests are let in first."""

    tasks: frozenset[Task] = frozenset({"generate", "loglikelihood"})
    abilities: frozenset[str] = frozenset({"beams", "schema", "top", "alternatives", "sampling"})

    def __init__(self, gguf: Path, weights: Weights, precision: Precision) -> None:
        self._gguf, self._weights, self._precision = gguf, weights, precision
        self.context_tokens = min(weights.spec.context_tokens, LONGEST_CONTEXT)
        self.resident_bytes = estimate_bytes(weights, precision)
        self._cache_tokens = cache_tokens(weights)
        self._batch = Batch(partial(open_pipeline, gguf, precision, self._cache_tokens), self._cache_tokens)
        self._vocabulary = Vocabulary(self._batch.tokenizer)
        self._schemas = SchemaCheck(self._batch.tokenizer, self._vocabulary)
        self._opener = ThreadPoolExecutor(1, thread_name_prefix="openvino-graph")
        self._opening = threading.Lock()
        self._scorer: Future[Scorer] | None = None
        template = self._vocabulary.template
        self.identity = Identity(
            weights.spec.id,
            weights.revision,
            weights.sha256,
            "openvino-genai",
            f"{version('openvino-genai')} {ENCODINGS[precision]}",
            precision,
            hashlib.sha256(template.encode()).hexdigest() if template else "",
        )

    def count(self, prompt: Prompt) -> int:
        return len(self._vocabulary.encode(prompt))

    def run(self, requests: Sequence[Request], cancelled: Event) -> Iterator[Delta]:
        """A request that may not be served ends with its error before the others are queued."""
        out: SimpleQueue[Delta] = SimpleQueue()
        jobs: list[Job] = []
        told = time.monotonic()
        for index, request in enumerate(requests):
            if time.monotonic() > told + HEARTBEAT_SECONDS:
                yield Delta(index, phase="queued")
                told = time.monotonic()
            try:
                jobs.append(self._job(request, index, cancelled, out))
            except UserError as error:
                yield Delta(index, error=error)
        if jobs:
            yield from deltas(self._batch.room, jobs)

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        """In the order in which they get ready. Raises BadInput if one is too long. The first call opens the graph."""
        check_debias(self.identity.model, self.abilities, (request.debias for request in requests))
        opening = self._opening_scorer()
        while not cancelled.is_set():
            if wait([opening], HEARTBEAT_SECONDS).done:
                yield from opening.result().score(requests, cancelled)
                return

    def embed(self, texts: Sequence[str], cancelled: Event) -> Iterator[tuple[int, Vector]]:
        raise Unsupported("This model writes texts and does not embed them. Take all-minilm-l6-v2.")

    @property
    def idle(self) -> bool:
        """Nothing is being written or waits to be."""
        return self._batch.idle

    def close(self) -> None:
        self._batch.close()
        self._opener.shutdown()
        self._scorer = None

    def _opening_scorer(self) -> "Future[Scorer]":
        """Begun once for all who ask: it takes seconds, and goes on where one of them no longer waits."""
        with self._opening:
            if self._scorer is None or (self._scorer.done() and self._scorer.exception() is not None):
                self._scorer = self._opener.submit(self._open_scorer)
            return self._scorer

    def _open_scorer(self) -> Scorer:
        graph = open_graph(self._gguf, self._weights.sha256, self._batch.tokenizer, self._precision)
        self.resident_bytes += _loaded_bytes(self._weights, self._precision)
        return Scorer(graph, self._vocabulary, self.context_tokens, self._batch.nobody_waits.wait)

    def _job(self, request: Request, index: int, cancelled: Event, out: "SimpleQueue[Delta]") -> Job:
        """Raises UserError when the request cannot be served: once in the batch, nothing of it may fail."""
        if request.task != "generate":
            raise Unsupported(
                f"This model does not do {request.task!r} as a task of its own, only "
                f"{', '.join(sorted(self.tasks))}. A model of the transformers engine may."
            )
        check_debias(self.identity.model, self.abilities, (request.options.debias,))
        _check(request)
        if request.options.schema:
            self._schemas.check(request.options.schema)
        tokens = self._vocabulary.encode(request.prompt, request.prefix) or [self._vocabulary.first_token]
        job = Job(
            request,
            index,
            cancelled,
            out,
            request.urgent,
            identity=self.identity,
            tokens=tokens,
            config=self._config(request),
            new_stream=partial(TextStream, self._vocabulary, request.options.stop),
            sequences=max(request.options.beams, request.options.alternatives),
            returned=request.options.alternatives,
        )
        self._check_room(job)
        return job

    def _check_room(self, job: Job) -> None:
        asked = job.request.options.max_tokens
        if len(job.tokens) + asked > self.context_tokens:
            raise BadInput(
                f"The prompt is {len(job.tokens):,} tokens and up to {asked:,} are to be written, but the model's "
                f"context holds {self.context_tokens:,}. Shorten the prompt or lower max_tokens."
            )
        if job.blocks * BLOCK_TOKENS > self._cache_tokens:
            raise BadInput(
                f"{job.sequences} texts of up to {asked:,} tokens side by side need more than the engine's cache of "
                f"{self._cache_tokens:,} tokens. Ask for fewer beams or alternatives, or lower max_tokens."
            )

    def _config(self, request: Request) -> Any:
        """Sampling options as the library's. Several alternatives without sampling are beams, at least as many."""
        library, options = genai(), request.options
        config = library.GenerationConfig()
        config.max_new_tokens = options.max_tokens
        config.eos_token_id = self._vocabulary.eos_token
        config.stop_token_ids = self._vocabulary.end_tokens
        config.repetition_penalty = options.repetition_penalty
        config.logprobs = int(request.weighed or options.alternatives > 1)
        config.num_return_sequences = options.alternatives
        if options.temperature > 0:
            config.do_sample = True
            config.temperature, config.rng_seed = options.temperature, options.seed
            config.top_p, config.min_p = options.top_p, options.min_p
            if options.top_k:
                config.top_k = options.top_k
        else:
            config.num_beams = max(options.beams, options.alternatives)
        if options.schema:
            config.structured_output_config = library.StructuredOutputConfig(json_schema=options.schema)
        config.validate()
        return config


def _check(request: Request) -> None:
    """Raises BadInput, naming the value and what is allowed."""
    options = request.options
    allowed = (
        ("max_tokens", options.max_tokens, options.max_tokens >= 1, "at least 1"),
        ("temperature", options.temperature, 0 <= options.temperature <= 100, "0 (greedy) to 100"),
        ("top_p", options.top_p, 0 < options.top_p <= 1, "above 0, up to 1 (off)"),
        ("top_k", options.top_k, options.top_k >= 0, "0 (off) or more"),
        ("min_p", options.min_p, 0 <= options.min_p < 1, "0 (off) up to below 1"),
        ("repetition_penalty", options.repetition_penalty, options.repetition_penalty > 0, "above 0; 1 is off"),
        ("seed", options.seed, 0 <= options.seed < 2**63, "0 to 2^63 - 1"),
        ("beams", options.beams, 1 <= options.beams <= MOST_SEQUENCES, f"1 to {MOST_SEQUENCES}"),
        ("alternatives", options.alternatives, 1 <= options.alternatives <= MOST_SEQUENCES, f"1 to {MOST_SEQUENCES}"),
    )
    for name, value, good, range_text in allowed:
        if not good:
            raise BadInput(f"{name} is {value}. Choose {range_text}.")
    if options.temperature > 0 and options.beams > 1:
        raise BadInput(
            f"{options.beams} beams with temperature {options.temperature}: beam search does not sample. "
            "Set the temperature to 0, or beams to 1."
        )
    if options.schema and request.prefix:
        raise BadInput("A schema describes a whole answer, so an answer that is to be continued cannot have one.")


def source_gguf(weights: Weights) -> Path:
    """The one GGUF file of the weights. Raises NotDownloaded if it is not there, BadInput if there are several."""
    ours = {f"{precision}.gguf" for precision in ENCODINGS}
    names = sorted(name for name in weights.files if name.lower().endswith(".gguf"))
    found = [weights.folder / name for name in names] or sorted(
        path for path in weights.folder.rglob("*.gguf") if path.name not in ours
    )
    if not found or not found[0].exists():
        raise NotDownloaded(
            f"No GGUF file of {weights.spec.id} in {weights.folder}. "
            f"Fetch it with: python -m llmweb models download {weights.spec.id}"
        )
    if len(found) > 1:
        raise BadInput(
            f"{weights.spec.id} has {len(found)} GGUF files ({', '.join(path.name for path in found)}). "
            "Add the one you want as a model of its own: python -m llmweb models add FILE"
        )
    return found[0]


def cache_tokens(weights: Weights) -> int:
    return max(CACHE_TOKENS, min(weights.spec.context_tokens, LONGEST_CONTEXT))


def estimate_bytes(weights: Weights, precision: Precision) -> int:
    """Library, weights and a full cache.

    The cache is guessed before the file is read: values a token are about the square root of the parameters (SmolLM2
    135M 11,520, Llama 3.2 3B 57,344), 4 bytes each in float32 and a little over one in 8 bits.
    """
    cache = cache_tokens(weights) * math.isqrt(weights.spec.parameters) * (4.0 if precision == "exact" else 1.1)
    return LIBRARY_BYTES + _loaded_bytes(weights, precision) + int(cache)


def _loaded_bytes(weights: Weights, precision: Precision) -> int:
    """Measured on SmolLM2 135M: F16 stays mapped beside its float32 copy; Q8_0 is used as it lies."""
    return int(weights.spec.parameters * (7.0 if precision == "exact" else 1.1))


def load(weights: Weights, precision: Precision, progress: Progress) -> OpenVinoEngine:
    """Converts the file once, then opens it: 4 s for 135 million parameters."""
    source = source_gguf(weights)
    target = weights.folder / f"{precision}.gguf"
    gguf = reencoded(source, target, ENCODINGS[precision], weights.sha256, progress)
    progress("Loading the model", None)
    try:
        return OpenVinoEngine(gguf, weights, precision)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]  # above it stands where in the library's source
        raise Unsupported(
            f"OpenVINO cannot run {source.name} ({reason}). It reads the Llama and Qwen families; "
            "take the transformers engine for others."
        ) from error


KIND = EngineKind(load, estimate_bytes, ("fast", "exact"))
