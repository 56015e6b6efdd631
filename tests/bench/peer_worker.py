"""One peer, loaded once, answering over its standard streams: run by peers.py in the peer's own environment.

    python peer_worker.py KIND GGUF SETTINGS

SETTINGS is a JSON object. Each line in is {"prompts": [text, …], "tokens": most to write a prompt}; each line out is
{"seconds", "tokens_in": [n, …], "tokens_out": [n, …]}; what else the harness takes and gives, its function says.
Writing is greedy. Nothing of the product is imported here.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

Reply = dict[str, Any]


class Count(NamedTuple):
    """Tokens of one prompt, and of what was written after it."""

    tokens_in: int
    tokens_out: int


def counted(counts: Sequence[Count]) -> Reply:
    return {"tokens_in": [count.tokens_in for count in counts], "tokens_out": [count.tokens_out for count in counts]}


def convert(gguf: Path, converted: str) -> None:
    """The GGUF as float32 safetensors in a folder, once: transformers takes 20 s to read one."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if Path(converted, "model.safetensors").exists():
        return
    from_gguf = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype="float32")
    from_gguf.hf_quantizer = None  # else it refuses to be saved, though its weights are plain by now
    if hasattr(from_gguf.config, "quantization_config"):
        del from_gguf.config.quantization_config
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(converted)
    from_gguf.save_pretrained(converted)


def transformers_one_by_one(gguf: Path, dtype: str, threads: int, converted: str) -> Callable[..., Reply]:
    """`generate`, prompt after prompt."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    convert(gguf, converted)
    tokenizer = AutoTokenizer.from_pretrained(converted)
    model = AutoModelForCausalLM.from_pretrained(converted, dtype=dtype).eval()

    def answer(prompts: Sequence[str], tokens: int) -> Reply:
        counts = []
        for prompt in prompts:
            ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
            whole = model.generate(**ids, max_new_tokens=tokens, do_sample=False)
            read = ids.input_ids.shape[1]
            counts.append(Count(read, whole.shape[1] - read))
        return counted(counts)

    return answer


def llamacpp(gguf: Path, slots: int, threads: int) -> Callable[..., Reply]:
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

    def answer(prompts: Sequence[str], tokens: int) -> Reply:
        with ThreadPoolExecutor(slots) as pool:
            return counted(list(pool.map(lambda prompt: one(prompt, tokens), prompts)))

    return answer


def harness(gguf: Path, converted: str) -> Callable[..., Reply]:
    """lm-evaluation-harness's own hf model in float32: its requests, batching and templates, without its tasks.

    A line names batch and threads, and has either messages and tokens, to write after the chat template ("texts" in
    the reply too), or texts, to weigh from nothing ("log_likelihoods").
    """
    import torch
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    convert(gguf, converted)
    counts: list[Count] = []

    class Counted(HFLM):
        def _model_generate(self, context: Any, attention_mask: Any, **settings: Any) -> Any:
            whole = super()._model_generate(context=context, attention_mask=attention_mask, **settings)
            for mask, written in zip(attention_mask, whole[:, context.shape[1] :].tolist(), strict=True):
                end = written.index(self.eot_token_id) + 1 if self.eot_token_id in written else len(written)
                counts.append(Count(int(mask.sum()), end))
            return whole

    model = Counted(pretrained=converted, device="cpu", dtype="float32")

    def asked(kind: str, arguments: tuple[Any, ...], place: int) -> Any:
        return Instance(request_type=kind, doc={}, arguments=arguments, idx=place)

    def answer(
        batch: int, threads: int, messages: Sequence[str] = (), tokens: int = 0, texts: Sequence[str] = ()
    ) -> Reply:
        torch.set_num_threads(threads)
        model.batch_size_per_gpu = batch
        counts.clear()
        prompts = [model.apply_chat_template([{"role": "user", "content": message}]) for message in messages]
        limits = {"until": [], "max_gen_toks": tokens, "do_sample": False}
        written = [asked("generate_until", (prompt, limits), place) for place, prompt in enumerate(prompts)]
        weighed = [asked("loglikelihood", ("", text), place) for place, text in enumerate(texts)]
        return {
            "texts": model.generate_until(written, disable_tqdm=True) if written else [],
            "log_likelihoods": [found for found, _ in model.loglikelihood(weighed, disable_tqdm=True)],
            **counted(counts),
        }

    return answer


PEERS: dict[str, Callable[..., Callable[..., Reply]]] = {
    "transformers": transformers_one_by_one,
    "llamacpp": llamacpp,
    "harness": harness,
}


def main(kind: str, gguf: str, settings: str) -> None:
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not mix with the replies
    answer = PEERS[kind](Path(gguf), **json.loads(settings))
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        reply = answer(**asked)
        print(json.dumps({"seconds": time.perf_counter() - started, **reply}), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
