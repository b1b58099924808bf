"""Schema violations in an author's words.

Responsible for turning one validation error into findings at exact places: the branch the author
meant, the nearest spelling, the trap that was stepped into. Never validates and never imports the
validator; it reads the errors' attributes.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import replacing
from interlock.rulebook.document.nodes import MapNode, key_span, span_of
from interlock.rulebook.document.respelling import respell
from interlock.rulebook.guard.suggest import listed, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.source import Span

Path = tuple["Step", ...]

_KINDS = {
    "severity_matrix": "severity",
    "sources": "source",
    "correlation": "correlation",
    "silences": "silence",
    "inhibitions": "inhibition",
    "teams": "team",
    "guards": "guard",
    "workflow_rules": "rule",
    "runbooks": "runbook",
    "remediation_hooks": "hook",
    "notification_channels": "channel",
}
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


class Explained(NamedTuple):
    """A finding, and the paths without which the document would be better."""

    diagnostic: Diagnostic
    remove: tuple[Path, ...]


def explain_error(error: Any, document: MapNode) -> Iterator[Explained]:
    """Yield the findings of one validation error of `document`."""
    path: Path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield _bad_key(error, path, document)
        return
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(error, path, document)
        case "required":
            yield from _missing_key(error, path, document)
        case "anyOf" | "oneOf":
            yield from _alternatives(error, path, document)
        case "enum" | "const":
            yield _not_among(error, path, document)
        case "type":
            yield _wrong_type(error, path, document)
        case "pattern":
            yield _wrong_form(error, path, document)
        case _:
            yield _wrong_size(error, path, document)


def _make(  # the parts of a finding
    code: str,
    message: str,
    document: MapNode,
    path: Path,
    where: Span | None = None,
    **more: Any,
) -> Explained:
    place = where or _value_span(document, path)
    subject = _subject(document, path)
    remove = more.pop("remove", (path,))
    return Explained(finding(code, message, place, subject=subject, **more), remove)


def _unknown_keys(error: Any, path: Path, document: MapNode) -> Iterator[Explained]:
    known = list(error.schema["properties"])
    for key in error.instance:
        if key in known:
            continue
        near = nearest(key, [name for name in known if name not in error.instance])
        where = key_span(error.instance, key)
        yield _make(
            "Y003",
            f"`{key}` is no key {_of(path)}",
            document,
            path,
            where,
            help=f"did you mean `{near}`?" if near else None,
            notes=() if near else (f"keys here: {', '.join(known)}",),
            fix=respell(where, near) if near else None,
            remove=((*path, key),),
        )


def _of(path: Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return "of a rulebook"
    return (
        f"of `{names[-1]}`"
        if names[0] not in _KINDS or len(names) > 1
        else (f"of a {_KINDS[names[0]]}")
    )


def _bad_key(error: Any, path: Path, document: MapNode) -> Explained:
    key = error.instance
    allowed = error.schema.get("enum")
    near = nearest(key, allowed) if allowed else None
    return _make(
        "Y005",
        f"`{key}` is no {error.schema.get('title', 'name')}",
        document,
        path,
        key_span(_at(document, path), key),
        help=f"did you mean `{near}`?" if near else _examples(error.schema),
        notes=(*_odd_characters(key), *((f"one of: {listed(allowed)}",) if allowed else ())),
        remove=((*path, key),),
    )


def _missing_key(error: Any, path: Path, document: MapNode) -> Iterator[Explained]:
    missing = [key for key in error.validator_value if key not in error.instance]
    # The validator gives one error per missing key, each with the whole list.
    key = next((key for key in missing if f"'{key}'" in error.message), missing[0])
    known = error.schema.get("properties", {})
    if any(nearest(written, [key]) for written in error.instance if written not in known):
        # A misspelled key is one mistake; it is reported as the unknown key.
        return
    description = known.get(key, {}).get("description")
    yield _make(
        "Y004",
        f"`{key}` is missing",
        document,
        path,
        _owner_span(document, path),
        help=f"`{key}`: {description}".rstrip(".") if description else None,
    )


def _alternatives(error: Any, path: Path, document: MapNode) -> Iterator[Explained]:
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    if not branches:
        # More than one branch of a `oneOf` holds.
        titles = [branch.get("title", "one form") for branch in error.validator_value]
        message = f"only one of {' and '.join(titles)} may be written"
        yield _make("Y005", message, document, path, _owner_span(document, path))
        return
    if all(_is_missing_keys(inner) for group in branches.values() for inner in group):
        titles = [branch["title"] for branch in error.validator_value]
        message = f"one form is needed: {', or '.join(titles)}"
        yield _make("Y004", message, document, path, _owner_span(document, path))
        return
    if isinstance(error.instance, dict) and all(map(_is_other_kind, branches.values())):
        yield _kind_of_channel(error, branches, path, document)
        return
    fitting = [group for group in branches.values() if not _is_other_type(group)]
    if not fitting:
        yield _none_fits(error, path, document)
        return
    meant = min(fitting, key=lambda group: (_is_other_kind(group), len(group)))
    for inner in meant:
        yield from explain_error(inner, document)


def _is_missing_keys(error: Any) -> bool:
    return error.validator in ("required", "maxProperties") and not error.relative_path


def _is_other_type(group: list[Any]) -> bool:
    return any(inner.validator == "type" and not inner.relative_path for inner in group)


def _is_other_kind(group: list[Any]) -> bool:
    return any(
        (inner.validator == "const" and list(inner.relative_path) == ["type"])
        or (inner.validator == "required" and "'type'" in inner.message)
        or (inner.validator == "const" and not inner.relative_path)
        for inner in group
    )


def _kind_of_channel(
    error: Any, branches: dict[int, list[Any]], path: Path, document: MapNode
) -> Explained:
    allowed = []
    for group in branches.values():
        for inner in group:
            const = inner.schema.get("const") or inner.schema.get("properties", {}).get(
                "type", {}
            ).get("const")
            if const and const not in allowed:
                allowed.append(const)
    written = error.instance.get("type")
    if written is None:
        return _make(
            "Y004",
            "`type` is missing",
            document,
            path,
            _owner_span(document, path),
            help=f"one of: {listed(allowed)}",
        )
    near = nearest(str(written), allowed)
    return _make(
        "Y005",
        f"`{written}` is no type of channel",
        document,
        (*path, "type"),
        help=f"did you mean `{near}`?" if near else None,
        notes=(f"one of: {listed(allowed)}",),
        remove=(path,),
        fix=respell(span_of(document, *path, "type"), near) if near else None,
    )


def _none_fits(error: Any, path: Path, document: MapNode) -> Explained:
    if isinstance(error.instance, str | bool | int | float):
        for branch in error.context:
            if branch.validator == "const":
                return _not_among(branch, path, document)
    expected = dict.fromkeys(
        _expected(branch)
        for branch in error.context
        if branch.validator == "type" and not branch.relative_path
    )
    trap = _trap(error, path, document, "string" if "string" in _wanted(error) else "")
    if trap is not None:
        return trap
    return _make(
        "Y005",
        f"{' or '.join(expected)} is expected here, not {_kind(error.instance)}",
        document,
        path,
    )


def _wanted(error: Any) -> set[str]:
    return {inner.validator_value for inner in error.context if inner.validator == "type"}


def _not_among(error: Any, path: Path, document: MapNode) -> Explained:
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    value = error.instance
    near = nearest(value, [str(word) for word in allowed]) if isinstance(value, str) else None
    return _make(
        "Y005",
        f"{_shown(value)} is not possible here",
        document,
        path,
        help=f"did you mean `{near}`?" if near else None,
        notes=(f"possible: {listed(_word(word) for word in allowed)}",),
        fix=respell(_value_span(document, path), near) if near else None,
    )


def _wrong_type(error: Any, path: Path, document: MapNode) -> Explained:
    wanted = error.validator_value
    if trap := _trap(error, path, document, wanted):
        return trap
    return _make(
        "Y005",
        f"{_expected(error)} is expected here, not {_kind(error.instance)}",
        document,
        path,
        help=_examples(error.schema),
    )


def _expected(error: Any) -> str:
    title = error.schema.get("title")
    if title is None:
        return _TYPES[error.validator_value]
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"


def _trap(error: Any, path: Path, document: MapNode, wanted: str) -> Explained | None:
    """Recognise an unquoted word that reads as another type than its author meant."""
    value = error.instance
    written = _value_span(document, path).text
    if wanted == "string" and isinstance(value, int | float):
        if error.schema.get("title") == "duration" and not isinstance(value, bool):
            message, remedy = f"`{written}` has no unit", f"such as {written}s or {written}m"
            return _make("Y005", message, document, path, help=remedy)
        kind = "a bool" if isinstance(value, bool) else "a number"
        message = f"`{written}` reads as {kind}; a string is expected here"
        fix = replacing(_value_span(document, path), f'"{written}"')
        return _make("Y006", message, document, path, help=f'quote it: "{written}"', fix=fix)
    if wanted == "boolean" and isinstance(value, str) and value.casefold() in _YES | _NO:
        meant = "true" if value.casefold() in _YES else "false"
        message = f"`{written}` is a string in YAML 1.2, not a bool"
        fix = replacing(_value_span(document, path), meant)
        return _make("Y006", message, document, path, help=f"write `{meant}`", fix=fix)
    if wanted in ("integer", "number") and isinstance(value, str) and value.strip().isdecimal():
        message = f"{written} is a string; a number is expected here"
        fix = replacing(_value_span(document, path), value.strip())
        remedy = f"write {value.strip()} without quotes"
        return _make("Y006", message, document, path, help=remedy, fix=fix)
    return None


def _wrong_form(error: Any, path: Path, document: MapNode) -> Explained:
    title = error.schema.get("title", "such value")
    if "secret" in title and "URL" not in title:
        return _make(
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
        notes = _odd_characters(value)
    return _make(
        "Y005",
        f"`{value}` is no {title}",
        document,
        path,
        help=_examples(error.schema),
        notes=notes,
    )


def _wrong_size(error: Any, path: Path, document: MapNode) -> Explained:
    limit = error.validator_value
    messages = {
        "minItems": f"at least {limit} {'entry is' if limit == 1 else 'entries are'} needed here",
        "minProperties": "at least one entry is needed here",
        "minLength": "an empty string means nothing here",
        "minimum": f"`{error.instance}` is less than {limit}",
        "maximum": f"`{error.instance}` is more than {limit}",
    }
    message = messages.get(error.validator, error.message)
    return _make("Y005", message, document, path)


def _odd_characters(text: str) -> tuple[str, ...]:
    odd = sorted({char for char in text if not char.isascii()})
    return tuple(
        f"`{char}` is U+{ord(char):04X} {unicodedata.name(char, 'without a name')}; names are ASCII"
        for char in odd[:3]
    )


def _examples(schema: Any) -> str | None:
    examples = schema.get("examples")
    if not examples:
        return None
    return "such as " + ", ".join(f"`{example}`" for example in examples)


def _kind(value: Any) -> str:
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


def _at(document: MapNode, path: Path) -> Any:
    value: Any = document
    for step in path:
        value = value[step]
    return value


def _value_span(document: MapNode, path: Path) -> Span:
    """Return the value's place; that of its key where the value is empty."""
    where = span_of(document, *path)
    if where.start == where.end and path:
        return _owner_span(document, path)
    return where


def _owner_span(document: MapNode, path: Path) -> Span:
    """Return the place of the key that the value belongs to, or of an entry's first key."""
    if path and isinstance(path[-1], str):
        return key_span(_at(document, path[:-1]), path[-1])
    value = _at(document, path)
    if isinstance(value, MapNode) and value:
        return key_span(value, next(iter(value)))
    return span_of(document, *path)


def _subject(document: MapNode, path: Path) -> str | None:
    if not path or path[0] not in _KINDS or len(path) == 1:
        return None
    kind = _KINDS[str(path[0])]
    if isinstance(path[1], str):
        return f"{kind} `{path[1]}`"
    entry = _at(document, path[:2])
    if isinstance(entry, dict):
        for key in ("id", "transition"):
            if isinstance(entry.get(key), str):
                return f"{kind} `{entry[key]}`"
    return kind
