"""Records of the journal as lines for people: who, what, when and why.

Rules of this file: reads the JSON form that the API gives, so that a timeline and a dry run read
alike. Alert text is a stranger's: control characters never reach a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Json = dict[str, Any]

_MS_NS = 1_000_000


def clean(text: Any) -> str:
    """Return text on one line and without control characters."""
    return "".join(char if char.isprintable() else " " for char in str(text))


def short_time(time: str) -> str:
    """Return an RFC 3339 time to the second."""
    return time[:19] + "Z"


def describe_input(input_: Json) -> str:
    """Name what was decided on."""
    match input_["kind"]:
        case "event":
            return clean(input_["event"]["type"])
        case "timer":
            return describe_timer(input_["name"])
        case "effect_held":
            return f"{clean(input_['path'])} over a limit"
        case "effect_command":
            return f"{input_['verb']} {clean(input_['path'])}: {clean(input_['reason'])}"
        case _:
            return f"{clean(input_['path'])} {input_['status']}"


def describe_timer(name: str) -> str:
    """Name a timer that came due."""
    is_verify = name.startswith("verify/")
    return clean(f"verify of {name.removeprefix('verify/')}" if is_verify else f"timer {name}")


def describe_effect(effect: Json) -> str:
    """Say what was asked of the world."""
    match effect["kind"]:
        case "hook":
            back = ", to take a step back" if effect["path"].endswith("#undo") else ""
            return f"call {clean(effect['hook'])}{back}"
        case "notify":
            return f"tell {clean(effect['channel'])} ({clean(effect['about'])})"
        case _:
            return f"open ticket {clean(effect['ticket'])}"


def describe_record(record: Json) -> Iterator[str]:
    """Yield a record's lines: a head, then what changed, then what was asked for."""
    disposition = "" if record["disposition"] == "applied" else f"  {record['disposition']}"
    yield (
        f"{short_time(record['at'])}  #{record['revision']}  {describe_input(record['input'])}"
        f"  by {_who(record)}{disposition}"
    )
    for remark in _remarks(record):
        yield f"    {remark}"
    for change in record["changes"]:
        yield f"    {describe_change(change)}"
    for tried in record["trace"]:
        if tried["guard"] == "error":
            yield f"    guard of {clean(tried['rule'])} is an error: {clean(tried['error'])}"
    for effect in record["effects"]:
        yield f"    asks: {describe_effect(effect)}  key {effect['key']}"


def _remarks(record: Json) -> list[str]:
    """Return what normalising the event had to say, such as an unknown severity."""
    return [clean(remark) for remark in record["input"].get("event", {}).get("remarks", ())]


def _who(record: Json) -> str:
    """Name who it was; a name that was only claimed is shown as that."""
    input_ = record["input"]
    claimed = input_.get("by") or input_.get("event", {}).get("data", {}).get("by")
    said = f" (claimed: {claimed})" if record["actor"] == "anonymous" and claimed else ""
    return clean(f"{record['actor']}{said}")


def describe_change(change: Json) -> str:
    """Say what changed, and why."""
    describe = _CHANGES.get(change["kind"])
    said = change["kind"].replace("_", " ") if describe is None else describe(change)
    reason = change.get("reason")
    return clean(f"{said}: {reason}" if reason else said)


def _transition(change: Json) -> str:
    by = [approval["principal"] for approval in change.get("approvals", ())]
    approved = f", approved by {', '.join(by)}" if by else ""
    return f"{change['from']} -> {change['to']} (rule {change['rule']}{approved})"


def _step(change: Json) -> str:
    step, attempts = change["step"], change["step"].get("attempts", 0)
    path = str(step["path"])
    named = f"undo of {path.removesuffix('#undo')}" if path.endswith("#undo") else f"step {path}"
    counted = f" (attempt {attempts})" if attempts > 1 else ""
    return f"{named} {change['from'] or 'new'} -> {change['to']}{counted}"


def _repinned(change: Json) -> str:
    before, after = change["state_from"], change["state_to"]
    states = f", {before} -> {after}" if before != after else ""
    return f"moved to rulebook {change['to']}{states}"


def _fired(change: Json) -> str:
    return f"timer {change['name']} fired {change['late_ns'] // _MS_NS} ms late"


def _moved(what: str) -> Callable[[Json], str]:
    return lambda change: f"{what} {change['from'] or '-'} -> {change['to'] or '-'}"


_CHANGES: dict[str, Callable[[Json], str]] = {
    "opened": lambda change: f"opened in {change['to']}",
    "reopened": lambda change: f"reopened in {change['to']}, generation {change['generation']}",
    "alert": lambda change: (
        f"alert {change['member']['source']}/{change['member']['fingerprint']} {change['to']}"
    ),
    "severity": _moved("severity"),
    "acknowledged": _moved("acknowledged by"),
    "assigned": _moved("assigned to"),
    "transition": _transition,
    "gate": lambda change: f"gate {change['gate']['name']} is {change['to']}",
    "approval": lambda change: f"{change['approval']['principal']} approves {change['gate']}",
    "approval_revoked": lambda change: (
        f"approval of {change['gate']} by {change['principal']} counts no more"
    ),
    "glass_broken": lambda change: (
        f"{change['review']['by']} broke the glass of gate {change['review']['gate']}: "
        f"{change['review']['reason']}"
    ),
    "reviewed": lambda change: f"broken glass of {change['gate']} reviewed by {change['by']}",
    "timer_set": lambda change: f"timer {change['name']} set for {short_time(change['due'])}",
    "timer_cancelled": lambda change: f"timer {change['name']} cancelled",
    "timer_fired": _fired,
    "sla_clock": lambda change: f"SLA clock {change['to']}",
    "step": _step,
    "effect": lambda change: f"effect {change['key']} is {change['to']}",
    "post_mortem": lambda change: f"post-mortem {change['to']}",
    "attention": lambda _: "needs attention",
    "raised": lambda change: f"raised {change['type']}",
    "repinned": _repinned,
    "held": lambda change: f"alert {change['member']} is held until {short_time(change['due'])}",
    "released": lambda change: f"alert {change['member']} is held no more",
    "muted": lambda change: f"nobody is told ({change['notice']['about']})",
    "unmuted": lambda _: "is muted no more",
    "inhibitor": lambda change: (
        f"alert {change['member']} of {change['incident']} "
        + ("suppresses others" if change["to"] == "firing" else "suppresses no others")
    ),
    "silence": lambda change: (
        f"silence {change['id']} of {change['match'] or 'incident ' + str(change['incident'])} "
        f"until {short_time(change['until'])}"
    ),
    "silence_over": lambda change: f"silence {change['id']} is over",
    "below_threshold": lambda change: (
        f"alert {change['member']} counts until {short_time(change['due'])}"
    ),
    "count_ended": lambda change: f"alert {change['member']} counts no more",
    "threshold_met": lambda change: f"what counted is in {change['incident']}",
    "episode_over": lambda change: f"alert {change['member']} is over",
    "field": lambda change: f"metadata.{change['name']} = {change['to']}",
}


def summarise_record(record: Json) -> str:
    """Return a record as one line: the time, whose, what, what came of it, what it would do."""
    whose = record["stream"].removeprefix("incident/")
    parts = [
        f"{short_time(record['at'])} {clean(whose)}",
        f"{describe_input(record['input'])}{_outcome(record)}",
    ]
    rules = [change["rule"] for change in record["changes"] if change["kind"] == "transition"]
    if rules:
        parts.append(f"rule {', '.join(map(clean, rules))}")
    for status, words in _HELD.items():
        held = [c["step"]["hook"] for c in _last_steps(record) if c["to"] == status]
        if held:
            parts.append(f"{words}: {', '.join(f'call {clean(hook)}' for hook in held)}")
    if record["facts"].get("count"):
        parts.append(record["facts"]["count"])
    parts += _remarks(record)
    muted = [change for change in record["changes"] if change["kind"] == "muted"]
    if muted:
        abouts = ", ".join(dict.fromkeys(change["notice"]["about"] for change in muted))
        parts.append(clean(f"nobody is told ({abouts}): {muted[0]['reason']}"))
    parts += [clean(change["reason"]) for change in record["changes"] if _is_verdict(change)]
    errors = [tried for tried in record["trace"] if tried["guard"] == "error"]
    parts += [f"{clean(t['rule'])}: guard error, {clean(t['error'])}" for t in errors]
    effects = list(dict.fromkeys(describe_effect(effect) for effect in record["effects"]))
    if effects:
        parts.append(f"would: {', '.join(effects)}")
    return "   ".join(parts)


def _is_verdict(change: Json) -> bool:
    """Tell whether a change says what came of a step's `verify`, or of taking it back."""
    match change["kind"]:
        case "timer_set":
            return "asked again" in change["reason"]
        case "step":
            is_verified = change["from"] == "verifying" and change["to"] in ("succeeded", "failed")
            return is_verified or change["to"] == "undone"
        case _:
            return False


_HELD = {
    "observed": "only observed",
    "waiting": "waits for a person",
    "verifying": "verifies",
}


def _last_steps(record: Json) -> Iterable[Json]:
    """Return the last change of each step in a record."""
    changes = [change for change in record["changes"] if change["kind"] == "step"]
    return {change["step"]["path"]: change for change in changes}.values()


def _outcome(record: Json) -> str:
    changes: Iterable[Json] = record["changes"]
    states = [c["to"] for c in changes if c["kind"] in ("opened", "reopened", "transition")]
    if states:
        return "".join(f" → {state}" for state in states) + _gates(changes)
    if record["disposition"] != "applied":
        kinds = (record["disposition"], "count_ended")
        reasons = [c["reason"] for c in changes if c["kind"] in kinds]
        return clean(f" {record['disposition']}" + "".join(f": {reason}" for reason in reasons))
    return _gates(changes)


def _gates(changes: Iterable[Json]) -> str:
    gates = [f"gate {c['gate']['name']} {c['to']}" for c in changes if c["kind"] == "gate"]
    return clean(f" ({', '.join(gates)})") if gates else ""
