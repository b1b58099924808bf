"""A folder that post-mortems are kept in: one document and one meeting for each ticket.

Rules of this file: a file appears whole or not at all, and a ticket's name never leaves the folder.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import msgspec

from interlock.interpreter.hooks.outcome import AttemptOutcome, failed, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.interpreter.core.record import OpenTicket

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.~-]")
_LENGTH_MAX: Final = 120
_FILES: Final = {"document": ".md", "calendar": ".ics"}


def keep_post_mortem(effect: OpenTicket, folder: Path) -> AttemptOutcome:
    """Write a ticket's document and meeting; the same ticket again replaces them."""
    content = msgspec.json.decode(effect.body, type=dict)
    name = _NOT_IN_A_NAME.sub("_", effect.ticket)[:_LENGTH_MAX].lstrip(".") or "ticket"
    try:
        for member, ending in _FILES.items():
            if isinstance(content.get(member), str):
                _replace(folder / f"{name}{ending}", content[member])
    except OSError as error:
        return failed(f"{folder} cannot be written: {error.strerror}", is_retryable=True)
    return succeeded(detail=f"kept as {name}.md")


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
