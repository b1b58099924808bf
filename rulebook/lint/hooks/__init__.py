"""Room: hooks, the steps that call them, what they are sent, and runbooks."""

from interlock.rulebook.lint.hooks import (
    destructive,
    idempotency,
    patience,
    results,
    retries,
    secrets,
    templates,
    unused,
)

RULES = (
    *retries.RULES,
    *idempotency.RULES,
    *patience.RULES,
    *results.RULES,
    *secrets.RULES,
    *unused.RULES,
    *destructive.RULES,
    *templates.RULES,
)
