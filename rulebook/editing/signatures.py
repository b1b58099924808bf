"""What a function takes, while a call of it is typed in a guard.

Responsible for finding the innermost call that is open before a cursor, the function it calls and
which argument is being typed. It looks at brackets and commas alone, so that half an expression is
enough.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from interlock.rulebook.editing.cursor import locate
from interlock.rulebook.editing.roles import value_role
from interlock.rulebook.guard.functions import NAMESPACES

if TYPE_CHECKING:
    from interlock.rulebook.editing.names import Names
    from interlock.rulebook.guard.signature import Function, Overload

_LENGTH_MAX: Final = 8_192
_LEXEME: Final = re.compile(
    r"""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    r"""|(?P<comma>,)|(?P<quote>["'])"""
)
_CALLED: Final = re.compile(r"(?P<dot>\.)?(?P<name>(?:[a-z]\w*\.)?[A-Za-z_]\w*)\s*\Z")


class Signature(NamedTuple):
    """One way to call a function: as it is written, and where each parameter stands in that."""

    label: str
    parameters: tuple[tuple[int, int], ...]


class Called(NamedTuple):
    """An open call: the ways to call its function, what it does, and the argument being typed."""

    signatures: tuple[Signature, ...]
    doc: str
    argument: int
    best: int


def signature_at(text: str, offset: int, names: Names) -> Called | None:
    """Return the call that is open at an offset of a file; None outside guards and calls."""
    cursor = locate(text, offset)
    path = cursor.value_of
    role = value_role(path) if path is not None else None
    if path is None or role is None or role.place is None or cursor.is_comment:
        return None
    found = _open_call(cursor.text[-_LENGTH_MAX:])
    if found is None:
        return None
    name, is_member, argument = found
    runbook = str(path[1]) if path[0] == "runbooks" and len(path) > 1 else None
    function = names.environment(role.place, runbook).functions.get(name)
    if function is None:
        return None
    overloads = [one for one in function.overloads if one.is_member is is_member]
    if not overloads:
        return None
    signatures = tuple(_signature(function, one) for one in overloads)
    counts = [len(one.parameters) for one in signatures]
    best = next((index for index, count in enumerate(counts) if count > argument), 0)
    return Called(signatures, function.doc, argument, best)


def _open_call(beginning: str) -> tuple[str, bool, int] | None:
    """Return the function called by the innermost open parenthesis, and the argument's number."""
    opened: list[tuple[int, int]] = []  # where, and how many commas since
    for match in _LEXEME.finditer(beginning):
        match match.lastgroup:
            case "open":
                opened.append((match.start(), 0))
            case "close" if opened:
                opened.pop()
            case "comma" if opened:
                at, commas = opened[-1]
                opened[-1] = (at, commas + 1)
            case "quote":
                break  # the cursor is in a text
    while opened:
        at, commas = opened.pop()
        called = _CALLED.search(beginning, 0, at) if beginning[at] == "(" else None
        if called is not None:
            return _resolved(called["name"], commas, is_dotted=called["dot"] is not None)
    return None


def _resolved(name: str, argument: int, *, is_dotted: bool) -> tuple[str, bool, int]:
    namespace, dot, last = name.rpartition(".")
    if namespace in NAMESPACES and not is_dotted:
        return name, False, argument
    return last, bool(dot) or is_dotted, argument


def _signature(function: Function, overload: Overload) -> Signature:
    params = [str(one) for one in overload.params]
    label = f"{params.pop(0)}.{function.name}(" if overload.is_member else f"{function.name}("
    places = []
    for number, param in enumerate(params):
        label += ", " if number else ""
        shown = f"{param}, ..." if overload.is_variadic and number == len(params) - 1 else param
        places.append((len(label), len(label) + len(shown)))
        label += shown
    return Signature(f"{label}) -> {overload.result}", tuple(places))
