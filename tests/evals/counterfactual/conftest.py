"""A history of answers, written once and copied."""

import shutil
from pathlib import Path

import pytest

from llmweb.engines.scripted import ScriptedEngine
from llmweb.history import History
from tests.evals.counterfactual.scripts import Partial, engine_runtime, fill


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a history that fill() has filled."""
    folder = tmp_path_factory.mktemp("history")
    runtime = engine_runtime(folder, lambda identity: ScriptedEngine(identity, Partial(female=9, male=9)))
    fill(runtime, History(folder / "llmweb.sqlite3"))
    runtime.close()
    return folder / "llmweb.sqlite3"


@pytest.fixture
def filled(written: Path, tmp_path: Path) -> History:
    """The test's own copy."""
    shutil.copy(written, tmp_path)
    return History(tmp_path / written.name)
