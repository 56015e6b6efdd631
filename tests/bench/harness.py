"""How fast suites are run, against lm-evaluation-harness on the same machine: python -m tests.bench.harness

- suite: our instructions, written through the runner, each sample stored and scored: ≥ 3 times as fast in fast
  precision, ≥ 1.5 times in exact.
- pairs: log-likelihoods of CrowS-Pairs (Nangia et al. 2020; LLMWEB_TEST_DATA names the folder of its csv): ≥ 2.5 times
  as fast in fast, ≥ 0.9 times in exact, preferring the same sentence in ≥ 95 % and ≥ 99.5 % of the pairs.

What makes it fair. The harness gets the exact engine's weights, the F16 file turned into float32 safetensors, its own
chat template over the same instructions, the same limit of tokens, and the batch size and thread count that were
fastest in a trial before; reading its tasks is left out. Only tokens really written count. Each round has instructions
of its own, so nobody has read them before. Nobody loads or warms up inside a measurement. In a round the harness is
measured between our two precisions, whose order turns with each round.
"""

import argparse
import csv
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, product
from pathlib import Path
from time import perf_counter
from typing import Any

from evals.runner import Asking, run_suite
from evals.store import Store
from evals.suites import instruct
from evals.systems import System
from evals.types import Sample
from llmweb.runtime import Runtime
from llmweb.types import LoglikelihoodRequest, Options, Precision, Weights
from tests.bench.contest import Contest, report
from tests.bench.peers import Peer, Writing
from tests.bench.speed import MODEL, opened

PRECISIONS: tuple[Precision, ...] = ("exact", "fast")
ROUNDS = 3
A_ROUND = 32  # instructions: the largest batch tried
IN_FLIGHT = Asking().in_flight
BATCHES = (8, 16, 32)
TRIALS, TRIAL_TOKENS, TRIAL_TEXTS = 2, 32, 64
TEXTS_BAR: dict[Precision, float] = {"fast": 3.0, "exact": 1.5}
PAIRS_BAR: dict[Precision, float] = {"fast": 2.5, "exact": 0.9}
SAME_BAR: dict[Precision, float] = {"fast": 0.95, "exact": 0.995}

Pair = tuple[str, str]


@dataclass
class Harness:
    """The peer, at the batch size and thread count chosen by its last trial."""

    peer: Peer
    setting: dict[str, int] = field(default_factory=lambda: {"batch": 16, "threads": os.cpu_count() or 1})

    def write(self, samples: Sequence[Sample], tokens: int) -> tuple[Writing, list[str]]:
        reply = self._ask(messages=[sample.source for sample in samples], tokens=tokens)
        return Writing(reply["seconds"], tuple(reply["tokens_in"]), tuple(reply["tokens_out"])), reply["texts"]

    def weigh(self, texts: Sequence[str]) -> tuple[float, list[float]]:
        """Wall seconds, and the log-likelihood of each text."""
        reply = self._ask(texts=list(texts))
        return reply["seconds"], reply["log_likelihoods"]

    def choose(self, what: str, trial: Callable[[], float]) -> None:
        """The setting whose faster trial took the fewest seconds; tried in turn, warm."""
        settings = [
            {"batch": batch, "threads": threads}
            for batch, threads in product(BATCHES, sorted({1, os.cpu_count() or 1}))
        ]
        trial()
        seconds = [float("inf")] * len(settings)
        for _ in range(TRIALS):
            for place, self.setting in enumerate(settings):
                seconds[place] = min(seconds[place], trial())
        for setting, taken in zip(settings, seconds, strict=True):
            print(f"  trial: {what}, {setting}: {taken:.1f} s", flush=True)
        self.setting = settings[seconds.index(min(seconds))]

    def _ask(self, **asked: Any) -> dict[str, Any]:
        return self.peer.ask({**self.setting, **asked})


def written(
    runtime: Runtime, store: Store, precision: Precision, samples: Sequence[Sample], tokens: int, in_flight: int
) -> tuple[Writing, list[str]]:
    """A whole run of instructions, from nothing to its scores. The system's speed card must be in the store already:
    it is measured once, not run by run."""
    suite = replace(instruct.suite(), samples=tuple(samples))
    system = System(MODEL, Options(precision=precision, max_tokens=tokens))
    started = perf_counter()
    run = run_suite(suite, system, runtime, store, Asking(in_flight=in_flight, again=True)).run
    seconds = perf_counter() - started
    outputs = {output.sample: output for output in store.outputs(run)}
    ordered = [outputs[sample.id] for sample in samples]
    if failed := [output.error for output in ordered if output.error]:
        raise RuntimeError(f"{len(failed)} samples failed: {failed[0]}")
    usages = [output.completions[0]["usage"] for output in ordered]
    tokens_in, tokens_out = (tuple(usage[name] for usage in usages) for name in ("tokens_in", "tokens_out"))
    return Writing(seconds, tokens_in, tokens_out), [output.text for output in ordered]


def weighed(runtime: Runtime, precision: Precision, texts: Sequence[str]) -> tuple[float, list[float]]:
    """Wall seconds, and the log-likelihood of each text from nothing, asked pair by pair as an audit asks them."""

    def pair(start: int) -> list[float]:
        requests = [LoglikelihoodRequest("", text, urgent=False) for text in texts[start : start + 2]]
        found = dict(runtime.loglikelihood(MODEL, requests, precision))
        return [sum(token.log_probability for token in found[place]) for place in range(len(requests))]

    started = perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        values = list(pool.map(pair, range(0, len(texts), 2)))
    return perf_counter() - started, list(chain.from_iterable(values))


def suite_contests(runtime: Runtime, store: Store, harness: Harness, rounds: int, tokens: int) -> bool:
    samples = instruct.suite().samples
    contests = [Contest(f"instructions, {each}", TEXTS_BAR[each]) for each in PRECISIONS]
    for precision in PRECISIONS:
        written(runtime, store, precision, [Sample("warm", "Say hello.", facts=samples[0].facts)], tokens, IN_FLIGHT)
    harness.choose("writing", lambda: harness.write(samples[-A_ROUND:], TRIAL_TOKENS)[0].seconds)
    for turn in range(rounds):
        asked = samples[turn::ROUNDS][:A_ROUND]
        ours, (theirs, texts) = in_turn(
            turn,
            lambda precision, asked=asked: written(runtime, store, precision, asked, tokens, IN_FLIGHT),
            lambda asked=asked: harness.write(asked, tokens),
        )
        for contest, (own, own_texts) in zip(contests, ours, strict=True):
            if sorted(own.tokens_in) != sorted(theirs.tokens_in):
                raise RuntimeError(f"Not the same prompts: {own.tokens_in} and {theirs.tokens_in} tokens.")
            contest.pairs.append((own.tokens_per_second, theirs.tokens_per_second))
            same = sum(mine.strip() == other.strip() for mine, other in zip(own_texts, texts, strict=True))
            print(
                f"  {contest.title}: {own.tokens_per_second:.1f} ({sum(own.tokens_out)} tokens) against "
                f"{theirs.tokens_per_second:.1f} ({sum(theirs.tokens_out)} tokens); {same} of {len(texts)} the same",
                flush=True,
            )
    return report(contests, f"tokens a second, up to {tokens} tokens an instruction; harness: {harness.setting}")


def pair_contests(runtime: Runtime, harness: Harness, rounds: int, pairs: Sequence[Pair]) -> bool:
    texts = [text for pair in pairs for text in pair]
    contests = [Contest(f"pairs, {each}", PAIRS_BAR[each]) for each in PRECISIONS]
    for precision in PRECISIONS:
        weighed(runtime, precision, texts[:4])
    harness.choose("weighing", lambda: harness.weigh(texts[:TRIAL_TEXTS])[0])
    for turn in range(rounds):
        ours, (seconds, values) = in_turn(
            turn, lambda precision: weighed(runtime, precision, texts), lambda: harness.weigh(texts)
        )
        for contest, (taken, _) in zip(contests, ours, strict=True):
            contest.pairs.append((len(pairs) / taken, len(pairs) / seconds))
            print(f"  {contest.title}: {taken:.1f} s against {seconds:.1f} s", flush=True)
    reached = report(contests, f"pairs a second, {len(pairs)} pairs; harness: {harness.setting}")
    for precision, (_, own) in zip(PRECISIONS, ours, strict=True):
        reached &= agreement(precision, own, values)
    return reached


def agreement(precision: Precision, ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Prints how far the two agree on the pairs; whether they prefer the same sentence often enough."""
    gaps = [[values[place] - values[place + 1] for place in range(0, len(values), 2)] for values in (ours, theirs)]
    same = [(mine > 0) == (other > 0) for mine, other in zip(*gaps, strict=True)]
    apart = statistics.mean(abs(mine - other) for mine, other in zip(*gaps, strict=True))
    share, bar = sum(same) / len(same), SAME_BAR[precision]
    verdict = "reached" if share >= bar else "MISSED"
    print(
        f"{precision}: the same preference in {sum(same)} of {len(same)} pairs ({100 * share:.1f} %, "
        f"≥ {100 * bar:g} % {verdict}); mean difference of the pairs' gaps {apart:.4f} nats"
    )
    return share >= bar


def in_turn(turn: int, ours: Callable[[Precision], Any], theirs: Callable[[], Any]) -> tuple[list[Any], Any]:
    """Results of ours, in the order of PRECISIONS, and of theirs, measured between them."""
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    order = PRECISIONS[:: -1 if turn % 2 else 1]
    first, between, last = ours(order[0]), theirs(), ours(order[1])
    found = dict(zip(order, (first, last), strict=True))
    return [found[precision] for precision in PRECISIONS], between


def crows_pairs(folder: Path, count: int) -> list[Pair]:
    """(sent_more, sent_less) of count rows, spread evenly over the file."""
    with (folder / "crows_pairs_anonymized.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["sent_more"], row["sent_less"]) for row in csv.DictReader(file)]
    count = min(count, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def start(weights: Weights, peers: Path) -> Harness:
    converted = str(peers / f"torch-{weights.sha256[:16]}-exact")
    return Harness(Peer("harness", peers, weights.folder / "exact.gguf", {"converted": converted}))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", choices=["suite", "pairs"], default=["suite", "pairs"])
    parser.add_argument("--rounds", type=int, default=ROUNDS, choices=range(1, ROUNDS + 1))
    parser.add_argument("--tokens", type=int, default=64, help="most tokens an instruction is answered with")
    parser.add_argument("--pairs", type=int, default=300, help="how many of CrowS-Pairs' 1,508")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir(), "llmweb-peers"), metavar="FOLDER")
    chosen = parser.parse_args()
    sets = os.environ.get("LLMWEB_TEST_DATA", "")
    if "pairs" in chosen.what and not sets:
        parser.error("LLMWEB_TEST_DATA must name the folder of crows_pairs_anonymized.csv.")
    chosen.peers.mkdir(parents=True, exist_ok=True)
    runtime, weights = opened()
    runtime.identity(MODEL, "exact")  # writes exact.gguf where it is not there yet
    harness = start(weights, chosen.peers)
    try:
        reached = True
        if "suite" in chosen.what:
            with tempfile.TemporaryDirectory() as folder:
                store = Store(Path(folder, "runs.sqlite3"))
                reached &= suite_contests(runtime, store, harness, chosen.rounds, chosen.tokens)
        if "pairs" in chosen.what:
            pairs = crows_pairs(Path(sets), chosen.pairs)
            reached &= pair_contests(runtime, harness, chosen.rounds, pairs)
    finally:
        harness.peer.close()
        runtime.close()
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
