"""What lies on disk and was checked: a small JSON receipt beside each model's files. Fetching is download.py's.

The receipt is the proof that a download ended well: it is written last. Reading it is cheap, so nobody has to hash
hundreds of megabytes again to know that a model is ready.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from llmweb.types import ModelSpec, Weights

RECEIPT = "receipt.json"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file as it was when its SHA-256 was taken; modified_ns is st_mtime_ns."""

    bytes: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """files by name inside the folder. Times are UTC, ISO 8601; accepted: when the terms were, or ""."""

    model: str
    source: str
    revision: str
    licence: str
    fetched: str
    files: dict[str, CheckedFile]
    accepted: str = ""


def write_receipt(folder: Path, receipt: Receipt) -> None:
    (folder / RECEIPT).write_text(json.dumps(asdict(receipt), indent=2) + "\n", encoding="utf-8")


def read_receipt(folder: Path) -> Receipt | None:
    """The folder's receipt; None where there is none or where it is not one (then the model is fetched again)."""
    try:
        fields = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        files = {name: CheckedFile(**entry) for name, entry in fields.pop("files").items()}
        return Receipt(**fields, files=files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def is_unchanged(folder: Path, receipt: Receipt) -> bool:
    """Whether every file is still there with the size and time it had when it was checked."""
    for name, checked in receipt.files.items():
        try:
            state = (folder / name).stat()
        except OSError:
            return False
        if (state.st_size, state.st_mtime_ns) != (checked.bytes, checked.modified_ns):
            return False
    return True


def weights_of(spec: ModelSpec, folder: Path, receipt: Receipt) -> Weights:
    """Weights as engines take them.

    sha256 is the file's own for a single file; for several, that of what `sha256sum` prints for them in order of name,
    so that anybody can compute it again.
    """
    hashes = {name: receipt.files[name].sha256 for name in sorted(receipt.files)}
    if len(hashes) == 1:
        (whole,) = hashes.values()
    else:
        whole = hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in hashes.items()).encode()).hexdigest()
    return Weights(spec, folder, hashes, receipt.revision, whole)


def check_file(path: Path, on_bytes: Callable[[int], None]) -> CheckedFile:
    """Hash a file. on_bytes is called with the size of each piece read; what it raises ends the reading."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
            on_bytes(len(piece))
    state = path.stat()
    return CheckedFile(state.st_size, digest.hexdigest(), state.st_mtime_ns)
