"""Macros over lists and maps, and bound names, as lines of Python.

A loop counts its steps before it starts: the length times the most that one step costs is added to
`spent`, and more than the limit is left to the tree evaluator, which counts exactly. Only lists,
tuples and dicts are gone over: a text would be taken apart, and so refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.guard.codegen_logic import RAISE, attempt_of
from interlock.rulebook.guard.codegen_writer import Term, TooHard
from interlock.rulebook.guard.maps import build_map
from interlock.rulebook.guard.values import LIST_LENGTH_MAX

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.nodes import Bind, Comprehension, Expr


def translate_bind(translator: Translator, node: Bind) -> Term:
    """Return the body, after a line for the value; an error in that decides nothing here."""
    writer = translator.writer
    if translator.absorbs:
        # the value may not be needed, so that this is not yet an error of the language
        with writer.aside() as lines:
            value = writer.store(translator.value(node.value), node.variable.name)
        writer.lines.extend(attempt_of(lines or ["pass"], writer.doubt()))
    else:
        value = writer.store(translator.value(node.value), node.variable.name)
    with translator.scope({node.variable.name: value}):
        return translator.value(node.body)


def translate_comprehension(translator: Translator, node: Comprehension) -> Term:
    """Return the variable in which a loop leaves its result."""
    writer = translator.writer
    iterated = translator.value(node.iterated)
    if iterated.kind not in {None, list, dict}:
        raise TooHard
    items = writer.store(iterated, "items").text
    names = [writer.name(variable.name) for variable in node.variables]
    result = writer.name(node.macro)
    before, writer.price = writer.price, 0
    scope = {
        variable.name: Term(name, None, name)
        for variable, name in zip(node.variables, names, strict=True)
    }
    absorbs = translator.absorbs and node.macro in {"all", "exists"}
    failed = writer.name("failed")
    with writer.aside() as body, translator.scope(scope):
        start, end = _write_step(translator, node, names, result)
    if absorbs:
        body = attempt_of(body, f"{failed} = True")
    step_price, writer.price = writer.price + 1, before
    writer.charge(1)
    translator.has_loops = True
    source = _source(node, items)
    writer.block(
        f"if type({items}) is not list and type({items}) is not tuple "
        f"and type({items}) is not dict or len({items}) > {LIST_LENGTH_MAX} "
        f"or (spent := spent + len({items}) * {step_price}) > {writer.cost_limit}",
        [writer.doubt()],
    )
    if start is not None:
        writer.line(f"{result} = {start}")
    if absorbs:
        writer.line(f"{failed} = False")
    writer.block(f"for {', '.join(names)} in {source}", body)
    if node.macro in {"all", "exists"}:
        undecided = [f"if {failed}:", f"    {RAISE}"] if absorbs else []
        writer.block("else", [*undecided, f"{result} = {node.macro == 'all'}"])
    if end is not None:
        writer.line(f"{result} = {end}")
    return Term(result, _KINDS.get(node.macro), result)


def _source(node: Comprehension, items: str) -> str:
    """Return what the loop goes over: one variable is an element or a key, two are a pair."""
    if len(node.variables) == 1:
        return items
    return f"({items}.items() if type({items}) is dict else enumerate({items}))"


def _write_step(
    translator: Translator, node: Comprehension, names: list[str], result: str
) -> tuple[str | None, str | None]:
    """Write what one step does; return how the result starts and, if so, how it is finished."""
    writer = translator.writer
    condition = None if node.condition is None else translator.condition(node.condition)
    match node.macro:
        case "exists":
            writer.block(f"if {condition}", [f"{result} = True", "break"])
            return None, None
        case "all":
            writer.block(f"if not {condition}", [f"{result} = False", "break"])
            return None, None
        case "exists_one" | "existsOne":
            writer.block(f"if {condition}", [f"{result} += 1"])
            return "0", f"{result} == 1"
        case "filter":
            writer.block(f"if {condition}", [f"{result}.append({names[0]})"])
            return "[]", None
        case "map" | "transformList":
            _write_kept(translator, condition, node.result, f"{result}.append({{}})")
            return "[]", None
        case "transformMap":
            _write_kept(translator, condition, node.result, f"{result}.append(({names[0]}, {{}}))")
            return "[]", f"{writer.constant('build_map', build_map)}({result})"
        case _:
            raise TooHard


def _write_kept(
    translator: Translator, condition: str | None, element: Expr | None, keep: str
) -> None:
    """Write `if condition: keep(element)`."""
    assert element is not None
    writer = translator.writer
    with writer.aside() as lines:
        text = translator.value(element).text
        lines.append(keep.format(text))
    if condition is None:
        for line in lines:
            writer.line(line)
    else:
        writer.block(f"if {condition}", lines)


_KINDS = {
    "all": bool,
    "exists": bool,
    "exists_one": bool,
    "existsOne": bool,
    "filter": list,
    "map": list,
    "transformList": list,
}
