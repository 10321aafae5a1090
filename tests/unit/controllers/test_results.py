"""Results as a stream of lines, in item order, over runs, while a task runs and after."""

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app.errors import StoreUnavailable
from app.models.ranges import Spans
from app.protocol.control import Action
from app.protocol.decision import Entry
from app.repositories.memory import MemoryStore
from app.settings import Settings
from tests.api import WORKER, Api, failed, ok


def outcomes(lines: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(line["index"], line["outcome"]) for line in lines]


def test_a_line_says_everything_of_an_item(api: Api) -> None:
    task_id = api.submit(["x"], language="python", templateFunction="def run(item):\n    return {}")
    api.work(
        task_id,
        {
            0: ok(
                0,
                stdout=b"out\n",
                stderr=b"err",
                value=b'{"a":[1,2]}',
                duration_ms=12.5,
                attempt=2,
                stdout_truncated=True,
            )
        },
    )
    assert api.lines(task_id) == [
        {
            "index": 0,
            "item": "x",
            "outcome": "ok",
            "exitCode": 0,
            "signal": None,
            "stdout": "out\n",
            "stderr": "err",
            "stdoutTruncated": True,
            "stderrTruncated": False,
            "value": {"a": [1, 2]},
            "startedAt": "2027-01-15T08:00:00Z",
            "durationMs": 12.5,
            "attempt": 2,
            "worker": WORKER,
        }
    ]


def test_bytes_that_are_not_utf8_are_shown_and_kept(api: Api) -> None:
    task_id = api.submit(["x"])
    api.work(task_id, {0: ok(0, stdout=b"a\xff\x00b", stderr=b"fine")})
    (line,) = api.lines(task_id)
    assert line["stdout"] == "a\\xff\x00b"
    assert b64decode(line["stdoutBase64"]) == b"a\xff\x00b"
    assert "stderrBase64" not in line


def test_results_come_in_item_order_however_they_were_recorded(api: Api) -> None:
    task_id = api.submit({"range": [0, 10]})
    for first in (0, 4, 8):
        api.work(task_id, {index: ok(index) for index in range(first, min(first + 4, 10))})
    assert [line["index"] for line in api.lines(task_id)] == list(range(10))
    assert [line["item"] for line in api.lines(task_id)] == [str(index) for index in range(10)]


def test_large_items_come_with_their_results(api: Api) -> None:
    items = [f"{index} " + "x" * 100_000 for index in range(50)]
    task_id = api.submit(items)
    api.work(task_id, {index: failed(index) if index % 3 else ok(index) for index in range(50)})
    assert [line["item"] for line in api.lines(task_id)] == items
    assert [line["item"] for line in api.lines(task_id, "?outcome=ok")] == items[::3]


def running_with_gap(api: Api) -> str:
    """Items 0, 1 and 4 to 6 of ten have results; 2 and 3 are out with a worker."""
    task_id = api.submit({"range": [0, 10]})
    api.work(task_id, {0: ok(0), 1: failed(1)})
    api.operations.plan(task_id, shard_id="out", worker=WORKER, count=2, most=9, function="f")
    api.work(task_id, {4: failed(4), 5: ok(5), 6: failed(6)})
    return task_id


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("", [0, 1, 4, 5, 6]),
        ("?gapless=true", [0, 1]),
        ("?gapless=true&start=1", [1]),
        ("?gapless=true&start=2", []),
        ("?start=1&limit=2", [1, 4]),
        ("?limit=0", []),
        ("?start=7", []),
        ("?start=99", []),
        ("?outcome=failed", [1, 4, 6]),
        ("?outcome=failed&limit=2", [1, 4]),
        ("?outcome=ok,timeout", [0, 5]),
        ("?outcome=ok&outcome=failed", [0, 1, 4, 5, 6]),
        ("?outcome=failed&gapless=true", [1]),
        ("?outcome=lost", []),
    ],
)
def test_a_part_can_be_asked_for(api: Api, query: str, indexes: list[int]) -> None:
    task_id = running_with_gap(api)
    assert [line["index"] for line in api.lines(task_id, query)] == indexes


def test_a_brief_line_tells_what_an_item_wrote_and_returned(api: Api) -> None:
    task_id = api.submit(["a", "b", "c"])
    api.work(
        task_id,
        {0: ok(0), 1: ok(1, stdout=b"a\xff", stderr=b"fine"), 2: ok(2, value=b'{"n": [1]}')},
    )
    assert api.lines(task_id, "?brief=true") == [
        {"index": 0, "outcome": "ok"},
        {"index": 1, "outcome": "ok", "stdout": "a\\xff", "stderr": "fine", "stdoutBase64": "Yf8="},
        {"index": 2, "outcome": "ok", "value": {"n": [1]}},
    ]


def test_what_is_remarkable_is_told_whole_in_brief_too(api: Api) -> None:
    task_id = api.submit(["a", "b", "c", "d"])
    results = {0: ok(0), 1: failed(1), 2: ok(2, stdout=b"cut", stdout_truncated=True), 3: ok(3)}
    api.work(task_id, results)
    whole = api.lines(task_id)
    brief = api.lines(task_id, "?brief=true")
    assert [line["index"] for line in brief] == [0, 1, 2, 3]
    assert brief[1:3] == whole[1:3]
    assert [line["item"] for line in brief[1:3]] == ["b", "c"]


@pytest.mark.parametrize(
    "query",
    [
        "?outcome=bad",
        "?start=-1",
        "?start=x",
        "?limit=1.5",
        "?gapless=maybe",
        "?brief=2",
        "?start=" + "9" * 30,
    ],
)
def test_a_bad_parameter_is_refused(api: Api, query: str) -> None:
    task_id = api.submit(["a"])
    answer = api.get(f"/schedule/{task_id}/results{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "parameter-invalid")


def test_no_such_task(api: Api) -> None:
    answer = api.get("/schedule/2f1c8e0a-6c1e-4d36-9a51-0f3f6f1f7a10/results")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "task-not-found")


def cancel(api: Api, task_id: str) -> None:
    assert api.post(f"/schedule/{task_id}/cancel").status_code == 200


def retry(api: Api, task_id: str) -> None:
    assert api.post(f"/schedule/{task_id}/retry").status_code == 202
    api.await_published(task_id)


def test_items_that_were_never_begun_are_cancelled(api: Api) -> None:
    task_id = api.submit({"range": [0, 5]})
    api.work(task_id, {0: ok(0), 1: failed(1)})
    cancel(api, task_id)
    assert outcomes(api.lines(task_id)) == [
        (0, "ok"), (1, "failed"), (2, "cancelled"), (3, "cancelled"), (4, "cancelled"),
    ]  # fmt: skip
    assert [line["index"] for line in api.lines(task_id, "?outcome=cancelled&start=3")] == [3, 4]
    assert outcomes(api.lines(task_id, "?outcome=failed")) == [(1, "failed")]


def test_a_retry_makes_all_that_was_not_ok_wait_again(api: Api) -> None:
    task_id = api.submit({"range": [0, 4]})
    api.work(task_id, {0: ok(0), 1: failed(1), 2: failed(2), 3: ok(3)})
    retry(api, task_id)
    assert outcomes(api.lines(task_id)) == [(0, "ok"), (3, "ok")]
    assert outcomes(api.lines(task_id, "?gapless=true")) == [(0, "ok")]


def test_the_newest_run_counts(api: Api) -> None:
    task_id = api.submit({"range": [0, 4]})
    api.work(task_id, {index: failed(index, stdout=b"first") for index in range(4)})
    retry(api, task_id)
    api.work(task_id, {0: ok(0, stdout=b"second"), 1: failed(1, stdout=b"second")})
    assert [(line["index"], line["stdout"]) for line in api.lines(task_id)] == [(0, "second"), (1, "second")]
    cancel(api, task_id)
    assert outcomes(api.lines(task_id)) == [(0, "ok"), (1, "failed"), (2, "cancelled"), (3, "cancelled")]
    retry(api, task_id)
    api.work(task_id, {index: ok(index, stdout=b"third") for index in (1, 2, 3)})
    assert [line["stdout"] for line in api.lines(task_id)] == ["second", "third", "third", "third"]


def test_an_item_that_was_given_up_is_lost(api: Api) -> None:
    task_id = api.submit(
        ["a", "b"],
    )
    api.work(task_id, {0: ok(0)})
    for number in range(4):
        api.operations.plan(
            task_id, shard_id=f"s{number}", worker=f"w{number}", count=1, most=9, function="f"
        )
        api.operations.claim(task_id, f"s{number}", worker=f"w{number}", holds_nothing=True)
        stored = api.store.load(task_id)
        assert stored is not None
        api.operations.revoke(
            task_id,
            f"s{number}",
            holder=f"w{number}",
            touched_at=stored.ledger.shards[f"s{number}"].holders[f"w{number}"],
            alive=frozenset(),
        )
    lines = api.lines(task_id)
    assert outcomes(lines) == [(0, "ok"), (1, "lost")]
    assert lines[1]["item"] == "b"
    status = api.get(f"/schedule/{task_id}").get_json()
    assert (status["status"], outcomes(status["failures"])) == ("FAILED", [(1, "lost")])
    retry(api, task_id)
    assert outcomes(api.lines(task_id)) == [(0, "ok")]


def test_a_halted_task_shows_what_was_not_begun(api: Api) -> None:
    task_id = api.submit({"range": [0, 3]})
    api.work(task_id, {0: failed(0)})
    api.operations.control(task_id, Action.HALT, run=1, version=0, reason="too many failures")
    assert outcomes(api.lines(task_id)) == [(0, "failed"), (1, "cancelled"), (2, "cancelled")]


def test_results_whose_block_is_gone_are_lost_and_hide_no_others(api: Api) -> None:
    class Forgetful(MemoryStore):
        forgotten: str | None = None

        def block(self, task_id: str, block_id: str) -> bytes | None:
            return None if block_id == self.forgotten else super().block(task_id, block_id)

    api = Api(make_store=Forgetful)
    task_id = api.submit(["a", "b"])
    api.work(task_id, {0: ok(0)})
    api.work(task_id, {1: ok(1)})
    assert isinstance(api.store, Forgetful)
    api.store.forgotten = api.store.entries(task_id, start=0, limit=1)[0].block
    assert outcomes(api.lines(task_id)) == [(0, "lost"), (1, "ok")]


class Failing(MemoryStore):
    """A store whose next `outages` reads of a block fail, or of which later blocks are garbage."""

    outages = 0
    sound_blocks = 99

    def block(self, task_id: str, block_id: str) -> bytes | None:
        if self.outages:
            self.outages -= 1
            raise StoreUnavailable("away")
        self.sound_blocks -= 1
        return super().block(task_id, block_id) if self.sound_blocks >= 0 else b"garbage"


def with_blocks(outages: int) -> tuple[Api, str]:
    """A task of three thousand items in three blocks of results, of which the next reads fail."""
    api = Api(make_store=Failing)
    task_id = api.submit({"range": [0, 3000]})
    for first in range(0, 3000, 1000):
        api.work(task_id, {index: ok(index) for index in range(first, first + 1000)})
    assert isinstance(api.store, Failing)
    assert len(api.lines(task_id, "?limit=1")) == 1
    api.store.outages = outages
    return api, task_id


def test_a_store_that_is_away_at_the_start_is_a_problem() -> None:
    api, task_id = with_blocks(outages=1)
    answer = api.get(f"/schedule/{task_id}/results")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "store-unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert len(api.lines(task_id)) == 3000


def test_a_stream_that_cannot_go_on_says_so_in_its_last_line() -> None:
    api, task_id = with_blocks(outages=0)
    assert isinstance(api.store, Failing)
    api.store.sound_blocks = 1
    lines = api.lines(task_id)
    assert [line["index"] for line in lines[:-1]] == list(range(1000))
    assert set(lines[-1]) == {"problem"}
    assert (lines[-1]["problem"]["status"], lines[-1]["problem"]["code"]) == (500, "internal")
    assert "garbage" not in str(lines[-1])


def test_streams_beyond_the_budget_are_refused_and_places_come_back() -> None:
    settings = Settings.model_validate({"fanfold": {"http": {"threads": 6, "waiters": 1}}})
    api = Api(settings)
    task_id = api.submit(["a"])
    api.work(task_id, {0: ok(0)})
    path = f"/schedule/{task_id}/results"
    held = api.get(path, buffered=False)
    refused = api.get(path)
    assert (refused.status_code, refused.get_json()["code"]) == (503, "too-many-held")
    assert refused.headers["Retry-After"]
    held.close()
    for _ in range(3):
        assert len(api.lines(task_id)) == 1
    assert api.get("/schedule/nope/results").status_code == 404
    assert len(api.lines(task_id)) == 1


def test_reads_stay_small_for_a_small_part_of_a_large_task() -> None:
    class Counting(MemoryStore):
        def __init__(self, clock: Callable[[], float]) -> None:
            super().__init__(clock)
            self.reads: list[tuple[str, int]] = []

        def block(self, task_id: str, block_id: str) -> bytes | None:
            self.reads.append(("block", 1))
            return super().block(task_id, block_id)

        def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:
            found = super().items(upload, spans, most_blocks=most_blocks)
            self.reads.append(("items", len(found)))
            return found

        def entries(self, task_id: str, *, start: int, limit: int) -> list[Entry]:
            found = super().entries(task_id, start=start, limit=limit)
            self.reads.append(("entries", len(found)))
            return found

    api = Api(make_store=Counting)
    task_id = api.submit({"range": [0, 2000]})
    for first in range(0, 2000, 20):
        api.work(task_id, {index: ok(index) for index in range(first, first + 20)})
    assert isinstance(api.store, Counting)
    api.store.reads.clear()
    assert [line["index"] for line in api.lines(task_id, "?start=1000&limit=30")] == list(range(1000, 1030))
    assert [read for read in api.store.reads if read[0] == "block"] == [("block", 1)] * 2
    assert [read for read in api.store.reads if read[0] == "items"] == [("items", 30)]
