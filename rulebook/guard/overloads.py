"""Which overload of a function takes given argument types.

Responsible for matching with type variables and for the type of the result. Never reports:
callers say in their own words what does not fit. Source: cel-spec `doc/langdef.md`, "Gradual Type
Checking".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.guard.types import (
    DYN,
    ERROR,
    NOTHING,
    ListType,
    MapType,
    OptionalType,
    SimpleType,
    Type,
    TypeType,
    TypeVar,
    is_assignable,
    join,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.signature import Overload

Bound = dict[str, Type]


def resolve(
    overloads: tuple[Overload, ...], args: tuple[Type, ...], *, is_member: bool
) -> Type | None:
    """Return the type of a call, or None when no overload takes the arguments.

    An argument of type `dyn` may fit several overloads; where these differ in what they return the
    call is `dyn`. An ill-typed argument counts as `dyn`.
    """
    is_certain = DYN not in args and ERROR not in args
    result: Type | None = None
    for overload in overloads:
        if overload.is_member is not is_member:
            continue
        found = match(overload, args)
        if found is None:
            continue
        if is_certain:
            return found
        result = found if result is None else join(result, found)
    if result == DYN and ERROR in args:
        return ERROR
    return result


def match(overload: Overload, args: tuple[Type, ...]) -> Type | None:
    """Return the type of the result when the overload takes the arguments, else None."""
    params = parameters(overload, len(args))
    if params is None:
        return None
    bound: Bound = {}
    for param, arg in zip(params, args, strict=True):
        if not _bind(param, arg, bound):
            return None
    return _substitute(overload.result, bound)


def parameters(overload: Overload, count: int) -> tuple[Type, ...] | None:
    """Return the overload's parameters for so many arguments, None when it takes another number."""
    params = overload.params
    if len(params) == count:
        return params
    if overload.is_variadic and count > len(params):
        return params + params[-1:] * (count - len(params))
    return None


def fits(param: Type, arg: Type) -> bool:
    """Tell whether one argument alone fits one parameter."""
    return _bind(param, arg, {})


def _bind(param: Type, arg: Type, bound: Bound) -> bool:
    kind = type(param)
    if kind is SimpleType:
        return param is arg or is_assignable(arg, param)
    if kind is TypeVar:
        return _bind_variable(str(param), arg, bound)
    if type(arg) is kind:
        return all(_bind(p, a, bound) for p, a in zip(_parts(param), _parts(arg), strict=True))
    if arg in (DYN, ERROR):
        return all(_bind(part, DYN, bound) for part in _parts(param))
    return arg == NOTHING or is_assignable(arg, param)


def _bind_variable(name: str, arg: Type, bound: Bound) -> bool:
    old = bound.get(name)
    if old is None:
        bound[name] = DYN if arg == ERROR else arg
    elif old != arg:
        if not is_assignable(arg, old) and not is_assignable(old, arg):
            return False
        bound[name] = join(old, arg)
    return True


def _parts(composite: Type) -> tuple[Type, ...]:
    match composite:
        case ListType(element) | OptionalType(element):
            return (element,)
        case MapType(key, value):
            return (key, value)
        case TypeType(instance):
            return (instance,)
        case _:
            return ()


def _substitute(result: Type, bound: Bound) -> Type:
    if type(result) is SimpleType:
        return result
    found = _replace(result, bound)
    return DYN if found == NOTHING else found


def _replace(pattern: Type, bound: Bound) -> Type:
    match pattern:
        case TypeVar(name):
            return bound.get(name, NOTHING)
        case ListType(element):
            return ListType(_replace(element, bound))
        case MapType(key, value):
            return MapType(_replace(key, bound), _replace(value, bound))
        case OptionalType(element):
            return OptionalType(_replace(element, bound))
        case TypeType(instance):
            return TypeType(_replace(instance, bound))
        case _:
            return pattern
