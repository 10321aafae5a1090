"""The servers that the embedded system is made of: they keep what they acknowledged, and pin their jars."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.jars import LOCK_FILE, Jar, _verify, cache_folder, cache_lock, kafka_jars, pinned_jars
from fanfold.embedded.java import java_command
from fanfold.embedded.runtime import kafka_runtime
from tests.servers import kafka_server, valkey_server, wait_until


def test_valkey_keeps_an_acknowledged_write_over_kill_9(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, für Valkey"
    with valkey_server(folder) as (server, (host, port)), redis.Redis(host=host, port=port) as client:
        client.set("key", "value")

        server.kill()
        server.start()

        assert client.get("key") == b"value"


def test_valkey_evicts_nothing_and_listens_on_loopback_only(redis_address: tuple[str, int]) -> None:
    with redis.Redis(host=redis_address[0], port=redis_address[1]) as client:
        settings = client.config_get("appendfsync", "appendonly", "maxmemory-policy", "bind")

    assert settings == {
        "appendfsync": "always",
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "bind": "127.0.0.1",
    }


def test_kafka_keeps_topics_and_acknowledged_records_over_kill_9(tmp_path: Path) -> None:
    with kafka_server(tmp_path / "a folder, für Kafka") as (server, bootstrap):
        _create(bootstrap, topic="kept")
        producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "log_level": 0})
        producer.produce("kept", value=b"record")
        assert producer.flush(10) == 0

        server.kill()
        server.start()

        assert _first_record(bootstrap, topic="kept") == b"record"


def test_kafka_creates_no_topic_by_itself(kafka_bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})

    metadata = admin.list_topics("never-made", timeout=10)

    assert metadata.topics["never-made"].error is not None
    assert "never-made" not in admin.list_topics(timeout=10).topics


def test_the_lock_pins_every_jar_by_checksum_and_names_no_address() -> None:
    text = LOCK_FILE.read_text(encoding="utf-8")

    assert {len(jar.sha256) for jar in pinned_jars()} == {64}
    assert "kafka_2.13" in {jar.artifact for jar in pinned_jars()}
    assert "://" not in text


def test_a_jar_with_other_bytes_than_the_pinned_ones_is_refused(tmp_path: Path) -> None:
    forged = tmp_path / "forged.jar"
    forged.write_bytes(b"forged")
    jar = Jar(group="org.example", artifact="forged", version="1", sha256="0" * 64)

    with pytest.raises(EmbeddedError, match="is not the jar that was pinned"):
        _verify(jar, path=forged)


def test_the_cache_holds_the_pinned_jars_and_no_half_filled_folder() -> None:
    folder = kafka_jars(cache_folder(), say=print)

    for jar in pinned_jars():
        _verify(jar, path=folder / jar.filename)
    assert list(cache_folder().glob("*/filling-*")) == list(cache_folder().glob("filling-*")) == []


def test_a_start_waits_for_another_process_that_fills_the_cache(tmp_path: Path) -> None:
    said: list[str] = []
    with ThreadPoolExecutor() as pool:
        with cache_lock(tmp_path, say=said.append):
            second = pool.submit(_hold_cache, tmp_path, said)
            wait_until(lambda: said != [], seconds=5)
            assert not second.done()

        second.result(5)
    assert said == [f"waiting for another process that prepares {tmp_path}", "held"]


def test_kafka_starts_from_an_archive_that_fits_its_runtime() -> None:
    runtime = kafka_runtime(cache_folder(), say=print)

    said = subprocess.run(
        java_command(
            "-version", class_path=runtime.class_path, scratch=cache_folder(), archive=runtime.archive
        ),
        capture_output=True,
        text=True,
        check=True,
    )

    assert [option.split("=")[0] for option in runtime.archive] == ["-XX:AOTCache"]
    assert "error" not in said.stderr


def _hold_cache(cache: Path, said: list[str]) -> None:
    with cache_lock(cache, say=said.append):
        said.append("held")


def _create(bootstrap: str, *, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    admin.create_topics([NewTopic(topic, num_partitions=1)])[topic].result(10)


def _first_record(bootstrap: str, *, topic: str) -> bytes:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        record = consumer.poll(15)
        assert record is not None
        assert record.error() is None
        return bytes(record.value() or b"")
    finally:
        consumer.close()
