"""Values of the wrong type, form or size, in an author's words.

Responsible for single values: the trap that was stepped into, the nearest spelling, examples of
what would be right. Never looks at keys or alternatives.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from interlock.rulebook.diagnostics import replacing
from interlock.rulebook.document.explained import Explained, Path, explained, value_span
from interlock.rulebook.document.respelling import respell
from interlock.rulebook.guard.suggest import listed, nearest

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import MapNode

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
}
_YES = frozenset({"yes", "on", "y"})
_NO = frozenset({"no", "off", "n"})


def explain_word(error: Any, path: Path, document: MapNode) -> Explained:
    """Say that a value is not one of a closed set."""
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    value = error.instance
    near = nearest(value, [str(word) for word in allowed]) if isinstance(value, str) else None
    return explained(
        "Y005",
        f"{_shown(value)} is not possible here",
        document,
        path,
        help=f"did you mean `{near}`?" if near else None,
        notes=(f"possible: {listed(_word(word) for word in allowed)}",),
        fix=respell(value_span(document, path), near) if near else None,
    )


def explain_type(error: Any, path: Path, document: MapNode) -> Explained:
    """Say that a value is of the wrong type."""
    wanted = error.validator_value
    if trap := find_trap(error, path, document, wanted):
        return trap
    return explained(
        "Y005",
        f"{expected(error)} is expected here, not {kind_of(error.instance)}",
        document,
        path,
        help=examples_of(error.schema),
    )


def expected(error: Any) -> str:
    """Return what a schema expects, with its article."""
    title = error.schema.get("title")
    if title is None:
        return _TYPES[error.validator_value]
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"


def find_trap(error: Any, path: Path, document: MapNode, wanted: str) -> Explained | None:
    """Recognise an unquoted word that reads as another type than its author meant."""
    value = error.instance
    written = value_span(document, path).text
    if wanted == "string" and isinstance(value, int | float):
        if error.schema.get("title") == "duration" and not isinstance(value, bool):
            message, remedy = f"`{written}` has no unit", f"such as {written}s or {written}m"
            return explained("Y005", message, document, path, help=remedy)
        kind = "a bool" if isinstance(value, bool) else "a number"
        message = f"`{written}` reads as {kind}; a string is expected here"
        fix = replacing(value_span(document, path), f'"{written}"')
        return explained("Y006", message, document, path, help=f'quote it: "{written}"', fix=fix)
    if wanted == "boolean" and isinstance(value, str) and value.casefold() in _YES | _NO:
        meant = "true" if value.casefold() in _YES else "false"
        message = f"`{written}` is a string in YAML 1.2, not a bool"
        fix = replacing(value_span(document, path), meant)
        return explained("Y006", message, document, path, help=f"write `{meant}`", fix=fix)
    if wanted in ("integer", "number") and isinstance(value, str) and value.strip().isdecimal():
        message = f"{written} is a string; a number is expected here"
        fix = replacing(value_span(document, path), value.strip())
        remedy = f"write {value.strip()} without quotes"
        return explained("Y006", message, document, path, help=remedy, fix=fix)
    return None


def explain_form(error: Any, path: Path, document: MapNode) -> Explained:
    """Say that a text does not have the form its place needs."""
    title = error.schema.get("title", "such value")
    if "secret" in title and "URL" not in title:
        return explained(
            "A509",
            "a secret must not be written out",
            document,
            path,
            help="write where it is: ${env:NAME} or ${file:NAME}",
        )
    value = error.instance
    if title == "email address" or "URL" in title:
        notes: tuple[str, ...] = ()
    else:
        notes = odd_characters(value)
    return explained(
        "Y005",
        f"`{value}` is no {title}",
        document,
        path,
        help=examples_of(error.schema),
        notes=notes,
    )


def explain_size(error: Any, path: Path, document: MapNode) -> Explained:
    """Say that there is too little or too much of something."""
    limit = error.validator_value
    messages = {
        "minItems": f"at least {limit} {'entry is' if limit == 1 else 'entries are'} needed here",
        "maxItems": f"at most {limit} entries are possible here",
        "minProperties": "at least one entry is needed here",
        "minLength": "an empty string means nothing here",
        "minimum": f"`{error.instance}` is less than {limit}",
        "maximum": f"`{error.instance}` is more than {limit}",
    }
    message = messages.get(error.validator, error.message)
    return explained("Y005", message, document, path)


def odd_characters(text: str) -> tuple[str, ...]:
    """Return a note per character that only looks like one of a name."""
    odd = sorted({char for char in text if not char.isascii()})
    return tuple(
        f"`{char}` is U+{ord(char):04X} {unicodedata.name(char, 'without a name')}; names are ASCII"
        for char in odd[:3]
    )


def examples_of(schema: Any) -> str | None:
    """Return a remedy from a schema's examples."""
    examples = schema.get("examples")
    if not examples:
        return None
    return "such as " + ", ".join(f"`{example}`" for example in examples)


def kind_of(value: Any) -> str:
    """Say what a value is."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing (the value is empty)"
    return _shown(value)


def _shown(value: Any) -> str:
    return f"`{_word(value)}`"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
