"""Calls of functions, as Python terms.

A few functions of text are written inline. Any other is the function of the table, refused when it
would cost more than the price it was given here. A length of time or an instant that the author
wrote as a literal is made once.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.codegen_optionals import (
    CONSUMERS,
    is_optional,
    translate_consumer,
    translate_optional,
)
from interlock.rulebook.guard.codegen_patterns import linear_pattern
from interlock.rulebook.guard.codegen_writer import (
    CALL_PRICE,
    TEXT_MAX,
    TEXT_PRICE,
    Term,
    TooHard,
    doubt,
)
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.nodes import Call, Literal
from interlock.rulebook.guard.signature import constant_cost
from interlock.rulebook.guard.types import BOOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.signature import Function

_MADE_ONCE: Final = frozenset({"duration", "timestamp"})


def translate_call(translator: Translator, node: Call) -> Term:
    """Return the value of a call."""
    function = FUNCTIONS.get(node.function)
    if function is None:
        return _look_up(translator, node)
    if is_optional(node):
        return translate_optional(translator, node)
    if node.function in CONSUMERS:
        return translate_consumer(translator, node)
    nodes = node.args if node.target is None else (node.target, *node.args)
    if not function.takes(len(nodes), is_member=node.target is not None):
        raise TooHard
    if node.function in _MADE_ONCE and isinstance(nodes[0], Literal):
        return _make_once(translator, function, nodes[0].value)
    terms = translator.values(nodes)
    inline = _INLINE.get(node.function)
    return (inline or call_of)(translator, function, terms)


def call_of(translator: Translator, function: Function, terms: Sequence[Term]) -> Term:
    """Return a call of the table's function."""
    writer = translator.writer
    if function.cost is constant_cost:
        writer.charge(1)
        callee = writer.constant(function.name, function.call)
    else:
        writer.charge(CALL_PRICE)
        callee = writer.constant(function.name, _within_price(function))
    is_bool = all(overload.result == BOOL for overload in function.overloads)
    return Term(
        f"{callee}({', '.join(term.argument for term in terms)})", bool if is_bool else None
    )


@cache
def _within_price(function: Function) -> Callable[..., Any]:
    cost, call = function.cost, function.call

    def checked(*args: Any) -> Any:
        return call(*args) if cost(*args) <= CALL_PRICE else doubt()

    return checked


def _look_up(translator: Translator, node: Call) -> Term:
    """Return the value of a function that is bound as a map, such as `on_call("sre")`."""
    match node:
        case Call(target=None, args=[Literal(value=str() as name)]):
            translator.writer.charge(1)
            return Term(f"bindings[{node.function!a}][{name!a}]")
        case _:
            raise TooHard


def _make_once(translator: Translator, function: Function, literal: Any) -> Term:
    translator.writer.charge(1 + function.cost(literal))
    try:
        value = function.call(literal)
    except GuardError:
        return Term(translator.writer.doubt())
    name = translator.writer.constant(function.name, value)
    return Term(name, type(value), name)


def _size(translator: Translator, _function: Function, terms: Sequence[Term]) -> Term:
    """Python measures what the language measures, in the same units."""
    translator.writer.charge(1)
    return Term(f"len({terms[0].argument})", int)


def _affix(translator: Translator, function: Function, terms: Sequence[Term]) -> Term:
    """Return `x.startswith("...")`: only text has the method and takes text."""
    text, affix = terms
    if not _has_text_literal(text, affix):
        return call_of(translator, function, terms)
    translator.writer.charge(1 + len(affix.literal))
    return Term(f"{text.text}.{function.name.lower()}({affix.text})", bool)


def _contains(translator: Translator, function: Function, terms: Sequence[Term]) -> Term:
    text, part = terms
    if not _has_text_literal(text, part):
        return call_of(translator, function, terms)
    held = translator.writer.hold(text, "text")
    translator.writer.charge(TEXT_PRICE + len(part.literal))
    slow = call_of(translator, function, (held.again(), part)).text
    test = f"type({held.argument}) is str and len({held.name}) <= {TEXT_MAX}"
    return Term(f"({part.text} in {held.name} if {test} else {slow})", bool)


def _matches(translator: Translator, function: Function, terms: Sequence[Term]) -> Term:
    """Return a search by Python's `re` where it is as good as RE2."""
    writer = translator.writer
    text, pattern = terms
    linear = linear_pattern(pattern.literal) if _has_text_literal(text, pattern) else None
    if linear is None:
        return call_of(translator, function, terms)
    held = writer.hold(text, "text")
    slow = call_of(translator, function, (held.again(), pattern)).text
    price = function.cost("-" * linear.text_max, pattern.literal)
    writer.charge(max(linear.steps_max // 10, price))
    search = writer.constant("search", linear.search)
    test = f"len({held.argument}) <= {linear.text_max} and {held.name}.isascii()"
    return Term(f"({search}({held.name}) is not None if {test} else {slow})", bool)


def _has_text_literal(text: Term, literal: Term) -> bool:
    return text.kind in {None, str} and literal.is_literal and literal.kind is str


_INLINE: Final[Mapping[str, Callable[[Translator, Function, Sequence[Term]], Term]]] = (
    MappingProxyType(
        {
            "size": _size,
            "startsWith": _affix,
            "endsWith": _affix,
            "contains": _contains,
            "matches": _matches,
        }
    )
)
