"""The routing tree as a list of decisions, the first of which holds.

Responsible for giving every alert the receivers that Alertmanager gives it: children before their
parent, in order, and with `continue` those of later siblings too. A list can say the same as the
tree because each decision carries the matchers of all its ancestors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.alertmanager.matchers import contradict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook.alertmanager.configuration import Matcher, Route

DECISIONS_MAX = 400


class Decision(NamedTuple):
    """What happens to the alerts that match: the routes they end in, several after `continue`."""

    matchers: tuple[Matcher, ...]
    routes: tuple[Route, ...]

    @property
    def receivers(self) -> tuple[str, ...]:
        """The receivers in order, each once."""
        return tuple(dict.fromkeys(route.receiver for route in self.routes))


class Decisions(NamedTuple):
    """The decisions in order, and the routes whose `continue` would need too many of them."""

    listed: tuple[Decision, ...]
    stopped: tuple[Route, ...]


def decide_routes(root: Route) -> Decisions:
    """Return the decisions of a routing tree; the last of them matches every alert."""
    walk = _Walk()
    listed: list[Decision] = []
    seen: list[frozenset[Matcher]] = []
    for decision in walk.of(root):
        wanted = frozenset(decision.matchers)
        if not any(earlier <= wanted for earlier in seen):
            listed.append(decision)
            seen.append(wanted)
    return Decisions(tuple(listed), tuple(walk.stopped))


class _Walk:
    """One walk over a tree; remembers where it had to stop."""

    def __init__(self) -> None:
        self.stopped: list[Route] = []

    def of(self, route: Route) -> list[Decision]:
        inner = self._level(route.routes)
        combined = [
            Decision((*route.matchers, *one.matchers), one.routes)
            for one in inner
            if not contradict((*route.matchers, *one.matchers))
        ]
        return [*combined, Decision(route.matchers, (route,))]

    def _level(self, routes: Sequence[Route]) -> list[Decision]:
        following: list[Decision] = []
        for route in reversed(routes):
            own = self.of(route)
            if not route.goes_on:
                following = own + following
            elif len(own) * (len(following) + 1) + len(following) > DECISIONS_MAX:
                self.stopped.append(route)
                following = own + following
            else:
                following = [both for one in own for both in _joined(one, following)] + following
        return following


def _joined(one: Decision, following: Sequence[Decision]) -> list[Decision]:
    """Return one decision with each of those that may hold too, then by itself."""
    both = [
        Decision((*one.matchers, *other.matchers), (*one.routes, *other.routes))
        for other in following
        if not contradict((*one.matchers, *other.matchers))
    ]
    return [*both, one]
