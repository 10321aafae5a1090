"""What every Kafka client of this process has in common: how it connects, and what it says of itself."""

from collections.abc import Mapping

from confluent_kafka import KafkaError

from app.errors import BusBroken
from app.support.logs import get_logger

Option = str | int | float | bool

_CRITICAL = 2  # the lines above it repeat, in free text, the events logged here

_log = get_logger(__name__)


def connection(bootstrap: str, *, client_id: str, more: Mapping[str, Option]) -> dict[str, Option]:
    """Settings of librdkafka that notice new topics and restarted brokers within about a second.

    `more` are further settings of librdkafka that win over these, such as those of TLS.
    """
    return {
        "bootstrap.servers": bootstrap,
        "client.id": client_id,
        "socket.keepalive.enable": True,
        "socket.timeout.ms": 10_000,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 1_500,
        "metadata.max.age.ms": 10_000,
        "log_level": _CRITICAL,
        **more,
    }


class Condition:
    """Whether a client can go on: errors that pass are logged, one that does not is kept."""

    def __init__(self, *, client_id: str) -> None:
        self._log = _log.bind(client=client_id)
        self._fatal: str | None = None

    def on_error(self, error: KafkaError) -> None:
        """To be called for each error that the client tells, from any thread."""
        if error.fatal():
            self._fatal = f"{error.name()}: {error.str()}"
            self._log.error("bus_client_broken", code=error.name(), detail=error.str())
        else:
            self._log.warning("bus_client_error", code=error.name(), detail=error.str())

    def check(self) -> None:
        """Raises BusBroken after a fatal error."""
        if self._fatal is not None:
            raise BusBroken(
                f"the Kafka client can do nothing more: {self._fatal}", hint="start the process again"
            )
