"""The audit file: one canonical JSON row a line, each chained to the one before by SHA-256, the end signed (Ed25519).

Owns the form of the file, the key and the signatures; reports are sealed with the same key. What rows hold, and whether
their numbers follow from one another, is evidence.py's. Any change of a single character is found, and its row named.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock

from llmweb.errors import BadInput

FORMAT = "llmweb-audit/1"
HEAD = f'{{"format":"{FORMAT}","rows":['.encode()
SIGNATURE = b'],"signature":'
KEY_FILE = "audit-key.pem"
# How a signature stands in the last line of a report, where every reader of its format takes it for a comment.
SEALS = {"html": (b"<!-- llmweb-signature ", b" -->\n"), "pdf": (b"%llmweb-signature ", b"\n")}

Row = Mapping[str, Any]


class Tampered(BadInput):
    """The file is not as it was written. row counts from 1; None where no row is concerned."""

    def __init__(self, words: str, row: int | None = None) -> None:
        super().__init__(words)
        self.row = row


@dataclass(frozen=True, slots=True)
class Signature:
    """key (the public one) and value in hexadecimal. signed is the signer's word for the time: UTC, ISO 8601."""

    key: str
    signed: str
    value: str

    @property
    def fingerprint(self) -> str:
        """Of the key, to be compared by eye: the first 16 bytes of its SHA-256, in groups of four digits."""
        digits = hashlib.sha256(bytes.fromhex(self.key)).hexdigest()[:32]
        return " ".join(re.findall("....", digits))


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a file's chain and signature bear out. signature is None where nobody signed; head is the last hash."""

    rows: tuple[dict[str, Any], ...]
    head: str
    signature: Signature | None


def signing_key(data_dir: Path) -> Ed25519PrivateKey:
    """This machine's key, made at its first use, readable for its owner alone. Raises BadInput for any other file."""
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            _make_key(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"{path} holds no Ed25519 key. Move it away; a new one is made at the next signature.")
    return key


def _make_key(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    part.replace(path)


def canonical(value: Any) -> bytes:
    """The one way to write a value as JSON. Raises ValueError for what JSON cannot hold, NaN among it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def write(rows: Iterable[Row], key: Ed25519PrivateKey | None, at: str) -> bytes:
    """The file. at is the time of signing; without a key the file is chained but says that nobody signed it."""
    head, lines = "", []
    for row in rows:
        head = _link(head, row)
        lines.append(canonical({**row, "chain": head}))
    signature = None if key is None else asdict(_signed(key, _claim(head, len(lines), at), at))
    end = SIGNATURE + canonical(signature) + b"}\n"
    return HEAD + b"\n" + b",\n".join(lines) + b"\n" + end


def read(file: bytes, fingerprint: str = "") -> Sealed:
    """The rows, without their hashes. Raises Tampered where a character differs from what write wrote.

    fingerprint demands that key: no other and no missing signature is taken.
    """
    lines = file.split(b"\n")
    if lines[0] != HEAD:
        raise Tampered(f"This is no audit file, or its first line was changed: it does not begin with {HEAD.decode()}")
    end = next((place for place, line in enumerate(lines) if line.startswith(SIGNATURE)), len(lines))
    rows: list[dict[str, Any]] = []
    head = ""
    for number, line in enumerate(lines[1:end], start=1):
        row, head = _read_row(line, head, number, last=number == end - 1)
        rows.append(row)
    if lines[end + 1 :] != [b""]:
        raise Tampered("The file does not end with its signature: the end is missing, or something was added to it.")
    claimed = lines[end][len(SIGNATURE) : -1]
    if lines[end] != SIGNATURE + claimed + b"}":
        raise Tampered("The line of the signature was changed.")
    signature = None if claimed == b"null" else _read_signature(claimed)
    if signature is not None:
        _check(signature, _claim(head, len(rows), signature.signed))
    _demand(signature, fingerprint)
    return Sealed(tuple(rows), head, signature)


def seal(report: bytes, kind: str, key: Ed25519PrivateKey, at: str) -> bytes:
    """The report, kind html or pdf, with the signature of all its bytes as a comment after its end."""
    before, after = SEALS[kind]
    body = report.rstrip(b"\n") + b"\n"
    signature = _signed(key, _claim(hashlib.sha256(body).hexdigest(), 0, at), at)
    return body + before + canonical(asdict(signature)) + after


def read_seal(report: bytes, kind: str, fingerprint: str = "") -> Signature:
    """Who signed the report. Raises Tampered where a byte differs from what seal wrote."""
    before, after = SEALS[kind]
    body, found, rest = report.rpartition(b"\n" + before)
    if not found or not rest.endswith(after):
        raise Tampered("The report is unsigned, or the line of its signature was changed.")
    signature = _read_signature(rest.removesuffix(after))
    _check(signature, _claim(hashlib.sha256(body + b"\n").hexdigest(), 0, signature.signed))
    _demand(signature, fingerprint)
    return signature


def _link(before: str, row: Row) -> str:
    """The hash of a row, and through the one before it of all rows up to it."""
    return hashlib.sha256(f"{before}\n".encode() + canonical(row)).hexdigest()


def _claim(head: str, rows: int, at: str) -> bytes:
    """What is signed."""
    return canonical({"format": FORMAT, "head": head, "rows": rows, "signed": at})


def _signed(key: Ed25519PrivateKey, claim: bytes, at: str) -> Signature:
    return Signature(key.public_key().public_bytes_raw().hex(), at, key.sign(claim).hex())


def _read_row(line: bytes, before: str, number: int, last: bool) -> tuple[dict[str, Any], str]:
    """(row without its hash, its hash)."""
    name = f"Row {number}"
    try:
        row = json.loads(line if last else line.removesuffix(b","))
        name = f"{name} ({row.get('kind')} {row.get('id')})"
        chain = row.pop("chain")
        head = _link(before, row)
        as_written = canonical({**row, "chain": head}) + (b"" if last else b",")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Tampered(f"{name} was changed after it was written: it cannot be read any more.", number) from error
    if chain != head or as_written != line:
        raise Tampered(
            f"{name} was changed after it was written, or the rows before it are not those it was written after.",
            number,
        )
    return row, head


def _read_signature(text: bytes) -> Signature:
    try:
        signature = Signature(**json.loads(text))
        digits = (bytes.fromhex(signature.key).hex(), bytes.fromhex(signature.value).hex())
        same = canonical(asdict(signature)) == text and digits == (signature.key, signature.value)
    except (ValueError, TypeError) as error:
        raise Tampered("The signature was changed: it cannot be read any more.") from error
    if not same:
        raise Tampered("The signature was changed: it is not written as it was signed.")
    return signature


def _check(signature: Signature, claim: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.key)).verify(bytes.fromhex(signature.value), claim)
    except (InvalidSignature, ValueError) as error:
        raise Tampered(
            "The signature does not fit: it was made with another key or for another content, or the file was changed."
        ) from error


def _demand(signature: Signature | None, fingerprint: str) -> None:
    """Fingerprints are compared without spaces and case, as people copy them."""
    wanted = re.sub(r"\s", "", fingerprint).lower()
    if not wanted:
        return
    if signature is None:
        raise Tampered(f"The file is unsigned; it was to be signed with key {fingerprint}.")
    if re.sub(r"\s", "", signature.fingerprint) != wanted:
        raise Tampered(f"The file is signed with key {signature.fingerprint}, not with {fingerprint}.")
