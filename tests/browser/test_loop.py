"""A turn becomes a test, is run and is a chat again; what stands under an answer: in Chromium, scripted engine."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Serve = Callable[..., str]
NARROW = 390
QUESTION = "What is the capital of <b>France</b>?"


def ask(page: Page, text: str) -> Locator:
    """The answer, once it is done."""
    page.locator("#chat-box textarea").fill(text)
    page.locator("#chat-box textarea").press("Enter")
    answer = page.locator("#chat-thread .turn.answered").last
    expect(answer.get_by_role("button", name="Keep as test")).to_be_visible()
    return answer


def test_a_turn_is_kept_as_a_test_run_on_two_systems_and_opened_in_chat_again(window: Open, serve: Serve) -> None:
    page = window(serve("--engine", "scripted", "--no-download") + "/?tab=chat")
    answer = ask(page, QUESTION)
    answer.get_by_role("button", name="Keep as test").click()
    dialog = page.locator("dialog")
    expect(dialog.get_by_label("What a good answer says")).to_have_value(f"You said: {QUESTION}")
    dialog.get_by_label("What a good answer says").fill("Paris")
    dialog.get_by_label("Tags").fill("geo")
    dialog.get_by_role("button", name="Keep as test").click()
    answer.get_by_role("link", name="Open My tests").click()

    own = page.locator("#runs-own")
    expect(own.get_by_role("cell", name="Paris")).to_be_visible()
    with page.expect_download() as saved:
        own.get_by_role("button", name="Export JSONL").click()
    assert saved.value.suggested_filename == "instruct-my-tests.jsonl"
    own.get_by_role("button", name="Run it").click()
    expect(page.locator("#runs-note")).to_contain_text("6 runs, 6 samples.")
    page.locator("#runs-go").click()
    lines = page.locator("#runs-list .run")
    expect(lines).to_have_count(6)
    lines.filter(has_text="SmolLM2").get_by_role("link").click()
    page.locator("#runs-body .sample").get_by_role("link").click()
    page.locator("#runs-body").get_by_role("button", name="Open in chat").click()
    expect(page.locator("#chat-thread .turn.answered")).to_contain_text(f"You said: {QUESTION}")
    expect(page).to_have_url(re.compile(r"\?tab=chat&chat=[0-9a-f]{32}$"))

    page.get_by_role("tab", name="Runs").click()
    page.locator("#runs-body").get_by_role("link", name="from this conversation").click()
    expect(page).to_have_url(re.compile(r"\?tab=chat&chat=[0-9a-f]{32}$"))


def test_a_corrected_translation_offers_itself_as_the_reference(window: Open) -> None:
    page = window("/?tab=translate")
    page.locator("#translate-result .example").first.click()
    done, dialog = page.locator("#translate-done"), page.locator("dialog")
    done.get_by_role("button", name="Edit").click()
    dialog.get_by_label("The translation").fill("Como vai você hoje?")
    dialog.get_by_role("button", name="Keep").click()
    expect(page.locator("#translate-result")).to_contain_text("Como vai você hoje?")
    expect(done).to_contain_text("corrected by you")
    done.get_by_role("button", name="Keep as test").click()
    expect(dialog.get_by_label("What a good answer says")).to_have_value("Como vai você hoje?")
    dialog.get_by_role("button", name="Keep as test").click()
    expect(page.locator("#translate-check")).to_contain_text("Kept in My tests (English → Portuguese)")


def test_under_an_answer_stand_its_tokens_and_how_it_was_made_on_a_phone_by_keyboard(window: Open) -> None:
    page = window(width=NARROW)
    answer = ask(page, "Say <i>one</i>")
    answer.get_by_role("button", name="Tokens").press("Enter")
    first = answer.locator(".token").first
    expect(first).to_have_text("You")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(answer.locator(".lens h3")).to_have_text("“ said:”: probability 36.8%, rank 1")
    assert answer.locator(".tokens i").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    answer.get_by_role("button", name="Continue with this").first.press("Enter")
    expect(page.locator("#chat-thread .branches")).to_contain_text("2/2")
    expect(page.locator("#chat-thread .turn.answered")).to_contain_text("Youthe")

    page.get_by_role("button", name="How it was made").click()
    made = page.locator(".panel")
    expect(made).to_contain_text("scripted 1, fast")
    made.get_by_role("button", name="Replay").click()
    expect(made).to_contain_text("Identical: the replay wrote the same text")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
