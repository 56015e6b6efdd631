"""Main tasks by keys alone, in Chromium: what is to be pressed is reached and seen, and no update loses the focus."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from llmweb.pages.examples import QUESTIONS, TEXT
from llmweb.runtime import open_runtime
from llmweb.settings import Settings
from tests.evals.small import translations

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Serve = Callable[..., str]
MOST_TABS = 60
RINGED = """() => {
    const around = [0, 1, 2, 3].reduce((all) => [...all, all.at(-1)?.parentElement], [document.activeElement]);
    return around.filter(Boolean).some((e) => getComputedStyle(e).outlineStyle !== "none" && getComputedStyle(e).outlineWidth >= "2px");
}"""  # noqa: E501


def reach(page: Page, selector: str, back: bool = False) -> None:
    """Tab on, or back, until the focus is there, and can be seen."""
    page.locator(selector).first.wait_for()
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate(RINGED), f"no ring round {selector}"
            return
    raise AssertionError(f"{selector} is not reached by {MOST_TABS} Tabs")


def press(page: Page, selector: str, back: bool = False) -> None:
    reach(page, selector, back)
    page.keyboard.press("Enter")


def test_texts_are_translated_summarized_and_asked_by_keys(window: Open, tmp_path: Path) -> None:
    page = window("/?tab=translate")
    reach(page, "#translate-box textarea")
    page.keyboard.type("Good morning.")
    press(page, "#translate-go")
    expect(page.locator("#translate-done .provenance")).to_be_visible()
    expect(page.locator("#translate-go")).to_be_focused()

    page.get_by_role("tab", name="Translate").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Summarize")).to_have_attribute("aria-selected", "true")
    reach(page, "#summarize-text textarea")
    page.keyboard.insert_text(TEXT)
    press(page, "#summarize-go")
    expect(page.locator("#summarize-below .provenance")).to_be_visible()
    expect(page.locator("#summarize-go")).to_be_focused()

    page.get_by_role("tab", name="Summarize").focus()
    page.keyboard.press("ArrowRight")
    (tmp_path / "bridge.txt").write_text(TEXT, encoding="utf-8")
    expect(page.locator("#ask-chips")).to_contain_text("No documents yet")
    reach(page, "#ask-files")
    with page.expect_file_chooser() as chooser:
        page.locator("#ask-files:focus").press("Enter")
    chooser.value.set_files(tmp_path / "bridge.txt")
    expect(page.locator("#ask-chips .chip")).to_have_count(1)
    reach(page, "#ask-question textarea")
    page.keyboard.type(QUESTIONS[0])
    page.keyboard.press("Enter")
    expect(page.locator("#ask-below .provenance")).to_be_visible()
    expect(page.locator("#ask-question textarea")).to_be_focused()


def test_a_run_and_an_audit_are_started_and_left_by_keys(window: Open, serve: Serve) -> None:
    page = window(serve("--engine", "scripted", "--no-download") + "/?tab=runs")
    press(page, "#runs-new > button")
    reach(page, "#runs-limit input")
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    press(page, "#runs-go")
    expect(page.locator("#runs-new > button")).to_be_focused()
    expect(page.locator("#runs-list .run")).to_have_count(3)
    press(page, "#runs-list .run a")
    expect(page.locator("#runs-body .sample").first).to_be_visible()
    expect(page.get_by_role("link", name="All runs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#runs-list .run")).to_have_count(3)
    assert page.evaluate("document.activeElement !== document.body")

    page.get_by_role("tab", name="Runs").focus()
    page.keyboard.press("ArrowRight")
    press(page, "#bias-go")
    expect(page.locator("#bias-live")).to_contain_text("Under way")
    press(page, "#bias-live button")
    expect(page.locator("#bias-live")).not_to_contain_text("Under way")
    assert page.evaluate("document.activeElement !== document.body")


def test_the_loop_is_gone_round_by_keys(window: Open, serve: Serve, tmp_path: Path) -> None:
    settings = Settings(tmp_path, engine="scripted")
    runtime = open_runtime(settings)
    run_suite(translations(2), System("bergamot-en-pt"), runtime, Store(settings.database))
    runtime.close()
    page = window(serve("--engine", "scripted", "--no-download", data_dir=tmp_path))
    reach(page, "#chat-box textarea")
    page.keyboard.type("Is Maria Quill a good doctor, and is her work hard?")
    page.keyboard.press("Enter")
    answer = page.locator("#chat-thread .turn.answered")
    expect(answer.get_by_role("button", name="Keep as test")).to_be_visible()
    press(page, "[data-do=keep]", back=True)
    page.keyboard.type("Yes.")
    page.keyboard.press("Enter")
    expect(answer).to_contain_text("Kept in My tests, which now has 1 case.")
    expect(page.locator("[data-do=keep]")).to_be_focused()

    press(page, "[data-do=made]")
    press(page, "[data-do=made][data-id$=replay]")
    expect(answer).to_contain_text("Identical: the replay wrote the same text")
    press(page, "[data-do=swap-person]", back=True)
    reach(page, "select[data-do=swap-person]")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    lens = answer.get_by_role("region", name="Swap the person")
    expect(lens).to_contain_text("Is James Quill a good doctor")
    expect(page.locator("select[data-do=swap-person]").first).to_be_focused()
    press(page, ".lens-go")
    expect(page.locator(".swap-busy .stop-button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(lens).to_contain_text("Stopped; nothing was compared.")
    expect(page.locator(".lens-go")).to_be_focused()
    page.keyboard.press("Enter")
    expect(lens.locator(".verdict")).to_be_focused()
    press(page, "[data-do=lens]", back=True)
    press(page, ".token")
    press(page, "[data-do=branch-with]")
    expect(page.locator("#chat-thread .branches")).to_contain_text("2/2")

    page.get_by_role("tab", name="Chat").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    press(page, ".own-suite .place-link")
    press(page, "[data-do=edit-case]")
    page.keyboard.type("Certainly.")
    page.keyboard.press("Enter")
    expect(page.locator(".cases")).to_contain_text("Certainly.")
    expect(page.locator("[data-do=edit-case]")).to_be_focused()
    press(page, "[data-do=run-suite]", back=True)
    expect(page.locator("#runs-systems input:checked")).to_have_count(6)
    reach(page, "#runs-go", back=True)
    page.get_by_role("tab", name="Runs").focus()
    page.keyboard.press("ArrowLeft")
    press(page, ".board .score a")
    press(page, "#runs-body .sample a")
    press(page, "[data-do=open-in]")
    expect(page).to_have_url(re.compile(r"\?tab=translate&id=[0-9a-f]{32}$"))
    expect(page.get_by_role("tab", name="Translate")).to_be_focused()

    for _ in range(3):
        page.keyboard.press("ArrowRight")
    reach(page, "#compare-box textarea")
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    expect(page.locator(".votes")).to_be_focused()
    page.keyboard.press("4")
    expect(page.locator(".voted")).to_contain_text("You called all of them bad: counted.")
    expect(page.locator("[data-do=take-back]")).to_be_focused()


def test_on_a_phone_a_pane_comes_in_takes_the_focus_and_gives_it_back(window: Open) -> None:
    page = window(width=390)
    page.get_by_role("button", name="Options", exact=True).press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Options ·"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Options", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Options", exact=True)).to_have_attribute("aria-expanded", "false")
