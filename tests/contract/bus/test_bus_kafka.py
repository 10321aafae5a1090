"""What only a real Kafka can show: fatal errors, foreign records, members killed, topics deleted."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.cimpl import NewTopic

from app.errors import BusBroken, BusUnavailable
from app.messaging.dead_letters import DeadLetters
from app.messaging.kafka import KafkaAdmin, KafkaPublisher, KafkaSubscription
from app.messaging.ports import Message, Publisher
from fanfold.embedded.ports import free_port
from tests.contract.bus.receiving import poll_until, receive, values

MEMBER = """
import sys
from app.messaging.kafka import KafkaSubscription
from app.support.logs import configure_logs
configure_logs(level="error", form="json")
bootstrap, topic = sys.argv[1:]
member = KafkaSubscription(bootstrap, topic=topic, group=topic, heartbeat_interval_ms=200)
while True:
    for message in member.poll(0.1):
        print(message.value.decode(), flush=True)
"""


@pytest.fixture
def free_tcp_port() -> int:
    return free_port()


@pytest.fixture
def publisher(kafka_bootstrap: str) -> Iterator[Publisher]:
    with closing(KafkaPublisher(kafka_bootstrap)) as made:
        yield made


@pytest.fixture
def topic(kafka_bootstrap: str) -> str:
    name = f"t-{uuid4().hex[:12]}"
    KafkaAdmin(kafka_bootstrap, replication=1, retention_ms=3_600_000).ensure({name: 2}, timeout_seconds=20)
    return name


def test_a_member_that_is_fenced_says_so_and_does_not_go_on(kafka_bootstrap: str, topic: str) -> None:
    def member() -> KafkaSubscription:
        same = {"group.instance.id": "the-same"}
        return KafkaSubscription(kafka_bootstrap, topic=topic, group=topic, options=same)

    with closing(member()) as first:
        poll_until([first], lambda: len(first.partitions()) == 2, state=first.partitions)
        with closing(member()) as second, pytest.raises(BusBroken, match="fenced by other"):
            poll_until([second, first], lambda: False, state=lambda: "both go on")

        with pytest.raises(BusBroken, match="fenced by other"):
            first.poll(0)


def test_what_a_killed_member_had_not_done_comes_to_another_within_its_session(
    kafka_bootstrap: str, topic: str, publisher: Publisher
) -> None:
    publisher.publish(topic, b"not done", partition=1)
    with subprocess.Popen(
        [sys.executable, "-c", MEMBER, kafka_bootstrap, topic], stdout=subprocess.PIPE
    ) as doomed:
        assert doomed.stdout is not None
        assert doomed.stdout.readline() == b"not done\n"
        doomed.kill()

    with closing(KafkaSubscription(kafka_bootstrap, topic=topic, group=topic)) as other:
        assert values(receive(other, 1, seconds=15)) == [b"not done"]


def test_a_record_of_ten_megabytes_is_received_and_buried_without_its_tail(kafka_bootstrap: str) -> None:
    size = 10_000_000
    name, dead = f"t-{uuid4().hex[:12]}", f"dead-{uuid4().hex[:12]}"
    large = NewTopic(name, num_partitions=1, config={"max.message.bytes": str(2 * size)})
    client = AdminClient({"bootstrap.servers": kafka_bootstrap})
    client.create_topics([large])[name].result(20)
    KafkaAdmin(kafka_bootstrap, replication=1, retention_ms=3_600_000).ensure({dead: 1}, timeout_seconds=20)
    foreign = Producer({"bootstrap.servers": kafka_bootstrap, "message.max.bytes": 2 * size})
    foreign.produce(name, b"\xff" * size, headers=[("big", b"h" * 200_000), ("small", b"kept")])
    assert foreign.flush(20) == 0

    with (
        closing(KafkaSubscription(kafka_bootstrap, topic=name, group=name)) as subscription,
        closing(KafkaPublisher(kafka_bootstrap)) as publisher,
        closing(KafkaSubscription(kafka_bootstrap, topic=dead, group=dead)) as graves,
    ):
        (message,) = receive(subscription, 1)
        DeadLetters(publisher, topic=dead).bury(message, group="g", deliveries=1, reason="too large")
        (letter,) = receive(graves, 1)

    assert letter.value == b"\xff" * 512 * 1024
    told = dict(letter.headers)
    assert "big" not in told
    assert told["small"] == b"kept"
    lost = size - 512 * 1024 + 200_000 + len("big")
    assert told["fanfold.truncated.bytes"] == b"%d" % lost


def test_a_topic_that_is_deleted_and_made_again_is_followed(
    kafka_bootstrap: str, topic: str, publisher: Publisher
) -> None:
    admin = KafkaAdmin(kafka_bootstrap, replication=1, retention_ms=3_600_000)
    with closing(KafkaSubscription(kafka_bootstrap, topic=topic, group=topic)) as subscription:
        for value in (b"1", b"2"):
            publisher.publish(topic, value, partition=0)
        for message in receive(subscription, 2):
            subscription.done(message)

        client = AdminClient({"bootstrap.servers": kafka_bootstrap})
        client.delete_topics([topic])[topic].result(20)
        poll_until([subscription], lambda: subscription.partitions() == (), state=subscription.partitions)
        admin.ensure({topic: 2}, timeout_seconds=20)
        publisher.publish(topic, b"new", partition=0)

        seen: list[Message] = []
        poll_until([subscription], lambda: b"new" in values(seen), into=[seen])


def test_more_replicas_than_brokers_are_refused_with_the_reason(
    kafka_bootstrap: str, new_name: Callable[[], str]
) -> None:
    admin = KafkaAdmin(kafka_bootstrap, replication=9, retention_ms=3_600_000)

    with pytest.raises(BusUnavailable, match=r"replication factor .*9"):
        admin.ensure({new_name(): 1}, timeout_seconds=3)


def test_topics_keep_records_as_long_as_asked(kafka_bootstrap: str, topic: str) -> None:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    client = AdminClient({"bootstrap.servers": kafka_bootstrap})

    (found,) = client.describe_configs([resource]).values()

    assert found.result(10)["retention.ms"].value == "3600000"


def test_a_full_queue_is_told_at_once_while_no_broker_answers(free_tcp_port: int) -> None:
    publisher = KafkaPublisher(f"127.0.0.1:{free_tcp_port}", queue_records=3)
    for _ in range(3):
        publisher.publish("t", b"x")

    with pytest.raises(BusUnavailable, match="too many records wait"):
        publisher.publish("t", b"x")

    publisher.close(timeout_seconds=0.1)


def test_a_record_that_no_broker_takes_in_time_is_told(free_tcp_port: int) -> None:
    publisher = KafkaPublisher(f"127.0.0.1:{free_tcp_port}", delivery_timeout_ms=300)
    told: list[str | None] = []
    publisher.publish("t", b"x", on_done=told.append)

    poll_until([], lambda: told != [], state=lambda: told)

    assert told == ["Kafka did not acknowledge the record in time"]
    publisher.close()
