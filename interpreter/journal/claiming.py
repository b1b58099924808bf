"""Which effects a claim may take: the automation ladder, read where the claim is made.

Pure: a store hands in the control head it read in the claiming transaction. Never decides what an
effect does, only whether it may leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core.canonical import DamagedBytesError
from interlock.interpreter.core.control import (
    CONTROL_STREAM,
    Control,
    decode_control,
    lets_through,
)
from interlock.interpreter.journal.store import StoreDamagedError
from interlock.rulebook.graph.state_graph import Automation, lowest_automation

if TYPE_CHECKING:
    from interlock.interpreter.journal.store import Claim


class Gatekeeper:
    """Answers for one claim; levels are worked out once per hook."""

    def __init__(self, claim: Claim, control: bytes | None) -> None:
        """Take the control head's bytes (None: nothing was ever set); raises StoreDamagedError."""
        self._claim = claim
        self._control = Control() if control is None else _decode(control)
        self._levels: dict[str | None, Automation] = {}

    @property
    def named_hooks(self) -> tuple[str, ...]:
        """The hooks that operators set a level for; all others have that of no hook (None)."""
        return tuple(sorted(self._control.overrides.keys() - {"*"}))

    def lets(self, kind: str, hook: str | None, *, approved: bool) -> bool:
        """Tell whether an effect may be claimed; only `hook` effects are ever held back."""
        return kind != "hook" or lets_through(self._level(hook), approved=approved)

    def _level(self, hook: str | None) -> Automation:
        level = self._levels.get(hook)
        if level is None:
            level = lowest_automation(
                self._claim.automation, self._control.automation(self._claim.now, hook)
            )
            self._levels[hook] = level
        return level


def _decode(control: bytes) -> Control:
    try:
        return decode_control(control)
    except DamagedBytesError as error:
        raise StoreDamagedError(str(error), stream=CONTROL_STREAM) from error
