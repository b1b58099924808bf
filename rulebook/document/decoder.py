"""A positioned document to the typed model.

Responsible for the fast way from nodes to model: one conversion in C decides whether the document
conforms, and each element is then given its node. Only what that refuses is explained, by
`conformance`. Never resolves a name and never parses a guard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import force_setattr

from interlock.rulebook.diagnostics import Diagnostic
from interlock.rulebook.document.nodes import MapNode, SeqNode
from interlock.rulebook.elements import Element
from interlock.rulebook.model import Rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable


E = TypeVar("E", bound="Element")


class Decoded(msgspec.Struct, frozen=True):
    """What decoding gave.

    Attributes:
        model: The rulebook, without the parts that do not conform.
        diagnostics: Why they do not.
        lost: Per section something was left out of, the names written there; a reference to one
            of them is no further news. None where the names cannot be told.
    """

    model: Rulebook
    diagnostics: tuple[Diagnostic, ...]
    lost: Mapping[str, frozenset[str] | None]


def decode_rulebook(root: MapNode) -> Decoded:
    """Turn a document into the model, explaining every part that does not conform."""
    try:
        return Decoded(convert_element(root, Rulebook), (), {})
    except msgspec.ValidationError:
        # Imported here: a rulebook that conforms never pays for jsonschema.
        from interlock.rulebook.document.conformance import decode_parts  # noqa: PLC0415

        return decode_parts(root)


def learn_types() -> None:
    """Have the converter know the model before several threads use it.

    It learns a type at its first use, and two threads that make it learn one at the same moment
    crash the process.
    """
    msgspec.convert({}, Rulebook)


def convert_element(node: MapNode, kind: type[E]) -> E:
    """Convert one mapping and give it and everything in it its place.

    Raises:
        msgspec.ValidationError: It does not conform.
    """
    element = msgspec.convert(node, kind)
    attach_nodes(element, node)
    return element


def attach_nodes(element: Any, node: Any) -> None:
    """Walk a converted value beside its document, telling each element its node.

    Raises:
        msgspec.ValidationError: A null is written where a value is expected. (The converter takes
            null for "not written"; to an author it is an empty section.)
    """
    if element is node:
        return  # free content, such as `with:`, is passed on as it is
    if isinstance(element, Element):
        force_setattr(element, "node", node)
        names = _field_names(type(element))
        if None in node.values():
            raise msgspec.ValidationError("an empty value")
        parts: Iterable[tuple[Any, Any]] = (
            (getattr(element, names[key]), value)
            for key, value in node.items()
            if isinstance(value, (MapNode, SeqNode))
        )
    elif isinstance(node, MapNode):
        parts = ((element[key], value) for key, value in node.items())
    else:
        parts = zip(element, node, strict=True)
    for part, value in parts:
        if isinstance(value, (MapNode, SeqNode)):
            attach_nodes(part, value)


_NAMES: dict[type, dict[str, str]] = {}


def _field_names(kind: type[Element]) -> dict[str, str]:
    names = _NAMES.get(kind)
    if names is None:
        pairs = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
        names = _NAMES[kind] = dict(pairs)
    return names
