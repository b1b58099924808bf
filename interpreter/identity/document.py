"""The identity file: YAML text to an `Identity`, or findings with places.

Rules of this file: all or nothing, like a rulebook. What would let one person count as two (an
alias of two principals) is an error, and so is a role that nothing declares. Reads no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interlock.interpreter.identity.permissions import BUILT_IN_ROLES, Permission
from interlock.interpreter.identity.principal import (
    Identity,
    Oidc,
    Principal,
    Slack,
    Token,
    aliases_of,
)
from interlock.rulebook.catalogue import finding
from interlock.rulebook.diagnostics import Label, has_errors, sort_diagnostics
from interlock.rulebook.document.conformance import check_conformance
from interlock.rulebook.document.nodes import key_span, span_of
from interlock.rulebook.document.reader import read_document
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.suggest import listed, nearest
from interlock.rulebook.guard.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.nodes import MapNode, Step
    from interlock.rulebook.source import SourceFile, Span

SCHEMA: Final = "identity.v1.json"
RESERVED_IDS: Final = frozenset({"anonymous", "engine", "signal", "watch", "system"})
"""Names that records use for who is no principal."""


class ReadIdentity(NamedTuple):
    """What reading gave: the identity unless the file is wrong, and the findings."""

    identity: Identity | None
    diagnostics: tuple[Diagnostic, ...]


class IdentityFileError(Exception):
    """An identity file that is wrong; holds the findings."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.span}: {d.message}" for d in self.diagnostics))


def read_identity(source: SourceFile) -> ReadIdentity:
    """Read an identity file's text."""
    reading = read_document(source)
    root, diagnostics = reading.root, list(reading.diagnostics)
    if root is not None and not has_errors(diagnostics):
        diagnostics += check_conformance(root, SCHEMA, "an identity file")
    if root is None or has_errors(diagnostics):
        return ReadIdentity(None, sort_diagnostics(diagnostics))
    checked = _Checked(root)
    identity = checked.identity()
    found = sort_diagnostics(checked.diagnostics)
    return ReadIdentity(None if has_errors(found) else identity, found)


class _Checked:
    """One document that conforms to the schema, on its way to an identity."""

    def __init__(self, root: MapNode) -> None:
        self._root = root
        self._own: dict[str, list[str]] = root.get("roles", {})
        self.diagnostics: list[Diagnostic] = []

    def identity(self) -> Identity:
        """Return the identity, noting what is wrong with it."""
        for role in set(self._own) & set(BUILT_IN_ROLES):
            where = key_span(self._root["roles"], role)
            self._report("Y007", f"`{role}` is a built-in role; name yours otherwise", where)
        principals = {name: self._principal(name) for name in self._root["principals"]}
        self._check_aliases(principals)
        tokens: dict[str, Token] = {}
        for index in range(len(self._root.get("tokens", ()))):
            token = self._token(index)
            if token.id in tokens:
                where = self._at("tokens", index, "id")
                self._report("Y007", f"token `{token.id}` is there twice", where)
            tokens[token.id] = token
        return Identity(principals, tokens)

    def _principal(self, name: str) -> Principal:
        if name in RESERVED_IDS:
            where = key_span(self._root["principals"], name)
            self._report("Y005", f"`{name}` is reserved: records use it for no principal", where)
        entry: dict[str, Any] = self._root["principals"][name]
        aliases = entry.get("aliases", {})
        return Principal(
            id=name,
            name=entry.get("name", name),
            roles=self._roles(name, entry.get("roles", ())),
            teams=tuple(entry.get("teams", ())),
            slack=tuple(Slack(one["team"], one["user"]) for one in aliases.get("slack", ())),
            email=tuple(aliases.get("email", ())),
            oidc=tuple(Oidc(one["issuer"], one["subject"]) for one in aliases.get("oidc", ())),
        )

    def _roles(self, name: str, written: list[str]) -> tuple[str, ...]:
        known = [*BUILT_IN_ROLES, *self._own]
        roles: set[str] = set()
        for index, role in enumerate(written):
            if role not in known:
                where = self._at("principals", name, "roles", index)
                self._unknown("role", role, known, where, "declare it under `roles`")
            roles |= {role, *self._own.get(role, ())}
        return tuple(sorted(roles))

    def _check_aliases(self, principals: dict[str, Principal]) -> None:
        seen: dict[object, str] = {}
        for name, principal in principals.items():
            for alias in aliases_of(principal):
                other = seen.setdefault(alias, name)
                if other != name:
                    self._shared_alias(alias, name, other)

    def _shared_alias(self, alias: object, name: str, other: str) -> None:
        shown = f"`{alias}`" if isinstance(alias, str) else f"this {type(alias).__name__} account"
        self.diagnostics.append(
            finding(
                "Y007",
                f"{shown} belongs to `{other}` already: one person is one principal",
                self._at("principals", name, "aliases"),
                labels=(Label(self._at("principals", other, "aliases"), "it is here too"),),
                help="give one person one entry, with all their aliases",
            )
        )

    def _token(self, index: int) -> Token:
        entry: dict[str, Any] = self._root["tokens"][index]
        principals = list(self._root["principals"])
        if entry["principal"] not in principals:
            where = self._at("tokens", index, "principal")
            self._unknown("principal", entry["principal"], principals, where)
        scopes = entry.get("scopes")
        return Token(
            id=entry["id"],
            principal=entry["principal"],
            sha256=entry["sha256"],
            expires=self._expires(index, entry["expires"]),
            scopes=None if scopes is None else frozenset(map(Permission, scopes)),
        )

    def _expires(self, index: int, text: str) -> int:
        try:
            return parse_timestamp(text).nanoseconds
        except GuardError:
            where = self._at("tokens", index, "expires")
            self._report("Y005", f"`{text}` is no time such as 2027-02-22T00:00:00Z", where)
            return 0

    def _unknown(
        self, kind: str, name: str, known: list[str], where: Span, remedy: str | None = None
    ) -> None:
        near = nearest(name, known)
        self.diagnostics.append(
            finding(
                "Y005",
                f"there is no {kind} `{name}`",
                where,
                help=f"did you mean `{near}`?" if near else remedy,
                notes=(f"there are: {listed(known)}",),
            )
        )

    def _at(self, *path: Step) -> Span:
        return span_of(self._root, *path)

    def _report(self, code: str, message: str, where: Span) -> None:
        self.diagnostics.append(finding(code, message, where))
