"""The keys of a mapping that stand behind a cursor.

Responsible for not offering a key twice. Reads on from the cursor by indentation or to the closing
bracket; of text that is wrong it makes the most likely sense.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.editing.cursor import Cursor

_LINES_MAX: Final = 2_000
_FLOW_MAX: Final = 10_000
_KEY = re.compile(r"[\"']?(?P<key>[\w.@$-]+)[\"']?[ \t]*:(?:\s|$)")
_FLOW = re.compile(
    r"""(?P<open>[\[{])|(?P<close>[\]}])|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'"""
    r"""|(?P<key>[\w.@$-]+)[ \t]*:(?=[\s,\[\]{}])""",
    re.DOTALL,
)


def keys_after(text: str, cursor: Cursor) -> frozenset[str]:
    """Return the keys of the mapping around a cursor that are written behind it."""
    if cursor.is_flow:
        return frozenset(_in_brackets(text, cursor.offset))
    return frozenset(_in_lines(text, cursor.offset, cursor.column))


def _in_brackets(text: str, offset: int) -> Iterator[str]:
    depth = 0
    for match in _FLOW.finditer(text, offset, offset + _FLOW_MAX):
        if match["open"]:
            depth += 1
        elif match["close"]:
            depth -= 1
            if depth < 0:
                return
        elif match["key"] and depth == 0:
            yield match["key"]


def _in_lines(text: str, offset: int, column: int) -> Iterator[str]:
    start = text.find("\n", offset) + 1
    for _ in range(_LINES_MAX):
        if start <= 0:
            return
        following = text.find("\n", start)
        line = text[start:] if following < 0 else text[start:following]
        start = following + 1
        content = line.lstrip(" ")
        if not content.strip() or content.startswith("#"):
            continue
        indent = len(line) - len(content)
        if indent < column or (indent == column and content.startswith("- ")):
            return
        if indent == column and (match := _KEY.match(content)):
            yield match["key"]
