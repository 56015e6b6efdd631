"""The shell's verbs that bring data in: suites of one's own, added and removed, and another program's runs imported."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.readers import Naming, Wanted, datasets, read_suite
from evals.readers.harness import Imported, read_harness
from evals.records import OutputRow, Run
from evals.runner import statistics_of
from evals.scoring import judge, measurable
from evals.store import Store
from evals.suites import SUITES, chosen, known
from evals.types import Suite
from llmweb.errors import BadInput, NotDownloaded


def change_suites(given: argparse.Namespace, store: Store, endpoint: str | None = None) -> int:
    """suite add or remove. endpoint: another model hub than the one huggingface_hub is set to."""
    if given.verb == "remove":
        store.remove_suite(given.id)
        print(f"Removed {given.id}. The runs on it stay.")
        return 0
    suite = _fetched(given, endpoint) if any(map(datasets.is_address, given.files)) else _read(given, given.files)
    keep_suite(suite, store)
    print(
        f"Added {suite.id}: {len(suite.samples):,} samples, {', '.join(suite.metrics)}, licence {suite.licence}. "
        f"Run it with: python -m evals run {suite.id}"
    )
    return 0


def keep_suite(suite: Suite, store: Store) -> None:
    """Raises BadInput for a name or samples that another suite has."""
    if suite.id in SUITES:
        raise BadInput(f"{suite.id} is one of the suites that come with the program. Name yours with --id.")
    store.add_suite(suite)


def take_run(path: Path, model: str, suite: Suite | None, store: Store) -> tuple[Run, Imported]:
    """A run of lm-evaluation-harness, with what was found; stored once, however often the file is given."""
    found = read_harness(path, model, suite)
    run = store.begin(found.run, found.suite)
    if run.status != "finished":
        store.keep(run.id, *(found.outputs if suite is None else _scored(found.outputs, suite)))
        judged = judge(run, found.suite, store)
        store.finish(run.id, judged.scores, judged.comparisons)
    return run, found


def import_run(given: argparse.Namespace, store: Store) -> int:
    there = known(store)
    suite = there[chosen(given.suite, there)[0]]() if given.suite else None
    run, found = take_run(Path(given.file), given.model, suite, store)
    if found.left_out:
        print(f"Left out, as it is no mean of a number a sample: {', '.join(found.left_out)}", file=sys.stderr)
    print(f"Run {run.id}: {run.system} on {run.suite}, {len(found.outputs):,} samples. It is not ranked.")
    for score in store.scores(run.id):
        print(f"{score.metric}: {score.value:.4g}" if score.value is not None else f"{score.metric}: n/a")
    return 0


def _scored(outputs: Sequence[OutputRow], suite: Suite) -> Iterator[OutputRow]:
    """Under the suite's metrics, but for those that need a model."""
    metrics = measurable(suite, None)
    samples = {sample.id: sample for sample in suite.samples}
    for output in outputs:
        yield replace(output, statistics=statistics_of(output.text, samples[output.sample], metrics))


def _read(given: argparse.Namespace, files: list[str], licence: str = "", origin: str = "") -> Suite:
    wanted = Wanted(
        tuple(Path(file).expanduser() for file in files),
        given.source or given.language,
        given.target,
        _columns(given.column),
        given.keep_duplicates,
    )
    return read_suite(given.format, wanted, Naming(given.licence or licence, given.id, given.title, origin))


def _fetched(given: argparse.Namespace, endpoint: str | None) -> Suite:
    """Announce, ask unless agreed, fetch, read; nothing but the samples is kept. Raises NotDownloaded."""
    if not all(map(datasets.is_address, given.files)):
        raise BadInput("Some of the files are on the model hub, some here. Fetch them first, or name all there.")
    found = datasets.find(given.files, endpoint)
    print(found.announce(), file=sys.stderr)
    if not given.yes and not _confirmed():
        raise NotDownloaded("Nothing was fetched. Repeat the command with --yes to agree to the download.")
    with TemporaryDirectory(prefix="llmweb-") as folder:
        paths = datasets.fetch(found, Path(folder), lambda note, share: None, endpoint)
        return _read(given, [str(path) for path in paths], found.licence, found.origin)


def _columns(said: list[str]) -> dict[str, tuple[str, ...]]:
    """--column ROLE=COLUMN, as often as a role has columns."""
    found: dict[str, tuple[str, ...]] = {}
    for each in said:
        role, equals, column = each.partition("=")
        if not (role and equals and column):
            raise BadInput(f"--column {each!r} is not ROLE=COLUMN: --column source=article")
        found[role] = (*found.get(role, ()), column)
    return found


def _confirmed() -> bool:
    return sys.stdin.isatty() and input("Fetch it? [y/N] ").strip().lower() in ("y", "yes")
