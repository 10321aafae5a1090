"""The slots of a worker: one thread each, which takes the next items and has a runner run them."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread
from time import monotonic

import structlog

from app.models.result import ItemResult, Outcome
from worker.holding import Work
from worker.holdings import Holdings
from worker.node_ports import TaskFacts
from worker.runners.enclosure.launcher import LaunchFailed
from worker.runners.ports import Function, Runner

BATCH_SECONDS = 0.2
MOST_BATCH = 16_384
MOST_RUNNERS = 4
LONG_ITEM_SECONDS = 0.2
IDLE_SECONDS = 0.1

log = structlog.get_logger("worker.slots")


class Slot:
    """One core's worth of work. `work` is its thread; everything else may be called from any thread."""

    def __init__(
        self,
        number: int,
        *,
        holdings: Holdings,
        make_runner: Callable[[Function, int], Runner],
        function_of: Callable[[str], Function],
        on_results: Callable[[str], None],
        on_idle: Callable[[], None],
        on_free: Callable[[], None],
        on_broken: Callable[[BaseException], None],
    ) -> None:
        self._number = number
        self._holdings = holdings
        self._make_runner = make_runner
        self._function_of = function_of
        self._on_results = on_results
        self._on_idle = on_idle
        self._on_free = on_free
        self._on_broken = on_broken
        self._woken = Event()
        self._runners: OrderedDict[str, Runner] = OrderedDict()
        self._running: Runner | None = None
        self._batch: dict[int, Work] = {}
        self._spent_until = 0.0
        self._stopping = Event()

    def work(self) -> None:
        """Runs batches until `stop`. What user code does never ends it; a fault of ours is told."""
        try:
            while not self._stopping.is_set():
                self._woken.clear()
                self._on_free()
                works = self._holdings.take(now=monotonic(), seconds=BATCH_SECONDS, most=MOST_BATCH)
                if works:
                    self._run(works)
                elif not self._woken.wait(IDLE_SECONDS):
                    self._on_idle()
        except BaseException as error:  # noqa: BLE001 - told to the main thread, which ends the process
            self._on_broken(error)
        finally:
            for runner in self._runners.values():
                runner.close()

    def wake(self) -> None:
        """There may be work."""
        self._woken.set()

    def _run(self, works: Sequence[Work]) -> None:
        self._batch = {work.index: work for work in works}
        self._spent_until = monotonic()
        try:
            runner = self._runner(works[0].task_id)
            self._running = runner
            told = partial(self._counted, works[0].task_id)
            runner.run(works, on_results=told, on_unbegun=self._unbegun)
        except LaunchFailed as error:
            log.warning("item_not_launched", task=works[0].task_id, reason=str(error))
            self._fail_rest(str(error))
        finally:
            self._running = None
            self._spent(works[0].task_id, items=0)
            self._unbegun(list(self._batch))
            self._close_oldest()

    def _close_oldest(self) -> None:
        """After a run rather than before: nobody waits for it."""
        while len(self._runners) > MOST_RUNNERS:
            self._runners.popitem(last=False)[1].close()

    def _counted(self, task_id: str, results: Sequence[ItemResult]) -> None:
        self._spent(task_id, items=len(results))
        self._ended(results)

    def _spent(self, task_id: str, *, items: int) -> None:
        """As they end rather than when all have: items may take ever longer, and others plan by the rate."""
        now = monotonic()
        self._holdings.spent(task_id, seconds=now - self._spent_until, items=items)
        self._spent_until = now

    def _ended(self, results: Sequence[ItemResult]) -> None:
        pop = self._batch.pop
        works = [pop(result.index, None) for result in results]
        for shard_id in dict.fromkeys([work.shard_id for work in works if work is not None]):
            ended = [
                result
                for work, result in zip(works, results, strict=True)
                if work is not None and work.shard_id == shard_id
            ]
            self._holdings.finished(shard_id, *ended)
            self._on_results(shard_id)

    def _unbegun(self, indexes: Sequence[int]) -> None:
        works = [self._batch.pop(index) for index in indexes if index in self._batch]
        if works:
            self._holdings.put_back(works)

    def _fail_rest(self, reason: str) -> None:
        """Items whose program cannot be started have failed: trying them for ever would stop the shard."""
        self._ended(
            [
                ItemResult(
                    index=index,
                    outcome=Outcome.FAILED,
                    stderr=f"fanfold: {reason}\n".encode(),
                    attempt=work.attempt,
                )
                for index, work in self._batch.items()
            ]
        )

    def _runner(self, task_id: str) -> Runner:
        function = self._function_of(task_id)
        known = self._runners.get(task_id)
        if known is not None:
            self._runners.move_to_end(task_id)
            return known
        runner = self._runners[task_id] = self._make_runner(function, self._number)
        return runner

    def kill(self, shard_ids: Sequence[str]) -> None:
        """Ends the running item if it belongs to one of these shards."""
        runner = self._running
        current = runner.current() if runner is not None else None
        if runner is None or current is None:
            return
        work = self._batch.get(current.index)
        if work is not None and work.shard_id in shard_ids:
            runner.kill(current.index)

    def kill_item(self, shard_id: str, index: int) -> None:
        """Ends the running item if it is this one."""
        runner, work = self._running, self._batch.get(index)
        if runner is not None and work is not None and work.shard_id == shard_id:
            runner.kill(index)

    def give_up(self, *, older_than_seconds: float = 0.0) -> None:
        """What was taken in advance and has not begun waits again, if the running item is that old."""
        runner = self._running
        current = runner.current() if runner is not None else None
        if runner is None or len(self._batch) < 2:
            return
        if current is None or monotonic() - current.since >= older_than_seconds:
            runner.stop_after_current()

    def running_since(self) -> float | None:
        runner = self._running
        current = runner.current() if runner is not None else None
        return current.since if current is not None else None

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()


class SlotPool:
    """All slots of a worker. Wakes idle ones when there is work."""

    def __init__(
        self,
        count: int,
        *,
        holdings: Holdings,
        make_runner: Callable[[Function, int], Runner],
        on_results: Callable[[str], None],
        on_free: Callable[[], None],
        on_broken: Callable[[BaseException], None],
    ) -> None:
        self._functions: dict[str, Function] = {}
        self.slots = [
            Slot(
                number,
                holdings=holdings,
                make_runner=make_runner,
                function_of=self._functions.__getitem__,
                on_results=on_results,
                on_idle=self._help_out,
                on_free=on_free,
                on_broken=on_broken,
            )
            for number in range(count)
        ]
        self._threads = [
            Thread(target=slot.work, name=f"slot-{number}", daemon=True)
            for number, slot in enumerate(self.slots)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def learn(self, facts: TaskFacts) -> None:
        spec = facts.spec
        self._functions[spec.task_id] = Function(
            task_id=spec.task_id,
            language=spec.language,
            source=facts.function,
            timeout_seconds=spec.timeout_seconds,
        )

    def forget(self, task_id: str) -> None:
        self._functions.pop(task_id, None)

    def wake(self) -> None:
        for slot in self.slots:
            slot.wake()

    def _help_out(self) -> None:
        """A slot is idle: what another took in advance behind a long item waits again, for any slot."""
        for slot in self.slots:
            slot.give_up(older_than_seconds=LONG_ITEM_SECONDS)

    def kill(self, shard_ids: Sequence[str]) -> None:
        for slot in self.slots:
            slot.kill(shard_ids)

    def kill_item(self, shard_id: str, index: int) -> None:
        for slot in self.slots:
            slot.kill_item(shard_id, index)

    def give_up(self) -> None:
        for slot in self.slots:
            slot.give_up()

    def running_since(self) -> Sequence[float]:
        times = [slot.running_since() for slot in self.slots]
        return [since for since in times if since is not None]

    def stop(self, *, timeout_seconds: float) -> None:
        """Ends the threads; items that still run are killed with their slot."""
        for slot in self.slots:
            slot.stop()
        for thread in self._threads:
            thread.join(timeout_seconds)
