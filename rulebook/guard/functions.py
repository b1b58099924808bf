"""The one table of operators and functions of the guard language.

Responsible for collecting the themes and for look-up by name. An entry says everything about a
function: signatures for the checker, implementation and cost for the evaluators, a line for people.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from interlock.rulebook.guard.functions_conversions import CONVERSIONS
from interlock.rulebook.guard.functions_lists import LISTS, OPTIONALS
from interlock.rulebook.guard.functions_math import MATH
from interlock.rulebook.guard.functions_operators import OPERATORS
from interlock.rulebook.guard.functions_strings import STRINGS
from interlock.rulebook.guard.functions_times import TIMES

FUNCTIONS: Final = MappingProxyType(
    {
        entry.name: entry
        for theme in (OPERATORS, CONVERSIONS, STRINGS, MATH, TIMES, LISTS, OPTIONALS)
        for entry in theme
    }
)

NAMESPACES: Final = frozenset(
    name.partition(".")[0] for name in FUNCTIONS if "." in name and name[0].isalpha()
) | {"cel"}

BINARY: Final = MappingProxyType(
    {
        operator: FUNCTIONS["@in" if operator == "in" else f"_{operator}_"]
        for operator in ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in")
    }
)

UNARY: Final = MappingProxyType({operator: FUNCTIONS[f"{operator}_"] for operator in "!-"})
