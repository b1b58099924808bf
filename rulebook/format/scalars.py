"""Scalars to canonical text.

Responsible for the one spelling of durations, guards and transitions, for quotes, and for scalars
of several lines. What it cannot spell better it leaves as it is. Never changes a value but in its
notation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interlock.rulebook.document.positions import DOUBLE, FOLDED, LITERAL
from interlock.rulebook.format.quoting import is_plain, quote
from interlock.rulebook.format.spacing import space_guard
from interlock.rulebook.literals import (
    Problem,
    format_duration,
    parse_duration,
    parse_transition,
)

if TYPE_CHECKING:
    from interlock.rulebook.document.positions import Style
    from interlock.rulebook.format.tree import Scalar

BLOCKS: Final = (LITERAL, FOLDED)
_PLAIN_ESCAPES: Final = re.compile(r'\\["\\nt/]')


def spell(text: str, notation: str | None) -> str:
    """Return the canonical spelling of a text in its notation; a wrong one as it is."""
    if notation == "duration":
        length = parse_duration(text)
        return text if isinstance(length, Problem) else format_duration(length)
    if notation == "transition":
        transition = parse_transition(text)
        if isinstance(transition, Problem):
            return text
        sources = ", ".join(name.text for name in transition.sources)
        return f"{sources} -> {transition.target.text}"
    return space_guard(text) if notation == "guard" else text


def write_inline(scalar: Scalar, *, is_in_flow: bool) -> str:
    """Return a scalar on one line, without its properties."""
    if not isinstance(scalar.value, str) or _is_kept(scalar):
        return scalar.text
    text = spell(scalar.value, scalar.notation)
    return text if is_plain(text, is_in_flow=is_in_flow) else quote(text)


def write_lines(scalar: Scalar, *, room: int) -> list[str]:
    """Return the lines of a scalar in a block, those after the first without their indent.

    Args:
        scalar: The scalar.
        room: How many columns its first line has.
    """
    if scalar.style in BLOCKS:
        return _block_lines(scalar)
    if "\n" not in scalar.text:
        return [write_inline(scalar, is_in_flow=False)]
    if isinstance(scalar.value, str) and not _is_kept(scalar) and scalar.value.isprintable():
        inline = write_inline(scalar, is_in_flow=False)
        if len(inline) <= room:
            return [inline]
    return [_stripped(line, scalar.style) for line in scalar.text.split("\n")]


def _is_kept(scalar: Scalar) -> bool:
    """Tell whether the author's own text says more than the value: a tag, or chosen escapes."""
    if "!" in scalar.properties:
        return True
    return scalar.style == DOUBLE and "\\" in _PLAIN_ESCAPES.sub("", scalar.text)


def _stripped(line: str, style: Style) -> str:
    # In double quotes a space may be escaped, which the end of a line does not show.
    return line.strip() if style != DOUBLE or "\\" not in line else line.lstrip()


def _block_lines(scalar: Scalar) -> list[str]:
    header, _, content = scalar.text.partition("\n")
    lines = content.removesuffix("\n").split("\n") if content else []
    indent = content_indent(header, lines, scalar.parent_column)
    cut = [line[indent:] for line in lines]
    if scalar.notation == "guard" and not re.search(r"[1-9+]", header):
        cut = _spaced(cut)
    return [re.sub(r"[1-9]", "2", header), *cut]


def content_indent(header: str, lines: list[str], parent_column: int) -> int:
    """Return by how many spaces the content of a block scalar is indented.

    Args:
        header: Its first line, from `|` or `>` on.
        lines: The lines below.
        parent_column: Where the mapping or list that it is in begins.
    """
    if indicator := re.search(r"[1-9]", header):
        return parent_column + int(indicator[0])
    written = [line for line in lines if line.strip(" ")]
    if not written:
        return max(map(len, lines), default=0)
    return len(written[0]) - len(written[0].lstrip(" "))


def _spaced(lines: list[str]) -> list[str]:
    spaced = space_guard("\n".join(lines)).split("\n")
    return spaced if len(spaced) == len(lines) else lines
