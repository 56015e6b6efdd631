"""What `python -m evals audit …` does: run, list, show, compare, mitigate, report, verify, gate. Results on stdout,
progress on stderr."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict

from evals import systems
from evals.bias.audit import AuditProgress, audit_steps, planned
from evals.bias.drift import drift
from evals.bias.findings import gained
from evals.bias.gate import CODES, decide
from evals.bias.lab_commands import list_mitigations, mitigate
from evals.bias.ledger import Ledger
from evals.bias.readers import read_files
from evals.bias.records import AuditPlan, AuditResult
from evals.bias.suites import chosen, control_suites
from evals.bias.tables import drift_table, written_out
from evals.report import format_of, report_of
from evals.runner import Asking
from evals.store import Store
from evals.verify import said, verify
from llmweb.errors import BadInput
from llmweb.runtime import Runtime

NOT_TRUSTED, UNSIGNED = 1, 2


def audit(given: argparse.Namespace, runtime: Runtime, store: Store) -> int:
    """The exit code."""
    shell = AuditShell(runtime, store)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "run": shell.run,
        "list": shell.show_list,
        "show": shell.show,
        "compare": shell.compare,
        "report": shell.report,
        "gate": shell.gate,
        "mitigate": lambda given: mitigate(given, runtime, store, note),
        "mitigations": lambda given: list_mitigations(given, runtime, store),
    }
    return commands[given.audit_command](given)


def verify_file(given: argparse.Namespace) -> int:
    """0, or 2 where nobody signed. Raises Tampered, which names the first row that was changed."""
    try:
        file = given.file.read_bytes()
    except OSError as error:
        raise BadInput(f"{given.file} cannot be read: {error.strerror}.") from error
    found = verify(file, format_of(given.file.name), given.key)
    print(said(found))
    return UNSIGNED if found.signature is None else 0


class AuditShell:
    def __init__(self, runtime: Runtime, store: Store) -> None:
        self.runtime, self.store, self.ledger = runtime, store, Ledger(store.path)

    def run(self, given: argparse.Namespace) -> int:
        """1 where the controls say that the audit is not to be trusted."""
        if given.margin <= 0:
            raise BadInput(f"--margin is {given.margin:g}; it is the smallest effect that matters, over 0 points.")
        read = read_files(given.data or (), given.to)
        named = control_suites() if read and not given.suite else chosen(given.suite or [])
        suites, system = [*read, *named], systems.system(given.model, self.runtime, given.precision)
        ids = tuple(suite.id for suite in suites) if given.suite or read else ()
        plan = AuditPlan(ids, tuple(given.axis or ()), given.margin, seed=given.seed, limit=given.limit)
        wanted = planned(system, suites, plan, self.runtime)
        print(f"{system.id}: {wanted.samples:,} items in {len(wanted.parts)} parts.", file=sys.stderr)
        result = None
        for state in audit_steps(wanted, self.runtime, self.store, Asking(in_flight=given.in_flight)):
            note(state)
            result = state.result or result
        if result is None:
            raise RuntimeError("The audit ended without a result.")
        self.ledger.keep(result)
        print(json.dumps(asdict(result), indent=2) if given.json else written_out(result), end="\n" * given.json)
        return 0 if result.trusted else NOT_TRUSTED

    def show_list(self, given: argparse.Namespace) -> int:
        for result in self.ledger.audits():
            worst = "not to be trusted" if not result.trusted else _summary(result)
            print(f"{result.id}  {result.created[:16]}  {result.system}  {worst}")
        return 0

    def show(self, given: argparse.Namespace) -> int:
        result = self.ledger.audit(given.audit)
        print(json.dumps(asdict(result), indent=2) if given.json else written_out(result), end="\n" * given.json)
        if told := gained(result, self.store.measures()):
            print(told, file=sys.stderr)
        return 0

    def compare(self, given: argparse.Namespace) -> int:
        old, new = self.ledger.audit(given.old), self.ledger.audit(given.new)
        print(drift_table(old, new, drift(old, new, self.store)), end="")
        return 0

    def report(self, given: argparse.Namespace) -> int:
        kind, result = format_of(given.output.name), self.ledger.audit(given.audit)
        earlier = self.ledger.audit(given.against) if given.against else None
        names = self.runtime.catalog.names
        written = report_of(result, self.store, names.get(result.model, result.model), kind, earlier)
        given.output.write_bytes(written)
        print(f"{given.output}: {said(verify(written, kind))}")
        return 0

    def gate(self, given: argparse.Namespace) -> int:
        result = self.ledger.audit(given.audit)
        decision, reasons = decide(result)
        print("\n".join([f"{decision}: audit {result.id} of {result.system}", *reasons]))
        return CODES[decision]


def note(state: AuditProgress) -> None:
    """One line of a terminal that the next one replaces; where stderr is a file, one as each part ends."""
    run = state.run
    if run is None:
        return
    left = "" if state.remaining is None else f", {state.remaining:.0f} s left"
    _, plus, mitigation = run.system.partition("+")
    words = f"{state.part}/{state.parts} {run.suite}{plus}{mitigation}, {state.done:,} of {state.total:,} items{left}"
    if sys.stderr.isatty():
        end = "\n" if run.status == "finished" else ""
        print(f"\r\x1b[K{words}", end=end, file=sys.stderr, flush=True)
    elif run.status == "finished":
        print(words, file=sys.stderr)


def _summary(result: AuditResult) -> str:
    heads = [each.verdict for each in result.findings if each.headline]
    return f"bias found in {heads.count('bias found')} of {len(heads)} headlines"
