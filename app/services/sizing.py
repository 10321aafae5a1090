"""How many items make a shard: pure functions of what waits, who is free, and how fast each worker is.

Guided self-scheduling (Polychronopoulos and Kuck, 1987), weighted by the workers' rates, between a bound of
`shard_seconds` of work above and `least_seconds` below: less is not worth a round trip. An item that would
wait at its worker is a risk, one that begins at once is none: a worker gets at least as many as begin there.
"""

from dataclasses import dataclass
from math import ceil

SHORT = 8
SHORT_BEHIND_OTHERS = 2
"""So many items a slot are given out at once though nobody knows how long they take: few that have to wait
behind items that are unknown, too. What turns out long is returned, or asked back."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of planning; times in seconds of a worker's work.

    A task is not cut into more than `most_shards`, its end apart. Else a shard has `shard_items` at most:
    its worker keeps them all in memory.
    """

    shards_per_task: int = 2
    tasks_per_worker: int = 4
    shard_seconds: float = 2.0
    least_seconds: float = 0.1
    shard_items: int = 50_000
    most_shards: int = 20_000


def size_by_rate(waiting: int, *, items_total: int, own: float, everyone: float, limits: Limits) -> float:
    """A worker's next shard; less than one where an item had better wait until a slot is free.

    `own` and `everyone` are items a second of the worker and of all.
    """
    wanted = max(min(own * limits.shard_seconds, limits.shard_items), items_total / limits.most_shards)
    guided = waiting * own / (2 * everyone)
    return min(wanted, max(guided, own * limits.least_seconds))


def first_size(waiting: int, *, mine: int, without: int, all_slots: int, short: int) -> int:
    """While no rate is known, for a worker with `mine` of all slots: of a short list its part, else a probe.

    Short are up to `short` items a slot. They go evenly over the slots that are `without` any of them yet.
    """
    if waiting > short * all_slots:
        return min(waiting, mine)
    return min(waiting, ceil(waiting * mine / without), short * mine)
