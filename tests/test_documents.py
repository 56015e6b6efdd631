"""Files become one clean text, and what cannot be read says why."""

import io
import os
import zipfile
from pathlib import Path

import docx
import pytest

from llmweb.documents import MAX_FILE_BYTES, Document, clean, read, read_text
from llmweb.errors import BadInput


def pdf(*pages: str, encrypt: str = "") -> bytes:
    """A small PDF by hand (PDF 1.4 reference), a page per text; encrypt is the trailer's /Encrypt dictionary."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 20 700 Td ({text}) Tj ET" if text else ""
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size, start = len(objects) + 1, len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {encrypt} >>\n"
    return f"{out}startxref\n{start}\n%%EOF\n".encode("latin-1")


ENCRYPTED = pdf(
    "Secret",
    encrypt=f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >> "
    f"/ID [<{'33' * 16}> <{'33' * 16}>]",
)


def word_file(*paragraphs: str, rows: tuple[tuple[str, ...], ...] = ()) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def kept(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read(path)
    return str(caught.value)


def test_a_pdf_gives_its_text_with_the_page_of_every_character(tmp_path: Path) -> None:
    document = read(kept(tmp_path, "two.pdf", pdf("The first page.", "The second page.")))
    assert document == Document("two.pdf", "The first page.\n\nThe second page.", ((0, 15), (17, 33)), "pdf")
    assert [document.page(0), document.page(14), document.page(17), document.page(32)] == [1, 1, 2, 2]


def test_a_page_without_text_still_counts(tmp_path: Path) -> None:
    document = read(kept(tmp_path, "gap.pdf", pdf("One.", "", "Three.")))
    assert [document.text[start:end] for start, end in document.pages] == ["One.", "", "Three."]
    assert document.page(document.text.index("Three")) == 3


def test_a_word_file_gives_paragraphs_and_tables_in_order(tmp_path: Path) -> None:
    path = kept(
        tmp_path, "report.docx", word_file("First.", "Ação 你好", rows=(("city", "people"), ("Porto", "231,800")))
    )
    assert read(path) == Document("report.docx", "First.\nAção 你好\ncity\tpeople\nPorto\t231,800", (), "docx")


def test_html_gives_what_a_browser_would_show(tmp_path: Path) -> None:
    page = (
        b"<!doctype html><title>Tea</title><style>p{}</style><script>alert('x')</script>"
        b"<h1>Tea &amp; milk</h1><p>Hot\n <b>tea</b>,<br>cold milk.<ul><li>one<li>two</ul><iframe>no</iframe>"
    )
    assert read(kept(tmp_path, "tea.html", page)).text == "Tea\nTea & milk\nHot tea,\ncold milk.\none\ntwo"


def test_deeply_nested_html_is_read(tmp_path: Path) -> None:
    assert read(kept(tmp_path, "deep.htm", b"<div>" * 20_000 + b"down here")).text == "down here"


def test_subtitles_give_the_spoken_lines(tmp_path: Path) -> None:
    subtitles = b"1\n00:00:01,000 --> 00:00:02,000\n<i>Hello,</i>\nyou.\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n"
    assert read(kept(tmp_path, "film.srt", subtitles)) == Document("film.srt", "Hello,\nyou.\nBye.", (), "srt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_in_a_common_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = "O café da manhã é às sete. A avó não vem à estação; só o avô virá amanhã, após a lição."
    assert read(kept(tmp_path, "a.txt", text.encode(encoding))).text == text


def test_right_to_left_text_and_emoji_keep_their_joiners(tmp_path: Path) -> None:
    text = "می\u200cخواهم شلوم שלום 👩\u200d🚀 \u202bمرحبا\u202c"
    assert read(kept(tmp_path, "rtl.md", text.encode())) == Document("rtl.md", text, (), "md")


def test_control_characters_and_lone_surrogates_are_dropped() -> None:
    assert clean("\ufeff a\x00b\x1b[31mc\ud800\r\nd\re\x0cf\tg\x7f ") == "ab[31mc\nd\ne\nf\tg"
    assert read_text("One\x00 two.") == Document("pasted text", "One two.")


def test_a_pdf_of_pictures_says_so(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "scan.pdf", pdf("", ""))) == (
        "scan.pdf has 2 pages without text: they are scanned pictures, and reading pictures (OCR) is not built in. "
        "Run an OCR tool over it first."
    )


def test_an_encrypted_pdf_says_so(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "locked.pdf", ENCRYPTED)) == (
        "locked.pdf is encrypted. Remove its password in a PDF viewer and choose it again."
    )


def test_a_damaged_pdf_says_so(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "torn.pdf", b"%PDF-1.4 and then nothing")).startswith(
        "torn.pdf is damaged or not a PDF ("
    )


def test_bytes_of_no_text_are_refused(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "song.txt", b"ID3\x00\x01\x02 text")) == (
        "song.txt holds NUL bytes: it is not a text file. Export it as .txt, .pdf or .docx."
    )


def test_broken_utf16_names_the_byte(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "half.txt", "\ufeffab".encode("utf-16-le") + b"\x00\xd8")) == (
        "half.txt is not valid UTF-16 (byte 6). Save it as UTF-8 and choose it again."
    )


def test_an_encoding_that_cannot_be_told_is_refused(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "noise.txt", bytes(range(128, 256)) * 8 + b"\x81\x8d\x8f")) == (
        "noise.txt: its encoding could not be told. Save it as UTF-8 and choose it again."
    )


@pytest.mark.parametrize("data", [b"", b" \n\t "])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(kept(tmp_path, "no.txt", data)) == "no.txt is empty. Choose a file with text in it."


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x01"])
def test_an_empty_paste_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_text(text)
    assert str(caught.value) == "pasted text has no text in it. Paste the text or choose another file."


def test_a_file_of_200_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 200_000_000)  # sparse: nothing is written
    assert refusal(path) == (
        f"huge.txt has 200,000,000 bytes; the limit is {MAX_FILE_BYTES:,}. Split it or save only its text."
    )


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        read_text("a" * 10_000_001)
    assert str(caught.value) == "pasted text has more than 10,000,000 characters. Split it into smaller files."


def test_an_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "x.exe", b"MZ")) == (
        "x.exe: cannot read '.exe'. Known: .txt, .md, .pdf, .docx, .html, .htm, .srt."
    )


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("word/document.xml", b"0" * 30_000_000)
    text = refusal(kept(tmp_path, "bomb.docx", out.getvalue()))
    assert text == (
        f"bomb.docx would unpack to 30,000,000 bytes, too many for {len(out.getvalue()):,} packed. It was not opened."
    )


def test_a_word_file_that_is_none_says_so(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "old.docx", b"\xd0\xcf\x11\xe0 old format")) == (
        "old.docx is not a Word document (.docx). An old .doc or an encrypted file must be saved as .docx first."
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as other:
        other.writestr("hello.txt", "hi")
    assert refusal(kept(tmp_path, "zip.docx", out.getvalue())) == (
        "zip.docx is damaged or not a Word document. Open it in a word processor and save it again."
    )


def test_subtitles_that_are_none_say_so(tmp_path: Path) -> None:
    assert refusal(kept(tmp_path, "film.srt", b"not a subtitle at all")) == (
        "film.srt is not a subtitle file. Rename it to .txt to read it as it stands."
    )


def test_a_file_that_vanished_says_so(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.txt") == (
        "gone.txt cannot be opened: No such file or directory. Choose the file again."
    )
