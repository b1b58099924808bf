"""Senders' words for how bad it is, to severities of the rulebook.

Responsible for the order in which a word is looked up. Never guesses silently: an unknown word
becomes P3 and says so, and so does a `P0`, which becomes P1: a severity without a row would tell
nobody. An absent one stays None, since the core owns the default at opening.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from interlock.interpreter.core.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.graph.state_graph import Source

UNKNOWN_BECOMES: Final = "P3"
WORDS: Final[Mapping[str, str]] = {
    "critical": "P1",
    "error": "P2",
    "warning": "P3",
    "info": "P4",
    "none": "P4",
}
SENDER_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "datadog": {"p5": "P4", "success": "P4"},
    "otlp": {"fatal": "P1", "warn": "P3"},
    "pagerduty": {"p5": "P4", "high": "P2", "low": "P4"},
    "sentry": {"fatal": "P1", "debug": "P4"},
}
"""Words that only one type of source has; what is not here is in `WORDS`."""
WORST: Final = "P1"
_KNOWN = re.compile(r"p[1-4]", re.ASCII)
_WORSE_THAN_WORST = re.compile(r"p0+|sev-?0+", re.ASCII)
_SHOWN_LENGTH: Final = 40


class SeverityWords(Struct, frozen=True):
    """The words of one source, in lower case, each with its severity.

    `own` is the source's `severity` map and goes first; `rows` are the matrix's names; `sender` is
    what its type adds to the common words.
    """

    own: Mapping[str, str] = {}
    rows: Mapping[str, str] = {}
    sender: Mapping[str, str] = {}


def severity_words(source: Source | None, rows: Iterable[str]) -> SeverityWords:
    """Prepare the look-up for a source (None: no words of its own) and a matrix's row names."""
    own = source.severity if source is not None else {}
    return SeverityWords(
        own={word.casefold(): severity for word, severity in own.items()},
        rows={row.casefold(): row for row in rows},
        sender=SENDER_WORDS.get(source.type, {}) if source is not None else {},
    )


def read_severity(value: Any, words: SeverityWords, remarks: list[str]) -> str | None:
    """Return the severity that a sender's word means; None where none was given."""
    if value is None or value == "":
        return None
    word = value if isinstance(value, str) else encode(value).decode()
    key = word.strip().casefold()
    for known in (words.own, words.rows, words.sender, WORDS):
        if (severity := known.get(key)) is not None:
            return severity
    if _KNOWN.fullmatch(key):
        return key.upper()
    taken_as = WORST if _WORSE_THAN_WORST.fullmatch(key) else UNKNOWN_BECOMES
    remarks.append(f"unknown severity {word[:_SHOWN_LENGTH]!r}, taken as {taken_as}")
    return taken_as
