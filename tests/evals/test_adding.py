"""Suites of one's own in the shell: added, listed, run, ranked, replaced and removed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.readers import FORMATS
from evals.store import Store
from evals.suites import SUITES, known

Shell = Callable[..., int]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return lambda *arguments: main(["--engine", "scripted", "--data-dir", str(tmp_path / "home"), *arguments])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "llmweb.sqlite3")


def table(folder: Path, rows: int, name: str = "news.tsv") -> str:
    text = "".join(f"Sentence {row} is here.\tFrase {row} está aqui.\n" for row in range(rows))
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


ADD = ("suite", "add", "--format", "parallel", "--from", "en", "--to", "pt", "--licence", "CC BY 4.0")
NUMBERED = ("--column", "source=1", "--column", "references=2")


def test_a_suite_of_ones_own_is_listed_run_and_ranked_with_its_licence(
    shell: Shell, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(*ADD, table(tmp_path, 4), *NUMBERED) == 0
    assert capsys.readouterr().out == (
        "Added translate/news: 4 samples, chrf2, bleu, chrf2++, ter, licence CC BY 4.0. "
        "Run it with: python -m evals run translate/news\n"
    )
    assert shell("list") == 0
    shown = capsys.readouterr().out
    listed = shown[shown.index("translate/news") :].splitlines()
    assert listed[0] == "translate/news: news, 4 samples, chrf2, bleu, chrf2++, ter, CC BY 4.0"
    assert "    bergamot-en-pt@exact" in listed
    assert shell("run", "translate/news", "--model", "bergamot-en-pt") == 0
    heading = "news (translate/news): chrf2, higher is better, 4 samples, CC BY 4.0\n"
    assert capsys.readouterr().out.startswith(heading)
    assert shell("leaderboard", "--format", "md") == 0
    assert capsys.readouterr().out.startswith(f"### {heading}")
    assert shell("leaderboard", "--format", "json") == 0
    assert [board["licence"] for board in json.loads(capsys.readouterr().out)] == ["CC BY 4.0"]
    one, other = (run.id for run in store.runs())
    assert shell("compare", one, other) == 0
    assert "\ntranslate/news, CC BY 4.0\n" in capsys.readouterr().out


def test_the_same_name_again_replaces_the_samples_and_runs_on_shared_ones_compare(
    shell: Shell, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for rows, model in ((4, "bergamot-en-pt"), (6, "nllb-200-distilled-600m")):
        shell(*ADD, table(tmp_path, rows), *NUMBERED)
        assert shell("run", "translate/news", "--model", model) == 0
    assert {name: len(build().samples) for name, build in known(store).items() if name not in SUITES} == {
        "translate/news": 6
    }
    assert sorted(run.asked for run in store.runs()) == [4, 4, 6, 6]
    newer, older = (next(run.id for run in store.runs() if run.system.startswith(name)) for name in ("nllb", "berg"))
    capsys.readouterr()
    assert shell("compare", newer, older) == 0
    said = capsys.readouterr().out
    assert "Not all samples are the same in both: compared on those that are." in said
    assert "4 of 4 samples" in said


def test_a_removed_suite_leaves_its_runs(
    shell: Shell, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell(*ADD, table(tmp_path, 4), *NUMBERED)
    shell("run", "translate/news", "--model", "bergamot-en-pt")
    shell(*ADD, table(tmp_path, 5, "other.tsv"), *NUMBERED)
    asked, unused = store.own_suites().values()
    assert shell("suite", "remove", "translate/news") == 0
    assert shell("suite", "remove", "translate/other") == 0
    assert store.own_suites() == {}
    assert len(store.suite(asked).samples) == 4
    assert shell("export", store.runs()[0].id) == 0
    capsys.readouterr()
    assert shell("suite", "remove", "translate/news") == 1
    assert capsys.readouterr().err.startswith("There is no suite 'translate/news' of your own.")
    assert shell("run", "translate/news") == 1
    assert capsys.readouterr().err.startswith("No suite 'translate/news'. Known: all, translate/en-pt")
    assert unused != asked
    shell(*ADD, table(tmp_path, 5, "again.tsv"), *NUMBERED)  # the samples no run has asked are gone, and may come again
    assert [*store.own_suites()] == ["translate/again"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--id", "en-pt"), "translate/en-pt is one of the suites that come with the program. Name yours with --id."),
        (("--column", "source"), "--column 'source' is not ROLE=COLUMN"),
        (
            ("--column", "sorce=1"),
            "No column of parallel is a 'sorce'. There are: source, references; may",
        ),
        (("--licence", ""), "Which licence does news.tsv come under?"),
        (("--format", "poems"), "No format 'poems'."),
        (("--id", "—"), "'—' has no Latin letter or digit to call the suite by."),
    ],
)
def test_what_cannot_be_added_is_said(
    shell: Shell, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert shell(*ADD, table(tmp_path, 2), *NUMBERED, *more) == 1
    assert capsys.readouterr().err.startswith(said)
    assert store.own_suites() == {}


def test_samples_that_are_there_under_another_name_are_refused(
    shell: Shell, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell(*ADD, table(tmp_path, 2), *NUMBERED)
    assert shell(*ADD, table(tmp_path, 2), *NUMBERED, "--id", "twin") == 1
    assert capsys.readouterr().err.startswith("translate/news has these very samples.")
    assert shell(*ADD, table(tmp_path, 2), *NUMBERED, "--title", "The news") == 0
    assert store.suite(store.own_suites()["translate/news"]).title == "The news"


def test_the_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["suite", "add", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert ", ".join([*FORMATS][:-1]) + f" or {[*FORMATS][-1]}" in shown
