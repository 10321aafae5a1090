"""An entry of the index of results as a member of a sorted set: short, for there is one for each record."""

import msgspec

from app.errors import CorruptState
from app.models.result import Outcome
from app.protocol.decision import Entry

ITEMS_OF_A_RUN = 1 << 32


class _Indexed(msgspec.Struct, frozen=True, array_like=True):
    """All but the first item, which the score says. The run is in both: members must differ between runs.

    A JSON array: new fields go to the end.
    """

    run: int
    stop: int
    block: str | None = None
    outcome: Outcome | None = None


_decoder = msgspec.json.Decoder(_Indexed)


def scored_member(entry: Entry) -> tuple[int, str]:
    """Its place, by run and then by first item, and the rest of it."""
    rest: tuple[int | str | None, ...] = (entry.run, entry.stop, entry.block)
    if entry.outcome is not None:
        rest = (*rest, entry.outcome)
    return entry.run * ITEMS_OF_A_RUN + entry.start, msgspec.json.encode(rest).decode()


def entry_of(score: float, member: str, *, key: str) -> Entry:
    """The entry again. Raises CorruptState naming the key."""
    start = int(score) % ITEMS_OF_A_RUN
    try:
        rest = _decoder.decode(member)
    except msgspec.MsgspecError as error:
        raise CorruptState(f"{key} holds an entry that cannot be read: {error}") from error
    return Entry(start=start, stop=rest.stop, run=rest.run, block=rest.block, outcome=rest.outcome)
