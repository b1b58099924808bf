"""Parsed guards as bytes, for the next start of a tool that checks many.

Responsible for writing expressions with what the checker said about them, and for reading them
back. Data only: nothing that was stored is ever executed, and no code is stored. Reading and
writing the file is the caller's; so is leaving it alone where rulebooks are run.

What cannot be read is not there: a cache of another version, a torn file or a strange node gives no
entry, never an error.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.rulebook.guard import nodes
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.nodes import Expr, Literal
from interlock.rulebook.guard.problems import Problem
from interlock.rulebook.guard.types import EnumType, ListType, MapType, ObjectType, OptionalType
from interlock.rulebook.guard.values import Uint

if TYPE_CHECKING:
    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.types import Type

FORMAT: Final = 1
_DEPTH_MAX: Final = 512
_CLASSES: Final[tuple[type[Expr], ...]] = (
    nodes.Literal,
    nodes.Ident,
    nodes.Select,
    nodes.Has,
    nodes.Index,
    nodes.Unary,
    nodes.Binary,
    nodes.Logical,
    nodes.Conditional,
    nodes.Call,
    nodes.ListExpr,
    nodes.Entry,
    nodes.MapExpr,
    nodes.Comprehension,
    nodes.Bind,
    nodes.OptionalMap,
)
_TAGS: Final = {kind: tag for tag, kind in enumerate(_CLASSES)}
_SIZES: Final = tuple(len(kind.__struct_fields__) for kind in _CLASSES)
_UINT: Final = len(_CLASSES)  # the tag of a literal that JSON-like data would read back as int
_ROW: Final = "row"  # the tag of a tuple


class CachedGuard(msgspec.Struct, frozen=True, gc=False):
    """What is known about one guard at one place.

    Attributes:
        expr: The parsed expression.
        type: The text of its type.
        problems: What the checker said, warnings too.
    """

    expr: Expr
    type: str
    problems: tuple[Problem, ...] = ()


class _Stored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    tree: msgspec.Raw
    type: str
    problems: tuple[Problem, ...]


class _File(msgspec.Struct, frozen=True, array_like=True):
    format: int
    digest: bytes
    entries: msgspec.Raw


class GuardCache:
    """Guards by key; see `key_of`.

    Args:
        data: What `to_bytes` gave, or nothing.
    """

    def __init__(self, data: bytes = b"") -> None:
        self._stored = _read(data)
        self._used: dict[bytes, CachedGuard] = {}

    def find(self, key: bytes) -> CachedGuard | None:
        """Return the guard stored under a key."""
        known = self._used.get(key)
        if known is None and key in self._stored:
            known = _revive(self._stored[key])
            if known is not None:
                self._used[key] = known
        return known

    def store(self, key: bytes, guard: CachedGuard) -> None:
        """Keep a guard under a key."""
        self._used[key] = guard

    def to_bytes(self) -> bytes:
        """Return what was stored or found; the rest is forgotten, so that files do not grow."""
        entries = msgspec.msgpack.encode(
            {
                key: _Stored(msgspec.Raw(_pack(guard.expr)), guard.type, guard.problems)
                for key, guard in self._used.items()
            }
        )
        return msgspec.msgpack.encode(_File(FORMAT, _digest(entries), msgspec.Raw(entries)))


def key_of(source: str, place: bytes) -> bytes:
    """Return the key of a guard's text at a place; `place` is what `fingerprint` gave."""
    return hashlib.blake2b(
        source.encode("utf-8", "surrogatepass"), key=place, digest_size=16
    ).digest()


def fingerprint(environment: Environment, version: str) -> bytes:
    """Return what tells one place and one version of this package from another.

    Args:
        environment: The names of the place, with their types and functions.
        version: The version of this package, whose rules may differ from another's.
    """
    seen: set[str] = set()
    parts = [str(FORMAT), version, environment.name]
    for name, variable in sorted(environment.variables.items()):
        parts += [name, *_describe(variable.type, seen)]
    for name, function in sorted(environment.functions.items()):
        parts += [name, *map(str, function.overloads)]
        for overload in function.overloads:
            for param in overload.params:
                parts += _describe(param, seen)
    parts += [f"{name} {where}" for name, where in sorted(environment.elsewhere.items())]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=32).digest()


def _describe(kind: Type, seen: set[str]) -> list[str]:
    """Return a type in words; a record with its fields, the first time."""
    parts = [str(kind)]
    match kind:
        case EnumType():
            parts += kind.values
        case ListType(element=inner) | OptionalType(element=inner):
            parts += _describe(inner, seen)
        case MapType():
            parts += [*_describe(kind.key, seen), *_describe(kind.value, seen)]
        case ObjectType() if kind.name not in seen:
            seen.add(kind.name)
            for field in kind.fields:
                parts += [field.name, str(field.is_required), *_describe(field.type, seen)]
        case _:
            pass
    return parts


def _digest(entries: bytes) -> bytes:
    return hashlib.blake2b(entries, digest_size=16).digest()


def _read(data: bytes) -> dict[bytes, _Stored]:
    try:
        file = msgspec.msgpack.decode(data, type=_File)
        if file.format != FORMAT or file.digest != _digest(bytes(file.entries)):
            return {}
        return msgspec.msgpack.decode(file.entries, type=dict[bytes, _Stored])
    except msgspec.MsgspecError:
        return {}


def _pack(expr: Expr) -> bytes:
    return msgspec.msgpack.encode(_plain(expr))


def _plain(value: Any) -> Any:
    """Return a node as rows: its tag, then its fields."""
    if isinstance(value, Literal):
        content = value.value
        tag, content = (_UINT, int(content)) if type(content) is Uint else (0, content)
        return [tag, content, value.start, value.end]
    if isinstance(value, Expr):
        fields = (getattr(value, name) for name in value.__struct_fields__)
        return [_TAGS[type(value)], *map(_plain, fields)]
    if isinstance(value, tuple):
        return [_ROW, *map(_plain, value)]
    return value


def _revive(stored: _Stored) -> CachedGuard | None:
    try:
        expr = _node(msgspec.msgpack.decode(stored.tree), 0)
    except (msgspec.MsgspecError, GuardError, TypeError, ValueError, LookupError, RecursionError):
        return None
    return CachedGuard(expr, stored.type, stored.problems) if isinstance(expr, Expr) else None


def _node(row: list[Any], depth: int) -> Any:
    """Return what a row stands for: a node, or a tuple of what its items stand for."""
    if depth > _DEPTH_MAX:
        raise ValueError("nested too deep")
    tag = row[0]
    if tag == 0:
        _, value, start, end = row
        return Literal(value, start, end)
    if tag == _UINT:
        _, value, start, end = row
        return Literal(Uint(value), start, end)
    below = depth + 1
    fields = [_node(field, below) if type(field) is list else field for field in row[1:]]
    if tag == _ROW:
        return tuple(fields)
    if len(fields) != _SIZES[tag]:
        raise ValueError("another number of fields")
    return _CLASSES[tag](*fields)
