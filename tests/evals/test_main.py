"""The shell of evals: what it prints, its exit codes, and how little it loads."""

import csv
import io
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.comparisons import Comparison
from evals.gate import decide
from evals.records import OutputRow, VoteRow
from evals.store import Store
from evals.tables import FORMATS
from tests.evals.small import planned, suite
from tests.evals.small import translations as small

ROOT = Path(__file__).parent.parent.parent
HEAVY = {"torch", "transformers", "gradio", "pandas", "scipy", "numpy", "sqlite_utils", "openvino_genai"}
Shell = Callable[..., int]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """shell("list") -> exit code, on the scripted engine and a data directory of the test's own."""
    return lambda *arguments: main(["--engine", "scripted", "--data-dir", str(tmp_path), *arguments])


def runs_of(folder: Path) -> dict[str, str]:
    """System → run id."""
    return {run.system: run.id for run in Store(folder / "llmweb.sqlite3").runs()}


def test_suites_are_listed_with_who_can_take_them(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("list") == 0
    shown = capsys.readouterr().out
    lines = shown[shown.index("translate/pt-en") :].splitlines()
    assert lines[0].startswith("translate/pt-en: Portuguese to English, ")
    assert lines[1:3] == ["    baseline/copy-source", "    smollm2-135m-instruct@exact"]
    assert "    bergamot-pt-en@exact" in lines[: lines.index(next(x for x in lines if x.startswith("translate/en-zh")))]


def test_a_run_ends_with_its_board_and_stands(shell: Shell, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ("run", "translate/en-pt", "--model", "bergamot-en-pt", "--limit", "4")
    assert shell(*command) == 0
    first = capsys.readouterr()
    runs = runs_of(tmp_path)
    assert set(runs) == {"baseline/copy-source", "bergamot-en-pt@exact"}
    assert first.out.startswith(
        "English to Portuguese (translate/en-pt): chrf2, higher is better, 4 samples, CC0-1.0\n"
    )
    assert "translate/en-pt  bergamot-en-pt@exact, 4 of 4, about" in first.err
    assert shell(*command) == 0
    again = capsys.readouterr()
    assert again.out == first.out
    assert f"4 of 4, run {runs['bergamot-en-pt@exact']}, stood already" in again.err
    assert runs_of(tmp_path) == runs
    assert shell("leaderboard") == 0
    assert capsys.readouterr().out == first.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "poems"), "No suite 'poems'. Known: all, translate/en-pt"),
        (("run", "ask", "--model", "gpt5"), "No model 'gpt5'"),
        (("run", "translate/en-pt", "--model", "bergamot-pt-en"), "does not translate en → pt"),
        (("run", "ask", "--limit", "0"), "The limit is 0"),
        (("run", "ask", "--in-flight", "0"), "0 samples in flight; ask at least 1"),
        (("compare", "one", "two"), "There is no run 'one'"),
        (("delete", "one"), "There is no run 'one'"),
    ],
)
def test_what_cannot_be_done_is_said_and_fails(
    shell: Shell, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert shell(*arguments) == 1
    assert said in capsys.readouterr().err


def test_weights_that_are_not_here_have_their_own_exit_code_and_nothing_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data-dir", str(tmp_path), "run", "ask", "--model", "smollm2-135m-instruct"]) == 4
    assert "python -m llmweb models download smollm2-135m-instruct" in capsys.readouterr().err
    assert runs_of(tmp_path) == {}


def test_a_board_of_one_suite_is_shown_without_the_others(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell("run", "ask", "--model", "smollm2-135m-instruct", "--limit", "3")
    capsys.readouterr()
    assert shell("run", "translate/en-pt", "--model", "bergamot-en-pt", "--limit", "3") == 0
    shown = capsys.readouterr().out
    assert (shown.count("is better"), shown.count("(translate/en-pt)")) == (1, 1)
    assert shell("leaderboard", "--suite", "ask") == 0
    shown = capsys.readouterr().out
    assert (shown.count("is better"), shown.count("(ask/en)")) == (1, 1)


def test_a_run_is_exported_listed_scored_again_and_deleted(
    shell: Shell, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shell("run", "ask", "--model", "smollm2-135m-instruct", "--limit", "3")
    run = runs_of(tmp_path)["baseline/passage-sentence"]
    capsys.readouterr()

    assert shell("export", run) == 0
    header, *samples = map(json.loads, capsys.readouterr().out.splitlines())
    assert (header["run"]["id"], [score["metric"] for score in header["scores"]]) == (run, ["f1", "exact-match"])
    assert len(samples) == 3
    assert all(each["output"] in " ".join(each["facts"]["passage"].split()) for each in samples)
    values = [each["scores"]["f1"] for each in samples]
    assert sum(values) / 3 == pytest.approx(header["scores"][0]["value"])

    assert shell("export", run, "--format", "csv", "-o", str(tmp_path / "run.csv")) == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "run.csv").read_text(encoding="utf-8"))))
    assert [(row["sample"], row["output"], float(row["f1"])) for row in rows] == [
        (each["sample"], each["output"], each["scores"]["f1"]) for each in samples
    ]

    assert shell("rescore", run) == 0
    assert capsys.readouterr().out.startswith(f"f1: {header['scores'][0]['value']:.2f}, 3 of 3 scored, F1|norm:squad2")

    assert shell("delete", run) == 0
    assert shell("list", "--runs") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"Deleted run {run}: baseline/passage-sentence on ask/en."
    assert [line.split()[-1] for line in shown[1:]] == ["smollm2-135m-instruct@exact"]


@pytest.fixture
def judged(tmp_path: Path) -> dict[str, str]:
    """Runs on 40 instructions that ask for no digits: name → id. good follows all, fair 36, poor 4."""
    from evals.types import Sample

    checks = {"checks": [{"kind": "no_digits"}]}
    asked = suite("instruct", tuple(Sample(f"s{place}", "Say a word.", facts=checks) for place in range(40)))
    store, runs = Store(tmp_path / "llmweb.sqlite3"), {}
    for name, right in (("good", 40), ("fair", 36), ("poor", 4)):
        runs[name] = run = store.begin(replace(planned(asked, name), asked=40), asked).id
        for place in range(40):
            value = float(place < right)
            store.keep(run, OutputRow(f"s{place}", "word", statistics={"instructions-strict": [value, 1.0]}))
        store.finish(run, [], [])
    return runs


@pytest.mark.parametrize(
    ("candidate", "baseline", "drop", "code", "said"),
    [
        ("good", "fair", "0", 0, "pass: instructions-strict, at most 0 may be lost. Nothing is sure between A and B."),
        ("fair", "good", "5", 2, "inconclusive: "),
        ("fair", "good", "30", 0, "pass: "),
        ("poor", "good", "5", 1, "fail: instructions-strict, at most 5 may be lost. A is worse than B."),
    ],
)
def test_a_gate_opens_by_the_interval(
    shell: Shell,
    capsys: pytest.CaptureFixture[str],
    judged: dict[str, str],
    candidate: str,
    baseline: str,
    drop: str,
    code: int,
    said: str,
) -> None:
    arguments = ("gate", "--baseline", judged[baseline], "--candidate", judged[candidate], "--max-drop", drop)
    assert (shell(*arguments), capsys.readouterr().out[: len(said)]) == (code, said)


def test_a_gate_where_lower_is_better_turns_the_interval_round() -> None:
    rising = Comparison(1.0, 2.0, 1.0, 0.5, 1.5, 0.25, 0.01, "t", 50, 50, 50, False, "bits")
    assert [decide(rising, drop) for drop in (2.0, 1.0, 0.25)] == ["pass", "inconclusive", "fail"]
    assert decide(replace(rising, higher_is_better=True), 0.0) == "pass"
    assert decide(replace(rising, low=None), 99.0) == "inconclusive"


def test_two_runs_are_compared_in_words(
    shell: Shell, capsys: pytest.CaptureFixture[str], judged: dict[str, str]
) -> None:
    assert shell("compare", judged["poor"], judged["good"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"A: poor (run {judged['poor']})",
        f"B: good (run {judged['good']})",
        "instruct/small, CC0-1.0",
        "",
        "instructions-strict: A is worse than B. A 10.00, B 100.00, A - B -90.00 [-97.50, -80.00], p < 0.0001 "
        "(mcnemar-exact), 40 of 40 samples.",
    ]
    assert shell("compare", judged["fair"], judged["good"], "--json") == 0
    facts = json.loads(capsys.readouterr().out)["metrics"]["instructions-strict"]
    assert (facts["difference"], facts["scored"], facts["p_value"], facts["verdict"]) == (
        -10.0,
        40,
        0.125,
        "inconclusive",
    )


def test_a_run_interrupted_in_the_shell_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "evals", "--engine", "scripted", "--data-dir", str(tmp_path)]
    command += ["run", "instruct", "--model", "smollm2-135m-instruct", "--in-flight", "2", "--limit", "40"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    store = Store(tmp_path / "llmweb.sqlite3")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        runs = [run for run in store.runs() if run.system.startswith("smollm2")]
        if runs and len(store.done(runs[0].id)) >= 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("Stopped. The same command goes on from here.\n")
    assert store.runs()[0].status == "cancelled"
    done = len(store.done(runs[0].id))
    assert 3 <= done < 40


@pytest.mark.parametrize("arguments", [["--help"], ["leaderboard"], ["leaderboard", "--format", "json"]])
def test_help_and_leaderboard_load_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    store = Store(tmp_path / "llmweb.sqlite3")
    store.finish(store.begin(planned(small()), small()).id, [], [])
    program = f"""
import sys
from evals.__main__ import main
try:
    main(["--data-dir", {str(tmp_path)!r}, *{arguments!r}])
except SystemExit:
    pass
print(sorted({HEAVY!r} & sys.modules.keys()))
"""
    shown = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def processor_seconds(*arguments: str) -> float:
    """Of the quickest of eight processes: what others do on the machine counts least."""
    taken = []
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


@pytest.mark.bench
@pytest.mark.parametrize("command", ["--help", "leaderboard"])
def test_help_and_leaderboard_take_at_most_five_times_an_empty_program(tmp_path: Path, command: str) -> None:
    empty = processor_seconds("-c", "pass")
    assert processor_seconds("-m", "evals", "--data-dir", str(tmp_path), command) <= 5 * empty


def test_the_formats_of_the_leaderboard_are_those_there_are() -> None:
    from evals.__main__ import parser

    for name in FORMATS:
        assert parser().parse_args(["leaderboard", "--format", name]).format == name
    with pytest.raises(SystemExit):
        parser().parse_args(["leaderboard", "--format", "xml"])


def test_votes_are_rated_and_exported(shell: Shell, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert shell("votes") == 0
    assert capsys.readouterr().out == "No vote counts yet.\n"
    store = Store(tmp_path / "llmweb.sqlite3")
    asked = [{"role": "user", "text": "hi"}]
    sides = [{"system": name, "asked": asked, "text": name} for name in ("one@fast", "two@fast")]
    for number, choice in enumerate(["0", "0", "1", "tie"]):
        store.keep_vote(VoteRow(f"c{number}", "hi", sides, True, choice, ""))
    store.keep_vote(VoteRow("c9", "hi", sides, True, "0", "A was cut off"))
    assert shell("votes") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in shown[:2]] == [["1-2", "one@fast"], ["1-2", "two@fast"]]
    assert shown[2].startswith(
        "4 votes, 4 of them blind; not counted: 1 as an answer was cut off. one@fast and two@fast are not surely"
    )
    assert shell("votes", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["votes"], facts["flips"], facts["prior"]) == (4, {"votes": 1, "exact": True}, "")
    assert shell("votes", "export", "-o", str(tmp_path / "pairs.jsonl")) == 0
    assert capsys.readouterr().err == "3 preference pairs.\n"
    pairs = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert [pair["chosen"][0]["content"] for pair in pairs] == ["one@fast", "one@fast", "two@fast"]
    assert pairs[0].keys() == {"prompt", "chosen", "rejected"}
