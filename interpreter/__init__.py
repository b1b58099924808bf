"""What runs a compiled rulebook.

Rules of this folder: `core` decides and folds, purely; `journal`, `sources` and `hooks` are
adapters that know nothing of one another; `runtime` puts them together and `server` speaks HTTP.
Nothing is answered, sent or visible before its record is durable.
"""
