"""Whether a text is a rulebook at all.

Responsible for leaving other YAML files alone: an editor may send every one of them. Never decides
whether a rulebook is right.
"""

from __future__ import annotations

import re
from typing import Final

from interlock.rulebook.editing.schema import SCHEMA
from interlock.rulebook.guard.suggest import nearest
from interlock.schemas import load

_KEY: Final = re.compile(r"^[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*:(?=\s|$)", re.MULTILINE)
_COMMON: Final = frozenset(
    {"version", "name", "description", "events", "sources", "teams", "owner", "scope"}
)
"""Keys that other kinds of files have as well."""


def is_rulebook(text: str) -> bool:
    """Tell whether a text is meant as a rulebook; one that has no keys yet is not."""
    if SCHEMA in text[:1000]:
        return True
    known = load(SCHEMA)["properties"]
    keys = dict.fromkeys(_KEY.findall(text))
    own = [key for key in known if key not in _COMMON]
    if any(key in known and key not in _COMMON for key in keys):
        return True
    if any(nearest(key, own) is not None for key in keys if key not in known):
        return True
    return bool(keys) and all(key in known for key in keys)


def may_become_one(text: str) -> bool:
    """Tell whether a text is a rulebook, or has no key that says it is something else."""
    return is_rulebook(text) or not _KEY.search(text)
