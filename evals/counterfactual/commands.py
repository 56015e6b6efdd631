"""What `python -m evals counterfactual` does: one prompt about somebody else, or a part of the own history.
Results on stdout, progress on stderr."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from evals.counterfactual import words
from evals.counterfactual.asking import SAMPLES, Outcome, Result, Step, compare_steps, planned
from evals.counterfactual.auditing import audit_steps
from evals.counterfactual.gaps import Gap
from evals.counterfactual.history_audit import HistoryAudit
from evals.counterfactual.ledger import HistoryLedger
from evals.counterfactual.person import find, suggested, swapped
from evals.counterfactual.scan import Scan, Wanted, scan, writers
from evals.report.words import counted
from evals.turns import Said, Turn
from llmweb import documents, translate
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.types import Options

HISTORY_SAMPLES = Wanted("").samples


def counterfactual(given: argparse.Namespace, runtime: Runtime, database: Path) -> int:
    """The exit code."""
    if given.list:
        for audit in HistoryLedger(database).audits():
            stopped = f", stopped at {audit.asked + audit.failed:,} of {audit.chosen:,}" if audit.stopped else ""
            told = f"{counted(audit.asked, 'answer')}{stopped}"
            print(f"{audit.id}  {audit.created[:16]}  {audit.wanted.model}  {told}")
    elif given.show:
        _print_audit(HistoryLedger(database).audit(given.show), given.json)
    elif given.history or given.resume:
        _print_audit(_audit(given, runtime, database), given.json)
    else:
        _print_result(_compare(given, runtime), given.json)
    return 0


def _compare(given: argparse.Namespace, runtime: Runtime) -> Result:
    turn = _turn(given, runtime)
    found = find(turn.texts)
    swaps = suggested(found, given.axis)
    if given.swap_to:
        swaps = dict.fromkeys(swaps, given.swap_to)
    if found and not swaps:
        there = ", ".join(dict.fromkeys(each.axis for each in found))
        raise BadInput(f"Nobody in this text can be swapped by {given.axis}. By: {there}.")
    plan = planned(turn, found, swaps, SAMPLES if given.samples is None else given.samples)
    _say(f"{turn.model}: {words.swaps(swapped(turn.texts, found, swaps))}, {plan.samples} answers to each.")
    return _finished(compare_steps(runtime, plan))


def _audit(given: argparse.Namespace, runtime: Runtime, database: Path) -> HistoryAudit:
    history, ledger = History(database), HistoryLedger(database)
    if given.resume:
        audit = ledger.unfinished(given.resume)
        _say(words.audited(audit))
    else:
        found = _scanned(given, runtime, history)
        _say(words.scanned(found))
        audit = ledger.begin(found)
    return _finished(audit_steps(runtime, history, ledger, audit.id))


def _scanned(given: argparse.Namespace, runtime: Runtime, history: History) -> Scan:
    model = given.model or next(iter(writers(history)), "")
    if not model:
        raise BadInput("There is no answer in the history yet. Chat, translate or summarize first.")
    samples = HISTORY_SAMPLES if given.samples is None else given.samples
    filters = (given.feature, given.search, given.since, given.until, given.axis)
    return scan(history, Wanted(runtime.catalog.find(model).id, *filters, samples))


def _finished(steps: Iterable[Step[Outcome]]) -> Outcome:
    """The result of the last step; the others as progress."""
    result = None
    for step in steps:
        _note(f"{step.doing}, {step.done} of {step.total}" if step.total else step.doing)
        result = step.result
    _note("")
    if result is None:
        raise RuntimeError("It ended without a result.")
    return result


def _turn(given: argparse.Namespace, runtime: Runtime) -> Turn:
    """The prompt of the arguments as a turn of a feature. Raises BadInput."""
    text = sys.stdin.read() if given.text == "-" else given.text
    if not text.strip():
        raise BadInput("There is no prompt. Write it as an argument, or - to read it from stdin; or choose --history.")
    options = Options(precision=given.precision, temperature=given.temperature or 0.0)
    feature = given.feature or "chat"
    if feature == "translate":
        if not given.to:
            raise BadInput("Into which language? Name it with --to.")
        model = translate.chosen(runtime, given.source, given.to, given.model).id
        return Turn("translate", model, options, (Said("text", text),), source=given.source, target=given.to)
    model = runtime.catalog.find(given.model).id if given.model else runtime.catalog.for_chat()[0].id
    if feature == "summarize":
        return Turn("summarize", model, options, (Said("text", text),))
    if feature == "ask":
        read = [documents.read(path) for path in given.context or ()]
        if not read:
            raise BadInput("There is nothing to ask. Name a file with --context.")
        return Turn(
            "ask", model, options, (Said("question", text), *(Said("passage", each.text, each.name) for each in read))
        )
    system = (Said("system", given.system),) if given.system else ()
    return Turn("chat", model, replace(options, max_tokens=given.max_tokens), (*system, Said("user", text)))


def _print_result(result: Result, as_json: bool) -> None:
    if as_json:
        facts = asdict(result) | {"sentence": words.sentence(result)}
        print(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    lines = [f"{gap.measure}: {_with_noise(words.figures(gap), gap)}" for gap in result.gaps]
    told = [*result.errors, *(doubt for each in result.swapped for doubt in each.doubts), result.note, words.CAUTION]
    print("\n".join([words.sentence(result), *lines, *told]))


def _print_audit(audit: HistoryAudit, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(audit), ensure_ascii=False, indent=2))
        return
    worst = [
        f"  {each.measure} {words.signed(each.value, each.unit)}, {each.group} against {each.reference}, "
        f"{each.feature} {each.chat}"
        for each in audit.worst
    ]
    lines = [f"{words.group(each)}: {_with_noise(words.group_figures(each), each.gap)}" for each in audit.groups]
    left = [f"Left out: {words.left_out(audit.left_out)}."] if audit.left_out else []
    far = ["Moved furthest:", *worst] if worst else []
    print("\n".join([f"Audit {audit.id}. {words.audited(audit)}", *lines, audit.note, *left, *far]))


def _with_noise(figures: str, gap: Gap) -> str:
    noise = words.noise(gap) if gap.p_holm is not None else ""
    return f"{figures}, {noise}" if noise else figures


def _note(told: str) -> None:
    """On one line of a terminal that the next note replaces; nothing where stderr is a file."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{told}", end="", file=sys.stderr, flush=True)


def _say(told: str) -> None:
    print(told, file=sys.stderr)
