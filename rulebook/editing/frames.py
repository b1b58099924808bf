"""What a scan up to a cursor keeps: the collections around it, and what may be typed there.

Responsible for which key or item of each collection is being read, and what stood before it. Never
reads text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from interlock.rulebook.document.nodes import Step


@dataclass(slots=True)
class Frame:
    """One collection.

    Attributes:
        column: Column of its keys or dashes; -1 in brackets.
        is_list: Whether it is a list.
        step: The key or index being read; an empty key before one is read.
        is_flow: Whether it is in brackets.
        written: Its keys so far, with their texts where they have one.
        has_value: Whether the present key already has a value that has ended.
    """

    column: int
    is_list: bool
    step: Step
    is_flow: bool = False
    written: dict[str, str] = field(default_factory=dict)
    has_value: bool = False

    def begin(self, key: str) -> None:
        """Go on to a key."""
        self.step = key
        self.written.setdefault(key, "")
        self.has_value = False

    def advance(self) -> None:
        """Go on to the next item."""
        assert isinstance(self.step, int)
        self.step += 1
        self.has_value = False

    def take(self, text: str) -> None:
        """Keep the text of the present key's value."""
        self.has_value = True
        if isinstance(self.step, str):
            self.written[self.step] = text


class Slot(NamedTuple):
    """What may be typed at the cursor.

    Attributes:
        is_key: Whether it may be a key.
        is_value: Whether it may be the value at the place of the frames; with `is_key` it is either
            a value or the first key of one.
        text: What is typed of it, without an opening quote.
        start: Where that begins.
        style: A quote, `|`, `>`, or nothing.
        column: Column at which keys stand here.
        is_glued: Whether a colon stands right before it, without the space that YAML needs.
        is_comment: Whether it is in a comment.
    """

    is_key: bool = False
    is_value: bool = False
    text: str = ""
    start: int = 0
    style: str = ""
    column: int = 0
    is_glued: bool = False
    is_comment: bool = False
