"""What goes wrong: crashes, partitions, clocks that are set, disks that fill, targets that fail."""

from __future__ import annotations

import asyncio

HOUR_NS = 3_600_000_000_000


def crash(world):
    """A process dies, and is started again a little later."""
    world.rng.choice(world.nodes).crash()


def crash_all(world):
    """The power goes."""
    for node in world.nodes:
        node.crash()


def partition(world):
    """One node loses the store for a while."""
    name = world.rng.choice(world.nodes).name
    world.weather.cut_off.add(name)
    world.later(world.rng.random() * 20, lambda: world.weather.cut_off.discard(name))


def set_clock(world):
    """Someone sets a clock, by up to a day, forward or back; small steps are the more common."""
    rng = world.rng
    reach = 24 * HOUR_NS if rng.random() < 0.3 else HOUR_NS // 12
    rng.choice(world.nodes).clock.set_off_ns += rng.randrange(-reach, reach)


def fill_disk(world):
    """No space is left for a while."""
    world.weather.is_disk_full = True
    world.later(world.rng.random() * 10, lambda: setattr(world.weather, "is_disk_full", False))


def slow_disk(world):
    """The disk takes its time for a while."""
    world.weather.is_disk_slow = True
    world.later(world.rng.random() * 15, lambda: setattr(world.weather, "is_disk_slow", False))


def lose_outcomes(world):
    """The next few writes are done, and reported as failed."""
    world.weather.unknown_outcomes += world.rng.randrange(1, 4)


def hooks_down(world):
    """The targets of hooks are not there for a while."""
    world.outside.is_hook_down = True
    world.later(world.rng.random() * 30, lambda: setattr(world.outside, "is_hook_down", False))


def channels_down(world):
    """The channels are not there for a while."""
    world.outside.is_channel_down = True
    world.later(world.rng.random() * 30, lambda: setattr(world.outside, "is_channel_down", False))


async def wait_long(world):
    """Nothing happens until the next timer is due, as far as a day ahead."""
    due = await world.next_timer()
    now = max(node.clock.now() for node in world.nodes)
    if due is not None and now < due < now + 24 * HOUR_NS:
        world.pass_time_until(due)
    await asyncio.sleep(world.rng.choice((0.2, 1.0, 6.0)))


ACTIONS = (
    (4, crash), (1, crash_all), (2, partition), (2, set_clock), (1, fill_disk), (1, slow_disk),
    (2, lose_outcomes), (1, hooks_down), (1, channels_down), (5, wait_long),
)  # fmt: skip
