"""How commands end for a shell: the output that nobody reads any more. The other ends are tested with each command."""

import subprocess
import sys
from pathlib import Path

import pytest

from llmweb.exits import UNREAD


@pytest.mark.parametrize("command", [["evals", "list"], ["llmweb", "models", "list"]])
def test_a_reader_that_closes_its_pipe_ends_the_command_quietly(command: list[str], tmp_path: Path) -> None:
    module, *arguments = command
    whole = [sys.executable, "-m", module, "--data-dir", str(tmp_path), "--engine", "scripted", *arguments]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.close()
        _, said = process.communicate()
    assert said == b""
    assert process.returncode == UNREAD
