"""A shorter way to a cursor in a long section.

Responsible for finding the entry of a section that a place is in without reading those before it:
only a new entry stands as deep as the first one. Gives what reading them all would give.
"""

from __future__ import annotations

import re
from typing import Final

from interlock.rulebook.editing.frames import Frame

LENGTH_MIN: Final = 4_000
"""Characters from the section to the place from which the shorter way is taken."""

_HEAD = re.compile(r"(?P<key>[A-Za-z_][\w.-]*)[ \t]*:[ \t]*(?:\#[^\n]*)?\r?\n")
_FIRST = re.compile(
    r"(?:[ \t]*(?:\#[^\n]*)?\r?\n)*(?P<indent> *)(?:(?P<dash>-)(?=[ \r\n])|(?=[^\s#]))"
)


def find_entry(
    text: str, section: int, offset: int, *, length_min: int = LENGTH_MIN
) -> tuple[int, list[Frame]]:
    """Return where to begin reading towards a place, and the collections around that.

    Args:
        text: The whole text.
        section: Where the line with the section's key begins.
        offset: The place.
        length_min: From which distance on a shorter way is looked for.
    """
    whole: tuple[int, list[Frame]] = (section, [])
    head = _HEAD.match(text, section, offset)
    if offset - section < length_min or head is None:
        return whole
    first = _FIRST.match(text, head.end(), offset)
    if first is None:
        return whole
    column = len(first["indent"])
    if first["dash"]:
        return _item(text, head, column, offset) or whole
    return (_entry(text, head, column, offset) or whole) if column else whole


def _item(
    text: str, head: re.Match[str], column: int, offset: int
) -> tuple[int, list[Frame]] | None:
    items = re.compile(rf"^ {{{column}}}-(?=[ \r\n])", re.MULTILINE)
    count, last = 0, head.end()
    for match in items.finditer(text, head.end(), offset):
        count, last = count + 1, match.start()
    if count <= 1:
        return None
    section = Frame(0, is_list=False, step=head["key"], written={head["key"]: ""})
    return last, [section, Frame(column, is_list=True, step=count - 2)]


def _entry(
    text: str, head: re.Match[str], column: int, offset: int
) -> tuple[int, list[Frame]] | None:
    keys = re.compile(
        rf"""^ {{{column}}}(?P<key>"[^"\\\n]*"|'[^'\n]*'|[A-Za-z_][\w.-]*)[ \t]*:(?=[ \t\r\n])""",
        re.MULTILINE,
    )
    found = list(keys.finditer(text, head.end(), offset))
    if len(found) <= 1:
        return None
    section = Frame(0, is_list=False, step=head["key"], written={head["key"]: ""})
    written = {match["key"].strip("'\""): "" for match in found[:-1]}
    before = found[-2]["key"].strip("'\"")
    return found[-1].start(), [section, Frame(column, is_list=False, step=before, written=written)]
