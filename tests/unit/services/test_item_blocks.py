"""Items are cut into blocks that keep their order and stay small."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidField
from app.services.item_blocks import (
    ARGUMENT_BYTES,
    BLOCK_BYTES,
    BLOCK_ITEMS,
    blocks_of,
    bounded,
    fit_for_arguments,
)


@settings(deadline=None)
@given(st.lists(st.integers(0, 50_000), max_size=60), st.integers(0, 2_500), st.integers(1, 3_000))
def test_blocks_cover_all_items_once_and_stay_small(sizes: list[int], short: int, portion: int) -> None:
    items = ["é" * (size // 2) for size in sizes] + [str(number) for number in range(short)]
    blocks = list(blocks_of(in_portions(items, size=portion)))
    assert [item for _, block in blocks for item in block] == items
    assert [first for first, _ in blocks] == [
        sum(len(block) for _, block in blocks[:position]) for position in range(len(blocks))
    ]
    for _, block in blocks:
        assert 1 <= len(block) <= BLOCK_ITEMS
        assert sum(len(item.encode()) for item in block[:-1]) < BLOCK_BYTES
    for _, block in blocks[:-1]:
        assert len(block) == BLOCK_ITEMS or sum(len(item.encode()) for item in block) >= BLOCK_BYTES
    assert blocks == list(blocks_of([items])), "the portions must not matter"


def in_portions(items: list[str], *, size: int) -> list[list[str]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def test_the_number_of_items_is_bounded_while_they_come() -> None:
    came = []

    def coming() -> Iterator[list[str]]:
        for number in range(100):
            came.append(number)
            yield [str(number), "x"]

    with pytest.raises(InvalidField):
        list(bounded(coming(), most=5))
    assert len(came) == 3


@pytest.mark.parametrize("portions", [[], [[]], [[], []]])
def test_no_items_at_all_are_refused(portions: list[list[str]]) -> None:
    with pytest.raises(InvalidField, match="empty"):
        list(bounded(portions, most=5))


def test_an_item_that_is_too_long_for_an_argument_is_named() -> None:
    fitting = ["é" * (ARGUMENT_BYTES // 2), "x" * ARGUMENT_BYTES]
    assert list(fit_for_arguments([fitting])) == [fitting]
    with pytest.raises(InvalidField) as refused:
        list(fit_for_arguments([fitting, ["", "é" * (ARGUMENT_BYTES // 2 + 1)]]))
    assert refused.value.pointer == "#/inputList/3"
