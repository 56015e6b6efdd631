"""Files in, translated files out."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from llmweb.translate.files import TEXT_BYTES, translate_file
from llmweb.types import Request

Scripted = Callable[..., Runtime]


def shouting(request: Request) -> str:
    return str(request.prompt).upper()


def translated(scripted: Scripted, path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    written = translate_file(scripted(shouting), path, "en", "pt", path.parent / "out").path
    assert written is not None
    assert [file.name for file in written.parent.iterdir()] == [written.name]
    return written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_and_markdown_keep_their_encoding_and_line_ends(scripted: Scripted, tmp_path: Path, encoding: str) -> None:
    written = translated(scripted, tmp_path / "notes.md", "# Hello\r\n\r\n- café `x`\r\n".encode(encoding))
    assert written.name == "notes.pt.md"
    assert written.read_bytes().decode(encoding) == "# HELLO\r\n\r\n- CAFÉ `x`\r\n"


def test_a_name_that_is_taken_is_not_overwritten(scripted: Scripted, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello")
    (tmp_path / "a.pt.txt").write_text("mine")
    assert translate_file(scripted(shouting), tmp_path / "a.txt", "en", "pt").path == tmp_path / "a.pt (2).txt"
    assert (tmp_path / "a.pt.txt").read_text() == "mine"


def test_subtitles_keep_times_turns_lines_and_markup(scripted: Scripted, tmp_path: Path) -> None:
    source = (
        "1\n00:00:01,000 --> 00:00:02,500\nThe water in the lake\nis too cold.\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\n- Hello!\n- <i>Where is it?</i>\n\n"
    )
    assert translated(scripted, tmp_path / "film.srt", source.encode()).read_text() == (
        "1\n00:00:01,000 --> 00:00:02,500\nTHE WATER IN THE\nLAKE IS TOO COLD.\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\n- HELLO!\n- <i>WHERE IS IT?</i>\n\n"
    )


def document() -> bytes:
    made = docx.Document()
    made.add_heading("The report", 1)
    paragraph = made.add_paragraph("This is ")
    paragraph.add_run("very important").bold = True
    paragraph.add_run(" for us.")
    linked = made.add_paragraph("Read ")
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), made.part.relate_to("https://example.com/a", RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = OxmlElement("w:r")
    run.text = "our page"
    link.append(run)
    linked._p.append(link)
    linked.add_run(" now.")
    made.add_paragraph("")
    made.add_paragraph("First line.\nSecond\tcolumn <t1>", style="List Bullet")
    made.add_table(1, 2).cell(0, 0).text = "The red house"
    made.sections[0].header.paragraphs[0].text = "Good morning"
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def test_a_word_document_keeps_formatting_links_tables_and_headers(scripted: Scripted, tmp_path: Path) -> None:
    made = docx.Document(str(translated(scripted, tmp_path / "report.docx", document())))
    heading, bold, linked, empty, broken = made.paragraphs
    assert (heading.text, heading.style.name) == ("THE REPORT", "Heading 1")
    assert [(run.text, run.bold) for run in bold.runs] == [
        ("THIS IS ", None),
        ("VERY IMPORTANT", True),
        (" FOR US.", None),
    ]
    assert linked.text == "READ OUR PAGE NOW."
    assert [(link.text, link.address) for link in linked.hyperlinks] == [("OUR PAGE", "https://example.com/a")]
    assert empty.text == ""
    assert (broken.text, broken.style.name) == ("FIRST LINE.\nSECOND\tCOLUMN ", "List Bullet")
    assert made.tables[0].cell(0, 0).text == "THE RED HOUSE"
    assert made.sections[0].header.paragraphs[0].text == "GOOD MORNING"


def zipped(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", "a.txt is empty"),
        ("a.txt", b" \n", "a.txt is empty"),
        ("a.txt", "one\nol\xe1".encode("latin-1"), "a.txt is not UTF-8 text: byte 7, in line 2"),
        ("a.txt", b"one\0two", "NUL character in line 1"),
        ("a.txt", b"x" * (TEXT_BYTES + 1), "a.txt is too big: 5.0 MB, the limit is 5 MB"),
        ("a.odt", b"x", "only .txt, .md, .srt, .docx files"),
        ("a.srt", b"no subtitles here", "is not a subtitle file"),
        ("a.docx", b"no zip", "is not a Word document"),
        ("a.docx", zipped(hello="x"), "is not a Word document"),
    ],
)
def test_a_file_that_cannot_be_translated_says_why_and_leaves_nothing(
    scripted: Scripted, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput) as raised:
        translate_file(scripted(), tmp_path / name, "en", "pt", tmp_path / "out")
    assert words in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_document_without_text_is_refused(scripted: Scripted, tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "a.docx"))
    with pytest.raises(BadInput, match="holds no text"):
        translate_file(scripted(), tmp_path / "a.docx", "en", "pt")


def test_a_file_that_is_not_there_says_so(scripted: Scripted, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"Cannot read gone.txt: No such file"):
        translate_file(scripted(), tmp_path / "gone.txt", "en", "pt")
