"""Canonical layout of rulebooks.

Rules of this folder: pure, text in, text out. A formatted rulebook says exactly what it said
before, keeps every comment, and is not changed by being formatted again. What cannot be taken apart
safely is left as it is.
"""

from __future__ import annotations

from interlock.rulebook.format.formatter import Formatted, format_rulebook

__all__ = ["Formatted", "format_rulebook"]
