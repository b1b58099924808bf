"""Generated documentation: from the lint registry, the schemas and the table of functions.

Rules of this folder: every fact comes from the thing documented; a test holds the committed pages
equal to the generated ones. `python -m interlock.cli.reference --write` writes them into `docs/`.
To add a page, write a function from nothing to text and a row in `pages.py`.
"""
