"""A commit as commit.lua takes it: what of a task differs, and what follows from that. Pure."""

import msgspec

from app.models.ledger import Ledger
from app.models.task import TaskState
from app.protocol.decision import Effects
from app.repositories.keys import ENDED_CHANNEL, TASK_KINDS
from app.repositories.redis.indexed import scored_member
from app.repositories.redis.stored import core_text, shard_text

KINDS_OF_TASK = tuple(kind.name for kind in TASK_KINDS)


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of commit.lua's first argument. Text only: Redis's msgpack does not know binary values.

    What is empty is not sent: most of the script's time would go into reading it. `shards` are those new
    or changed, of which `new` are new, and `gone` those that are out no more. `waiting` are cursor, end
    and run of items to mark for a retry. `enters_outbox` is None where it stays. `names` are the kinds of
    the keys that are passed, `lasting` those that expire, or stay again, with the task. `hinted` are
    the channels that hints go to.
    """

    task_id: str
    before: str
    token: str
    core: str
    shards: dict[str, str] = msgspec.field(default_factory=dict)
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    spec: str | None = None
    upload_blocks: int = 0
    has_inputs: bool = False
    function: str | None = None
    redo: tuple[tuple[int, int], ...] = ()
    waiting: tuple[int, int, int] | None = None
    new_agenda: bool = False
    block_id: str | None = None
    entries: tuple[tuple[int, str], ...] = ()
    letters: tuple[tuple[str, float, str], ...] = ()
    enters_outbox: bool | None = None
    created_at: float | None = None
    ended: bool = False
    revived: bool = False
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    names: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    retention_ms: int = 0
    channel: str = ""
    hinted: tuple[str, ...] = ()


def change_of(
    before: Ledger | None, after: Ledger, *, effects: Effects, version: str, token: str, retention_ms: int
) -> Change:
    """What takes the task from `before`, stored under `version`, to `after`, stored under `token`."""
    old = before.shards if before is not None else {}
    was_over = before is not None and before.state.is_terminal
    over = after.state.is_terminal
    return Change(
        task_id=after.task_id,
        before=version,
        token=token,
        core=core_text(after),
        shards={name: shard_text(shard) for name, shard in after.shards.items() if old.get(name) != shard},
        new=tuple(name for name in after.shards if name not in old),
        gone=tuple(name for name in old if name not in after.shards),
        spec=_text(effects.spec) if effects.spec is not None else None,
        upload_blocks=effects.upload_blocks,
        has_inputs=bool(effects.inputs),
        function=effects.function,
        redo=effects.redo,
        waiting=(before.cursor, before.stop, before.run) if effects.redo_waiting and before else None,
        new_agenda=effects.new_agenda,
        block_id=effects.block[0] if effects.block is not None else None,
        entries=tuple(scored_member(entry) for entry in effects.entries),
        letters=tuple(
            (f"{letter.task_id} {letter.run} {letter.index}", letter.at, _text(letter))
            for letter in effects.dead_letters
        ),
        enters_outbox=_outbox_move(before, after),
        created_at=after.created_at if before is None else None,
        ended=over and not was_over,
        revived=was_over and not over,
        counts=effects.counts,
        lasting=KINDS_OF_TASK if over != was_over else (),
        retention_ms=retention_ms if over else 0,
        channel=ENDED_CHANNEL if over else "",
    )


def _outbox_move(before: Ledger | None, after: Ledger) -> bool | None:
    was_in = before is not None and _belongs_in_outbox(before)
    is_in = _belongs_in_outbox(after)
    return is_in if is_in != was_in else None


def _belongs_in_outbox(ledger: Ledger) -> bool:
    """Kafka is not known to have the task, and it is still being tried."""
    return (
        ledger.published_at is None
        and not ledger.state.is_terminal
        and ledger.state is not TaskState.SUBMISSION_FAILED
    )


def _text(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
