"""The programs we are compared with: each in a virtual environment of its own, as a process that loads once.

Owns the environments and the conversation with peer_worker.py, which runs inside them.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# kind → what its environment holds. The versions are those the product pins, or the newest at the time of measuring.
REQUIREMENTS = {
    "transformers": ("torch==2.13.0", "transformers==5.23.0", "accelerate==1.15.0", "gguf==0.19.0"),
    "llamacpp": ("xllamacpp==2026.10.11549",),
    "harness": (
        "torch==2.13.0",
        "transformers==5.23.0",
        "accelerate==1.15.0",
        "gguf==0.19.0",
        "lm_eval[hf]==0.4.13",
    ),
}
WORKER = Path(__file__).parent / "peer_worker.py"


@dataclass(frozen=True, slots=True)
class Writing:
    """Some prompts answered: wall seconds for all of them, tokens read and written for each."""

    seconds: float
    tokens_in: tuple[int, ...]
    tokens_out: tuple[int, ...]

    @property
    def tokens_per_second(self) -> float:
        """Written by all together, the reading of the prompts included."""
        return sum(self.tokens_out) / self.seconds


class Peer:
    """A running peer. settings are the arguments of its function in peer_worker.py."""

    def __init__(self, kind: str, folder: Path, gguf: Path, settings: dict[str, Any]) -> None:
        self.name = f"{kind} {', '.join(f'{name} {value}' for name, value in settings.items() if name != 'converted')}"
        command = [str(environment(kind, folder)), str(WORKER), kind, str(gguf), json.dumps(settings)]
        # Waiting OpenMP threads that spin made torch 3 to 15 times slower on two cores.
        quiet = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
        self._log = (folder / f"{kind}.log").open("ab")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, env=quiet
        )

    def write(self, prompts: Sequence[str], tokens: int) -> Writing:
        reply = self.ask({"prompts": list(prompts), "tokens": tokens})
        return Writing(reply["seconds"], tuple(reply["tokens_in"]), tuple(reply["tokens_out"]))

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The reply to one line. Raises RuntimeError, naming the log file, if the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with code {self._process.wait()}; see {self._log.name}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._log.close()


def environment(kind: str, folder: Path) -> Path:
    """The Python of a peer's environment, made and filled the first time."""
    home = folder / kind
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    filled = home / "requirements.txt"
    wanted = "\n".join(REQUIREMENTS[kind]) + "\n"
    if not filled.exists() or filled.read_text() != wanted:
        print(f"Installing {', '.join(REQUIREMENTS[kind])}", flush=True)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS[kind]], check=True)
        filled.write_text(wanted)
    return python
