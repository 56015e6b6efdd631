"""The Chat page as a person uses it, in Chromium. The scripted engine answers "You said: …", 50 words a second."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fill_in

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
LONG = " ".join(f"word{number}" for number in range(250))


def say(page: Page, text: str) -> None:
    page.locator("#chat-box textarea").fill(text)
    page.locator("#chat-box textarea").press("Enter")


def ask(page: Page, text: str) -> Locator:
    """Say it, wait for the end of the answer, and return the last answer."""
    say(page, text)
    expect(page.locator("#chat-thread .said").last).to_contain_text(text.split("\n")[0][:40])
    finished(page)
    return answers(page).last


def finished(page: Page) -> None:
    expect(page.locator("#chat-answer .turn")).to_have_count(0)
    expect(page.locator("#chat-send")).to_be_visible()


def answers(page: Page) -> Locator:
    return page.locator("#chat-thread .answered")


def chats(page: Page) -> Locator:
    return page.locator("#chat-list .open-chat")


def test_an_answer_ends_with_model_speed_first_token_and_tokens_and_is_announced(window: Open) -> None:
    page = window()
    answer = ask(page, "Hello there")
    expect(answer.locator(".prose-text")).to_have_text("You said: Hello there")
    expect(answer.locator(".provenance")).to_have_text(
        re.compile(r"^SmolLM2 135M Instruct · [\d,]+ tokens/s · first token \d+\.\d\d s · 4 tokens$")
    )
    expect(page.locator("#chat-said [role=status]")).to_contain_text("Answer done. You said: Hello there")
    expect(page.locator("#chat-gauge")).to_have_text("Context: 6 of 2,048 tokens")


def test_enter_sends_and_shift_enter_breaks_the_line(window: Open) -> None:
    page = window()
    box = page.locator("#chat-box textarea")
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    expect(page.locator("#chat-thread .said")).to_have_count(0)
    box.press("Enter")
    expect(page.locator("#chat-thread .said .plain-text")).to_have_text("one\ntwo", use_inner_text=True)
    expect(box).to_have_value("")
    finished(page)


def test_stop_by_escape_keeps_the_text_that_was_seen_and_continue_goes_on_from_it(window: Open) -> None:
    page = window()
    say(page, LONG)
    expect(page.locator("#chat-answer .prose-text")).to_contain_text("word20 ")
    page.keyboard.press("Escape")
    finished(page)
    kept = answers(page).last.locator(".prose-text").inner_text()
    assert kept.startswith("You said: word0 word1")
    assert "word249" not in kept
    expect(answers(page).last.locator(".provenance")).to_contain_text("stopped")
    page.reload()
    expect(answers(page).last.locator(".prose-text")).to_have_text(kept)
    answers(page).last.get_by_role("button", name="Continue").click()
    finished(page)
    expect(answers(page).last.locator(".prose-text")).to_have_text(f"You said: {LONG}")


def test_regenerate_makes_a_second_version_and_the_arrows_switch_between_them(window: Open) -> None:
    page = window()
    ask(page, "first").get_by_role("button", name="Regenerate").click()
    expect(answers(page).last.locator(".branches")).to_contain_text("2/2")
    finished(page)
    answers(page).last.get_by_title("Previous version").click()
    expect(answers(page).last.locator(".branches")).to_contain_text("1/2")
    expect(answers(page)).to_have_count(1)


def test_an_edited_message_is_a_new_branch_with_an_answer_of_its_own(window: Open) -> None:
    page = window()
    ask(page, "cats")
    said = page.locator("#chat-thread .said")
    said.hover()
    said.get_by_role("button", name="Edit").click()
    page.locator("dialog textarea").fill("dogs")
    page.get_by_role("button", name="Send").last.click()
    expect(answers(page).locator(".prose-text")).to_have_text("You said: dogs")
    expect(said.locator(".branches")).to_contain_text("2/2")
    finished(page)
    said.hover()
    said.get_by_title("Next version").click()
    expect(answers(page).locator(".prose-text")).to_have_text("You said: cats")


def test_a_reload_finds_the_running_answer_again(window: Open) -> None:
    page = window()
    say(page, LONG)
    expect(page.locator("#chat-answer .prose-text")).to_contain_text("word10 ")
    page.reload()
    expect(page.locator("#chat-answer .prose-text")).to_contain_text("word60 ")
    expect(page.locator("#chat-stop")).to_be_visible()
    finished(page)
    expect(answers(page).last.locator(".prose-text")).to_have_text(f"You said: {LONG}")


def test_another_chat_can_be_opened_while_an_answer_is_written(window: Open) -> None:
    page = window()
    ask(page, "a quiet chat")
    page.locator("#chat-new").click()
    say(page, "busy " + LONG)
    expect(page.locator("#chat-answer .prose-text")).to_contain_text("word10 ")
    chats(page).filter(has_text="a quiet chat").first.click()
    expect(answers(page).locator(".prose-text")).to_have_text("You said: a quiet chat")
    expect(page.locator("#chat-send")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("#chat-answer .turn")).to_have_count(0)
    chats(page).filter(has_text="busy word0").first.click()
    finished(page)
    expect(answers(page).locator(".prose-text")).to_have_text(f"You said: busy {LONG}")


def test_chats_are_searched_renamed_and_deleted(window: Open) -> None:
    page = window()
    ask(page, "zebras graze at dawn")
    page.locator("#chat-box textarea").blur()
    page.keyboard.press("/")
    expect(page.locator("#chat-search input, #chat-search textarea")).to_be_focused()
    page.keyboard.type("zebras dawn")
    expect(chats(page)).to_have_count(1)
    expect(chats(page).locator("mark").first).to_have_text(re.compile("zebras|dawn"))
    page.get_by_title("Rename “zebras graze at dawn”").click()
    page.locator("dialog input").fill("Animals")
    page.locator("dialog").get_by_role("button", name="Rename").click()
    expect(chats(page).locator("span").first).to_have_text("Animals")
    page.get_by_title("Delete “Animals”").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#chat-list")).to_have_text("No chat has “zebras dawn”.")
    expect(page.get_by_role("heading", name="Ask a model something")).to_be_visible()


def test_a_chat_deleted_in_another_window_gives_a_plain_message_and_keeps_what_was_typed(window: Open) -> None:
    here, there = window(), window()
    ask(here, "soon to be deleted")
    there.reload()
    there.locator("#chat-list .open-chat").first.click()
    expect(there.locator("#chat-thread .said")).to_have_count(1)
    there.get_by_title("Delete “soon to be deleted”").first.click()
    there.locator("dialog").get_by_role("button", name="Delete").click()
    expect(there.get_by_role("heading", name="Ask a model something")).to_be_visible()
    say(here, "are you there?")
    expect(here.locator("#chat-problem [role=alert]")).to_contain_text("This chat is gone: it was deleted")
    expect(here.locator("#chat-box textarea")).to_have_value("are you there?")


def test_a_failed_answer_says_why_under_the_question(window: Open) -> None:
    page = window()
    say(page, "boom")
    expect(answers(page).locator("[role=alert]")).to_contain_text("The scripted engine fails when asked to say boom.")
    finished(page)


def test_an_empty_message_is_refused_at_the_field(window: Open) -> None:
    page = window()
    say(page, "   ")
    expect(page.locator("#chat-problem [role=alert]")).to_contain_text(
        "There is no message to answer. Write one first."
    )


def test_thinking_is_folded_and_stays_open_once_opened(window: Open) -> None:
    page = window()
    say(page, f"plan {LONG} </think> done " + " ".join(["more"] * 100))
    thinking = page.locator("#chat-answer details")
    expect(thinking.locator(".prose-text")).to_be_hidden()
    thinking.locator("summary").click()
    expect(page.locator("#chat-answer > * .prose-text").last).to_contain_text("done more more more")
    expect(thinking.locator(".prose-text")).to_be_visible()
    page.keyboard.press("Escape")
    finished(page)
    expect(answers(page).locator("summary")).to_contain_text("Thought · 253 words")


def test_options_are_summed_up_on_the_fold_and_come_back_with_the_chat(window: Open) -> None:
    page = window()
    fold = page.locator("#chat-fold > button")
    expect(fold).to_contain_text("Options · default")
    fold.click()
    fill_in(page.locator("#chat-seed input"), "7", fold, "seed 7")
    fill_in(page.locator("#chat-system textarea"), "Be brief.", fold, "Options · system prompt · seed 7")
    ask(page, "with seven")
    page.reload()
    expect(page.locator("#chat-fold > button")).to_contain_text("Options · system prompt · seed 7")


def test_a_schema_that_is_not_json_is_refused_in_plain_words(window: Open) -> None:
    page = window()
    page.locator("#chat-fold > button").click()
    page.locator("#chat-schema textarea").fill("{name: text")
    say(page, "Give me a name")
    expect(page.locator("#chat-problem [role=alert]")).to_contain_text("The JSON schema is not JSON")
    expect(page.locator("#chat-thread .said")).to_have_count(0)


def test_a_chat_is_exported_as_markdown_and_json_with_its_provenance(window: Open, tmp_path: Path) -> None:
    page = window()
    ask(page, "export me")
    page.locator("#chat-export > button").click()
    with page.expect_download() as markdown:
        page.locator("#chat-markdown").click()
    markdown.value.save_as(tmp_path / "chat.md")
    with page.expect_download() as data:
        page.locator("#chat-json").click()
    data.value.save_as(tmp_path / "chat.json")
    assert markdown.value.suggested_filename == "export me.md"
    assert "You said: export me" in (tmp_path / "chat.md").read_text()
    (chat,) = json.loads((tmp_path / "chat.json").read_text())["chats"]
    assert [entry["text"] for entry in chat["entries"]] == ["export me", "You said: export me"]
    assert chat["entries"][1]["completion"]["identity"]["engine"] == "scripted"


def test_a_temporary_chat_is_answered_and_not_kept(window: Open) -> None:
    page = window()
    page.locator("#chat-temporary").click()
    expect(page.locator("#chat-thread")).to_contain_text("This chat is temporary: nothing of it is kept.")
    ask(page, "a passing secret")
    expect(chats(page).filter(has_text="a passing secret")).to_have_count(0)
    assert "chat=" not in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Ask a model something")).to_be_visible()


def test_an_example_starts_the_first_chat_and_the_address_keeps_the_place(window: Open) -> None:
    page = window()
    page.get_by_role("button", name="What is the capital of France?").click()
    expect(page.locator("#chat-thread .said .plain-text")).to_have_text("What is the capital of France?")
    finished(page)
    assert re.search(r"\?tab=chat&chat=[0-9a-f]{32}$", page.evaluate("location.href"))


def test_a_growing_answer_is_followed_only_from_its_end(window: Open) -> None:
    page = window()
    say(page, LONG + " " + LONG)
    scroll = page.locator("#chat-scroll")
    expect(page.locator("#chat-answer .prose-text")).to_contain_text("word100 ")
    at_end = "box => box.scrollTop + box.clientHeight > box.scrollHeight - 48"
    assert scroll.evaluate(at_end)
    scroll.evaluate("box => { box.scrollTop = 40; }")
    expect(page.locator("#chat-answer .prose-text")).to_contain_text("word160 ")
    assert scroll.evaluate("box => box.scrollTop") == 40
    page.keyboard.press("Escape")
    finished(page)


def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_panes_fold_away(window: Open) -> None:
    page = window(width=390, height=800)
    ask(page, "x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#chat-history")).to_be_hidden()
    page.get_by_role("button", name="Chats", exact=True).click()
    expect(page.locator("#chat-history")).to_be_visible()
    chats(page).first.click()
    page.mouse.click(370, 400)
    expect(page.locator("#chat-history")).to_be_hidden()
    expect(page.get_by_role("tab", name="Chat")).to_be_in_viewport()


def test_a_model_that_is_not_here_is_told_before_anything_is_sent_and_leads_to_the_models_page(
    window: Open, bare_app: str
) -> None:
    page = window(bare_app + "/?tab=chat")
    expect(page.locator("#chat-model")).to_contain_text("135 M parameters · Apache-2.0 · download 98 MB first")
    say(page, "hello")
    problem = page.locator("#chat-problem [role=alert]")
    expect(problem).to_contain_text("SmolLM2 135M Instruct is not on this machine yet.")
    expect(page.locator("#chat-box textarea")).to_have_value("hello")
    problem.get_by_role("button", name="Open Models").click()
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")


def test_a_link_to_a_deleted_chat_says_so_and_offers_a_new_one(window: Open) -> None:
    page = window("/?tab=chat&chat=0123456789abcdef0123456789abcdef")
    expect(page.locator("#chat-problem [role=alert]")).to_contain_text("This chat is gone: it was deleted")
    expect(page.get_by_role("heading", name="Ask a model something")).to_be_visible()


def test_copy_puts_the_text_as_the_model_wrote_it_on_the_clipboard(window: Open) -> None:
    page = window()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "**bold** <b>").get_by_role("button", name="Copy").click()
    expect(answers(page).last.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "You said: **bold** <b>"


def test_turns_that_no_longer_fit_are_dimmed_above_a_line_that_says_so(window: Open) -> None:
    page = window()
    page.locator("#chat-fold > button").click()
    page.locator("#chat-max-tokens input[type=number]").fill("16")
    page.locator("#chat-max-tokens input[type=number]").blur()
    expect(page.locator("#chat-fold > button")).to_contain_text("longest answer 16")
    # 1,201 words of the question and 16 of its answer go; a word is a token of the scripted engine.
    ask(page, " ".join(["first", *["word"] * 1200]))
    ask(page, " ".join(["second", *["word"] * 1200]))
    expect(page.locator("#chat-thread .cut-line")).to_contain_text("the model did not read 1,217 tokens of it")
    expect(page.locator("#chat-thread .not-read")).to_have_count(2)
    expect(page.locator("#chat-gauge")).to_contain_text("1,217 left out")
