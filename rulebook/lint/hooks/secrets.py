"""Secrets where they would be written down: in URLs, headers and bodies.

A hook's URL and body are recorded before the first byte is sent, so a secret there is wrong even by
reference. A header may refer to one; `auth` is added per attempt and never recorded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from interlock.rulebook.document.nodes import span_of
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.pages.actions import SECRET
from interlock.rulebook.model import WebhookChannel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.diagnostics import Diagnostic
    from interlock.rulebook.model import Hook
    from interlock.rulebook.source import Span

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:authorization|cookie|credentials?|pass(?:word|wd|phrase)|secret|"
    r"(?:api|auth|access|private|secret|routing|integration|signing)[_-]?(?:key|token)|token)$",
    re.IGNORECASE,
)
_KNOWN_SHAPE = (  # compiled when a beginning of one is found: that takes as long as 20 guards
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"  # GitHub
    r"|\bglpat-[\w-]{16,}"  # GitLab
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\bsk_(?:live|test)_[A-Za-z0-9]{16,}"  # Stripe
    r"|\bAIza[\w-]{30,}"  # Google
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."  # JWT
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_PREFIXES = (
    "xox", "gh", "glpat-", "AKIA", "ASIA", "sk_", "AIza", "eyJ", "PRIVATE KEY",
)  # fmt: skip
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
    for sent, text in context.sent_texts:
        if why := _secret_in_value(text.name, text.value):
            message = f"the argument `{text.name}` holds {why}"
            yield _finding(message, text.span, sent.subject)


def _in_request(
    target: Hook | WebhookChannel, key: str, url: str | None, subject: str
) -> Iterator[Diagnostic]:
    if url is not None and (why := _secret_in_url(url)):
        yield _finding(f"the URL holds {why}", span_of(target.node, key), subject)
    for name, value in target.headers.items():
        if not _REFERENCE.search(value) and (why := _secret_in_value(name, value)):
            where = span_of(target.node, "headers", name)
            yield _finding(f"the header `{name}` holds {why}", where, subject)


def _secret_in_value(name: str, value: str) -> str | None:
    if "${" in value and _REFERENCE.search(value):
        return "a secret, which would be recorded"
    # Searching for all shapes at once is slow; looking for their beginnings is not.
    if any(prefix in value for prefix in _PREFIXES) and re.search(_KNOWN_SHAPE, value):
        return "what looks like a token"
    if _is_secret_name(name) and value and "{{" not in value:
        return "a secret written out"
    return None


@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


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
