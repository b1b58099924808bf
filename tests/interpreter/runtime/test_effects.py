"""When an effect is tried again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.record import CallHook, Notify, OpenTicket
from interlock.interpreter.hooks.outcome import failed, in_doubt, succeeded
from interlock.interpreter.journal.store import StoreDamagedError
from interlock.interpreter.runtime.clock import SECOND_NS
from interlock.interpreter.runtime.effects import (
    DOUBT_RETRIES_MAX,
    NOTIFY_ATTEMPTS_MAX,
    decode_effect,
    retry_delay_ns,
)

ONCE = CallHook(key="k", path="p", hook="h")
TWICE = CallHook(
    key="k", path="p", hook="h", attempts_max=2, retry_max_ns=3 * SECOND_NS, is_idempotent=True
)
NOTE = Notify(key="k", path="p", channel="c", about="opened", text="t")
TICKET = OpenTicket(key="k", path="p", ticket="PM-1", title="t", due=1)
LATER = failed("503", is_retryable=True)
NEVER = failed("403", is_retryable=False)
DOUBT = in_doubt("cut off")
PINNED_NS = 565107825


@pytest.mark.parametrize(
    ("effect", "attempt", "outcome", "seconds"),
    [
        pytest.param(TWICE, 1, succeeded(), None, id="success ends it"),
        pytest.param(TWICE, 1, NEVER, None, id="a final refusal ends it"),
        pytest.param(ONCE, 1, LATER, None, id="one attempt is one attempt"),
        pytest.param(TWICE, 1, LATER, 1, id="the first back-off"),
        pytest.param(TWICE, 2, LATER, None, id="attempts used up"),
        pytest.param(ONCE, 1, DOUBT, None, id="a doubt without key is for a person"),
        pytest.param(TWICE, 2, DOUBT, 2, id="a doubt with key outlasts the attempts"),
        pytest.param(TWICE, 6, DOUBT, 3, id="no back-off exceeds its maximum"),
        pytest.param(TWICE, 2 + DOUBT_RETRIES_MAX, DOUBT, None, id="not for ever"),
        pytest.param(NOTE, 1, LATER, 1, id="messages are repeated"),
        pytest.param(NOTE, 2, DOUBT, 4, id="two messages are better than none"),
        pytest.param(NOTE, NOTIFY_ATTEMPTS_MAX, LATER, None, id="messages end too"),
        pytest.param(TICKET, 1, LATER, 1, id="tickets are repeated"),
        pytest.param(NOTE, 9, replace(LATER, uncounted=8), 1, id="waiting for room is no attempt"),
    ],
)
def test_retry_delay(effect, attempt, outcome, seconds):
    delay = retry_delay_ns(effect, attempt, outcome)
    if seconds is None:
        assert delay is None
    else:
        assert delay is not None
        assert seconds * SECOND_NS // 2 <= delay <= seconds * SECOND_NS
        assert retry_delay_ns(effect, attempt, outcome) == delay


def test_waits_of_effects_that_failed_together_are_spread_over_half_the_back_off():
    delays = [
        retry_delay_ns(replace(TWICE, key=f"key-{number}"), 1, LATER) or 0 for number in range(200)
    ]
    assert len(set(delays)) == len(delays)
    assert min(delays) < 0.55 * SECOND_NS
    assert max(delays) > 0.95 * SECOND_NS


def test_a_wait_is_the_same_on_every_node_and_in_every_version():
    assert retry_delay_ns(TWICE, 1, LATER) == PINNED_NS


def test_the_target_may_ask_for_longer_and_not_for_less():
    assert retry_delay_ns(TWICE, 1, replace(LATER, retry_after_s=9)) == 9 * SECOND_NS
    assert retry_delay_ns(TWICE, 1, replace(LATER, retry_after_s=0)) == PINNED_NS


def test_a_huge_attempt_number_does_not_overflow():
    often = CallHook(key="k", path="p", hook="h", attempts_max=10**6, retry_factor=1e300)
    delay = retry_delay_ns(often, 999_999, LATER)
    assert delay is not None
    assert often.retry_max_ns // 2 <= delay <= often.retry_max_ns


@pytest.mark.parametrize("effect", [ONCE, TWICE, NOTE, TICKET])
def test_an_effect_reads_back_as_it_was_written(effect):
    assert decode_effect(encode(effect)) == effect


@pytest.mark.parametrize("data", [b"", b"{}", b'{"kind":"hook"}', b"\xff"])
def test_damaged_bytes_are_never_an_effect(data):
    with pytest.raises(StoreDamagedError):
        decode_effect(data)
