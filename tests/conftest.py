"""Shared fixtures: runtimes on the scripted engine, and on the real default weights, fetched once and kept."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmweb.catalog import MODELS, Catalog
from llmweb.engines.protocol import EngineKind
from llmweb.engines.scripted import ScriptedEngine, echo
from llmweb.errors import DownloadFailed
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings, quiet_environment
from llmweb.types import Identity, Precision, Progress, Request, Weights
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue

quiet_environment()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell, and so would be every program the tests stop by Ctrl+C.
    signal.signal(signal.SIGINT, signal.default_int_handler)

Script = Callable[[Request], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest come first, so that no process is left with one of them at the end. What a browser does
    on a machine that is busy with others gets a second chance, which the summary tells of."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: ("browser" not in item.path.parts, item.path not in slow))


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    """scripted(script, words_per_second=…, …) -> a Runtime whose every model answers from the script;
    loading(model) is called before one is loaded, which takes as long as that."""
    made: list[Runtime] = []

    def make(script: Script = echo, loading: Callable[[str], object] = str, **engine: float) -> Runtime:
        def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
            loading(weights.spec.id)
            return ScriptedEngine(Identity(weights.spec.id, "", "", "scripted", "1", precision), script, **engine)

        kind = EngineKind(load, lambda weights, precision: ScriptedEngine.resident_bytes, ("fast", "exact"))
        settings = Settings(tmp_path, engine="scripted")
        fetches = FetchQueue(WeightStore(settings.models_dir))
        made.append(Runtime(settings, Catalog(), fetches, {"scripted": kind}))
        return made[-1]

    yield make
    for runtime in made:
        runtime.close()


@pytest.fixture(scope="session")
def weights_dir(request: pytest.FixtureRequest) -> Path:
    """Where the real weights are kept between test runs: LLMWEB_HOME's models, or pytest's cache."""
    home = os.environ.get("LLMWEB_HOME")
    return Path(home) if home else Path(request.config.cache.mkdir("llmweb"))


@pytest.fixture(scope="session")
def default_weights(weights_dir: Path) -> Callable[[str], Weights]:
    """default_weights(model_id) -> its weights, fetched if they are not there; skips when they cannot be had."""
    store, catalog = WeightStore(weights_dir / "models"), Catalog()

    def weights(model_id: str) -> Weights:
        spec = catalog.find(model_id)
        try:
            return store.find(spec) or store.fetch(spec, lambda note, share: None)
        except DownloadFailed as error:
            pytest.skip(str(error))

    return weights


@pytest.fixture(scope="session")
def real(weights_dir: Path, default_weights: Callable[[str], Weights]) -> Iterator[Runtime]:
    """One Runtime on the real default weights for all slow tests."""
    for spec in MODELS:
        if spec.default:
            default_weights(spec.id)
    runtime = open_runtime(Settings(weights_dir))
    yield runtime
    runtime.close()


@pytest.fixture
def tmp_runtime(tmp_path: Path) -> Iterator[Runtime]:
    """A Runtime with its real engines and an empty data directory."""
    runtime = open_runtime(Settings(tmp_path))
    yield runtime
    runtime.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """small_disk(megabytes) -> an empty file system of that size; skips where mounting is not allowed."""
    mounted: list[Path] = []

    def mount(megabytes: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"a small disk needs the right to mount: {made.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
