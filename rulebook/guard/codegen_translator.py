"""Expression nodes to Python terms: who translates what.

Responsible for the dispatch, for the order in which terms run, and for local names of the guard.
`value` gives a term for any expression, `condition` one that is True or False and nothing else. See
`codegen.py` for what every term must satisfy.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.codegen_calls import translate_call
from interlock.rulebook.guard.codegen_logic import translate_conditional, translate_logical
from interlock.rulebook.guard.codegen_loops import translate_bind, translate_comprehension
from interlock.rulebook.guard.codegen_operators import translate_binary, translate_unary
from interlock.rulebook.guard.codegen_optionals import found_or_missing, translate_optional
from interlock.rulebook.guard.codegen_paths import (
    path_of,
    translate_has,
    translate_ident,
    translate_index,
    translate_select,
)
from interlock.rulebook.guard.codegen_values import translate_list, translate_literal, translate_map
from interlock.rulebook.guard.codegen_writer import Term, TooHard, Writer
from interlock.rulebook.guard.nodes import (
    Binary,
    Bind,
    Call,
    Comprehension,
    Conditional,
    Expr,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logical,
    MapExpr,
    OptionalMap,
    Select,
    Unary,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import Any


class Translator:
    """Translates one expression into one `Writer`.

    Attributes:
        writer: Where the text goes.
        locals: Local variables of the guard in scope, with the Python variables that hold them.
        has_loops: Whether the function counts what its loops cost.
        absorbs: Whether operands that raise are passed over, as the language does.
        uses: How often each path is mentioned; one that is read once needs no variable.
    """

    def __init__(self, expression: Expr, writer: Writer, *, absorbs: bool = False) -> None:
        self.writer = writer
        self.absorbs = absorbs
        self.locals: Mapping[str, Term] = {}
        self.has_loops = False
        paths = (path_of(node) for node in walk(expression))
        self.uses = Counter(path for path in paths if path is not None)

    def value(self, node: Expr) -> Term:
        """Return a term for the value of any expression.

        Raises:
            TooHard: only the tree evaluator computes it.
        """
        translate = _TRANSLATORS.get(type(node))
        if translate is None:
            raise TooHard
        self.writer.charge(1)
        return translate(self, node)

    def optional(self, node: Expr) -> Term:
        """Return a term for the value in an optional expression, or `MISSING` where it is absent.

        Raises:
            TooHard: only the tree evaluator computes it.
        """
        self.writer.charge(1)
        return found_or_missing(self, node)

    def values(self, nodes: Sequence[Expr], optional: Collection[int] = ()) -> list[Term]:
        """Return terms that may stand in one expression, in this order.

        Args:
            nodes: The expressions.
            optional: Positions of those of which the value in an optional is wanted.
        """
        lines = self.writer.lines
        terms: list[Term] = []
        for position, node in enumerate(nodes):
            mark = len(lines)
            term = self.optional(node) if position in optional else self.value(node)
            if len(lines) > mark:
                # the new lines run before the earlier terms, and may use what those assign
                late = lines[mark:]
                del lines[mark:]
                terms = [one if one.is_held else self.writer.store(one) for one in terms]
                lines.extend(late)
            terms.append(term)
        return terms

    def condition(self, node: Expr) -> str:
        """Return the text of an expression that is True or False and nothing else."""
        term = self.value(node)
        if term.kind is bool:
            return term.text
        if term.kind is not None:
            return self.writer.doubt()
        flag = self.writer.hold(term, "flag")
        return f"({flag.text} is True or {flag.name} is not False and {self.writer.doubt()})"

    @contextmanager
    def scope(self, names: Mapping[str, Term]) -> Iterator[None]:
        """Let the guard have local variables for a while."""
        outer = self.locals
        self.locals = {**outer, **names}
        try:
            yield
        finally:
            self.locals = outer


_TRANSLATORS: Final[Mapping[type[Expr], Callable[[Translator, Any], Term]]] = {
    Literal: translate_literal,
    ListExpr: translate_list,
    MapExpr: translate_map,
    Ident: translate_ident,
    Select: translate_select,
    Has: translate_has,
    Index: translate_index,
    Unary: translate_unary,
    Binary: translate_binary,
    Logical: translate_logical,
    Conditional: translate_conditional,
    Call: translate_call,
    Comprehension: translate_comprehension,
    Bind: translate_bind,
    OptionalMap: translate_optional,
}
