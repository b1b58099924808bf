"""A document as it is laid out: values, and the comments and empty lines that belong to each.

Rules of this file: plain data. A comment belongs to exactly one place, so that it moves with what
it is about; `None` in a list of lines is an empty line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock.rulebook.document.positions import Style
    from interlock.rulebook.format.shapes import Shape

Lines = list[str | None]


@dataclass(slots=True)
class EndComment:
    """A comment at the end of a line.

    Attributes:
        text: From `#` on.
        column: 0-based column of the `#`.
        is_aligned: Whether it stands in a column with others, which it then keeps.
    """

    text: str
    column: int
    is_aligned: bool


@dataclass(slots=True)
class Scalar:
    """A scalar; `text` is its source, `properties` its anchor and tag."""

    value: str | int | float | bool | None
    text: str
    style: Style
    notation: str | None = None
    properties: str = ""
    parent_column: int = 0


@dataclass(slots=True)
class Alias:
    """`*name`."""

    text: str


@dataclass(slots=True)
class Verbatim:
    """A value that is left as it is; further lines move with the `column` of its key or dash."""

    text: str
    column: int
    properties: str = ""


@dataclass(slots=True)
class Flow:
    """`{...}` or `[...]`; items of a list have no key."""

    is_map: bool
    shape: Shape
    entries: list[tuple[Scalar | None, Value]] = field(default_factory=list)
    properties: str = ""


@dataclass(slots=True)
class Entry:
    """A key or a dash, and its value.

    Attributes:
        key: None for an item of a list.
        value: None where nothing is written.
        before: Comments and empty lines above it.
        end: The comment at the end of its line, or of its key's line above a block.
        after: Comments below it that belong to it and not to what follows.
    """

    key: Scalar | None
    value: Value | None = None
    before: Lines = field(default_factory=list)
    end: EndComment | None = None
    after: Lines = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A top-level entry that is left as it is; `lines` begin at its key."""

    name: str
    lines: list[str]
    before: Lines = field(default_factory=list)
    after: Lines = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """A mapping or list of one entry per line; `head` are the comments above that are its own."""

    is_map: bool
    shape: Shape
    column: int
    entries: list[Entry | Section] = field(default_factory=list)
    head: Lines = field(default_factory=list)
    properties: str = ""


Value = Scalar | Alias | Verbatim | Flow | Block


@dataclass(slots=True)
class Document:
    """A whole text; `prologue` are directives and `---`, `tail` the comments at its end."""

    root: Block | Flow | Verbatim
    prologue: Lines = field(default_factory=list)
    head: Lines = field(default_factory=list)
    tail: Lines = field(default_factory=list)
