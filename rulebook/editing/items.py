"""What a completion is.

Responsible for the value alone; see `completion` for where they come from.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

_PLACE = re.compile(r"\$\d+|\$\{\d+:((?:[^\\}]|\\.)*)\}|\$\{\d+\|([^|,]*)[^|]*\|\}|\\(.)")


class ItemKind(StrEnum):
    """What is offered, for the sign an editor shows beside it."""

    KEY = "key"
    VALUE = "value"
    NAME = "name"
    STATE = "state"
    GUARD = "guard"
    VARIABLE = "variable"
    FIELD = "field"
    FUNCTION = "function"
    MACRO = "macro"
    NAMESPACE = "namespace"
    KEYWORD = "keyword"


class Item(Struct, frozen=True):
    """One thing that may be typed.

    Attributes:
        label: What is shown and matched.
        kind: What it is.
        insert: What is written in place of `start:end`; with `is_snippet` in the notation of the
            Language Server Protocol (3.17, "Snippet Syntax").
        start: Offset of the first character that is replaced.
        end: Offset after the last one.
        detail: Its type or kind, in a few words.
        doc: What it means, in Markdown; may be empty.
        rank: Order among the others, smallest first.
        is_snippet: Whether `insert` holds places to be filled in.
    """

    label: str
    kind: ItemKind
    insert: str
    start: int
    end: int
    detail: str = ""
    doc: str = ""
    rank: int = 0
    is_snippet: bool = False


def escape(text: str) -> str:
    """Return a text as it stands for itself in a snippet."""
    return text.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")


def without_places(snippet: str) -> str:
    """Return what a snippet writes for an editor that knows none: its defaults."""
    return _PLACE.sub(lambda match: match[1] or match[2] or match[3] or "", snippet).rstrip(" ")
