"""The identity file: what it says, and what is wrong with it, with places."""

from __future__ import annotations

import pytest

from interlock.interpreter.identity import Directory, Permission
from interlock.interpreter.identity.document import read_identity
from interlock.interpreter.identity.tokens import find_token, make_token
from interlock.rulebook.source import SourceFile

GOOD = """\
version: 1
roles: {sre-leads: [approver, responder]}
principals:
  ada:
    name: Ada
    roles: [sre-leads]
    teams: [db]
    aliases:
      email: [Ada@x.test]
      slack: [{team: T1, user: U1}]
      oidc: [{issuer: "https://id.test", subject: "7"}]
  grace: {roles: [viewer], aliases: {slack: [{team: T2, user: U1}]}}
tokens:
  - {id: "0000000a", principal: ada, sha256: "HASH", scopes: [read],
     expires: "2027-01-01T00:00:00Z"}
"""


def read(text=GOOD):
    return read_identity(SourceFile("identity.yaml", text.replace("HASH", "a" * 64)))


def test_what_a_file_says():
    identity = read().identity
    ada = identity.principals["ada"]
    assert ada.roles == ("approver", "responder", "sre-leads")
    assert ada.teams == ("db",)
    assert identity.principals["grace"].name == "grace"
    assert identity.caller("ada").permissions == {
        Permission.READ, Permission.RESPOND, Permission.INGEST, Permission.APPROVE,
    }  # fmt: skip
    token = identity.tokens["0000000a"]
    assert identity.caller("ada", token.scopes).permissions == {Permission.READ}


def test_one_person_is_found_by_every_alias_and_by_no_near_one():
    identity = read().identity
    ada, grace = identity.principals["ada"], identity.principals["grace"]
    assert identity.by_slack("T1", "U1") is ada
    assert identity.by_slack("T2", "U1") is grace  # another workspace: another person
    assert identity.by_slack("T3", "U1") is None
    assert identity.by_email("ada@X.test") is ada
    assert identity.by_oidc("https://id.test", "7") is ada
    assert identity.by_oidc("https://evil.test", "7") is None


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("roles: [sre-leads]", "roles: [sre-lead]", "6:13", "no role `sre-lead`"),
        ("[approver, responder]", "[aprover]", "2:21", "`aprover` is not possible"),
        ("sre-leads: [", "admin: [", "2:9", "built-in role"),
        ("principal: ada", "principal: adda", "14:33", "no principal `adda`"),
        ("2027-01-01T00:00:00Z", "soon", "15:", "no time such as"),
        ('"HASH"', '"short"', "14:", "`short`"),
        ("team: T2", "team: T1", "12:", "belongs to `ada` already"),
        ("  grace:", "  engine:", "12:3", "reserved"),
        ("version: 1\n", "", "", "version"),
        ("    teams:", "    team:", "7:5", "no key"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old, new, where, words):
    result = read(GOOD.replace(old, new, 1))
    assert result.identity is None
    said = [f"{d.span}: {d.message}" for d in result.diagnostics]
    assert any(f"identity.yaml:{where}" in line and words in line for line in said), said


def test_a_token_is_known_by_all_of_it_until_it_expires():
    text, token = make_token("ada", 100, entropy=bytes(36))
    identity = read().identity
    identity = type(identity)(identity.principals, {token.id: token})
    assert find_token(identity, text, 99) is token
    assert find_token(identity, text, 100) is None
    for other in (text[:-1], text + "x", text.swapcase(), "", "ilk_", text.encode().hex()):
        assert find_token(identity, other, 0) is None
    assert text not in repr(token)


def test_tokens_differ():
    assert len({make_token("ada", 1, entropy=bytes([n] * 36))[0] for n in range(100)}) == 100


def test_a_directory_keeps_the_old_file_where_the_new_one_is_wrong():
    first, second = read().identity, read(GOOD.replace("ada", "eve").replace("Ada", "Eve")).identity
    answers = [second, OSError("gone")]

    def load():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    directory = Directory(first, load)
    assert directory.reload()
    assert directory.roles_of("eve") is not None
    assert not directory.reload()
    assert directory.current is second
