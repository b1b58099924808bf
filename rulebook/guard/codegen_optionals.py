"""Optional values, as Python terms.

An optional that is consumed where it is made never becomes an object: its term is the value, or
`MISSING` where it is absent. Only one that is kept or compared is an `OptionalValue`. No map holds
`MISSING`, and of the language's values only maps have a method `get`: the others raise.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.codegen_writer import Term, TooHard
from interlock.rulebook.guard.comparison import MISSING, find_index
from interlock.rulebook.guard.nodes import Call, Expr, Has, Index, OptionalMap, Select
from interlock.rulebook.guard.values import NONE, OptionalValue

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator

_MAKERS: Final = MappingProxyType({"optional.of": 1, "optional.none": 0, "or": 1})
_MAPS: Final = frozenset({None, dict})


def is_optional(node: Expr) -> bool:
    """Tell whether the value of an expression can only be an optional, by its form."""
    while isinstance(node, (Select, Index)):
        if node.is_optional:
            return True
        node = node.operand
    if isinstance(node, Call):
        is_method = node.function == "or"
        return _MAKERS.get(node.function) == len(node.args) and is_method is (
            node.target is not None
        )
    return isinstance(node, OptionalMap)


def translate_optional(translator: Translator, node: Expr) -> Term:
    """Return an optional as the object that it is in a list, a comparison or a variable."""
    writer = translator.writer
    found = writer.hold(translator.optional(node), "found")
    present, none = writer.constant("present", _present), writer.constant("none", NONE)
    return Term(f"({none} if {found.text} is {_missing(translator)} else {present}({found.name}))")


def _present(value: Any) -> OptionalValue:
    return OptionalValue(has_value=True, value=value)


def found_or_missing(translator: Translator, node: Expr) -> Term:
    """Return the value in an optional expression, or `MISSING`."""
    if not is_optional(node):
        return _opened(translator, node)
    match node:
        case Select():
            return _field(translator, node)
        case Index():
            return _element(translator, node)
        case OptionalMap():
            return _mapped(translator, node)
        case Call(function="optional.none"):
            return Term(_missing(translator))
        case Call(function="optional.of", args=[content]):
            return _in_variable(translator, translator.value(content))
        case Call(function="or", target=Expr() as target, args=[other]):
            found = translator.writer.hold(translator.optional(target), "found")
            with translator.writer.aside() as lines:
                otherwise = translator.optional(other)
            return _choose(translator, found, found.again(), [], otherwise, lines)
        case _:
            raise TooHard


def translate_consumer(translator: Translator, node: Call) -> Term:
    """Return `o.orValue(x)`, `o.hasValue()` or `o.value()`.

    Raises:
        TooHard: it is written with another number of arguments.
    """
    match node:
        case Call(function="orValue", target=Expr() as target, args=[default]):
            return _or_value(translator, target, default)
        case Call(function="hasValue", target=Expr() as target, args=[]):
            found = translator.optional(target)
            return Term(f"({found.text} is not {_missing(translator)})", bool)
        case Call(function="value", target=Expr() as target, args=[]):
            found = translator.writer.hold(translator.optional(target), "found")
            doubt = Term(translator.writer.doubt())
            return _choose(translator, found, found.again(), [], doubt, [])
        case _:
            raise TooHard


CONSUMERS: Final = frozenset({"orValue", "hasValue", "value"})


def has_in_optional(translator: Translator, node: Has) -> Term:
    """Return whether an optional holds a map that has the field."""
    missing = _missing(translator)
    found = translator.writer.hold(translator.optional(node.operand), "found")
    field = f"{found.name}.get({node.field!a}, {missing})"
    return Term(f"({found.text} is not {missing} and {field} is not {missing})", bool)


def _missing(translator: Translator) -> str:
    return translator.writer.constant("missing", MISSING)


def _in_variable(translator: Translator, term: Term) -> Term:
    """Return a term that Python lets be compared by identity, as it does no literal."""
    name = translator.writer.name("found")
    return Term(f"({name} := {term.argument})", None, name) if term.is_literal else term


def _or_value(translator: Translator, target: Expr, default: Expr) -> Term:
    """Return the value or the default; `x.?f.orValue(literal)` is one call of `get`."""
    writer = translator.writer
    is_one_step = isinstance(target, Select) and not is_optional(target.operand)
    if isinstance(target, Select) and is_one_step and target.is_optional:
        writer.charge(1)
        operand = translator.value(target.operand)
        with writer.aside() as lines:
            otherwise = translator.value(default)
        if otherwise.is_held and not lines:
            return _get(translator, operand, target.field, otherwise.text)
        found = writer.hold(_get(translator, operand, target.field), "found")
    else:
        found = writer.hold(translator.optional(target), "found")
        with writer.aside() as lines:
            otherwise = translator.value(default)
    return _choose(translator, found, found.again(), [], otherwise, lines)


def _get(translator: Translator, operand: Term, field: str, default: str | None = None) -> Term:
    if operand.kind not in _MAPS:
        return Term(translator.writer.doubt())
    return Term(f"{operand.text}.get({field!a}, {default or _missing(translator)})")


def _choose(
    translator: Translator,
    found: Term,
    then: Term,
    then_lines: list[str],
    otherwise: Term,
    otherwise_lines: list[str],
) -> Term:
    """Return one term where `found`, a held term, is a value, and another where it is missing."""
    writer, missing = translator.writer, _missing(translator)
    if not then_lines and not otherwise_lines:
        return Term(f"({then.text} if {found.text} is not {missing} else {otherwise.text})")
    found = writer.store(found)
    chosen = writer.name("chosen")
    writer.block(f"if {found.text} is not {missing}", [*then_lines, f"{chosen} = {then.text}"])
    writer.block("else", [*otherwise_lines, f"{chosen} = {otherwise.text}"])
    return Term(chosen, None, chosen)


def _field(translator: Translator, node: Select) -> Term:
    if not is_optional(node.operand):
        return _get(translator, translator.value(node.operand), node.field)
    found = translator.writer.hold(translator.optional(node.operand), "found")
    step = _get(translator, found.again(), node.field)
    return _choose(translator, found, step, [], Term(_missing(translator)), [])


def _element(translator: Translator, node: Index) -> Term:
    writer = translator.writer
    missing, find = _missing(translator), writer.constant("find_index", find_index)
    if is_optional(node.operand):
        # the key is evaluated whether or not there is anything to look it up in
        found = writer.store(translator.optional(node.operand), "found")
        key = writer.store(translator.value(node.index), "key")
        look_up = Term(f"{find}({found.text}, {key.text})")
        return _choose(translator, found, look_up, [], Term(missing), [])
    operand, key = translator.values((node.operand, node.index))
    if key.is_literal and key.kind is str and operand.kind in _MAPS:
        return Term(f"{operand.text}.get({key.text}, {missing})")
    return Term(f"{find}({operand.text}, {key.text})")


def _mapped(translator: Translator, node: OptionalMap) -> Term:
    found = translator.writer.hold(translator.optional(node.operand), "found")
    with (
        translator.writer.aside() as lines,
        translator.scope({node.variable.name: found.again()}),
    ):
        is_flat = node.macro == "optFlatMap"
        then = translator.optional(node.body) if is_flat else translator.value(node.body)
    return _choose(translator, found, then, lines, Term(_missing(translator)), [])


def _opened(translator: Translator, node: Expr) -> Term:
    """Return what is in the object that an expression of any other form gives."""
    content = translator.writer.constant("content", _content)
    return Term(f"{content}({translator.value(node).argument})")


def _content(value: OptionalValue) -> Any:
    """Return the value in an optional or `MISSING`; raises `AttributeError` for anything else."""
    return value.value if value.has_value else MISSING
