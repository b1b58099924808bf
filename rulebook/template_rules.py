"""What a template may be made of.

Responsible for the closed sets that lint tells by and that filling goes by. Templates are one
expression after the other: nothing in them loops, calls, assigns or refers to another template, so
their work is bounded by their length and that of the data. Never imports Jinja2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

LENGTH_MAX: Final = 65_536
NODES_MAX: Final = 1_000
FILTERS: Final = frozenset(
    {
        "abs", "capitalize", "default", "first", "float", "int", "join", "last", "length", "lower",
        "replace", "round", "sort", "string", "title", "tojson", "trim", "truncate", "unique",
        "upper",
    }
)  # fmt: skip
_NODES: Final = frozenset(
    {
        "Template", "Output", "TemplateData", "If", "Name", "Const", "List", "Tuple", "Dict",
        "Pair", "Keyword", "Getattr", "Getitem", "Slice", "Filter", "Test", "Compare", "Operand",
        "And", "Or", "Not", "CondExpr", "Concat", "Add", "Sub", "Mul", "Div", "FloorDiv", "Mod",
        "Neg", "Pos",
    }
)  # fmt: skip


class Refusal(NamedTuple):
    """Why a parsed text is no template, and the line where that shows."""

    reason: str
    line: int


def refuse(tree: Any) -> Refusal | None:
    """Return why a parsed template (a `jinja2.nodes.Template`) may not be filled, or None."""
    count = 0
    pending = [tree]
    while pending:
        node = pending.pop()
        count += 1
        name = type(node).__name__
        if name == "Name" and node.name == "self":
            return Refusal("`self` is not allowed in a template", node.lineno)
        if name not in _NODES:
            return Refusal(f"`{name.lower()}` is not allowed in a template", node.lineno)
        if count > NODES_MAX:
            return Refusal(f"a template has at most {NODES_MAX:,} parts", node.lineno)
        children: Iterable[Any] = node.iter_child_nodes()
        pending += reversed(list(children))
    return None
