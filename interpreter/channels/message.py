"""What a notification says, in words: the parts that every channel arranges its own way.

Pure. Texts are plain and unescaped; a channel that shows markup escapes them. Nothing is read but
the notification: the same one says the same at each attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core.keys import digest_of

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Notify

ENDS: Final = frozenset({"resolved", "closed"})
"""What a notification is about when nobody need look any more."""
APPROVAL: Final = "approval_needed"

_LOOK: Final = "Somebody has to look at it."
_NEEDED: Final = {
    "opened": "Acknowledge it.",
    "reopened": "Acknowledge it.",
    "severity_raised": "Acknowledge it.",
    "escalation": "Acknowledge it.",
    "sla_breached": "Resolve it: its time is over.",
    "gate_expired": "Ask again for the transition, or decide otherwise.",
    "break_glass": "Somebody else reviews it (`gate.reviewed`).",
    "step_in_doubt": "Find out whether it was done; then retry or drop it.",
    "over_limit": "Start it, or drop it.",
    "step_failed": _LOOK,
    "guard_error": _LOOK,
    "attention": _LOOK,
    "unmatched": _LOOK,
    "undelivered": "Tell them another way, and mend the channel.",
}


class Message(Struct, frozen=True, kw_only=True):
    """One notification's parts; `subject` names what later ones are joined to.

    Attributes:
        happened: What happened, in one sentence.
        needed: What people should do; empty where nothing.
        link: Where there is more; None without an `--external-url`.
        gate, digest: For an approval: of which gate, and what it is bound to.
    """

    key: str
    about: str
    happened: str
    needed: str = ""
    incident: str | None = None
    generation: int = 1
    title: str = ""
    severity: str = ""
    state: str = ""
    link: str | None = None
    gate: str | None = None
    digest: str | None = None

    @property
    def is_end(self) -> bool:
        """True where it says that the incident is over."""
        return self.about in ENDS

    @property
    def subject(self) -> str:
        """Name the generation of the incident, or the notification where there is none."""
        return self.key if self.incident is None else f"{self.incident}/{self.generation}"

    def short_subject(self, length_max: int) -> str:
        """Return the subject, or a hash of it where a service would cut it or show it as markup."""
        subject = self.subject
        is_plain = subject.isprintable() and "<" not in subject and ">" not in subject
        return subject if is_plain and len(subject) <= length_max else digest_of("subject", subject)

    @property
    def headline(self) -> str:
        """Return one line that stands for the incident."""
        if self.incident is None:
            return self.happened
        severity = f"[{self.severity}] " if self.severity else ""
        return _visible(f"{severity}{self.title} ({self.incident})").replace("\n", " ")


def read_message(notice: Notify, external_url: str | None = None) -> Message:
    """Return the parts of a notification; `external_url` is where people reach the daemon."""
    details = notice.details
    incident = _text(details.get("incident")) or None
    message = Message(
        key=notice.key,
        about=notice.about,
        happened=notice.text,
        needed=_needed(notice),
        incident=incident,
        generation=_generation(details.get("generation")),
        title=_text(details.get("title")),
        severity=_text(details.get("severity")),
        state=_text(details.get("state")),
        link=_link(incident, external_url),
        gate=_text(details.get("gate")) or None,
        digest=_text(details.get("digest")) or None,
    )
    return _readable(message)


def _readable(message: Message) -> Message:
    """Leave out of what happened what the headline says, and whatever would hide or turn text."""
    known = f"[{message.severity}] {message.title} ({message.incident}): "
    happened = message.happened.removeprefix(known)
    return replace(
        message,
        happened=_visible(happened),
        needed=_visible(message.needed),
        title=_visible(message.title).replace("\n", " "),
        state=_visible(message.state).replace("\n", " "),
        severity=_visible(message.severity).replace("\n", " "),
    )


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _needed(notice: Notify) -> str:
    if notice.about != APPROVAL:
        return _NEEDED.get(notice.about, "")
    gate = notice.details.get("gate")
    return "Start it, or leave it." if gate is None else f"Approve or deny gate {gate}."


def _link(incident: str | None, external_url: str | None) -> str | None:
    if external_url is None or incident is None:
        return None
    return f"{external_url.rstrip('/')}/incidents/{quote(incident, safe='')}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _generation(value: Any) -> int:
    return value if isinstance(value, int) else 1


def shorten(text: str, length_max: int) -> str:
    """Return a text of at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= length_max else f"{text[: length_max - 1]}…"
