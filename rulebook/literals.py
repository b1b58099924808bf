"""Small notations inside scalars: durations, transitions, times.

Responsible for turning their text into values, or into a `Problem` that says which characters are
wrong. Knows nothing of YAML; positions are offsets into the given text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

_UNITS_NS = {
    "w": 604_800_000_000_000,
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
}
_PART = re.compile(r"([0-9]+)(ms|[wdhms])")
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[wdhms]))+")
DURATION_MAX_NS = 3650 * _UNITS_NS["d"]
_ARROW = re.compile(r"->")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?<!-)")
_REMEMBERED = 4096  # texts; large rulebooks write the same ones again and again
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Problem(NamedTuple):
    """What is wrong with a piece of text, and the range of it that is."""

    message: str
    start: int
    end: int
    help: str | None = None


class Name(NamedTuple):
    """A word and where in the text it stands."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


class Transition(NamedTuple):
    """`A, B -> C`; `any` alone stands for every state that may be left."""

    sources: tuple[Name, ...]
    target: Name

    @property
    def is_from_any(self) -> bool:
        """True for `any -> C`."""
        return self.sources[0].text == "any"


@lru_cache(_REMEMBERED)
def parse_duration(text: str, *, is_zero_allowed: bool = False) -> int | Problem:
    """Read `90s`, `5m`, `1h30m`, `5d`: units `w d h m s ms`, largest first, each at most once.

    Returns:
        Nanoseconds, more than zero and at most ten years, or what is wrong.
    """
    if not _DURATION.fullmatch(text):
        return Problem(f"`{text}` is no duration", 0, len(text), "such as 90s, 5m, 1h30m or 5d")
    total, units = 0, list(_UNITS_NS)
    for match in _PART.finditer(text):
        unit = match[2]
        if unit not in units:
            return Problem(
                f"`{unit}` stands twice or after a smaller unit in `{text}`",
                *match.span(2),
                "write units from large to small, each once: 1h30m",
            )
        del units[: units.index(unit) + 1]
        total += int(match[1]) * _UNITS_NS[unit]
    if total > DURATION_MAX_NS:
        return Problem(f"`{text}` is longer than ten years", 0, len(text))
    if total == 0 and not is_zero_allowed:
        return Problem(f"`{text}` is no time at all", 0, len(text), "it must be more than zero")
    return total


def format_duration(nanoseconds: int) -> str:
    """Return the shortest canonical text: `1h30m`, never `90m`; weeks are written as days."""
    parts = []
    for unit, size in _UNITS_NS.items():
        if unit != "w" and (count := nanoseconds // size):
            parts.append(f"{count}{unit}")
            nanoseconds -= count * size
    return "".join(parts) or "0s"


@lru_cache(_REMEMBERED)
def parse_transition(text: str) -> Transition | Problem:
    """Read `A -> B`, `A, B -> C` or `any -> C`."""
    arrows = list(_ARROW.finditer(text))
    if len(arrows) != 1:
        return Problem(
            f"`{text}` is no transition",
            0,
            len(text),
            "such as `A -> B`, `A, B -> C` or `any -> C`",
        )
    sources = _names(text, 0, arrows[0].start())
    if isinstance(sources, Problem):
        return sources
    targets = _names(text, arrows[0].end(), len(text))
    if isinstance(targets, Problem):
        return targets
    if len(targets) > 1:
        second = targets[1]
        return Problem("a transition has one target", second.start, second.end)
    seen: set[str] = set()
    for name in sources:
        if name.text in seen or (name.text == "any" and len(sources) > 1):
            return Problem(f"`{name.text}` is already among the states left", name.start, name.end)
        seen.add(name.text)
    if targets[0].text == "any":
        return Problem("`any` can only be left", targets[0].start, targets[0].end)
    return Transition(tuple(sources), targets[0])


def _names(text: str, start: int, end: int) -> list[Name] | Problem:
    names = []
    for part in re.finditer(r"[^,]+|(?<=,)(?=,)|^(?=,)|(?<=,)$", text[start:end]):
        word = part[0].strip()
        at = start + part.start() + len(part[0]) - len(part[0].lstrip())
        if not word:
            return Problem("a state's name is missing here", at, at)
        if not _NAME.fullmatch(word):
            return Problem(f"`{word}` is no name of a state", at, at + len(word))
        names.append(Name(word, at))
    return names or Problem("a state's name is missing here", start, end)


def parse_time(text: str) -> datetime | Problem:
    """Read an RFC 3339 time, or a date for its first moment; without an offset it is naive."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return Problem(
            f"`{text}` is not a time", 0, len(text), "such as 2026-01-05 or 2026-01-05T08:00:00Z"
        )


def nanoseconds_of(moment: datetime) -> int:
    """Return an aware time as nanoseconds since 1970 (UTC)."""
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1_000


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def parse_days(text: str) -> frozenset[int] | Problem:
    """Read `Mon-Fri` or `Sat,Sun`, also round the week's end: `Fri-Mon`. Monday is 0."""
    days: set[int] = set()
    at = 0
    for part in text.split(","):
        ends = [word.strip() for word in part.split("-")]
        if len(ends) > 2 or any(end not in _DAYS for end in ends):  # noqa: PLR2004 - a range
            message = f"`{part.strip()}` is no day and no range of days"
            return Problem(message, at, at + len(part), "such as Sat-Sun")
        at += len(part) + 1
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        days.update((first + i) % 7 for i in range((last - first) % 7 + 1))
    return frozenset(days)


def parse_hours(text: str) -> tuple[int, int] | Problem:
    """Read `09:00-17:30` as minutes since midnight; an end before the start is the next day's."""
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if match is None:
        return Problem(f"`{text}` is no range of hours", 0, len(text), "such as 09:00-17:30")
    first = int(match[1]) * 60 + int(match[2])
    last = int(match[3]) * 60 + int(match[4])
    hour = 60
    whole_day = 24 * hour
    is_odd = int(match[2]) >= hour or int(match[4]) >= hour
    if first >= whole_day or last > whole_day or is_odd:
        return Problem(f"`{text}` names no times of a day", 0, len(text), "such as 09:00-17:30")
    return first, last
