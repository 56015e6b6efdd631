"""Files and pasted text to one clean text with page offsets. Splitting it into passages is retrieve.py's.

Libraries read the formats; here are the limits, the cleaning and the words for what cannot be read. Nothing in a file
runs, and nothing it links to is fetched. PDFs go through PDFium: on two manuals of 36 and 17 pages it read the same
words as pypdf 30 times faster, and it frees a page when told to.
"""

import io
import re
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmweb.errors import BadInput

Kind = Literal["text", "md", "pdf", "docx", "html", "srt"]

MAX_FILE_BYTES = 50_000_000
MAX_CHARACTERS = 10_000_000
MAX_UNPACKED_BYTES = 200_000_000
MAX_UNPACKED_RATIO = 100  # text in XML shrinks 5 to 30 times; a bomb 1,000 times

BLOCKS = re.compile(
    r"(p|div|section|article|header|footer|main|aside|nav|ul|ol|li|dl|dt|dd|table|tr|h[1-6]|blockquote|pre|figure"
    r"|figcaption|form|title)$"
)
BREAKS = {"br": "\n", "td": "\t", "th": "\t"}
UNREAD = ("script", "style", "noscript", "template", "svg", "iframe", "object")

LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")

_PDFIUM = threading.Lock()  # PDFium is not safe to call from two threads of a process


@dataclass(frozen=True, slots=True)
class Document:
    """text has no control characters; its lines end in a newline. pages are [start, end) offsets, () without pages."""

    name: str
    text: str
    pages: tuple[tuple[int, int], ...] = ()
    kind: Kind = "text"

    def page(self, offset: int) -> int | None:
        """The page that holds the character at offset, 1 = first; None where the kind has no pages."""
        numbers = [number for number, (start, _) in enumerate(self.pages, 1) if start <= offset]
        return numbers[-1] if numbers else None


def read(path: Path | str) -> Document:
    """The document in a file. Raises BadInput for what cannot be read, saying what to do."""
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"{path.name}: cannot read {path.suffix or 'a file without an extension'!r}. {_KINDS}")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise BadInput(
                f"{path.name} has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}. Split it or save only its text."
            )
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be opened: {error.strerror or error}. Choose the file again.") from error
    if not data.strip():
        raise BadInput(f"{path.name} is empty. Choose a file with text in it.")
    kind, pages_of = reader
    return _document(path.name, kind, pages_of(data, path.name))


def read_text(text: str, name: str = "pasted text") -> Document:
    """The document that a pasted text is. Raises BadInput when it is empty or too long."""
    return _document(name, "text", [text])


def _document(name: str, kind: Kind, parts: list[str]) -> Document:
    """Join cleaned pages by an empty line. Only PDF parts count as pages."""
    texts = [clean(part) for part in parts]
    if not any(texts):
        raise BadInput(f"{name} has no text in it. Paste the text or choose another file.")
    if sum(map(len, texts)) > MAX_CHARACTERS:
        raise BadInput(f"{name} has more than {MAX_CHARACTERS:,} characters. Split it into smaller files.")
    pages, start = [], 0
    for text in texts:
        pages.append((start, start + len(text)))
        start += len(text) + 2
    return Document(name, "\n\n".join(texts), tuple(pages) if kind == "pdf" else (), kind)


def clean(text: str) -> str:
    """text with "\\n" line ends, without control characters, lone surrogates or space at either end.

    Format characters stay: joiners and direction marks belong to Persian, Hindi and emoji.
    """
    return UNWANTED.sub("", LINE_END.sub("\n", text)).strip()


def decode(data: bytes, name: str) -> str:
    """UTF-8, UTF-16 or UTF-32 with a mark, else what charset-normalizer finds likely. Raises BadInput."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded(data, encoding, name)
    if b"\0" in data:
        raise BadInput(f"{name} holds NUL bytes: it is not a text file. Export it as .txt, .pdf or .docx.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    import charset_normalizer

    matches = charset_normalizer.from_bytes(data[:200_000])
    guess = matches.best()
    if guess is None:
        raise BadInput(f"{name}: its encoding could not be told. Save it as UTF-8 and choose it again.")
    # Western European wins a tie: single-byte code pages of one script differ by a few letters only.
    western = [match for match in matches if match.encoding == "cp1252" and match.chaos <= guess.chaos]
    return _decoded(data, (western or [guess])[0].encoding, name)


def _decoded(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{name} is not valid {encoding.upper()} (byte {error.start:,}). Save it as UTF-8 and choose it again."
        ) from error


def _plain(data: bytes, name: str) -> list[str]:
    return [decode(data, name)]


def _srt(data: bytes, name: str) -> list[str]:
    """The spoken lines, one subtitle after the other, without numbers, times and markup."""
    import pysubs2

    subtitles = pysubs2.SSAFile.from_string(decode(data, name), format_="srt")
    if not subtitles:
        raise BadInput(f"{name} is not a subtitle file. Rename it to .txt to read it as it stands.")
    return ["\n".join(subtitle.plaintext for subtitle in subtitles)]


def _html(data: bytes, name: str) -> list[str]:
    """The text a browser would show, a line per block; scripts, styles and embedded documents left out."""
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
    from bs4.element import NavigableString, Tag

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(decode(data, name), "html.parser")
    for tag in soup(UNREAD):
        tag.decompose()
    parts: list[str] = []
    block: Tag | None = None
    for element in soup.descendants:
        if isinstance(element, Tag):
            parts.append(BREAKS.get(element.name, ""))
        elif type(element) is NavigableString:  # not a comment, not a doctype
            inside = element.find_parent(BLOCKS)
            parts.append("" if inside is block else "\n")
            parts.append(element if inside and inside.name == "pre" else re.sub(r"\s+", " ", element))
            block = inside
    return [re.sub(r" *\n[ \t]*", "\n", re.sub(r"\n\s*\n", "\n", "".join(parts)))]


def _docx(data: bytes, name: str) -> list[str]:
    """Paragraphs and table rows in the order of the document; cells are parted by tabs."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    _refuse_bomb(data, name)
    try:
        blocks = list(docx.Document(io.BytesIO(data)).iter_inner_content())
    except (PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"{name} is damaged or not a Word document. Open it in a word processor and save it again."
        ) from error
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            lines.extend("\t".join(cell.text for cell in row.cells) for row in block.rows)
        else:
            lines.append(block.text)
    return ["\n".join(lines)]


def _refuse_bomb(data: bytes, name: str) -> None:
    """The sizes a zip declares bound what zipfile unpacks, so checking them is enough."""
    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
    except zipfile.BadZipFile as error:
        raise BadInput(
            f"{name} is not a Word document (.docx). An old .doc or an encrypted file must be saved as .docx first."
        ) from error
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > MAX_FILE_BYTES / 10 and unpacked > MAX_UNPACKED_RATIO * len(data)):
        raise BadInput(
            f"{name} would unpack to {unpacked:,} bytes, too many for {len(data):,} packed. It was not opened."
        )


def _pdf(data: bytes, name: str) -> list[str]:
    """The text of each page."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        with _PDFIUM:
            pages = list(_pdf_pages(data))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise BadInput(f"{name} is encrypted. Remove its password in a PDF viewer and choose it again.") from error
        raise BadInput(f"{name} is damaged or not a PDF ({error}). Print it to a new PDF and choose that.") from error
    if not any(page.strip() for page in pages):
        raise BadInput(
            f"{name} has {len(pages)} pages without text: they are scanned pictures, and reading pictures (OCR) "
            "is not built in. Run an OCR tool over it first."
        )
    return pages


def _pdf_pages(data: bytes) -> Iterator[str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        for page in document:
            text = page.get_textpage()
            # U+FFFE is PDFium's mark for a word broken at the line's end.
            yield re.sub("\ufffe[\r\n]*", "", text.get_text_range())
            text.close()
            page.close()
    finally:
        document.close()


READERS: dict[str, tuple[Kind, Callable[[bytes, str], list[str]]]] = {
    ".txt": ("text", _plain),
    ".md": ("md", _plain),
    ".pdf": ("pdf", _pdf),
    ".docx": ("docx", _docx),
    ".html": ("html", _html),
    ".htm": ("html", _html),
    ".srt": ("srt", _srt),
}
_KINDS = f"Known: {', '.join(READERS)}."
