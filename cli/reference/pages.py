"""Which pages are generated, and from what.

Rules of this file: data only, but for reading the sources of the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.cli.reference.guards_page import render_guards
from interlock.cli.reference.roles_page import render_roles
from interlock.cli.reference.schema_page import render_schema
from interlock.rulebook.lint.reference import render_catalogue
from interlock.rulebook.lint.registry import PAGES as LINT_PAGES
from interlock.schemas import load

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: dict[str, Callable[[], str]] = {
    "lint.md": lambda: render_catalogue(LINT_PAGES),
    "rulebook.md": lambda: render_schema(load("rulebook.v1.json")),
    "guards.md": render_guards,
    "roles.md": render_roles,
}
