"""Which scheme an `auth:` of a source asks for.

Responsible for the table; a further scheme is one module and one line here. Pure: secrets come in
as text, and SNS, which needs a certificate fetched, is carried out by the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from interlock.interpreter.sources.proof.client_subject import prove_client_subject
from interlock.interpreter.sources.proof.pagerduty import prove_pagerduty
from interlock.interpreter.sources.proof.request import Proven, Refused, SenderRequest
from interlock.interpreter.sources.proof.sentry import prove_sentry
from interlock.interpreter.sources.proof.shared_secret import (
    prove_basic,
    prove_bearer,
    prove_header,
)
from interlock.interpreter.sources.proof.signed_body import prove_github, prove_hmac
from interlock.interpreter.sources.proof.slack import prove_slack
from interlock.interpreter.sources.proof.sns import host_of
from interlock.interpreter.sources.proof.standard_webhooks import (
    decode_key,
    prove_standard_webhooks,
)

Scheme = Callable[[Mapping[str, Any], SenderRequest, Sequence[bytes]], Proven | Refused]

_SCHEMES: Final[Mapping[str, Scheme]] = {
    "bearer": prove_bearer,
    "password": prove_basic,
    "value": prove_header,
    "hmac": prove_hmac,
    "standard_webhooks": prove_standard_webhooks,
    "github": prove_github,
    "slack": prove_slack,
    "pagerduty": prove_pagerduty,
    "sentry": prove_sentry,
    "client_subject": prove_client_subject,
}
"""By the key of `auth:` that holds the scheme's secret."""
_WITHOUT_SECRET: Final = frozenset({"client_subject", "sns"})
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class SchemeError(Exception):
    """An `auth:` that cannot be used; the text is for the operator and quotes no secret."""


def is_sns(auth: Mapping[str, Any]) -> bool:
    """Tell whether a source's messages are signed by SNS."""
    return "sns" in auth


def secrets_of(auth: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the references to the secrets of a source, the present key first."""
    name = _scheme_of(auth)
    if name in _WITHOUT_SECRET:
        return ()
    return tuple(str(auth[key]) for key in (name, "previous") if key in auth)


def usable_keys(auth: Mapping[str, Any], secrets: Sequence[str]) -> tuple[bytes, ...]:
    """Return the keys of the secrets read, after a look at the rest of `auth`.

    Raises:
        SchemeError: it is of no use.
    """
    name = _scheme_of(auth)
    header = auth.get("header")
    if header is not None and not _HEADER_NAME.fullmatch(str(header)):
        raise SchemeError(f"auth: {str(header)[:40]!r} is no header name")
    try:
        if name == "sns" and host_of(str(auth["sns"])) is None:
            raise SchemeError("auth: `sns` is the ARN of the topic")
        if name == "client_subject":
            for proxy in auth["proxies"]:
                ip_network(proxy)
        if name == "standard_webhooks":
            return tuple(decode_key(secret) for secret in secrets)
    except ValueError as error:
        raise SchemeError(f"auth: {error}") from None
    return tuple(secret.encode() for secret in secrets)


def prove(
    auth: Mapping[str, Any], request: SenderRequest, keys: Sequence[bytes]
) -> Proven | Refused:
    """Return whether a delivery is the source's, by its scheme; not for SNS."""
    return _SCHEMES[_scheme_of(auth)](auth, request, keys)


def _scheme_of(auth: Mapping[str, Any]) -> str:
    found = next((name for name in (*_SCHEMES, "sns") if name in auth), None)
    if found is None:
        raise SchemeError(f"auth: {', '.join(auth)} is no scheme we know")
    return found
