"""Claims about every incident.

Responsible for `properties:`. Never proves a claim; nothing that is decided depends on one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.rulebook.diagnostics import Label
from interlock.rulebook.elements import key, span
from interlock.rulebook.graph.state_graph import GuardRef
from interlock.rulebook.guard.places import Place
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.state_graph import Lifecycle


class Property(Struct, frozen=True):
    """A claim about every incident; it changes nothing in what is decided.

    Attributes:
        never: What is true at no moment; None: the claim is `eventually`.
        start: From which moments on `eventually` counts; None: from the opening.
        eventually: The state that is come to; None: the claim is `never`.
        assuming: What people and senders are taken to do.
        is_required: Whether a claim that can be neither proved nor refuted is a failure.
    """

    id: str
    never: GuardRef | None = None
    start: GuardRef | None = None
    eventually: str | None = None
    assuming: frozenset[str] = frozenset()
    is_required: bool = False
    span: Span | None = None


def compile_properties(work: Compilation, lifecycle: Lifecycle) -> tuple[Property, ...]:
    """Return the claims in file order; the second of two with one id is left out."""
    found: dict[str, Property] = {}
    for written in work.model.properties or ():
        if written.id in found:
            first = found[written.id].span
            work.report(
                "Y007",
                f"two properties have the id `{written.id}`",
                span(written, "id"),
                labels=(Label(first, "first declared here"),) if first else (),
            )
            continue
        with work.about(f"property `{written.id}`"):
            found[written.id] = _property(work, written, lifecycle)
    return tuple(found.values())


def _property(work: Compilation, written: m.Property, lifecycle: Lifecycle) -> Property:
    states = lifecycle.states
    if written.eventually is not None and written.eventually not in states:
        where = span(written, "eventually")
        work.report_unknown(
            "G301", "state", written.eventually, states, where, sections=("lifecycle",)
        )
    if written.eventually is None:
        _refuse_of_eventually(work, written)
    return Property(
        id=written.id,
        never=work.guard(written.never, written, "never", place=Place.PROPERTY),
        start=work.guard(written.start, written, "from", place=Place.PROPERTY),
        eventually=written.eventually,
        assuming=frozenset(written.assuming),
        is_required=written.required,
        span=span(written, "id"),
    )


def _refuse_of_eventually(work: Compilation, written: m.Property) -> None:
    for name, is_written in (("from", written.start), ("assuming", written.assuming)):
        if is_written:
            message = f"`{name}` belongs to `eventually`, not to `never`"
            remedy = "say it in `never` itself" if name == "from" else "leave it out"
            work.report("Y005", message, key(written, name), help=remedy)
