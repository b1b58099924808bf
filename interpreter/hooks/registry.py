"""Python functions that carry out remediation hooks: how they are declared and found.

Responsible for `@hook`, the values a function is given, and finding the declared ones in the
modules that `--hooks` names. Keeps no table of its own: a declared hook is an object in its module,
so importing a module twice, or in two daemons, changes nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from pydantic import BaseModel  # noqa: TC004 - nothing reads the annotation it stands in

ArgumentsT = TypeVar("ArgumentsT")


class HookCall(Struct, Generic[ArgumentsT], frozen=True, kw_only=True):
    """What a hook function is given.

    Attributes:
        hook: The hook's id.
        arguments: The step's `with:`, rendered; an instance of the model for a hook with `accepts`.
        incident: Id of the incident it is done for.
        key: Idempotency key, the same at every attempt: pass it on to what you call.
        attempt: 1 for the first attempt.
    """

    hook: str
    arguments: ArgumentsT
    incident: str
    key: str
    attempt: int = 1


class HookFailedError(Exception):
    """Raise it in a hook function to say how it failed; the text is shown to people."""

    def __init__(
        self, message: str, *, is_retryable: bool = True, is_in_doubt: bool = False
    ) -> None:
        """Say whether a later attempt may succeed, or whether the work may have been done."""
        super().__init__(message)
        self.is_retryable = is_retryable
        self.is_in_doubt = is_in_doubt


class HookLoadError(Exception):
    """A module of hooks cannot be used; the text says why."""


class PythonHook(Struct, frozen=True):
    """A declared hook function; calling it calls the function.

    `is_idempotent` says that calling the function again with the same key does no harm, so that an
    attempt in doubt may be retried.
    """

    id: str
    function: Callable[[HookCall[Any]], Any]
    accepts: type[BaseModel] | None = None
    is_idempotent: bool = False

    def __call__(self, call: HookCall[Any]) -> Any:
        """Call the function as it is: no model check, no time limit."""
        return self.function(call)


def hook(
    id_: str, *, accepts: type[BaseModel] | None = None, idempotent: bool = False
) -> Callable[[Callable[[HookCall[Any]], Any]], PythonHook]:
    """Declare a function, `async` or plain, to be the remediation hook `id_`.

    Args:
        id_: The id that rulebooks use.
        accepts: Model that the arguments are checked with; the function then gets an instance.
        idempotent: Calling it again with the same key does no harm.
    """

    def declare(function: Callable[[HookCall[Any]], Any]) -> PythonHook:
        return PythonHook(id_, function, accepts, idempotent)

    return declare


class HookRegistry(Struct, frozen=True):
    """The Python hooks of one daemon, by id."""

    hooks: Mapping[str, PythonHook] = {}

    def find(self, id_: str) -> PythonHook | None:
        """Return the hook of that id."""
        return self.hooks.get(id_)

    def schemas(self) -> dict[str, dict[str, Any]]:
        """Return the JSON Schema of what each hook with a model accepts, by its id."""
        return {
            one.id: one.accepts.model_json_schema()
            for one in self.hooks.values()
            if one.accepts is not None
        }


def load_hooks(modules: Iterable[str]) -> HookRegistry:
    """Import modules and return the hooks declared in them.

    Raises:
        HookLoadError: a module cannot be imported, declares none, or an id is declared twice.
    """
    found: dict[str, PythonHook] = {}
    for name in modules:
        declared = _declared_in(_import(name))
        if not declared:
            raise HookLoadError(f'{name} declares no hook; write @hook("id") above a function')
        for candidate in declared:
            known = found.setdefault(candidate.id, candidate)
            if known is not candidate:
                raise HookLoadError(f"hook {candidate.id!r} of {name} is declared twice")
    return HookRegistry(found)


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # the boundary to operators' modules
        raise HookLoadError(
            f"{name} cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _declared_in(module: ModuleType) -> list[PythonHook]:
    return [value for value in vars(module).values() if isinstance(value, PythonHook)]
