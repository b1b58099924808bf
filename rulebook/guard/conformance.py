"""Values in the tagged JSON form of the conformance vectors.

Responsible for the two conversions that a runner of the vectors asks for; no guard uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import (
    format_duration,
    format_timestamp,
    parse_duration,
    parse_timestamp,
)
from interlock.rulebook.guard.values import Duration, Timestamp, Uint

if TYPE_CHECKING:
    from collections.abc import Mapping

CEL_ERROR: Final = GuardError


def CEL_TO_NATIVE(tagged: Mapping[str, Any]) -> Any:  # noqa: N802 - the runner looks for this name
    """Return the value of a tagged binding such as `{"uint": 1}`."""
    [(tag, value)] = tagged.items()
    match tag:
        case "list":
            return [CEL_TO_NATIVE(item) for item in value]
        case "map":
            return {CEL_TO_NATIVE(key): CEL_TO_NATIVE(item) for key, item in value}
        case "uint":
            return Uint(value)
        case "double":
            return float(value)
        case "bytes":
            import base64  # noqa: PLC0415 - no guard needs it

            return base64.b64decode(value)
        case "timestamp":
            return parse_timestamp(value)
        case "duration":
            return parse_duration(value)
        case _:
            return value


def CEL_FROM_NATIVE(value: Any) -> dict[str, Any] | None:  # noqa: N802 - as above
    """Return the tagged form of a value that plain Python lacks, else None."""
    match value:
        case Timestamp():
            return {"timestamp": format_timestamp(value)}
        case Duration():
            return {"duration": format_duration(value)}
        case _:
            return None
