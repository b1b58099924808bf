"""Principals, tokens and the whole of an identity file, as values.

Rules of this file: immutable; a change of the file is a new `Identity`. Lookups are by exact
identifiers, never by display names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from interlock.interpreter.identity.permissions import Permission, permissions_of

Instant = int


class Slack(Struct, frozen=True):
    """An account of a Slack workspace."""

    team: str
    user: str


class Oidc(Struct, frozen=True):
    """A subject of an OpenID Connect issuer."""

    issuer: str
    subject: str


class Principal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person or machine.

    Attributes:
        roles: Those written and the built-in ones that they bring along, sorted.
        teams: The teams it belongs to.
    """

    id: str
    name: str
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    slack: tuple[Slack, ...] = ()
    email: tuple[str, ...] = ()
    oidc: tuple[Oidc, ...] = ()


class Token(Struct, frozen=True, kw_only=True):
    """An API token, without its secret; `scopes` None: all that its principal may do."""

    id: str
    principal: str
    sha256: str
    expires: Instant
    scopes: frozenset[Permission] | None = None


class Caller(Struct, frozen=True):
    """Who makes a request, and what they may do with it."""

    principal: str
    permissions: frozenset[Permission]


class Identity(Struct, frozen=True, dict=True):
    """An identity file: principals and tokens, each by its id."""

    principals: Mapping[str, Principal]
    tokens: Mapping[str, Token] = {}

    def caller(self, principal_id: str, scopes: frozenset[Permission] | None = None) -> Caller:
        """Return a principal as a caller, with no more than the scopes; raises KeyError."""
        permitted = permissions_of(self.principals[principal_id].roles)
        return Caller(principal_id, permitted if scopes is None else permitted & scopes)

    def roles_of(self, principal_id: str) -> tuple[str, ...] | None:
        """Return the roles a principal holds; None where there is no such principal."""
        known = self.principals.get(principal_id)
        return None if known is None else known.roles

    def by_slack(self, team: str, user: str) -> Principal | None:
        """Return whose Slack account this is: workspace and user, both."""
        return self._by_alias.get(Slack(team, user))

    def by_email(self, address: str) -> Principal | None:
        """Return whose e-mail address this is."""
        return self._by_alias.get(address.casefold())

    def by_oidc(self, issuer: str, subject: str) -> Principal | None:
        """Return whose subject this is at that issuer."""
        return self._by_alias.get(Oidc(issuer, subject))

    @cached_property
    def _by_alias(self) -> dict[object, Principal]:
        return {
            alias: principal
            for principal in self.principals.values()
            for alias in aliases_of(principal)
        }


def aliases_of(principal: Principal) -> list[object]:
    """Return all that a principal is called elsewhere, as keys that compare."""
    return [*principal.slack, *principal.oidc, *(address.casefold() for address in principal.email)]
