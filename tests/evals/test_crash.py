"""Killed at random points, a run ends with the rows of an undisturbed one, and asks no stored sample again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from evals.store import Store
from tests.evals.small import translations

ROOT = Path(__file__).parent.parent.parent
KILLS = 20
MOST_QUESTIONS, LONGEST_SECONDS = 8, 0.05  # from a start to the kill: so many questions, then a moment


@dataclass
class Children:
    """The process of crashing.py, which has read all libraries, so that a child of it starts at once."""

    process: subprocess.Popen[str]

    def start(self, folder: Path) -> int:
        folder.mkdir(exist_ok=True)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        return self._number()

    def status(self) -> int:
        return self._number()

    def _number(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@pytest.fixture
def children() -> Iterator[Children]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.evals.crashing"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        yield Children(process)
        assert process.stdin is not None
        process.stdin.close()


def test_killed_twenty_times_it_ends_with_the_rows_of_an_undisturbed_run(children: Children, tmp_path: Path) -> None:
    children.start(tmp_path / "undisturbed")
    assert children.status() == 0
    wanted, everything = rows(tmp_path / "undisturbed"), stored_sources(tmp_path / "undisturbed")
    assert len(wanted["runs"]) == 3
    assert all(
        "no salt" in str(wanted[f"{name}@exact outputs"]) for name in ("bergamot-en-pt", "nllb-200-distilled-600m")
    )
    chance, kills, turn, halfway = random.Random(3), 0, 0, 0
    while kills < KILLS:
        folder, turn = tmp_path / f"killed-{turn}", turn + 1
        killed, status = 0, None
        while status != 0:
            stored, asked = stored_sources(folder), asked_of(folder)
            child = children.start(folder)
            if kills + killed < KILLS:
                kill(child, folder, len(asked) + chance.randint(0, MOST_QUESTIONS), chance)
            status = children.status()
            assert status in (0, -signal.SIGKILL)
            killed += status != 0
            halfway += status != 0 and 0 < len(stored_sources(folder)) < len(everything)
            assert not stored & set(asked_of(folder)[len(asked) :])
        kills += killed
        assert rows(folder) == wanted
    assert halfway >= KILLS / 4


def kill(child: int, folder: Path, asked: int, chance: random.Random) -> None:
    """A moment after so many questions were asked, however slow the machine is; unless it has finished before."""
    with suppress(ProcessLookupError):
        while len(asked_of(folder)) < asked:
            os.kill(child, 0)
            time.sleep(0.001)
        time.sleep(chance.uniform(0, LONGEST_SECONDS))
        os.kill(child, signal.SIGKILL)


def rows(folder: Path) -> dict[str, Any]:
    """Everything stored but times, under names that do not change from run to run."""
    store = Store(folder / "llmweb.sqlite3")
    runs = {run.id: run.system for run in store.runs()}
    found: dict[str, Any] = {"runs": sorted((run.system, run.status, run.error) for run in store.runs())}
    for run, system in runs.items():
        found[f"{system} outputs"] = sorted(map(repr, map(untimed, store.outputs(run))))
        found[f"{system} scores"] = store.scores(run)
        found[f"{system} comparisons"] = sorted(
            repr({**asdict(each), "candidate": runs[each.candidate], "baseline": runs[each.baseline]})
            for each in store.comparisons(run)
        )
    return found


def untimed(output: Any) -> dict[str, Any]:
    completions = [{**completion, "usage": completion["usage"]["tokens_out"]} for completion in output.completions]
    return {**asdict(output), "seconds": 0, "completions": completions}


def asked_of(folder: Path) -> list[str]:
    file = folder / "asked"
    return file.read_text().splitlines() if file.exists() else []


def stored_sources(folder: Path) -> set[str]:
    """As crashing.py writes them down when they are asked: "model: source"."""
    if not (folder / "llmweb.sqlite3").exists():
        return set()
    store = Store(folder / "llmweb.sqlite3")
    sources = {sample.id: sample.source for sample in translations().samples}
    return {
        f"{run.system.partition('@')[0]}: {sources[sample]}" for run in store.runs() for sample in store.done(run.id)
    }
