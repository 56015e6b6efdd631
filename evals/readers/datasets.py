"""Data sets of the model hub: the files named, at one commit, announced before anything is fetched.

Addresses are the hub's own: hf://datasets/OWNER/NAME@REVISION/PATH, or a file's page there. How the hub is spoken to
is llmweb.weights.hub's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from evals.readers.rows import MAX_BYTES
from llmweb.errors import BadInput, DownloadFailed
from llmweb.types import File, Hub, Progress
from llmweb.weights import hub
from llmweb.weights.download import human_bytes
from llmweb.weights.receipts import check_file

SCHEMES = ("hf://", "https://", "http://")


@dataclass(frozen=True, slots=True)
class Found:
    """Files of one data set at one commit, with sizes; licence as the set's card names it, "" where it does not."""

    source: Hub
    licence: str

    def announce(self) -> str:
        names = ", ".join(file.name for file in self.source.files)
        size = human_bytes(_bytes(self.source))
        return (
            f"{names}: {size} from the model hub ({self.source.repository} at commit {self.source.revision[:12]}). "
            f"Licence: {self.licence or 'not named there'}."
        )

    @property
    def origin(self) -> str:
        """The addresses at their commit."""
        place = f"hf://datasets/{self.source.repository}@{self.source.revision}"
        return " ".join(f"{place}/{file.name}" for file in self.source.files)


def is_address(text: str) -> bool:
    return text.startswith(SCHEMES)


def find(addresses: Sequence[str], endpoint: str | None = None) -> Found:
    """Asks the hub, so call it when a person has named the set. Raises BadInput or DownloadFailed."""
    source = hub.resolve(_named(addresses), endpoint)
    if _bytes(source) > MAX_BYTES:
        raise BadInput(
            f"{source.repository}: the files have {human_bytes(_bytes(source))}, {human_bytes(MAX_BYTES)} at most are "
            "read. Choose a smaller file of the set: the test split mostly is."
        )
    return Found(source, hub.licence_of(source, endpoint))


def fetch(found: Found, folder: Path, progress: Progress, endpoint: str | None = None) -> tuple[Path, ...]:
    """The files below folder, in the order they were named. Raises DownloadFailed."""
    for file in hub.fetch(found.source, folder, progress, Event(), endpoint).values():
        if file.sha256 and check_file(folder / file.name, lambda count: None).sha256 != file.sha256:
            raise DownloadFailed(f"{file.name} is not the file the hub names: its SHA-256 is another. Try again.")
    return tuple(folder / file.name for file in found.source.files)


def _named(addresses: Sequence[str]) -> Hub:
    from huggingface_hub import parse_hf_uri
    from huggingface_hub.errors import HfUriError

    form = "Write it as hf://datasets/OWNER/NAME@REVISION/PATH."
    try:
        places = [parse_hf_uri(address) for address in addresses]
    except HfUriError as error:
        raise BadInput(f"{error} {form}") from error
    for address, place in zip(addresses, places, strict=True):
        if place.type != "dataset" or not place.path_in_repo:
            raise BadInput(f"{address} names no file of a data set. {form}")
    if len({(place.id, place.revision) for place in places}) > 1:
        raise BadInput("The files are of several data sets or revisions. Name files of one.")
    files = tuple(File(place.path_in_repo) for place in places)
    return Hub(places[0].id, "", files, places[0].revision or "", "dataset")


def _bytes(source: Hub) -> int:
    return sum(file.bytes or 0 for file in source.files)
