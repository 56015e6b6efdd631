"""One peer, loaded once, answering over its standard streams: run by peers.py in the peer's own environment.

    python peer_worker.py KIND GGUF SETTINGS

SETTINGS is a JSON object. Each line in is {"prompts": [text, …], "tokens": most to write a prompt}; each line out is
{"seconds", "tokens_in": [n, …], "tokens_out": [n, …]}. Writing is greedy. Nothing of the product is imported here.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple


class Count(NamedTuple):
    """Tokens of one prompt, and of what was written after it."""

    tokens_in: int
    tokens_out: int


Answer = Callable[[Sequence[str], int], list[Count]]


def transformers_one_by_one(gguf: Path, dtype: str, threads: int, converted: str) -> Answer:
    """`generate`, prompt after prompt. The GGUF is read once and kept in the folder converted: reading takes 20 s."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    if not Path(converted, "model.safetensors").exists():
        from_gguf = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype="float32")
        from_gguf.hf_quantizer = None  # else it refuses to be saved, though its weights are plain by now
        del from_gguf.config.quantization_config
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(converted)
        from_gguf.save_pretrained(converted)
    tokenizer = AutoTokenizer.from_pretrained(converted)
    model = AutoModelForCausalLM.from_pretrained(converted, dtype=dtype).eval()

    def answer(prompts: Sequence[str], tokens: int) -> list[Count]:
        counts = []
        for prompt in prompts:
            ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
            whole = model.generate(**ids, max_new_tokens=tokens, do_sample=False)
            read = ids.input_ids.shape[1]
            counts.append(Count(read, whole.shape[1] - read))
        return counts

    return answer


def llamacpp(gguf: Path, slots: int, threads: int) -> Answer:
    """llama.cpp's server with so many slots and continuous batching, else its own defaults; all prompts at once."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_parallel, params.n_ctx, params.cont_batching = slots, 512 * slots, True
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = -1
    server = xllamacpp.Server(params)

    def one(prompt: str, tokens: int) -> Count:
        answered: Any = server.handle_completions({"prompt": prompt, "n_predict": tokens, "temperature": 0.0})
        if "usage" not in answered:
            raise RuntimeError(f"llama.cpp answered {answered}")
        return Count(answered["usage"]["prompt_tokens"], answered["usage"]["completion_tokens"])

    def answer(prompts: Sequence[str], tokens: int) -> list[Count]:
        with ThreadPoolExecutor(slots) as pool:
            return list(pool.map(lambda prompt: one(prompt, tokens), prompts))

    return answer


PEERS: dict[str, Callable[..., Answer]] = {"transformers": transformers_one_by_one, "llamacpp": llamacpp}


def main(kind: str, gguf: str, settings: str) -> None:
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not mix with the replies
    answer = PEERS[kind](Path(gguf), **json.loads(settings))
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        counts = answer(asked["prompts"], asked["tokens"])
        seconds = time.perf_counter() - started
        reply = {
            "seconds": seconds,
            "tokens_in": [count.tokens_in for count in counts],
            "tokens_out": [count.tokens_out for count in counts],
        }
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
