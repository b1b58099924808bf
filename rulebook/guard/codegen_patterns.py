r"""RE2 patterns that Python's `re` matches with the same answer and in linear time.

Responsible for recognising them and for the equal Python pattern; every other pattern is RE2's. A
call of RE2 from Python takes about ten times as long as one of `re`, and most patterns in guards
are as simple as `^(High|Critical) .*latency.*$`.

A recognised pattern is a row of fixed text, `.`, and a few groups of alternatives, with `.*`
between, perhaps anchored. Both engines take these alike once `$` is written `\Z` and the text is
ASCII: RE2 refuses lone surrogates. `.*x` becomes `(?>.*?x)`, which never goes back: a later `x`
matches nothing more, because the `.*` after it takes what lies between. That needs an `x` of one
length, since the earliest end is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

_CHARACTER: Final = r"(?:[A-Za-z0-9_ \-/:,;=@#%&~!<>'\"]|\\[!-/:-@\[-^`{-~])"
_ITEM: Final = re.compile(
    rf"(?P<gap>\.\*)|(?:(?P<dot>\.)|(?P<text>{_CHARACTER})"
    rf"|\((?:\?:)?(?P<choice>{_CHARACTER}+(?:\|{_CHARACTER}+)*)\))(?![*+?{{])"
)
_ANY: Final = re.compile(_CHARACTER)
_CHOICES_MAX: Final = 2  # each may be tried anew for each alternative of the one before
_TEXT_MAX: Final = 2_000  # code points
_UNANCHORED_TEXT_MAX: Final = 400  # each start may read to the end once


class LinearPattern(msgspec.Struct, frozen=True):
    """A Python search that answers as RE2 does.

    Attributes:
        search: Takes ASCII text; returns None when nothing matches.
        text_max: The longest text, in code points, for which that takes bounded time.
        steps_max: How many steps it takes at most on such text.
    """

    search: Callable[[str], Any]
    text_max: int
    steps_max: int


class _Segment(msgspec.Struct):
    """What stands between two gaps: its Python pattern, and whether it matches one length only."""

    text: str = ""
    is_fixed: bool = True


def linear_pattern(pattern: str) -> LinearPattern | None:
    """Return the equal Python search, or None when the pattern is not recognised."""
    is_anchored = pattern.startswith("^")
    is_closed = pattern.endswith("$") and not pattern.endswith(r"\$")
    segments = _segments(pattern[is_anchored : len(pattern) - is_closed])
    if segments is None:
        return None
    if not is_anchored:
        # what precedes the first segment does not matter, and what follows the last neither
        while len(segments) > 1 and not segments[0].text:
            segments.pop(0)
    first, *rest = segments
    if not is_closed:
        while rest and not rest[-1].text:
            rest.pop()
    # after the last occurrence on a line only the line's end can follow, as after any other
    ends_open = len(rest) > 1 and not rest[-1].text
    lazy = rest[: -2 if ends_open else -1]
    if not all(segment.is_fixed for segment in lazy):
        return None
    text = first.text + "".join(f"(?>.*?{segment.text})" for segment in lazy)
    if ends_open:
        text += f"(?>.*{rest[-2].text})"
    if rest:
        text += f".*{rest[-1].text}"
    compiled = re.compile(text + (r"\Z" if is_closed else ""))
    if rest and not is_anchored:
        return LinearPattern(compiled.search, _UNANCHORED_TEXT_MAX, _UNANCHORED_TEXT_MAX**2)
    search = compiled.match if is_anchored else compiled.search
    return LinearPattern(search, _TEXT_MAX, _TEXT_MAX * 4)


def _segments(pattern: str) -> list[_Segment] | None:
    segments = [_Segment()]
    choices = position = 0
    while position < len(pattern):
        item = _ITEM.match(pattern, position)
        if item is None:
            return None
        position = item.end()
        if item["gap"]:
            segments.append(_Segment())
        elif item["choice"]:
            choices += 1
            alternatives = item["choice"].split("|")
            lengths = {len(_ANY.findall(alternative)) for alternative in alternatives}
            segments[-1].is_fixed &= len(lengths) == 1
            segments[-1].text += f"(?:{item['choice']})"
        else:
            segments[-1].text += item[0]
    return segments if choices <= _CHOICES_MAX else None
