"""The clock of a running item: one step at a time, none too early, none twice."""

from worker.runners.time_limit import Step, TimeLimit


def test_without_a_limit_nothing_is_ever_due() -> None:
    limit = TimeLimit(seconds=None, grace_seconds=1)
    limit.restart(100)
    assert limit.remaining(1e9) is None
    assert limit.step(1e9) is Step.NONE


def test_an_item_is_asked_to_end_and_then_killed() -> None:
    limit = TimeLimit(seconds=10, grace_seconds=3)
    limit.restart(100)
    assert (limit.remaining(104), limit.step(109.9)) == (6, Step.NONE)
    assert limit.step(110) is Step.TERMINATE
    assert (limit.remaining(110), limit.step(112)) == (3, Step.NONE)
    assert limit.step(113.5) is Step.KILL
    assert (limit.remaining(200), limit.step(200)) == (None, Step.NONE)


def test_the_next_item_has_all_its_time() -> None:
    limit = TimeLimit(seconds=10, grace_seconds=3)
    limit.restart(100)
    limit.step(110)
    limit.restart(111)
    assert (limit.remaining(112), limit.step(120)) == (9, Step.NONE)
    assert limit.step(121) is Step.TERMINATE


def test_between_items_nothing_is_due() -> None:
    limit = TimeLimit(seconds=10, grace_seconds=3)
    limit.restart(100)
    limit.clear()
    assert limit.remaining(200) is None
