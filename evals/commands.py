"""What each shell command of evals does, but for the leaderboard. The arguments are __main__.py's."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from evals import export, leaderboard, systems, tables
from evals.adding import change_suites, import_run
from evals.bias.commands import audit
from evals.counterfactual.commands import counterfactual
from evals.eval_results import is_on_the_hub
from evals.gate import Decision, decide
from evals.metrics.similarity import MODEL as EMBEDDER
from evals.records import Run
from evals.runner import Asking, Progress, rescore, run_steps
from evals.scoring import EMBEDDING, compare_runs
from evals.standings import read_standings
from evals.store import Store
from evals.suites import chosen, known
from evals.systems import System
from evals.types import Suite
from evals.vote_commands import tell_votes
from evals.wording import compared
from llmweb.errors import BadInput
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings

GATE_CODES: dict[Decision, int] = {"pass": 0, "fail": 1, "inconclusive": 2}


@contextmanager
def opened(settings: Settings) -> Iterator["Shell"]:
    """A shell on the runtime and the store of a data directory."""
    runtime = open_runtime(settings)
    try:
        yield Shell(runtime, Store(settings.database))
    finally:
        runtime.close()


class Shell:
    """Runs one command. Every method that takes what was given returns the exit code."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self.runtime, self.store = runtime, store

    def run(self, given: argparse.Namespace) -> int:
        commands: dict[str, Callable[[argparse.Namespace], int]] = {
            "list": self.show_list,
            "suite": lambda given: change_suites(given, self.store, self.runtime.fetches.store.hub_endpoint),
            "run": self.measure,
            "compare": self.compare,
            "rescore": self.rescore,
            "import": lambda given: import_run(given, self.store),
            "export": self.export,
            "delete": self.delete,
            "gate": self.gate,
            "votes": lambda given: tell_votes(given, self.store),
            "audit": lambda given: audit(given, self.runtime, self.store),
            "counterfactual": lambda given: counterfactual(given, self.runtime, self.store.path),
        }
        return commands[given.command](given)

    def show_list(self, given: argparse.Namespace) -> int:
        if given.runs:
            for run in self.store.runs():
                facts = (run.id, run.created[:16], f"{run.status:<9}", f"{run.suite:<18}", run.system, run.error)
                print("  ".join(facts).rstrip())
            return 0
        for build in known(self.store).values():
            suite = build()
            print(
                f"{suite.id}: {suite.title}, {len(suite.samples)} samples, {', '.join(suite.metrics)}, {suite.licence}"
            )
            for system in (*systems.baselines_for(suite), *systems.able(suite, self.runtime)):
                here = system.is_baseline or self.runtime.ready(system.model)
                print(f"    {system.id}{'' if here else '  (not here)'}")
        return 0

    def measure(self, given: argparse.Namespace) -> int:
        suites = self._suites(given)
        asking = Asking(given.limit, given.in_flight, given.again)
        plan = [(suite, system) for suite in suites for system in self._systems(suite, given)]
        self._check_used(plan, given)
        for _, system in plan:
            systems.check_ready(system, self.runtime)
        for suite, system in plan:
            self._one(suite, system, asking)
        standings, pairs = read_standings(self.store.path)
        wanted = {suite.id for suite in suites}
        print(tables.table(leaderboard.boards([each for each in standings if each.suite in wanted], pairs)), end="")
        return 0

    def compare(self, given: argparse.Namespace) -> int:
        one, other = self.store.run(given.run_a), self.store.run(given.run_b)
        found = compare_runs(one, other, self.store)
        if given.json:
            facts = {name: asdict(each) | {"verdict": each.verdict()} for name, each in found.items()}
            print(json.dumps({"a": one.id, "b": other.id, "metrics": facts}, indent=2))
            return 0
        licence = self.store.suite(one.suite_sha256).licence
        print(f"A: {one.system} (run {one.id})\nB: {other.system} (run {other.id})\n{one.suite}, {licence}")
        if one.suite_sha256 != other.suite_sha256:
            print("Not all samples are the same in both: compared on those that are.")
        if one.prompt_sha256 != other.prompt_sha256:
            print("The feature has changed between these runs: the difference is of system and feature together.")
        for name, each in found.items():
            print(f"\n{name}: {compared(each)}")
        return 0

    def rescore(self, given: argparse.Namespace) -> int:
        run = rescore(self.store.run(given.run).id, self.store, self.runtime)
        for score in self.store.scores(run.id):
            value = "n/a" if score.value is None else f"{score.value:.2f}"
            print(f"{score.metric}: {value}, {score.scored} of {score.asked} scored, {score.signature}")
        return 0

    def export(self, given: argparse.Namespace) -> int:
        run = self.store.run(given.run)
        text = export.FORMATS[given.format](run, self.store)
        if given.format == "eval-results" and not is_on_the_hub(self.store.suite(run.suite_sha256)):
            _say(f"{run.suite} is no data set of the hub: put in the id of the one that holds its samples.")
        if given.output:
            given.output.write_text(text, encoding="utf-8")
        else:
            print(text, end="")
        return 0

    def delete(self, given: argparse.Namespace) -> int:
        run = self.store.run(given.run)
        self.store.delete(run.id)
        print(f"Deleted run {run.id}: {run.system} on {run.suite}.")
        return 0

    def gate(self, given: argparse.Namespace) -> int:
        if given.max_drop < 0:
            raise BadInput(f"--max-drop is {given.max_drop}; it is how much may be lost, 0 or more.")
        candidate, baseline = self.store.run(given.candidate), self.store.run(given.baseline)
        found = compare_runs(candidate, baseline, self.store)
        name = given.metric or self._leading(candidate)
        if name not in found:
            raise BadInput(f"These runs do not both have {name!r}. They have: {', '.join(found) or 'nothing'}.")
        decision = decide(found[name], given.max_drop)
        print(f"{decision}: {name}, at most {given.max_drop:g} may be lost. {compared(found[name])}")
        return GATE_CODES[decision]

    def _suites(self, given: argparse.Namespace) -> list[Suite]:
        there = known(self.store)
        return [there[name]() for name in dict.fromkeys(name for each in given.suites for name in chosen(each, there))]

    def _one(self, suite: Suite, system: System, asking: Asking) -> None:
        for state in run_steps(suite, system, self.runtime, self.store, asking):
            _note(progress(state))
        _note("")
        _say(progress(state))

    def _systems(self, suite: Suite, given: argparse.Namespace) -> tuple[System, ...]:
        """The baselines, and the models named or, if none are, those that come with the app."""
        if EMBEDDING & {*suite.metrics} and not self.runtime.ready(EMBEDDER):
            _say(f"{suite.id}: semantic-similarity is left out: python -m llmweb models download {EMBEDDER}")
        models = systems.able(suite, self.runtime, given.precision)
        if not given.model:
            default = {spec.id for spec in self.runtime.catalog.models if spec.default}
            able = tuple(each for each in models if each.model in default)
        else:
            able = tuple(each for each in models if each.model in given.model)
        for system in able:
            if system.options.precision != given.precision:
                _say(f"{system.model} has {system.options.precision} precision only.")
        return (*systems.baselines_for(suite), *able)

    def _check_used(self, plan: list[tuple[Suite, System]], given: argparse.Namespace) -> None:
        """Raises the reason for a model that was named and can take none of the suites."""
        used = {system.model for _, system in plan}
        for name in given.model or ():
            if name not in used:
                suite = plan[0][0] if plan else self._suites(given)[0]
                systems.check(systems.system(name, self.runtime), suite, self.runtime)

    def _leading(self, run: Run) -> str:
        return self.store.suite(run.suite_sha256).metrics[0]


def progress(state: Progress) -> str:
    """One line: where a run stands, or how it ended."""
    parts = [f"{state.suite}  {state.system}", f"{state.done} of {state.total}"]
    if state.failed:
        parts.append(f"{state.failed} failed")
    if state.running is not None:
        parts.append(f"about {state.running:.1f}")
    if state.status == "finished":
        parts.append(f"run {state.run}, {'stood already' if state.resumed == state.total else _clock(state.seconds)}")
    elif state.remaining is not None:
        parts.append(f"{_clock(state.remaining)} left")
    return ", ".join([*parts, *([state.note] if state.note else [])])


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _note(words: str) -> None:
    """What is going on, on one line of a terminal that the next note replaces; nothing where stderr is a file."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _say(words: str) -> None:
    print(words, file=sys.stderr)
