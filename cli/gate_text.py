"""A gate in full, for people: what would be done, to what, how, and who must agree.

Rules of this file: nothing of what an approval covers is left out or cut short.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interlock.cli.record_text import clean, short_time

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


def describe_gate(gate: Json) -> list[str]:
    """Return a gate's lines."""
    return [clean(line).rstrip() for line in _lines(gate)]


def _lines(gate: Json) -> Iterator[str]:
    yield f"gate {gate['name']}: {gate['status']}, {_count(gate)}"
    shown: Json = gate["shown"]
    if shown:
        yield f"  incident {shown['incident']} ({shown['severity']}): {shown['transition']}"
        yield f"  actions: {', '.join(shown['actions']) or 'none'}"
        for step in shown["steps"]:
            yield from _step(step)
        yield f"  rulebook {shown['rulebook']}"
    if gate["roles"]:
        yield f"  approvals from: {', '.join(gate['roles'])}"
    if gate["exclude"]:
        yield f"  not from: {', '.join(_excluded(gate))}"
    if gate["expires_at"]:
        yield f"  expires {short_time(gate['expires_at'])}"
    for approval in gate["approvals"]:
        reason = f": {approval['reason']}" if approval["reason"] else ""
        yield f"  approved by {approval['principal']} {short_time(approval['at'])}{reason}"
    bypass = gate["bypass"]
    if bypass:
        yield f"  let through by {bypass['by'] or 'the passing of its time'}: {bypass['reason']}"
    yield f"  digest {gate['digest']}"


def _count(gate: Json) -> str:
    return f"{len(gate['approvals'])} of {gate['needed']} approvals"


def _step(step: Json) -> Iterator[str]:
    target = f" -> {step['method']} {step['url']}" if "url" in step else ""
    yield f"  step {step['step']}: {step['hook']}{target}"
    for name in ("with", "headers"):
        if step.get(name):
            yield f"    {name} {json.dumps(step[name], ensure_ascii=False, sort_keys=True)}"


def _excluded(gate: Json) -> Iterator[str]:
    for name in gate["exclude"]:
        who = gate.get(name) if name in ("requester", "author") else None
        yield f"{name} ({who})" if who else name.removeprefix("principal:")
