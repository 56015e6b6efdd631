"""Weights written anew for an engine, by one process at a time: the app and the shell share a data directory."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def converting(folder: Path) -> Iterator[None]:
    """Nobody else converts, fetches or removes the weights in folder until it ends; a dead process's lock is free.

    Where folder cannot be written there is nothing to wait for: what it holds is all there will be.
    """
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))  # the one download.py takes
    try:
        lock.acquire()
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOSPC, errno.EDQUOT):
            raise
    try:
        yield
    finally:
        lock.release()
