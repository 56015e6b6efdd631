"""Are outputs the same whatever is in flight: python -m tests.bench.in_flight [TOKENS]

100 instructions through the runner with 1, 4, 16 and 32 at once, up to 48 tokens each, in exact precision and, for the
contrast, in fast. tests/evals/test_runner.py does it in exact with fewer and shorter ones. Ends with 1 if an exact
output changed.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evals.store import Store
from evals.suites import instruct
from llmweb.runtime import Runtime
from llmweb.types import Precision
from tests.bench.harness import written
from tests.bench.speed import opened

ASKED = 100
AT_ONCE = (1, 4, 16, 32)


def texts(runtime: Runtime, precision: Precision, tokens: int, asked: int = ASKED) -> Iterator[list[str]]:
    """The outputs with each of AT_ONCE."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "runs.sqlite3"))
        for in_flight in AT_ONCE:
            yield written(runtime, store, precision, instruct.suite().samples[:asked], tokens, in_flight)[1]


def main(tokens: int) -> int:
    runtime, _ = opened()
    for precision in ("fast", "exact"):
        alone, *together = texts(runtime, precision, tokens)
        counts = [sum(one == other for one, other in zip(alone, found, strict=True)) for found in together]
        for in_flight, same in zip(AT_ONCE[1:], counts, strict=True):
            print(f"{precision}, {in_flight} in flight: {same} of {ASKED} outputs the same as with 1", flush=True)
    runtime.close()
    return 0 if counts == [ASKED] * len(counts) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 48))
