"""What a GGUF file or a folder of the user's is: its engine, tasks, size and context, read from headers only."""

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmweb.errors import BadInput, DownloadFailed
from llmweb.types import Task
from llmweb.weights.linked import usable_files

OPENVINO = ("llama", "qwen2", "qwen3")
# GGUF architectures that transformers 5.23 loads beside those.
TRANSFORMERS = (
    *("bloom", "deci", "falcon", "gemma2", "gemma3", "gemma4", "gpt2", "gpt_oss", "lfm2", "mamba", "minimax_m2"),
    *("mistral", "nemotron", "phi3", "qwen2_moe", "qwen3_moe", "stablelm", "starcoder2", "t5", "umt5"),
)
GENERATE: frozenset[Task] = frozenset({"generate", "loglikelihood"})
# The end of an architecture's name in config.json → what such a model does; the first that fits counts.
HEADS: tuple[tuple[str, frozenset[Task]], ...] = (
    ("ForCausalLM", GENERATE),
    ("LMHeadModel", GENERATE),
    ("MTModel", frozenset({"translate", "loglikelihood"})),
    ("ForConditionalGeneration", GENERATE),
    ("ForQuestionAnswering", frozenset({"span"})),
    ("Model", frozenset({"embed"})),
)
CONTEXT_FIELDS = ("max_position_embeddings", "n_positions", "max_sequence_length")
UNKNOWN_CONTEXT = 512  # T5 and its kin name no limit: what they were trained on


@dataclass(frozen=True, slots=True)
class Found:
    """path is the GGUF itself where a folder held just one. pairs as far as the files tell them."""

    path: Path
    name: str
    engine: str
    tasks: frozenset[Task]
    parameters: int
    context_tokens: int
    instruct: bool
    encoder_decoder: bool = False
    pairs: tuple[tuple[str, str], ...] = ()


def inspect(path: Path) -> Found:
    """Look at a GGUF or a folder. Raises BadInput with the reason where no engine can read it."""
    try:
        files = usable_files(path)
    except DownloadFailed as error:
        raise BadInput(str(error)) from error
    weights = [file for name, file in files.items() if name.lower().endswith(".gguf")]
    if any(name.lower().endswith(".safetensors") for name in files):
        return _folder(path, files)
    if len(weights) > 1:
        raise BadInput(f"{path} holds {len(weights)} GGUF files. Name the one that is meant, as {weights[0]}")
    return _gguf(weights[0])


def _gguf(path: Path) -> Found:
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
    except (ValueError, IndexError, KeyError, OSError) as error:
        raise BadInput(f"{path} is not a whole GGUF file ({error}). Download it again.") from error

    def field(name: str) -> Any:
        found = reader.get_field(name)
        return None if found is None else found.contents()

    architecture = str(field("general.architecture"))
    if architecture not in OPENVINO + TRANSFORMERS:
        raise BadInput(
            f"{path} is a GGUF of architecture {architecture!r}, which no engine reads. "
            f"Read are: {', '.join(sorted(OPENVINO + TRANSFORMERS))}."
        )
    return Found(
        path=path,
        name=path.stem,
        engine="openvino" if architecture in OPENVINO else "transformers",
        tasks=GENERATE,
        parameters=sum(int(tensor.n_elements) for tensor in reader.tensors),
        context_tokens=int(field(f"{architecture}.context_length") or UNKNOWN_CONTEXT),
        instruct=bool(field("tokenizer.chat_template")),
    )


def _folder(path: Path, files: dict[str, Path]) -> Found:
    if "config.json" not in files:
        raise BadInput(f"{path} has safetensors but no config.json, so nothing says what model it is. Add that file.")
    config = _json(files["config.json"])
    architecture = str(next(iter(config.get("architectures") or ()), ""))
    tasks = next((tasks for head, tasks in HEADS if architecture.endswith(head)), None)
    if tasks is None:
        raise BadInput(
            f"{files['config.json']}: architectures names {architecture or 'nothing'!r}, which no feature uses. "
            f"Used are names that end in: {', '.join(head for head, _ in HEADS)}."
        )
    tokenizer = _json(files["tokenizer_config.json"]) if "tokenizer_config.json" in files else {}
    source, target = str(tokenizer.get("source_lang") or ""), str(tokenizer.get("target_lang") or "")
    text = config.get("text_config", config)
    return Found(
        path=path,
        name=path.name,
        engine="transformers",
        tasks=tasks,
        parameters=sum(_parameters(file) for name, file in files.items() if name.lower().endswith(".safetensors")),
        context_tokens=int(next((text[name] for name in CONTEXT_FIELDS if text.get(name)), UNKNOWN_CONTEXT)),
        instruct=bool(tokenizer.get("chat_template")) or "chat_template.jinja" in files,
        encoder_decoder=bool(config.get("is_encoder_decoder")),
        pairs=((source, target),) if "translate" in tasks and source and target else (),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise BadInput(f"{path} is not JSON ({error}). Download it again.") from error
    if not isinstance(fields, dict):
        raise BadInput(f"{path} holds no fields. Download it again.")
    return fields


def _parameters(path: Path) -> int:
    """Weights in a safetensors file, by its header: 8 bytes of length, little-endian, then JSON with every shape."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > path.stat().st_size:
                raise BadInput(f"{path} ends within its header. Download it again.")
            header = json.loads(file.read(length))
    except (struct.error, ValueError) as error:
        raise BadInput(f"{path} is not a safetensors file ({error}). Download it again.") from error
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
