"""Reading results as a stream that goes on after a broken connection where it was cut."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fanfold.errors import ServerUnreachable, StreamBroken
from fanfold.reading import read_results
from fanfold.transport import Request, Transport
from fanfold.values import ItemResult, Outcome


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which results: from index `start` on, of these outcomes (none named: all), at most `limit`.

    `gapless` ends before the first item that has no result yet. `brief`: of items that succeeded only their
    index, outputs and value.
    """

    outcomes: tuple[Outcome, ...] = ()
    start: int = 0
    limit: int | None = None
    gapless: bool = False
    brief: bool = False

    def query(self) -> dict[str, str]:
        """The selection as the query of a request."""
        query = {"start": str(self.start)}
        if self.outcomes:
            query["outcome"] = ",".join(self.outcomes)
        if self.limit is not None:
            query["limit"] = str(self.limit)
        if self.gapless:
            query["gapless"] = "true"
        if self.brief:
            query["brief"] = "true"
        return query

    def after(self, result: ItemResult, *, read: int) -> "Selection":
        """What is left once `read` results are read, this one being the last."""
        limit = None if self.limit is None else self.limit - read
        return replace(self, start=result.index + 1, limit=limit)


def stream_results(
    transport: Transport, *, path: str, selection: Selection, patience_seconds: float
) -> Iterator[list[ItemResult]]:
    """The selected results that are there now, those together that came together.

    Raises Problem, or ServerUnreachable when patience is over.
    What breaks off is asked for again from where it broke off, with new patience if there were results.
    """
    patience = transport.patience(patience_seconds)
    while selection.limit != 0:
        request = Request(method="GET", path=path, query=selection.query())
        read = 0
        try:
            with transport.stream(request, patience_seconds=patience_seconds) as pieces:
                for results in read_results(pieces):
                    read += len(results)
                    yield results
        except StreamBroken as error:
            if read:
                selection = selection.after(results[-1], read=read)
                patience = transport.patience(patience_seconds)
            if not patience.rest():
                raise ServerUnreachable(f"the results break off again and again: {error}") from error
        else:
            return
