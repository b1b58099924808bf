"""PagerDuty: an alert for each generation of an incident, by the Events API v2.

Shapes and limits: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ (summary 1024,
dedup_key 255 characters; 202 is success, 429 asks to wait). Everything about one generation has one
`dedup_key`, so that a repeat joins its alert, an acknowledgement stops the paging and the end ends
it. Texts are shown as plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.channels.message import Message, read_message, shorten
from interlock.interpreter.channels.posting import Poster, secret_missing
from interlock.interpreter.hooks.secret import SecretError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.record import Notify
    from interlock.interpreter.hooks import AttemptOutcome

URL: Final = "https://events.pagerduty.com/v2/enqueue"
SUMMARY_LENGTH_MAX: Final = 1024
KEY_LENGTH_MAX: Final = 255
_SEVERITIES: Final = {"P1": "critical", "P2": "error", "P3": "warning", "P4": "info"}


class PagerDutyChannel:
    """`type: pagerduty`."""

    def __init__(
        self, options: Mapping[str, Any], poster: Poster, external_url: str | None
    ) -> None:
        self._routing_key: str = options["routing_key"]
        self._url: str = options.get("url", URL)
        self._poster = poster
        self._external_url = external_url

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Trigger, acknowledge or resolve the alert."""
        try:
            key = self._poster.read(self._routing_key)
        except SecretError as error:
            return secret_missing(error)
        body = make_event(read_message(notice, self._external_url))
        body["routing_key"] = key.reveal()
        return await self._poster.post(notice, self._url, body, secrets=(key,))


def make_event(message: Message) -> dict[str, Any]:
    """Return an event, but for its routing key."""
    event: dict[str, Any] = {
        "event_action": _action(message),
        "dedup_key": message.short_subject(KEY_LENGTH_MAX),
    }
    if event["event_action"] != "trigger":
        return event
    event["payload"] = {
        "summary": shorten(f"{message.headline}: {message.happened}", SUMMARY_LENGTH_MAX),
        "source": "interlock",
        "severity": _SEVERITIES.get(message.severity, "warning"),
        "class": message.about,
        "custom_details": {
            "incident": message.headline,
            "state": message.state,
            "happened": message.happened,
            "needed": message.needed,
        },
    }
    event["client"] = "Interlock"
    if message.link is not None:
        event["client_url"] = message.link
    return event


def _action(message: Message) -> str:
    if message.is_end:
        return "resolve"
    return "acknowledge" if message.about == "acknowledged" else "trigger"
