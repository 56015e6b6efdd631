"""The same prompt about somebody else, on a phone by keyboard, and the own history on the Bias page: in Chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
NARROW = 390
PROMPT = "Is Maria <b>Quill</b> a good doctor, and is her work hard?"


def test_the_person_is_swapped_under_an_answer_and_in_the_own_history(window: Open) -> None:
    page = window(width=NARROW)
    page.locator("#chat-box textarea").fill(PROMPT)
    page.locator("#chat-box textarea").press("Enter")
    answer = page.locator("#chat-thread .turn.answered").last
    answer.get_by_role("button", name="Swap the person").press("Enter")
    lens = answer.get_by_role("region", name="Swap the person")
    expect(lens).to_contain_text("Is Carlos <b>Quill</b> a good doctor, and is his work hard?")
    person = lens.get_by_label("Maria, her")
    expect(person).to_have_value("male")
    person.focus()
    person.select_option("Aisha")
    expect(lens).to_contain_text("Is Aisha <b>Quill</b> a good doctor, and is her work hard?")
    expect(person).to_be_focused()
    lens.locator("summary", has_text="Each of the 2 words by itself").press("Enter")
    lens.get_by_label("her", exact=False).last.select_option("male")
    expect(person).to_have_value("?")
    person.select_option("male")
    expect(lens).to_contain_text("Is Carlos <b>Quill</b> a good doctor")
    expect(lens.get_by_label("her", exact=False).last).to_have_value("male")
    lens.get_by_role("button", name="Run").press("Enter")
    lens.get_by_role("button", name="Stop").press("Enter")
    expect(lens).to_contain_text("Stopped; nothing was compared.")
    lens.get_by_role("button", name="Run").press("Enter")
    expect(lens.get_by_role("status")).to_contain_text("The noise is larger: with “Maria” → “Carlos”, “her” → “his”")
    expect(lens.get_by_role("status")).to_be_focused()
    expect(lens.locator(".gaps li")).to_have_count(4)
    expect(lens.locator(".gaps .band")).to_have_count(4)
    expect(lens.locator(".samples mark.differs").first).to_have_text("Maria")
    targets = lens.locator(":is(button, a, select, summary):visible")
    assert min(targets.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")) >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW

    page.reload(wait_until="domcontentloaded")
    kept = answer.locator("summary", has_text="Swapped the person: “Maria” → “Carlos”, “her” → “his”")
    expect(kept).to_be_visible()
    expect(answer.locator(".gaps")).not_to_be_visible()
    kept.press("Enter")
    expect(answer.locator(".gaps li")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW

    page.get_by_role("tab", name="Bias").click()
    page.locator("#own-prompts > button").click()
    plan = page.locator("#own-plan")
    expect(plan).to_contain_text("found")
    page.get_by_label("Model that answered").click()
    page.get_by_role("option", name=re.compile("SmolLM2.*answers")).click()
    page.get_by_label("With the words").fill("Quill doctor")
    expect(plan).to_contain_text("1 answer found, 1 about a person who can be swapped (gender 1).")
    page.get_by_role("button", name="Audit my prompts").click()
    audits = page.locator("#own-list")
    expect(audits).to_contain_text("Too few to tell")
    expect(audits).to_contain_text("1 answer in 1 conversation, too few to tell")
    expect(audits.locator(".gaps li").last).to_contain_text("likelihood 0.00 nats")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.locator("#own-since textarea, #own-since input").fill("soon")
    expect(plan).to_contain_text("'soon' is no day. Write it as 2026-11-25.")
    assert re.search(r"tab=bias", page.url)
