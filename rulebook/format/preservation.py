"""What formatting must not change.

Responsible for comparing two documents by what they say: values in their canonical spelling, the
order of everything the schema leaves open, the graph they compile to, and the comments. It reads
the formatted text again and trusts nothing that wrote it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from interlock.rulebook.checking import check_rulebook
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.format.scalars import spell
from interlock.rulebook.format.shapes import Shape, rulebook_shape
from interlock.rulebook.format.trivia import comments_of

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import MapNode
    from interlock.rulebook.source import SourceFile


def find_change(before: SourceFile, root: MapNode, after: SourceFile) -> str | None:
    """Return in words what differs between a document and its formatted text; None: nothing.

    Args:
        before: The text as it was.
        root: What it says.
        after: The formatted text.
    """
    again = read_document(after)
    if again.root is None or again.diagnostics:
        return "it is no longer valid YAML"
    if content_of(again.root) != content_of(root):
        return "its values are no longer the same"
    lost = Counter(comments_of(before.text, root))
    lost.subtract(comments_of(after.text, again.root))
    if any(lost.values()):
        return "its comments are no longer the same"
    return None


def find_change_of_graph(before: SourceFile, after: SourceFile) -> str | None:
    """Return in words what differs between the graphs of two texts; None: nothing."""
    old, new = check_rulebook([before]), check_rulebook([after])
    if old.graph is None:
        return None
    if new.graph is None:
        return "it no longer compiles"
    if old.graph.digest != new.graph.digest:
        return f"its digest changes from {old.graph.digest} to {new.graph.digest}"
    return None


def content_of(value: Any, shape: Shape | None = None) -> Any:
    """Return a document's content, so that equal values mean the same rulebook.

    The order of keys counts where the schema leaves it to the author.
    """
    shape = shape or rulebook_shape()
    if isinstance(value, dict):
        pairs = [(key, content_of(item, shape.child(key, item))) for key, item in value.items()]
        return ("map", tuple(sorted(pairs, key=lambda pair: pair[0]) if shape.is_closed else pairs))
    if isinstance(value, list):
        return ("list", tuple(content_of(item, shape.item(item)) for item in value))
    if not isinstance(value, str):
        return (type(value).__name__, repr(value))
    # A guard is spelled twice: the first time takes the line breaks of a folded text for spaces.
    text = value if shape.notation != "guard" else " ".join(value.split("\n")).strip()
    return ("str", spell(text, shape.notation))
