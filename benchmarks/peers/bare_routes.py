"""The least that a Flask service could do behind granian: the yardstick for submits and for status calls."""

import os
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from flask import Flask, Response, request

from benchmarks.embedded_system import System
from benchmarks.installing import ROOT
from benchmarks.servers import running_server
from fanfold.embedded.ports import free_port, is_free

_KAFKA, _REDIS = "FANFOLD_BENCH_KAFKA", "FANFOLD_BENCH_REDIS_PORT"
_TOPIC = "benchmark_bare_route"
_PREFIX = "benchmark:"
_KEPT_SECONDS = 3600
_THREADS = 32
_ACKNOWLEDGED_SECONDS = 10.0


@contextmanager
def bare_routes(system: System, *, folder: Path) -> Iterator[int]:
    """Serve them on the system's own Redis and Kafka, with as many threads; gives the port."""
    topic = NewTopic(_TOPIC, num_partitions=8, replication_factor=1)
    admin = AdminClient({"bootstrap.servers": system.kafka})
    for created in admin.create_topics([topic]).values():
        created.result()
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--log-level", "error")
    how = ("--interface", "wsgi", "--http", "1", "--no-ws", "--blocking-threads", str(_THREADS), "--factory")
    command = (sys.executable, "-m", "granian", *where, *how, "benchmarks.peers.bare_routes:application")
    addresses = {_KAFKA: system.kafka, _REDIS: str(system.redis_port)}
    with running_server(
        "bare-routes",
        command,
        folder=folder,
        work_dir=ROOT,
        environment=addresses,
        ready=lambda: not is_free(port),
    ):
        yield port


def keep(system: System, *, value: bytes) -> str:
    """Have `/status/` answer this; what it is called there."""
    name = str(uuid.uuid4())
    with redis.Redis(port=system.redis_port) as store:
        store.set(f"{_PREFIX}{name}", value, ex=_KEPT_SECONDS)
    return name


def application() -> Flask:
    """Both routes, on servers that the environment names."""
    store = redis.Redis(port=int(os.environ[_REDIS]))
    producer = Producer({"bootstrap.servers": os.environ[_KAFKA], "acks": "all", "linger.ms": 0})
    threading.Thread(target=_hear, args=(producer,), daemon=True).start()
    app = Flask(__name__)

    @app.post("/submit")
    def submit() -> Response:
        """One write to Redis, one record that Kafka has acknowledged."""
        task = request.get_json()
        task_id = str(uuid.uuid4())
        store.set(f"{_PREFIX}{task_id}", app.json.dumps(task), ex=_KEPT_SECONDS)
        _produce(producer, task_id)
        return _json(app.json.dumps({"taskId": task_id, "status": "SUBMITTED"}), status=202)

    @app.get("/status/<task_id>")
    def status(task_id: str) -> Response:
        """One read from Redis."""
        value = store.get(f"{_PREFIX}{task_id}")
        return _json(value, status=200) if isinstance(value, bytes) else _json("{}", status=404)

    return app


def _hear(producer: Producer) -> None:
    while True:
        producer.poll(0.1)


def _produce(producer: Producer, value: str) -> None:
    heard = threading.Event()
    errors: list[KafkaError] = []

    def done(error: KafkaError | None, _message: Message) -> None:
        errors.extend([error] if error else [])
        heard.set()

    producer.produce(_TOPIC, value, on_delivery=done)
    if not heard.wait(_ACKNOWLEDGED_SECONDS) or errors:
        raise RuntimeError(f"not acknowledged: {errors}")


def _json(text: str | bytes, *, status: int) -> Response:
    return Response(text, status=status, content_type="application/json")
