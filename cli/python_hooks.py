"""What the Python hooks that an option names accept.

Responsible for importing the modules of `--hooks`, for commands that check rulebooks. Never calls a
hook.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from interlock.cli.exits import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.rulebook.graph.arguments import Accepted


def accepted_by_modules(modules: Sequence[str]) -> dict[str, Accepted]:
    """Import the modules and return what their hooks accept, by id.

    Raises:
        ConfigurationError: a module cannot be used.
    """
    if not modules:
        return {}
    # Imported here: most rulebooks are checked without.
    from interlock.interpreter.hooks import HookLoadError, load_hooks  # noqa: PLC0415
    from interlock.rulebook.graph.arguments import Accepted  # noqa: PLC0415

    # At the end, so that nothing that is installed can be shadowed by a file lying about here.
    sys.path.append(os.getcwd())  # noqa: PTH109 - sys.path holds strings
    try:
        schemas = load_hooks(modules).schemas()
    except HookLoadError as error:
        raise ConfigurationError(str(error)) from error
    return {name: Accepted(schema, is_converting=True) for name, schema in schemas.items()}
