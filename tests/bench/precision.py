"""How exact is exact, and how fast is the engine: run by hand, python -m tests.bench.precision FOLDER [N].

FOLDER holds the SmolLM2 GGUF. Prints, over N prompts and texts (50): greedy texts that are the same alone, together
and after a restart; the worst difference of a token's log-probability to PyTorch float32, both precisions; tokens a
second of one and of 16 streams; seconds to idle after Stop. The slow tests call the same functions with a small N.
"""

import hashlib
import math
import sys
import time
from itertools import product
from pathlib import Path
from threading import Event
from typing import Any

from llmweb.catalog import Catalog
from llmweb.engines.openvino import OpenVinoEngine, load, source_gguf
from llmweb.settings import quiet_environment
from llmweb.types import LoglikelihoodRequest, Message, Options, Precision, Request, Weights
from tests.engines.answering import answers

SUBJECTS = ("rain", "bread", "the moon", "a violin", "ants", "glass", "rivers", "chess", "salt", "a bicycle")
ASKED = (
    "Explain {} to a child.",
    "Write two sentences about {}.",
    "List three facts about {}.",
    "Tell a short story with {} in it.",
    "Why do people like {}?",
)
PROMPTS: tuple[tuple[int, tuple[Message, ...]], ...] = tuple(
    (number, (Message("user", form.format(subject)),))
    for number, (subject, form) in enumerate(product(SUBJECTS, ASKED))
)
TEXTS = tuple(
    f"{opening} {subject} {ending}"
    for subject, (opening, ending) in product(
        SUBJECTS,
        (
            ("Nobody in the village had ever thought much about", "until the winter of 1893, when everything changed."),
            ("In this paper we study", "and show that 42.7% of the variance is explained; see Table 3."),
            ("def measure(x):\n    # about", "\n    return {'value': x * 2, 'unit': \"kg\"}\n"),
            ("« Où est", "? » — 没有人知道。 Ninguém respondeu, não havia pão 🙂."),
            ("<p>Buy", "now!</p> https://example.org/a?b=1&c=2 THE BEST PRICES!!!   (ends  soon)"),
        ),
    )
)


def greedy_texts(engine: OpenVinoEngine, count: int, together: bool, tokens: int = 48) -> list[str]:
    """First and second answers of count chats. together: all at once in flight, else one by one."""
    options = Options(precision=engine.identity.precision, max_tokens=tokens)
    chats = [prompt for _, prompt in PROMPTS[:count]]
    first = _ask(engine, [Request("generate", chat, options) for chat in chats], together)
    second = [
        Request("generate", (*chat, Message("assistant", said), Message("user", "Say that in other words.")), options)
        for chat, said in zip(chats, first, strict=True)
    ]
    return [*first, *_ask(engine, second, together)]


def _ask(engine: OpenVinoEngine, requests: list[Request], together: bool) -> list[str]:
    calls = [requests] if together else [[request] for request in requests]
    return [completion.text for call in calls for completion in answers(engine, call)]


def torch_model(weights: Weights, cache: Path, rounded: bool) -> tuple[Any, Any]:
    """The source GGUF in PyTorch float32 and its tokenizer; kept in cache, because reading the GGUF takes 20 s.

    rounded: with every matrix rounded to F16, the weights that the exact engine reads.
    """
    import torch
    from safetensors.torch import load_model, save_model
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    source, kept = source_gguf(weights), cache / f"torch-{weights.sha256[:16]}"
    if not (kept / "model.safetensors").exists():
        from_gguf: dict[str, Any] = {"gguf_file": source.name, "dtype": "float32"}
        model = AutoModelForCausalLM.from_pretrained(source.parent, **from_gguf)
        AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(kept)
        model.config.save_pretrained(kept)
        save_model(model, str(kept / "model.safetensors"))
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(kept), dtype="float32")
    load_model(model, str(kept / "model.safetensors"))
    with torch.no_grad():
        for parameter in model.parameters():
            if rounded and parameter.ndim > 1:
                parameter.copy_(parameter.half().float())
    return model.eval(), AutoTokenizer.from_pretrained(kept)


def differences(engine: OpenVinoEngine, weights: Weights, count: int, cache: Path, rounded: bool = True) -> list[float]:
    """|log-probability here - in PyTorch float32|, in nats, of every token of count texts."""
    import torch

    model, tokenizer = torch_model(weights, cache, rounded)
    found: list[float] = []
    ours = dict(engine.loglikelihood([LoglikelihoodRequest("", text) for text in TEXTS[:count]], Event()))
    for index, text in enumerate(TEXTS[:count]):
        ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False).input_ids]
        with torch.inference_mode():
            logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        theirs = [float(logits[at, token]) for at, token in enumerate(ids[1:])]
        here = [token.log_probability for token in ours[index]]
        found += [abs(one - other) for one, other in zip(here, theirs, strict=True)]
    return found


def worst_difference(engine: OpenVinoEngine, weights: Weights, count: int, cache: Path) -> float:
    return max(differences(engine, weights, count, cache))


def tokens_per_second(engine: OpenVinoEngine, streams: int, tokens: int = 48) -> float:
    """Written by streams chats at once, the reading of their short prompts included."""
    options = Options(precision=engine.identity.precision, max_tokens=tokens, temperature=1.0)
    requests = [Request("generate", f"Story number {number}:", options) for number in range(streams)]
    started = time.monotonic()
    done = answers(engine, requests)
    return sum(completion.usage.tokens_out for completion in done) / (time.monotonic() - started)


def seconds_to_idle(engine: OpenVinoEngine, prompt: str) -> float:
    """From Stop, half a second into the answer, until the answer has ended and nothing runs."""
    cancelled = Event()
    stop_at, stopped = time.monotonic() + 0.5, math.nan
    options = Options(precision=engine.identity.precision, max_tokens=1000)
    for _ in engine.run([Request("generate", prompt, options)], cancelled):
        if time.monotonic() > stop_at and not cancelled.is_set():
            cancelled.set()
            stopped = time.monotonic()
    while not engine.idle:
        time.sleep(0.005)
    return time.monotonic() - stopped


def _open(weights: Weights, precision: Precision) -> OpenVinoEngine:
    return load(weights, precision, lambda note, share: None)


def _report(engine: OpenVinoEngine, weights: Weights, count: int) -> list[str]:
    """Prints the figures of one precision; returns the texts written alone."""
    name = engine.identity.precision
    alone = greedy_texts(engine, count, together=False)
    together = greedy_texts(engine, count, together=True)
    same = sum(one == other for one, other in zip(alone, together, strict=True))
    print(f"{name}: {same} of {len(alone)} greedy texts the same alone and together", flush=True)
    for rounded, what in ((True, "the same F16 weights"), (False, "the source's weights")):
        gaps = differences(engine, weights, count, weights.folder, rounded)
        figures = f"worst {max(gaps):.5f}, mean {sum(gaps) / len(gaps):.5f} nats"
        print(f"{name}: log-probability of {len(gaps)} tokens against PyTorch float32 on {what}: {figures}", flush=True)
    speeds = [f"{streams}: {tokens_per_second(engine, streams):.0f}" for streams in (1, 16)]
    print(f"{name}: tokens a second by streams {speeds}", flush=True)
    for what, prompt in (("writing", "Once upon a time"), ("reading", "word " * 7000)):
        print(f"{name}: idle {seconds_to_idle(engine, prompt):.2f} s after Stop while {what}", flush=True)
    return alone


def main(folder: Path, count: int) -> None:
    quiet_environment()
    weights = Weights(Catalog().find("smollm2-135m-instruct"), folder)
    digest = hashlib.sha256(source_gguf(weights).read_bytes()).hexdigest()
    weights = Weights(weights.spec, folder, sha256=digest)
    for precision in ("exact", "fast"):
        engine = _open(weights, precision)
        alone = _report(engine, weights, count)
        engine.close()
        engine = _open(weights, precision)
        again = greedy_texts(engine, count, together=True)
        same = sum(one == other for one, other in zip(alone, again, strict=True))
        print(f"{precision}: {same} of {len(alone)} the same after a restart, together", flush=True)
        engine.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50)
