"""The store's time is carried on from the last reading, which is never old."""

from app.repositories.memory import MemoryStore
from app.services.store_time import StoreTime
from app.support.clock import FakeClock


class Times:
    """The store's own clock, which runs beside the machine's, and how often it was read."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.offset = 1_000.0
        self.read = 0

    def __call__(self) -> float:
        self.read += 1
        return self.offset + self.clock.monotonic()


def test_it_is_read_once_a_second_and_goes_on_between() -> None:
    clock = FakeClock()
    times = Times(clock)
    time = StoreTime(MemoryStore(times), clock)

    told = []
    for _ in range(8):
        told.append(time.now())
        clock.advance(0.25)

    assert told == [1_000 + 0.25 * step for step in range(8)]
    assert times.read == 2


def test_a_store_whose_clock_was_set_is_followed_a_second_later() -> None:
    clock = FakeClock()
    times = Times(clock)
    time = StoreTime(MemoryStore(times), clock)
    time.now()
    times.offset = 400.0
    clock.advance(1.5)

    assert time.now() == 401.5
