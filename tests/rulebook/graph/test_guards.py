from __future__ import annotations

import pytest

from interlock.rulebook import check_rulebook, compile_rulebook
from interlock.rulebook.diagnostics import Level
from interlock.rulebook.graph.guards import GuardCompiler, Use
from interlock.rulebook.guard import GuardError
from interlock.rulebook.guard.places import Place, Vocabulary
from interlock.rulebook.source import SourceFile

RULE = Use(Place.RULE)


def compiler(**guards: str) -> GuardCompiler:
    return GuardCompiler({"always_true": "true"}, guards, Vocabulary())


def text_of(text: str, use: Use = RULE, **guards: str) -> str:
    compiled = compiler(**guards).compile(text, use)
    assert compiled.problems == ()
    return compiled.guard.text


def problem_of(text: str, use: Use = RULE, **guards: str):
    (problem,) = compiler(**guards).compile(text, use).problems
    return problem


def test_name_alone_is_a_named_guard():
    compiled = compiler(a="incident.metrics.x > 1").compile(" a ", RULE)
    assert compiled.guard.name == "a"
    assert compiled.guard.text == "incident.metrics.x > 1"
    assert compiled.guard.reads == {"incident.metrics.x"}


@pytest.mark.parametrize("word", ["true", "false"])
def test_constants_are_no_names(word):
    assert text_of(word) == word


def test_named_guard_stands_in_another_expression_like_a_bool():
    assert text_of("!a || b && a", a="now == now", b="a || true") == (
        "!(now == now) || (now == now || true) && now == now"
    )


def test_order_of_definitions_does_not_matter():
    assert text_of("b", a="c", b="a && true", c="false") == "false && true"


def test_macro_variable_hides_a_named_guard():
    assert text_of("[1].exists(a, a > 0)", a="true") == "[1].exists(a, a > 0)"
    assert text_of("[1].exists(x, a)", a="true") == "[1].exists(x, true)"


def test_definition_is_not_captured_by_a_macro_variable():
    text = text_of("incident.tags.exists(now, a)", a="now > incident.created_at")
    assert text == "incident.tags.exists(now, .now > incident.created_at)"


def test_reads_are_the_paths_an_expression_takes_from_outside():
    guards = compiler()
    text = (
        "has(incident.owner) && incident.labels['x'] == event.type && now > incident.created_at"
        " && incident.tags.exists(t, t.size() > 1 && severity.name == t)"
    )
    assert guards.compile(text, RULE).guard.reads == {
        "incident.owner", "incident.labels", "event.type", "now", "incident.created_at",
        "incident.tags", "severity.name",
    }  # fmt: skip


def test_guard_evaluates_with_its_definitions():
    guard = compiler(hot="incident.metrics.x > 1.0").compile("hot && true", RULE).guard
    assert guard.evaluate({"incident": {"metrics": {"x": 2.0}}}) is True
    with pytest.raises(GuardError) as caught:
        guard.evaluate({"incident": {"metrics": {}}})
    assert guard.text[caught.value.start : caught.value.end] == "incident.metrics.x"


def test_recorded_places_do_not_depend_on_layout():
    one = compiler().compile("incident.metrics.x>1.0", RULE).guard
    two = compiler().compile("  incident.metrics.x   >  1.0", RULE).guard
    assert one.text == two.text
    places = []
    for guard in (one, two):
        with pytest.raises(GuardError) as caught:
            guard.evaluate({"incident": {"metrics": {}}})
        places.append((caught.value.start, caught.value.end))
    assert places[0] == places[1]


def test_unknown_name_is_no_expression():
    problem = problem_of("burnin", burning="true")
    assert (problem.code, problem.help) == ("X202", "did you mean `burning`?")


def test_named_guard_must_see_what_the_place_has():
    problem = problem_of("a", Use(Place.CORRELATION), a="incident.state == 'x'")
    assert problem.code == "X207"
    assert problem.message.startswith("`a` cannot be used in correlation: ")
    problem = problem_of("event.type == 'x' && a", Use(Place.SILENCE), a="now == now")
    assert (problem.code, problem.start, problem.end) == ("X207", 21, 22)
    assert text_of("a", Use(Place.SILENCE), a='event.type == "x"') == 'event.type == "x"'


def test_wrong_definition_is_told_where_it_is_written_only():
    text = (
        "guards: {a: incident.stat == 1}\n"
        "workflow_rules:\n"
        "  - {transition: TRIAGE -> RESOLVED, validator: a}\n"
        "  - {transition: TRIAGE -> MITIGATING, validator: a && true}\n"
    )
    checked = check_rulebook([SourceFile("t.yaml", text)])
    assert [(d.code, d.span.line) for d in checked.diagnostics] == [("X203", 1)]


@pytest.mark.parametrize(
    ("guards", "message"),
    [
        ("{a: a && true}", "this guard refers to itself: `a` → `a`"),
        ("{a: b, b: c || true, c: '!a'}", "this guard refers to itself: `a` → `b` → `c` → `a`"),
    ],
)
def test_circle_of_definitions_is_told_once(guards, message):
    checked = check_rulebook([SourceFile("t.yaml", f"guards: {guards}\n")])
    assert [d.message for d in checked.diagnostics] == [message]


def test_definitions_that_double_are_bounded():
    guards = {"g0": "incident.title == 'x'"}
    guards |= {f"g{i}": f"g{i - 1} && !g{i - 1}" for i in range(1, 30)}
    problems = compiler(**guards).define("g29").problems
    assert all(problem.code == "X201" for problem in problems)
    assert compiler(**guards).define("g29").guard is None
    found = check_rulebook(
        [
            SourceFile(
                "t.yaml",
                "guards:\n"
                + "".join(f"  {k}: '{v.replace(chr(39), chr(34))}'\n" for k, v in guards.items()),
            )
        ]
    ).diagnostics
    assert [d.message for d in found] == [
        "with the named guards in it written out, this guard is too large"
    ]


def test_definitions_that_nest_are_bounded():
    guards = {"g0": "incident.title == 'x'"}
    guards |= {f"g{i}": f"!g{i - 1}" for i in range(1, 300)}
    named = compiler(**guards)
    assert named.define("g50").guard is not None
    assert named.define("g299").guard is None


def test_guard_sees_the_steps_of_its_own_runbook_only():
    head = "remediation_hooks: [{id: h}]\nrunbooks:\n  r: {steps: [{id: one, hook: h}, "
    good = head + "{hook: h, when: steps.one.status == 'succeeded'}]}\n"
    assert compile_rulebook(good)
    wrong = check_rulebook([SourceFile("t.yaml", good.replace("steps.one", "steps.two"))])
    assert [d.code for d in wrong.diagnostics] == ["X203"]
    elsewhere = "workflow_rules: [{transition: TRIAGE -> RESOLVED, validator: size(steps) == 0}]"
    assert [d.code for d in check_rulebook([SourceFile("t.yaml", elsewhere)]).diagnostics] == [
        "X207"
    ]


def test_problem_is_shown_at_its_characters_in_any_scalar():
    for scalar in (
        "incident.stat == 1",
        "'incident.stat == 1'",
        '"incident.\\x73tat == 1"',
        "|\n        true &&\n        incident.stat == 1",
        ">-\n        true\n        && incident.stat == 1",
        "true &&\n        incident.stat == 1",
    ):
        text = f"workflow_rules:\n  - transition: TRIAGE -> RESOLVED\n    validator: {scalar}\n"
        (found,) = check_rulebook([SourceFile("t.yaml", text)]).diagnostics
        assert found.span.text in ("stat", "\\x73tat")


def test_comment_that_cuts_a_guard_short_is_recognised():
    text = (
        "workflow_rules:\n"
        "  - transition: TRIAGE -> RESOLVED\n"
        "    validator: incident.title == 'a #1'\n"
    )
    (found,) = check_rulebook([SourceFile("t.yaml", text)]).diagnostics
    assert found.code == "X201"
    assert found.help == "` #` begins a comment in YAML: quote the guard"


def test_expression_of_any_value_may_lack_its_field():
    checked = check_rulebook([SourceFile("t.yaml", "post_mortem: {owner: incident.owner}")])
    assert checked.diagnostics == ()
    warned = check_rulebook(
        [SourceFile("t.yaml", "guards: {a: incident.owner == 'x'}")]
    ).diagnostics
    assert [(d.code, d.level) for d in warned] == [("X208", Level.WARNING)]


def test_many_guards_that_use_a_long_one_are_bounded_together(monkeypatch):
    monkeypatch.setattr("interlock.rulebook.graph.guards.WRITTEN_OUT_MAX", 10_000)
    long = " || ".join(f"incident.title == 'x{n}'" for n in range(50))
    short = "".join(f"  g{n}: long && incident.title == '{n}'\n" for n in range(50))
    text = f'guards:\n  long: "{long}"\n{short}'
    (found,) = check_rulebook([SourceFile("t.yaml", text)]).diagnostics
    assert found.message == (
        "with the named guards in it written out, all guards are over 10,000 characters"
    )


def test_long_chains_and_circles_are_linear():
    chain = {f"g{n}": f"!g{n - 1}" for n in range(1, 5_000)}
    found = check_rulebook(
        [SourceFile("t.yaml", "guards:\n  g0: 'true'\n" + _yaml(chain))]
    ).diagnostics
    assert ["nested deeper than 128 levels" in d.message for d in found] == [True]
    circle = {f"g{n}": f"!g{(n + 1) % 5_000}" for n in range(5_000)}
    (found,) = check_rulebook([SourceFile("t.yaml", "guards:\n" + _yaml(circle))]).diagnostics
    assert found.message.startswith("this guard refers to itself: `g0` → `g1` → ")
    assert len(found.message) < 120


def _yaml(guards: dict[str, str]) -> str:
    return "".join(f"  {name}: '{text}'\n" for name, text in guards.items())
