"""What does not conform to the schema, and the model of the rest.

Responsible for documents that the fast conversion refused: it finds the smallest parts that are
wrong, has JSON Schema say why, and leaves only these out, so that one run shows every finding. The
only module that knows the validator, so that schemas of authors (`accepts:`) are read here as well;
a rulebook that conforms never gets here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from interlock.rulebook.catalogue import finding
from interlock.rulebook.document.decoder import Decoded, convert_element
from interlock.rulebook.document.explanations import explain_error
from interlock.rulebook.document.nodes import MapNode, SeqNode, span_of
from interlock.rulebook.guard.suggest import nearest
from interlock.rulebook.model import Rulebook
from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.explained import Explained
    from interlock.rulebook.document.nodes import Node, Step

    Path = tuple[Step, ...]

SCHEMA = "rulebook.v1.json"
_ROUNDS_MAX = 12  # one per level between a wrong value and its section, and some to spare
_FINDINGS_MAX = 200


@cache
def validator() -> Any:
    """Return the schema's validator; unlike JSON, YAML tells `2.0` from the whole number 2."""
    is_integer = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    make: Any = extend  # the library has no types for it
    return make(Draft202012Validator, type_checker=is_integer)(load(SCHEMA))


def check_conformance(root: MapNode, schema: str, whole: str) -> list[Diagnostic]:
    """Explain where a document of another kind departs from its schema; `whole` names the kind."""
    make: Any = Draft202012Validator
    errors = sorted(make(load(schema)).iter_errors(root), key=lambda error: str(error.json_path))
    return [item.diagnostic for error in errors for item in explain_error(error, root, whole=whole)]


def decode_parts(root: MapNode) -> Decoded:
    """Explain what does not conform and decode the rest."""
    kept = _like(root)
    diagnostics: list[Diagnostic] = []
    lost: dict[str, frozenset[str] | None] = {}
    for section in root:
        parts = []
        for part in _parts(root, section):
            if _converts(part):
                parts.append(part)
                continue
            meant = _meant(section)
            if meant not in lost:
                lost[meant] = None if meant in _NESTED else _names(root[section])
            if len(diagnostics) < _FINDINGS_MAX and (rest := _repair(part, diagnostics)):
                parts.append(rest)
        _join(kept, section, root, parts)
    try:
        model = convert_element(kept, Rulebook)
    except msgspec.ValidationError:
        model = convert_element(_like(root), Rulebook)
        lost = dict.fromkeys(root)
    if not diagnostics:
        diagnostics.append(finding("Y005", "this rulebook does not conform", span_of(root)))
    return Decoded(model, tuple(diagnostics), lost)


def _parts(root: MapNode, section: str) -> Iterator[MapNode]:
    """Yield documents that hold one entry of the section each, or the section where it has none."""
    value = root[section]
    schema = load(SCHEMA)["properties"].get(section, {})
    if isinstance(value, SeqNode) and "items" in schema:
        for index, item in enumerate(value):
            one = SeqNode(value.source, value.start)
            one.end = value.end
            one.append(item)
            one.places.append(value.places[index])
            yield _only(root, section, one)
    elif isinstance(value, MapNode) and isinstance(schema.get("additionalProperties"), dict):
        for name in value:
            yield _only(root, section, _only(value, name, value[name]))
    else:
        yield _only(root, section, value)


_NESTED = frozenset({"lifecycle", "on_call"})
"""Sections that declare their names one level down, under a key that may itself be misspelled."""


def _names(section: Any) -> frozenset[str] | None:
    """Return the names a section declares, or None where it is of another kind."""
    if isinstance(section, SeqNode):
        names = (item.get("id") for item in section if isinstance(item, MapNode))
        return frozenset(name for name in names if isinstance(name, str))
    if isinstance(section, MapNode):
        return frozenset(section)
    return None


def _meant(section: str) -> str:
    """Return the section that a misspelled key stands for; what names its parts is right."""
    known = load(SCHEMA)["properties"]
    return section if section in known else nearest(section, known) or section


def _like(node: MapNode) -> MapNode:
    copy = MapNode(node.source, node.start)
    copy.end = node.end
    return copy


def _only(node: MapNode, key: str, value: Any) -> MapNode:
    copy = _like(node)
    _put(copy, key, value, node)
    return copy


def _put(copy: MapNode, key: str, value: Any, origin: MapNode) -> None:
    copy[key] = value
    copy.places[key] = origin.places[key]
    copy.key_places[key] = origin.key_places[key]


def _join(kept: MapNode, section: str, root: MapNode, parts: list[MapNode]) -> None:
    """Put what is left of a section's parts together again."""
    value = root[section]
    if isinstance(value, SeqNode) and all(isinstance(part[section], SeqNode) for part in parts):
        joined = SeqNode(value.source, value.start)
        joined.end = value.end
        for part in parts:
            joined.extend(part[section])
            joined.places.extend(part[section].places)
        _put(kept, section, joined, root)
    elif isinstance(value, MapNode):
        merged = _like(value)
        for part in parts:
            for key, item in part[section].items():
                _put(merged, key, item, part[section])
        if parts:
            _put(kept, section, merged, root)
    elif parts:
        _put(kept, section, value, root)


def _converts(document: MapNode) -> bool:
    try:
        convert_element(document, Rulebook)
    except msgspec.ValidationError:
        return False
    return True


def _repair(document: MapNode, diagnostics: list[Diagnostic]) -> MapNode | None:
    """Report what is wrong and return the document without it, None when nothing is left.

    Only the first round reports: what is wrong in later ones follows from what was taken out.
    """
    for number in range(_ROUNDS_MAX):
        explained = _explain(document)
        if number == 0:
            diagnostics += [item.diagnostic for item in explained]
        paths = {path for item in explained for path in item.remove}
        if not paths or () in paths:
            return None
        document = _without(document, paths)
        if not document:
            return None
        if _converts(document):
            return document
    return None


def _explain(document: MapNode) -> list[Explained]:
    errors = sorted(validator().iter_errors(document), key=lambda error: str(error.json_path))
    of_wrong_type = {error.json_path for error in errors if error.validator == "type"}
    return [
        item
        for error in errors
        # What is of the wrong type is none of the possible values either: one cause, one error.
        if error.validator != "const" or error.json_path not in of_wrong_type
        for item in explain_error(error, document)
    ]


def _without(document: MapNode, paths: Collection[Path]) -> MapNode:
    changed = _remove(document, paths)
    assert isinstance(changed, MapNode)
    return changed


def _remove(node: Node, paths: Collection[Path]) -> Node:
    """Return a copy of the node without the values at `paths`."""
    below: dict[Step, list[Path]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    if isinstance(node, SeqNode):
        copy = SeqNode(node.source, node.start)
        copy.end = node.end
        for index, item in enumerate(node):
            rest = below.get(index)
            if rest is None or () not in rest:
                copy.append(item if rest is None else _remove(item, rest))
                copy.places.append(node.places[index])
        return copy
    changed = _like(node)
    for key, item in node.items():
        rest = below.get(key)
        if rest is None or () not in rest:
            _put(changed, key, item if rest is None else _remove(item, rest), node)
    return changed


class UnusableSchemaError(Exception):
    """A schema of an author's that cannot be used; `path` leads to what is wrong in it."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.path = path


def check_schema(schema: Mapping[str, Any]) -> None:
    """Refuse what is no JSON Schema (Draft 2020-12).

    Raises:
        UnusableSchemaError: it is none.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise UnusableSchemaError(error.message, tuple(error.absolute_path)) from None


def violations(schema: Mapping[str, Any], value: Any) -> list[Any]:
    """Return the validator's errors of a value, in the order of their places.

    Nothing is fetched for a schema, and its patterns are those of RE2: none takes long.

    Raises:
        UnusableSchemaError: the schema refers to what is not in it, or to itself without end, or
            has a pattern that RE2 does not take.
    """
    try:
        errors = list(_argument_validator()(schema, registry=Registry()).iter_errors(value))
    except Unresolvable as error:
        raise UnusableSchemaError(f"`{error.ref}` leads to nothing in this schema") from None
    except RecursionError:
        raise UnusableSchemaError("this schema refers to itself without end") from None
    return sorted(errors, key=lambda error: str(error.json_path))


@cache
def _argument_validator() -> Any:
    make: Any = extend  # the library has no types for it
    return make(Draft202012Validator, {"pattern": _fits_pattern, "patternProperties": _fits_names})


def _fits_pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(value, str) and not _is_found(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _fits_names(validator: Any, patterns: Any, value: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern, schema in patterns.items():
            for name, item in value.items():
                if _is_found(pattern, name):
                    yield from validator.descend(item, schema, path=name, schema_path=pattern)


def _is_found(pattern: str, text: str) -> bool:
    import re2  # noqa: PLC0415 - few schemas have patterns

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options).search(text) is not None
    except re2.error:
        raise UnusableSchemaError(f"RE2 does not take the pattern `{pattern}`") from None
