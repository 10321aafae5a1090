"""Splitting captured streams: whatever the bytes, the cuts of reads and the cap, each item gets its own."""

import secrets

from hypothesis import given
from hypothesis import strategies as st

from worker.runners.marked_stream import MarkedSplitter
from worker.runners.stream import Output, ToldSplitter

CAP = 20
MARK = b"\x00abcdef"
texts = st.lists(
    st.binary(max_size=60) | st.sampled_from([b"", MARK[:-1], MARK[:1], b"\n\x1e", b"x" * 20, b"x" * 21]),
    max_size=8,
)
quiet_texts = st.lists(st.just(b"") | st.just(b"") | st.binary(max_size=5), max_size=20)
cuts = st.lists(st.integers(1, 40) | st.integers(60, 400), min_size=1, max_size=10)


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut data into reads whose sizes go round in a ring."""
    found, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return found


def capped(text: bytes) -> Output:
    return Output(kept=text[:CAP], truncated=len(text) > CAP)


@given(texts, cuts)
def test_told_marks_cut_every_output_exactly(outputs: list[bytes], sizes: list[int]) -> None:
    marks = [secrets.token_bytes(8) for _ in outputs]
    splitter = ToldSplitter(cap_bytes=CAP)
    found: list[Output] = []
    written = b"".join(text + mark for text, mark in zip(outputs, marks, strict=True))
    for piece in pieces(written, sizes):
        splitter.feed(piece)
        while len(found) < len(marks) and (output := splitter.cut(marks[len(found)])) is not None:
            found.append(output)
        assert splitter.buffered_bytes <= 48
    assert found == [capped(text) for text in outputs]


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_without_a_mark_under_way_all_is_the_running_items(reads: list[bytes]) -> None:
    splitter = ToldSplitter(cap_bytes=CAP)
    for each in reads:
        splitter.feed(each)
        splitter.settle()
        assert splitter.buffered_bytes == 0
    assert splitter.rest() == capped(b"".join(reads))


@given(texts | quiet_texts, cuts)
def test_known_marks_cut_every_output_exactly(outputs: list[bytes], sizes: list[int]) -> None:
    outputs = [text.replace(MARK, b"") for text in outputs]
    splitter = MarkedSplitter(cap_bytes=CAP, mark=MARK, has_lines=False)
    found: list[Output] = []
    for piece in pieces(b"".join(text + MARK for text in outputs), sizes):
        splitter.feed(piece)
        while (output := splitter.cut(MARK)) is not None:
            found.append(output)
        assert splitter.buffered_bytes < len(MARK)
    assert found == [capped(text) for text in outputs]


@given(texts | quiet_texts, cuts, st.binary(max_size=60))
def test_lines_behind_known_marks_are_taken_out(outputs: list[bytes], sizes: list[int], last: bytes) -> None:
    outputs = [text.replace(MARK, b"") for text in outputs]
    last = last.replace(MARK, b"")
    answers = [b"\x1e%d ok %b" % (index, b"v" * (index * 7)) for index in range(len(outputs))]
    told = b"".join(text + MARK + answer + b"\n" for text, answer in zip(outputs, answers, strict=True))
    splitter = MarkedSplitter(cap_bytes=CAP, mark=MARK, has_lines=True)
    lines: list[bytes] = []
    found: list[Output] = []
    for piece in pieces(MARK + b"\x1eready\n" + told + MARK + b"\x1eend\n" + last, sizes):
        splitter.feed(piece)
        lines += splitter.take_lines()
        while (output := splitter.cut(MARK)) is not None:
            found.append(output)
    assert lines == [b"\x1eready", *answers, b"\x1eend"]
    assert found == [capped(text) for text in outputs]
    assert splitter.rest() == capped(last)


def test_a_line_is_not_held_back_for_what_follows() -> None:
    splitter = MarkedSplitter(cap_bytes=CAP, mark=MARK, has_lines=True)
    splitter.feed(b"text" + MARK + b"\x1e7 ok\n")
    assert splitter.take_lines() == [b"\x1e7 ok"]
    assert splitter.cut(MARK) == Output(kept=b"text", truncated=False)


def test_a_flood_is_not_kept() -> None:
    splitter = ToldSplitter(cap_bytes=CAP)
    for _ in range(100):
        splitter.feed(b"y\n" * 30_000)
        splitter.settle()
        assert splitter.buffered_bytes == 0
    assert splitter.rest() == Output(kept=b"y\n" * 10, truncated=True)
