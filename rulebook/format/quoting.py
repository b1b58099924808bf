"""When a text needs quotes in YAML, and which.

Responsible for plain scalars that every reader takes for the same string: YAML 1.2's core schema
and YAML 1.1, under which `on`, `1:30`, `0x1F` and `2026-01-05` are something else. Sources: YAML
1.2.2 chapters 7.3 and 10.3.2; the YAML 1.1 type repository. Never decides what a text means.
"""

from __future__ import annotations

import re
from typing import Final

from interlock.rulebook.document.scalars import resolve_plain

_YAML_1_1: Final = re.compile(
    r"""(?:y|n|yes|no|on|off|true|false|null|~|=|<<)
    |[-+]?(?:0b[01_]+|0x[0-9a-f_]+|[0-9][0-9_]*)                  # int
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?             # base 60
    |[-+]?(?:[0-9][0-9_]*)?\.[0-9.]*(?:e[-+]?[0-9]+)?             # float
    |[-+]?[0-9][0-9_]*e[-+]?[0-9]+
    |[-+]?\.inf|\.nan
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|[ \t]+).*)?            # timestamp
    """,
    re.VERBOSE | re.IGNORECASE,
)
_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`=<~")
_BREAKS_PLAIN: Final = re.compile(r": |:$| #|^(?:---|\.\.\.)|^ | $|\t")
_BREAKS_FLOW: Final = re.compile(r"[\[\]{},?]|:[\"']")
_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_LATIN, _BASIC = 0xFF, 0xFFFF


def is_plain(text: str, *, is_in_flow: bool) -> bool:
    """Tell whether the text may stand without quotes and is a string to every reader."""
    if not text or not text.isprintable() or _BREAKS_PLAIN.search(text):
        return False
    if text[0] in _INDICATORS and not (text[0] == "-" and text[1:2].isalnum()):
        return False
    if is_in_flow and _BREAKS_FLOW.search(text):
        return False
    return isinstance(resolve_plain(text), str) and _YAML_1_1.fullmatch(text) is None


def quote(text: str) -> str:
    """Return the text in double quotes, or in single quotes where fewer escapes are needed then."""
    if text.isprintable() and text.count("'") < text.count('"') + text.count("\\"):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= _LATIN:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BASIC else f"\\U{code:08x}"
