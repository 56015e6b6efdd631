"""The table of metrics."""

import subprocess
import sys

import pytest

from evals.metrics import METRICS, metric
from evals.suites import ask, instruct, language_model, summarize, translate
from llmweb.errors import BadInput


def embed(texts: object) -> list[tuple[float, ...]]:
    return []


def test_a_metric_is_called_what_the_table_calls_it() -> None:
    assert [metric(name, "en", embed).name for name in METRICS] == list(METRICS)


def test_every_signature_is_of_one_metric() -> None:
    signatures = [metric(name, "en", embed).signature() for name in METRICS]
    assert len(set(signatures)) == len(signatures)


def test_every_suite_asks_for_metrics_there_are() -> None:
    asked = {name for suite in (ask, instruct, language_model, summarize, translate) for name in suite.METRICS}
    assert asked <= METRICS.keys()


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"No metric 'blue'\. Known: accuracy, .*bleu.*ter, .*\.$"):
        metric("blue", "en")


def test_importing_the_table_loads_no_library_that_counts_or_tests() -> None:
    program = "import sys, evals.metrics, evals.stats; print(*sorted(sys.modules))"
    shell = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    late = {"sacrebleu", "scipy", "nltk", "regex", "sentencex", "lingua", "pandas", "torch", "gradio"}
    assert late & set(shell.stdout.split()) == set()
