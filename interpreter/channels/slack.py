"""Slack: one thread for each generation of an incident, whose first message is kept up to date.

Shapes: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update (an answer of 200
holds `ok`, and `error` where it is false; 429 with `Retry-After`), or an incoming webhook, which
answers with a plain `ok` and knows no threads. The first message's place goes into the incident's
stream with the outcome, and is looked up there after a restart. Until it is written it is
remembered here, and messages of one incident go one after the other, so that there is one thread.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

import msgspec
from msgspec.structs import replace

from interlock.interpreter.channels.message import APPROVAL, Message, read_message
from interlock.interpreter.channels.posting import Poster, secret_missing
from interlock.interpreter.channels.slack_blocks import make_blocks, make_text
from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.core.incident import Thread
from interlock.interpreter.hooks.answers import one_line
from interlock.interpreter.hooks.outcome import AttemptOutcome, failed, in_doubt
from interlock.interpreter.hooks.secret import SecretError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from interlock.interpreter.core.record import Notify

    FindThread = Callable[[str, str], Awaitable[Thread | None]]
    """Takes an incident's id and a channel's name; returns the thread its stream tells of."""

URL: Final = "https://slack.com/api"
_RETRYABLE: Final = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
     "request_timeout", "message_limit_exceeded"}
)  # fmt: skip
_REMEMBERED_MAX: Final = 1000


class SlackChannel:
    """`type: slack`."""

    def __init__(
        self,
        options: Mapping[str, Any],
        poster: Poster,
        external_url: str | None,
        find_thread: FindThread,
    ) -> None:
        self._token: str | None = options.get("token")
        self._webhook: str | None = options.get("webhook")
        self._conversation: str = options.get("channel", "")
        self._url: str = options.get("url", URL).rstrip("/")
        self._has_buttons = "signing_secret" in options
        self._poster = poster
        self._external_url = external_url
        self._find_thread = find_thread
        self._begun: OrderedDict[str, Thread] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, notice: Notify) -> AttemptOutcome:
        """Post the notification, in the incident's thread where there is one."""
        message = read_message(notice, self._external_url)
        if self._token is None:
            return await self._post_to_webhook(notice, message)
        turn = self._turns.setdefault(message.subject, asyncio.Lock())
        async with turn:
            return await self._post(notice, message)

    async def _post_to_webhook(self, notice: Notify, message: Message) -> AttemptOutcome:
        assert self._webhook is not None, "the rulebook gives a token or a webhook"
        try:
            url = self._poster.read(self._webhook)
        except SecretError as error:
            return secret_missing(error)
        return await self._poster.post(notice, url.reveal(), self._content(message), secrets=(url,))

    async def _post(self, notice: Notify, message: Message) -> AttemptOutcome:
        thread = await self._thread(notice.channel, message)
        body = {**self._content(message), "channel": self._conversation}
        body["metadata"] = {
            "event_type": "interlock_notification",
            "event_payload": {"key": notice.key},
        }
        if thread is not None:
            body["channel"] = thread.conversation
            body["thread_ts"] = thread.ts
            body["reply_broadcast"] = message.about == APPROVAL
        outcome = await self._call(notice, "chat.postMessage", body)
        if outcome.status is not OutcomeStatus.SUCCEEDED:
            return outcome
        if thread is not None:
            await self._refresh(notice, message, thread)
            return replace(outcome, result=None)
        begun = _read_begun(notice.channel, message, outcome.result)
        if begun is None:
            return replace(outcome, result=None)
        self._remember(message.subject, begun)
        return replace(outcome, result=msgspec.to_builtins(begun))

    async def _refresh(self, notice: Notify, message: Message, thread: Thread) -> None:
        """Bring the thread's first message up to date; the reply has said it in any case."""
        body = {
            **self._content(message, has_buttons=False),
            "channel": thread.conversation,
            "ts": thread.ts,
        }
        await self._call(notice, "chat.update", body)

    async def _thread(self, channel: str, message: Message) -> Thread | None:
        if message.incident is None:
            return None
        known = self._begun.get(message.subject)
        if known is not None:
            return known
        kept = await self._find_thread(message.incident, channel)
        return kept if kept is not None and kept.generation == message.generation else None

    def _remember(self, subject: str, thread: Thread) -> None:
        self._begun[subject] = thread
        while len(self._begun) > _REMEMBERED_MAX:
            self._begun.popitem(last=False)

    def _content(self, message: Message, *, has_buttons: bool = True) -> dict[str, Any]:
        return {
            "text": make_text(message),
            "blocks": make_blocks(message, has_buttons=has_buttons and self._has_buttons),
            "link_names": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }

    async def _call(self, notice: Notify, method: str, body: dict[str, Any]) -> AttemptOutcome:
        assert self._token is not None, "methods are called with a token"
        try:
            token = self._poster.read(self._token)
        except SecretError as error:
            return secret_missing(error)
        outcome = await self._poster.post(
            notice,
            f"{self._url}/{method}",
            body,
            secrets=(token,),
            headers={
                "Authorization": f"Bearer {token.reveal()}",
                "Content-Type": "application/json; charset=utf-8",
            },
            keeps_answer=True,
        )
        return outcome if outcome.status is not OutcomeStatus.SUCCEEDED else _judge(outcome)


def _judge(outcome: AttemptOutcome) -> AttemptOutcome:
    """Return what an answer of 200 says: Slack reports failures in its body."""
    answer = outcome.result
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        return in_doubt("answered 200 with something that is no answer of Slack's")
    if answer["ok"]:
        return outcome
    error = str(answer.get("error", "no reason"))
    detail = f"Slack refused it: {one_line(error, length_max=100)}"
    return replace(failed(detail, is_retryable=error in _RETRYABLE), http_status=200)


def _read_begun(channel: str, message: Message, answer: Any) -> Thread | None:
    ts, conversation = answer.get("ts"), answer.get("channel")
    if message.incident is None or not isinstance(ts, str) or not isinstance(conversation, str):
        return None
    return Thread(channel=channel, generation=message.generation, conversation=conversation, ts=ts)
