"""What may be typed at a place of a rulebook.

Responsible for asking the right source: the schema for keys and values, the rulebook for names,
the guard language inside guards. Works on any text, also one that is no valid YAML; never raises.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.rulebook.editing.arguments import parts_of_arguments
from interlock.rulebook.editing.cursor import Cursor, locate, word_before, word_end
from interlock.rulebook.editing.guard_completion import GuardSlot, complete_guard
from interlock.rulebook.editing.items import Item, ItemKind
from interlock.rulebook.editing.key_completion import KeySlot, complete_keys
from interlock.rulebook.editing.roles import value_role
from interlock.rulebook.editing.schema import parts_at
from interlock.rulebook.editing.siblings import keys_after
from interlock.rulebook.editing.value_completion import ValueSlot, complete_value
from interlock.rulebook.guard.places import Place
from interlock.rulebook.lint.registry import PAGES

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import Step
    from interlock.rulebook.editing.names import Names

_CODES = re.compile(
    r"#\s*interlock:\s*(?:ignore|ignore-file|snooze)\[(?:[\w ]*,)*\s*(?P<word>\w*)\Z"
)
_COMMENT_WORD = re.compile(r"#\s*interlock:\s*(?P<word>[\w-]*)\Z")
_COMMENTS = (
    ("ignore", "ignore[${1:CODE}] ${2:why}", "silence a finding of the value below, with a reason"),
    ("snooze", "snooze[${1:CODE}] until ${2:2027-01-31} ${3:why}", "silence it until a day"),
    ("ignore-file", "ignore-file[${1:CODE}] ${2:why}", "silence it in this file"),
)
_TEMPLATE = re.compile(r"\{[{%](?:(?![}%]\}).)*\Z", re.DOTALL)
_ESCAPES = {"'": (("''", "'"),), '"': (('\\"', '"'), ("\\\\", "\\"))}


def complete(text: str, offset: int, names: Names) -> list[Item]:
    """Return what may be typed before the character at `offset`, the likeliest first."""
    cursor = locate(text, offset)
    if cursor.is_comment:
        return _complete_comment(cursor, text)
    end = word_end(text, offset)
    found: list[Item] = []
    if cursor.value_of is not None:
        found += _complete_value(cursor, cursor.value_of, text, end, names)
    if cursor.keys_of is not None and cursor.style not in ("'", '"'):
        found += _complete_key(cursor, cursor.keys_of, text, end, names)
    return sorted(found, key=lambda item: item.rank)


def types_around(cursor: Cursor) -> dict[int, str]:
    """Return the written `type` of the mappings around a cursor, by depth."""
    return {
        depth: frame.written["type"]
        for depth, frame in enumerate(cursor.frames)
        if frame.written.get("type")
    }


def _complete_value(
    cursor: Cursor, path: tuple[Step, ...], text: str, end: int, names: Names
) -> list[Item]:
    role = value_role(path)
    beginning = _plain(cursor)
    if role is not None and role.place is not None:
        runbook = str(path[1]) if path[0] == "runbooks" and len(path) > 1 else None
        environment = names.environment(role.place, runbook)
        slot = GuardSlot(beginning, cursor.offset, cursor.style, text)
        return _spaced(complete_guard(slot, environment, names), cursor)
    if "with" in path and (opened := _TEMPLATE.search(beginning)):
        return _complete_template(opened[0][2:], cursor, path, text, names)
    types = types_around(cursor)
    parts = parts_of_arguments(cursor, path, names.accepted) or parts_at(path, types)
    asked = ValueSlot(path, parts, beginning, cursor.offset, end, cursor.style)
    return _spaced(
        [*complete_value(asked, role, names), *_new_items(cursor, path, end, names)], cursor
    )


def _complete_template(
    inside: str, cursor: Cursor, path: tuple[Step, ...], text: str, names: Names
) -> list[Item]:
    """Complete a template's names and fields; functions are the guard language's alone."""
    runbook = str(path[1]) if path[0] == "runbooks" and len(path) > 1 else None
    environment = names.environment(Place.STEP, runbook)
    slot = GuardSlot(inside.lstrip("- "), cursor.offset, cursor.style, text)
    found = complete_guard(slot, environment, names)
    return [item for item in found if item.kind in (ItemKind.VARIABLE, ItemKind.FIELD)]


def _complete_key(
    cursor: Cursor, path: tuple[Step, ...], text: str, end: int, names: Names
) -> list[Item]:
    types = types_around(cursor)
    rest = text[end : end + 1]
    slot = KeySlot(
        path,
        parts_of_arguments(cursor, path, names.accepted) or parts_at(path, types),
        start=_word_start(cursor),
        end=end,
        is_flow=cursor.is_flow,
        has_colon=rest == ":",
    )
    written = {*cursor.written, *keys_after(text, cursor)}
    return list(complete_keys(slot, written, names))


def _new_items(cursor: Cursor, path: tuple[Step, ...], end: int, names: Names) -> list[Item]:
    """Offer an item, with its dash, where a list is expected on a line of its own."""
    parts = tuple(part for part in parts_at(path, types_around(cursor)) if part.kind == "array")
    if not parts or cursor.keys_of is None or cursor.is_flow:
        return []
    below = parts_at((*path, 0))
    slot = KeySlot(
        (*path, 0),
        below,
        start=_word_start(cursor),
        end=end,
        is_flow=False,
        has_colon=False,
        lead="- ",
    )
    return list(complete_keys(slot, (), names))


def _word_start(cursor: Cursor) -> int:
    """Return where the word before the cursor begins; in brackets a text may begin lines above."""
    return cursor.offset - len(word_before(cursor.text, ".-/#"))


def _plain(cursor: Cursor) -> str:
    """Return what is typed of a value as YAML reads it."""
    text = cursor.text
    for written, meant in _ESCAPES.get(cursor.style, ()):
        text = text.replace(written, meant)
    return text


def _spaced(items: list[Item], cursor: Cursor) -> list[Item]:
    """Put the space before a value that YAML needs behind a colon."""
    if not cursor.is_glued:
        return items
    return [replace(item, insert=f" {item.insert}") for item in items]


def _complete_comment(cursor: Cursor, text: str) -> list[Item]:
    end = word_end(text, cursor.offset)
    if code := _CODES.search(cursor.text):
        start = cursor.offset - len(code["word"])
        return [
            Item(page.code, ItemKind.VALUE, page.code, start, end, page.name, page.summary)
            for page in PAGES
        ]
    if word := _COMMENT_WORD.search(cursor.text):
        start = cursor.offset - len(word["word"])
        return [
            Item(name, ItemKind.KEYWORD, insert, start, end, doc, is_snippet=True)
            for name, insert, doc in _COMMENTS
        ]
    return []
