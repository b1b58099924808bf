"""Reaching into a sender's object without ever falling: every reader returns None or empty.

Responsible for paths through objects of unknown shape. Never raises for a JSON value.
"""

from __future__ import annotations

from typing import Any

from interlock.interpreter.sources.fields import without_nul


def part(value: Any, *path: str) -> Any:
    """Return the member at a path of keys; None where any of it is missing or no object."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *path: str) -> str | None:
    """Return the text at a path; None for what is no text, or empty."""
    found = part(value, *path)
    return without_nul(found) if isinstance(found, str) and found else None


def word_at(value: Any, *path: str) -> str | None:
    """Return the text or the whole number at a path, as text."""
    found = part(value, *path)
    return str(found) if type(found) is int else text_at(value, *path)


def list_at(value: Any, *path: str) -> list[Any]:
    """Return the list at a path; empty for what is none."""
    found = part(value, *path)
    return found if isinstance(found, list) else []


def texts(**members: Any) -> dict[str, str]:
    """Return the members that are text or whole numbers; labels and links are made of these."""
    return {name: word for name in members if (word := word_at(members, name)) is not None}


def joined(*parts: str | None) -> str | None:
    """Return the parts as one key; None where one of them is missing."""
    present = [word for word in parts if word is not None]
    return "/".join(present) if len(present) == len(parts) else None
