"""Room: the severity matrix, its clocks and its channels."""

from interlock.rulebook.lint.severity import clocks, silent

RULES = (*clocks.RULES, *silent.RULES)
