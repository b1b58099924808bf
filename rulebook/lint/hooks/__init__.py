"""Room: hooks, the steps that call them, and runbooks."""

from interlock.rulebook.lint.hooks import retries, secrets, unused

RULES = (*retries.RULES, *secrets.RULES, *unused.RULES)
