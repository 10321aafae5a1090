"""Servers that are away, busy or break off in the middle: what the client makes of it."""

import socket
from collections.abc import Callable

import pytest

from fanfold import Client, RequestRefused, ServerFault, ServerUnreachable, TaskState, TryAgain
from tests.scheduler_door import (
    Door,
    Fault,
    answer_then_hang_up,
    bad_gateway,
    break_off,
    busy,
    hang_up,
    stop_with_problem,
)
from tests.scheduler_double import SchedulerDouble


class FakeTime:
    """A clock that moves when it is slept on; each sleep is remembered."""

    def __init__(self, *, on_sleep: Callable[[], object] = lambda: None) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._on_sleep = on_sleep

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self._on_sleep()


def away() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_a_server_that_is_away_is_passed_over(door: Door) -> None:
    with Client([away(), door.url]) as client:
        client.ping()

    assert door.requests == ["GET /schedule/ping"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    door: Door, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", away())
    monkeypatch.setenv("ALL_PROXY", away())

    with Client(door.url.replace("127.0.0.1", host), patience_seconds=0) as client:
        client.ping()

    assert door.requests == ["GET /schedule/ping"]


@pytest.mark.parametrize("fault", [busy, bad_gateway, hang_up])
def test_a_server_that_cannot_serve_is_passed_over(door: Door, second_door: Door, fault: Fault) -> None:
    door.faults.append(fault)

    with Client([door.url, second_door.url]) as client:
        client.ping()
        client.ping()

    assert len(door.requests) == 1
    assert len(second_door.requests) == 2, "the one that answered is asked first from then on"


def test_a_submission_whose_answer_was_lost_makes_one_task(
    door: Door, second_door: Door, service: SchedulerDouble
) -> None:
    door.faults.append(answer_then_hang_up)

    with Client([door.url, second_door.url]) as client:
        task = client.submit("true", ["a"])

    assert list(service.tasks) == [task.task_id]
    assert door.requests == second_door.requests == ["POST /schedule/create"]


def test_a_retry_whose_answer_was_lost_makes_one_run(
    door: Door, second_door: Door, service: SchedulerDouble
) -> None:
    with Client([door.url, second_door.url]) as client:
        task_id = client.submit("false", ["a"]).task_id
        client.status(task_id)
        door.faults.append(answer_then_hang_up)

        assert client.retry(task_id, run=1).run == 2

    assert service.newest().run == 2


def test_when_nobody_answers_all_are_asked_again_until_patience_is_over() -> None:
    time = FakeTime()
    urls = [away(), away()]

    with (
        Client(urls, patience_seconds=5, clock=time.clock, sleep=time.sleep) as client,
        pytest.raises(ServerUnreachable, match="no server answers at") as told,
    ):
        client.ping()

    assert all(url in str(told.value) for url in urls)
    assert "fanfold up" in (told.value.hint or "")
    assert time.slept == [pytest.approx(pause) for pause in (0.1, 0.2, 0.4, 0.8, 1.6)]


def test_a_server_that_comes_back_in_time_is_found(door: Door) -> None:
    time = FakeTime()
    door.faults.extend([busy, hang_up, busy])

    with Client(door.url, clock=time.clock, sleep=time.sleep) as client:
        client.ping()

    assert len(time.slept) == 3


def test_the_pause_a_server_asks_for_is_kept(door: Door) -> None:
    time = FakeTime()
    door.faults.append(lambda handler: handler.problem(503, "busy", "not now", retry_after="4"))

    with Client(door.url, clock=time.clock, sleep=time.sleep) as client:
        client.ping()

    assert time.slept == [4.0]


def test_a_service_that_stays_busy_is_told_as_such(door: Door) -> None:
    time = FakeTime()
    door.faults.extend([busy] * 50)

    with (
        Client([away(), door.url], clock=time.clock, sleep=time.sleep) as client,
        pytest.raises(TryAgain, match="Redis does not answer") as told,
    ):
        client.ping()

    assert told.value.code == "store-unavailable"


@pytest.mark.parametrize(
    ("status", "kind"), [(400, RequestRefused), (413, RequestRefused), (500, ServerFault)]
)
def test_a_request_that_is_at_fault_is_not_repeated(
    door: Door, second_door: Door, status: int, kind: type[Exception]
) -> None:
    door.faults.append(lambda handler: handler.problem(status, "some-code", "no"))

    with Client([door.url, second_door.url]) as client, pytest.raises(kind, match="no"):
        client.ping()

    assert second_door.requests == []


def test_results_that_break_off_go_on_at_the_next_server(door: Door, second_door: Door) -> None:
    with Client([door.url, second_door.url]) as client:
        task_id = client.submit('echo "$1"', map(str, range(10))).task_id
        door.faults.extend([break_off(4), hang_up])

        indexes = [result.index for result in client.results(task_id, limit=8)]

    assert indexes == list(range(8))
    assert second_door.requests == [f"GET /schedule/{task_id}/results?start=4&limit=4"]


def test_results_that_break_off_for_ever_are_given_up(door: Door) -> None:
    time = FakeTime()
    with Client(door.url, patience_seconds=2, clock=time.clock, sleep=time.sleep) as client:
        task_id = client.submit("true", ["a", "b"]).task_id
        door.faults.extend([break_off(0)] * 100)

        with pytest.raises(ServerUnreachable, match="break off again and again"):
            list(client.results(task_id))

    assert time.slept == [pytest.approx(pause) for pause in (0.1, 0.2, 0.4, 0.8)]


def test_results_that_end_with_a_passing_problem_go_on(door: Door) -> None:
    time = FakeTime()
    with Client(door.url, clock=time.clock, sleep=time.sleep) as client:
        task_id = client.submit("true", ["a", "b", "c"]).task_id
        door.faults.append(stop_with_problem(2, status=503))

        assert [result.item for result in client.results(task_id)] == ["a", "b", "c"]

    assert door.requests[-1] == f"GET /schedule/{task_id}/results?start=2"


def test_results_that_end_with_a_lasting_problem_raise_it(door: Door) -> None:
    with Client(door.url) as client:
        task_id = client.submit("true", ["a", "b", "c"]).task_id
        door.faults.append(stop_with_problem(2, status=500))

        with pytest.raises(ServerFault, match="the store is away"):
            list(client.results(task_id))


def test_a_task_is_followed_through_an_outage_longer_than_the_usual_patience(
    door: Door, service: SchedulerDouble
) -> None:
    service.holding = True
    time = FakeTime()

    with Client(door.url, patience_seconds=1, clock=time.clock, sleep=time.sleep) as client:
        task_id = client.submit("true", ["a"]).task_id
        door.faults.extend([hang_up] * 12)
        service.release([0])

        assert client.wait(task_id).status is TaskState.COMPLETED

    assert time.now > 10
