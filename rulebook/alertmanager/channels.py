"""Receivers as notification channels.

Responsible for one channel per integration of a receiver, and for naming where each secret is to
be found. No value that may be a secret is copied: keys, tokens, passwords and whole webhook URLs
become references; of settings that have no place here only the names are told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.alertmanager.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interlock.rulebook.alertmanager.configuration import Configuration, Integration
    from interlock.rulebook.document.nodes import MapNode

_TOLD_BY_DEFAULT = frozenset({"email", "slack", "wechat"})
"""Kinds whose `send_resolved` is false unless written."""
_SLACK_API = "slack.com/api/"
_PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
_OPSGENIE = "https://api.opsgenie.com"
_FILE = re.compile(r"[A-Za-z0-9_./-]+")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_HANDLED = frozenset({"send_resolved"})


class Secret(NamedTuple):
    """A reference that the rulebook holds, and what it stands for."""

    reference: str
    what: str


class Channel(NamedTuple):
    """A channel to write.

    Attributes:
        options: Keys and values in order; a value is text, or a list of texts, or a mapping.
        notes: What of the integration is not carried over.
        tells_resolved: It hears when an incident is resolved.
    """

    name: str
    options: dict[str, object]
    secrets: tuple[Secret, ...]
    notes: tuple[str, ...]
    tells_resolved: bool


def make_channels(configuration: Configuration) -> dict[str, tuple[Channel, ...]]:
    """Return each receiver's channels, in order; none for a receiver that sends nothing."""
    taken: set[str] = set()
    found = {}
    for receiver in configuration.receivers:
        channels = []
        for integration in receiver.integrations:
            several = len(receiver.integrations) > 1
            wanted = f"{receiver.name}-{integration.kind}" if several else receiver.name
            name = free_name(wanted, taken)
            channels.append(_Writer(name, integration, configuration.defaults).channel())
        found[receiver.name] = tuple(channels)
    return found


def free_name(wanted: str, taken: set[str], allowed: str = r"[^A-Za-z0-9_.-]+") -> str:
    """Return an id made of the wanted words that is not taken yet, and take it."""
    base = re.sub(allowed, "_", wanted).strip("_.-")[:80] or "channel"
    base = base if not base[0].isdigit() else f"_{base}"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


class _Writer:
    """Makes one channel of one integration."""

    def __init__(self, name: str, integration: Integration, defaults: MapNode | None) -> None:
        self._name = name
        self._kind = integration.kind
        self._at = Fields(integration.node)
        self._defaults = Fields(defaults) if defaults is not None else None
        self._options: dict[str, object] = {}
        self._secrets: list[Secret] = []
        self._notes: list[str] = []
        self._handled = set(_HANDLED)

    def channel(self) -> Channel:
        make: Callable[[], None] | None = {
            "email": self._email,
            "pagerduty": self._pagerduty,
            "slack": self._slack,
            "webhook": self._webhook,
            "opsgenie": self._opsgenie,
            "msteams": self._teams,
            "msteamsv2": self._teams,
        }.get(self._kind)
        if make is None:
            self._placeholder()
        else:
            make()
            self._say_what_is_left()
        tells = self._at.flag("send_resolved", default=self._kind not in _TOLD_BY_DEFAULT)
        return Channel(self._name, self._options, tuple(self._secrets), tuple(self._notes), tells)

    def _setting(self, key: str, default_key: str | None = None) -> str | None:
        """Return a setting of the integration, or the global one behind it."""
        self._handled.add(key)
        value = self._at.text(key)
        if value is None and default_key is not None and self._defaults is not None:
            return self._defaults.text(default_key)
        return value

    def _secret(self, what: str, *, file: str | None = None) -> str:
        """Return the reference under which a secret is to be found; its value is not read."""
        if file is not None and _FILE.fullmatch(file):
            reference = f"${{file:{file}}}"
        else:
            words = re.sub(r"[^A-Za-z0-9]+", "_", f"{self._name}_{what}").strip("_")
            reference = f"${{env:{words.upper()}}}"
        self._secrets.append(Secret(reference, f"{what.replace('_', ' ')} of {self._name}"))
        return reference

    def _placeholder(self) -> None:
        self._options["type"] = "log"
        self._notes.append(
            f"{self._kind} has no channel type here: what it would have been told goes to the log. "
            "A webhook channel to a small service of your own can take its place"
        )

    def _email(self) -> None:
        self._options["type"] = "email"
        to = [part.strip() for part in (self._setting("to") or "").split(",")]
        plain = [address for address in to if _ADDRESS.fullmatch(address)]
        if len(plain) < len(to):
            self._notes.append("`to` holds what is no plain address; fill it in")
        self._options["to"] = plain or ["nobody@example.invalid"]
        sender = self._setting("from", "smtp_from")
        if sender is not None and _ADDRESS.fullmatch(sender):
            self._options["from"] = sender
        if server := self._setting("smarthost", "smtp_smarthost"):
            self._options["server"] = server
        if user := self._setting("auth_username", "smtp_auth_username"):
            self._options["username"] = user
        file = self._setting("auth_password_file", "smtp_auth_password_file")
        if self._setting("auth_password", "smtp_auth_password") or file:
            self._options["password"] = self._secret("smtp_password", file=file)

    def _pagerduty(self) -> None:
        self._options["type"] = "pagerduty"
        file = self._setting("routing_key_file")
        if self._setting("service_key") or self._setting("service_key_file"):
            self._notes.append(
                "`service_key` is of the Events API v1; make an Events API v2 integration and "
                "give its key"
            )
        self._setting("routing_key")
        self._options["routing_key"] = self._secret("routing_key", file=file)
        url = self._setting("url", "pagerduty_url")
        if url is not None and url != _PAGERDUTY:
            self._options["url"] = url

    def _slack(self) -> None:
        self._options["type"] = "slack"
        url = self._setting("api_url", "slack_api_url") or ""
        file = self._setting("api_url_file", "slack_api_url_file")
        channel = self._setting("channel")
        if _SLACK_API in url and channel is not None:
            self._handled.add("http_config")
            self._options["token"] = self._secret("slack_token")
            self._options["channel"] = channel
            return
        self._options["webhook"] = self._secret("slack_webhook", file=file)
        if channel is not None:
            self._notes.append(f"the webhook decides the channel; it was {channel}")

    def _opsgenie(self) -> None:
        self._options["type"] = "opsgenie"
        file = self._setting("api_key_file", "opsgenie_api_key_file")
        self._setting("api_key")
        self._options["api_key"] = self._secret("api_key", file=file)
        url = self._setting("api_url", "opsgenie_api_url")
        if url is not None and url.rstrip("/") != _OPSGENIE:
            self._options["url"] = url

    def _teams(self) -> None:
        self._options["type"] = "teams"
        file = self._setting("webhook_url_file")
        self._setting("webhook_url")
        self._options["webhook"] = self._secret("teams_webhook", file=file)

    def _webhook(self) -> None:
        self._options["type"] = "webhook"
        file = self._setting("url_file")
        self._setting("url")
        self._options["url"] = self._secret("url", file=file)
        self._notes.append("the body is Interlock's own, not Alertmanager's")
        http = self._at.part("http_config")
        if http is None:
            return
        self._handled.add("http_config")
        basic = http.part("basic_auth")
        if basic is not None and (user := basic.text("username")):
            password = self._secret("password", file=basic.text("password_file"))
            self._options["auth"] = {"username": user, "password": password}
        elif (bearer := http.part("authorization")) is not None:
            token = self._secret("token", file=bearer.text("credentials_file"))
            self._options["auth"] = {"bearer": token}
        elif http.text("bearer_token") or http.text("bearer_token_file"):
            token = self._secret("token", file=http.text("bearer_token_file"))
            self._options["auth"] = {"bearer": token}
        self._leave(f"http_config.{key}" for key in http.node if key not in _AUTH)

    def _say_what_is_left(self) -> None:
        self._leave(key for key in self._at.node if key not in self._handled)

    def _leave(self, keys: Iterable[str]) -> None:
        if left := ", ".join(keys):
            self._notes.append(f"not carried over: {left}")


_AUTH = frozenset({"basic_auth", "authorization", "bearer_token", "bearer_token_file"})
