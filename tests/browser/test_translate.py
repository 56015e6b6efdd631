"""The Translate page as a person uses it, in Chromium. The scripted engine puts [pt] in front of every sentence."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fill_in

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
HERE = "/?tab=translate"
LONG = " ".join(f"Sentence number {number} is quite short." for number in range(900))


def field(page: Page) -> Locator:
    return page.locator("#translate-box textarea")


def result(page: Page) -> Locator:
    return page.locator("#translate-result .pane-text")


def translate(page: Page, text: str) -> Locator:
    """Type it, translate it, wait for the end, and return the result."""
    field(page).fill(text)
    page.locator("#translate-go").click()
    finished(page)
    return result(page)


def finished(page: Page) -> None:
    expect(page.locator("#translate-done .actions")).to_be_visible()
    expect(page.locator("#translate-go")).to_be_visible()


def choose(page: Page, elem_id: str, language: str) -> None:
    page.locator(f"#{elem_id} input").click()
    page.locator(f"#{elem_id} input").fill(language)
    page.get_by_role("option", name=re.compile(rf"^{re.escape(language)}")).first.click()


def recent(page: Page) -> Locator:
    return page.locator("#translate-list .open-chat")


def problem(page: Page) -> Locator:
    return page.locator("#translate-problem [role=alert]")


def test_a_text_is_translated_with_its_language_detected_its_provenance_and_an_announcement(window: Open) -> None:
    page = window(HERE)
    expect(translate(page, "How are you today?\n\n- Bring the keys.")).to_have_text(
        "[pt] How are you today?\n\n- [pt] Bring the keys.", use_inner_text=True
    )
    expect(page.locator("#translate-detected")).to_contain_text("Detected: English, ")
    expect(page.locator("#translate-done .provenance")).to_have_text(
        re.compile(r"^Bergamot English → Portuguese · .* tokens · 2 sentences in \d+\.\d s$")
    )
    expect(page.locator("#translate-said [role=status]")).to_contain_text("Translation done. [pt] How are you today?")
    expect(page.locator("#translate-count")).to_have_text("37 characters")


def test_enter_breaks_the_line_and_control_enter_translates(window: Open) -> None:
    page = window(HERE)
    field(page).fill("Good morning.")
    field(page).press("Enter")
    field(page).press_sequentially("It is late.")
    expect(result(page)).to_have_count(0)
    field(page).press("Control+Enter")
    expect(result(page)).to_have_text("[pt] Good morning.\n[pt] It is late.", use_inner_text=True)
    finished(page)


def test_an_example_makes_the_first_translation_and_the_address_keeps_the_place(window: Open) -> None:
    page = window(HERE)
    page.get_by_role("button", name="Portuguese → English: O trem").click()
    finished(page)
    expect(result(page)).to_contain_text("[en] O trem para o litoral sai às oito.")
    expect(page.locator("#translate-source input")).to_have_value("Portuguese")
    expect(page.locator("#translate-target input")).to_have_value("English")
    assert re.search(r"\?tab=translate&id=[0-9a-f]{32}$", page.evaluate("location.href"))
    page.reload()
    expect(result(page)).to_contain_text("[en] O trem para o litoral sai às oito.")
    expect(field(page)).to_have_value(re.compile("^O trem para o litoral"))
    expect(page.locator("#translate-source input")).to_have_value("Portuguese")


def lit(page: Page) -> list[str]:
    return page.locator("#translate-page .pane-text .lit, #translate-page .mirror .lit").all_inner_texts()


def test_a_sentence_under_the_pointer_or_in_focus_lights_its_pair_on_the_other_side(window: Open) -> None:
    page = window(HERE)
    translate(page, "The first one. The second one.")
    pair = ["The second one.", "[pt] The second one."]
    result(page).get_by_text("[pt] The second one.").hover()
    expect(page.locator("#translate-page .lit")).to_have_count(3)  # its alternatives too
    assert lit(page) == pair
    place = page.locator("#translate-mirror [data-pair='0']").bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 20, place["y"] + 10)
    expect(result(page).locator(".lit")).to_have_text("[pt] The first one.")
    page.mouse.move(5, 5)
    result(page).locator("[data-pair='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(result(page).locator(".lit")).to_have_text("[pt] The second one.")
    assert lit(page) == pair
    field(page).press("Control+Home")
    expect(result(page).locator(".lit")).to_have_text("[pt] The first one.")
    field(page).press("x")
    expect(page.locator("#translate-page .lit")).to_have_count(0)


def test_stop_by_escape_keeps_what_was_translated(window: Open) -> None:
    page = window(HERE)
    field(page).fill(LONG)
    page.locator("#translate-go").click()
    expect(page.locator("#translate-working .figures")).to_contain_text(re.compile(r"Sentences · \d+ of 900 · "))
    expect(result(page)).to_contain_text("[pt] Sentence number 20 is quite short.")
    page.keyboard.press("Escape")
    expect(page.locator("#translate-working")).to_contain_text(re.compile(r"Stopped after \d+ of 900 sentences"))
    kept = result(page).inner_text()
    assert "Sentence number 899" not in kept
    expect(page.locator("#translate-done .provenance")).to_contain_text("stopped")
    page.reload()
    expect(result(page)).to_have_text(kept, use_inner_text=True)


def test_a_reload_finds_the_running_translation_again(window: Open) -> None:
    page = window(HERE)
    field(page).fill(LONG)
    page.locator("#translate-go").click()
    expect(result(page)).to_contain_text("[pt] Sentence number 20 is quite short.")
    page.reload()
    expect(page.locator("#translate-stop")).to_be_visible()
    expect(page.locator("#translate-working .figures")).to_contain_text("of 900")
    finished(page)
    expect(result(page)).to_contain_text("[pt] Sentence number 899 is quite short.")


def test_swap_changes_the_sides_of_languages_and_texts(window: Open) -> None:
    page = window(HERE)
    translate(page, "How are you today?")
    page.locator("#translate-swap").click()
    expect(page.locator("#translate-source input")).to_have_value("Portuguese")
    expect(page.locator("#translate-target input")).to_have_value("English")
    expect(field(page)).to_have_value("[pt] How are you today?")
    expect(result(page)).to_have_text("How are you today?")
    expect(page.locator("#translate-working")).to_have_text("On the right is your own text, until you translate.")
    expect(page.locator("#translate-model")).to_contain_text("Bergamot Portuguese → English · 17 M parameters")


def test_swap_without_a_known_language_says_what_to_do(window: Open) -> None:
    page = window(HERE)
    page.locator("#translate-swap").click()
    expect(problem(page)).to_contain_text("The language of the text is not known yet. Choose it under From, then swap.")


def test_a_wrongly_detected_language_is_corrected_in_a_click(window: Open) -> None:
    page = window(HERE)
    choose(page, "translate-target", "English")
    translate(page, "buena noite amigo")
    page.locator("#translate-detected").get_by_role("button").first.click()
    expect(page.locator("#translate-source input")).not_to_have_value("Detect language")
    finished(page)
    expect(recent(page).nth(1)).to_have_text("buena noite amigo")


def test_alternatives_are_listed_where_the_engine_has_them(window: Open) -> None:
    page = window(HERE)
    translate(page, "A fine day.")
    expect(page.locator("#translate-alternatives li")).to_have_count(2)
    expect(page.locator("#translate-alternatives li").first).to_contain_text("[pt] A fine day. (1)")
    page.locator("#translate-fold > button").click()
    fold = page.locator("#translate-fold > button")
    fill_in(page.locator("#translate-wanted input[type=number]"), "1", fold, "Options · 1 translations each")
    translate(page, "Another fine day.")
    expect(page.locator("#translate-alternatives li")).to_have_count(0)


def test_a_result_is_checked_by_translating_it_back_and_the_similarity_is_explained(window: Open) -> None:
    page = window(HERE)
    translate(page, "How are you today?")
    page.get_by_role("button", name="Check by translating back").click()
    check = page.locator("#translate-check")
    expect(check).to_contain_text("Back in English")
    expect(check).to_contain_text("[en] [pt] How are you today?")
    expect(check).to_contain_text(re.compile(r"Similarity to the original: \d+ of 100"))
    expect(check).to_contain_text("high does not prove that either is right")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("   ", "There is nothing to translate: the text is empty."),
        ("12345", "There are no words to tell the language by."),
        ("Como vai você hoje, meu amigo?", "The text seems to be in Portuguese already"),
        ("x" * 200_001, "The text has 200,001 characters; the field takes 200,000."),
    ],
)
def test_what_cannot_be_translated_says_why_and_keeps_what_was_typed(window: Open, text: str, words: str) -> None:
    page = window(HERE)
    field(page).fill(text)
    page.locator("#translate-go").click()
    expect(problem(page)).to_contain_text(words)
    expect(field(page)).to_have_value(text)


def test_the_same_language_on_both_sides_is_refused_at_the_languages(window: Open) -> None:
    page = window(HERE)
    choose(page, "translate-source", "Portuguese")
    expect(page.locator("#translate-pair-problem [role=alert]")).to_contain_text("would both be in Portuguese")


def test_only_models_that_serve_the_pair_are_offered_language_models_by_example(window: Open) -> None:
    page = window(HERE)
    choose(page, "translate-source", "English")
    choose(page, "translate-target", "French")
    expect(page.locator("#translate-model")).to_contain_text("NLLB-200")
    page.locator("#translate-model input").click()
    offered = page.locator("#translate-model").get_by_role("option").all_inner_texts()
    assert offered[0].endswith("Best for the pair")
    assert any("OPUS-MT English → French" in name for name in offered)
    assert any("Gemma 3 270M · by example" in name for name in offered)
    assert not any("Bergamot" in name or "OPUS-MT English → Spanish" in name for name in offered)


def test_weights_that_are_missing_are_told_before_anything_is_kept_and_lead_to_the_models_page(
    window: Open, bare_app: str
) -> None:
    page = window(bare_app + HERE)
    choose(page, "translate-target", "French · needs a download")
    field(page).fill("How are you today?")
    page.locator("#translate-go").click()
    expect(problem(page)).to_contain_text("is not on this machine yet.")
    expect(recent(page)).to_have_count(0)
    problem(page).get_by_role("button", name="Open Models").click()
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")


def test_translations_are_searched_reopened_and_deleted(window: Open) -> None:
    page = window(HERE)
    translate(page, "Walruses rest on the ice.")
    expect(translate(page, "Something else.")).to_have_text("[pt] Something else.")
    search = page.locator("#translate-search textarea, #translate-search input")
    search.fill("walruses")
    expect(recent(page)).to_have_count(1)
    search.press("Backspace")
    expect(page.locator("#translate-list")).not_to_contain_text("Something else.")
    search.fill("")
    expect(page.locator("#translate-list")).to_contain_text("Something else.")
    search.fill("walruses")
    expect(recent(page)).to_have_count(1)
    recent(page).first.click()
    expect(result(page)).to_have_text("[pt] Walruses rest on the ice.")
    expect(field(page)).to_have_value("Walruses rest on the ice.")
    page.get_by_title("Delete “Walruses rest on the ice.”").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#translate-list")).to_have_text("No translation has “walruses”.")
    expect(page.get_by_text("The translation appears here.")).to_be_visible()


def test_a_temporary_translation_is_not_kept(window: Open) -> None:
    page = window(HERE)
    page.locator("#translate-temporary input").check()
    expect(translate(page, "A passing secret.")).to_have_text("[pt] A passing secret.")
    expect(recent(page).filter(has_text="A passing secret.")).to_have_count(0)
    assert "id=" not in page.url
    page.reload()
    expect(page.get_by_text("The translation appears here.")).to_be_visible()


def test_a_link_to_a_deleted_translation_says_so(window: Open) -> None:
    page = window("/?tab=translate&id=0123456789abcdef0123456789abcdef")
    expect(problem(page)).to_contain_text("This chat is gone: it was deleted")


def test_a_text_file_is_translated_and_downloaded_in_kind(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    (tmp_path / "notes.md").write_text("# Plan\n\nBring the keys. Lock the door.\n")
    page.locator("#page-translate input[type=file]").set_input_files(tmp_path / "notes.md")
    finished(page)
    expect(recent(page).first).to_have_text("notes.md")
    with page.expect_download() as download:
        page.locator("#translate-download").click()
    download.value.save_as(tmp_path / "translated.md")
    assert download.value.suggested_filename == "notes.pt.md"
    assert (tmp_path / "translated.md").read_text() == "# [pt] Plan\n\n[pt] Bring the keys. [pt] Lock the door.\n"


def test_a_word_document_is_translated_into_a_word_document(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    document = Document()
    document.add_paragraph("The garden is green.")
    document.save(str(tmp_path / "garden.docx"))
    page.locator("#page-translate input[type=file]").set_input_files(tmp_path / "garden.docx")
    finished(page)
    with page.expect_download() as download:
        page.locator("#translate-download").click()
    download.value.save_as(tmp_path / "translated.docx")
    assert [part.text for part in Document(str(tmp_path / "translated.docx")).paragraphs] == [
        "[pt] The garden is green."
    ]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("broken.txt", b"good\nb\xffd", "broken.txt is not UTF-8 text: byte 7, in line 2, is not valid."),
        ("empty.txt", b"", "empty.txt is empty. Choose another file."),
        ("talk.srt", b"no times here", "talk.srt"),
        ("fake.docx", b"PK but no document", "fake.docx"),
    ],
)
def test_a_bad_file_says_what_is_wrong_with_it(
    window: Open, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    page = window(HERE)
    (tmp_path / name).write_bytes(data)
    page.locator("#page-translate input[type=file]").set_input_files(tmp_path / name)
    expect(problem(page)).to_contain_text(words)


def test_html_in_a_text_is_shown_as_text_on_both_sides(window: Open) -> None:
    page = window(HERE)
    text = "The tag <img src=x onerror=\"document.title='run'\"> is shown. <script>document.title='run'</script>"
    expect(translate(page, text)).to_contain_text("<img src=x onerror=")
    expect(page.locator("#translate-page img, #translate-page script")).to_have_count(0)
    expect(page).to_have_title("LLM Web")


def test_copy_puts_the_translation_on_the_clipboard(window: Open) -> None:
    page = window(HERE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    translate(page, "One <b>.\nTwo.")
    page.locator("#translate-done").get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == result(page).inner_text()


def test_text_from_right_to_left_is_set_that_way_on_both_sides(window: Open) -> None:
    page = window(HERE)
    choose(page, "translate-source", "Hebrew")
    translate(page, "שלום לכולם.")
    assert field(page).evaluate("box => getComputedStyle(box).direction") == "rtl"
    expect(result(page)).to_have_attribute("dir", "auto")


def test_both_panes_have_one_height_and_a_phone_shows_the_result_without_scrolling_sideways(window: Open) -> None:
    page = window(HERE)
    heights = [page.locator(pane).bounding_box() for pane in ("#translate-page .mirrored", "#translate-result")]
    assert heights[0] is not None
    assert heights[1] is not None
    assert abs(heights[0]["height"] - heights[1]["height"]) <= 1
    phone = window(HERE, width=390, height=800)
    translate(phone, "x" * 300)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    expect(result(phone)).to_be_in_viewport()


@pytest.mark.slow
def test_the_shipped_translator_says_how_are_you_in_portuguese(window: Open, bare_app: str) -> None:
    page = window(bare_app + HERE)
    expect(translate(page, "How are you today?")).to_have_text("Como você está hoje?")
    expect(page.locator("#translate-alternatives")).to_contain_text("writes one translation only.")
