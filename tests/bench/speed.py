"""How fast chats are written, against transformers and llama.cpp on the same machine: python -m tests.bench.speed

Four contests, each a bar that a ratio of tokens a second must reach, then the time to idle after Stop (stop.py):

- 16 chats at once through the runtime against transformers `generate` called one by one, float32 and bfloat16: ≥ 10.
- 16 chats at once against llama.cpp with 16 slots: ≥ 2. One chat against llama.cpp with one slot: ≥ 0.65.

What makes it fair. Everybody gets the same prompts, counted to be the same number of tokens, writes greedily up to the
same length, and only tokens really written count, over the wall time with the reading of the prompts. llama.cpp and we
run the same Q8_0 file; transformers runs the file it was made from, in float32 and in bfloat16. Each peer has an
environment and a process of its own and the thread count that was faster in a trial before; nobody loads or warms up
inside a measurement. Prompts are new in each round, so nobody has read them before. We stream every token to a
thread a chat, as the app does; the peers need not. Rounds go ours, theirs, theirs, ours: a machine's speed drifts, so
only the ratio within a pair is believed, and the median ratio decides.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings, default_data_dir, quiet_environment
from llmweb.types import Completion, Message, Options, Request, Weights
from tests.bench import stop
from tests.bench.contest import Contest, report
from tests.bench.peers import Peer, Writing

MODEL = "smollm2-135m-instruct"
SYSTEM = "You are a helpful assistant."
SUBJECTS = (
    "a lighthouse", "the last train", "two brothers", "a lost key", "an old piano", "the winter market", "a red kite",
    "a gardener", "the night shift", "a small island", "a broken clock", "the river", "a letter", "three foxes",
    "a bridge", "the baker",
)  # fmt: skip
CHATS = len(SUBJECTS)
ALONE = 4  # chats written one after the other in the contest of one chat
TRIAL_TOKENS, TRIALS = 24, 3


@dataclass(eq=False)
class Chats(Contest):
    """ours and theirs write the same prompts, rounds times in each round."""

    chats: int
    ours: Callable[[Sequence[str], int], Writing]
    theirs: Peer
    rounds: int = 1

    def play(self, number: int, tokens: int) -> None:
        """One pair. Raises RuntimeError if the two did not read the same number of tokens."""
        said = prompts(number)[: self.chats]
        if number % 2:
            theirs, ours = self.theirs.write(_templated(said), tokens), self.ours(said, tokens)
        else:
            ours, theirs = self.ours(said, tokens), self.theirs.write(_templated(said), tokens)
        if ours.tokens_in != theirs.tokens_in:
            raise RuntimeError(f"Not the same prompts: {ours.tokens_in} and {theirs.tokens_in} tokens.")
        self.pairs.append((ours.tokens_per_second, theirs.tokens_per_second))
        print(
            f"  {self.title}: {ours.tokens_per_second:.1f} ({sum(ours.tokens_out)} tokens) against "
            f"{theirs.tokens_per_second:.1f} ({sum(theirs.tokens_out)} tokens)",
            flush=True,
        )


def prompts(number: int) -> list[str]:
    """What is asked in measurement number: 16 requests, never the same twice."""
    return [f"Chapter {number + 1}: tell me a long story about {subject}." for subject in SUBJECTS]


def _templated(said: Sequence[str]) -> list[str]:
    """As SmolLM2's chat template writes a system prompt and a first message."""
    return [
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
        for text in said
    ]


def write(runtime: Runtime, at_once: int, said: Sequence[str], tokens: int) -> Writing:
    """Chats through the runtime, at_once of them side by side, each with a caller of its own that takes every delta."""

    def chat(text: str) -> Completion:
        messages = (Message("system", SYSTEM), Message("user", text))
        for delta in runtime.run(MODEL, [Request("generate", messages, Options(max_tokens=tokens))]):
            if delta.error is not None:
                raise delta.error
            if delta.completion is not None:
                return delta.completion
        raise RuntimeError("The runtime ended without a completion.")

    started = perf_counter()
    with ThreadPoolExecutor(at_once) as callers:
        done = list(callers.map(chat, said))
    seconds = perf_counter() - started
    usages = [completion.usage for completion in done]
    return Writing(seconds, tuple(usage.tokens_in for usage in usages), tuple(usage.tokens_out for usage in usages))


def fastest(candidates: Sequence[Peer], chats: int) -> Peer:
    """The candidate with the best median speed in an interleaved trial, warm; the others are closed."""
    said = _templated(prompts(-1)[:chats])
    for peer in candidates:
        peer.write(said, 4)
    rounds = [[peer.write(said, TRIAL_TOKENS).tokens_per_second for peer in candidates] for _ in range(TRIALS)]
    medians = [statistics.median(speeds) for speeds in zip(*rounds, strict=True)]
    for peer, speed in zip(candidates, medians, strict=True):
        print(f"  trial: {peer.name}: {speed:.1f} tokens a second", flush=True)
    best = candidates[medians.index(max(medians))]
    for peer in candidates:
        if peer is not best:
            peer.close()
    return best


def contests(runtime: Runtime, weights: Weights, folder: Path) -> list[Chats]:
    """Starts the peers, at their best thread count, and warms everybody up."""
    source, q8 = weights.folder / next(iter(weights.files)), weights.folder / "fast.gguf"
    converted = str(folder / f"torch-{weights.sha256[:16]}")
    for at_once in (CHATS, 1):  # also writes fast.gguf where it is not there yet
        write(runtime, at_once, prompts(-1), 16)

    def best(kind: str, gguf: Path, chats: int, settings: dict[str, Any]) -> Peer:
        threads = sorted({1, os.cpu_count() or 1})
        return fastest([Peer(kind, folder, gguf, {**settings, "threads": count}) for count in threads], chats)

    many, alone = partial(write, runtime, CHATS), partial(write, runtime, 1)
    return [
        *(
            Chats(
                f"16 chats at once / transformers {dtype}, one by one",
                10,
                CHATS,
                many,
                best("transformers", source, 2, {"dtype": dtype, "converted": converted}),
            )
            for dtype in ("float32", "bfloat16")
        ),
        Chats(
            "16 chats at once / llama.cpp, 16 slots", 2, CHATS, many, best("llamacpp", q8, CHATS, {"slots": CHATS}), 3
        ),
        Chats("one chat / llama.cpp, one slot", 0.65, ALONE, alone, best("llamacpp", q8, ALONE, {"slots": 1}), 3),
    ]


def compare(runtime: Runtime, weights: Weights, folder: Path, rounds: int, tokens: int) -> bool:
    """Prints every measurement and the table; whether every bar was reached."""
    running = contests(runtime, weights, folder)
    number = 0
    for _ in range(rounds):
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)
        for contest in running:
            for _ in range(contest.rounds):
                contest.play(number, tokens)
                number += 1
    for contest in running:
        contest.theirs.close()
    return report(running, f"tokens a second, up to {tokens} tokens a chat")


def opened() -> tuple[Runtime, Weights]:
    """The runtime, and the weights of MODEL, fetched if they are not there."""
    quiet_environment()
    runtime = open_runtime(Settings(default_data_dir()))
    return runtime, runtime.fetches.store.fetch(runtime.catalog.find(MODEL), lambda note, share: None)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64, help="most tokens a chat writes")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir(), "llmweb-peers"), metavar="FOLDER")
    chosen = parser.parse_args()
    chosen.peers.mkdir(parents=True, exist_ok=True)
    runtime, weights = opened()
    try:
        reached = compare(runtime, weights, chosen.peers, chosen.rounds, chosen.tokens)
    finally:
        runtime.close()
    return 0 if stop.report(weights) and reached else 1


if __name__ == "__main__":
    sys.exit(main())
