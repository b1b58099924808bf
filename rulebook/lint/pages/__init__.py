"""Pages of the codes that reading and compiling a rulebook report.

Rules of this folder: code, slug, level and summary come from `rulebook.catalogue`; a page adds why,
examples and limits. `describe` joins the two, so that neither can drift.
"""

from interlock.rulebook.lint.pages import actions, document, graph, guard, people

PAGES = (*document.PAGES, *guard.PAGES, *graph.PAGES, *actions.PAGES, *people.PAGES)
