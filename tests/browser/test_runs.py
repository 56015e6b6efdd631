"""The Runs page as a person uses it, in Chromium, on the scripted engine."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from evals.metrics import metric
from evals.records import OutputRow, QueuedRow
from evals.scoring import judge
from evals.store import Store
from evals.suites import SUITES
from tests.browser.conftest import fill_in
from tests.evals.small import planned, translations

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Serve = Callable[..., str]
HERE = "/?tab=runs"
NARROW = 390


def under_way(page: Page) -> Locator:
    return page.locator("#runs-live .run")


def line(page: Page, system: str) -> Locator:
    return page.locator("#runs-list .run", has_text=system)


def test_a_run_is_started_stopped_gone_on_with_read_and_compared(window: Open, serve: Serve) -> None:
    page = window(serve("--engine", "scripted", "--no-download") + HERE)
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(page.get_by_role("button", name="Run the starter")).to_be_visible()
    page.locator("#runs-new > button").click()
    page.get_by_label("SmolLM2 135M Instruct").uncheck()
    fill_in(page.locator("#runs-limit input"), "", page.locator("#runs-note"), "2 runs, 264 samples.")
    page.locator("#runs-go").click()

    expect(under_way(page).filter(has_text="Bergamot")).to_contain_text(re.compile(r"[1-9]\d* of 132 · .*s so far"))
    under_way(page).get_by_role("button", name="Stop").click()
    stopped = line(page, "Bergamot")
    expect(stopped).to_contain_text(re.compile(r"Stopped · [1-9]\d* of 132 asked"))
    expect(line(page, "baseline/copy-source")).to_contain_text(re.compile(r"chrf2 \d+\.\d \(.*\), n = 132"))
    page.reload()
    stopped.get_by_role("button", name="Go on").click()
    expect(stopped).to_contain_text(re.compile(r"chrf2 \d+\.\d \(.*\), n = 132"))
    expect(under_way(page)).to_have_count(0)

    stopped.get_by_role("link").click()
    worst = page.locator("#runs-body .sample").first
    name = worst.locator(".sample-id").inner_text()
    worst.get_by_role("link").click()
    expect(page.locator("#runs-body .sample")).to_have_count(1)
    expect(page).to_have_url(re.compile(rf"\?tab=runs&run=[0-9a-f]{{12}}&sample={name}$"))
    page.reload()
    expect(page.locator("#runs-body .sample-id")).to_have_text(name)
    page.get_by_role("link", name="Its other samples").click()
    search = page.get_by_label("Search samples")
    search.press_sequentially("typed quicker than answers come")
    expect(page.locator("#runs-body .sample")).to_have_count(0)
    expect(search).to_have_value("typed quicker than answers come")
    search.fill("")
    expect(page.locator("#runs-body .sample").first).to_be_visible()

    page.locator("#runs-with input").click()
    page.get_by_role("option", name="baseline/copy-source").click()
    expect(page.locator("#runs-head .verdict")).to_have_text(re.compile("A and B|A is"))
    expect(page.locator("#runs-body mark.differs").first).to_contain_text("[pt]")
    expect(page).to_have_url(re.compile(r"\?tab=runs&run=[0-9a-f]{12}&with=[0-9a-f]{12}$"))


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, str, str]:
    """A data folder with two finished runs, of the Arabic kind, one of them with errors, and one left in the queue."""
    folder = tmp_path / "stored"
    store = Store(folder / "llmweb.sqlite3")
    suite = replace(translations(12), target="ar", title="A title that somebody brought along with a file <b>" * 2)
    runs = []
    for system, word in (("gpt2@exact", "الشاي"), ("gpt2@fast", "القهوة")):
        run = store.begin(planned(suite, system), suite)
        for place, sample in enumerate(suite.samples):
            rows = {name: metric(name, "ar").statistics([word], [sample])[0].tolist() for name in suite.metrics}
            given = OutputRow(sample.id, f"{word} {place} <img src=x onerror=alert(1)>", statistics=rows)
            failed = OutputRow(sample.id, error="No " + "memory" * 40)
            store.keep(run.id, failed if place == 3 and word == "الشاي" else given)
        judged = judge(run, suite, store)
        store.finish(run.id, judged.scores, judged.comparisons)
        runs.append(run.id)
    copied = SUITES["translate/en-pt"]()
    store.queue([(copied, QueuedRow(copied.sha256, "baseline/copy-source", {"stop": []}, 5, False))])
    return folder, runs[0], runs[1]


def test_an_address_opens_two_runs_on_a_phone_and_nothing_in_them_runs_or_sticks_out(
    window: Open, serve: Serve, stored: tuple[Path, str, str]
) -> None:
    folder, one, other = stored
    address = serve("--engine", "scripted", "--no-download", data_dir=folder)
    page = window(f"{address}{HERE}&run={one}&with={other}", width=NARROW)
    expect(page.locator("#runs-head .verdict")).to_be_visible()
    marks = page.locator("#runs-body mark.differs")
    expect(marks.first).to_have_text("الشاي")
    assert marks.first.evaluate("e => getComputedStyle(e.closest('.plain-text')).direction") == "rtl"
    assert page.locator("#runs-body img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    heights = page.locator("#runs-one button:visible").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert min(heights) >= 40

    page.get_by_role("link", name="All runs").click()
    expect(line(page, "exact")).to_be_visible()
    targets = page.locator("#runs-overview :is(button, a):visible")
    assert min(targets.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")) >= 40
    line(page, "exact").get_by_role("link").click()
    page.get_by_role("button", name="Show errors").click()
    expect(page.locator("#runs-body .sample")).to_have_count(1)
    expect(page.locator("#runs-body .sample-error")).to_contain_text("memorymemory")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW

    page.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(line(page, "exact")).to_have_count(0)
    page.locator("#runs-live").get_by_role("button", name="Go on").click()
    expect(line(page, "baseline/copy-source")).to_contain_text("n = 5")

    page.get_by_role("tab", name="Models").click()
    link = f"<a data-tab-link href='?tab=runs&run={other}'>Its run</a>"
    page.locator("#models-page").evaluate("(element, link) => element.insertAdjacentHTML('afterbegin', link)", link)
    page.get_by_role("link", name="Its run").click()
    expect(page.locator("#runs-head .by")).to_have_text("GPT-2 · fast")
    expect(page).to_have_url(re.compile(rf"\?tab=runs&run={other}$"))
    page.get_by_role("button", name="Score again").click()
    expect(page.locator("#runs-head")).to_contain_text("The stored outputs were scored again")
