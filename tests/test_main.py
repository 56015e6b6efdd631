"""The shell: answers on stdout, words on stderr, exit codes for scripts."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from llmweb.__main__ import main
from llmweb.history import History, completion_from


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """shell("chat", "hi", stdin=b"…") -> exit code, on the scripted engine and a data directory of the test's own."""

    def run(*arguments: str, stdin: bytes = b"") -> int:
        piped = SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False)
        monkeypatch.setattr(sys, "stdin", piped)
        return main(["--engine", "scripted", "--data-dir", str(tmp_path), *arguments])

    return run


def test_a_chat_streams_its_answer_to_stdout(shell: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("chat", "Hello there") == 0
    assert capsys.readouterr() == ("You said: Hello there\n", "")


def test_text_comes_from_stdin_and_files_too(
    shell: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "message.txt"
    file.write_text("from a file", encoding="utf-8")
    assert shell("chat", "-", stdin="olá".encode()) == 0
    assert shell("chat", "--file", str(file)) == 0
    assert capsys.readouterr().out == "You said: olá\nYou said: from a file\n"


def test_json_carries_the_provenance_and_the_id_in_the_history(
    shell: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert shell("chat", "hi", "--json", "--seed", "7", "--temperature", "0.5", "--stop", "X") == 0
    printed = json.loads(capsys.readouterr().out)
    completion = completion_from(printed["completion"])
    assert (printed["answer"], completion.options.seed, completion.options.temperature) == ("You said: hi", 7, 0.5)
    assert completion.options.stop == ("X",)
    thread = History(tmp_path / "llmweb.sqlite3").thread(printed["id"])
    assert [entry.text for entry in thread] == ["hi", "You said: hi"]
    assert thread[1].completion == completion


def test_a_temporary_answer_is_not_kept(shell: Callable[..., int], tmp_path: Path) -> None:
    assert shell("chat", "secret", "--temporary") == 0
    assert History(tmp_path / "llmweb.sqlite3").chats() == []


def test_translate_says_the_text_in_the_other_language(
    shell: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell("translate", "--from", "en", "--to", "pt", "Good morning.") == 0
    assert capsys.readouterr().out == "[pt] Good morning.\n"


def test_a_file_is_translated_into_a_folder(
    shell: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.md").write_text("# Title\n\nGood morning.\n", encoding="utf-8")
    output = tmp_path / "out"
    arguments = ("--from", "en", "--to", "pt", "--file", str(tmp_path / "notes.md"), "-o", str(output))
    assert shell("translate", *arguments) == 0
    written = Path(capsys.readouterr().out.strip())
    assert written == output / "notes.pt.md"
    assert written.read_text(encoding="utf-8") == "# [pt] Title\n\n[pt] Good morning.\n"


def test_an_answer_not_in_the_text_has_an_exit_code_of_its_own(
    shell: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "text.txt"
    file.write_text("The tower was built in 1889. It is made of iron.", encoding="utf-8")
    assert shell("ask", "Who ate the zebra in Borneo?", "--context", str(file)) == 3
    assert capsys.readouterr().out == "Not in the text.\n"


def test_summaries_say_what_they_lack(shell: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("summarize", "-", "--length", "short", stdin=b"One short sentence.") == 0
    captured = capsys.readouterr()
    assert captured.out == "One short sentence.\n"
    assert "short" in captured.err


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("chat",), b"", "no message to answer"),
        (("chat", "-"), b"a\0b", "NUL"),
        (("chat", "hi", "--model", "nope"), b"", "No model 'nope'"),
        (("chat", "hi", "--preset", "Wild"), b"", "No preset 'Wild'. There are: Precise, Balanced, Creative."),
        (("chat", "hi", "--schema", "{"), b"", "JSON schema is not JSON"),
        (("chat", "--file", "missing.txt"), b"", "missing.txt"),
        (("translate", "--from", "en", "--to", "tlh", "hi"), b"", "tlh"),
        (("summarize", "-", "--length", "endless"), b"A text.", "No length 'endless'"),
        (("ask", " ", "--context", "-"), b"A text.", "no question"),
        (("models", "show", "nope"), b"", "No model 'nope'"),
        (("models", "add", "missing.gguf"), b"", "missing.gguf"),
    ],
)
def test_errors_are_words_on_stderr_and_exit_code_1(
    shell: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    stdin: bytes,
    words: str,
) -> None:
    assert shell(*arguments, stdin=stdin) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err


def test_models_are_listed_shown_and_unknown_to_this_machine(
    shell: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell("models", "list", "--json") == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["bergamot-en-pt"]["pairs"] == ["en-pt"]
    assert shell("models", "show", "smollm2-135m-instruct") == 0
    assert "licence: Apache-2.0" in capsys.readouterr().out


def test_weights_are_not_fetched_unless_agreed_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data-dir", str(tmp_path), "models", "download", "gemma-3-270m"]) == 4
    error = capsys.readouterr().err
    assert "253 MB" in error
    assert "Gemma" in error
    assert "--yes" in error


def test_ctrl_c_ends_a_chat_with_exit_code_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "llmweb", "--engine", "scripted", "--data-dir", str(tmp_path), "chat", "word " * 300],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.read(4) == b"You "
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.endswith(b"Stopped.\n")
    assert time.monotonic() - began < 10
