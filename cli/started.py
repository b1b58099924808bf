"""The files that `interlock init` writes.

Rules of this file: contents only, nothing is read from or written to a user's folder. A started
folder stands by itself: paths in it are its own, and editors find the schema beside the rulebook.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from interlock.rulebook.alertmanager import Conversion

_SCHEMA = "rulebook.v1.json"
_MODELINE = f"# yaml-language-server: $schema={_SCHEMA}\n"
_SHIPPED_MODELINE = f"# yaml-language-server: $schema=../../schemas/{_SCHEMA}\n"
_KINDS = (".yaml", ".jsonl", ".md", ".svg", ".j2")


def policy_files(policy: Traversable) -> dict[str, bytes]:
    """Return the files of a shipped policy, as they read in a folder of their own."""
    contents = {}
    for entry in sorted(policy.iterdir(), key=lambda entry: entry.name):
        if entry.is_file() and entry.name.endswith(_KINDS):
            text = entry.read_text("utf-8")
            text = text.replace(_SHIPPED_MODELINE, _MODELINE).replace(
                f"policies/{policy.name}/", ""
            )
            contents[entry.name] = text.encode()
    return {**contents, _SCHEMA: _schema()}


def imported_files(conversion: Conversion) -> dict[str, bytes]:
    """Return the files made of an Alertmanager configuration."""
    assert conversion.text is not None
    return {
        "rulebook.yaml": (_MODELINE + conversion.text).encode(),
        "README.md": _readme(conversion).encode(),
        _SCHEMA: _schema(),
    }


def _schema() -> bytes:
    return files("interlock.schemas").joinpath(_SCHEMA).read_bytes()


def _readme(conversion: Conversion) -> str:
    secrets = "\n".join(f"- `{secret.reference}`: {secret.what}" for secret in conversion.secrets)
    return _README.format(secrets=secrets or "None.")


_README = """\
# From Alertmanager

`rulebook.yaml` routes alerts as the Alertmanager configuration does that it was made from. Read its
comments: they say what is different, and why.

## Secrets

None was copied. The rulebook refers to them; have each in the environment, or in its file, before
you run it:

{secrets}

## Next

```
interlock lint rulebook.yaml
interlock graph rulebook.yaml
interlock run rulebook.yaml
```

Then let Alertmanager send everything here: one route without matchers, with `group_wait: 0s`, to a
receiver with `webhook_configs: [{{url: "http://127.0.0.1:3000/ingest/alertmanager"}}]`.
"""
