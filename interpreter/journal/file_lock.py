"""One daemon per file: an operating system lock that ends with the process that holds it.

The lock file stays behind on purpose: removing it would let two processes lock two files of one
name. Never waits.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class LockHeldError(Exception):
    """Another process, or another store of this one, holds the lock; `holder` is its process id."""

    def __init__(self, holder: str | None) -> None:
        super().__init__(holder)
        self.holder = holder


class FileLock:
    """An exclusive lock on a file made for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; raises LockHeldError, or OSError when the file cannot be made."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        except (BlockingIOError, PermissionError) as error:
            holder = _read_holder(descriptor)
            os.close(descriptor)
            raise LockHeldError(holder) from error
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it back; does nothing when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read_holder(descriptor: int) -> str | None:
    try:
        text = os.read(descriptor, 32).decode("ascii", "replace").strip()
    except OSError:
        return None
    return text if text.isdigit() else None
