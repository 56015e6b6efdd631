"""What `python -m evals audit mitigate` and `audit mitigations` do. Results on stdout, progress on stderr."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict

from evals.bias.audit import AuditProgress
from evals.bias.lab import Experiment, fitting, lab_steps, prepared
from evals.bias.ledger import Ledger
from evals.bias.mitigations import MITIGATIONS
from evals.bias.readers.items import credits
from evals.bias.tables import tried
from evals.bias.trials import Trial
from evals.runner import Asking
from evals.store import Store
from llmweb.runtime import Runtime

Note = Callable[[AuditProgress], None]


def mitigate(given: argparse.Namespace, runtime: Runtime, store: Store, note: Note) -> int:
    """Each mitigation named, one after the other; all of them are judged together with what was tried before."""
    ledger = Ledger(store.path)
    audit = ledger.audit(given.audit)
    wanted = [prepared(audit, name, given.limit, runtime, store) for name in dict.fromkeys(given.mitigations)]
    for each in wanted:
        print(f"{each.id}: {each.samples:,} samples in {2 * len(each.asked)} parts.", file=sys.stderr)
        _tried(each, runtime, store, ledger, Asking(in_flight=given.in_flight), note)
    names = {each.mitigation.id for each in wanted}
    found = [trial for trial in ledger.trials(audit.id) if trial.mitigation.id in names]
    if given.json:
        print(json.dumps([asdict(trial) for trial in found], indent=2))
    else:
        print("\n".join([*map(tried, found), *(f"{each}\n" for each in credits(audit.suites))]), end="")
    return 0


def _tried(wanted: Experiment, runtime: Runtime, store: Store, ledger: Ledger, asking: Asking, note: Note) -> Trial:
    trial = None
    for state in lab_steps(wanted, runtime, store, ledger, asking):
        note(state)
        trial = state.trial or trial
    if trial is None:
        raise RuntimeError("The experiment ended without a result.")
    return trial


def list_mitigations(given: argparse.Namespace, runtime: Runtime, store: Store) -> int:
    """The levers there are and what was tried; of one audit those that fit it, and all numbers of what was tried."""
    ledger = Ledger(store.path)
    audit = ledger.audit(given.audit) if given.audit else None
    for each in fitting(audit, runtime, store) if audit else MITIGATIONS.values():
        print(f"{each.id}: {each.title}. {each.about} {each.source}")
    trials = ledger.trials(audit.id if audit else "")
    for trial in trials:
        line = f"{trial.created[:16]}  audit {trial.audit}  {trial.system}+{trial.name}  {trial.outcome}"
        print(f"\n{tried(trial)}" if audit else line, end="" if audit else "\n")
    for told in credits(audit.suites) if audit and trials else ():
        print(f"\n{told}")
    return 0
