"""Inputs in Redis: compressed blocks found by a sorted set of their first indexes."""

from collections.abc import Mapping, Sequence

from msgspec import MsgspecError
from zstandard import ZstdError

from app.errors import CorruptState
from app.models.item_range import ItemRange
from app.models.ranges import Spans
from app.models.wire import pack_items, unpack_items
from app.repositories import keys
from app.repositories.picking import picked
from app.repositories.redis.channel import Command
from app.repositories.redis.link import Link, Script


class Uploads:
    """Blocks go under the upload's own name, and become the task's inputs when a submit takes them over."""

    def __init__(self, link: Link, *, ttl_seconds: float) -> None:
        self._link = link
        self._ttl_ms = max(1, round(ttl_seconds * 1000))
        self._items = Script("items")

    def put_blocks(self, upload: str, blocks: Sequence[tuple[int, Sequence[str]]]) -> None:
        if not blocks:
            return
        data, firsts = keys.keys_of(upload, keys.UPLOAD_KINDS)
        packed: list[str | bytes | int] = []
        order: list[str | bytes | int] = []
        for first, items in blocks:
            packed += (first, pack_items(items))
            order += (first, first)
        commands: list[Command] = [
            ("HSET", data, *packed),
            ("ZADD", firsts, *order),
            ("PEXPIRE", data, self._ttl_ms),
            ("PEXPIRE", firsts, self._ttl_ms),
        ]
        self._link.write_all(commands)

    def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:
        if (rule := ItemRange.named_by(upload)) is not None:
            return rule.texts(spans)
        if not spans:
            return []
        before_submit = keys.keys_of(upload, keys.UPLOAD_KINDS)
        after_submit = keys.keys_of(upload.partition(":")[0], (keys.INPUTS, keys.FIRSTS))
        answer = self._link.read_by(
            self._items,
            keys=(*before_submit, *after_submit),
            arguments=(most_blocks or 0, *(bound for span in spans for bound in span)),
        )
        blocks = (
            (int(first), _unpacked(block, key=after_submit[0]))
            for first, block in zip(answer[::2], answer[1::2], strict=True)
        )
        is_cut = most_blocks is not None and len(answer) == 2 * most_blocks
        return picked(blocks, spans, upload=upload, may_end_early=is_cut)


def _unpacked(block: bytes, *, key: str) -> list[str]:
    try:
        return unpack_items(block)
    except (ZstdError, MsgspecError, UnicodeDecodeError) as error:
        raise CorruptState(f"{key} holds a block of inputs that cannot be read: {error}") from error


def blocks_of(fields: Mapping[bytes, bytes], *, key: str) -> list[tuple[int, list[str]]]:
    """All blocks of inputs, by first index."""
    return sorted((int(first), _unpacked(block, key=key)) for first, block in fields.items())
