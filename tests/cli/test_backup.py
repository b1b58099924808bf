"""The operator copies a running daemon's journal, loses it, and goes on from the copy."""

from __future__ import annotations

from support.daemon import Daemon
from support.rulebooks import REMEDIATING


def test_a_copy_of_a_running_journal_is_restored_and_run(tmp_path, interlock, monkeypatch):
    store = ("--store", f"sqlite:///{tmp_path}/journal.db")
    copy = tmp_path / "copy.db"
    with Daemon(tmp_path, REMEDIATING) as daemon:
        daemon.trigger("one", "P1")
        done = interlock("backup", str(copy), *store)
        assert (done.status, done.err) == (0, "")
        daemon.trigger("two", "P1")
        again = interlock("backup", str(copy), *store)
        assert (again.status, "exists already" in again.err) == (4, True)
        refused = interlock("restore", str(copy), *store, "--reason", "test")
        assert (refused.status, "exists already" in refused.err) == (4, True)
        assert daemon.stop() == 0
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    done = interlock("restore", str(copy), *store, "--reason", "disk lost", "--by", "ada")
    assert done.status == 0, done.err
    assert done.out.startswith("epoch 1 begins at `observe`")
    with daemon:
        monkeypatch.setenv("INTERLOCK_URL", daemon.url)
        assert daemon.incident("one")["state"] == "TRIAGE"
        assert daemon.ask("GET", "/incidents/two")[0] == 404
        shown = interlock("automation", "show").out
        assert "in force: observe" in shown
        assert "set by ada: disk lost (from copy.db)" in shown


def test_what_is_no_backup_is_said(tmp_path, interlock):
    (tmp_path / "copy").write_text("hello")
    to = ("--store", f"sqlite:///{tmp_path}/x.db", "--reason", "test")
    done = interlock("restore", str(tmp_path / "copy"), *to)
    assert (done.status, "no backup of SQLite" in done.err) == (2, True)
    (tmp_path / "copy").write_bytes(b"SQLite format 3\0" + bytes(5000))
    done = interlock("restore", str(tmp_path / "copy"), *to)
    assert (done.status, "restore it from a backup" in done.err) == (4, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]
