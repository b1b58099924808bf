"""What an action or hook takes in its `with:`, for an editor.

Responsible for the shape of arguments while a rulebook is being written: who is called where the
cursor is, and what is known of what it accepts. What is half written or too clever is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.document.nodes import MapNode, SeqNode
from interlock.rulebook.editing.schema import Part, alternatives, parts_below
from interlock.rulebook.graph import defaults
from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.editing.cursor import Cursor

WITH = "with"


def accepted_by_hooks(documents: Iterable[MapNode]) -> dict[str, Mapping[str, Any]]:
    """Return what the hooks of a rulebook's documents accept, by id."""
    found: dict[str, Mapping[str, Any]] = {}
    for root in documents:
        hooks = root.get("remediation_hooks")
        for hook in hooks if isinstance(hooks, SeqNode) else ():
            if isinstance(hook, MapNode) and isinstance(hook.get("accepts"), dict):
                found[str(hook.get("id"))] = _shape(hook["accepts"])
    return found


def parts_of_arguments(
    cursor: Cursor, path: Sequence[Step], accepted: Mapping[str, Mapping[str, Any]]
) -> tuple[Part, ...]:
    """Return the alternatives for a value within `with:`; none where nothing is known of it."""
    if WITH not in path:
        return ()
    at = path.index(WITH)
    written = cursor.frames[at].written if at < len(cursor.frames) else {}
    called = written.get("do") or written.get("hook") or ""
    if called in defaults.ACTIONS:
        schema = load("actions.v1.json")["$defs"][called]
    else:
        schema = accepted.get(called)
    return () if schema is None else parts_below(tuple(alternatives(schema)), path[at + 1 :])


def _shape(schema: Any) -> dict[str, Any]:
    """Return what can be offered of a schema that may be half written."""
    found: dict[str, Any] = {}
    if not isinstance(schema, dict):
        return found
    for word, kind in (("type", str), ("description", str), ("enum", list), ("examples", list)):
        if isinstance(schema.get(word), kind):
            found[word] = schema[word]
    if isinstance(schema.get("properties"), dict):
        found["properties"] = {name: _shape(part) for name, part in schema["properties"].items()}
    if isinstance(schema.get("required"), list):
        found["required"] = schema["required"]
    if isinstance(schema.get("items"), dict):
        found["items"] = _shape(schema["items"])
    return found
