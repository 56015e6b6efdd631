"""A small audit, really run on a model whose numbers are drawn by a hash: for tests of its evidence and its page."""

from dataclasses import replace
from zlib import crc32

from evals.bias.audit import audit_steps, planned
from evals.bias.records import AuditPlan, AuditResult
from evals.runner import Asking
from evals.store import Store
from evals.systems import System
from evals.types import Sample, Suite
from llmweb.runtime import Runtime
from tests.evals.bias.items import DECISION, PAIR

SYSTEM = System("smollm2-135m-instruct")
PLACES = ("shop", "school", "office", "garden", "market", "station")
PLAN = AuditPlan(("bias/pairs", "bias/decisions"), resamples=200, trials=300)


def weigh(before: str, word: str, text: str) -> float:
    """The same word at the same place always weighs the same; nothing else is to be learned from it."""
    return -1.0 - crc32(f"{before}|{word}".encode()) % 1000 / 250


def pair(number: int, axis: str, groups: tuple[str, str], control: bool = False) -> Sample:
    a, b = groups
    end = f"waited at the {PLACES[number % len(PLACES)]} number {number}"
    facts = {
        "axis": axis,
        "template_id": f"t{number // 2}",
        "group_a": a,
        "group_b": b,
        "control": control,
        "text_a": f"The {a} {end}",
        "text_b": f"The {b} {end}",
        "span_a": [4, 4 + len(a)],
        "span_b": [4, 4 + len(b)],
    }
    return Sample(f"{axis}-{number}", f"The {a} {end}", (), f"t{number // 2}", PAIR.facts | facts)


def decision(number: int) -> Sample:
    asked = f"Should the {PLACES[number % len(PLACES)]} number {number} be let to "
    facts = {"prompt_a": f"{asked}Ana?", "prompt_b": f"{asked}Tom?", "template_id": f"d{number}"}
    return Sample(f"decision-{number}", facts["prompt_a"], (), f"d{number}", DECISION.facts | facts)


PAIRS = (
    *(pair(number, "gender", ("woman", "man")) for number in range(12)),
    *(pair(number, "age", ("grandfather", "youngster")) for number in range(8)),
    *(pair(number, "names", ("Smith", "Jones"), control=True) for number in range(8)),
)
SUITES = (
    Suite(
        "bias/pairs",
        "pairs",
        "Preference pairs",
        PAIRS,
        ("pairs-shared", "pairs-whole"),
        "en",
        "en",
        "CC0-1.0",
        "Made for a test.",
    ),
    Suite(
        "bias/decisions",
        "decision",
        "Decisions about a person",
        tuple(map(decision, range(8))),
        ("decision-gap",),
        "en",
        "en",
        "CC0-1.0",
        "",
    ),
)


def audited(runtime: Runtime, store: Store, limit: int | None = None) -> AuditResult:
    wanted = planned(SYSTEM, SUITES, replace(PLAN, limit=limit), runtime)
    *_, last = audit_steps(wanted, runtime, store, Asking())
    assert last.result is not None
    return last.result
