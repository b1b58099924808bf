"""The parsing tables belong to the grammar, and reading them needs no Lark."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from random import Random

from lark.exceptions import UnexpectedInput

from interlock.rulebook.guard import ParseProblem, parse
from interlock.rulebook.guard.builder import ACTIONS
from interlock.rulebook.guard.grammar import generate, load_lark
from interlock.rulebook.guard.tables import load_tables


def test_grammar_json_is_what_lark_makes_of_the_grammar():
    kept = resources.files("interlock.rulebook.guard").joinpath("grammar.json").read_bytes()
    assert kept == generate(), "run python -m interlock.rulebook.guard.grammar"


def test_every_alias_has_a_builder_and_every_builder_an_alias():
    assert {rule.alias for rule in load_tables().rules if rule.alias} == set(ACTIONS)


def test_only_productions_of_one_symbol_lack_an_alias():
    assert all(rule.size == 1 for rule in load_tables().rules if rule.alias is None)


def test_no_production_is_empty():
    assert all(rule.size > 0 for rule in load_tables().rules)


def test_evaluating_a_guard_does_not_import_lark():
    script = (
        "import sys; from interlock.rulebook.guard import evaluate;"
        "assert evaluate('1 + 1 == 2', {}) is True; assert 'lark' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_loop_accepts_what_lark_accepts():
    lark = load_lark()
    random = Random(0)
    accepted = 0
    for _ in range(3_000):
        source = " ".join(random.choices(TOKENS, k=random.randrange(1, 10)))
        try:
            lark.parse(source)
        except UnexpectedInput:
            assert isinstance(parse(source), ParseProblem), source
        else:
            accepted += 1
            assert not isinstance(parse(source), ParseProblem), source
    assert accepted > 100


TOKENS = [
    "a",
    "b",
    "1",
    "2.5",
    "'x'",
    "true",
    "in",
    "for",
    "index",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "?",
]
TOKENS += [
    ":",
    ",",
    ".",
    ".?",
    "+",
    "-",
    "*",
    "!",
    "==",
    "<",
    "&&",
    "||",
    "`k`",
    "b'y'",
    "3u",
    "//",
]
TOKENS += ["a"] * 12
