"""Who may ask for what: one table of endpoints, and the check that stands before every handler.

Rules of this file: an endpoint that is not in the table is open to nobody. Who calls is what their
credentials say and nothing in a body; credentials never stand in a URL, where logs keep them. With
authentication off everyone is `anonymous` and may do all that needs no principal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from interlock.interpreter.identity import (
    Caller,
    NotAuthenticatedError,
    Permission,
)
from interlock.interpreter.runtime.intake import ANONYMOUS
from interlock.interpreter.server.context import CONTEXT
from interlock.interpreter.server.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_P = Permission
OPEN: Final[frozenset[Permission]] = frozenset()
"""An endpoint that recognises its callers itself (sources), or that everyone may ask (probes)."""
_SPEAK: Final = frozenset({_P.RESPOND, _P.APPROVE, _P.BREAK_GLASS})
_DECIDE: Final = frozenset({_P.APPROVE, _P.BREAK_GLASS})
_READ: Final = frozenset({_P.READ})
_OPERATE: Final = frozenset({_P.OPERATE})

ENDPOINTS: Final[Mapping[tuple[str, str], frozenset[Permission]]] = {
    ("POST", "/ingest"): OPEN,
    ("POST", "/ingest/{source}"): OPEN,
    ("GET", "/incidents"): _READ,
    ("GET", "/incidents/{id}"): _READ,
    ("GET", "/incidents/{id}/timeline"): _READ,
    ("GET", "/incidents/{id}/post-mortem"): _READ,
    ("GET", "/incidents/{id}/explanation"): _READ,
    ("POST", "/incidents/{id}/events"): _SPEAK,
    ("POST", "/incidents/repin"): _OPERATE,
    ("POST", "/approvals/{id}"): _DECIDE,
    ("GET", "/automation"): _READ,
    ("PUT", "/automation"): _OPERATE,
    ("GET", "/silences"): _READ,
    ("POST", "/silences"): _OPERATE,
    ("DELETE", "/silences/{id}"): _OPERATE,
    ("GET", "/effects"): _READ,
    ("GET", "/effects/{key}"): _READ,
    ("POST", "/effects/{key}/retry"): _OPERATE,
    ("POST", "/effects/{key}/drop"): _OPERATE,
    ("GET", "/waiting"): _READ,
    ("GET", "/channels"): _READ,
    ("POST", "/channels/{name}/test"): _OPERATE,
    ("POST", "/slack/interactions"): OPEN,
    ("GET", "/quarantine"): _READ,
    ("POST", "/erasures"): _OPERATE,
    ("GET", "/rulebook"): _READ,
    ("POST", "/rulebook/reload"): _OPERATE,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): _READ,
}
"""What each endpoint needs: one of these permissions. What is then said may need a certain one."""

PERMISSION_BY_TYPE: Final[Mapping[str, Permission]] = {
    "gate.approved": _P.APPROVE,
    "mitigation.approved": _P.APPROVE,
    "gate.denied": _P.APPROVE,
    "gate.revoked": _P.APPROVE,
    "gate.reviewed": _P.APPROVE,
    "gate.overridden": _P.APPROVE,
    "gate.break_glass": _P.BREAK_GLASS,
}
"""What a person's event needs, by its type; every other type is a responder's."""

_IN_URL: Final = frozenset(
    {"access_token", "api_key", "apikey", "auth", "authorization", "password", "secret", "token"}
)
_EVERYTHING: Final = frozenset(_P) - {_P.BREAK_GLASS}
_NOBODY_IN_PARTICULAR: Final = Caller(ANONYMOUS, _EVERYTHING)
# A key with a type where aiohttp has them, which then warns of plain ones.
_CALLER: Final[Any] = web.RequestKey("caller", Caller) if hasattr(web, "RequestKey") else "caller"


@web.middleware
async def authorise(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through to its handler once its caller is known and may ask for this."""
    if any(name.casefold() in _IN_URL for name in request.query):
        raise RequestError(
            400,
            "credentials_in_url",
            "credentials never stand in a URL: send `Authorization: Bearer TOKEN`, and replace "
            "those that were sent, since logs may hold them",
        )
    resource = request.match_info.route.resource
    if resource is None:
        return await handler(request)  # nothing is there: the handler says so
    method = "GET" if request.method == "HEAD" else request.method
    needed = ENDPOINTS.get((method, resource.canonical))
    if needed is OPEN:
        return await handler(request)
    caller = await find_caller(request)
    if caller is None:
        raise unauthenticated("this needs `Authorization: Bearer TOKEN`")
    if needed is None or needed.isdisjoint(caller.permissions):
        raise _forbidden(caller, needed or OPEN)
    request[_CALLER] = caller
    return await handler(request)


async def find_caller(request: web.Request) -> Caller | None:
    """Return who calls; None where nothing says so.

    Raises:
        RequestError: 401 where credentials are shown that do not hold.
    """
    ways = request.app[CONTEXT].authenticators
    if not ways:
        return _NOBODY_IN_PARTICULAR
    try:
        for way in ways:
            caller = await way.authenticate(request.headers)
            if caller is not None:
                return caller
    except NotAuthenticatedError as error:
        raise unauthenticated(str(error)) from error
    return None


def caller_of(request: web.Request) -> Caller:
    """Return the caller that `authorise` let through."""
    caller: Caller = request[_CALLER]
    return caller


def require(caller: Caller, permission: Permission) -> None:
    """Raise RequestError 403 unless the caller has a permission."""
    if permission not in caller.permissions:
        raise _forbidden(caller, frozenset({permission}))


def permission_for(event_type: str) -> Permission:
    """Return what a person needs to send an event of a type."""
    return PERMISSION_BY_TYPE.get(event_type, Permission.RESPOND)


def unauthenticated(message: str) -> RequestError:
    """Return the refusal of who does not say who they are, or says it wrongly."""
    return RequestError(401, "unauthenticated", message, WWW_Authenticate="Bearer")


def _forbidden(caller: Caller, needed: frozenset[Permission]) -> RequestError:
    wanted = " or ".join(sorted(needed)) or "more than anybody has"
    return RequestError(403, "forbidden", f"{caller.principal} may not: this takes {wanted}")
