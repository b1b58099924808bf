"""Values as people read them in explanations: as the guard language writes them, cut to one line.

Never shows a character that a terminal would obey; text of events is not to be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any, Final

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.nodes import Literal
from interlock.rulebook.guard.times import format_duration, format_timestamp
from interlock.rulebook.guard.unparser import unparse
from interlock.rulebook.guard.values import (
    CelType,
    Duration,
    OptionalValue,
    Timestamp,
    plain,
)

_LENGTH_MAX: Final = 60
_ITEMS_MAX: Final = 8


def shown(value: Any, length: int = _LENGTH_MAX) -> str:
    """Return the value in at most about `length` characters, `...` where something is left out."""
    text = _text(value, length)
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _text(value: Any, room: int) -> str:
    if room <= 0:
        return "..."
    try:
        value = plain(value)
    except GuardError:
        return type(value).__name__
    match value:
        case list() | tuple():
            return f"[{_items((_text(item, room - 2) for item in value[:_ITEMS_MAX]), value)}]"
        case Mapping():
            some = list(value.items())[:_ITEMS_MAX]
            parts = (f"{_text(key, room)}: {_text(item, room - 4)}" for key, item in some)
            return f"{{{_items(parts, value)}}}"
        case OptionalValue(has_value=has_value, value=inner):
            return f"optional.of({_text(inner, room - 13)})" if has_value else "optional.none()"
        case _:
            return _scalar(value, room)


def _scalar(value: Any, room: int) -> str:
    match value:
        case Timestamp():
            return f'timestamp("{format_timestamp(value)}")'
        case Duration():
            return f'duration("{format_duration(value)}")'
        case CelType(cel_type_name=name):
            return name
        case str() | bytes():
            return unparse(Literal(value[: room + 1], 0, 0))
        case _:
            return unparse(Literal(value, 0, 0))


def _items(parts: Iterable[str], everything: Sized) -> str:
    rest = ", ..." if len(everything) > _ITEMS_MAX else ""
    return ", ".join(parts) + rest
