"""Schema violations in an author's words.

Responsible for turning one validation error into findings at exact places: the branch the author
meant, the nearest spelling, the trap that was stepped into. Never validates and never imports the
validator; it reads the errors' attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.document.explained import (
    KINDS,
    Explained,
    Path,
    explained,
    owner_span,
    value_at,
)
from interlock.rulebook.document.explained_values import (
    examples_of,
    expected,
    explain_form,
    explain_size,
    explain_type,
    explain_word,
    find_trap,
    kind_of,
    odd_characters,
)
from interlock.rulebook.document.nodes import key_span, span_of
from interlock.rulebook.document.respelling import respell
from interlock.rulebook.guard.suggest import listed, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.document.nodes import MapNode


def explain_error(
    error: Any, document: MapNode, *, whole: str = "a rulebook"
) -> Iterator[Explained]:
    """Yield the findings of one validation error of `document`; `whole` is what it is called."""
    path: Path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield _bad_key(error, path, document)
        return
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(error, path, document, whole)
        case "required":
            yield from _missing_key(error, path, document)
        case "anyOf" | "oneOf":
            yield from _alternatives(error, path, document)
        case "enum" | "const":
            yield explain_word(error, path, document)
        case "type":
            yield explain_type(error, path, document)
        case "pattern":
            yield explain_form(error, path, document)
        case _:
            yield explain_size(error, path, document)


def _unknown_keys(
    error: Any, path: Path, document: MapNode, whole: str = "a rulebook"
) -> Iterator[Explained]:
    known = list(error.schema["properties"])
    for key in error.instance:
        if key in known:
            continue
        near = nearest(key, [name for name in known if name not in error.instance])
        where = key_span(error.instance, key)
        yield explained(
            "Y003",
            f"`{key}` is no key {_of(path, whole)}",
            document,
            path,
            where,
            help=f"did you mean `{near}`?" if near else None,
            notes=() if near else (f"keys here: {', '.join(known)}",),
            fix=respell(where, near) if near else None,
            remove=((*path, key),),
        )


def _of(path: Path, whole: str) -> str:
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return f"of {whole}"
    return (
        f"of `{names[-1]}`"
        if names[0] not in KINDS or len(names) > 1
        else (f"of a {KINDS[names[0]]}")
    )


def _bad_key(error: Any, path: Path, document: MapNode) -> Explained:
    key = error.instance
    allowed = error.schema.get("enum")
    near = nearest(key, allowed) if allowed else None
    return explained(
        "Y005",
        f"`{key}` is no {error.schema.get('title', 'name')}",
        document,
        path,
        key_span(value_at(document, path), key),
        help=f"did you mean `{near}`?" if near else examples_of(error.schema),
        notes=(*odd_characters(key), *((f"one of: {listed(allowed)}",) if allowed else ())),
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
    yield explained(
        "Y004",
        f"`{key}` is missing",
        document,
        path,
        owner_span(document, path),
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
        yield explained("Y005", message, document, path, owner_span(document, path))
        return
    if all(_is_missing_keys(inner) for group in branches.values() for inner in group):
        if _is_misspelled(error, branches):
            # A misspelled key is one mistake; it is reported as the unknown key.
            return
        titles = [branch["title"] for branch in error.validator_value]
        message = f"one form is needed: {', or '.join(titles)}"
        yield explained("Y004", message, document, path, owner_span(document, path))
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


def _is_misspelled(error: Any, branches: dict[int, list[Any]]) -> bool:
    known = error.schema.get("properties", {})
    wanted = [
        key
        for group in branches.values()
        for inner in group
        if inner.validator == "required"
        for key in inner.validator_value
    ]
    return any(nearest(written, wanted) for written in error.instance if written not in known)


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
    misspelled = next((key for key in error.instance if nearest(key, ["type"])), None)
    if written is None and misspelled is not None:
        where = key_span(error.instance, misspelled)
        return explained(
            "Y003",
            f"`{misspelled}` is no key of a channel",
            document,
            path,
            where,
            help="did you mean `type`?",
            fix=respell(where, "type"),
        )
    if written is None:
        return explained(
            "Y004",
            "`type` is missing",
            document,
            path,
            owner_span(document, path),
            help=f"one of: {listed(allowed)}",
        )
    near = nearest(str(written), allowed)
    return explained(
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
                return explain_word(branch, path, document)
    wanted = dict.fromkeys(
        expected(branch)
        for branch in error.context
        if branch.validator == "type" and not branch.relative_path
    )
    trap = find_trap(error, path, document, "string" if "string" in _wanted(error) else "")
    if trap is not None:
        return trap
    return explained(
        "Y005",
        f"{' or '.join(wanted)} is expected here, not {kind_of(error.instance)}",
        document,
        path,
    )


def _wanted(error: Any) -> set[str]:
    return {inner.validator_value for inner in error.context if inner.validator == "type"}
