"""The language server: what editors ask, over the Language Server Protocol.

Rules of this folder: only here is the protocol known; every answer comes from `rulebook.editing`
and from the linter. `command` imports nothing of the protocol's library, so that it can say what is
missing. Nothing is printed: standard output is the protocol.
"""
