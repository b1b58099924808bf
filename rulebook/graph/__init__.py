"""The model, resolved and compiled: one immutable state graph with a digest.

Rules of this folder: every name is resolved and every default filled in here, so that nothing
downstream looks at YAML again; `guards` is the one seam to the guard language. One root cause gives
one finding. Nothing here runs an incident.
"""
