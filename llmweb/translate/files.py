"""Translating files: .txt, .md, .srt and .docx to a file of the same kind beside a given folder.

Owns reading, the checks of what comes in, subtitles, and the atomic writing. Word documents are docx_files.py's,
the text itself translate.py's.
"""

import os
import re
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from llmweb.translate import Translation, translate_steps
from llmweb.translate.docx_files import read_docx
from llmweb.translate.segments import with_breaks

TEXT_BYTES = 5_000_000
DOCX_BYTES = 50_000_000
SUFFIXES = (".txt", ".md", ".srt", ".docx")

Write = Callable[[Translation], bytes]
"""The bytes of the translated file, from the translation of its text."""


@dataclass(frozen=True, slots=True)
class FileTranslation:
    """A file on its way; path is the translated file once it is written, None before."""

    translation: Translation
    path: Path | None = None


def translate_file(
    runtime: Runtime, path: Path, source: str, target: str, folder: Path | None = None, model: str = ""
) -> FileTranslation:
    """The last of translate_file_steps."""
    return deque(translate_file_steps(runtime, path, source, target, folder, model), maxlen=1)[0]


def translate_file_steps(
    runtime: Runtime, path: Path, source: str, target: str, folder: Path | None = None, model: str = ""
) -> Iterator[FileTranslation]:
    """Translate a file into folder (its own, if None): notes.md becomes notes.pt.md. Nothing is written before the end.

    Raises BadInput (kind, size, encoding, empty, damaged) and what translate_steps raises.
    """
    text, write = _read(path)
    for step in translate_steps(runtime, text, source, target, model):
        yield FileTranslation(step)
    written = _free(folder or path.parent, path, step.target)
    _write(written, write(step))
    yield FileTranslation(step, written)


def _read(path: Path) -> tuple[str, Write]:
    """The text to translate, and how its translation becomes a file."""
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise BadInput(f"Cannot translate {path.name}: only {', '.join(SUFFIXES)} files. Save it as one of these.")
    try:
        size = path.stat().st_size
        limit = DOCX_BYTES if kind == ".docx" else TEXT_BYTES
        if size > limit:
            raise BadInput(
                f"{path.name} is too big: {size / 1e6:,.1f} MB, the limit is {limit / 1e6:.0f} MB. Split it first."
            )
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"Cannot read {path.name}: {error.strerror}.") from error
    if not data.strip():
        raise BadInput(f"{path.name} is empty. Choose another file.")
    if kind == ".docx":
        return read_docx(path.name, data)
    text, encoding = _decoded(path.name, data)
    if kind == ".srt":
        return _subtitles(path.name, text, encoding)
    return text, lambda translation: translation.text.encode(encoding)


def _decoded(name: str, data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8, with or without its mark, or UTF-16 with one."""
    encoding = "utf-8"
    if data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(
            f"{name} is not {encoding.upper()} text: byte {error.start + 1}, in line {line}, is not valid. "
            "Open it in an editor and save it as UTF-8."
        ) from error


def _subtitles(name: str, text: str, encoding: str) -> tuple[str, Write]:
    """The cues, a paragraph each. A cue's lines are one flow, broken again into as many; times and markup stay."""
    import pysubs2

    cues = pysubs2.SSAFile.from_string(text, format_="srt", keep_html_tags=True, keep_unknown_html_tags=True)
    if not cues:
        raise BadInput(f"{name} is not a subtitle file, or holds no subtitles. Choose another file.")
    contents = [re.sub(r"\n{2,}", "\n", cue.text.replace(r"\N", "\n").strip()) for cue in cues]
    flows = [content if _spoken_in_turns(content) else content.replace("\n", " ") for content in contents]

    def write(translation: Translation) -> bytes:
        translated = translation.text.split("\n\n")
        for cue, content, flow, target in zip(cues, contents, flows, translated, strict=True):
            lines = content.count("\n") + 1 if flow != content else 1
            broken = with_breaks(target, tuple((line / lines, "\n") for line in range(1, lines)))
            cue.text = broken.replace("\n", r"\N")
        return cues.to_string("srt", keep_ssa_tags=True).encode(encoding)

    return "\n\n".join(flows), write


def _spoken_in_turns(content: str) -> bool:
    return any(re.match(r"\s*[-–—]", line) for line in content.split("\n"))


def _free(folder: Path, path: Path, target: str) -> Path:
    """A name that is not taken: notes.pt.md, else notes.pt (2).md and so on."""
    wanted, number = folder / f"{path.stem}.{target}{path.suffix}", 1
    while wanted.exists():
        number += 1
        wanted = folder / f"{path.stem}.{target} ({number}){path.suffix}"
    return wanted


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".translating-", delete=False) as part:
            unfinished = Path(part.name)
            try:
                part.write(data)
                part.close()
                os.replace(unfinished, path)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}. Choose another folder or make room.") from error
