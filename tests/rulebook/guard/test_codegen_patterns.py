"""Patterns that Python's `re` searches give the answer of RE2, on every text."""

from __future__ import annotations

from itertools import product
from random import Random
from time import process_time

import pytest
import re2

from interlock.rulebook.guard import GuardError, compile_guard, parse
from interlock.rulebook.guard.codegen_patterns import linear_pattern
from interlock.rulebook.guard.evaluator import evaluate_tree

RECOGNISED = (
    "", "a", "a.c", "^a", "a$", "^a$", "^$", ".*", "^.*$", ".*$", "^.*", "a.*c", "^a.*c", "^a.*c$",
    ".*a.*", "a.*b.*c$", "^(a|ab).*c$", "^(a|ab)c", "(ab|ba).*(ab|ba)", "^.*(ab|cd).*c$", r"\.a",
    r"^a\-b$", "(?:a|b)$", "^(High|Critical) .*latency.*$", "^a.*.*b$", "^a.*(b|bc).*$",
    "^.a.*b.$", r"a\\.*b", r"a\$",
)  # fmt: skip
LEFT_TO_RE2 = (
    "a+", "[ab]", r"\d", "(?i)a", "a|b", "(a(b))", "a.*?b", "^a.*(a|ab).*b", "(a)(b)(c)",
    "a{2}", "(a)*", "é", "a.+b", "^^a", "a$b", r"\bfoo", "(a|)", "(a|b)?",
)  # fmt: skip


@pytest.mark.parametrize("pattern", RECOGNISED)
def test_a_recognised_pattern_finds_what_re2_finds(pattern):
    linear = linear_pattern(pattern)
    assert linear is not None
    reference = re2.compile(pattern)
    texts = [
        "".join(letters) for size in range(6) for letters in product("ab c\n"[:4], repeat=size)
    ]
    random = Random(pattern)
    texts += ["".join(random.choices("abc.-\\\n", k=random.randrange(12))) for _ in range(3000)]
    texts += ["High x latency", "Critical latency y", "High latency\n", "xHigh latency"]
    for text in texts:
        assert (linear.search(text) is not None) == (reference.search(text) is not None), text


@pytest.mark.parametrize("pattern", LEFT_TO_RE2)
def test_any_other_pattern_is_left_to_re2(pattern):
    assert linear_pattern(pattern) is None


@pytest.mark.parametrize("pattern", [*RECOGNISED, *LEFT_TO_RE2])
@pytest.mark.parametrize(
    "text",
    [
        "é",
        "aéc",
        "a\ud800c",
        "ac\ud800",
        "a" * 399 + "c",
        "a" * 5000 + "c",
        "a\nc",
        "ac\n",
        5,
        b"ac",
        None,
        ["a"],
    ],
)
def test_the_guard_agrees_with_the_tree_on_text_that_is_not_plain(pattern, text):
    source = "x.matches(r" + repr(pattern).replace("\\\\", "\\") + ")"
    bound = {"x": text}

    def outcome(call):
        try:
            return call()
        except GuardError as error:
            return error.kind, error.message, error.start

    guard = compile_guard(source)
    assert outcome(lambda: guard(bound)) == outcome(lambda: evaluate_tree(parse(source), bound))


@pytest.mark.parametrize(
    "pattern", ["a.*b", "a.*b.*c", "^a.*b.*c.*d$", "(a|aa)(a|aa).*b", "^(a|aa)(a|aa).*b"]
)
def test_no_text_takes_long(pattern):
    guard = compile_guard(f'x.matches("{pattern}")')
    texts = ["a" * size for size in (100, 400, 2_000, 100_000)] + ["ab" * 1_000, "abc" * 600]
    begin = process_time()
    for text in texts:
        guard({"x": text})
    assert process_time() - begin < 5.0
