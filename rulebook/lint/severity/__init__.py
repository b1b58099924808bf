"""Room: the severity matrix, its clocks, its channels and what it requires."""

from interlock.rulebook.lint.severity import clocks, escalation, post_mortem, silent

RULES = (*clocks.RULES, *escalation.RULES, *post_mortem.RULES, *silent.RULES)
