"""Writing files that a command makes."""

from __future__ import annotations

from pathlib import Path

from interlock.cli.exits import ConfigurationError


def write_file(path: str | Path, content: bytes) -> None:
    """Write a file, new or in place of an old one.

    Raises:
        ConfigurationError: It cannot be written.
    """
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
