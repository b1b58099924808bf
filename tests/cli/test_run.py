"""The daemon as operators meet it: a process that is started, killed, drained and refused."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request

import pytest

from support.daemon import Daemon, Target, wait_for
from support.rulebooks import REFERENCE, REMEDIATING

MITIGATED = [
    {"from": "DETECTED", "to": "TRIAGE", "rule": "DETECTED->TRIAGE"},
    {"from": "TRIAGE", "to": "MITIGATING", "rule": "TRIAGE->MITIGATING"},
]


@pytest.fixture
def target():
    served = Target()
    yield served
    served.stop()


@pytest.fixture
def remediating(tmp_path, target):
    """A daemon whose hooks go to `target`."""
    return Daemon(tmp_path, REMEDIATING.replace("https://api.example.test", target.url))


def steps_of(daemon, incident="test-1"):
    return {path: s["status"] for path, s in daemon.incident(incident)["steps"].items()}


def test_the_reference_configuration_runs_as_it_is(tmp_path, shared):
    text = (shared / "design/reference-rulebook.yaml").read_text("utf-8")
    with Daemon(tmp_path, text) as daemon:
        status, body = daemon.trigger("test-1", "P2")
        assert (status, body["disposition"], body["transitions"]) == (200, "applied", MITIGATED)
        assert daemon.stop() == 0


def test_a_p2_is_mitigated_and_a_p1_waits_for_a_person(tmp_path):
    with Daemon(tmp_path, REFERENCE) as daemon:
        assert daemon.trigger("test-1", "P2") == (
            200,
            {"incident": "test-1", "disposition": "applied", "transitions": MITIGATED},
        )
        assert daemon.trigger("test-2", "P1")[1]["transitions"] == MITIGATED[:1]
        approval = {"decision": "approve", "reason": "traffic is real"}
        status, body = daemon.ask("POST", "/approvals/test-2", approval)
        assert (status, body["transitions"]) == (200, MITIGATED[1:])
        assert daemon.stop() == 0
        assert f"{tmp_path}/journal.db" in daemon.log


def test_hooks_receive_the_recorded_key_in_header_and_body(remediating, target):
    with remediating as daemon:
        daemon.trigger("test-1", "P2")
        wait_for(lambda: set(steps_of(daemon).values()) == {"succeeded"})
        _, shown = daemon.ask("GET", "/effects?status=done")
        recorded = [e["effect"] for e in shown["effects"] if e["effect"]["kind"] == "hook"]
        assert [(e["key"], e["body"].encode()) for e in recorded] == [c[1:] for c in target.calls]
        assert json.loads(target.calls[0][2])["correlation_id"] == target.calls[0][1]


def test_what_was_answered_survives_a_kill_and_goes_on(tmp_path):
    daemon = Daemon(tmp_path, REFERENCE)
    with daemon:
        for number in range(20):
            assert daemon.trigger(f"test-{number}", "P1")[0] == 200
        daemon.kill()
    with daemon:
        assert len(daemon.ask("GET", "/incidents")[1]["incidents"]) == 20
        status, body = daemon.ask("POST", "/approvals/test-7", {"decision": "approve"})
        assert (status, body["transitions"]) == (200, MITIGATED[1:])
        assert [record["revision"] for record in daemon.timeline("test-7")] == [1, 2]
        assert daemon.stop() == 0


def test_a_call_cut_off_by_a_kill_goes_out_again_with_the_same_key_and_bytes(remediating, target):
    target.may_answer.clear()
    with remediating as daemon:
        daemon.trigger("test-1", "P2")
        wait_for(lambda: target.calls)
        daemon.kill()
    target.may_answer.set()
    with remediating as daemon:
        wait_for(lambda: set(steps_of(daemon).values()) == {"succeeded"})
        first, again, other = target.calls
        assert first == again
        assert other[0] == "/restart"
        assert daemon.incident("test-1")["steps"]["slow/scale"]["attempts"] == 2
        assert daemon.stop() == 0


def test_a_doubtful_call_is_shown_and_started_again_by_a_person(tmp_path, target):
    text = REMEDIATING.replace("https://api.example.test", target.url).replace(
        ", idempotency_key: correlation_id", ""
    )
    target.may_answer.clear()
    daemon = Daemon(tmp_path, text)
    with daemon:
        daemon.trigger("test-1", "P2")
        wait_for(lambda: target.calls)
        daemon.kill()
    target.may_answer.set()
    with daemon:
        wait_for(lambda: steps_of(daemon)["slow/scale"] == "in_doubt")
        assert len(target.calls) == 1, "it is not sent again unasked"
        assert daemon.incident("test-1")["needs_attention"]
        said = {"type": "runbook.start", "payload": {"reason": "the target shows nothing"}}
        assert daemon.ask("POST", "/incidents/test-1/events", said)[0] == 200
        wait_for(lambda: set(steps_of(daemon).values()) == {"succeeded"})
        assert target.calls[0][1] != target.calls[1][1]


def test_sigterm_lets_running_calls_end_and_records_them(remediating, target):
    target.may_answer.clear()
    with remediating as daemon:
        daemon.trigger("test-1", "P2")
        wait_for(lambda: target.calls)
        daemon.signal()
        wait_for(lambda: '"draining"' in daemon.log)
        target.may_answer.set()
        assert daemon.wait() == 0
    with remediating as daemon:
        assert daemon.timeline("test-1")[1]["input"]["status"] == "succeeded"
        assert len([call for call in target.calls if call[0] == "/scale"]) == 1


def test_a_second_signal_ends_the_daemon_at_once(remediating, target):
    target.may_answer.clear()
    with remediating as daemon:
        daemon.trigger("test-1", "P2")
        wait_for(lambda: target.calls)
        daemon.signal(signal.SIGINT)
        wait_for(lambda: '"draining"' in daemon.log)
        daemon.signal(signal.SIGINT)
        assert daemon.wait() == 130
    target.may_answer.set()
    with remediating as daemon:
        wait_for(lambda: set(steps_of(daemon).values()) == {"succeeded"})


def test_a_second_daemon_on_the_same_store_is_refused(tmp_path, installed):
    with Daemon(tmp_path, REFERENCE) as daemon:
        store = f"sqlite:///{tmp_path}/journal.db"
        refused = installed("run", str(daemon.file), "--listen", "127.0.0.1:0", "--store", store)
        assert refused.status == 4
        assert daemon.trigger("test-1", "P2")[0] == 200


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--listen", "0.0.0.0:3000"), 2, "give --store"),
        (("--listen", "0.0.0.0:3000", "--store", "memory:"), 2, "give --identity"),
        (("--listen", "3000"), 2, "HOST:PORT"),
        (("--store", "mysql://x"), 2, "no store"),
        (("--store", "sqlite:///missing/folder/x.db"), 4, "missing/folder"),
        (("--allow-cidr", "10.0.0.0/99"), 2, "10.0.0.0/99"),
        (("--allow-cidr", "169.254.0.0/16"), 2, "never be allowed"),
        (("--hooks", "no_such_module"), 2, "no_such_module"),
        (("--automation", "fast"), 2, "'fast'"),
    ],
)
def test_what_cannot_be_honoured_is_refused_before_anything_starts(
    tmp_path, installed, options, status, words
):
    rulebook = tmp_path / "rulebook.yaml"
    rulebook.write_text(REFERENCE, "utf-8")
    refused = installed("run", str(rulebook), "--listen", "127.0.0.1:0", *options, cwd=tmp_path)
    assert refused.status == status
    assert words in refused.err
    assert "Traceback" not in refused.err


def test_a_port_that_is_taken_is_said(tmp_path, installed):
    rulebook = tmp_path / "rulebook.yaml"
    rulebook.write_text(REFERENCE, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = installed("run", str(rulebook), "--listen", listen, cwd=tmp_path)
    assert refused.status == 2
    assert f"cannot listen on {listen}" in refused.err


def test_a_rulebook_with_an_error_is_not_run(tmp_path, installed):
    rulebook = tmp_path / "rulebook.yaml"
    rulebook.write_text("workflow_rules:\n  - {transition: DETECTED -> TRAIGE}\n", "utf-8")
    refused = installed("run", str(rulebook), cwd=tmp_path)
    assert refused.status == 1
    assert "did you mean `TRIAGE`?" in refused.err
    assert not (tmp_path / "interlock.db").exists()


def test_python_hooks_are_called(tmp_path):
    (tmp_path / "our_hooks.py").write_text(
        "from interlock.interpreter.hooks import hook\n"
        '@hook("drain_node")\n'
        "def drain_node(call):\n"
        '    return {"drained": call.arguments["node"], "key": call.key}\n',
        "utf-8",
    )
    rulebook = """\
severity_matrix: {P2: {auto_remediation: true}}
runbooks: {drain: {match: "true", steps: [{id: drain, hook: drain_node, with: {node: n1}}]}}
remediation_hooks: [{id: drain_node}]
"""
    with Daemon(tmp_path, rulebook, "--hooks", "our_hooks") as daemon:
        daemon.trigger("test-1", "P2")
        wait_for(lambda: set(steps_of(daemon).values()) == {"succeeded"})
        step = daemon.incident("test-1")["steps"]["drain/drain"]
        assert step["result"] == {"drained": "n1", "key": step["key"]}


def test_a_dry_run_shows_what_the_daemon_does(tmp_path, target, installed, shared):
    """The same alerts through both: the same incidents, decisions, changes and effects."""
    recorded = (shared / "recorded/alertmanager-webhook.jsonl").read_bytes().splitlines()
    text = REMEDIATING.replace("https://api.example.test", target.url)
    recording = tmp_path / "recording.jsonl"
    recording.write_bytes(b"\n".join(recorded[:5]) + b"\n")
    with Daemon(tmp_path, text) as daemon:
        for body in recorded[:5]:
            request = urllib.request.Request(
                f"{daemon.url}/ingest/alertmanager",
                data=body,
                headers={"Content-Type": "application/json"},
            )
            urllib.request.urlopen(request, timeout=30).close()
            wait_for(lambda: not pending(daemon))
        incidents = daemon.ask("GET", "/incidents")[1]["incidents"]
        lived = {by_alert(i): [decided(r) for r in daemon.timeline(i["id"])] for i in incidents}
        shown = installed(
            "dry-run", str(daemon.file), str(recording), "--source", "alertmanager",
            "--format", "json",
        )  # fmt: skip
    records = json.loads(shown.out)["records"]
    streams = {}
    for record in records:
        streams.setdefault(record["stream"], []).append(decided(record))
    assert sorted(map(str, lived.values())) == sorted(map(str, streams.values()))
    assert len(lived) > 1


def pending(daemon):
    rows = daemon.ask("GET", "/effects")[1]["effects"]
    return [row for row in rows if row["status"] in ("pending", "claimed")]


def by_alert(incident):
    return tuple(sorted(incident["alerts"]))


def decided(record):
    """A record without what the time of its decision gave it."""
    changes = [
        (c["kind"], c.get("from"), c.get("to"), c.get("rule"), c.get("name"))
        for c in record["changes"]
    ]
    effects = [(e["kind"], e["path"]) for e in record["effects"]]
    trace = [(t["rule"], t["guard"], t["outcome"]) for t in record["trace"]]
    return record["revision"], record["disposition"], changes, effects, trace


FROM_A_FILE = 'sources: {am: {type: alertmanager, auth: {bearer: "${file:am_token}"}}}\n'


def test_a_secret_in_a_file_is_read_from_the_folder_the_operator_names(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/am_token").write_text("opensesame\n", encoding="utf-8")
    options = ("--secrets", str(tmp_path / "secrets"))
    with Daemon(tmp_path, REFERENCE + FROM_A_FILE, *options) as daemon:
        body = json.dumps({"version": "4", "alerts": []}).encode()
        request = urllib.request.Request(f"{daemon.url}/ingest/am", body, method="POST")
        request.add_header("Content-Type", "application/json")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request)
        request.add_header("Authorization", "Bearer opensesame")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        assert daemon.stop() == 0
        assert "opensesame" not in daemon.log
