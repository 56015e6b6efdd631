"""A run as rows for other programs: every sample with its output, its scores and where they come from."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from evals.eval_results import eval_results
from evals.export_page import page
from evals.records import OutputRow, Run
from evals.scoring import sample_value, stored_metric
from evals.store import Store
from evals.types import Metric, Sample


def rows(run: Run, store: Store) -> Iterator[dict[str, Any]]:
    """In the order of the suite. scores are each metric's value of this sample alone, None where it failed."""
    suite = store.suite(run.suite_sha256)
    metrics = [stored_metric(name, suite) for name in suite.metrics]
    outputs = {output.sample: output for output in store.outputs(run.id)}
    for sample in suite.samples:
        if sample.id in outputs:
            yield _row(run, sample, outputs[sample.id], metrics)


def jsonl(run: Run, store: Store) -> str:
    """The first line describes the run with its scores, every other one a sample."""
    suite = store.suite(run.suite_sha256)
    about = {name: getattr(suite, name) for name in ("id", "title", "licence", "notes", "origin", "sha256")}
    header = {"run": asdict(run), "suite": about, "scores": [asdict(score) for score in store.scores(run.id)]}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *rows(run, store)))


def as_csv(run: Run, store: Store) -> str:
    """One line a sample; several references and completions stand as JSON. A text that a spreadsheet would take for a
    formula has an apostrophe before it, as OWASP advises ("CSV Injection")."""
    written = io.StringIO()
    suite = store.suite(run.suite_sha256)
    writer = csv.DictWriter(written, (*COLUMNS, *suite.metrics, "licence"), lineterminator="\n")
    writer.writeheader()
    for row in rows(run, store):
        writer.writerow(
            {name: _cell(row[name]) for name in COLUMNS} | row["scores"] | {"licence": _cell(suite.licence)}
        )
    return written.getvalue()


def html(run: Run, store: Store) -> str:
    return page(run, store.suite(run.suite_sha256), store.scores(run.id), list(rows(run, store)))


def hub_yaml(run: Run, store: Store) -> str:
    return eval_results(run, store.suite(run.suite_sha256), store.scores(run.id))


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("run", "system", "sample", "source", "references", "output", "error", "seconds", "completions")
FORMATS: dict[str, Callable[[Run, Store], str]] = {
    "jsonl": jsonl,
    "csv": as_csv,
    "html": html,
    "eval-results": hub_yaml,
}


def _row(run: Run, sample: Sample, output: OutputRow, metrics: list[Metric]) -> dict[str, Any]:
    counted = {} if output.error else output.statistics
    return {
        "run": run.id,
        "system": run.system,
        "sample": sample.id,
        "source": sample.source,
        "references": list(sample.references),
        "group": sample.group,
        "facts": sample.facts,
        "output": output.text,
        "error": output.error,
        "seconds": output.seconds,
        "scores": {metric.name: sample_value(metric, counted) for metric in metrics},
        "statistics": output.statistics,
        "completions": output.completions,
    }


def _cell(value: Any) -> str | float:
    text = value if isinstance(value, str | float) else _json(value)
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
