"""Changing a user's file: in one step, or shown as a difference."""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path
from tempfile import NamedTemporaryFile

from interlock.cli.exits import ConfigurationError


def replace_file(path: str | Path, content: bytes) -> None:
    """Put the new content in the file's place in one step, with the same permissions.

    A link stays, and what it leads to is replaced.

    Raises:
        ConfigurationError: The file or its folder cannot be written; the file is as it was.
    """
    target = Path(path).resolve()
    try:
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        with NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as stream:
            beside = Path(stream.name)
            try:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
                beside.chmod(target.stat().st_mode & 0o7777)
                beside.replace(target)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None


def difference(before: str, after: str, name: str) -> str:
    """Return a unified diff of a text, empty when nothing differs."""
    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, name
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
