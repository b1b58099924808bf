from __future__ import annotations

from interlock.interpreter.core.event import OutcomeStatus
from interlock.interpreter.hooks import HookDispatcher, HookRegistry, PythonHooks, hook
from interlock.rulebook.graph.state_graph import Hook
from support.hook_target import call_hook, http_hooks

DECLARED = Hook(id="scale_up", endpoint="https://unused.example.test/", auth={"bearer": "${env:T}"})


async def dispatch(effect, declared=DECLARED):
    python = PythonHooks(HookRegistry({"scale_up": hook("scale_up")(lambda call: call.incident)}))
    async with http_hooks(environ={"T": "token-1"}) as http:
        outcome = await HookDispatcher(http, python).call(effect, declared, "INC-1")
    python.close()
    return outcome


async def test_an_effect_with_a_url_is_sent_with_the_live_credentials(server):
    outcome = await dispatch(call_hook(server.url()))
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert server.headers()["authorization"] == "Bearer token-1"


async def test_an_effect_without_a_url_calls_the_python_function():
    assert (await dispatch(call_hook(None))).result == "INC-1"


async def test_a_hook_the_rulebook_no_longer_declares_is_not_called(server):
    outcome = await dispatch(call_hook(server.url()), declared=None)
    assert outcome.status is OutcomeStatus.FAILED
    assert server.connections == 0
