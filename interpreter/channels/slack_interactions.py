"""What Slack sends when somebody presses a button: is it Slack, who is it, what do they say?

Shapes: https://docs.slack.dev/authentication/verifying-requests-from-slack/ (`v0=` and the hex
HMAC-SHA256 over `v0:timestamp:body`, at most five minutes old) and
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload/. Pure. Nothing of a
body is understood before its signature holds; people are workspace and user, never a name.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct
from yarl import URL

from interlock.interpreter.channels.slack_blocks import APPROVE, DENY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.hooks import Secret

FRESH_S: Final = 300
_DECISIONS: Final = {APPROVE: "gate.approved", DENY: "gate.denied"}
_TIMESTAMP_DIGITS_MAX: Final = 12
_SECURE_PORT: Final = 443


class Button(Struct, frozen=True, kw_only=True):
    """A decision that somebody made by a button; `type` is the event's."""

    team: str
    user: str
    type: str
    incident: str
    gate: str
    digest: str
    reply_to: str | None = None


class _Id(Struct, frozen=True):
    id: str


class _Action(Struct, frozen=True):
    action_id: str
    value: str = ""


class _Payload(Struct, frozen=True):
    type: str
    user: _Id
    team: _Id | None = None
    actions: tuple[_Action, ...] = ()
    response_url: str | None = None


class _Value(Struct, frozen=True):
    incident: str
    gate: str
    digest: str


def is_from_slack(
    secrets: Iterable[Secret], timestamp: str, signature: str, body: bytes, now_s: int
) -> bool:
    """Tell whether one of the signing secrets signed exactly this body, a short time ago."""
    is_number = timestamp.isascii() and timestamp.isdecimal()
    if not is_number or len(timestamp) > _TIMESTAMP_DIGITS_MAX:
        return False
    if abs(now_s - int(timestamp)) > FRESH_S:
        return False
    signed = b"v0:" + timestamp.encode() + b":" + body
    given = signature.encode("utf-8", "surrogatepass")
    # all are compared, so that the time does not tell which one it was
    matches = [hmac.compare_digest(_sign(secret, signed), given) for secret in secrets]
    return any(matches)


def _sign(secret: Secret, signed: bytes) -> bytes:
    digest = hmac.new(secret.reveal().encode(), signed, hashlib.sha256)
    return b"v0=" + digest.hexdigest().encode()


def read_button(body: bytes) -> Button | None:
    """Return what a signed body says; None where it is not one of our buttons."""
    try:
        form = parse_qs(body.decode(), strict_parsing=True, max_num_fields=4)
        (text,) = form["payload"]
        payload = msgspec.json.decode(text, type=_Payload)
        (action,) = payload.actions
        decision = _DECISIONS[action.action_id]
        value = msgspec.json.decode(action.value, type=_Value)
    except (ValueError, KeyError, RecursionError):
        return None
    if payload.type != "block_actions" or payload.team is None:
        return None
    return Button(
        team=payload.team.id,
        user=payload.user.id,
        type=decision,
        incident=value.incident,
        gate=value.gate,
        digest=value.digest,
        reply_to=payload.response_url,
    )


def is_slack_url(url: Any) -> bool:
    """Tell whether a URL to reply to is Slack's own: anything else is never called."""
    if not isinstance(url, str):
        return False
    try:
        parsed = URL(url, encoded=True)
        host, port = parsed.raw_host or "", parsed.port
    except ValueError:
        return False
    is_plain = parsed.raw_user is None and parsed.raw_password is None
    is_slack = host == "slack.com" or host.endswith(".slack.com")
    return parsed.scheme == "https" and port == _SECURE_PORT and is_plain and is_slack
