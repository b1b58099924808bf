"""The state of one walk over an expression.

Responsible for what the rules of the checker share: types found so far, problems, local variables
and which optional fields are known to be present. Never decides what is right; the rules do.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from interlock.rulebook.guard.presence import NO_PATHS, Path, Paths, path_of
from interlock.rulebook.guard.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.nodes import Expr
    from interlock.rulebook.guard.types import Type

    Rules = Mapping[type[Expr], Callable[["Walk", Expr], Type]]

SHOWN_MAX: Final = 40  # code points of the guard that a message repeats


class Misspelling(NamedTuple):
    """A problem that wants a near spelling once all types are known.

    Attributes:
        problem: Which one of the walk.
        node: What is misspelt.
        candidates: Names that could have been meant, with their types; None: any type will do.
    """

    problem: int
    node: Expr
    candidates: Mapping[str, Type | None]


class Walk:
    """One check of one expression; see the module."""

    __slots__ = (
        "environment", "functions", "locals", "memo", "misspellings", "present", "problems",
        "rules", "source", "told", "types", "variables",
    )  # fmt: skip

    def __init__(
        self, rules: Rules, environment: Environment, source: str, present: Paths = NO_PATHS
    ) -> None:
        self.rules = rules
        self.environment = environment
        self.variables = environment.variables
        self.functions = environment.functions
        self.memo = environment.memo
        self.source = source
        self.present = present
        self.types: dict[int, Type] = {}
        self.problems: list[Problem] = []
        self.misspellings: list[Misspelling] = []
        self.locals: dict[str, Type] = {}
        self.told: set[Path] = set()

    def check(self, node: Expr) -> Type:
        """Return the type of an expression, with everything below it checked."""
        found = self.types[id(node)] = self.rules[type(node)](self, node)
        return found

    def report(
        self,
        code: str,
        message: str,
        *,
        at: Expr | tuple[int, int],
        help: str | None = None,  # noqa: A002 - the attribute's name
        notes: tuple[str, ...] = (),
        replacement: str | None = None,
        is_warning: bool = False,
    ) -> None:
        """Add a problem at a node or a range."""
        start, end = at if isinstance(at, tuple) else (at.start, at.end)
        self.problems.append(
            Problem(code, message, start, end, help, notes, replacement, is_warning)
        )

    def misspelt(self, node: Expr, candidates: Mapping[str, Type | None]) -> None:
        """Ask for a near spelling in the help of the latest problem."""
        self.misspellings.append(Misspelling(len(self.problems) - 1, node, candidates))

    @contextmanager
    def binding(self, added: dict[str, Type]) -> Iterator[None]:
        """Let local variables hide others of their names for the time being."""
        outer, present = self.locals, self.present
        self.locals = {**outer, **added}
        if present:
            self.present = frozenset(path for path in present if path[0] not in added)
        try:
            yield
        finally:
            self.locals, self.present = outer, present

    def check_where(self, node: Expr, paths: Paths) -> Type:
        """Return the type of an expression that is reached only where the paths are present."""
        if not paths:
            return self.check(node)
        outer = self.present
        self.present = outer | paths
        try:
            return self.check(node)
        finally:
            self.present = outer

    def text(self, node: Expr) -> str:
        """Return the author's words for a node, shortened; `…` when they are not known."""
        if self.source:
            words = " ".join(self.source[node.start : node.end].split())
            return words if len(words) <= SHOWN_MAX else f"{words[:SHOWN_MAX]}…"
        path = path_of(node)
        return "…" if path is None else ".".join(path)

    def place_of_name(self, name: str, after: Expr) -> tuple[int, int]:
        """Return the range of a field or method name written behind an expression."""
        start = self.source.find(name, after.end) if self.source else after.end + 1
        return start, start + len(name)
