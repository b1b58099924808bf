"""Giving a name another one, everywhere.

Responsible for refusing what would break the rulebook, with the reason, and for writing the new
name as each place needs it. Never applies an edit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interlock.rulebook.document.respelling import replace_part, respell
from interlock.rulebook.editing.references import Target, places_of, target_at
from interlock.rulebook.editing.roles import Kind
from interlock.rulebook.guard.nodes import Ident
from interlock.rulebook.guard.parser import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.diagnostics import Edit
    from interlock.rulebook.editing.analysis import Analysis
    from interlock.rulebook.editing.occurrences import Occurrence

_STATE: Final = re.compile(r"(?!any$)[A-Za-z_][A-Za-z0-9_-]{0,63}(?<!-)")
_GUARD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_FORMS: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.STATE: _STATE,
    Kind.SEVERITY: _STATE,
    Kind.GUARD: _GUARD,
    Kind.HOOK: _ID,
    Kind.RUNBOOK: _ID,
    Kind.CHANNEL: _ID,
    Kind.SCHEDULE: _ID,
}


class Refusal(Struct, frozen=True):
    """Why something is not renamed, in a sentence for people."""

    reason: str


def prepare_rename(analysis: Analysis, offset: int) -> Target | Refusal:
    """Return the name at an offset when it can be renamed."""
    if not analysis.is_readable:
        return Refusal("the rulebook is no valid YAML at the moment: repair it first")
    target = target_at(analysis, offset)
    if target is None or target.occurrence is None:
        return Refusal("there is no name here")
    if target.kind not in _FORMS:
        return Refusal(f"`{target.name}` is not this rulebook's to rename")
    if not any(item.is_declaration for item in places_of(analysis, target)):
        return Refusal(f"the {target.kind.value} `{target.name}` is not declared in this rulebook")
    return target


def rename(analysis: Analysis, offset: int, new: str) -> tuple[Edit, ...] | Refusal:
    """Return the edits that give the name at an offset another one."""
    target = prepare_rename(analysis, offset)
    if isinstance(target, Refusal):
        return target
    if new == target.name:
        return ()
    if not _FORMS[target.kind].fullmatch(new) or not _may_be_read(target.kind, new):
        return Refusal(f"`{new}` is no name of a {target.kind.value}")
    taken = (Kind.ACTION,) if target.kind in (Kind.HOOK, Kind.RUNBOOK) else (target.kind,)
    if any(new in analysis.names.of(kind) for kind in taken):
        return Refusal(f"there is a {target.kind.value} `{new}` already")
    edits = [_edit(place, new) for place in places_of(analysis, target)]
    if any(edit is None for edit in edits):
        return Refusal(f"`{new}` would need quotes in one of its places")
    return tuple(dict.fromkeys(edit for edit in edits if edit is not None))


def _may_be_read(kind: Kind, new: str) -> bool:
    """Tell whether a guard that says a new name reads it as a name."""
    return kind is not Kind.GUARD or isinstance(parse(new), Ident)


def _edit(place: Occurrence, new: str) -> Edit | None:
    is_whole = place.span.start == place.scalar.start and place.span.end == place.scalar.end
    fix = (
        respell(place.span, new)
        if is_whole
        else replace_part(place.span, place.scalar, new, is_doubtful=False)
    )
    return None if fix is None else fix.edits[0]
