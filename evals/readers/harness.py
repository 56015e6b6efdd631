"""lm-evaluation-harness: a samples_*.jsonl file, as it is written with --log_samples, to a run to look at and compare.

Its scores stay its own, under names of their own (metrics/imported.py); or its answers are taken as those to one of our
suites and scored as ours are, so that the two can be compared. The file does not say which model answered: the
results_*.json beside it does.
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.keys import sha256
from evals.likelihoods import ChoiceLikelihoods
from evals.metrics.imported import NOT_MEANS, PREFIX, RIGHT_OR_WRONG
from evals.readers.rows import Row, parsed, rows, text_of
from evals.records import OutputRow, Run
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput

HARNESS = "lm-evaluation-harness"
# samples_TASK_DATE.jsonl beside results_DATE.json
NAMED = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d{2}-\d{2}T[\d.-]+)\.jsonl")
NEEDED = ("doc_id", "doc", "target", "arguments", "resps", "filtered_resps")
TEXT_GROUPS = ("passage", "context")  # fields of a doc that several questions share
SETTINGS = ("config", "versions", "n-shot", "git_hash")  # of results_*.json, what makes two runs two
FIXED = (*NEEDED, "filter", "metrics")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds; left_out are the metrics that are no mean of a number a sample."""

    suite: Suite
    run: Run
    outputs: tuple[OutputRow, ...]
    left_out: tuple[str, ...]


def read_harness(path: Path, model: str = "", suite: Suite | None = None) -> Imported:
    """The run of a file, on the documents it has or on a suite that has them as samples. model is the name of the
    system where nothing beside the file tells it. Raises BadInput."""
    found = _rows(path)
    by_document = _by_document(found)
    left_out: tuple[str, ...] = ()
    if suite is not None:
        outputs = _answers(path, suite, by_document)
    else:
        metrics, left_out = _metrics(path, found)
        suite = _suite(path, by_document, metrics)
        outputs = tuple(_output(name, group, metrics) for name, group in by_document.items())
    return Imported(suite, _run(path, suite, model, found), outputs, left_out)


def _rows(path: Path) -> list[Row]:
    found = rows(path)
    for row in found:
        missing = [name for name in NEEDED if name not in row.values]
        if missing:
            raise BadInput(
                f"{row.where} has no {', '.join(missing)}: it is no sample of {HARNESS}. Choose a samples_*.jsonl file "
                "that was written with --log_samples."
            )
        for name in ("resps", "filtered_resps"):
            if not isinstance(row.values[name], list) or not row.values[name]:
                raise BadInput(f"{row.where} has no answer in {name}. Write the samples again, or delete the row.")
    return found


def _by_document(found: Sequence[Row]) -> dict[str, list[Row]]:
    """Hash of the document → its rows, one for each filter. The same document twice in a set gets a number."""
    seen, grouped = Counter[tuple[str, str]](), dict[str, list[Row]]()
    for row in found:
        document = row.values.get("doc_hash") or sha256(row.values["doc"])
        seen[document, _filter(row)] += 1
        turn = seen[document, _filter(row)]
        grouped.setdefault(document if turn == 1 else f"{document}-{turn}", []).append(row)
    return grouped


def _metrics(path: Path, found: Sequence[Row]) -> tuple[dict[str, tuple[str, str]], tuple[str, ...]]:
    """Our name of a metric → its field and filter; and the fields left out."""
    kept: dict[str, tuple[str, str]] = {}
    left_out = set()
    several = len({_filter(row) for row in found}) > 1
    for row in found:
        for name in row.values.get("metrics") or _numbers(row):
            if not _is_mean(name, row.values.get(name)):
                left_out.add(name)
            else:
                kept[f"{PREFIX}{name}{f',{_filter(row)}' if several else ''}"] = (name, _filter(row))
    means = {ours: field for ours, field in kept.items() if field[0] not in left_out}
    if not means:
        has = ", ".join(sorted(left_out)) or "none"
        raise BadInput(f"{path.name} has no metric that is a number a sample; it has: {has}. Score it with --suite.")
    return means, tuple(sorted(left_out))


def _is_mean(name: str, value: Any) -> bool:
    """Whether the score is the mean of such values."""
    right_or_wrong = name not in RIGHT_OR_WRONG or value in (0, 1)
    return name not in NOT_MEANS and isinstance(value, int | float) and math.isfinite(value) and right_or_wrong


def _numbers(row: Row) -> list[str]:
    """Older files do not list their metrics."""
    return [name for name, value in row.values.items() if isinstance(value, int | float) and name not in FIXED]


def _suite(path: Path, documents: dict[str, list[Row]], metrics: dict[str, tuple[str, str]]) -> Suite:
    named = NAMED.fullmatch(path.name)
    task = named["task"] if named else path.stem
    samples = tuple(_sample(name, group[0]) for name, group in documents.items())
    kind: Kind = "choice" if all("choices" in sample.facts for sample in samples) else "instruct"
    return Suite(
        id=f"{HARNESS}/{task}",
        kind=kind,
        title=f"{task} ({HARNESS})",
        samples=samples,
        metrics=tuple(metrics),
        source="",
        target="",
        licence=f"not known: see the task {task} of {HARNESS}",
        notes=f"Imported from {path.name} to look at and compare with; scored by {HARNESS}, never ranked.",
    )


def _sample(name: str, row: Row) -> Sample:
    """source is the prompt as it was put, references the target; facts keep the document."""
    document, prompts = row.values["doc"], _arguments(row)
    shared = [document[key] for key in TEXT_GROUPS if isinstance(document, dict) and document.get(key)]
    facts: dict[str, Any] = {"doc": document, "doc_id": row.values["doc_id"]}
    if _likelihoods(row):
        facts["choices"] = _choices(row)
    group = sha256(shared)[:12] if shared else ""
    return Sample(name, str(prompts[0][0]), (str(row.values["target"]),), group, facts)


def _output(name: str, documents: Sequence[Row], metrics: dict[str, tuple[str, str]]) -> OutputRow:
    by_filter = {_filter(row): row for row in documents}
    statistics = {
        ours: [float(by_filter[which].values[field]), 1.0]
        for ours, (field, which) in metrics.items()
        if which in by_filter and isinstance(by_filter[which].values.get(field), int | float)
    }
    return OutputRow(name, _text(documents[0]), statistics=statistics)


def _answers(path: Path, suite: Suite, documents: dict[str, list[Row]]) -> tuple[OutputRow, ...]:
    """The final answers to samples of ours, not yet scored; documents that are none of them are left out."""
    by_source: dict[str, list[Sample]] = {}
    for sample in suite.samples:
        by_source.setdefault(sample.source, []).append(sample)
    found = {}
    for row, *_ in documents.values():
        asked = _sample_of(row, by_source)
        if asked is not None:
            answer = _text(row) if _likelihoods(row) else str(row.values["filtered_resps"][0])
            found[asked.id] = OutputRow(asked.id, answer)
    if not found:
        raise BadInput(f"{path.name} has no document that is a sample of {suite.id}. Import it without --suite.")
    return tuple(found.values())


def _sample_of(row: Row, by_source: dict[str, list[Sample]]) -> Sample | None:
    """The one whose source, and text asked about, are fields of the document; of several the one with its id."""
    document = row.values["doc"] if isinstance(row.values["doc"], dict) else {}
    fields = {value for value in document.values() if isinstance(value, str)}
    same = [
        sample
        for field in fields
        for sample in by_source.get(field, ())
        if sample.facts.get("passage", sample.source) in fields
        and (not _likelihoods(row) or sample.facts.get("choices") == _choices(row))
    ]
    same = [sample for sample in same if sample.id == document.get("id")] or same
    return same[0] if len(same) == 1 else None


def _choices(row: Row) -> list[str]:
    return [str(prompt[1]).strip() for prompt in _arguments(row)]


def _text(row: Row) -> str:
    """What the model wrote, before any filter; of choices their log-likelihoods, kept as our own are."""
    weighed = _likelihoods(row)
    if weighed:
        return ChoiceLikelihoods(weighed).to_output()
    first = row.values["resps"][0]
    while isinstance(first, list) and len(first) == 1:
        first = first[0]
    return first if isinstance(first, str) else json.dumps(first, ensure_ascii=False)


def _likelihoods(row: Row) -> tuple[float, ...]:
    """Of several continuations of one prompt, each with [log-likelihood, whether it is the greedy one]; of anything
    else ()."""
    answers, prompts = row.values["resps"], _arguments(row)
    continued = all(len(each) > 1 and isinstance(each[1], str) and each[0] == prompts[0][0] for each in prompts)
    if len(prompts) < 2 or len(answers) != len(prompts) or not continued:
        return ()
    try:
        return tuple(float(answer[0][0]) for answer in answers)
    except (TypeError, ValueError, IndexError):
        return ()


def _arguments(row: Row) -> list[list[Any]]:
    """gen_args_0: {arg_0: prompt, arg_1: continuation or options}; older files have plain lists."""
    arguments = row.values["arguments"]
    requests = list(arguments.values()) if isinstance(arguments, dict) else arguments
    made = [list(each.values()) if isinstance(each, dict) else list(each) for each in requests or ()]
    if not made or not made[0]:
        raise BadInput(f"{row.where} has no prompt among its arguments. Choose a file of {HARNESS} 0.4 or newer.")
    return made


def _filter(row: Row) -> str:
    return str(row.values.get("filter", "none"))


def _results(path: Path) -> dict[str, Any]:
    """What the harness wrote beside the samples: which model, how many shots, which versions."""
    named = NAMED.fullmatch(path.name)
    beside = path.with_name(f"results_{named['date']}.json") if named else None
    found = parsed(text_of(beside), beside.name) if beside and beside.exists() else {}
    return found if isinstance(found, dict) else {}


def _run(path: Path, suite: Suite, model: str, found: Sequence[Row]) -> Run:
    results = _results(path)
    model = model or str(results.get("model_name") or "")
    if not model:
        raise BadInput(f"Neither {path.name} nor a results_*.json beside it says which model answered: add --model.")
    identity: dict[str, Any] = {
        "imported": HARNESS,
        "model": model,
        "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **{name: value for name, value in results.items() if name in SETTINGS},
    }
    prompts = sorted({str(row.values.get("prompt_hash") or sha256(row.values["arguments"])) for row in found})
    return Run(
        suite=suite.id,
        suite_sha256=suite.sha256,
        system=f"{HARNESS}: {model}",
        identity=identity,
        identity_sha256=sha256(identity),
        prompt_sha256=sha256(prompts),
        limit=None,
        asked=len(suite.samples),
        versions={HARNESS: str(results.get("git_hash", "not known"))},
    )
