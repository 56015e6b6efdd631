"""How soon the engine is idle after Stop: python -m tests.bench.stop

Stops of one chat while it writes, of 16 chats while they write, and of a chat whose prompt of 6,000 tokens is being
read, each at a different moment. Idle means: every caller has its last delta and the pipeline holds no request. That
it is true is checked from outside: the processor time the whole process takes in the quarter second that follows.
"""

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from llmweb.catalog import Catalog
from llmweb.engines.openvino import OpenVinoEngine, load
from llmweb.settings import Settings, default_data_dir, quiet_environment
from llmweb.types import Options, Precision, Request, Weights
from llmweb.weights.download import WeightStore

MODEL = "smollm2-135m-instruct"
BAR_SECONDS = 0.5
TRIES = 12
LONG_PROMPT_TOKENS = 6_000
QUIET_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Stopped:
    """seconds to idle; busy: processor seconds a second in the quarter second after; text: whether any was written."""

    seconds: float
    busy: float
    text: bool


def stopped(engine: OpenVinoEngine, requests: Sequence[Request], writing: bool, wait_seconds: float) -> Stopped:
    """Ask, wait (from the first text if writing), set the cancel event, and wait for idle."""
    cancelled, begun = Event(), Event()
    written: list[str] = []

    def take() -> None:
        for delta in engine.run(requests, cancelled):
            if delta.text:
                written.append(delta.text)
            if delta.text or (not writing and delta.phase == "reading"):
                begun.set()

    caller = threading.Thread(target=take)
    caller.start()
    begun.wait()
    time.sleep(wait_seconds)
    text = bool(written)
    cancelled.set()
    began = time.perf_counter()
    caller.join()
    while not engine.idle:
        time.sleep(0.001)
    seconds = time.perf_counter() - began
    used = time.process_time()
    time.sleep(QUIET_SECONDS)
    return Stopped(seconds, (time.process_time() - used) / QUIET_SECONDS, text)


def writing(engine: OpenVinoEngine, chats: int) -> list[Stopped]:
    """Stops 0 to 1.1 s after the first text."""
    options = Options(precision=engine.identity.precision, max_tokens=1_000)
    return [
        stopped(
            engine,
            [
                Request("generate", f"Stories, book {try_}, part {chat}. Once upon a time", options)
                for chat in range(chats)
            ],
            True,
            0.1 * try_,
        )
        for try_ in range(TRIES)
    ]


def reading(engine: OpenVinoEngine) -> list[Stopped]:
    """Stops 0 to 1.1 s into the reading. Each prompt begins with another number, so nothing of it was read before."""
    options = Options(precision=engine.identity.precision, max_tokens=100)
    words = "The quick brown fox jumps over the lazy dog. "
    each = engine.count(words * 100) // 100
    return [
        stopped(
            engine,
            [Request("generate", f"{try_}. " + words * (LONG_PROMPT_TOKENS // each), options)],
            False,
            0.1 * try_,
        )
        for try_ in range(TRIES)
    ]


def report(weights: Weights) -> bool:
    """Prints a table for both precisions; whether the worst stop was in time and in the phase it was meant for."""
    print("\n| Stop while | seconds to idle, median | worst | tries | processor after, worst |\n|---|---|---|---|---|")
    good = True
    precisions: tuple[Precision, ...] = ("fast", "exact")
    for precision in precisions:
        engine = load(weights, precision, lambda note, share: None)
        try:
            stopped(engine, [Request("generate", "Warm up.", Options(precision, max_tokens=50))], True, 0.5)
            cases = (("one chat writes", writing(engine, 1), True), ("16 chats write", writing(engine, 16), True))
            for name, stops, text in (*cases, ("6,000 tokens are read", reading(engine), False)):
                seconds = sorted(stop.seconds for stop in stops)
                in_phase = sum(stop.text == text for stop in stops)
                print(
                    f"| {name} ({precision}) | {seconds[len(seconds) // 2]:.3f} | {seconds[-1]:.3f} | {in_phase} of "
                    f"{len(stops)} | {max(stop.busy for stop in stops):.0%} |",
                    flush=True,
                )
                good &= seconds[-1] <= BAR_SECONDS and in_phase == len(stops)
        finally:
            engine.close()
    print(f"\nIdle within {BAR_SECONDS} s: {'reached' if good else 'MISSED'}")
    return good


def main() -> int:
    quiet_environment()
    store = WeightStore(Settings(default_data_dir()).models_dir)
    return 0 if report(store.fetch(Catalog().find(MODEL), lambda note, share: None)) else 1


if __name__ == "__main__":
    sys.exit(main())
