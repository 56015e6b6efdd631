"""Public sets that a person has brought to audits: kept by their content, not by their files, until they are taken off.

So an audit that was stopped or cut off goes on without the files. What the files hold is readers/'s.
"""

from dataclasses import replace
from pathlib import Path

from evals.bias.readers import joined, read_file
from evals.store import Store
from evals.types import Suite


class BroughtSets:
    """Those of one store, read once. Methods may be called from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._read: dict[tuple[str, str], Suite] = {}  # id and hash → suite

    def suites(self) -> dict[str, Suite]:
        """By id, in the order they came."""
        there = self.store.brought()
        # A set of one axis has the samples of the part that asks them, and the store says of those what the part is.
        self._read = {
            (name, sha256): self._read.get((name, sha256)) or replace(self.store.suite(sha256), id=name)
            for name, sha256 in there.items()
        }
        return {name: self._read[name, sha256] for name, sha256 in there.items()}

    def bring(self, path: Path, target: str) -> Suite:
        """The set in a file, joined with what of it is there already. target is as of read_file. Raises BadInput."""
        found = read_file(path, target)
        before = self.suites().get(found.id)
        suite = found if before is None else joined(before, found)
        self.store.bring(suite)
        return suite

    def take_off(self, suite_id: str) -> None:
        self.store.take_off(suite_id)
