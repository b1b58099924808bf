"""Flow collections, `{...}` and `[...]`, to the tree of the layout.

Responsible for taking them apart at their commas, and for refusing those that hold what would be
lost: comments, explicit keys, keys without a value. Never changes a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.document.nodes import MapNode
from interlock.rulebook.format.tree import Alias, Flow, Scalar
from interlock.rulebook.format.trivia import read_trivia

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import Node, Place
    from interlock.rulebook.format.shapes import Shape
    from interlock.rulebook.format.tree import Value
    from interlock.rulebook.format.trivia import Piece

_PROPERTY: Final = re.compile(r"[&!][^\s,\[\]{}]*")
_ALIAS: Final = re.compile(r"\*[^\s,\[\]{}]+")
_SPACE: Final = re.compile(r"\s*")


class Untouchable(Exception):  # noqa: N818 - says what the text is; never leaves this folder
    """The text is laid out in a way that cannot be taken apart; it is left as it is."""


def read_properties(text: str, at: int) -> tuple[str, list[Piece], int]:
    """Return the anchor and tag at `at`, the comments after them, and where the value begins."""
    properties: list[str] = []
    pieces: list[Piece] = []
    while match := _PROPERTY.match(text, at):
        properties.append(match[0])
        more, at = read_trivia(text, match.end())
        pieces += more
    return " ".join(properties), pieces, at


def build_flow(text: str, node: Node, shape: Shape) -> Flow:
    """Return the layout of a flow collection.

    Raises:
        Untouchable: It holds a comment, an explicit key or a key without a value.
    """
    return _FlowBuilder(text).collection(node, shape)


class _FlowBuilder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def collection(self, node: Node, shape: Shape) -> Flow:
        is_map = isinstance(node, MapNode)
        flow = Flow(is_map, shape)
        self.at = node.start
        self._take("{" if is_map else "[")
        steps: list[Any] = list(node) if isinstance(node, MapNode) else list(range(len(node)))
        for number, step in enumerate(steps):
            if number:
                self._take(",")
            flow.entries.append(self._entry(node, step, shape))
        if self.text[self.at] == ",":
            self._take(",")
        self._take("}" if is_map else "]")
        if self.at < node.end:
            raise Untouchable
        self.at = node.end
        return flow

    def _entry(self, node: Node, step: Any, shape: Shape) -> tuple[Scalar | None, Value]:
        if not isinstance(node, MapNode):
            return None, self._value(node[step], node.places[step], shape.item(node[step]))
        place = node.key_places[step]
        start, end, style = place
        if style is None or start != self.at:
            raise Untouchable
        key = Scalar(step, self.text[start:end], style)
        self.at = end
        self._skip()
        self._take(":")
        return key, self._value(node[step], node.places[step], shape.child(step, node[step]))

    def _value(self, value: Any, place: Place, shape: Shape) -> Value:
        properties, pieces, self.at = read_properties(self.text, self.at)
        if pieces and any(piece.text for piece in pieces):
            raise Untouchable
        start, end, style = place
        alias = _ALIAS.match(self.text, self.at)
        built: Value
        if alias:
            self.at = alias.end()
            built = Alias(alias[0])
        elif start != self.at or start == end:
            raise Untouchable
        elif style is not None:
            self.at = end
            built = Scalar(value, self.text[start:end], style, shape.notation, properties)
        elif self.text[self.at] in "{[":
            built = self.collection(value, shape)
            built.properties = properties
        else:
            raise Untouchable
        self._skip()
        return built

    def _take(self, what: str) -> None:
        if not self.text.startswith(what, self.at):
            raise Untouchable
        self.at += len(what)
        self._skip()

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
