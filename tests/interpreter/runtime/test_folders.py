"""A folder of rulebook files in a running daemon: whose an event is, and what that decides."""

from __future__ import annotations

import pytest

from interlock.interpreter.core.canonical import decode_record
from interlock.interpreter.core.record import Notify
from interlock.interpreter.journal.locate import locate_store
from interlock.interpreter.runtime.reload import Loaded, ReloadRefusedError
from interlock.interpreter.runtime.rulebooks import find_rulebook
from interlock.rulebook import check_rulebook
from interlock.rulebook.diagnostics import RulebookError
from interlock.rulebook.source import SourceFile
from support.runtime import Runtime, event_body

SHARED = """\
version: 1
severity_matrix: {P1: {notification_channels: [page]}}
notification_channels: {page: {type: log}}
workflow_rules:
  - {id: stop, transition: any -> RESOLVED, trigger: [incident.stopped]}
"""
DB = """\
scope: event.labels.team == "db"
correlation: [{group_by: [event.labels.cluster], threshold: 2}]
"""
WEB = """\
scope: event.labels.team == "web" || event.labels.team == "db"
correlation: [{group_by: [event.labels.cluster]}]
lifecycle: {extend: default, states: [CANCELLED], final: [CANCELLED]}
workflow_rules:
  - {id: cancel, transition: any -> CANCELLED, trigger: [incident.false_positive]}
"""
FOLDER = {"_shared": SHARED, "db": DB, "web": WEB}


async def fire(runtime, name, team, **payload):
    labels = {"team": team, "cluster": "c"}
    body = event_body(name, "P1", labels=labels, fingerprint=name, **payload)
    (answer,) = await runtime.ingest(body.replace(f'"id": "{name}", '.encode(), b""))
    return answer


class Files:
    """What a reload reads."""

    def __init__(self, files):
        self.files = files

    def load(self):
        sources = [SourceFile(f"{n}.yaml", text) for n, text in sorted(self.files.items())]
        checked = check_rulebook(sources)
        if checked.graph is None:
            raise RulebookError(checked.diagnostics)
        return Loaded(checked.graph, sources)


def reloading(runtime, files):
    runtime.reloader._files = files
    return runtime.reloader


async def test_an_event_goes_to_the_first_file_whose_scope_holds(store):
    async with Runtime(store, FOLDER) as runtime:
        assert (await fire(runtime, "a", "db")).disposition == "below_threshold"
        web = await fire(runtime, "b", "web")
        assert web.disposition == "applied"
        db = await fire(runtime, "c", "db")
        assert db.disposition == "applied"
        assert db.incident != web.incident
        first, second = runtime.graph.files
        assert (await runtime.incident(db.incident)).rulebook == first.digest
        assert (await runtime.incident(web.incident)).rulebook == second.digest


async def test_each_file_has_its_own_lifecycle_and_all_have_the_shared_rules(store):
    folder = {**FOLDER, "db": DB.replace(", threshold: 2", "")}
    async with Runtime(store, folder) as runtime:
        db, web = await fire(runtime, "a", "db"), await fire(runtime, "b", "web")
        for incident in (db.incident, web.incident):
            await runtime.say("incident.false_positive", incident)
        assert (await runtime.incident(db.incident)).state == "DETECTED"
        assert (await runtime.incident(web.incident)).state == "CANCELLED"
        await runtime.say("incident.stopped", db.incident)
        assert (await runtime.incident(db.incident)).resolved_at is not None


async def test_an_alert_in_no_scope_opens_nothing_and_is_told(store):
    async with Runtime(store, FOLDER) as runtime:
        answer = await fire(runtime, "a", "ops")
        assert answer.disposition == "unmatched"
        assert answer.reason == "it is in the scope of no file"
        (record,) = [decode_record(r.data) for r in await runtime.store.read("group/ingest/a")]
        assert [type(effect) for effect in record.effects] == [Notify]


async def test_a_scope_that_is_an_error_does_not_hold(store):
    folder = {**FOLDER, "db": DB.replace("event.labels.team", "event.labels.nosuch")}
    async with Runtime(store, folder) as runtime:
        answer = await fire(runtime, "a", "db")
        assert (await runtime.incident(answer.incident)).rulebook == runtime.graph.files[1].digest


async def test_a_lone_file_with_a_scope_takes_only_its_own(store):
    async with Runtime(store, "version: 1\n" + DB.replace(", threshold: 2", "")) as runtime:
        assert (await fire(runtime, "a", "db")).disposition == "applied"
        assert (await fire(runtime, "b", "web")).disposition == "unmatched"


async def test_a_file_that_does_not_compile_changes_nothing_in_any(store):
    async with Runtime(store, FOLDER) as runtime:
        broken = {**FOLDER, "db": DB + "guards: {a: b c}\n", "web": WEB + "overlap: error\n"}
        reloader = reloading(runtime, Files(broken))
        with pytest.raises(ReloadRefusedError, match="does not compile"):
            await reloader.reload(actor="ada", reason="drill")
        assert runtime.rulebooks.live is runtime.graph


async def test_incidents_stay_on_their_files_digest_and_see_their_files_live_parts(store):
    async with Runtime(store, FOLDER) as runtime:
        web = await fire(runtime, "a", "web")
        before = (await runtime.incident(web.incident)).rulebook
        page = SHARED.replace("page: {type: log}", "page: {type: log}, chat: {type: log}")
        reloader = reloading(runtime, Files({**FOLDER, "_shared": page}))
        assert (await reloader.reload(actor="ada", reason="a channel")).is_new
        await fire(runtime, "b", "web")
        assert (await runtime.incident(web.incident)).rulebook == before
        live = runtime.rulebooks.live_of(await runtime.rulebooks.pinned(before))
        assert (live.file, "chat" in live.channels) == ("web", True)


async def test_after_a_restart_the_pinned_file_is_compiled_again(tmp_path):
    address = f"sqlite:///{tmp_path}/journal.db"
    async with Runtime(locate_store(address), FOLDER) as runtime:
        web = await fire(runtime, "a", "web")
        pinned = (await runtime.incident(web.incident)).rulebook
    async with Runtime(locate_store(address), "version: 1\n") as runtime:
        graph = await find_rulebook(runtime.store, pinned)
        assert (graph.digest, graph.file) == (pinned, "web")
        await runtime.say("incident.false_positive", web.incident)
        assert (await runtime.incident(web.incident)).state == "CANCELLED"


async def test_with_many_files_the_index_finds_the_one(memory):
    files = {
        f"team{number:02}": f'scope: event.labels.team == "t{number}"\n' for number in range(40)
    }
    async with Runtime(memory, {"_shared": SHARED, **files}) as runtime:
        answer = await fire(runtime, "a", "t33")
        graph = await runtime.rulebooks.pinned((await runtime.incident(answer.incident)).rulebook)
        assert graph.file == "team33"
