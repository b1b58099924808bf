"""The people of the tests: an identity file, a token for each, and how a request shows it."""

from __future__ import annotations

import os

from interlock.interpreter.identity import Directory, Identity
from interlock.interpreter.identity.document import read_identity
from interlock.interpreter.identity.tokens import make_token
from interlock.rulebook.source import SourceFile
from support.story import START

DAY_NS = 86_400_000_000_000
IDENTITY = """\
version: 1
roles: {leads: [approver]}
principals:
  ada: {roles: [responder, leads], aliases: {email: [ada@x.test], slack: [{team: T1, user: U1}]}}
  grace: {roles: [leads], aliases: {slack: [{team: T1, user: U2}]}}
  lin: {roles: [leads, break-glass]}
  viewer: {roles: [viewer]}
  responder: {roles: [responder]}
  approver: {roles: [approver]}
  operator: {roles: [operator]}
  admin: {roles: [admin]}
  breaker: {roles: [break-glass]}
  nobody: {}
"""


class People(Directory):
    """A directory whose tokens are known to the test."""

    def __init__(self, text=IDENTITY, now=START):
        read = read_identity(SourceFile("identity.yaml", text))
        assert read.identity is not None, [str(d.message) for d in read.diagnostics]
        made = {
            name: make_token(name, now + DAY_NS, entropy=os.urandom(36))
            for name in read.identity.principals
        }
        self.tokens = {name: token for name, (token, _) in made.items()}
        kept = {token.id: token for _, token in made.values()}
        super().__init__(Identity(read.identity.principals, kept))

    def change(self, text):
        """Put other principals in force; tokens stay."""
        read = read_identity(SourceFile("identity.yaml", text))
        self.swap(Identity(read.identity.principals, self.current.tokens))

    def headers(self, name):
        return {"Authorization": f"Bearer {self.tokens[name]}"}
