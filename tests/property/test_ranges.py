"""The algebra of item ranges is that of sets of indexes, for whatever comes in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.models.ranges import (
    Spans,
    indexes,
    intersect,
    pieces,
    size,
    spans_of,
    spans_of_indexes,
    subtract,
    take,
)

LARGEST = 60
sets = st.sets(st.integers(0, LARGEST), max_size=40)
parts = st.lists(st.tuples(st.integers(0, LARGEST), st.integers(0, LARGEST)), max_size=12)
counts = st.integers(0, LARGEST + 5)


def is_normal(spans: Spans) -> bool:
    """Sorted, disjoint, no empty span, no neighbours that could be one."""
    joined = all(left[1] < right[0] for left, right in pairwise(spans))
    return joined and all(start < stop for start, stop in spans)


@given(parts)
def test_the_union_of_spans_holds_what_any_of_them_holds(spans: list[tuple[int, int]]) -> None:
    union = spans_of(spans)

    assert is_normal(union)
    assert set(indexes(union)) == {index for start, stop in spans for index in range(start, stop)}


@given(sets)
def test_a_set_of_indexes_becomes_spans_and_comes_back(chosen: set[int]) -> None:
    spans = spans_of_indexes(chosen)

    assert is_normal(spans)
    assert list(indexes(spans)) == sorted(chosen)
    assert size(spans) == len(chosen)


@given(sets, sets)
def test_spans_intersect_and_subtract_as_sets_do(left: set[int], right: set[int]) -> None:
    a, b = spans_of_indexes(left), spans_of_indexes(right)

    assert set(indexes(intersect(a, b))) == left & right
    assert set(indexes(subtract(a, b))) == left - right
    assert is_normal(intersect(a, b))
    assert is_normal(subtract(a, b))


@given(sets, sets)
def test_what_is_subtracted_and_what_is_left_make_up_the_whole(left: set[int], right: set[int]) -> None:
    a, b = spans_of_indexes(left), spans_of_indexes(right)

    assert spans_of((*intersect(a, b), *subtract(a, b))) == a


@given(sets, counts)
def test_taking_splits_at_the_count(chosen: set[int], count: int) -> None:
    spans = spans_of_indexes(chosen)

    taken, rest = take(spans, count)

    ordered = sorted(chosen)
    assert list(indexes(taken)) == ordered[:count]
    assert list(indexes(rest)) == ordered[count:]
    assert is_normal(taken)
    assert is_normal(rest)


@given(sets, st.integers(1, 12))
def test_pieces_are_few_in_order_of_about_one_size_and_hold_everything(chosen: set[int], count: int) -> None:
    parts = pieces(spans_of_indexes(chosen), count)

    assert [index for part in parts for index in indexes(part)] == sorted(chosen)
    assert len(parts) == min(count, len(chosen))
    sizes = [size(part) for part in parts]
    assert max(sizes, default=0) - min(sizes, default=0) <= 1
