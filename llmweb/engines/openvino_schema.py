"""Whether the engine can follow a JSON Schema, found out before the request joins others.

The library compiles a schema inside the step in which its request first writes, and one it refuses ends that step for
everybody. So a stand-in of one layer with the same vocabulary, opened in 0.1 s, tries it first.
"""

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from llmweb.engines.openvino_pipeline import genai, open_pipeline, token_tensor
from llmweb.engines.openvino_text import Vocabulary
from llmweb.errors import BadInput

WIDTH = 64  # of every matrix of the stand-in


class SchemaCheck:
    """Remembers the schemas that passed. Thread-safe."""

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary) -> None:
        self._tokenizer, self._vocabulary = tokenizer, vocabulary
        self._lock = threading.Lock()
        self._passed: set[str] = set()
        self._pipeline: Any = None

    def check(self, schema: str) -> None:
        """Raises BadInput if schema is no JSON, no JSON Schema, or more than the engine can follow."""
        try:
            parsed = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"The schema is not JSON: {error}. Correct it or leave it empty.") from error
        if not isinstance(parsed, (dict, bool)):
            raise BadInput(f'A JSON Schema is an object like {{"type": "object"}}, not {schema[:60]!r}.')
        with self._lock:
            if schema not in self._passed:
                self._try(schema)
                self._passed.add(schema)

    def _try(self, schema: str) -> None:
        if self._pipeline is None:
            self._pipeline = self._open()
        library = genai()
        config = library.GenerationConfig(max_new_tokens=1)
        config.structured_output_config = library.StructuredOutputConfig(json_schema=schema)
        handle = self._pipeline.add_request(0, token_tensor([self._vocabulary.eos_token]), config)
        try:
            self._pipeline.step()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1].rpartition("/")[2]
            message = f"The engine cannot follow this schema ({reason}). Simplify it or leave it empty."
            raise BadInput(message) from error
        finally:
            handle.cancel()
            self._pipeline.step()

    def _open(self) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "standin.gguf")
            _write_standin(path, self._vocabulary.size)
            return open_pipeline(path, "fast", cache_tokens=64, tokenizer=self._tokenizer)


def _write_standin(path: Path, vocabulary_size: int) -> None:
    """The smallest Llama there is, all zeros."""
    import numpy
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_vocab_size(vocabulary_size)
    writer.add_context_length(WIDTH)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_rope_dimension_count(WIDTH)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_block_count(1)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_file_type(1)
    writer.add_tensor("token_embd.weight", numpy.zeros((vocabulary_size, WIDTH), numpy.float16))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", numpy.ones(WIDTH, numpy.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", numpy.zeros((WIDTH, WIDTH), numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
