"""Names derived from recorded facts, pinned: a later version must derive the same ones."""

from __future__ import annotations

import pytest

from interlock.interpreter.core.keys import effect_key, incident_id, shown_digest

AT = 1_767_225_600_000_000_001


def test_an_incident_id_is_derived_like_this():
    assert incident_id("alertmanager", "f00d", AT, 0) == "inc-da7e5b4cdcb2"


def test_an_effect_key_is_derived_like_this():
    assert effect_key("checkout-1", 1, 7, "mitigate/0/scale") == "788886b43a8c2af1a6fad8fd8f7e869b"


def test_a_shown_digest_is_derived_like_this():
    shown = {"severity": "P1", "gate": "mitigate", "steps": [{"replicas": 4}]}
    assert (
        shown_digest(shown)
        == "sha256:b6bb6b24e7cd4c4b0d9a7808837769a2a0823f132f6697a7799eaf720002a610"
    )


@pytest.mark.parametrize(
    "other",
    [
        ("pagerduty", "f00d", AT, 0),
        ("alertmanager", "f00e", AT, 0),
        ("alertmanager", "f00d", AT + 1, 0),
        ("alertmanager", "f00d", AT, 1),
        ("alertmanagerf", "00d", AT, 0),
    ],
)
def test_every_part_of_an_incident_id_counts(other):
    assert incident_id(*other) != incident_id("alertmanager", "f00d", AT, 0)


@pytest.mark.parametrize(
    "other",
    [("B", 1, 7, "p"), ("A", 2, 7, "p"), ("A", 1, 8, "p"), ("A", 1, 7, "q"), ("A", 17, 7, "p")],
)
def test_every_part_of_an_effect_key_counts(other):
    assert effect_key(*other) != effect_key("A", 1, 7, "p")


def test_the_order_in_which_what_is_shown_was_put_together_does_not_count():
    assert shown_digest({"a": 1, "b": 2}) == shown_digest({"b": 2, "a": 1})
    assert shown_digest({"a": 1, "b": 2}) != shown_digest({"a": 1, "b": 3})


def test_names_have_their_shapes():
    assert len(effect_key("A", 1, 1, "p")) == 32
    assert incident_id("s", "f", 0, 0).startswith("inc-")
    assert len(incident_id("s", "f", 0, 0)) == len("inc-") + 12
    assert shown_digest(None).startswith("sha256:")
