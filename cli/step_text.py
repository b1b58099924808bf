"""How far an incident's runbooks have got, as lines for people.

Rules of this file: reads the JSON form that the API gives. One line a step: its id, where it
stands, how often it was called, and what came of it.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

RESULT_MAX = 60
_OVER = frozenset({"succeeded", "failed", "skipped", "cancelled", "observed", "undone"})


def describe_steps(steps: Mapping[str, Json]) -> list[str]:
    """Return the steps, those of a runbook under its name; an undo stands beneath its step."""
    lines = []
    for runbook, states in groupby(_in_order(steps), key=lambda step: step.get("runbook")):
        of_run = list(states)
        if runbook is not None:
            lines.append(f"runbook {runbook}: {_progress(of_run)}")
        width = max(len(_name(step)) for step in of_run)
        lines += [f"  {_name(step):<{width}}  {_told(step)}" for step in of_run]
    return lines


def _in_order(steps: Mapping[str, Json]) -> Iterator[Json]:
    """Yield steps as they were planned, runbook by runbook, each with its undo behind it."""
    undos = {step["undoes"]: step for step in steps.values() if step.get("undoes")}
    own = [step for step in steps.values() if not step.get("undoes")]
    names = list(dict.fromkeys(step.get("runbook") for step in own))
    for step in sorted(own, key=lambda step: names.index(step.get("runbook"))):
        yield step
        if step["path"] in undos:
            yield undos[step["path"]]


def _progress(steps: list[Json]) -> str:
    own = [step for step in steps if not step.get("undoes")]
    over = sum(step["status"] in _OVER for step in own)
    return f"{over} of {len(own)} steps over"


def _name(step: Json) -> str:
    return f"undo {step['id']}" if step.get("undoes") else str(step["id"])


def _told(step: Json) -> str:
    told = [step["status"]]
    attempts = step.get("attempts", 0)
    if attempts:
        told.append("1 attempt" if attempts == 1 else f"{attempts} attempts")
    if step.get("detail"):
        told.append(step["detail"])
    elif step.get("result") is not None:
        told.append(_short(step["result"]))
    return ", ".join(told)


def _short(result: Any) -> str:
    text = json.dumps(result, ensure_ascii=False)
    return text if len(text) <= RESULT_MAX else text[: RESULT_MAX - 1] + "…"
