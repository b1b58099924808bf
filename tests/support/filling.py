"""Values of the journal's types, made from the types themselves.

So that a new kind or field is met by the tests of the format without anyone remembering to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Callable

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | INT64 | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ANY = {"b": [1, -2.5, None, True], "a": "ü"}


def kinds(union: Any) -> tuple[type[msgspec.Struct], ...]:
    """The members of a union of tagged structs."""
    return get_args(union)


def fill(cls: type[msgspec.Struct], *, bare: bool = False, **given: Any) -> Any:
    """A value with every field set (or, `bare`, only those that must be); `given` wins."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    values = {
        field.name: _example(field.type, field.name, bare=bare)
        for field in info.fields
        if (field.required or not bare) and field.name not in given
    }
    return cls(**values, **given)


def _example(type_: Any, name: str, *, bare: bool) -> Any:
    def inner(of: Any) -> Any:
        return _example(of, name, bare=bare)

    examples: dict[type, Callable[[], Any]] = {
        inspect.StrType: lambda: name,
        inspect.IntType: lambda: 1_767_225_600_000_000_001,
        inspect.FloatType: lambda: 0.1,
        inspect.BoolType: lambda: True,
        inspect.AnyType: lambda: ANY,
        inspect.EnumType: lambda: list(type_.cls)[-1],
        inspect.DictType: lambda: {} if bare else {"key": inner(type_.value_type)},
        inspect.VarTupleType: lambda: () if bare else (inner(type_.item_type),),
        inspect.StructType: lambda: fill(type_.cls, bare=bare),
        inspect.UnionType: lambda: inner(
            next(one for one in type_.types if not isinstance(one, inspect.NoneType))
        ),
    }
    return examples[type(type_)]()


def structs(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any value of a struct's type that a journal may hold."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    needed = {f.name: _strategy(f.type) for f in info.fields if f.required}
    others = {f.name: _strategy(f.type) for f in info.fields if not f.required}
    return st.fixed_dictionaries(needed, optional=others).map(lambda values: cls(**values))


def _strategy(type_: Any) -> st.SearchStrategy[Any]:
    strategies: dict[type, Callable[[], st.SearchStrategy[Any]]] = {
        inspect.NoneType: st.none,
        inspect.StrType: lambda: TEXT,
        inspect.IntType: lambda: INT64,
        inspect.FloatType: lambda: FINITE,
        inspect.BoolType: st.booleans,
        inspect.AnyType: lambda: JSON,
        inspect.EnumType: lambda: st.sampled_from(list(type_.cls)),
        inspect.DictType: lambda: st.dictionaries(TEXT, _strategy(type_.value_type), max_size=2),
        inspect.VarTupleType: lambda: st.lists(_strategy(type_.item_type), max_size=2).map(tuple),
        inspect.StructType: lambda: st.deferred(lambda: structs(type_.cls)),
        inspect.UnionType: lambda: st.one_of(*map(_strategy, type_.types)),
    }
    return strategies[type(type_)]()
