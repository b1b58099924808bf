"""A client certificate that a proxy in front of us checked (mutual TLS).

Interlock ends no TLS. The proxy does, checks the certificate, and writes its subject into a header,
which it takes from nobody else; so the header is believed only from the proxy's own addresses.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.sources.proof.request import (
    Proven,
    Refused,
    SenderRequest,
    is_any,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEADER: Final = "X-SSL-Client-S-DN"


def prove_client_subject(
    auth: Mapping[str, Any], request: SenderRequest, _: Sequence[bytes]
) -> Proven | Refused:
    """Accept the subject in `header`, from one of the `proxies`."""
    if not _is_proxy(request.peer, auth["proxies"]):
        return Refused("this source is heard through its proxy only", "mTLS")
    name = str(auth.get("header", _HEADER))
    given = only(request, name)
    if given is None or not is_any(given, [auth["client_subject"]]):
        return Refused(f"{name} is not the subject of this source's certificate", "mTLS")
    return Proven()


def _is_proxy(peer: str | None, proxies: Sequence[str]) -> bool:
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    return any(address in ip_network(proxy) for proxy in proxies)
