"""Submitting a task: check its template, store its items block by block, store the task, tell Kafka."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.models.item_range import ItemRange
from app.models.request import MasterTask
from app.models.task import TaskSpec
from app.protocol.plan import Wanted
from app.protocol.submit import Submitted
from app.repositories.operations import Beginning, Operations
from app.repositories.ports import Store
from app.services.beginning import Beginnings
from app.services.fingerprint import Fingerprint
from app.services.item_blocks import Block, blocks_of, bounded, check_count, fit_for_arguments
from app.services.publishing import TaskPublisher
from app.services.rendering import Rendered, is_program, render
from app.support.ids import new_id

BATCH_BLOCKS = 8
MOST_HINTED_CHARACTERS = 65_536
"""Of the items that go to a worker within the commit that stores them: Redis does nothing else meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The task that was submitted, whether this submission made it, and the shards planned with it."""

    spec: TaskSpec
    is_new: bool
    begun: Sequence[Wanted] = field(default=())

    @property
    def task_id(self) -> str:
        return self.spec.task_id


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Items that are stored, or would be: how many, in how many blocks, and the hash of the whole task.

    A few are in no block yet, but in `inputs`. Those of a range are in neither.
    """

    name: str
    items: int
    blocks: int
    fingerprint: str
    inputs: tuple[Block, ...] = ()


class Submission:
    """Takes tasks in. Safe to repeat with the same id and body: it is the same task then."""

    def __init__(
        self,
        *,
        store: Store,
        operations: Operations,
        publisher: TaskPublisher,
        beginnings: Beginnings,
        max_items: int,
        max_deaths: int,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._operations = operations
        self._publisher = publisher
        self._beginnings = beginnings
        self._max_items = max_items
        self._max_deaths = max_deaths
        self._now = now

    def submit(
        self, task: MasterTask, items: Iterable[Sequence[str]] | ItemRange, *, is_awaited: bool = False
    ) -> Receipt:
        """`items` come in portions, are read once and stored meanwhile; of a range only the rule is kept.

        The task is safe when this returns. One that `is_awaited` may have begun by then: who waits for it
        calls `publish` if it does not end soon, and `over` when it does, or nobody waits any more.
        Raises TemplateError, InvalidField, TaskConflict, StoreUnavailable, and what `items` raises.
        """
        rendered = render(task.template_function, variables=task.variable_json, language=task.language)
        task_id = task.id or new_id()
        if isinstance(items, ItemRange):
            upload = self._rule(task, items, task_id=task_id)
        else:
            fitting = fit_for_arguments(items) if is_program(rendered.source) else items
            upload = self._upload(task, task_id, bounded(fitting, most=self._max_items))
        spec = self._spec(task, task_id=task_id, upload=upload, rendered=rendered)
        is_small = is_awaited and len(upload.inputs) == 1 and _characters(upload) <= MOST_HINTED_CHARACTERS
        begun = self._beginnings.choose(upload.items, now=spec.created_at) if is_small else ()
        try:
            submitted = self._operations.submit(
                spec,
                upload_blocks=upload.blocks,
                inputs=upload.inputs,
                now=spec.created_at,
                beginning=Beginning(wanted=begun, function=rendered.source) if begun else None,
            )
        except BaseException:
            self._beginnings.over(begun)
            raise
        if submitted is not Submitted.NEW:
            self._beginnings.over(begun)
            begun = ()
        receipt = Receipt(spec=spec, is_new=submitted is Submitted.NEW, begun=begun)
        if receipt.is_new and not begun:
            self.publish(receipt)
        return receipt

    def publish(self, receipt: Receipt) -> None:
        """Tells Kafka of the task. Never raises: see the outbox, out of which it goes when it ends, too."""
        self._publisher.publish(receipt.task_id, run=1)

    def over(self, receipt: Receipt, *, is_known: bool) -> None:
        """The task of this receipt has ended, as far as it is known: nobody waits for it any more."""
        self._beginnings.over(receipt.begun, is_known=is_known)

    def _rule(self, task: MasterTask, items: ItemRange, *, task_id: str) -> Upload:
        check_count(items.count, most=self._max_items)
        fingerprint = Fingerprint(task)
        fingerprint.add_range(items)
        return Upload(
            name=items.upload_name(task_id), items=items.count, blocks=0, fingerprint=fingerprint.text
        )

    def _upload(self, task: MasterTask, task_id: str, items: Iterable[Sequence[str]]) -> Upload:
        """Stores the blocks as they come, but not the last few of a task that has no others."""
        name = f"{task_id}:{new_id()}"
        fingerprint = Fingerprint(task)
        count = blocks = 0
        keep = True
        batch: list[Block] = []
        for block in blocks_of(items):
            if len(batch) == BATCH_BLOCKS:
                if blocks == 0:
                    keep = not self._is_known(task)
                self._store_blocks(name, batch, keep=keep)
                blocks += len(batch)
                batch = []
            fingerprint.add(block[1])
            count += len(block[1])
            batch.append(block)
        upload = Upload(name=name, items=count, blocks=0, fingerprint=fingerprint.text, inputs=tuple(batch))
        if blocks == 0:
            return upload
        self._store_blocks(name, batch, keep=keep)
        return replace(upload, blocks=blocks + len(batch), inputs=())

    def _is_known(self, task: MasterTask) -> bool:
        return task.id is not None and self._store.load(task.id) is not None

    def _store_blocks(self, name: str, blocks: Sequence[Block], *, keep: bool) -> None:
        if keep:
            self._store.put_blocks(name, blocks)

    def _spec(self, task: MasterTask, *, task_id: str, upload: Upload, rendered: Rendered) -> TaskSpec:
        return TaskSpec(
            task_id=task_id,
            template=task.template_function,
            items_total=upload.items,
            upload=upload.name,
            fingerprint=upload.fingerprint,
            created_at=self._now(),
            language=task.language,
            variables=task.variable_json,
            name=task.name,
            priority=task.priority,
            timeout_seconds=task.timeout_seconds,
            idempotent=task.idempotent,
            max_deaths=self._max_deaths,
            warnings=rendered.warnings,
        )


def _characters(upload: Upload) -> int:
    return sum(len(text) for _, items in upload.inputs for text in items)
