"""Items picked out of the blocks that they lie in. Pure."""

from collections.abc import Iterable, Sequence

from app.models.ranges import Spans


def picked(
    blocks: Iterable[tuple[int, Sequence[str]]], spans: Spans, *, upload: str, may_end_early: bool
) -> list[str]:
    """The items of `spans`, in order, out of ascending blocks, each with its first index.

    Raises KeyError for one that is in none, unless it is after all blocks and they `may_end_early`.
    """
    following = iter(blocks)
    first, block = next(following, (0, ()))
    found: list[str] = []
    for start, stop in spans:
        at = start
        while at < stop:
            while first + len(block) <= at:
                step = next(following, None)
                if step is None and may_end_early:
                    return found
                if step is None:
                    raise KeyError(f"{upload}: item {at}")
                first, block = step
            if first > at:
                raise KeyError(f"{upload}: item {at}")
            part = block[at - first : stop - first]
            found += part
            at += len(part)
    return found
