"""X: guard expressions, as the parser and the type checker see them."""

from __future__ import annotations

from interlock.rulebook.lint.pages.describe import describe


def _rulebook(guard: str) -> str:
    return f"guards:\n  burning: '{guard}'\n"


PAGES = (
    describe(
        "X201",
        why="A guard is a CEL expression; what cannot be read cannot be evaluated.",
        bad=_rulebook('incident.severity = "P1"'),
        good=_rulebook('incident.severity == "P1"'),
    ),
    describe(
        "X202",
        why="A bare word is a name, never a text, and every name must exist.",
        bad=_rulebook('incidnt.severity == "P1"'.replace('"', '"')),
        good=_rulebook('incident.severity == "P1"'),
    ),
    describe(
        "X203",
        why=(
            "The guard would be an error for every incident, and an error is neither true nor "
            "false: the rule is never taken."
        ),
        bad=_rulebook('incident.severty == "P1"'),
        good=_rulebook('incident.severity == "P1"'),
    ),
    describe(
        "X204",
        why="CEL compares and adds values of one type only, so the guard would always be an error.",
        bad=_rulebook("incident.severity == 1"),
        good=_rulebook('incident.severity == "P1"'),
    ),
    describe(
        "X205",
        why="A guard decides, so it is true or false; nothing else is taken for a yes.",
        bad=_rulebook("incident.title"),
        good=_rulebook('incident.title != ""'),
    ),
    describe(
        "X206",
        why="The guard would be an error for every incident.",
        bad=_rulebook('incident.title.beginsWith("disk")'),
        good=_rulebook('incident.title.startsWith("disk")'),
    ),
    describe(
        "X207",
        why=(
            "Correlation, silences and sources see the event only: no incident exists yet when "
            "they are tried."
        ),
        bad="""\
correlation:
  - {match: 'incident.labels.team == "db"', group_by: [event.labels.cluster]}
""",
        good="""\
correlation:
  - {match: 'event.labels.team == "db"', group_by: [event.labels.cluster]}
""",
    ),
    describe(
        "X208",
        why=(
            "Where the field is absent the guard is an error, neither true nor false: the rule is "
            "not taken, and later rules are not tried for that event."
        ),
        bad=_rulebook('incident.owner == "db"'),
        good=_rulebook('has(incident.owner) && incident.owner == "db"'),
        limits="Labels and other maps may hold anything; their keys are not checked.",
    ),
    describe(
        "X209",
        why="The comparison gives the same answer for every incident; the word is misspelled.",
        bad=_rulebook('incident.state == "TRAIGE"'),
        good=_rulebook('incident.state == "TRIAGE"'),
    ),
    describe(
        "X215",
        why="The guard would be an error for every incident. RE2 has no look-around and no \\1.",
        bad=_rulebook('incident.title.matches("disk (full")'),
        good=_rulebook('incident.title.matches("disk [(]full")'),
    ),
    describe(
        "X216",
        why="A bare number has no unit: whether seconds or minutes are meant, nobody can tell.",
        bad=_rulebook("now - incident.created_at > 600"),
        good=_rulebook('now - incident.created_at > duration("10m")'),
    ),
    describe(
        "X217",
        why=(
            "A decision is recorded with what it was made from, and must come out the same when "
            "it is replayed. The time of a decision is `now`."
        ),
        bad=_rulebook('now() - incident.created_at > duration("10m")'),
        good=_rulebook('now - incident.created_at > duration("10m")'),
        limits="Calls of that kind that other languages have, by their usual names.",
    ),
)
