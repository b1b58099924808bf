from __future__ import annotations

import subprocess
import sys

import pytest

import interlock.rulebook


@pytest.mark.parametrize("name", interlock.rulebook.__all__)
def test_public_name_is_there(name):
    assert getattr(interlock.rulebook, name) is not None


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="has no attribute 'compile'"):
        _ = interlock.rulebook.compile


def test_rulebook_that_is_right_is_compiled_without_what_only_mistakes_need():
    code = (
        "import sys; from interlock.rulebook import compile_rulebook; "
        "compile_rulebook('version: 1'); "
        "print(sorted({'jsonschema', 'jinja2', 'lark', 'pydantic', 'aiohttp'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
