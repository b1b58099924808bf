"""The findings of the language itself: code, slug, level and what each means.

Responsible for one row per code that loading and compiling can give; lint rules bring their own.
A code is never reused or re-meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.diagnostics import Diagnostic, Fix, Label, Level

if TYPE_CHECKING:
    from interlock.rulebook.source import Span


class Entry(NamedTuple):
    """What a code stands for; `name` is the slug shown beside it."""

    name: str
    level: Level
    summary: str


CATALOGUE: dict[str, Entry] = {
    "Y001": Entry("syntax-error", Level.ERROR, "The file is no valid YAML 1.2, or no UTF-8 text."),
    "Y002": Entry("duplicate-key", Level.ERROR, "A mapping has the same key twice."),
    "Y003": Entry("unknown-key", Level.ERROR, "A key that the language does not have."),
    "Y004": Entry("missing-key", Level.ERROR, "A key that must be written is not."),
    "Y005": Entry("wrong-value", Level.ERROR, "A value of the wrong type, form or size."),
    "Y006": Entry("implicit-type", Level.ERROR, "An unquoted word reads as another type."),
    "Y007": Entry("duplicate-id", Level.ERROR, "Two things of one kind have the same id."),
    "Y010": Entry("alias-limit", Level.ERROR, "Aliases or nesting past the limit, or merge keys."),
    "X201": Entry("guard-syntax", Level.ERROR, "A guard is no CEL expression."),
    "X202": Entry("unknown-name", Level.ERROR, "A guard uses a name that does not exist."),
    "X203": Entry("unknown-field", Level.ERROR, "A guard reads a field that does not exist."),
    "X204": Entry("no-overload", Level.ERROR, "No operator or function takes these types."),
    "X205": Entry("guard-not-boolean", Level.ERROR, "A guard gives something other than a bool."),
    "X206": Entry("unknown-function", Level.ERROR, "A guard calls what is no function here."),
    "X207": Entry("name-not-here", Level.ERROR, "A guard uses a name that this place lacks."),
    "X208": Entry("optional-field", Level.WARNING, "A field that may be absent, without `has()`."),
    "X209": Entry("outside-domain", Level.ERROR, "A comparison with a value that cannot occur."),
    "X215": Entry("wrong-pattern", Level.ERROR, "A regular expression that RE2 does not take."),
    "X216": Entry("wrong-time-type", Level.ERROR, "A duration compared with a number or a time."),
    "X217": Entry("not-deterministic", Level.ERROR, "A call that the journal cannot repeat."),
    "G301": Entry("undefined-state", Level.ERROR, "A state that the lifecycle does not have."),
    "G302": Entry("initial-state", Level.ERROR, "The initial state is missing or wrong."),
    "G307": Entry("leaves-final-state", Level.ERROR, "A transition leaves a final state."),
    "R406": Entry("unknown-event", Level.ERROR, "An event type that nothing can send."),
    "R410": Entry("never-tried", Level.ERROR, "A rule without trigger, after and guard."),
    "A501": Entry("unknown-action", Level.ERROR, "An action or hook that does not exist."),
    "A502": Entry("wrong-argument", Level.ERROR, "An action's argument is missing or wrong."),
    "A509": Entry("secret-literal", Level.ERROR, "A secret is written out."),
    "B602": Entry("unknown-runbook", Level.ERROR, "A runbook that does not exist."),
    "T707": Entry("unknown-channel", Level.ERROR, "A channel that is not declared."),
    "T712": Entry("unknown-schedule", Level.ERROR, "An on-call schedule that is not declared."),
}  # fmt: skip


def finding(  # noqa: PLR0913 - the attributes of a diagnostic, all but three by name
    code: str,
    message: str,
    span: Span,
    *,
    help: str | None = None,  # noqa: A002 - the attribute's name
    notes: tuple[str, ...] = (),
    labels: tuple[Label, ...] = (),
    subject: str | None = None,
    level: Level | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """Make a diagnostic with the slug and (unless given) the level of its code."""
    entry = CATALOGUE[code]
    return Diagnostic(
        code=code,
        name=entry.name,
        level=level or entry.level,
        message=message,
        span=span,
        help=help,
        notes=notes,
        labels=labels[:3],
        subject=subject,
        fix=fix,
    )
