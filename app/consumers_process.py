"""The consumer process of a scheduler: consumers and rounds, each in a thread."""

import signal
from collections.abc import Callable
from threading import Event, Thread

from app.errors import BusUnavailable
from app.messaging.topics import topics_of
from app.settings import Settings
from app.support.logs import get_logger
from app.wiring import Consumers, wire_consumers

TOPICS_SECONDS = 10.0
STOP_SECONDS = 10.0

_log = get_logger(__name__)


def run(settings: Settings) -> int:
    """Consumes until SIGTERM; 1 where a client of Kafka or a thread broke."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    consumers = wire_consumers(settings)
    _make_topics(consumers, settings, stop)
    broken = _run_all([consumers.rounds.run, *(loop.run for loop in consumers.loops)], stop, consumers)
    consumers.outside.publisher.close()
    for fault in broken:
        _log.error("consumers_broken", fault=str(fault), kind=type(fault).__name__)
    return 1 if broken else 0


def _make_topics(consumers: Consumers, settings: Settings, stop: Event) -> None:
    """Waits for Kafka as long as it takes."""
    while not stop.is_set():
        try:
            consumers.outside.admin.ensure(topics_of(settings), timeout_seconds=TOPICS_SECONDS)
        except BusUnavailable as error:
            _log.warning("topics_not_made", reason=error.detail)
            stop.wait(1.0)
        else:
            return


def _run_all(runs: list[Callable[[Event], None]], stop: Event, consumers: Consumers) -> list[BaseException]:
    """Runs these until `stop`, or until one breaks; what broke."""
    broken: list[BaseException] = []

    def guarded(run: Callable[[Event], None]) -> None:
        try:
            run(stop)
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            broken.append(error)
            stop.set()

    threads = [Thread(target=guarded, args=(run,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    stop.wait()
    consumers.rounds.wake()
    for thread in threads:
        thread.join(STOP_SECONDS)
    return broken
