"""Does the app stay steady? 200 chats, translations and stops, one after the other: python -m tests.bench.soak

They go through what the pages call (Live, translate_steps, History) on the real default weights, in a fixed order of
seven kinds of step. Every step must end in time, and every answer must lie in the history as it was seen. The resident
memory (RSS) of the process after each step, once warm, must stay within 5 % of where it began. Warm-up, not counted: a
step of each kind, three long prompts more, which fill the prompt cache, and 20 steps. tests/test_soak.py runs a short
one.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from llmweb.history import Entry, History
from llmweb.live import Answer, Live, Setup
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings, default_data_dir, quiet_environment
from llmweb.translate import translate_steps
from llmweb.types import Options

MODEL = "smollm2-135m-instruct"
STEPS, WARM_STEPS, LONG_PROMPTS = 200, 20, 3
LONG_WORDS = 5_000
STEP_SECONDS = 120.0  # a busy machine reads a long prompt in half of it
DRIFT = 0.05
POINTS = 20

ENGLISH = (
    "The library opens at nine. Bring your card, please.",
    "He works in the hospital.",
    "Call +1 555 0100 before 18:30, or write to desk@example.org.",
)
PORTUGUESE = ("Como você está hoje? Eu moro perto da praia.", "O trem chega às dez horas.")


class SoakFailed(Exception):
    """A step did not end, or its answer is not in the history as it was seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was done; seconds it took; resident bytes of the process after it."""

    kind: str
    seconds: float
    resident_bytes: int


class Soak:
    """A person who chats, translates and stops, deterministically: step number n is the same in every run."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history = runtime, history
        self.live = Live(runtime, history)
        self.stored = 0  # answers that must be in the history
        self._chat_id = ""
        self._process = psutil.Process()

    def steps(self, count: int, start: int = 0) -> Iterator[Step]:
        """Raises SoakFailed."""
        kinds = (
            self.chat, self.translation, self.follow_up, self.stop_writing, self.translation, self.stop_reading,
            self.closed_translation,
        )  # fmt: skip
        for number in range(start, start + count):
            step = kinds[number % len(kinds)]
            began = time.monotonic()
            step(number)
            seconds = time.monotonic() - began
            if seconds > STEP_SECONDS:
                raise SoakFailed(f"Step {number} ({step.__name__}) took {seconds:.0f} s.")
            yield Step(step.__name__, seconds, self._process.memory_info().rss)

    def chat(self, number: int) -> None:
        entry_id = self.live.send("", f"Question {number}: what is rain good for?", _setup(number, 40))
        self._chat_id = self.history.entry(entry_id).chat_id
        self._check(entry_id, self._until_end(entry_id), "done")

    def follow_up(self, number: int) -> None:
        entry_id = self.live.send(self._chat_id, "And what is snow good for?", _setup(number, 40))
        self._check(entry_id, self._until_end(entry_id), "done")

    def stop_writing(self, number: int) -> None:
        entry_id = self.live.send("", f"Tell me a very long story, number {number}.", _setup(number, 1_000))
        for answer in self.live.watch(entry_id):
            if answer.turn.text:
                break
        self._stop(entry_id)

    def stop_reading(self, number: int) -> None:
        entry_id = self.live.send("", f"{number}. " + "word " * LONG_WORDS, _setup(number, 1_000))
        for answer in self.live.watch(entry_id):
            if answer.turn.phase == "reading":
                break
        self._stop(entry_id)

    def read_long(self, number: int) -> None:
        entry_id = self.live.send("", f"{number}. " + "word " * LONG_WORDS, _setup(number, 4))
        self._check(entry_id, self._until_end(entry_id), "done")

    def translation(self, number: int) -> None:
        text, source, target = _to_translate(number)
        *_, whole = translate_steps(self.runtime, text, source, target)
        if not whole.total or whole.done != whole.total:
            raise SoakFailed(f"{whole.done} of {whole.total} sentences of {text!r} were translated.")
        chat_id = self.history.record("translate", text, whole.text, whole.completions[0], {})
        self.stored += 1
        if self.history.thread(chat_id)[-1].text != whole.text:
            raise SoakFailed(f"The translation of {text!r} is not stored as it was given.")

    def closed_translation(self, number: int) -> None:
        """A page that is closed after the first sentence of many."""
        text, source, target = _to_translate(number)
        steps = translate_steps(self.runtime, f"{text}\n" * 50, source, target)
        for translation in steps:
            if translation.done:
                break
        steps.close()  # type: ignore[attr-defined]

    def check_end(self) -> None:
        """Nothing runs, nothing holds a model, and the history has every answer, none of them unfinished."""
        in_use = {loaded.model: loaded.users for loaded in self.runtime.loaded() if loaded.users}
        if in_use:
            raise SoakFailed(f"Models still in use: {in_use}.")
        entries = [entry for chat in self.history.chats(limit=100_000) for entry in self.history.tree(chat.id)]
        answers = [entry for entry in entries if entry.role == "assistant"]
        if len(answers) != self.stored or any(entry.status not in ("done", "stopped") for entry in answers):
            raise SoakFailed(f"{len(answers)} answers are stored, {self.stored} were given.")

    def _until_end(self, entry_id: str) -> Answer:
        until = time.monotonic() + STEP_SECONDS
        for answer in self.live.watch(entry_id):
            if time.monotonic() > until:
                raise SoakFailed(f"An answer was still {answer.turn.phase} after {STEP_SECONDS:.0f} s.")
        return answer

    def _stop(self, entry_id: str) -> None:
        self.live.stop(entry_id)
        self._check(entry_id, self._until_end(entry_id), "stopped")

    def _check(self, entry_id: str, answer: Answer, status: str) -> None:
        self.stored += 1
        entry: Entry = self.history.entry(entry_id)
        if (answer.status, entry.status, entry.text) != (status, status, answer.turn.text):
            raise SoakFailed(f"Wanted {status}; seen {answer}, stored {entry}.")


def _setup(number: int, tokens: int) -> Setup:
    """Greedy and sampled in turn."""
    return Setup(MODEL, options=Options(max_tokens=tokens, temperature=0.8 * (number % 2), seed=number))


def _to_translate(number: int) -> tuple[str, str, str]:
    if number % 2:
        return PORTUGUESE[number // 2 % len(PORTUGUESE)], "pt", "en"
    return ENGLISH[number // 2 % len(ENGLISH)], "en", "pt"


def warm_up(soak: Soak, steps: int) -> None:
    for number in range(LONG_PROMPTS):
        soak.read_long(1_000_000 + number)
    for _ in soak.steps(steps):
        pass


def drift(steps: list[Step]) -> float:
    """Largest distance of the resident memory from where it began, as a share of that: +0.05 is 5 % more."""
    began = steps[0].resident_bytes
    return max((step.resident_bytes / began - 1 for step in steps), key=abs)


def _curve(soak: Soak, count: int) -> list[Step]:
    """Prints the resident memory after the warm-up and at POINTS points."""
    print(f"warm after {WARM_STEPS} steps and {LONG_PROMPTS} long prompts", flush=True)
    steps: list[Step] = []
    for step in soak.steps(count, WARM_STEPS):
        steps.append(step)
        if len(steps) == 1 or len(steps) % max(1, count // POINTS) == 0:
            print(f"{len(steps):4} steps: {step.resident_bytes / 1e6:,.1f} MB", flush=True)
    return steps


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=STEPS)
    chosen = parser.parse_args()
    quiet_environment()
    runtime = open_runtime(Settings(default_data_dir()))
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(runtime, History(Path(folder, "soak.sqlite3")))
        try:
            warm_up(soak, WARM_STEPS)
            steps = _curve(soak, chosen.steps)
            soak.check_end()
        finally:
            soak.live.close()
            runtime.close()
    for kind in sorted({step.kind for step in steps}):
        seconds = [step.seconds for step in steps if step.kind == kind]
        print(f"{kind}: {len(seconds)} times, median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s")
    good = abs(drift(steps)) <= DRIFT
    print(f"{soak.stored} answers, all stored; none stuck")
    print(f"memory: {drift(steps):+.1%} from its beginning at most: {'flat' if good else 'NOT FLAT'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
