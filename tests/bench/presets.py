"""What chat's sampling presets cost the default model: python -m tests.bench.presets [SEEDS]

Our own instructions, whose result a program verifies, in fast precision as the Chat page writes; the presets that
sample with several seeds each, pooled.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from evals.intervals import wilson
from evals.runner import Asking, run_suite
from evals.store import Store
from evals.suites import instruct
from evals.systems import System
from llmweb.chat import PRESETS
from llmweb.types import Options
from tests.bench.speed import MODEL, opened


def main(seeds: int) -> int:
    runtime, _ = opened()
    suite = instruct.suite()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "runs.sqlite3"))
        for name, preset in PRESETS.items():
            passed = asked = 0
            for seed in range(seeds if preset.temperature else 1):
                options: Options = replace(preset, precision="fast", max_tokens=256, seed=seed)
                run = run_suite(suite, System(MODEL, options), runtime, store, Asking()).run
                rows = [output for output in store.outputs(run) if not output.error]
                passed += sum(int(output.statistics["instructions-strict"][0]) for output in rows)
                asked += len(rows)
            share, (low, high) = passed / asked, wilson(passed / asked, asked)
            print(f"{name}: {share:.1%} ({low:.1%} to {high:.1%}), {passed} of {asked} followed", flush=True)
    runtime.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
