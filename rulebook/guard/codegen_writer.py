"""Where generated Python text grows.

Responsible for lines, blocks, names, constants and the price of a guard's generated function. Knows
nothing of expressions; see `codegen.py`.

A `Term` is text not yet written to a line. Terms run in the order in which they were made; `name`
is the local variable that holds the value once the text has run, so that a value is computed once
and mentioned often. `known` maps a path such as `("incident", "labels")` to such a variable; it
only ever holds what has surely run, which is why `aside` forgets what a branch learned.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.functions_operators import COST_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Path = tuple[str, ...]

TEXT_MAX: Final = 5_000  # code points that inlined text operations read; more is the tree's
TEXT_PRICE: Final = 1 + TEXT_MAX // 10  # what reading as much costs, by the table of functions
LIST_MAX: Final = 1_000  # elements that inlined list operations read
LIST_PRICE: Final = 1 + LIST_MAX
CALL_PRICE: Final = 1_000  # what a call may cost by the table; a dearer one is the tree's
LISTS: Final = frozenset({list, tuple})  # the classes a list of the language may have
UNKNOWN: Final = object()
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_INDENT: Final = "    "


def doubt() -> Any:
    """Leave the generated function; the tree evaluator decides."""
    raise GuardError("left to the tree evaluator")


class TooHard(Exception):  # noqa: N818 - never leaves code generation
    """The expression has a part that only the tree evaluator computes."""


class Term(msgspec.Struct, frozen=True):
    """A Python expression.

    Attributes:
        text: The expression; complete, so that any operator may stand around it.
        kind: The exact Python class of its value where that is proved, else None.
        name: Where the value is afterwards: a local variable or a constant, else None. The text is
            then that name, or `(name := ...)`.
        literal: The value itself where the author wrote it, else `UNKNOWN`.
    """

    text: str
    kind: type | None = None
    name: str | None = None
    literal: Any = UNKNOWN

    @property
    def is_held(self) -> bool:
        """Whether evaluating it again costs nothing."""
        return self.text == self.name

    @property
    def is_literal(self) -> bool:
        """Whether the author wrote the value itself; it is then held."""
        return self.literal is not UNKNOWN

    @property
    def argument(self) -> str:
        """The text where brackets stand around it already."""
        return self.text if self.name is None or self.is_held else self.text[1:-1]

    def again(self) -> Term:
        """Return the term for a second mention, after the text has run."""
        assert self.name is not None
        return Term(self.name, self.kind, self.name, self.literal)


class Writer:
    """The body of one function.

    Args:
        cost_limit: What an evaluation may cost; also what the text may, without its loops.
    """

    def __init__(self, cost_limit: int = COST_LIMIT) -> None:
        self.cost_limit = cost_limit
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self.known: dict[Path, str] = {}
        self.price = 0
        self._constants: dict[int, str] = {}
        self._named = 0

    def line(self, text: str) -> None:
        """Write a line into the present block."""
        self.lines.append(text)

    def block(self, header: str, lines: Iterable[str]) -> None:
        """Write a compound statement around lines."""
        self.lines.append(f"{header}:")
        self.lines.extend(_INDENT + line for line in lines)

    def name(self, hint: str) -> str:
        """Return a local name not used before."""
        self._named += 1
        word = _NO_WORD.sub("_", hint).strip("_")
        return f"{word if word[:1].isalpha() else 'value'}_{self._named}"

    def constant(self, hint: str, value: Any) -> str:
        """Return a global name of the function for `value`."""
        known = self._constants.get(id(value))
        if known is None:
            known = self._constants[id(value)] = "_" + self.name(hint)
            self.namespace[known] = value
        return known

    def doubt(self) -> str:
        """Return text that leaves the function."""
        return f"{self.constant('doubt', doubt)}()"

    def charge(self, price: int) -> None:
        """Count the most that a piece of text, run once, costs in the tree evaluator."""
        self.price += price
        if self.price > self.cost_limit:
            raise TooHard

    def hold(self, term: Term, hint: str = "value") -> Term:
        """Return the term in a form that leaves its value in a variable."""
        if term.name is not None:
            return term
        name = self.name(hint)
        return Term(f"({name} := {term.text})", term.kind, name)

    def store(self, term: Term, hint: str = "value") -> Term:
        """Write the term to a line of its own and return what holds its value."""
        held = self.hold(term, hint)
        name = held.name
        assert name is not None
        if not held.is_held:
            assignment = held.text[1:-1]
            self.line(assignment.replace(" := ", " = ", 1))
        return held.again()

    @contextmanager
    def aside(self) -> Iterator[list[str]]:
        """Collect what is written in a list of its own; what a branch learns is forgotten."""
        outer, known = self.lines, self.known
        self.lines, self.known = [], dict(known)
        try:
            yield self.lines
        finally:
            self.lines, self.known = outer, known
