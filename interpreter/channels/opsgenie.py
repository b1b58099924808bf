"""Opsgenie: an alert for each generation of an incident, by the Alert API.

Shapes and limits: https://docs.opsgenie.com/docs/alert-api (message 130, alias 512, description
15,000 characters; requests are taken with 202 and carried out later). Everything about one
generation has one `alias`; Opsgenie counts a repeat instead of opening another alert. Opsgenie may
show HTML in messages, so that alert text is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from interlock.interpreter.channels.message import Message, read_message, shorten
from interlock.interpreter.channels.posting import Poster, secret_missing
from interlock.interpreter.hooks.secret import SecretError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.record import Notify
    from interlock.interpreter.hooks import AttemptOutcome

URL: Final = "https://api.opsgenie.com"
MESSAGE_LENGTH_MAX: Final = 130
ALIAS_LENGTH_MAX: Final = 512
DESCRIPTION_LENGTH_MAX: Final = 15_000
_NOTE_LENGTH_MAX: Final = 2_000
_PRIORITIES: Final = frozenset({"P1", "P2", "P3", "P4", "P5"})
_VERBS: Final = {"acknowledged": "acknowledge", "resolved": "close", "closed": "close"}


class OpsgenieChannel:
    """`type: opsgenie`."""

    def __init__(
        self, options: Mapping[str, Any], poster: Poster, external_url: str | None
    ) -> None:
        self._api_key: str = options["api_key"]
        self._url: str = options.get("url", URL).rstrip("/")
        self._poster = poster
        self._external_url = external_url

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Create, acknowledge or close the alert."""
        try:
            key = self._poster.read(self._api_key)
        except SecretError as error:
            return secret_missing(error)
        path, body = make_request(read_message(notice, self._external_url))
        headers = {"Authorization": f"GenieKey {key.reveal()}"}
        url = self._url + path
        return await self._poster.post(notice, url, body, secrets=(key,), headers=headers)


def make_request(message: Message) -> tuple[str, dict[str, Any]]:
    """Return the path and the body of the request that says this."""
    alias = message.short_subject(ALIAS_LENGTH_MAX)
    happened = escape(message.happened)
    verb = _VERBS.get(message.about)
    if verb is not None:
        body = {"source": "interlock", "note": shorten(happened, _NOTE_LENGTH_MAX)}
        return f"/v2/alerts/{quote(alias, safe='')}/{verb}?identifierType=alias", body
    lines = [happened, escape(message.needed), message.link or ""]
    return "/v2/alerts", {
        "message": shorten(escape(message.headline), MESSAGE_LENGTH_MAX),
        "alias": alias,
        "description": shorten("\n".join(filter(None, lines)), DESCRIPTION_LENGTH_MAX),
        "priority": message.severity if message.severity in _PRIORITIES else "P3",
        "source": "interlock",
        "note": shorten(happened, _NOTE_LENGTH_MAX),
        "details": {"state": escape(message.state), "about": message.about},
    }
