"""What a guard may name at the place where it stands.

Responsible for `Environment`: variables with their types, functions, and which names exist only
elsewhere. Never checks an expression and knows nothing of rulebooks; see `places.py` for these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.signature import Function
from interlock.rulebook.guard.types import DYN, Type, parse_type

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Variable(Struct, frozen=True):
    """A name that is bound when a guard is evaluated."""

    type: Type
    doc: str = ""


class Environment(Struct, frozen=True, eq=False):
    """The names of one place.

    Attributes:
        name: The place, as messages say it: `a rule guard`.
        variables: By name.
        functions: By name, operators included.
        elsewhere: Names that other places have, with where that is: `runbooks and steps`.
        memo: Types of calls on simple types already resolved; grows to a bounded size.
    """

    name: str
    variables: Mapping[str, Variable]
    functions: Mapping[str, Function] = field(default_factory=lambda: FUNCTIONS)
    elsewhere: Mapping[str, str] = field(default_factory=lambda: _NONE)
    memo: dict[tuple[object, ...], Type | None] = {}

    def with_variables(self, types: Mapping[str, Type]) -> Environment:
        """Return an environment that has these variables too."""
        added = {name: Variable(kind) for name, kind in types.items()}
        return replace(self, variables=MappingProxyType({**self.variables, **added}), memo={})


def declare(types: Mapping[str, Type | str], *, name: str = "this guard") -> Environment:
    """Return the environment of variables with given types, such as `{"x": "map(string, int)"}`.

    Raises:
        ValueError: a text is no type.
    """
    return Environment(
        name,
        MappingProxyType(
            {
                variable: Variable(parse_type(kind) if isinstance(kind, str) else kind)
                for variable, kind in types.items()
            }
        ),
    )


def dynamic(names: Iterable[str], *, name: str = "this guard") -> Environment:
    """Return an environment in which these variables may hold anything."""
    return declare(dict.fromkeys(names, DYN), name=name)
