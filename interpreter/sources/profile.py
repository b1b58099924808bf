"""What normalising needs to know about a source, prepared once per rulebook.

Values only; made from the rulebook's `sources` and severity matrix at load and at reload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interlock.interpreter.sources.severity import SeverityWords, severity_words
from interlock.rulebook.graph.state_graph import GuardRef, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

INGEST: Final = "ingest"
"""The name and type of the source behind a bare `POST /ingest`."""


class SourceProfile(Struct, frozen=True):
    """One source, as its normaliser sees it.

    Attributes:
        fields: The expressions of `map:`, by the field of an event that they give.
        labels: Expressions that give one label each.
        links: Expressions that give one link back each, kept in the event's `metadata`.
        members: The expression that gives the alerts of a delivery; None: a list is a batch.
    """

    name: str = INGEST
    type: str = INGEST
    words: SeverityWords = SeverityWords()
    fields: Mapping[str, GuardRef] = {}
    labels: Mapping[str, GuardRef] = {}
    links: Mapping[str, GuardRef] = {}
    members: GuardRef | None = None

    @property
    def is_mapped(self) -> bool:
        """True where the rulebook says how alerts are read, or adds to how we read them."""
        return bool(self.fields or self.labels or self.links)


def source_profile(source: Source, severities: Iterable[str] = ()) -> SourceProfile:
    """Prepare a source of the rulebook; `severities` are the matrix's names."""
    return SourceProfile(
        name=source.name,
        type=source.type,
        words=severity_words(source, severities),
        fields=source.map,
        labels=source.labels,
        links=source.links,
        members=source.members,
    )


def ingest_profile(severities: Iterable[str] = ()) -> SourceProfile:
    """Prepare the source behind a bare `POST /ingest`."""
    return SourceProfile(words=severity_words(None, severities))
