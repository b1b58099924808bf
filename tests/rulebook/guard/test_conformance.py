"""The conformance vectors of the CEL specification, all of them."""

from __future__ import annotations

import importlib.util
import json

import pytest

import interlock.rulebook.guard as language


@pytest.fixture(scope="module")
def runner(shared):
    path = shared / "conformance" / "cel_conformance.py"
    spec = importlib.util.spec_from_file_location("cel_conformance", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("folder", "count"), [("cel", 981), ("cel-extensions", 77)])
def test_every_vector_has_its_value_or_its_error(runner, shared, folder, count):
    failed = []
    tests = [
        (path.stem, test)
        for path in sorted((shared / "conformance" / folder).glob("*.json"))
        for test in json.loads(path.read_text("utf-8"))["tests"]
    ]
    adapter = runner.FunctionAdapter("interlock.rulebook.guard:evaluate")
    for file, test in tests:
        try:
            got = adapter.evaluate(test)
        except language.GuardError as error:
            got = error
        is_right = (
            isinstance(got, language.GuardError)
            if "error" in test
            else (isinstance(got, dict) and runner.same(test["value"], got))
        )
        if not is_right:
            failed.append((file, test["section"], test["name"], got))
    assert failed == []
    assert len(tests) == count


def test_written_back_vectors_are_the_same_expressions(shared):
    sources = {
        test["expr"]
        for path in sorted((shared / "conformance").glob("cel*/*.json"))
        for test in json.loads(path.read_text("utf-8"))["tests"]
    }
    for source in sorted(sources):
        expr = language.parse(source)
        if not isinstance(expr, language.ParseProblem):
            assert language.parse(language.unparse(expr)) == expr, source
