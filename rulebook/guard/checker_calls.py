"""Checking of calls.

Responsible for functions and their arguments (X206, X207), and for literal arguments that would
always fail at run time: patterns (X215), times (X216), words outside a closed set (X209).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.checker_comparisons import check_word
from interlock.rulebook.guard.checker_remedies import argument_remedy
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.macros import MACROS
from interlock.rulebook.guard.nodes import Call, Expr, Literal
from interlock.rulebook.guard.overloads import fits, parameters, resolve
from interlock.rulebook.guard.suggest import listed
from interlock.rulebook.guard.type_text import describe, describe_overload
from interlock.rulebook.guard.types import ERROR, EnumType, SimpleType, Type
from interlock.rulebook.guard.values import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.guard.checker_walk import Walk
    from interlock.rulebook.guard.signature import Function, Overload

MEMO_ARGS_MAX: Final = 3  # keeps the number of remembered calls bounded
_ORDINALS: Final = ("first", "second", "third", "fourth")
_LITERALS: Final = {"timestamp": "X216", "duration": "X216", "matches": "X215"}
_DIGITS_MAX: Final = 6  # no length of time has more days
_ZONED: Final = frozenset(name for name in FUNCTIONS if name.startswith("get"))


def check_call(walk: Walk, node: Call) -> Type:
    """Return the type of a call of a function or method."""
    parts = node.args if node.target is None else (node.target, *node.args)
    args = tuple([walk.check(part) for part in parts])
    entry = walk.functions.get(node.function)
    if entry is None:
        return _unknown_function(walk, node)
    is_member = node.target is not None
    key = (node.function, is_member, args)
    found = walk.memo.get(key)
    if found is None:
        found = resolve(entry.overloads, args, is_member=is_member)
        if found is None:
            return _misfit(walk, node, entry, parts, args)
        if len(args) <= MEMO_ARGS_MAX and all(type(arg) is SimpleType for arg in args):
            walk.memo[key] = found
    if parts and type(parts[-1]) is Literal:
        _check_literal(walk, node, entry, parts[-1])
    return found


def _place(walk: Walk, node: Call) -> tuple[int, int]:
    if node.target is None:
        return node.start, node.start + len(node.function)
    return walk.place_of_name(node.function, node.target)


def _unknown_function(walk: Walk, node: Call) -> Type:
    name, place = node.function, walk.environment
    at = _place(walk, node)
    if name in place.elsewhere:
        walk.report(
            "X207",
            f"`{name}()` is not available in {place.name}",
            at=at,
            help=f"only {place.elsewhere[name]} have it",
        )
    elif node.target is None and name in _UNREPEATABLE:
        walk.report(
            "X217",
            f"`{name}()` gives another value each time it is asked",
            at=(node.start, node.end) if name in _CLOCKS else at,
            help=_UNREPEATABLE[name],
            replacement="now" if name in _CLOCKS and "now" in walk.variables else None,
        )
    elif name in MACROS or name == "has":
        walk.report(
            "X206", f"`{name}` is written differently", at=at, help=f"write `{_USAGES[name]}`"
        )
    else:
        walk.report("X206", f"unknown function `{name}`", at=at)
        is_member = node.target is not None
        walk.misspelt(
            node,
            {
                entry.name: None
                for entry in walk.functions.values()
                if (entry.has_member if is_member else entry.has_global) and entry.name[0].isalpha()
            }
            | (dict.fromkeys(MACROS) if is_member else {"has": None}),
        )
    return ERROR


_CLOCKS: Final = frozenset({"now", "today", "currentTime", "current_time", "time"})
_UNREPEATABLE: Final = {
    **dict.fromkeys(_CLOCKS, "write `now`, the recorded time of the decision"),
    **dict.fromkeys(
        ("rand", "random", "randomInt", "uuid", "uuid4", "uuidv4"),
        "decide by what is recorded, such as `incident.id`",
    ),
}
"""Calls that other languages have and the journal could not repeat, with what to do instead."""

_USAGES: Final = {
    "has": "has(incident.owner)",
    "optMap": "x.optMap(v, v + 1)",
    "optFlatMap": "x.optFlatMap(v, v.?field)",
    **{
        name: f"x.{name}(e, e > 0)"
        for name in ("all", "exists", "exists_one", "existsOne", "filter")
    },
    "map": "x.map(e, e + 1)",
    **{name: f"x.{name}(i, e, e + 1)" for name in ("transformList", "transformMap")},
    "transformMapEntry": "x.transformMapEntry(k, v, {v: k})",
}


def _misfit(
    walk: Walk, node: Call, entry: Function, parts: tuple[Expr, ...], args: tuple[Type, ...]
) -> Type:
    """Report why no overload takes a call; return what it gives when only one type can come."""
    is_member = node.target is not None
    style = [overload for overload in entry.overloads if overload.is_member is is_member]
    matching = [overload for overload in style if parameters(overload, len(args)) is not None]
    if not style:
        _wrong_style(walk, node, entry)
    elif not matching:
        _wrong_count(walk, node, style)
    else:
        _wrong_type(walk, node, matching, parts, args)
    results = {str(overload.result): overload.result for overload in style or entry.overloads}
    only = next(iter(results.values()))
    return only if len(results) == 1 and isinstance(only, SimpleType) else ERROR


def _wrong_style(walk: Walk, node: Call, entry: Function) -> None:
    name = entry.name
    if node.target is None:
        rest = ", ".join(walk.text(arg) for arg in node.args[1:])
        first = walk.text(node.args[0]) if node.args else "x"
        usage = f"{first}.{name}({rest})"
    else:
        usage = f"{name}({', '.join(walk.text(part) for part in (node.target, *node.args))})"
    walk.report(
        "X206",
        f"`{name}` is {'a method' if node.target is None else 'no method'}",
        at=_place(walk, node),
        help=f"write `{usage}`",
        notes=(_signatures(entry.name, entry.overloads),),
    )


def _wrong_count(walk: Walk, node: Call, style: list[Overload]) -> None:
    skipped = 0 if node.target is None else 1
    counts = sorted({len(overload.params) - skipped for overload in style})
    is_open = any(overload.is_variadic for overload in style)
    wanted = " or ".join(map(str, counts)) if not is_open else f"{counts[0]} or more"
    noun = "argument" if counts == [1] and not is_open else "arguments"
    walk.report(
        "X206",
        f"`{node.function}` takes {wanted} {noun}, not {len(node.args)}",
        at=(_place(walk, node)[0], node.end),
        notes=(_signatures(node.function, style),),
    )


def _wrong_type(
    walk: Walk,
    node: Call,
    matching: list[Overload],
    parts: tuple[Expr, ...],
    args: tuple[Type, ...],
) -> None:
    fitting = [[_fits_at(o, i, args) for i in range(len(args))] for o in matching]
    nearest_fit = max(fitting, key=sum)
    wrong = [i for i, fit in enumerate(nearest_fit) if not fit]
    notes = (_signatures(node.function, matching),)
    if len(wrong) != 1:
        types = ", ".join(map(describe, args))
        walk.report("X206", f"`{node.function}` does not take ({types})", at=node, notes=notes)
        return
    index = wrong[0]
    alternatives = [o for o, fit in zip(matching, fitting, strict=True) if fit == nearest_fit]
    wanted = list(dict.fromkeys(_parameter(o, index, len(args)) for o in alternatives))
    walk.report(
        "X206",
        f"`{node.function}` {_role(node, index, len(args))}"
        f" {_either(map(describe, wanted))}, not {describe(args[index])}",
        at=parts[index],
        help=argument_remedy(walk, parts[index], args[index], wanted[0]),
        notes=notes,
    )


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _parameter(overload: Overload, index: int, count: int) -> Type:
    return (parameters(overload, count) or overload.params)[index]


def _fits_at(overload: Overload, index: int, args: tuple[Type, ...]) -> bool:
    return fits(_parameter(overload, index, len(args)), args[index])


def _role(node: Call, index: int, count: int) -> str:
    if node.target is not None:
        if index == 0:
            return "is called on"
        index, count = index - 1, count - 1
    if count == 1:
        return "takes"
    return f"takes as its {_ORDINALS[min(index, len(_ORDINALS) - 1)]} argument"


def _signatures(name: str, overloads: list[Overload] | tuple[Overload, ...]) -> str:
    return f"`{name}` is: {listed(describe_overload(name, overload) for overload in overloads)}"


def _check_literal(walk: Walk, node: Call, entry: Function, literal: Literal) -> None:
    value = literal.value
    if type(value) is not str:
        return
    known = entry.overloads[0].params[-1]
    if type(known) is EnumType:
        check_word(walk, known, literal, value)
        return
    name = entry.name
    try:
        if name == "matches":
            entry.call("", value)
        elif name in _LITERALS:
            entry.call(value)
        elif name in _ZONED and node.target is not None:
            entry.call(Timestamp(0), value)
    except GuardError as error:
        code = _LITERALS.get(name, "X216")
        walk.report(code, error.message, at=literal, help=_literal_remedy(entry, value))


def _literal_remedy(entry: Function, value: str) -> str | None:
    """Return how the literal could be written, when a small change makes it valid."""
    if entry.name == "matches":
        is_perl = "(?" in value or "\\" in value
        return "RE2 has no look-around and no back-references" if is_perl else None
    if entry.name in _ZONED:
        return "write a name of the IANA database, such as `Europe/Berlin`, or `+02:00`"
    if entry.name == "timestamp":
        attempts = [value.replace(" ", "T") + end for end in ("", "Z", "T00:00:00Z")]
    else:
        attempts = [value.lower().replace(" ", ""), f"{value}s"]
        if value.endswith("d") and _is_small(value[:-1]):
            attempts.insert(0, f"{int(value[:-1]) * 24}h")
    for attempt in attempts:
        try:
            entry.call(attempt)
        except GuardError:
            continue
        return f'write `"{attempt}"`'
    return None


def _is_small(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) < _DIGITS_MAX
