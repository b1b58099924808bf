from __future__ import annotations

from interlock.rulebook.picture import Highlight, narrow, outline


def test_a_rule_that_leaves_many_states_is_one_transition(tricky):
    last = [one for one in outline(tricky).transitions if one.target == "CANCELLED"]
    assert [one.sources for one in last] == [
        ("DETECTED", "TRIAGE", "MITIGATING", "RESOLVED", "on-hold", "LIMBO")
    ]


def test_states_that_nothing_leads_to_are_pointed_out(tricky):
    drawn = outline(tricky, Highlight.UNREACHABLE)
    assert [state.name for state in drawn.states if state.is_highlighted] == ["LIMBO"]
    assert not any(one.is_highlighted for one in drawn.transitions)


def test_timers_gates_and_remediation_are_pointed_out(tricky):
    def marked(highlight):
        drawn = outline(tricky, highlight)
        return [one.rule for one in drawn.transitions if one.is_highlighted]

    assert marked(Highlight.TIMERS) == ["TRIAGE->TRIAGE", "on-hold->TRIAGE"]
    assert marked(Highlight.GATES) == ["mitigate"]
    assert marked(Highlight.REMEDIATION) == ["mitigate"]


def test_depth_counts_transitions_in_either_direction(tricky):
    whole = outline(tricky)

    def near(depth):
        return [state.name for state in narrow(whole, tricky, "POST_MORTEM", depth).states]

    assert near(0) == ["POST_MORTEM"]
    assert near(1) == ["RESOLVED", "POST_MORTEM"]
    assert set(near(9)) == set(tricky.lifecycle.states)


def test_narrowing_keeps_only_transitions_between_kept_states(tricky):
    part = narrow(outline(tricky), tricky, "on-hold", 1)
    names = {state.name for state in part.states}
    assert names == {"on-hold", "TRIAGE", "CANCELLED"}
    for one in part.transitions:
        assert {*one.sources, one.target} <= names
    cancelled = [one for one in part.transitions if one.target == "CANCELLED"]
    assert [one.sources for one in cancelled] == [("TRIAGE", "on-hold")]
