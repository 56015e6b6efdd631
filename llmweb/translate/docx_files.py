"""Word documents: their paragraphs as one text to translate, and the translation back in the same document.

Body, tables, text boxes, headers and footers. Where the formatting changes inside a paragraph, tags stand for it
(<t1>bold</t1>), which translation keeps around the words they belong to. Tracked changes stay untranslated.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmweb.errors import BadInput
from llmweb.translate import Translation

if TYPE_CHECKING:
    from docx.document import Document

UNPACKED_BYTES = 500_000_000
BETWEEN = "\x1e"  # a line break to the splitter, and no character of a Word document
TAGGED = re.compile(r"<t(\d+)>(.*?)</t\1>|<t(\d+)/>", re.DOTALL)
OWN_TAGS = re.compile(r"</?t\d+/?>")

Element = Any  # lxml's, which has no types


@dataclass(eq=False)
class _Piece:
    """Neighbouring runs of one format, or a run without text (a picture, a field): then its text is None."""

    runs: list[Element]
    link: Element | None
    text: str | None


@dataclass(eq=False)
class _Paragraph:
    element: Element
    pieces: list[_Piece] = field(default_factory=list)
    base: _Piece | None = None


def read_docx(name: str, data: bytes) -> tuple[str, Callable[[Translation], bytes]]:
    """The text of a document, paragraphs between BETWEEN, and how its translation becomes a document.

    Raises BadInput for what is no Word document, or holds no text.
    """
    document = _opened(name, data)
    paragraphs = [paragraph for paragraph in map(_paragraph, _elements(document)) if paragraph.base is not None]
    if not paragraphs:
        raise BadInput(f"{name} holds no text (pictures cannot be translated). Choose another file.")

    def write(translation: Translation) -> bytes:
        for paragraph, text in zip(paragraphs, translation.text.split(BETWEEN), strict=True):
            _rewrite(paragraph, text)
        made = io.BytesIO()
        document.save(made)
        return made.getvalue()

    return BETWEEN.join(_tagged(paragraph) for paragraph in paragraphs), write


def _opened(name: str, data: bytes) -> "Document":
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
        if unpacked > UNPACKED_BYTES:
            raise BadInput(f"{name} unpacks to {unpacked / 1e6:,.0f} MB, more than {UNPACKED_BYTES / 1e6:.0f} MB.")
        return docx.Document(io.BytesIO(data))
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
        raise BadInput(
            f"{name} is not a Word document, or is damaged or encrypted. Open it in a word processor, save it as .docx."
        ) from error


def _elements(document: "Document") -> Iterator[Element]:
    """Every paragraph of the body, then of the headers and footers that are the document's own."""
    from docx.oxml.ns import qn

    roots = [document.element.body]
    for section in document.sections:
        own = (
            section.header,
            section.footer,
            section.first_page_header,
            section.first_page_footer,
            section.even_page_header,
            section.even_page_footer,
        )
        roots += [part._element for part in own if not part.is_linked_to_previous]
    for root in roots:
        yield from root.iter(qn("w:p"))


def _paragraph(element: Element) -> _Paragraph:
    """Its runs by format; base is the piece whose format most of the letters have, None without text."""
    from docx.oxml.ns import qn

    found = _Paragraph(element)
    for child in element:
        if child.tag == qn("w:r"):
            _add_run(found, child, None)
        elif child.tag == qn("w:hyperlink"):
            for run in child.findall(qn("w:r")):
                _add_run(found, run, child)
    lengths = Counter[int]()
    for place, piece in enumerate(found.pieces):
        if piece.text is not None and piece.link is None:
            same = next(p for p, other in enumerate(found.pieces) if _format(other) == _format(piece))
            lengths[same] += len(piece.text)
        elif piece.text and not lengths:
            lengths[place] += 0
    if any(piece.text and piece.text.strip() for piece in found.pieces) and lengths:
        found.base = found.pieces[lengths.most_common(1)[0][0]]
    return found


def _add_run(paragraph: _Paragraph, run: Element, link: Element | None) -> None:
    from docx.oxml.ns import qn

    objects = {qn(f"w:{name}") for name in ("drawing", "pict", "object", "fldChar", "instrText", "footnoteReference")}
    text = None if any(child.tag in objects for child in run) or not run.text else str(run.text)
    piece = _Piece([run], link, text)
    last = paragraph.pieces[-1] if paragraph.pieces else None
    if last and last.text is not None and text is not None and _format(last) == _format(piece):
        last.runs.append(run)
        last.text += text
    else:
        paragraph.pieces.append(piece)


def _format(piece: _Piece) -> tuple[str, int, bool]:
    """What two pieces must share to be one: run properties, link, and whether they are text."""
    from lxml import etree  # type: ignore[import-untyped]

    properties = piece.runs[0].rPr
    xml = "" if properties is None else etree.tostring(properties, encoding="unicode")
    return xml, id(piece.link) if piece.link is not None else 0, piece.text is not None


def _tagged(paragraph: _Paragraph) -> str:
    """The paragraph's text, what differs from its base format in tags numbered by piece."""
    assert paragraph.base is not None
    base, made = _format(paragraph.base), ""
    for place, piece in enumerate(paragraph.pieces):
        # A tag of ours in the author's own text would be taken for formatting.
        text = OWN_TAGS.sub("", piece.text).replace(BETWEEN, " ") if piece.text is not None else None
        if text is None:
            made += f"<t{place}/>"
        elif _format(piece) == base or not text.strip():
            made += text
        else:
            core = text.strip()
            lead = text.index(core)
            made += f"{text[:lead]}<t{place}>{core}</t{place}>{text[lead + len(core) :]}"
    return made


def _rewrite(paragraph: _Paragraph, text: str) -> None:
    """Put the translated text into the paragraph: a run for each stretch of one format, in the translation's order."""
    assert paragraph.base is not None
    made: list[Element] = []
    after = 0
    for match in TAGGED.finditer(text):
        made += _run(paragraph.base, text[after : match.start()])
        if match.group(3):
            piece = paragraph.pieces[int(match.group(3))]
            made += piece.runs if piece.link is None else _run(piece, None)
        else:
            made += _run(paragraph.pieces[int(match.group(1))], match.group(2))
        after = match.end()
    made += _run(paragraph.base, text[after:])
    first = paragraph.pieces[0]
    place = paragraph.element.index(first.runs[0] if first.link is None else first.link)
    for piece in paragraph.pieces:
        for old in piece.runs if piece.link is None else [piece.link]:
            if old.getparent() is paragraph.element:
                paragraph.element.remove(old)
    for offset, element in enumerate(made):
        paragraph.element.insert(place + offset, element)


def _run(piece: _Piece, text: str | None) -> list[Element]:
    """A run in a piece's format, in its link if it has one; text None keeps what the run holds."""
    from docx.oxml.ns import qn

    if text == "":
        return []
    run = deepcopy(piece.runs[0])
    if text is not None:
        run.text = OWN_TAGS.sub("", text)
    if piece.link is None:
        return [run]
    link = deepcopy(piece.link)
    for old in link.findall(qn("w:r")):
        link.remove(old)
    link.append(run)
    return [link]
