"""Members of a sender's object, read into the shapes of an event.

Pure readers that never raise for a JSON value: what does not fit is left out (the raw payload is
kept beside the journal) and said in `remarks`. U+0000 becomes U+FFFD in everything that is stored
in a column or compared, because PostgreSQL's `text` refuses it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from interlock.interpreter.core.canonical import encode

ID_LENGTH_MAX: Final = 256
TITLE_LENGTH_MAX: Final = 1_000
REMARKS_MAX: Final = 20
_REMARK_NAME_LENGTH: Final = 60
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case_keys(members: dict[str, Any], remarks: list[str]) -> dict[str, Any]:
    """Return the members with `startsAt` spelled `starts_at`; the latter wins where both stand."""
    if all(key.islower() for key in members):
        return members
    spelled: dict[str, Any] = {}
    for key, value in members.items():
        name = _snake_case(key)
        if name != key and (name in members or name in spelled):
            remarks.append(f"{_named(key)} left out: {_named(name)} says the same")
        else:
            spelled[name] = value
    return spelled


def _snake_case(key: str) -> str:
    return _HUMP.sub("_", key).lower() if key.isidentifier() else key


def read_text(name: str, value: Any, remarks: list[str], *, length_max: int) -> str | None:
    """Return a short text; numbers are written out, other kinds and over-long text left out."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return encode(value).decode()
    if not isinstance(value, str):
        remarks.append(f"{name} is {kind_of(value)}, not text; left out")
        return None
    if len(value) > length_max:
        remarks.append(f"{name} has {len(value)} characters, more than {length_max}; left out")
        return None
    return without_nul(value)


def read_title(value: Any, remarks: list[str]) -> str | None:
    """Return a title, cut where it is too long."""
    if isinstance(value, str) and len(value) > TITLE_LENGTH_MAX:
        remarks.append(f"title cut after {TITLE_LENGTH_MAX} of {len(value)} characters")
        value = value[:TITLE_LENGTH_MAX]
    return read_text("title", value, remarks, length_max=TITLE_LENGTH_MAX)


def read_texts(name: str, value: Any, remarks: list[str]) -> dict[str, str]:
    """Return labels or annotations: values that are no text as canonical JSON, null left out."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        remarks.append(f"{name} is {kind_of(value)}, not an object; left out")
        return {}
    return {
        without_nul(key): without_nul(text if isinstance(text, str) else encode(text).decode())
        for key, text in value.items()
        if text is not None
    }


def read_metrics(value: Any, remarks: list[str]) -> dict[str, float]:
    """Return the members that are numbers."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        remarks.append(f"metrics is {kind_of(value)}, not an object; left out")
        return {}
    metrics: dict[str, float] = {}
    for key, number in value.items():
        if isinstance(number, int | float) and not isinstance(number, bool):
            metrics[without_nul(key)] = float(number)
        else:
            remarks.append(f"metric {_named(key)} is {kind_of(number)}, not a number; left out")
    return metrics


def read_tags(value: Any, remarks: list[str]) -> tuple[str, ...]:
    """Return tags from a list, or from text with commas between them; each once, order kept."""
    if value is None:
        return ()
    if isinstance(value, str):
        words = [word.strip() for word in value.split(",")]
    elif isinstance(value, list):
        words = [tag if isinstance(tag, str) else encode(tag).decode() for tag in value]
    else:
        remarks.append(f"tags is {kind_of(value)}, not a list; left out")
        return ()
    return tuple(dict.fromkeys(without_nul(word) for word in words if word))


def read_object(name: str, value: Any, remarks: list[str]) -> dict[str, Any]:
    """Return an object as it is."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    remarks.append(f"{name} is {kind_of(value)}, not an object; left out")
    return {}


def fingerprint_of(value: Any) -> str:
    """Return 16 hex digits that name a value (labels, a title)."""
    return hashlib.sha256(encode(value)).hexdigest()[:16]


def shortened(remarks: list[str]) -> tuple[str, ...]:
    """Return the first remarks and how many more there are: a hostile payload earns one each."""
    if len(remarks) <= REMARKS_MAX:
        return tuple(remarks)
    return (*remarks[:REMARKS_MAX], f"and {len(remarks) - REMARKS_MAX} more remarks")


def without_nul(text: str) -> str:
    """Return the text with U+FFFD for each U+0000."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def kind_of(value: Any) -> str:
    """Name a JSON value's kind in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def _named(key: str) -> str:
    return repr(key[:_REMARK_NAME_LENGTH])
