"""The guard language: CEL expressions over plain Python values.

Rules of this folder: pure, deterministic, bounded. Text is parsed and checked once and evaluated
many times; every failure of a guard is a `GuardError` with the place of the sub-expression that
failed, or a value that says the same (`ParseProblem`). An error is neither true nor false.
"""

from __future__ import annotations

from interlock.rulebook.guard.conformance import (
    CEL_ERROR,
    CEL_FROM_NATIVE,
    CEL_TO_NATIVE,
)
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.guards import Guard, compile_guard, evaluate
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.unparser import unparse
from interlock.rulebook.guard.values import Duration, OptionalValue, Timestamp, Uint

__all__ = [
    "CEL_ERROR",
    "CEL_FROM_NATIVE",
    "CEL_TO_NATIVE",
    "Duration",
    "ErrorKind",
    "Guard",
    "GuardError",
    "OptionalValue",
    "ParseProblem",
    "Timestamp",
    "Uint",
    "compile_guard",
    "evaluate",
    "parse",
    "unparse",
]
