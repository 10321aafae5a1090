"""Which entry of the index counts for which item, however the index is cut into windows."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from app.protocol.decision import Entry
from app.services.result_index import segments

ITEMS = 40


@st.composite
def indexes(draw: st.DrawFn) -> list[Entry]:
    """Up to four runs; within a run no two entries meet, as the store keeps them."""
    entries = []
    for run in range(1, draw(st.integers(1, 4)) + 1):
        edges = sorted(draw(st.sets(st.integers(0, ITEMS), max_size=12)))
        for start, stop in zip(edges[::2], edges[1::2], strict=False):
            entries.append(Entry(start=start, stop=stop, run=run, block=f"{run}-{start}"))
    return sorted(entries, key=lambda entry: (entry.start, entry.run))


@settings(deadline=None)
@given(indexes(), st.integers(1, 6), st.integers(0, ITEMS))
def test_every_item_gets_its_newest_entry_once(entries: list[Entry], window: int, start: int) -> None:
    def read(first: int, limit: int) -> Sequence[Entry]:
        return [entry for entry in entries if entry.stop > first][:limit]

    found = list(segments(read, start=start, stop=ITEMS, window=window))

    assert [index for each in found for index in range(each.start, each.stop)] == list(range(start, ITEMS))
    for each in found:
        for index in range(each.start, each.stop):
            covering = [entry for entry in entries if entry.start <= index < entry.stop]
            assert each.entry == max(covering, key=lambda entry: entry.run, default=None)
