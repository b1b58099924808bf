"""What the language has and the daemon cannot run yet.

Responsible for one clear sentence per part that is checked but not carried out, so that `run` can
refuse instead of ignoring it. Never reports a finding: such a rulebook is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.model import Rulebook, RunbookStep

_SECTIONS = {
    "silences": "alerts are not yet muted",
    "inhibitions": "alerts do not yet mute each other",
    "teams": "channels, approvers and on-call are not yet chosen by team",
}


def unsupported_parts(model: Rulebook) -> tuple[str, ...]:
    """Return the sentences, in the order of the language's sections."""
    return tuple(dict.fromkeys(_parts(model)))


def _parts(model: Rulebook) -> Iterator[str]:
    if model.scope is not None:
        yield "`scope`: events are not yet divided among several rulebook files"
    if any(row.escalation for row in (model.severity_matrix or {}).values()):
        yield "`severity_matrix.*.escalation`: unacknowledged incidents are not yet escalated"
    if any(entry.threshold is not None for entry in model.correlation or ()):
        yield "`correlation.threshold`: an incident opens at the first alert"
    if any(entry.window is not None for entry in model.correlation or ()):
        yield "`correlation.window`: alerts are grouped for as long as the incident is open"
    for section, sentence in _SECTIONS.items():
        if getattr(model, section):
            yield f"`{section}`: {sentence}"
    for runbook in (model.runbooks or {}).values():
        for step in runbook.steps:
            yield from _step_parts(step)


def _step_parts(step: RunbookStep) -> Iterator[str]:
    if step.parallel is not None:
        yield "`runbooks.*.steps.parallel`: steps run one after the other only"
        for inner in step.parallel:
            yield from _step_parts(inner)
    if step.undo is not None or step.on_failure == "undo":
        yield "`runbooks.*.steps.undo`: succeeded steps are not yet taken back"
    if step.verify is not None:
        yield "`runbooks.*.steps.verify`: a step succeeds when its hook answers ok"
