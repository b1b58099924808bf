"""Who speaks: principals, their roles and tokens, and the ways to recognise them.

Rules of this folder: one person is one principal over all their aliases. Nothing here decides about
incidents; the core is told roles as facts. No secret is kept: of a token only its hash.
"""

from interlock.interpreter.identity.authenticator import (
    Authenticator,
    NotAuthenticatedError,
    TokenAuthenticator,
)
from interlock.interpreter.identity.directory import Directory
from interlock.interpreter.identity.permissions import Permission, permissions_of
from interlock.interpreter.identity.principal import Caller, Identity, Principal, Token

__all__ = [
    "Authenticator",
    "Caller",
    "Directory",
    "Identity",
    "NotAuthenticatedError",
    "Permission",
    "Principal",
    "Token",
    "TokenAuthenticator",
    "permissions_of",
]
