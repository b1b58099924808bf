"""Evidence: is the journal what was written, and what of it may be shown or must go?

Rules of this folder: reads a journal through `JournalLog`, beside the daemon that writes it, and
trusts nothing that it can compute. `cryptography` is imported in `signing.py` only.
"""
