"""What a notification looks like in Slack.

Pure. Shapes and limits: https://docs.slack.dev/reference/block-kit/blocks (header 150, section 3000
characters, button value 2000) and https://docs.slack.dev/messaging/formatting-message-text/
(`&`, `<` and `>` are escaped; without them nothing mentions, links or calls anybody).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.interpreter.channels.message import APPROVAL, shorten

if TYPE_CHECKING:
    from interlock.interpreter.channels.message import Message

HEADER_LENGTH_MAX: Final = 150
SECTION_LENGTH_MAX: Final = 3000
VALUE_LENGTH_MAX: Final = 2000
APPROVE: Final = "interlock_approve"
DENY: Final = "interlock_deny"


def escape(text: str) -> str:
    """Return text that Slack shows as it is: nothing in it mentions, links or calls anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fit(text: str, length_max: int) -> str:
    """Return the escaped text, cut where its escaped form would be too long."""
    escaped = escape(text)
    while len(escaped) > length_max:
        text = shorten(text, max(len(text) - (len(escaped) - length_max), 1))
        escaped = escape(text)
    return escaped


def make_text(message: Message) -> str:
    """Return the line that notifications and screen readers show."""
    said = message.headline
    if message.incident is not None:
        said += f": {message.happened}"
    return _fit(said, SECTION_LENGTH_MAX)


def make_blocks(message: Message, *, has_buttons: bool = False) -> list[dict[str, Any]]:
    """Return the blocks of a message; with `has_buttons` an approval can be given in it."""
    blocks: list[dict[str, Any]] = []
    if message.incident is not None:
        headline = _fit(message.headline, HEADER_LENGTH_MAX)
        plain = {"type": "plain_text", "text": headline, "emoji": False}
        blocks.append({"type": "header", "text": plain})
    blocks.append(_section(_fit(message.happened, SECTION_LENGTH_MAX)))
    value = _button_value(message)
    has_buttons = has_buttons and value is not None
    if message.needed:
        blocks.append(_section(f"*{_fit(message.needed, SECTION_LENGTH_MAX - 2)}*"))
    if has_buttons:
        blocks.append({"type": "actions", "elements": [_approve(value), _deny(value)]})
    if footer := _footer(message, has_buttons=has_buttons):
        blocks.append({"type": "context", "elements": [_mrkdwn(footer)]})
    return blocks


def _footer(message: Message, *, has_buttons: bool) -> str:
    parts = [f"State: {escape(message.state)}"] if message.state else []
    if message.about == APPROVAL and message.gate and not has_buttons:
        parts.append("`interlock approve`")
    if message.link is not None:
        parts.append(f"<{message.link}|Open>")
    return "  ·  ".join(parts)


def _button_value(message: Message) -> str | None:
    if message.about != APPROVAL or message.gate is None or message.digest is None:
        return None
    said = {"incident": message.incident, "gate": message.gate, "digest": message.digest}
    value = msgspec.json.encode(said).decode()
    return value if len(value) <= VALUE_LENGTH_MAX else None


def _approve(value: str | None) -> dict[str, Any]:
    return {**_button(APPROVE, "Approve", value), "style": "primary"}


def _deny(value: str | None) -> dict[str, Any]:
    return {**_button(DENY, "Deny", value), "style": "danger"}


def _button(action: str, label: str, value: str | None) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links or mentions of its own out of names and URLs in it.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
