"""How many answers come out the same again: of multi-turn chats, greedy and seeded, while 16 others run, and after a
restart of the engine. Exact must be all of them; the share in fast precision is what there is.

    LLMWEB_HOME=… python tests/bench/replay.py --count 50
"""

import argparse
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from evals.replay import compared, replay_steps
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings, default_data_dir
from llmweb.types import Options, Precision, Request

MODEL = "smollm2-135m-instruct"
OTHERS = 16
TURNS = 2
TOPICS = ("sea", "winter", "bread", "glass", "iron", "music", "maps", "bees", "rain", "ships", "clocks", "salt")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--count", type=int, default=50, help="answers of each kind")
    given.add_argument("--tokens", type=int, default=48, help="longest answer")
    given.add_argument("--home", type=Path, default=default_data_dir())
    arguments = given.parse_args()
    for precision, temperature in itertools.product(("exact", "fast"), (0.0, 0.8)):
        options = Options(precision=precision, temperature=temperature, max_tokens=arguments.tokens)  # type: ignore[arg-type]
        history = History(":memory:")
        with opened(arguments.home) as runtime:
            entries = written(runtime, history, options, arguments.count)
            with others(runtime, precision):  # type: ignore[arg-type]
                busy = same(runtime, history, entries)
        with opened(arguments.home) as runtime:
            restarted = same(runtime, history, entries)
        kind = "greedy" if temperature == 0 else "seeded"
        print(
            f"{precision} {kind}: {busy} of {len(entries)} while {OTHERS} others ran, {restarted} after a restart",
            flush=True,
        )


@contextmanager
def opened(home: Path) -> Iterator[Runtime]:
    runtime = open_runtime(Settings(home))
    yield runtime
    runtime.close()


def written(runtime: Runtime, history: History, options: Options, count: int) -> list[str]:
    """The answers of chats of TURNS turns, each with a seed of its own."""
    live, entries = Live(runtime, history), list[str]()
    for number in range(count):
        topic = TOPICS[number // TURNS % len(TOPICS)]
        setup = Setup(MODEL, options=replace(options, seed=number))
        again = number % TURNS and history.entry(entries[-1]).chat_id
        entries.append(live.send(again or "", f"Tell me about {topic} {number}." if not again else "And then?", setup))
        for answer in live.watch(entries[-1]):
            assert answer.status != "failed", answer.error
    return entries


def same(runtime: Runtime, history: History, entries: list[str]) -> int:
    found = 0
    for entry in entries:
        *_, again = replay_steps(runtime, history, entry)
        found += compared(history.entry(entry), again, "chat").place is None
    return found


@contextmanager
def others(runtime: Runtime, precision: Precision) -> Iterator[None]:
    """OTHERS answers being written all the time, each begun anew as it ends."""
    ended = threading.Event()

    def write(number: int) -> None:
        for turn in itertools.count():
            if ended.is_set():
                return
            prompt = f"{TOPICS[(number + turn) % len(TOPICS)]} and {number} {turn}"
            options = Options(precision=precision, temperature=1.0, seed=turn, max_tokens=96)
            for _ in runtime.run(MODEL, [Request("generate", prompt, options)], ended):
                pass

    threads = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(OTHERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
