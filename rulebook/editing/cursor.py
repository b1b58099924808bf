"""Where in a rulebook a cursor stands, also while the YAML around it is half typed.

Responsible for reading a text from the beginning of its section up to the cursor by indentation,
brackets and quotes, with no regard to what follows: an editor asks most when a text is no valid
YAML. Never fails, never validates; of text that is wrong it makes the most likely sense.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.document.nodes import Step
from interlock.rulebook.editing.entries import find_entry
from interlock.rulebook.editing.frames import Frame, Slot
from interlock.rulebook.editing.scanning import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[Step, ...]
_SECTION = re.compile(r"^[A-Za-z_\"'][^\n]*?:(?=\s|$)", re.MULTILINE)
_TAIL = re.compile(r"[\w.$-]*")


class Cursor(Struct, frozen=True):
    """A place in a document.

    Attributes:
        offset: Where the cursor is.
        keys_of: The mapping that a key typed here belongs to; None where no key may stand.
        value_of: The value that text typed here is of; None where no value may stand.
        text: What is typed of it before the cursor, without an opening quote.
        start: Where that begins.
        style: How the value is written: a quote, `|`, `>`, or nothing.
        is_flow: Whether the cursor is inside brackets.
        is_glued: Whether a colon stands right before it, without the space that YAML needs.
        is_comment: Whether it is in a comment.
        column: 0-based column at which the keys here stand; 0 in brackets.
        frames: The collections around the cursor, outermost first.
    """

    offset: int
    keys_of: Path | None = None
    value_of: Path | None = None
    text: str = ""
    start: int = 0
    style: str = ""
    is_flow: bool = False
    is_glued: bool = False
    is_comment: bool = False
    column: int = 0
    frames: tuple[Frame, ...] = ()

    @property
    def written(self) -> Mapping[str, str]:
        """The keys of the innermost mapping before the cursor, with their texts."""
        if self.keys_of is not None and len(self.keys_of) < len(self.frames):
            return self.frames[len(self.keys_of)].written
        return {}


def locate(text: str, offset: int) -> Cursor:
    """Return where the cursor before the character at `offset` stands."""
    offset = min(max(offset, 0), len(text))
    section = _section_start(text, offset)
    start, frames = find_entry(text, section, offset)
    scan = Scan(text[:offset], start, frames)
    slot = scan.run()
    return _cursor(slot, scan.frames, offset)


def word_end(text: str, offset: int) -> int:
    """Return where the word around an offset ends."""
    match = _TAIL.match(text, offset)
    return offset if match is None else match.end()


def word_before(text: str, more: str = "") -> str:
    """Return the word at the end of a text: letters, digits, `_`, and the characters of `more`."""
    start = len(text)
    while start and (
        text[start - 1].isalnum() or text[start - 1] == "_" or text[start - 1] in more
    ):
        start -= 1
    return text[start:]


def _section_start(text: str, offset: int) -> int:
    """Return where the last line before the offset begins that begins a top-level key."""
    start = 0
    for match in _SECTION.finditer(text, 0, offset):
        start = match.start()
    return start


def _cursor(slot: Slot, frames: list[Frame], offset: int) -> Cursor:
    below = tuple(frame.step for frame in frames)
    is_new_key = slot.is_key and not slot.is_value
    here: Path = below[:-1] if is_new_key else below
    return Cursor(
        offset=offset,
        keys_of=here if slot.is_key else None,
        value_of=here if slot.is_value else None,
        text=slot.text,
        start=slot.start,
        style=slot.style,
        is_flow=bool(frames) and frames[-1].is_flow,
        is_glued=slot.is_glued,
        is_comment=slot.is_comment,
        column=slot.column,
        frames=tuple(frames),
    )
