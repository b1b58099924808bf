"""The index over correlation entries and runbooks changes no decision."""

from __future__ import annotations

from random import Random

import pytest

from interlock.interpreter.core.canonical import encode
from interlock.rulebook import compile_rulebook
from interlock.rulebook.graph.matching import INDEX_FROM, Entries
from interlock.rulebook.graph.routes import Correlation
from support.story import Story

LABELS = ("team", "service", "env")
WORDS = ("a", "ab", "b", "")

HEAD = """\
workflow_rules:
  - {transition: DETECTED -> MITIGATING, validator: always_true, action: execute_remediation_steps}
notification_channels: {chat: {type: log}}
severity_matrix: {P2: {auto_remediation: true, notification_channels: [chat]}}
remediation_hooks: [{id: mend, endpoint: "https://api.internal/mend"}]
"""


def atom(random, root):
    field = f"{root}.labels.{random.choice(LABELS)}"
    word = random.choice(WORDS)
    return random.choice(
        (
            f'{field} == "{word}"',
            f'{field} in ["{word}", "{random.choice(WORDS)}"]',
            f'{field}.startsWith("{word}")',
            f'{field} != "{word}"',
            f'{field} < "{word}"',
            f"has({field})",
            f'{root}.labels.?env.orValue("b") == "{word}"',
            f"{root}.metrics.load > {random.randrange(3)}.0",
            f"{root}.metrics.load <= {random.randrange(3)}.0",
            f'{root}.title.matches("a.*b")',
        )
    )


def guard(random, root):
    parts = [atom(random, root) for _ in range(random.choice((1, 1, 2, 3)))]
    return random.choice((" && ", " && ", " || ")).join(parts)


def rulebook(random):
    entries = [
        f"  - {{match: '{guard(random, 'event')}', group_by: [event.labels.env]}}"
        for _ in range(random.randrange(1, 14))
    ]
    if random.random() < 0.3:
        entries.insert(random.randrange(len(entries)), "  - {group_by: [event.labels.team]}")
    runbooks = [
        f"  r{number}: {{match: '{guard(random, 'incident')}', steps: [{{id: s, hook: mend}}]}}"
        for number in range(random.randrange(1, 14))
    ]
    return HEAD + "\n".join(("correlation:", *entries, "runbooks:", *runbooks, ""))


def alerts(random):
    for number in range(8):
        labels = random.sample(LABELS, k=random.randrange(4))
        yield {
            "id": f"i{number}",
            "severity": "P2",
            "title": random.choice(("a b", "b", "x")),
            "labels": {name: random.choice(WORDS) for name in labels},
            "metrics": {"load": random.choice((0.0, 1.5, 9.0))} if random.random() < 0.7 else {},
        }


def records(graph, sent):
    story = Story(graph)
    return [encode(story.alert(**fields).records[0]) for fields in sent]


@pytest.mark.parametrize("seed", range(60))
def test_decisions_are_those_of_asking_each_entry_in_order(seed, monkeypatch):
    random = Random(seed)
    graph = compile_rulebook(rulebook(random), name="matching")
    sent = list(alerts(random))
    indexed = records(graph, sent)
    monkeypatch.setattr(Entries, "possible", lambda self, _bindings: self.all)
    assert records(graph, sent) == indexed


def test_most_entries_are_left_out_where_they_are_many():
    rows = [f"  - {{match: 'event.labels.team == \"t{n}\"'}}" for n in range(100)]
    graph = compile_rulebook("\n".join(("correlation:", *rows, "")), name="many")
    bound = {"event": {"labels": {"team": "t7"}}}
    assert graph.correlation_entries.possible(bound) == [graph.correlation[7]]
    assert graph.correlation_entries.possible({"event": {"labels": {}}}) == []
    assert graph.correlation_entries is graph.correlation_entries


def test_few_entries_are_all_asked():
    entries = Entries([Correlation()] * (INDEX_FROM - 1), lambda e: e.match, with_errors=False)
    assert entries.possible({}) == entries.all
