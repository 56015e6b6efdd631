"""A turn becomes a test, is run and is a chat again; what stands under an answer: in Chromium, scripted engine."""

import re
from collections.abc import Callable
from pathlib import Path

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


def choose_file(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#import-file").press("Enter")
    chooser.value.set_files(file)


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
    answer.locator(".token").nth(2).click()
    answer.locator(".token").nth(3).click()  # while the other is on its way
    expect(answer.locator(".token[aria-pressed=true]")).to_have_text(" <i>one</i>")
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
    page.get_by_role("button", name="Keep as test").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep as test").click()
    expect(made.get_by_role("link")).to_be_visible()
    targets = page.locator("#chat-thread :is(button, a):visible")
    assert min(targets.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")) >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


@pytest.mark.parametrize(("feature", "done"), [("summarize", "summarize-below"), ("ask", "ask-below")])
def test_under_a_summary_and_an_answer_stand_the_same_buttons_and_what_they_say_below(
    window: Open, feature: str, done: str
) -> None:
    page = window(f"/?tab={feature}", width=NARROW)
    page.locator(f"#{feature}-result .example").first.click()
    below, panel = page.locator(f"#{done}"), page.locator(f"#{feature}-panel")
    below.get_by_role("button", name="Keep as test").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What a good answer says").fill("As it should be")
    dialog.get_by_role("button", name="Keep as test").press("Enter")
    expect(panel).to_contain_text("Kept in My tests, which now has 1 case.")
    expect(below.get_by_role("button", name="Keep as test")).to_be_focused()
    below.get_by_role("button", name="Tokens").press("Enter")
    expect(panel.locator(".token").first).to_be_visible()
    below.get_by_role("button", name="How it was made").press("Enter")
    panel.get_by_role("button", name="Replay").press("Enter")
    expect(panel).to_contain_text("Identical: the replay wrote the same text")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_a_file_becomes_a_suite_whose_sample_opens_in_translate(window: Open, serve: Serve, tmp_path: Path) -> None:
    page = window(serve("--engine", "scripted", "--no-download") + "/?tab=runs")
    page.locator("#runs-import > button").press("Enter")
    page.get_by_label("What the file holds").click()
    page.get_by_role("option", name="Translations: a suite").click()
    file = tmp_path / "mine.jsonl"
    file.write_text('{"source": "One <b>bridge</b>", "references": ["Uma ponte"]}\n', encoding="utf-8")
    choose_file(page, file)
    said = page.locator("#import-said")
    expect(said).to_contain_text("Write a name, the language and the licence first")
    page.get_by_label("Name of the suite").fill("Bridges")
    choose_file(page, file)
    expect(said).to_contain_text("Bridges is a suite now, of 1 case.")
    said.get_by_role("link", name="Open Bridges").click()
    own = page.locator("#runs-own")
    expect(own.get_by_role("cell", name="One <b>bridge</b>")).to_be_visible()
    own.get_by_role("button", name="Run it").click()
    page.locator("#runs-go").click()
    page.locator("#runs-list .run", has_text="Bergamot").get_by_role("link").click()
    page.locator("#runs-body .sample").get_by_role("link").click()
    page.locator("#runs-body").get_by_role("button", name="Open in Translate").click()
    expect(page.locator("#translate-box textarea")).to_have_value("One <b>bridge</b>")
    expect(page.locator("#translate-result")).to_contain_text("[pt] One <b>bridge</b>")
    expect(page).to_have_url(re.compile(r"\?tab=translate&id=[0-9a-f]{32}$"))
