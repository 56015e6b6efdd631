"""A process that runs a small suite in a child of its own for every line it reads, so that the child can be killed.

A line names a data directory. Answers: the child's pid, then its exit status. The samples that the child's models are
asked are appended to the file "asked" there.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from llmweb.catalog import Catalog
from llmweb.engines.protocol import EngineKind
from llmweb.engines.scripted import ScriptedEngine, echo
from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Identity, Precision, Progress, Request, Weights
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from tests.evals.small import translations

SYSTEMS = (System("bergamot-en-pt"), System("baseline/copy-source"), System("nllb-200-distilled-600m"))
SOURCES = {sample.source for sample in translations().samples}


def run(folder: Path) -> None:
    def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
        def script(request: Request) -> str:
            if request.prompt in SOURCES:
                with (folder / "asked").open("a") as asked:
                    asked.write(f"{weights.spec.id}: {request.prompt}\n")
            if "salt" in str(request.prompt):
                raise BadInput("There is no salt.")
            return echo(request).replace("is", "fica" if weights.spec.engine == "bergamot" else "está")

        identity = Identity(weights.spec.id, "", "", "scripted", "1", precision)
        return ScriptedEngine(identity, script, words_per_second=400)

    kind = EngineKind(load, lambda weights, precision: 1, ("fast", "exact"))
    settings = Settings(folder, engine="scripted")
    runtime = Runtime(settings, Catalog(), FetchQueue(WeightStore(settings.models_dir)), {"scripted": kind})
    store = Store(settings.database)
    for system in SYSTEMS:
        run_suite(translations(), system, runtime, store)
    runtime.close()


def main() -> None:
    with TemporaryDirectory() as folder:
        run(Path(folder))  # reads every library, those imported late too, so that a child has begun at once
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                run(Path(line.strip()))
            finally:
                os._exit(int(sys.exc_info()[0] is not None))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
