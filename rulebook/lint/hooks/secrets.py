"""Secrets where they would be written down: in URLs, headers and bodies.

A hook's URL and body are recorded before the first byte is sent, so a secret there is wrong even by
reference. A header may refer to one; `auth` is added per attempt and never recorded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from interlock.rulebook.document.nodes import MapNode, SeqNode, span_of
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.pages.actions import SECRET
from interlock.rulebook.model import ActionCall, Hook, WebhookChannel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.document.nodes import Node, Step
    from interlock.rulebook.source import Span

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:authorization|cookie|credentials?|pass(?:word|wd|phrase)|secret|"
    r"(?:api|auth|access|private|secret|routing|integration|signing)[_-]?(?:key|token)|token)$",
    re.IGNORECASE,
)
_TOKEN_SHAPE = re.compile(
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"  # GitHub
    r"|\bglpat-[\w-]{16,}"  # GitLab
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\bsk_(?:live|test)_[A-Za-z0-9]{16,}"  # Stripe
    r"|\bAIza[\w-]{30,}"  # Google
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."  # JWT
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_USER_INFO = re.compile(r"^https?://[^/?#@]*:[^/?#@]+@")
_QUERY_SECRET = re.compile(r"[?&]([\w.-]+)=[^&#{]")
_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]*\}")
_REMEDY = "put it under `auth`, by reference: `${env:NAME}`"


def find_secrets(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each secret in a URL, in headers, or in the arguments of a step or an action."""
    for hook in context.model.remediation_hooks or ():
        yield from _in_request(hook, "endpoint", hook.endpoint, f"hook `{hook.id}`")
    for name, channel in (context.model.notification_channels or {}).items():
        if isinstance(channel, WebhookChannel):
            # The whole URL by reference is how such channels keep it secret.
            url = None if _REFERENCE.fullmatch(channel.url) else channel.url
            yield from _in_request(channel, "url", url, f"channel `{name}`")
    for element, subject in _with_arguments(context):
        yield from _in_arguments(element, subject)


def _with_arguments(context: LintContext) -> Iterator[tuple[MapNode, str]]:
    for runbook, step in context.written_steps():
        subject = f"runbook `{runbook}`, step `{step.id or step.hook}`"
        yield step.node, subject
        if step.undo is not None:
            yield step.undo.node, subject
    for written, rule in context.written_rules():
        calls = written.action if isinstance(written.action, tuple) else (written.action,)
        for call in calls:
            if isinstance(call, ActionCall):
                yield call.node, f"rule `{rule.id}`"


def _in_request(
    target: Hook | WebhookChannel, key: str, url: str | None, subject: str
) -> Iterator[Diagnostic]:
    if url is not None and (why := _secret_in_url(url)):
        yield _finding(f"the URL holds {why}", span_of(target.node, key), subject)
    for name, value in target.headers.items():
        if not _REFERENCE.search(value) and (why := _secret_in_value(name, value)):
            where = span_of(target.node, "headers", name)
            yield _finding(f"the header `{name}` holds {why}", where, subject)


def _in_arguments(element: MapNode, subject: str) -> Iterator[Diagnostic]:
    for node, step, name, text in _texts(element, "with", "with"):
        if why := _secret_in_value(name, text):
            yield _finding(f"the argument `{name}` holds {why}", span_of(node, step), subject)


def _texts(node: Any, step: Step, name: str) -> Iterator[tuple[Node, Step, str, str]]:
    """Yield every string below `node[step]` with its parent and the nearest key above it."""
    value = node[step] if step in node or isinstance(step, int) else None
    if isinstance(value, str):
        yield node, step, name, value
    elif isinstance(value, MapNode):
        for key in value:
            yield from _texts(value, key, key)
    elif isinstance(value, SeqNode):
        for index in range(len(value)):
            yield from _texts(value, index, name)


def _secret_in_value(name: str, value: str) -> str | None:
    if _REFERENCE.search(value):
        return "a secret, which would be recorded"
    if _TOKEN_SHAPE.search(value):
        return "what looks like a token"
    if _SECRET_NAME.search(name) and value and "{{" not in value:
        return "a secret written out"
    return None


def _secret_in_url(url: str) -> str | None:
    if _USER_INFO.search(url):
        return "a password"
    if any(_SECRET_NAME.search(name) for name in _QUERY_SECRET.findall(url)):
        return "a secret in its query"
    return _secret_in_value("", url)


def _finding(message: str, where: Span, subject: str) -> Diagnostic:
    return SECRET.finding(message, where, help=_REMEDY, subject=subject)


RULES = (
    LintRule(
        SECRET,
        find_secrets,
        frozenset({"remediation_hooks", "runbooks", "workflow_rules", "notification_channels"}),
        frozenset("XGRATB"),
    ),
)
