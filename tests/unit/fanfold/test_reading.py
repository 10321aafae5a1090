"""Results are read out of pieces, wherever the network cuts them."""

from itertools import chain, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanfold.errors import Problem, StreamBroken, UnreadableAnswer
from fanfold.reading import read_results
from fanfold.values import ItemResult, Outcome

RESULTS = [
    ItemResult(index=0, item="ü", outcome=Outcome.OK, stdout="a\nb"),
    ItemResult(index=1, outcome=Outcome.FAILED, stdout='{"problem":1}'),
    ItemResult(index=2, outcome=Outcome.OK, value={"problem": [None]}),
    ItemResult(index=3, outcome=Outcome.OK),
]
STREAM = b"".join(msgspec.json.encode(result) + b"\n" for result in RESULTS)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    return [stream[start:stop] for start, stop in pairwise([0, *sorted(places), len(stream)])]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8), st.booleans())
def test_cuts_do_not_matter(places: list[int], ends_within_line: bool) -> None:  # noqa: FBT001
    stream = STREAM.removesuffix(b"\n") if ends_within_line else STREAM
    batches = read_results(cut(stream, [min(place, len(stream)) for place in places]))
    assert list(chain.from_iterable(batches)) == RESULTS


def problem(status: int) -> bytes:
    return b'{"problem":{"status":%d,"code":"c","title":"t","detail":"why"}}\n' % status


@pytest.mark.parametrize(("status", "error"), [(503, StreamBroken), (500, Problem)])
@given(places=st.lists(st.integers(0, len(STREAM)), max_size=4))
def test_a_problem_at_the_end_is_raised_after_all_results(
    status: int, error: type[Exception], places: list[int]
) -> None:
    read: list[ItemResult] = []
    with pytest.raises(error, match="why"):
        read.extend(chain.from_iterable(read_results(cut(STREAM + problem(status), places))))
    assert read == RESULTS


@pytest.mark.parametrize(
    "stream", [b"<html>", b'{"index":0}\n', STREAM + b'{"index":4,"outc', STREAM + b"\xff\n"]
)
def test_what_is_no_result_is_told(stream: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        list(read_results([stream]))
