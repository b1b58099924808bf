"""What a hook's limits count a call by.

Pure, and total: a path that leads nowhere counts together with every other that does.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.core.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.incident import Incident

_LENGTH_MAX: Final = 200


def limit_target(incident: Incident, arguments: Mapping[str, Any], by: str | None) -> str:
    """Return the value at a path such as `with.service` or `incident.labels.host`, as text."""
    if by is None:
        return ""
    value: Any = {
        "with": arguments,
        "incident": {
            "id": incident.id,
            "severity": incident.severity,
            "owner": incident.owner,
            "labels": incident.labels,
            "metadata": incident.metadata,
        },
    }
    rest = by
    while rest:
        if not isinstance(value, dict):
            return ""
        if rest in value:  # a label's name may hold dots
            value, rest = value[rest], ""
        else:
            name, _, rest = rest.partition(".")
            value = value.get(name)
    text = value if isinstance(value, str) else "" if value is None else encode(value).decode()
    if len(text) > _LENGTH_MAX:
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return text
