"""Reports and their verification from a shell: what is printed, and the exit codes scripts can rely on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evals import sign
from evals.__main__ import main
from evals.bias.ledger import Ledger
from evals.store import Store

Shell = Callable[..., int]
FILES = ("audit.html", "audit.pdf", "audit.json")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return lambda *arguments: main(["--engine", "scripted", "--data-dir", str(tmp_path / "data"), "audit", *arguments])


@pytest.fixture
def audit(shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    chosen = ("--suite", "control", "--suite", "occupation-pairs", "--limit", "6")
    assert shell("run", "--model", "smollm2-135m-instruct", *chosen) == 0
    capsys.readouterr()
    return Ledger(Store(tmp_path / "data" / "llmweb.sqlite3").path).audits()[0].id


def test_a_report_of_each_form_is_written_and_verified(
    shell: Shell, audit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in FILES:
        assert shell("report", audit[:6], "-o", str(tmp_path / name)) == 0
        assert f"{name}: unchanged, signed 20" in capsys.readouterr().out
        assert shell("verify", str(tmp_path / name)) == 0
        assert "with key " in capsys.readouterr().out
    assert shell("report", audit, "-o", str(tmp_path / "audit.docx")) == 1
    assert "ends in .html, .pdf or .json" in capsys.readouterr().err
    assert shell("report", "nothing", "-o", str(tmp_path / "audit.html")) == 1
    assert "There is no audit 'nothing'" in capsys.readouterr().err


def test_one_changed_character_fails_with_its_row(
    shell: Shell, audit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "audit.json"
    assert shell("report", audit, "-o", str(file)) == 0
    text = file.read_text()
    line = next(line for line in text.splitlines() if '"kind":"item"' in line)
    number = text.splitlines().index(line)
    file.write_text(text.replace(line, line.replace('"reviewed":false', '"reviewed":true')))
    capsys.readouterr()
    assert shell("verify", str(file)) == 1
    assert capsys.readouterr().err.startswith(f"Row {number} (item {json.loads(line.rstrip(','))['id']}) was changed")


def test_a_wrong_key_fails_and_an_unsigned_file_says_so(
    shell: Shell, audit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "audit.json"
    assert shell("report", audit, "-o", str(file)) == 0
    signature = sign.read(file.read_bytes()).signature
    assert signature is not None
    assert shell("verify", "--key", signature.fingerprint, str(file)) == 0
    assert shell("verify", "--key", "0123 4567", str(file)) == 1
    assert "not with 0123 4567" in capsys.readouterr().err
    file.write_bytes(sign.write(sign.read(file.read_bytes()).rows, None, ""))
    assert shell("verify", str(file)) == 2
    assert "nobody signed it, so anybody could have made it" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_said(shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("verify", str(tmp_path / "gone.json")) == 1
    assert "gone.json cannot be read: No such file" in capsys.readouterr().err
    assert not (tmp_path / "data").exists(), "verifying needs no data directory"
