"""The share of instructions an output follows in full, 0–100; programs judge (metrics/checks.py).

Strict takes the output as it stands. Loose forgives a line before or after the answer and asterisks of emphasis: each
check may pass on any of eight variants. Zhou et al. 2023, Instruction-Following Evaluation for Large Language Models,
which counts by prompt as we do. An empty output follows nothing.
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from evals.metrics.checks import passes
from evals.metrics.setting import Mean
from evals.types import Sample

Reading = Literal["strict", "loose"]


def pass_rate(reading: Reading) -> Mean:
    described = f"instructions followed|by:prompt|reading:{reading}|v:1"
    return Mean(f"instructions-{reading}", described, partial(_each, reading), "binary")


def _each(reading: Reading, outputs: Sequence[str], samples: Sequence[Sample]) -> list[float]:
    return [float(_follows(reading, output, sample)) for output, sample in zip(outputs, samples, strict=True)]


def _follows(reading: Reading, output: str, sample: Sample) -> bool:
    checks = sample.facts.get("checks")
    if not checks:
        raise ValueError(f"Sample {sample.id!r} has no checks, so whether it was followed cannot be told")
    readings = [text for text in (variants(output) if reading == "loose" else [output.strip()]) if text]
    return all(any(passes(check, text) for text in readings) for check in checks)


def variants(output: str) -> list[str]:
    """The output, without its first line, its last, both; and each of these without asterisks."""
    lines = output.strip().split("\n")
    cuts = ["\n".join(kept).strip() for kept in (lines, lines[1:], lines[:-1], lines[1:-1])]
    return cuts + [text.replace("*", "").strip() for text in cuts]
