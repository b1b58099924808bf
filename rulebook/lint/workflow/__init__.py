"""Room: workflow rules beside one another and beside the events that arrive."""

from interlock.rulebook.lint.workflow import duplicates, triggers

RULES = (*duplicates.RULES, *triggers.RULES)
