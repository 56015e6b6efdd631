"""Opening what OpenVINO GenAI runs: the library without its telemetry, a precision's settings, pipelines and graphs.

Who owns a pipeline and what it is asked is openvino.py's and openvino_batch.py's.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmweb.engines.conversion import converting
from llmweb.engines.reencode import Encoding
from llmweb.types import Precision

ENCODINGS: dict[Precision, Encoding] = {"fast": "Q8_0", "exact": "F16"}
# exact: the same text whatever else is in the batch, within 0.003 nats of PyTorch float32. fast: activations rounded
# to 8 bits in groups of 32, float32 between the layers, an 8-bit cache.
# Trap: the library's own default adds bfloat16 between the layers. It writes a quarter faster in a full batch, but
# SmolLM2 then no longer knows the capital of France; bfloat16 without rounding is slower and no nearer to exact.
PROPERTIES: dict[Precision, dict[str, Any]] = {
    "fast": {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 32},
    "exact": {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0},
}
# One step reads at most this many tokens: 0.13–0.17 s fast, 0.28–0.36 s exact on two cores, so Stop is heard in time.
BATCHED_TOKENS: dict[Precision, int] = {"fast": 256, "exact": 128}
BLOCK_TOKENS = 32  # of the CPU plugin's paged cache
# Log-likelihoods are read by so many at once, each on its share of the cores: two threads on one reading wait for each
# other, which costs 1.2 (exact) to 1.4 times (fast) the processor time.
STREAMS = 2

_opening = threading.Lock()


def genai() -> Any:
    """The library, ready for several threads. Its import would start a package that writes to the home directory and
    posts from a child."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino_genai  # type: ignore[import-untyped]

    with _opening:
        # Trap: two threads that read a tensor for the first time in a process, at once, wait for each other for ever.
        _ = token_tensor([0]).data
    return openvino_genai


def open_pipeline(gguf: Path, precision: Precision, cache_tokens: int, tokenizer: Any = None) -> Any:
    """A ContinuousBatchingPipeline whose sequences share a cache of cache_tokens; prefixes are kept in it."""
    library = genai()
    scheduler = library.SchedulerConfig()
    scheduler.num_kv_blocks = -(-cache_tokens // BLOCK_TOKENS)
    scheduler.max_num_batched_tokens = BATCHED_TOKENS[precision]
    scheduler.enable_prefix_caching = True
    if tokenizer is None:
        return library.ContinuousBatchingPipeline(str(gguf), scheduler, "CPU", PROPERTIES[precision])
    return library.ContinuousBatchingPipeline(str(gguf), tokenizer, scheduler, "CPU", **PROPERTIES[precision])


def token_tensor(tokens: Sequence[int]) -> Any:
    """Shape (1, len(tokens))."""
    import numpy
    import openvino  # type: ignore[import-untyped]

    return openvino.Tensor(numpy.array([tokens], dtype=numpy.int64))


def open_graph(gguf: Path, weights_sha256: str, tokenizer: Any, precision: Precision) -> Any:
    """The model compiled by itself for STREAMS readers, with full logits: (rows, tokens, vocabulary) float32.

    Its graph is written once, in a folder beside the GGUF, and kept.
    """
    import openvino

    kept = gguf.parent / f"graph-{precision}-{weights_sha256[:16]}"
    with converting(gguf.parent):
        if not kept.exists():
            _write_graph(gguf, kept, tokenizer, precision)
    properties = {**PROPERTIES[precision], "NUM_STREAMS": STREAMS}
    return openvino.Core().compile_model(str(kept / "openvino_model.xml"), "CPU", properties)


def _write_graph(gguf: Path, target: Path, tokenizer: Any, precision: Precision) -> None:
    """The library writes it beside the GGUF it opens, under a fixed name, hence the link in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="graph-") as folder:
        inner = Path(folder, target.name)
        inner.mkdir()
        link = inner / gguf.name
        os.symlink(gguf.resolve(), link)
        library = genai()
        scheduler = library.SchedulerConfig()
        scheduler.num_kv_blocks = 1
        properties = {**PROPERTIES[precision], "enable_save_ov_model": True}
        library.ContinuousBatchingPipeline(str(link), tokenizer, scheduler, "CPU", **properties)
        link.unlink()
        inner.rename(target)
