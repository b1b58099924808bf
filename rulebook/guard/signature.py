"""What the table of functions is made of.

Responsible for `Function` and `Overload`, and for reading an overload from the notation of the
specification. Never holds an implementation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from interlock.rulebook.guard.types import Type, parse_type, parse_types


class Overload(msgspec.Struct, frozen=True):
    """One signature; the receiver, when there is one, is the first parameter."""

    params: tuple[Type, ...]
    result: Type
    is_member: bool
    is_variadic: bool = False  # the last parameter may be repeated

    def __str__(self) -> str:
        params = [str(param) for param in self.params]
        dots = ", ..." if self.is_variadic else ""
        if self.is_member:
            return f"{params[0]}.({', '.join(params[1:])}{dots}) -> {self.result}"
        return f"({', '.join(params)}{dots}) -> {self.result}"


class Function(msgspec.Struct, frozen=True):
    """A function or operator.

    Attributes:
        name: As it is called (`size`, `math.greatest`), or an operator as the specification writes
            it (`_+_`, `!_`, `_[_]`, `@in`).
        doc: One line for people.
        overloads: Global and member ones together.
        call: Takes native values, the receiver first; dispatches on them at run time. Returns a
            native value or raises `GuardError` without a place.
        cost: Takes the same arguments and returns cost units of one call, 1 unit being about
            50 ns; asked before the call, so that it also bounds memory.
    """

    name: str
    doc: str
    overloads: tuple[Overload, ...]
    call: Callable[..., Any]
    cost: Callable[..., int]

    @property
    def has_member(self) -> bool:
        """Whether `x.name()` may be written."""
        return any(overload.is_member for overload in self.overloads)

    @property
    def has_global(self) -> bool:
        """Whether `name(x)` may be written."""
        return any(not overload.is_member for overload in self.overloads)

    def takes(self, count: int, *, is_member: bool) -> bool:
        """Tell whether some overload takes so many arguments, the receiver included."""
        return any(
            overload.is_member is is_member
            and (
                len(overload.params) == count
                or (overload.is_variadic and count >= len(overload.params))
            )
            for overload in self.overloads
        )


def constant_cost(*_args: Any) -> int:
    """Return the cost of a call that touches a bounded amount of data."""
    return 1


def function(
    name: str,
    call: Callable[..., Any],
    doc: str,
    *signatures: str,
    cost: Callable[..., int] = constant_cost,
) -> Function:
    """Make a table entry from signatures: `(string, string) -> bool`, `string.() -> int`."""
    return Function(name, doc, tuple(_overload(text) for text in signatures), call, cost)


_SIGNATURE = re.compile(r"(?:(?P<target>.*)\.)?\((?P<params>.*)\) -> (?P<result>.*)")


def _overload(text: str) -> Overload:
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no signature")
    params = match["params"].removesuffix(", ...")
    target = (parse_type(match["target"]),) if match["target"] else ()
    return Overload(
        (*target, *parse_types(params)),
        parse_type(match["result"]),
        is_member=bool(target),
        is_variadic=params != match["params"],
    )
