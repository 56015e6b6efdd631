"""A run's scores in the form model repositories of the hub keep them: .eval_results/NAME.yaml.

What the form holds is huggingface_hub's EvalResultEntry; what it has no field for, interval, n and signature, stands in
the notes.
"""

from collections.abc import Sequence

from evals.records import Run, ScoreRow
from evals.types import Suite
from llmweb.errors import BadInput

ON_THE_HUB = "hf://datasets/"


def eval_results(run: Run, suite: Suite, scores: Sequence[ScoreRow]) -> str:
    """YAML, one entry a metric that has a value. Raises BadInput where none has."""
    import yaml  # type: ignore[import-untyped]
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    dataset, revision = _dataset(suite)
    entries = [
        EvalResultEntry(
            dataset_id=dataset,
            task_id=score.metric,
            value=score.value,
            dataset_revision=revision,
            date=run.finished,
            notes=_notes(run, suite, score),
        )
        for score in scores
        if score.value is not None
    ]
    if not entries:
        raise BadInput(f"Run {run.id} has no score to export: it is {run.status}. Finish it with: python -m evals run")
    text: str = yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False, allow_unicode=True, width=120)
    return text


def is_on_the_hub(suite: Suite) -> bool:
    return suite.origin.startswith(ON_THE_HUB)


def _dataset(suite: Suite) -> tuple[str, str | None]:
    """The set's id and commit on the hub; of any other suite its own id."""
    if not is_on_the_hub(suite):
        return suite.id, None
    repository, _, rest = suite.origin.removeprefix(ON_THE_HUB).partition("@")
    return repository, rest.partition("/")[0]


def _notes(run: Run, suite: Suite, score: ScoreRow) -> str:
    interval = f"95 % interval {score.low:.2f} to {score.high:.2f} ({score.method})" if score.method else "no interval"
    parts = [
        run.system,
        interval,
        f"{score.scored} of {score.asked} samples scored",
        score.signature,
        f"samples SHA-256 {suite.sha256[:12]}",
        suite.licence,
    ]
    return "; ".join(parts if is_on_the_hub(suite) else [*parts, f"{suite.id} is a suite of LLM Web, not of the hub"])
