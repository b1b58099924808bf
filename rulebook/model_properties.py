"""Claims to be proved, as written.

Responsible for the shape of `properties:`. Never proves anything and never resolves a name.
"""

from __future__ import annotations

from typing import Literal

from msgspec import field

from interlock.rulebook.elements import Element, Guard, Id, StateName, Text

Assumption = Literal["responders-act", "alerts-resolve"]


class Property(Element, frozen=True):
    """An entry of `properties:`: something that is `never` true, or comes `eventually`."""

    id: Id
    description: Text | None = None
    never: Guard | None = None
    start: Guard | None = field(name="from", default=None)
    eventually: StateName | None = None
    assuming: tuple[Assumption, ...] = ()
    required: bool = False

    def __post_init__(self) -> None:
        if (self.never is None) == (self.eventually is None):
            raise ValueError("either `never` or `eventually`")
