"""The `interlock` command.

Rules of this folder: a command parses, calls one function of the packages below, prints and
returns an exit status; no decision lives here. `commands.py` lists the commands, `main.py` is the
frame around them, and a command's module is imported only when that command runs, so nothing here
may import one at module level. click stays in this folder.
"""
