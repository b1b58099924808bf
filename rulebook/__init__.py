"""The rulebook language: YAML text to a compiled, immutable state graph.

Rules of this folder: pure but for `loader.py`, which reads files to text; findings are values
(`Diagnostic`) until a caller asks for a graph and gets `RulebookError` instead; nothing here runs
an incident. Public names are imported on first use, so that a part (guards alone, graphs alone)
starts without the YAML reader.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interlock.rulebook.checking import Checked, check_rulebook
    from interlock.rulebook.diagnostics import Diagnostic, Level, RulebookError
    from interlock.rulebook.graph.state_graph import StateGraph
    from interlock.rulebook.loader import compile_rulebook, load_rulebook, read_sources

__all__ = [
    "Checked",
    "Diagnostic",
    "Level",
    "RulebookError",
    "StateGraph",
    "check_rulebook",
    "compile_rulebook",
    "load_rulebook",
    "read_sources",
]

_HOMES = {
    "Checked": "checking",
    "check_rulebook": "checking",
    "Diagnostic": "diagnostics",
    "Level": "diagnostics",
    "RulebookError": "diagnostics",
    "StateGraph": "graph.state_graph",
    "compile_rulebook": "loader",
    "load_rulebook": "loader",
    "read_sources": "loader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
