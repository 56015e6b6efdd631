"""Weights from the model hub: the files named, at one commit, resumed where a download was broken off.

Sizes and hashes the catalog does not hold are read from the hub, which knows the SHA-256 of every large file.
The hub is asked only when a person asked for a model; HF_ENDPOINT and the user's token apply, as everywhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from llmweb.errors import DownloadFailed
from llmweb.types import File, Hub, Progress

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, HfApi, ModelInfo
    from huggingface_hub.hf_api import RepoSibling

TIMEOUT_SECONDS = 20.0
PIECE_BYTES = 1 << 18
SHOWN_FILES = 20
RESUMED = 206  # HTTP: partial content
# The hub's account that proposes safetensors where a repository has pickled weights only.
CONVERTER = "SFconvertbot"


class ConnectionLost(DownloadFailed):
    """The hub does not answer: what has arrived is kept, and the next try goes on from there."""


def resolve(source: Hub, endpoint: str | None = None) -> Hub:
    """The source at one commit, with the size of every file and the hash of the large ones. Raises DownloadFailed."""
    from huggingface_hub import HfApi

    hub = HfApi(endpoint=endpoint)
    with _plain_words(source):
        commit, there = _listing(hub, source, source.revision or source.reference)
        if source.kind == "model" and not (source.revision or source.reference) and _missing(source, there):
            commit, there = _listing(hub, source, _conversion(hub, source.repository))
    if missing := _missing(source, there):
        why = (
            "Weights are read from safetensors or GGUF only, never from pickled files: choose another model."
            if source.kind == "model"
            else f"It holds: {', '.join(sorted(there)[:SHOWN_FILES])}."
        )
        raise DownloadFailed(
            f"{source.repository} on the model hub holds no {', '.join(missing)} at commit {commit}. {why}"
        )
    files = tuple(_known(source, file, there[file.name]) for file in source.files if file.name in there)
    return replace(source, revision=commit, files=files)


def licence_of(source: Hub, endpoint: str | None = None) -> str:
    """As the repository's card names it; "" where it does not. Raises DownloadFailed."""
    from huggingface_hub import HfApi

    with _plain_words(source):
        card = _info(HfApi(endpoint=endpoint), source, source.revision).card_data
    # license_name stands where license is "other".
    licence = (card.get("license_name") or card.get("license") if card else "") or ""
    return ", ".join(licence) if isinstance(licence, list) else str(licence)


def fetch(
    source: Hub, part: Path, progress: Progress, cancelled: Event, endpoint: str | None = None
) -> dict[str, File]:
    """Bring every file of a resolved source into part, going on where an earlier try stopped. Name → file.

    Raises DownloadFailed, ConnectionLost with what has arrived kept, or OSError from the disk.
    """
    from huggingface_hub import hf_hub_url

    total = sum(file.bytes or 0 for file in source.files)
    before = 0
    for file in source.files:
        target = part / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not file.sha256 or _bytes_of(target) > (file.bytes or 0):  # no telling whether it is of this commit: anew
            target.unlink(missing_ok=True)
        url = hf_hub_url(
            source.repository, file.name, repo_type=source.kind, revision=source.revision, endpoint=endpoint
        )
        with _plain_words(source):
            for done in _download(url, target, file.bytes):
                if cancelled.is_set():
                    raise DownloadFailed("The download was cancelled.")
                progress(f"Downloading {file.name}", (before + done) / total if total else None)
        before += file.bytes or 0
    return {file.name: file for file in source.files}


def _download(url: str, target: Path, size: int | None) -> Iterator[int]:
    """Bring a file to target, going on after what is there. Yields the bytes there so far.

    huggingface_hub's own download works in pieces of 10 MB: on a slow line, too coarse to cancel or to resume.
    """
    from huggingface_hub.utils._headers import build_hf_headers
    from huggingface_hub.utils._http import get_session, hf_raise_for_status

    done = _bytes_of(target)
    if size is not None and done == size:
        yield done
        return
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    with get_session().stream("GET", url, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=True) as response:
        hf_raise_for_status(response)
        resumed = response.status_code == RESUMED
        done = done if resumed else 0
        with target.open("ab" if resumed else "wb") as out:
            for piece in response.iter_bytes(PIECE_BYTES):
                done += out.write(piece)
                yield done


def _bytes_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _listing(hub: "HfApi", source: Hub, revision: str) -> tuple[str, "dict[str, RepoSibling]"]:
    """The commit that revision stands for ("" the main branch), and its files by name."""
    info = _info(hub, source, revision)
    return info.sha or revision, {sibling.rfilename: sibling for sibling in info.siblings or ()}


def _info(hub: "HfApi", source: Hub, revision: str) -> "ModelInfo | DatasetInfo":
    ask = hub.model_info if source.kind == "model" else hub.dataset_info
    return ask(source.repository, revision=revision or None, files_metadata=True, timeout=TIMEOUT_SECONDS)


def _missing(source: Hub, there: "dict[str, RepoSibling]") -> list[str]:
    return [file.name for file in source.files if not file.optional and file.name not in there]


def _conversion(hub: "HfApi", repository: str) -> str:
    """The reference of the safetensors the hub's own converter has proposed; "" if it has not."""
    for proposal in hub.get_repo_discussions(repository, author=CONVERTER, discussion_type="pull_request"):
        if "safetensors" in proposal.title and proposal.git_reference:
            return proposal.git_reference
    return ""


def _known(source: Hub, file: File, there: "RepoSibling") -> File:
    """The file with what the hub says of it. Raises DownloadFailed if the catalog's hash is another."""
    sha256 = there.lfs.sha256 if there.lfs else ""
    if file.bytes is not None and there.size not in (None, file.bytes):
        raise DownloadFailed(_other(source, file, f"{file.bytes} bytes", f"{there.size}"))
    if file.sha256 and sha256 and file.sha256 != sha256:
        raise DownloadFailed(_other(source, file, f"SHA-256 {file.sha256}", sha256))
    return replace(file, bytes=there.size, sha256=file.sha256 or sha256)


def _other(source: Hub, file: File, expected: str, got: str) -> str:
    return (
        f"{file.name} of {source.repository} on the model hub is not the file the catalog names: expected {expected}, "
        f"the hub says {got}. Nothing was fetched; do not use this file."
    )


def _first_line(error: Exception) -> str:
    """The hub's messages go on with links and request numbers."""
    return next(iter(str(error).splitlines()), "").rstrip(".") + "."


@contextmanager
def _plain_words(source: Hub) -> Iterator[None]:
    """Turns what goes wrong at the hub into DownloadFailed."""
    import httpx2
    from huggingface_hub import errors

    place = f"{source.repository} on the model hub"
    try:
        yield
    except errors.GatedRepoError as error:
        raise DownloadFailed(
            f"The terms of {place} must be accepted there first: open its page, accept, then: hf auth login"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise DownloadFailed(
            f"{place} is gone, or was changed: {_first_line(error)} Choose another {source.kind}."
        ) from error
    except (httpx2.TransportError, errors.OfflineModeIsEnabled, ConnectionError) as error:
        raise ConnectionLost(
            f"The model hub cannot be reached for {source.repository}: no network, a proxy in the way, or "
            f"HF_HUB_OFFLINE is set. Check the connection, then try again: what has arrived is kept. "
            f"({_first_line(error)})"
        ) from error
    except errors.HfHubHTTPError as error:
        raise ConnectionLost(
            f"The model hub refused {source.repository}: {_first_line(error)} Try again later."
        ) from error
