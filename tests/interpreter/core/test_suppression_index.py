"""Asking the index what suppresses an alert gives what asking every guard in order gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interlock.interpreter.core.bindings import event_bindings
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.suppression import find_inhibitions, find_silence
from interlock.rulebook import compile_rulebook
from interlock.rulebook.graph.matching import Entries

WORDS = ("a", "b", "c", "prod", "prod-eu")
LABELS = ("env", "service", "zone")

tests = st.one_of(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(WORDS)).map(
        lambda pair: f'event.labels.{pair[0]} == "{pair[1]}"'
    ),
    st.tuples(st.sampled_from(LABELS), st.lists(st.sampled_from(WORDS), min_size=1)).map(
        lambda pair: f"event.labels.{pair[0]} in {list(pair[1])!r}".replace("'", '"')
    ),
    st.sampled_from(WORDS).map(lambda word: f'event.labels.service.startsWith("{word}")'),
    st.sampled_from(("true", 'event.severity == "P1"', 'event.labels.?env.orValue("") == ""')),
)
guards = st.one_of(
    tests,
    st.tuples(tests, st.sampled_from(("&&", "||")), tests).map(" ".join),
    tests.map(lambda text: f"!({text})"),
)
events = st.dictionaries(st.sampled_from(LABELS), st.sampled_from(WORDS)).map(
    lambda labels: Event(
        type="alert.triggered", origin=Origin.ALERT, status="firing", severity="P1", labels=labels
    )
)


class AskedOneByOne(Entries):
    """The same entries without their index."""

    def __init__(self, entries):
        super().__init__(entries, lambda _: None, with_errors=True)

    def possible(self, bindings):
        del bindings
        return self.all


def rulebook(texts):
    silences = "".join(f"  - match: '{text}'\n" for text in texts)
    inhibitions = "".join(
        f"  - {{source: '{one}', target: '{other}', equal: [zone]}}\n"
        for one, other in zip(texts, reversed(texts), strict=True)
    )
    return compile_rulebook(f"version: 1\nsilences:\n{silences}inhibitions:\n{inhibitions}")


@given(st.lists(guards, min_size=4, max_size=12), st.lists(events, min_size=1, max_size=5))
def test_the_index_finds_the_silences_and_errors_that_asking_each_finds(texts, asked):
    graph = rulebook(texts)
    active = {silence.name: n for n, silence in enumerate(graph.silences) if n % 3}
    for event in asked:
        bindings = event_bindings(event, {})
        found = find_silence((graph.silence_entries,), active, bindings)
        assert found == find_silence((AskedOneByOne(graph.silences),), active, bindings)


@given(st.lists(guards, min_size=4, max_size=12), st.lists(events, min_size=1, max_size=5))
def test_the_index_finds_the_inhibitions_and_errors_that_asking_each_finds(texts, asked):
    graph, plain = rulebook(texts), rulebook(texts)
    vars(plain)["inhibition_sources"] = AskedOneByOne(plain.inhibitions)
    vars(plain)["inhibition_targets"] = AskedOneByOne(plain.inhibitions)
    for event in asked:
        bindings = event_bindings(event, {})
        assert find_inhibitions(graph, event, bindings) == find_inhibitions(plain, event, bindings)
