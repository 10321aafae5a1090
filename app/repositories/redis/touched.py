"""Which kinds of keys a change touches: those that commit.lua is given, and no others. Pure."""

from collections.abc import Iterator

from app.repositories import keys
from app.repositories.keys import KeyKind
from app.repositories.redis.change import Change


def touched_by(change: Change) -> tuple[KeyKind, ...]:
    """Each kind once."""
    return tuple(dict.fromkeys((keys.TASK, *_of_life(change), *_of_work(change))))


def _of_life(change: Change) -> Iterator[KeyKind]:
    if change.spec is not None:
        yield from (keys.SPEC, keys.INPUTS, keys.FIRSTS)
        if not change.has_inputs:
            yield from keys.UPLOAD_KINDS
    if change.created_at is not None:
        yield from (keys.RECENT, keys.EXPIRING, keys.UNFINISHED)
    if change.ended or change.revived:
        yield from (*keys.TASK_KINDS, keys.EXPIRING, keys.UNFINISHED)
    if change.enters_outbox is not None:
        yield from (keys.OUTBOX, keys.TRIES)
    if change.new_agenda or change.waiting is not None:
        yield from (keys.REDO, keys.AGENDA)


def _of_work(change: Change) -> Iterator[KeyKind]:
    if change.new or change.gone:
        yield keys.OUTSTANDING
    if change.function is not None:
        yield keys.SPEC
    if change.redo:
        yield keys.REDO
    if change.block_id is not None:
        yield keys.OUT
    if change.entries:
        yield keys.INDEX
    if change.letters:
        yield from (keys.DEAD, keys.LETTERS, keys.LETTER_BODIES)
    if change.counts:
        yield keys.COUNTS
