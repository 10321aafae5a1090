"""How partitions are shared among the members of a group in memory."""

from hypothesis import given
from hypothesis import strategies as st

from app.messaging.memory.groups import share


@given(st.lists(st.integers(1, 20), max_size=8))
def test_every_partition_has_one_owner_and_shares_are_even_while_members_come(counts: list[int]) -> None:
    owned: list[tuple[int, ...]] = []
    for partitions in sorted(counts):
        owned = share([*owned, ()], partitions=partitions)

        assert sorted(p for have in owned for p in have) == list(range(partitions))
        assert max(map(len, owned)) - min(map(len, owned)) <= 1


@given(st.integers(2, 8), st.integers(0, 30), st.data())
def test_a_member_that_leaves_costs_the_others_nothing(
    members: int, partitions: int, data: st.DataObject
) -> None:
    owned = share([()] * members, partitions=partitions)
    gone = data.draw(st.integers(0, members - 1))
    rest = [have for place, have in enumerate(owned) if place != gone]

    shared = share(rest, partitions=partitions)

    most = -(-partitions // len(rest))
    for before, after in zip(rest, shared, strict=True):
        assert set(before) <= set(after)
        assert len(after) <= most
    assert sorted(p for have in shared for p in have) == list(range(partitions))


def test_nobody_owns_what_nobody_asks_for() -> None:
    assert share([], partitions=3) == []
