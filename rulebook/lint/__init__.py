"""Lint: what is probably wrong with a rulebook that can be read.

Rules of this folder: a lint rule is a page (what it finds, why it matters, bad and good examples)
and a pure function that yields diagnostics; it neither stores nor prints. Rules live in rooms
(`graph`, `workflow`, `guards`, `hooks`, `severity`), each exporting `RULES`; no room imports
another. `pages` describes what the language itself reports, so that every code has a page.
"""
