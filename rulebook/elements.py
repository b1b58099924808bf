"""What every element of a rulebook is made of.

Responsible for the vocabulary of scalar types and for `Element`, a typed mapping that remembers its
document node: `span(element, "gate", "when")` gives the place of anything in it. Never knows a
section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct, field

from interlock.rulebook.document import nodes
from interlock.rulebook.document.nodes import MapNode, Step, key_span, scalar_span, span_of

if TYPE_CHECKING:
    from interlock.rulebook.source import Span

NODE_KEY = "\x7f"  # no key of a document: the reader refuses control characters in keys

Id = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")]
StateName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
EventType = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$")]
GuardName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
Duration = Annotated[str, Meta(pattern=r"^(?:[0-9]{1,9}(?:ms|s|m|h|d|w))+$")]
Secret = Annotated[str, Meta(pattern=r"^\$\{(?:env|file):[A-Za-z0-9_./-]+\}$")]
HttpUrl = Annotated[str, Meta(pattern=r"^https?://[^\s{}]+$")]
QueryUrl = Annotated[str, Meta(pattern=r"^https?://[^\s{}/]+(?:/[^\s{}]*(?:\{key\}[^\s{}]*)?)?$")]
SecretOrUrl = Annotated[
    str, Meta(pattern=r"^(?:https?://[^\s{}]+|\$\{(?:env|file):[A-Za-z0-9_./-]+\})$")
]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Address = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")]
Exclusion = Annotated[
    str, Meta(pattern=r"^(?:requester|author|principal:[A-Za-z_][A-Za-z0-9_.-]{0,99})$")
]
BodyField = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$")]
HourRange = Annotated[str, Meta(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$")]
Turn = Annotated[str, Meta(pattern=r"^(?:daily|weekly|(?:[0-9]{1,9}(?:ms|s|m|h|d|w))+)$")]
FileName = Annotated[str, Meta(pattern=r"^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$")]
Text = Annotated[str, Meta(min_length=1)]
Guard = Annotated[str, Meta(min_length=1)]
Transition = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
AutomationMode = Literal["off", "observe", "ask", "auto"]


class Element(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping of the rulebook; `node` is where it was written."""

    node: Any = field(name=NODE_KEY, default=None)


def span(element: Element, *path: Step) -> Span:
    """Return where the value at `path` is written; see `span_of`."""
    return span_of(_node(element), *path)


def key(element: Element, *path: Step) -> Span:
    """Return where the key that `path` ends with is written, or its mapping where it is not."""
    parent: Any = _node(element)
    for step in path[:-1]:
        parent = parent[step]
    return key_span(parent, str(path[-1]))


def part_span(element: Element, path: tuple[Step, ...], start: int, end: int) -> Span:
    """Return the source of the range `start:end` of the string value at `path`."""
    parent: Any = _node(element)
    for step in path[:-1]:
        parent = parent[step]
    return scalar_span(parent, path[-1], start, end)


def is_cut_short(element: Element, *path: Step) -> bool:
    """Tell whether the unquoted text at `path` ends where YAML sees a comment."""
    parent: Any = _node(element)
    for step in path[:-1]:
        parent = parent[step]
    return nodes.is_cut_short(parent, path[-1])


def _node(element: Element) -> MapNode:
    if element.node is None:
        raise LookupError(f"{type(element).__name__} was not read from a document")
    node: MapNode = element.node
    return node
