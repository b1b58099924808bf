"""String functions, `matches` and base64, as table entries.

Responsible for the standard string tests and the `strings` and `encoders` extensions. Indices count
code points from 0. Source: cel-go `ext/README.md` and `ext/strings.go`; RE2 for `matches`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.comparison import deep_size
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.formatting import format_text
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.signature import Function, function
from interlock.rulebook.guard.values import (
    LIST_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    no_overload,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_LENGTH_MAX: Final = 1_024
# Unicode White_Space, which differs from what str.strip takes by U+001C..U+001F
_SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_ESCAPES: Final = str.maketrans(
    {
        "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
        "\v": "\\v", "\\": "\\\\", '"': '\\"',
    }
    | dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\ufffd")
)  # fmt: skip


def _typed(name: str, *shapes: tuple[type, ...]) -> Callable[..., Callable[..., Any]]:
    """Make a decorator that admits only arguments of one of the shapes."""

    def decorate(call: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*args: Any) -> Any:
            if tuple(map(type, args)) not in shapes:
                args = tuple(map(plain, args))
                if tuple(map(type, args)) not in shapes:
                    raise no_overload(name, *args)
            return call(*args)

        return checked

    return decorate


def _out_of_range(index: int) -> GuardError:
    return GuardError(f"index out of range: {index}", ErrorKind.INDEX)


@_typed("contains", (str, str))
def _contains(text: str, part: str) -> bool:
    return part in text


@_typed("startsWith", (str, str))
def _starts_with(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


@_typed("endsWith", (str, str))
def _ends_with(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


@lru_cache(maxsize=1_024)
def compile_pattern(pattern: str) -> Any:
    """Return the compiled RE2 pattern.

    Raises:
        GuardError: it is longer than `PATTERN_LENGTH_MAX`, or no RE2 pattern.
    """
    import re2  # noqa: PLC0415 - few guards match patterns

    if len(pattern) > PATTERN_LENGTH_MAX:
        raise GuardError(f"pattern longer than {PATTERN_LENGTH_MAX} characters", ErrorKind.SIZE)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as problem:
        detail = problem.args[0] if problem.args else ""
        text = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
        raise GuardError(f"no RE2 pattern: {text}") from None
    except UnicodeEncodeError:
        raise GuardError("pattern holds a lone surrogate") from None


@_typed("matches", (str, str))
def _matches(text: str, pattern: str) -> bool:
    compiled = compile_pattern(pattern)
    try:
        return compiled.search(text) is not None
    except UnicodeEncodeError:
        raise GuardError("text holds a lone surrogate") from None


@_typed("charAt", (str, int))
def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise _out_of_range(index)
    return text[index : index + 1]


@_typed("indexOf", (str, str), (str, str, int))
def _index_of(text: str, part: str, start: int = 0) -> int:
    if not part:
        return start
    if start != 0 and not 0 <= start < len(text):
        raise _out_of_range(start)
    return text.find(part, start)


@_typed("lastIndexOf", (str, str), (str, str, int))
def _last_index_of(text: str, part: str, start: int | None = None) -> int:
    if start is None:
        return text.rfind(part)
    if not part:
        return start
    if not 0 <= start < len(text):
        raise _out_of_range(start)
    return text.rfind(part, 0, start + len(part))


@_typed("lowerAscii", (str,))
def _lower_ascii(text: str) -> str:
    return text.translate(_LOWER)


@_typed("upperAscii", (str,))
def _upper_ascii(text: str) -> str:
    return text.translate(_UPPER)


@_typed("replace", (str, str, str), (str, str, str, int))
def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    found = text.count(old) if limit < 0 else min(text.count(old), limit)
    if len(text) + found * (len(new) - len(old)) > TEXT_LENGTH_MAX:
        raise GuardError(f"text longer than {TEXT_LENGTH_MAX} characters", ErrorKind.SIZE)
    return text.replace(old, new, found)


@_typed("split", (str, str), (str, str, int))
def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if (text.count(separator) if separator else len(text)) >= LIST_LENGTH_MAX:
        raise GuardError(f"list longer than {LIST_LENGTH_MAX} elements", ErrorKind.SIZE)
    if separator:
        return text.split(separator, limit - 1 if limit > 0 else -1)
    if 0 < limit < len(text):
        return [*text[: limit - 1], text[limit - 1 :]]
    return list(text)


@_typed("substring", (str, int), (str, int, int))
def _substring(text: str, start: int, end: int | None = None) -> str:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    if end is None:
        return text[start:]
    if not 0 <= end <= len(text):
        raise _out_of_range(end)
    if end < start:
        raise GuardError(f"substring ends at {end}, before its start {start}", ErrorKind.INDEX)
    return text[start:end]


@_typed("trim", (str,))
def _trim(text: str) -> str:
    return text.strip(_SPACES)


@_typed("join", (list,), (list, str), (tuple,), (tuple, str))
def _join(parts: list[Any], separator: str = "") -> str:
    length = 0
    for part in parts:
        if not isinstance(part, str):
            raise no_overload("join", parts)
        length += len(part) + len(separator)
        if length > TEXT_LENGTH_MAX:
            raise GuardError(f"text longer than {TEXT_LENGTH_MAX} characters", ErrorKind.SIZE)
    return separator.join(parts)


@_typed("strings.quote", (str,))
def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


@_typed("base64.encode", (bytes,))
def _encode(data: bytes) -> str:
    import base64  # noqa: PLC0415 - few guards need it

    return base64.b64encode(data).decode("ascii")


@_typed("base64.decode", (str,))
def _decode(text: str) -> bytes:
    import base64  # noqa: PLC0415 - as above

    padding = "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text + padding, validate=True)
    except ValueError:
        raise GuardError("text is no base64", ErrorKind.CONVERSION) from None


def _reading(*args: Any) -> int:
    return 1 + sum(len(arg) for arg in args if isinstance(arg, (str, bytes, list, tuple))) // 10


def _affixing(_text: Any, affix: Any) -> int:
    return 1 + len(affix) // 10 if isinstance(affix, str) else 1


def _matching(text: Any, pattern: Any) -> int:
    if not isinstance(text, str) or not isinstance(pattern, str):
        return 1
    return 1 + (len(text) // 10 + 1) * (len(pattern) // 4 + 1)


def _writing(template: Any, values: Any) -> int:
    return _reading(template) + deep_size(values, COST_LIMIT + 1)


def _joining(parts: Any, *_rest: Any) -> int:
    return 1 + len(parts) if isinstance(parts, (list, tuple)) else 1


STRINGS: Final[tuple[Function, ...]] = (
    function("contains", _contains, "has the part", "string.(string) -> bool", cost=_reading),
    function(
        "startsWith", _starts_with, "has the prefix", "string.(string) -> bool", cost=_affixing
    ),
    function("endsWith", _ends_with, "has the suffix", "string.(string) -> bool", cost=_affixing),
    function(
        "matches",
        _matches,
        "an RE2 pattern matches anywhere in the text",
        "string.(string) -> bool",
        "(string, string) -> bool",
        cost=_matching,
    ),
    function("charAt", _char_at, "the code point at an index", "string.(int) -> string"),
    function(
        "indexOf",
        _index_of,
        "index of the first occurrence, or -1",
        "string.(string) -> int",
        "string.(string, int) -> int",
        cost=_reading,
    ),
    function(
        "lastIndexOf",
        _last_index_of,
        "index of the last occurrence, or -1",
        "string.(string) -> int",
        "string.(string, int) -> int",
        cost=_reading,
    ),
    function("lowerAscii", _lower_ascii, "A-Z lower-cased", "string.() -> string", cost=_reading),
    function("upperAscii", _upper_ascii, "a-z upper-cased", "string.() -> string", cost=_reading),
    function(
        "replace",
        _replace,
        "occurrences replaced, at most so many",
        "string.(string, string) -> string",
        "string.(string, string, int) -> string",
        cost=lambda text, *rest: _reading(text, *rest) * 2,
    ),
    function(
        "split",
        _split,
        "parts between separators, at most so many",
        "string.(string) -> list(string)",
        "string.(string, int) -> list(string)",
        cost=_reading,
    ),
    function(
        "substring",
        _substring,
        "code points from a start to an end, the end excluded",
        "string.(int) -> string",
        "string.(int, int) -> string",
        cost=_reading,
    ),
    function(
        "trim", _trim, "without white space at both ends", "string.() -> string", cost=_reading
    ),
    function(
        "join",
        _join,
        "elements in a row, a separator between them",
        "list(string).() -> string",
        "list(string).(string) -> string",
        cost=_joining,
    ),
    function(
        "format",
        format_text,
        "`%s %d %f %e %b %o %x %X` filled from a list",
        "string.(list(dyn)) -> string",
        cost=_writing,
    ),
    function("strings.quote", _quote, "a quoted literal", "(string) -> string", cost=_reading),
    function("base64.encode", _encode, "base64 of bytes", "(bytes) -> string", cost=_reading),
    function("base64.decode", _decode, "bytes of base64", "(string) -> bytes", cost=_reading),
)
