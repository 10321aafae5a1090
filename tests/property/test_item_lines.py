"""However the lines of a stream come in portions, the same items are read, or the same line is refused."""

from hypothesis import example, given
from hypothesis import strategies as st

from app.controllers.item_lines import items_in
from app.errors import FanfoldError

PARTS = st.sampled_from(
    [
        b'"',
        b'"',
        b"a",
        b"\xc3\xa9",
        b"\xff",
        b",",
        b" ",
        b"\r",
        b"\\",
        b"\\u0000",
        b"[",
        b"]",
        b"{",
        b":",
        b"1",
    ]
)
LINES = st.lists(
    st.lists(PARTS, max_size=6).map(b"".join) | st.sampled_from([b'"a"', b'"b c"', b"", b"7", b'"\\n"']),
    max_size=8,
)


def read(portions: list[list[bytes]], *, total: int | None) -> list[str] | tuple[str, str | None]:
    number, numbered = 1, []
    for lines in portions:
        numbered.append((number, lines))
        number += len(lines)
    try:
        return [item for some in items_in(numbered, total=total, most=5) for item in some]
    except FanfoldError as error:
        return error.detail, error.pointer


@given(LINES, st.none() | st.integers(0, 6))
@example([b'"a', b'b"', b'"c","d"'], None)
@example([b'"a"]', b'["b"'], None)
@example([b'"a",', b'"b"'], None)
@example([b'"a"', b""], 1)
def test_portions_do_not_matter(lines: list[bytes], total: int | None) -> None:
    assert read([lines], total=total) == read([[line] for line in lines], total=total)
