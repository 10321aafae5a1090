"""The whole store on Redis or Valkey, put together from its parts."""

from collections.abc import Callable

from redis import Redis

from app.models.task import TaskSpec
from app.repositories import keys
from app.repositories.ports import Look, ShardHint, Whole
from app.repositories.redis.beats import Beats
from app.repositories.redis.channel import Command
from app.repositories.redis.ends import Ends
from app.repositories.redis.hints import Listening
from app.repositories.redis.ledgers import Ledgers
from app.repositories.redis.letters import Letters
from app.repositories.redis.link import Link
from app.repositories.redis.outbox import OutboxEntries
from app.repositories.redis.reads import Reads
from app.repositories.redis.results import Results, entries_of
from app.repositories.redis.stored import stored_of, value_of
from app.repositories.redis.uploads import Uploads, blocks_of


class RedisStore(Ledgers, Uploads, Reads, Results, Letters, OutboxEntries, Beats):
    """Implements `app.repositories.ports.Store`; shared by all threads of a process.

    Keys of an ended task expire after `retention_seconds`, uploads that no submit takes over after
    `upload_ttl_seconds`. Every method raises StoreUnavailable, or CorruptState where a key holds what
    this service did not write.
    """

    def __init__(self, client: Redis, *, retention_seconds: float, upload_ttl_seconds: float) -> None:
        link = Link(client)
        Ledgers.__init__(self, link, retention_seconds=retention_seconds)
        Uploads.__init__(self, link, ttl_seconds=upload_ttl_seconds)
        for part in (Reads, Results, Letters, OutboxEntries, Beats):
            part.__init__(self, link)
        self._link = link
        self._ends = Ends(link)
        self._listening: list[Listening] = []

    def look(self, task_id: str) -> Look | None:
        ledger, spec = keys.keys_of(task_id, (keys.TASK, keys.SPEC))
        commands: list[Command] = [
            ("HGETALL", ledger),
            ("HGET", spec, "spec"),
            ("HGETALL", keys.BEATS_KEY),
            ("TIME",),
        ]
        fields, text, beats, now = self._link.read_all(commands)
        stored = stored_of(fields, key=ledger, read_at=now)
        if stored is None:
            return None
        return Look(
            stored=stored,
            spec=None if text is None else value_of(text, TaskSpec, key=spec),
            beats=self._readable_beats(beats),
        )

    def whole(self, task_id: str) -> Whole | None:
        names = keys.keys_of(task_id, (keys.TASK, keys.SPEC, keys.INDEX, keys.OUT, keys.INPUTS))
        ledger, spec, index, out, inputs = names
        commands: list[Command] = [
            ("HGETALL", ledger),
            ("HGET", spec, "spec"),
            ("ZRANGE", index, 0, -1, "WITHSCORES"),
            ("HGETALL", out),
            ("HGETALL", inputs),
            ("TIME",),
        ]
        fields, text, entries, blocks, items, now = self._link.read_all(commands)
        stored = stored_of(fields, key=ledger, read_at=now)
        if stored is None:
            return None
        asked = None if text is None else value_of(text, TaskSpec, key=spec)
        return Whole(
            look=Look(stored=stored, spec=asked, beats={}),
            entries=entries_of(entries, key=index),
            blocks={name.decode(): block for name, block in blocks.items()},
            inputs=blocks_of(items, key=inputs),
        )

    def wait_ended(self, task_id: str, *, timeout_seconds: float) -> bool:
        def over() -> bool:
            stored = self.load(task_id)
            return stored is not None and stored.ledger.state.is_terminal

        return self._ends.wait(task_id, timeout_seconds=timeout_seconds, over=over)

    def listen(self, worker: str, told: Callable[[ShardHint], None]) -> Callable[[], None]:
        listening = Listening(self._link, worker=worker, told=told)
        listening.start()
        self._listening.append(listening)
        return listening.close

    def close(self) -> None:
        """Ends the threads behind `wait_ended` and `listen`; the client stays its owner's."""
        self._ends.close()
        for listening in self._listening:
            listening.close()
        self._link.close()
