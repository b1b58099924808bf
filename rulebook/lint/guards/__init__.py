"""Room: guards that cannot do what they are there for."""

from interlock.rulebook.lint.guards import clock, constant

RULES = (*constant.RULES, *clock.RULES)
