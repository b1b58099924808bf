"""From senders to incidents: sources and correlation.

Responsible for sections that see `event` and `alert` only, because no incident exists yet. Never
decides about an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.routes import Correlation
from interlock.rulebook.graph.shipped_maps import shipped_map
from interlock.rulebook.graph.state_graph import GuardRef, Source
from interlock.rulebook.graph.values import plain, written_options
from interlock.rulebook.guard.places import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation


def compile_sources(work: Compilation) -> dict[str, Source]:
    """Return the sources by name; by default one Alertmanager."""
    if work.model.sources is None:
        return {defaults.SOURCE: Source(name=defaults.SOURCE, type=defaults.SOURCE)}
    sources = {}
    for name, source in work.model.sources.items():
        with work.about(f"source `{name}`"):
            sources[name] = _source(work, name, source)
    return sources


def _source(work: Compilation, name: str, source: m.Source) -> Source:
    shipped = shipped_map(source.type)
    auth = source.auth
    members = work.expression(source.members, source, "members", place=Place.SOURCE)
    return Source(
        name=name,
        type=source.type,
        auth=None if auth is None or isinstance(auth, str) else written_options(auth),
        is_open=auth == "none",
        severity={**shipped.severity, **plain(source.severity)},
        map={**shipped.map, **_expressions(work, source, "map", source.map)},
        labels={**shipped.labels, **_expressions(work, source, "labels", source.labels)},
        links={**shipped.links, **_expressions(work, source, "links", source.links)},
        members=members or shipped.members,
    )


def _expressions(
    work: Compilation, source: m.Source, section: str, written: Mapping[Any, str]
) -> dict[str, GuardRef]:
    found = {
        name: work.expression(text, source, section, name, place=Place.SOURCE)
        for name, text in written.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def compile_correlation(work: Compilation) -> tuple[Correlation, ...]:
    """Return the entries in order; by default one that groups by fingerprint."""
    written = work.model.correlation
    if not written:
        return (Correlation(),)
    with work.about("correlation"):
        return tuple(_correlation(work, entry) for entry in written)


def _correlation(work: Compilation, entry: m.Correlation) -> Correlation:
    keys = (
        work.expression(text, entry, "group_by", index, place=Place.CORRELATION)
        for index, text in enumerate(entry.group_by)
    )
    threshold = entry.threshold
    default = Correlation()
    reopen = work.duration(entry, "reopen_within")
    window = work.duration(entry, "window")
    return Correlation(
        match=work.guard(entry.match, entry, "match", place=Place.CORRELATION),
        group_by=tuple(key for key in keys if key is not None),
        window_ns=default.window_ns if window is None else window,
        threshold=dict(threshold) if isinstance(threshold, dict) else {},
        threshold_default=threshold if isinstance(threshold, int) else 1,
        reopen_within_ns=default.reopen_within_ns if reopen is None else reopen,
    )
