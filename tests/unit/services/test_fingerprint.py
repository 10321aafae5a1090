"""Two bodies have one fingerprint where, and only where, they ask for the same task."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.models.item_range import ItemRange
from app.models.request import read_task
from app.services.fingerprint import Fingerprint
from app.services.item_blocks import blocks_of


def fingerprint(items: list[str], **fields: object) -> str:
    made = Fingerprint(read_task({"templateFunction": "true"} | fields))
    for block in blocks_of([items]):
        made.add(block[1])
    return made.text


def test_a_fingerprint_is_that_of_all_but_the_id() -> None:
    assert fingerprint(["a"], id="2f1c8e0a-6c1e-4d36-9a51-0f3f6f1f7a10") == fingerprint(["a"])
    assert fingerprint(["a"], variableJson={"x": 1, "y": 2}) == fingerprint(
        ["a"], variableJson='{"y": 2, "x": 1}'
    )


@pytest.mark.parametrize(
    ("items", "fields"),
    [
        (["b"], {}),
        (["a", ""], {}),
        (["a"], {"name": "n"}),
        (["a"], {"priority": 1}),
        (["a"], {"timeoutSeconds": 1}),
        (["a"], {"idempotent": True}),
        (["a"], {"language": "sh"}),
        (["a"], {"variableJson": {"x": 1}}),
        (["a"], {"variableJson": {"x": "1"}}),
    ],
)
def test_whatever_differs_makes_another_fingerprint(items: list[str], fields: dict[str, object]) -> None:
    others = [fingerprint(["a"]), fingerprint(["a"], variableJson={"x": True})]
    assert fingerprint(items, **fields) not in others


def test_items_do_not_run_together() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


def fingerprint_of_range(numbers: range, **fields: object) -> str:
    made = Fingerprint(read_task({"templateFunction": "true"} | fields))
    made.add_range(ItemRange.of(numbers))
    return made.text


@given(st.integers(-(2**62), 2**62), st.integers(-(10**6), 10**6).filter(bool), st.integers(1, 2_500))
@example(0, 1, 1)
@example(7, -7, 2)
@example(-3, 1, 1_001)
def test_a_range_is_the_same_as_the_list_of_its_numbers(start: int, step: int, count: int) -> None:
    numbers = range(start, start + count * step, step)
    assert fingerprint_of_range(numbers) == fingerprint([str(number) for number in numbers])


NUMBERS = [str(number) for number in range(5_000)]


@pytest.mark.parametrize(
    "items",
    [
        NUMBERS[:-1],
        NUMBERS[1:],
        [*NUMBERS[:-1], "5000"],
        [*NUMBERS[:2_500], "x", *NUMBERS[2_501:]],
        ["00", *NUMBERS[1:]],
        ["-0", *NUMBERS[1:]],
        ["0", "01", *NUMBERS[2:]],
        ["0", "0", *NUMBERS[2:]],
        ["9" * 5_000, "0"],
    ],
)
def test_a_list_that_differs_from_a_range_anywhere_is_another(items: list[str]) -> None:
    assert fingerprint(items) != fingerprint_of_range(range(5_000))


@pytest.mark.parametrize(
    "numbers", [range(1, 5_001), range(0, -5_000, -1), range(0, 10_000, 2), range(4_999)]
)
def test_a_range_that_differs_is_another(numbers: range) -> None:
    assert fingerprint_of_range(numbers) != fingerprint_of_range(range(5_000))


def test_ranges_of_the_same_numbers_are_the_same() -> None:
    assert fingerprint_of_range(range(3, 4)) == fingerprint_of_range(range(3, 10, 100))
    assert fingerprint_of_range(range(0, 9, 3)) == fingerprint_of_range(range(0, 7, 3))


def test_of_a_range_the_rest_of_the_task_counts_too() -> None:
    assert fingerprint_of_range(range(9), name="n") != fingerprint_of_range(range(9))
