"""Hints to workers: told by the script that commits, on a channel of the worker's own."""

import threading
from collections.abc import Callable

import msgspec
from zstandard import ZstdError

from app.errors import CorruptState
from app.models.ledger import Ledger
from app.models.task import TaskSpec
from app.models.wire import pack_items, unpack_items
from app.protocol.decision import Effects
from app.repositories.keys import HINTS_CHANNEL
from app.repositories.ports import ShardHint, Stored, Version
from app.repositories.redis.change import Change
from app.repositories.redis.link import Link
from app.repositories.redis.subscription import LOOK_SECONDS, messages
from app.support.logs import get_logger

_log = get_logger(__name__)


class _Hint(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a hint, behind the store's time and a space."""

    shard_id: str
    token: str
    ledger: Ledger
    spec: TaskSpec
    function: str
    inputs: tuple[tuple[int, bytes], ...]


_hints = msgspec.msgpack.Decoder(_Hint)


def hints_of(change: Change, after: Ledger, *, effects: Effects) -> list[tuple[str, bytes]]:
    """Channel and text of each hint that goes with a change: one for each shard that is new."""
    if not effects.hinted or effects.spec is None or effects.function is None:
        return []
    hint = _Hint(
        shard_id="",
        token=change.token,
        ledger=after,
        spec=effects.spec,
        function=effects.function,
        inputs=tuple((first, pack_items(items)) for first, items in effects.inputs),
    )
    return [
        (
            HINTS_CHANNEL + after.shards[shard_id].worker,
            msgspec.msgpack.encode(msgspec.structs.replace(hint, shard_id=shard_id)),
        )
        for shard_id in change.new
    ]


class Listening:
    """A thread with one connection that hears the hints to one worker, until `close`."""

    def __init__(self, link: Link, *, worker: str, told: Callable[[ShardHint], None]) -> None:
        self._link = link
        self._channel = HINTS_CHANNEL + worker
        self._told = told
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="hints", daemon=True)

    def start(self) -> None:
        """Begin to listen; returns before it does."""
        self._thread.start()

    def close(self) -> None:
        """What comes from now on is told to nobody. Takes a quarter of a second; may be repeated."""
        self._closed.set()
        if self._thread is not threading.current_thread():
            self._thread.join(2 * LOOK_SECONDS)

    def _listen(self) -> None:
        for message in messages(lambda: self._link.subscription(self._channel), closed=self._closed):
            if message is None or self._closed.is_set():
                continue
            try:
                hint = _read(message)
            except CorruptState as error:
                _log.warning("hint_unreadable", reason=error.detail)
            else:
                self._told(hint)


def _read(data: bytes) -> ShardHint:
    at, _, text = data.partition(b" ")
    try:
        hint = _hints.decode(text)
        stored = Stored(ledger=hint.ledger, version=Version(hint.token), read_at=float(at))
        inputs = tuple((first, unpack_items(block)) for first, block in hint.inputs)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, ZstdError) as error:
        raise CorruptState(f"a hint cannot be read: {error}") from error
    return ShardHint(
        shard_id=hint.shard_id, stored=stored, spec=hint.spec, function=hint.function, inputs=inputs
    )
