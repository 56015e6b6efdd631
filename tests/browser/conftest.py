"""A Chromium, and the app on the scripted engine in a process of its own, as a person starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from llmweb.catalog import MODELS
from llmweb.types import Weights

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: tests/requirements.txt")

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
START_SECONDS = 90
# Two slow cores stream 400 words in 10 s.
WAIT_MILLISECONDS = 30_000
sync_api.expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator["sync_api.BrowserContext"]:
    """One profile for all tests, so that Chromium reads and compiles the page's scripts once."""
    found = [path for path in CHROMIUM if Path(path).exists()]
    if not found:
        pytest.skip(f"No Chromium in any of {', '.join(CHROMIUM)}.")
    with sync_api.sync_playwright() as playwright:
        profile = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=found[0], args=QUIET, locale="en-US"
        )
        profile.set_default_timeout(WAIT_MILLISECONDS)
        yield profile
        profile.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One app on the scripted engine for all tests of a session; each test makes chats of its own."""
    with running(tmp_path_factory.mktemp("data"), "--engine", "scripted", "--no-download") as address:
        yield address


@pytest.fixture(scope="session")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One app on the real engines whose weights are not there, but for those that came with the app."""
    with running(tmp_path_factory.mktemp("bare"), "--no-download") as address:
        yield address


@pytest.fixture(scope="session")
def real_app(
    tmp_path_factory: pytest.TempPathFactory,
    weights_dir: Path,
    default_weights: Callable[[str], Weights],
) -> Iterator[str]:
    """The app on the real default weights, with a history of its own."""
    for spec in MODELS:
        if spec.default:
            default_weights(spec.id)
    data_dir = tmp_path_factory.mktemp("real")
    (data_dir / "models").symlink_to((weights_dir / "models").resolve())
    with running(data_dir, "--no-download") as address:
        yield address


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """serve(*arguments, data_dir=…) -> address of an app of the test's own, for what is set before the start."""
    with ExitStack() as started:

        def start(*arguments: str, data_dir: Path = tmp_path / "own") -> str:
            data_dir.mkdir(exist_ok=True)
            return started.enter_context(running(data_dir, *arguments))

        yield start


@contextmanager
def running(data_dir: Path, *arguments: str) -> Iterator[str]:
    """The address of the app in a process of its own, which ends with the block."""
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--data-dir", str(data_dir), *arguments]
    with (data_dir / "output.txt").open("wb") as output:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(address, process, data_dir / "output.txt")
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def window(chromium: "sync_api.BrowserContext", app: str) -> Iterator[Callable[..., "sync_api.Page"]]:
    """window(path, width, height) -> a page; what pages keep in the browser is gone by the next test. Fails the test if
    a script of it failed."""
    pages: list[sync_api.Page] = []
    failures: list[str] = []

    def open_window(path: str = "/?tab=chat", width: int = 1280, height: int = 800) -> "sync_api.Page":
        page = chromium.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(path if path.startswith("http") else app + path, wait_until="domcontentloaded")
        # The list of chats comes from the page's load event: handlers are in place by then, whatever the tab.
        page.locator("#chat-list :is(nav, p)").first.wait_for(state="attached")
        return page

    yield open_window
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
    chromium.clear_cookies()
    chromium.clear_permissions()
    assert failures == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(address: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"The app ended with {process.returncode}:\n{output.read_text()}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"The app was not up after {START_SECONDS} s:\n{output.read_text()}")


def fill_in(field: "sync_api.Locator", value: str, shown: "sync_api.Locator", words: str) -> None:
    """Fill a field until the page says so: one that a fold has only now drawn may be set back by its first drawing."""
    from playwright.sync_api import expect

    for _ in range(5):
        field.fill(value)
        field.blur()
        try:
            expect(shown).to_contain_text(words, timeout=5_000)
        except AssertionError:
            continue
        return
    expect(shown).to_contain_text(words)
