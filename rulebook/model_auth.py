"""How a sender proves that a delivery is its own, as written.

Responsible for the shape of a source's `auth:`: exactly one scheme, with the key before this one
where keys are replaced. Never reads a secret.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from interlock.rulebook.elements import Element, Secret, Text

_KEYED = (
    ("bearer",), ("username", "password"), ("header", "value"), ("hmac",), ("hmac", "header"),
    ("standard_webhooks",), ("github",), ("slack",), ("pagerduty",), ("sentry",),
)  # fmt: skip
SCHEMES = frozenset(
    map(
        frozenset,
        (
            *_KEYED,
            *((*names, "previous") for names in _KEYED),
            ("sns",),
            ("sns", "accept_sha1"),
            ("client_subject", "proxies"),
            ("client_subject", "proxies", "header"),
        ),
    )
)


class SourceAuth(Element, frozen=True):
    """How a sender is authenticated: exactly one scheme."""

    bearer: Secret | None = None
    username: Text | None = None
    password: Secret | None = None
    header: Text | None = None
    value: Secret | None = None
    hmac: Secret | None = None
    standard_webhooks: Secret | None = None
    github: Secret | None = None
    slack: Secret | None = None
    pagerduty: Secret | None = None
    sentry: Secret | None = None
    sns: Text | None = None
    accept_sha1: bool | None = None
    client_subject: Text | None = None
    proxies: Annotated[tuple[Text, ...], Meta(min_length=1)] | None = None
    previous: Secret | None = None

    def __post_init__(self) -> None:
        names = (name for name in self.__struct_fields__ if name != "node")
        written = frozenset(name for name in names if getattr(self, name) is not None)
        if written not in SCHEMES:
            raise ValueError("exactly one authentication scheme")
