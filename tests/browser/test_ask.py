"""The Ask page as a person uses it, in Chromium. The scripted engine's guesses are words of the prompt."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as WordDocument
from playwright.sync_api import Locator, Page, expect

from llmweb.pages.examples import QUESTIONS, TEXT

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
HERE = "/?tab=ask"
ENCRYPTION = (
    f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >> "
    f"/ID [<{'33' * 16}> <{'33' * 16}>]"
)
BOOK = "\n\n".join(f"Chapter {number}. {TEXT}" for number in range(4000))


def pdf(path: Path, *pages: str, encrypt: str = "") -> Path:
    """A PDF (1.4) with a page for each text, a line for each line; encrypt is the trailer's /Encrypt entry."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, page in enumerate(pages):
        lines = " T* ".join(f"({line}) Tj" for line in page.splitlines())
        drawn = f"BT /F1 12 Tf 14 TL 50 800 Td {lines} ET".encode()
        contents = f"{5 + 2 * number} 0 R"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {contents} >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {encrypt} >>\n"
    path.write_bytes(data + end.encode() + b"startxref\n%d\n%%%%EOF\n" % len(data))
    return path


def word(path: Path, text: str) -> Path:
    document = WordDocument()
    document.add_paragraph(text)
    document.save(str(path))
    return path


def add(page: Page, *paths: Path) -> None:
    page.locator("#page-ask input[type=file]").set_input_files(paths)


def chips(page: Page) -> Locator:
    return page.locator("#ask-chips .chip")


def question(page: Page) -> Locator:
    return page.locator("#ask-question textarea, #ask-question input")


def ask(page: Page, text: str) -> Locator:
    """Ask, wait for the answer, and return it."""
    question(page).fill(text)
    question(page).press("Enter")
    return answered(page, text)


def answered(page: Page, text: str) -> Locator:
    answer = page.locator("#ask-result .answer")
    expect(answer.locator(".asked")).to_have_text(text)
    expect(page.locator("#ask-go")).to_be_visible()
    return answer


def example(page: Page) -> Locator:
    return page.locator("#ask-result").get_by_role("button", name=QUESTIONS[0])


def recent(page: Page) -> Locator:
    return page.locator("#ask-list .open-chat")


def problem(page: Page, place: str) -> Locator:
    return page.locator(f"#ask-{place} [role=alert]")


def test_the_example_is_answered_with_its_passage_lit_its_provenance_and_an_announcement(window: Open) -> None:
    page = window(HERE)
    example(page).click()
    answer = answered(page, QUESTIONS[0])
    expect(chips(page)).to_have_text(re.compile("^Example: a bridge is closed234 words"))
    reply = answer.locator(".reply").inner_text()
    expect(answer.locator(".passage mark").first).to_have_text(reply)
    expect(answer.locator(".sure")).to_have_text(
        re.compile(r"^(Very likely|Likely|Perhaps) answered in the text: .*\d+% ")
    )
    expect(page.locator("#ask-below .provenance")).to_have_text(
        re.compile(
            r"^SmolLM2 135M Instruct · asked 2 times · \d+ tokens read, \d+ written · \d+\.\d s · "
            "asked of Example: a bridge is closed$"
        )
    )
    expect(page.locator("#ask-said [role=status]")).to_have_text(f"Answer: {reply}")
    assert re.search(r"\?tab=ask&answer=[0-9a-f]{32}$", page.url)


def test_what_the_text_does_not_tell_is_an_answer_of_its_own_with_the_nearest_passage(window: Open) -> None:
    page = window(HERE)
    page.locator("#ask-pasted textarea").fill("Zebras graze at dawn. Storks return in spring.")
    answer = ask(page, "How many moons does Neptune have?")
    expect(answer.locator(".reply")).to_have_text("∅ Not in the text")
    expect(answer.locator(".sure")).to_have_text(
        re.compile(r"^Unlikely that the text answers this: .*\d+% probability$")
    )
    expect(answer.get_by_role("heading", name="The nearest passage, which does not seem to answer")).to_be_visible()
    expect(answer.locator(".passage").first).to_contain_text("Zebras graze at dawn. Storks return in spring.")
    expect(answer.locator("mark")).to_have_count(0)
    expect(page.locator("#ask-said [role=status]")).to_have_text("Answer: Not in the text.")


def test_files_and_pasted_texts_become_chips_and_are_removed_one_by_one(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    (tmp_path / "notes.md").write_text("# Notes\n\nThe key is under the mat.")
    (tmp_path / "page.html").write_text("<title>t</title><p>The dog is called Bruno.<script>alert(1)</script>")
    files = pdf(tmp_path / "report.pdf", "First page.", "Second page."), word(tmp_path / "letter.docx", "Dear Ada")
    add(page, *files, tmp_path / "notes.md", tmp_path / "page.html")
    expect(chips(page)).to_have_count(4)
    page.locator("#ask-pasted textarea").fill("The meeting is on Monday, at nine in the morning.")
    page.locator("#ask-add").click()
    expect(chips(page)).to_have_count(5)
    expect(page.locator("#ask-pasted textarea")).to_have_value("")
    names = ["report.pdf", "letter.docx", "notes.md", "page.html", "“The meeting is on Monday,…”"]
    assert page.locator("#ask-chips .chip-name").all_inner_texts() == names
    expect(chips(page).first).to_contain_text("2 pages")
    page.get_by_title("Remove letter.docx").click()
    expect(chips(page)).to_have_count(4)
    add(page, tmp_path / "notes.md")
    page.wait_for_timeout(300)
    expect(chips(page)).to_have_count(4)
    page.locator("#ask-clear").click()
    expect(page.locator("#ask-chips")).to_contain_text("No documents yet.")


def test_the_answer_names_the_document_and_its_page(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    filler = "\n".join(f"Paragraph {number} speaks of cheese and of nothing else." for number in range(40))
    add(page, pdf(tmp_path / "report.pdf", filler, filler, "The treaty of Lund was signed in 1676 by Erik Rask."))
    expect(chips(page)).to_contain_text("3 pages")
    answer = ask(page, "When was the treaty of Lund signed?")
    expect(answer.locator(".passage footer").first).to_have_text("report.pdf · page 3")
    expect(answer.locator(".passage").first).to_contain_text("treaty of Lund was signed in 1676")


def test_every_file_that_cannot_be_read_says_why_at_the_documents_and_the_others_are_kept(
    window: Open, tmp_path: Path
) -> None:
    page = window(HERE)
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "table.xlsx").write_text("x")
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0 an old Word file")
    (tmp_path / "binary.txt").write_bytes(b"a\0b")
    (tmp_path / "good.txt").write_text("The key is under the mat.")
    scanned, locked = pdf(tmp_path / "scan.pdf", ""), pdf(tmp_path / "locked.pdf", "x", encrypt=ENCRYPTION)
    names = ("empty.txt", "table.xlsx", "old.docx", "binary.txt", "good.txt")
    add(page, scanned, locked, *(tmp_path / name for name in names))
    expect(problem(page, "documents-problem")).to_have_count(6)
    told = page.locator("#ask-documents-problem").inner_text()
    for words in (
        "scan.pdf has 1 pages without text: they are scanned pictures",
        "locked.pdf is encrypted. Remove its password in a PDF viewer and choose it again.",
        "empty.txt is empty. Choose a file with text in it.",
        "table.xlsx: cannot read '.xlsx'. Known: .txt, .md, .pdf",
        "old.docx is not a Word document (.docx).",
        "binary.txt holds NUL bytes: it is not a text file.",
    ):
        assert words in told
    expect(chips(page)).to_have_text(re.compile("^good.txt6 words"))


def test_a_200_mb_file_is_told_at_the_documents(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    with (tmp_path / "big.pdf").open("wb") as file:
        file.truncate(200_000_000)
    add(page, tmp_path / "big.pdf")
    expect(problem(page, "documents-problem")).to_contain_text(
        "big.pdf has 200,000,000 bytes; the limit is 50,000,000. Split it or save only its text."
    )


def test_nothing_to_ask_of_and_nothing_asked_are_told_at_their_fields(window: Open) -> None:
    page = window(HERE)
    page.locator("#ask-go").click()
    expect(problem(page, "documents-problem")).to_contain_text("There is no text to search.")
    page.locator("#ask-pasted textarea").fill("The key is under the mat.")
    page.locator("#ask-go").click()
    expect(problem(page, "question-problem")).to_contain_text("There is no question. Write one about the documents.")
    expect(problem(page, "documents-problem")).to_have_count(0)
    expect(chips(page)).to_have_count(1)


def test_stop_ends_the_reading_at_once_and_keeps_nothing(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    before = recent(page).count()
    (tmp_path / "book.txt").write_text(BOOK)
    add(page, tmp_path / "book.txt")
    expect(chips(page)).to_have_count(1)
    question(page).fill("Where is the ferry?")
    question(page).press("Enter")
    expect(page.locator("#ask-result .progress")).to_contain_text(re.compile(r"Read [\d,]+ of [\d,]+ sentences"))
    page.keyboard.press("Escape")
    expect(page.locator("#ask-go")).to_be_visible(timeout=3_000)
    expect(page.locator("#ask-problem")).to_contain_text("Stopped before there was an answer.")
    assert recent(page).count() == before


def test_a_model_that_fails_says_why_and_what_was_typed_stays(window: Open) -> None:
    page = window(HERE)
    page.locator("#ask-pasted textarea").fill("The boom was heard in Oster.")
    question(page).fill("Where was the boom heard?")
    question(page).press("Enter")
    expect(problem(page, "problem")).to_contain_text("The scripted engine fails when asked to say boom.")
    expect(question(page)).to_have_value("Where was the boom heard?")
    expect(chips(page)).to_have_count(1)


def test_answers_are_found_reopened_without_their_documents_and_deleted(window: Open) -> None:
    page = window(HERE)
    page.locator("#ask-pasted textarea").fill("The zwieback of Neuland is baked twice. It keeps for a year.")
    ask(page, "How often is the zwieback baked?")
    address, shown = page.url, page.locator("#ask-result").inner_text()

    other = window(address)
    answered(other, "How often is the zwieback baked?")
    assert other.locator("#ask-result").inner_text() == shown
    expect(chips(other)).to_have_count(0)
    other.locator("#ask-result h3").click()
    other.keyboard.press("/")
    other.keyboard.type("zwieback")
    expect(recent(other)).to_have_count(1)
    other.get_by_title("Delete “How often is the zwieback baked?”").click()
    other.locator("dialog").get_by_role("button", name="Delete").click()
    expect(other.locator("#ask-list")).to_have_text("No answer has “zwieback”.")
    expect(example(other)).to_be_visible()


def test_a_temporary_answer_is_not_kept(window: Open) -> None:
    page = window(HERE)
    page.locator("#ask-temporary input").check()
    page.locator("#ask-pasted textarea").fill("The passing secret is kept in Nirgendwo.")
    ask(page, "Where is the passing secret kept?")
    assert "answer=" not in page.url
    expect(recent(page).filter(has_text="passing secret")).to_have_count(0)


def test_markup_in_documents_and_names_is_shown_and_never_runs(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    (tmp_path / "a.txt").write_text('The key is <img src=x onerror="window.ran = 1"> under the mat.')
    add(page, tmp_path / "a.txt")
    expect(chips(page)).to_have_count(1)
    answer = ask(page, "Where is the <b>key</b>?")
    expect(answer.locator(".passage").first).to_contain_text('<img src=x onerror="window.ran = 1"> under the mat.')
    assert page.evaluate("window.ran") is None
    expect(page.locator("#page-ask img")).to_have_count(0)


def test_on_a_phone_the_answer_comes_into_view_and_nothing_is_wider_than_the_screen(window: Open) -> None:
    page = window(HERE, width=390, height=800)
    example(page).click()
    answer = answered(page, QUESTIONS[0])
    expect(answer.locator(".reply")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_the_default_weights_find_the_answer_in_a_pdf_with_its_page(
    window: Open, real_app: str, tmp_path: Path
) -> None:
    page = window(real_app + HERE)
    lines = [sentence.strip() for sentence in re.split(r"(?<=[.]) ", TEXT.replace("\n", " ").replace('"', ""))]
    pages = ["\n".join(lines[:4]), "\n".join(lines[4:9]), "\n".join(lines[9:])]
    add(page, pdf(tmp_path / "bridge.pdf", *pages))
    expect(chips(page)).to_contain_text("3 pages")
    question(page).fill("How many cars does the bridge carry a day?")
    question(page).press("Enter")
    answer = page.locator("#ask-result .answer")
    expect(answer).to_be_visible(timeout=120_000)
    expect(answer.locator(".reply")).to_contain_text("11,000")
    expect(answer.locator(".passage").first.locator("mark")).to_contain_text("11,000")
    expect(answer.locator(".passage footer").first).to_have_text("bridge.pdf · page 1")
    question(page).fill(QUESTIONS[1])
    question(page).press("Enter")
    expect(answer.locator(".reply")).to_have_text("∅ Not in the text", timeout=120_000)
