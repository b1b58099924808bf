"""Who may ask for what, over HTTP: every role at every endpoint, and what is no credential."""

from __future__ import annotations

import pytest

from interlock.interpreter.identity.permissions import BUILT_IN_ROLES, permissions_of
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.runtime.settings import Address, Settings
from interlock.interpreter.server.authorisation import (
    ENDPOINTS,
    OPEN,
    PERMISSION_BY_TYPE,
    permission_for,
)
from interlock.interpreter.server.context import CONTEXT
from support.people import DAY_NS, People
from support.rulebooks import REFERENCE
from support.runtime import FaultyStore, Runtime
from support.server import serve

HOLDERS = {
    "viewer": "viewer",
    "responder": "responder",
    "approver": "approver",
    "operator": "operator",
    "admin": "admin",
    "break-glass": "breaker",
    None: "nobody",
}
GUARDED = sorted(endpoint for endpoint, needed in ENDPOINTS.items() if needed is not OPEN)
CELLS = [(role, *endpoint) for role in HOLDERS for endpoint in GUARDED]


@pytest.fixture
async def api():
    people = People()
    runtime = Runtime(FaultyStore(locate_store("memory:")), REFERENCE, people=people)
    async with serve(runtime) as served:
        served.people = people
        yield served


def path_of(canonical):
    for name, value in {
        "id": "test-1",
        "source": "alertmanager",
        "key": "none",
        "name": "chat",
    }.items():
        canonical = canonical.replace(f"{{{name}}}", value)
    assert "{" not in canonical, "a parameter without a value matches no route"
    return canonical


def test_every_route_is_in_the_table_and_every_row_is_a_route(api):
    app = api.client.app
    routes = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.method != "HEAD"
    }
    assert routes == set(ENDPOINTS)
    assert app[CONTEXT].authenticators


@pytest.mark.parametrize(("role", "method", "path"), CELLS)
async def test_each_role_at_each_endpoint(api, role, method, path):
    held = permissions_of(() if role is None else (role,))
    body = None if method == "GET" else {}
    headers = api.people.headers(HOLDERS[role])
    if path == "/metrics" and held:
        async with api.client.get(path, headers=headers) as answer:
            assert answer.status == 200
        return
    status, answer = await api.ask(method, path_of(path), body, headers=headers)
    if ENDPOINTS[method, path].isdisjoint(held):
        assert (status, answer["error"]["code"]) == (403, "forbidden")
    else:
        assert status not in (401, 403)


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer ilk_00000000_" + "x" * 43},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YWRhOng="},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."},
    ],
    ids=["none", "unknown", "empty", "basic", "unsigned-jwt"],
)
async def test_without_a_token_that_holds_nothing_is_answered(api, method, path, headers):
    body = None if method == "GET" else {}
    status, answer = await api.ask(method, path_of(path), body, headers=headers)
    assert (status, answer["error"]["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("role", BUILT_IN_ROLES)
@pytest.mark.parametrize(
    "type_", [*PERMISSION_BY_TYPE, "engineer.ack", "severity.set", "any.thing"]
)
async def test_what_is_said_to_an_incident_needs_its_own_permission(api, role, type_):
    await api.trigger("test-1", "P1")
    said = {"type": type_, "payload": {"reason": "x", "severity": "P1"}}
    headers = api.people.headers(HOLDERS[role])
    status, _ = await api.post("/incidents/test-1/events", said, headers=headers)
    may = permission_for(type_) in BUILT_IN_ROLES[role]
    assert (status == 403) is not may


@pytest.mark.parametrize("role", BUILT_IN_ROLES)
@pytest.mark.parametrize(
    ("decision", "type_"), [("approve", "gate.approved"), ("break-glass", "gate.break_glass")]
)
async def test_what_is_said_to_a_gate_needs_its_own_permission(api, role, decision, type_):
    await api.trigger("test-1", "P1")
    headers = api.people.headers(HOLDERS[role])
    said = {"decision": decision, "reason": "x"}
    status, _ = await api.post("/approvals/test-1", said, headers=headers)
    assert (status == 403) is (permission_for(type_) not in BUILT_IN_ROLES[role])


async def test_an_expired_token_ends(api):
    headers = api.people.headers("viewer")
    assert (await api.get("/incidents", headers=headers))[0] == 200
    api.runtime.clock.advance_to(api.runtime.clock.now() + DAY_NS)
    assert (await api.get("/incidents", headers=headers))[0] == 401


async def test_a_removed_principal_has_no_roles_at_once(api):
    headers = api.people.headers("viewer")
    api.people.change("version: 1\nprincipals: {viewer: {}}\n")
    assert (await api.get("/incidents", headers=headers))[0] == 403


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization", "api_key"])
async def test_credentials_in_a_url_are_refused_and_not_repeated(api, name):
    token = api.people.tokens["admin"]
    status, body = await api.get(f"/incidents?{name}={token}", headers=api.people.headers("admin"))
    assert (status, body["error"]["code"]) == (400, "credentials_in_url")
    assert token not in str(body)


async def test_a_source_sends_alerts_without_a_token_and_nothing_else(api):
    assert (await api.trigger("test-1", "P1"))[0] == 200
    said = {"type": "gate.approved", "payload": {"id": "test-1", "user": "ada", "by": "ada"}}
    status, body = await api.post("/ingest", said)
    assert (status, body["error"]["code"]) == (401, "unauthenticated")
    said = {"type": "engineer.ack", "payload": {"id": "test-1"}}
    assert (await api.post("/ingest", said, headers=api.people.headers("viewer")))[0] == 403
    assert (await api.post("/ingest", said, headers=api.people.headers("ada")))[0] == 200
    incident = await api.runtime.incident("test-1")
    assert incident.acknowledged_by == "ada"


async def test_a_body_never_says_who_speaks(api):
    await api.trigger("test-1", "P1")
    said = {"type": "engineer.ack", "payload": {"by": "grace", "user": "grace", "actor": "grace"}}
    await api.post("/incidents/test-1/events", said, headers=api.people.headers("responder"))
    assert (await api.runtime.incident("test-1")).acknowledged_by == "responder"


async def test_off_loopback_everybody_says_who_they_are():
    people = People()
    runtime = Runtime(FaultyStore(locate_store("memory:")), REFERENCE, people=people)
    settings = Settings(listen=Address("0.0.0.0", 0))
    async with serve(runtime, settings=settings) as api:
        assert (await api.trigger("test-1", "P1"))[0] == 401
        assert (await api.send(b"{}", "/ingest/alertmanager"))[0] == 401
        event = {"type": "alert.triggered", "payload": {"id": "test-1"}}
        assert (await api.post("/ingest", event, headers=people.headers("viewer")))[0] == 403
        assert (await api.post("/ingest", event, headers=people.headers("operator")))[0] == 200
        assert (await api.get("/healthz"))[0] == 200


async def test_what_a_source_has_no_right_to_send_is_put_aside():
    rulebook = (
        "sources:\n  legacy: {type: json, auth: none, map: {type: alert.kind, title: alert.text}}\n"
    )
    runtime = Runtime(FaultyStore(locate_store("memory:")), rulebook, people=People())
    async with serve(runtime) as api:
        status, body = await api.send(b'{"kind": "gate.approved", "text": "x"}', "/ingest/legacy")
        assert status == 200
        (result,) = body["results"]
        assert result["disposition"] == "quarantined"
        assert "alert.* only" in result["reason"]
