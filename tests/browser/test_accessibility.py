"""What axe-core finds on every page, empty and with content, light and dark: nothing that hinders anybody.

With Gradio 6.31.0 that holds for its components too. Where a newer one breaks a rule, mend it in frame.js from outside.
"""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from llmweb.runtime import open_runtime
from llmweb.settings import Settings
from tests.browser.conftest import running
from tests.evals.small import translations

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PAGES = ("Chat", "Translate", "Summarize", "Ask", "Compare", "Leaderboard", "Runs", "Bias", "Models")
HINDERS = ("moderate", "serious", "critical")


class Findings:
    """(rule, selector, scene) of everything found so far."""

    def __init__(self, page: Page) -> None:
        self.page, self.all = page, set[tuple[str, str, str]]()

    def look(self, scene: str) -> None:
        """Colours once more in the dark; all else is the same there. What fades in has come first."""
        self.page.wait_for_function("document.getAnimations().every((each) => each.playState !== 'running')")
        self._take(scene, {"resultTypes": ["violations"]})
        self.page.evaluate("document.body.classList.add('dark')")
        self._take(f"{scene}, dark", {"runOnly": ["color-contrast"]})
        self.page.evaluate("document.body.classList.remove('dark')")

    def _take(self, scene: str, options: dict[str, object]) -> None:
        for found in Axe().run(self.page, options=options).response["violations"]:
            if found["impact"] in HINDERS:
                self.all |= {(found["id"], str(node["target"][0]), scene) for node in found["nodes"]}


def still(page: Page) -> Page:
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app with two runs of a suite."""
    data_dir = tmp_path_factory.mktemp("filled")
    with running(data_dir, "--engine", "scripted", "--no-download") as address:
        settings = Settings(data_dir, engine="scripted")
        store, runtime = Store(settings.database), open_runtime(settings)
        for system in (System("bergamot-en-pt"), System("baseline/copy-source")):
            run_suite(translations(12), system, runtime, store)
        runtime.close()
        yield address


def test_an_empty_page_hinders_nobody(window: Open, app: str) -> None:
    page = still(window())
    found = Findings(page)
    for name in PAGES:
        page.get_by_role("tab", name=name).click()
        expect(page.locator(f"#page-{name.lower()}")).to_be_visible()
        closed = page.locator(f"#page-{name.lower()} .label-wrap:visible:not(.open)")
        while closed.count():  # a fold may hold another one
            fold = closed.first.element_handle()
            fold.click()
            page.wait_for_function("(fold) => fold.classList.contains('open')", arg=fold)
        field = page.locator(f"#page-{name.lower()} input[role=combobox]:visible")
        if field.count():
            field.first.click()
        found.look(name)
    assert found.all == set()


def test_answers_hinder_nobody(window: Open, app: str) -> None:
    page = still(window())
    found = Findings(page)
    page.locator("#chat-box textarea").fill(
        "# A title\n\n- [a link](http://127.0.0.1/)\n\n`code`\n\n|a|b|\n|-|-|\n|1|2|"
    )
    page.locator("#chat-box textarea").press("Enter")
    answer = page.locator("#chat-thread .turn.answered")
    answer.get_by_role("button", name="Tokens").click()
    answer.locator(".token").first.click()
    expect(answer.locator(".lens h3").first).to_be_visible()
    found.look("tokens")
    answer.get_by_role("button", name="How it was made").click()
    expect(answer.locator(".made")).to_be_visible()
    answer.get_by_role("button", name="Keep as test").click()
    found.look("a dialog")
    page.keyboard.press("Escape")
    page.locator("#chat-box textarea").fill("boom")
    page.locator("#chat-box textarea").press("Enter")
    expect(page.locator("#chat-thread .banner")).to_be_visible()
    found.look("an error")
    for feature, below in (("translate", "done"), ("summarize", "below"), ("ask", "below")):
        page.get_by_role("tab", name=feature.capitalize()).click()
        page.locator(f"#{feature}-result .example").first.click()
        expect(page.locator(f"#{feature}-{below} .provenance")).to_be_visible()
        for fold in page.locator(f"#page-{feature} summary:visible").all():
            fold.click()
        found.look(feature)
    page.get_by_role("tab", name="Compare").click()
    page.locator("#compare-rounds .example").first.click()
    expect(page.locator(".vote")).to_have_count(4)
    found.look("a round")
    page.keyboard.press("1")
    expect(page.locator("#compare-ratings li")).to_have_count(2)
    found.look("a vote")
    page.get_by_role("tab", name="Leaderboard").click()
    expect(page.locator("#leaderboard-preferred li")).to_have_count(2)
    found.look("ratings on the leaderboard")
    assert found.all == set()


def test_what_stands_under_an_answer_hinders_nobody(window: Open, filled: str) -> None:
    page = still(window(f"{filled}/?tab=chat"))
    found = Findings(page)
    page.locator("#chat-box textarea").fill("Is Maria Quill a good doctor, and is her work hard?")
    page.locator("#chat-box textarea").press("Enter")
    answer = page.locator("#chat-thread .turn.answered")
    answer.get_by_role("button", name="Tokens").click()
    answer.get_by_role("button", name="Read by GPT-2").click()
    expect(answer.locator(".lens")).to_contain_text("read by gpt2")
    answer.get_by_role("button", name="Colour the prompt").click()
    answer.locator(".token").last.click()
    expect(answer.locator(".lens h3")).to_contain_text("hard?")
    found.look("the prompt, read by another model")
    answer.get_by_role("button", name="How it was made").click()
    answer.get_by_role("button", name="Replay").click()
    expect(answer.locator(".panel")).to_contain_text("Identical: the replay wrote the same text")
    found.look("a replay")
    answer.get_by_role("button", name="Swap the person").click()
    lens = answer.get_by_role("region", name="Swap the person")
    lens.locator("summary").first.click()
    expect(lens.get_by_label("Maria, her")).to_be_visible()
    found.look("a person found")
    lens.get_by_role("button", name="Run").click()
    expect(lens.locator(".gaps li")).to_have_count(4)
    lens.locator("summary").first.click()
    found.look("a person swapped")
    page.get_by_role("tab", name="Bias").click()
    page.locator("#own-prompts > button").click()
    page.get_by_label("Model that answered").click()
    page.get_by_role("option").first.click()
    expect(page.locator("#own-plan")).to_contain_text("1 answer found")
    page.locator("#own-go").click()
    expect(page.locator("#own-list")).to_contain_text("Too few to tell")
    for fold in page.locator("#own-list summary:visible").all():
        fold.click()
    found.look("an audit of the history")
    page.get_by_role("tab", name="Chat").click()
    answer.get_by_role("button", name="Keep as test").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep as test").click()
    answer.get_by_role("link", name="Open My tests").click()
    own = page.locator("#runs-own")
    own.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("dialog").get_by_label("Tags")).to_be_visible()
    found.look("a case edited")
    page.keyboard.press("Escape")
    expect(own.get_by_role("cell").first).to_be_visible()
    found.look("an own suite")
    assert found.all == set()


def test_boards_runs_and_audits_hinder_nobody(window: Open, filled: str) -> None:
    page = still(window(f"{filled}/?tab=leaderboard"))
    found = Findings(page)
    ticks = page.locator(".tick")
    expect(ticks).to_have_count(2)
    for place in range(2):
        ticks.nth(place).click()
        expect(ticks.nth(place)).to_have_attribute("aria-checked", "true")
    expect(page.locator(".board .verdict strong")).to_be_visible()
    page.locator(".board .term").first.focus()
    found.look("a board")
    page.locator(".board .score a").first.click()
    expect(page.locator("#runs-body .sample").first).to_be_visible()
    for fold in page.locator("#page-runs summary:visible").all():
        fold.click()
    found.look("a run")
    page.get_by_role("link", name="copy-source").first.click()
    expect(page.locator("#runs-head .verdict")).to_be_visible()
    found.look("two runs")
    page.locator("#runs-body .sample a").first.click()
    expect(page.get_by_role("link", name="Its other samples")).to_be_visible()
    found.look("a sample")
    page.get_by_role("tab", name="Bias").click()
    for box in page.locator("#bias-axes input:checked").all()[::-1]:
        if box.get_attribute("name") != "religion":
            box.uncheck()
    page.get_by_label("50: a first look").check()
    page.get_by_role("button", name="Audit", exact=True).click()
    page.locator("#bias-list li a").click()
    page.locator("#bias-body .tile").first.click()
    expect(page.locator("#bias-body .opened")).to_be_visible()
    for fold in page.locator("#bias-body summary:visible").all():
        fold.click()
    found.look("an audit")
    page.get_by_role("button", name="Mitigation lab").click()
    page.get_by_label("Unless surely told, not known").check()
    expect(page.locator("#lab-plan")).to_contain_text("named only where that is more probable")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#lab-trials .conditions li")).to_have_count(5)
    for fold in page.locator("#bias-lab summary:visible, #lab-trials summary:visible").all():
        fold.click()
    found.look("something tried against it")
    assert found.all == set()
