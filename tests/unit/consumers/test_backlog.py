"""What waits, and in which order it comes out."""

import threading

from app.consumers.allowance import Allowance
from app.consumers.backlog import Backlog, Work
from app.messaging.ports import Message
from app.support.clock import FakeClock, SystemClock


def a_message(offset: int) -> Message:
    return Message(topic="t", partition=0, offset=offset, key=None, value=None)


def next_offset(backlog: Backlog) -> int | None:
    work = backlog.take(timeout_seconds=0)
    return None if work is None else work.message.offset


def test_messages_come_out_in_the_order_they_came_in() -> None:
    backlog = Backlog(clock=FakeClock())
    backlog.add([a_message(1), a_message(2)])
    backlog.add([a_message(3)])

    assert [next_offset(backlog) for _ in range(4)] == [1, 2, 3, None]


def test_what_is_put_back_comes_out_when_it_is_due_before_what_is_new() -> None:
    clock = FakeClock()
    backlog = Backlog(clock=clock)
    backlog.put_back(Work(message=a_message(1)), seconds=2)
    backlog.put_back(Work(message=a_message(2)), seconds=1)
    backlog.add([a_message(3)])

    assert next_offset(backlog) == 3
    assert next_offset(backlog) is None
    clock.advance(2)
    backlog.add([a_message(4)])
    assert [next_offset(backlog) for _ in range(3)] == [2, 1, 4]


def test_size_counts_what_is_neither_finished_nor_taken_back() -> None:
    backlog = Backlog(clock=FakeClock())
    backlog.add([a_message(1), a_message(2)])
    work = backlog.take(timeout_seconds=0)
    assert work is not None
    assert backlog.size() == 2

    backlog.put_back(work, seconds=5)
    assert backlog.size() == 2
    next_offset(backlog)
    backlog.finished()

    assert backlog.size() == 1


def test_closing_wakes_who_waits_and_gives_out_nothing_more() -> None:
    backlog = Backlog(clock=SystemClock())
    taken: list[Work | None] = []
    waiting = threading.Thread(target=lambda: taken.append(backlog.take(timeout_seconds=60)))
    waiting.start()

    backlog.close()
    waiting.join(5)

    assert taken == [None]
    backlog.add([a_message(1)])
    assert next_offset(backlog) is None


def test_failures_count_only_when_others_have_succeeded_since() -> None:
    work = Work(message=a_message(1))
    for succeeded, counted in [(5, 0), (5, 0), (6, 1), (6, 1), (9, 2)]:
        work = work.failed(succeeded=succeeded)
        assert work.counted == counted
    assert work.failures == 5


def test_an_allowance_is_used_up_and_comes_back() -> None:
    allowance = Allowance(limit=2, seconds=60)

    assert [allowance.wait_seconds(now) for now in (0, 10, 20)] == [0, 0, 40]
    assert [allowance.wait_seconds(now) for now in (60, 61)] == [0, 9]
