from __future__ import annotations

from interlock.interpreter.channels.pacing import Pacer, Rate, make_digest
from support import channels as ch

S = 1_000_000_000


def some(count, about="opened"):
    return [ch.notice(about, key=f"{number:032}") for number in range(count)]


def test_within_its_rate_nothing_waits():
    pacer = Pacer(Rate(3, 60 * S))
    turns = [pacer.take_turn(one, ch.NOW) for one in some(3)]
    assert not any(turn.wait_s or turn.is_told or turn.others for turn in turns)


def test_what_is_over_it_waits_and_is_told_in_one_digest():
    pacer = Pacer(Rate(2, 60 * S))
    notices = some(10)
    turns = [pacer.take_turn(one, ch.NOW) for one in notices]
    assert [turn.wait_s for turn in turns] == [0, 0] + [61] * 8
    later = ch.NOW + 61 * S
    turn = pacer.take_turn(notices[2], later)
    assert turn.others == tuple(notices[3:])
    pacer.end(turn.others, is_told=True)
    assert all(pacer.take_turn(one, later).is_told for one in notices[3:])


def test_what_a_failed_digest_held_waits_still():
    pacer = Pacer(Rate(1, 60 * S))
    notices = some(3)
    for one in notices:
        pacer.take_turn(one, ch.NOW)
    turn = pacer.take_turn(notices[1], ch.NOW + 61 * S)
    pacer.end(turn.others, is_told=False)
    again = pacer.take_turn(notices[2], ch.NOW + 130 * S)
    assert not again.is_told
    assert again.wait_s == 0


def test_while_a_digest_is_on_its_way_nothing_of_it_is_sent_twice():
    pacer = Pacer(Rate(2, 60 * S))
    notices = some(5)
    for one in notices:
        pacer.take_turn(one, ch.NOW)
    later = ch.NOW + 61 * S
    turn = pacer.take_turn(notices[2], later)
    assert turn.others == tuple(notices[3:])
    assert pacer.take_turn(notices[3], later).wait_s == 1
    pacer.end(turn.others, is_told=True)
    assert pacer.take_turn(notices[3], later).is_told


def test_an_approval_never_waits():
    pacer = Pacer(Rate(1, 60 * S))
    for one in some(5, "approval_needed"):
        turn = pacer.take_turn(one, ch.NOW)
        assert (turn.wait_s, turn.others) == (0, ())


def test_waiting_is_no_attempt():
    pacer = Pacer(Rate(1, 60 * S))
    first, second = some(2)
    pacer.take_turn(first, ch.NOW)
    for _ in range(7):
        pacer.take_turn(second, ch.NOW)
    assert pacer.put_off(second.key) == 7
    assert pacer.put_off(first.key) == 0


def test_a_digest_lists_what_it_holds_and_no_more_than_can_be_read():
    digest = make_digest(*[some(1)[0], some(200)])
    assert digest.text.startswith("201 notifications:\n• [P1] High Latency")
    assert "and 151 more" in digest.text
    assert digest.about == "digest"
    assert digest.key == "0" * 32
