"""`docs/roles.md`: which role may ask for what, out of the table that the server checks."""

from __future__ import annotations

from interlock.interpreter.identity.permissions import BUILT_IN_ROLES
from interlock.interpreter.server.authorisation import ENDPOINTS, OPEN, PERMISSION_BY_TYPE

_HEAD = """\
# Roles and endpoints

Generated from the table that the daemon checks. A role of your own (`roles:` of the identity file)
permits what the built-in roles permit that it brings along.
"""
_OPEN = "open: sources authenticate in their own way, probes not at all"


def render_roles() -> str:
    """Return the page."""
    roles = list(BUILT_IN_ROLES)
    lines = [_HEAD, f"| endpoint | {' | '.join(roles)} |", f"|---|{'---|' * len(roles)}"]
    for (method, path), needed in ENDPOINTS.items():
        if needed is OPEN:
            cells = ["open"] * len(roles)
        else:
            cells = ["-" if needed.isdisjoint(BUILT_IN_ROLES[role]) else "yes" for role in roles]
        lines.append(f"| `{method} {path}` | {' | '.join(cells)} |")
    lines += [f"\n*{_OPEN}.*\n", "What is said to an incident needs a permission of its own:\n"]
    lines += [f"| event | {' | '.join(roles)} |", f"|---|{'---|' * len(roles)}"]
    for type_, permission in PERMISSION_BY_TYPE.items():
        cells = ["yes" if permission in BUILT_IN_ROLES[role] else "-" for role in roles]
        lines.append(f"| `{type_}` | {' | '.join(cells)} |")
    others = ["yes" if "respond" in BUILT_IN_ROLES[role] else "-" for role in roles]
    lines.append(f"| every other | {' | '.join(others)} |")
    return "\n".join(lines) + "\n"
