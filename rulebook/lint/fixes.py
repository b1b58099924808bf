"""Putting fixes into a text.

Responsible for choosing fixes that do not overlap and for applying their edits. Never reads or
writes a file, and never decides which findings are to be fixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.diagnostics import Edit
    from interlock.rulebook.source import SourceFile


class Fixed(Struct, frozen=True):
    """A text after fixing, and the findings that it was fixed for."""

    text: str
    applied: tuple[Diagnostic, ...]


def apply_fixes(
    source: SourceFile, diagnostics: Iterable[Diagnostic], *, is_unsafe_allowed: bool = False
) -> Fixed:
    """Apply each fix of a text whose edits touch none of an earlier one; the others wait.

    Args:
        source: The text the findings are about.
        diagnostics: The findings, in order; those about other texts are left out.
        is_unsafe_allowed: Whether fixes that may change what is decided are applied too.
    """
    edits: list[Edit] = []
    applied = []
    for item in diagnostics:
        fix = item.fix
        if fix is None or not (fix.is_safe or is_unsafe_allowed):
            continue
        is_here = all(edit.span.source.name == source.name for edit in fix.edits)
        if is_here and not any(_overlap(new, old) for new in fix.edits for old in edits):
            edits += fix.edits
            applied.append(item)
    text = source.text
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return Fixed(text, tuple(applied))


def _overlap(one: Edit, other: Edit) -> bool:
    """Tell whether two edits touch; neighbours do, since their order would matter."""
    return one.span.start <= other.span.end and other.span.start <= one.span.end
