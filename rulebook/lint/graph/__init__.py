"""Room: states and the ways between them."""

from interlock.rulebook.lint.graph import cycles, reachability, resolving

RULES = (*reachability.RULES, *cycles.RULES, *resolving.RULES)
