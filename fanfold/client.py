"""The client of the service: typed calls over HTTP, with fail-over between several servers."""

import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from types import TracebackType
from typing import Self, TypeVar, Unpack
from urllib.parse import quote

from fanfold.addresses import server_urls
from fanfold.errors import ServerUnreachable, TryAgain
from fanfold.following import LONGEST_WAIT_SECONDS, Watch, follow
from fanfold.reading import read_answer
from fanfold.result_stream import Selection, stream_results
from fanfold.submission import Item, TaskOptions, json_body, submission
from fanfold.transport import Request, Transport
from fanfold.values import ItemResult, Node, NodeList, Outcome, TaskPage, TaskStatus

_T = TypeVar("_T")
_SUBMIT_SECONDS = 120.0


class Client:
    """Talks to a service at one or several URLs; without any, to `FANFOLD_URL` or this machine.

    A server that is away is passed over for the next; when none answers, all are asked again until
    `patience_seconds` are over (`following_patience_seconds` while a task is being followed). Every call
    may raise ServerUnreachable or a Problem. Threads may share a client.
    """

    def __init__(
        self,
        url: str | Sequence[str] | None = None,
        *,
        patience_seconds: float = 10.0,
        following_patience_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.urls = server_urls(url, environment=os.environ)
        self._patience = patience_seconds
        self._following_patience = following_patience_seconds
        self._clock = clock
        self._sleep = sleep
        self._transport = Transport(self.urls, clock=clock, sleep=sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def submit(self, function: str, items: Iterable[Item], **task: Unpack[TaskOptions]) -> TaskStatus:
        """Give the service a function to run over items; the task is safe once this returns.

        What else a task may say is in `TaskOptions`.
        """
        body = submission(function, items, new_id=str(uuid.uuid4()), options=task)
        request = Request(method="POST", path="/schedule/create", body=body, thinking_seconds=_SUBMIT_SECONDS)
        return self._read(request, kind=TaskStatus)

    def status(self, task_id: str, *, wait_seconds: int = 0) -> TaskStatus:
        """The task now, or when it has ended, whichever of that and `wait_seconds` comes first.

        The answer may come sooner, when no server has a waiter to spare.
        """
        return self._status(task_id, wait_seconds=wait_seconds, patience_seconds=self._patience)

    def wait(
        self,
        task_id: str,
        *,
        timeout_seconds: float | None = None,
        every_seconds: int = LONGEST_WAIT_SECONDS,
        on_status: Callable[[TaskStatus], object] | None = None,
    ) -> TaskStatus:
        """The task's status when it is over; `on_status` is told each one before. Raises WaitTimedOut."""
        watch = self._watch(task_id, every_seconds=every_seconds, timeout_seconds=timeout_seconds)
        for status in watch.statuses():
            if on_status is not None:
                on_status(status)
            last = status
        return last

    def results(
        self,
        task_id: str,
        *,
        outcomes: Iterable[Outcome] = (),
        start: int = 0,
        limit: int | None = None,
        gapless: bool = False,
    ) -> Iterator[ItemResult]:
        """Results that are there now, in item order, read as they are needed.

        Only those of these `outcomes`, if any are named, from index `start` on, at most `limit`;
        `gapless` ends before the first item without a result.
        """
        return chain.from_iterable(
            self.result_batches(task_id, outcomes=outcomes, start=start, limit=limit, gapless=gapless)
        )

    def result_batches(
        self,
        task_id: str,
        *,
        outcomes: Iterable[Outcome] = (),
        start: int = 0,
        limit: int | None = None,
        gapless: bool = False,
        brief: bool = False,
    ) -> Iterator[list[ItemResult]]:
        """As `results`, in lists of those that came together: quicker where there are many.

        So is `brief`: of items that succeeded only index, outcome, outputs and value are told.
        """
        selection = Selection(
            outcomes=tuple(outcomes), start=start, limit=limit, gapless=gapless, brief=brief
        )
        return self._results(task_id, selection=selection, patience_seconds=self._patience)

    def follow(
        self,
        task_id: str,
        *,
        outcomes: Iterable[Outcome] = (),
        start: int = 0,
        every_seconds: int = 1,
        on_status: Callable[[TaskStatus], object] | None = None,
    ) -> Iterator[ItemResult]:
        """Results in item order, each as soon as all before it have theirs, until the task is over.

        `on_status` is told the status before the results that go with it, and at last that of the end.
        """
        return chain.from_iterable(
            self.follow_batches(
                task_id, outcomes=outcomes, start=start, every_seconds=every_seconds, on_status=on_status
            )
        )

    def follow_batches(
        self,
        task_id: str,
        *,
        outcomes: Iterable[Outcome] = (),
        start: int = 0,
        every_seconds: int = 1,
        on_status: Callable[[TaskStatus], object] | None = None,
        brief: bool = False,
    ) -> Iterator[list[ItemResult]]:
        """As `follow`, in lists of those that came together: quicker where there are many, as is `brief`."""
        return follow(
            self._watch(task_id, every_seconds=every_seconds),
            fetch=lambda selection: self._results(
                task_id, selection=selection, patience_seconds=self._following_patience
            ),
            selection=Selection(outcomes=tuple(outcomes), start=start, brief=brief),
            on_status=on_status,
        )

    def run(self, function: str, items: Iterable[Item], **task: Unpack[TaskOptions]) -> Iterator[ItemResult]:
        """Submit, and follow the results; takes what `submit` takes."""
        return self.follow(self.submit(function, items, **task).task_id)

    def cancel(self, task_id: str, *, run: int | None = None) -> TaskStatus:
        """Stop the task within a second or two; of this run only, or of the one that is current now."""
        return self._control(task_id, "cancel", run=run)

    def retry(self, task_id: str, *, run: int | None = None) -> TaskStatus:
        """Run again what failed, was cancelled or was never published, as the task's next run."""
        return self._control(task_id, "retry", run=run)

    def tasks(self, *, page_size: int = 100) -> Iterator[TaskStatus]:
        """All tasks the service remembers, the newest first, read page by page as they are needed."""
        page = self.task_page(limit=page_size)
        yield from page.tasks
        while page.next is not None:
            page = self.task_page(limit=page_size, after=page.next)
            yield from page.tasks

    def task_page(self, *, limit: int, after: str | None = None) -> TaskPage:
        """At most `limit` tasks, the newest first, from where an earlier page's `next` says."""
        query = {"limit": str(limit)} | ({} if after is None else {"after": after})
        return self._read(Request(method="GET", path="/schedule", query=query), kind=TaskPage)

    def nodes(self) -> tuple[Node, ...]:
        """The workers that are alive."""
        return self._read(Request(method="GET", path="/schedule/nodes"), kind=NodeList).nodes

    def ping(self) -> None:
        """Return if a server answers."""
        self._transport.call(Request(method="GET", path="/schedule/ping"), patience_seconds=self._patience)

    def _read(self, request: Request, *, kind: type[_T]) -> _T:
        return read_answer(self._transport.call(request, patience_seconds=self._patience), kind=kind)

    def _results(
        self, task_id: str, *, selection: Selection, patience_seconds: float
    ) -> Iterator[list[ItemResult]]:
        path = _path(task_id) + "/results"
        return stream_results(
            self._transport, path=path, selection=selection, patience_seconds=patience_seconds
        )

    def _control(self, task_id: str, action: str, *, run: int | None) -> TaskStatus:
        if run is None:
            run = self.status(task_id).run
        body = json_body({"run": run})
        return self._read(
            Request(method="POST", path=f"{_path(task_id)}/{action}", body=body), kind=TaskStatus
        )

    def _watch(
        self,
        task_id: str,
        *,
        every_seconds: int = LONGEST_WAIT_SECONDS,
        timeout_seconds: float | None = None,
    ) -> Watch:
        return Watch(
            look=lambda wait: self._status(
                task_id, wait_seconds=wait, patience_seconds=self._following_patience
            ),
            every_seconds=every_seconds,
            timeout_seconds=timeout_seconds,
            clock=self._clock,
            sleep=self._sleep,
        )

    def _status(self, task_id: str, *, wait_seconds: int, patience_seconds: float) -> TaskStatus:
        now = Request(method="GET", path=_path(task_id))
        if wait_seconds:
            held = replace(now, query={"wait": str(wait_seconds)}, thinking_seconds=wait_seconds + 10.0)
            try:
                return read_answer(self._transport.call(held, patience_seconds=0), kind=TaskStatus)
            except (ServerUnreachable, TryAgain):
                pass  # No server has a waiter to spare, or none is there: the plain question finds out.
        return read_answer(self._transport.call(now, patience_seconds=patience_seconds), kind=TaskStatus)


def _path(task_id: str) -> str:
    return f"/schedule/{quote(task_id, safe='')}"
