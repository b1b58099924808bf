"""Microsoft Teams: an Adaptive Card to the URL of a workflow or incoming webhook.

Shapes and limits:
https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
(one message with an `AdaptiveCard` attachment, 28 KB; 429 and, in an answer of 200, a text that
names it, where there are too many). Alert text stands in `TextRun`, which knows no Markdown
(https://adaptivecards.io/explorer/TextRun.html); what is ours stands in `TextBlock`.
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

CARD_BYTES_MAX: Final = 28_000
_TITLE_LENGTH_MAX: Final = 500
_TEXT_LENGTH_MAX: Final = 4_000


class TeamsChannel:
    """`type: teams`."""

    def __init__(
        self, options: Mapping[str, Any], poster: Poster, external_url: str | None
    ) -> None:
        self._webhook: str = options["webhook"]
        self._poster = poster
        self._external_url = external_url

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Post a card."""
        try:
            url = self._poster.read(self._webhook)
        except SecretError as error:
            return secret_missing(error)
        body = make_card(read_message(notice, self._external_url))
        return await self._poster.post(notice, url.reveal(), body, secrets=(url,))


def make_card(message: Message) -> dict[str, Any]:
    """Return the message with its card."""
    body = [
        _plain(shorten(message.headline, _TITLE_LENGTH_MAX), size="Large", weight="Bolder"),
        _plain(shorten(message.happened, _TEXT_LENGTH_MAX)),
    ]
    if message.state:
        body.append(_plain(f"State: {message.state}", isSubtle=True))
    if message.needed:
        body.append(_plain(message.needed, weight="Bolder"))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.link is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": message.link}]
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _plain(text: str, **style: Any) -> dict[str, Any]:
    # `{{DATE(...)}}` would be filled in by the client, also in a TextRun.
    run = {"type": "TextRun", "text": text.replace("{{", "{ {"), **style}
    return {"type": "RichTextBlock", "inlines": [run]}
