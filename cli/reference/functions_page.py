"""The functions and operators of guards as Markdown tables, from their table.

Rules of this file: signatures and descriptions come from the table of functions. Overloads that
differ in one type only are written as one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from interlock.rulebook.guard.signature import Function, Overload

_OPERATOR = re.compile(r"[_@!-]")
_BINARY = re.compile(r"_([^_\[?]+)_")
_NUMBERS = ("int", "uint", "double")
_PAIR = 2


def render_operators(functions: Iterable[Function]) -> str:
    """Return the table of operators, each in order of its name."""
    return "".join(_rows(f for f in _sorted(functions) if _OPERATOR.match(f.name)))


def render_functions(functions: Iterable[Function]) -> str:
    """Return the table of functions, each in order of its name."""
    return "".join(_rows(f for f in _sorted(functions) if not _OPERATOR.match(f.name)))


def _sorted(functions: Iterable[Function]) -> list[Function]:
    return sorted(functions, key=lambda function: function.name)


def _rows(functions: Iterable[Function]) -> Iterator[str]:
    yield "| name | does | signatures |\n|---|---|---|\n"
    for function in functions:
        signatures = "<br>".join(map(_code, signatures_of(function.overloads)))
        yield f"| {_code(_written(function.name))} | {_cell(function.doc)} | {signatures} |\n"


def signatures_of(overloads: Sequence[Overload]) -> list[str]:
    """Return signatures; those of operands of one type, and those on several types, are joined."""
    results = {str(one.result) for one in overloads if _is_pair(one)}
    texts: dict[str, None] = {}
    same: dict[str, list[str]] = {}
    firsts: dict[tuple[str, ...], list[str]] = {}
    for overload in overloads:
        params = [_name(str(param)) for param in overload.params]
        result = _name(str(overload.result))
        if len(params) == _PAIR and set(params) < set(_NUMBERS):
            params = ["number", "number"] if len(set(params)) == _PAIR else params
        if _is_pair(overload):
            form = f"(T, T) -> {'T' if result == params[0] and len(results) > 1 else result}"
            same.setdefault(form, []).append(params[0])
            texts.setdefault(form)
            continue
        dots = ", ..." if overload.is_variadic else ""
        rest = ", ".join(params[1:]) + dots
        key = ("." if overload.is_member else "", rest, result)
        firsts.setdefault(key, []).extend(params[:1])
        texts.setdefault("\0".join(key))
    written = []
    for text in texts:
        if text in same:
            written.append(_same(text, same[text]))
        else:
            dot, rest, result = text.split("\0")
            first = " or ".join(dict.fromkeys(firsts[dot, rest, result]))
            inner = ", ".join(part for part in (first, rest) if part)
            written.append(
                f"{f'({first})' if ' or ' in first else first}.({rest}) -> {result}"
                if dot
                else f"({inner}) -> {result}"
            )
    return written


def _is_pair(overload: Overload) -> bool:
    """Tell whether it takes two operands of one simple type."""
    params = [str(param) for param in overload.params]
    is_call = overload.is_member or overload.is_variadic
    return len(params) == _PAIR and params[0] == params[1] and len(params[0]) > 1 and not is_call


def _same(form: str, types: list[str]) -> str:
    if len(types) == 1:
        return form.replace("T", types[0])  # no other word of a form has that letter
    return f"{form} for {', '.join(types)}"


def _written(name: str) -> str:
    """Return an operator as an author writes it: `_+_` is `x + y`."""
    if name == "@in":
        return "x in y"
    if name == "_?_:_":
        return "x ? y : z"
    if binary := _BINARY.fullmatch(name):
        return f"x {binary[1]} y"
    if _OPERATOR.match(name):
        for operand in "xyz":
            name = name.replace("_", operand, 1)
    return name


def _name(text: str) -> str:
    return (
        text.replace("google.protobuf.Timestamp", "timestamp")
        .replace("google.protobuf.Duration", "duration")
        .replace("optional_type", "optional")
    )


def _code(text: str) -> str:
    signature, separator, types = text.partition(" for ")
    return f"{_cell(f'`{signature}`')}{separator}{types}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
