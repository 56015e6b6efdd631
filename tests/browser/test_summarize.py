"""The Summarize page as a person uses it, in Chromium. On the scripted engine the source's own sentences are picked."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from llmweb.pages.examples import TEXT

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
HERE = "/?tab=summarize"
BOOK = "\n\n".join(f"Chapter {number}. {TEXT}" for number in range(400))


def field(page: Page) -> Locator:
    return page.locator("#summarize-text textarea")


def summarize(page: Page, text: str) -> Locator:
    """Paste, summarize, wait for the end, and return the result."""
    field(page).fill(text)
    page.locator("#summarize-go").click()
    return finished(page)


def finished(page: Page) -> Locator:
    expect(page.locator("#summarize-below .provenance")).to_be_visible()
    expect(page.locator("#summarize-go")).to_be_visible()
    return page.locator("#summarize-result .summary-text")


def choose(page: Page, elem_id: str, option: str) -> None:
    page.locator(f"#{elem_id} input").click()
    page.get_by_role("option", name=option).click()


def recent(page: Page) -> Locator:
    return page.locator("#summarize-list .open-chat")


def upload(page: Page, *paths: Path) -> None:
    page.locator("#page-summarize input[type=file]").set_input_files(paths)


def test_the_example_makes_the_first_summary_with_provenance_place_and_announcement(window: Open) -> None:
    page = window(HERE)
    page.get_by_role("button", name="Summarize an example").click()
    text = finished(page).inner_text()
    assert all(sentence in TEXT for sentence in re.split(r"(?<=\.) (?=[A-Z])", text))
    expect(page.locator("#summarize-below .provenance")).to_have_text(
        re.compile(
            r"^SmolLM2 135M Instruct · asked \d+ times · [\d,]+ tokens read, [\d,]+ written · \d+\.\d s · "
            r"\d+ words from 234 · linked by "
        )
    )
    expect(page.locator("#summarize-said [role=status]")).to_contain_text(f"Summary done. {text[:60]}")
    assert re.search(r"\?tab=summarize&summary=[0-9a-f]{32}$", page.url)


def test_pointing_at_a_sentence_or_reaching_it_by_key_lights_its_source_and_the_page_stays(window: Open) -> None:
    page = window(HERE, height=1000)
    text = "The ferry to Orm was sold for 70,000 crowns in May.\n\n" + "\n\n".join([TEXT] * 4)
    choose(page, "summarize-length", "Long")
    summarize(page, text)
    sentences = page.locator("#summarize-result a.linked")
    box = page.locator("#summarize-source .pane-box")
    for place in (sentences.last, sentences.first):
        place.hover()
        lit = page.locator("#summarize-source .lit")
        expect(lit).to_have_count(1)
        expect(lit).to_be_in_viewport()
        expect(lit).to_have_text(place.inner_text())
        outer, inner = box.bounding_box(), lit.bounding_box()
        assert outer
        assert inner
        assert outer["y"] <= inner["y"] <= outer["y"] + outer["height"] - 20
        assert page.evaluate("scrollY") == 0
    page.mouse.move(5, 5)
    expect(page.locator("#summarize-source .lit")).to_have_count(0)
    sentences.first.focus()
    page.keyboard.press("Tab")
    expect(page.locator("#summarize-source .lit")).to_have_text(sentences.nth(1).inner_text())


def test_both_panes_have_one_height_and_the_text_can_be_edited_again(window: Open) -> None:
    page = window(HERE)
    panes = page.locator("#summarize-text textarea"), page.locator("#summarize-result .pane-box")
    boxes = [pane.bounding_box() for pane in panes]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["height"] == pytest.approx(boxes[1]["height"], abs=4)
    assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=4)
    summarize(page, TEXT)
    expect(field(page)).to_be_hidden()
    page.locator("#summarize-edit").click()
    expect(field(page)).to_have_value(TEXT)
    expect(page.locator("#summarize-source .pane-box")).to_have_count(0)


@pytest.mark.parametrize(("style", "shape"), [("Bullets", "ul.summary-text > li"), ("Headline", "p.headline")])
def test_a_summary_comes_in_the_style_asked_for(window: Open, style: str, shape: str) -> None:
    page = window(HERE)
    choose(page, "summarize-style", style)
    summarize(page, TEXT)
    expect(page.locator(f"#summarize-result {shape}").first).to_be_visible()


def test_a_number_of_words_is_asked_for_and_checked_at_its_field(window: Open) -> None:
    page = window(HERE)
    field(page).fill(TEXT)
    expect(page.locator("#summarize-words")).to_be_hidden()
    choose(page, "summarize-length", "A number of words…")
    page.locator("#summarize-words input").fill("")
    page.locator("#summarize-go").click()
    problem = page.locator("#summarize-length-problem [role=alert]")
    expect(problem).to_contain_text("How many words? Write a number from 5 to 2,000.")
    page.locator("#summarize-words input").fill("20")
    page.locator("#summarize-words input").blur()
    page.locator("#summarize-go").click()
    assert len(finished(page).inner_text().split()) <= 30
    expect(problem).to_have_count(0)


def test_no_text_is_told_at_the_text_and_nothing_is_kept(window: Open) -> None:
    page = window(HERE)
    before = recent(page).count()
    page.locator("#summarize-go").click()
    expect(page.locator("#summarize-text-problem [role=alert]")).to_contain_text(
        "There is nothing to summarize: the text is empty. Paste some text or choose a file."
    )
    assert recent(page).count() == before


def test_a_file_becomes_the_text_and_what_cannot_be_read_is_told(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    (tmp_path / "bridge.txt").write_text(TEXT)
    (tmp_path / "bridge.xlsx").write_text(TEXT)
    upload(page, tmp_path / "bridge.xlsx")
    problem = page.locator("#summarize-text-problem [role=alert]")
    expect(problem).to_contain_text("bridge.xlsx: cannot read '.xlsx'. Known: .txt, .md, .pdf")
    upload(page, tmp_path / "bridge.txt")
    expect(field(page)).to_have_value(TEXT)
    expect(problem).to_have_count(0)


def test_a_file_that_is_too_big_is_told_without_being_uploaded(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    with (tmp_path / "all <b>mails.txt").open("wb") as file:
        file.truncate(200_000_000)
    uploads: list[str] = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    upload(page, tmp_path / "all <b>mails.txt")
    expect(page.locator("#summarize-text-problem [role=alert]")).to_contain_text(
        "all <b>mails.txt has 200,000,000 bytes; the limit is 50,000,000. Split it or save only its text."
    )
    assert uploads == []


def test_a_dropped_file_is_taken_anywhere_on_the_page(window: Open) -> None:
    page = window(HERE)
    dropped = page.evaluate_handle(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["Dropped on the page."], "dropped.txt"));
            return data;
        }"""
    )
    page.dispatch_event("#summarize-result", "drop", {"dataTransfer": dropped})
    expect(field(page)).to_have_value("Dropped on the page.")


def test_progress_counts_and_stop_ends_it_at_once_and_keeps_nothing(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    before = recent(page).count()
    (tmp_path / "book.txt").write_text(BOOK)
    upload(page, tmp_path / "book.txt")
    expect(field(page)).to_have_value(re.compile("^Chapter 0"))
    page.locator("#summarize-go").click()
    expect(page.locator("#summarize-result .progress")).to_contain_text(re.compile(r"[\d,]+ of [\d,]+ · \d+ s so far"))
    page.keyboard.press("Escape")
    expect(page.locator("#summarize-go")).to_be_visible(timeout=3_000)
    expect(page.locator("#summarize-problem")).to_contain_text("Stopped before the summary was done.")
    assert recent(page).count() == before
    expect(field(page)).to_be_visible()


def test_the_steps_of_a_long_text_are_folded_under_the_summary(window: Open) -> None:
    page = window(HERE)
    summarize(page, BOOK[:60_000])
    steps = page.locator("#summarize-below details.steps")
    expect(steps.locator("summary")).to_have_text(re.compile(r"^Read in \d+ parts"))
    expect(steps.locator("li").first).to_be_hidden()
    steps.locator("summary").click()
    expect(steps.locator("li").first).to_contain_text("Part 1 · characters 1 to ")


def test_summaries_are_found_reopened_with_their_wish_and_deleted(window: Open) -> None:
    page = window(HERE)
    choose(page, "summarize-style", "Bullets")
    page.locator("#summarize-focus textarea, #summarize-focus input").fill("Who pays?")
    summarize(page, TEXT.replace("Marlow Bay", "Zwillingen"))
    address, result = page.url, page.locator("#summarize-result").inner_text()

    other = window(address)
    finished(other)
    assert other.locator("#summarize-result").inner_text() == result
    expect(other.locator("#summarize-style input")).to_have_value("Bullets")
    expect(other.locator("#summarize-focus textarea, #summarize-focus input")).to_have_value("Who pays?")
    other.locator("#summarize-result a.linked").first.hover()
    expect(other.locator("#summarize-source .lit")).to_have_count(1)

    other.locator("#summarize-result").click()
    other.keyboard.press("/")
    expect(other.locator("#summarize-search input, #summarize-search textarea")).to_be_focused()
    other.keyboard.type("zwillingen")
    expect(recent(other)).to_have_count(1)
    other.get_by_title("Delete “The town of Zwillingen").first.click()
    other.locator("dialog").get_by_role("button", name="Delete").click()
    expect(other.locator("#summarize-list")).to_have_text("No summary has “zwillingen”.")
    expect(other.get_by_role("button", name="Summarize an example")).to_be_visible()
    page.reload()
    expect(page.locator("#summarize-problem [role=alert]")).to_contain_text("This summary is gone: it was deleted")


def test_a_temporary_summary_is_not_kept(window: Open) -> None:
    page = window(HERE)
    page.locator("#summarize-temporary input").check()
    summarize(page, TEXT.replace("Marlow Bay", "Nirgendwo"))
    assert "summary=" not in page.url
    expect(recent(page).filter(has_text="Nirgendwo")).to_have_count(0)


def test_markup_in_a_text_is_shown_and_never_runs(window: Open) -> None:
    page = window(HERE)
    summarize(page, f'<img src=x onerror="window.ran = 1"> stood in the letter of the council. {TEXT}')
    expect(page.locator("#summarize-source")).to_contain_text('<img src=x onerror="window.ran = 1">')
    assert page.evaluate("window.ran") is None
    expect(page.locator("#page-summarize img")).to_have_count(0)


def test_enter_in_the_focus_question_summarizes(window: Open) -> None:
    page = window(HERE)
    field(page).fill(TEXT)
    focus = page.locator("#summarize-focus textarea, #summarize-focus input")
    focus.fill("Who leads the works department?")
    focus.press("Enter")
    expect(finished(page)).not_to_be_empty()


def test_on_a_phone_the_result_comes_into_view_and_a_tapped_sentence_shows_its_source(window: Open) -> None:
    page = window(HERE, width=390, height=800)
    page.get_by_role("button", name="Summarize an example").click()
    finished(page)
    expect(page.locator("#summarize-result")).to_be_in_viewport(ratio=0.5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sentence = page.locator("#summarize-result a.linked").nth(1)
    sentence.click()
    expect(page.locator("#summarize-result .quote:visible")).to_have_text(f"In the text: {sentence.inner_text()}")


def test_weights_that_are_missing_are_told_and_lead_to_the_models_page(window: Open, bare_app: str) -> None:
    page = window(bare_app + HERE)
    field(page).fill(TEXT)
    page.locator("#summarize-go").click()
    problem = page.locator("#summarize-problem [role=alert]")
    expect(problem).to_contain_text("SmolLM2 135M Instruct")
    problem.get_by_role("button", name="Open Models").click()
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")


@pytest.mark.slow
def test_the_default_weights_summarize_a_text_and_every_sentence_has_its_source(window: Open, real_app: str) -> None:
    page = window(real_app + HERE)
    field(page).fill(TEXT)
    page.locator("#summarize-go").click()
    expect(page.locator("#summarize-below .provenance")).to_be_visible(timeout=120_000)
    words = len(finished(page).inner_text().split())
    assert 40 <= words <= 130
    expect(page.locator("#summarize-result")).to_contain_text("bridge")
    links = page.locator("#summarize-result a.linked")
    assert links.count() >= 2
    expect(page.locator("#summarize-result .unlinked")).to_have_count(0)
    links.first.hover()
    expect(page.locator("#summarize-source .lit")).to_have_count(1)
    expect(page.locator("#summarize-below .provenance")).to_contain_text("linked by embeddings and words")
