"""What every Kafka client of this process has in common: how it connects, and what it says of itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError

from app.errors import BusBroken
from app.support.logs import get_logger

Option = str | int | float | bool

_CRITICAL = 2  # the lines above it repeat, in free text, the events logged here

_log = get_logger(__name__)

_SILENCE_SECONDS = 30.0  # a client that finds no broker says so several times a second


def connection(bootstrap: str, *, client_id: str, more: Mapping[str, Option]) -> dict[str, Option]:
    """Settings of librdkafka that notice new topics and restarted brokers within about a second.

    `more` are further settings of librdkafka that win over these, such as those of TLS.
    """
    return {
        "bootstrap.servers": bootstrap,
        "client.id": client_id,
        "socket.keepalive.enable": True,
        # A network that swallows packets is given up after these, so that its return is noticed soon.
        "socket.timeout.ms": 6_000,
        "socket.connection.setup.timeout.ms": 2_000,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 1_500,
        "metadata.max.age.ms": 10_000,
        "log_level": _CRITICAL,
        **more,
    }


@dataclass
class _Silence:
    """Until when an error that was logged is not logged again, and how often it came meanwhile."""

    ends: float
    repeated: int = 0


class Condition:
    """Whether a client can go on: errors that pass are logged, one that does not is kept.

    `on_broken` is called at the first that does not, from any thread.
    """

    def __init__(self, *, client_id: str, on_broken: Callable[[], None] = lambda: None) -> None:
        self._on_broken = on_broken
        self._log = _log.bind(client=client_id)
        self._fatal: str | None = None
        self._silences: dict[str, _Silence] = {}

    def on_error(self, error: KafkaError) -> None:
        """To be called for each error that the client tells, from any thread."""
        if error.fatal() or error.name() == "_FATAL":  # told by the callback without the mark
            first, self._fatal = self._fatal is None, f"{error.name()}: {error.str()}"
            if first:
                self._log.error("bus_client_broken", code=error.name(), detail=error.str())
                self._on_broken()
        else:
            self._tell(error.name(), error.str())

    def check(self) -> None:
        """Raises BusBroken after a fatal error."""
        if self._fatal is not None:
            raise BusBroken(
                f"the Kafka client can do nothing more: {self._fatal}", hint="start the process again"
            )

    def _tell(self, code: str, detail: str) -> None:
        now = time.monotonic()
        silence = self._silences.get(code)
        if silence is not None and now < silence.ends:
            silence.repeated += 1
            return
        repeated = 0 if silence is None else silence.repeated
        self._silences[code] = _Silence(ends=now + _SILENCE_SECONDS)
        self._log.warning("bus_client_error", code=code, detail=detail, repeated=repeated)
