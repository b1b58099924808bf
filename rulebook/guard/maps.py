"""Making maps.

Responsible for the key types a map may have and for refusing two equal keys. Source: cel-spec
`doc/langdef.md`, "Aggregate Values".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.guard.comparison import describe_key
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.values import BoolKeyMap, Uint, plain, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def build_map(pairs: Iterable[tuple[Any, Any]]) -> Mapping[Any, Any]:
    """Return the map of the pairs, in their order.

    Raises:
        GuardError: a key is no bool, int, uint or string, or two keys are equal.
    """
    bools: dict[bool, Any] = {}
    others: dict[Any, Any] = {}
    for raw, value in pairs:
        key = plain(raw)
        kind = type(key)
        if kind is not str and kind is not int and kind is not bool and kind is not Uint:
            raise GuardError(
                f"a {type_name(key)} cannot be the key of a map", ErrorKind.NO_SUCH_OVERLOAD
            )
        entries = bools if kind is bool else others
        if key in entries:
            raise GuardError(f"map has the key {describe_key(key)} twice", ErrorKind.DUPLICATE_KEY)
        entries[key] = value
    if not bools:
        return others
    return BoolKeyMap(bools, others) if others else bools
