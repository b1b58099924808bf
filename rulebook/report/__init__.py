"""Diagnostics as text for people and for machines.

Rules of this folder: pure string building, byte-identical for identical input; nothing here decides
what is a finding. Whatever a rulebook quotes may come from anywhere, so text reaches an output only
through `cells.clean` or `cells.show`.
"""

from interlock.rulebook.report.github import render_github
from interlock.rulebook.report.json_document import SCHEMA_ID, fingerprint, render_json
from interlock.rulebook.report.sarif import render_sarif
from interlock.rulebook.report.statistics import render_statistics
from interlock.rulebook.report.summary import Tally, summarise
from interlock.rulebook.report.text import render_compact, render_text

__all__ = [
    "SCHEMA_ID",
    "Tally",
    "fingerprint",
    "render_compact",
    "render_github",
    "render_json",
    "render_sarif",
    "render_statistics",
    "render_text",
    "summarise",
]
