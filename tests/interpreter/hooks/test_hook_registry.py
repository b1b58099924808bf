from __future__ import annotations

import sys
from types import ModuleType

import pytest
from pydantic import BaseModel

from interlock.interpreter.hooks import HookCall, HookLoadError, PythonHook, hook, load_hooks


@pytest.fixture
def module(monkeypatch):
    made = ModuleType("ops_hooks")
    monkeypatch.setitem(sys.modules, "ops_hooks", made)
    return made


def test_a_declared_hook_says_what_it_is_and_can_still_be_called():
    class Drain(BaseModel):
        node: str

    @hook("drain_node", accepts=Drain, idempotent=True)
    def drain_node(call):
        return call.arguments

    assert isinstance(drain_node, PythonHook)
    assert (drain_node.id, drain_node.accepts, drain_node.is_idempotent) == (
        "drain_node",
        Drain,
        True,
    )
    assert drain_node(HookCall(hook="drain_node", arguments=7, incident="I", key="k")) == 7


def test_hooks_of_a_module_are_found_by_id(module):
    module.first = hook("drain_node")(print)
    module.again = module.first
    module.second = hook("cordon")(print)
    module.other = print
    registry = load_hooks(["ops_hooks", "ops_hooks"])
    assert set(registry.hooks) == {"drain_node", "cordon"}
    assert registry.find("drain_node") is module.first
    assert registry.find("nope") is None


def test_an_id_declared_twice_is_refused(module):
    module.first = hook("drain_node")(print)
    module.second = hook("drain_node")(repr)
    with pytest.raises(HookLoadError, match="'drain_node' of ops_hooks is declared twice"):
        load_hooks(["ops_hooks"])


def test_a_module_without_hooks_is_refused(module):
    module.drain = print
    with pytest.raises(HookLoadError, match="declares no hook"):
        load_hooks(["ops_hooks"])


def test_a_module_that_cannot_be_imported_is_said():
    with pytest.raises(HookLoadError, match="no_such_module_at_all cannot be imported"):
        load_hooks(["no_such_module_at_all"])


@pytest.mark.parametrize(
    "text", ["raise RuntimeError('boom')", "def broken(:", "raise SystemExit(2)"]
)
def test_a_module_that_fails_as_it_is_imported_is_said(tmp_path, monkeypatch, text):
    (tmp_path / "failing_hooks.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(HookLoadError, match="failing_hooks cannot be imported"):
        load_hooks(["failing_hooks"])
    sys.modules.pop("failing_hooks", None)


def test_no_modules_are_no_hooks():
    assert load_hooks([]).hooks == {}
