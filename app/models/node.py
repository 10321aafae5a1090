"""A worker as the rest of the system sees it: its heartbeat."""

import msgspec


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A shard that a worker has claimed: how many of its items have not begun and how many run, and since
    when the oldest and the youngest of these, in seconds."""

    task_id: str
    shard_id: str
    not_begun: int = 0
    running: int = 0
    oldest_seconds: float = 0.0
    youngest_seconds: float = 0.0


class Beat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One heartbeat. `worker` is name and incarnation; `at` is set by the store, seconds since the epoch.

    `rates` are items a second of this worker by task. `partitions` of the shard topic are those it owns.
    """

    worker: str
    name: str
    slots: int
    room: bool = True
    draining: bool = False
    held: tuple[Held, ...] = ()
    partitions: tuple[int, ...] = ()
    rates: dict[str, float] = msgspec.field(default_factory=dict)
    busy: int = 0
    at: float = 0.0
    over_http: bool = False

    @property
    def takes_work(self) -> bool:
        """Whether a scheduler may offer it shards."""
        return self.room and not self.draining and not self.over_http
