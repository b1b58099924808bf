"""Findings that were there when a project began to lint, so that only new ones are reported.

Responsible for keys that survive edits elsewhere in a file (code, path, what it is about, a hash of
the message; never a line) and for comparing findings with them. Never reads or writes a file.
Errors of the language are never part of it: such a rulebook does not run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from interlock.rulebook.diagnostics import Diagnostic
from interlock.rulebook.lint.settings import is_language_error

if TYPE_CHECKING:
    from collections.abc import Iterable


SCHEMA_ID = "interlock.baseline/1"


class BaselineError(Exception):
    """A text is no baseline; says why."""


class Key(NamedTuple):
    """What a finding is recognised by."""

    code: str
    path: str
    object: str
    message: str


class Compared(Struct, frozen=True):
    """Findings beside a baseline.

    Attributes:
        new: Those the baseline does not have.
        known: How many it has.
        stale: Entries of it that are no more, with how many of each.
    """

    new: tuple[Diagnostic, ...]
    known: int
    stale: Mapping[Key, int]


def key_of(item: Diagnostic) -> Key:
    """Return what a finding is recognised by."""
    digest = sha256(item.message.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Key(item.code, item.span.source.name, item.subject or item.pointer or "", digest)


def render_baseline(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the baseline of these findings as JSON with a line end, in a stable order."""
    counts = Counter(key_of(item) for item in diagnostics if not is_language_error(item))
    findings = [{**key._asdict(), "count": count} for key, count in sorted(counts.items())]
    return json.dumps({"schema": SCHEMA_ID, "findings": findings}, indent=2) + "\n"


def read_baseline(text: str) -> Mapping[Key, int]:
    """Read a baseline.

    Raises:
        BaselineError: The text is none.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BaselineError(f"not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA_ID:
        raise BaselineError(f'it has no "schema": "{SCHEMA_ID}"')
    counts: Counter[Key] = Counter()
    for entry in document.get("findings", []):
        key, count = _entry(entry)
        counts[key] += count
    return counts


def _entry(entry: Any) -> tuple[Key, int]:
    try:
        key, count = Key(*(entry[name] for name in Key._fields)), entry["count"]
    except (KeyError, TypeError):
        raise BaselineError(f"an entry lacks one of {', '.join(Key._fields)}, count") from None
    if not all(isinstance(part, str) for part in key) or not isinstance(count, int):
        raise BaselineError("an entry holds a value of the wrong type")
    return key, count


def compare(
    diagnostics: Iterable[Diagnostic], baseline: Mapping[Key, int], checked: Iterable[str]
) -> Compared:
    """Take the findings that a baseline knows out, each as often as it stands there.

    Args:
        diagnostics: The findings.
        baseline: What `read_baseline` gave.
        checked: The names of the files that were checked; entries of others are not stale.
    """
    left = Counter(dict(baseline))
    new = []
    known = 0
    for item in diagnostics:
        key = key_of(item)
        if left[key] > 0 and not is_language_error(item):
            left[key] -= 1
            known += 1
        else:
            new.append(item)
    names = frozenset(checked)
    stale = {key: count for key, count in left.items() if count > 0 and key.path in names}
    return Compared(tuple(new), known, stale)
