"""Room: states and the ways between them."""

from interlock.rulebook.lint.graph import cycles, reachability

RULES = (*reachability.RULES, *cycles.RULES)
