"""The API over the twins of store and bus, and a worker in a few lines that records what a test says."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import Client, TestResponse

from app.messaging.memory import MemoryBus
from app.models.node import Beat
from app.models.ranges import indexes, spans_of_indexes
from app.models.result import ItemResult, Outcome
from app.models.wire import pack_results
from app.protocol.record import Report
from app.repositories.memory import MemoryStore
from app.repositories.operations import Operations
from app.settings import Settings
from app.support.ids import new_id
from app.wiring import Outside, wire_api
from tests.servers import wait_until

WORKER = "worker-1/abc"
STARTED_AT = datetime.fromtimestamp(1.8e9, UTC)


class StoreClock:
    """The store's time, which a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Api:
    """One API process without the server: `client` is Flask's, `store` and `bus` are the twins."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        is_stopping: Callable[[], bool] = lambda: False,
        make_store: Callable[[Callable[[], float]], MemoryStore] = MemoryStore,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = StoreClock()
        self.store = make_store(self.clock)
        self.bus = MemoryBus()
        self.bus.admin().ensure({self.settings.pubsub.topic: 1}, timeout_seconds=1)
        self.operations = Operations(self.store)
        outside = Outside(store=self.store, publisher=self.bus.publisher(), admin=self.bus.admin())
        self.app = wire_api(self.settings, outside=outside, is_stopping=is_stopping, note_after_seconds=0)
        self.client: Client = self.app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **{"buffered": True} | more)

    def post(self, path: str, body: object = None, **more: Any) -> TestResponse:
        return self.client.post(path, **({"json": body} if body is not None else {}), **more)

    def create(self, items: object, **fields: object) -> TestResponse:
        return self.post("/schedule/create", {"templateFunction": 'echo "$1"', "inputList": items} | fields)

    def submit(self, items: object, **fields: object) -> str:
        """The id of a new task that Kafka has."""
        answer = self.create(items, **fields)
        assert answer.status_code == 202, answer.text
        task_id: str = answer.get_json()["taskId"]
        self.await_published(task_id)
        return task_id

    def await_published(self, task_id: str) -> None:
        def published() -> bool:
            stored = self.store.load(task_id)
            return stored is not None and stored.ledger.published_at is not None

        wait_until(published, seconds=5, state=lambda: self.store.load(task_id))

    def beat(self, worker: str = WORKER, **fields: Any) -> None:
        self.store.beat(Beat(worker=worker, name=worker.partition("/")[0], slots=2, **fields))

    def work(self, task_id: str, results: Mapping[int, ItemResult]) -> None:
        """Plans, claims and records a shard of exactly these items, which must be the next ones."""
        shard_id = new_id()
        shard = self.operations.plan(
            task_id, shard_id=shard_id, worker=WORKER, count=len(results), most=99, function="function"
        )
        assert shard is not None
        assert list(indexes(shard.spans)) == sorted(results)
        self.operations.claim(task_id, shard_id, worker=WORKER, holds_nothing=False)
        failed = [index for index, result in results.items() if not result.outcome.is_success]
        report = Report(
            done=spans_of_indexes(results),
            failed=spans_of_indexes(failed),
            block_id=new_id(),
            block=pack_results(list(results.values())),
        )
        self.operations.record(task_id, shard_id, worker=WORKER, report=report)

    def lines(self, task_id: str, query: str = "") -> list[dict[str, Any]]:
        answer = self.get(f"/schedule/{task_id}/results{query}")
        assert answer.status_code == 200, answer.text
        assert answer.content_type == "application/x-ndjson"
        return [json.loads(line) for line in answer.text.splitlines()]


def ok(index: int, **fields: Any) -> ItemResult:
    """A result that went well."""
    given: dict[str, Any] = {
        "outcome": Outcome.OK,
        "exit_code": 0,
        "worker": WORKER,
        "started_at": STARTED_AT,
    }
    return ItemResult(**{"index": index} | given | fields)


def failed(index: int, **fields: Any) -> ItemResult:
    """A result that did not."""
    return ok(index, **{"outcome": Outcome.FAILED, "exit_code": 3, "stderr": b"no\n"} | fields)
