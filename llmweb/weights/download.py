"""Weights onto disk: announced, fetched, checked, found again, removed. One folder a model under models_dir.

Everything is brought into <id>.part, checked there and renamed to <id>, so that a folder with a receipt is whole.
Files of others (an installed package, the user's own) are linked, never copied or deleted: what engines convert
lies beside the links, in our folder. How wheels and the hub are read is wheels.py's and hub.py's.
"""

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from filelock import FileLock, Timeout

from llmweb.errors import DownloadFailed
from llmweb.types import File, Hub, Installed, Local, ModelSpec, Progress, Source, Weights, Wheel
from llmweb.weights import hub, linked, wheels
from llmweb.weights.receipts import (
    CheckedFile,
    Receipt,
    check_file,
    is_unchanged,
    read_receipt,
    weights_of,
    write_receipt,
)

UNITS = (("kB", 10**3), ("MB", 10**6), ("GB", 10**9))
HEADROOM_BYTES = 16_000_000  # receipts, folders, and what else the disk is used for meanwhile


class WeightStore:
    """Owns models_dir. Safe to use from several threads and processes at once: a lock file guards each model."""

    def __init__(self, models_dir: Path, hub_endpoint: str | None = None) -> None:
        """hub_endpoint: another model hub than the one huggingface_hub is set to."""
        self.models_dir, self.hub_endpoint = models_dir, hub_endpoint

    def find(self, spec: ModelSpec) -> Weights | None:
        """The weights, if they are on disk, the catalog's, and unchanged since they were checked. Cheap."""
        folder = self._folder(spec)
        receipt = read_receipt(folder)
        if receipt is None or not _is_of(receipt, spec.source) or not is_unchanged(folder, receipt):
            return None
        return weights_of(spec, folder, receipt)

    def announce(self, spec: ModelSpec) -> str:
        """What a download would fetch, how much, from where and under which terms. Asks nobody: see resolve."""
        terms = f"Licence: {spec.licence}" + (f", {spec.licence_url}" if spec.licence_url else "")
        return f"{spec.name}: {_amount(spec)} from {_place(spec.source)}, to {self._folder(spec)}. {terms}."

    def resolve(self, spec: ModelSpec) -> ModelSpec:
        """The spec with what only the hub knows filled in: commit, sizes, hashes. Others come back as they are.

        Asks the hub, so call it when the person has asked for this model. Raises DownloadFailed.
        """
        return replace(spec, source=self._resolved(spec.source))

    def accepted(self, spec: ModelSpec) -> str:
        """When the terms of a gated model were accepted (UTC, ISO 8601); "" if they were not."""
        try:
            acceptance = json.loads(self._acceptance(spec).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return str(acceptance["accepted"]) if acceptance.get("licence") == spec.licence else ""

    def accept(self, spec: ModelSpec) -> None:
        """Record that the person accepts the terms of a gated model. It holds until the model is removed."""
        self.models_dir.mkdir(parents=True, exist_ok=True)
        acceptance = {"licence": spec.licence, "licence_url": spec.licence_url, "accepted": _now()}
        self._acceptance(spec).write_text(json.dumps(acceptance) + "\n", encoding="utf-8")

    def fetch(self, spec: ModelSpec, progress: Progress, cancelled: Event | None = None) -> Weights:
        """Bring the weights onto disk, or find them there. Blocks. Raises DownloadFailed, also when cancelled."""
        cancelled = cancelled or Event()
        if spec.gated and not self.accepted(spec):
            raise DownloadFailed(
                f"{spec.name} comes under the {spec.licence}, which must be accepted first: read {spec.licence_url}, "
                f"then accept on the Models page, or run: python -m llmweb models download {spec.id}"
            )
        with self._locked(spec, progress, cancelled):
            return self.find(spec) or self._fetch(spec, progress, cancelled)

    def remove(self, spec: ModelSpec) -> int:
        """Delete our copies, conversions and half-done downloads; bytes freed. The user's own files stay."""
        with self._locked(spec, lambda note, share: None, Event()):
            freed = self.disk_bytes(spec)
            for folder in (self._folder(spec), self._part(spec)):
                shutil.rmtree(folder, ignore_errors=True)
            self._acceptance(spec).unlink(missing_ok=True)
        return freed - self.disk_bytes(spec)

    def disk_bytes(self, spec: ModelSpec) -> int:
        """Bytes of our copies, conversions and half-done downloads; linked files of others count nothing."""
        return _bytes_in(self._folder(spec)) + _bytes_in(self._part(spec))

    def _fetch(self, spec: ModelSpec, progress: Progress, cancelled: Event) -> Weights:
        folder, part = self._folder(spec), self._part(spec)
        if not isinstance(spec.source, Hub):  # the hub's files resume
            shutil.rmtree(part, ignore_errors=True)
        source = self._resolved(spec.source)
        try:
            part.mkdir(exist_ok=True)
            self._require_space(spec, source)
            expected = self._bring(source, part, progress, cancelled)
            files = _check(spec, part, expected, progress, cancelled)
            receipt = Receipt(
                spec.id, _identity(spec.source), _revision(source), spec.licence, _now(), files, self.accepted(spec)
            )
            write_receipt(part, receipt)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
        except hub.ConnectionLost:
            raise
        except BaseException as error:
            shutil.rmtree(part, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DownloadFailed(self._no_space(spec, _needed(source))) from error
            raise
        return weights_of(spec, folder, receipt)

    def _bring(self, source: Source, part: Path, progress: Progress, cancelled: Event) -> dict[str, File]:
        """Put the source's files into part, unchecked. Name there → what the file must be."""
        match source:
            case Wheel():
                return wheels.fetch(source, part, progress, cancelled)
            case Hub():
                return hub.fetch(source, part, progress, cancelled, self.hub_endpoint)
            case Installed() | Local():
                return linked.link(source, part)

    def _resolved(self, source: Source) -> Source:
        return hub.resolve(source, self.hub_endpoint) if isinstance(source, Hub) else source

    def _require_space(self, spec: ModelSpec, source: Source) -> None:
        needed = _needed(source)
        if needed and shutil.disk_usage(self.models_dir).free + _bytes_in(self._part(spec)) < needed + HEADROOM_BYTES:
            raise DownloadFailed(self._no_space(spec, needed))

    def _no_space(self, spec: ModelSpec, needed: int) -> str:
        free = shutil.disk_usage(self.models_dir).free
        return (
            f"Not enough space for {spec.name}: it needs {human_bytes(needed)} while it is fetched, and "
            f"{self.models_dir} has {human_bytes(free)} free. Free some space, remove a model you no longer use, or "
            "choose another place with --data-dir. Nothing was kept."
        )

    @contextmanager
    def _locked(self, spec: ModelSpec, progress: Progress, cancelled: Event) -> Iterator[None]:
        """One fetch or removal of a model at a time, over all processes; a dead process's lock is free."""
        lock = FileLock(self.models_dir / f"{spec.id}.lock")
        try:
            self.models_dir.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise DownloadFailed(
                f"{self.models_dir} cannot be written ({error.strerror}). Choose another place with --data-dir."
            ) from error
        except Timeout:
            progress("Waiting for another download of this model", None)
            try:
                lock.acquire(cancel_check=cancelled.is_set)
            except Timeout as error:
                raise DownloadFailed("The download was cancelled.") from error
        try:
            yield
        finally:
            lock.release()

    def _folder(self, spec: ModelSpec) -> Path:
        return self.models_dir / spec.id

    def _part(self, spec: ModelSpec) -> Path:
        return self.models_dir / f"{spec.id}.part"

    def _acceptance(self, spec: ModelSpec) -> Path:
        return self.models_dir / f"{spec.id}.accepted.json"


def human_bytes(count: int) -> str:
    """98362432 → "98 MB". Powers of 1000, as disks and download pages count."""
    if count < 1000:
        return f"{count} bytes"
    unit, size = next((pair for pair in UNITS if count < pair[1] * 999.5), UNITS[-1])
    amount = count / size
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def _check(
    spec: ModelSpec, part: Path, expected: dict[str, File], progress: Progress, cancelled: Event
) -> dict[str, CheckedFile]:
    """Hash every file brought and compare with what is expected. Raises DownloadFailed."""
    total, done = sum((part / name).stat().st_size for name in expected), 0

    def on_bytes(count: int) -> None:
        nonlocal done
        done += count
        if cancelled.is_set():
            raise DownloadFailed("The download was cancelled.")
        progress("Checking SHA-256", done / total if total else None)

    checked = {}
    for name, file in sorted(expected.items()):
        got = checked[name] = check_file(part / name, on_bytes)
        if file.bytes is not None and got.bytes != file.bytes:
            raise DownloadFailed(_wrong(spec, name, f"{file.bytes:,} bytes", f"{got.bytes:,}"))
        if file.sha256 and got.sha256 != file.sha256:
            raise DownloadFailed(_wrong(spec, name, f"SHA-256 {file.sha256}", got.sha256))
    return checked


def _wrong(spec: ModelSpec, name: str, expected: str, got: str) -> str:
    return (
        f"{name} of {spec.name} is not the file the catalog names: expected {expected}, got {got}. It was deleted. "
        "Try again; if it stays so, the source or a mirror in between serves something else: do not use it."
    )


def _identity(source: Source) -> str:
    """Which source this is, in one line; the commit of a hub model stands in the receipt's revision."""
    match source:
        case Wheel():
            whole = (source.join,) if source.join else source.files
            return " ".join(("wheel", *source.requirements, *(file.sha256 for file in whole)))
        case Hub():
            return f"hub {source.repository} {source.reference}".rstrip()
        case Installed():
            return f"installed {linked.installed_version(source.package)} {source.folder}"
        case Local():
            return f"local {source.path}"


def _is_of(receipt: Receipt, source: Source) -> bool:
    """Whether the receipt is for this source; where the catalog pins no commit, the one once fetched will do."""
    pinned = source.revision if isinstance(source, Hub) else ""
    return receipt.source == _identity(source) and pinned in ("", receipt.revision)


def _revision(source: Source) -> str:
    match source:
        case Wheel():
            return " ".join(source.requirements)
        case Hub():
            return source.revision
        case Installed():
            return linked.installed_version(source.package)
        case Local():
            return "local"


def _place(source: Source) -> str:
    match source:
        case Wheel():
            return f"the Python package index ({', '.join(source.requirements)})"
        case Hub():
            newest = f"the newest commit of {source.reference or 'the main branch'}, which is then recorded"
            at = f"commit {source.revision[:12]}" if source.revision else newest
            return f"the model hub ({source.repository} at {at})"
        case Installed():
            return f"the installed package {source.package}"
        case Local():
            return str(source.path)


def _amount(spec: ModelSpec) -> str:
    if isinstance(spec.source, (Installed, Local)):
        return "nothing to download, linked"
    if spec.download_bytes is None:
        return "size not known yet, the hub tells it before the download;"
    return human_bytes(spec.download_bytes)


def _needed(source: Source) -> int:
    """Space for a download at its highest: a wheel lies on disk twice, or packed and unpacked, before it is deleted."""
    if isinstance(source, Hub):
        return sum(file.bytes or 0 for file in source.files)
    if isinstance(source, Wheel):
        sizes = [file.bytes or 0 for file in source.files]
        largest = max(sizes) if len(source.requirements) > 1 else sum(sizes)
        return sum(sizes) + largest
    return 0


def _bytes_in(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
