"""The Compare page as a person uses it, in Chromium, on the scripted engine: all sides say the same."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Serve = Callable[..., str]
HERE = "/?tab=compare"
LONG = " ".join(f"word{number}" for number in range(500))
NARROW = 390


def opened(window: Open, address: str, width: int = 1280) -> Page:
    page = window(address + HERE, width=width)
    expect(page.locator("#compare-ratings p").first).to_be_attached()
    return page


def say(page: Page, text: str) -> None:
    page.locator("#compare-box textarea").fill(text)
    page.locator("#compare-box textarea").press("Enter")


def test_blind_votes_by_keyboard_are_revealed_rated_taken_back_and_exported(window: Open, serve: Serve) -> None:
    page = opened(window, serve("--engine", "scripted", "--no-download"))
    sides = page.locator("#compare-rounds .side")
    say(page, "Hello <b>there</b>")
    expect(page.locator(".vote")).to_have_count(4)
    expect(sides.locator(".prose-text")).to_have_text(["You said: Hello <b>there</b>"] * 2)
    expect(sides.locator("h3")).to_have_text(["A", "B"])
    expect(page.locator(".votes")).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator(".voted")).to_contain_text(re.compile(r"^You preferred B, .+ · fast: counted\."))
    expect(sides.nth(1)).to_contain_text("your choice")
    expect(sides.nth(0).locator(".provenance")).to_contain_text("tokens/s")
    expect(page.locator("#compare-ratings li")).to_have_count(2)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#compare-ratings")).to_contain_text("No vote counts yet.")
    expect(page.locator(".vote")).to_have_count(4)
    page.locator(".votes").press("3")
    expect(page.locator(".voted")).to_contain_text("You called it a tie: counted.")

    say(page, "and then boom?")
    expect(page.locator("#compare-votes")).to_contain_text("A vote here is kept but not counted: A failed.")
    page.keyboard.press("1")
    expect(page.locator("#compare-ratings")).to_contain_text(
        "1 vote, 0 of them blind; not counted: 1 as an answer failed."
    )
    page.locator("#compare-export").click()
    expect(page.locator("#compare-note [role=alert]")).to_contain_text("No vote prefers one answer yet")
    page.locator("#compare-new").click()
    expect(page.get_by_role("heading", name="Put one message to several models")).to_be_visible()
    say(page, "Goodbye " * 100)
    expect(page.locator("#compare-live .prose-text").first).to_contain_text("Goodbye")
    page.locator("#compare-box textarea").fill("1")
    expect(page.locator(".vote")).to_have_count(4)
    expect(page.locator("#compare-box textarea")).to_be_focused()
    page.get_by_role("button", name="A is better").click()
    expect(page.locator("#compare-ratings")).to_contain_text("2 votes, 1 of them blind")
    page.get_by_role("tab", name="Leaderboard").click()
    expect(page.locator("#leaderboard-preferred")).to_contain_text("2 votes, 1 of them blind")


def test_on_a_phone_stop_ends_both_sides_and_nothing_sticks_out(window: Open, app: str) -> None:
    page = opened(window, app, NARROW)
    page.get_by_role("button", name="Models, options and ratings").click()
    page.get_by_label("Blind").uncheck()
    page.mouse.click(20, 400)
    say(page, LONG)
    expect(page.locator("#compare-live .side").nth(1).locator(".prose-text")).to_contain_text("word20 ")
    page.locator("#compare-stop").dispatch_event("click")  # at once: a slow machine may need seconds to scroll to it
    ended = page.locator("#compare-rounds .side")
    expect(ended.locator(".provenance")).to_have_text([re.compile("stopped$")] * 2)
    expect(ended.locator("h3")).to_have_text([re.compile(r"^A .+ · fast$"), re.compile(r"^B .+ · fast$")])
    for text in ended.locator(".prose-text").all_inner_texts():
        assert text.startswith("You said: word0 word1 ")
        assert "word499" not in text
    expect(page.locator("#compare-votes")).to_contain_text("not counted: A was stopped.")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    heights = page.locator("#compare-middle button:visible").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert min(heights) >= 40


def test_a_reload_finds_the_comparison_again_also_while_it_is_answered(window: Open, serve: Serve) -> None:
    page = opened(window, serve("--engine", "scripted", "--no-download"))
    sides = page.locator("#compare-rounds .side")
    say(page, "Hello there")
    expect(page.locator(".vote")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"\?tab=compare&id=[0-9a-f]{32}$"))
    page.reload()
    expect(sides.locator(".prose-text")).to_have_text(["You said: Hello there"] * 2)
    expect(sides.locator("h3")).to_have_text(["A", "B"])
    page.get_by_role("button", name="A is better").click()
    expect(page.locator(".voted")).to_contain_text("counted.")
    say(page, LONG)
    expect(page.locator("#compare-live .side").first).to_contain_text("word5 ")
    page.reload()
    expect(page.locator("#compare-live .side").first).to_contain_text("word20 ")
    page.keyboard.press("Escape")
    expect(sides).to_have_count(4)
    expect(sides.nth(0)).to_contain_text("your choice")
    page.locator("#compare-new").click()
    expect(sides).to_have_count(0)
    page.locator("#compare-list .open-chat").click()
    expect(sides).to_have_count(4)
    page.get_by_role("button", name="Delete “Hello there”").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(sides).to_have_count(0)
    expect(page.locator("#compare-list")).to_contain_text("Your comparisons will be listed here.")
