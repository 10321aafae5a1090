"""Heartbeats in Redis: one hash for all workers, each value with the store's time before the beat."""

from collections.abc import Iterable, Mapping

import msgspec

from app.errors import CorruptState
from app.models.node import Beat
from app.repositories import keys
from app.repositories.redis.link import Link, Script
from app.repositories.redis.stored import value_of
from app.repositories.redis.unreadable import Unreadable


class Beats:
    """One round trip each."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._beat = Script("beat")
        self._unreadable_beats = Unreadable()

    def beat(self, beat: Beat) -> None:
        self._link.write_by(
            self._beat, keys=(keys.BEATS_KEY,), arguments=(beat.worker, msgspec.json.encode(beat))
        )

    def beats(self) -> dict[str, Beat]:
        """One that cannot be read is left out: its worker counts as silent."""
        return self._readable_beats(self._link.read("HGETALL", keys.BEATS_KEY))

    def _readable_beats(self, values: Mapping[bytes, bytes]) -> dict[str, Beat]:
        beats: dict[str, Beat] = {}
        for worker, value in values.items():
            try:
                beats[worker.decode()] = _beat_of(value)
            except CorruptState as error:
                self._unreadable_beats.left_out(error)
        return beats

    def forget(self, workers: Iterable[str]) -> None:
        names = tuple(workers)
        if names:
            self._link.write("HDEL", keys.BEATS_KEY, *names)


def _beat_of(value: bytes) -> Beat:
    at, _, text = value.partition(b" ")
    try:
        seconds = float(at)
    except ValueError as error:
        raise CorruptState(f"{keys.BEATS_KEY} holds a beat without its time") from error
    return msgspec.structs.replace(value_of(text, Beat, key=keys.BEATS_KEY), at=seconds)
