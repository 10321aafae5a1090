"""How often a request asks the store: each time is a round trip, which costs more than all else."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from app.repositories.memory import MemoryStore
from tests.api import Api, ok


class CountedStore(MemoryStore):
    """Counts calls from outside by their name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.calls: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name in ASKED:
            self.calls[name] += 1
        return super().__getattribute__(name)


ASKED = frozenset(
    {"beats", "block", "commit", "entries", "items", "load", "look", "put_blocks", "spec", "time"}
)


@pytest.fixture
def store() -> list[CountedStore]:
    return []


@pytest.fixture
def api(store: list[CountedStore]) -> Api:
    def make(clock: Callable[[], float]) -> CountedStore:
        store.append(CountedStore(clock))
        return store[0]

    api = Api(make_store=make)
    api.submit(["warm up"])
    return api


def test_a_new_task_is_stored_and_answered_by_one_commit(api: Api, store: list[CountedStore]) -> None:
    api.bus.interrupt()
    store[0].calls.clear()

    answer = api.create(["a", "b", "c"])

    assert answer.status_code == 202
    assert store[0].calls == {"commit": 1}
    api.bus.recover()


def test_a_status_is_one_look(api: Api, store: list[CountedStore]) -> None:
    task_id = api.submit(["a"])
    store[0].calls.clear()

    api.get(f"/schedule/{task_id}")

    # The twin looks by calls of its own.
    assert store[0].calls == {"look": 1, "load": 1, "spec": 1, "beats": 1}


def test_a_wait_for_what_is_over_sees_so_before_its_one_look(api: Api, store: list[CountedStore]) -> None:
    task_id = api.submit(["a"])
    api.work(task_id, {0: ok(0)})
    store[0].calls.clear()

    answer = api.get(f"/schedule/{task_id}?wait=5")

    assert answer.get_json()["status"] == "COMPLETED"
    assert store[0].calls == {"load": 2, "look": 1, "spec": 1, "beats": 1}
