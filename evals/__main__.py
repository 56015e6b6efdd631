"""Measuring from a shell: list, suite, run, leaderboard, compare, rescore, import, export, delete, votes, gate, audit,
counterfactual. Results on stdout, progress on stderr.

Exit codes: 0 done (gate: pass), 1 an error that stderr explains (gate: fail), 2 wrong usage (gate: inconclusive), 4
weights or a data set that are not here, 130 interrupted, 141 the output was closed. What each command does is
commands.py's; the leaderboard needs none of it.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llmweb.exits import exit_code

if TYPE_CHECKING:
    from llmweb.settings import Settings


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m evals", description="Measure models on the same samples.")
    root.add_argument(
        "--data-dir", type=Path, default=None, help="weights and results (default: LLMWEB_HOME, or the system's place)"
    )
    root.add_argument("--engine", choices=["scripted"], default="", help="the shipped fake instead of real models")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="suites and the systems that can take them")
    listed.add_argument("--runs", action="store_true", help="the stored runs instead")
    _add_suite(commands.add_parser("suite", help="add and remove suites of your own"))
    _add_run(commands.add_parser("run", help="ask systems the samples of suites; a stopped run goes on"))
    _add_leaderboard(commands.add_parser("leaderboard", help="who is surely better than whom"))
    compare = commands.add_parser("compare", help="two runs on the samples both answered: A minus B")
    compare.add_argument("run_a", metavar="RUN_A")
    compare.add_argument("run_b", metavar="RUN_B")
    compare.add_argument("--json", action="store_true")
    commands.add_parser("rescore", help="score stored outputs again, without a model").add_argument("run")
    imported = commands.add_parser("import", help="a run of lm-evaluation-harness, to look at and compare with")
    imported.add_argument("file", metavar="FILE", help="a samples_*.jsonl, written with --log_samples")
    imported.add_argument("--model", default="", metavar="NAME", help="who answered (default: as told beside it)")
    imported.add_argument(
        "--suite", default="", metavar="SUITE", help="its answers as those to a suite, scored as ours"
    )
    export = commands.add_parser("export", help="a run's samples, outputs and scores")
    export.add_argument("run")
    export.add_argument("--format", choices=["jsonl", "csv", "html", "eval-results"], default="jsonl")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it here instead of stdout")
    commands.add_parser("delete", help="remove a run with its outputs").add_argument("run")
    _add_votes(commands.add_parser("votes", help="ratings of the votes of the Compare page, or the votes as pairs"))
    _add_gate(commands.add_parser("gate", help="may the candidate replace the baseline?"))
    _add_audit(commands.add_parser("audit", help="is a model biased? probes, controls, a signed report"))
    _add_counterfactual(commands.add_parser("counterfactual", help="the same prompt about somebody else"))
    return root


def _add_suite(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="read public formats into a suite; adding the same name again replaces it")
    add.add_argument("files", nargs="+", metavar="FILE", help="here, or hf://datasets/OWNER/NAME@REVISION/PATH")
    add.add_argument("--format", required=True, help="squad, mlqa, parallel, summaries, chat or choice")
    add.add_argument("--licence", default="", help="which one the set comes under")
    add.add_argument("--language", default="", metavar="LANGUAGE", help="en, pt …")
    add.add_argument("--from", dest="source", default="", metavar="LANGUAGE", help="of parallel text")
    add.add_argument("--to", dest="target", default="", metavar="LANGUAGE")
    add.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=COLUMN",
        help="what a table's column is: source, references, question, context, answers, choices, answer, id …",
    )
    add.add_argument("--id", default="", metavar="NAME", help="how to call it (default: from the file's name)")
    add.add_argument("--title", default="", help="how boards head it")
    add.add_argument("--keep-duplicates", action="store_true", help="equal rows count as one group, not as an error")
    add.add_argument("--yes", action="store_true", help="agree to the download and the licence shown")
    verbs.add_parser("remove", help="its runs stay").add_argument("id")


def _add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("suites", nargs="+", metavar="SUITE", help="an id, the first word of several, or all")
    command.add_argument(
        "--model", action="append", metavar="ID", help="may be repeated (default: the models that came with the app)"
    )
    command.add_argument("--limit", type=int, metavar="N", help="ask N samples, spread over the suite")
    command.add_argument("--precision", choices=["exact", "fast"], default="exact")
    command.add_argument("--in-flight", type=int, default=32, metavar="N", help="samples asked at once (default: 32)")
    command.add_argument("--again", action="store_true", help="repeat a run that is finished")


def _add_leaderboard(command: argparse.ArgumentParser) -> None:
    command.add_argument("--suite", default="", help="only this one, or those that begin so")
    command.add_argument("--metric", default="", help="instead of each suite's leading one")
    command.add_argument("--older", action="store_true", help="also boards whose samples or prompts have changed since")
    command.add_argument("--format", choices=["table", "json", "csv", "md"], default="table")


def _add_votes(command: argparse.ArgumentParser) -> None:
    command.add_argument("do", nargs="?", choices=["ratings", "export"], default="ratings", metavar="ratings|export")
    command.add_argument("--style", action="store_true", help="ratings of answers alike in length and style")
    command.add_argument("--json", action="store_true")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the pairs here instead of stdout")


def _add_gate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--baseline", required=True, metavar="RUN")
    command.add_argument("--candidate", required=True, metavar="RUN")
    command.add_argument(
        "--max-drop", required=True, type=float, metavar="X", help="points of the metric it may surely lose at most"
    )
    command.add_argument("--metric", default="", help="instead of the suite's leading one")


def _add_audit(command: argparse.ArgumentParser) -> None:
    commands = command.add_subparsers(dest="audit_command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="ask a model the bias suites; a stopped audit goes on")
    run.add_argument("--model", required=True, metavar="ID")
    run.add_argument("--axis", action="append", metavar="AXIS", help="only this one; may be repeated (default: all)")
    run.add_argument("--suite", action="append", metavar="ID", help="only this one; may be repeated (default: all)")
    run.add_argument("--data", action="append", type=Path, metavar="FILE", help="a public bias set; may be repeated")
    run.add_argument("--to", default="en", metavar="LANG", help="into what a set is to be translated")
    run.add_argument("--margin", type=float, default=5.0, metavar="X", help="the smallest effect that matters, points")
    run.add_argument("--seed", type=int, default=12345, help="of resamples and permutations (default: 12345)")
    run.add_argument("--limit", type=int, metavar="N", help="ask N items of each part, spread over it")
    run.add_argument("--precision", choices=["exact", "fast"], default="exact")
    run.add_argument("--in-flight", type=int, default=32, metavar="N", help="items asked at once (default: 32)")
    run.add_argument("--json", action="store_true")
    commands.add_parser("list", help="the audits made here")
    show = commands.add_parser("show", help="an audit's findings")
    show.add_argument("audit")
    show.add_argument("--json", action="store_true")
    compare = commands.add_parser("compare", help="is the new audit's system nearer to no bias than the old one's?")
    compare.add_argument("old", metavar="OLD")
    compare.add_argument("new", metavar="NEW")
    report = commands.add_parser("report", help="an audit for others to read, or its audit file; signed")
    report.add_argument("audit")
    report.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".html, .pdf or .json")
    report.add_argument("--against", metavar="OLD", help="an earlier audit that it is compared with")
    mitigate = commands.add_parser("mitigate", help="try something against the bias an audit has found, and judge it")
    mitigate.add_argument("audit")
    mitigate.add_argument(
        "--try", dest="mitigations", action="append", required=True, metavar="ID", help="may be repeated"
    )
    mitigate.add_argument("--limit", type=int, metavar="N", help="ask N items of each part (default: as the audit did)")
    mitigate.add_argument("--in-flight", type=int, default=8, metavar="N", help="items asked at once (default: 8)")
    mitigate.add_argument("--json", action="store_true")
    mitigations = commands.add_parser("mitigations", help="what can be tried, and what was")
    mitigations.add_argument("audit", nargs="?", default="", help="only what fits this one")
    verify = commands.add_parser("verify", help="was a file changed? 0: no, 1: yes, 2: no, but nobody signed it")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--key", default="", metavar="FINGERPRINT", help="signed with this key and no other")
    gate = commands.add_parser("gate", help="0: within the margin, 1: bias found or not to be trusted, 2: inconclusive")
    gate.add_argument("audit")


def _add_counterfactual(command: argparse.ArgumentParser) -> None:
    command.add_argument("text", nargs="?", default="", metavar="PROMPT", help="- reads it from stdin")
    command.add_argument("--history", action="store_true", help="the answers of your history instead of one prompt")
    command.add_argument("--resume", default="", metavar="AUDIT", help="go on with one that was stopped or cut off")
    command.add_argument("--list", action="store_true", help="the audits of your history made here")
    command.add_argument("--show", default="", metavar="AUDIT", help="one of them")
    command.add_argument(
        "--model", default="", metavar="ID", help="(default: the first, or who wrote most of the history)"
    )
    command.add_argument("--feature", choices=["chat", "translate", "summarize", "ask"], default="")
    command.add_argument(
        "--axis", default="", help="gender, nationality, religion, age or disability (default: the first found)"
    )
    command.add_argument(
        "--swap-to", default="", metavar="GROUP", help="whom to put in the place (default: a counterpart)"
    )
    command.add_argument(
        "--samples", type=int, metavar="N", help="answers to each prompt (default: 8; of the history 2)"
    )
    command.add_argument("--temperature", type=float, metavar="T", help="(default: a stated one)")
    command.add_argument("--max-tokens", type=int, default=512, metavar="N")
    command.add_argument("--precision", choices=["exact", "fast"], default="fast")
    command.add_argument("--system", default="", help="the system prompt of a chat")
    command.add_argument("--from", dest="source", default="", metavar="LANGUAGE", help="of a translation")
    command.add_argument("--to", default="", metavar="LANGUAGE")
    command.add_argument("--context", action="append", type=Path, metavar="FILE", help="to ask of; may be repeated")
    command.add_argument("--search", default="", metavar="WORDS", help="of the history: only chats that have them")
    command.add_argument("--since", default="", metavar="DAY", help="2026-11-25")
    command.add_argument("--until", default="", metavar="DAY")
    command.add_argument("--json", action="store_true")


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    from llmweb.settings import Settings, default_data_dir, quiet_environment

    settings = Settings((given.data_dir or default_data_dir()).expanduser().resolve(), engine=given.engine)
    quiet_environment()
    return exit_code(lambda: _done(settings, given), f"Stopped. {_goes_on(given)}".rstrip())


def _goes_on(given: argparse.Namespace) -> str:
    """After Ctrl+C."""
    if given.command != "counterfactual":
        return "The same command goes on from here."
    kept = "What was asked is kept. See it with: python -m evals counterfactual --list, go on with: --resume"
    return kept if given.history or given.resume else ""


def _done(settings: "Settings", given: argparse.Namespace) -> int:
    if given.command == "leaderboard":
        print(board(settings.database, given), end="")
        return 0
    from evals import commands
    from evals.bias.commands import verify_file

    if given.command == "audit" and given.audit_command == "verify":
        return verify_file(given)  # needs neither models nor what is stored
    with commands.opened(settings) as shell:
        return shell.run(given)


def board(database: Path, given: argparse.Namespace) -> str:
    """The boards asked for, written out."""
    from evals import leaderboard, tables
    from evals.standings import read_standings

    standings, pairs = read_standings(database, given.metric)
    shown = [standing for standing in standings if standing.suite.startswith(given.suite)]
    return tables.FORMATS[given.format](leaderboard.boards(shown, pairs, given.older))


if __name__ == "__main__":
    sys.exit(main())
