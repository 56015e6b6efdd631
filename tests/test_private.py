"""Nothing leaves the machine unasked: every process of the tree is watched at the system call, forks included."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from llmweb.types import Weights

CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
LOOPBACK = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "(::1|::ffff:127\.)|sa_family=AF_(UNIX|NETLINK|UNSPEC)')

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed (Debian: strace)")


class Watched:
    """A command under watch: empty HOME, CI unset, so that no library takes this for a test."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        home = folder / "home"
        home.mkdir()
        environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(home)}
        self.trace = folder / "trace.txt"
        watch = ["strace", "-f", "--seccomp-bpf", "-e", CALLS, "-o", str(self.trace)]
        self.process = subprocess.Popen(
            [*watch, sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def ended(self) -> str:
        output, _ = self.process.communicate(timeout=300)
        return output.decode()

    def outbound(self) -> list[str]:
        """Calls that name an address outside this machine."""
        calls = [line for line in self.trace.read_text(errors="replace").splitlines() if "sa_family=" in line]
        return [call for call in calls if not LOOPBACK.search(call)]


@pytest.fixture
def home_with_weights(default_weights: Callable[[str], Weights], weights_dir: Path) -> Path:
    for model in ("smollm2-135m-instruct", "all-minilm-l6-v2"):
        default_weights(model)
    return weights_dir


def test_the_watch_sees_an_address_outside(tmp_path: Path) -> None:
    # Connecting a datagram socket sends nothing. 192.0.2.0/24 is for documentation (RFC 5737).
    script = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    watched = Watched(tmp_path, ["-c", script])
    watched.ended()
    assert len(watched.outbound()) == 1
    assert "192.0.2.1" in watched.outbound()[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chat", "What is the capital of France?", "--max-tokens", "12"], "Paris"),
        (["translate", "--from", "en", "--to", "pt", "How are you today?"], "Como você está hoje?"),
        (["ask", "When was the bridge opened?", "--context", "TEXT"], "1932"),
    ],
    ids=["chat", "translate", "ask"],
)
def test_a_command_on_real_weights_connects_to_nobody(
    tmp_path: Path, home_with_weights: Path, arguments: list[str], said: str
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The bridge was opened in 1932. It crosses the harbour.", encoding="utf-8")
    arguments = [str(text) if argument == "TEXT" else argument for argument in arguments]
    watched = Watched(tmp_path, ["-m", "llmweb", "--data-dir", str(home_with_weights), *arguments, "--temporary"])
    assert said in watched.ended()
    assert watched.outbound() == []


@pytest.mark.slow
def test_the_app_with_its_weights_connects_to_nobody(tmp_path: Path, home_with_weights: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    watched = Watched(tmp_path, ["app.py", "--port", str(port), "--data-dir", str(home_with_weights)])
    page = b""
    deadline = time.monotonic() + 120
    while not page and time.monotonic() < deadline:
        try:
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
        except OSError:
            time.sleep(0.5)
    assert b"LLM Web" in page
    time.sleep(5)  # a version check in the background would come now
    psutil.Process(watched.process.pid).children()[0].send_signal(signal.SIGINT)
    watched.ended()
    assert watched.outbound() == []
