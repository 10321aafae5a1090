"""The links of a process to the store and the bus, with everything that goes wrong on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.errors import BusUnavailable, StoreUnavailable
from app.messaging.ports import Headers, OnDone
from app.repositories.memory import MemoryStore
from tests.simulation.world import KilledError, Process, World

WRITES = frozenset({"commit", "beat", "put_blocks", "take", "count"})
LATEST_SECONDS = 6.0
BUSY = 0.05


@dataclass
class Weather:
    """What is wrong at the moment: probabilities, and whether a server is away."""

    store_is_away: bool = False
    lost_requests: float = 0.0
    lost_replies: float = 0.0
    late_requests: float = 0.0
    bus_is_away: bool = False
    lost_records: float = 0.0
    doubled_records: float = 0.0
    strayed_records: float = 0.0
    record_delay: float = 0.0
    crashes: float = 0.0
    cut_off: set[str] = field(default_factory=set)

    @property
    def is_rough(self) -> bool:
        """Whether a call of the store may go wrong."""
        return bool(
            self.store_is_away or self.lost_requests or self.lost_replies or self.crashes or self.cut_off
        )


class StoreLink:
    """A process's connection to the store: any call may be lost, late, unanswered, or the caller's last."""

    def __init__(self, world: World, weather: Weather, server: MemoryStore, process: Process) -> None:
        self._world = world
        self._weather = weather
        self._server = server
        self._process = process

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._server, name)
        world, weather, process = self._world, self._weather, self._process
        chance = world.random.random

        def through(*args: Any, **kwargs: Any) -> Any:
            if chance() < BUSY:
                world.interleave(world.random.uniform(0.001, 0.05))
            if not process.is_alive:
                raise KilledError
            if not weather.is_rough:
                return call(*args, **kwargs)
            self._on_the_way(name, lambda: call(*args, **kwargs))
            answer = call(*args, **kwargs)
            self._on_the_way_back()
            return answer

        setattr(self, name, through)
        return through

    def _on_the_way(self, name: str, apply: Callable[[], object]) -> None:
        world, weather, process = self._world, self._weather, self._process
        if world.chance(weather.crashes):
            raise KilledError
        if weather.store_is_away or process.name in weather.cut_off:
            raise StoreUnavailable("away")
        if world.chance(weather.lost_requests):
            if name in WRITES and world.chance(weather.late_requests):
                world.after(world.random.uniform(0.1, LATEST_SECONDS), None, lambda: _quietly(apply))
            raise StoreUnavailable("request lost")

    def _on_the_way_back(self) -> None:
        world, weather = self._world, self._weather
        if world.chance(weather.crashes):
            raise KilledError
        if world.chance(weather.lost_replies):
            raise StoreUnavailable("reply lost")


def _quietly(apply: Callable[[], object]) -> None:
    try:
        apply()
    except (StoreUnavailable, KeyError):
        return


class Bus:
    """All topics: a record reaches a process that reads its topic, sooner or later, perhaps twice."""

    def __init__(self, world: World, weather: Weather) -> None:
        self._world = world
        self._weather = weather
        self._readers: dict[str, list[tuple[Process, Callable[[bytes], None]]]] = {}
        self._held: list[Callable[[], None]] = []

    def join(self, topic: str, process: Process, read: Callable[[bytes], None]) -> int:
        """A consumer; the number stands for the partition it owns."""
        readers = self._readers.setdefault(topic, [])
        readers.append((process, read))
        return len(readers) - 1

    def send(self, topic: str, value: bytes, partition: int | None) -> None:
        world, weather = self._world, self._weather
        if world.chance(weather.lost_records):
            return
        copies = 2 if world.chance(weather.doubled_records) else 1
        for _ in range(copies):
            delay = world.random.uniform(0.001, 0.02) + weather.record_delay * world.random.uniform(0.8, 1.2)
            self._deliver(topic, value, partition, delay)

    def is_back(self) -> None:
        held, self._held = self._held, []
        for deliver in held:
            deliver()

    def _deliver(self, topic: str, value: bytes, partition: int | None, delay: float) -> None:
        def arrive() -> None:
            if self._weather.bus_is_away:
                self._held.append(arrive)
                return
            readers = self._readers.get(topic, [])
            alive = [reader for reader in readers if reader[0].is_alive]
            if not alive:
                self._world.after(1.0, None, arrive)
                return
            process, read = self._reader(readers, alive, partition)
            if not process.is_alive:
                self._world.after(6.0, None, arrive)
                return
            self._world.after(0.0, process, lambda: read(value))

        self._world.after(delay, None, arrive)

    def _reader(
        self,
        readers: list[tuple[Process, Callable[[bytes], None]]],
        alive: list[tuple[Process, Callable[[bytes], None]]],
        partition: int | None,
    ) -> tuple[Process, Callable[[bytes], None]]:
        if partition is None or self._world.chance(self._weather.strayed_records):
            return self._world.random.choice(alive)
        chosen = readers[partition]
        return chosen if chosen[0].is_alive else self._world.random.choice(alive)


class BusLink:
    """A process's publisher."""

    def __init__(self, world: World, bus: Bus, weather: Weather, process: Process) -> None:
        self._world = world
        self._bus = bus
        self._weather = weather
        self._process = process

    def publish(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: str | bytes | None = None,  # noqa: ARG002 - the partition decides here
        partition: int | None = None,
        headers: Headers = (),  # noqa: ARG002 - nobody reads them here
        on_done: OnDone | None = None,
    ) -> None:
        if not self._process.is_alive or (
            self._weather.crashes and self._world.chance(self._weather.crashes)
        ):
            raise KilledError
        if self._weather.bus_is_away and self._world.chance(0.3):
            raise BusUnavailable("queue full")
        self._bus.send(topic, value or b"", partition)
        if on_done is not None:
            self._world.after(0.004, self._process, lambda: on_done(None))

    def flush(self, timeout_seconds: float) -> int:  # noqa: ARG002 - a fixed time of the simulation's
        self._world.interleave(0.01)
        return 0

    def close(self, timeout_seconds: float = 5.0) -> None:  # noqa: ARG002 - nothing to close
        return
