"""The audit file: whatever is changed in it is found and named, and whoever else signs it is told apart."""

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from evals import sign
from evals.sign import Tampered
from llmweb.errors import BadInput

AT = "2026-01-02T03:04:05.000+00:00"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ROWS = (
    {"kind": "audit", "id": "a1", "margin": 5.0, "system": "model@exact"},
    {"kind": "item", "id": "s/1", "text": 'Ela disse: "não" \u2028 中文\n', "statistics": {"m": [0.1, 1.0]}},
    {"kind": "item", "id": "s/2", "text": "", "error": "too long", "value": None},
    {"kind": "finding", "id": "f1", "effect": -1.5e-07, "trusted": True},
)
FILE = sign.write(ROWS, KEY, AT)
REPORT = sign.seal(b"<!doctype html>\n<p>12.5 points</p>\n</html>", "html", KEY, AT)
PDF = sign.seal(b"%PDF-1.7\n\xff\x00 \n%%EOF\n", "pdf", KEY, AT)


@st.composite
def changed(draw: st.DrawFn, original: bytes) -> bytes:
    """One byte replaced, removed or added, or one character replaced by a character of any other width."""
    place = draw(st.integers(0, len(original) - 1))
    after = draw(st.integers(place, place + 1))
    new = draw(st.one_of(st.binary(min_size=1, max_size=1), st.characters(codec="utf-8").map(str.encode), st.just(b"")))
    made = original[:place] + new + original[after:]
    return made if made != original else original[:place] + original[place + 1 :]


def test_what_was_written_is_read_again_and_is_plain_json() -> None:
    read = sign.read(FILE)
    assert read.rows == ROWS
    assert read.signature is not None
    assert (read.signature.signed, read.signature.key) == (AT, KEY.public_key().public_bytes_raw().hex())
    plain = json.loads(FILE)
    assert [row["id"] for row in plain["rows"]] == ["a1", "s/1", "s/2", "f1"]
    assert plain["rows"][-1]["chain"] == read.head


@settings(max_examples=400, deadline=None)
@given(changed(FILE))
def test_any_change_of_one_character_is_found(file: bytes) -> None:
    with pytest.raises(Tampered):
        sign.read(file)


@settings(max_examples=150, deadline=None)
@given(changed(REPORT))
def test_any_change_of_one_character_of_a_report_is_found(report: bytes) -> None:
    with pytest.raises(Tampered):
        sign.read_seal(report, "html")


@settings(max_examples=150, deadline=None)
@given(changed(PDF))
def test_any_change_of_one_byte_of_a_pdf_is_found(report: bytes) -> None:
    with pytest.raises(Tampered):
        sign.read_seal(report, "pdf")


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        (b'"margin":5.0', b'"margin":6.0', 1),
        ("não".encode(), b"nao", 2),
        (b'"value":null', b'"value":0', 3),
        (b'"error":"too', b'"error": "too', 3),
        (b"-1.5e-07", b"1.5e-07", 4),
        (b'"text":"",', b'"text":"', 3),
    ],
)
def test_the_changed_row_is_named(old: bytes, new: bytes, row: int) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(Tampered, match=rf"^Row {row} .*was changed after it was written") as found:
        sign.read(FILE.replace(old, new))
    assert found.value.row == row


def test_the_row_after_a_removed_one_is_named_with_its_id() -> None:
    lines = FILE.split(b"\n")
    with pytest.raises(Tampered, match=r"^Row 2 \(item s/2\) was changed .* the rows before it are not those"):
        sign.read(b"\n".join(lines[:2] + lines[3:]))
    with pytest.raises(Tampered, match=r"^The signature does not fit"):
        sign.read(b"\n".join([*lines[:3], lines[3][:-1], *lines[5:]]))


def test_a_file_whose_hashes_were_made_anew_does_not_fit_the_signature() -> None:
    forged = sign.write([{**ROWS[0], "margin": 50.0}, *ROWS[1:]], None, AT)
    end = FILE[FILE.index(sign.SIGNATURE) :]
    with pytest.raises(Tampered, match="The signature does not fit"):
        sign.read(forged[: forged.index(sign.SIGNATURE)] + end)


def test_another_key_is_told_from_the_one_demanded() -> None:
    signature = sign.read(FILE).signature
    assert signature is not None
    assert sign.read(FILE, signature.fingerprint.replace(" ", "").upper()).signature == signature
    with pytest.raises(Tampered, match=f"signed with key [0-9a-f ]{{39}}, not with {signature.fingerprint}"):
        sign.read(sign.write(ROWS, OTHER, AT), signature.fingerprint)


def test_an_unsigned_file_says_so() -> None:
    unsigned = sign.write(ROWS, None, AT)
    assert sign.read(unsigned).signature is None
    with pytest.raises(Tampered, match="The file is unsigned"):
        sign.read(unsigned, "0123")
    with pytest.raises(Tampered, match="The report is unsigned"):
        sign.read_seal(b"<!doctype html>\n", "html")


@pytest.mark.parametrize("file", [b"", b"\n", sign.HEAD, b"{}", FILE[: FILE.index(sign.SIGNATURE)], b"\xff" * 9])
def test_what_is_no_audit_file_is_refused(file: bytes) -> None:
    with pytest.raises(Tampered):
        sign.read(file)


def test_numbers_json_cannot_hold_are_not_signed() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        sign.write([{"kind": "item", "value": float("nan")}], KEY, AT)


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    first, second = sign.signing_key(folder), sign.signing_key(folder)
    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert stat.S_IMODE(os.stat(folder / sign.KEY_FILE).st_mode) == 0o600


def test_another_file_in_place_of_the_key_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / sign.KEY_FILE).write_text("mine")
    with pytest.raises(BadInput, match="holds no Ed25519 key"):
        sign.signing_key(tmp_path)
    assert (tmp_path / sign.KEY_FILE).read_text() == "mine"
