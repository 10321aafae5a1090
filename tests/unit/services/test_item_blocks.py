"""Items are cut into blocks that keep their order and stay small."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidField
from app.services.item_blocks import BLOCK_BYTES, BLOCK_ITEMS, blocks_of, bounded


@settings(deadline=None)
@given(st.lists(st.integers(0, 50_000), max_size=60), st.integers(0, 2_500))
def test_blocks_cover_all_items_once_and_stay_small(sizes: list[int], short: int) -> None:
    items = ["é" * (size // 2) for size in sizes] + [str(number) for number in range(short)]
    blocks = list(blocks_of(items))
    assert [item for _, block in blocks for item in block] == items
    assert [first for first, _ in blocks] == [
        sum(len(block) for _, block in blocks[:position]) for position in range(len(blocks))
    ]
    for _, block in blocks:
        assert 1 <= len(block) <= BLOCK_ITEMS
        assert sum(len(item.encode()) for item in block[:-1]) < BLOCK_BYTES


def test_the_number_of_items_is_bounded_while_they_come() -> None:
    came = []

    def coming() -> object:
        for number in range(100):
            came.append(number)
            yield str(number)

    with pytest.raises(InvalidField):
        list(bounded(coming(), most=5))  # type: ignore[arg-type]  # a generator of texts
    assert len(came) == 6
