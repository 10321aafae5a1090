"""Makes topics on Kafka, and asks whether it is there."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, wait

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.cimpl import NewTopic

from app.errors import BusUnavailable
from app.messaging.kafka.connection import Option, connection
from app.support.logs import get_logger

_log = get_logger(__name__)

_AGAIN_SECONDS = 0.1
_LONGEST_CALL_SECONDS = 5.0


class KafkaAdmin:
    """One admin client. Thread-safe."""

    def __init__(
        self,
        bootstrap: str,
        *,
        replication: int,
        retention_ms: int,
        client_id: str = "fanfold-admin",
        options: Mapping[str, Option] | None = None,
    ) -> None:
        self._replication = replication
        self._retention_ms = retention_ms
        self._client = AdminClient(connection(bootstrap, client_id=client_id, more=options or {}))

    def ensure(self, topics: Mapping[str, int], *, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        detail = ""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise BusUnavailable(
                    f"these topics are not there after {timeout_seconds:g} s: {detail or ', '.join(topics)}"
                )
            try:
                missing = self._missing(topics, seconds=min(left, _LONGEST_CALL_SECONDS))
                if not missing:
                    return
                detail = self._create(missing, seconds=min(left, _LONGEST_CALL_SECONDS))
            except KafkaException as error:
                # The last call is cut short by the deadline: that must not hide what an earlier one said.
                if not detail or error.args[0].code() != KafkaError._TIMED_OUT:  # noqa: SLF001 - its public name
                    detail = error.args[0].str()
            time.sleep(min(_AGAIN_SECONDS, max(0.0, left)))

    def is_reachable(self, *, timeout_seconds: float) -> bool:
        try:
            answer = self._client.describe_cluster(request_timeout=timeout_seconds)
            answer.result(timeout=timeout_seconds)
        except (KafkaException, TimeoutError):
            return False
        return True

    def _missing(self, topics: Mapping[str, int], *, seconds: float) -> Mapping[str, int]:
        """Those that do not exist or have a partition without a leader."""
        known = self._client.list_topics(timeout=seconds)
        for name, partitions in topics.items():
            there = len(known.topics[name].partitions) if name in known.topics else 0
            if 0 < there != partitions:
                _log.warning("topic_has_other_partitions", topic=name, there=there, wanted=partitions)
        return {name: number for name, number in topics.items() if not _usable(known, topic=name)}

    def _create(self, topics: Mapping[str, int], *, seconds: float) -> str:
        """Why some were not made, or nothing."""
        answers: dict[str, Future[None]] = self._client.create_topics(
            [
                NewTopic(
                    name,
                    num_partitions=partitions,
                    replication_factor=self._replication,
                    config={"retention.ms": str(self._retention_ms)},
                )
                for name, partitions in topics.items()
            ],
            request_timeout=seconds,
            operation_timeout=seconds,
        )
        wait(answers.values(), timeout=seconds)
        details = (_refusal(name, answer) for name, answer in answers.items())
        return "; ".join(detail for detail in details if detail)


def _usable(known: ClusterMetadata, *, topic: str) -> bool:
    found = known.topics.get(topic)
    if found is None or found.error is not None or not found.partitions:
        return False
    return all(partition.leader >= 0 for partition in found.partitions.values())


def _refusal(topic: str, answer: "Future[None]") -> str:
    if not answer.done():
        return f"{topic}: no answer"
    error = answer.exception()
    if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
        return ""  # another process was quicker
    if error is None:
        _log.info("topic_created", topic=topic)
        return ""
    return f"{topic}: {error.args[0].str() if isinstance(error, KafkaException) else error}"
