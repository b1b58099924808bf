"""How a guard fails.

Responsible for `GuardError`, the one exception of the language, and its kinds. Never decides what a
caller does about it: an error is neither true nor false.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What went wrong, for programs; the message is for people."""

    SYNTAX = "syntax"
    CHECK = "check"
    UNDECLARED = "undeclared"
    UNBOUND = "unbound"
    NO_SUCH_FIELD = "no-such-field"
    NO_SUCH_KEY = "no-such-key"
    NO_SUCH_OVERLOAD = "no-such-overload"
    INDEX = "index"
    OVERFLOW = "overflow"
    DIVISION_BY_ZERO = "division-by-zero"
    CONVERSION = "conversion"
    ARGUMENT = "argument"
    DUPLICATE_KEY = "duplicate-key"
    COST = "cost"
    SIZE = "size"


class GuardError(Exception):
    """A guard that has no value.

    Attributes:
        message: What is wrong, in the author's words; no full stop.
        kind: The same for programs.
        start: 0-based code point where the failing sub-expression starts, or None when not known.
        end: Where it ends (exclusive), or None.
    """

    def __init__(
        self,
        message: str,
        kind: ErrorKind = ErrorKind.ARGUMENT,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.start = start
        self.end = end

    def at(self, start: int, end: int) -> GuardError:
        """Place the error at a range unless a deeper sub-expression already did; returns itself."""
        if self.start is None:
            self.start = start
            self.end = end
        return self

    def __str__(self) -> str:
        if self.start is None:
            return self.message
        return f"{self.message} (at {self.start + 1})"
