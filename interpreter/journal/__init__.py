"""The durable memory: what was decided, what is still to be done, and where it is kept.

Rules of this folder: `store.py` is the role, and its promises hold for every store alike
(tests/contracts). Stores keep bytes and never make or interpret them; what commits must obey
(`commit_rules`), what a claim may take (`claiming`) and how pages are cut (`listing`) is decided
once, for all of them. `sqlite3` is imported in `sqlite*.py` only; SQL is in `sql/`.
"""
