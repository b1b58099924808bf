"""Which state stands above which.

Responsible for one order of the states in which transitions run downwards, but for those that lead
back to where a path came from. Places nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock.rulebook.picture.outline import Outline


def order_states(drawn: Outline) -> dict[str, int]:
    """Return each state's place, from the top: depth first from the initial state, then the rest.

    States that do not follow from each other keep the order of the lifecycle.
    """
    listed = {state.name: place for place, state in enumerate(drawn.states)}
    targets: dict[str, set[str]] = {name: set() for name in listed}
    for one in drawn.transitions:
        for source in one.sources:
            targets[source].add(one.target)
    starts = sorted(drawn.states, key=lambda state: not state.is_initial)
    left: list[str] = []
    entered: set[str] = set()
    for start in starts:
        if start.name not in entered:
            component = _leave_depth_first(start.name, targets, listed, entered)
            left = [*component, *left]
    return {name: place for place, name in enumerate(reversed(left))}


def _leave_depth_first(
    start: str, targets: dict[str, set[str]], listed: dict[str, int], entered: set[str]
) -> list[str]:
    """Return the states that a walk enters anew, in the order in which it is done with them."""

    def following(state: str) -> list[str]:
        return sorted(targets[state], key=listed.__getitem__)

    entered.add(start)
    done = []
    path = [(start, iter(following(start)))]
    while path:
        state, pending = path[-1]
        unseen = next((target for target in pending if target not in entered), None)
        if unseen is None:
            done.append(state)
            path.pop()
        else:
            entered.add(unseen)
            path.append((unseen, iter(following(unseen))))
    return done
