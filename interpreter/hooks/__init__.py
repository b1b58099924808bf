"""Effects out: remediation hooks, and what all that goes out shares.

Rules of this folder: one call is one attempt, and every end of it is an `AttemptOutcome`; retries,
limits and the automation ladder are decided elsewhere, from the journal. What other people's
machines and functions do is never an exception here. Nothing connects but by the egress policy, and
no secret is ever part of an outcome.
"""

from interlock.interpreter.hooks.dispatch import HookDispatcher
from interlock.interpreter.hooks.egress_policy import EgressPolicy, parse_cidr
from interlock.interpreter.hooks.http_hooks import HttpHooks
from interlock.interpreter.hooks.outcome import AttemptOutcome
from interlock.interpreter.hooks.python_hooks import PythonHooks
from interlock.interpreter.hooks.registry import (
    HookCall,
    HookFailedError,
    HookLoadError,
    HookRegistry,
    PythonHook,
    hook,
    load_hooks,
)
from interlock.interpreter.hooks.secret import Secret, SecretError, SecretReader

__all__ = [
    "AttemptOutcome",
    "EgressPolicy",
    "HookCall",
    "HookDispatcher",
    "HookFailedError",
    "HookLoadError",
    "HookRegistry",
    "HttpHooks",
    "PythonHook",
    "PythonHooks",
    "Secret",
    "SecretError",
    "SecretReader",
    "hook",
    "load_hooks",
    "parse_cidr",
]
