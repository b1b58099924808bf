"""Room: workflow rules beside one another, their gates, and the events that arrive."""

from interlock.rulebook.lint.workflow import duplicates, fields, gates, loops, triggers

RULES = (
    *duplicates.RULES,
    *fields.RULES,
    *gates.RULES,
    *loops.RULES,
    *triggers.RULES,
)
