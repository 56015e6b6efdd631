"""Uploaded files: read once and deleted, so that none stays on the server. Kinds and words are documents.py's.

The paths come from Gradio, which takes only files of its own upload folder.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr

from llmweb import documents
from llmweb.documents import MAX_FILE_BYTES, Document
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts
from llmweb.pages.parts import Click


def read_uploads(paths: Sequence[str]) -> tuple[list[Document], list[UserError]]:
    """What could be read, in order, and for each other file why not."""
    read: list[Document] = []
    failed: list[UserError] = []
    for path in map(Path, paths):
        try:
            read.append(documents.read(path))
        except UserError as error:
            failed.append(error)
        finally:
            delete(path)
    return read, failed


@contextmanager
def side_by_side(paths: Sequence[str]) -> Iterator[list[Path]]:
    """The files under their own names in one folder that nobody else can read, as some are told by their neighbours.
    Gone after the block, however that ends."""
    with TemporaryDirectory() as folder:
        try:
            yield [_moved(Path(path), Path(folder), number) for number, path in enumerate(paths)]
        finally:
            for path in paths:
                delete(Path(path))


def _moved(path: Path, folder: Path, number: int) -> Path:
    """A second one of a name lies apart. One that another window has taken is not there."""
    place = folder if not (folder / path.name).exists() else folder / str(number)
    place.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.move(path, place)
    return place / path.name


def limit(elem_id: str) -> gr.HTML:
    """The canvas that limit_html is on, in the layout block that is open; a click there is for refuse."""
    return parts.canvas(elem_id, limit_html(), classes=["visually-hidden"])


def refuse(event: gr.EventData) -> str:
    return parts.error_html(too_big(parts.clicked(event)))


def limit_html() -> str:
    """Invisible; tells frame.js which files are too big to upload. It then clicks here, with bytes and name as id."""
    return f'<button type="button" hidden data-do="too-big" data-max-bytes="{MAX_FILE_BYTES}"></button>'


def too_big(click: Click) -> BadInput:
    """What to say of the file that frame.js did not upload."""
    size, _, name = click.id.partition(" ")
    known = f"{int(size):,} bytes" if size.isdecimal() and len(size) < 20 else "too many bytes"
    return BadInput(f"{name} has {known}; the limit is {MAX_FILE_BYTES:,}. Split it or save only its text.")


def delete(path: Path) -> None:
    """An upload and the folder Gradio made for it; another window may have been first."""
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()
