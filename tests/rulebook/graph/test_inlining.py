from __future__ import annotations

import pytest

from interlock.rulebook.graph.inlining import inline, survey
from interlock.rulebook.guard import evaluate, parse, unparse


@pytest.mark.parametrize(
    ("text", "names", "reads"),
    [
        ("a.b.c == d", {"a", "d"}, {"a.b.c", "d"}),
        ("has(a.b)", {"a"}, {"a.b"}),
        ("has(a['x'].b)", {"a"}, {"a"}),
        ("a.?b.orValue(c)", {"a", "c"}, {"a", "c"}),
        ("f(a).b == 1", {"a"}, {"a"}),
        ("[1].all(x, x > y && z.exists(w, w == x))", {"y", "z"}, {"y", "z"}),
        ("[1].exists(x, .x == x)", {"x"}, {"x"}),
        ("x.map(x, x)", {"x"}, {"x"}),
        ("cel.bind(v, a.b, v + c)", {"a", "c"}, {"a.b", "c"}),
        ("optional.of(a).optMap(v, v + b).orValue(v)", {"a", "b", "v"}, {"a", "b", "v"}),
        ("a.transformList(i, v, i > n, v)", {"a", "n"}, {"a", "n"}),
        ("{'k': a}[b] ? c : -d", {"a", "b", "c", "d"}, {"a", "b", "c", "d"}),
    ],
)
def test_survey_finds_what_comes_from_outside(text, names, reads):
    found = survey(parse(text))
    assert set(found.names) == names
    assert found.reads == reads


@pytest.mark.parametrize(
    ("text", "definition", "expected"),
    [
        ("n && x", "a || b", "(a || b) && x"),
        ("n || x", "a || b", "a || b || x"),
        ("!n", "a == b", "!(a == b)"),
        ("x ? n : y", "c ? d : e", "x ? (c ? d : e) : y"),
        ("{'k': n}", "a", '{"k": a}'),
        ("[n, ?m]", "a", "[a, ?m]"),
        ("f(n, x.g(n))", "a", "f(a, x.g(a))"),
        ("n.all(n, n)", "a", "a.all(n, n)"),
        ("xs.all(a, n)", "a > 0", "xs.all(a, .a > 0)"),
        ("xs.all(a, ys.all(b, n))", "a > b", "xs.all(a, ys.all(b, .a > .b))"),
        ("xs.all(a, n)", "zs.all(a, a > b)", "xs.all(a, zs.all(a, a > b))"),
        ("cel.bind(a, n, a && n)", "a", "cel.bind(a, a, a && .a)"),
        ("xs.all(n, .n)", "a", "xs.all(n, a)"),
    ],
)
def test_definition_stands_in_for_its_name(text, definition, expected):
    result = inline(parse(text), {"n": parse(definition)})
    assert unparse(result) == expected
    assert unparse(parse(expected)) == expected


@pytest.mark.parametrize(
    ("text", "definition"),
    [
        ("[1, 2].exists(a, n)", "a == 7"),
        ("[3].map(a, n ? a : 0)[0] == 3", "a == 7"),
        ("cel.bind(a, 1, n && a == 1)", "a == 7"),
    ],
)
def test_value_is_that_of_the_definition_outside(text, definition):
    written_out = unparse(inline(parse(text), {"n": parse(definition)}))
    assert evaluate(written_out, {"a": 7}) is evaluate(text, {"a": 7, "n": True})
