"""Which characters a rulebook may not hold.

Responsible for refusing text that a person would read differently from the machine: bidirectional
controls (CVE-2021-42574), control characters, stray byte order marks, lone surrogates and line ends
that editors and YAML disagree about. Never changes the text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from interlock.rulebook.catalogue import finding
from interlock.rulebook.source import SourceFile, Span

if TYPE_CHECKING:
    from interlock.rulebook.diagnostics import Diagnostic

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but tab and line ends
    "\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # bidirectional controls
    "|\r(?!\n)"
)
_FINDINGS_MAX = 20
_NAMES = {"\0": "NUL", "\r": "CARRIAGE RETURN alone", "\ufeff": "BYTE ORDER MARK"}


def check_characters(source: SourceFile) -> list[Diagnostic]:
    """Return one error per forbidden character, at most twenty."""
    found = []
    for match in _FORBIDDEN.finditer(source.text):
        char = match[0]
        found.append(
            finding(
                "Y001",
                f"character U+{ord(char):04X} ({_name(char)}) may not stand in a rulebook",
                Span(source, match.start(), match.end()),
                help=_remedy(char),
            )
        )
        if len(found) == _FINDINGS_MAX:
            break
    return found


def _name(char: str) -> str:
    return _NAMES.get(char, unicodedata.name(char, "a control character"))


def _remedy(char: str) -> str:
    if char == "\r":
        return "end lines with a line feed, or with carriage return and line feed"
    if char in "\ufeff\0":
        return "save the file as UTF-8"
    return f'delete it; where it is meant, write it as "\\u{ord(char):04x}" in double quotes'
