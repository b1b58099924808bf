from __future__ import annotations

from random import Random

import pytest

from interlock.rulebook.format.spacing import space_guard
from interlock.rulebook.guard.parser import parse, tokenize
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.unparser import unparse
from support.guard_author import Author

CASES = {
    "a  ==b&&( c||d )": "a == b && (c || d)",
    'x.?y.orValue( "a")=="b"?-1:- 2': 'x.?y.orValue("a") == "b" ? -1 : -2',
    '{"a":1,"b" :a?b:c}[ ?"x" ]': '{"a": 1, "b": a ? b : c}[?"x"]',
    "[1,2 ,?x].map( i,i+1 )": "[1, 2, ?x].map(i, i + 1)",
    '{?"a":b}': '{?"a": b}',
    "!a&&! b": "!a && !b",
    "a -1": "a - 1",
    ".x .y": ".x.y",
    "a in[1,2]": "a in [1, 2]",
    "a\n   &&  b ": "a\n   && b",
    "  severity_defined\t": "severity_defined",
    # what the unparser would write otherwise stays as the author wrote it
    r"r'x\d'+ 'y'": r"r'x\d' + 'y'",
    "(a)==0x10": "(a) == 0x10",
    # what is no expression, or holds a comment, stays altogether
    "a  ==  == b": "a  ==  == b",
    "a  && b // because": "a  && b // because",
}


@pytest.mark.parametrize(("written", "spaced"), CASES.items())
def test_spacing(written, spaced):
    assert space_guard(written) == spaced
    assert space_guard(spaced) == spaced


@pytest.mark.parametrize("seed", range(300))
def test_spacing_is_that_of_the_unparser(seed):
    random = Random(seed)
    parsed = parse(Author(random, 0.7).expression(4))
    if isinstance(parsed, ParseProblem):
        return
    canonical = unparse(parsed)
    assert space_guard(canonical) == canonical
    words = [token.text for token in tokenize(canonical) if token.kind != "SPACE"]
    assert space_guard("  ".join(words)) == canonical
